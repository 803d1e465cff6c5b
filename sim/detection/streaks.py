"""Alert on chips that stay silent, stay unconfirmed where they used to be cleared, or answer later than at enrolment."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


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


def suspicious_streak(suspicious_rounds: int, *, allowed_rounds: int, tested: bool) -> bool:
    """Whether answers have been suspicious for too long.

    Args:
        suspicious_rounds: answered rounds in a row that did not clear the chip and, at a site that could not be cleared when
            it was enrolled, had drifted from what was measured then.
        allowed_rounds: as many are still innocent.
        tested: whether such rounds mean anything at the site. Where no chip could be cleared at enrolment, staying
            unconfirmed alone says nothing.
    """
    return tested and suspicious_rounds > allowed_rounds


def drifted(rtt_ms: FloatArray, usual_ms: FloatArray, *, threshold_ms: float) -> bool:
    """Whether every landmark's time is longer than usual by more than a threshold; shapes (landmarks,).

    One landmark alone may have been rerouted: only a coherent shift speaks of a chip that is farther away. Never if the site
    was not measured at enrolment.
    """
    return bool(len(usual_ms)) and bool((rtt_ms > usual_ms + threshold_ms).all())


def periods_covering(days: float, period_days: float) -> int:
    """The least number of periods that are no shorter than some days, forgiving the rounding of numbers such as 14 / 0.1.

    Rounded up, so that a silence is at least as long as the grace period when it raises an alert, however rarely a chip
    is asked.
    """
    return math.ceil(days / period_days - 1e-9)
