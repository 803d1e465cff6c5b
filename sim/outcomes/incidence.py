"""How soon, and how many: cumulative incidence of an event under limited follow-up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def cumulative_incidence(days: FloatArray, happened: BoolArray, grid_days: FloatArray) -> FloatArray:
    """Estimated share to which the event has happened by each day of a grid, shape of `grid_days`.

    Kaplan and Meier (1958): one minus the product-limit estimate. There is no competing exit so far, and follow-up ends
    for all at the same date, whatever happens to a chip, so censoring is independent.

    Args:
        days: time from the origin to the event, or to the end of follow-up, shape (chips,), >= 0.
        happened: whether it was the event, shape (chips,).
        grid_days: where to evaluate, ascending.

    Returns:
        NaN from the day on after which nobody is followed, so that no curve is drawn where nothing is known.
    """
    if not len(days):
        return np.full(len(grid_days), np.nan)
    times = np.unique(days[happened])
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    events = np.array([np.count_nonzero(happened & (days == time)) for time in times], dtype=np.float64)
    survival = np.concatenate([[1.0], np.cumprod(1.0 - events / at_risk)])
    estimate: FloatArray = 1.0 - survival[np.searchsorted(times, grid_days, side="right")]
    return np.where(grid_days <= days.max(), estimate, np.nan)
