"""Outcomes against records worked out by hand."""

import math
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sim
from sim import Scenario, simulate
from sim.outcomes.cohort import diverted_cohort
from sim.outcomes.detection import day_reached
from sim.outcomes.measures import every_outcome, outcomes
from sim.record import (
    Category,
    Census,
    ClosedCase,
    Consequence,
    ConsequenceKind,
    Finding,
    Happening,
    OpenCase,
    Record,
    Visit,
    VisitReason,
)
from sim.world.products import product_names

from .worlds import hurried, numbers_of

NEVER = math.nan
DUTY, END = 100.0, 500.0
PRICES = {
    "a100_h100e": 2.0,
    "b300_h100e": 5.0,
    "landmark_cost_usd_per_year": 1000,
    "inspection_cost_usd": 500,
    "inspection_cost_usd_per_chip": 10,
    "inspector_cost_usd_per_year": 36525,  # 100 a day
    "firmware_cost_usd": 7,
    "agent_cost_usd_per_chip_year": 3,
    "remote_request_cost_usd": 20,
    "inspection_hosting_cost_usd": 40,
}


@pytest.fixture
def scenario() -> Scenario:
    return Scenario.load("miniature").replace(
        calendar__duty_after_days=DUTY,
        calendar__end_after_duty_days=END - DUTY,
        geography__landmarks=4,
        enforcement__inspectors=2,
        uncertainties=PRICES,
    )


def chips(*rows: dict[str, float]) -> dict[str, np.ndarray[Any, Any]]:
    """Columns of the chip table, as exact as there."""
    days = ("diverted_day", "arrived_day", "alert_day", "case_day", "established_day", "seized_day")
    columns = {name: np.array([row.get(name, NEVER) for row in rows], np.float32) for name in days}
    products = np.array([row.get("product", 0) for row in rows], np.uint8)  # 0: an A100
    return {"lot": np.array([row.get("lot", 0) for row in rows], np.int32), "product": products, **columns}


def of(record: Record, scenario: Scenario) -> dict[str, float]:
    """Outcomes of the last day by name."""
    return {outcome.name: outcome.value for outcome in outcomes(record, scenario) if outcome.day == END}


def test_chips_diverted_before_the_duty_are_not_in_the_cohort(scenario: Scenario):
    record = Record(chips=chips({"diverted_day": 99}, {"diverted_day": 100}, {}))
    assert of(record, scenario)["diverted_under_duty"] == 1


def test_four_dates_and_their_competing_exits():
    """Chip by chip: a case; a tip in no case; a tip in an open case, and seized; seized, never established; an open case."""
    told = [
        {"diverted_day": 110, "alert_day": 125, "case_day": 105, "established_day": 140},
        {"diverted_day": 110, "alert_day": 130, "case_day": 130, "established_day": 130, "lot": 1},
        {"diverted_day": 110, "alert_day": 120, "case_day": 120, "established_day": 125, "seized_day": 125, "lot": 2},
        {"diverted_day": 110, "seized_day": 150, "lot": 3},
        {"diverted_day": 110, "alert_day": 200, "case_day": 190, "lot": 4},
    ]
    calendar = Scenario.load("miniature").replace(calendar__duty_after_days=DUTY, calendar__end_after_duty_days=400).calendar
    cohort = diverted_cohort(chips(*told), calendar)

    alert = cohort.to_alert()
    assert alert.days.tolist() == [15, 20, 10, 40, 90]
    assert alert.happened.tolist() == [True, False, True, False, True]
    assert alert.competed.tolist() == [False, True, False, True, False]
    assert cohort.to_case().days.tolist() == [0, 20, 10, 40, 80]

    established = cohort.to_established()
    assert established.days.tolist() == [30, 20, 15, 40, 390]
    assert established.happened.tolist() == [True, True, True, False, False]
    assert established.competed.tolist() == [False, False, False, True, False]

    borne = [
        Consequence(139.0, 0, ConsequenceKind.PENALTY, 1, 5.0),  # another chip of the lot was established before
        Consequence(160.0, 0, ConsequenceKind.BLOCKED, 1, 0.0),
        Consequence(131.0, 1, ConsequenceKind.AWARD, 1, 5.0),
    ]
    consequence = cohort.to_consequence(borne)
    assert consequence.days == pytest.approx([30, 390, 15, 40, 390])
    assert consequence.happened.tolist() == [True, False, True, False, False]
    assert consequence.competed.tolist() == [False, False, False, True, False]


