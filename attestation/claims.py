"""The claims of a chip about itself and its place: a closed set out of RFC 9711 (EAT) and RFC 8392 (CWT).

Three sibling profiles share the set and differ in their one algorithm, which the session key of the timed phase follows.
`encode` writes whatever an attester claims; `decode` is where the rules hold. Judging is the verifier's part (RFC 9334).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from . import cbor
from .algorithms import ED25519, ESP256, ESP384
from .claimset import Claim, ClaimSet, byte_string, integer, number, pairs, seconds, text
from .errors import (
    BadClaim,
    BadNonceSize,
    DebugEnabled,
    LocationAfterIssue,
    OutOfRange,
    UnauthorisedBoot,
    UnknownClaim,
)
from .keys import read_cose_key

PROFILES: Mapping[int, str] = {
    ESP384: "tag:example.org,2026:chip-location#1",
    ESP256: "tag:example.org,2026:chip-location#1-p256",
    ED25519: "tag:example.org,2026:chip-location#1-ed",
}
"""Algorithm -> identifier (`eat_profile`, RFC 9711 section 6) of the profile that has it."""

NONCE_BYTES = 32
MAX_NONCES = 72
MAX_ACCURACY_M = 20_037_508
"""Half the Earth's circumference at the equator (WGS 84), in m: a larger error radius says nothing."""

