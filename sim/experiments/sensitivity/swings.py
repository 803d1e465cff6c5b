"""Tornado: each input from its low to its high end, all others where they are, and what the outcome does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from .evaluation import Evaluate, FloatArray


@dataclass(frozen=True)
class Swing:
    """What one input does to the outcome.

    Attributes:
        name: of the input.
        low, high: its values at the two ends.
        at_low, at_high, at_centre: mean outcome over the runs that have all three.
        to_low, to_high: the outcome at that end minus that at the centre, mean of the paired differences over runs.
        to_low_half, to_high_half: half widths of their 95 % intervals after Student; NaN of fewer than two pairs.
        runs: that have an outcome at all three.
    """

    name: str
    low: float
    high: float
    at_low: float
    at_centre: float
    at_high: float
    to_low: float
    to_low_half: float
    to_high: float
    to_high_half: float
    runs: int

    @property
    def width(self) -> float:
        """How far apart the outcomes at the ends and at the centre are; NaN where there are none."""
        return max(self.at_low, self.at_centre, self.at_high) - min(self.at_low, self.at_centre, self.at_high)


def tornado(evaluate: Evaluate, ends: Mapping[str, tuple[float, float]]) -> list[Swing]:
    """The swing of each input, widest first, at a cost of 2 x inputs + 1 points.

    One input is moved at a time, so that interactions do not show; indices show them. Each difference is between runs of
    the same seed.

    Args:
        evaluate: outcome at values in the unit of the ends; the centre is the point that names no input.
        ends: low and high value of each input.
    """
    points: list[dict[str, float]] = [{}]
    points += [{name: value} for name, pair in ends.items() for value in pair]
    values = evaluate(points)
    swings = [
        _swing(name, pair, values[0], values[1 + 2 * place], values[2 + 2 * place])
        for place, (name, pair) in enumerate(ends.items())
    ]
    return sorted(swings, key=_width_or_none)


def _width_or_none(swing: Swing) -> float:
    return math.inf if math.isnan(swing.width) else -swing.width


def _swing(name: str, ends: tuple[float, float], centre: FloatArray, low: FloatArray, high: FloatArray) -> Swing:
    present = ~np.isnan([centre, low, high]).any(axis=0)
    at_low, at_centre, at_high = (_mean(values[present]) for values in (low, centre, high))
    below, above = (_difference((values - centre)[present]) for values in (low, high))
    return Swing(name, *ends, at_low, at_centre, at_high, *below, *above, int(present.sum()))


def _difference(paired: FloatArray) -> tuple[float, float]:
    """Mean of paired differences and half the width of its 95 % interval after Student."""
    number = len(paired)
    if number < 2:
        return _mean(paired), math.nan
    return _mean(paired), float(stdtrit(number - 1, 0.975) * paired.std(ddof=1) / math.sqrt(number))


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else math.nan
