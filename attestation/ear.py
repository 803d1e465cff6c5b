"""Attestation results on the wire: an EAR (draft-ietf-rats-ear) with the trust tiers of AR4SI (draft-ietf-rats-ar4si).

What the verifier concluded, for a relying party that does not want to appraise evidence itself: signed by the verifier,
one appraisal for the submodule "chip", reason codes in a private claim. Whatever is not affirmed is not affirming: a
refusal is contraindicated, and evidence that leaves the place open is a warning.

Source of labels and profile: draft-ietf-rats-ear, CDDL of github.com/ietf-rats-wg/draft-ietf-rats-ear at 126b500b.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from .appraisal import Appraisal, Verdict
from .claims import NONCE_BYTES, read_ueid
from .claimset import Claim, ClaimSet, byte_string, integer, seconds, text
from .errors import (
    AlgorithmRefused,
    BadClaim,
    CertificateOnHold,
    CertificateRevoked,
    ChainRefused,
    DebugEnabled,
    ExchangeRefused,
    FlawRefused,
    FreshnessRefused,
    FromTheFuture,
    IdentityRefused,
    Refused,
    ReportRefused,
    SignatureRefused,
    Stale,
    UnauthorisedBoot,
    refusals,
)
from .keys import PublicKey, SigningKey, algorithm_of
from .token import MAX_BYTES, seal, unseal
from .verifier import Policy

EAR_PROFILE = "tag:ietf.org,2026:rats/ear#03"
SUBMODULE = "chip"


class Tier(IntEnum):
    """Trust tiers of AR4SI."""

    NONE = 0
    AFFIRMING = 2
    WARNING = 32
    CONTRAINDICATED = 96


class TrustClaim(IntEnum):
    """Members of the trustworthiness vector of AR4SI."""

    INSTANCE_IDENTITY = 0
    CONFIGURATION = 1
    EXECUTABLES = 2
    FILE_SYSTEM = 3
    HARDWARE = 4
    RUNTIME_OPAQUE = 5
    STORAGE_OPAQUE = 6
    SOURCED_DATA = 7


# Values of AR4SI section 2.3: those of all members first, then those of one.
_CANNOT_PARSE, _AFFIRMED, _WARNED, _CONTRAINDICATED, _CRYPTO_FAILED = 1, 2, 32, 96, 99
_NOT_RECOGNISED = 97  # instance-identity and hardware
_APPROVED_AT_BOOT = 3  # executables

_OF_PLACE: Mapping[Verdict, int] = {
    Verdict.CLEARED: _AFFIRMED,
    Verdict.UNCONFIRMED: _WARNED,
    Verdict.CONTRADICTION: _CONTRAINDICATED,
}

_OF_REFUSALS: tuple[tuple[type[Refused], TrustClaim, int], ...] = (
    (SignatureRefused, TrustClaim.INSTANCE_IDENTITY, _CRYPTO_FAILED),
    (AlgorithmRefused, TrustClaim.INSTANCE_IDENTITY, _CRYPTO_FAILED),
    (CertificateRevoked, TrustClaim.INSTANCE_IDENTITY, _CONTRAINDICATED),
    (CertificateOnHold, TrustClaim.INSTANCE_IDENTITY, _CONTRAINDICATED),
    (ChainRefused, TrustClaim.INSTANCE_IDENTITY, _NOT_RECOGNISED),
    (IdentityRefused, TrustClaim.INSTANCE_IDENTITY, _NOT_RECOGNISED),
    (DebugEnabled, TrustClaim.CONFIGURATION, _CONTRAINDICATED),
    (UnauthorisedBoot, TrustClaim.EXECUTABLES, _CONTRAINDICATED),
    (FreshnessRefused, TrustClaim.SOURCED_DATA, _CONTRAINDICATED),
    (ExchangeRefused, TrustClaim.SOURCED_DATA, _CONTRAINDICATED),
    (FlawRefused, TrustClaim.SOURCED_DATA, _CONTRAINDICATED),
    (ReportRefused, TrustClaim.HARDWARE, _NOT_RECOGNISED),
    (Refused, TrustClaim.INSTANCE_IDENTITY, _CANNOT_PARSE),
)
"""Kind of refusal -> the trust claim that it settles; the first that applies."""


@dataclass(frozen=True, kw_only=True)
class ChipResult:
    """What an EAR says of one chip.

    Attributes:
        status: trust tier of the whole.
        vector: trust claims made, each -128..127; one that is missing is not claimed.
        policy_id: policy by which the evidence was appraised.
        reasons: codes of refusals and findings; empty if everything is affirmed.
        nonce: that of the evidence, if it was accepted and holds one alone.
        ueid: the chip; of refused evidence the one that was asked, if that is known.
    """

    status: Tier
    vector: tuple[tuple[TrustClaim, int], ...]
    policy_id: str
    reasons: tuple[str, ...] = ()
    nonce: bytes | None = None
    ueid: bytes | None = None


@dataclass(frozen=True)
class VerifierId:
    """Who made the verifier's software, and which version it is."""

    developer: str
    build: str


