"""A prover on a UDP socket: any number of timed exchanges at once, with any landmarks.

It answers nonces of the landmark that it has asked, from the address that it has asked, and nothing else. What counts for
its distance is the time from a nonce's arrival to the departure of the response, so that the answer goes out first and
everything else comes after. That time is measured here, for those who model provers; nobody subtracts it.

Packets get lost. A request without an answer is sent again; then the landmark may begin anew, or may have been about to
answer. Both come out right because each attempt keeps a transcript of its own, and the measurement is about one of them.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..challenge import SESSION_ID_BYTES
from ..claims import NONCE_BYTES
from ..errors import NoAnswer, NoPacket, OutOfTurn, Refused
from ..exchange import ProverExchange
from ..keys import PublicKey, SigningKey
from ..measurement import peek_session, verify_measurement
from ..packets import NONCE, NoncePacket, peek
from ..token import CWT_TAG
from .datagrams import Address, Datagram, Endpoint
from .sources import monotonic_ns

_AT_ONCE = 64
_REHEARSE_NS = 500_000
_NOBODYS_NONCE = NoncePacket(bytes(SESSION_ID_BYTES), "", 0, bytes(NONCE_BYTES)).encode()


@dataclass(frozen=True)
class Peer:
    """A landmark as a prover knows it.

    Attributes:
        landmark_id: its identifier.
        public_key: its long-term key.
        address: host and port, the host as a number.
    """

    landmark_id: str
    public_key: PublicKey
    address: Address


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One exchange as the prover has it in the end.

    Attributes:
        landmark_id: who measured.
        measurement: packet four, checked against what this side has seen: for the verifier.
        transcript_sha256: for the chip's location claim.
        rtts_ns: what the landmark measured, in ns, in the order of the nonces.
        sent: nonces that the landmark has sent.
        processing_ns: for each nonce answered, from its arrival to the departure of the response, in ns. It is part of the
            round trip.
        requests: how often the request was sent.
        stamps: where arrival was taken from, "kernel" or "process".
    """

    landmark_id: str
    measurement: bytes
    transcript_sha256: bytes
    rtts_ns: tuple[int, ...]
    sent: int
    processing_ns: tuple[int, ...]
    requests: int
    stamps: str

    @property
    def min_rtt_ns(self) -> int:
        """The round-trip time that counts."""
        return min(self.rtts_ns)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a prover waits.

    Attributes:
        silence_s: without any packet of the landmark, after which the request is sent again.
        requests: how often it is sent at most.
    """

    silence_s: float = 1.5
    requests: int = 4


PATIENCE = Patience()


@dataclass(eq=False)
class _Pending:
    """An exchange that waits for its measurement."""

    peer: Peer
    attempts: list[ProverExchange]
    done: "asyncio.Future[tuple[bytes, bytes]]"
    heard_ns: int
    processing_ns: list[int] = field(default_factory=list)
    refused: Refused | None = None


class Prover:
    """A prover's socket, within `async with` or between construction and `close`, in a running event loop.

    Args:
        sock: bound UDP socket; it is closed at the end.
        answer: makes packet three out of packet two; attacks put their own in.
        awake: look for nonces all the time while an exchange is open, rather than sleep until one comes. Waking up takes a
            few hundred microseconds, which are part of the round trip; not sleeping takes a processor core, and answers
            later where others want it too.
        kernel_stamps: see `datagrams.Endpoint`.

    Attributes:
        counts: datagrams that were of no use, by reason code.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        answer: Callable[[ProverExchange, bytes], bytes] = ProverExchange.respond,
        awake: bool = False,
        kernel_stamps: bool = True,
    ) -> None:
        self._endpoint = Endpoint(sock, kernel_stamps=kernel_stamps)
        self._answer = answer
        self._awake = awake
        self._nobody = SigningKey.from_seed(bytes(32))
        self._rehearsed_ns = 0
        self._pending: dict[tuple[bytes, Address], _Pending] = {}
        self.counts: Counter[str] = Counter()
        asyncio.get_running_loop().add_reader(self._endpoint, self._read)

    async def __aenter__(self) -> "Prover":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> Address:
        """Where it is bound."""
        return self._endpoint.address

    @property
    def stamps(self) -> str:
        """Where arrival is taken from: "kernel" or "process"."""
        return self._endpoint.stamps

    def close(self) -> None:
        """Stop reading and close the socket. Exchanges that wait end without an answer."""
        asyncio.get_running_loop().remove_reader(self._endpoint)
        self._endpoint.close()

    async def exchange(
        self, peer: Peer, session: bytes, key: SigningKey, patience: Patience = PATIENCE, nonces: tuple[bytes, ...] = ()
    ) -> Timing:
        """Have one landmark time one session key.

        Args:
            peer: the landmark.
            session: identifier of the session, 16 bytes.
            key: the session's key.
            patience: how long to wait.
            nonces: proposed to the landmark, which a sound one refuses.

        Raises:
            NoAnswer: the landmark did not answer, or not to the end; a landmark does not say what it has refused.
            OutOfTurn: an exchange of this session with this landmark is open.
        """
        name = session, peer.address
        if name in self._pending:
            raise OutOfTurn("this session has an exchange open with this landmark")
        done: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()
        pending = self._pending[name] = _Pending(peer, [], done, monotonic_ns())
        if self._awake and len(self._pending) == 1:
            self._look()
        try:
            while not done.done() and len(pending.attempts) < patience.requests:
                attempt = ProverExchange(
                    session=session, key=key, landmark_id=peer.landmark_id, landmark_key=peer.public_key
                )
                request = attempt.request(nonces)
                pending.attempts.append(attempt)
                self._endpoint.send(request, peer.address)
                await _answer_or_silence(pending, round(patience.silence_s * 1e9))
            if not done.done():
                last = f"; refused: {pending.refused.reason}" if pending.refused else ""
                raise NoAnswer(f"{peer.landmark_id} at {peer.address[0]}:{peer.address[1]}{last}")
            measurement, transcript = done.result()
        finally:
            del self._pending[name]
        measured = verify_measurement(measurement, peer.public_key)
        return Timing(
            landmark_id=peer.landmark_id,
            measurement=measurement,
            transcript_sha256=transcript,
            rtts_ns=tuple(rtt_ns for _, rtt_ns in measured.rtts_ns),
            sent=measured.sent,
            processing_ns=tuple(pending.processing_ns),
            requests=len(pending.attempts),
            stamps=self._endpoint.stamps,
        )

    def _look(self) -> None:
        """Read, and come back at once: the event loop does not sleep while something is due."""
        if self._pending:
            self._read()
            if monotonic_ns() - self._rehearsed_ns > _REHEARSE_NS:
                self._rehearse()
            asyncio.get_running_loop().call_soon(self._look)

    def _rehearse(self) -> None:
        """Answer a nonce of nobody's with a key of nobody's: the processor then has at hand what the next answer takes."""
        exchange = ProverExchange(
            session=bytes(SESSION_ID_BYTES), key=self._nobody, landmark_id="", landmark_key=self._nobody.public_key
        )
        exchange.respond(_NOBODYS_NONCE)
        self._rehearsed_ns = monotonic_ns()

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            datagram = self._endpoint.receive()
            if datagram is None:
                return
            try:
                self._take(datagram)
            except Refused as error:
                self.counts[error.reason] += 1

    def _take(self, datagram: Datagram) -> None:
        seen = peek(datagram.data)
        if seen is not None and seen[0] == NONCE:
            self._respond(self._find(seen[1], datagram.address), datagram)
        elif datagram.data.startswith(CWT_TAG):
            self._accept(self._find(peek_session(datagram.data), datagram.address), datagram)
        else:
            raise NoPacket(f"{len(datagram.data)} bytes")

    def _find(self, session: bytes, address: Address) -> _Pending:
        pending = self._pending.get((session, address))
        if pending is None or pending.done.done():
            raise NoPacket(f"nothing is open in session {session.hex()} with this address")
        return pending

    def _respond(self, pending: _Pending, datagram: Datagram) -> None:
        """Answer first, by the latest attempt that has not answered this index; then let the others take note."""
        answered = None
        for attempt in reversed(pending.attempts):
            try:
                response = self._answer(attempt, datagram.data)
            except OutOfTurn:
                continue
            if answered is None:
                left_ns = monotonic_ns()
                self._endpoint.send(response, datagram.address)
                answered = response
                pending.processing_ns.append(left_ns - datagram.arrived_ns)
        if answered is None:
            raise OutOfTurn("a nonce with an index that has been answered")
        pending.heard_ns = datagram.arrived_ns

    def _accept(self, pending: _Pending, datagram: Datagram) -> None:
        for attempt in pending.attempts:
            try:
                transcript = attempt.accept(datagram.data)
            except Refused as error:
                pending.refused = error
            else:
                pending.done.set_result((datagram.data, transcript))
                return
        assert pending.refused is not None
        raise pending.refused


async def _answer_or_silence(pending: _Pending, silence_ns: int) -> None:
    """Wait until the measurement is there, or nothing has come for a time."""
    pending.heard_ns = monotonic_ns()
    while (left_ns := pending.heard_ns + silence_ns - monotonic_ns()) > 0:
        await asyncio.wait([pending.done], timeout=left_ns / 1e9)
        if pending.done.done():
            return
