"""What one policy changes against another, run by run in the same worlds."""

from __future__ import annotations

import math

import numpy as np

from scenarios.brief import Estimate
from sim import Result


def paired_difference(result: Result, policy: str, other: str, outcome: str, times: float = 1.0) -> Estimate:
    """Median, and 10 and 90 % over draws and runs, of an outcome under one policy less that under another in the same run.

    Args:
        result: in which both were run.
        policy: its name.
        other: that of the policy that is subtracted.
        outcome: its name; the value on the last day counts.
        times: as 100 for a share in per cent.

    Returns:
        not a number if no run has a value under both.
    """
    table = result.table
    rows = table[(table["outcome"] == outcome) & (table["date"] == table["date"].max())]
    values = rows.pivot_table(index=["draw", "run"], columns="scenario", values="value")
    if not {policy, other} <= set(values.columns):
        return Estimate(math.nan, math.nan, math.nan)
    changes = times * (values[policy] - values[other]).dropna().to_numpy(np.float64)
    if not len(changes):
        return Estimate(math.nan, math.nan, math.nan)
    low, median, high = np.quantile(changes, [0.1, 0.5, 0.9]).tolist()
    return Estimate(median, low, high)


def direction(change: Estimate, more: str, less: str, unclear: str) -> str:
    """A word for a change: by its sign if the whole interval has it, else, and of a single run, that it is unclear."""
    if not change.low < change.high:
        return unclear
    if change.low > 0:
        return more
    return less if change.high < 0 else unclear
