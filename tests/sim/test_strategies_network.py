"""What strategies against the network and the keys change, and that physics lets no relay be cleared."""

import numpy as np
import pytest

from attestation import VACUUM_KM_PER_MS
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.smuggling.strategies import STRATEGIES
from sim.smuggling.strategy import DARK, Circumstances, Key
from sim.world.bounds import SOUND_BOUNDS
from sim.world.geography import Place, distances_km, hubs, landmark_cities
from sim.world.landmarks import Panel, build_panels
from sim.world.latency import Network
from sim.world.paths import Leg, Path, direct
from sim.world.sites import Site
from sim.world.territory import hubs_in, hubs_outside, territory

RESTRICTED = territory("prc_hk_macau")
HUBS = {hub.name: hub for hub in hubs()}
BEST = {"in_loop_processing_ms": 0, "excess_scale": 0.01, "fast_circuit_speed": 1.0, "leased_line_speed": 1.0}
"""What an adversary could hope for: circuits at the speed of light, and next to nothing that is slow."""

INSIDE = tuple(
    Place(2_000_000 + n, hub.name, hub.country, hub.position) for n, hub in enumerate(hubs_in(RESTRICTED, hubs()))
)
MOVED_KEYS = {
    "extract_key": Key.OWN,
    "leaked_vendor_key": Key.FORGED,
    "one_host_answers": Key.HOST,
    "swap_identities": Key.OTHER,
}


def place(name: str, number: int = 0) -> Place:
    hub = HUBS[name]
    return Place(number, name, hub.country, hub.position)


SINGAPORE, SHENZHEN = place("Singapore"), place("Shenzhen", 2_500_000)


def panel_of(declared: Place, bound="planning", asked: int = 3) -> Panel:
    return build_panels([Site(0, declared, 1000.0)], landmark_cities()[:60], asked, bound, RESTRICTED)[0]


def seen_by(panel: Panel, declared: Place = SINGAPORE, true_site: Place = SHENZHEN, **values: float) -> Circumstances:
    return Circumstances(declared, true_site, panel.landmarks, load_parameters().values(values))


def times(landmarks, path: Path, seed: int = 1, jitter: float = 0.0, **values: float):
    table = load_parameters()
    network = Network(table.latency["hosting"], table.values(values), Draws(seed))
    timing = network.timing(landmarks, path)
    return timing.sample(np.full(timing.jitter_log_sd.size, jitter))


def test_physics_clears_no_answer_from_inside_and_a_key_that_has_left_the_chip_is_cleared():
    """Perfect key binding, the vacuum bound and honest landmarks, against the best that an adversary could hope for."""
    relays, cleared_by_moved_key, cleared_by_trust = 0, 0, 0
    for hub in hubs_outside(RESTRICTED, hubs())[::12]:
        declared = Place(0, hub.name, hub.country, hub.position)
        panel, trusting = panel_of(declared, bound="vacuum", asked=12), panel_of(declared, bound="planning", asked=12)
        for true_site in INSIDE[::3]:
            of = seen_by(panel, declared, true_site, **BEST)
            for strategy in STRATEGIES.values():
                facts = strategy.facts(of)
                for answer in (facts.on_the_way, facts.at_true_site, facts.failed.at_true_site):
                    if answer is None or answer.key is not Key.OWN:
                        continue
                    rtt_ms = times(panel.landmarks, answer.path, jitter=-8.0, **BEST)
                    cleared = panel.clears(rtt_ms)
                    if answer.path.legs[-1].to == true_site:
                        relays += 1
                        assert not cleared, (strategy, hub.name, true_site.name)
                        cleared_by_trust += bool(trusting.clears(rtt_ms))
                    else:
                        assert cleared == panel.clears(times(panel.landmarks, direct(declared), jitter=-8.0, **BEST))
                        cleared_by_moved_key += bool(cleared)
    assert relays > 300
    assert cleared_by_moved_key > 20
    assert cleared_by_trust > 10, "the planning bound trusts that nobody has a circuit faster than fibre"


def test_a_low_latency_relay_is_a_way_across_its_city_and_the_straight_line_at_the_speed_of_its_circuit():
    """It passes the planning bound from a certain speed on, and the vacuum bound at none."""
    panel, secure = panel_of(SINGAPORE), panel_of(SINGAPORE, bound="vacuum")
    apart_km = distances_km([panel.landmarks[0].position], [SHENZHEN.position])[0, 0]
    passes = []
    for speed in (0.3, 0.51, 0.75, 0.95, 1.0):
        answer = STRATEGIES["low_latency_relay"].facts(seen_by(panel, fast_circuit_speed=speed)).at_true_site
        across = answer.path.legs[0]
        rtt_ms = times(panel.landmarks, answer.path, in_loop_processing_ms=0)
        to_relay_ms = times(panel.landmarks, direct(across.to), in_loop_processing_ms=0)
        assert rtt_ms - to_relay_ms == pytest.approx(apart_km / (speed * VACUUM_KM_PER_MS))
        passes.append(bool(panel.clears(rtt_ms)))
        assert not secure.clears(rtt_ms)
    assert passes == sorted(passes)
    assert passes[-1] > passes[0]


