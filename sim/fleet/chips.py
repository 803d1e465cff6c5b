"""The chip table: one row per chip, columns of small types. Only this module writes to it.

A chip is always in exactly one state, and only the moves in `ALLOWED` exist, so that chips shipped always equal the sum
over the states. Running counts are kept beside the rows; tests compare the two at every event. A chip keeps its row for
ever. Its draws belong to its *slot*: the place in a lot that it fills and that its replacement inherits. Slot and generation
together make its number, the same under every policy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

NEVER = np.float32(np.nan)


class State(IntEnum):
    """Where a chip is, as far as the world knows (not the authority)."""

    SHIPPING = 0  # on its way to the declared site
    INSTALLED = 1  # at the declared site
    REPAIR = 2  # at the declared site's owner, but failed or away for repair
    SMUGGLED = 3  # on its way into restricted territory
    RESTRICTED = 4  # in restricted territory
    SEIZED = 5  # taken in transit or in a cooperating country
    MOVING = 6  # lawfully on its way to another site
    ELSEWHERE = 7  # lawfully at another site, which is not yet reported
    RETIRED = 8  # failed for good, or out of use as reported
    WITHDRAWN = 9  # lawfully out of use for good, which is not yet reported


ALLOWED = frozenset(
    {
        (State.SHIPPING, State.INSTALLED),
        (State.SHIPPING, State.SMUGGLED),  # never activated
        (State.INSTALLED, State.REPAIR),
        (State.REPAIR, State.INSTALLED),
        (State.REPAIR, State.RETIRED),
        (State.INSTALLED, State.SMUGGLED),
        (State.REPAIR, State.SMUGGLED),
        (State.SMUGGLED, State.RESTRICTED),
        (State.SMUGGLED, State.SEIZED),
        (State.INSTALLED, State.MOVING),
        (State.MOVING, State.ELSEWHERE),
        (State.MOVING, State.INSTALLED),  # reported before it has arrived
        (State.ELSEWHERE, State.INSTALLED),
        (State.INSTALLED, State.WITHDRAWN),
        (State.WITHDRAWN, State.RETIRED),
    }
)

GENERATION = 2**25
"""A chip's number is its slot plus its generation times this."""

GONE = (State.SEIZED, State.RETIRED)
"""States in which nobody asks a chip any more."""

AWAY = (State.SMUGGLED, State.RESTRICTED, State.ELSEWHERE)
"""States in which challenges to a chip may be answered by way of its detour."""

_MAY_MOVE = np.zeros((len(State), len(State)), bool)
for _before, _to in ALLOWED:
    _MAY_MOVE[_before, _to] = True


IN_CASE, EXCUSED, UNENDORSED = np.uint8(1), np.uint8(2), np.uint8(4)
"""Marks of a chip in the books: alerted on, and its case is open; under repair as was found or reported, until it is back;
its endorsement has been revoked, until it has a new one."""

WAIVED = IN_CASE | EXCUSED | UNENDORSED
"""Chips with any of these marks are not judged."""

_COLUMNS: dict[str, type[np.generic]] = {
    "state": np.int8,
    "covered": np.bool_,
    "marks": np.uint8,
    "searches": np.uint8,  # inspections that looked for it
    "activated": np.bool_,  # has been installed at its declared site
    "generation": np.uint8,  # how many chips have filled its slot before
    "lot": np.int32,  # -1 for the initial stock
    "detour": np.int32,  # the latest on which it has left its declared site, -1 for none
    "slot": np.int32,
    "site": np.int16,  # declared
    "product": np.uint8,  # its number, see `world.products`
    "shipped_day": np.float32,
    "diverted_day": np.float32,  # t0: departure from the licensed path
    "arrived_day": np.float32,  # in restricted territory
    "alert_day": np.float32,  # of the alert that led to the open case, or to the one in which it was established
    "case_day": np.float32,
    "established_day": np.float32,
    "seized_day": np.float32,
}

_NEVER_AT_FIRST = ("diverted_day", "arrived_day", "alert_day", "case_day", "established_day", "seized_day")

OnMove = Callable[[IntArray, NDArray[np.int8], State], None]


