"""Probabilities and ratios over the runs of a study, with how exactly the runs give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Z_80 = 1.2815515655446004
"""Standard normal quantile of a two-sided 80 % interval: from 10 to 90 %, as the other intervals of a summary."""

Z_95 = 1.959963984540054
"""The same of a two-sided 95 % interval."""


def wilson_interval(answers: NDArray[np.float64], z: float = Z_80) -> tuple[float, float, float, int]:
    """Mean of answers between 0 and 1, low and high end of Wilson's score interval (1927), and how many there are.

    Args:
        answers: shape (number,), independent. Means of several answers make the interval wider than need be.
        z: standard normal quantile of the interval.
    """
    number = len(answers)
    if not number:
        return float("nan"), float("nan"), float("nan"), 0
    mean = float(answers.mean())
    return mean, *wilson_bounds(mean, number, z), number


def wilson_bounds(share: float, number: float, z: float = Z_80) -> tuple[float, float]:
    """Low and high end of Wilson's score interval (1927) for a share of so many independent answers, above 0."""
    centre = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z / (1 + z**2 / number) * float(np.sqrt(share * (1 - share) / number + z**2 / (4 * number**2)))
    return max(0.0, centre - half), min(1.0, centre + half)


def paired_interval(
    gained: NDArray[np.float64], lost: NDArray[np.float64], z: float = Z_80
) -> tuple[float, float, float, int]:
    """Mean difference of paired answers, low and high end of its interval by Bonett and Price (2012), and number of pairs.

    Args:
        gained: share of answers that are 1 instead of 0 in each pair, shape (pairs,).
        lost: share that are 0 instead of 1, shape (pairs,).
        z: standard normal quantile of the interval.
    """
    pairs = len(gained)
    if not pairs:
        return float("nan"), float("nan"), float("nan"), 0
    more, fewer = (float(shares.sum() + 1) / (pairs + 2) for shares in (gained, lost))
    centre = more - fewer
    half = z * float(np.sqrt((more + fewer - centre**2) / (pairs + 2)))
    return float((gained - lost).mean()), max(-1.0, centre - half), min(1.0, centre + half), pairs


def ratio_of_sums(above: NDArray[np.float64], below: NDArray[np.float64]) -> tuple[float, float]:
    """Sum over sum, and its standard error by the jackknife.

    NaN if the sum below is not above 0; the error is NaN if it is not so without one of its parts, or there is one alone.
    """
    number, total_above, total_below = len(above), above.sum(), below.sum()
    if total_below <= 0:
        return float("nan"), float("nan")
    without = total_below - below
    if number < 2 or (without <= 0).any():
        return float(total_above / total_below), float("nan")
    others = (total_above - above) / without
    return float(total_above / total_below), float(np.sqrt((number - 1) * np.mean((others - others.mean()) ** 2)))
