"""How long each chip has been silent or suspicious, and how its sequential test stands.

The fast engine keeps only the runs that go on and the tests that are open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..detection.seen import Thresholds
from ..detection.sprt import is_accepted

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


@dataclass(frozen=True)
class SequentialTests:
    """Chips, ascending, whose sequential test is open, and the silences and answers since it began, shape (2, chips)."""

    chips: IntArray
    counts: IntArray

    @classmethod
    def none(cls) -> SequentialTests:
        """No open test."""
        return cls(np.empty(0, np.int64), np.empty((2, 0), np.int64))

    def part(self, which: BoolArray) -> SequentialTests:
        """Some of them."""
        return SequentialTests(self.chips[which], self.counts[:, which])

    def merged(self, other: SequentialTests) -> SequentialTests:
        """These and the tests of other chips."""
        chips = np.concatenate([self.chips, other.chips])
        order = np.argsort(chips)
        return SequentialTests(chips[order], np.concatenate([self.counts, other.counts], axis=1)[:, order])

    def of(self, chips: IntArray) -> IntArray:
        """Silences and answers of some chips, zero where no test is open; shape (2, chips)."""
        counts = np.zeros((2, len(chips)), np.int64)
        known = among(chips, self.chips)
        counts[:, known] = self.counts[:, self.chips.searchsorted(chips[known])]
        return counts

    def after(self, silent: IntArray, thresholds: Thresholds) -> SequentialTests:
        """The tests after one more round, in which some chips were silent, ascending, and the others answered.

        The first silence opens a test, since an answer before it would have accepted the chip at once.
        """
        chips = np.union1d(self.chips, silent)
        counts = self.of(chips)
        counts[np.where(among(chips, silent), 0, 1), np.arange(len(chips))] += 1
        tests = SequentialTests(chips, counts)
        return tests.part(~is_accepted(counts[0], counts[1], thresholds))


def among(chips: IntArray, others: IntArray) -> BoolArray:
    """Which chips are among others, which are ascending."""
    if not len(others):
        return np.zeros(len(chips), bool)
    found: BoolArray = others[np.minimum(others.searchsorted(chips), len(others) - 1)] == chips
    return found
