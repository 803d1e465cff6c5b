"""Restricted territories: which country a place is in, and how far it is from a set of countries.

The distance decides whether a place can be cleared at all: a round trip shorter than light in fibre needs to the nearest
point of the territory proves a chip outside it.

The polygons are those of Natural Earth 4.1.0 at 1:10m, simplified to 1 km except around China and its neighbours
(`data/README.md`). Disputed borders follow that source, which draws who holds the land: Taiwan and Kinmen are not in
China, Aksai Chin is, Crimea is in Russia. The Paracel Islands are an entity of their own and in none of the named
territories. Waters off a coast are outside.

Distances are geodesics on WGS 84 (Karney, "Algorithms for geodesics", Journal of Geodesy 87, 2013, by pyproj) to border
points 1 km apart.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .geography import FloatArray, Hub, Position

if TYPE_CHECKING:
    from scipy.spatial import KDTree

BoolArray = NDArray[np.bool_]


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Export Administration Regulations, Country Group D: Supplement No. 1 to 15 CFR Part 740 as of 8 July 2026. The table itself
# was not at hand: read in two secondary copies for D:5 that agree, in one (reviewed on that day) for D:1 and D:4.
# Hong Kong is added wherever China stands, because it has had no row of its own since December 2020. Ukraine, with Crimea,
# is in none of these groups; Crimea is drawn here as Russian.
GROUP_D1 = _codes("AM AZ BY CN GE HK IQ KG KH KP KZ LA LY MD MM MN MO NI RU TJ TM UZ VE VN YE")
"""National security. None doubtful."""

GROUP_D4 = _codes("AE BH BY CN EG HK IL IQ IR JO KP KW LB LY MO OM PK QA RU SA SY VE YE")
"""Missile technology. Belarus rests on one copy."""

GROUP_D5 = _codes("AF BY CD CF CN CU ER HK HT IQ IR KP LB LY MM NI RU SD SO SS SY VE ZW")
"""Arms embargoes. Macao is not in it; rules that mean both say so. Cyprus left it on 10 May 2024 (89 FR 40369), Cambodia on
3 February 2026 (RIN 0694-AK41).

Ethiopia is in neither copy, although 22 CFR 126.1 has named it since 1 November 2021 (86 FR 60165), with exceptions.
"""

NAMED_TERRITORIES = {
    "china_mainland": frozenset({"CN"}),
    "prc_hk_macau": frozenset({"CN", "HK", "MO"}),  # how the export rules treat them
    "group_d1": GROUP_D1,
    "group_d4": GROUP_D4,
    "group_d5": GROUP_D5,
}

BORDER_STEP_KM = 1.0

# WGS 84
EQUATORIAL_RADIUS_KM = 6378.137
ECCENTRICITY_SQUARED = 0.00669437999014
KM_PER_DEGREE_AT_MOST = 111.7
LEAST_CURVED_RADIUS_KM = EQUATORIAL_RADIUS_KM / (1 - ECCENTRICITY_SQUARED) ** 0.5
"""Radius of curvature at the poles, where WGS 84 is flattest."""


@dataclass(frozen=True)
class Territory:
    """A named set of countries: ISO 3166-1 alpha-2 codes, or names of entities without one."""

    name: str
    countries: frozenset[str]

    def contains(self, position: Position) -> bool:
        """Whether a position lies in one of the countries. On a border, the country to the north counts."""
        return bool(_inside([position], self.countries)[0])


def territory(name_or_codes: str | Iterable[str]) -> Territory:
    """A named territory, or one made of countries.

    Args:
        name_or_codes: a key of `NAMED_TERRITORIES`, a country's code, or several codes.

    Raises:
        ValueError: a name or code is unknown, or there is none.
    """
    if isinstance(name_or_codes, str) and name_or_codes in NAMED_TERRITORIES:
        return Territory(name_or_codes, NAMED_TERRITORIES[name_or_codes])
    codes = frozenset({name_or_codes} if isinstance(name_or_codes, str) else name_or_codes)
    unknown = sorted(codes - _arcs_of_countries().keys())
    if unknown or not codes:
        without_code = sorted(name for name in _arcs_of_countries() if len(name) > 2)
        raise ValueError(
            f"unknown territory {unknown[0] if unknown else ''!r}; allowed: {', '.join(NAMED_TERRITORIES)}, "
            f"or one or more of ISO 3166-1 alpha-2 codes such as CN, {', '.join(without_code)}"
        )
    return Territory("+".join(sorted(codes)), codes)


def hubs_in(territory: Territory, hubs: Iterable[Hub]) -> tuple[Hub, ...]:
    """Those of some hubs that belong to a territory by the catalogue's country, in the order given."""
    return tuple(hub for hub in hubs if hub.country in territory.countries)


def hubs_outside(territory: Territory, hubs: Iterable[Hub]) -> tuple[Hub, ...]:
    """Those of some hubs that do not and lie outside its borders as well, in the order given.

    The two differ where borders are disputed: a city of the catalogue may be in a country that does not hold it.
    """
    return _outside(territory.countries, tuple(hubs))


