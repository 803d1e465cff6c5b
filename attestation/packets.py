"""The first three packets of the timed exchange, as bytes.

Each is a deterministic CBOR array that begins with its kind. Request and response are signed by the session key over an
array that begins with a text naming its purpose, so that neither signature can pass for the other or for a token's. The
nonce packet is not signed: a signature would have to be checked while the clock runs, and a forged nonce only earns an
answer that the landmark refuses.
"""

from dataclasses import dataclass
from typing import Any

from . import cbor
from .algorithms import verify_signature
from .appraisal import MAX_LANDMARK_ID_CHARS
from .challenge import SESSION_ID_BYTES
from .claims import NONCE_BYTES, PROFILES
from .errors import BadPacket, Refused
from .keys import SigningKey, algorithm_of, decode_public_key, read_cose_key
from .measurement import MAX_BURST, MAX_PACKET_BYTES

REQUEST, NONCE, RESPONSE = 1, 2, 3
_MAX_SIGNATURE_BYTES = 96
_MAX_NS = (1 << 53) - 1

_LENGTHS = {REQUEST: 6, NONCE: 5, RESPONSE: 5}
_HEADS = {bytes([0x80 | length, kind, 0x40 | SESSION_ID_BYTES]): kind for kind, length in _LENGTHS.items()}


def peek(packet: bytes) -> tuple[int, bytes] | None:
    """Kind and session of a packet by its first 19 bytes, or None if no packet begins so; all else is unchecked.

    Deterministic CBOR has one spelling, so that this is where they stand. For routing, and for turning junk away at the
    cost of a comparison.
    """
    kind = _HEADS.get(packet[:3])
    if kind is None or not 3 + SESSION_ID_BYTES < len(packet) <= MAX_PACKET_BYTES:
        return None
    return kind, packet[3 : 3 + SESSION_ID_BYTES]


@dataclass(frozen=True)
class Request:
    """Packet one: a prover asks a landmark to time its session key.

    Attributes:
        session: identifier of the session, 16 bytes.
        landmark_id: the landmark addressed.
        session_key: as encoded COSE_Key.
        nonces: proposed by the attester; always empty in a sound protocol.
    """

    session: bytes
    landmark_id: str
    session_key: bytes
    nonces: tuple[bytes, ...] = ()

    def encode(self, key: SigningKey) -> bytes:
        """The packet, signed by the session key."""
        signature = key.sign(self._signed())
        return cbor.dumps([REQUEST, self.session, self.landmark_id, self.session_key, list(self.nonces), signature])

    @classmethod
    def decode(cls, packet: bytes) -> "Request":
        """Read a packet and check that whoever made it holds the session key.

        Raises:
            MalformedBytes, BadPacket, WrongKeyType, WeakKey, SignatureRefused.
        """
        session, landmark_id, session_key, nonces, signature = _fields(packet, REQUEST, 6)
        _check_session(session)
        if type(landmark_id) is not str or not 0 < len(landmark_id) <= MAX_LANDMARK_ID_CHARS:
            raise BadPacket(f"landmark id must be a text of 1 to {MAX_LANDMARK_ID_CHARS} characters")
        if type(nonces) is not list or len(nonces) > MAX_BURST:
            raise BadPacket(f"nonces must be an array of at most {MAX_BURST}")
        for nonce in nonces:
            _check_bytes(nonce, NONCE_BYTES, "a nonce")
        if type(session_key) is not bytes:
            raise BadPacket("session key must be the bytes of a COSE_Key")
        try:
            session_key = read_cose_key(cbor.loads(session_key), tuple(PROFILES))
        except Refused as error:
            raise BadPacket(f"session key: {error}") from error
        request = cls(session, landmark_id, session_key, tuple(nonces))
        verify_by(session_key, request._signed(), signature)
        return request

    def _signed(self) -> bytes:
        return cbor.dumps(["location request", self.session, self.landmark_id, self.session_key, list(self.nonces)])


