"""The stopping rule stops where sequential analysis says, covers what it promises, whatever comes later."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.experiments.stopping import StoppingRule, enough, half_width, stops_at

REPETITIONS = 2000
Z = stats.norm.ppf(0.975)


def mean_excess(batch: int) -> float:
    """How far the walk with steps of 2 - chi2(1), looked at after each batch, is on average above a level it has passed.

    (drift^2 + variance) / (2 drift) of a batch less the sum over k of E[(walk after k batches)^-] / k: Woodroofe, Nonlinear
    Renewal Theory in Sequential Analysis (1982), chapter 2.
    """
    below = 0.0
    for number in range(batch, batch * max(3, 200 // batch) + 1, batch):
        # E (chi2(n) - 2n)^+ in closed form
        missed = number * stats.chi2.sf(2 * number, number + 2) - 2 * number * stats.chi2.sf(2 * number, number)
        below += missed * batch / number
    return (batch + 2) / 2 - below


def expected_stop(size: float, batch: int) -> float:
    """Mean number of normal values at the stop, where the least number is out of reach.

    Woodroofe, "Second order approximations for sequential point and interval estimation", Annals of Statistics 5 (1977):
    (z sigma / h)^2 + excess - 2. Student's t in place of z adds (1 + z^2) / 2.
    """
    return size + mean_excess(batch) - 2 + (1 + Z**2) / 2


def stops(size: float, rule: StoppingRule, seed: int = 11) -> tuple[np.ndarray, np.ndarray]:
    """Number of values at the stop and their mean, of repeated samples of a normal law with mean 0 and variance 1."""
    longest = int(3 * size)
    samples = np.random.default_rng(seed).normal(size=(REPETITIONS, longest))
    numbers = [stops_at(sample, rule) for sample in samples]
    assert None not in numbers
    return np.array(numbers), np.array([sample[:number].mean() for sample, number in zip(samples, numbers, strict=True)])


def rule_for(size: float, batch: int) -> StoppingRule:
    """The rule that needs so many values of variance 1 if the variance is known."""
    return StoppingRule("found", Z / np.sqrt(size), least=20, batch=batch)


def test_the_mean_excess_is_the_published_one():
    """Woodroofe's correction for one value at a time: -1.1825, as tabled for the rule of Chow and Robbins."""
    assert mean_excess(1) - 2 == pytest.approx(-1.1825, abs=5e-4)


@pytest.mark.parametrize("batch", [1, 10])
def test_the_rule_stops_where_theory_says_and_holds_the_mean_nearly_as_often_as_promised(batch: int):
    size = 100.0
    rule = rule_for(size, batch)
    numbers, means = stops(size, rule)
    error = numbers.std() / np.sqrt(REPETITIONS)
    assert abs(numbers.mean() - expected_stop(size, batch)) < 3.5 * error
    assert numbers.std() == pytest.approx(np.sqrt(2 * size), rel=0.15)
    assert (numbers % batch == 0).all()
    held = np.mean(np.abs(means) <= rule.half_width)
    assert 0.93 < held < 0.97
    assert abs(numbers.mean() - expected_stop(1.1 * size, batch)) > 3.5 * error, "the test can tell"


def test_a_half_width_is_students():
    values = np.random.default_rng(2).normal(7, 3, 30)
    interval = stats.t.interval(0.9, 29, values.mean(), stats.sem(values))
    assert half_width(values, 0.9) == pytest.approx((interval[1] - interval[0]) / 2)
    assert half_width([np.nan, *values, np.nan], 0.9) == half_width(values, 0.9)
    for nothing in ([], [1.0], [2.5] * 20, [np.nan, 1.0]):
        assert np.isnan(half_width(nothing))


def test_the_stop_is_at_whole_batches_and_does_not_depend_on_what_comes_later():
    rule = StoppingRule("found", 0.5, least=8, batch=5)
    values = np.random.default_rng(5).normal(size=200)
    stop = stops_at(values, rule)
    assert stop is not None
    assert stop >= 10, "the first whole batch with eight values"
    assert stop % 5 == 0
    for number in range(len(values)):
        assert enough(values[:number], rule) == (number >= stop)
    assert not any(half_width(values[:number]) <= 0.5 for number in range(10, stop, 5))


def test_values_that_are_all_the_same_are_no_reason_to_stop():
    rule = StoppingRule("found", 0.1, least=2, batch=2)
    assert not enough(np.zeros(50), rule)
    assert not enough(np.full(50, 0.1 + 0.2), rule)
    missing = np.full(50, np.nan)
    assert not enough(missing, rule)


def test_the_rule_reads_draws_from_a_table():
    rows = [
        (policy, draw, run, date, outcome, value + (date != "b"), "chips")
        for policy, more in (("daily", 3.0), ("weekly", 0.0))
        for draw in (0, 2)
        for run in (0, 1)
        for date in ("a", "b")
        for outcome, value in (("found", 10.0 * draw + run + more), ("other", 7.0))
        if not (outcome == "found" and policy == "weekly" and draw == 2 and run == 1)
    ]
    table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])
    for rule, expected in (
        (StoppingRule("found", 1.0), [3.5, np.nan, 23.5]),
        (StoppingRule("found", 1.0, policy="weekly"), [0.5, np.nan, 20.0]),
        (StoppingRule("found", 1.0, minus="weekly"), [3.0, np.nan, 3.0]),
    ):
        np.testing.assert_array_equal(rule.values(table), expected)  # draw 1 has failed
    single = table[table["draw"] == 0]
    assert StoppingRule("found", 1.0).values(single).tolist() == [3.0, 4.0]
    assert np.isnan(StoppingRule("nobody has had it yet", 1.0).values(table)).tolist() == [True, True, True]
    with pytest.raises(ValueError, match="policy = 'hourly'"):
        StoppingRule("found", 1.0, minus="hourly").values(table)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"half_width": 0.0}, "half_width = 0.0: allowed > 0"),
        ({"half_width": float("nan")}, "half_width = nan"),
        ({"confidence": 1.0}, "confidence = 1.0: allowed between"),
        ({"least": 1}, "least = 1: allowed >= 2"),
        ({"batch": 0}, "batch = 0: allowed >= 1"),
        ({"policy": "daily", "minus": "daily"}, "minus = 'daily': allowed: another"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(arguments, told: str):
    with pytest.raises(ValueError, match=told):
        StoppingRule(**{"outcome": "found", "half_width": 1.0, **arguments})
