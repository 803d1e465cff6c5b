"""Landmarks that check one another: which of them report times, or stand at places, that cannot be true.

Landmarks ask each other as they ask chips. Two reports conflict if one of them is faster than light permits between the two
stated places, or if the two clocks disagree on the same path by more than jitter explains. A landmark that understates its
times, or stands elsewhere than stated, conflicts with several peers. So, as is done with public measurement networks, the
one with most conflicts is set aside until none is left; a landmark with a single conflict is kept, since a lone impossible
reading is more often a glitch than a lie.

This catches landmarks that treat their peers as they treat chips. One that lies about a chosen chip only is caught if its
disc and an honest landmark's do not meet, which is a contradiction in the round itself, and not otherwise.

Source of the method: Darwich and others, "Replication: Towards a Publicly Available Internet Scale IP Geolocation Dataset",
IMC 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream
from .bounds import KM_PER_MS
from .geography import Place, Position, distances_km
from .latency import Network
from .paths import direct

FloatArray = NDArray[np.float64]

FEWEST_CONFLICTS = 2


def not_suspected(landmarks: Sequence[Place], network: Network, values: Values, draws: Draws) -> list[Place]:
    """The landmarks that are left when all have timed one another once, by the speed of light in vacuum."""
    measured_ms = np.full((len(landmarks), len(landmarks)), np.nan)
    for row, landmark in enumerate(landmarks):
        for column, peer in enumerate(landmarks):
            if row != column:
                timing = network.timing([landmark], direct(network.true_place(peer)))
                measured_ms[row, column] = timing.sample(draws.normals(Stream.CROSS_CHECK, landmark.number, peer.number))[0]
    positions = [landmark.position for landmark in landmarks]
    liars = suspects(
        positions, measured_ms, km_per_ms=KM_PER_MS["vacuum"], tolerance_ms=values["landmark_clock_tolerance_ms"]
    )
    return [landmark for number, landmark in enumerate(landmarks) if number not in liars]


def suspects(
    positions: Sequence[Position], measured_ms: FloatArray, *, km_per_ms: float, tolerance_ms: float
) -> tuple[int, ...]:
    """Landmarks to be set aside, in the order in which that was done.

    Args:
        positions: where the landmarks say they are.
        measured_ms: what each (row) has measured to each other one (column), NaN if nothing, shape (landmarks, landmarks).
        km_per_ms: speed that no signal exceeds: light in vacuum, or in fibre if no landmark has a faster circuit.
        tolerance_ms: by how much two clocks may differ on one path.
    """
    conflicts = _conflicts(positions, measured_ms, km_per_ms, tolerance_ms)
    set_aside: list[int] = []
    while (number := conflicts.sum(axis=1)).max(initial=0) >= FEWEST_CONFLICTS:
        worst = int(number.argmax())
        set_aside.append(worst)
        conflicts[worst, :] = conflicts[:, worst] = False
    return tuple(set_aside)


def _conflicts(
    positions: Sequence[Position], measured_ms: FloatArray, km_per_ms: float, tolerance_ms: float
) -> NDArray[np.bool_]:
    """Pairs whose reports cannot both be true, shape (landmarks, landmarks), symmetric."""
    least_ms = distances_km(positions, positions) / km_per_ms
    with np.errstate(invalid="ignore"):  # a comparison with NaN is false: no report, no conflict
        too_fast = measured_ms < least_ms
        disagree = np.abs(measured_ms - measured_ms.T) > tolerance_ms
    conflicts: NDArray[np.bool_] = too_fast | too_fast.T | disagree
    np.fill_diagonal(conflicts, False)
    return conflicts