@dataclass(frozen=True)
class NoncePacket:
    """Packet two: the landmark's nonce. Its clock starts as this leaves."""

    session: bytes
    landmark_id: str
    index: int
    nonce: bytes

    def encode(self) -> bytes:
        """The packet."""
        return cbor.dumps([NONCE, self.session, self.landmark_id, self.index, self.nonce])

    @classmethod
    def decode(cls, packet: bytes) -> "NoncePacket":
        """Read a packet.

        Raises:
            MalformedBytes, BadPacket.
        """
        session, landmark_id, index, nonce = _fields(packet, NONCE, 5)
        _check_session(session)
        _check_index(index)
        _check_bytes(nonce, NONCE_BYTES, "nonce")
        if type(landmark_id) is not str:
            raise BadPacket("landmark id must be a text")
        return cls(session, landmark_id, index, nonce)


@dataclass(frozen=True)
class Response:
    """Packet three: the session key's signature over the nonce. The landmark's clock stops as this arrives.

    `processing_ns` is a time that the prover claims to have needed; always zero in a sound protocol.
    """

    session: bytes
    index: int
    processing_ns: int
    signature: bytes

    @classmethod
    def answer(cls, packet: NoncePacket, key: SigningKey, processing_ns: int = 0) -> "Response":
        """The response of a key to a nonce packet."""
        signed = _signed_response(packet.session, packet.landmark_id, packet.index, packet.nonce, processing_ns)
        return cls(packet.session, packet.index, processing_ns, key.sign(signed))

    def encode(self) -> bytes:
        """The packet."""
        return cbor.dumps([RESPONSE, self.session, self.index, self.processing_ns, self.signature])

    @classmethod
    def decode(cls, packet: bytes) -> "Response":
        """Read a packet; the signature is for `verify`, once the clock has stopped.

        Raises:
            MalformedBytes, BadPacket.
        """
        session, index, processing_ns, signature = _fields(packet, RESPONSE, 5)
        _check_session(session)
        _check_index(index)
        if type(processing_ns) is not int or not 0 <= processing_ns <= _MAX_NS:
            raise BadPacket("processing time must be an integer of ns")
        if type(signature) is not bytes or len(signature) > _MAX_SIGNATURE_BYTES:
            raise BadPacket("signature must be a byte string")
        return cls(session, index, processing_ns, signature)

    def verify(self, packet: NoncePacket, session_key: bytes) -> None:
        """Check the signature against the nonce packet that was sent.

        Raises:
            SignatureRefused: as one of its subclasses.
        """
        signed = _signed_response(packet.session, packet.landmark_id, packet.index, packet.nonce, self.processing_ns)
        verify_by(session_key, signed, self.signature)


def verify_by(session_key: bytes, message: bytes, signature: object) -> None:
    """Verify a signature under an encoded COSE_Key.

    Raises:
        BadPacket: the signature is not a byte string.
        SignatureRefused: as one of its subclasses.
    """
    if type(signature) is not bytes:
        raise BadPacket("signature must be a byte string")
    public_key = decode_public_key(session_key)
    verify_signature(algorithm_of(public_key), public_key, message, signature)


def _signed_response(session: bytes, landmark_id: str, index: int, nonce: bytes, processing_ns: int) -> bytes:
    return cbor.dumps(["location response", session, landmark_id, index, nonce, processing_ns])


def _fields(packet: bytes, kind: int, length: int) -> list[Any]:
    """What follows the kind of a packet."""
    if len(packet) > MAX_PACKET_BYTES:
        raise BadPacket(f"{len(packet)} bytes, at most {MAX_PACKET_BYTES}")
    fields = cbor.loads(packet)
    if type(fields) is not list or len(fields) != length or type(fields[0]) is not int or fields[0] != kind:
        raise BadPacket(f"must be an array of {length} that begins with {kind}")
    return fields[1:]


def _check_session(session: object) -> None:
    _check_bytes(session, SESSION_ID_BYTES, "session id")


def _check_index(index: object) -> None:
    if type(index) is not int or not 0 <= index < MAX_BURST:
        raise BadPacket(f"index must be an integer from 0 to {MAX_BURST - 1}")


def _check_bytes(value: object, length: int, what: str) -> None:
    if type(value) is not bytes or len(value) != length:
        raise BadPacket(f"{what} must have {length} bytes")
