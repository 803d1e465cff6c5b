"""Outages by cause, planned work, war, lawful changes, air gaps, storage and lost landmarks: rates, lengths, effects."""

import itertools
import math
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.detection.reading import look_ahead
from sim.engine import fast
from sim.engine.site_readings import SiteReadings
from sim.engine.wiring import build
from sim.fleet.chips import State
from sim.fleet.moves import Withdrawal, plan_change
from sim.fleet.silence import Cause, Outage, conflicts, landmark_outages, site_maintenance, site_outages
from sim.fleet.supply import Demand, lots_shipped
from sim.parameters import Values, load_parameters
from sim.randomness import Draws
from sim.record import Happening
from sim.units import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.world.excess import GULF
from sim.world.geography import hubs, landmark_cities
from sim.world.jitter import to_deviates
from sim.world.landmarks import build_panels
from sim.world.latency import Network
from sim.world.paths import direct
from sim.world.sites import build_sites, capacity_steps
from sim.world.territory import territory

from .worlds import ORDERLY, Story, hurried

START = date(2027, 1, 1)

SITES, YEARS = 500, 20
CLEARABLE: dict[str, Any] = {"clearable": True, "usual_ms": np.zeros(0), "drift_ms": None}


def central(**values: float) -> Values:
    return load_parameters().values(values)


def outages(**values: float) -> list[Outage]:
    """All outages that begin within `YEARS` at `SITES` sites."""
    table, horizon = central(**values), YEARS * DAYS_PER_YEAR
    return [
        outage
        for site in range(SITES)
        for outage in itertools.takewhile(lambda one: one.start_day < horizon, site_outages(Draws(1), site, table))
    ]


def test_outages_of_each_cause_come_at_their_share_of_the_rate():
    """Thinning: each cause's outages are a Poisson process of its own, but for the hours in which the site is down."""
    table, counts = central(), Counter(outage.cause for outage in outages())
    power, network = table["outages_by_power"], table["outages_by_network"]
    shares = {Cause.POWER: power, Cause.NETWORK: network, Cause.OTHER: 1 - power - network}
    for cause, share in shares.items():
        expected = SITES * YEARS * table["site_outages_per_site_year"] * share
        assert counts[cause] == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_the_mean_outage_stays_the_published_one_however_long_those_of_the_network_are():
    days = {cause: [] for cause in Cause}
    for outage in outages(network_outage_length_ratio=0.3, site_outage_log_sd=0.5):
        days[outage.cause].append(outage.end_day - outage.start_day)
    every = np.concatenate(list(days.values()))
    error = every.std() / np.sqrt(len(every))
    assert every.mean() == pytest.approx(central()["site_outage_hours"] / HOURS_PER_DAY, abs=4 * error)
    assert np.mean(days[Cause.NETWORK]) == pytest.approx(0.3 * np.mean(days[Cause.POWER]), rel=0.05)


def test_causes_leave_the_times_of_outages_alone():
    def times(**values: float) -> list[tuple[float, float]]:
        return [(outage.start_day, outage.end_day) for outage in outages(**values)]

    assert times(outages_by_power=0.1, outages_by_network=0.9) == times(outages_by_power=1)


def test_what_has_no_rate_never_happens():
    never = central(**ORDERLY, site_outages_per_site_year=0)
    for process in (site_outages, site_maintenance, conflicts, landmark_outages):
        assert next(process(Draws(1), 3, never), None) is None


def test_a_landmark_is_down_for_the_share_of_time_that_rate_and_length_imply():
    """Alternating renewal: the mean length over mean length plus mean gap."""
    table, horizon = central(landmark_outages_per_year=50, landmark_outage_hours=24), 20 * DAYS_PER_YEAR
    down = 0.0
    for landmark in range(50):
        spells = itertools.takewhile(lambda one: one.start_day < horizon, landmark_outages(Draws(1), landmark, table))
        down += sum(min(one.end_day, horizon) - one.start_day for one in spells)
    assert down / (50 * horizon) == pytest.approx(1 / (1 + DAYS_PER_YEAR / 50), rel=0.02)


