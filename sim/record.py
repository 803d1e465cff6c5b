"""What a run leaves behind: its events, its census of chips, its counts. Everything downstream reads only this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from .world.sites import Site

CHUNK_ROWS = 65_536
"""Rows of the event log that are put in order, and handed over, together."""


class Happening(StrEnum):
    """Kinds of events. Numbers that do not apply are -1. Simultaneous events are logged in the order given here."""

    SHIPPED = auto()
    BOUGHT = auto()  # a smuggler has bought chips out of the stock abroad
    LICENCE_REFUSED = auto()
    ORDER_PREVENTED = auto()  # ordered by a consignee that is blocked
    DELIVERED = auto()
    FAILED = auto()
    REPAIRED = auto()
    RETIRED = auto()  # a chip failed for good
    REPLACED = auto()  # a new chip took the place of one that had failed for good
    MOVED = auto()  # chips lawfully went to another site, of their owner or of who bought them
    MOVE_REPORTED = auto()  # and their owner told the authority, so that their declared site changed
    WITHDRAWN = auto()  # chips were lawfully taken out of use for good
    WITHDRAWAL_REPORTED = auto()
    OUTAGE_BEGAN = auto()
    OUTAGE_ENDED = auto()
    LANDMARK_LOST = auto()  # a landmark times nobody
    LANDMARK_BACK = auto()
    RENTED = auto()  # chips that stay where they are declared work for customers in restricted territory
    DEPARTED = auto()
    ARRIVED = auto()
    ENROLLED = auto()
    SILENT = auto()  # a chip that is in no case missed a challenge
    SUSPICIOUS = auto()  # its answer was suspicious
    ANSWERED = auto()  # a really signed answer and its verdict
    ALERTED = auto()
    CASE_OPENED = auto()
    REQUESTED = auto()  # the operator was asked to have chips answer, or to explain why they cannot
    REQUEST_ANSWERED = auto()
    CONSENT_REFUSED = auto()  # the host country allows no inspection
    SENT_OUT = auto()  # an inspector set out for the site of a case
    CALLED_OFF = auto()  # a tip or another visit settled a case, and no inspector is needed
    INSPECTED = auto()
    CASE_CLOSED = auto()
    VISITED = auto()
    EXPOSED = auto()
    ESTABLISHED = auto()
    SEIZED = auto()
    BLOCKED = auto()  # a consignee gets no licence any more
    PENALISED = auto()
    KEY_REVOKED = auto()  # and evidence below it refused at once
    REISSUED = auto()  # chips at a site have new endorsements
    AUDITED = auto()  # an endorser, by who looks at its seal


class Event(NamedTuple):
    """One line of the event log. `chips` is how many chips it is about."""

    day: float
    happening: Happening
    chip: int = -1
    lot: int = -1
    site: int = -1
    case: int = -1
    chips: int = 1
    detail: str = ""


ROW = np.dtype(
    [
        ("day", np.float64),
        ("happening", np.uint8),
        ("chip", np.int32),
        ("lot", np.int32),
        ("site", np.int16),
        ("case", np.int32),
        ("chips", np.int32),
        ("detail", np.int32),
    ]
)
"""An event as the log keeps it: happening and detail as numbers, which index `HAPPENINGS` and the log's list of details."""

HAPPENINGS = tuple(Happening)
_NUMBER_OF = {happening: number for number, happening in enumerate(HAPPENINGS)}

Rows = NDArray[np.void]
"""Rows of the event log, dtype `ROW`."""


class Sink(Protocol):
    """Where a log that is too long to be kept goes while it grows."""

    def write(self, rows: Rows, details: Sequence[str]) -> None:
        """Take over the next rows, in their final order."""

    def __iter__(self) -> Iterator[Event]:
        """Read back what was taken over."""


