"""Closed sets of claims: which labels a token may hold, and the rule for each value.

A verifier that skips what it does not know can be told things it never weighed, so a label outside the set is refused, as
RFC 9711 section 6.3 allows a profile to demand. A rule takes a decoded value and returns what goes into the typed record,
or refuses it. Types are compared exactly: to Python, true and 1.0 equal 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from . import cbor
from .errors import (
    BadClaim,
    BadPayload,
    MissingClaim,
    NotFinite,
    OutOfRange,
    Refused,
    TimeNotInteger,
    UnknownClaim,
    WrongProfile,
)

Rule = Callable[[Any], Any]

EAT_PROFILE = 265
"""Label of the profile's identifier (RFC 9711 section 4.3.2)."""

MAX_SECONDS = (1 << 53) - 1
"""Later times do not fit into a float, and no clock will ever show them."""


def _as_is(value: object) -> object:
    return value


@dataclass(frozen=True)
class Claim:
    """One line of a claim set.

    Attributes:
        label: number on the wire.
        field: name in the record.
        read: rule from wire to record.
        required: whether it must be there.
        write: the way back.
        members: for a claim that is itself a map with a closed set of members; stands for `read` and `write`.
    """

    label: int
    field: str
    read: Rule = _as_is
    required: bool = True
    write: Rule = _as_is
    members: "ClaimSet[Any] | None" = None


Record = TypeVar("Record")


class ClaimSet(Generic[Record]):
    """A closed set of claims.

    Args:
        record: frozen dataclass that holds the claims; fields of optional ones have a default.
        claims: all but the profile.
        profile: required value of `eat_profile`, for the claims of a whole token.
    """

    def __init__(self, record: type[Record], *claims: Claim, profile: str | None = None) -> None:
        self._record = record
        self._profile = profile
        if profile is not None:
            claims = (*claims, Claim(EAT_PROFILE, "", _profile_rule(profile)))
        self._claims = {claim.label: claim for claim in claims}
        self._required = frozenset(claim.field for claim in claims if claim.required)
        in_order = sorted((cbor.dumps(claim.label), claim) for claim in claims)
        self._lines = [(label, claim.field, claim.read, claim.members) for label, claim in in_order]

    def claim(self, label: object) -> Claim | None:
        """The claim with a label, or None if the set has no such claim."""
        return self._claims.get(label) if type(label) is int else None

    def decode(self, payload: bytes) -> Record:
        """Read a record from the bytes of a deterministic CBOR map.

        Raises:
            MalformedBytes, BadPayload: not deterministic CBOR, or not a map.
            Refused: as `read`.
        """
        # Most payloads are good, and those are read quickly. Any other is read again, to find out what is wrong with it.
        try:
            record, end = self._parse(payload, 0, cbor.MAX_DEPTH)
            if end == len(payload):
                return record
        except (Refused, IndexError):
            pass
        labels = cbor.loads(payload)
        if type(labels) is not dict:
            raise BadPayload("the payload is not a map of claims")
        return self.read(labels)

    def read(self, labels: object) -> Record:
        """Read a record from a decoded map.

        Raises:
            BadClaim: not a map.
            WrongProfile: the profile is due, and another one is named or none.
            UnknownClaim: a label outside the set.
            MissingClaim: a required claim is absent.
            Refused: whatever a rule says, with the name of the claim before it.
        """
        if type(labels) is not dict:
            raise BadClaim("must be a map")
        if self._profile is not None:
            _profile_rule(self._profile)(labels.get(EAT_PROFILE))
        fields: dict[str, Any] = {}
        for label, value in labels.items():
            claim = self._claims.get(label)
            if claim is None:
                raise UnknownClaim(f"label {label!r}")
            try:
                fields[claim.field] = claim.members.read(value) if claim.members else claim.read(value)
            except Refused as error:
                raise type(error)(f"{claim.field} ({label}): {error}") from None
        for claim in self._claims.values():
            if claim.required and claim.field not in fields:
                raise MissingClaim(f"{claim.field} ({claim.label})")
        return self._make(fields)

    def write(self, record: Record) -> dict[int, object]:
        """The map from label to value for a record; absent optional claims (None or an empty tuple) are left out."""
        labels: dict[int, object] = {}
        for label, claim in self._claims.items():
            value = getattr(record, claim.field) if claim.field else self._profile
            if value is not None and value != ():
                labels[label] = claim.members.write(value) if claim.members else claim.write(value)
        return labels

    def _parse(self, data: bytes, at: int, depth: int) -> tuple[Record, int]:
        """Read a record from the map at an offset, label by label in the one order that is allowed.

        Accepts nothing that `read` would not, and refuses some of what it would, such as an integer of needless length; a
        third faster than to decode first and to look at the claims afterwards.
        """
        count = data[at] - 0xA0  # a map of fewer than 24 entries
        at += 1
        fields: dict[str, Any] = {}
        for label, field, read, members in self._lines:
            if data.startswith(label, at):
                at += len(label)
                if members is None:
                    value, at = cbor.read_item(data, at, depth - 1)
                    fields[field] = read(value)
                else:
                    fields[field], at = members._parse(data, at, depth - 1)
        if len(fields) != count or not self._required <= fields.keys():
            raise MissingClaim("or one too many")
        return self._make(fields), at

    def _make(self, fields: dict[str, Any]) -> Record:
        """The record, made without its constructor, which sets each field of a frozen class at the price of reading it."""
        fields.pop("", None)  # the profile
        record = object.__new__(self._record)
        record.__dict__.update(fields)
        return record