def test_planned_work_takes_its_days_a_year_and_is_announced_as_often_as_stated():
    table, horizon = central(maintenance_days_per_site_year=2, maintenance_hours=12), YEARS * DAYS_PER_YEAR
    works = [
        work
        for site in range(SITES)
        for work in itertools.takewhile(lambda one: one.start_day < horizon, site_maintenance(Draws(1), site, table))
    ]
    lengths = [work.end_day - work.start_day for work in works]
    assert lengths == pytest.approx([0.5] * len(works))
    assert sum(lengths) / (SITES * YEARS) == pytest.approx(2, rel=0.02)
    assert np.mean([work.announced for work in works]) == pytest.approx(table["maintenance_announced"], abs=0.01)


def test_a_conflict_silences_all_sites_of_its_region_at_once_and_no_others(engine):
    scenario = hurried({"conflicts_per_region_year": 8}, geography__sites=40, trace=False)
    countries = {site: hub.country for site, hub in enumerate(hubs()[:40])}
    gulf = sorted(site for site, country in countries.items() if country in GULF)
    began: dict[float, list[int]] = {}
    for event in engine.run(scenario, 1).events:
        if event.happening is Happening.OUTAGE_BEGAN and event.detail == Cause.CONFLICT:
            began.setdefault(event.day, []).append(event.site)
    assert len(gulf) > 3
    assert began
    assert all(sites == gulf for sites in began.values())


def test_announced_work_raises_no_alert_and_other_work_does(engine):
    """Planned work of ten days where a silence of five is too long: one alert for each chip that it finds at work."""
    only_work = {**ORDERLY, "gpu_faults_per_chip_year": 0, "site_outages_per_site_year": 0, "packet_loss": 0}
    work = {"maintenance_days_per_site_year": 30, "maintenance_hours": 240, "diverted_chips_per_year": 0}

    def alerts(announced: float) -> int:
        values = {**only_work, **work, "maintenance_announced": announced}
        record = engine.run(hurried(values, verification__grace_days=5, verification__unconfirmed_days=3650), 1)
        assert Happening.OUTAGE_BEGAN in {event.happening for event in record.events}
        return sum(event.happening is Happening.ALERTED for event in record.events)

    assert alerts(1) == 0
    assert alerts(0) > 100


def test_what_is_excused_neither_counts_nor_ends_a_silence(engine):
    """A chip that has gone dark is alerted on in the fifteenth round that finds it silent outside announced work."""
    scenario = hurried(
        {
            **ORDERLY,
            **dict.fromkeys(("gpu_faults_per_chip_year", "site_outages_per_site_year", "packet_loss"), 0),
            "legacy_chips_abroad": 0,
            "maintenance_days_per_site_year": 60,
            "maintenance_hours": 60,
            "maintenance_announced": 1,
        },
        adversary__strategies={"go_dark": 1},
        enforcement__inspectors=0,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        calendar__end_after_duty_days=200,
    )
    record = engine.run(scenario, 1)
    windows: dict[int, list[list[float]]] = {}
    departed: dict[int, float] = {}
    silent: Counter[int] = Counter()
    alerted: set[int] = set()
    excused_rounds = 0
    for event in record.events:
        if event.happening is Happening.OUTAGE_BEGAN:
            windows.setdefault(event.site, []).append([event.day, math.inf])
        elif event.happening is Happening.OUTAGE_ENDED:
            windows[event.site][-1][1] = event.day
        elif event.happening is Happening.SILENT:
            silent[event.chip] += 1
            assert not any(start <= event.day < end for start, end in windows.get(event.site, []))
        elif event.happening is Happening.DEPARTED:
            departed[event.lot] = event.day
        elif event.happening is Happening.ALERTED:
            alerted.add(event.chip)
            assert silent[event.chip] == 15
            lot = (event.chip - scenario.initial_chips) // scenario.fleet.lot_chips
            excused_rounds += event.day - departed[lot] > 16
    assert len(alerted) > 50
    assert excused_rounds > 20, "many were dark during announced work"


