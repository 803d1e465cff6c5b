"""The verifier: token, endorsement, timing and policy in, an appraisal out.

The checks run from the cheap and harmless to those that leave a trace. A challenge is redeemed only after everything else
has passed, so that nobody can burn a chip's challenge by sending rubbish in its name.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .appraisal import Appraisal, Landmark, refusal, untimed
from .batch import InclusionProof, verify_answer
from .bounds import VACUUM_KM_PER_MS, distance_bound_km
from .chain import Endorsement, read_certificate
from .challenge import NonceLedger
from .claims import Claims, decode
from .endorsements import Endorsements
from .errors import (
    BootcountFell,
    ChainKeyMismatch,
    FromTheFuture,
    InvalidArgument,
    LongTermKeyInExchange,
    NonceMismatch,
    Refused,
    SessionKeyReused,
    Stale,
    UeidNotEndorsed,
    WrongAudience,
    X5tMismatch,
)
from .flaws import SOUND, Flaws
from .gpu_evidence import Devices, GpuEvidence, check_reports
from .keys import PublicKey, algorithm_of, decode_public_key, key_id
from .measurement import Measurement, verify_measurement
from .spdm import Reports
from .token import Sealed, unseal

NO_EVIDENCE: Mapping[str, GpuEvidence] = {}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a verifier tolerates.

    Attributes:
        policy_id: named in every attestation result.
        max_age_s: how far `issued_at_s` may lie in the past, in s.
        max_ahead_s: how far it may lie ahead, in s, since clocks differ; for landmarks' clocks, either way.
        max_bracket_s: from the opening of a session to its conclusion, in s: the key may leave in between.
        nonce_lifetime_s: how long a challenge may be answered, in s.
        fewest_landmarks: as many of those asked must report.
        fewest_gpu_reports: as many measurement reports of vendors' devices must come with a token that is appraised, or that
            concludes a session, each of another device.
        max_accuracy_m: error radius of a claimed position, in m; a vaguer claim leaves a chip unconfirmed.
        km_per_ms: speed at which round-trip times become distances: `VACUUM_KM_PER_MS` is what physics guarantees,
            `FIBRE_KM_PER_MS` what a regulator may choose to trust.
        signing_allowance_ns: subtracted from each round-trip time where `Flaws.long_term_key_signs_in_exchange` holds,
            in ns, and nowhere else.
        excludes: for verifiers with a map: whether the intersection of discs, given as landmark identifiers with their
            radii in km, misses the restricted territory. It is asked only about evidence that contradicts nothing. Without
            it one disc must do so alone.
    """

    policy_id: str = "tag:example.org,2026:chip-location-policy#default"
    max_age_s: float = 300.0
    max_ahead_s: float = 5.0
    max_bracket_s: float = 60.0
    nonce_lifetime_s: float = 60.0
    fewest_landmarks: int = 1
    fewest_gpu_reports: int = 0
    max_accuracy_m: float = 100_000.0
    km_per_ms: float = VACUUM_KM_PER_MS
    signing_allowance_ns: int = 0
    excludes: Callable[[Mapping[str, float]], bool] | None = None

    def __post_init__(self) -> None:
        """Raises InvalidArgument if a tolerance makes no sense."""
        distance_bound_km(0.0, self.km_per_ms)
        for name in ("max_age_s", "max_ahead_s", "max_bracket_s", "max_accuracy_m", "signing_allowance_ns"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InvalidArgument(f"{name} must be 0 or more and finite, not {getattr(self, name)}")
        if not 0 < self.nonce_lifetime_s < math.inf or self.fewest_landmarks < 1:
            raise InvalidArgument("nonce_lifetime_s must be above 0 and finite, and fewest_landmarks at least 1")
        if self.fewest_gpu_reports < 0:
            raise InvalidArgument(f"fewest_gpu_reports must be 0 or more, not {self.fewest_gpu_reports}")


@dataclass(frozen=True)
class Evidence:
    """Evidence found authentic, before its challenge is redeemed.

    `newcomer` is what its certificate chain says of a chip that is not enrolled yet.
    """

    claims: Claims
    public_key: PublicKey
    newcomer: Endorsement | None


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
        """Remember a count, unless a higher one is on record."""
        self._highest[ueid] = max(count, self._highest.get(ueid, 0))


class Verifier:
    """One verifier and what it remembers.

    Args:
        audience: its own identifier, which evidence must name.
        endorsements: register of the chips that may answer.
        landmarks: those it trusts.
        policy: tolerances.
        flaws: of the protocol.
        vendor_roots: root certificates in DER, under which devices' own measurement reports are accepted.

    Raises:
        InvalidArgument: two landmarks share an identifier.
        CertificateMalformed: a root cannot be read.
    """

    def __init__(
        self,
        *,
        audience: str,
        endorsements: Endorsements,
        landmarks: Iterable[Landmark] = (),
        policy: Policy = Policy(),
        flaws: Flaws = SOUND,
        vendor_roots: Iterable[bytes] = (),
    ) -> None:
        self.audience = audience
        self.endorsements = endorsements
        self.policy = policy
        self.flaws = flaws
        self.ledger = NonceLedger(policy.nonce_lifetime_s)
        self.boots = BootCounts()
        self.devices = Devices()
        self._vendor_roots = list(vendor_roots)
        for root in self._vendor_roots:
            read_certificate(root)
        self._session_keys: set[bytes] = set()
        self._landmarks: dict[str, Landmark] = {}
        for landmark in landmarks:
            if landmark.landmark_id in self._landmarks:
                raise InvalidArgument(f"two landmarks are called {landmark.landmark_id!r}")
            self._landmarks[landmark.landmark_id] = landmark

    def challenge(self, ueid: bytes, entropy: bytes, now_s: float) -> bytes:
        """A fresh challenge for one chip.

        Args:
            ueid: the chip asked.
            entropy: 32 unpredictable bytes.
            now_s: seconds since 1970.

        Raises:
            InvalidArgument, NonceAlreadyIssued: as `NonceLedger.issue`.
        """
        return self.ledger.issue(entropy, ueid, now_s)

    def appraise(self, token: bytes, now_s: float, gpu_evidence: Mapping[str, GpuEvidence] = NO_EVIDENCE) -> Appraisal:
        """Judge evidence that answers a bare challenge. Whatever the bytes, the result is an appraisal.

        Such evidence says who answered, not from where: see `session.Session` for that.

        Args:
            token: as received.
            now_s: seconds since 1970.
            gpu_evidence: measurement reports that came with the token, by the name of the submodule.
        """
        try:
            evidence = self.authenticate(token, now_s)
            if len(evidence.claims.nonces) != 1:
                raise NonceMismatch(f"{len(evidence.claims.nonces)} nonces in answer to one challenge")
            reports = self.check_reports(evidence.claims, gpu_evidence, now_s)
            self.accept(evidence, evidence.claims.nonces, now_s, reports)
        except Refused as error:
            return refusal(error)
        return replace(untimed(evidence.claims), gpu_reports=reports)

    def appraise_batch(
        self,
        token: bytes,
        proofs: Mapping[bytes, bytes],
        now_s: float,
        gpu_evidence: Mapping[str, GpuEvidence] = NO_EVIDENCE,
    ) -> Appraisal:
        """Judge evidence in which one signature answers for several bare challenges of one chip.

        Each challenge is redeemed once, wherever else the batch is shown: a landmark that knows one of them shows its own
        proof alone. Whatever the bytes, the result is an appraisal, of all these challenges or none.

        Args:
            token: the evidence.
            proofs: for each challenge that is to be redeemed, the encoded proof that it is in the batch.
            now_s: seconds since 1970.
            gpu_evidence: measurement reports that came with the token, by the name of the submodule.

        Raises:
            InvalidArgument: no challenge at all.
        """
        if not proofs:
            raise InvalidArgument("a batch answers at least one challenge")
        try:
            evidence = self.authenticate(token, now_s)
            if len(evidence.claims.nonces) != 1:
                raise NonceMismatch(f"{len(evidence.claims.nonces)} nonces where the root of a batch is due")
            for challenge, proof in proofs.items():
                verify_answer(challenge, InclusionProof.decode(proof), evidence.claims.nonces[0])
            reports = self.check_reports(evidence.claims, gpu_evidence, now_s)
            self.accept(evidence, tuple(proofs), now_s, reports)
        except Refused as error:
            return refusal(error)
        return replace(untimed(evidence.claims), gpu_reports=reports)

    def authenticate(self, token: bytes, now_s: float) -> Evidence:
        """Who signed, and what they claim: everything that can be checked without the challenge. Leaves no trace.

        Raises:
            Refused: as one of its subclasses.
        """
        sealed = unseal(token)
        newcomer = self._newcomer(sealed, now_s)
        public_key = decode_public_key(newcomer.cose_key) if newcomer else self.endorsements.key(sealed.kid)
        algorithm = algorithm_of(public_key)
        claims = decode(sealed.sign1.verify(public_key, algorithms=(algorithm,)), algorithm)
        if newcomer is None:
            endorsement = self.endorsements.endorsement(sealed.kid, claims.ueid, now_s)
        elif newcomer.ueid == claims.ueid:
            endorsement = newcomer
        else:
            raise UeidNotEndorsed(f"{claims.ueid.hex()}, but the key is endorsed for {newcomer.ueid.hex()}")
        if sealed.x5t is not None and sealed.x5t != endorsement.x5t:
            raise X5tMismatch(f"certificate {sealed.x5t.hex()}, enrolled is {endorsement.x5t.hex()}")
        if sealed.x5chain and hashlib.sha256(sealed.x5chain[0]).digest() != endorsement.x5t:
            raise ChainKeyMismatch("the chain sent along does not begin with the chip's certificate")
        if claims.audience != self.audience:
            raise WrongAudience(f"addressed to {claims.audience!r}")
        self._check_age(claims.issued_at_s, now_s)
        self.boots.check(claims.ueid, claims.bootcount)
        return Evidence(claims, public_key, newcomer)

    def check_reports(self, claims: Claims, gpu_evidence: Mapping[str, GpuEvidence], now_s: float) -> Reports:
        """The measurement reports that came with a token, verified: see `gpu_evidence.check_reports`. Leaves no trace.

        Raises:
            Refused: one of them is not good, stands in for another device, has been revoked, or too few have come.
        """
        reports = check_reports(claims, gpu_evidence, self._vendor_roots, now_s, self.policy.fewest_gpu_reports)
        for _, report in reports:
            self.endorsements.check_standing(report.device, now_s)
        self.devices.check(claims.ueid, reports)
        return reports

    def accept(self, evidence: Evidence, challenges: Sequence[bytes], now_s: float, reports: Reports = ()) -> None:
        """Redeem the challenges that evidence answers, and remember what it taught; all of it or nothing.

        A chip that sent its certificate chain along on first contact is enrolled: its signature has shown that it holds the
        key.

        Raises:
            FreshnessRefused: a challenge cannot be redeemed.
            UeidAlreadyEnrolled: the chip on first contact is known by another key.
        """
        if evidence.newcomer is not None:
            self.endorsements.check_new(evidence.newcomer)
        self.ledger.redeem_all(challenges, evidence.claims.ueid, now_s)
        if evidence.newcomer is not None:
            self.endorsements.add(evidence.newcomer)
        self.boots.record(evidence.claims.ueid, evidence.claims.bootcount)
        self.devices.record(evidence.claims.ueid, reports)

    def check_session_key(self, session_key: bytes) -> None:
        """Whether a session key is fresh.

        Raises:
            SessionKeyReused: it has served before. A key of last week may be anywhere by now.
            LongTermKeyInExchange: it is the long-term key of a chip.
        """
        if self.flaws.long_term_key_signs_in_exchange:
            return
        if self.endorsements.knows(key_id(decode_public_key(session_key))):
            raise LongTermKeyInExchange("the session key is a chip's long-term key")
        if hashlib.sha256(session_key).digest() in self._session_keys:
            raise SessionKeyReused("one session key, one session")

    def remember_session_key(self, session_key: bytes) -> None:
        """Note that a session key has served."""
        self._session_keys.add(hashlib.sha256(session_key).digest())

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