class ChipTable:
    """All chips ever shipped, by row number from 0.

    Attributes:
        tally: number of chips by state, covered or not, established or not; shape (states, 2, 2).
        moves: changes of state so far.
        settle: called with a day before anything is read or written as of it; see `sim.engine.fast`.
        on_move: called after each change of state with rows, states before and the state after.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._size = self._slots = 0
        self._columns = {name: np.zeros(capacity, dtype) for name, dtype in _COLUMNS.items()}
        self._views: dict[str, NDArray[np.generic]] = {}
        self._occupant = np.full(capacity, -1, np.int32)
        self._site_of_slot = np.full(capacity, -1, np.int16)
        self.tally = np.zeros((len(State), 2, 2), np.int64)
        self.moves = 0
        self.settle: Callable[[float], None] = lambda day: None
        self.on_move: OnMove = lambda rows, before, to: None

    def __len__(self) -> int:
        return self._size

    def numbers(self, chips: IntArray) -> IntArray:
        """Numbers of some chips, by row; shape (chips,)."""
        return chip_numbers(self.column("slot")[chips], self.column("generation")[chips])

    @property
    def counts(self) -> dict[State, int]:
        """Number of chips by state."""
        return {state: int(self.tally[state].sum()) for state in State}

    @property
    def slots(self) -> int:
        """Slots up to the highest that has ever been filled."""
        return self._slots

    def column(self, name: str) -> NDArray[Any]:
        """A read-only view of one column, shape (chips,)."""
        view = self._views.get(name)
        if view is None or len(view) != self._size:
            view = self._views[name] = self._columns[name][: self._size]
            view.flags.writeable = False
        return view

    def occupants(self, slots: IntArray | range) -> IntArray:
        """Rows of the chips that fill some slots now; -1 where none has been shipped, shape (slots,)."""
        if isinstance(slots, range):
            rows = self._occupant[slots.start : slots.stop]
            missing = len(slots) - len(rows)
            return np.concatenate([rows, np.full(missing, -1)]).astype(np.int64) if missing else rows.astype(np.int64)
        return self._occupant[slots].astype(np.int64)

    def sites_of_slots(self, slots: IntArray) -> NDArray[np.int16]:
        """Declared sites of the chips that fill some slots now; -1 where none has been shipped, shape (slots,)."""
        sites: NDArray[np.int16] = self._site_of_slot.take(slots)
        return sites

    def append(
        self,
        count: int,
        *,
        state: State,
        covered: bool,
        lot: int,
        site: int | IntArray,
        day: float,
        first_slot: int,
        product: int | IntArray = 0,
    ) -> range:
        """Add chips that leave the maker on `day` and fill slots from `first_slot` on; returns their rows."""
        self._grow(self._size + count)
        first, self._size = self._size, self._size + count
        self._slots = max(self._slots, first_slot + count)
        while self._slots > len(self._occupant):
            more = np.full(len(self._occupant) // 4 + 1024, -1)
            self._occupant = np.concatenate([self._occupant, more.astype(np.int32)])
            self._site_of_slot = np.concatenate([self._site_of_slot, more.astype(np.int16)])
        rows = slice(first, self._size)
        slots = np.arange(first_slot, first_slot + count)
        numbers = {"lot": lot, "slot": slots, "site": site, "product": product}
        values = {"state": state, "covered": covered, "shipped_day": day, **numbers}
        values |= {"activated": state is State.INSTALLED}
        for name, value in values.items():
            self._columns[name][rows] = value
        self._leave_blank(rows)
        self._occupant[first_slot : first_slot + count] = np.arange(first, self._size)
        self._site_of_slot[first_slot : first_slot + count] = site
        self.tally[state, int(covered), 0] += count
        return range(first, self._size)

    def state(self, chip: int) -> State:
        """State of one chip."""
        return State(int(self._columns["state"][chip]))

    def move(self, chips: int | range | IntArray, to: State, day: float | NDArray[np.float64]) -> None:
        """Change the state of some chips, on a day or each on its own.

        Raises:
            ValueError: no such move exists.
        """
        rows = _rows(chips)
        if not len(rows):
            return
        before = self._columns["state"][rows]
        allowed = _MAY_MOVE[before, to]
        if not allowed.all():
            wrong = int(np.flatnonzero(~allowed)[0])
            raise ValueError(f"chip {rows[wrong]} cannot go from {State(int(before[wrong])).name} to {to.name}")
        self._columns["state"][rows] = to
        books = self._books(rows)
        self._count(before.astype(np.int64) * 4 + books, -1)
        self._count(int(to) * 4 + books, 1)
        self.moves += len(rows)
        if to is State.INSTALLED:
            self._columns["activated"][rows] = True
        elif to is State.RESTRICTED:
            self._columns["arrived_day"][rows] = day
        elif to is State.SEIZED:
            self._columns["seized_day"][rows] = day
        if to is not State.REPAIR:
            self._columns["marks"][rows] &= ~EXCUSED
        self.on_move(rows, before, to)

    def divert(self, chips: IntArray, t0_day: float, detour: int) -> None:
        """Take chips off the licensed path, which they left on a day, on a detour: they are on their way now.

        Raises:
            ValueError: no such move exists.
        """
        self._columns["diverted_day"][chips] = t0_day
        self._columns["detour"][chips] = detour
        self.move(chips, State.SMUGGLED, t0_day)

    def send(self, chips: IntArray, detour: int) -> None:
        """Put chips on a detour."""
        self._columns["detour"][chips] = detour

    def sell(self, chips: IntArray, lot: int) -> None:
        """Make chips of the initial stock part of a lot."""
        self._columns["lot"][chips] = lot

    def is_diverted(self, chip: int) -> bool:
        """Whether the chip has left the licensed path, found or not."""
        return not np.isnan(self._columns["diverted_day"][chip])

    def is_established(self, chip: int) -> bool:
        """Whether the authority has established its diversion."""
        return not math.isnan(self._columns["established_day"][chip])

    def site(self, chip: int) -> int:
        """Number of the declared site."""
        return int(self._columns["site"][chip])

    def declare(self, chips: IntArray, site: int) -> None:
        """Record another site as the declared one."""
        self._columns["site"][chips] = site
        self._site_of_slot[self._columns["slot"][chips]] = site

    def alert(self, chips: IntArray, day: float, case_day: float) -> None:
        """Record alerts that put chips into an open case."""
        self._columns["alert_day"][chips] = day
        self._columns["case_day"][chips] = case_day
        self._columns["marks"][chips] |= IN_CASE

    def end_case(self, chips: IntArray, *, excused: bool) -> None:
        """Take chips whose diversion was not established out of their case."""
        for name in ("alert_day", "case_day"):
            self._columns[name][chips] = NEVER
        self._columns["marks"][chips] &= ~IN_CASE
        if excused:
            self._columns["marks"][chips] |= EXCUSED

    def excuse(self, chips: IntArray) -> None:
        """Judge chips that are under repair, as was reported, no more until they are back."""
        self._columns["marks"][chips] |= EXCUSED

    def withdraw_endorsement(self, chips: IntArray) -> None:
        """Judge chips no more whose evidence is refused because a key above or in them has been revoked."""
        self._columns["marks"][chips] |= UNENDORSED

    def endorse_anew(self, chips: IntArray) -> None:
        """Judge them again: whoever still has the chip has had it endorsed."""
        self._columns["marks"][chips] &= ~UNENDORSED

    def search(self, chips: IntArray) -> NDArray[np.uint8]:
        """Count an inspection that looks for some chips; returns how many there were before, shape (chips,)."""
        before: NDArray[np.uint8] = self._columns["searches"][chips]
        self._columns["searches"][chips] = np.minimum(before, 254) + 1
        return before

    def establish(self, chips: IntArray, day: float) -> None:
        """Record diversions as established; a chip that is in no case gets the day as those of its alert and case."""
        columns = self._columns
        states = columns["state"][chips].astype(np.int64) * 4
        self._count(states + self._books(chips), -1)
        columns["established_day"][chips] = day
        self._count(states + self._books(chips), 1)
        for name in ("alert_day", "case_day"):
            known = columns[name][chips]
            columns[name][chips] = np.where(np.isnan(known), np.float32(day), known)
        columns["marks"][chips] &= ~IN_CASE

    def replace(self, chips: IntArray, days: NDArray[np.float64], covered: NDArray[np.bool_]) -> IntArray:
        """Install new chips in the slots of some that have failed for good, each on its day; returns the new rows."""
        self._grow(self._size + len(chips))
        rows = np.arange(self._size, self._size + len(chips))
        self._size += len(chips)
        for name in ("lot", "slot", "site", "product"):
            self._columns[name][rows] = self._columns[name][chips]
        self._columns["generation"][rows] = np.minimum(self._columns["generation"][chips], 62) + 1
        self._columns["covered"][rows] = covered
        self._columns["state"][rows] = State.INSTALLED
        self._columns["activated"][rows] = True
        self._columns["shipped_day"][rows] = days
        self._leave_blank(rows)
        self._occupant[self._columns["slot"][chips]] = rows
        self._count(int(State.INSTALLED) * 4 + self._books(rows), 1)
        return rows

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Read-only views of all columns as they stand."""
        return {name: self.column(name) for name in _COLUMNS}

    def _grow(self, size: int) -> None:
        while size > len(self._columns["state"]):
            for name, old in self._columns.items():  # one after the other, to spare memory
                self._columns[name] = np.concatenate([old, np.zeros(len(old) // 4 + 1024, old.dtype)])
            self._views.clear()

    def _leave_blank(self, rows: slice | IntArray) -> None:
        """What nobody knows yet of new chips."""
        for name in _NEVER_AT_FIRST:
            self._columns[name][rows] = NEVER
        self._columns["detour"][rows] = -1

    def _books(self, rows: IntArray) -> IntArray:
        """2 for covered chips, and 1 more for established ones."""
        books: IntArray = self._columns["covered"][rows] * 2 + ~np.isnan(self._columns["established_day"][rows])
        return books

    def _count(self, index: IntArray, sign: int) -> None:
        """Add chips to the tally, by its flat index, or take them off."""
        self.tally += sign * np.bincount(index, minlength=self.tally.size).reshape(self.tally.shape)


def chip_numbers(slots: NDArray[np.generic], generations: NDArray[np.generic]) -> IntArray:
    """Numbers of chips by slot and generation, shape (chips,)."""
    return generations.astype(np.int64) * GENERATION + slots.astype(np.int64)


def bytes_per_chip() -> int:
    """Size of a row, its place in the list of slots included."""
    return sum(np.dtype(dtype).itemsize for dtype in _COLUMNS.values()) + 6


def _rows(chips: int | range | IntArray) -> IntArray:
    if isinstance(chips, np.ndarray):
        return chips
    if isinstance(chips, range):
        return np.arange(chips.start, chips.stop)
    return np.array([chips])
