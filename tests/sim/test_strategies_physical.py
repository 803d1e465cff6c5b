"""What strategies of paper, place and stock change: all orders are a smuggler's, nothing else ever goes wrong."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim import Scenario
from sim.engine import reference
from sim.engine.fast import run
from sim.outcomes.diversions import fates
from sim.parameters import load_parameters
from sim.record import Event, Happening, Record
from sim.smuggling.strategies import STRATEGIES

from .worlds import NO_NOISE, Story, hurried, numbers_of

END_DAY = 200.0


def world(strategy: str, values: dict[str, float] | None = None, **levers: Any) -> Scenario:
    """About 160 chips in lots of four, all ordered by shell companies, and more inspectors than cases."""
    common: dict[str, Any] = {
        "fleet__scale": 0.0003,
        "fleet__lot_chips": 4,
        "geography__sites": 12,
        "calendar__duty_after_days": 0,
        "calendar__end_after_duty_days": END_DAY,
        "verification__signing": "none",
        "adversary__channels": {"shell_company": 1},
        "adversary__strategies": {strategy: 1},
        "enforcement__inspectors": 1000,
        "enforcement__random_inspections": False,
        "enforcement__tips": False,
    }
    certain = {
        "legacy_chips_abroad": 0,
        "covered_exports_per_year": 1.0e6,
        "diverted_chips_per_year": 1.0e6,
        "dwell_at_declared_site_days": 10,
        "transit_to_restricted_days": 8,
        "consent_refused": 0,
        "inspection_miss": 0,
    }
    uncertainties = {**NO_NOISE, **certain, **(values or {})}
    return Scenario.load("miniature").replace(**{**common, **levers}, uncertainties=uncertainties)


def column(record: Record, name: str) -> np.ndarray:
    return np.asarray(record.chips[name]).astype(float)


def established(record: Record) -> int:
    return int(np.count_nonzero(~np.isnan(column(record, "established_day"))))


def first_visits(record: Record) -> dict[int, float]:
    """Day of the first visit to each site."""
    days: dict[int, float] = {}
    for visit in record.visits:
        days[visit.site] = min(visit.day, days.get(visit.site, np.inf))
    return days


@pytest.mark.parametrize("budget_days", [9.0, 25.0])
def test_a_plea_of_outage_delays_the_visit_by_exactly_the_budget(budget_days: float):
    """And leaves it where it is for those who do not plead."""
    asked = {"enforcement__remote_request_days": 5}
    for strategy, delay_days in (("plead_outage", budget_days), ("go_dark", 0.0)):
        at_once, later = (
            first_visits(run(world(strategy, enforcement__downtime_budget_days=days, **asked), seed=1))
            for days in (0, budget_days)
        )
        both = at_once.keys() & later.keys()
        assert len(both) > 5
        assert [later[site] - at_once[site] for site in both] == pytest.approx([delay_days] * len(both))


def test_false_reports_gain_nothing_where_the_maker_must_confirm_and_everything_where_the_owners_word_counts():
    levers = {"verification__rma_reconciliation": True, "enforcement__remote_request_days": 5}
    dark = run(world("go_dark", **levers), seed=1)
    claimed, believed = (
        run(world("claim_repair_or_scrap", verification__rma_confirmation=word, **levers), seed=1)
        for word in ("maker", "owner")
    )
    for name in ("alert_day", "established_day"):
        np.testing.assert_array_equal(column(claimed, name), column(dark, name))
    assert established(dark) > 50
    assert established(believed) == 0


@pytest.mark.parametrize("strategy", ["stockpile", "linger_in_transit"])
def test_chips_that_never_answer_are_missed_only_by_a_deadline_for_activation(strategy: str):
    """Counted from the shipment, and seen in the first round after it."""
    without = run(world(strategy), seed=1)
    assert without.silences == 0
    assert not [event for event in without.events if event.happening in (Happening.ALERTED, Happening.DELIVERED)]
    activation_days = 40
    detectors = ("silence_streak", "activation_deadline")
    levers = {"verification__detectors": detectors, "verification__activation_days": activation_days}
    record = run(world(strategy, trace=True, **levers), seed=1)
    shipped_day = dict(zip(numbers_of(record).tolist(), record.chips["shipped_day"].tolist(), strict=True))
    alerts: dict[int, float] = {}
    for event in record.events:
        if event.happening is Happening.ALERTED:
            alerts.setdefault(event.chip, event.day)
    late_days = np.array([day - shipped_day[chip] - activation_days for chip, day in alerts.items()])
    assert len(late_days) > 50
    assert (late_days > -1e-4).all()
    assert (late_days < 1 + 1e-4).all(), "rounds are daily"


def test_the_deadline_runs_anew_where_an_inspector_has_found_a_stockpile_in_its_boxes():
    """So that it is missed in the end, though the first visit came before it left."""
    levers = {"verification__detectors": ("activation_deadline",), "verification__activation_days": 20}
    record = run(world("stockpile", {"stockpile_days": 60}, trace=True, enforcement__inspectors=50, **levers), seed=1)
    closed_day = {(case.site, case.number): case.closed_day for case in record.closed_cases}
    alerts: defaultdict[int, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.happening is Happening.ALERTED:
            alerts[event.chip].append(event)
    again_days = [
        second.day - closed_day[first.site, first.case] - 20
        for first, second in (pair for of_chip in alerts.values() for pair in pairwise(of_chip))
    ]
    assert len(again_days) > 50
    assert -1e-6 < min(again_days) <= max(again_days) < 1 + 1e-6, "rounds are daily"
    gone_long = [one.rows for one in record.diversions if one.departure_day < END_DAY - 45]
    assert len(gone_long) > 10
    assert np.isfinite(column(record, "established_day")[np.concatenate(gone_long)]).all()


def test_a_stockpile_leaves_when_its_time_has_come_and_a_parcel_in_transit_while_it_is_on_its_way():
    stockpile = run(world("stockpile", {"stockpile_days": 50}), seed=1)
    assert len(stockpile.diversions) > 20
    for one in stockpile.diversions:
        assert one.departure_day - stockpile.chips["shipped_day"][one.rows[0]] == pytest.approx(50, abs=1e-3)
    delivered_day = {
        event.lot: event.day for event in run(world("go_dark"), seed=1).events if event.happening is Happening.DELIVERED
    }
    lingering = run(world("linger_in_transit"), seed=1)
    compared = 0
    for one in lingering.diversions:
        shipped_day = lingering.chips["shipped_day"][one.rows[0]]
        assert one.departure_day > shipped_day
        if one.lot in delivered_day:
            compared += 1
            assert one.departure_day <= delivered_day[one.lot]
    assert compared > 20


@pytest.mark.parametrize(("method", "deceived"), [("count", True), ("labels", True), ("challenge", False)])
def test_a_decoy_deceives_whoever_reads_labels_and_nobody_who_challenges(method: str, deceived: bool):
    record = run(world("decoy_site", enforcement__method=method), seed=1)
    assert sum(visit.tested_chips for visit in record.visits) > 50
    assert (established(record) == 0) == deceived
    assert established(run(world("go_dark", enforcement__method=method), seed=1)) > 50


def test_chips_are_back_for_an_inspection_if_and_only_if_the_way_is_no_longer_than_the_notice():
    notice_days = 8.0
    levers = {"enforcement__method": "challenge", "enforcement__notice_days": notice_days}
    scenario = world("return_for_inspection", **levers)
    record = run(scenario, seed=1)
    parcels = list(fates(record, scenario.values))
    visited_day = {visit.site: visit.day for visit in record.visits}  # the last
    found = [one for one in parcels if one.established_chips]
    missed = [one for one in parcels if not one.established_chips and visited_day.get(one.site, 0) > one.t0_day + 60]
    assert min(len(found), len(missed)) > 5
    assert all(one.arrival_day - one.departure_day > notice_days for one in found)
    assert all(one.arrival_day - one.departure_day <= notice_days for one in missed)


def test_a_flood_puts_off_the_alert_for_as_long_as_it_lasts():
    """Where the authority reads answers by the landmarks that are left: none."""
    flood_days = 30.0
    values = {"flood_days": flood_days, "transit_to_restricted_days": 2}
    alone, flooded = (run(world(name, values), seed=1) for name in ("relay_from_declared_site", "flood_landmarks"))
    soon, late = (days_to_first_alert(record) for record in (alone, flooded))
    caught_meanwhile = [site for site, days in soon.items() if days < flood_days]
    assert len(caught_meanwhile) > 3
    assert all(not late[site] < flood_days for site in caught_meanwhile)


def days_to_first_alert(record: Record) -> dict[int, float]:
    """From the first departure at each site to the alert on the chips that left; NaN for none."""
    days: dict[int, float] = {}
    for one in record.diversions:
        days.setdefault(one.site, column(record, "alert_day")[one.rows[0]] - one.departure_day)
    return days


def test_chips_out_of_the_stock_abroad_are_never_asked():
    values = {"legacy_chips_abroad": 1.0e6, "covered_exports_per_year": 1.0e6, "diverted_chips_per_year": 5.0e5}
    record = run(world("divert_legacy", values), seed=1)
    diverted = ~np.isnan(column(record, "diverted_day"))
    assert np.count_nonzero(diverted) > 20
    assert not column(record, "covered")[diverted].any()
    assert record.challenges > 0
    assert record.silences == 0
    assert not [event for event in record.events if event.happening is Happening.ALERTED]
    assert established(record) == 0


def test_whoever_rents_from_afar_moves_nothing_and_answers_every_challenge():
    record = run(world("rent_remotely"), seed=1)
    assert record.rented_chips > 50
    assert not record.diversions
    assert np.isnan(column(record, "diverted_day")).all()
    assert record.challenges > 0
    assert (record.silences, record.refuted) == (0, 0)


@pytest.mark.parametrize(
    ("strategy", "dearer", "cheaper"),
    [
        ("claim_repair_or_scrap", ("false_papers_usd_per_chip",), ()),
        ("stockpile", ("stockpile_days", "storage_usd_per_chip_day", "smuggler_capital_cost_per_year"), ()),
        ("linger_in_transit", ("transit_papers_usd_per_parcel",), ()),
        ("decoy_site", ("dummy_server_usd", "rented_space_usd_per_server_day", "decoy_days"), ("chips_per_host",)),
        ("return_for_inspection", ("freight_usd_per_chip",), ()),
        ("flood_landmarks", ("flood_usd_per_landmark_day", "flood_days", "flooded_landmarks"), ()),
        ("divert_legacy", ("legacy_broker_share",), ()),
        ("rent_remotely", ("rental_usd_per_chip_hour", "rental_days"), ()),
    ],
)
def test_a_strategy_costs_more_the_more_each_of_its_parts_does(
    strategy: str, dearer: tuple[str, ...], cheaper: tuple[str, ...]
):
    table = load_parameters()

    def usd(**values: float) -> float:
        cost = STRATEGIES[strategy].cost(table.values(values))
        each_usd = cost.per_chip_usd + 25_000 * cost.share_of_price
        return cost.once_usd + cost.per_parcel_usd + 8 * each_usd + 100 * cost.per_day_usd

    for name in dearer:
        assert usd(**{name: table.parameters[name].high}) > usd() > usd(**{name: table.parameters[name].low})
    for name in cheaper:
        assert usd(**{name: table.parameters[name].high}) < usd()


PHYSICAL = (
    "plead_outage",
    "claim_repair_or_scrap",
    "stockpile",
    "linger_in_transit",
    "decoy_site",
    "return_for_inspection",
    "flood_landmarks",
    "divert_legacy",
    "rent_remotely",
)
TRUSTING = {
    "verification__rma_reconciliation": True,
    "verification__rma_confirmation": "owner",
    "enforcement__remote_request_days": 5,
    "enforcement__downtime_budget_days": 20,
}
STRICT = {
    "verification__detectors": ("silence_streak", "activation_deadline", "unconfirmed", "registry"),
    "verification__landmark_loss": "fail_closed",
    "enforcement__notice_days": 8,
    "enforcement__method": "challenge",
}


@pytest.mark.parametrize("levers", [TRUSTING, STRICT], ids=["trusting", "strict"])
def test_both_engines_tell_the_same_story_of_these_strategies(levers: dict[str, Any]):
    values = {"flood_days": 10, "stockpile_days": 20}
    scenario = hurried(values, adversary__strategies=dict.fromkeys(PHYSICAL, 1.0), **levers)
    fast = run(scenario, seed=1)
    seen = {event.detail for event in fast.events if event.happening is Happening.DEPARTED}
    assert seen == set(PHYSICAL) - {"rent_remotely"}
    assert fast.rented_chips
    assert Story.of(fast) == Story.of(reference.run(scenario, seed=1))