class EventLog:
    """The events of a run, in an order that does not depend on who acted first among simultaneous ones.

    Events are ordered by day, happening (as in the enum), site, lot, case, chip, detail and number of chips. No row may be
    older than the day before that of the latest; apart from that they may come in any order. They are kept as columns of
    small types.

    Args:
        sink: takes over the rows chunk by chunk; without one the log keeps them.
        chunk_rows: rows of a chunk. It does not change what the log says.
    """

    def __init__(self, sink: Sink | None = None, chunk_rows: int = CHUNK_ROWS) -> None:
        self._sink = sink
        self._details = [""]
        self._detail_numbers = {"": 0}
        self._kept: list[Rows] = []
        self._kept_rows = 0  # or handed over
        self._latest = np.empty(chunk_rows, ROW)  # not in order yet; the first `_latest_rows` are filled
        self._latest_rows = 0

    def append(self, event: Event) -> None:
        """Add one event."""
        self._make_room(1)
        day, happening, chip, lot, site, case, chips, detail = event
        numbers = (day, _NUMBER_OF[happening], chip, lot, site, case, chips, self._detail_number(detail))
        self._latest[self._latest_rows] = numbers
        self._latest_rows += 1

    def extend(
        self,
        day: ArrayLike,
        happening: Happening,
        *,
        chip: ArrayLike = -1,
        lot: ArrayLike = -1,
        site: ArrayLike = -1,
        case: ArrayLike = -1,
        chips: ArrayLike = 1,
        detail: str = "",
    ) -> None:
        """Add many events of one kind, as many as the longest argument; each number is one for all or an array of them."""
        columns = {"day": day, "chip": chip, "lot": lot, "site": site, "case": case, "chips": chips}
        count = next((size for column in columns.values() if (size := np.size(column)) != 1), 1)
        self._make_room(count)
        rows = self._latest[self._latest_rows : self._latest_rows + count]
        for name, column in columns.items():
            rows[name] = column  # numpy refuses another length than the first
        rows["happening"] = _NUMBER_OF[happening]
        rows["detail"] = self._detail_number(detail)
        self._latest_rows += count

    def close(self) -> None:
        """Hand over what is left. Nothing may be added afterwards."""
        self._hand_over(self._latest_rows)

    def __len__(self) -> int:
        return self._kept_rows + self._latest_rows

    def __iter__(self) -> Iterator[Event]:
        if self._sink is not None:
            yield from self._sink
        for rows in (*self._kept, in_order(self._latest[: self._latest_rows], self._details)):
            yield from events_of(rows, self._details)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventLog):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return f"<EventLog of {len(self)} events>"

    def _detail_number(self, detail: str) -> int:
        number = self._detail_numbers.setdefault(detail, len(self._details))
        if number == len(self._details):
            self._details.append(detail)
        return number

    def _make_room(self, count: int) -> None:
        """Part with the days that are over if the latest rows are too many; make more room where that is not enough."""
        if self._latest_rows + count <= len(self._latest):
            return
        latest = self._latest[: self._latest_rows]
        if len(latest):
            self._hand_over(int(np.count_nonzero(latest["day"] < np.floor(latest["day"].max()) - 1)))
        if self._latest_rows + count > len(self._latest):
            more = np.empty(max(count, len(self._latest)), ROW)
            self._latest = np.concatenate([self._latest[: self._latest_rows], more])

    def _hand_over(self, count: int) -> None:
        """Part with the first rows in order, to the sink or to what is kept in order."""
        rows = in_order(self._latest[: self._latest_rows], self._details)
        if count and self._sink is not None:
            self._sink.write(rows[:count], self._details)
        elif count:
            self._kept.append(rows[:count].copy())
        self._kept_rows += count
        self._latest_rows -= count
        self._latest[: self._latest_rows] = rows[count:]


def in_order(rows: Rows, details: Sequence[str]) -> Rows:
    """The rows in the order of the log."""
    used, place = np.unique(rows["detail"], return_inverse=True)
    rank = np.argsort(np.argsort(np.array([details[number] for number in used], dtype=object)))[place]
    last_to_first = (rows["chips"], rank, *(rows[name] for name in ("chip", "case", "lot", "site", "happening", "day")))
    return rows[np.lexsort(last_to_first)]