def test_changes_come_at_their_rates_and_the_first_one_counts():
    """Competing exponentials: a lot changes within T with 1 - exp(-sum of rates * T), split in proportion to the rates."""
    table = central(withdrawals_per_lot_year=0.3, lawful_moves_per_lot_year=0.2, resales_per_lot_year=0.1)
    draws, sites = Draws(1), build_sites(30, hubs()[:30], table, Draws(1))
    lots = lots_shipped(2e4, 4, 365.0, sites, central(diverted_chips_per_year=0), draws, START)
    counts: Counter[str] = Counter()
    never = 0
    for lot in lots:
        change = plan_change(lot, sites, capacity_steps(sites), table, draws)
        if change and change.departure_day - lot.delivery_day < DAYS_PER_YEAR:
            kind = "withdrawn" if isinstance(change, Withdrawal) else "sold" if change.sold else "moved"
            counts[kind] += 1
            never += kind == "withdrawn" and math.isinf(change.report_day)
    changed = len(lots) * (1 - math.exp(-0.6))
    for kind, rate in (("withdrawn", 0.3), ("moved", 0.2), ("sold", 0.1)):
        assert counts[kind] == pytest.approx(changed * rate / 0.6, abs=4 * math.sqrt(changed * rate / 0.6))
    assert never / counts["withdrawn"] == pytest.approx(table["withdrawals_unreported"], abs=0.05)


@pytest.mark.parametrize("unreported", [0, 1])
def test_a_withdrawn_chip_is_silent_until_that_is_reported(engine, unreported: int):
    """And for ever, if it never is: nobody asks, as there is no inspector."""
    quiet = dict.fromkeys(("gpu_faults_per_chip_year", "site_outages_per_site_year", "packet_loss"), 0)
    values = {**ORDERLY, **quiet, "diverted_chips_per_year": 0, "withdrawals_per_lot_year": 3}
    scenario = hurried(
        {**values, "withdrawals_unreported": unreported},
        enforcement__inspectors=0,
        verification__grace_days=3,
        verification__unconfirmed_days=3650,
    )
    record = engine.run(scenario, 1)
    withdrawn = {event.chip: event.day for event in record.events if event.happening is Happening.WITHDRAWN}
    reported = {event.chip: event.day for event in record.events if event.happening is Happening.WITHDRAWAL_REPORTED}
    assert len(withdrawn) > 40
    for event in record.events:
        if event.happening is Happening.SILENT:
            assert withdrawn[event.chip] < event.day < reported.get(event.chip, math.inf)
        elif event.happening is Happening.ALERTED:
            since = max(withdrawn[event.chip], scenario.calendar.duty_day)
            assert 3 <= event.day - since <= 4 + 1e-9
    states = Counter(record.chips["state"].tolist())
    assert states[State.RETIRED] == len(reported)
    assert states[State.WITHDRAWN] == len(withdrawn) - len(reported)
    assert (len(reported) == 0) == (unreported == 1)


def test_behind_an_air_gap_nobody_is_asked_and_nobody_is_alerted_on(engine):
    record = engine.run(hurried({"air_gapped_sites": 1}), 1)
    assert record.challenges == record.silences == record.clearable_sites == 0
    assert Happening.ALERTED not in {event.happening for event in record.events}
    assert record.enrolled_sites == 12