@lru_cache(maxsize=64)  # every scenario asks, and a study makes thousands
def _outside(countries: frozenset[str], hubs: tuple[Hub, ...]) -> tuple[Hub, ...]:
    abroad = [hub for hub in hubs if hub.country not in countries]
    inside = _inside([hub.position for hub in abroad], countries)
    return tuple(hub for hub, within in zip(abroad, inside.tolist(), strict=True) if not within)


def country_at(position: Position) -> str | None:
    """The country at a position: its ISO 3166-1 alpha-2 code, or its name if it has none.

    A position on a border belongs to the country to the north (along a meridian: to the east). None at sea, in Antarctica,
    and on land that the generalised coast cuts off, which happens in harbours.
    """
    return next((code for code in _arcs_of_countries() if _inside([position], frozenset({code}))[0]), None)


def distance_to_km(positions: Sequence[Position], territory: Territory) -> FloatArray:
    """Geodesic distance from each position to the nearest point of a territory, in km; 0 inside it.

    Exact to 1 % or 0.5 km, whichever is larger, for the polygons as they are stored.

    Args:
        positions: anywhere on Earth.
        territory: where to measure to.

    Returns:
        shape (positions,), km.
    """
    from pyproj import Geod  # here, because it takes 0.1 s to load and most imports of the package never need it

    latitude, longitude = _degrees(positions)
    nearest_latitude, nearest_longitude = _nearest(positions, territory).T
    metres = Geod(ellps="WGS84").inv(longitude, latitude, nearest_longitude, nearest_latitude)[2]
    return np.asarray(metres, dtype=np.float64) / 1000.0


@cache
def nearest_point(position: Position, territory: Territory) -> Position:
    """The point of a territory nearest to a position: the position itself if it is inside, else a border point."""
    latitude, longitude = _nearest([position], territory)[0]
    return Position(float(latitude), float(longitude))


def border_distances_km(positions: Sequence[Position], territory: Territory) -> FloatArray:
    """Distances from positions to points of a border at most `BORDER_STEP_KM` apart, shape (points, positions), in km.

    Never more than the geodesic, and less by at most 0.5 % (by 0.01 % up to 2,000 km): arcs over the straight line through
    the Earth on a sphere that is curved no more than WGS 84 is anywhere. A hundred times faster than geodesics.
    """
    points, _ = _border_points(territory.countries)
    border = _cartesian_km(points[:, 0], points[:, 1])
    columns = [np.linalg.norm(border - place, axis=1) for place in _cartesian_km(*_degrees(positions))]
    chord_km: FloatArray = np.stack(columns, axis=1)
    arc_km: FloatArray = 2 * LEAST_CURVED_RADIUS_KM * np.arcsin(np.minimum(chord_km / (2 * LEAST_CURVED_RADIUS_KM), 1.0))
    return arc_km


@cache
def outlines(step_deg: float) -> dict[str, tuple[FloatArray, ...]]:
    """Rings around the land of each country, for drawing: arrays of shape (points, 2), longitude and latitude in degrees.

    Longitudes run on past 180 degrees where a ring crosses the antimeridian.

    Args:
        step_deg: about how far apart the points are that are kept. Neighbours keep the same ones along their border; rings
            of which nothing is left are left out.
    """
    arcs = [_thinned(arc, step_deg) for arc in _arcs()]
    return {
        country["id"]: tuple(
            ring for polygon in country["arcs"] for numbers in polygon if len(ring := _ring(numbers, arcs)) > 3
        )
        for country in _topology()["objects"]["countries"]["geometries"]
    }


def _thinned(arc: FloatArray, step_deg: float) -> FloatArray:
    """The ends of a line and the first of its points in each step along the way."""
    steps = np.diff(arc, axis=0)
    along = np.cumsum(np.hypot(_wrapped(steps[:, 0]), steps[:, 1])) // step_deg
    kept = np.diff(along, prepend=0.0) > 0
    kept[-1] = True
    thinned: FloatArray = arc[np.concatenate([[True], kept])]
    return thinned


