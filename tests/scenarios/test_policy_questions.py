"""Questions that set many policies beside each other: what they run, and what their pictures show."""

import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scenarios import key_compromise
from scenarios.answering.worlds import Compared
from scenarios.asking.variations import settings
from scenarios.inspectors import fewest_enough
from scenarios.ping_or_inspect import SOON, SPENT, _claim, budgets, inspectors_for, landmarks_usd
from scenarios.study import Options, UsageError
from sim import Scenario, simulate
from sim.figures import Setting, by_lever, policies_data, trade_off
from sim.scenario import STATUS_QUO

QUESTIONS = ("ping_interval", "silence", "inspectors", "ping_or_inspect", "detectors", "registry")


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", QUESTIONS)
def test_policies_differ_in_levers_only(name: str, quick: bool):
    """Not in what is a fact of the world, or they would not meet the same one."""
    study = importlib.import_module(f"scenarios.{name}").study(Options(name, quick=quick))
    policies = [study.scenario, *study.beside]
    assert len({policy.name for policy in policies}) == len(policies) > (3 if quick else 6)
    for policy in policies:
        for section in ("calendar", "fleet", "geography", "adversary", "uncertainties"):
            assert getattr(policy, section) == getattr(study.scenario, section)
    assert len({policy.model_copy(update={"name": ""}).digest() for policy in policies}) == len(policies)
    assert study.scenario.verification.active, "a study has a status quo to compare with"


def test_a_lever_that_the_question_varies_is_refused():
    question = importlib.import_module("scenarios.ping_interval")
    with pytest.raises(UsageError, match=r"verification.period_days: the question ping_interval varies this"):
        question.study(Options("ping_interval", levers={"verification.period_days": 2}, quick=True))
    kept = question.study(Options("ping_interval", levers={"verification.grace_days": 5}, quick=True))
    assert all(policy.verification.grace_days == 5 for policy in (kept.scenario, *kept.beside))


@pytest.mark.parametrize(
    ("alone", "told", "title"),
    [(58, "the least that finds as much in the median world", "take 7.5"), (50, "the most that they find", "find 50 %")],
)
def test_pings_and_inspections_are_compared_by_what_is_spent_not_by_the_budget(alone: float, told: str, title: str):
    """Hired for 4 million, inspectors spend 7.5; pings find 57 % for 1.3 of the 4 million that they may."""
    question = importlib.import_module("scenarios.ping_or_inspect")
    scenario = Scenario.load("baseline").replace(calendar__end_after_duty_days=730.5)
    found = {
        "ping_4_musd": ([50, 57, 64], 1.3), "ping_16_musd": ([55, 62, 69], 9),
        "challenge_4_musd": ([alone - 7, alone, alone + 7], 7.5), "challenge_16_musd": ([alone - 7, alone, alone + 7], 20),
    }  # fmt: skip
    rows = []
    for policy in question.variations(scenario, quick=True):
        shares, spent = found.get(policy.name, ([5, 5, 5], 0.5))
        rows += [(policy.name, draw, SOON, share / 100) for draw, share in enumerate(shares)]
        rows += [(policy.name, draw, SPENT, 2e6 * spent) for draw in range(3)]
    table = pd.DataFrame(rows, columns=["scenario", "draw", "outcome", "value"]).assign(run=0, date=1)
    summary = table.groupby(["scenario", "outcome"])["value"].median().rename("median").reset_index()
    summary = summary.assign(low=summary["median"], high=summary["median"])
    result: Any = SimpleNamespace(table=table, summary=lambda: summary, manifest={"quick": True}, scenario=scenario)
    given = question.answer(result)
    assert given.startswith(
        "Pings and inspectors who follow up alerts establish 57 % (51 to 63) of diversions within 90 days"
    )
    assert f"by the best method (challenge), {alone} % ({alone - 5.6:.0f} to {alone + 5.6:.0f}) for 7.5 million" in given
    assert told in given
    assert _claim(result) == f"Pings find 57 % in 90 days for 1.3 million dollars a year, visits alone {title}"


def test_what_reaches_another_is_told_world_by_world():
    """Each has the same median, but in the median world one has much less than the other."""
    found = Compared(pd.DataFrame({"one": [10.0, 20, 60], "other": [20.0, 20, 20], "third": [20, 60, 10]}), 3)
    assert found.reaches("one", "other")
    assert not found.reaches("one", "other", 1.1)
    assert not found.reaches("one", "third")


def test_inspectors_are_enough_where_more_of_them_are_too():
    assert fewest_enough({50: True, 1: False, 2: True, 5: False, 10: True}) == 10
    assert fewest_enough({1: True, 50: True}) == 1


def test_a_budget_buys_as_many_inspectors_as_it_can_keep_busy():
    scenario = Scenario.load("baseline").replace(
        enforcement__inspected_chips=100,
        uncertainties={"inspection_days": 7.305, "inspection_cost_usd": 4000, "inspection_cost_usd_per_chip": 20},
    )
    each = 50 * (4000 + 100 * 20)  # visits a year, and what each costs
    assert inspectors_for(10 * each + 1, scenario) == 10
    assert inspectors_for(10 * each - 1, scenario) == 9


def test_a_budget_that_does_not_pay_for_the_landmarks_is_left_out():
    study = importlib.import_module("scenarios.ping_or_inspect").study
    dear = Scenario.load("baseline").replace(geography__landmarks=100)
    assert 4e6 < landmarks_usd(dear) <= 8e6
    assert sorted(budgets(dear, quick=False)) == [8.0, 16.0]
    with pytest.raises(UsageError, match=r"geography.landmarks = 600: they cost"):
        study(Options("ping_or_inspect", levers={"geography.landmarks": 600}))


