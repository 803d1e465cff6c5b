"""What round-trip times bound: discs around landmarks, and whether their intersection misses a territory.

A round trip of t ms under a speed of v km per ms of round trip puts the chip within t * v of the landmark. Under the
security bound (light in vacuum) no circuit can be faster. The planning bound (two thirds of it, about the speed of light in
glass fibre) is a convention that a regulator may choose to trust: no path of the public tables beats it, but microwave and
hollow-core fibre do. Both never leave out an honest chip and are called sound here. The other speeds are those of published
geolocation code, kept to price their error: real paths are faster.

The intersection of the discs misses a territory if each of its points lies outside some disc. It is enough to ask this of
the hardest points of the border, those than which no other is nearer to every landmark, because

* the intersection contains the declared site, which is outside the territory (a chip that contradicts it is never cleared),
* it is connected, being convex as long as the discs are smaller than a quarter of the globe, so that it cannot reach the
  interior without crossing the border.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS

from .geography import Position, distances_km
from .territory import BORDER_STEP_KM, Territory, border_distances_km, distance_to_km, nearest_point

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

Bound = Literal["vacuum", "planning", "empirical", "half", "four_ninths"]
KM_PER_MS: dict[Bound, float] = {
    "vacuum": VACUUM_KM_PER_MS,  # security bound
    "planning": FIBRE_KM_PER_MS,
    # 153,000 km/s, the largest speed in the data of active-geolocator (Weinberg et al., "How to Catch when Proxies Lie", IMC
    # 2018): not sound.
    "empirical": 153.0 / 2,
    "half": VACUUM_KM_PER_MS / 2,  # not sound
    "four_ninths": VACUUM_KM_PER_MS * 4 / 9,  # in pycbg and the code of Darwich et al., IMC 2023: not sound
}
SOUND_BOUNDS: tuple[Bound, ...] = ("vacuum", "planning")

LARGEST_CONVEX_KM = 9_900.0
"""Somewhat less than a quarter of the Earth's girth, beyond which a disc is no longer convex."""

ROUNDING = 0.01
"""Distances are rounded down by at most this share, so that a hundred hardest points do for tens of thousands."""

MOST_DISCS = 6
"""Ten bits for each rounded distance fit into one number."""


def clearance_ms(positions: Sequence[Position], restricted: Territory, bound: Bound = "planning") -> FloatArray:
    """Round trip that a landmark at each place must stay below to exclude a territory, shape (positions,), in ms."""
    return distance_to_km(positions, restricted) / KM_PER_MS[bound]


@cache
def hardest_points_km(positions: tuple[Position, ...], territory: Territory) -> FloatArray:
    """Distances that the discs around some landmarks must not exceed, shape (points, landmarks), in km.

    Their intersection misses the territory if in each row some disc's radius is below its entry. Rows of border points that
    follow from others are left out. Half the spacing of border points is subtracted, so that nothing slips in between.

    Args:
        positions: of the landmarks, at most `MOST_DISCS`: the number of hardest points explodes with theirs.
        territory: to be excluded.

    Raises:
        ValueError: there are more landmarks.
    """
    if not 1 <= len(positions) <= MOST_DISCS:
        raise ValueError(f"positions: {len(positions)} given; allowed 1 to {MOST_DISCS}")
    distance_km = np.minimum(border_distances_km(positions, territory) - BORDER_STEP_KM / 2, LARGEST_CONVEX_KM)
    steps = np.floor(np.log(np.maximum(distance_km, 1.0)) / np.log1p(ROUNDING)).astype(np.int64)
    _, first = np.unique(steps @ (1024 ** np.arange(len(positions))), return_index=True)  # ten times faster than by rows
    hardest = _least(steps[first])
    return np.where(hardest > 0, (1 + ROUNDING) ** hardest, 0.0)


def intersection_misses(radius_km: FloatArray, positions: tuple[Position, ...], territory: Territory) -> BoolArray:
    """Whether the intersections of discs around some landmarks miss a territory, shape (sets,).

    Sound for discs that hold a point outside the territory in common, such as the declared site of a chip that does not
    contradict it.

    Args:
        radius_km: radii in each set of discs, shape (sets, landmarks).
        positions: of the landmarks, at most `MOST_DISCS`.
        territory: to be excluded.
    """
    # The discs together must leave out the border point nearest to each landmark. They rarely do, and asking for that first
    # spares most searches for hardest points.
    misses: BoolArray = np.all(np.any(radius_km[:, None, :] < nearest_points_km(positions, territory), axis=2), axis=1)
    if misses.any():
        hardest_km = hardest_points_km(positions, territory)
        misses[misses] = np.all(np.any(radius_km[misses][:, None, :] < hardest_km, axis=2), axis=1)
    return misses


@cache
def nearest_points_km(positions: tuple[Position, ...], territory: Territory) -> FloatArray:
    """Distance from each landmark (column) to the border point nearest to each landmark (row), in km."""
    return distances_km([nearest_point(position, territory) for position in positions], positions)


def _least(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows than which no other is smaller or equal in every column: the Pareto minima, one of each.

    Whatever excludes the smaller row excludes the larger one. In order of their sums no row can be dominated by a later one.
    """
    rest = rows[np.argsort(rows.sum(axis=1), kind="stable")]
    kept = []
    while len(rest):
        kept.append(rest[0])
        rest = rest[(rest < rest[0]).any(axis=1)]
    return np.array(kept)
