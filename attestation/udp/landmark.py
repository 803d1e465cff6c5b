"""A landmark on a UDP socket: who is let in, when nonces leave, and what becomes of open exchanges.

The exchange itself is `exchange.LandmarkExchange`; this module gives it packets, clock readings and entropy. One nonce is
out at a time. The next leaves when the response has come, or when the time for it is over. An exchange whose first nonces
all go unanswered is given up after a few: an invented address so earns three small packets for its request, not a burst.
"""

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass

from ..algorithms import ESP384
from ..challenge import SESSION_ID_BYTES
from ..errors import (
    NoPacket,
    NoSuchExchange,
    OtherSessionKey,
    Refused,
    ShuttingDown,
    TooManyRefused,
)
from ..exchange import DEFAULT_TIMEOUT_NS, LandmarkExchange
from ..flaws import SOUND, Flaws
from ..keys import SigningKey
from ..measurement import Measurement, issue_measurement
from ..packets import REQUEST, RESPONSE, peek
from .datagrams import Address, Datagram, Endpoint
from .limits import Gate, Rate
from .log import Log, nowhere
from .sources import date_s, fresh, monotonic_ns
from .table import Name, Open, Table

_AT_ONCE = 64  # datagrams read before the event loop gets its turn
_SWEEP_S = 0.02
_MOST_REPEATED = 3  # times that a measurement is sent again


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a landmark allows. The configuration file has the same names; see `settings.LANDMARK` for the ranges.

    Attributes:
        rounds: nonces in a burst.
        timeout_ms: after which a nonce counts as lost.
        most_silent: nonces in a row that may go unanswered; then the exchange is given up, or measured if any was answered.
        most_open: exchanges in the table.
        most_refused: refused responses after which an exchange is given up.
        linger_s: how long a measurement is kept in case it gets lost.
        grace_s: how long exchanges under way may take to end when the landmark is stopped.
        requests_per_s: of everybody together.
        requests_burst: the same, at once.
        host_per_s: requests of one host.
        host_burst: the same, at once.
        key_per_s: exchanges with one session key.
        key_burst: the same, at once.
        most_remembered: hosts, and session keys, whose limits are remembered.
        report_s: between two lines of the log on what was refused.
    """

    rounds: int = 8
    timeout_ms: float = 1000.0
    most_silent: int = 3
    most_open: int = 4096
    most_refused: int = 64
    linger_s: float = 5.0
    grace_s: float = 2.0
    requests_per_s: float = 1000.0
    requests_burst: float = 1000.0
    host_per_s: float = 100.0
    host_burst: float = 200.0
    key_per_s: float = 1.0
    key_burst: float = 5.0
    most_remembered: int = 4096
    report_s: float = 1.0


class LandmarkServer:
    """A landmark that answers on a socket for as long as `serve` runs.

    Args:
        sock: bound UDP socket; it is closed at the end.
        landmark_id: its identifier.
        key: its long-term key.
        audience: identifier of the verifier that its measurements are for.
        limits: what it allows.
        flaws: of the protocol.
        log: takes what happens.
        kernel_stamps: see `datagrams.Endpoint`.

    Attributes:
        counts: what has happened so far: datagrams received, exchanges begun, nonces sent, responses, measurements, requests
            repeated, exchanges evicted, and refusals by reason code.

    Raises:
        InvalidArgument: identifiers so long that a measurement would not fit into a datagram.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        landmark_id: str,
        key: SigningKey,
        audience: str,
        limits: Limits = Limits(),
        flaws: Flaws = SOUND,
        log: Log = nowhere,
        kernel_stamps: bool = True,
    ) -> None:
        _check_that_it_fits(landmark_id, key, audience, limits.rounds)
        self._endpoint = Endpoint(sock, kernel_stamps=kernel_stamps)
        self._landmark_id = landmark_id
        self._key = key
        self._audience = audience
        self._limits = limits
        self._flaws = flaws
        self._log = log
        self._timeout_ns = round(limits.timeout_ms * 1e6)
        self._table = Table(limits.most_open)
        self._gate = Gate(
            everybody=Rate(limits.requests_per_s, limits.requests_burst),
            host=Rate(limits.host_per_s, limits.host_burst),
            key=Rate(limits.key_per_s, limits.key_burst),
            most=limits.most_remembered,
            now_ns=monotonic_ns(),
        )
        self._closing = False
        self.counts: Counter[str] = Counter()
        self._reported: Counter[str] = Counter()

    @property
    def address(self) -> Address:
        """Where it answers."""
        return self._endpoint.address

    @property
    def open_exchanges(self) -> int:
        """Exchanges in the table."""
        return len(self._table)

    async def serve(self, stop: asyncio.Event) -> None:
        """Answer until told to stop; then begin nothing new, let what is under way end, and close the socket."""
        loop = asyncio.get_running_loop()
        stopping = loop.create_task(stop.wait())
        loop.add_reader(self._endpoint, self._read)
        host, port = self.address
        self._log("started", landmark_id=self._landmark_id, host=host, port=port, stamps=self._endpoint.stamps)
        try:
            report_ns = monotonic_ns()
            while not stopping.done():
                await asyncio.wait([stopping], timeout=_SWEEP_S)
                self.sweep()
                if monotonic_ns() - report_ns >= self._limits.report_s * 1e9:
                    report_ns = monotonic_ns()
                    self._report()
            self._closing = True
            until_ns = monotonic_ns() + round(self._limits.grace_s * 1e9)
            while self._table.unfinished and monotonic_ns() < until_ns:
                await asyncio.sleep(_SWEEP_S)
                self.sweep()
        finally:
            stopping.cancel()
            loop.remove_reader(self._endpoint)
            self._endpoint.close()
            self._report()
            self._log(
                "stopped",
                unfinished=self._table.unfinished,
                stamps_refused=self._endpoint.stamps_refused,
                totals=dict(self.counts),
            )

    def sweep(self) -> None:
        """Follow up on nonces that have not been answered in time, and forget what has been finished for long."""
        now_ns = monotonic_ns()
        for name, opened in self._table.unanswered_since(now_ns - self._timeout_ns):
            opened.silent += 1
            if opened.silent < self._limits.most_silent and opened.sent < self._limits.rounds:
                self._send_nonce(name, opened)
            else:
                self._finish(name, opened)
        self._table.forget_finished(now_ns - round(self._limits.linger_s * 1e9))

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            datagram = self._endpoint.receive()
            if datagram is None:
                return
            self.counts["received"] += 1
            try:
                self._take(datagram)
            except Refused as error:
                self.counts[error.reason] += 1

    def _take(self, datagram: Datagram) -> None:
        seen = peek(datagram.data)
        if seen is None:
            raise NoPacket(f"{len(datagram.data)} bytes")
        kind, session = seen
        name = session, datagram.address
        opened = self._table.get(name)
        if kind == RESPONSE:
            if opened is None or opened.measurement is not None:
                raise NoSuchExchange(session.hex())
            self._take_response(name, opened, datagram)
        elif kind == REQUEST:
            if opened is None:
                self._begin(name, datagram)
            else:
                self._repeat(name, opened, datagram)
        else:
            raise NoPacket("a nonce, which landmarks send")

    def _begin(self, name: Name, datagram: Datagram) -> None:
        if self._closing:
            raise ShuttingDown("no new exchanges")
        self._gate.admit_host(datagram.address[0], datagram.arrived_ns)
        exchange = LandmarkExchange(
            datagram.data,
            landmark_id=self._landmark_id,
            key=self._key,
            timeout_ns=self._timeout_ns,
            flaws=self._flaws,
        )
        self._gate.admit_key(exchange.session_key, datagram.arrived_ns)
        opened = Open(exchange, datagram.data, datagram.arrived_ns, datagram.arrived_ns)
        if self._table.add(name, opened) is not None:
            self.counts["evicted"] += 1
        self.counts["begun"] += 1
        self._send_nonce(name, opened)

    def _repeat(self, name: Name, opened: Open, datagram: Datagram) -> None:
        """The same request again: the measurement may have been lost. Before there is one, the next nonce is due anyway."""
        if datagram.data != opened.request:
            raise OtherSessionKey("another request for a session that this address has open")
        self.counts["repeated_requests"] += 1
        if opened.measurement is not None and opened.repeated < _MOST_REPEATED:
            opened.repeated += 1
            self._endpoint.send(opened.measurement, datagram.address)

    def _take_response(self, name: Name, opened: Open, datagram: Datagram) -> None:
        try:
            rtt_ns = opened.exchange.receive(datagram.data, datagram.arrived_ns)
        except Refused as error:
            opened.refused += 1
            if opened.refused < self._limits.most_refused:
                raise
            self._table.drop(name)
            raise TooManyRefused(f"{opened.refused}, the last as {error.reason}") from error
        self.counts["responses"] += 1
        opened.rtts_ns.append(rtt_ns)
        opened.silent = 0
        if opened.sent < self._limits.rounds:
            self._send_nonce(name, opened)
        else:
            self._finish(name, opened)

    def _send_nonce(self, name: Name, opened: Open) -> None:
        nonce = fresh()
        now_ns = monotonic_ns()
        self._endpoint.send(opened.exchange.send_nonce(nonce, now_ns), name[1])
        self.counts["nonces"] += 1
        opened.sent += 1
        self._table.touch(name, opened, now_ns)

    def _finish(self, name: Name, opened: Open) -> None:
        try:
            opened.measurement = opened.exchange.measure(self._audience, int(date_s()))
        except Refused as error:
            self.counts[error.reason] += 1
            self._table.drop(name)
            return
        self._table.touch(name, opened, monotonic_ns())
        self._endpoint.send(opened.measurement, name[1])
        self.counts["measured"] += 1
        self._log(
            "measured",
            session=name[0],
            host=name[1][0],
            port=name[1][1],
            sent=opened.sent,
            rtts_ns=opened.rtts_ns,
            stamps=self._endpoint.stamps,
        )

    def _report(self) -> None:
        """What has happened since the last time, if anything has."""
        since = self.counts - self._reported
        if since:
            self._log("counts", open=len(self._table), **dict(since))
        self._reported = self.counts.copy()


def _check_that_it_fits(landmark_id: str, key: SigningKey, audience: str, rounds: int) -> None:
    """Sign the longest measurement that this landmark can come to, now rather than when a prover waits for it."""
    longest = Measurement(
        landmark_id=landmark_id,
        audience=audience,
        issued_at_s=int(date_s()),
        session=bytes(SESSION_ID_BYTES),
        session_key=SigningKey.from_seed(bytes(32), ESP384).cose_key,
        sent=rounds,
        rtts_ns=tuple((index, DEFAULT_TIMEOUT_NS) for index in range(rounds)),
        transcript_sha256=bytes(32),
    )
    issue_measurement(longest, key)
