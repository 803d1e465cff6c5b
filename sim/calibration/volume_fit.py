"""The correlation of two years' smuggled volumes, fitted to the quantiles of both years together.

Epoch AI publishes quantiles of the sum of 2024 and 2025; those of each year come from re-running its arithmetic. Given the
law of each year, one number is left open: how far a high year goes with a high year. It is the one that brings the
quantiles of the sum nearest to those published, by least squares of their logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtri

from ..parameters import Parameter
from ..world.volume_prior import split_lognormal

FloatArray = NDArray[np.float64]
LEVELS = (0.05, 0.5, 0.95)
POINTS = 200
"""Quantiles of each year that are combined, all with all."""


def fitted_correlation(first: Parameter, second: Parameter, both: Parameter) -> float:
    """Correlation of the normal scores of two years whose laws are given by their rows.

    Args:
        first: low, central and high are the 5, 50 and 95 % quantiles of one year.
        second: the same for the other.
        both: the same for the sum.
    """
    published = np.log([both.low, both.central, both.high])

    def misfit(correlation: float) -> float:
        return float(np.sum((np.log(quantiles_of_sum(first, second, correlation)) - published) ** 2))

    return float(minimize_scalar(misfit, bounds=(-0.95, 0.95), method="bounded").x)


def quantiles_of_sum(first: Parameter, second: Parameter, correlation: float) -> FloatArray:
    """The 5, 50 and 95 % quantiles of the sum of two years, shape (3,), on a grid of equal probabilities."""
    one, another = np.meshgrid(*2 * [ndtri((np.arange(POINTS) + 0.5) / POINTS)])
    joined = correlation * one + np.sqrt(1 - correlation**2) * another
    quantiles: FloatArray = np.quantile(split_lognormal(one, first) + split_lognormal(joined, second), LEVELS)
    return quantiles
