"""Challenges: each nonce is good for one chip, one answer and a limited time.

The verifier chooses the nonce, so that no answer can be made in advance, and remembers it, so that none can be used
twice. In the slow loop around a timed exchange a chip does not answer the bare challenge but binds its session key to it:
what it signs is SHA-256(challenge || session key || session id).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from .claims import NONCE_BYTES
from .errors import (
    FromTheFuture,
    InvalidArgument,
    NonceAlreadyIssued,
    NonceExpired,
    NonceForOtherChip,
    NonceReused,
    NonceUnknown,
)


@dataclass(slots=True)
class _Challenge:
    ueid: bytes
    issued_s: float
    redeemed: bool = False


SESSION_ID_BYTES = 16


def session_id(challenge: bytes, ueid: bytes) -> bytes:
    """The identifier of the session that a challenge opens with a chip, 16 bytes.

    Unique, since no challenge is issued twice. It names the chip, and everything in the timed exchange names the session: so
    no chip can be led to answer in the name of another that was asked.
    """
    return hashlib.sha256(b"session" + challenge + ueid).digest()[:SESSION_ID_BYTES]


def session_nonce(challenge: bytes, session_key: bytes, session: bytes) -> bytes:
    """What a chip signs in answer to a challenge within a session, 32 bytes.

    Args:
        challenge: 32 bytes from the verifier.
        session_key: the session's public key as encoded COSE_Key.
        session: identifier of the session, 16 bytes.
    """
    return hashlib.sha256(challenge + session_key + session).digest()


class NonceLedger:
    """The nonces a verifier has issued, and what became of them.

    Args:
        lifetime_s: how long after its issue a nonce may be redeemed, in s, > 0.

    Raises:
        InvalidArgument: the lifetime is not a positive number.
    """

    def __init__(self, lifetime_s: float) -> None:
        if not lifetime_s > 0:
            raise InvalidArgument(f"lifetime must be positive, not {lifetime_s} s")
        self.lifetime_s = lifetime_s
        self._challenges: dict[bytes, _Challenge] = {}

    def __len__(self) -> int:
        """Number of nonces on record, redeemed or not."""
        return len(self._challenges)

    def issue(self, entropy: bytes, ueid: bytes, now_s: float) -> bytes:
        """Make a nonce for one chip out of 32 unpredictable bytes, and put it on record.

        Raises:
            InvalidArgument: not 32 bytes, or a time that is not finite.
            NonceAlreadyIssued: the same bytes are on record.
        """
        return self.issue_all((entropy,), ueid, now_s)[0]

    def issue_all(self, entropies: Sequence[bytes], ueid: bytes, now_s: float) -> tuple[bytes, ...]:
        """Make several nonces, or none of them: see `issue`.

        Raises:
            InvalidArgument: the time is not finite, or an entropy has not its length.
            NonceAlreadyIssued: an entropy was used before, or stands here twice.
        """
        if not math.isfinite(now_s):
            raise InvalidArgument(f"time must be finite, not {now_s}")
        for entropy in entropies:
            if type(entropy) is not bytes or len(entropy) != NONCE_BYTES:
                raise InvalidArgument(f"a nonce takes {NONCE_BYTES} bytes of entropy")
            if entropy in self._challenges:
                raise NonceAlreadyIssued(entropy.hex())
        if len(set(entropies)) < len(entropies):
            raise NonceAlreadyIssued("the same entropy twice")
        for entropy in entropies:
            self._challenges[entropy] = _Challenge(ueid, now_s)
        return tuple(entropies)

    def redeem(self, nonce: bytes, ueid: bytes, now_s: float) -> None:
        """Strike a nonce off; a refused attempt leaves it as it was.

        Raises:
            NonceUnknown, NonceForOtherChip, NonceReused, NonceExpired.
            FromTheFuture: redeemed before it was issued.
        """
        self.redeem_all((nonce,), ueid, now_s)

    def redeem_all(self, nonces: Sequence[bytes], ueid: bytes, now_s: float) -> None:
        """Strike several nonces off, or none of them: see `redeem`."""
        challenges = [self._redeemable(nonce, ueid, now_s) for nonce in nonces]
        for challenge in challenges:
            challenge.redeemed = True

    def _redeemable(self, nonce: bytes, ueid: bytes, now_s: float) -> _Challenge:
        challenge = self._challenges.get(nonce)
        if challenge is None:
            raise NonceUnknown(nonce.hex())
        if challenge.ueid != ueid:
            raise NonceForOtherChip(f"issued to {challenge.ueid.hex()}, answered by {ueid.hex()}")
        if challenge.redeemed:
            raise NonceReused(nonce.hex())
        age_s = now_s - challenge.issued_s
        if age_s < 0:
            raise FromTheFuture(f"redeemed {-age_s} s before its issue")
        if not age_s <= self.lifetime_s:
            raise NonceExpired(f"issued {age_s} s ago, good for {self.lifetime_s} s")
        return challenge

    def forget(self, before_s: float) -> int:
        """Drop every nonce issued before a time, and return how many; what is forgotten is refused as unknown.

        A dropped nonce would be issued again if its entropy came again, which 32 random bytes do not.
        """
        kept = {nonce: challenge for nonce, challenge in self._challenges.items() if not challenge.issued_s < before_s}
        dropped = len(self._challenges) - len(kept)
        self._challenges = kept
        return dropped
