"""Sobol' indices: which share of an outcome's variance an input decides by itself, and which with all others.

First-order index: the share of the variance that is gone, in the mean, once the input is known. Total index: the share that
is left, in the mean, if all others are known. Design of Saltelli et al. (2010): two independent samples, and for each input
the first with that input from the second; estimators of Saltelli et al. (2010) for the first order
and Jansen (1999) for the total, with the bootstrap over base points. (`SALib` and `scipy.stats.sobol_indices` have the same
estimators, but no way to leave out a single point that has no outcome.)

Several rows may be one input. The total index of everything else, so taken, is what is lost by keeping all of it where it
is: at least that share of the variance, and seldom more than twice as much (Sobol' et al., 2007).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...intervals import Z_95
from .evaluation import Evaluate, FloatArray, Inputs, means, see_enough
from .screening import RESAMPLES, points_of


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
        base_points: that have an outcome in both samples.
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
    there may be hundreds, at random. A difference one of whose points has no outcome is left out. If the outcome is the same
    everywhere, all indices are 0.

    Args:
        evaluate: outcome at quantiles strictly between 0 and 1.
        inputs: what is moved as one.
        base_points: at least 2; a power of 2 is best.
        seed: of the sample and of the bootstrap.

    Raises:
        ValueError: there are too few base points or no inputs.
        TooFewLeft: fewer than two base points have an outcome in both samples, or fewer than two for an input.
    """
    if base_points < 2:
        raise ValueError(f"base_points: {base_points!r} is not at least 2")
    if not inputs:
        raise ValueError("inputs: there are none")
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
    design = np.stack(pages).reshape(-1, len(rows))
    outcomes = means(evaluate, points_of(rows, design)).reshape(len(pages), base_points)
    known = int((~np.isnan(outcomes[[0, -1]])).all(axis=0).sum())
    see_enough(known, base_points, 2, "base points")
    mean, variance = float(np.nanmean(outcomes[[0, -1]])), float(np.nanvar(outcomes[[0, -1]]))
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, base_points, len(rows)])))
    resamples = generator.integers(base_points, size=(RESAMPLES, base_points))
    ends = outcomes[0] - mean, outcomes[-1] - mean
    each = tuple(
        Index(name, tuple(names), *_with_interval(ends, outcomes[1 + place] - mean, resamples, name))
        for place, (name, names) in enumerate(inputs.items())
    )
    return Indices(each, mean, variance, known, base_points)


def _with_interval(
    ends: tuple[FloatArray, FloatArray], page: FloatArray, resamples: NDArray[np.int64], name: str
) -> tuple[float, float, float, float, float, float]:
    """First-order and total index of one input, each with the ends of its interval."""
    present = ~np.isnan([*ends, page]).any(axis=0)
    see_enough(int(present.sum()), len(page), 2, f"base points at {name}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a resample may hold nothing that is known: NaN, left out below
        values = [float(share) for share in _shares(*ends, page)]
        halves = [
            float(Z_95 * np.nanstd(shares)) for shares in _shares(*(values[resamples] for values in (*ends, page)))
        ]  # fmt: skip
    (first, total), (first_half, total_half) = values, halves
    return first, first - first_half, first + first_half, total, total - total_half, total + total_half


def _shares(one: FloatArray, other: FloatArray, page: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First-order and total index over the last axis; 0 if the outcome is the same everywhere."""
    variance = np.nanvar(np.concatenate([one, other], axis=-1), axis=-1)
    scale = np.where(variance > 0, variance, np.inf)
    return np.nanmean(other * (page - one), axis=-1) / scale, np.nanmean((one - page) ** 2, axis=-1) / (2 * scale)


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
