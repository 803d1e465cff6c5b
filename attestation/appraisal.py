"""Appraisal of evidence: the verifier's judgement on one token (RFC 9334).

The checks run from the cheap and harmless to those that leave a trace. A nonce is redeemed only after everything else
has passed, so that nobody can burn a chip's challenge by sending rubbish in its name.

An accepted token proves who answered, and that the answer is fresh. It does not prove where the chip is: the position
is a claim, a signature can be relayed, and only a round-trip time bounds distance.
"""

from dataclasses import dataclass

from . import claims as claim_set
from .challenge import NonceLedger
from .claims import Claims
from .endorsements import Endorsements
from .errors import (
    BootcountFell,
    FromTheFuture,
    Reason,
    Refused,
    Stale,
    UeidNotEndorsed,
    WrongAudience,
)
from .token import EVIDENCE_TYPE, unseal


@dataclass(frozen=True)
class Accepted:
    """The evidence is authentic, addressed to this verifier, fresh, and answers its challenge."""

    ueid: bytes
    claims: Claims


@dataclass(frozen=True)
class Refusal:
    """The evidence was refused for `reason`; `detail` is for people."""

    reason: Reason
    detail: str


Verdict = Accepted | Refusal


@dataclass(frozen=True)
class Policy:
    """What a verifier tolerates.

    Attributes:
        max_age_s: how far `issued_at_s` may lie in the past, in s.
        max_ahead_s: how far it may lie ahead, in s, since clocks differ.
    """

    max_age_s: float = 300.0
    max_ahead_s: float = 5.0


class BootCounts:
    """The highest boot counter accepted so far from each chip."""

    def __init__(self) -> None:
        self._highest: dict[bytes, int] = {}

    def check(self, ueid: bytes, count: int) -> None:
        """Raises BootcountFell if a higher count was recorded before."""
        highest = self._highest.get(ueid, 0)
        if count < highest:
            raise BootcountFell(f"{count} after {highest}")

    def record(self, ueid: bytes, count: int) -> None:
        """Remember a count; it must have passed `check`."""
        self._highest[ueid] = count


def appraise(
    token: bytes,
    *,
    endorsements: Endorsements,
    ledger: NonceLedger,
    boots: BootCounts,
    audience: str,
    now_s: float,
    policy: Policy = Policy(),
) -> Verdict:
    """Judge one token. Whatever the bytes, the result is a verdict and never an exception.

    Args:
        token: as received.
        endorsements: register of the chips that may answer.
        ledger: nonces issued; the token's nonce is redeemed if, and only if, the verdict is Accepted.
        boots: highest boot counters; updated if the verdict is Accepted.
        audience: this verifier's own identifier.
        now_s: seconds since 1970.
        policy: tolerances.
    """
    try:
        ueid, claims = _authenticate(token, endorsements)
        if claims.audience != audience:
            raise WrongAudience(f"addressed to {claims.audience!r}")
        _check_age(claims.issued_at_s, now_s, policy)
        boots.check(ueid, claims.bootcount)
        ledger.redeem(claims.nonce, ueid, now_s)
    except Refused as refused:
        return Refusal(refused.reason, str(refused))
    boots.record(ueid, claims.bootcount)
    return Accepted(ueid, claims)


def _authenticate(token: bytes, endorsements: Endorsements) -> tuple[bytes, Claims]:
    """Who signed, and what they claim."""
    sealed = unseal(token, content_type=EVIDENCE_TYPE)
    ueid, public_key = endorsements.lookup(sealed.kid)
    claims = claim_set.decode(sealed.open(public_key, profile=claim_set.PROFILE))
    if claims.ueid != ueid:
        raise UeidNotEndorsed(f"{claims.ueid.hex()}, but the key is endorsed for {ueid.hex()}")
    return ueid, claims


def _check_age(issued_at_s: int, now_s: float, policy: Policy) -> None:
    age_s = now_s - issued_at_s
    if age_s < -policy.max_ahead_s:
        raise FromTheFuture(f"issued {-age_s} s ahead of time")
    # Written so that a time that is not a number counts as stale.
    if not age_s <= policy.max_age_s:
        raise Stale(f"issued {age_s} s ago, at most {policy.max_age_s} s")
