"""Rare events of many chips: in effect each chip owns a uniform number per slot and layer; only small ones are made.

A chip that fails every ten years needs no draw on most days. So for each stream, slot and layer a generator walks along the
chips by geometric gaps, from one whose uniform is below the layer's envelope to the next, and gives each of these
*candidates* a mark: its uniform, as a share of the envelope. A candidate counts if its mark is below the ratio of the wanted
probability to the envelope. What follows from that:

* candidates depend on nothing but (seed, stream, slot, layer, chip). Whoever asks, however often, in bulk or for one chip,
  gets the same; appended chips only extend the walk; a higher probability only adds chips;
* the cost follows the candidates, not the chips.

Envelopes are constants of the stream, for a scenario that set them would reshuffle every draw. Probabilities above the first
are covered by further layers, each with candidates of its own.

A slot is a day at level 0 and the 2**level-th part of one at other levels: slot = floor(day * 2**level). Levels are
independent of each other.

Each candidate takes one word of Philox4x64-10 at key (seed, stream) and counter (0, slot, layer | level << 32, 0): 33 bits
for the gap and 31 for the mark. A fault takes a second one: 24 bits for the time within the day, 24 for how long it lasts
and 16 for its kind.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .randomness import Sequences, Stream

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WordArray = NDArray[np.uint64]

ENVELOPES: dict[Stream, tuple[float, ...]] = {
    Stream.CHIP_FAULT: (2.0**-11,),
    Stream.CHALLENGE_LOST: (2.0**-7,),
    Stream.JITTER_NEAREST: (2.0**-8, 2.0**-6, 2.0**-4),
    Stream.AUDIT: (2.0**-17, 2.0**-13, 2.0**-9, 2.0**-5),
}
"""Probability per chip and slot that each layer covers. Constants for ever, like the number of the stream.

