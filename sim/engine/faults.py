"""Faults of the whole fleet, many at a time, each at its own moment: the fast engine's part of innocent silence.

Nobody wakes up for a fault. Whoever wants to read or change the chip table as of a day has it settled first: then all
faults, returns and replacements up to that day take place, for each chip in the order of time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..actors.operator import replace_failed
from ..actors.setting import Setting
from ..fleet.chips import State
from ..fleet.silence import fails_for_good, faults_per_day, repair_days
from ..record import Happening
from ..sparse import Sparse

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Turns:
    """What happens to chips: faults that may strike whoever fills a slot, or ends of repairs. All of shape (turns,).

    Attributes:
        day: when; ascending.
        slot: where.
        chip: row of the chip whose repair ends; of no meaning for a fault.
        length: uniform number, how long a fault lasts.
        kind: uniform number, whether the chip has failed for good.
    """

    day: FloatArray
    slot: IntArray
    chip: IntArray
    length: FloatArray
    kind: FloatArray

    def __len__(self) -> int:
        return len(self.day)

    def part(self, which: slice | NDArray[np.bool_] | IntArray) -> Turns:
        """Some of them."""
        return Turns(self.day[which], self.slot[which], self.chip[which], self.length[which], self.kind[which])

    def singly(self) -> Iterator[Turns]:
        """One by one."""
        return (self.part(slice(place, place + 1)) for place in range(len(self)))

    def split(self, day: float) -> tuple[Turns, Turns]:
        """Those up to a day, and those after it."""
        place = int(self.day.searchsorted(day, side="right"))
        if not place:
            return _NONE, self
        if place == len(self):
            return self, _NONE
        return self.part(slice(0, place)), self.part(slice(place, None))


_NONE = Turns(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))


def together(parts: Sequence[Turns]) -> Turns:
    """All turns of some parts, in the order of time."""
    if len(parts) == 1:
        return parts[0]
    names = ("day", "slot", "chip", "length", "kind")
    turns = Turns(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    return turns.part(np.argsort(turns.day, kind="stable"))


class Faults:
    """The faults of one run; `settle(day)` lets them happen up to a day."""

    def __init__(self, setting: Setting, sparse: Sparse, installed: Callable[[IntArray], None]) -> None:
        """`installed(chips)` is told of replacements."""
        self._setting = setting
        self._sparse = sparse
        self._installed = installed
        self._per_day = faults_per_day(setting.values)
        self._faults = self._ends = _NONE  # what is still to come until `_tomorrow`
        self._later: list[Turns] = []  # ends of repairs on other days, in any order
        self._drawn_for = 0
        self._tomorrow = 0.0
        self._settled = 0.0
        self._busy = False

    def settle(self, day: float) -> None:
        """Let everything happen that happens up to a day."""
        if self._busy or day <= self._settled:
            return
        self._busy = True
        while self._settled < day:
            if self._settled >= self._tomorrow:
                self._begin_day(math.floor(self._settled))
            until = min(day, self._tomorrow)
            self._advance(until)
            self._settled = until
        self._busy = False

    def spare(self, slots: range, day: float) -> None:
        """Let no fault of today strike some slots that would have come before a time: nobody was there yet."""
        if day <= self._settled:  # and the first day's faults are not drawn before all of the initial stock is there
            return
        if self._settled >= self._tomorrow:
            self._begin_day(math.floor(self._settled))
        if slots.stop > self._drawn_for:  # shipped and delivered within the day
            self._draw_faults(math.floor(self._settled), slots.stop)
        faults = self._faults
        struck = (faults.day <= day) & (faults.slot >= slots.start) & (faults.slot < slots.stop)
        if struck.any():
            self._faults = faults.part(~struck)

    def _begin_day(self, number: int) -> None:
        """Draw the day's faults, and take out the repairs that end on it."""
        self._tomorrow = number + 1.0
        self._faults, self._drawn_for = _NONE, 0
        self._draw_faults(number, self._setting.chips.slots)
        self._ends, later = together([_NONE, *self._later]).split(self._tomorrow)
        self._later = [later]

    def _draw_faults(self, number: int, slots: int) -> None:
        """Draw a day's faults for as many slots, those apart that have been drawn."""
        slot, day, length, kind = self._sparse.faults(number, self._per_day, slots)
        new = slot >= self._drawn_for
        if new.any():
            self._faults = together([self._faults, Turns(day, slot, slot, length, kind).part(new)])
        self._drawn_for = slots

    def _advance(self, until: float) -> None:
        """Let the turns up to a time within today happen, for each slot in the order of time."""
        ends, self._ends = self._ends.split(until)
        faults, self._faults = self._faults.split(until)
        if not len(ends) and not len(faults):
            return
        slots = np.sort(np.concatenate([ends.slot, faults.slot]))
        twice = np.unique(slots[1:][slots[1:] == slots[:-1]])
        if len(twice):  # what happens to one chip in turn is done in turn
            of_ends, of_faults = np.isin(ends.slot, twice), np.isin(faults.slot, twice)
            in_turn = [(end.day[0], self._end_repairs, end) for end in ends.part(of_ends).singly()]
            in_turn += [(fault.day[0], self._strike, fault) for fault in faults.part(of_faults).singly()]
            for day, happen, turn in sorted(in_turn, key=lambda entry: entry[0]):
                back, self._ends = self._ends.split(day)  # repairs that have begun in the meantime
                self._end_repairs(back)
                happen(turn)
            ends, faults = ends.part(~of_ends), faults.part(~of_faults)
        self._end_repairs(ends)
        self._strike(faults)
        if len(self._ends) and self._ends.day[0] <= until:  # repairs that have begun and ended in the meantime
            self._advance(until)

    def _strike(self, turns: Turns) -> None:
        """Faults: only chips that are at work at their declared site fail."""
        if not len(turns):
            return
        table = self._setting.chips
        chips = table.occupants(turns.slot)
        hit = (chips >= 0) & (np.asarray(table.column("state"))[chips] == State.INSTALLED)
        chips, turns = chips[hit], turns.part(hit)
        if not len(chips):
            return
        table.move(chips, State.REPAIR, turns.day)
        self._setting.trace_chips(turns.day, Happening.FAILED, chips)
        back = turns.day + repair_days(turns.length, self._setting.values)
        ends = Turns(back, turns.slot, chips, turns.length, turns.kind)
        soon = back <= self._tomorrow
        if soon.any():
            self._ends = together([self._ends, ends.part(soon)])
            ends = ends.part(~soon)
        self._later.append(ends)

    def _end_repairs(self, turns: Turns) -> None:
        """Chips come back from repair, or others come in their place; what a smuggler has taken along does not."""
        if not len(turns):
            return
        table = self._setting.chips
        there = np.asarray(table.column("state"))[turns.chip] == State.REPAIR
        turns = turns.part(there)
        for_good = fails_for_good(turns.kind, self._setting.values)
        back = turns.part(~for_good)
        if len(back):
            table.move(back.chip, State.INSTALLED, back.day)
            self._setting.trace_chips(back.day, Happening.REPAIRED, back.chip)
        dead = turns.part(for_good)
        if len(dead):
            self._installed(replace_failed(self._setting, dead.chip, dead.day))
