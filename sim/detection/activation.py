"""Activation deadline: alert on chips that have never answered by some days after their shipment.

The maker reports the day of shipment, so the deadline runs from it and holds for chips that are still on their way too. It
is looked at in the rounds of the declared site. Chips whose answers have begun are never alerted on. Replacements of failed
chips come with no shipment of their own and are left out.

Source: CNAS (2025): location verification "within one month" of shipment; the number of days is the lever `activation_days`.
"""

from __future__ import annotations

import numpy as np

from .seen import BoolArray, FloatArray, IntArray, Memory, RoundSeen, Thresholds


def is_overdue(shipped_days: FloatArray, day: float, activation_days: float) -> BoolArray:
    """Whether the deadline of chips that have never answered has passed; any shape, days since the start."""
    return np.greater_equal(day, shipped_days + activation_days)


def activation_deadline(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips that have never answered and whose deadline has passed."""
    shipped_days = np.asarray(seen.column("shipped_day"))[seen.unheard].astype(np.float64)
    return seen.unheard[is_overdue(shipped_days, seen.day, thresholds.activation_days)]