@dataclass(frozen=True)
class AttestationResult:
    """An EAR.

    Attributes:
        issued_at_s: whole seconds since 1970.
        verifier: who says so.
        chip: what is said.
        raw_evidence: the token appraised, for whoever wants to look for themselves; optional.
    """

    issued_at_s: int
    verifier: VerifierId
    chip: ChipResult
    raw_evidence: bytes | None = None


def attestation_result(
    appraisal: Appraisal, policy: Policy, *, issued_at_s: int, verifier: VerifierId, raw_evidence: bytes | None = None
) -> AttestationResult:
    """An appraisal under a policy as EAR."""
    nonces = appraisal.claims.nonces if appraisal.claims else ()
    chip = ChipResult(
        status=_tier(appraisal.verdict),
        vector=trust_vector(appraisal),
        policy_id=policy.policy_id,
        reasons=appraisal.reasons,
        nonce=nonces[0] if len(nonces) == 1 else None,
        ueid=appraisal.ueid,
    )
    return AttestationResult(issued_at_s, verifier, chip, raw_evidence)


def trust_vector(appraisal: Appraisal) -> tuple[tuple[TrustClaim, int], ...]:
    """What an appraisal says of the chip's identity, configuration, executables and hardware, and of its place.

    The place is data that comes from others, the landmarks: `sourced-data`. Of refused evidence, only what settled it.
    """
    if appraisal.verdict is Verdict.INVALID:
        kind = refusals()[appraisal.reasons[0]]
        return (next((member, value) for base, member, value in _OF_REFUSALS if issubclass(kind, base)),)
    return (
        (TrustClaim.INSTANCE_IDENTITY, _AFFIRMED),  # an endorsed key signed, and has not been revoked
        (TrustClaim.CONFIGURATION, _AFFIRMED),  # debugging disabled since boot
        (TrustClaim.EXECUTABLES, _APPROVED_AT_BOOT),  # only software authorised by the maker was booted
        (TrustClaim.HARDWARE, _AFFIRMED),  # the maker endorsed it
        (TrustClaim.SOURCED_DATA, _OF_PLACE[appraisal.verdict]),
    )


def issue_result(result: AttestationResult, key: SigningKey) -> bytes:
    """Sign an attestation result with the verifier's key.

    Raises:
        InvalidArgument: a value cannot be encoded.
    """
    return seal(RESULT_CLAIMS.write(result), key)


