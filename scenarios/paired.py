"""Two policies in the same worlds: how far they are apart, world by world."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scenarios.brief import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result


def by_world(result: Result, policy: str, outcome: str) -> pd.Series[float]:
    """An outcome of a policy at the end of the run, by draw and run; a world without an answer is left out."""
    table = result.table
    last = table[(table["date"] == table["date"].max()) & (table["scenario"] == policy) & (table["outcome"] == outcome)]
    values: pd.Series[float] = last.set_index(["draw", "run"])["value"].dropna()
    return values


def spread(values: Iterable[float], times: float = 1.0) -> Estimate:
    """Median and 10-90 % of worlds, multiplied; of a single one no interval, and no number where there is none.

    Quantiles are values that occur, the nearest from below, if any is infinite; else they are interpolated.

    Args:
        values: one for each world; those that are not numbers are left out, infinite ones count as large.
        times: above 0, as 100 for a share in per cent.
    """
    import numpy as np

    known = times * np.array([value for value in values if not math.isnan(value)])
    if len(known) < 2:
        return Estimate(float(known[0]) if len(known) else math.nan, math.nan, math.nan)
    method = "linear" if np.isfinite(known).all() else "inverted_cdf"
    low, median, high = np.quantile(known, [0.1, 0.5, 0.9], method=method).tolist()  # type: ignore[call-overload]
    return Estimate(median, low, high)


def gained(result: Result, policy: str, other: str, outcome: str, times: float = 1.0) -> Estimate:
    """How much more a policy has of an outcome than another one: median and 10-90 % of the differences world by world."""
    return spread(by_world(result, policy, outcome) - by_world(result, other, outcome), times)


def ratio(result: Result, policy: str, above: str, below: str, times: float = 1.0) -> Estimate:
    """One outcome of a policy by another one, world by world; worlds in which the lower one is 0 are left out."""
    divisor = by_world(result, policy, below)
    return spread(by_world(result, policy, above) / divisor[divisor != 0], times)