def events_of(rows: Rows, details: Sequence[str]) -> Iterator[Event]:
    """Rows of the log as events."""
    for day, happening, chip, lot, site, case, chips, detail in rows.tolist():
        yield Event(day, HAPPENINGS[happening], chip, lot, site, case, chips, details[detail])


class Category(StrEnum):
    """A partition of all chips shipped, for the census."""

    SHIPPING = auto()
    IN_SERVICE_WITHOUT_MECHANISM = auto()
    IN_SERVICE_WITH_MECHANISM = auto()
    UNDER_REPAIR = auto()
    RETIRED = auto()
    DIVERTED_UNDETECTED = auto()
    DIVERTED_ESTABLISHED = auto()
    SEIZED = auto()


@dataclass(frozen=True)
class Census:
    """How many chips are in each category on one day."""

    day: float
    chips: dict[Category, int]


class Finding(StrEnum):
    """How a case ended."""

    CLEARED = auto()  # every chip was seen, or answered again
    RMA = auto()  # every chip that was not is out for repair, or retired, which the maker confirms
    ESTABLISHED = auto()  # at least one chip's diversion was established
    UNKNOWN = auto()  # nobody could find out


@dataclass(frozen=True)
class ClosedCase:
    """A case that ended. One without a diverted chip is a false alarm.

    Attributes:
        number: of the cases of its site.
        opened_day: of the first alert.
        closed_day: when it ended.
        chips: alerted on.
        diverted_chips: how many of them were diverted, whatever was found.
        visited: whether an inspector was there.
        finding: how it ended.
        established_chips: how many diversions the case established.
    """

    number: int
    site: int
    opened_day: float
    closed_day: float
    chips: int
    diverted_chips: int
    visited: bool
    finding: Finding = Finding.UNKNOWN
    established_chips: int = 0


@dataclass(frozen=True)
class OpenCase:
    """A case that the end of the run has cut off; fields as of a closed one."""

    number: int
    site: int
    opened_day: float
    chips: int
    diverted_chips: int


class VisitReason(StrEnum):
    """Why an inspector went."""

    CASE = auto()
    RANDOM = auto()
    RISK_BASED = auto()
    END_USE_CHECK = auto()  # today's, by other staff


@dataclass(frozen=True)
class Visit:
    """An inspection: when an inspector arrived, what he tested, and how long it kept him busy.

    Attributes:
        day: of arrival.
        reason: why.
        tested_chips: chips that were looked for or challenged.
        missing_chips: how many of them were found to be missing.
        busy_days: travel and report included.
        free_day: when the inspector was free again.
        wait_days: from the request for an inspector to his setting out.
    """

    day: float
    site: int
    reason: VisitReason
    tested_chips: int
    missing_chips: int
    busy_days: float
    free_day: float
    wait_days: float

    def busy_days_until(self, end_day: float) -> float:
        """Of the days that it kept him busy, those up to the end of the run."""
        return self.busy_days - max(0.0, self.free_day - end_day)


class ConsequenceKind(StrEnum):
    """What follows when a diversion has been established."""

    SEIZURE = auto()
    PENALTY = auto()
    BLOCKED = auto()  # the consignee gets no licence any more
    AWARD = auto()  # paid to who told


@dataclass(frozen=True)
class Consequence:
    """What followed for a lot, for how many chips, and the money that changed hands."""

    day: float
    lot: int
    kind: ConsequenceKind
    chips: int
    usd: float


@dataclass(frozen=True)
class Diversion:
    """Chips of an order that left together.

    Attributes:
        lot: number of the lot.
        channel: name of the channel.
        strategy: name of the strategy.
        site: declared.
        country: of that site.
        rows: of the chips in the chip table, shape (chips,).
        t0_day: when they left the licensed path.
        departure_day: when they left the declared site, or the way to it.
        arrival_day: when they are in restricted territory, if they are not seized.
    """

    lot: int
    channel: str
    strategy: str
    site: int
    country: str
    rows: NDArray[np.int64]
    t0_day: float
    departure_day: float
    arrival_day: float


