"""How long each chip has been silent or suspicious: the fast engine keeps only the runs that go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Runs:
    """Chips, ascending, of which the last rounds of a phase all showed the same, and of how many rounds that is true."""

    chips: IntArray
    lengths: IntArray

    def part(self, which: BoolArray) -> Runs:
        """Some of them."""
        return Runs(self.chips[which], self.lengths[which])

    def extended(self, chips: IntArray) -> Runs:
        """The runs of chips of which one more round is true: they go on, or begin."""
        chips = np.sort(chips)
        lengths = np.ones(len(chips), np.int64)
        if len(self.chips):
            place = np.minimum(self.chips.searchsorted(chips), len(self.chips) - 1)
            lengths += np.where(self.chips[place] == chips, self.lengths[place], 0)
        return Runs(chips, lengths)

    def merged(self, other: Runs) -> Runs:
        """These and the runs of other chips."""
        if not len(other.chips):
            return self
        chips = np.concatenate([self.chips, other.chips])
        order = np.argsort(chips)
        return Runs(chips[order], np.concatenate([self.lengths, other.lengths])[order])


def among(chips: IntArray, others: IntArray) -> BoolArray:
    """Which chips are among others, which are ascending."""
    if not len(others):
        return np.zeros(len(chips), bool)
    found: BoolArray = others[np.minimum(others.searchsorted(chips), len(others) - 1)] == chips
    return found