def test_shares_by_day_and_ever(scenario: Scenario):
    """Of four chips one is established on day 20, one on day 50; one is followed for 40 days only, after the first."""
    record = Record(
        chips=chips(
            {"diverted_day": 100, "established_day": 120, "alert_day": 110, "case_day": 110},
            {"diverted_day": 100, "established_day": 150, "alert_day": 110, "case_day": 110},
            {"diverted_day": 460},
            {"diverted_day": 100},
        )
    )
    outcome = of(record, scenario)
    assert outcome["established_by_day_30"] == pytest.approx(1 / 4)
    assert outcome["established_by_day_90"] == pytest.approx(1 / 4 + 3 / 4 * 1 / 2)
    assert outcome["established_by_end_of_run_crude"] == 1 / 2
    assert (outcome["established_under_duty"], outcome["established_under_duty_h100e"]) == (2, 4)
    assert outcome["days_to_established_if_found"] == 35


@pytest.mark.parametrize(
    ("established", "answers"),
    [
        (NEVER, {30: 0, 90: 0, 180: 0, 365: 0}),
        (150, {30: 0, 90: 1, 180: 1, 365: 1}),
        (141, {30: 0, 90: 1, 180: 1, 365: 1}),
        (140, {30: 1, 90: 1, 180: 1, 365: 1}),
    ],
)
def test_a_significant_quantity_is_counted_from_the_day_on_which_it_is_diverted(scenario, established, answers):
    """Sixty chips leave on day 105, sixty on day 110: a hundred are gone on day 110. Which hundred are found is all one."""
    first = {"diverted_day": 105, "established_day": 107, "alert_day": 106, "case_day": 106}
    second = {"diverted_day": 110, "established_day": established, "alert_day": 112, "case_day": 112}
    outcome = of(Record(chips=chips(*[first] * 60, *[second] * 60)), scenario)
    assert {days: outcome[f"established_100_chips_by_day_{days}"] for days in answers} == answers
    assert outcome.get("days_to_established_100_chips") == (None if math.isnan(established) else established - 110)
    assert "established_1700_h100e_by_day_30" not in outcome, "120 chips make 240 H100e"


def test_there_is_no_answer_where_follow_up_is_shorter_than_the_question(scenario: Scenario):
    found = {"diverted_day": 450, "established_day": 452, "alert_day": 451, "case_day": 451}
    outcome = of(Record(chips=chips(*[found] * 850)), scenario)
    assert outcome["established_100_chips_by_day_30"] == outcome["established_1700_h100e_by_day_30"] == 1
    assert "established_100_chips_by_day_90" not in outcome
    assert "established_1700_h100e_by_day_30" not in of(Record(chips=chips(*[found] * 849)), scenario)


def test_a_quantity_is_reached_with_the_chip_that_fills_it():
    days, weights = np.array([3.0, NEVER, 1, 2]), np.array([2.0, 9, 0.5, 0.1])
    assert [day_reached(days, np.ones(4), number) for number in (1, 3)] == [1, 3]
    assert math.isnan(day_reached(days, np.ones(4), 4))
    assert [day_reached(days, weights, amount) for amount in (0.5, 0.6, 0.61, 2.6)] == [1, 2, 3, 3]
    assert math.isnan(day_reached(days, weights, 2.61))
    for h100e, chips in ((1.0, 1700), (2.53, 672), (0.34, 5000)):  # sums of decimals may fall short by a rounding error
        assert day_reached(np.arange(9000.0), np.full(9000, h100e), 1700) == chips - 1


def test_chips_count_by_their_product(scenario: Scenario):
    """Two A100s at 2 and one B300 at 5 H100e; the B300 and one A100 are established."""
    found = {"established_day": 120, "alert_day": 110, "case_day": 110}
    told = [{}, {"product": product_names().index("b300"), "arrived_day": 400, **found}, found]
    outcome = of(Record(chips=chips(*[{"diverted_day": 100, **row} for row in told])), scenario)
    assert (outcome["diverted_under_duty_h100e"], outcome["established_under_duty_h100e"]) == (9, 7)
    assert outcome["h100e_years_enjoyed"] == pytest.approx(5 * 100 / 365.25)


