"""Every way in which this package says no, each with a name of its own.

A verifier must be able to say *why* it refused, since a reused nonce and a forged signature call for different
answers; a bare boolean cannot. Each refusal is one subclass of `Refused` and carries one `Reason`, which is what
statistics count. Errors of the caller (a negative round-trip time, a value that cannot be encoded) are not refusals.
"""

from enum import StrEnum, auto
from typing import ClassVar


class Reason(StrEnum):
    """Why a piece of evidence, an endorsement or a nonce was refused."""

    MALFORMED_CBOR = auto()
    MALFORMED_COSE = auto()
    WRONG_PREFIX = auto()
    TRAILING_BYTES = auto()
    OVER_SIZE = auto()
    TOO_DEEP = auto()
    NOT_DETERMINISTIC = auto()
    DUPLICATE_KEY = auto()
    FORBIDDEN_CBOR = auto()

    WRONG_ALGORITHM = auto()
    WRONG_KEY_TYPE = auto()
    UNKNOWN_KEY = auto()
    BAD_SIGNATURE = auto()

    WRONG_TYPE = auto()
    WRONG_PROFILE = auto()
    UNKNOWN_LABEL = auto()
    MISSING_CLAIM = auto()
    BAD_CLAIM = auto()

    UEID_NOT_ENDORSED = auto()
    KEY_ALREADY_ENROLLED = auto()
    UEID_ALREADY_ENROLLED = auto()
    WRONG_AUDIENCE = auto()
    STALE = auto()
    FROM_THE_FUTURE = auto()
    BOOTCOUNT_FELL = auto()

    NONCE_UNKNOWN = auto()
    NONCE_REUSED = auto()
    NONCE_EXPIRED = auto()
    NONCE_FOR_OTHER_CHIP = auto()
    NONCE_ALREADY_ISSUED = auto()


class AttestationError(Exception):
    """Base of every error this package raises."""


class InvalidArgument(AttestationError, ValueError):
    """The caller passed a value that has no meaning here, such as a negative round-trip time."""


class Refused(AttestationError):
    """Base of every refusal; only its subclasses are raised."""

    reason: ClassVar[Reason]


# Bytes, CBOR and COSE: the token could not even be read.


class MalformedBytes(Refused):
    """Base of the refusals that come from the form of the bytes, whoever signed them."""


class MalformedCbor(MalformedBytes):
    """The bytes are not well-formed CBOR (RFC 8949 appendix F), or a text is not UTF-8 (section 5.3.1)."""

    reason = Reason.MALFORMED_CBOR


class MalformedCose(MalformedBytes):
    """The CBOR is not a COSE_Sign1 with an embedded payload (RFC 9052 section 4.2)."""

    reason = Reason.MALFORMED_COSE


class WrongPrefix(MalformedBytes):
    """The bytes do not begin with exactly the tags that the format prescribes."""

    reason = Reason.WRONG_PREFIX


class TrailingBytes(MalformedBytes):
    """Bytes follow the end of the outermost item."""

    reason = Reason.TRAILING_BYTES


class OverSize(MalformedBytes):
    """The token is longer than its profile allows."""

    reason = Reason.OVER_SIZE


class TooDeep(MalformedBytes):
    """Arrays and maps are nested more deeply than allowed."""

    reason = Reason.TOO_DEEP


class NotDeterministic(MalformedBytes):
    """Well-formed CBOR in another than the one deterministic encoding (RFC 8949 section 4.2.1)."""

    reason = Reason.NOT_DETERMINISTIC


class DuplicateKey(MalformedBytes):
    """A map holds the same key twice (RFC 8949 section 5.6)."""

    reason = Reason.DUPLICATE_KEY


class ForbiddenCbor(MalformedBytes):
    """Well-formed CBOR for which no profile has a use: a tag, `undefined`, a simple value, an odd map key."""

    reason = Reason.FORBIDDEN_CBOR


# Keys and signatures.


class WrongAlgorithm(Refused):
    """The algorithm is absent, unprotected, unsupported or not the one of the profile."""

    reason = Reason.WRONG_ALGORITHM


class WrongKeyType(Refused):
    """The key is of another type or curve than the algorithm."""

    reason = Reason.WRONG_KEY_TYPE


class UnknownKey(Refused):
    """No enrolled or trusted key has this key identifier."""

    reason = Reason.UNKNOWN_KEY


class BadSignature(Refused):
    """The signature has the wrong length or does not verify under the key."""

    reason = Reason.BAD_SIGNATURE


# Profile and claims.


class WrongType(Refused):
    """The header `typ` (RFC 9596) declares another kind of token."""

    reason = Reason.WRONG_TYPE


class WrongProfile(Refused):
    """The claim `eat_profile` names another profile."""

    reason = Reason.WRONG_PROFILE


class UnknownLabel(Refused):
    """A header or a claim is outside the closed set of the profile."""

    reason = Reason.UNKNOWN_LABEL


class MissingClaim(Refused):
    """A claim that the profile requires is absent."""

    reason = Reason.MISSING_CLAIM


class BadClaim(Refused):
    """A claim has the wrong type or a value outside its range."""

    reason = Reason.BAD_CLAIM


# Enrolment, audience and time.


class UeidNotEndorsed(Refused):
    """The signing key is enrolled for another UEID than the one claimed."""

    reason = Reason.UEID_NOT_ENDORSED


class KeyAlreadyEnrolled(Refused):
    """The endorsed key has been enrolled before."""

    reason = Reason.KEY_ALREADY_ENROLLED


class UeidAlreadyEnrolled(Refused):
    """The endorsed UEID has been enrolled before, with another key."""

    reason = Reason.UEID_ALREADY_ENROLLED


class WrongAudience(Refused):
    """The evidence was made for another verifier."""

    reason = Reason.WRONG_AUDIENCE


class Stale(Refused):
    """The evidence is older than the verifier tolerates."""

    reason = Reason.STALE


class FromTheFuture(Refused):
    """The evidence, or the redemption of a nonce, lies ahead of time."""

    reason = Reason.FROM_THE_FUTURE


class BootcountFell(Refused):
    """The boot counter is lower than one accepted before: a chip rolled back, or a copy of one."""

    reason = Reason.BOOTCOUNT_FELL


# Challenges.


class NonceUnknown(Refused):
    """This nonce was never issued, or has been forgotten since."""

    reason = Reason.NONCE_UNKNOWN


class NonceReused(Refused):
    """This nonce has been redeemed before."""

    reason = Reason.NONCE_REUSED


class NonceExpired(Refused):
    """This nonce outlived its lifetime before it was redeemed."""

    reason = Reason.NONCE_EXPIRED


class NonceForOtherChip(Refused):
    """This nonce was issued to a chip with another UEID."""

    reason = Reason.NONCE_FOR_OTHER_CHIP


class NonceAlreadyIssued(Refused):
    """The entropy offered for a new nonce is that of a nonce on record."""

    reason = Reason.NONCE_ALREADY_ISSUED
