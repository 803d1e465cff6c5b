"""Round-trip times: what a landmark measures when it asks a chip.

RTT = sum over the legs of the path of (propagation floor + persistent excess + jitter) + in-loop processing.

* Floor: geodesic at two thirds of c, the speed of light in fibre. Cloud and hosting tables hold no honest pair below it.
* Excess: lognormal, by regime, drawn once for each pair of places. Part of its variance belongs to the two ends, so that
  three landmarks do not look like three independent looks at a badly connected site.
* Jitter: what one burst of pings stays above the minimum of its day; lognormal with a heavy tail.
* A relay adds a leg and all that comes with it. It hides an address, never a distance.

Source: fits to measured round-trip times between 246 cities, `latency_regimes` in the parameter file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyRegime, Values
from ..randomness import Draws, Stream
from .geography import RESTRICTED_COUNTRY, Place, distances_km
from .sites import GULF, SOUTH_EAST_ASIA

FloatArray = NDArray[np.float64]

_NORMAL_Q95 = 1.6448536269514722
METRO_KM, ASIA_GULF_NEAR_KM, NEAR_KM = 100.0, 2000.0, 3000.0


def regime_of(one: Place, other: Place, distance_km: float) -> str:
    """The name of the latency regime between two places; the first that fits."""
    countries = {one.country, other.country}
    if distance_km < METRO_KM:
        return "metro"
    china, gulf = RESTRICTED_COUNTRY in countries, bool(countries & GULF)
    south_east_asia = bool(countries & SOUTH_EAST_ASIA)
    if distance_km <= ASIA_GULF_NEAR_KM and (china or gulf or south_east_asia):
        return "asia_gulf_near"
    if china:
        return "china"
    if south_east_asia:
        return "south_east_asia"
    if gulf:
        return "gulf"
    return "near" if distance_km <= NEAR_KM else "far"


def excess_ms(regime: LatencyRegime, floor_ms: float, normal: float) -> float:
    """Persistent delay above the propagation floor at a given standard normal deviate, in ms."""
    median_ms = regime.offset_ms + regime.slope * math.pow(floor_ms, regime.exponent)
    log_sd = regime.log_sd + regime.near_log_sd * math.exp(-floor_ms / regime.near_ms)
    return median_ms * math.exp(log_sd * normal)


@dataclass(frozen=True)
class PathTiming:
    """The round-trip time of one path from each of several landmarks, but for jitter.

    Attributes:
        base_ms: floor, excess and processing, shape (landmarks,).
        jitter_median_ms: shape (landmarks, legs).
        jitter_log_sd: shape (landmarks, legs).
    """

    base_ms: FloatArray
    jitter_median_ms: FloatArray
    jitter_log_sd: FloatArray

    def sample(self, normals: FloatArray) -> FloatArray:
        """Round-trip times of one burst, shape (landmarks,), in ms.

        Args:
            normals: standard normal deviates, shape (landmarks * legs,), landmark by landmark.
        """
        jitter_ms = self.jitter_median_ms * np.exp(self.jitter_log_sd * normals.reshape(self.jitter_log_sd.shape))
        times_ms: FloatArray = self.base_ms + jitter_ms.sum(axis=1)
        return times_ms


class Network:
    """All paths of one run. What is slow about a path is drawn once and stays."""

    def __init__(self, regimes: Mapping[str, LatencyRegime], values: Values, draws: Draws) -> None:
        self._regimes = regimes
        self._values = values
        self._draws = draws
        self._legs: dict[tuple[int, int], tuple[float, float, float]] = {}

    def timing(self, landmarks: Sequence[Place], path: Sequence[Place]) -> PathTiming:
        """Timing of a challenge that leaves each landmark and passes through the places of `path` in turn."""
        base_ms = np.full(len(landmarks), self._values["in_loop_processing_ms"])
        median_ms = np.zeros((len(landmarks), len(path)))
        log_sd = np.zeros((len(landmarks), len(path)))
        for row, landmark in enumerate(landmarks):
            ends = [landmark, *path]
            for leg, (start, end) in enumerate(itertools.pairwise(ends)):
                base, median_ms[row, leg], log_sd[row, leg] = self._leg(start, end)
                base_ms[row] += base
        return PathTiming(base_ms, median_ms, log_sd)

    def _leg(self, start: Place, end: Place) -> tuple[float, float, float]:
        """Floor and excess, median jitter (all in ms) and its log standard deviation between two places."""
        lower, higher = sorted((start, end), key=lambda place: place.number)
        key = (lower.number, higher.number)
        if key not in self._legs:
            distance_km = float(distances_km([lower.position], [higher.position])[0, 0])
            regime = self._regimes[regime_of(lower, higher, distance_km)]
            floor_ms = distance_km / FIBRE_KM_PER_MS
            excess = excess_ms(regime, floor_ms, self._deviate(*key)) * self._values["excess_scale"]
            log_sd = math.log(regime.jitter_q95_ms / regime.jitter_median_ms) / _NORMAL_Q95
            self._legs[key] = (floor_ms + excess, regime.jitter_median_ms, log_sd)
        return self._legs[key]

    def _deviate(self, lower: int, higher: int) -> float:
        """A standard normal deviate shared in part by all paths of either end."""
        of_ends = self._values["excess_endpoint_log_share"]
        ends = [self._draws.normals(Stream.EXCESS_ENDPOINT, number)[0] for number in (lower, higher)]
        pair = self._draws.normals(Stream.EXCESS_PAIR, lower, higher)[0]
        return float(math.sqrt(of_ends / 2) * (ends[0] + ends[1]) + math.sqrt(1 - of_ends) * pair)
