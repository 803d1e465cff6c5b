"""Landmarks: servers at known places that time the answers, and what their measurements prove.

Each round-trip time bounds the distance between landmark and chip. A chip is cleared if the intersection of the discs misses
the restricted territory: mostly because one of them does alone. It contradicts its declared site if that site lies outside a
disc; as long as the site lies in all of them their intersection cannot be empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bounds import KM_PER_MS, Bound, clearance_ms, intersection_misses
from .geography import Hub, Place, distances_km, landmark_cities
from .sites import Site
from .territory import Territory

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

INTERSECTED = 4
"""Discs of the nearest landmarks whose intersection is held against the territory; each disc of the others alone. Leaving
discs out makes the intersection larger, so that no chip is cleared wrongly; what it could gain is next to nothing."""

LANDMARK_NUMBERS_FROM = 1_000_000
"""Place numbers of landmarks by their rank in the catalogue, apart from those of sites (from 0) and of hubs in restricted
territory (from 2,000,000)."""


@dataclass(frozen=True)
class Panel:
    """The landmarks asked about one site, nearest first, and the times at which their answers change meaning.

    Attributes:
        landmarks: the landmarks.
        clearing_ms: a shorter round trip excludes the restricted territory, shape (landmarks,).
        contradicting_ms: a shorter round trip to the declared site's chip is impossible, shape (landmarks,).
        restricted: the territory.
        km_per_ms: speed at which times become distances.
        needed: landmarks that must clear a chip. If not one, each must do so by its own disc, lest one that lies shrinks the
            intersection.
    """

    landmarks: tuple[Place, ...]
    clearing_ms: FloatArray
    contradicting_ms: FloatArray
    restricted: Territory
    km_per_ms: float
    needed: int = 1

    def clears(self, rtt_ms: FloatArray) -> BoolArray:
        """Whether times, shape (..., landmarks) in ms, prove the chip outside the restricted territory; shape (...)."""
        rows = rtt_ms.reshape(-1, rtt_ms.shape[-1])
        cleared: BoolArray = np.asarray((rows < self.clearing_ms).sum(axis=1) >= self.needed)
        if self.needed == 1:
            cleared[~cleared] = self.excludes(rows[~cleared])
        return (cleared & ~self.contradicts(rows)).reshape(rtt_ms.shape[:-1])

    def excludes(self, rtt_ms: FloatArray) -> BoolArray:
        """The same by the intersection of the nearest landmarks' discs alone, of answers that contradict nothing.

        Times of shape (answers, landmarks).
        """
        positions = tuple(landmark.position for landmark in self.landmarks[:INTERSECTED])
        return intersection_misses(rtt_ms[:, :INTERSECTED] * self.km_per_ms, positions, self.restricted)

    def contradicts(self, rtt_ms: FloatArray) -> BoolArray:
        """Whether times, shape (..., landmarks), prove the chip away from its declared site; shape (...)."""
        contradicts: BoolArray = np.asarray((rtt_ms < self.contradicting_ms).any(axis=-1))
        return contradicts


def landmarks_at(hubs: Sequence[Hub]) -> tuple[Place, ...]:
    """Landmarks that stand at cities of the catalogue."""
    numbers = {hub: number for number, hub in enumerate(landmark_cities())}
    return tuple(Place(LANDMARK_NUMBERS_FROM + numbers[hub], hub.name, hub.country, hub.position) for hub in hubs)


def on_the_main_route(landmarks: Sequence[Place], sites: Sequence[Site]) -> list[Place]:
    """Landmarks nearest to sites of the main smuggling route, the one nearest to most chips first."""
    there = [site for site in sites if site.in_south_east_asia]
    if not there:
        return []
    nearest = distances_km([site.place.position for site in there], [one.position for one in landmarks]).argmin(axis=1)
    chips = np.bincount(nearest, [site.capacity_chips for site in there], len(landmarks))
    return [landmarks[rank] for rank in np.argsort(-chips, kind="stable") if chips[rank] > 0]


def build_panels(
    sites: Sequence[Site], hubs: Sequence[Hub], asked: int, bound: Bound, restricted: Territory, needed: int = 1
) -> tuple[Panel, ...]:
    """For each site, the `asked` nearest of the landmarks that stand at `hubs`, which are cities of the catalogue."""
    landmarks = landmarks_at(hubs)
    positions = [landmark.position for landmark in landmarks]
    distance_km = distances_km([site.place.position for site in sites], positions)
    clearing_ms = clearance_ms(positions, restricted, bound)
    panels = []
    for row in distance_km:
        nearest = np.argsort(row, kind="stable")[:asked]
        panels.append(
            Panel(
                landmarks=tuple(landmarks[i] for i in nearest),
                clearing_ms=clearing_ms[nearest],
                contradicting_ms=row[nearest] / KM_PER_MS[bound],
                restricted=restricted,
                km_per_ms=KM_PER_MS[bound],
                needed=needed,
            )
        )
    return tuple(panels)
