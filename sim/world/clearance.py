"""Whether an honest chip at a place can prove that it is outside the restricted territory.

Two answers. The clearance time is geometry: the round trip that a landmark in the chip's own city must stay below, from that
city to the nearest point of the territory and back in fibre. The clearance chance is how often the landmarks that exist get
there, over many worlds that differ in what is slow about paths, in quiet times (no congestion) and without route changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyModel, NetworkClass, Values
from ..randomness import Draws, Stream
from .bounds import KM_PER_MS, Bound, hardest_points_km
from .excess import excess_ms, is_near, regime_of
from .geography import Hub, Position, distances_km, landmark_cities, pairwise_km
from .landmarks import INTERSECTED
from .latency import jitter_law
from .territory import Territory, distance_to_km, nearest_point

FloatArray = NDArray[np.float64]

PROVEN, HARDLY = 0.9, 0.1
"""Chances from which a place counts as one that a ping proves outside, and below which it does hardly ever."""


@dataclass(frozen=True)
class Samples:
    """Round trips of one burst to an honest chip at a hub, in many worlds, without in-loop processing.

    Attributes:
        landmarks: nearest first.
        rtt_ms: shape (worlds, landmarks).
        excess_ms: the part of them that is excess, the same shape.
    """

    landmarks: tuple[Hub, ...]
    rtt_ms: FloatArray
    excess_ms: FloatArray

    def rescaled(self, factor: float) -> Samples:
        """The same worlds with every excess times a factor, as `excess_scale` would have made it."""
        return Samples(self.landmarks, self.rtt_ms + (factor - 1) * self.excess_ms, factor * self.excess_ms)


def clearance_ms(positions: Sequence[Position], restricted: Territory, bound: Bound = "planning") -> FloatArray:
    """Round trip that a landmark at the place must stay below, shape (positions,), in ms."""
    return distance_to_km(positions, restricted) / KM_PER_MS[bound]


def sample_round_trips(
    hubs: Sequence[Hub],
    landmarks: Sequence[Hub],
    *,
    asked: int,
    worlds: int,
    network: NetworkClass,
    model: LatencyModel,
    values: Values,
    draws: Draws,
) -> tuple[Samples, ...]:
    """Round trips between each hub and the `asked` nearest landmarks.

    A pair of hub and landmark has the same round trips in every network, so that networks differ only by their landmarks.
    Deviates are keyed by the hub's rank among `hubs` and the landmark's rank in the catalogue.
    """
    distance_km = distances_km([hub.position for hub in hubs], [landmark.position for landmark in landmarks])
    ranks = {landmark: rank for rank, landmark in enumerate(landmark_cities(), start=1)}
    samples = []
    for number, hub in enumerate(hubs):
        of_hub = draws.normals(Stream.CLEARANCE, number, 0, worlds)
        nearest = np.argsort(distance_km[number], kind="stable")[:asked]
        columns, excesses = [], []
        for index in nearest.tolist():
            landmark, km = landmarks[index], float(distance_km[number, index])
            name = regime_of(network, hub.country, landmark.country, km)
            regime = model.regimes[name]
            share = model.endpoint_share_near if is_near(name) else model.endpoint_share_far
            of_landmark, own, jitter = draws.normals(Stream.CLEARANCE, number, ranks[landmark], 3 * worlds).reshape(
                3, worlds
            )
            normal = np.sqrt(share / 2) * (of_hub + of_landmark) + np.sqrt(1 - share) * own
            median_ms, log_sd = jitter_law(regime)
            floor_ms = km / FIBRE_KM_PER_MS
            excess = excess_ms(regime, floor_ms, normal) * values["excess_scale"]
            excesses.append(excess)
            columns.append(floor_ms + excess + median_ms * np.exp(log_sd * jitter))
        asked_landmarks = tuple(landmarks[index] for index in nearest.tolist())
        samples.append(Samples(asked_landmarks, np.stack(columns, axis=1), np.stack(excesses, axis=1)))
    return tuple(samples)


@dataclass(frozen=True)
class Chance:
    """Share of worlds in which a chip is cleared, by the best landmark alone, and by the intersection as well."""

    by_one: float
    by_intersection: float


def clearance_chance(samples: Samples, restricted: Territory, bound: Bound, processing_ms: float) -> Chance:
    """Chance that one burst clears an honest chip.

    Args:
        samples: round trips to its hub.
        restricted: the territory to be excluded.
        bound: speed at which times become distances.
        processing_ms: time that the chip takes in the timed loop, which nobody may subtract.
    """
    positions = tuple(landmark.position for landmark in samples.landmarks)
    radius_km = (samples.rtt_ms + processing_ms) * KM_PER_MS[bound]
    nearest = [nearest_point(position, restricted) for position in positions]
    cleared: NDArray[np.bool_] = np.any(radius_km < pairwise_km(positions, nearest), axis=1)
    by_one = float(cleared.mean())
    if by_one == 1:
        return Chance(by_one, by_one)
    # The discs together must leave out the point nearest to each landmark. They rarely do, and asking for that first spares
    # most searches for hardest points.
    together_km = radius_km[:, None, :INTERSECTED]
    outside = together_km < distances_km(nearest[:INTERSECTED], positions[:INTERSECTED])
    candidates = np.flatnonzero(~cleared & np.all(np.any(outside, axis=2), axis=1))
    if len(candidates):
        hardest_km = hardest_points_km(positions[:INTERSECTED], restricted)
        excluded: NDArray[np.bool_] = np.any(together_km[candidates] < hardest_km, axis=2)
        cleared[candidates] = np.all(excluded, axis=1)
    return Chance(by_one, float(cleared.mean()))
