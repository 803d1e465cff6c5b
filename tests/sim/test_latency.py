import numpy as np
import pytest

from attestation import FIBRE_KM_PER_MS
from sim import Scenario
from sim.parameters import NETWORK_CLASSES, load_parameters
from sim.randomness import Draws
from sim.world.excess import regime_of
from sim.world.geography import Place, distances_km, hubs, landmark_cities
from sim.world.landmarks import build_panels
from sim.world.latency import Network
from sim.world.paths import Leg, Path, direct
from sim.world.sites import build_sites
from sim.world.territory import hubs_in, hubs_outside, territory

MAINLAND = territory("china_mainland")


@pytest.fixture(scope="module")
def world():
    table = load_parameters()
    values, draws = table.values(), Draws(1)
    sites = build_sites(40, hubs_outside(MAINLAND, hubs()), values, draws)
    return sites, Network(table.latency["hosting"], values, draws)


def test_an_honest_chip_is_never_faster_than_light_in_fibre_and_never_contradicts_its_site(world):
    sites, network = world
    for site, panel in zip(sites, build_panels(sites, landmark_cities(), 12, "planning", MAINLAND), strict=True):
        rtt_ms = network.timing(panel.landmarks, direct(site.place)).sample(np.full(12, -8.0))
        floor_ms = (
            distances_km([site.place.position], [landmark.position for landmark in panel.landmarks])[0] / FIBRE_KM_PER_MS
        )
        assert (rtt_ms > floor_ms).all()
        assert not panel.contradicts(rtt_ms)


def test_a_relay_adds_its_leg_and_never_subtracts(world):
    sites, network = world
    panel = build_panels(sites[:1], landmark_cities(), 3, "planning", MAINLAND)[0]
    hub = hubs_in(MAINLAND, hubs())[0]
    true_site = Place(2_000_000, hub.name, hub.country, hub.position)
    straight = network.timing(panel.landmarks, direct(sites[0].place)).base_ms
    relayed = network.timing(panel.landmarks, Path((Leg(sites[0].place), Leg(true_site)))).base_ms
    leg_ms = distances_km([sites[0].place.position], [true_site.position])[0, 0] / FIBRE_KM_PER_MS
    assert (relayed > straight + leg_ms).all()


def test_no_chip_inside_the_restricted_territory_is_ever_cleared(world):
    """Soundness: an answer from inside, over any landmark, takes longer than the clearing time under either bound."""
    _, network = world
    inside = [Place(2_000_000 + n, hub.name, hub.country, hub.position) for n, hub in enumerate(hubs_in(MAINLAND, hubs()))]
    sites, _ = world
    for bound in ("planning", "vacuum"):
        panel = build_panels(sites[:1], landmark_cities(), 12, bound, MAINLAND)[0]
        for place in inside:
            assert not panel.clears(network.timing(panel.landmarks, direct(place)).sample(np.full(12, -8.0)))


def test_more_landmarks_never_worsen_clearance(world):
    sites, network = world
    for site_number in (0, 5, 20):
        cleared = []
        for asked in (1, 3, 12):
            panel = build_panels(sites, landmark_cities(), asked, "planning", MAINLAND)[site_number]
            cleared.append(
                panel.clears(network.timing(panel.landmarks, direct(sites[site_number].place)).sample(np.zeros(asked)))
            )
        assert cleared == sorted(cleared)


def test_excess_over_many_paths_has_the_fitted_median_and_spread():
    """Lognormal, closed form; ends share part of the variance without changing the total."""
    table = load_parameters()
    regime = table.latency["hosting"].regimes["metro"]
    hub = hubs_outside(MAINLAND, hubs())[0]
    network = Network(table.latency["hosting"], table.values({"in_loop_processing_ms": 0}), Draws(2))
    places = [Place(n, hub.name, hub.country, hub.position) for n in range(120)]
    logs = [np.log(network.timing([a], direct(b)).base_ms[0]) for a, b in zip(places[::2], places[1::2], strict=True)]
    assert np.mean(logs) == pytest.approx(np.log(regime.offset_ms), abs=4 * regime.log_sd / np.sqrt(60))
    assert np.std(logs) == pytest.approx(regime.log_sd, rel=0.4)


@pytest.mark.parametrize(
    ("ends", "distance_km", "hosting", "cloud"),
    [
        ("SG SG", 20, "metro", "metro"),
        ("CN HK", 30, "near_china", "near_china"),
        ("SG ID", 900, "near_hard", "near_hard"),
        ("SG CN", 3500, "china", "china"),
        ("DE SG", 9000, "south_east_asia", "south_east_asia"),
        ("AE DE", 5000, "gulf", "gulf"),
        ("FR DE", 500, "near_developed", "near"),
        ("IN JP", 2900, "near_mixed", "near"),
        ("IN PK", 1000, "near_periphery", "near"),
        ("US DE", 6000, "core", "direct"),
        ("US BR", 7000, "north_america_periphery", "direct"),
        ("JP DE", 9000, "europe_periphery", "other"),
        ("BR AU", 13000, "periphery", "other"),
    ],
)
def test_the_first_regime_that_fits_is_used(ends, distance_km, hosting, cloud):
    one, other = ends.split()
    for pair in ((one, other), (other, one)):
        assert regime_of("hosting", *pair, distance_km) == hosting
        assert regime_of("cloud", *pair, distance_km) == cloud


@pytest.mark.parametrize("network", NETWORK_CLASSES)
def test_every_regime_that_can_occur_has_parameters(network):
    countries = ("US", "DE", "JP", "CN", "SG", "AE", "IN", "BR")
    occurring = {regime_of(network, one, other, km) for one in countries for other in countries for km in (10, 500, 5000)}
    assert occurring == set(load_parameters().latency[network].regimes)


def test_known_hard_and_easy_sites_come_out_so():
    """Singapore has a landmark in town and 1,966 km to the border; no landmark near Delhi or Taipei can help."""
    scenario = Scenario.load("baseline")
    sites = build_sites(40, hubs_outside(MAINLAND, hubs()), scenario.values, Draws(1))
    panels = build_panels(sites, landmark_cities()[:12], 3, "planning", MAINLAND)
    by_name = {site.place.name.rsplit(" ", 1)[0]: panel for site, panel in zip(sites, panels, strict=True)}
    assert by_name["Singapore"].clearing_ms[0] > 19
    honest_floor = by_name["Taipei"].contradicting_ms
    assert (by_name["Taipei"].clearing_ms < honest_floor).all()
