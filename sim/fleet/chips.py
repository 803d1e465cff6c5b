"""The chip table: one row per chip, columns of small types. Only this module writes to it.

A chip is always in exactly one state, and only the moves in `ALLOWED` exist, so that chips shipped always equal the sum
over the states. Running counts per state are kept beside the rows; tests compare the two at every event.
"""

from __future__ import annotations

from enum import IntEnum

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


ALLOWED = frozenset(
    {
        (State.SHIPPING, State.INSTALLED),
        (State.INSTALLED, State.REPAIR),
        (State.REPAIR, State.INSTALLED),
        (State.INSTALLED, State.SMUGGLED),
        (State.REPAIR, State.SMUGGLED),
        (State.SMUGGLED, State.RESTRICTED),
        (State.SMUGGLED, State.SEIZED),
    }
)

_COLUMNS: dict[str, type[np.generic]] = {
    "state": np.int8,
    "covered": np.bool_,
    "lot": np.int32,  # -1 for the initial stock
    "site": np.int32,  # declared
    "shipped_day": np.float32,
    "diverted_day": np.float32,  # t0: departure from the licensed path
    "arrived_day": np.float32,  # in restricted territory
    "alert_day": np.float32,  # of the alert that led to the case in which it was established
    "case_day": np.float32,
    "established_day": np.float32,
}


class ChipTable:
    """All chips ever shipped, by chip number from 0."""

    def __init__(self) -> None:
        self._size = 0
        self._columns = {name: np.zeros(1024, dtype) for name, dtype in _COLUMNS.items()}
        self.counts: dict[State, int] = dict.fromkeys(State, 0)

    def __len__(self) -> int:
        return self._size

    def column(self, name: str) -> NDArray[np.generic]:
        """A read-only view of one column, shape (chips,)."""
        view = self._columns[name][: self._size]
        view.flags.writeable = False
        return view

    def append(self, count: int, *, state: State, covered: bool, lot: int, site: int, day: float) -> range:
        """Add chips that leave the maker on `day`; returns their numbers."""
        first, self._size = self._size, self._size + count
        while self._size > len(self._columns["state"]):
            self._columns = {name: np.concatenate([old, np.zeros_like(old)]) for name, old in self._columns.items()}
        rows = slice(first, self._size)
        for name, value in {"state": state, "covered": covered, "lot": lot, "site": site, "shipped_day": day}.items():
            self._columns[name][rows] = value
        for name in ("diverted_day", "arrived_day", "alert_day", "case_day", "established_day"):
            self._columns[name][rows] = NEVER
        self.counts[state] += count
        return range(first, self._size)

    def state(self, chip: int) -> State:
        """State of one chip."""
        return State(int(self._columns["state"][chip]))

    def move(self, chip: int, to: State, day: float) -> None:
        """Change a chip's state.

        Raises:
            ValueError: no such move exists.
        """
        before = self.state(chip)
        if (before, to) not in ALLOWED:
            raise ValueError(f"chip {chip} cannot go from {before.name} to {to.name}")
        self._columns["state"][chip] = to
        self.counts[before] -= 1
        self.counts[to] += 1
        if to is State.SMUGGLED:
            self._columns["diverted_day"][chip] = day
        elif to is State.RESTRICTED:
            self._columns["arrived_day"][chip] = day

    def is_diverted(self, chip: int) -> bool:
        """Whether the chip has left the licensed path, found or not."""
        return not np.isnan(self._columns["diverted_day"][chip])

    def is_established(self, chip: int) -> bool:
        """Whether the authority has established its diversion."""
        return not np.isnan(self._columns["established_day"][chip])

    def site(self, chip: int) -> int:
        """Number of the declared site."""
        return int(self._columns["site"][chip])

    def establish(self, chip: int, *, alert_day: float, case_day: float, day: float) -> None:
        """Record that the authority has established a diversion, with the dates that led to it."""
        for name, value in {"alert_day": alert_day, "case_day": case_day, "established_day": day}.items():
            self._columns[name][chip] = value

    def declared_at(self, site: int) -> IntArray:
        """Numbers of the chips declared at a site and delivered there at some time, seized ones left out."""
        state = self._columns["state"][: self._size]
        here = self._columns["site"][: self._size] == site
        return np.flatnonzero(here & (state != State.SHIPPING) & (state != State.SEIZED))

    def copy(self) -> dict[str, NDArray[np.generic]]:
        """All columns as they stand."""
        return {name: self._columns[name][: self._size].copy() for name in _COLUMNS}