def verify_result(token: bytes, public_key: PublicKey, *, now_s: float, max_age_s: float) -> AttestationResult:
    """Read an attestation result under the verifier's key.

    Args:
        token: as received.
        public_key: of the verifier.
        now_s: seconds since 1970.
        max_age_s: how old the result may be, in s: a chip that was cleared once need not be where it was.

    Raises:
        FromTheFuture, Stale: the result is not from now.
        BadClaim: its status is better than its trust claims or its reasons allow.
        Refused: as one of its other subclasses, but those of identity, chain and exchange.
    """
    sealed = unseal(token, chain_allowed=False)
    result = RESULT_CLAIMS.decode(sealed.sign1.verify(public_key, algorithms=(algorithm_of(public_key),)))
    if result.issued_at_s > now_s:
        raise FromTheFuture(f"issued {result.issued_at_s - now_s} s ahead of time")
    if not now_s - result.issued_at_s <= max_age_s:
        raise Stale(f"issued {now_s - result.issued_at_s} s ago, at most {max_age_s} s")
    chip = result.chip
    if chip.status < max(map(_tier_of_claim, dict(chip.vector).values())) or (
        chip.status is Tier.AFFIRMING and chip.reasons
    ):
        raise BadClaim("the status is better than what it rests on")
    return result


def _tier_of_claim(value: int) -> Tier:
    """Tier of one trust claim: AR4SI section 2.3.1. What is not claimed weighs nothing."""
    if value in (-1, 0, 1):
        return Tier.NONE
    magnitude = value if value > 0 else -value - 1
    if magnitude < Tier.WARNING:
        return Tier.AFFIRMING
    return Tier.WARNING if magnitude < Tier.CONTRAINDICATED else Tier.CONTRAINDICATED


def _tier(verdict: Verdict) -> Tier:
    match verdict:
        case Verdict.CLEARED:
            return Tier.AFFIRMING
        case Verdict.UNCONFIRMED:
            return Tier.WARNING
        case _:
            return Tier.CONTRAINDICATED


def _read_status(value: object) -> Tier:
    try:
        return Tier(integer(0, 127)(value))
    except ValueError:
        raise BadClaim(f"{value} is not a trust tier") from None


def _read_vector(value: object) -> tuple[tuple[TrustClaim, int], ...]:
    if type(value) is not dict or not value:
        raise BadClaim("must be a map of at least one trust claim")
    labels = integer(0, max(TrustClaim))
    return tuple((TrustClaim(labels(label)), integer(-128, 127)(claim)) for label, claim in value.items())


def _read_texts(value: object) -> tuple[str, ...]:
    if type(value) is not list or not value:
        raise BadClaim("must be an array of at least one text")
    return tuple(text(item) for item in value)


def _read_policy_id(value: object) -> str:
    policy_ids = _read_texts(value)
    if len(policy_ids) != 1:
        raise BadClaim("must name one policy")
    return policy_ids[0]


def _read_submods(value: object) -> ChipResult:
    if type(value) is not dict or value.keys() != {SUBMODULE}:
        raise BadClaim(f"must hold the appraisal of {SUBMODULE!r} and nothing else")
    return _CHIP.read(value[SUBMODULE])


_VERIFIER = ClaimSet(VerifierId, Claim(0, "developer", text), Claim(1, "build", text))

_CHIP = ClaimSet(
    ChipResult,
    Claim(10, "nonce", byte_string(NONCE_BYTES), required=False),
    Claim(256, "ueid", read_ueid, required=False),
    Claim(1000, "status", _read_status, write=int),
    Claim(1001, "vector", _read_vector, write=lambda vector: {int(label): value for label, value in vector}),
    Claim(1003, "policy_id", _read_policy_id, write=lambda policy_id: [policy_id]),
    Claim(-75006, "reasons", _read_texts, required=False, write=list),
)

RESULT_CLAIMS = ClaimSet(
    AttestationResult,
    Claim(6, "issued_at_s", seconds),
    Claim(266, "chip", _read_submods, write=lambda chip: {SUBMODULE: _CHIP.write(chip)}),
    Claim(1002, "raw_evidence", byte_string(1, MAX_BYTES), required=False),
    Claim(1004, "verifier", members=_VERIFIER),
    profile=EAR_PROFILE,
)