@pytest.mark.parametrize("bound", SOUND_BOUNDS)
def test_no_relay_is_faster_than_a_chip_at_the_declared_site_could_be(bound):
    """Not even where the true site is nearer to the landmarks than the declared site is, as from Manila or Taipei."""
    too_fast_by_itself = False
    for hub in hubs_outside(RESTRICTED, hubs())[::8]:
        declared = Place(0, hub.name, hub.country, hub.position)
        panel = panel_of(declared, bound)
        for true_site in INSIDE[::3]:
            for name in ("low_latency_relay", "operate_at_border", "add_delay", "relay_from_declared_site"):
                answer = STRATEGIES[name].facts(seen_by(panel, declared, true_site, **BEST)).at_true_site
                assert not panel.contradicts(times(panel.landmarks, answer.path, jitter=-8.0, **BEST))
            unhindered = Path((Leg(true_site, 1.0),))
            too_fast_by_itself |= bool(panel.contradicts(times(panel.landmarks, unhindered, **BEST)))
    assert too_fast_by_itself


def test_answers_signed_beforehand_come_as_fast_as_honest_ones():
    panel = panel_of(SINGAPORE)
    facts = STRATEGIES["presigned_probes"].facts(seen_by(panel))
    assert panel.clears(times(panel.landmarks, facts.at_true_site.replayed_over))
    assert not panel.clears(times(panel.landmarks, facts.at_true_site.path))
    assert facts.on_the_way is None, "the rest of a session needs the chip itself"


@pytest.mark.parametrize("declared", ["Singapore", "Hanoi", "Frankfurt", "Tokyo"])
@pytest.mark.parametrize("speed", [0.32, 0.6])
def test_a_detour_that_is_reported_as_processing_leaves_exactly_the_time_of_an_honest_chip(declared, speed):
    declared = place(declared)
    panel = panel_of(declared)
    answer = STRATEGIES["understated_processing_time"].facts(seen_by(panel, declared, leased_line_speed=speed)).at_true_site
    honest_ms, rtt_ms = times(panel.landmarks, direct(declared)), times(panel.landmarks, answer.path)
    assert rtt_ms - answer.reported_ms == pytest.approx(honest_ms)
    apart_km = distances_km([declared.position], [SHENZHEN.position])[0, 0]
    assert (rtt_ms - honest_ms > apart_km / VACUUM_KM_PER_MS).all()


def test_a_faster_signer_saves_the_detour_at_most():
    panel = panel_of(SINGAPORE)
    honest_ms = times(panel.landmarks, direct(SINGAPORE))
    late_ms = []
    for saved_ms in (0, 2, 20, 200):
        answer = STRATEGIES["faster_signer"].facts(seen_by(panel, in_loop_signing_ms=saved_ms)).at_true_site
        late_ms.append(times(panel.landmarks, answer.path) - answer.signed_sooner_ms - honest_ms)
    assert late_ms[0] - late_ms[1] == pytest.approx(2)
    assert late_ms[0] - late_ms[2] == pytest.approx(20)
    assert late_ms[3] == pytest.approx(0)


@pytest.mark.parametrize(("name", "key"), MOVED_KEYS.items())
def test_answers_that_never_leave_the_declared_site_take_as_long_as_before(name, key):
    """From the departure on, so that not even the journey is silent."""
    panel = panel_of(SINGAPORE)
    facts = STRATEGIES[name].facts(seen_by(panel))
    for answer in (facts.on_the_way, facts.at_true_site):
        assert answer.key is key
        assert (times(panel.landmarks, answer.path) == times(panel.landmarks, direct(SINGAPORE))).all()


def test_extraction_takes_its_turns_at_the_benches_and_loses_the_chips_that_fail():
    strategy = STRATEGIES["extract_key"]
    values = load_parameters().values({"key_extraction_benches": 4, "key_extraction_days_per_chip": 2})
    assert [strategy.preparation_days(chips, values) for chips in (0, 1, 4, 5, 40)] == [0, 2, 2, 4, 20]
    facts = strategy.facts(seen_by(panel_of(SINGAPORE), key_extraction_success=0.7))
    assert (facts.chance, facts.chance_of) == (0.7, "chip")
    assert facts.failed == DARK


def test_chips_with_other_names_wear_the_labels_too():
    staging = STRATEGIES["swap_identities"].facts(seen_by(panel_of(SINGAPORE))).staging
    assert staging.boxes
    assert staging.labels
    assert not staging.returns