def test_use_by_the_diverter_ends_with_seizure_alone(scenario: Scenario):
    """In chip-days: 400 from arrival to the end, 40 of them before it was established; 10 until seized; none on the way."""
    record = Record(
        chips=chips(
            {"diverted_day": 100, "arrived_day": 100, "established_day": 140, "alert_day": 120, "case_day": 120},
            {"diverted_day": 100, "arrived_day": 200, "seized_day": 210},
            {"diverted_day": 100, "established_day": 150, "alert_day": 150, "case_day": 150},
            {"diverted_day": 100, "arrived_day": 300, "established_day": 250, "alert_day": 250, "case_day": 250},
        )
    )
    outcome = of(record, scenario)
    assert outcome["h100e_years_enjoyed"] == pytest.approx(2 * (400 + 10 + 200) / 365.25)
    assert outcome["h100e_years_enjoyed_before_established"] == pytest.approx(2 * (40 + 10) / 365.25)


@pytest.fixture
def record() -> Record:
    """Four cases, two more that the end cuts off; three visits under the duty, one before; fines, an award; 200 chips."""
    census = dict.fromkeys(Category, 0) | {
        Category.IN_SERVICE_WITH_MECHANISM: 50,
        Category.IN_SERVICE_WITHOUT_MECHANISM: 150,
    }
    return Record(
        census=[Census(END, census)],
        chips=chips({"diverted_day": 100, "established_day": 130, "alert_day": 120, "case_day": 120}),
        closed_cases=[
            ClosedCase(0, 0, 110, 120, 8, 6, True, Finding.ESTABLISHED, 6),
            ClosedCase(1, 0, 130, 140, 4, 0, False, Finding.RMA),
            ClosedCase(0, 1, 130, 140, 2, 0, False, Finding.CLEARED),
            ClosedCase(0, 2, 130, 140, 2, 2, False, Finding.UNKNOWN),
        ],
        open_cases=[OpenCase(1, 2, 490, 3, 0), OpenCase(2, 0, 495, 5, 1)],
        visits=[
            Visit(90, 0, VisitReason.RANDOM, 1, 0, 5.0, 93.0, 0.0),
            Visit(115, 0, VisitReason.CASE, 8, 6, 7.0, 120.0, 1.0),
            Visit(496, 1, VisitReason.RISK_BASED, 4, 0, 9.0, 503.0, 5.0),
            Visit(210, 1, VisitReason.END_USE_CHECK, 3, 0, 2.0, 212.0, 0.0),
        ],
        consequences=[
            Consequence(150, 0, ConsequenceKind.PENALTY, 6, 900.0),
            Consequence(150, 0, ConsequenceKind.AWARD, 6, 90.0),
            Consequence(99, 1, ConsequenceKind.AWARD, 6, 11.0),
        ],
        covered_chip_days=36525.0,
        remote_requests=3,
        waiting_case_days=80.0,
        prevented_chips=12,
        enrolled_sites=4,
        clearable_sites=1,
        clearable_chips=20,
        challenges=1000,
    )


def test_cases_and_inspectors_by_hand(record: Record, scenario: Scenario):
    outcome = of(record, scenario)
    assert (outcome["cases_closed"], outcome["cases_open_at_end"]) == (4, 2)
    assert (outcome["false_alarms"], outcome["chips_prevented"]) == (3, 12), "an open case may be one"
    assert outcome["false_alarms_per_month"] == pytest.approx(3 / (400 / 30.4375))
    assert outcome["false_alarms_per_case"] == outcome["precision_of_cases"] == 0.5
    assert outcome["false_alarms_per_million_chip_years"] == pytest.approx(3e6 / 100)
    assert outcome["precision_of_alerts"] == 9 / 24
    assert [outcome[f"cases_found_{finding}"] for finding in Finding] == [0.25] * 4
    assert (outcome["inspections"], outcome["chips_tested"]) == (2, 12)
    assert outcome["inspector_utilisation"] == pytest.approx((7 + 6) / (2 * 400)), "without the days after the end"
    assert outcome["cases_waiting"] == pytest.approx(80 / 400)
    assert outcome["inspection_wait_mean"] == 3
    assert outcome["inspection_wait_90_percent"] == pytest.approx(1 + 0.9 * 4)
    assert outcome["coverage"] == 0.25
    assert outcome["chips_clearable_at_end"] == 0.1


