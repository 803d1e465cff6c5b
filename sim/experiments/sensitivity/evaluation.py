"""What sensitivity analysis is about: a function of named inputs, and what is done where it has no value."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Evaluate = Callable[[Sequence[Mapping[str, float]]], FloatArray]
"""An outcome at points: from points, each with its inputs by name, to shape (points, runs). NaN where there is none.

Inputs that a point does not name stay where they are. Run k has the same seed at every point (common random numbers), so
that for given seeds the mean over runs is a deterministic function of the inputs."""

Inputs = Mapping[str, tuple[str, ...]]
"""What is moved as one, by name: names of one input or of several."""


class TooFewLeft(Exception):
    """Too few points have an outcome for the analysis. The message says how many have."""


class ExtraMissing(Exception):
    """A package is not installed that this analysis needs. The message says how to get it."""


def means(evaluate: Evaluate, points: Sequence[Mapping[str, float]]) -> FloatArray:
    """The mean over the runs that have an outcome, shape (points,); NaN where none has."""
    by_run = evaluate(points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a point without any outcome is NaN, and told of by who asks
        mean: FloatArray = np.nanmean(by_run, axis=1)
    return mean


def see_enough(known: int, asked: int, least: int, what: str) -> None:
    """See that enough is left.

    Args:
        known: number of those that have an outcome.
        asked: of all.
        least: number that is needed.
        what: they are, in the plural, for the message.

    Raises:
        TooFewLeft: there are fewer.
    """
    if known < least:
        raise TooFewLeft(f"{known} of {asked} {what} have an outcome; needed: at least {least}")
