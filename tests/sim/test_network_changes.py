"""What changes about paths: routes, congestion, and what the verifier makes of it."""

import itertools

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.actors.verifier import Verifier
from sim.detection.reading import look_ahead
from sim.engine.fast import run
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.record import Happening
from sim.units import DAYS_PER_YEAR
from sim.world.congestion import congestion_episodes
from sim.world.geography import Place, hubs, landmark_cities
from sim.world.landmarks import build_panels
from sim.world.latency import Network
from sim.world.paths import Leg, Path, direct
from sim.world.sites import Site
from sim.world.territory import territory

from .worlds import ORDERLY

SINGAPORE, FRANKFURT = (next(hub for hub in hubs() if hub.name == name) for name in ("Singapore", "Frankfurt"))


def network(seed: int, **values: float) -> Network:
    table = load_parameters()
    return Network(table.latency["hosting"], table.values(values), Draws(seed))


def ends(number: int) -> tuple[Place, Place]:
    return (
        Place(1_000_000 + number, "landmark", SINGAPORE.country, SINGAPORE.position),
        Place(number, "site", FRANKFURT.country, FRANKFURT.position),
    )


def base_ms(world: Network, number: int, day: float) -> float:
    landmark, site = ends(number)
    return float(world.timing([landmark], direct(site), day).base_ms[0])


def test_route_changes_come_at_the_stated_rate_and_last_until_the_next():
    world, per_year, gaps = network(1), load_parameters().values()["route_changes_per_year"], []
    for number in range(300):
        landmark, site = ends(number)
        day = 0.0
        for _ in range(3):
            timing = world.timing([landmark], direct(site), day)
            assert timing.until_day > day
            # Nothing moves before the change, and something does after it.
            just_before = np.nextafter(timing.until_day, 0)
            assert base_ms(world, number, just_before) == timing.base_ms[0]
            assert base_ms(world, number, timing.until_day) != timing.base_ms[0]
            gaps.append(timing.until_day - day)
            day = timing.until_day
    assert stats.kstest(gaps, "expon", args=(0, DAYS_PER_YEAR / per_year)).pvalue > 1e-3


def test_the_law_of_round_trips_is_the_same_at_all_times_and_changes_are_correlated():
    """Autoregressive: the fitted law holds on the first day and a hundred changes later; one change keeps part of it."""
    world = network(2, route_changes_per_year=50)
    first, late = (np.log([base_ms(world, n, day) for n in range(800)]) for day in (0.0, 730.0))
    assert stats.ks_2samp(first, late).pvalue > 1e-3
    rows = []
    for number in range(800):
        landmark, site = ends(number)
        timing = world.timing([landmark], direct(site), 0.0)
        rows.append((timing.base_ms[0], base_ms(world, number, timing.until_day)))
    floor_ms = 0.999 * min(np.min(rows), np.exp(first.min()))
    before, after = np.log(np.array(rows) - floor_ms).T
    # Both ends of the path keep their share, the pair keeps the stated correlation of the rest.
    model, values = load_parameters().latency["hosting"], load_parameters().values()
    share = model.endpoint_share_far
    expected = share + (1 - share) * values["route_change_correlation"]
    assert stats.spearmanr(before, after).statistic == pytest.approx(expected, abs=0.1)


def test_what_a_path_does_depends_neither_on_when_it_was_asked_before_nor_on_other_paths():
    asked_often, asked_once = network(3), network(3)
    often = [base_ms(asked_often, n, day) for day in range(0, 1000, 10) for n in range(5)]
    once = [base_ms(asked_once, n, day) for n in range(5) for day in reversed(range(0, 1000, 10))]
    assert sorted(often) == sorted(once)
    still = network(3, route_changes_per_year=0)
    assert len({base_ms(still, 0, day) for day in range(0, 5000, 100)}) == 1


def test_congestion_comes_as_often_lasts_as_long_and_adds_as_much_as_stated():
    values, horizon = load_parameters().values(), 2000.0
    counts, hours, heights = [], [], []
    for site in range(400):
        until = itertools.takewhile(lambda one: one.start_day < horizon, congestion_episodes(Draws(4), site, values))
        episodes = list(until)
        counts.append(len(episodes) / horizon)
        hours += [24 * (one.end_day - one.start_day) for one in episodes]
        heights += [one.extra_ms for one in episodes]
        assert all(one.end_day <= after.start_day for one, after in itertools.pairwise(episodes))
    chronic = np.array(counts) > 0.3
    assert np.array(counts)[chronic] == pytest.approx(1, abs=0.002), "every day"
    assert chronic.mean() == pytest.approx(values["congested_sites"], abs=0.025)
    assert np.mean(np.array(counts)[~chronic]) == pytest.approx(values["congested_days_elsewhere"], rel=0.15)
    assert np.median(hours) == pytest.approx(values["congestion_hours"], rel=0.05)
    assert np.median(heights) == pytest.approx(values["congestion_ms"], rel=0.05)


def test_congestion_counts_once_on_a_direct_path_and_twice_through_a_relay():
    landmark, site = ends(0)
    elsewhere = Place(7, "true site", "CN", SINGAPORE.position)
    assert direct(site).crossings(site) == 1
    assert Path((Leg(site), Leg(elsewhere))).crossings(site) == 2
    assert Path((Leg(site), Leg(elsewhere, circuit_speed=0.9))).crossings(site) == 1
    assert direct(elsewhere).crossings(site) == 0
    assert direct(landmark).crossings(site) == 0


