"""Two policies in the same worlds: how far they are apart, world by world, and what may be said of that."""

from __future__ import annotations

import math
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


def spread(values: pd.Series[float], times: float = 1.0) -> Estimate:
    """Median and 10-90 % of worlds, multiplied; not a number where there is no world. `times` is above 0."""
    if values.empty:
        return Estimate(math.nan, math.nan, math.nan)
    low, median, high = (float(times * values.quantile(share)) for share in (0.1, 0.5, 0.9))
    return Estimate(median, low, high)


def gained(result: Result, policy: str, other: str, outcome: str, times: float = 1.0) -> Estimate:
    """How much more a policy has of an outcome than another one: median and 10-90 % of the differences world by world."""
    return spread((by_world(result, policy, outcome) - by_world(result, other, outcome)).dropna(), times)


def ratio(result: Result, policy: str, above: str, below: str, times: float = 1.0) -> Estimate:
    """One outcome of a policy by another one, world by world; worlds in which the lower one is 0 are left out."""
    divisor = by_world(result, policy, below)
    return spread((by_world(result, policy, above) / divisor[divisor != 0]).dropna(), times)


def apart(difference: Estimate) -> str:
    """A difference in points, as in "20 points fewer (18 to 25)", and the reserve under which it stands."""
    fewer = difference.median < 0
    median, low, high = (-difference.median, -difference.high, -difference.low) if fewer else difference
    size = Estimate(median, low, high).of(f"points {'fewer' if fewer else 'more'}")
    return f"{size}{reserve(difference)}"


def reserve(difference: Estimate) -> str:
    """What has to be added to a difference whose interval is not on one side of 0; nothing if it is."""
    return "" if difference.low > 0 or difference.high < 0 else ", not told apart from none"