class RoundCounts:
    """How the sites fared in each round: chips asked, silent and suspicious ones. Columns, no row for each chip."""

    def __init__(self) -> None:
        self._parts: list[tuple[float, NDArray[np.int32]]] = []

    def add(self, day: float, *counts: ArrayLike) -> None:
        """Add a round: sites, and chips asked, silent and suspicious at each, shape (sites,) each."""
        self._parts.append((day, np.array(counts, np.int32)))

    def table(self) -> NDArray[np.void]:
        """All rows, dtype `ROUND`, by day and site; sites where nobody was asked are left out."""
        rows = np.empty(sum(counts.shape[1] for _, counts in self._parts), ROUND)
        end = 0
        for day, counts in self._parts:
            part = rows[end : end + counts.shape[1]]
            part["day"] = day
            for name, column in zip(("site", "asked", "silent", "suspicious"), counts, strict=True):
                part[name] = column
            end += len(part)
        rows = rows[rows["asked"] > 0]
        return rows[np.lexsort((rows["site"], rows["day"]))]


ROUND = np.dtype(
    [("day", np.float64), ("site", np.int16), ("asked", np.int32), ("silent", np.int32), ("suspicious", np.int32)]
)


@dataclass
class Record:
    """Collected while the run goes on. `watch` is called after each event, for tests that check every step."""

    events: EventLog = field(default_factory=EventLog)
    census: list[Census] = field(default_factory=list)
    closed_cases: list[ClosedCase] = field(default_factory=list)
    open_cases: list[OpenCase] = field(default_factory=list)
    challenges: int = 0
    silences: int = 0  # challenges missed by chips in no case
    suspicious: int = 0  # answers of chips in no case that were suspicious
    refuted: int = 0  # that contradicted their site or whose evidence was refused
    state_changes: int = 0
    rounds: RoundCounts = field(default_factory=RoundCounts)
    covered_chip_days: float = 0.0
    unendorsed_chip_days: float = 0.0  # of chips that were where they ought to be, refused because a key had been revoked
    signed_challenges: int = 0
    endorsers: int = 0
    endorser_audits: int = 0
    enrolled_sites: int = 0
    clearable_sites: int = 0
    clearable_chips: int = 0  # at the end, installed with the mechanism at sites that could be cleared when last measured
    refused_chips: int = 0
    sites: Sequence[Site] = ()  # those simulated, by number
    site_clearable: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))  # when last measured, (sites,)
    prevented_chips: int = 0  # ordered by smugglers whose consignee was blocked
    rented_chips: int = 0  # used by customers in restricted territory where they are declared
    remote_requests: int = 0
    waiting_case_days: float = 0.0  # from the request for an inspector to his setting out, over all cases
    visits: list[Visit] = field(default_factory=list)
    consequences: list[Consequence] = field(default_factory=list)
    diversions: list[Diversion] = field(default_factory=list)
    chips: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    watch: Callable[[Event], None] | None = None

    @property
    def all_cases(self) -> list[ClosedCase | OpenCase]:
        """Cases that ended, in that order, and those that the end of the run has cut off."""
        return [*self.closed_cases, *self.open_cases]

    def write(self, event: Event) -> None:
        """Append one event."""
        self.events.append(event)
        if self.watch is not None:
            self.watch(event)

    def write_many(self, day: ArrayLike, happening: Happening, *, detail: str = "", **numbers: ArrayLike) -> None:
        """Append many events of one kind; arguments as of `EventLog.extend`."""
        self.events.extend(day, happening, detail=detail, **numbers)
        if self.watch is not None:
            days, *columns = np.broadcast_arrays(np.atleast_1d(day), *numbers.values())
            for row, one_day in enumerate(days.tolist()):
                values: dict[str, Any] = {name: column[row].item() for name, column in zip(numbers, columns, strict=True)}
                self.watch(Event(one_day, happening, detail=detail, **values))