def test_a_drift_must_be_coherent():
    """Where nothing can be cleared, an answer is suspicious if every landmark finds it much farther than at enrolment."""
    world, (_, site) = network(5), ends(0)
    panel = build_panels([Site(0, site, 1000.0)], landmark_cities()[:3], 3, "planning", territory("prc_hk_macau"))[0]
    usual = np.array([300.0, 310.0, 320.0])
    at_all, but_for_one = usual + 20.001, usual + np.array([500, 500, 1])

    def suspicious(rtt_ms, **drift) -> bool:
        timing = world.timing(panel.landmarks, direct(site), 0.0)
        _, found = look_ahead(timing, 0.0, panel, clearable=False, **drift).read(np.array([rtt_ms]))
        return bool(found[0])

    assert suspicious(at_all, usual_ms=usual, drift_ms=20)
    assert not suspicious(usual + 20, usual_ms=usual, drift_ms=20)
    assert not suspicious(but_for_one, usual_ms=usual, drift_ms=20)
    assert not suspicious(at_all, usual_ms=usual, drift_ms=None)
    assert not suspicious(at_all, usual_ms=np.zeros(0), drift_ms=20), "a site that was never measured has no usual times"


@pytest.fixture
def relays(small: Scenario) -> Scenario:
    """Every smuggler relays, no site can be cleared: one landmark, far from all, and two seconds of processing."""
    return small.replace(
        trace=True,
        fleet__scale=0.0004,
        adversary__strategies={"relay_from_declared_site": 1},
        verification__signing="none",
        verification__enrolment_cleared_share=1.0,
        verification__grace_days=1000,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        uncertainties={
            **ORDERLY,
            "diverted_chips_per_year": 4.0e5,
            "legacy_chips_abroad": 0,
            "in_loop_processing_ms": 2000,
            "congested_days_elsewhere": 0,
            "congested_sites": 0,
        },
    )


def test_at_a_site_that_cannot_be_cleared_a_relay_is_noticed_by_its_drift_or_not_at_all(relays: Scenario):
    alerts = {}
    for choice in ("inspect_only", "drift_test"):
        record = run(relays.replace(verification__uncleared_sites=choice), 1)
        assert record.clearable_sites == 0
        alerts[choice] = [event for event in record.events if event.happening is Happening.ALERTED]
    assert alerts["inspect_only"] == []
    assert {event.detail for event in alerts["drift_test"]} == {"drift"}
    assert len(alerts["drift_test"]) > 20


def test_refused_licences_leave_no_chip_at_a_site_that_cannot_be_cleared(relays: Scenario):
    refused = run(relays.replace(verification__uncleared_sites="refuse_licence"), 1)
    granted = run(relays.replace(verification__uncleared_sites="inspect_only"), 1)
    duty = relays.calendar.duty_day
    shipped = [event.lot for event in refused.events if event.happening is Happening.SHIPPED and event.day >= duty]
    denied = [event.lot for event in refused.events if event.happening is Happening.LICENCE_REFUSED]
    would_ship = [event.lot for event in granted.events if event.happening is Happening.SHIPPED and event.day >= duty]
    assert shipped == []
    assert denied == would_ship != []
    assert refused.refused_chips == len(denied) * relays.fleet.lot_chips
    before = [
        [e for e in record.events if e.happening is Happening.SHIPPED and e.day < duty] for record in (refused, granted)
    ]
    assert [event.lot for event in before[0]] == [event.lot for event in before[1]]


def test_enrolment_spreads_its_rounds_over_the_days_before_the_duty(small: Scenario):
    """One congested evening may not decide about a site: with congestion one day in ten the sites stay clearable."""
    small = small.replace(verification__enrolment_cleared_share=0.6)
    calm = run(small.replace(uncertainties={"congested_sites": 0, "congested_days_elsewhere": 0}), 1)
    busy = run(small.replace(uncertainties={"congested_sites": 0, "congested_days_elsewhere": 0.1, "congestion_ms": 500}), 1)
    assert calm.clearable_sites > 0
    assert busy.clearable_sites == calm.clearable_sites


def test_a_lasting_reroute_is_not_inspected_for_again_and_again(small: Scenario, monkeypatch):
    """An inspection that finds nobody missing measures the site anew; without that the same reroute alarms for ever."""
    noise = ("diverted_chips_per_year", "gpu_faults_per_chip_year", "site_outages_per_site_year", "packet_loss")
    calm = small.replace(
        fleet__scale=0.0012,
        geography__sites=40,
        calendar__end_after_duty_days=300,
        verification__signing="none",
        enforcement__inspectors=100,
        uncertainties={
            **ORDERLY,
            **dict.fromkeys((*noise, "congested_sites", "congested_days_elsewhere", "legacy_chips_abroad"), 0),
            "route_changes_per_year": 8,
            "metro_route_changes_per_year": 8,
            "route_change_correlation": 0,
            "case_review_days": 1,
            "inspection_travel_days": 1,
            "consent_days": 0,
            "consent_refused": 0,
        },
    )

    def cases(seed: int) -> int:
        record = run(calm, seed)
        assert {event.detail for event in record.events if event.happening is Happening.ALERTED} <= {"unconfirmed"}
        enrolled = sum(event.happening is Happening.ENROLLED for event in record.events)
        assert enrolled == calm.geography.sites + len(record.closed_cases) * measured_anew
        return len(record.closed_cases)

    measured_anew, seeds = True, range(2, 7)
    once = [cases(seed) for seed in seeds]
    assert sum(once) > 0
    monkeypatch.setattr(Verifier, "measure_anew", lambda self, site: None)
    measured_anew = False
    assert sum(cases(seed) for seed in seeds) > 3 * sum(once)
