"""Fitting the latency model to a table of measured round-trip times.

Excess by regime: maximum likelihood of the sinh-arcsinh law of `world.excess`, with weak priors that keep regimes of few
pairs from running away. Random effects: the share of each end in the variance of the deviates, by moments. Levels rest on
sites, not on pairs, so standard errors come from a bootstrap over sites.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..parameters import LatencyRegime
from ..world.excess import is_near, normal_of
from .rtt_table import Pairs

FloatArray = NDArray[np.float64]

SHAPE = ("offset_ms", "slope", "exponent", "log_sd", "skew", "tail", "near_log_sd", "near_ms")
"""Parameters of one regime, in the order in which they are fitted; the last two only near by."""

# Fitted on scales on which a step means the same everywhere: logarithms, but for the skew. Bounds, and starting points.
_LOWER = np.array([-4.0, -9.0, -3.0, -3.0, -1.5, -0.9, -4.0, 0.0])
_UPPER = np.array([6.0, 6.0, 1.2, 1.0, 1.5, 0.9, 1.0, 4.0])
_PRIOR_MEAN = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
_PRIOR_SD = np.array([np.inf, 8.0, 1.0, np.inf, 0.5, 0.5, np.inf, np.inf])
_STARTS = ((1.0, 0.8), (10.0, 0.3))  # slope and exponent
_AT_A_BOUND = 1e-9  # a parameter that no resample moves rests on a bound, which is no error of zero
LINE_QUANTILES = (0.01, 0.05)
JACKKNIFE_GROUPS = 20
_FEWEST_FOR_SHAPE = 60  # pairs; with fewer, a plain lognormal
_FEWEST_FOR_NEAR = 100  # pairs; with fewer, the same spread at all distances


@dataclass(frozen=True)
class Fit:
    """A fitted latency model of one network class.

    Attributes:
        regimes: regime -> parameter -> value.
        pairs: regime -> number of pairs.
        sites: regime -> number of sites.
        endpoint_share_near: share of the variance of the deviates that belongs to the two ends of a short path together.
        endpoint_share_far: the same for other paths.
        global_log_median: mean of ln E over all pairs, E in ms: the yardstick that has no regimes.
        global_log_sd: its standard deviation.
        quantile_lines: quantile -> offset in ms and slope in ms per 1,000 km.
    """

    regimes: Mapping[str, Mapping[str, float]]
    pairs: Mapping[str, int]
    sites: Mapping[str, int]
    endpoint_share_near: float
    endpoint_share_far: float
    global_log_median: float
    global_log_sd: float
    quantile_lines: Mapping[float, tuple[float, float]]


def fit_latency(pairs: Pairs) -> Fit:
    """Fit every regime that occurs in a table."""
    by_regime = {name: pairs.select(pairs.regime == name) for name in sorted(set(pairs.regime.tolist()))}
    regimes = {name: fit_regime(rows, name) for name, rows in by_regime.items()}
    logs = np.log(pairs.excess_ms)
    normals = deviates(pairs, {name: as_regime(values) for name, values in regimes.items()})
    near = np.array([is_near(name) for name in pairs.regime.tolist()])
    return Fit(
        regimes,
        {name: len(rows) for name, rows in by_regime.items()},
        {name: len(set(rows.first.tolist()) | set(rows.second.tolist())) for name, rows in by_regime.items()},
        endpoint_share(pairs.select(near), normals[near]),
        endpoint_share(pairs.select(~near), normals[~near]),
        float(logs.mean()),
        float(logs.std()),
        {quantile: quantile_line(pairs, quantile) for quantile in LINE_QUANTILES},
    )


def quantile_line(pairs: Pairs, quantile: float) -> tuple[float, float]:
    """Offset, at least 0 ms, and slope in ms per 1,000 km of the line below which a share of round-trip times lies.

    Quantile regression as a linear programme (Koenker and Bassett, Econometrica 46, 1978), solved in its dual form.
    """
    from scipy.optimize import linprog  # here, because it takes a quarter of a second to load

    # Minimise q * above + (1 - q) * below over offset, slope and the residuals above - below = RTT - line.
    # Dual: maximise RTT . w over q - 1 <= w <= q with sum(w) <= 0 (offset >= 0) and distance . w <= 0 (slope >= 0).
    design = np.stack([np.ones(len(pairs)), pairs.distance_km / 1000.0])
    found = linprog(-pairs.rtt_ms, A_ub=design, b_ub=[0.0, 0.0], bounds=(quantile - 1, quantile), method="highs")
    offset_ms, slope = -found.ineqlin.marginals
    return float(offset_ms), float(slope)


def fit_regime(pairs: Pairs, name: str) -> dict[str, float]:
    """Parameters of one regime by penalised maximum likelihood."""
    from scipy.optimize import minimize  # here, because it takes a quarter of a second to load

    logs = np.log(pairs.excess_ms)
    near = name.startswith("near")
    free = np.array([True] * 4 + [len(pairs) >= _FEWEST_FOR_SHAPE] * 2 + [near and len(pairs) >= _FEWEST_FOR_NEAR] * 2)
    best = None
    for slope, exponent in _STARTS:
        start = np.array(
            [logs.mean() - 1.2, math.log(slope), math.log(exponent), math.log(0.4), 0.0, 0.0, math.log(0.6), math.log(5.0)]
        )
        start = np.clip(start, _LOWER, _UPPER)

        def loss(values: FloatArray, start: FloatArray = start) -> float:
            theta = start.copy()
            theta[free] = values
            return _loss(theta, pairs.floor_ms, logs, near=bool(free[6]))

        bounds = list(zip(_LOWER[free], _UPPER[free], strict=True))
        found = minimize(loss, start[free], method="L-BFGS-B", bounds=bounds)
        if best is None or found.fun < best[0]:
            theta = start.copy()
            theta[free] = found.x
            best = (float(found.fun), theta)
    assert best is not None
    return _named(best[1], near=bool(free[6]))


def as_regime(values: Mapping[str, float]) -> LatencyRegime:
    """Fitted values as a regime without the rest of its row."""
    row: dict[str, Any] = {"near_log_sd": 0.0, "near_ms": 1.0, **values}
    return LatencyRegime.model_construct(**row)


def deviates(pairs: Pairs, regimes: Mapping[str, LatencyRegime]) -> FloatArray:
    """The standard normal deviate of each pair's excess under a model."""
    normals = np.empty(len(pairs))
    for name in set(pairs.regime.tolist()):
        chosen = pairs.regime == name
        normals[chosen] = normal_of(regimes[name], pairs.floor_ms[chosen], pairs.excess_ms[chosen])
    return np.clip(normals, -6.0, 6.0)


