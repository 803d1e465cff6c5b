"""How answers are put into words: lists, numbers of things, and what differs between two policies in the same worlds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scenarios.answering.brief import Estimate


def listed(words: Sequence[str]) -> str:
    """As in "one, two and three"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number: float, thing: str) -> str:
    """As in "1 inspector" and "5 inspectors"."""
    return f"{number:,g} {thing}" if number == 1 else f"{number:,g} {thing}s"


def difference_in_words(change: Estimate, unit: str, words: tuple[str, str] = ("more", "less")) -> str:
    """As in "56 points (45 to 60) more": every difference between policies is told by this, with the reserve it needs.

    An interval with both signs in it is said to have them; a single world, which has none, to be the only one.
    """
    if math.isnan(change.median):
        return f"not known to be {words[0]} or {words[1]}"
    single = math.isnan(change.low)
    low, high = (change.median, change.median) if single else (change.low, change.high)
    if change.median < 0 or (change.median == 0 and -low > high):
        change, low, high = Estimate(-change.median, -change.high, -change.low), -high, -low
        words = words[::-1]
    nothing = low == high == 0
    told = f"neither {words[0]} nor {words[1]}" if nothing else f"{change.of(unit)} {words[0]}"
    if single:
        return f"{told}, in a single world"
    if nothing or low > 0:
        return told
    often = "most" if low == change.median == 0 else "some"
    return f"{told}, in {often} worlds {words[1] if low < 0 else 'the same'}"