def _ring(numbers: Sequence[int], arcs: Sequence[FloatArray]) -> FloatArray:
    """A closed line of arcs, of which each begins where the last one ended."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    ring = np.concatenate([part[:-1] for part in parts] + [parts[-1][-1:]])
    return np.stack([np.unwrap(ring[:, 0], period=360.0), ring[:, 1]], axis=1)


def _nearest(positions: Sequence[Position], territory: Territory) -> FloatArray:
    """Nearest points, shape (positions, 2): latitude and longitude in degrees.

    The nearest border point is the one with the shortest straight line through the Earth. Because the Earth is flattened,
    its geodesic may be longer than that to another point, by less than 0.1 % up to 6,000 km and 1 % at any distance.
    """
    latitude, longitude = _degrees(positions)
    points, tree = _border_points(territory.countries)
    _, nearest = tree.query(_cartesian_km(latitude, longitude))
    inside = _inside(positions, territory.countries)
    return np.where(inside[:, None], np.stack([latitude, longitude], axis=1), points[nearest])


def _inside(positions: Sequence[Position], countries: frozenset[str]) -> BoolArray:
    """Whether positions lie in a set of countries: the way due north to the pole crosses the border an odd number of times.

    Unlike a ray to the east it has no trouble with the antimeridian. The pole itself is in no country.
    """
    latitudes, longitudes = _border(countries)
    inside = np.zeros(len(positions), dtype=np.bool_)
    for n, (latitude, longitude) in enumerate(zip(*_degrees(positions), strict=True)):
        east = _wrapped(longitudes - longitude)
        crossed = ((east[0] > 0) != (east[1] > 0)) & (np.abs(east[0] - east[1]) < 180)
        (start, end), (start_east, end_east) = latitudes[:, crossed], east[:, crossed]
        crossings = start + (end - start) * start_east / (start_east - end_east)
        inside[n] = np.count_nonzero(crossings > latitude) % 2 == 1
    return inside


@cache
def _border_points(countries: frozenset[str]) -> tuple[FloatArray, KDTree]:
    """Points on the border at most `BORDER_STEP_KM` apart, shape (points, 2) in degrees, and a tree to search them.

    Edges are straight in latitude and longitude, as in GeoJSON (RFC 7946).
    """
    from scipy.spatial import KDTree  # here for the same reason as pyproj

    latitude, longitude = _border(countries)
    north, east = latitude[1] - latitude[0], _wrapped(longitude[1] - longitude[0])
    length_deg = np.hypot(north, east * np.cos(np.radians(np.abs(latitude).min(axis=0))))
    steps = np.maximum(1, np.ceil(length_deg * KM_PER_DEGREE_AT_MOST / BORDER_STEP_KM)).astype(np.int64)
    edge = np.repeat(np.arange(len(steps)), steps)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[edge]
    points = np.stack([latitude[0, edge] + share * north[edge], _wrapped(longitude[0, edge] + share * east[edge])], axis=1)
    return points, KDTree(_cartesian_km(points[:, 0], points[:, 1]))


@cache
def _border(countries: frozenset[str]) -> tuple[FloatArray, FloatArray]:
    """Edges around a set of countries: latitudes and longitudes of their two ends, each of shape (2, edges), in degrees.

    A line shared by two of the countries is not border.
    """
    border: set[int] = set()
    for code in countries:
        border ^= _arcs_of_countries()[code]
    arcs = [_arcs()[number] for number in sorted(border)]
    ends = np.stack([np.concatenate([arc[:-1] for arc in arcs]), np.concatenate([arc[1:] for arc in arcs])])
    return ends[:, :, 1], ends[:, :, 0]


@cache
def _arcs_of_countries() -> dict[str, frozenset[int]]:
    """Numbers of the lines that bound each country, whatever their direction."""
    return {
        country["id"]: frozenset(max(arc, ~arc) for polygon in country["arcs"] for ring in polygon for arc in ring)
        for country in _topology()["objects"]["countries"]["geometries"]
    }


@cache
def _arcs() -> tuple[FloatArray, ...]:
    """Lines of the data file, each of shape (points, 2): longitude and latitude in degrees."""
    transform = _topology()["transform"]
    return tuple(np.cumsum(arc, axis=0) * transform["scale"] + transform["translate"] for arc in _topology()["arcs"])


@cache
def _topology() -> dict[str, Any]:
    """The data file: TopoJSON, whose arcs are steps on an integer grid. Negative arc numbers mean a reversed arc."""
    packed = resources.files("sim").joinpath("data", "countries.json.gz").read_bytes()
    topology: dict[str, Any] = json.loads(gzip.decompress(packed))
    return topology


def _degrees(positions: Sequence[Position]) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes, each of shape (positions,)."""
    degrees = np.array([(place.latitude_deg, place.longitude_deg) for place in positions], dtype=np.float64)
    degrees = degrees.reshape(len(positions), 2)
    return degrees[:, 0], degrees[:, 1]


def _wrapped(longitude_deg: FloatArray) -> FloatArray:
    """Longitudes, or differences of longitude, from -180 to 180."""
    return longitude_deg - 360.0 * np.rint(longitude_deg / 360.0)


def _cartesian_km(latitude_deg: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """Earth-centred coordinates of points on WGS 84, shape (points, 3), in km."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    radius = EQUATORIAL_RADIUS_KM / np.sqrt(1 - ECCENTRICITY_SQUARED * np.sin(latitude) ** 2)
    x, y = radius * np.cos(latitude) * np.cos(longitude), radius * np.cos(latitude) * np.sin(longitude)
    return np.stack([x, y, radius * (1 - ECCENTRICITY_SQUARED) * np.sin(latitude)], axis=1)
