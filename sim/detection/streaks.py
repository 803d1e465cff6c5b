"""Alert on chips that stay silent, or whose answers stay suspicious. Runs of many chips may be given as arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    is asked.
    """
    return math.ceil(days / period_days - 1e-9)
