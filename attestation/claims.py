"""The claims of a chip about itself and its place: a closed set out of RFC 9711 (EAT) and RFC 8392 (CWT).

A verifier that skips what it does not know can be told things it never weighed, so a label outside the table below is
refused, as RFC 9711 section 6.3 allows a profile to demand. The claims `submods` (266) and `measurements` (273), and
heading and speed within `location`, are not in the set so far and are refused as unknown labels.

`encode` writes whatever an attester claims; `decode` is where the rules hold. Judging is the verifier's part (RFC
9334).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import cose
from .errors import BadClaim, MissingClaim, UnknownLabel

PROFILE = "tag:example.org,2026:chip-location#1-ed"
"""Identifier of this claim set signed with Ed25519 (RFC 9711 section 6)."""

EAT_PROFILE = 265
NONCE_BYTES = 32
MAX_ACCURACY_M = 20_037_508
"""Half the Earth's circumference at the equator (WGS 84), in m: a larger error radius says nothing."""


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where the chip claims to be (RFC 9711 section 4.2.10, after the W3C Geolocation API).

    Degrees and metres are WGS 84; accuracies are radii at 95 %; `timestamp_s` is when the position was fixed, in
    seconds since 1970, and `age_s` how old the fix was then.
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
        nonce: the verifier's challenge, 32 bytes.
        ueid: 17 or 33 bytes, 0x01 and random bytes (RFC 9711 section 4.2.1).
        oemid: private enterprise number, or an IEEE (3 bytes) or random (16 bytes) identifier.
        hwmodel: 1-32 bytes, chosen by the maker.
        hwversion: version text, with an optional number of its scheme.
        oemboot: only software authorised by the maker was booted.
        dbgstat: 0-4 of RFC 9711 section 4.2.9; 2 and above mean that debugging is disabled at least since boot.
        location: position claimed.
        bootcount: boots so far, never decreasing.
        intuse: 1 generic, 2 registration (RFC 9711 section 4.3.3).
        token_id: 16 bytes (CWT `cti`), optional.
        session_key: raw Ed25519 public key of the timed phase, 32 bytes (`cnf`, RFC 8747), optional.
        position_source: 0 asserted, 1 satellite navigation, 2 survey, 3 network; optional.
        transcript_sha256: digest of the timed exchange, 32 bytes, optional.
        profile: `eat_profile`.
    """

    audience: str
    issued_at_s: int
    nonce: bytes
    ueid: bytes
    oemid: int | bytes
    hwmodel: bytes
    hwversion: tuple[str] | tuple[str, int]
    oemboot: bool
    dbgstat: int
    location: Location
    bootcount: int
    intuse: int
    token_id: bytes | None = None
    session_key: bytes | None = None
    position_source: int | None = None
    transcript_sha256: bytes | None = None
    profile: str = PROFILE


def encode(claims: Claims) -> dict[int, object]:
    """The claims as a map from label to CBOR value; absent optional claims are left out."""
    return _to_labels(claims, _CLAIMS)


def decode(labels: Mapping[int | str, object]) -> Claims:
    """Read the claims from a decoded map, refusing whatever breaks a rule.

    Raises:
        UnknownLabel: a label outside the closed set, here or within the location.
        MissingClaim: a required claim is absent.
        BadClaim: a claim has the wrong type or an impossible value.
    """
    claims = Claims(**_from_labels(labels, _CLAIMS))
    if claims.location.timestamp_s > claims.issued_at_s:
        raise BadClaim("location was fixed after the token was issued")
    return claims


def read_ueid(value: object) -> bytes:
    """A UEID of type RAND: 0x01 and 16 or 32 random bytes (RFC 9711 section 4.2.1).

    Raises:
        BadClaim: it is not.
    """
    if not isinstance(value, bytes) or len(value) not in (17, 33) or value[0] != 1:
        raise BadClaim("ueid must be 0x01 and 16 or 32 bytes")
    return value


Rule = Callable[[object], object]


@dataclass(frozen=True)
class _Claim:
    """A line of a table of claims: label on the wire, field in the record, and the rule from one to the other."""

    label: int
    field: str
    rule: Rule
    required: bool = True


def _integer(low: int, high: int) -> Rule:
    def rule(value: object) -> int:
        # bool is a subclass of int, and a float must not pass for one (RFC 9711 section 4.3.1).
        if isinstance(value, int) and type(value) is int and low <= value <= high:
            return value
        raise BadClaim(f"must be an integer from {low} to {high}")

    return rule


def _number(low: float, high: float) -> Callable[[object], float]:
    def rule(value: object) -> float:
        # NaN fails both comparisons.
        if isinstance(value, int | float) and type(value) is not bool and low <= value <= high:
            return float(value)
        raise BadClaim(f"must be a number from {low} to {high}")

    return rule


def _radius(value: object) -> float:
    metres = _number(0, MAX_ACCURACY_M)(value)
    if metres == 0:
        raise BadClaim("must be above 0: nobody knows a place exactly")
    return metres


def _byte_string(shortest: int, longest: int) -> Rule:
    def rule(value: object) -> bytes:
        if isinstance(value, bytes) and shortest <= len(value) <= longest:
            return value
        raise BadClaim(f"must be a byte string of {shortest} to {longest} bytes")

    return rule


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise BadClaim("must be a non-empty text string")


def _true(value: object) -> bool:
    if value is True:
        return True
    raise BadClaim("must be true")


def _oemid(value: object) -> int | bytes:
    if isinstance(value, int) and type(value) is int and 0 <= value < 1 << 32:
        return value
    if isinstance(value, bytes) and len(value) in (3, 16):
        return value
    raise BadClaim("must be an enterprise number, or 3 or 16 bytes")


def _hwversion(value: object) -> tuple[str] | tuple[str, int]:
    match value:
        case [str(version)]:
            return (version,)
        case [str(version), int(scheme)] if type(scheme) is int:
            return (version, scheme)
    raise BadClaim("must be an array of a text and at most one integer")


def _location(value: object) -> Location:
    if not isinstance(value, dict):
        raise BadClaim("must be a map")
    return Location(**_from_labels(value, _LOCATION))


_SECONDS = _integer(0, (1 << 53) - 1)
_ALTITUDES_M = _number(-12_000, 100_000_000)

_LOCATION = (
    _Claim(1, "latitude_deg", _number(-90, 90)),
    _Claim(2, "longitude_deg", _number(-180, 180)),
    _Claim(3, "altitude_m", _ALTITUDES_M, required=False),
    _Claim(4, "accuracy_m", _radius),
    _Claim(5, "altitude_accuracy_m", _number(0, MAX_ACCURACY_M), required=False),
    _Claim(8, "timestamp_s", _SECONDS),
    _Claim(9, "age_s", _SECONDS, required=False),
)

# dbgstat 3 (maker may still debug) needs oemid to say who the maker is; oemid is required throughout.
_CLAIMS = (
    _Claim(3, "audience", _text),
    _Claim(6, "issued_at_s", _SECONDS),
    _Claim(7, "token_id", _byte_string(16, 16), required=False),
    _Claim(8, "session_key", cose.read_confirmation, required=False),
    _Claim(10, "nonce", _byte_string(NONCE_BYTES, NONCE_BYTES)),
    _Claim(256, "ueid", read_ueid),
    _Claim(258, "oemid", _oemid),
    _Claim(259, "hwmodel", _byte_string(1, 32)),
    _Claim(260, "hwversion", _hwversion),
    _Claim(262, "oemboot", _true),
    _Claim(263, "dbgstat", _integer(2, 4)),
    _Claim(264, "location", _location),
    _Claim(EAT_PROFILE, "profile", _text),
    _Claim(267, "bootcount", _integer(0, (1 << 64) - 1)),
    _Claim(275, "intuse", _integer(1, 2)),
    _Claim(-75001, "position_source", _integer(0, 3), required=False),
    _Claim(-75002, "transcript_sha256", _byte_string(32, 32), required=False),
)


def _from_labels(labels: Mapping[int | str, object], table: tuple[_Claim, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for claim in table:
        if claim.label in labels:
            try:
                values[claim.field] = claim.rule(labels[claim.label])
            except BadClaim as error:
                raise BadClaim(f"{claim.field} ({claim.label}): {error}") from None
        elif claim.required:
            raise MissingClaim(f"{claim.field} ({claim.label})")
    if len(values) < len(labels):
        unknown = labels.keys() - {claim.label for claim in table}
        raise UnknownLabel(f"{sorted(unknown, key=str)}")
    return values


def _to_labels(record: Claims | Location, table: tuple[_Claim, ...]) -> dict[int, object]:
    values = {claim.label: _to_wire(claim.field, getattr(record, claim.field)) for claim in table}
    return {label: value for label, value in values.items() if value is not None}


def _to_wire(field: str, value: object) -> object:
    if isinstance(value, Location):
        return _to_labels(value, _LOCATION)
    if isinstance(value, tuple):
        return list(value)
    if field == "session_key" and isinstance(value, bytes):
        return cose.confirmation(value)
    return value
