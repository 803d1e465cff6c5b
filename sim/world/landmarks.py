"""Landmarks: servers at known places that time the answers, and what their measurements prove.

Each round-trip time bounds the distance between landmark and chip. A chip is cleared if some landmark's disc alone leaves
out the restricted territory, which is sufficient for the intersection of the discs to do so. It contradicts its declared
site if that site lies outside a disc; as long as the site lies in all of them their intersection cannot be empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS

from .geography import Hub, Place, distances_km
from .sites import Site
from .territory import Territory, distance_to_km

FloatArray = NDArray[np.float64]

Bound = Literal["planning", "vacuum"]
KM_PER_MS: dict[Bound, float] = {"planning": FIBRE_KM_PER_MS, "vacuum": VACUUM_KM_PER_MS}

LANDMARK_NUMBERS_FROM = 1_000_000
"""Place numbers of landmarks, apart from those of sites (from 0) and of hubs in restricted territory (from 2,000,000)."""


@dataclass(frozen=True)
class Panel:
    """The landmarks asked about one site, nearest first, and the times at which their answers change meaning.

    Attributes:
        landmarks: the landmarks.
        clearing_ms: a shorter round trip excludes the restricted territory, shape (landmarks,).
        contradicting_ms: a shorter round trip to the declared site's chip is impossible, shape (landmarks,).
    """

    landmarks: tuple[Place, ...]
    clearing_ms: FloatArray
    contradicting_ms: FloatArray

    def clears(self, rtt_ms: FloatArray) -> bool:
        """Whether round-trip times, shape (landmarks,) in ms, prove the chip outside the restricted territory."""
        return bool((rtt_ms < self.clearing_ms).any())

    def contradicts(self, rtt_ms: FloatArray) -> bool:
        """Whether they prove the chip away from its declared site."""
        return bool((rtt_ms < self.contradicting_ms).any())


def build_panels(
    sites: Sequence[Site], hubs: Sequence[Hub], asked: int, bound: Bound, restricted: Territory
) -> tuple[Panel, ...]:
    """For each site, the `asked` nearest of the landmarks that stand at `hubs`."""
    landmarks = tuple(
        Place(LANDMARK_NUMBERS_FROM + number, hub.name, hub.country, hub.position) for number, hub in enumerate(hubs)
    )
    positions = [landmark.position for landmark in landmarks]
    distance_km = distances_km([site.place.position for site in sites], positions)
    clearing_ms = distance_to_km(positions, restricted) / KM_PER_MS[bound]
    panels = []
    for row in distance_km:
        nearest = np.argsort(row, kind="stable")[:asked]
        panels.append(Panel(tuple(landmarks[i] for i in nearest), clearing_ms[nearest], row[nearest] / KM_PER_MS[bound]))
    return tuple(panels)
