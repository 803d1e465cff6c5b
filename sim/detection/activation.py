"""Activation deadline: alert on chips that have never answered by some days after their shipment.

The maker reports the day of shipment, so the deadline runs from it and holds for chips that are still on their way too. It
is looked at in the rounds of the declared site. Chips whose answers have begun are never alerted on. Where an inspector has
found chips in their boxes it runs anew from the end of the case. Replacements of failed chips come with no shipment of their
own and are left out.

Source: CNAS (2025): location verification "within one month" of shipment; the number of days is the lever `activation_days`.
"""

from __future__ import annotations

import numpy as np

from .seen import BoolArray, FloatArray, IntArray, Memory, RoundSeen, Thresholds


def is_overdue(since_days: FloatArray, day: float, activation_days: float) -> BoolArray:
    """Whether the deadline of chips that have never answered has passed; any shape, days since the start."""
    return np.greater_equal(day, since_days + activation_days)


def activation_deadline(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips that have never answered and whose deadline has passed."""
    return seen.unheard[is_overdue(seen.awaited_since, seen.day, thresholds.activation_days)]
