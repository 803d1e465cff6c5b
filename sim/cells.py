"""Uniform numbers for scattered chips: each is a function of seed, stream, chip, slot and index, and made on its own.

What `sparse` is for the rare, this is for the details of the few chips that something rare has met: hundreds or thousands of
chips, each with its own key, for which starting a generator each would take most of the time.

Method: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), written out for many chips at
once and again for one; the two agree exactly. The 64-bit key is a word of Philox4x64-10 at (seed, stream), the counter is
(chip, low half of the slot, index // 4 | level << 24, high half of the slot).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .randomness import Draws, Stream

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WordArray = NDArray[np.uint64]

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_MASK = 0xFFFFFFFF
_CHUNK = 8192  # chips at once: what is in work then stays in the cache
_FEW = 10  # below, one after the other is faster

_MULTIPLIER_COLUMN = np.array(_MULTIPLIERS, dtype=np.uint64)[:, None]
_MASK_WORD, _HALF = np.uint64(_MASK), np.uint64(32)


class Cells:
    """The uniform numbers of one stream. A cell is a chip in a slot; its numbers have indices.

    Args:
        seed: of the run, 0 <= seed < 2**64.
        stream: of `randomness`.
    """

    def __init__(self, seed: int, stream: Stream) -> None:
        key = int(Draws(seed).words(stream, 0)[0])
        self._key = (key & _MASK, key >> 32)

    def uniforms(self, chips: IntArray, slot: int, indices: Sequence[int], level: int = 0) -> FloatArray:
        """Uniform numbers strictly between 0 and 1, shape (chips, indices).

        Args:
            chips: numbers below 2**32, shape (chips,), in any order.
            slot: its number, in slots of the level.
            indices: below 2**26. A number does not depend on what else is asked for.
            level: slots are 2**-level days long, see `sparse`; below 256.
        """
        uniforms = np.empty((len(chips), len(indices)))
        if len(chips) < _FEW:
            for row, chip in enumerate(chips.tolist()):
                uniforms[row] = self.uniforms_of_one(chip, slot, indices, level)
            return uniforms
        blocks = sorted({index // 4 for index in indices})
        for start in range(0, len(chips), _CHUNK):
            rows = slice(start, start + _CHUNK)
            for block in blocks:
                words = philox_many(chips[rows].astype(np.uint64), _rest_of_counter(slot, block, level), self._key)
                for column, index in enumerate(indices):
                    if index // 4 == block:
                        uniforms[rows, column] = words[index % 4]
        uniforms += 0.5
        uniforms *= 2.0**-32
        return uniforms

    def uniforms_of_one(self, chip: int, slot: int, indices: Sequence[int], level: int = 0) -> list[float]:
        """The same for one chip, much faster than an array of one."""
        words = {}
        for block in {index // 4 for index in indices}:
            words[block] = philox((chip, *_rest_of_counter(slot, block, level)), self._key)
        return [(words[index // 4][index % 4] + 0.5) * 2.0**-32 for index in indices]


def _rest_of_counter(slot: int, block: int, level: int) -> tuple[int, int, int]:
    return slot & _MASK, block | level << 24, slot >> 32


def philox_many(first: WordArray, rest: tuple[int, int, int], key: tuple[int, int]) -> WordArray:
    """Philox4x32-10 at counters that share all but their first word.

    Args:
        first: first words of the counters, below 2**32, shape (n,).
        rest: the other three words.
        key: two words.

    Returns:
        The words 0 to 3, each below 2**32, shape (4, n).
    """
    even, odd = np.empty((2, len(first)), dtype=np.uint64), np.empty((2, len(first)), dtype=np.uint64)
    even[0], even[1] = first, rest[1]
    odd[0], odd[1] = rest[0], rest[2]
    product = np.empty_like(even)
    for round_key in _round_keys(key):
        # Words 0 and 2 are multiplied; the halves of the products change places.
        np.multiply(even, _MULTIPLIER_COLUMN, out=product)
        np.right_shift(product[::-1], _HALF, out=even)
        even ^= odd
        even ^= round_key
        np.bitwise_and(product[::-1], _MASK_WORD, out=odd)
    return np.stack((even[0], odd[0], even[1], odd[1]))


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 at one counter."""
    word0, word1, word2, word3 = counter
    key0, key1 = key
    multiplier0, multiplier1 = _MULTIPLIERS
    step0, step1 = _KEY_STEPS
    for _ in range(_ROUNDS):
        product0, product1 = multiplier0 * word0, multiplier1 * word2
        word0, word1 = product1 >> 32 ^ word1 ^ key0, product1 & _MASK
        word2, word3 = product0 >> 32 ^ word3 ^ key1, product0 & _MASK
        key0, key1 = key0 + step0 & _MASK, key1 + step1 & _MASK
    return word0, word1, word2, word3


@lru_cache(maxsize=64)
def _round_keys(key: tuple[int, int]) -> WordArray:
    """Keys of the rounds, shape (rounds, 2, 1)."""
    keys = [[key[half] + number * _KEY_STEPS[half] & _MASK for half in (0, 1)] for number in range(_ROUNDS)]
    return np.array(keys, dtype=np.uint64)[:, :, None]
