"""The slow loop around the timed exchange: one session of a chip with one verifier and some landmarks.

A session key answers quickly, but anybody may hold one. So the chip's long-term key, bound to the chip's identity, vouches
for it before and after: it signs SHA-256(challenge || session key || session id) for a fresh challenge of the verifier,
and again, once the landmarks have measured, for a second one. The second token is the chip's location claim and carries
the digest of what the landmarks measured. In between, a key can still leave the chip: the bracket must be short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto

from .appraisal import Appraisal, bound, refusal, weigh
from .batch import Tree
from .challenge import session_id, session_nonce
from .claims import MAX_NONCES, Claims
from .errors import (
    ClaimsChanged,
    InvalidArgument,
    LongTermKeyChanged,
    LongTermKeyInExchange,
    MeasurementMissing,
    MissingClaim,
    NonceMismatch,
    OtherLandmark,
    OtherSession,
    OtherSessionKey,
    OutOfTurn,
    OutsideBracket,
    Refused,
    SessionExpired,
    Stale,
    TranscriptMismatch,
)
from .exchange import combined_sha256
from .gpu_evidence import GpuEvidence
from .keys import encode_public_key
from .measurement import Measurement
from .spdm import Reports
from .verifier import NO_EVIDENCE, Evidence, Verifier


def bind(
    claims: Claims, challenges: Sequence[bytes], session_key: bytes, session: bytes, *, batched: bool = False
) -> Claims:
    """A chip's claims made into the answer to a session's challenges.

    A verifier takes either form of an answer to several: all nonces in a row, or as a batch the root of a tree over them.

    Args:
        claims: what the chip has to say otherwise.
        challenges: one to open a session; one for each landmark to close it, in the same order.
        session_key: the session's public key as encoded COSE_Key.
        session: identifier of the session.
        batched: whether to answer as a batch, see `batch.Tree`; one challenge alone is answered by itself.
    """
    nonces = tuple(session_nonce(challenge, session_key, session) for challenge in challenges)
    if batched and len(nonces) > 1:
        nonces = (Tree.of(nonces).nonce,)
    return replace(claims, nonces=nonces, session_key=session_key)


def lasting(claims: Claims) -> Claims:
    """What the two tokens of a session must agree on: all but times, nonces, digests and what was measured inside."""
    return replace(
        claims,
        issued_at_s=0,
        token_id=None,
        nonces=(),
        evidence_digests=(),
        measurements=(),
        transcript_sha256=None,
        location=replace(claims.location, timestamp_s=0, age_s=None),
    )


class _Stage(Enum):
    CHALLENGED = auto()
    TIMING = auto()
    BRACKETED = auto()
    CONCLUDED = auto()


class Session:
    """A verifier's side of one session. A refused message changes nothing.

    Args:
        verifier: whose session it is.
        ueid: the chip asked.
        landmark_ids: landmarks that are to time it, each once.
        entropy: 32 unpredictable bytes.
        now_s: seconds since 1970.

    Attributes:
        challenge: to be sent to the chip, 32 bytes.
        session_id: 16 bytes.

    Raises:
        InvalidArgument: no landmark or more than 72, an unknown one, or one twice; entropy of another length.
        NonceAlreadyIssued: the entropy is that of a challenge on record.
    """

    def __init__(
        self, verifier: Verifier, ueid: bytes, landmark_ids: Sequence[str], *, entropy: bytes, now_s: float
    ) -> None:
        if not 1 <= len(landmark_ids) <= MAX_NONCES or len(set(landmark_ids)) < len(landmark_ids):
            raise InvalidArgument(f"a session takes 1 to {MAX_NONCES} landmarks, each once")
        self._landmarks = {landmark_id: verifier.landmark(landmark_id) for landmark_id in landmark_ids}
        self._verifier = verifier
        self._ueid = ueid
        self.challenge = verifier.challenge(ueid, entropy, now_s)
        self.session_id = session_id(self.challenge, ueid)
        self._opened_s = now_s
        self._endorsed_s = now_s
        self._opening: Evidence | None = None
        self._measurements: dict[str, Measurement] = {}
        self._closing: tuple[bytes, ...] = ()
        self._stage = _Stage.CHALLENGED

    def endorse(self, token: bytes, now_s: float) -> None:
        """Take the chip's first token, in which its long-term key vouches for the session key.

        Raises:
            Refused: as one of its subclasses.
        """
        self._expect(_Stage.CHALLENGED)
        evidence = self._authenticate(token, now_s)
        session_key = self._check_binding(evidence.claims, (self.challenge,))
        flaws = self._verifier.flaws
        if session_key == encode_public_key(evidence.public_key) and not flaws.long_term_key_signs_in_exchange:
            raise LongTermKeyInExchange("the session key is the chip's long-term key")
        self._verifier.check_session_key(session_key)
        self._verifier.accept(evidence, (self.challenge,), now_s)
        self._verifier.remember_session_key(session_key)
        self._opening, self._endorsed_s = evidence, now_s
        self._stage = _Stage.TIMING

    def report(self, landmark_id: str, token: bytes, now_s: float) -> None:
        """Take a landmark's measurement. A later one of the same landmark takes its place: packets get lost.

        Raises:
            OutOfTurn: the chip has not vouched for its session key, or the second challenge is out.
            Refused: as one of its subclasses.
        """
        self._expect(_Stage.TIMING)
        if landmark_id not in self._landmarks:
            raise OtherLandmark(f"{landmark_id!r} was not asked")
        measurement = self._verifier.authenticate_measurement(token, self._landmarks[landmark_id], now_s)
        if measurement.landmark_id != landmark_id:
            raise OtherLandmark(f"a measurement of {measurement.landmark_id!r}, not of {landmark_id!r}")
        if measurement.session != self.session_id:
            raise OtherSession(measurement.session.hex())
        if measurement.session_key != self._session_key:
            raise OtherSessionKey("the key that answered is not the one that the chip vouched for")
        if measurement.issued_at_s < self._endorsed_s - self._verifier.policy.max_ahead_s:
            raise OutsideBracket(f"measured at {measurement.issued_at_s}, the chip vouched at {self._endorsed_s}")
        self._measurements[landmark_id] = measurement

    def challenge_again(self, entropies: Sequence[bytes], now_s: float) -> tuple[bytes, ...]:
        """The second challenge, one nonce for each landmark that has reported.

        Landmarks that have not are left out from here on.

        Args:
            entropies: 32 unpredictable bytes for each landmark of the session.
            now_s: seconds since 1970.

        Raises:
            MeasurementMissing: too few landmarks have reported.
            InvalidArgument, NonceAlreadyIssued: as of `NonceLedger.issue`; none has been issued.
        """
        self._expect(_Stage.TIMING)
        if len(self._measurements) < self._verifier.policy.fewest_landmarks:
            raise MeasurementMissing(f"{len(self._measurements)} of {len(self._landmarks)} landmarks have reported")
        if len(entropies) != len(self._landmarks):
            raise InvalidArgument(f"{len(self._landmarks)} landmarks, {len(entropies)} entropies")
        used = [one for name, one in zip(self._landmarks, entropies, strict=True) if name in self._measurements]
        self._closing = self._verifier.ledger.issue_all(used, self._ueid, now_s)
        self._stage = _Stage.BRACKETED
        return self._closing

    @property
    def reported(self) -> tuple[str, ...]:
        """The landmarks that have reported, in the order in which the chip must combine their transcripts."""
        return tuple(name for name in self._landmarks if name in self._measurements)

    def conclude(self, token: bytes, now_s: float, gpu_evidence: Mapping[str, GpuEvidence] = NO_EVIDENCE) -> Appraisal:
        """Take the chip's location claim and come to a conclusion. Whatever the bytes, the result is an appraisal.

        Args:
            token: the claim, as received.
            now_s: seconds since 1970.
            gpu_evidence: measurement reports that came with it, by the name of the submodule.
        """
        try:
            claims, reports = self._accept_claim(token, now_s, gpu_evidence)
        except Refused as error:
            return refusal(error, self._ueid)
        self._stage = _Stage.CONCLUDED
        policy = self._verifier.policy
        allowance_ns = policy.signing_allowance_ns if self._long_term_key_answered else 0
        bounds = [
            bound(self._landmarks[name], max(0, self._measurements[name].min_rtt_ns - allowance_ns), policy.km_per_ms)
            for name in self.reported
        ]
        unreported = [name for name in self._landmarks if name not in self._measurements]
        appraisal = weigh(
            claims,
            bounds,
            max_accuracy_m=policy.max_accuracy_m,
            excludes=policy.excludes,
            unreported=unreported,
        )
        return replace(appraisal, gpu_reports=reports)

    @property
    def _session_key(self) -> bytes:
        return (self._opening.claims.session_key if self._opening else None) or b""

    @property
    def _long_term_key_answered(self) -> bool:
        """Only under the flaw that allows it."""
        return self._opening is not None and self._session_key == encode_public_key(self._opening.public_key)

    def _authenticate(self, token: bytes, now_s: float) -> Evidence:
        evidence = self._verifier.authenticate(token, now_s)
        if evidence.claims.issued_at_s < self._opened_s - self._verifier.policy.max_ahead_s:
            raise Stale(f"issued at {evidence.claims.issued_at_s}, before the session was opened at {self._opened_s}")
        return evidence

    def _accept_claim(self, token: bytes, now_s: float, gpu_evidence: Mapping[str, GpuEvidence]) -> tuple[Claims, Reports]:
        self._expect(_Stage.BRACKETED)
        assert self._opening is not None
        if not now_s - self._opened_s <= self._verifier.policy.max_bracket_s:
            raise SessionExpired(f"opened {now_s - self._opened_s} s ago")
        evidence = self._authenticate(token, now_s)
        claims = evidence.claims
        if self._check_binding(claims, self._closing) != self._session_key:
            raise OtherSessionKey("another session key than at the opening")
        if encode_public_key(evidence.public_key) != encode_public_key(self._opening.public_key):
            raise LongTermKeyChanged("another long-term key than at the opening")
        if lasting(claims) != lasting(self._opening.claims):
            raise ClaimsChanged("chip or place are not what they were at the opening")
        transcripts = [self._measurements[name].transcript_sha256 for name in self.reported]
        if claims.transcript_sha256 != combined_sha256(transcripts):
            raise TranscriptMismatch("the claim is not about what the landmarks measured")
        reports = self._verifier.check_reports(claims, gpu_evidence, now_s)
        self._verifier.accept(evidence, self._closing, now_s, reports)
        return claims, reports

    def _check_binding(self, claims: Claims, challenges: tuple[bytes, ...]) -> bytes:
        """The session key, if the claims bind it to exactly these challenges, one by one or as a batch."""
        if claims.session_key is None:
            raise MissingClaim("session_key (8)")
        batched = len(claims.nonces) == 1
        expected = bind(claims, challenges, claims.session_key, self.session_id, batched=batched).nonces
        if claims.nonces != expected:
            raise NonceMismatch("the nonce is not SHA-256(challenge || session key || session id), nor a batch of these")
        return claims.session_key

    def _expect(self, stage: _Stage) -> None:
        if self._stage is not stage:
            raise OutOfTurn(f"the session is {self._stage.name.lower()}, not {stage.name.lower()}")
