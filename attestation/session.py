"""The slow loop around the timed exchange: one session of a chip with one verifier and some landmarks.

A session key answers quickly, but anybody may hold one. So the chip's long-term key, bound to the chip's identity, vouches
for it before and after: it signs SHA-256(challenge || session key || session id) for a fresh challenge of the verifier,
and again, once the landmarks have measured, for a second one. The second token is the chip's location claim and carries
the digest of what the landmarks measured. In between, a key can still leave the chip: the bracket must be short.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto

from .appraisal import Appraisal, bound, conclude, refusal
from .challenge import session_id, session_nonce
from .claims import MAX_NONCES, Claims
from .errors import (
    InvalidArgument,
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
    TranscriptMismatch,
)
from .exchange import combined_sha256
from .keys import encode_public_key
from .measurement import Measurement
from .verifier import Verifier


def bind(claims: Claims, challenges: Sequence[bytes], session_key: bytes, session: bytes) -> Claims:
    """A chip's claims made into the answer to a session's challenges.

    Args:
        claims: what the chip has to say otherwise.
        challenges: one to open a session; one for each landmark to close it, in the same order.
        session_key: the session's public key as encoded COSE_Key.
        session: identifier of the session.
    """
    nonces = tuple(session_nonce(challenge, session_key, session) for challenge in challenges)
    return replace(claims, nonces=nonces, session_key=session_key)


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
        self.session_id = session_id(self.challenge)
        self._opened_s = now_s
        self._session_key = b""
        self._long_term_key = b""
        self._measurements: dict[str, Measurement] = {}
        self._closing: tuple[bytes, ...] = ()
        self._stage = _Stage.CHALLENGED

    def endorse(self, token: bytes, now_s: float) -> None:
        """Take the chip's first token, in which its long-term key vouches for the session key.

        Raises:
            Refused: as one of its subclasses.
        """
        self._expect(_Stage.CHALLENGED)
        claims, public_key = self._verifier.authenticate(token, now_s)
        session_key = self._check_binding(claims, (self.challenge,))
        long_term_key = encode_public_key(public_key)
        if session_key == long_term_key and not self._verifier.flaws.long_term_key_signs_in_exchange:
            raise LongTermKeyInExchange("the session key is the chip's long-term key")
        self._verifier.ledger.redeem(self.challenge, claims.ueid, now_s)
        self._verifier.boots.record(claims.ueid, claims.bootcount)
        self._session_key, self._long_term_key = session_key, long_term_key
        self._stage = _Stage.TIMING

    def report(self, landmark_id: str, token: bytes, now_s: float) -> None:
        """Take a landmark's measurement.

        Raises:
            OutOfTurn: it has been taken before, or the chip has not vouched for its session key.
            Refused: as one of its subclasses.
        """
        self._expect(_Stage.TIMING)
        if landmark_id not in self._landmarks:
            raise OtherLandmark(f"{landmark_id!r} was not asked")
        if landmark_id in self._measurements:
            raise OutOfTurn(f"{landmark_id!r} has reported")
        measurement = self._verifier.authenticate_measurement(token, self._landmarks[landmark_id], now_s)
        if measurement.landmark_id != landmark_id:
            raise OtherLandmark(f"a measurement of {measurement.landmark_id!r}, not of {landmark_id!r}")
        if measurement.session != self.session_id:
            raise OtherSession(measurement.session.hex())
        if measurement.session_key != self._session_key:
            raise OtherSessionKey("the key that answered is not the one that the chip vouched for")
        tolerated_s = self._verifier.policy.max_ahead_s
        if not self._opened_s - tolerated_s <= measurement.issued_at_s <= now_s + tolerated_s:
            raise OutsideBracket(f"measured at {measurement.issued_at_s}, the session runs from {self._opened_s} to {now_s}")
        self._measurements[landmark_id] = measurement

    def challenge_again(self, entropies: Sequence[bytes], now_s: float) -> tuple[bytes, ...]:
        """The second challenge, one nonce for each landmark that has reported.

        Landmarks that have not are left out from here on: packets get lost.

        Args:
            entropies: 32 unpredictable bytes for each landmark of the session.
            now_s: seconds since 1970.

        Raises:
            MeasurementMissing: no landmark has reported.
            InvalidArgument, NonceAlreadyIssued: as of `NonceLedger.issue`.
        """
        self._expect(_Stage.TIMING)
        if not self._measurements:
            raise MeasurementMissing("no landmark has reported")
        if len(entropies) != len(self._landmarks):
            raise InvalidArgument(f"{len(self._landmarks)} landmarks, {len(entropies)} entropies")
        used = zip(self._landmarks, entropies, strict=True)
        self._closing = tuple(
            self._verifier.challenge(self._ueid, entropy, now_s) for name, entropy in used if name in self._measurements
        )
        self._stage = _Stage.BRACKETED
        return self._closing

    @property
    def reported(self) -> tuple[str, ...]:
        """The landmarks that have reported, in the order in which the chip must combine their transcripts."""
        return tuple(name for name in self._landmarks if name in self._measurements)

    def conclude(self, token: bytes, now_s: float) -> Appraisal:
        """Take the chip's location claim and come to a conclusion. Whatever the bytes, the result is an appraisal."""
        try:
            claims = self._accept_claim(token, now_s)
        except Refused as error:
            return refusal(error)
        self._stage = _Stage.CONCLUDED
        policy, answered_by_long_term_key = self._verifier.policy, self._session_key == self._long_term_key
        allowance_ns = policy.signing_allowance_ns if answered_by_long_term_key else 0
        bounds = [
            bound(
                self._landmarks[name],
                max(0, self._measurements[name].min_rtt_ns - allowance_ns),
                policy.km_per_ms,
            )
            for name in self.reported
        ]
        return conclude(claims, bounds)

    def _accept_claim(self, token: bytes, now_s: float) -> Claims:
        self._expect(_Stage.BRACKETED)
        if not now_s - self._opened_s <= self._verifier.policy.max_bracket_s:
            raise SessionExpired(f"opened {now_s - self._opened_s} s ago")
        claims, _ = self._verifier.authenticate(token, now_s)
        if self._check_binding(claims, self._closing) != self._session_key:
            raise OtherSessionKey("another session key than at the opening")
        transcripts = [self._measurements[name].transcript_sha256 for name in self.reported]
        if claims.transcript_sha256 != combined_sha256(transcripts):
            raise TranscriptMismatch("the claim is not about what the landmarks measured")
        self._verifier.ledger.redeem_all(self._closing, claims.ueid, now_s)
        self._verifier.boots.record(claims.ueid, claims.bootcount)
        return claims

    def _check_binding(self, claims: Claims, challenges: tuple[bytes, ...]) -> bytes:
        """The session key, if the claims bind it to exactly these challenges."""
        if claims.session_key is None:
            raise MissingClaim("session_key (8)")
        expected = bind(claims, challenges, claims.session_key, self.session_id).nonces
        if claims.nonces != expected:
            raise NonceMismatch("the nonce is not SHA-256(challenge || session key || session id)")
        return claims.session_key

    def _expect(self, stage: _Stage) -> None:
        if self._stage is not stage:
            raise OutOfTurn(f"the session is {self._stage.name.lower()}, not {stage.name.lower()}")
