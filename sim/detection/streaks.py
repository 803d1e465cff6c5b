"""Alert on chips that stay silent, or whose answers stay suspicious. Runs of many chips may be given as arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .seen import IntArray, Memory, RoundSeen, Thresholds

Rounds = int | NDArray[Any]


def silence_streak(missed_rounds: Rounds, *, period_days: float, grace_days: float) -> NDArray[np.bool_]:
    """Whether a silence has lasted for longer than the grace period.

    Args:
        missed_rounds: challenges in a row without an answer, so that the last answer is that many periods old.
        period_days: time between challenges, > 0.
        grace_days: silence that is still innocent, >= 0.

    A chip that falls silent at a random time is alerted on after grace + U(0, period), if the grace is a multiple of the
    period: the last answer lies up to one period before it fell silent.
    """
    return np.greater(missed_rounds, periods_covering(grace_days, period_days))


def suspicious_streak(suspicious_rounds: Rounds, *, allowed_rounds: int) -> NDArray[np.bool_]:
    """Whether answers have been suspicious for too long.

    Args:
        suspicious_rounds: answered rounds in a row that were suspicious, see `reading`. Silence in between does not end it.
        allowed_rounds: as many are still innocent.
    """
    return np.greater(suspicious_rounds, allowed_rounds)


def periods_covering(days: float, period_days: float) -> int:
    """The least number of periods that are no shorter than some days, forgiving the rounding of numbers such as 14 / 0.1.

    Rounded up, so that a silence is at least as long as the grace period when it raises an alert, however rarely a chip
    is asked, and a patience in days does not shrink where chips are asked more often.
    """
    return math.ceil(days / period_days - 1e-9)


def silence_beyond_grace(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips whose silence has lasted for longer than the grace period."""
    period_days, grace_days = thresholds.period_days, thresholds.grace_days
    overdue = silence_streak(seen.missed_rounds, period_days=period_days, grace_days=grace_days)
    return seen.silent[overdue]


def unconfirmed(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips whose answers have been unconfirmed for too long at a site that could be cleared when it was enrolled."""
    return _suspicious_for_long(seen, thresholds, clearable=True)


def drift(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips whose answers have been slower than at enrolment, at every landmark, for too long, where that is tested.

    A fault of one landmark, or of the path to it, is no drift: it has to be coherent over all that are asked.
    """
    return _suspicious_for_long(seen, thresholds, clearable=False)


def _suspicious_for_long(seen: RoundSeen, thresholds: Thresholds, *, clearable: bool) -> IntArray:
    allowed = max(periods_covering(thresholds.unconfirmed_days, thresholds.period_days), thresholds.unconfirmed_answers)
    for_long = suspicious_streak(seen.suspicious_rounds, allowed_rounds=allowed)
    chips = seen.suspicious[for_long]
    at_such = [seen.clearable(site) == clearable for site in seen.sites_of(chips).tolist()]
    lasting: IntArray = chips[np.array(at_such, bool)]
    return lasting
