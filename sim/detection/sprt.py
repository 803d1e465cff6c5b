"""SPRT: alert on a chip whose sequence of silences and answers looks like that of a diverted one.

Wald's sequential probability ratio test of "silent with chance p0 in a round" (innocent, lever `sprt_innocent`) against
"with chance p1" (diverted, `sprt_diverted`). After u silences and v answers the log-likelihood ratio is

    u ln(p1 / p0) + v ln((1 - p1) / (1 - p0)).

At ln((1 - beta) / alpha) or above the chip is alerted on; at ln(beta / (1 - alpha)) or below it is accepted, and the test
begins anew. Levers are only allowed for which one answer accepts a chip that has just been accepted (`answer_accepts`): then
nothing needs to be kept of chips that answer, and of others only u and v.

The test takes rounds as independent, which innocent silence is not: a chip under repair is silent round after round. Its
alpha therefore holds for lost challenges only, and a repair of a few rounds alarms.

Source: Wald (1945), "Sequential tests of statistical hypotheses".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .seen import BoolArray, IntArray, Memory, RoundSeen, Thresholds

Counts = int | NDArray[Any]


def log_ratio(silences: Counts, answers: Counts, innocent: float, diverted: float) -> Any:
    """Log-likelihood ratio of diverted over innocent; numbers, or arrays of one shape. 0 < innocent < diverted < 1."""
    return silences * math.log(diverted / innocent) + answers * math.log((1 - diverted) / (1 - innocent))


def rejecting(alpha: float, beta: float) -> float:
    """The log-likelihood ratio from which on a chip is alerted on: Wald's upper bound."""
    return math.log((1 - beta) / alpha)


def accepting(alpha: float, beta: float) -> float:
    """The log-likelihood ratio up to which a chip is accepted: Wald's lower bound."""
    return math.log(beta / (1 - alpha))


def answer_accepts(innocent: float, diverted: float, alpha: float, beta: float) -> bool:
    """Whether a single answer at the start of the test accepts the chip."""
    return bool(log_ratio(0, 1, innocent, diverted) <= accepting(alpha, beta))


def is_accepted(silences: Counts, answers: Counts, thresholds: Thresholds) -> BoolArray:
    """Whether the test ends with the chip accepted; shape of the counts."""
    ratio = log_ratio(silences, answers, thresholds.sprt_innocent, thresholds.sprt_diverted)
    accepted: BoolArray = np.less_equal(ratio, accepting(thresholds.sprt_alpha, thresholds.sprt_beta))
    return accepted


def sprt(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Silent chips whose test rejects innocence."""
    silences, answers = seen.tested
    ratio = log_ratio(silences, answers, thresholds.sprt_innocent, thresholds.sprt_diverted)
    rejected: BoolArray = ratio >= rejecting(thresholds.sprt_alpha, thresholds.sprt_beta)
    return seen.silent[rejected]