def test_where_air_gaps_cost_the_licence_no_lot_goes_there_once_they_are_registered():
    shipped = {}
    for choice in ("inspect_only", "refuse_licence"):
        scenario = hurried({"air_gapped_sites": 0.4}, verification__air_gapped=choice)
        sites = build_sites(12, hubs()[:12], scenario.values, Draws(1))
        assert 0 < sum(site.air_gapped for site in sites) < 12
        shipped[choice] = {
            (event.lot, event.site)
            for event in fast.run(scenario, 1).events
            if event.happening is Happening.SHIPPED and event.day > scenario.calendar.duty_day
        }
    refused = shipped["inspect_only"] - shipped["refuse_licence"]
    assert shipped["refuse_licence"] < shipped["inspect_only"]
    assert {site for _, site in refused} <= {site.number for site in sites if site.air_gapped}
    assert all(not sites[site].air_gapped for _, site in shipped["refuse_licence"])


def test_a_stored_lot_is_delivered_later_by_its_time_in_storage_and_others_as_before():
    table = central(stored_lots=0.3, storage_days=40)
    sites = build_sites(30, hubs()[:30], table, Draws(1))
    demand = Demand(lambda day: 2.8e4)
    stored = lots_shipped(2e4, 4, 365.0, sites, table, Draws(1), START, demand)
    plain = lots_shipped(2e4, 4, 365.0, sites, central(stored_lots=0), Draws(1), START, demand)
    late = np.array([lot.delivery_day for lot in stored]) - np.array([lot.delivery_day for lot in plain])
    waits = late[late > 0]
    assert len(waits) / len(late) == pytest.approx(0.3, abs=0.02)
    assert stats.kstest(waits, "lognorm", args=(table["storage_log_sd"], 0, 40)).pvalue > 1e-3
    smuggled = np.array([lot.ordered_by_smuggler for lot in plain])
    assert np.count_nonzero(late[smuggled]) / smuggled.sum() == pytest.approx(0.3, abs=0.05)


def test_storage_and_air_gaps_that_do_not_occur_change_nothing():
    """New draws leave old ones alone: lots ship at the same times to the same sites whatever else may happen to them."""

    def shipped(**values: float) -> list[tuple[float, int]]:
        record = fast.run(hurried(values), 3)
        return [(event.day, event.site) for event in record.events if event.happening is Happening.SHIPPED]

    assert shipped() == shipped(air_gapped_sites=0.5, stored_lots=1, withdrawals_per_lot_year=9, conflicts_per_region_year=9)


def test_a_landmark_that_is_lost_between_two_rounds_is_not_missed():
    """Outages of seconds: the story is the same but for the loss and return of landmarks."""

    def story(per_year: float, loss: str) -> Story:
        values = {"landmark_outages_per_year": per_year, "landmark_outage_hours": 0.01, "site_outage_log_sd": 0.1}
        record = fast.run(hurried(values, verification__landmark_loss=loss), 1)
        told = Story.of(record)
        lost = (Happening.LANDMARK_LOST, Happening.LANDMARK_BACK)
        kept = [event for event in told.events if event.happening not in lost]
        assert (len(kept) < len(told.events)) == (per_year > 0)
        return Story(kept, told.chips, told.rest)

    never = story(0, "fail_open")
    assert story(6, "fail_open") == never
    assert story(6, "fail_closed") == story(0, "fail_closed") == never


@pytest.fixture
def honest(only_new_exports: Scenario) -> Scenario:
    """Honest chips at a dozen sites; nothing but landmarks is ever down."""
    landmarks = {"landmark_outages_per_year": 12, "landmark_outage_hours": 24 * 10, "site_outage_log_sd": 0.2}
    return only_new_exports.replace(
        fleet__scale=0.0005,
        geography__sites=12,
        verification__unconfirmed_days=4,
        uncertainties={**only_new_exports.uncertainties, **landmarks, "congested_days_elsewhere": 0, "congested_sites": 0},
    )


