"""Differences between two policies that meet the same worlds, by pairs, with the interval that so many pairs allow.

Draws are independent, runs of one draw are not, since they share its world: a pair is the mean over the runs of a draw, or
with one draw alone a run. An interval rests on independent draws: after an even design (`sobol`, `lhs`) the mean is as a
rule nearer to the truth than it says. Intervals hold one by one, not all together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from ..intervals import paired_interval
from ..outcomes.detection import HIT_OR_MISS
from ..randomness import Draws, Stream

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["t", "bootstrap"]
Bounds = tuple[float, float]
FloatArray = NDArray[np.float64]

RESAMPLES = 9_999
BLOCK = 1_000_000
"""Values taken at a time, so that memory stays small."""

SAME = 1e-12
"""Numbers that differ by less than this share of the greatest one are the same but for rounding."""

ANYTHING: Bounds = (-np.inf, np.inf)


@dataclass(frozen=True)
class Difference:
    """The mean difference of two policies, first minus second.

    What the pairs cannot tell is NaN: the interval and the error of a single pair, and of pairs that all differ by the same,
    where a sample without spread does not say how great a difference it may have missed.

    Attributes:
        mean: over pairs, in the unit of the outcome.
        low: lower end of its confidence interval.
        high: upper end.
        error: standard error of the mean.
        number: of pairs.
        correlation: of the two policies over pairs; NaN if one of them does not vary.
        variance_ratio: variance of the difference if both policies had seeds of their own (the sum of their variances) over
            that of the pairs: how many times more runs independent seeds would need for the same error.
    """

    mean: float
    low: float
    high: float
    error: float
    number: int
    correlation: float
    variance_ratio: float


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    *,
    method: Method = "t",
    confidence: float = 0.95,
    seed: int = 1,
    bounds: Bounds = ANYTHING,
) -> Difference:
    """First minus second, pair by pair.

    `t`: mean -+ t s / sqrt(n), with Student's t (1908) of n - 1 degrees of freedom. `bootstrap`: see `bootstrap_t`.

    Args:
        first: of each pair, shape (pairs,); or by draw and run, shape (draws, runs): then pairs are the means of draws, with
            one draw its runs. NaN where a run has no answer: it is left out under both policies.
        second: the same shape.
        method: of the interval.
        confidence: that the interval holds the true mean, between 0 and 1.
        seed: of the bootstrap, 0 <= seed < 2**64.
        bounds: what the difference can be at all, such as -1 and 1 for shares; the interval is cut off there.

    Raises:
        ValueError: shapes differ, or another argument is not allowed.
    """
    _check(method, confidence)
    one, other = _pairs(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    change = one - other
    number = len(change)
    mean = float(change.mean()) if number else float("nan")
    rounding = SAME * float(np.abs([one, other]).max(initial=0.0))
    error = float(change.std(ddof=1) / np.sqrt(number)) if number > 1 and np.ptp(change) > rounding else float("nan")
    low = high = float("nan")
    if not np.isnan(error) and method == "t":
        half = float(stdtrit(number - 1, (1 + confidence) / 2)) * error
        low, high = mean - half, mean + half
    elif not np.isnan(error):
        low, high = bootstrap_t(change, confidence, seed)
    return Difference(
        mean, _within(low, bounds), _within(high, bounds), error, number, *_gain(one, other, number * error**2, rounding)
    )


def bootstrap_t(values: FloatArray, confidence: float = 0.95, seed: int = 1, resamples: int = RESAMPLES) -> Bounds:
    """Interval of a mean by the percentile-t bootstrap: quantiles of (mean* - mean) / error* in place of Student's.

    It follows a skewed law, where Student's interval misses too often on one side: the error of its coverage is of order 1/n
    (Hall, "Theoretical comparison of bootstrap confidence intervals", Annals of Statistics 16, 1988). The bias-corrected
    and accelerated bootstrap (BCa, Efron 1987) is of the same order, but with 20 or 30 values it is too narrow (Hesterberg,
    "What teachers should know about the bootstrap", American Statistician 69, 2015), so that it was not taken.

    Args:
        values: independent, shape (number,), not all the same.
        confidence: between 0 and 1.
        seed: 0 <= seed < 2**64.
        resamples: how many.

    Returns:
        Low and high end. NaN both if so many resamples have no spread that one end is not bounded: few values differ.
    """
    number = len(values)
    centred = values - values.mean()
    scores = np.concatenate(
        [
            _scores(centred[_taken(seed, block, min(rows, resamples - begin), number)])
            for rows in [max(1, BLOCK // number)]
            for block, begin in enumerate(range(0, resamples, rows))
        ]
    )
    tail = (1 - confidence) / 2
    below, above = np.quantile(scores, [tail, 1 - tail], method="inverted_cdf")
    if not np.isfinite([below, above]).all():
        return float("nan"), float("nan")
    error = values.std(ddof=1) / np.sqrt(number)
    return float(values.mean() - above * error), float(values.mean() - below * error)


def differences(
    table: pd.DataFrame,
    first: str,
    second: str,
    outcomes: Collection[str] | None = None,
    *,
    method: Method = "t",
    confidence: float = 0.95,
    seed: int = 1,
) -> pd.DataFrame:
    """First minus second policy at the last date, for each outcome that both have in at least one run.

    Shares, which lie between 0 and 1, have their intervals cut off at -1 and 1. Outcomes that each run answers with 1 or 0
    have, whatever the method, the interval of Bonett and Price (2012), as in `probabilities()`: it is of use even where all
    pairs agree.

    Args:
        table: of a result: scenario, draw, run, date, outcome, value, unit.
        first: name of a policy in it.
        second: another.
        outcomes: which, in this order; by default all, in the order of the table.
        method, confidence, seed: see `paired_difference`.

    Returns:
        outcome, unit, mean, low, high, error, number, correlation, variance_ratio, as in `Difference`.

    Raises:
        ValueError: a policy or an outcome is not in the table, or another argument is not allowed.
    """
    import pandas as pd

    _check(method, confidence)
    here = table[table["date"] == table["date"].max()]
    _known("policy", (first, second), here["scenario"])
    if outcomes is not None:
        _known("outcome", outcomes, here["outcome"])
        here = here[here["outcome"].isin(list(outcomes))]
    by_outcome = dict(list(here[here["scenario"].isin([first, second])].groupby("outcome", sort=False)))
    draws, runs = (pd.Index(sorted(here[level].unique())) for level in ("draw", "run"))
    rows = []
    for outcome in by_outcome if outcomes is None else [name for name in outcomes if name in by_outcome]:
        answers = by_outcome[outcome]
        one, other = (
            answers[answers["scenario"] == policy]
            .pivot(index="draw", columns="run", values="value")
            .reindex(index=draws, columns=runs)
            .to_numpy(dtype=np.float64)
            for policy in (first, second)
        )
        unit = answers["unit"].iloc[0]
        found = paired_difference(one, other, method=method, confidence=confidence, seed=seed, bounds=bounds_of(unit))
        if unit == HIT_OR_MISS:
            low, high = _of_answers(one - other, confidence)
            found = replace(found, low=low, high=high)
        if found.number:
            rows.append((outcome, unit, *astuple(found)))
    columns = ["outcome", "unit", *(each.name for each in fields(Difference))]
    return pd.DataFrame(rows, columns=columns)


def bounds_of(unit: str) -> Bounds:
    """What a difference between outcomes of a unit can be at all.

    A share of time can be above 1, where an inspector's last visit ends after the run.
    """
    share = unit == HIT_OR_MISS or (unit.startswith("share") and unit != "share of time")
    return (-1.0, 1.0) if share else ANYTHING


def by_draw(values: FloatArray) -> FloatArray:
    """Of values by draw and run, shape (draws, runs), those that are independent: means of draws, with one draw its runs.

    NaN where a draw has no value.
    """
    if len(values) == 1:
        runs: FloatArray = values[0]
        return runs
    there = ~np.isnan(values)
    counts = there.sum(axis=1)
    means: FloatArray = np.full(len(values), np.nan)
    np.divide(np.where(there, values, 0.0).sum(axis=1), counts, out=means, where=counts > 0)
    return means


def _check(method: str, confidence: float) -> None:
    if method not in get_args(Method):
        raise ValueError(f"method = {method!r}: allowed: {', '.join(get_args(Method))}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence = {confidence!r}: allowed between 0 and 1")


def _known(what: str, names: Collection[str], there: pd.Series[str]) -> None:
    known = list(dict.fromkeys(there))
    for name in names:
        if name not in known:
            raise ValueError(f"{what} = {name!r}: not in the table; allowed: {', '.join(known)}")


def _pairs(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Independent pairs with an answer under both policies."""
    if first.shape != second.shape or first.ndim not in (1, 2):
        raise ValueError(f"first, second: shapes {first.shape} and {second.shape}; allowed: the same, in 1 or 2 dimensions")
    missing = np.isnan(first) | np.isnan(second)
    one, other = (np.where(missing, np.nan, values) for values in (first, second))
    if first.ndim == 2:
        one, other = by_draw(one), by_draw(other)
    there = ~np.isnan(one)
    return one[there], other[there]


