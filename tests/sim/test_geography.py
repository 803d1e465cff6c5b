import pytest

from attestation import FIBRE_KM_PER_MS
from sim.world.geography import (
    Position,
    distance_to_restricted_km,
    distances_km,
    hubs,
    hubs_abroad,
    landmark_hubs,
    restricted_hubs,
)

# Round-trip time at 2/3 c to the nearest point of mainland China: geodesics to Natural Earth 1:50m polygons, ms.
CLEARANCE_MS = {
    "Singapore": 19.68,
    "Kuala Lumpur": 18.66,
    "Johor Bahru": 19.55,
    "Bangkok": 8.27,
    "Jakarta": 27.19,
    "Manila": 10.40,
    "Taipei": 1.82,
    "Seoul": 3.52,
    "Tokyo": 10.91,
    "Mumbai": 14.72,
    "Delhi": 3.34,
    "Dubai": 22.45,
}


def test_geodesics_agree_with_published_distances():
    """London Heathrow to New York JFK: 5,554 km on WGS 84 (great-circle tables give 5,540 on a sphere)."""
    heathrow, kennedy = Position(51.4700, -0.4543), Position(40.6413, -73.7781)
    assert distances_km([heathrow], [kennedy])[0, 0] == pytest.approx(5554, abs=3)


@pytest.mark.parametrize(("name", "expected_ms"), CLEARANCE_MS.items())
def test_border_points_give_the_clearance_of_the_polygons(name, expected_ms):
    hub = next(hub for hub in hubs() if hub.name == name)
    measured_ms = distance_to_restricted_km([hub.position])[0] / FIBRE_KM_PER_MS
    assert measured_ms == pytest.approx(expected_ms, rel=0.02, abs=0.06)


def test_the_catalogue_is_large_enough_and_consistent():
    assert len(hubs_abroad()) >= 40
    assert len(restricted_hubs()) >= 5
    assert len(landmark_hubs()) == 12
    assert len({hub.name for hub in hubs()}) == len(hubs())
    # Landmarks stand in the catalogue's own cities.
    assert {(hub.name, hub.position) for hub in landmark_hubs()} <= {(hub.name, hub.position) for hub in hubs_abroad()}