def endpoint_share(pairs: Pairs, normals: FloatArray) -> float:
    """Share of the variance of deviates that belongs to the two ends of a path together.

    Two pairs that have one site in common correlate by the share of that end: for each site, (square of the sum - sum of
    squares) over (pairs * (pairs - 1)). Every site counts the same, as it does when it is to be located. Tables in which
    both directions are alike cannot tell landmark from target, so that both ends get the same.
    """
    centred = normals - normals.mean()
    ends = np.concatenate([pairs.first, pairs.second])
    both = np.concatenate([centred, centred])
    count = np.bincount(ends, minlength=len(pairs.sites))
    total = np.bincount(ends, weights=both, minlength=len(pairs.sites))
    squares = np.bincount(ends, weights=both**2, minlength=len(pairs.sites))
    several = count >= 2
    if not several.any():
        return 0.0
    of_site = (total**2 - squares)[several] / (count * (count - 1))[several]
    return float(np.clip(2 * of_site.mean() / centred.var(), 0.0, 0.99))


def bootstrap(pairs: Pairs, draws: int, seed: int) -> dict[str, dict[str, float]]:
    """Standard error of each parameter of each regime: sites are drawn with replacement, with the pairs between them.

    A pair of sites drawn m and n times counts m * n times. Regimes that vanish in a draw are left out of it.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    values: dict[str, list[FloatArray]] = {}
    for _ in range(draws):
        weight = np.bincount(generator.integers(len(pairs.sites), size=len(pairs.sites)), minlength=len(pairs.sites))
        drawn = pairs.select(np.repeat(np.arange(len(pairs)), weight[pairs.first] * weight[pairs.second]))
        for name in sorted(set(drawn.regime.tolist())):
            fitted = fit_regime(drawn.select(drawn.regime == name), name)
            values.setdefault(name, []).append(np.array([fitted.get(parameter, np.nan) for parameter in SHAPE]))
    errors = {}
    for name, rows in values.items():
        columns = [column[np.isfinite(column)] for column in np.array(rows).T]
        errors[name] = {
            parameter: float(column.std(ddof=1))
            for parameter, column in zip(SHAPE, columns, strict=True)
            if len(column) > 1 and np.ptp(column) > _AT_A_BOUND
        }
    return errors


def jackknife(pairs: Pairs, fit: Fit, seed: int) -> dict[str, float]:
    """Standard errors of what is common to all regimes, by leaving out a twentieth of the sites at a time.

    A bootstrap over sites would pair a site drawn twice with its copy, which overstates what belongs to sites. Deviates are
    those of the whole fit.
    """
    normals = deviates(pairs, {name: as_regime(values) for name, values in fit.regimes.items()})
    near = np.array([is_near(name) for name in pairs.regime.tolist()])
    group = np.random.Generator(np.random.Philox(key=seed)).permutation(len(pairs.sites)) % JACKKNIFE_GROUPS
    rows = []
    for left_out in range(JACKKNIFE_GROUPS):
        kept = (group[pairs.first] != left_out) & (group[pairs.second] != left_out)
        logs = np.log(pairs.excess_ms[kept])
        shares = [endpoint_share(pairs.select(kept & mask), normals[kept & mask]) for mask in (near, ~near)]
        rows.append([*shares, logs.mean(), logs.std()])
    spread = np.sqrt((JACKKNIFE_GROUPS - 1) * np.var(rows, axis=0))
    names = ("endpoint_share_near", "endpoint_share_far", "global_log_median", "global_log_sd")
    return {name: float(error) for name, error in zip(names, spread, strict=True) if error > _AT_A_BOUND}


def _loss(theta: FloatArray, floor_ms: FloatArray, logs: FloatArray, *, near: bool) -> float:
    """Negative log likelihood of ln E, and the priors."""
    offset, slope, exponent, log_sd = np.exp(theta[:4])
    skew, tail = theta[4], math.exp(theta[5])
    median_log = np.log(offset + slope * floor_ms**exponent)
    scale = log_sd + (math.exp(theta[6]) * np.exp(-floor_ms / math.exp(theta[7])) if near else 0.0)
    shape = (logs - median_log) / scale + math.sinh(skew / tail)
    inner = np.arcsinh(shape) * tail - skew
    normal = np.sinh(inner)
    # d z / d ln E by the chain rule.
    log_slope = np.log(np.cosh(inner)) + math.log(tail) - 0.5 * np.log1p(shape**2) - np.log(scale)
    penalty = 0.5 * (((theta - _PRIOR_MEAN) / _PRIOR_SD) ** 2).sum()
    loss = float((0.5 * normal**2 - log_slope).sum() + penalty)
    return loss if math.isfinite(loss) else 1e12


def _named(theta: FloatArray, *, near: bool) -> dict[str, float]:
    values = np.exp(theta)
    values[4] = theta[4]
    named = dict(zip(SHAPE, (float(value) for value in values), strict=True))
    return named if near else {name: named[name] for name in SHAPE[:6]}
