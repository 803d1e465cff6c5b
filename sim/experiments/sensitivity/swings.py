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
        at_centre: mean outcome at the centre.
        to_low, to_high: the outcome at that end minus that at the centre, mean of the paired differences over the runs
            that have both; NaN if none has.
        to_low_half, to_high_half: half widths of their 95 % intervals after Student; NaN of fewer than two pairs.
        at_low, at_high: outcome at the centre plus that difference.
        low_runs, high_runs: numbers of pairs.
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
    low_runs: int
    high_runs: int

    @property
    def width(self) -> float:
        """How far apart the outcomes at the ends and at the centre are, of those that there are; NaN of neither end."""
        ends = [difference for difference in (self.to_low, self.to_high) if not math.isnan(difference)]
        return max(0.0, *ends) - min(0.0, *ends) if ends else math.nan


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
    at_centre = _mean(centre[~np.isnan(centre)])
    pairs = [differences[~np.isnan(differences)] for differences in (low - centre, high - centre)]
    (to_low, low_half), (to_high, high_half) = map(_difference, pairs)
    at_low, at_high = at_centre + to_low, at_centre + to_high
    return Swing(name, *ends, at_low, at_centre, at_high, to_low, low_half, to_high, high_half, len(pairs[0]), len(pairs[1]))


def _difference(paired: FloatArray) -> tuple[float, float]:
    """Mean of paired differences and half the width of its 95 % interval after Student."""
    number = len(paired)
    if number < 2:
        return _mean(paired), math.nan
    return _mean(paired), float(stdtrit(number - 1, 0.975) * paired.std(ddof=1) / math.sqrt(number))


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else math.nan
