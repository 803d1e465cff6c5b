"""Clones: one identity that answers twice, or from two places faster than anything travels between them.

Pure functions of the answers of one identity. The engines have no use for them, since whoever extracts or forges a key lets
the chip itself fall silent: every challenge has at most one answer, and a place that an answer proves is its declared site
or none.

Speed: a sound test has to allow whatever transport exists; 900 km/h is the cruising speed of an airliner, door to door it is
slower (an assumption).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..units import HOURS_PER_DAY
from ..world.geography import Position, pairwise_km
from .seen import BoolArray, FloatArray, IntArray

AIRLINER_KM_PER_DAY = 900.0 * HOURS_PER_DAY


def answered_twice(answers_per_challenge: IntArray) -> BoolArray:
    """Challenges with more than one valid answer; any shape."""
    return np.greater(answers_per_challenge, 1)


def outran_travel(
    positions: Sequence[Position], days: FloatArray, max_km_per_day: float = AIRLINER_KM_PER_DAY, slack_km: float = 0.0
) -> BoolArray:
    """Which answers of an identity come from farther away than it can have travelled since the answer before.

    Args:
        positions: where each answer proves it to be, in the order of time.
        days: when, ascending, shape (answers,).
        max_km_per_day: fastest transport allowed for, > 0.
        slack_km: how far each position may be off, >= 0; counted at both ends.

    Returns:
        shape (answers,), False for the first. Distances are the shortest over ground.
    """
    possible_km = np.diff(days) * max_km_per_day + 2 * slack_km
    outran: BoolArray = np.zeros(len(positions), bool)
    outran[1:] = pairwise_km(positions[:-1], positions[1:]) > possible_km
    return outran
