"""The jitter of every challenge: one uniform number per chip, slot, landmark and leg; a small one is a slow answer.

A slow answer of the nearest landmark is what may raise a false alarm, so all chips of the fleet that have one must be found
in each round, without drawing for those that have not. The number of the nearest landmark on the first leg is therefore made
in two parts: below `SPARSE_LIMIT` by the walks of `sparse`, above it, like all others, chip by chip in `cells`. Together it
is uniform like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..cells import Cells
from ..randomness import Stream
from ..sparse import SPARSE_LIMIT, Sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LANDMARKS = 64  # most landmarks of a panel: index = 64 * leg + rank of the landmark, whatever the panel's size


class Jitter:
    """The jitter of one run's challenges, in standard normal deviates: high is slow.

    Args:
        seed: of the run, 0 <= seed < 2**64.
    """

    def __init__(self, seed: int) -> None:
        self._sparse = Sparse(seed)
        self._cells = Cells(seed, Stream.JITTER)

    def uniforms(
        self, chips: IntArray, slot: int, landmarks: int, legs: int, small: tuple[IntArray, FloatArray], level: int = 0
    ) -> FloatArray:
        """Uniform numbers of several chips, shape (chips, landmarks * legs), landmark by landmark; small is slow.

        Args:
            chips: numbers, shape (chips,), in any order.
            slot: its number, in slots of the level.
            landmarks: how many of the site's panel, nearest first; at most 64.
            legs: of the path from each landmark.
            small: what `small` found for these chips, and perhaps for others.
            level: slots are 2**-level days long, see `sparse`.
        """
        uniforms = self._cells.uniforms(chips, slot, _indices(landmarks, legs), level)
        uniforms[:, 0] = SPARSE_LIMIT + (1 - SPARSE_LIMIT) * uniforms[:, 0]
        if len(small[0]):
            place = np.minimum(small[0].searchsorted(chips), len(small[0]) - 1)
            found = np.flatnonzero(small[0][place] == chips)
            uniforms[found, 0] = small[1][place[found]]
        return uniforms

    def others(self, chips: IntArray, slot: int, landmarks: int, level: int = 0) -> FloatArray:
        """The uniform numbers of all landmarks but the nearest, on paths of one leg; shape (chips, landmarks - 1)."""
        return self._cells.uniforms(chips, slot, _indices(landmarks, 1)[1:], level)

    def deviates_of_one(self, chip: int, slot: int, landmarks: int, legs: int, level: int = 0) -> FloatArray:
        """The same for one chip, shape (landmarks * legs,)."""
        uniforms = self._cells.uniforms_of_one(chip, slot, _indices(landmarks, legs), level)
        small = self._sparse.small_uniform(slot, chip, level)
        uniforms[0] = SPARSE_LIMIT + (1 - SPARSE_LIMIT) * uniforms[0] if small is None else small
        return to_deviates(np.array(uniforms))

    def small(
        self, slot: int, depth_of: Callable[[IntArray], NDArray[np.integer]], deepest: int, chips: int, level: int = 0
    ) -> tuple[IntArray, FloatArray]:
        """Chips whose nearest landmark's first leg has a small uniform number, and the number, ascending by chip.

        Arguments as of `Sparse.smallest_of_some`. A number above `LAYER_LIMITS` of a chip's depth is not found.
        """
        return self._sparse.smallest_of_some(slot, depth_of, deepest, chips, level)


def to_deviates(uniforms: FloatArray) -> FloatArray:
    """Standard normal deviates from uniform numbers of any shape: high is slow."""
    deviates: FloatArray = -ndtri(uniforms)
    return deviates


@lru_cache(maxsize=64)
def _indices(landmarks: int, legs: int) -> tuple[int, ...]:
    """Indices of `cells`, landmark by landmark."""
    if landmarks > _LANDMARKS:
        raise ValueError(f"landmarks: {landmarks} are more than {_LANDMARKS}")
    return tuple(_LANDMARKS * leg + landmark for landmark in range(landmarks) for leg in range(legs))
