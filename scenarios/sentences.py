"""How answers are put into words: lists, numbers of things, and what differs between two policies in the same worlds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scenarios.brief import Estimate
from sim import Result


def listed(words: Sequence[str]) -> str:
    """As in "one, two and three"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number: float, thing: str) -> str:
    """As in "1 inspector" and "5 inspectors"."""
    return f"{number:,g} {thing}" if number == 1 else f"{number:,g} {thing}s"


def spread_of(values: Sequence[float]) -> Estimate:
    """Median and 10-90 % of some values, those that are not numbers left out; of a single one, no interval."""
    import numpy as np

    known = np.array([value for value in values if not math.isnan(value)])
    if len(known) < 2:
        return Estimate(float(known[0]) if len(known) else math.nan, math.nan, math.nan)
    low, median, high = np.quantile(known, [0.1, 0.5, 0.9])
    return Estimate(float(median), float(low), float(high))


def paired(result: Result, one: str, other: str, outcome: str, times: float = 1.0) -> Estimate:
    """What an outcome is at the end under one policy more than under another, in the same draw and run.

    Args:
        result: in which both were run.
        one: name of a policy.
        other: name of the policy that is subtracted.
        outcome: its name.
        times: as 100 for a share in per cent.

    Returns:
        Median and 10-90 % over draws and runs in which both have the outcome.
    """
    final = result.table[(result.table["date"] == result.table["date"].max()) & (result.table["outcome"] == outcome)]
    wide = final.pivot_table(index=["draw", "run"], columns="scenario", values="value")
    if one not in wide or other not in wide:
        return spread_of(())
    return spread_of((times * (wide[one] - wide[other])).tolist())


def difference_in_words(change: Estimate, unit: str, words: tuple[str, str] = ("more", "less")) -> str:
    """As in "56 percentage points (45 to 60) more"; an interval with both signs in it is said to have them."""
    if math.isnan(change.median):
        return f"not known to be {words[0]} or {words[1]}"
    low, high = (change.median, change.median) if math.isnan(change.low) else (change.low, change.high)
    if low == high == 0:
        return f"neither {words[0]} nor {words[1]}"
    if change.median < 0 or (change.median == 0 and -low > high):
        change, low = Estimate(-change.median, -change.high, -change.low), -high
        words = words[::-1]
    if low > 0:
        return f"{change.of(unit)} {words[0]}"
    return f"{change.of(unit)} {words[0]}, in some worlds {words[1] if low < 0 else 'the same'}"
