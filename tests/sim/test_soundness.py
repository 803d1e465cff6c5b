"""What an adversary can do to a round-trip time, and what no bound, or only one of the two, withstands."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.world.bounds import KM_PER_MS, SOUND_BOUNDS
from sim.world.cross_checks import not_suspected, suspects
from sim.world.geography import Place, Position, distances_km, hubs, landmark_cities
from sim.world.landmarks import build_panels, landmarks_at
from sim.world.latency import Network, circuit_ms
from sim.world.paths import Leg, Path, direct
from sim.world.sites import Site
from sim.world.territory import territory

RESTRICTED = territory("prc_hk_macau")
HUBS = {hub.name: hub for hub in hubs()}
BEST_JITTER = -8.0  # standard deviations: what an adversary could hope for


def place(name: str, number: int = 0) -> Place:
    hub = HUBS[name]
    return Place(number, name, hub.country, hub.position)


def network(seed: int = 1, **values: float) -> Network:
    table = load_parameters()
    return Network(table.latency["hosting"], table.values(values), Draws(seed))


def panel_of(declared: Place, asked: int = 12, bound="planning"):
    return build_panels([Site(0, declared, 1000.0)], landmark_cities()[:60], asked, bound, RESTRICTED)[0]


def times(panel, path: Path, seed: int = 1, **values: float):
    timing = network(seed, **values).timing(panel.landmarks, path)
    return timing.sample(np.full(timing.jitter_log_sd.size, BEST_JITTER))


def test_the_true_site_of_an_honest_chip_lies_in_every_security_and_planning_disc():
    """Every hub against 40 landmarks in three worlds, with the least jitter and no processing: the fastest there can be."""
    landmarks = [Place(1_000_000 + n, hub.name, hub.country, hub.position) for n, hub in enumerate(landmark_cities()[:40])]
    distance_km = distances_km([hub.position for hub in hubs()], [one.position for one in landmarks])
    for seed in range(3):
        world = network(seed, in_loop_processing_ms=0, excess_scale=0.01)
        for number, hub in enumerate(hubs()):
            timing = world.timing(landmarks, direct(Place(number, hub.name, hub.country, hub.position)))
            rtt_ms = timing.sample(np.full(40, BEST_JITTER))
            for bound in SOUND_BOUNDS:
                assert (rtt_ms * KM_PER_MS[bound] >= distance_km[number]).all()


@pytest.mark.parametrize("bound", SOUND_BOUNDS)
def test_a_relay_over_the_internet_never_clears_a_chip_in_restricted_territory(bound):
    """By way of the declared site, or next to a landmark: the detour is added whole."""
    declared, true_site = place("Singapore"), place("Shenzhen", 2_000_000)
    panel = panel_of(declared, bound=bound)
    assert panel.clears(times(panel, direct(declared))), "an honest chip there is cleared"
    leg_ms = distances_km([declared.position], [true_site.position])[0, 0] / FIBRE_KM_PER_MS
    via_site = times(panel, Path((Leg(declared), Leg(true_site))))
    assert (via_site > times(panel, direct(declared)) + leg_ms - 0.2).all()  # less the jitter of a second leg
    for path in (Path((Leg(declared), Leg(true_site))), direct(true_site), Path((Leg(true_site),), added_ms=50)):
        assert not panel.clears(times(panel, path))


def test_a_fast_circuit_breaks_the_planning_bound_and_never_the_security_bound():
    """Microwave at 0.95 c from beside the landmark in Singapore to a chip in Shenzhen."""
    declared, true_site = place("Singapore"), place("Shenzhen", 2_000_000)
    at_landmark = Path((Leg(true_site, circuit_speed=0.95),))
    planning = panel_of(declared, asked=1)
    assert planning.landmarks[0].name == "Singapore"
    rtt_ms = times(planning, at_landmark, in_loop_processing_ms=0)
    apart_km = distances_km([planning.landmarks[0].position], [true_site.position])[0, 0]
    assert rtt_ms[0] == pytest.approx(apart_km / (0.95 * VACUUM_KM_PER_MS))
    assert planning.clears(rtt_ms), "a chip in Shenzhen passes as being within the planning disc around Singapore"
    assert rtt_ms[0] * FIBRE_KM_PER_MS < apart_km <= rtt_ms[0] * VACUUM_KM_PER_MS
    secure = panel_of(declared, bound="vacuum")
    for speed in (0.7, 0.95, 1.0):
        for hub in (hub for hub in hubs() if hub.country == "CN"):
            inside = Place(2_000_000, hub.name, hub.country, hub.position)
            assert not secure.clears(times(secure, Path((Leg(inside, circuit_speed=speed),)), in_loop_processing_ms=0))


def test_delay_moves_a_chip_farther_and_never_nearer():
    declared = place("Singapore")
    panel = panel_of(declared)
    cleared = [panel.clears(times(panel, Path((Leg(declared),), added_ms=ms))) for ms in (0, 1, 5, 20, 100, 1000)]
    contradicted = [panel.contradicts(times(panel, Path((Leg(declared),), added_ms=ms))) for ms in (0, 1, 5, 20, 100, 1000)]
    assert cleared == sorted(cleared, reverse=True)
    assert cleared[0]
    assert not cleared[-1]
    assert not any(contradicted)


def test_only_a_moved_key_a_corrupt_landmark_or_a_flaw_subtracts():
    """A key that was extracted answers from the declared site; a landmark that is bribed reports what it likes."""
    declared, true_site = place("Singapore"), place("Shenzhen", 2_000_000)
    for bound in SOUND_BOUNDS:
        panel = panel_of(declared, bound=bound)
        moved_key = direct(declared)
        assert panel.clears(times(panel, moved_key))
        bribed = times(panel, direct(true_site))
        assert not panel.clears(bribed)
        bribed[0] = 1.0
        assert panel.clears(bribed)
        assert not panel.contradicts(bribed)
    with pytest.raises(ValueError, match="added_ms = -1: allowed 0 or more"):
        Path((Leg(declared),), added_ms=-1)
    for speed in (0.0, 1.01):
        with pytest.raises(ValueError, match=f"circuit_speed = {speed}: allowed above 0 to 1, light in vacuum"):
            Leg(declared, circuit_speed=speed)


def test_the_more_landmarks_must_clear_a_chip_the_fewer_answers_do_and_one_bribe_is_not_enough_for_two():
    declared, true_site = place("Singapore"), place("Shenzhen", 2_000_000)
    one = panel_of(declared, asked=5, bound="vacuum")
    bribed = times(one, direct(true_site))
    bribed[0] = 1.0
    answers = one.contradicting_ms + np.random.default_rng(4).uniform(0, 1, (2000, 5)) * one.clearing_ms
    cleared = [replace(one, needed=needed).clears(answers) for needed in range(1, 6)]
    for fewer, more in itertools.pairwise(cleared):
        assert not (more & ~fewer).any()
    assert 0 < cleared[1].sum() < cleared[0].sum()
    assert one.clears(bribed)
    assert not replace(one, needed=2).clears(bribed)


def test_a_site_near_the_border_is_cleared_by_a_landmark_in_its_own_city_or_not_at_all():
    """Hanoi lies 135 km from China: no landmark elsewhere helps, however good the path."""
    declared = place("Hanoi")
    elsewhere = [hub for hub in landmark_cities() if hub.name != "Hanoi"][:100]
    panel = build_panels([Site(0, declared, 1000.0)], elsewhere, 12, "planning", RESTRICTED)[0]
    assert (panel.contradicting_ms > panel.clearing_ms).all(), (
        "at its own site it would have to be faster than light in fibre"
    )
    own_city = next(hub for hub in landmark_cities() if hub.name == "Hanoi")
    near = build_panels([Site(0, declared, 1000.0)], [own_city], 1, "planning", RESTRICTED)[0]
    assert near.clearing_ms[0] == pytest.approx(1.35, abs=0.06)
    assert near.clears(np.array([1.2]))


def test_unequal_ends_of_a_circuit_are_geodesics_at_its_speed():
    frankfurt, tokyo = place("Frankfurt"), place("Tokyo", 1)
    distance = distances_km([frankfurt.position], [tokyo.position])[0, 0]
    for speed in (0.5, 0.95, 1.0):
        assert circuit_ms(frankfurt, tokyo, speed) == pytest.approx(distance / (149.896229 * speed))


# --- landmarks that check one another ----------------------------------------------------------------------------------


def peers(count: int = 30, seed: int = 3, understated_ms=None, moved=None):
    """Stated positions, and what each landmark reports of each other one."""
    catalogue = landmark_cities()[:count]
    true = [Place(1_000_000 + n, hub.name, hub.country, hub.position) for n, hub in enumerate(catalogue)]
    world, generator = network(seed, in_loop_processing_ms=0.02), np.random.default_rng(seed)
    measured = np.full((count, count), np.nan)
    for i, j in itertools.permutations(range(count), 2):
        timing = world.timing([true[i]], direct(true[j]))
        # The shorter of four bursts, so that the heavy tail of jitter is gone.
        measured[i, j] = timing.sample(generator.standard_normal((4, 1))).min()
    for number, ms in (understated_ms or {}).items():
        measured[number] = np.maximum(measured[number] - ms, 0.0)
    stated = [one.position for one in true]
    for number, position in (moved or {}).items():
        stated[number] = position
    return stated, measured


@pytest.mark.parametrize("km_per_ms", [FIBRE_KM_PER_MS, VACUUM_KM_PER_MS])
def test_honest_landmarks_are_not_suspected(km_per_ms):
    stated, measured = peers()
    assert suspects(stated, measured, km_per_ms=km_per_ms, tolerance_ms=30.0) == ()


def test_as_many_bursts_as_enrol_a_site_leave_no_honest_landmark_suspected_and_a_single_one_does():
    """The least of many bursts is the same both ways; single ones differ by jitter, and each landmark has many peers."""
    landmarks, values = landmarks_at(landmark_cities()[:60]), load_parameters().values({})
    left = {bursts: not_suspected(landmarks, network(), bursts, values, Draws(1)) for bursts in (30, 1)}
    assert left[30] == list(landmarks)
    assert len(left[1]) < 55


def test_a_landmark_that_understates_its_time_is_caught_where_geometry_allows():
    """By faster light than there is: near peers it cannot subtract much, far from all of them it can.

    Clocks are not compared here (infinite tolerance), so that only geometry speaks.
    """
    stated, honest = peers()
    slack = honest - distances_km(stated, stated) / VACUUM_KM_PER_MS
    second_least = np.sort(np.where(np.isnan(slack), np.inf, slack), axis=1)[:, 1]
    for number in (0, 8, 10):
        for ms in (0.9 * second_least[number], second_least[number] + 1):
            _, measured = peers(understated_ms={number: ms})
            found = suspects(stated, measured, km_per_ms=VACUUM_KM_PER_MS, tolerance_ms=np.inf)
            assert found == ((number,) if ms > second_least[number] else ())


def test_two_clocks_on_one_path_catch_a_smaller_lie():
    stated, measured = peers(understated_ms={5: 40.0})
    assert suspects(stated, measured, km_per_ms=VACUUM_KM_PER_MS, tolerance_ms=30.0) == (5,)


def test_a_landmark_that_stands_elsewhere_is_caught_by_its_neighbours():
    """Frankfurt said to be in Nairobi: no answer from Amsterdam comes that fast."""
    frankfurt = next(n for n, hub in enumerate(landmark_cities()[:30]) if hub.name == "Frankfurt")
    stated, measured = peers(moved={frankfurt: Position(-1.28, 36.82)})
    assert suspects(stated, measured, km_per_ms=VACUUM_KM_PER_MS, tolerance_ms=np.inf) == (frankfurt,)


def test_a_lone_impossible_reading_accuses_nobody():
    stated, measured = peers()
    measured[2, 7] = 0.03
    assert suspects(stated, measured, km_per_ms=VACUUM_KM_PER_MS, tolerance_ms=np.inf) == ()


def test_a_lie_about_one_chip_is_a_contradiction_where_the_discs_do_not_meet():
    """A bribed landmark in Singapore swears to a chip that Tokyo finds next door; far from any landmark nobody notices."""
    declared = place("Singapore")
    panel = build_panels([Site(0, declared, 1000.0)], landmark_cities()[:12], 12, "vacuum", RESTRICTED)[0]
    for true_name, noticed in (("Tokyo", True), ("Urumqi", False)):
        true_site = place(true_name, 2_000_000) if true_name in HUBS else Place(1, true_name, "CN", Position(43.80, 87.60))
        rtt_ms = times(panel, direct(true_site))
        rtt_ms[0] = 1.0
        assert panel.contradicts(rtt_ms) == noticed
