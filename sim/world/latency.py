"""Round-trip times: what a landmark measures when it asks a chip.

RTT = sum over the legs of the path of (propagation floor + persistent excess + jitter) + in-loop processing.

* Floor: geodesic at two thirds of c, the speed of light in fibre. Cloud and hosting tables hold no honest pair below it.
* Excess: by regime, see `excess`, drawn once for each pair of places. Part of its variance belongs to the two ends, so that
  three landmarks do not look like three independent looks at a badly connected site.
* Jitter: what one burst of pings stays above the minimum of its day; lognormal with a heavy tail.
* A relay adds a leg and all that comes with it. It hides an address, never a distance.

Source: fits to measured round-trip times, `latency.toml` beside the parameter file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyModel, NetworkClass, Values
from ..randomness import Draws, Stream
from .excess import excess_ms, is_near, regime_of
from .geography import Place, distances_km

FloatArray = NDArray[np.float64]

_NORMAL_Q95 = 1.6448536269514722


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

    def __init__(self, network: NetworkClass, model: LatencyModel, values: Values, draws: Draws) -> None:
        self._network = network
        self._model = model
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
            name = regime_of(self._network, lower.country, higher.country, distance_km)
            regime = self._model.regimes[name]
            floor_ms = distance_km / FIBRE_KM_PER_MS
            share = self._model.endpoint_share_near if is_near(name) else self._model.endpoint_share_far
            excess = float(excess_ms(regime, floor_ms, self._deviate(*key, share))) * self._values["excess_scale"]
            log_sd = math.log(regime.jitter_q95_ms / regime.jitter_median_ms) / _NORMAL_Q95
            self._legs[key] = (floor_ms + excess, regime.jitter_median_ms, log_sd)
        return self._legs[key]

    def _deviate(self, lower: int, higher: int, of_ends: float) -> float:
        """A standard normal deviate of which a share belongs to the two ends, and so to all their paths."""
        ends = [self._draws.normals(Stream.EXCESS_ENDPOINT, number)[0] for number in (lower, higher)]
        pair = self._draws.normals(Stream.EXCESS_PAIR, lower, higher)[0]
        return float(math.sqrt(of_ends / 2) * (ends[0] + ends[1]) + math.sqrt(1 - of_ends) * pair)
