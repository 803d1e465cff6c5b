"""Draws of the uncertainties: what the world may be like, as far as the ranges of the parameter table tell.

Each number that has a range is drawn from the triangular distribution from its low to its high end with its mode at the
central value, independently of all others: the plainest law that three numbers allow. The volume of smuggling and the share
of it that is ever detected follow the laws of their sources instead, and are drawn together (`world.volume_prior`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection

import numpy as np
from scipy.special import ndtri

from .parameters import load_parameters
from .randomness import Draws, Stream
from .scenario import Scenario
from .world.volume_prior import COUPLED, LAWS, coupled


def draw_uncertainties(scenario: Scenario, seed: int, draw: int, among: Collection[str] | None = None) -> dict[str, float]:
    """One sample of every parameter that has a range and that the scenario does not set itself, in the order of their names.

    Keyed by the name of the row and the number of the draw: another row changes no other's draws, and draw k is the same
    however many are made. What the scenario sets moves nothing else, rows coupled with it included.

    Args:
        scenario: its `uncertainties` are left out.
        seed: base seed of the study.
        draw: number of the draw, from 0.
        among: rows to draw, with the same values as among all; by default all.
    """
    draws = Draws(seed)
    rows = {
        name: row
        for name, row in sorted(load_parameters().parameters.items())
        if row.low < row.high and (among is None or name in among)
    }
    uniforms = {name: draws.uniform(Stream.PARAMETER, _entity(name), draw) for name in {*rows, *LAWS}}
    scores = {name: float(ndtri(uniforms[name])) for name in LAWS}
    together = coupled(np.array([scores[name] for name in COUPLED]))
    scores.update(zip(COUPLED, together.tolist(), strict=True))
    return {
        name: float(LAWS[name](np.array(scores[name]), row))
        if name in LAWS
        else triangular(uniforms[name], low=row.low, mode=row.central, high=row.high)
        for name, row in rows.items()
        if name not in scenario.uncertainties
    }


def triangular(uniform: float, *, low: float, mode: float, high: float) -> float:
    """The value of the triangular distribution at a quantile, low < high, by inversion of its distribution function."""
    width = high - low
    if uniform * width < mode - low:
        return low + math.sqrt(uniform * width * (mode - low))
    return high - math.sqrt((1 - uniform) * width * (high - mode))


def _entity(name: str) -> int:
    """A number that stands for a row of the table."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
