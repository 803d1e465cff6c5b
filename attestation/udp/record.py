"""A whole session over UDP, written down so that anyone with the public keys can appraise it again.

The chip vouches for a session key, the landmarks time it, the chip claims its place: `attest` does what section 3 of
`docs/attestation.md` has the chip do, and keeps each token, challenge and date. `Record.appraise` gives them to a verifier's
`Session` in the same order and at the dates on record, so that one code judges live and later.

A record proves what its signatures cover: which chip answered which landmark how quickly, within which session. Dates and
freshness of the two challenges are the word of whoever drew them; a verifier that wants to know draws them itself.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ..appraisal import Appraisal, refusal
from ..challenge import session_id
from ..claims import NONCE_BYTES, Claims
from ..errors import InvalidArgument, NoAnswer, RecordMalformed, Refused
from ..exchange import combined_sha256
from ..keys import SigningKey
from ..session import Session, bind
from ..token import issue
from ..verifier import Verifier
from .prover import PATIENCE, Patience, Peer, Prover, Timing
from .sources import date_s, fresh

FORMAT = "chip-location-session/1"
MAX_RECORD_BYTES = 1 << 20
_LATEST_S = 1 << 40


@dataclass(frozen=True)
class Chip:
    """What answers for a chip.

    Attributes:
        key: its long-term key.
        claims: what it has to say, times, nonces and digests left aside.
        chain: its certificates in DER, the chip's first; sent along with the first token.
    """

    key: SigningKey
    claims: Claims
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What is on record of one landmark.

    Attributes:
        landmark_id: the landmark asked.
        measurement: packet four; empty if there is none.
        refused: why there is none, as a reason code; empty otherwise.
        reported_s: when it came, or was given up, in s since 1970.
        processing_ns: the prover's own time within each round trip, in ns: see `prover.Timing`. No signature covers it.
        requests: how often the prover asked.
        stamps: where the prover took arrival from, "kernel" or "process".
    """

    landmark_id: str
    measurement: bytes
    refused: str
    reported_s: float
    processing_ns: tuple[int, ...]
    requests: int
    stamps: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One session.

    Attributes:
        ueid: the chip asked.
        challenge: opens the session, 32 bytes.
        opened_s: when it was drawn, in s since 1970; so are all dates.
        vouching: the chip's first token.
        vouched_s: when it was signed.
        timed: what became of each landmark asked, in that order.
        challenges: the second challenge, 32 bytes for each landmark asked.
        challenged_s: when it was drawn.
        claim: the chip's second token; empty if no landmark answered.
        concluded_s: when it was signed.
    """

    ueid: bytes
    challenge: bytes
    opened_s: float
    vouching: bytes
    vouched_s: float
    timed: tuple[Timed, ...]
    challenges: tuple[bytes, ...]
    challenged_s: float
    claim: bytes
    concluded_s: float

    def appraise(self, verifier: Verifier) -> Appraisal:
        """Have a verifier judge, as of the dates on record. Whatever the record says, the result is an appraisal.

        A verifier takes a record once: it remembers challenges.

        Raises:
            InvalidArgument: the verifier does not know a landmark.
        """
        asked = [one.landmark_id for one in self.timed]
        try:
            session = Session(verifier, self.ueid, asked, entropy=self.challenge, now_s=self.opened_s)
            session.endorse(self.vouching, self.vouched_s)
            for one in self.timed:
                if one.measurement:
                    session.report(one.landmark_id, one.measurement, one.reported_s)
            session.challenge_again(self.challenges, self.challenged_s)
        except Refused as error:
            return refusal(error, self.ueid)
        return session.conclude(self.claim, self.concluded_s)

    def to_json(self) -> str:
        """The record as a file has it."""
        said = {"format": FORMAT, **_plain(self), "timed": [_plain(one) for one in self.timed]}
        return json.dumps(said, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Record":
        """Read a record.

        Raises:
            RecordMalformed: too long, not JSON, of another format, or a member is missing, unknown or of another type.
        """
        if len(text) > MAX_RECORD_BYTES:
            raise RecordMalformed(f"{len(text)} bytes, at most {MAX_RECORD_BYTES}")
        try:
            said = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordMalformed(f"not JSON: {error}") from error
        if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
            raise RecordMalformed(f"format must be {FORMAT!r}")
        record: Record = _read(cls, said, "record")
        if not record.timed or len(record.challenges) != len(record.timed):
            raise RecordMalformed("as many challenges as landmarks, and at least one, are due")
        if any(len(one) != NONCE_BYTES for one in (record.challenge, *record.challenges)):
            raise RecordMalformed(f"a challenge has {NONCE_BYTES} bytes")
        return record


Closing = Callable[[Sequence[str]], Awaitable[Sequence[bytes]]]
"""Given the landmarks that have reported, the second challenge: 32 bytes for each landmark asked."""


async def attest(
    prover: Prover,
    chip: Chip,
    peers: Sequence[Peer],
    *,
    challenge: bytes | None = None,
    closing: Closing | None = None,
    patience: Patience = PATIENCE,
    at_once: int = 1,
    session_key: SigningKey | None = None,
    nonces: tuple[bytes, ...] = (),
) -> Record:
    """One session of a chip with some landmarks.

    Args:
        prover: the chip's socket.
        chip: who answers.
        peers: the landmarks, in the order in which their transcripts are combined.
        challenge: of the verifier, 32 bytes; drawn here without one.
        closing: asks the verifier for its second challenge; drawn here without one.
        patience: how long to wait for each.
        at_once: landmarks that time it at a time. More end sooner, and may have to wait for each other's signatures.
        session_key: drawn here without one.
        nonces: proposed to the landmarks, which sound ones refuse.

    Raises:
        InvalidArgument: no landmark, or a challenge of another length.
    """
    if not peers:
        raise InvalidArgument("at least one landmark is due")
    if challenge is not None and len(challenge) != NONCE_BYTES:
        raise InvalidArgument(f"a challenge has {NONCE_BYTES} bytes, not {len(challenge)}")
    opened_s = date_s()
    challenge = challenge or fresh()
    session = session_id(challenge, chip.claims.ueid)
    key = session_key or SigningKey.from_seed(fresh(), chip.key.algorithm)
    vouching = issue(bind(_dated(chip.claims), [challenge], key.cose_key, session), chip.key, x5chain=chip.chain)
    vouched_s = date_s()
    turn = asyncio.Semaphore(at_once)
    outcomes = await asyncio.gather(*(_time(prover, peer, session, key, patience, nonces, turn) for peer in peers))
    reported = [timed.landmark_id for timed, _ in outcomes if timed.measurement]
    challenges = tuple(await closing(reported)) if closing else tuple(fresh() for _ in peers)
    if len(challenges) != len(peers):
        raise InvalidArgument(f"{len(peers)} landmarks were asked, but there are {len(challenges)} challenges")
    challenged_s = date_s()
    claim = b""
    if reported:
        used = [one for one, (timed, _) in zip(challenges, outcomes, strict=True) if timed.measurement]
        claims = bind(_dated(chip.claims), used, key.cose_key, session)
        claims = replace(claims, transcript_sha256=combined_sha256([digest for _, digest in outcomes if digest]))
        claim = issue(claims, chip.key)
    return Record(
        ueid=chip.claims.ueid,
        challenge=challenge,
        opened_s=opened_s,
        vouching=vouching,
        vouched_s=vouched_s,
        timed=tuple(timed for timed, _ in outcomes),
        challenges=challenges,
        challenged_s=challenged_s,
        claim=claim,
        concluded_s=date_s(),
    )


async def _time(
    prover: Prover,
    peer: Peer,
    session: bytes,
    key: SigningKey,
    patience: Patience,
    nonces: tuple[bytes, ...],
    turn: asyncio.Semaphore,
) -> tuple[Timed, bytes | None]:
    timing: Timing | None = None
    refused = ""
    try:
        async with turn:
            timing = await prover.exchange(peer, session, key, patience, nonces)
    except NoAnswer as error:
        refused = error.reason
    timed = Timed(
        landmark_id=peer.landmark_id,
        measurement=timing.measurement if timing else b"",
        refused=refused,
        reported_s=date_s(),
        processing_ns=timing.processing_ns if timing else (),
        requests=timing.requests if timing else patience.requests,
        stamps=prover.stamps,
    )
    return timed, timing.transcript_sha256 if timing else None


def _dated(claims: Claims) -> Claims:
    """The claims as of now."""
    now_s = int(date_s())
    return replace(claims, issued_at_s=now_s, location=replace(claims.location, timestamp_s=now_s))


def _plain(record: Any) -> dict[str, Any]:
    """The members of a record as JSON has them: bytes in hexadecimal."""
    said: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if isinstance(value, tuple):
            said[one.name] = [item.hex() if isinstance(item, bytes) else item for item in value]
        else:
            said[one.name] = value.hex() if isinstance(value, bytes) else value
    return said


def _read(kind: Any, said: object, where: str) -> Any:
    """The record that JSON spells."""
    names = [one.name for one in fields(kind)]
    if not isinstance(said, dict) or said.keys() != set(names):
        raise RecordMalformed(f"{where} must have exactly the members {', '.join(names)}")
    return kind(**{one.name: _member(str(one.name), one.type, said[one.name], where) for one in fields(kind)})


def _member(name: str, kind: object, value: Any, where: str) -> Any:
    where = f"{where}.{name}"
    if kind is bytes and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError as error:
            raise RecordMalformed(f"{where} must be hexadecimal") from error
    if kind is float and type(value) in (int, float) and abs(value) < _LATEST_S:
        return float(value)
    if kind in (str, int) and type(value) is kind:
        return value
    if kind not in (bytes, float, str, int) and isinstance(value, list):
        if name == "timed":
            return tuple(_read(Timed, item, f"{where}[{number}]") for number, item in enumerate(value))
        item_kind = bytes if name == "challenges" else int
        return tuple(_member(str(number), item_kind, item, where) for number, item in enumerate(value))
    raise RecordMalformed(f"{where} must not be {type(value).__name__}")
