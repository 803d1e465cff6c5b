"""Draws of the uncertainties: what the world may be like, as far as the ranges of the parameter table tell.

Each number that has a range is drawn independently of all others from a law that three numbers fix (`two_sided`): the
central value is its median, and the density falls to nothing at the low and the high end. The volume of smuggling and the
share of it that is ever detected follow the laws of their sources instead, and are drawn together (`world.volume_prior`).

Why not the triangular law with its mode at the central value: many ranges span orders of magnitude, with the central value
in the middle of the logarithms, and there it would put nearly all draws above the central value.
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

LOGARITHMIC_FROM = 3.0
"""A side of a range that spans this factor is drawn in the logarithm. An assumption, which matters little: for a factor of
three the means of a side are within 11 % of each other by both laws."""


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
        else one_of(quantiles[name], row)
        if row.choices
        else two_sided(quantiles[name], low=row.low, central=row.central, high=row.high)
        for name, row in rows.items()
    }


def two_sided(uniform: float, *, low: float, central: float, high: float) -> float:
    """The value at a quantile of a law with its median at the central value, by inversion of its distribution function.

    Each side of the central value has half of the probability, with a density that falls linearly to nothing at its end: in
    the value, or in its logarithm where the side spans a factor of `LOGARITHMIC_FROM` or more. An assumption: the sources
    give ranges and no laws.
    """
    end, share = (low, 2 * uniform) if uniform < 0.5 else (high, 2 * (1 - uniform))
    way = 1 - math.sqrt(share)  # from the centre to the end
    small, large = sorted((end, central))
    if small > 0 and large / small >= LOGARITHMIC_FROM:
        value: float = central * (end / central) ** way
        return min(max(value, small), large)
    return central + (end - central) * way


def one_of(uniform: float, row: Parameter) -> float:
    """The value at a quantile of a row that is one thing or another: central half of the time, each end a quarter."""
    return row.low if uniform < 0.25 else row.central if uniform < 0.75 else row.high


def _entity(name: str) -> int:
    """A number that stands for a row of the table."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
