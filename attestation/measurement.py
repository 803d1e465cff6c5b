"""A landmark's signed measurement: packet four of the timed exchange.

A landmark is an attester too, of its own round-trip times. Its token has the same form as a chip's, with a profile and a
closed set of claims of its own, and is signed with the key under which the verifier knows the landmark.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from . import cbor
from .algorithms import ED25519, ESP256, ESP384
from .claims import PROFILES, read_confirmation, write_confirmation
from .claimset import Claim, ClaimSet, byte_string, integer, pairs, seconds, text
from .errors import BadClaim, InvalidArgument, OverSize
from .keys import PublicKey, SigningKey, algorithm_of
from .token import seal, unseal

MEASUREMENT_PROFILES: Mapping[int, str] = {
    ESP384: "tag:example.org,2026:landmark-measurement#1",
    ESP256: "tag:example.org,2026:landmark-measurement#1-p256",
    ED25519: "tag:example.org,2026:landmark-measurement#1-ed",
}
"""Algorithm of the landmark's key -> identifier of the profile that has it."""

MAX_PACKET_BYTES = 1232
"""What fits into one UDP datagram over IPv6 on any link: 1280 bytes less the headers (RFC 8200 section 5)."""

MAX_BURST = 16
"""Most nonces in one exchange."""

_MAX_NS = (1 << 53) - 1
_SESSION = -75003


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What a landmark says that it measured.

    Attributes:
        landmark_id: identifier of the landmark (CWT `iss`).
        audience: identifier of the verifier addressed.
        issued_at_s: whole seconds since 1970, by the landmark's clock.
        session: identifier of the session, 16 bytes.
        session_key: public key that answered, as encoded COSE_Key.
        sent: nonces sent.
        rtts_ns: index of each nonce answered and the time until its response arrived, in ns, in the order of the nonces.
        transcript_sha256: digest of the exchange, see `exchange.transcript_sha256`.
    """

    landmark_id: str
    audience: str
    issued_at_s: int
    session: bytes
    session_key: bytes
    sent: int
    rtts_ns: tuple[tuple[int, int], ...]
    transcript_sha256: bytes

    @property
    def min_rtt_ns(self) -> int:
        """The shortest round-trip time of the burst: delay only adds, so the least is the best bound."""
        return min(rtt_ns for _, rtt_ns in self.rtts_ns)


def issue_measurement(measurement: Measurement, key: SigningKey) -> bytes:
    """Sign a measurement.

    Raises:
        InvalidArgument: a value cannot be encoded, or the token would not fit into a datagram.
    """
    token = seal(_CLAIMS[key.algorithm].write(measurement), key)
    if len(token) > MAX_PACKET_BYTES:
        raise InvalidArgument(f"a measurement of {len(token)} bytes, at most {MAX_PACKET_BYTES}")
    return token


def verify_measurement(token: bytes, public_key: PublicKey) -> Measurement:
    """Read a measurement under the key of one landmark.

    Raises:
        Refused: as one of its subclasses, but those of identity, chain, freshness and exchange.
    """
    if len(token) > MAX_PACKET_BYTES:
        raise OverSize(f"{len(token)} bytes, at most {MAX_PACKET_BYTES}")
    algorithm = algorithm_of(public_key)
    sealed = unseal(token, chain_allowed=False)
    measurement = _CLAIMS[algorithm].decode(sealed.sign1.verify(public_key, algorithms=(algorithm,)))
    if measurement.rtts_ns[-1][0] >= measurement.sent:
        raise BadClaim(f"index {measurement.rtts_ns[-1][0]} of {measurement.sent} nonces")
    return measurement


def peek_session(token: bytes) -> bytes:
    """The session that a measurement says it is of, before anything is verified: for routing.

    Raises:
        MalformedBytes, CoseRefused, AlgorithmRefused: as one of their subclasses.
        BadClaim: it names none.
    """
    payload = cbor.loads(unseal(token, chain_allowed=False).sign1.payload)
    session = payload.get(_SESSION) if isinstance(payload, dict) else None
    if type(session) is not bytes:
        raise BadClaim("a measurement names its session")
    return session


def claim_set(algorithm: int) -> ClaimSet[Measurement]:
    """The closed set of claims of the profile of a landmark's algorithm."""
    return _CLAIMS[algorithm]


def _rtts(value: object) -> tuple[tuple[int, int], ...]:
    rtts = tuple(
        (integer(0, MAX_BURST - 1)(index), integer(0, _MAX_NS)(rtt_ns))
        for index, rtt_ns in pairs(value, "an index and a time in ns each")
    )
    if any(later <= earlier for (earlier, _), (later, _) in itertools.pairwise(rtts)):
        raise BadClaim("indices must ascend")
    return rtts


def _claims(profile: str) -> ClaimSet[Measurement]:
    return ClaimSet(
        Measurement,
        Claim(1, "landmark_id", text),
        Claim(3, "audience", text),
        Claim(6, "issued_at_s", seconds),
        Claim(8, "session_key", partial(read_confirmation, tuple(PROFILES)), write=write_confirmation),
        Claim(-75002, "transcript_sha256", byte_string(32)),
        Claim(_SESSION, "session", byte_string(16)),
        Claim(-75004, "sent", integer(1, MAX_BURST)),
        Claim(-75005, "rtts_ns", _rtts, write=lambda rtts: [list(item) for item in rtts]),
        profile=profile,
    )


_CLAIMS = {algorithm: _claims(profile) for algorithm, profile in MEASUREMENT_PROFILES.items()}
