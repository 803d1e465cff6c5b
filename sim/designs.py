"""Designs: which worlds a study visits, as draws of the uncertain parameters.

`random`: every parameter of every draw by itself. `sobol` and `lhs` spread the draws evenly, so that means need fewer of
them: a Sobol sequence scrambled after Owen, with direction numbers of Joe and Kuo (2008), and Latin hypercubes (McKay,
Beckman and Conover, 1979), both by `scipy.stats.qmc`. `factorial`: all combinations of the low, central and high value of a
few.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .randomness import Stream
from .scenario import Scenario
from .uncertainty import at_quantiles, draw_uncertainties, ranged

Design = Literal["random", "sobol", "lhs", "factorial"]
DESIGNS: tuple[Design, ...] = get_args(Design)
EVEN: Mapping[Design, str] = {"sobol": "a scrambled Sobol sequence", "lhs": "Latin hypercubes"}
"""Designs that spread a given number of draws evenly, in words."""

MOST_COMBINATIONS = 10_000


def draws_of(
    design: Design, scenario: Scenario, seed: int, number: int | None = None, among: Collection[str] | None = None
) -> list[dict[str, float]]:
    """The parameters of each draw.

    In the designs `random` and `sobol` draw k is the same however many are made; a Sobol sequence is balanced where their
    number is a power of 2.

    Args:
        design: one of `DESIGNS`.
        scenario: its `uncertainties` are not drawn.
        seed: base seed of the study.
        number: of draws, at least 1; None for `factorial`, which has as many as there are combinations.
        among: rows of the parameter table to draw, the others stay at the scenario's values; by default all that have a
            range. `factorial` must be told.

    Raises:
        ValueError: no such design; number or `among` are missing or out of range.
    """
    if design not in DESIGNS:
        raise ValueError(f"design: {design!r} does not exist; allowed: {', '.join(DESIGNS)}")
    if design == "factorial":
        if number is not None or among is None:
            raise ValueError("design: 'factorial' takes no number of draws, but the names of the parameters (among)")
        return _factorial(scenario, among)
    if number is None or number < 1:
        raise ValueError(f"draws: {number!r} is not at least 1")
    names = list(ranged(scenario, among))
    if design == "random":
        return [draw_uncertainties(scenario, seed, draw, names) for draw in range(number)]
    return [
        at_quantiles(scenario, dict(zip(names, row, strict=True)))
        for row in _even_quantiles(design, seed, number, len(names)).tolist()
    ]


def described(design: Design) -> dict[str, str]:
    """What a manifest says of a design besides the number of draws; nothing of draws that are each by itself."""
    return {} if design == "random" else {"name": design}


def _even_quantiles(design: Design, seed: int, number: int, rows: int) -> NDArray[np.float64]:
    """Quantiles strictly between 0 and 1, shape (number, rows)."""
    from scipy.stats import qmc  # here, because scipy.stats takes half a second to load

    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, Stream.DESIGN])))
    if design == "lhs":
        return np.clip(qmc.LatinHypercube(rows, rng=generator).random(number), 2.0**-53, 1 - 2.0**-53)
    sequence = qmc.Sobol(rows, scramble=True, rng=generator)
    whole = sequence.random_base2((number - 1).bit_length())  # asked for a power of 2, it has no reason to warn
    return whole[:number] + 2.0**-31  # the middle of each cell of 30 bits, so that none is at 0


def _factorial(scenario: Scenario, among: Collection[str]) -> list[dict[str, float]]:
    rows = ranged(scenario, among)
    levels = [sorted({row.low, row.central, row.high}) for row in rows.values()]
    if not 1 <= (combinations := int(np.prod([len(values) for values in levels]))) <= MOST_COMBINATIONS:
        raise ValueError(f"among: {combinations:,} combinations; allowed 1 to {MOST_COMBINATIONS:,}")
    return [dict(zip(rows, values, strict=True)) for values in itertools.product(*levels)]