The last repeats without end, but for JITTER_NEAREST, which has exactly these layers.
"""

SPARSE_LIMIT = 1 - math.prod(1 - envelope for envelope in ENVELOPES[Stream.JITTER_NEAREST])
"""What the layers of JITTER_NEAREST cover together: uniforms below are made by walks, others chip by chip."""

LAYER_LIMITS = tuple(
    1 - math.prod(1 - envelope for envelope in ENVELOPES[Stream.JITTER_NEAREST][:layers])
    for layers in range(1, len(ENVELOPES[Stream.JITTER_NEAREST]) + 1)
)
"""What the first layers cover together: up to each of these it takes one walk more."""

PART = 8192
"""Candidates made at a time: what is in work then stays in the cache."""

CHUNK_DAYS = 256
"""Days whose faults are kept together, to be asked for chip by chip."""

_GAP_SHIFT, _MARK_MASK = np.uint64(31), np.uint64(2**31 - 1)
_TIME_SHIFT, _LENGTH_SHIFT = np.uint64(40), np.uint64(16)
_LENGTH_MASK, _KIND_MASK = np.uint64(2**24 - 1), np.uint64(2**16 - 1)


class Sparse:
    """The rare events of one run.

    `chosen`, `faults` and `smallest` answer for all chips of a fleet, `is_chosen`, `chip_faults` and `small_uniform` the
    same for one chip. The latter keep the answers of recent slots, so that it is cheap to ask for one chip after the other.

    Args:
        seed: of the run, 0 <= seed < 2**64.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._sequences = Sequences(seed)
        self._reach = 0  # chips for which point queries prepare; only their cost depends on it
        self._chosen_set = lru_cache(maxsize=256)(self._make_chosen_set)
        self._small_dict = lru_cache(maxsize=32)(self._make_small_dict)
        self._chunk_faults = lru_cache(maxsize=256)(self._make_chunk_faults)

    def chosen(self, stream: Stream, slot: int, probability: float, chips: int, level: int = 0) -> IntArray:
        """Chips that a rare event meets in a slot, each independently with the same probability, ascending.

        Args:
            stream: one with envelopes.
            slot: its number, in slots of the level.
            probability: 0 to 1. Layers add up as hazards, -log(1 - probability), so that it is met exactly. The number
                of layers, and so the cost, grows with the hazard over the envelope.
            chips: number of chips in the fleet.
            level: slots are 2**-level days long.
        """
        if probability >= 1:
            return np.arange(chips)
        found = [np.empty(0, dtype=np.int64)]
        layers = 0
        for layer, share in _shares(stream, probability):
            layers += 1
            for chip, words in self._walk(stream, slot, layer, level, chips):
                found.append(chip if share >= 1 else chip[_marks(words) < share])
        together = np.concatenate(found)
        return together if layers <= 1 else np.unique(together)

    def faults(self, day: int, per_day: float, chips: int) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
        """Faults of a day, in the order of time: at most one per chip and layer.

        Args:
            day: its number.
            per_day: faults per chip-day, >= 0; those above the envelope come from further layers.
            chips: number of chips in the fleet.

        Returns:
            chip, time in days since the start, and two uniform numbers: how long it lasts and of what kind it is.
        """
        envelope = ENVELOPES[Stream.CHIP_FAULT][-1]
        chips_found: list[IntArray] = [np.empty(0, dtype=np.int64)]
        words_found: list[WordArray] = [np.empty(0, dtype=np.uint64)]
        for layer in range(math.ceil(per_day / envelope)):
            for candidates, pairs in self._walk(Stream.CHIP_FAULT, day, layer, 0, chips, words_each=2):
                kept = _marks(pairs[:, 0]) < per_day / envelope - layer
                chips_found.append(candidates[kept])
                words_found.append(pairs[kept, 1])
        chip, words = np.concatenate(chips_found), np.concatenate(words_found)
        time = day + ((words >> _TIME_SHIFT).astype(np.float64) + 0.5) * 2.0**-24
        length = ((words >> _LENGTH_SHIFT & _LENGTH_MASK).astype(np.float64) + 0.5) * 2.0**-24
        kind = ((words & _KIND_MASK).astype(np.float64) + 0.5) * 2.0**-16
        order = np.lexsort((chip, time))
        return chip[order], time[order], length[order], kind[order]

    def smallest(self, slot: int, limit: float, chips: int, level: int = 0) -> tuple[IntArray, FloatArray]:
        """Chips whose uniform number in a slot, of which each chip has one, is below a limit.

        The layers share the unit interval by hazards: what a layer leaves over goes to the next, so the first layer that
        meets a chip decides. Only as many as the limit needs are walked.

        Args:
            slot: its number, in slots of the level.
            limit: up to `SPARSE_LIMIT`.
            chips: number of chips in the fleet.
            level: slots are 2**-level days long.

        Returns:
            chip, ascending, and its uniform number.

        Raises:
            ValueError: the limit is above `SPARSE_LIMIT`.
        """
        if limit > SPARSE_LIMIT:
            raise ValueError(f"limit: {limit} is above {SPARSE_LIMIT}")
        depth = layers_below(np.array([limit]))[0]
        chip, uniform = self.smallest_of_some(slot, lambda chips: np.full(len(chips), depth), int(depth), chips, level)
        kept = uniform < limit
        return chip[kept], uniform[kept]

    def smallest_of_some(
        self, slot: int, depth_of: Callable[[IntArray], NDArray[np.integer]], deepest: int, chips: int, level: int = 0
    ) -> tuple[IntArray, FloatArray]:
        """Chips with small uniform numbers: those whom one of as many layers meets as are looked at for the chip.

        Args:
            slot: its number, in slots of the level.
            depth_of: how many layers are looked at for each of some chips.
            deepest: the most of all.
            chips: number of chips in the fleet.
            level: slots are 2**-level days long.

        Returns:
            chip, ascending, and its uniform number, below `LAYER_LIMITS` of its depth.
        """
        found_chips, found_uniforms = [np.empty(0, dtype=np.int64)], [np.empty(0)]
        left = 1.0  # what the layers so far leave over
        for layer, envelope in enumerate(ENVELOPES[Stream.JITTER_NEAREST][:deepest]):
            for chip, words in self._walk(Stream.JITTER_NEAREST, slot, layer, level, chips):
                looked_at = np.flatnonzero(depth_of(chip) > layer)
                found_chips.append(chip[looked_at])
                found_uniforms.append((1 - left) + left * envelope * _marks(words[looked_at]))
            left *= 1 - envelope
        chip, uniform = np.concatenate(found_chips), np.concatenate(found_uniforms)
        order = np.argsort(chip, kind="stable")  # of a chip met twice the earlier layer comes first, and decides
        chip, uniform = chip[order], uniform[order]
        first = np.ones(len(chip), bool)
        first[1:] = chip[1:] != chip[:-1]
        return chip[first], uniform[first]

    def is_chosen(self, stream: Stream, slot: int, probability: float, chip: int, level: int = 0) -> bool:
        """Whether `chosen` has a chip."""
        return chip in self._chosen_set(stream, slot, probability, level, self._reach_for(chip))

    def small_uniform(self, slot: int, chip: int, level: int = 0) -> float | None:
        """A chip's uniform number in a slot if it is below `SPARSE_LIMIT`, as `smallest` has it."""
        return self._small_dict(slot, level, self._reach_for(chip)).get(chip)

    def chip_faults(
        self, chip: int, per_day: float, since_day: float, until_day: float
    ) -> Iterator[tuple[float, float, float]]:
        """Time, length and kind of a chip's faults between two days, in the order of time, as `faults` has them."""
        for chunk in range(int(since_day // CHUNK_DAYS), math.ceil(until_day / CHUNK_DAYS)):
            faults = self._chunk_faults(chunk, per_day, self._reach_for(chip)).get(chip, ())
            yield from (fault for fault in faults if since_day <= fault[0] < until_day)

    def _reach_for(self, chip: int) -> int:
        """For how many chips to prepare when asked for one: more than it needs, so that a growing fleet rarely asks anew."""
        if chip >= self._reach:
            self._reach = chip + chip // 4 + 1024
        return self._reach

    def _make_chosen_set(self, stream: Stream, slot: int, probability: float, level: int, chips: int) -> frozenset[int]:
        return frozenset(self.chosen(stream, slot, probability, chips, level).tolist())

    def _make_small_dict(self, slot: int, level: int, chips: int) -> dict[int, float]:
        chip, uniform = self.smallest(slot, SPARSE_LIMIT, chips, level)
        return dict(zip(chip.tolist(), uniform.tolist(), strict=True))

    def _make_chunk_faults(self, chunk: int, per_day: float, chips: int) -> dict[int, list[tuple[float, float, float]]]:
        by_chip: dict[int, list[tuple[float, float, float]]] = {}
        for day in range(chunk * CHUNK_DAYS, (chunk + 1) * CHUNK_DAYS):
            for chip, *fault in zip(*(column.tolist() for column in self.faults(day, per_day, chips)), strict=True):
                by_chip.setdefault(chip, []).append(tuple(fault))
        return by_chip

    def _walk(
        self, stream: Stream, slot: int, layer: int, level: int, chips: int, words_each: int = 1
    ) -> Iterator[tuple[IntArray, WordArray]]:
        """Candidates of a layer, part by part: chips, ascending, and their words.

        Words have shape (candidates,), or (candidates, words_each) if that is more than one. A walk must be finished before
        the next begins.
        """
        envelopes = ENVELOPES[stream]
        envelope = envelopes[min(layer, len(envelopes) - 1)]
        self._sequences.begin(stream, slot, layer | level << 32)
        reached = -1
        while reached < chips:  # further words continue the same sequence, so that the size of a part changes nothing
            batch = min(_batch((chips - reached) * envelope), PART)
            words = self._sequences.take(batch * words_each)
            if words_each > 1:
                words = words.reshape(batch, words_each)
            chip = _positions((words if words_each == 1 else words[:, 0]) >> _GAP_SHIFT, envelope, reached)
            reached = int(chip[-1])
            if reached >= chips:
                inside = int(chip.searchsorted(chips))
                chip, words = chip[:inside], words[:inside]
            yield chip, words


def layers_below(limits: FloatArray) -> NDArray[np.intp]:
    """How many layers of JITTER_NEAREST hold all uniform numbers below some limits, none above `SPARSE_LIMIT`."""
    return np.searchsorted(np.array((0.0, *LAYER_LIMITS)), limits)


def _batch(expected: float) -> int:
    """Words to make at once for an expected number of candidates: rarely too few."""
    return int(expected + 6 * math.sqrt(expected)) + 8


def _positions(bits: WordArray, envelope: float, reached: int) -> IntArray:
    """Where geometric gaps lead from a position, given 33 bits for each. In place, for this is the cost of a walk."""
    logs = bits.view(np.int64).astype(np.float64)  # from unsigned words it would take longer
    logs += 0.5
    logs *= 2.0**-33
    np.log(logs, out=logs)
    logs *= 1 / math.log(1 - envelope)
    steps = logs.astype(np.int64)  # rounds down, for all are above 0
    steps += 1
    steps[0] += reached
    return np.cumsum(steps, out=steps)


def _marks(words: WordArray) -> FloatArray:
    """Uniform numbers strictly between 0 and 1 from the lowest 31 bits."""
    marks = (words & _MARK_MASK).view(np.int64).astype(np.float64)
    marks += 0.5
    marks *= 2.0**-31
    return marks


def _shares(stream: Stream, probability: float) -> Iterator[tuple[int, float]]:
    """The layers that a probability needs, and which share of each one's candidates counts."""
    hazard = -math.log1p(-probability)
    envelopes = ENVELOPES[stream]
    for layer in itertools.count():
        envelope = envelopes[min(layer, len(envelopes) - 1)]
        covered = -math.log1p(-envelope)
        if hazard <= 0:
            return
        yield layer, min(1.0, -math.expm1(-hazard) / envelope)
        hazard -= covered