def test_costs_by_hand(record: Record, scenario: Scenario):
    outcome = of(record, scenario)
    years = 400 / 365.25
    assert outcome["cost_authority_landmarks"] == pytest.approx(4 * 1000 * years)
    assert outcome["cost_authority_inspections"] == 3 * 500 + (8 + 4 + 3) * 10
    assert outcome["cost_authority_idle_inspectors"] == pytest.approx((2 * 400 - 16) * 100)
    assert outcome["cost_authority_awards"] == 90
    assert outcome["cost_maker"] == outcome["cost_maker_firmware"] == 7
    assert outcome["cost_operators"] == pytest.approx(3 * 20 + 3 * 40 + 100 * 3)
    payers = [outcome[f"cost_{payer}"] for payer in ("authority", "maker", "operators")]
    assert outcome["cost_total"] == pytest.approx(sum(payers))
    assert outcome["penalties_paid"] == 900
    for payer in ("authority", "maker", "operators"):
        items = [value for name, value in outcome.items() if name.startswith(f"cost_{payer}_")]
        assert outcome[f"cost_{payer}"] == pytest.approx(sum(items))


def test_without_the_rule_only_what_is_there_is_paid_for(record: Record, scenario: Scenario):
    before = scenario.status_quo()
    visited = of(record, before)
    for name in ("authority_landmarks", "authority_idle_inspectors", "maker_firmware", "operators_agent"):
        assert visited[f"cost_{name}"] == 0
    planned = of(record, before.replace(enforcement__planned_inspectors=1))
    assert planned["cost_authority_idle_inspectors"] == pytest.approx((400 - 16) * 100)
    record.visits = [visit for visit in record.visits if visit.reason is VisitReason.END_USE_CHECK]
    assert of(record, before)["cost_authority_inspections"] == 500 + 30, "end-use checks are today's cost"


def test_a_seized_chip_has_the_day_of_its_seizure_and_no_other_has_one(engine: ModuleType):
    soon = {"tips_detection_ever": 1, "tips_time_to_charge_months": 0.3, "transit_to_restricted_days": 20}
    record = engine.run(hurried(soon), 3)
    seized = [(event.chip, np.float32(event.day)) for event in record.events if event.happening is Happening.SEIZED]
    days = record.chips["seized_day"]
    held = ~np.isnan(days)
    assert len(seized) > 0
    assert sorted(seized) == sorted(zip(numbers_of(record)[held].tolist(), days[held], strict=True))


def test_the_rule_and_the_status_quo_tell_of_the_same_diversions_and_costs():
    """Each count, cost and incidence is there under both, so that it has a difference; the rest are shares of nothing."""
    summary = simulate(hurried(), seed=2).summary()
    names = {policy: set(rows["outcome"]) for policy, rows in summary.groupby("scenario")}
    of_nothing = {name for name in names["miniature"] if name.startswith(("precision", "cases_found", "challenges_"))}
    of_nothing |= {"false_alarms_per_case", "really_signed", "sites_clearable_at_enrolment"}
    of_nothing |= {"inspection_wait_mean", "inspection_wait_90_percent"}
    of_nothing |= {"days_to_established_if_found", "days_to_established_100_chips"}
    assert names["miniature"] - names["difference"] <= of_nothing


def test_a_run_in_which_nothing_happens_has_zeros_and_no_shares_of_nothing(scenario: Scenario):
    outcome = of(Record(chips=chips()), scenario.status_quo())
    for name in ("cost_total", "false_alarms_per_month", "inspector_utilisation", "h100e_years_enjoyed", "chips_prevented"):
        assert outcome[name] == 0
    for name in ("precision_of_cases", "established_by_day_90", "inspection_wait_mean", "cases_found_rma"):
        assert name not in outcome


def test_the_documentation_lists_every_outcome_and_no_other(record: Record, scenario: Scenario):
    text = (Path(sim.__file__).parents[1] / "docs" / "outcomes.md").read_text()
    first_cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    documented = [name for cell in first_cells for name in re.findall(r"`([a-z0-9_]+)`", cell)]
    assert len(documented) == len(set(documented))
    assert set(documented) == {outcome.name for outcome in every_outcome(record, scenario)}
