"""The fast loop: a landmark times how quickly a session key answers fresh nonces.

Four packets: the prover's request; the landmark's nonce, at which its clock starts; the response of the session key, at
which its clock stops; and, after a burst of these two, the landmark's signed measurement. One clock measures, the
landmark's own, and nothing that the prover says about time counts. Both sides keep a transcript; its digest goes into the
landmark's measurement and into the chip's location claim, so that neither can be moved to another exchange.

Pure state machines: packets and clock readings in, packets out. Nothing here sends, waits, or draws a random number.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import cbor
from .claims import NONCE_BYTES
from .errors import (
    AttesterChoseNonce,
    InvalidArgument,
    NothingMeasured,
    OtherLandmark,
    OtherSession,
    OtherSessionKey,
    OutOfTurn,
    ProverReportedTime,
    TranscriptMismatch,
    UnexpectedResponse,
)
from .flaws import SOUND, Flaws
from .keys import PublicKey, SigningKey, encode_public_key
from .measurement import MAX_BURST, Measurement, issue_measurement, verify_measurement
from .packets import NoncePacket, Request, Response

DEFAULT_TIMEOUT_NS = 1_000_000_000
"""A response later than a second after its nonce counts as lost: no place on Earth is that far."""


@dataclass(frozen=True)
class Timed:
    """One nonce that was answered: the nonce and the digests of the packet that carried it and of the response."""

    index: int
    nonce: bytes
    nonce_packet_sha256: bytes
    response_sha256: bytes


def transcript_sha256(
    *, session: bytes, landmark_id: str, landmark_key: bytes, session_key: bytes, timed: Iterable[Timed]
) -> bytes:
    """The digest of one exchange, 32 bytes.

    Args:
        session: identifier of the session.
        landmark_id: identifier of the landmark.
        landmark_key: its public key, as encoded COSE_Key.
        session_key: the key that answered, as encoded COSE_Key.
        timed: the nonces answered, in order.
    """
    rounds = [[one.index, one.nonce, one.nonce_packet_sha256, one.response_sha256] for one in timed]
    return _sha256(cbor.dumps(["location transcript", session, landmark_id, landmark_key, session_key, rounds]))


def combined_sha256(transcripts: Sequence[bytes]) -> bytes:
    """What a location claim carries for the exchanges with one or several landmarks, in the order of the challenges.

    The digest itself if there is one; SHA-256 over their concatenation if there are more.
    """
    return transcripts[0] if len(transcripts) == 1 else _sha256(b"".join(transcripts))


class LandmarkExchange:
    """A landmark's side of one exchange.

    Args:
        request: packet one, as received.
        landmark_id: this landmark.
        key: its long-term key.
        timeout_ns: later responses count as lost.
        flaws: of the protocol.

    Raises:
        MalformedBytes, BadPacket, SignatureRefused, WrongKeyType, WeakKey: the request cannot be read or is not signed
            by the session key.
        OtherLandmark: it is addressed to another landmark.
        AttesterChoseNonce: it proposes nonces.
    """

    def __init__(
        self,
        request: bytes,
        *,
        landmark_id: str,
        key: SigningKey,
        timeout_ns: int = DEFAULT_TIMEOUT_NS,
        flaws: Flaws = SOUND,
    ) -> None:
        self._request = Request.decode(request)
        if self._request.landmark_id != landmark_id:
            raise OtherLandmark(f"addressed to {self._request.landmark_id!r}, this is {landmark_id!r}")
        if self._request.nonces and not flaws.attester_chosen_nonce:
            raise AttesterChoseNonce(f"{len(self._request.nonces)} nonces proposed")
        self._landmark_id = landmark_id
        self._key = key
        self._timeout_ns = timeout_ns
        self._flaws = flaws
        self._nonces: list[bytes] = []
        self._outstanding: tuple[NoncePacket, bytes, int] | None = None
        self._timed: list[Timed] = []
        self._rtts_ns: list[tuple[int, int]] = []
        self._measured = False

    @property
    def session_key(self) -> bytes:
        """The key that signed the request, as encoded COSE_Key."""
        return self._request.session_key

    def send_nonce(self, entropy: bytes, clock_ns: int) -> bytes:
        """Packet two, and the clock starts. A nonce that has not been answered by then counts as lost.

        Args:
            entropy: 32 unpredictable bytes, never used before.
            clock_ns: the landmark's clock as the packet leaves, in ns.

        Raises:
            InvalidArgument: the entropy has another length or repeats.
            OutOfTurn: the exchange is over, or the burst is complete.
        """
        if len(entropy) != NONCE_BYTES or entropy in self._nonces:
            raise InvalidArgument(f"a nonce takes {NONCE_BYTES} fresh bytes")
        index = len(self._nonces)
        if self._measured or index == MAX_BURST:
            raise OutOfTurn("the exchange is over" if self._measured else f"at most {MAX_BURST} nonces")
        proposed = self._request.nonces  # a sound landmark has refused these
        nonce = proposed[index] if index < len(proposed) else entropy
        self._nonces.append(nonce)
        packet = NoncePacket(self._request.session, self._landmark_id, index, nonce)
        encoded = packet.encode()
        self._outstanding = packet, encoded, clock_ns
        return encoded

    def receive(self, response: bytes, clock_ns: int) -> int:
        """Take packet three, at which the clock stops, and return the round-trip time in ns.

        A refused response changes nothing: junk from elsewhere does not end an exchange.

        Args:
            response: the packet.
            clock_ns: the landmark's clock as it arrived, read before anything else.

        Raises:
            MalformedBytes, BadPacket, SignatureRefused, OtherSession, UnexpectedResponse, ProverReportedTime.
        """
        answer = Response.decode(response)
        if answer.session != self._request.session:
            raise OtherSession(answer.session.hex())
        if self._outstanding is None or answer.index != self._outstanding[0].index:
            raise UnexpectedResponse(f"no nonce with index {answer.index} is outstanding")
        packet, encoded, sent_ns = self._outstanding
        rtt_ns = clock_ns - sent_ns
        if not 0 <= rtt_ns <= self._timeout_ns:
            raise UnexpectedResponse(f"{rtt_ns} ns after the nonce, from 0 to {self._timeout_ns} are due")
        answer.verify(packet, self._request.session_key)
        if answer.processing_ns and not self._flaws.prover_reported_time_subtracted:
            raise ProverReportedTime(f"{answer.processing_ns} ns")
        self._outstanding = None
        rtt_ns = max(0, rtt_ns - answer.processing_ns)  # a sound landmark has nothing to subtract
        self._timed.append(Timed(packet.index, packet.nonce, _sha256(encoded), _sha256(response)))
        self._rtts_ns.append((packet.index, rtt_ns))
        return rtt_ns

    def measure(self, audience: str, issued_at_s: int) -> bytes:
        """Packet four, signed; the exchange is over.

        Args:
            audience: identifier of the verifier.
            issued_at_s: seconds since 1970, by the landmark's clock.

        Raises:
            OutOfTurn: it has been made before.
            NothingMeasured: no response arrived.
        """
        if self._measured:
            raise OutOfTurn("one exchange, one measurement")
        if not self._timed:
            raise NothingMeasured(f"no response to {len(self._nonces)} nonces")
        self._measured = True
        transcript = transcript_sha256(
            session=self._request.session,
            landmark_id=self._landmark_id,
            landmark_key=self._key.cose_key,
            session_key=self._request.session_key,
            timed=self._timed,
        )
        measurement = Measurement(
            landmark_id=self._landmark_id,
            audience=audience,
            issued_at_s=issued_at_s,
            session=self._request.session,
            session_key=self._request.session_key,
            sent=len(self._nonces),
            rtts_ns=tuple(self._rtts_ns),
            transcript_sha256=transcript,
        )
        return issue_measurement(measurement, self._key)


class ProverExchange:
    """A prover's side of one exchange.

    Args:
        session: identifier of the session, 16 bytes.
        key: the session's key.
        landmark_id: the landmark to be asked.
        landmark_key: its public key, as the verifier names it.
    """

    def __init__(self, *, session: bytes, key: SigningKey, landmark_id: str, landmark_key: PublicKey) -> None:
        self._session = session
        self._key = key
        self._landmark_id = landmark_id
        self._landmark_key = landmark_key
        self._timed: dict[int, Timed] = {}

    def request(self, nonces: Sequence[bytes] = ()) -> bytes:
        """Packet one. A sound landmark refuses proposed nonces."""
        return Request(self._session, self._landmark_id, self._key.cose_key, tuple(nonces)).encode(self._key)

    def respond(self, packet: bytes, processing_ns: int = 0) -> bytes:
        """Packet three, in answer to packet two. A sound landmark refuses a processing time.

        Raises:
            MalformedBytes, BadPacket, OtherSession, OtherLandmark.
            OutOfTurn: the index has been answered before.
        """
        nonce = NoncePacket.decode(packet)
        if nonce.session != self._session:
            raise OtherSession(nonce.session.hex())
        if nonce.landmark_id != self._landmark_id:
            raise OtherLandmark(f"a nonce of {nonce.landmark_id!r}, asked was {self._landmark_id!r}")
        if nonce.index in self._timed:
            raise OutOfTurn(f"index {nonce.index} has been answered")
        response = Response.answer(nonce, self._key, processing_ns).encode()
        self._timed[nonce.index] = Timed(nonce.index, nonce.nonce, _sha256(packet), _sha256(response))
        return response

    def accept(self, token: bytes) -> bytes:
        """Take packet four and return the transcript's digest, for the location claim.

        Raises:
            Refused: it is not the landmark's token, or not of this session.
            TranscriptMismatch: it is not about the exchange that this side has seen.
        """
        measurement = verify_measurement(token, self._landmark_key)
        if measurement.session != self._session:
            raise OtherSession(measurement.session.hex())
        if measurement.session_key != self._key.cose_key:
            raise OtherSessionKey("the measurement is about another key")
        counted = [self._timed[index] for index, _ in measurement.rtts_ns if index in self._timed]
        transcript = transcript_sha256(
            session=self._session,
            landmark_id=self._landmark_id,
            landmark_key=encode_public_key(self._landmark_key),
            session_key=self._key.cose_key,
            timed=counted,
        )
        if transcript != measurement.transcript_sha256:
            raise TranscriptMismatch("the landmark has seen another exchange")
        return transcript


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
