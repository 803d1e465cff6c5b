"""Choice within a budget: tables small enough to work out by hand, and what must hold of any table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim import Result, Scenario
from sim.experiments.budget import (
    BudgetError,
    Measured,
    Mix,
    affordable,
    best_shares,
    choose,
    frontier_shares,
    measure,
    national_usd_per_year,
    on_frontier,
    regrets,
    told_apart,
)
from sim.experiments.planned_cost import planned_cost
from sim.outcomes.costs import USD
from sim.outcomes.outcome import Outcome
from sim.results import Run
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_YEAR

MILLION = 1e6


def table(rows: dict[str, tuple[list[float], list[float]]]) -> Measured:
    """Policies with cost in million dollars and outcome by draw."""
    usd, found = (np.array([row[part] for row in rows.values()], float) for part in (0, 1))
    return Measured(tuple(rows), usd * MILLION, found)


TOY = table(
    {
        "cheap": ([1, 1], [0.10, 0.10]),
        "gamble": ([4, 6], [0.90, 0.20]),  # mean 0.55, but 0.30 behind in the second draw
        "steady": ([5, 5], [0.54, 0.50]),  # mean 0.52, but 0.36 behind in the first
        "hedge": ([5, 5], [0.62, 0.44]),  # mean 0.53, and never more than 0.28 behind
        "wasteful": ([9, 9], [0.50, 0.40]),  # dominated by all three
        "dear": ([20, 30], [0.95, 0.60]),
    }
)


def test_the_frontier_of_the_toy():
    """Of those that cost 5 the gamble has the largest mean; only `dear` finds more, for more."""
    assert on_frontier(TOY.mean_usd, TOY.mean_outcome).tolist() == [True, True, False, False, False, True]
    # Draw 1: gamble (4, 0.90) dominates those at 5. Draw 2: steady (5, 0.50) dominates gamble (6, 0.20) and hedge.
    assert frontier_shares(TOY).tolist() == [1.0, 0.5, 0.5, 0.0, 0.0, 1.0]


def test_expectation_and_regret_choose_differently():
    ten = choose(TOY, 10 * MILLION)
    assert TOY.policies[ten.expected] == "gamble"
    assert TOY.policies[ten.robust] == "hedge"
    largest = regrets(TOY, 10 * MILLION).max(axis=1)
    assert np.allclose(largest[:5], [0.80, 0.30, 0.36, 0.28, 0.40])
    assert np.isnan(largest[5]), "what is not affordable has no regret"
    assert best_shares(TOY, 10 * MILLION).tolist() == [0.0, 0.5, 0.5, 0.0, 0.0, 0.0]


def test_a_policy_is_affordable_by_its_expected_cost():
    assert affordable(TOY, 5 * MILLION).tolist() == [True, True, True, True, False, False]
    assert affordable(TOY, 5 * MILLION - 1).tolist() == [True, False, False, False, False, False]
    assert TOY.policies[choose(TOY, 25 * MILLION).robust] == "dear"


def test_a_budget_that_pays_for_nothing_is_refused_with_what_is_needed():
    with pytest.raises(
        BudgetError, match=r"budget: 999,999 US dollars a year pay for none of 6 policies; the cheapest, cheap"
    ):
        choose(TOY, MILLION - 1)


def test_of_equals_the_cheaper_is_chosen_and_then_the_first():
    alike = table({"dearer": ([3, 3], [0.5, 0.6]), "first": ([2, 2], [0.5, 0.6]), "second": ([2, 2], [0.5, 0.6])})
    choice = choose(alike, 10 * MILLION)
    assert (choice.expected, choice.robust, choice.frugal) == (1, 1, 1)
    assert best_shares(alike, 10 * MILLION) == pytest.approx([1 / 3] * 3)


def test_the_frugal_choice_is_the_cheapest_that_chance_may_explain():
    """Behind the best by 0.03, always so, or by 0.02 on average, now more and now less."""
    found = np.array([0.50, 0.60, 0.70, 0.80])
    rows = {
        "plain": ([1] * 4, (found - [0.029, 0.031, 0.029, 0.031]).tolist()),
        "noisy": ([2] * 4, (found - [-0.10, 0.14, -0.10, 0.14]).tolist()),
        "best": ([9] * 4, found.tolist()),
    }
    assert table(rows).policies[choose(table(rows), 10 * MILLION).frugal] == "noisy"
    assert told_apart(found, np.array(rows["plain"][1]))
    assert not told_apart(found, np.array(rows["noisy"][1]))


tables = st.integers(1, 6).flatmap(
    lambda policies: st.integers(1, 4).flatmap(
        lambda draws: st.tuples(
            arrays(float, (policies, draws), elements=st.integers(1, 9).map(float)),
            arrays(float, (policies, draws), elements=st.integers(0, 5).map(float)),
        )
    )
)


@settings(max_examples=40)
@given(tables)
def test_what_must_hold_of_any_table(numbers):
    usd, found = numbers
    measured = Measured(tuple(map(str, range(len(usd)))), usd, found)
    before = -np.inf
    for budget in np.unique(measured.mean_usd):
        choice = choose(measured, budget)
        within = affordable(measured, budget)
        for place in (choice.expected, choice.robust, choice.frugal):
            assert within[place]
            for other in np.flatnonzero(within):
                no_worse = np.all(usd[other] <= usd[place]) and np.all(found[other] >= found[place])
                better = np.any(usd[other] < usd[place]) or np.any(found[other] > found[place])
                assert not (no_worse and better), "dominated in every draw, yet chosen"
        assert measured.mean_outcome[choice.expected] >= before, "more money found less"
        before = measured.mean_outcome[choice.expected]
        regret = regrets(measured, budget)[within]
        assert np.all(regret >= 0)
        assert np.all(regret.min(axis=0) == 0), "in each draw somebody is best"
        assert best_shares(measured, budget).sum() == pytest.approx(1)
    assert on_frontier(measured.mean_usd, measured.mean_outcome).any()


def test_landmarks_serve_the_nation_and_the_rest_is_multiplied():
    """A tenth of the nation for half a year: landmarks 100 and the rest 30 make 2 x (100 + 300) a year."""
    assert national_usd_per_year(100.0, 130.0, 0.1, 0.5) == pytest.approx(800)
    assert national_usd_per_year(100.0, 130.0, 1.0, 1.0) == pytest.approx(130), "all of the nation is itself"
    with pytest.raises(ValueError, match="share: 0 is not above 0"):
        national_usd_per_year(1, 2, 0, 1)
    with pytest.raises(ValueError, match="years: 0 is not above 0"):
        national_usd_per_year(1, 2, 1, 0)


def test_a_mix_sets_its_levers_for_the_part_that_is_simulated():
    levers = Mix(landmarks=48, period_days=7, inspectors=200, audit_share=0.5).levers(0.1)
    assert levers["enforcement.inspectors"] == 20
    assert levers["enforcement.planned_inspectors"] == 10
    assert levers["geography.landmarks"] == 48
    with pytest.raises(ValueError, match=r"inspectors: 25 are 2\.5 in a fleet of 0\.1 of the nation"):
        Mix(12, 1, 25, 0).levers(0.1)


def made_up(names: dict[str, tuple[float, float]], draws: int, found: str = "established_by_day_90") -> Result:
    """A result of policies with a cost of landmarks and of all, in a hundredth of the nation, over half a year."""
    scenario = Scenario.load("miniature").replace_keys(
        {"name": next(iter(names)), "fleet.scale": 0.01, "calendar.end_after_duty_days": DAYS_PER_YEAR / 2}
    )
    day = scenario.calendar.end_day
    runs = [
        Run(
            name,
            draw,
            0,
            (
                Outcome(day, "cost_authority_landmarks", landmarks, USD),
                Outcome(day, "cost_authority", whole + draw, USD),
                *([Outcome(day, found, 0.25 * (1 + draw), "share")] if draw < 2 else []),
            ),
            {},
            None,
        )
        for name, (landmarks, whole) in names.items()
        for draw in range(draws)
    ]
    return Result(scenario, runs, {}, [{}] * draws)


def test_ensembles_in_the_same_draws_become_one_table():
    """Landmarks alone are not multiplied; the third draw, in which nothing was diverted, is left out."""
    measured = measure([made_up({"one": (50.0, 60.0), STATUS_QUO: (0.0, 1.0)}, 3), made_up({"two": (5.0, 5.0)}, 3)])
    assert measured.policies == ("one", STATUS_QUO, "two")
    assert list(measured.draws) == [0, 1]
    assert np.allclose(measured.usd_per_year, [[2100, 2300], [200, 400], [10, 210]])
    assert np.allclose(measured.outcome, [[0.25, 0.5]] * 3)


def test_counts_are_of_the_nation_and_a_year():
    counted = measure([made_up({"one": (0.0, 0.0)}, 2, "established_under_duty")], "established_under_duty")
    assert np.allclose(counted.outcome, [[50, 100]])


def test_an_outcome_that_cannot_be_maximised_or_that_nobody_has_is_refused():
    with pytest.raises(BudgetError, match="outcome: 'false_alarms' cannot be maximised; allowed: established_by_day_90, "):
        measure([made_up({"one": (0.0, 0.0)}, 1)], "false_alarms")
    with pytest.raises(BudgetError, match="established_under_duty: no draw has it under every policy"):
        measure([made_up({"one": (0.0, 0.0)}, 1)], "established_under_duty")


def test_planned_cost_is_runs_times_time_over_workers():
    assert planned_cost(600, 3.0, 2) == "planned cost: at most 600 runs of about 3 s on 2 workers, some 15 min"
    assert planned_cost(1, 0.5, 1) == "planned cost: at most 1 run of about 0.5 s, some 0 s"
