"""Alert on chips that stay silent, or stay unconfirmed at a site that used to be cleared."""

from __future__ import annotations

import math


def silence_streak(missed_rounds: int, *, period_days: float, grace_days: float) -> bool:
    """Whether a silence has lasted for longer than the grace period.

    Args:
        missed_rounds: challenges in a row without an answer, so that the last answer is that many periods old.
        period_days: time between challenges, > 0.
        grace_days: silence that is still innocent, >= 0.

    A chip that falls silent at a random time is alerted on after grace + U(0, period), if the grace is a multiple of the
    period: the last answer lies up to one period before it fell silent.
    """
    return missed_rounds > periods_covering(grace_days, period_days)


def unconfirmed_streak(unconfirmed_rounds: int, *, allowed_rounds: int, clearable: bool) -> bool:
    """Whether answers have failed to clear a chip for too long.

    Args:
        unconfirmed_rounds: answered rounds in a row that did not clear the chip.
        allowed_rounds: as many are still innocent.
        clearable: whether the site was cleared reliably when it was enrolled. At a site that never could be, staying
            unconfirmed says nothing.
    """
    return clearable and unconfirmed_rounds > allowed_rounds


def periods_covering(days: float, period_days: float) -> int:
    """The least number of periods that are no shorter than some days, forgiving the rounding of numbers such as 14 / 0.1.

    Rounded up, so that a silence is at least as long as the grace period when it raises an alert, however rarely a chip
    is asked.
    """
    return math.ceil(days / period_days - 1e-9)
