"""What a run leaves behind: its events, its census of chips, its counts. Everything downstream reads only this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Happening(StrEnum):
    """Kinds of events. Numbers that do not apply are -1."""

    SHIPPED = auto()
    LICENCE_REFUSED = auto()
    DELIVERED = auto()
    FAILED = auto()
    REPAIRED = auto()
    OUTAGE_BEGAN = auto()
    OUTAGE_ENDED = auto()
    DEPARTED = auto()
    ARRIVED = auto()
    ENROLLED = auto()
    ALERTED = auto()
    CASE_OPENED = auto()
    INSPECTED = auto()
    CASE_CLOSED = auto()
    VISITED = auto()
    EXPOSED = auto()
    ESTABLISHED = auto()
    SEIZED = auto()


class Event(NamedTuple):
    """One line of the event log."""

    day: float
    happening: Happening
    chip: int = -1
    lot: int = -1
    site: int = -1
    case: int = -1
    detail: str = ""


class Category(StrEnum):
    """A partition of all chips shipped, for the census."""

    SHIPPING = auto()
    IN_SERVICE_WITHOUT_MECHANISM = auto()
    IN_SERVICE_WITH_MECHANISM = auto()
    UNDER_REPAIR = auto()
    DIVERTED_UNDETECTED = auto()
    DIVERTED_ESTABLISHED = auto()
    SEIZED = auto()


@dataclass(frozen=True)
class Census:
    """How many chips are in each category on one day."""

    day: float
    chips: dict[Category, int]


@dataclass(frozen=True)
class ClosedCase:
    """A case that ended with an inspection. A case without a diverted chip is a false alarm."""

    number: int
    site: int
    opened_day: float
    closed_day: float
    chips: int
    diverted_chips: int


@dataclass
class Record:
    """Collected while the run goes on. `watch` is called after each event, for tests that check every step."""

    events: list[Event] = field(default_factory=list)
    census: list[Census] = field(default_factory=list)
    closed_cases: list[ClosedCase] = field(default_factory=list)
    open_cases: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    covered_chip_days: float = 0.0
    signed_challenges: int = 0
    enrolled_sites: int = 0
    clearable_sites: int = 0
    refused_chips: int = 0
    chips: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    watch: Callable[[Event], None] | None = None

    def write(self, event: Event) -> None:
        """Append one event."""
        self.events.append(event)
        if self.watch is not None:
            self.watch(event)
