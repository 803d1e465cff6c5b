"""Draws of the uncertainties: what the world may be like, as far as the ranges of the parameter table tell.

Each number that has a range is drawn from the triangular distribution from its low to its high end with its mode at the
central value, independently of all others: the plainest law that three numbers allow. The volume of smuggling and the share
of it that is ever detected follow the laws of their sources instead, and are drawn together (`world.volume_prior`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping

import numpy as np
from scipy.special import ndtri

from .parameters import Parameter, load_parameters
from .randomness import Draws, Stream
from .scenario import Scenario
from .world.volume_prior import COUPLED, LAWS, coupled


def ranged(scenario: Scenario, among: Collection[str] | None = None) -> dict[str, Parameter]:
    """Rows that can be drawn, in the order of their names: those with a range that the scenario does not set itself.

    Args:
        scenario: its `uncertainties` are left out.
        among: names of rows to choose from; by default all.

    Raises:
        ValueError: a name is not that of such a row.
    """
    rows = {
        name: row
        for name, row in sorted(load_parameters().parameters.items())
        if row.low < row.high and name not in scenario.uncertainties
    }
    if among is None:
        return rows
    if unknown := sorted(set(among) - rows.keys()):
        raise ValueError(
            f"among: {', '.join(unknown)} cannot be drawn; allowed: rows of the parameter table whose low end is below "
            "their high end and that the scenario does not set"
        )
    return {name: row for name, row in rows.items() if name in set(among)}


def draw_uncertainties(scenario: Scenario, seed: int, draw: int, among: Collection[str] | None = None) -> dict[str, float]:
    """One sample of every parameter that has a range and that the scenario does not set itself, in the order of their names.

    Keyed by the name of the row and the number of the draw: another row changes no other's draws, and draw k is the same
    however many are made. What the scenario sets moves nothing else, rows coupled with it included.

    Args:
        scenario: its `uncertainties` are left out.
        seed: base seed of the study.
        draw: number of the draw, from 0.
        among: rows to choose from, with the same values as among all; by default all.
    """
    draws = Draws(seed)
    rows = {name: row for name, row in ranged(scenario).items() if among is None or name in among}
    return _values(rows, {name: draws.uniform(Stream.PARAMETER, _entity(name), draw) for name in {*rows, *LAWS}})


def at_quantiles(scenario: Scenario, quantiles: Mapping[str, float]) -> dict[str, float]:
    """The values of parameters at quantiles of their laws, in the order of their names.

    The quantiles are independent numbers. Of the rows that are drawn together (`world.volume_prior.COUPLED`) a quantile is
    that of the row's own score before it is coupled with those before it in that list; one that is not given counts as
    the median there.

    Args:
        scenario: what it sets cannot be given.
        quantiles: by name of the row; from 0 to 1, without the ends for rows with laws of their own (`LAWS`).

    Raises:
        ValueError: a row cannot be drawn, or a quantile is out of range.
    """
    rows = ranged(scenario, quantiles.keys())
    for name, quantile in quantiles.items():
        if not (0 < quantile < 1 if name in LAWS else 0 <= quantile <= 1):
            raise ValueError(f"quantiles: {name} = {quantile!r}: allowed 0 to 1{', both excluded' if name in LAWS else ''}")
    return _values(rows, {**dict.fromkeys(LAWS, 0.5), **quantiles})


def _values(rows: Mapping[str, Parameter], quantiles: Mapping[str, float]) -> dict[str, float]:
    """Values of rows; there are quantiles for all rows of `LAWS`, whether they are wanted or not."""
    scores = {name: float(ndtri(quantiles[name])) for name in LAWS}
    together = coupled(np.array([scores[name] for name in COUPLED]))
    scores.update(zip(COUPLED, together.tolist(), strict=True))
    return {
        name: float(LAWS[name](np.array(scores[name]), row))
        if name in LAWS
        else triangular(quantiles[name], low=row.low, mode=row.central, high=row.high)
        for name, row in rows.items()
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
