"""What the runs say in place of the static model's assumptions: by hand on made-up runs, and known answers of the engine."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scenarios.parts.cset_derived import Alarms, alarms, found_by_visit, order_days, planned_inspectors, share_within
from sim import Scenario, simulate
from sim.event_file import compressed
from sim.experiments.cset_model import FalseAlarms
from sim.results import Run

NAN = math.nan
CALENDAR = SimpleNamespace(duty_day=10.0, end_day=500.0)
RESULT = SimpleNamespace(scenario=SimpleNamespace(calendar=CALENDAR))


def run_of(tmp_path: Path, events: list[tuple], chips=(), fates=(), outcomes=()) -> Run:
    """A run with a log of (day, happening, site, case, chips, detail)."""
    lines = "".join(
        f"made_up,0,0,2027-01-01,{day},{happening},-1,-1,{site},{case},{number},{detail}\n"
        for day, happening, site, case, number, detail in events
    )
    path = tmp_path / "events.csv.gz"
    path.write_bytes(compressed(lines))
    names = (
        "lot",
        "site",
        "product",
        "diverted_day",
        "arrived_day",
        "alert_day",
        "case_day",
        "established_day",
        "seized_day",
    )
    columns = {name: np.array([row[name] for row in chips]) for name in names} if chips else {}
    return Run("made_up", 0, 0, outcomes, columns, path, fates)


def chip(lot: int, left: float, alert: float = NAN, established: float = NAN) -> dict[str, float]:
    never = dict.fromkeys(("arrived_day", "seized_day"), NAN)
    return {"lot": lot, "site": lot % 3, "product": 0, "diverted_day": left, "alert_day": alert, "case_day": alert,
            "established_day": established, **never}  # fmt: skip


def test_orders_share_their_fate(tmp_path: Path):
    """An alert on one chip of five counts for its order; a tip is no alert; who leaves late is not followed for a year."""
    chips = [chip(1, 20.0, alert=80.0, established=90.0), *(chip(1, 21.0) for _ in range(4))]
    chips += [chip(2, 30.0, alert=300.0), chip(3, 40.0, alert=60.0, established=60.0), chip(4, 400.0, alert=401.0)]
    chips += [chip(5, 5.0, alert=6.0)]  # before the duty
    orders = order_days([run_of(tmp_path, [], chips)], CALENDAR)
    assert orders["chips"].sum() == 7
    assert share_within(orders, "alerted", 365) == pytest.approx(6 / 7)
    assert share_within(orders, "alerted", 90) == pytest.approx(5 / 7)
    assert share_within(orders, "established", 365) == pytest.approx(6 / 7), "the order, and the one that a tip gave away"
    assert math.isnan(share_within(orders.iloc[:0], "alerted", 365))


def test_the_first_visit_after_chips_have_left(tmp_path: Path):
    visits = [(day, "visited", site, -1, 9, "random") for day, site in ((30, 0), (100, 0), (60, 1))]
    parcel = SimpleNamespace(t0_day=20.0, departure_day=40.0, established_day=100.001, chips=6, site=0)
    fates = [
        parcel,
        SimpleNamespace(**{**vars(parcel), "established_day": NAN, "chips": 2, "site": 1}),  # missed
        SimpleNamespace(**{**vars(parcel), "site": 2}),  # never visited
        SimpleNamespace(**{**vars(parcel), "departure_day": 120.0, "established_day": NAN}),  # left after the last visit
        SimpleNamespace(**{**vars(parcel), "t0_day": 1.0}),  # before the duty
    ]
    assert found_by_visit([run_of(tmp_path, visits, fates=fates)], RESULT) == pytest.approx(6 / 8)
    assert math.isnan(found_by_visit([run_of(tmp_path, [], fates=fates)], RESULT))


def test_cases_without_a_diverted_chip(tmp_path: Path):
    """Two false alarms, open for 10 and 20 days, one visited; the case with diverted chips is none.

    Of their four alerts two are of one outage that outlasts the grace of 14 days; one comes during a short outage.
    """
    events = [
        (1, "outage_began", 0, -1, 0, ""), (30, "outage_ended", 0, -1, 0, ""),
        (49, "outage_began", 0, -1, 0, ""), (53, "outage_ended", 0, -1, 0, ""),
        (16, "alerted", 0, 0, 5, "silence_streak"), (17, "alerted", 0, 0, 6, "silence_streak"),
        (16, "case_opened", 0, 0, 5, ""), (26, "case_closed", 0, 0, 11, "cleared: 0 diverted"),
        (50, "alerted", 0, 1, 1, "silence_streak"), (60, "alerted", 0, 1, 3, "silence_streak"),
        (50, "case_opened", 0, 1, 1, ""), (65, "inspected", 0, 1, 4, ""), (70, "case_closed", 0, 1, 4, "rma: 0 diverted"),
        (50, "alerted", 1, 0, 8, "silence_streak"), (50, "case_opened", 1, 0, 8, ""),
        (60, "inspected", 1, 0, 8, ""), (60, "case_closed", 1, 0, 8, "established: 8 diverted"),
        (90, "case_closed", 2, 5, 8, "established: 10 diverted"), (95, "case_opened", 2, 6, 1, ""),
    ]  # fmt: skip
    scenario = Scenario.load("miniature").replace(geography__sites=30, calendar__end_after_duty_days=36.525)
    rate = SimpleNamespace(name="false_alarms_per_million_chip_years", value=2 / 50 * 1e6)  # in 50 chip-years
    found = alarms([run_of(tmp_path, events, outcomes=[rate])], scenario)
    assert found == pytest.approx(Alarms(2 / 50, 1 / 3, 2 / 50, 15, 0.5, 1.5, 5))
    assert found.visit_chance == pytest.approx(1 - 0.5 ** (1 / 1.5)), "alerts of a case need a visit independently"
    assert alarms([run_of(tmp_path, [])], scenario).visit_chance == 0


def test_planned_inspectors():
    assert planned_inspectors(868, 7.3) == 17
    assert planned_inspectors(1, 1) == 1


@pytest.mark.parametrize(("method", "expected"), [("challenge", 1.0), ("labels", 0.0)])
def test_decoys_deceive_whoever_reads_labels_and_nobody_who_challenges(method: str, expected: float):
    """In the engine: every lot leaves dummies with copied labels, and every chip of a site is tested."""
    scenario = Scenario.load("full_coverage").replace_keys(
        {
            "fleet.scale": 0.002,
            "fleet.lot_chips": 8,
            "geography.sites": 12,
            "calendar.end_after_duty_days": 240,
            "verification.active": False,
            "adversary.strategies": {"decoy_site": 1},
            "enforcement.method": method,
            "enforcement.inspectors": 3,
            "enforcement.planned_inspectors": 3,
            "enforcement.inspected_chips": 0,
            "enforcement.tips": False,
            "enforcement.random_inspections": False,
        }
    )
    result = simulate(scenario, seed=1)
    assert found_by_visit(result.runs, result) == expected
    blind = [replace(run, events=None) for run in result.runs]
    assert math.isnan(found_by_visit(blind, result)), "visits are what is counted"


@pytest.mark.verify
def test_cases_of_a_site_are_a_counter_with_a_dead_time():
    """In the engine without smugglers: cases at each site, from its alerts and the mean time that a case is open.

    Chips that are silent together alert together, so that there are somewhat fewer cases than the formula says.
    """
    days, expected, cases = 365.0, 0.0, 0
    for seed in range(4):
        scenario = Scenario.load("full_coverage").replace_keys(
            {
                "fleet.scale": 0.003,
                "geography.sites": 12,
                "calendar.end_after_duty_days": days,
                "verification.signing": "none",
                "verification.period_days": 3,
                "enforcement.inspectors": 20,
                "enforcement.tips": False,
                "enforcement.random_inspections": False,
                "uncertainties.diverted_chips_per_year": 0,
            }
        )
        result = simulate(scenario, seed, status_quo=False)
        log = result.events.set_index(["site", "case"])
        closed = log[log["happening"] == "case_closed"]
        opened = log[log["happening"] == "case_opened"]["day"].reindex(closed.index)
        open_days = float((closed["day"] - opened).mean())
        for chips in closed.groupby("site")["chips"].sum():
            alerts = FalseAlarms(alerts_per_site_year=365.25 * chips / days, open_years=open_days / 365.25)
            expected += days / 365.25 * alerts.cases_per_year(0)[0]
        cases += len(closed)
    assert cases > 200
    assert 0.8 * expected <= cases <= 1.05 * expected, f"{cases} cases, {expected:.0f} expected"