def test_a_lost_landmark_alarms_where_the_authority_fails_closed_and_never_where_it_fails_open(honest: Scenario, engine):
    """Ten days without a landmark, when five unconfirmed answers in a row are too many."""

    def alerted(loss: str) -> int:
        record = engine.run(honest.replace(verification__landmark_loss=loss), 1)
        return sum(event.chips for event in record.events if event.happening is Happening.ALERTED)

    whole = honest.replace(uncertainties={**honest.uncertainties, "landmark_outages_per_year": 0})
    without = sum(event.chips for event in engine.run(whole, 1).events if event.happening is Happening.ALERTED)
    assert alerted("fail_open") <= without
    assert alerted("fail_closed") > without + 50


def test_a_landmark_that_is_down_neither_clears_nor_contradicts():
    """Answers of all kinds, at a site that can be cleared, with every choice of landmarks that are up."""
    site = build_sites(1, [hub for hub in hubs() if hub.name == "Singapore"], central(), Draws(1))[0]
    panel = build_panels([site], landmark_cities()[:12], 3, "planning", territory("prc_hk_macau"))[0]
    network = Network(load_parameters().latency["hosting"], central(), Draws(1))
    timing = network.timing(panel.landmarks, direct(site.place))
    scale = np.exp(np.random.default_rng(1).normal(0, 1.5, (4000, 3)))
    rtt_ms = np.maximum(panel.clearing_ms, 10) * scale
    contradicts, suspicious = look_ahead(timing, 0.0, panel, **CLEARABLE).read(rtt_ms)
    assert contradicts.sum() > 100
    assert 100 < suspicious.sum() < 3000
    for up in map(np.array, itertools.product([False, True], repeat=3)):
        there = np.where(up, rtt_ms, np.inf)
        loosely, strictly, hopeless = (
            look_ahead(timing, 0.0, panel, up=up, **case).read(there)
            for case in (CLEARABLE, {**CLEARABLE, "fail_closed": True}, {**CLEARABLE, "clearable": False})
        )
        assert not (loosely[0] & ~contradicts).any(), "what is missing contradicts nothing"
        assert (loosely[0] == (rtt_ms < panel.contradicting_ms)[:, up].any(axis=1)).all()
        assert not (suspicious & ~loosely[1]).any(), "what is missing clears nothing"
        assert (strictly[0] == loosely[0]).all()
        assert (strictly[1] == (loosely[1] if up.all() else ~loosely[0])).all()
        assert not hopeless[1].any(), "unconfirmed means nothing where nobody could be cleared"


@pytest.mark.parametrize("fail_closed", [False, True])
@pytest.mark.parametrize("bound", ["planning", "half"])
def test_answers_of_many_sites_are_read_like_those_of_one(bound: str, fail_closed: bool):
    """With any landmarks up, whether an answer may contradict or not, and where discs would clear an incomplete answer."""
    scenario = hurried(geography__landmarks=100, verification__landmarks_asked=5, verification__bound=bound)
    setting = build(scenario, 1)
    readings, random = SiteReadings(setting), np.random.default_rng(1)
    not_cleared = contradictions = 0
    for site, congestion_ms in itertools.product(range(12), (0.0, 2.0, 5.0, 10.0, 20.0)):
        panel, uniforms = setting.panels[site], random.uniform(size=(200, 5))
        timing, up = setting.site_timing(site, 0.0), random.uniform(size=5) < 0.8
        ahead = look_ahead(timing, congestion_ms, panel, up=up, fail_closed=fail_closed, **CLEARABLE)
        for contradictable in {True, ahead.contradictable}:
            outlook = replace(ahead, contradictable=contradictable)
            readings.renew(site, outlook)
            rtt_ms = outlook.times_ms(to_deviates(uniforms))
            together, single = readings.read(np.full(200, site), uniforms), outlook.read(rtt_ms)
            assert (together[0] == single[0]).all()
            assert (together[1] == single[1]).all()
        not_cleared += np.count_nonzero(single[1] & panel.excludes(rtt_ms))
        contradictions += np.count_nonzero(single[0])
    assert (not_cleared > 20) == fail_closed
    assert (contradictions > 20) == (bound == "half")
