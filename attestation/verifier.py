"""The verifier: token, endorsement, timing and policy in, an appraisal out.

The checks run from the cheap and harmless to those that leave a trace. A challenge is redeemed only after everything else
has passed, so that nobody can burn a chip's challenge by sending rubbish in its name.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from . import claims as claim_set
from .appraisal import Appraisal, Landmark, refusal, untimed
from .bounds import VACUUM_KM_PER_MS
from .chain import Endorsement
from .challenge import NonceLedger
from .claims import Claims
from .endorsements import Endorsements
from .errors import (
    BootcountFell,
    ChainKeyMismatch,
    FromTheFuture,
    InvalidArgument,
    NonceMismatch,
    Refused,
    Stale,
    WrongAudience,
    X5tMismatch,
)
from .flaws import SOUND, Flaws
from .keys import PublicKey, algorithm_of, decode_public_key, key_id
from .measurement import Measurement, verify_measurement
from .token import Sealed, unseal


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a verifier tolerates.

    Attributes:
        policy_id: named in every attestation result.
        max_age_s: how far `issued_at_s` may lie in the past, in s.
        max_ahead_s: how far it may lie ahead, in s, since clocks differ; for landmarks' clocks, either way.
        max_bracket_s: how far the two challenges of a session may lie apart, in s: the key may leave in between.
        nonce_lifetime_s: how long a challenge may be answered, in s.
        km_per_ms: speed at which round-trip times become distances: `VACUUM_KM_PER_MS` is what physics guarantees,
            `FIBRE_KM_PER_MS` what a regulator may choose to trust.
        signing_allowance_ns: subtracted from each round-trip time where `Flaws.long_term_key_signs_in_exchange` holds,
            in ns, and nowhere else.
    """

    policy_id: str = "tag:example.org,2026:chip-location-policy#default"
    max_age_s: float = 300.0
    max_ahead_s: float = 5.0
    max_bracket_s: float = 60.0
    nonce_lifetime_s: float = 60.0
    km_per_ms: float = VACUUM_KM_PER_MS
    signing_allowance_ns: int = 0


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


class Verifier:
    """One verifier and what it remembers.

    Args:
        audience: its own identifier, which evidence must name.
        endorsements: register of the chips that may answer.
        landmarks: those it trusts.
        policy: tolerances.
        flaws: of the protocol.

    Raises:
        InvalidArgument: two landmarks share an identifier.
    """

    def __init__(
        self,
        *,
        audience: str,
        endorsements: Endorsements,
        landmarks: Iterable[Landmark] = (),
        policy: Policy = Policy(),
        flaws: Flaws = SOUND,
    ) -> None:
        self.audience = audience
        self.endorsements = endorsements
        self.policy = policy
        self.flaws = flaws
        self.ledger = NonceLedger(policy.nonce_lifetime_s)
        self.boots = BootCounts()
        self._landmarks: dict[str, Landmark] = {}
        for landmark in landmarks:
            if landmark.landmark_id in self._landmarks:
                raise InvalidArgument(f"two landmarks are called {landmark.landmark_id!r}")
            self._landmarks[landmark.landmark_id] = landmark

    def challenge(self, ueid: bytes, entropy: bytes, now_s: float) -> bytes:
        """A fresh challenge for one chip, to be answered with untimed evidence.

        Args:
            ueid: the chip asked.
            entropy: 32 unpredictable bytes.
            now_s: seconds since 1970.

        Raises:
            InvalidArgument, NonceAlreadyIssued: as `NonceLedger.issue`.
        """
        return self.ledger.issue(entropy, ueid, now_s)

    def appraise(self, token: bytes, now_s: float) -> Appraisal:
        """Judge evidence that answers a bare challenge. Whatever the bytes, the result is an appraisal.

        Such evidence says who answered, not from where: see `session.Session` for that.
        """
        try:
            claims, _ = self.authenticate(token, now_s)
            if len(claims.nonces) != 1:
                raise NonceMismatch(f"{len(claims.nonces)} nonces in answer to one challenge")
            self.ledger.redeem(claims.nonces[0], claims.ueid, now_s)
        except Refused as error:
            return refusal(error)
        self.boots.record(claims.ueid, claims.bootcount)
        return untimed(claims)

    def authenticate(self, token: bytes, now_s: float) -> tuple[Claims, PublicKey]:
        """Who signed, and what they claim: everything that can be checked without the challenge.

        Enrols a chip that sends its certificate chain along on first contact, once its signature has shown that it holds
        the key. Leaves nothing else behind.

        Returns:
            The claims, and the chip's long-term key.

        Raises:
            Refused: as one of its subclasses.
        """
        sealed = unseal(token)
        newcomer = self._newcomer(sealed, now_s)
        public_key = decode_public_key(newcomer.cose_key) if newcomer else self.endorsements.key(sealed.kid)
        algorithm = algorithm_of(public_key)
        claims = claim_set.decode(sealed.sign1.verify(public_key, algorithms=(algorithm,)), algorithm)
        if newcomer and newcomer.ueid == claims.ueid:
            self.endorsements.add(newcomer)
        endorsement = self.endorsements.endorsement(sealed.kid, claims.ueid, now_s)
        if sealed.x5t is not None and sealed.x5t != endorsement.x5t:
            raise X5tMismatch(f"certificate {sealed.x5t.hex()}, enrolled is {endorsement.x5t.hex()}")
        if sealed.x5chain and hashlib.sha256(sealed.x5chain[0]).digest() != endorsement.x5t:
            raise ChainKeyMismatch("the chain sent along does not begin with the chip's certificate")
        if claims.audience != self.audience:
            raise WrongAudience(f"addressed to {claims.audience!r}")
        self._check_age(claims.issued_at_s, now_s)
        self.boots.check(claims.ueid, claims.bootcount)
        return claims, public_key

    def authenticate_measurement(self, token: bytes, landmark: Landmark, now_s: float) -> Measurement:
        """What a landmark measured, if it did.

        Raises:
            Refused: as one of its subclasses.
        """
        measurement = verify_measurement(token, landmark.public_key)
        if measurement.audience != self.audience:
            raise WrongAudience(f"addressed to {measurement.audience!r}")
        self._check_age(measurement.issued_at_s, now_s)
        return measurement

    def landmark(self, landmark_id: str) -> Landmark:
        """A landmark by its identifier.

        Raises:
            InvalidArgument: this verifier knows no such landmark.
        """
        if landmark_id not in self._landmarks:
            raise InvalidArgument(f"no landmark is called {landmark_id!r}")
        return self._landmarks[landmark_id]

    def _newcomer(self, sealed: Sealed, now_s: float) -> Endorsement | None:
        """What the chain that a token carries says about a chip whose key is not enrolled."""
        if not sealed.x5chain or self.endorsements.knows(sealed.kid):
            return None
        endorsement = self.endorsements.examine(sealed.x5chain, now_s)
        if key_id(decode_public_key(endorsement.cose_key)) != sealed.kid:
            raise ChainKeyMismatch("the chain sent along is that of another key")
        return endorsement

    def _check_age(self, issued_at_s: int, now_s: float) -> None:
        age_s = now_s - issued_at_s
        if age_s < -self.policy.max_ahead_s:
            raise FromTheFuture(f"issued {-age_s} s ahead of time")
        # Written so that a time that is not a number counts as stale.
        if not age_s <= self.policy.max_age_s:
            raise Stale(f"issued {age_s} s ago, at most {self.policy.max_age_s} s")
