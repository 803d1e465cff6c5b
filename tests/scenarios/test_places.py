"""Sites added up by place, and policies compared run by run."""

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from scenarios import johor
from scenarios.answering.brief import Estimate
from scenarios.answering.places import UNITS, by_run, place_estimate
from scenarios.answering.worlds import gained
from sim.outcomes.by_site import COLUMNS
from sim.units import DAYS_PER_MONTH


def result(*sites: dict[str, Any]) -> Any:
    """Two sites of two hubs in each of some runs, one simulated chip for ten, a month under the duty."""
    calendar = SimpleNamespace(end_after_duty_days=DAYS_PER_MONTH)
    scenario = SimpleNamespace(calendar=calendar, fleet=SimpleNamespace(scale=0.1))
    nothing = dict.fromkeys(COLUMNS, 0)
    return SimpleNamespace(scenario=scenario, sites=pd.DataFrame([{**nothing, **site} for site in sites]))


def site(draw: int, hub: str, **columns: Any) -> dict[str, Any]:
    return {"scenario": "rule", "draw": draw, "run": 0, "hub": hub, "country": "MY" if hub == "here" else "SG", **columns}


def test_shares_are_of_the_place_or_of_all():
    runs = by_run(
        result(
            site(0, "here", chips=30, clearable=True, diverted_chips=4, established_chips=1, inspections=2, busy_days=15),
            site(0, "here", chips=10, clearable=False, inspections=2, wait_days=8),
            site(0, "there", chips=60, clearable=True, diverted_chips=12),
        ),
        hubs=["here"],
    )
    row = runs.loc[("rule", 0, 0)]
    assert set(runs.columns) == set(UNITS)
    expected = {
        "sites": 2, "clearable_sites": 0.5, "chips": 400, "share_of_chips": 0.4, "clearable_chips": 0.75,
        "share_of_diverted": 0.25, "established": 0.25, "inspections_per_month": 4, "wait_days": 2,
        "inspectors_busy": 15 / DAYS_PER_MONTH,
    }  # fmt: skip
    assert row[list(expected)].to_dict() == pytest.approx(expected)
    assert math.isnan(row["share_of_false_alarms"])


def test_a_place_without_a_site_has_none_and_no_shares():
    runs = by_run(result(site(0, "there", chips=60)), countries=["MY"])
    assert runs.loc[("rule", 0, 0), ["sites", "chips"]].tolist() == [0, 0]
    assert math.isnan(place_estimate(runs, "rule", "clearable_chips").median)


def test_intervals_are_over_runs():
    runs = by_run(result(*(site(draw, "here", chips=draw) for draw in range(11))), hubs=["here"])
    assert place_estimate(runs, "rule", "chips") == Estimate(50, 10, 90)
    assert math.isnan(place_estimate(runs, "another", "chips").median)


def test_a_paired_difference_is_taken_run_by_run():
    """What differs between worlds by hundreds cancels."""
    rows = [(name, draw, 0, 1, "x", 100.0 * draw + more) for draw in range(5) for name, more in (("a", 3), ("b", 1))]
    rows += [("a", 9, 0, 1, "x", 7.0), ("a", 0, 0, 0, "x", -5.0)]  # a run without its pair, and an earlier date
    table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value"])
    change = gained(SimpleNamespace(table=table), "a", "b", "x", 10)  # type: ignore[arg-type]
    assert change == Estimate(20, 20, 20)
    assert math.isnan(gained(SimpleNamespace(table=table), "a", "c", "x").median)  # type: ignore[arg-type]


def test_a_single_run_has_no_interval():
    runs = by_run(result(site(0, "here", chips=3)), hubs=["here"])
    assert str(place_estimate(runs, "rule", "chips")) == "30"


def test_work_in_johor_is_told_beside_the_way_to_ask_that_brings_it():
    """What repairs reported spare is told against the same landmarks; and one run has no bound for nine in ten."""
    busy = {johor.HUB_LANDMARKS: 3, johor.PLACED: 8, johor.REPORTED: 5}
    told = result(
        *({**site(0, johor.HUBS[0], chips=1, busy_days=of * DAYS_PER_MONTH), "scenario": name} for name, of in busy.items())
    )
    told.scenario.geography, told.scenario.enforcement = SimpleNamespace(landmarks=12), SimpleNamespace(inspectors=9)
    text = johor.answer(told)
    assert "keep 3 of 9 inspectors busy; with landmarks placed to clear chips they keep 8 busy" in text
    assert text.endswith("and with repairs reported as well 5.")
