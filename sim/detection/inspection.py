"""What an inspection can tell: pure functions of its method, of the sample and of what is there to be seen."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Method = Literal["count", "labels", "challenge"]
"""Count the machines, read the serial numbers on them, or have each chip sign a challenge on the spot."""


def absence_shows(
    method: Method, *, covered: BoolArray, signed: BoolArray, boxes: BoolArray, labels: BoolArray
) -> BoolArray:
    """Whether the method can tell that chips are absent, shape (chips,).

    A count is deceived by boxes, reading by labels. A challenge goes to the machine that bears the chip's number, and on the
    spot there is no room for a relay: it is deceived by a label together with a key that passes in the chip's name. Chips
    without the mechanism cannot be challenged, so their labels are read.

    Args:
        method: of the inspection.
        covered: which chips carry the mechanism.
        signed: in whose names a key at the site signs that the authority accepts.
        boxes: for which a machine stands there.
        labels: on which their serial number stands.
    """
    if method == "count":
        return ~boxes
    by_label = ~labels
    return by_label | (covered & ~signed) if method == "challenge" else by_label


def may_be_overlooked(method: Method, *, covered: BoolArray, signed: BoolArray) -> BoolArray:
    """For which absent chips an inspector relies on his eyes, shape (chips,); a challenge that is not signed is noticed."""
    return ~covered | signed if method == "challenge" else np.ones(len(covered), bool)


def sample_of(uniforms: FloatArray, number: int) -> IntArray:
    """Which of some chips are tested: those with the smallest uniform numbers, in the order of chips; at most all.

    Each set of `number` chips is equally likely, so the missing ones in it follow the hypergeometric distribution.
    """
    if number >= len(uniforms):
        return np.arange(len(uniforms))
    return np.sort(np.argpartition(uniforms, number)[:number])
