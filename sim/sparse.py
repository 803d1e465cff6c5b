"""Rare events of many chips: in effect each chip owns one uniform number a day and layer, of which only small ones are made.

A chip that fails every ten years needs no draw on most days. So for each stream, day and block of chips a generator walks
along the chips by geometric gaps, from one whose uniform is below the stream's envelope to the next, and gives each of these
*candidates* a mark: its uniform, as a share of the envelope. A candidate is an event if its mark is below the ratio of the
wanted probability to the envelope. What follows from that:

* candidates depend on nothing but (seed, stream, chip, day). Whoever asks, however often, in bulk or for one chip, gets the
  same; more chips change nobody's draws; a higher rate only adds events;
* the cost follows the candidates, not the chips.

The envelope is a constant of the stream, for a scenario that set it would reshuffle every draw. Probabilities above it are
covered by further layers, each with candidates of its own.

Each candidate takes two words of Philox4x64-10 at key (seed, stream) and counter (block, day, layer): 33 bits of the first
for the gap and 31 for the mark, 32 bits of the second for the time within the day and 32 for what else belongs to the event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray

from .randomness import Stream

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BLOCK_CHIPS = 2**18
CHUNK_DAYS = 256
"""Days whose candidates are kept together, to be asked for chip by chip."""

ENVELOPES = {Stream.CHIP_FAULT: 2.0**-8}
"""Probability per chip-day up to which one layer suffices. A constant for ever, like the number of the stream."""

_MARK_BITS, _HALF_BITS = np.uint64(31), np.uint64(32)


@dataclass(frozen=True)
class Candidates:
    """Chip-days with a small uniform, in the order of chips, then of times; all of shape (candidates,).

    Attributes:
        chip: number within the block.
        day: time in days since the start.
        mark: the uniform as a share of the envelope, above 0 and below 1.
        uniform: a further uniform number above 0 and below 1, for how long the event lasts.
    """

    chip: IntArray
    day: FloatArray
    mark: FloatArray
    uniform: FloatArray

    def of_chip(self, chip: int) -> slice:
        """Where a chip's candidates are."""
        first, last = np.searchsorted(self.chip, [chip, chip + 1])
        return slice(int(first), int(last))


def events(
    seed: int, stream: Stream, chip: int, per_day: float, since_day: float, until_day: float
) -> Iterator[tuple[float, float]]:
    """Times and uniforms of one chip's events: at most one a day and layer, with the stated probability.

    Args:
        seed: of the run.
        stream: one with an envelope.
        chip: its number.
        per_day: probability of an event per day, >= 0; above the envelope the mean number of events.
        since_day: events before are left out.
        until_day: where to stop.
    """
    envelope = ENVELOPES[stream]
    block, number = divmod(chip, BLOCK_CHIPS)
    for chunk in range(int(since_day // CHUNK_DAYS), math.ceil(until_day / CHUNK_DAYS)):
        found: list[tuple[float, float]] = []
        for layer in range(math.ceil(per_day / envelope)):
            candidates = chunk_candidates(seed, stream, block, chunk, layer)
            share = min(1.0, per_day / envelope - layer)
            rows = candidates.of_chip(number)
            chosen = candidates.mark[rows] < share
            found += zip(candidates.day[rows][chosen].tolist(), candidates.uniform[rows][chosen].tolist(), strict=True)
        yield from (event for event in sorted(found) if since_day <= event[0] < until_day)


@lru_cache(maxsize=64)
def chunk_candidates(seed: int, stream: Stream, block: int, chunk: int, layer: int) -> Candidates:
    """The candidates of a block of chips over `CHUNK_DAYS` days, sorted by chip and time."""
    days = range(chunk * CHUNK_DAYS, (chunk + 1) * CHUNK_DAYS)
    parts = [day_candidates(seed, stream, block, day, layer) for day in days]
    chip, day, mark, uniform = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("chip", "day", "mark", "uniform")
    )
    order = np.lexsort((day, chip))
    return Candidates(chip[order], day[order], mark[order], uniform[order])


def day_candidates(seed: int, stream: Stream, block: int, day: int, layer: int) -> Candidates:
    """The candidates of a block of chips on one day, in the order of chips."""
    envelope = ENVELOPES[stream]
    counter = np.array([0, block, day, layer], dtype=np.uint64)
    generator = Philox(key=np.array([seed, stream], dtype=np.uint64), counter=counter)
    batch = int(BLOCK_CHIPS * envelope + 6 * math.sqrt(BLOCK_CHIPS * envelope)) + 8
    words: list[NDArray[np.uint64]] = []
    reached = -1
    chips: list[IntArray] = []
    while reached < BLOCK_CHIPS:  # further words continue the same sequence, so that the size of a batch changes nothing
        pairs = generator.random_raw(2 * batch).reshape(batch, 2)
        uniform = ((pairs[:, 0] >> _MARK_BITS).astype(np.float64) + 0.5) * 2.0**-33
        gaps = 1 + np.floor(np.log(uniform) / math.log(1 - envelope)).astype(np.int64)
        chips.append(reached + np.cumsum(gaps))
        words.append(pairs)
        reached = int(chips[-1][-1])
    chip, pairs = np.concatenate(chips), np.concatenate(words)
    inside = chip < BLOCK_CHIPS
    chip, pairs = chip[inside], pairs[inside]
    mark = ((pairs[:, 0] & np.uint64(2**31 - 1)).astype(np.float64) + 0.5) * 2.0**-31
    time = ((pairs[:, 1] >> _HALF_BITS).astype(np.float64) + 0.5) * 2.0**-32
    rest = ((pairs[:, 1] & np.uint64(2**32 - 1)).astype(np.float64) + 0.5) * 2.0**-32
    return Candidates(chip, day + time, mark, rest)
