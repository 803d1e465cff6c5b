"""Sobol' indices: which share of an outcome's variance an input decides by itself, and which with all others.

First-order index: the share of the variance that is gone, in the mean, once the input is known. Total index: the share that
is left, in the mean, if all others are known. Design of Saltelli et al. (2010): two independent samples, and for each input
the first with that input from the second; estimators of Saltelli et al. (2010) for the first order and Jansen (1999) for the
total, as SALib has them, with its bootstrap over base points. (`scipy.stats.sobol_indices` has the same estimators, but
insists on a power of 2 and so cannot leave out a point without an outcome, and its intervals fail where an input changes
nothing.)

Several rows may be one input. The total index of everything else, so taken, is what is lost by keeping all of it where it
is: at least that share of the variance, and seldom more than twice as much (Sobol' et al., 2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .evaluation import Evaluate, ExtraMissing, FloatArray, Inputs, blocks_with_all, means
from .screening import CONFIDENCE, points_of

RESAMPLES = 1000


@dataclass(frozen=True)
class Index:
    """Shares of the variance of the outcome, with 95 % intervals.

    Attributes:
        name: of the input.
        rows: that are moved as one under this name.
        first, first_low, first_high: what the input decides by itself.
        total, total_low, total_high: and what it decides together with others.
    """

    name: str
    rows: tuple[str, ...]
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


@dataclass(frozen=True)
class Indices:
    """Indices of all inputs.

    Attributes:
        each: in the order of the inputs.
        mean, variance: of the outcome, over both samples.
        base_points: that have an outcome at each of their points.
        asked: base points in all.
    """

    each: tuple[Index, ...]
    mean: float
    variance: float
    base_points: int
    asked: int

    def of(self, name: str) -> Index:
        """That of an input."""
        return next(index for index in self.each if index.name == name)


def sobol_indices(evaluate: Evaluate, inputs: Inputs, *, base_points: int = 64, seed: int = 1) -> Indices:
    """First-order and total indices, at a cost of base points x (inputs + 2) points.

    Inputs of one row are sampled by a scrambled Sobol sequence, which spreads them evenly; those of several rows, of which
    there may be hundreds, at random. Base points with a point that has no outcome are left out. If the outcome is the same
    everywhere, all indices are 0.

    Args:
        evaluate: outcome at quantiles strictly between 0 and 1.
        inputs: what is moved as one.
        base_points: at least 2; a power of 2 is best.
        seed: of the sample and of the bootstrap.

    Raises:
        ValueError: there are too few base points or no inputs.
        TooFewLeft: fewer than two base points have all their outcomes.
        ExtraMissing: SALib is not installed.
    """
    if base_points < 2:
        raise ValueError(f"base_points: {base_points!r} is not at least 2")
    if not inputs:
        raise ValueError("inputs: there are none")
    analyze = _salib()
    rows = [name for names in inputs.values() for name in names]
    one, other = _two_samples(inputs, base_points, seed)
    places = {name: number for number, name in enumerate(rows)}
    pages = [one]
    for names in inputs.values():
        page = one.copy()
        taken = [places[name] for name in names]
        page[:, taken] = other[:, taken]
        pages.append(page)
    pages.append(other)
    design = np.stack(pages, axis=1).reshape(-1, len(rows))  # a base point's points one after the other
    whole = blocks_with_all(means(evaluate, points_of(rows, design)), len(pages), 2, "base points")
    ends = whole[:, [0, -1]]
    if np.ptp(whole) == 0:
        none = tuple(Index(name, tuple(names), *[0.0] * 6) for name, names in inputs.items())
        return Indices(none, float(ends.mean()), 0.0, len(whole), base_points)
    problem = {"num_vars": len(inputs), "names": list(inputs), "bounds": [[0.0, 1.0]] * len(inputs)}
    found = analyze(
        problem, whole.ravel(), calc_second_order=False, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=seed + 1
    )  # fmt: skip
    each = tuple(
        Index(name, tuple(names), *_shares(found, "S1", place), *_shares(found, "ST", place))
        for place, (name, names) in enumerate(inputs.items())
    )
    return Indices(each, float(ends.mean()), float(ends.var()), len(whole), base_points)


def _shares(found: Mapping[str, Any], key: str, place: int) -> tuple[float, float, float]:
    value, half = float(found[key][place]), float(found[f"{key}_conf"][place])
    return value, value - half, value + half


def _two_samples(inputs: Inputs, number: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Two independent samples of quantiles strictly between 0 and 1, each of shape (number, rows)."""
    from scipy.stats import qmc  # here, because scipy.stats takes half a second to load

    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number])))
    widths = [len(names) for names in inputs.values()]
    single = np.repeat([width == 1 for width in widths], widths)
    samples = generator.random((2, number, len(single)))
    if single.any():
        sequence = qmc.Sobol(2 * int(single.sum()), scramble=True, rng=generator)
        even = sequence.random_base2((number - 1).bit_length())[:number]
        samples[:, :, single] = np.stack(np.split(even, 2, axis=1))
    return tuple(np.clip(samples, 2.0**-32, 1 - 2.0**-32))


def _salib() -> Any:
    try:
        from SALib.analyze.sobol import analyze  # type: ignore[import-untyped]
    except ImportError:
        raise ExtraMissing("sensitivity analysis needs SALib: pip install chip-location-verification[sensitivity]") from None
    return analyze