@pytest.mark.parametrize("count", [1, 2, 3])
def test_bribed_landmarks_vouch_for_a_chip_if_all_of_them_take_the_bribe(count):
    panel = panel_of(SINGAPORE)
    values = {"landmarks_bribed": count, "bribe_taken": 0.5, "bribe_usd": 1000}
    strategy = STRATEGIES["bribe_landmark"]
    facts = strategy.facts(seen_by(panel, **values))
    answer = facts.at_true_site
    assert (facts.chance, facts.chance_of) == (0.5**count, "parcel")
    assert strategy.cost(load_parameters().values(values)).per_parcel_usd == 1000 * count
    measured_ms = times(panel.landmarks, answer.path)
    assert not panel.clears(measured_ms)
    bribed = np.array([landmark.number in answer.bribed for landmark in panel.landmarks])
    assert bribed.tolist() == [rank < count for rank in range(3)]
    reported_ms = np.where(bribed, times(panel.landmarks, direct(SINGAPORE)), measured_ms)
    assert panel.clears(reported_ms)
    assert facts.failed.at_true_site.bribed == frozenset()
    assert facts.failed.at_true_site.path == answer.path


@pytest.mark.parametrize("declared", ["Singapore", "Jakarta", "Manila"])
def test_a_landmark_that_stands_beside_the_true_site_clears_chips_there_and_none_at_the_declared_site(declared):
    """Never too fast for the declared site either, as from Jakarta, which has no landmark of its own here."""
    declared, strategy = place(declared), STRATEGIES["misreport_landmark"]
    cities = [hub for hub in landmark_cities()[:60] if hub.name in ("Singapore", "Los Angeles", "London")]
    panel = build_panels([Site(0, declared, 1000.0)], cities, 3, "planning", RESTRICTED)[0]
    assert panel.landmarks[0].name == "Singapore"
    values = load_parameters().values()
    (true_site,) = strategy.true_site(declared, INSIDE)
    assert strategy.false_landmarks([], INSIDE, values) == {}
    moved = strategy.false_landmarks(panel.landmarks, INSIDE, values)
    really = [moved.get(landmark.number, landmark) for landmark in panel.landmarks]
    assert [one == other for one, other in zip(really, panel.landmarks, strict=True)] == [False, True, True]
    answer = strategy.facts(Circumstances(declared, true_site, panel.landmarks, values, frozenset(moved))).at_true_site
    assert not panel.clears(times(panel.landmarks, answer.path)), "were the landmark where it says"
    assert not panel.contradicts(times(really, answer.path, jitter=-8.0))
    assert times(really[:1], answer.path, **BEST)[0] > panel.contradicting_ms[0]
    if declared.name != "Manila":  # too far from Singapore for any landmark there
        assert panel.clears(times(really, answer.path))
    assert not panel.clears(times(really, direct(declared)))


def test_the_nearest_site_and_the_nearest_hub_beyond_the_border_are_chosen():
    names = ("Frankfurt", "Hanoi", "Singapore", "Hanoi", "Da Nang")
    sites = [Site(number, place(name, number), 100.0) for number, name in enumerate(names)]
    strategy = STRATEGIES["operate_at_border"]
    chosen = strategy.declared_sites(sites, RESTRICTED)
    assert [site.number for site in chosen] == [1, 3]
    (across,) = strategy.true_site(chosen[0].place, INSIDE)
    apart_km = distances_km([site.place.position for site in sites], [inside.position for inside in INSIDE])
    assert distances_km([chosen[0].place.position], [across.position])[0, 0] == apart_km.min()


def test_a_detour_takes_the_place_of_a_delay_that_is_long_enough():
    """Times before and after the departure are the same; a shorter delay leaves the difference to be seen."""
    panel, strategy = panel_of(SINGAPORE), STRATEGIES["add_delay"]
    apart_km = distances_km([SINGAPORE.position], [SHENZHEN.position])[0, 0]
    for delay_ms in (0.0, 10.0, 50.0, 100.0):
        of = seen_by(panel, blurring_delay_ms=delay_ms, fast_circuit_speed=0.75)
        before_ms = times(panel.landmarks, direct(SINGAPORE)) + strategy.site_delay_ms(of.values)
        after_ms = times(panel.landmarks, strategy.facts(of).at_true_site.path)
        left_over_ms = max(0.0, apart_km / (0.75 * VACUUM_KM_PER_MS) - delay_ms)
        assert after_ms - before_ms == pytest.approx(left_over_ms)


def test_a_circuit_at_the_border_has_the_shortest_detour_of_all():
    hanoi = place("Hanoi")
    strategy = STRATEGIES["operate_at_border"]
    (across,) = strategy.true_site(hanoi, INSIDE)

    def detour_ms(true_site: Place) -> float:
        panel = panel_of(hanoi)
        answer = strategy.facts(seen_by(panel, hanoi, true_site)).at_true_site
        assert answer.path.legs[0] == Leg(hanoi)
        return float((times(panel.landmarks, answer.path) - times(panel.landmarks, direct(hanoi)))[0])

    assert detour_ms(across) == min(map(detour_ms, INSIDE))
