"""Whether an honest chip at a place can prove that it is outside the restricted territory.

Two answers. The clearance time (`bounds.clearance_ms`) is geometry: the round trip that a landmark in the chip's own city
must stay below, from that city to the nearest point of the territory and back in fibre. The clearance chance is how often
the landmarks that exist get there, over many worlds that differ in what is slow about paths, in quiet times (no congestion)
and without route changes.
`Panel.clears` is the verdict on one burst in the simulation, `placement.chances_by_one_landmark` the formula for one
landmark without jitter, by which landmarks are placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyModel, Values
from ..randomness import Draws, Stream
from .bounds import KM_PER_MS, Bound, intersection_misses
from .excess import excess_ms, path_deviate, regime_of
from .geography import Hub, distances_km, landmark_cities, pairwise_km
from .geography import hubs as catalogue_of_hubs
from .landmarks import INTERSECTED
from .latency import jitter_law
from .territory import Territory, nearest_point

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PROVEN, HARDLY = 0.9, 0.1
"""Chances from which a place counts as one that a ping proves outside, and below which it does hardly ever."""


@dataclass(frozen=True)
class Samples:
    """Round trips of one burst to an honest chip at a hub, in many worlds, without in-loop processing.

    Attributes:
        landmarks: nearest first.
        distance_km: from the hub to each landmark, shape (landmarks,).
        rtt_ms: shape (worlds, landmarks).
        excess_ms: the part of them that is excess, the same shape.
    """

    landmarks: tuple[Hub, ...]
    distance_km: FloatArray
    rtt_ms: FloatArray
    excess_ms: FloatArray

    def rescaled(self, factor: float) -> Samples:
        """The same worlds with every excess times a factor, as `excess_scale` would have made it."""
        rtt_ms = self.rtt_ms + (factor - 1) * self.excess_ms
        return replace(self, rtt_ms=rtt_ms, excess_ms=factor * self.excess_ms)


def sample_round_trips(
    hubs: Sequence[Hub],
    landmarks: Sequence[Hub],
    *,
    asked: int,
    worlds: int,
    model: LatencyModel,
    values: Values,
    draws: Draws,
) -> tuple[Samples, ...]:
    """Round trips between each hub and the `asked` nearest landmarks.

    A pair of hub and landmark has the same round trips in every network and for every territory, so that these differ by
    nothing else. Deviates are keyed by the ranks of hub and landmark in their catalogues; a city that is no hub, but where
    landmarks may stand, comes after the hubs.
    """
    distance_km = distances_km([hub.position for hub in hubs], [landmark.position for landmark in landmarks])
    hub_ranks: dict[Hub, int] = {}
    for rank, place in enumerate((*catalogue_of_hubs(), *landmark_cities())):
        hub_ranks.setdefault(place, rank)
    landmark_ranks = {landmark: rank for rank, landmark in enumerate(landmark_cities())}

    @cache
    def of_landmark(rank: int) -> FloatArray:
        return draws.normals(Stream.CLEARANCE_LANDMARK, rank, count=worlds)

    samples = []
    for row, hub in enumerate(hubs):
        hub_rank = hub_ranks[hub]
        of_hub = draws.normals(Stream.CLEARANCE_HUB, hub_rank, count=worlds)
        nearest = np.argsort(distance_km[row], kind="stable")[:asked]
        columns, excesses = [], []
        for column in nearest.tolist():
            landmark, rank = landmarks[column], landmark_ranks[landmarks[column]]
            path_km = max(float(distance_km[row, column]), values["distance_within_city_km"])
            name = regime_of(model.network, hub.country, landmark.country, path_km)
            regime, floor_ms = model.regimes[name], path_km / FIBRE_KM_PER_MS
            own, jitter = draws.normals(Stream.CLEARANCE_PAIR, hub_rank, rank, 2 * worlds).reshape(worlds, 2).T
            deviate = path_deviate(model, name, of_hub, of_landmark(rank), own)
            excess = excess_ms(regime, floor_ms, deviate) * values["excess_scale"]
            median_ms, log_sd = jitter_law(regime)
            excesses.append(excess)
            columns.append(floor_ms + excess + median_ms * np.exp(log_sd * jitter))
        samples.append(
            Samples(
                landmarks=tuple(landmarks[column] for column in nearest.tolist()),
                distance_km=distance_km[row, nearest],
                rtt_ms=np.stack(columns, axis=1),
                excess_ms=np.stack(excesses, axis=1),
            )
        )
    return tuple(samples)


@dataclass(frozen=True)
class Chance:
    """Share of worlds in which a chip is cleared, by the best landmark alone, and by the intersection as well.

    In a further share an unsound bound contradicts the chip's true site; those do not count as cleared.
    """

    by_one: float
    by_intersection: float
    contradicted: float


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
    contradicted: BoolArray = np.any(radius_km < samples.distance_km, axis=1)  # never under a sound bound
    cleared: BoolArray = np.any(radius_km < pairwise_km(positions, nearest), axis=1) & ~contradicted
    by_one = float(cleared.mean())
    rest = ~cleared & ~contradicted
    cleared[rest] = intersection_misses(radius_km[rest, :INTERSECTED], positions[:INTERSECTED], restricted)
    return Chance(by_one, float(cleared.mean()), float(contradicted.mean()))
