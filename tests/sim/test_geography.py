import csv
from importlib import resources

import pytest

from sim.world.geography import Position, distances_km, hubs, landmark_cities
from sim.world.territory import distance_to_km, hubs_in, hubs_outside, territory

MAINLAND = territory("china_mainland")


def test_geodesics_agree_with_published_distances():
    """London Heathrow to New York JFK: 5,554 km on WGS 84 (great-circle tables give 5,540 on a sphere)."""
    heathrow, kennedy = Position(51.4700, -0.4543), Position(40.6413, -73.7781)
    assert distances_km([heathrow], [kennedy])[0, 0] == pytest.approx(5554, abs=3)


def test_the_catalogue_is_large_enough_and_consistent():
    abroad = hubs_outside(territory("prc_hk_macau"), hubs())
    assert len(abroad) >= 120
    assert not any(hub.country == "US" for hub in abroad)
    assert len(hubs_in(MAINLAND, hubs())) >= 5
    assert len({hub.name for hub in hubs()}) == len(hubs())
    assert len(set(landmark_cities())) == len(landmark_cities()) >= 500
    # A city in both catalogues is in the same place.
    cities = {(hub.name, hub.country): hub.position for hub in hubs()}
    shared = [hub for hub in landmark_cities() if (hub.name, hub.country) in cities]
    assert len(shared) > 100
    assert all(cities[hub.name, hub.country] == hub.position for hub in shared)


@pytest.mark.parametrize("name", ["hubs.csv", "landmark_cities.csv"])
def test_every_row_of_a_catalogue_names_sources_that_the_readme_explains(name):
    data = resources.files("sim").joinpath("data")
    readme = data.joinpath("README.md").read_text(encoding="utf-8")
    lines = data.joinpath(name).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    keys = {key for row in rows for key in row["source"].split("|")}
    assert all(row["evidence"] and row["source"] for row in rows)
    unknown = {key for key in keys if key not in readme and key.rsplit("-", 1)[0] not in readme}
    assert not unknown


def test_a_catalogued_city_lies_in_its_country():
    """By the polygons, but for coasts that generalisation cuts off and territories drawn with another country."""
    drawn_with_another = {"GF", "GP", "MQ", "RE", "YT", "BQ", "SJ"}
    elsewhere = [hub for hub in landmark_cities() if hub.country not in drawn_with_another]
    elsewhere = [hub for hub in elsewhere if not territory(hub.country).contains(hub.position)]
    far = {hub.name for hub in elsewhere if distance_to_km([hub.position], territory(hub.country))[0] > 3}
    assert far <= {"Borama", "Sevastopol", "Simferopol"}  # Somaliland and Crimea: the polygons show who holds the land
