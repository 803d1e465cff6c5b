import gzip
import hashlib
import json
from importlib import resources

import numpy as np
import pytest
from pyproj import Geod

from attestation import FIBRE_KM_PER_MS
from sim.world.geography import Position, distances_km, hubs
from sim.world.territory import country_at, distance_to_km, nearest_point, outlines, territory

DATA = resources.files("sim").joinpath("data")

# Source: GeoNames city records (CC BY 4.0).
CITIES = {
    "Ho Chi Minh City": Position(10.8230, 106.6296),
    "Hanoi": Position(21.0245, 105.8412),
    "Almaty": Position(43.2500, 76.9500),
    "Tashkent": Position(41.2647, 69.2163),
    "Kathmandu": Position(27.7017, 85.3206),
    "Central": Position(22.2830, 114.1585),
    "Kowloon": Position(22.3167, 114.1833),
    "Tseung Kwan O": Position(22.3083, 114.2600),
    "Sha Tin": Position(22.3833, 114.1833),
    "Macau": Position(22.2006, 113.5461),
    "Zhuhai": Position(22.2769, 113.5678),
    "Kinmen": Position(24.4341, 118.3171),
    "Dandong": Position(40.1292, 124.3947),
    "Sinuiju": Position(40.1006, 124.3981),
    "Vladivostok": Position(43.1056, 131.8735),
    "Suva": Position(-18.1416, 178.4415),
} | {hub.name: hub.position for hub in hubs()}

# Round-trip time at 2/3 c to the nearest point of mainland China, ms: geodesics to Natural Earth 1:50m, by another program.
CLEARANCE_MS = {
    "Singapore": 19.68,
    "Kuala Lumpur": 18.66,
    "Johor Bahru": 19.55,
    "Bangkok": 8.27,
    "Jakarta": 27.19,
    "Manila": 10.40,
    "Ho Chi Minh City": 8.74,
    "Hanoi": 1.35,
    "Taipei": 1.82,
    "Seoul": 3.52,
    "Tokyo": 10.91,
    "Mumbai": 14.72,
    "Delhi": 3.34,
    "Dubai": 22.45,
    "Abu Dhabi": 23.68,
    "Riyadh": 29.71,
    "Almaty": 2.40,
    "Tashkent": 4.24,
    "Kathmandu": 0.63,
    "Central": 0.31,
    "Kowloon": 0.25,
    "Tseung Kwan O": 0.26,
    "Sha Tin": 0.20,
}
HONG_KONG = {"Central", "Kowloon", "Tseung Kwan O", "Sha Tin"}

COUNTRIES = {
    "Macau": "MO",
    "Zhuhai": "CN",
    "Shenzhen": "CN",
    "Kowloon": "HK",
    "Sha Tin": "HK",
    "Kinmen": "TW",
    "Taipei": "TW",
    "Busan": "KR",
    "Seoul": "KR",
    "Dandong": "CN",
    "Sinuiju": "KP",
    "Hanoi": "VN",
    "Kathmandu": "NP",
    "Almaty": "KZ",
    "Tashkent": "UZ",
    "Vladivostok": "RU",
    "Singapore": "SG",
    "Johor Bahru": "MY",
    "Tokyo": "JP",
    "Geneva": "CH",
    "Suva": "FJ",
}


@pytest.fixture(scope="module")
def anywhere() -> list[Position]:
    """Points spread evenly over the sphere."""
    generator = np.random.default_rng(1)
    latitudes = np.degrees(np.arcsin(generator.uniform(-1, 1, 60)))
    return [Position(float(a), float(b)) for a, b in zip(latitudes, generator.uniform(-180, 180, 60), strict=True)]


@pytest.mark.parametrize(("city", "expected_ms"), CLEARANCE_MS.items())
def test_clearance_agrees_with_an_earlier_calculation(city, expected_ms):
    measured_ms = distance_to_km([CITIES[city]], territory("china_mainland"))[0] / FIBRE_KM_PER_MS
    assert measured_ms == pytest.approx(expected_ms, rel=0.02, abs=0.06)


def test_hong_kong_and_macau_change_nothing_but_hong_kong_itself():
    cities = list(CLEARANCE_MS)
    mainland, whole = (
        distance_to_km([CITIES[city] for city in cities], territory(name)) for name in ("china_mainland", "prc_hk_macau")
    )
    for city, to_mainland, to_whole in zip(cities, mainland, whole, strict=True):
        # The drawn coast runs up to 0.6 km inland of the waterfronts of Central and Tseung Kwan O.
        assert to_whole < 1 if city in HONG_KONG else to_whole == to_mainland
    assert territory("prc_hk_macau").contains(CITIES["Kowloon"])
    assert not territory("china_mainland").contains(CITIES["Kowloon"])


@pytest.mark.parametrize(("city", "country"), COUNTRIES.items())
def test_a_city_is_in_its_country(city, country):
    assert country_at(CITIES[city]) == country


def test_on_both_sides_of_the_antimeridian():
    """Wrangel Island, Russia, lies across it. Alaska is within the 85 km of the Bering Strait, Canada's Arctic is not."""
    assert {country_at(Position(71.2, longitude)) for longitude in (179.9, 180.0, -180.0, -179.9)} == {"RU"}
    assert country_at(Position(0.0, 180.0)) is None
    cape_prince_of_wales, cambridge_bay = Position(65.63, -168.12), Position(69.11, -105.06)
    near, far = distance_to_km([cape_prince_of_wales, cambridge_bay], territory(["RU"]))
    assert near < 85
    assert far > 2000