def test_all_detectors_together_are_those_that_are_drawn_alone_and_under_the_same_rule_on_repairs():
    study = importlib.import_module("scenarios.detectors").study(Options("detectors"))
    used = [set(policy.verification.detectors) for policy in (study.scenario, *study.beside)]
    assert all(alone <= used[0] for alone in used)
    assert len({policy.verification.rma_reconciliation for policy in (study.scenario, *study.beside)}) == 1


def test_a_deployment_costs_what_it_costs_against_the_evasion_that_is_told():
    """The worst for an endorser is that it is taken along: its cost stands beside it, not that under relays."""
    deployments = importlib.import_module("scenarios.deployments")
    rows = []
    for row in deployments.cells(quick=True):
        moved = row.group == deployments.SWEPT
        rows += [(row.name, deployments.FOUND, 0.2 if moved else 0.8), (row.name, deployments.COST, 3e6 if moved else 7e6)]
    table = pd.DataFrame(rows, columns=["scenario", "outcome", "value"]).assign(draw=0, run=0, date=1)
    summary = table.rename(columns={"value": "median"}).assign(low=np.nan, high=np.nan, mc_error=np.nan)
    result: Any = SimpleNamespace(
        table=table, summary=lambda: summary, manifest={"quick": True}, scenario=Scenario.load("baseline")
    )
    told = deployments.answer(result)
    assert "12 landmarks establish 20 % (take the endorser along; 3 million)" in told
    assert "7 million" not in told


@pytest.fixture(scope="module")
def result():
    small = Scenario.load("miniature").replace(
        name="daily", fleet__scale=0.0005, calendar__duty_after_days=30, calendar__end_after_duty_days=150
    )
    return simulate(small, 1, 3, beside=[small.replace(name="weekly", verification__period_days=7)])


def test_policies_beside_each_other_are_what_they_are_alone(result):
    """In the same worlds: with the same seeds each policy gives what it gives by itself."""
    alone = simulate(result.beside[0], 1, 3)
    ours, theirs = (
        frame[frame["scenario"].isin(["weekly", STATUS_QUO])].reset_index(drop=True) for frame in (result.table, alone.table)
    )
    order = ["scenario", "run", "date", "outcome"]
    pd.testing.assert_frame_equal(
        ours.sort_values(order).reset_index(drop=True), theirs.sort_values(order).reset_index(drop=True)
    )
    differences = {name for name in result.summary()["scenario"] if name.startswith("difference")}
    assert differences == {"difference", "difference: weekly"}


def test_two_policies_of_one_name_are_refused(result):
    with pytest.raises(ValueError, match="policies need different names, not daily, daily"):
        simulate(result.scenario, beside=[result.scenario])


def test_policies_of_other_days_are_refused(result):
    """Their outcomes would be of different lengths, and of one last day only one would be left."""
    late = result.scenario.replace(name="late", calendar__duty_after_days=result.scenario.calendar.duty_after_days + 30)
    with pytest.raises(ValueError, match=r"beside: late runs from \S+ for \d+ days; allowed, as daily: from"):
        simulate(result.scenario, beside=[late])


def test_a_value_apart_is_not_joined_to_the_others(result):
    data = policies_data(result, {"daily": Setting("asked", 1), "weekly": Setting("asked", 7)}, ["challenges"])
    for apart, joined in ((np.nan, [2]), (7, [1, 1])):
        curves = [line for line in by_lever(data, "challenges", apart=apart).containers if len(line[0].get_xdata())]
        assert [len(line[0].get_xdata()) for line in curves] == joined


def test_pictures_show_what_the_summary_says(result):
    places = {"daily": Setting("asked", 1), "weekly": Setting("asked", 7)}
    outcomes = ("alerted_by_day_30", "false_alarms_per_month")
    data = policies_data(result, places, outcomes)
    summary = result.summary().set_index(["scenario", "outcome"])["median"]
    for row in data.itertuples():
        assert row.median == summary[row.scenario, row.outcome]
    axis = by_lever(data, outcomes[0], share=True)
    drawn = axis.containers[0].lines[0].get_xydata()
    expected = [(1, summary["daily", outcomes[0]]), (7, summary["weekly", outcomes[0]])]
    assert np.allclose(drawn, expected)
    across = trade_off(data, outcomes[1], outcomes[0])
    drawn = across.containers[0].lines[0].get_xydata()
    assert np.allclose(drawn, [[summary[name, outcome] for outcome in outcomes[::-1]] for name in places])
    labels = [text.get_text() for text in axis.texts]
    assert labels == ["status quo", "asked"]


def test_settings_name_every_policy():
    variations = importlib.import_module("scenarios.inspectors").variations(quick=False)
    assert settings(variations).keys() == {variation.name for variation in variations}


def test_chips_got_away_if_they_had_a_year_to_be_found():
    """Of five chips one was found, one left before the duty, and one too late; in a second world none left."""
    calendar = SimpleNamespace(duty_day=100.0, end_day=1000.0)
    chips = pd.DataFrame(
        [("a", 0, 0, day, found) for day, found in ((90, None), (200, None), (300, 400.0), (635, None), (636, None))],
        columns=["scenario", "draw", "run", "diverted_day", "established_day"],
    )
    result = SimpleNamespace(
        chips=chips,
        scenario=SimpleNamespace(calendar=calendar, fleet=SimpleNamespace(scale=0.5)),
        runs=[SimpleNamespace(scenario="a", draw=draw, run=0) for draw in (0, 1)],
    )
    assert key_compromise.got_away(result, "a") == pytest.approx((2, 0.4, 3.6))