def _gain(one: FloatArray, other: FloatArray, variance: float, rounding: float) -> tuple[float, float]:
    """Correlation of pairs, and how many times the variance of their difference (NaN if nil) the sum of both is."""
    if len(one) < 2:
        return float("nan"), float("nan")
    varies = min(np.ptp(one), np.ptp(other)) > rounding
    correlation = float(np.corrcoef(one, other)[0, 1]) if varies else float("nan")
    return correlation, float(one.var(ddof=1) + other.var(ddof=1)) / variance


def _within(end: float, bounds: Bounds) -> float:
    return min(max(end, bounds[0]), bounds[1]) if not np.isnan(end) else end


def _of_answers(change: FloatArray, confidence: float) -> Bounds:
    """Interval of the mean difference of answers of 1 or 0, by draw and run."""
    there = ~np.isnan(change)
    gained, lost = (by_draw(np.where(there, those, np.nan)) for those in (change > 0, change < 0))
    pairs = ~np.isnan(gained)
    _, low, high, _ = paired_interval(gained[pairs], lost[pairs], float(ndtri((1 + confidence) / 2)))
    return low, high


def _taken(seed: int, block: int, rows: int, number: int) -> NDArray[np.int64]:
    """Places of the values taken in a block of resamples, shape (rows, number)."""
    uniforms = Draws(seed).uniforms(Stream.RESAMPLE, block, number, count=rows * number)
    places: NDArray[np.int64] = (uniforms * number).astype(np.int64).reshape(rows, number)
    return places


def _scores(taken: FloatArray) -> FloatArray:
    """Mean over standard error of each resample of centred values; without spread infinite, or 0 if its mean is."""
    means = taken.mean(axis=1)
    errors = taken.std(axis=1, ddof=1) / np.sqrt(taken.shape[1])
    flat = np.ptp(taken, axis=1) == 0
    scores: FloatArray = np.where(flat, np.where(means == 0, 0.0, np.copysign(np.inf, means)), 0.0)
    np.divide(means, errors, out=scores, where=~flat)
    return scores
