"""How soon, and how many: cumulative incidence of an event under limited follow-up and with competing exits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def cumulative_incidence(
    days: FloatArray, happened: BoolArray, grid_days: FloatArray, competed: BoolArray | None = None
) -> FloatArray:
    """Estimated share to which the event has happened by each day of a grid, shape of `grid_days`.

    Aalen and Johansen (1978), for one event and one competing exit after which it cannot happen any more: at each time the
    share still followed and free of both, just before, times the share of those to whom the event happens. Without
    competing exits it is one minus the product-limit estimate of Kaplan and Meier (1958). Follow-up must end independently
    of what is to come.

    Args:
        days: time from the origin to the first of event, competing exit and end of follow-up, shape (chips,), >= 0.
        happened: whether it was the event, shape (chips,).
        grid_days: where to evaluate, ascending.
        competed: whether it was the competing exit, shape (chips,); never both. None: there is none.

    Returns:
        NaN from the day on after which nobody is followed, so that no curve is drawn where nothing is known. Where event
        or exit has come to everybody, all is known for ever.
    """
    if not len(days):
        return np.full(len(grid_days), np.nan)
    ended = happened if competed is None else happened | competed
    times = np.unique(days[ended])
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    events, ends = (_count_at(times, days[those]) for those in (happened, ended))
    free = np.concatenate([[1.0], np.cumprod(1.0 - ends / at_risk)])  # of both: before the first time, after each
    incidence = np.concatenate([[0.0], np.cumsum(free[:-1] * events / at_risk)])
    estimate: FloatArray = incidence[np.searchsorted(times, grid_days, side="right")]
    return np.where((grid_days <= days.max()) | (free[-1] == 0), estimate, np.nan)


def _count_at(times: FloatArray, days: FloatArray) -> FloatArray:
    """How many of some days are each of the times, which hold them all; shape of `times`."""
    return np.bincount(np.searchsorted(times, days), minlength=len(times)).astype(np.float64)
