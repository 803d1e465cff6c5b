"""Probabilities and ratios over runs: their intervals against published values, other routines and repeated sampling."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.intervals import Z_80, paired_interval, ratio_of_sums, wilson_interval
from sim.outcomes.detection import HIT_OR_MISS
from sim.outcomes.outcome import Outcome
from sim.results import Result, Run

ANSWER, COST, FOUND = "established_100_chips_by_day_90", "cost_total", "established_under_duty"


def test_the_interval_of_a_probability_is_wilsons():
    assert pytest.approx(stats.norm.ppf(0.9)) == Z_80
    for hits, number in ((0, 3), (7, 10), (20, 20)):
        mean, low, high, counted = wilson_interval(np.repeat([1.0, 0.0], [hits, number - hits]))
        other = stats.binomtest(hits, number).proportion_ci(0.8, method="wilson")
        assert (mean, counted) == (hits / number, number)
        assert (low, high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_the_interval_of_a_paired_difference_covers_it_in_four_fifths_of_samples():
    generator = np.random.default_rng(8)
    chances = (0.35, 0.10, 0.55)  # gained, lost, the same
    counts = generator.multinomial(40, chances, size=2000)
    held = 0
    for gained, lost, same in counts:
        pairs = np.repeat([[1.0, 0], [0, 1], [0, 0]], [gained, lost, same], axis=0)
        difference, low, high, number = paired_interval(pairs[:, 0], pairs[:, 1])
        assert difference == pytest.approx((gained - lost) / 40)
        assert number == 40
        held += low <= 0.25 <= high
    assert held / 2000 == pytest.approx(0.8, abs=0.04)


def test_a_ratio_of_sums_and_its_error_are_those_of_repeated_sampling():
    generator = np.random.default_rng(9)
    cost = generator.normal(100, 10, size=(3000, 30))
    found = 5 + generator.poisson(5, size=(3000, 30))
    ratios, errors = np.array([ratio_of_sums(*sample) for sample in zip(cost, found, strict=True)]).T
    assert np.median(ratios) == pytest.approx(10, rel=0.01)
    assert np.mean(errors) == pytest.approx(ratios.std(), rel=0.05)


def test_there_is_no_cost_for_each_chip_where_none_is_gained():
    assert np.isnan(ratio_of_sums(np.array([5.0, 5.0]), np.array([1.0, -1.0]))).all()
    ratio, error = ratio_of_sums(np.array([5.0, 5.0]), np.array([1.0, 0.0]))
    assert ratio == 10
    assert np.isnan(error), "without the first run nothing is gained"
    assert np.isnan(ratio_of_sums(np.array([5.0]), np.array([1.0]))[1])


def study(rule: list[list[float]], before: list[list[float]], draws: int) -> Result:
    """A result made by hand: answer, cost and chips established of each run, in as many draws of equal size."""
    scenario = Scenario.load("miniature")
    runs = []
    for policy, rows in ((scenario.name, rule), ("status_quo", before)):
        for number, values in enumerate(rows):
            draw, run = divmod(number, len(rows) // draws)
            named = zip((ANSWER, COST, FOUND), values, (HIT_OR_MISS, "usd", "chips"), strict=True)
            measured = [Outcome(730.0, name, value, unit) for name, value, unit in named if not np.isnan(value)]
            runs.append(Run(policy, draw, run, measured, {}, Path("none")))
    return Result(scenario, runs, {"id": "x"}, [{}] * draws if draws > 1 else ())


RULE = [[1.0, 100, 10], [1, 110, 12], [0, 100, 4], [np.nan, 90, 0]]
BEFORE = [[0.0, 20, 2], [1, 20, 2], [0, 20, 0], [np.nan, 20, 2]]


def test_probabilities_of_a_study_by_hand():
    table = study(RULE, BEFORE, draws=1).probabilities().set_index("scenario")
    assert table["probability"].to_dict() == pytest.approx({"miniature": 2 / 3, "status_quo": 1 / 3, "difference": 1 / 3})
    assert set(table["number"]) == {3}, "one run has no answer"
    assert tuple(table.loc["miniature", ["low", "high"]]) == pytest.approx(wilson_interval(np.array([1.0, 1, 0]))[1:3])


def test_draws_count_once_however_many_runs_they_have():
    """Two draws of two runs: means 1 and 0 under the rule, 1/2 and 0 before."""
    table = study(RULE, BEFORE, draws=2).probabilities().set_index("scenario")
    assert table["probability"].to_dict() == pytest.approx({"miniature": 1 / 2, "status_quo": 1 / 4, "difference": 1 / 4})
    assert set(table["number"]) == {2}


def test_cost_per_established_chip_is_extra_cost_over_extra_chips():
    policy, usd, error = study(RULE, BEFORE, draws=1).cost_per_established_chip().iloc[0]
    assert policy == "difference"
    assert usd == pytest.approx((400 - 80) / (26 - 6))
    assert error > 0
    assert study(RULE, BEFORE, draws=2).cost_per_established_chip()["usd"][0] == pytest.approx(usd)
    assert study(BEFORE, BEFORE, draws=1).cost_per_established_chip()[["usd", "error"]].isna().all(axis=None)


def test_a_status_quo_alone_has_probabilities_but_no_difference():
    result = study(RULE, BEFORE, draws=1)
    alone = Result(result.scenario.status_quo(), result.runs[4:], result.manifest)
    assert set(alone.probabilities()["scenario"]) == {"status_quo"}
    assert alone.cost_per_established_chip().empty
    assert set(alone.summary()["scenario"]) == {"status_quo"}
    assert len(alone.summary()) == 3


def test_a_policy_beside_is_held_against_the_same_status_quo():
    result = study(RULE, BEFORE, draws=1)
    other = result.scenario.replace(name="other")
    runs = [Run("other", run.draw, run.run, run.outcomes, {}, run.events) for run in result.runs[:4]]
    both = Result(result.scenario, [*result.runs, *runs], result.manifest, (), (other,))
    for table, column in ((both.probabilities(), "probability"), (both.cost_per_established_chip(), "usd")):
        values = table.set_index("scenario")[column]
        assert values["difference: other"] == values["difference"] > 0