def lines_of(country):
    """Border and coast of a country, decoded from the file by other means: a list of arrays of longitude and latitude."""
    topology = json.loads(gzip.decompress(DATA.joinpath("countries.json.gz").read_bytes()))
    (polygons,) = (one["arcs"] for one in topology["objects"]["countries"]["geometries"] if one["id"] == country)
    (scale_x, scale_y), (west, south) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for number in {arc if arc >= 0 else -1 - arc for polygon in polygons for ring in polygon for arc in ring}:
        x, y, line = 0, 0, []
        for step_x, step_y in topology["arcs"][number]:
            x, y = x + step_x, y + step_y
            line.append((west + scale_x * x, south + scale_y * y))
        lines.append(np.array(line))
    return lines


def slow_distance_km(position, lines):
    """Least geodesic to any vertex, then to points at most 100 m apart on every edge that may come nearer."""
    geod = Geod(ellps="WGS84")

    def km(points):
        here = np.full(len(points), position.longitude_deg), np.full(len(points), position.latitude_deg)
        return geod.inv(*here, points[:, 0], points[:, 1])[2] / 1000

    start, end = np.concatenate([line[:-1] for line in lines]), np.concatenate([line[1:] for line in lines])
    length = geod.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2] / 1000
    best = km(start).min()
    for n in np.flatnonzero(km(start) - length < best):
        share = np.linspace(0, 1, int(length[n] / 0.1) + 2)[:, None]
        best = min(best, km(start[n] + share * (end[n] - start[n])).min())
    return best


# Egypt has a long straight border in the south.
@pytest.mark.parametrize("country", ["CN", "EG"])
def test_distance_against_brute_force(anywhere, country):
    lines = lines_of(country)
    close_by = [CITIES[city] for city in CLEARANCE_MS] + [Position(21.0, 26.0 + n) for n in range(5)]
    places = [place for place in anywhere[:30] + close_by if country_at(place) != country]
    fast = distance_to_km(places, territory(country))
    slow = np.array([slow_distance_km(place, lines) for place in places])
    assert np.all(np.abs(fast - slow) <= np.maximum(0.01 * slow, 1))
    # Near the border, where it decides, the error is metres.
    near = slow < 500
    assert np.count_nonzero(near) >= 2
    assert np.abs(fast - slow)[near].max() < 0.05


def test_distance_grows_no_faster_than_the_way(anywhere):
    """|d(p) - d(q)| <= distance from p to q, with 1 km for the border's step and 0.5 % for the flattened Earth."""
    for name in ("china_mainland", "group_d5"):
        distance = distance_to_km(anywhere, territory(name))
        slack = 1 + 0.005 * np.maximum.outer(distance, distance)
        assert np.all(np.abs(np.subtract.outer(distance, distance)) <= distances_km(anywhere, anywhere) + slack)


def test_inside_means_no_distance_and_the_nearest_point_is_as_far_as_the_territory(anywhere):
    group = territory("group_d5")
    distance = distance_to_km(anywhere, group)
    assert 2 < np.count_nonzero(distance == 0) < 15  # it covers about a tenth of the globe
    for place, km in zip(anywhere, distance, strict=True):
        assert group.contains(place) == (country_at(place) in group.countries) == (km == 0)
        assert distances_km([place], [nearest_point(place, group)])[0, 0] == pytest.approx(km)


def test_a_union_is_as_far_as_its_nearest_member(anywhere):
    """CN, KP and RU share borders, which must not count as borders of the union."""
    codes = ["CN", "KP", "RU"]
    single = np.array([distance_to_km(anywhere, territory(code)) for code in codes])
    assert distance_to_km(anywhere, territory(codes)) == pytest.approx(single.min(axis=0), abs=0.5, rel=0.005)


def test_the_paracel_islands_are_a_choice():
    singapore = [CITIES["Singapore"]]
    with_islands = distance_to_km(singapore, territory(["CN", "Paracel Is."]))[0] / FIBRE_KM_PER_MS
    assert with_islands == pytest.approx(17.9, abs=0.1)


def test_the_groups_of_the_export_rules():
    for name in ("group_d1", "group_d4", "group_d5"):
        assert territory(name).countries >= territory("china_mainland").countries | {"HK", "KP", "RU"}
    assert "VN" in territory("group_d1").countries - territory("group_d5").countries
    assert "AE" in territory("group_d4").countries - territory("group_d1").countries
    assert "IR" in territory("group_d5").countries - territory("group_d1").countries


def test_outlines_are_closed_shared_by_neighbours_and_run_on_over_the_antimeridian():
    coarse = outlines(0.5)
    for ring in (ring for rings in coarse.values() for ring in rings):
        assert ring[0] == pytest.approx(ring[-1])
        assert np.abs(np.diff(ring[:, 0])).max() < 180
    nepal, china = ({tuple(point) for ring in coarse[code] for point in ring.round(6)} for code in ("NP", "CN"))
    assert len(nepal & china) > 5
    assert max(np.ptp(ring[:, 0]) for ring in coarse["RU"]) > 150
    assert sum(map(len, coarse["CN"])) < 0.2 * sum(map(len, outlines(0.001)["CN"]))


@pytest.mark.parametrize(("asked", "named"), [("china", "'china'"), (["CN", "XX"], "'XX'"), ("cn", "'cn'"), ([], "''")])
def test_an_unknown_country_is_named_with_what_is_allowed(asked, named):
    with pytest.raises(ValueError, match=rf"unknown territory {named}; allowed: china_mainland, .*alpha-2 codes.*Kosovo"):
        territory(asked)


def test_the_data_file_is_the_documented_one():
    digest = hashlib.sha256(DATA.joinpath("countries.json.gz").read_bytes()).hexdigest()
    assert digest in DATA.joinpath("README.md").read_text(encoding="utf-8")
