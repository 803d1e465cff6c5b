"""The exchanges that a landmark has open: a table of bounded size that strangers cannot fill for good.

An exchange stands in one of three rows. It is *waiting* until its first nonce has been answered, *under way* from then on,
and *finished* once it is measured, when it is only kept in case the measurement gets lost. Where there is no room, the
oldest finished one goes, then the waiting one whose nonce has been out for longest. Those under way stay: whoever has
answered a fresh nonce is no invented address. They end by themselves, since a nonce not answered in time is followed by the
next, and a burst is short. Within a row the order is that of the last nonce, so that what is due stands in front.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..errors import TableFull
from ..exchange import LandmarkExchange
from .datagrams import Address

Name = tuple[bytes, Address]
"""Session, and the address of the prover: what comes from elsewhere belongs to no exchange."""


@dataclass(slots=True, eq=False)
class Open:
    """One exchange.

    Attributes:
        exchange: its state.
        request: packet one.
        begun_ns: when it arrived, on the monotonic clock.
        touched_ns: when the last nonce, or the measurement, left.
        sent: nonces sent.
        silent: of these, without an answer since the last one that had one.
        refused: responses refused.
        rtts_ns: round-trip times so far.
        measurement: packet four, once it is made.
        repeated: how often that was sent again.
    """

    exchange: LandmarkExchange
    request: bytes
    begun_ns: int
    touched_ns: int
    sent: int = 0
    silent: int = 0
    refused: int = 0
    rtts_ns: list[int] = field(default_factory=list)
    measurement: bytes | None = None
    repeated: int = 0


class Table:
    """Open exchanges by session and address.

    Args:
        most: exchanges in the table, > 0.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: OrderedDict[Name, Open] = OrderedDict()
        self._under_way: OrderedDict[Name, Open] = OrderedDict()
        self._finished: OrderedDict[Name, Open] = OrderedDict()
        self._rows = (self._waiting, self._under_way, self._finished)

    def __len__(self) -> int:
        """All of them."""
        return sum(len(row) for row in self._rows)

    @property
    def unfinished(self) -> int:
        """Exchanges waiting or under way."""
        return len(self._waiting) + len(self._under_way)

    def get(self, name: Name) -> Open | None:
        """The exchange of this name, if there is one."""
        return next((row[name] for row in self._rows if name in row), None)

    def add(self, name: Name, opened: Open) -> Name | None:
        """Put a new exchange in, and return the name of the one that had to go for it, if one had.

        Raises:
            TableFull: all are under way.
        """
        evicted = None
        if len(self) >= self._most:
            row = self._finished or self._waiting
            if not row:
                raise TableFull(f"{self._most} exchanges under way")
            evicted, _ = row.popitem(last=False)
        self._waiting[name] = opened
        return evicted

    def touch(self, name: Name, opened: Open, now_ns: int) -> None:
        """Put an exchange at the end of the row where it belongs by now."""
        self.drop(name)
        opened.touched_ns = now_ns
        row = self._finished if opened.measurement is not None else self._under_way if opened.rtts_ns else self._waiting
        row[name] = opened

    def drop(self, name: Name) -> None:
        """Take an exchange out."""
        for row in self._rows:
            row.pop(name, None)

    def unanswered_since(self, before_ns: int) -> Iterator[tuple[Name, Open]]:
        """Exchanges, not finished, whose last nonce left before a time."""
        for row in (self._waiting, self._under_way):
            yield from _touched_before(row, before_ns)

    def forget_finished(self, before_ns: int) -> None:
        """Drop what was finished before a time."""
        for name, _ in _touched_before(self._finished, before_ns):
            del self._finished[name]


def _touched_before(row: "OrderedDict[Name, Open]", before_ns: int) -> list[tuple[Name, Open]]:
    found = []
    for name, opened in row.items():
        if opened.touched_ns >= before_ns:
            break
        found.append((name, opened))
    return found