_SHA_256 = -16  # RFC 9054 section 2.1
_COSE_KEY = 1  # within cnf, RFC 8747 section 3.1
_SUBMODULE = re.compile(r"gpu(0|[1-9][0-9]?)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where the chip claims to be (RFC 9711 section 4.2.10, after the W3C Geolocation API).

    Degrees and metres are WGS 84; accuracies are radii at 95 %; `timestamp_s` is when the position was fixed, in
    seconds since 1970, and `age_s` how old the fix was then. Heading and speed are not part of the profile: a chip stands.
    """

    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    timestamp_s: int
    altitude_m: float | None = None
    altitude_accuracy_m: float | None = None
    age_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a chip asserts in one piece of evidence.

    Attributes:
        audience: identifier of the verifier addressed (CWT `aud`).
        issued_at_s: whole seconds since 1970 (`iat`).
        nonces: the challenge answered, 32 bytes; several where one signature answers for as many landmarks.
        ueid: 17 or 33 bytes, 0x01 and random bytes (RFC 9711 section 4.2.1).
        oemid: private enterprise number, or an IEEE (3 bytes) or random (16 bytes) identifier.
        hwmodel: 1-32 bytes, chosen by the maker.
        hwversion: version text, with an optional number of its scheme; optional.
        oemboot: only software authorised by the maker was booted.
        dbgstat: 0-4 of RFC 9711 section 4.2.9; 2 and above mean that debugging is disabled at least since boot.
        location: position claimed.
        bootcount: boots so far, never decreasing.
        intuse: 1 generic, 2 registration (RFC 9711 section 4.3.3).
        token_id: 16 bytes (CWT `cti`), optional.
        session_key: public key of the timed phase (`cnf`, RFC 8747) as encoded COSE_Key, optional.
        evidence_digests: name of a submodule and SHA-256 of its vendor evidence (`submods`), such as ("gpu0", digest).
        measurements: CoAP content format and bytes of each (RFC 9711 section 4.2.16).
        position_source: 0 asserted, 1 satellite navigation, 2 survey, 3 network; optional.
        transcript_sha256: digest of the timed exchange, 32 bytes, optional.
    """

    audience: str
    issued_at_s: int
    nonces: tuple[bytes, ...]
    ueid: bytes
    oemid: int | bytes
    hwmodel: bytes
    oemboot: bool
    dbgstat: int
    location: Location
    bootcount: int
    intuse: int
    hwversion: tuple[str] | tuple[str, int] | None = None
    token_id: bytes | None = None
    session_key: bytes | None = None
    evidence_digests: tuple[tuple[str, bytes], ...] = ()
    measurements: tuple[tuple[int, bytes], ...] = ()
    position_source: int | None = None
    transcript_sha256: bytes | None = None


def encode(claims: Claims, algorithm: int) -> dict[int, object]:
    """The claims as a map from label to CBOR value, in the profile of an algorithm."""
    return _CLAIMS[algorithm].write(claims)


def decode(payload: bytes, algorithm: int) -> Claims:
    """Read the claims from a payload, refusing whatever breaks a rule of the profile of an algorithm.

    Raises:
        MalformedBytes, BadPayload: not deterministic CBOR, or not a map.
        ClaimRefused: as one of its subclasses.
        WrongKeyType, WeakKey: the session key is of another kind than the profile's, or worthless.
    """
    claims = _CLAIMS[algorithm].decode(payload)
    if claims.location.timestamp_s > claims.issued_at_s:
        raise LocationAfterIssue(f"fixed at {claims.location.timestamp_s}, issued at {claims.issued_at_s}")
    return claims


def claim_set(algorithm: int) -> ClaimSet[Claims]:
    """The closed set of claims of the profile of an algorithm."""
    return _CLAIMS[algorithm]


def read_ueid(value: object) -> bytes:
    """A UEID of type RAND: 0x01 and 16 or 32 random bytes (RFC 9711 section 4.2.1).

    Raises:
        BadClaim: it is not.
    """
    if type(value) is bytes and len(value) in (17, 33) and value[0] == 1:
        return value
    raise BadClaim("must be 0x01 and 16 or 32 bytes")


def write_confirmation(cose_key: bytes) -> dict[int, object]:
    """The claim `cnf` for an encoded COSE_Key (RFC 8747 section 3.2)."""
    return {_COSE_KEY: cbor.loads(cose_key)}


def read_confirmation(algorithms: Collection[int], value: object) -> bytes:
    """The encoded COSE_Key out of a decoded `cnf`, for one of some algorithms.

    Raises:
        BadClaim, WrongKeyType, WeakKey: it holds anything but one good key of the right kind.
    """
    if type(value) is not dict or value.keys() != {_COSE_KEY}:
        raise BadClaim("must hold one COSE_Key and nothing else")
    return read_cose_key(value[_COSE_KEY], algorithms)


def _nonce(value: object) -> bytes:
    if type(value) is not bytes:
        raise BadClaim("a nonce must be a byte string")
    if len(value) != NONCE_BYTES:
        raise BadNonceSize(f"must have {NONCE_BYTES} bytes, not {len(value)}")
    return value


def _nonces(value: object) -> tuple[bytes, ...]:
    """One byte string, or an array of several, all different (RFC 9711 section 4.1)."""
    if type(value) is not list:
        return (_nonce(value),)
    if not 2 <= len(value) <= MAX_NONCES:
        raise BadClaim(f"an array must hold 2 to {MAX_NONCES} nonces, not {len(value)}")
    nonces = tuple(_nonce(item) for item in value)
    if len(set(nonces)) < len(nonces):
        raise BadClaim("the same nonce twice")
    return nonces


def _write_nonces(nonces: tuple[bytes, ...]) -> object:
    return nonces[0] if len(nonces) == 1 else list(nonces)


def _oemboot(value: object) -> bool:
    if value is True:
        return True
    if value is False:
        raise UnauthorisedBoot("must be true")
    raise BadClaim("must be true or false")


def _dbgstat(value: object) -> int:
    status: int = integer(0, 4)(value)
    if status < 2:
        raise DebugEnabled(f"debugging must be disabled since boot (2) or for good (3, 4), not {status}")
    return status


def _oemid(value: object) -> int | bytes:
    if type(value) is int and 0 <= value < 1 << 32:
        return value
    if type(value) is bytes and len(value) in (3, 16):
        return value
    raise BadClaim("must be an enterprise number, or 3 or 16 bytes")


def _hwversion(value: object) -> tuple[str] | tuple[str, int]:
    if type(value) is list and value and type(value[0]) is str:
        if len(value) == 1:
            return (value[0],)
        if len(value) == 2 and type(value[1]) is int:
            return (value[0], value[1])
    raise BadClaim("must be an array of a text and at most one integer")


def _submods(value: object) -> tuple[tuple[str, bytes], ...]:
    """Detached digests only (RFC 9711 section 4.2.18.2): the vendor's evidence travels apart."""
    if type(value) is not dict or not value:
        raise BadClaim("must be a map of at least one submodule")
    digests = []
    for name, digest in value.items():
        if type(name) is not str or not _SUBMODULE.fullmatch(name):
            raise UnknownClaim(f"submodule {name!r}")
        if type(digest) is not list or len(digest) != 2 or type(digest[0]) is not int or digest[0] != _SHA_256:
            raise BadClaim(f"submodule {name!r} must be [-16, digest]")
        digests.append((name, _digest(digest[1])))
    return tuple(digests)


def _measurements(value: object) -> tuple[tuple[int, bytes], ...]:
    measured = []
    for content_format, body in pairs(value, "a content format and a byte string each"):
        if type(body) is not bytes:
            raise BadClaim("a measurement must be a byte string")
        measured.append((integer(0, 65_535)(content_format), body))
    return tuple(measured)


def _accuracy(value: object) -> float:
    metres = number(0, MAX_ACCURACY_M)(value)
    if metres == 0:
        raise OutOfRange("must be above 0: nobody knows a place exactly")
    return metres


_digest = byte_string(32)

_LOCATION = ClaimSet(
    Location,
    Claim(1, "latitude_deg", number(-90, 90)),
    Claim(2, "longitude_deg", number(-180, 180)),
    Claim(3, "altitude_m", number(-12_000, 100_000_000), required=False),
    Claim(4, "accuracy_m", _accuracy),
    Claim(5, "altitude_accuracy_m", number(0, MAX_ACCURACY_M), required=False),
    Claim(8, "timestamp_s", seconds),
    Claim(9, "age_s", seconds, required=False),
)


def _claims(algorithm: int) -> ClaimSet[Claims]:
    """The claims of one profile. dbgstat 3 needs oemid to say who may still debug; oemid is required anyway."""
    return ClaimSet(
        Claims,
        Claim(3, "audience", text),
        Claim(6, "issued_at_s", seconds),
        Claim(7, "token_id", byte_string(16), required=False),
        Claim(8, "session_key", partial(read_confirmation, (algorithm,)), required=False, write=write_confirmation),
        Claim(10, "nonces", _nonces, write=_write_nonces),
        Claim(256, "ueid", read_ueid),
        Claim(258, "oemid", _oemid),
        Claim(259, "hwmodel", byte_string(1, 32)),
        Claim(260, "hwversion", _hwversion, required=False, write=list),
        Claim(262, "oemboot", _oemboot),
        Claim(263, "dbgstat", _dbgstat),
        Claim(264, "location", members=_LOCATION),
        Claim(
            266,
            "evidence_digests",
            _submods,
            required=False,
            write=lambda digests: {name: [_SHA_256, digest] for name, digest in digests},
        ),
        Claim(267, "bootcount", integer(0, (1 << 64) - 1)),
        Claim(273, "measurements", _measurements, required=False, write=lambda items: [list(item) for item in items]),
        Claim(275, "intuse", integer(1, 2)),
        Claim(-75001, "position_source", integer(0, 3), required=False),
        Claim(-75002, "transcript_sha256", _digest, required=False),
        profile=PROFILES[algorithm],
    )


_CLAIMS = {algorithm: _claims(algorithm) for algorithm in PROFILES}
