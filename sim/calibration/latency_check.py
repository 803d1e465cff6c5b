"""How well the shipped latency model predicts a table of measured round-trip times. Nothing is refitted here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyModel, LatencyRegime
from ..world.excess import excess_ms, path_deviate
from .rtt_table import Kind, Pairs

FloatArray = NDArray[np.float64]

QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
BANDS_KM = (0.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 12_000.0, math.inf)
RADII_KM = (200.0, 500.0, 1000.0, 2000.0)
LANDMARKS = (1, 3, 10)
SUBSETS = 200
"""Random sets of landmarks for each target."""

WORLDS = 20
"""Worlds drawn from the model for the predicted radii."""

_NEAR_KM = 500.0
_SAMPLES = 400  # per pair, where jitter comes on top of the excess


@dataclass(frozen=True)
class Check:
    """Comparison of prediction and measurement; misses are in percentage points.

    Attributes:
        pairs: number of unordered pairs.
        overall: largest absolute miss of the five quantiles over all pairs.
        near_500km: the same below 500 km; NaN if there is no such pair.
        by_regime: regime -> largest miss.
        by_band: band of distance -> largest miss.
        counts: regime or band -> pairs.
        pinball_model: mean pinball loss of ln RTT over the five quantiles.
        pinball_global: the same for the one lognormal excess without regimes.
        best_of_k: predicted and observed radii, see `best_of_k`.
    """

    pairs: int
    overall: float
    near_500km: float
    by_regime: Mapping[str, float]
    by_band: Mapping[str, float]
    counts: Mapping[str, int]
    pinball_model: float
    pinball_global: float
    best_of_k: tuple[Mapping[str, float], ...]

    def as_json(self) -> dict[str, Any]:
        """The figures as nested plain values; NaN becomes None."""
        return {
            "pairs": self.pairs,
            "coverage": {
                "overall": self.overall,
                "near_500km": None if math.isnan(self.near_500km) else self.near_500km,
                "by_regime": dict(self.by_regime),
                "by_band": dict(self.by_band),
            },
            "counts": dict(self.counts),
            "pinball": {"model": self.pinball_model, "global_lognormal": self.pinball_global},
            "best_of_k": [dict(cell) for cell in self.best_of_k],
        }


def check_latency(pairs: Pairs, model: LatencyModel, kind: Kind, seed: int = 1) -> Check:
    """Hold a table against the model of its network class.

    Args:
        pairs: the table.
        model: the shipped model.
        kind: what was measured.
        seed: of the landmark sets and of the worlds drawn.
    """
    predicted = predicted_quantiles(pairs, model, kind, seed)
    below = pairs.rtt_ms[:, None] <= predicted
    names = sorted(set(pairs.regime.tolist()))
    by_regime = {name: _miss(below[pairs.regime == name]) for name in names}
    by_band, counts = {}, {name: int((pairs.regime == name).sum()) for name in names}
    for low, high in itertools.pairwise(BANDS_KM):
        within = (pairs.distance_km >= low) & (pairs.distance_km < high)
        if within.any():
            by_band[band_name(low, high)] = _miss(below[within])
            counts[band_name(low, high)] = int(within.sum())
    near = pairs.distance_km < _NEAR_KM
    yardstick = pairs.floor_ms[:, None] + np.exp(model.global_log_median + model.global_log_sd * ndtri(QUANTILES))
    return Check(
        pairs=len(pairs),
        overall=_miss(below),
        near_500km=_miss(below[near]) if near.any() else math.nan,
        by_regime=by_regime,
        by_band=by_band,
        counts=counts,
        pinball_model=_pinball(pairs.rtt_ms, predicted),
        pinball_global=_pinball(pairs.rtt_ms, yardstick),
        best_of_k=best_of_k(pairs, model, kind, seed),
    )


def band_name(low_km: float, high_km: float) -> str:
    """Such as `250-500`, or `above 12000`."""
    return f"above {low_km:.0f}" if math.isinf(high_km) else f"{low_km:.0f}-{high_km:.0f}"


def predicted_quantiles(pairs: Pairs, model: LatencyModel, kind: Kind, seed: int) -> FloatArray:
    """Predicted round-trip times at the five quantiles, shape (pairs, 5), in ms."""
    predicted = np.empty((len(pairs), len(QUANTILES)))
    generator = np.random.Generator(np.random.Philox(key=seed))
    for name in sorted(set(pairs.regime.tolist())):
        chosen, regime = pairs.regime == name, model.regimes[name]
        floor = pairs.floor_ms[chosen][:, None]
        jitter = jitter_ms(regime, model, kind, generator.standard_normal((int(chosen.sum()), _SAMPLES)))
        if jitter is None:
            predicted[chosen] = floor + excess_ms(regime, floor, ndtri(QUANTILES))
        else:
            samples = excess_ms(regime, floor, ndtri((np.arange(_SAMPLES) + 0.5) / _SAMPLES)) + jitter
            predicted[chosen] = floor + np.quantile(samples, QUANTILES, axis=1).T
    return predicted


def jitter_ms(regime: LatencyRegime, model: LatencyModel, kind: Kind, normals: FloatArray) -> FloatArray | None:
    """What a kind of measurement adds to the one that the model was fitted to, or None if nothing."""
    if kind == model.kind or kind == "min":
        return None
    median, q95 = (
        (regime.jitter_median_ms, regime.jitter_q95_ms)
        if kind == "burst"
        else (regime.median_over_min_ms, regime.median_over_min_q95_ms)
    )
    if median <= 0:
        return None
    jitter: FloatArray = median * np.exp(math.log(q95 / median) / float(ndtri(0.95)) * normals)
    return jitter


def best_of_k(pairs: Pairs, model: LatencyModel, kind: Kind, seed: int) -> tuple[Mapping[str, float], ...]:
    """Radius of the smallest disc around K landmarks within R km, predicted and observed.

    For each target with enough landmarks, random sets of K of them: the shortest round trip sets the radius at two thirds of
    c. Median over the sets of a target, then quantiles over targets. Predictions go through the same sets in worlds drawn
    from the model, in which the ends of paths share part of their deviates, and are averaged over worlds.
    """
    generator = np.random.Generator(np.random.Philox(key=seed + 1))
    worlds = [draw_world(pairs, model, kind, generator) for _ in range(WORLDS)]
    stacked = np.column_stack([pairs.rtt_ms, *worlds])
    cells = []
    for radius_km in RADII_KM:
        by_site = neighbours(pairs, radius_km)
        for number in LANDMARKS:
            medians = []
            for rows in by_site:
                if len(rows) < number:
                    continue
                chosen = rows[np.argsort(generator.random((SUBSETS, len(rows))), axis=1)[:, :number]]
                medians.append(np.median(stacked[chosen].min(axis=1), axis=0) * FIBRE_KM_PER_MS)
            if not medians:
                continue
            by_target = np.array(medians)  # shape (targets, 1 + worlds)
            median, q90 = np.quantile(by_target, [0.5, 0.9], axis=0)
            cells.append(
                {
                    "R": radius_km,
                    "K": number,
                    "targets": len(medians),
                    "median_predicted": float(median[1:].mean()),
                    "median_observed": float(median[0]),
                    "q90_predicted": float(q90[1:].mean()),
                    "q90_observed": float(q90[0]),
                }
            )
    return tuple(cells)


def draw_world(pairs: Pairs, model: LatencyModel, kind: Kind, generator: np.random.Generator) -> FloatArray:
    """One set of round-trip times for the pairs of a table, in which both ends of a path share in its deviate."""
    of_site = generator.standard_normal(len(pairs.sites))
    own = generator.standard_normal(len(pairs))
    rtt_ms = pairs.floor_ms.copy()
    for name in sorted(set(pairs.regime.tolist())):
        chosen, regime = pairs.regime == name, model.regimes[name]
        ends = of_site[pairs.first[chosen]], of_site[pairs.second[chosen]]
        rtt_ms[chosen] += excess_ms(regime, pairs.floor_ms[chosen], path_deviate(model, name, *ends, own[chosen]))
        jitter = jitter_ms(regime, model, kind, generator.standard_normal(int(chosen.sum())))
        if jitter is not None:
            rtt_ms[chosen] += jitter
    return rtt_ms


def neighbours(pairs: Pairs, radius_km: float) -> list[NDArray[np.int64]]:
    """For each site, the pairs that lead to another one within a distance."""
    within = np.flatnonzero(pairs.distance_km < radius_km)
    ends = np.concatenate([pairs.first[within], pairs.second[within]])
    rows = np.concatenate([within, within])
    order = np.argsort(ends, kind="stable")
    counts = np.bincount(ends, minlength=len(pairs.sites))
    return np.split(rows[order], np.cumsum(counts)[:-1])


def _miss(below: NDArray[np.bool_]) -> float:
    """Largest absolute difference between the shares below the predicted quantiles and the quantiles, in points."""
    return float(np.abs(below.mean(axis=0) - QUANTILES).max() * 100)


def _pinball(rtt_ms: FloatArray, predicted_ms: FloatArray) -> float:
    difference = np.log(rtt_ms)[:, None] - np.log(predicted_ms)
    return float(np.maximum(QUANTILES * difference, (QUANTILES - 1) * difference).mean())
