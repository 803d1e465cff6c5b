import pytest

from sim.world.geography import Position, distances_km, hubs, landmark_hubs
from sim.world.territory import hubs_in, hubs_outside, territory

MAINLAND = territory("china_mainland")


def test_geodesics_agree_with_published_distances():
    """London Heathrow to New York JFK: 5,554 km on WGS 84 (great-circle tables give 5,540 on a sphere)."""
    heathrow, kennedy = Position(51.4700, -0.4543), Position(40.6413, -73.7781)
    assert distances_km([heathrow], [kennedy])[0, 0] == pytest.approx(5554, abs=3)


def test_the_catalogue_is_large_enough_and_consistent():
    assert len(hubs_outside(MAINLAND, hubs())) >= 40
    assert len(hubs_in(MAINLAND, hubs())) >= 5
    assert len(landmark_hubs()) == 12
    assert len({hub.name for hub in hubs()}) == len(hubs())
    # Landmarks stand in the catalogue's own cities.
    assert {(hub.name, hub.position) for hub in landmark_hubs()} <= {
        (hub.name, hub.position) for hub in hubs_outside(MAINLAND, hubs())
    }