def _profile_rule(profile: str) -> Rule:
    def rule(value: object) -> str:
        if value != profile:
            raise WrongProfile(f"{value!r}, expected {profile!r}")
        return profile

    return rule


def integer(low: int, high: int) -> Rule:
    """A rule for an integer from `low` to `high`; it raises BadClaim for another type, OutOfRange outside."""

    def rule(value: object) -> int:
        if type(value) is not int:
            raise BadClaim("must be an integer")
        if not low <= value <= high:
            raise OutOfRange(f"must be from {low} to {high}, not {value}")
        return value

    return rule


def number(low: float, high: float) -> Callable[[object], float]:
    """A rule for a number from `low` to `high`, integer or float; it raises BadClaim, OutOfRange or NotFinite."""

    def rule(value: object) -> float:
        if type(value) is not float and type(value) is not int:
            raise BadClaim("must be a number")
        if low <= value <= high:
            return float(value)
        if type(value) is float and not math.isfinite(value):
            raise NotFinite(f"must be finite, not {value}")
        raise OutOfRange(f"must be from {low} to {high}, not {value}")

    return rule


def seconds(value: object) -> int:
    """A time in whole seconds since 1970; a float must be an error (RFC 9711 section 4.3.1).

    Raises:
        TimeNotInteger, OutOfRange.
    """
    if type(value) is not int:
        raise TimeNotInteger(f"must be an integer of seconds, not {type(value).__name__}")
    if not 0 <= value <= MAX_SECONDS:
        raise OutOfRange(f"must be from 0 to {MAX_SECONDS}, not {value}")
    return value


def byte_string(shortest: int, longest: int | None = None) -> Rule:
    """A rule for a byte string of an exact length, or of one from `shortest` to `longest`; it raises BadClaim."""
    longest = shortest if longest is None else longest
    due = f"{shortest} bytes" if shortest == longest else f"{shortest} to {longest} bytes"

    def rule(value: object) -> bytes:
        if type(value) is bytes and shortest <= len(value) <= longest:
            return value
        raise BadClaim(f"must be a byte string of {due}")

    return rule


def text(value: object) -> str:
    """A text string that is not empty, or BadClaim is raised."""
    if type(value) is str and value:
        return value
    raise BadClaim("must be a non-empty text string")


def pairs(value: object, what: str) -> list[list[Any]]:
    """A non-empty array of arrays of two, or BadClaim is raised."""
    if type(value) is list and value and all(type(item) is list and len(item) == 2 for item in value):
        return value
    raise BadClaim(f"must be an array of {what}")
