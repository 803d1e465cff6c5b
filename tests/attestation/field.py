"""A small world for timed sessions: a vendor, chips, landmarks and distances, with signals at the speed of light."""

import hashlib
import itertools
import math
from dataclasses import dataclass, field, replace

from attestation import (
    ED25519,
    SOUND,
    Appraisal,
    Authority,
    Claims,
    Endorsements,
    Flaws,
    Landmark,
    LandmarkExchange,
    Location,
    Manifest,
    Policy,
    ProverExchange,
    Session,
    SigningKey,
    Verifier,
    bind,
    combined_sha256,
    issue,
)

AUDIENCE = "verifier.example.org"
NOW_S = 1_800_000_000
LIGHT_KM_PER_NS = 299_792.458 / 1e9
NEAR_KM, FAR_KM, BORDER_KM = 10.0, 3500.0, 1900.0
"""From the landmark to the declared site, to the place where chips are diverted to, and to the restricted territory."""


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def round_trip_ns(distance_km: float) -> int:
    """There and back at the speed of light in vacuum, the best that an adversary can do."""
    return math.ceil(2 * distance_km / LIGHT_KM_PER_NS)


@dataclass(frozen=True)
class Chip:
    key: SigningKey
    ueid: bytes
    claims: Claims


@dataclass
class Field:
    """A verifier with its chips and landmarks; all landmarks stand in one city, 10 km from the declared site."""

    algorithm: int = ED25519
    flaws: Flaws = SOUND
    policy: Policy = field(default_factory=Policy)
    landmark_ids: tuple[str, ...] = ("one",)
    manifest: Manifest = field(default_factory=Manifest)

    def __post_init__(self) -> None:
        self.root = Authority.root(SigningKey.from_seed(seed("root"), self.algorithm), "root")
        self.endorsements = Endorsements([self.root.certificate], self.manifest, self.flaws)
        self.landmark_keys = {name: SigningKey.from_seed(seed(f"landmark {name}")) for name in self.landmark_ids}
        self.verifier = Verifier(
            audience=AUDIENCE,
            endorsements=self.endorsements,
            landmarks=[self.landmark(name) for name in self.landmark_ids],
            policy=self.policy,
            flaws=self.flaws,
        )
        self._numbers = itertools.count(1)

    def landmark(self, name: str) -> Landmark:
        key = self.landmark_keys[name].public_key
        return Landmark(landmark_id=name, public_key=key, latitude_deg=1.3, longitude_deg=103.8, clearance_km=BORDER_KM)

    def fresh(self) -> bytes:
        """Entropy that has not been used before."""
        return seed(f"entropy {next(self._numbers)}")

    def chip(self, name: str = "chip", key: SigningKey | None = None) -> Chip:
        """An enrolled chip, with a key of its own unless one is given."""
        key = key or SigningKey.from_seed(seed(name), self.algorithm)
        ueid = b"\x01" + seed(f"ueid {name}")[:16]
        certificate = self.root.endorse(key.public_key, ueid, serial=next(self._numbers) + 1)
        self.manifest.record(certificate, self.root.certificate)
        self.endorsements.enrol([certificate, self.root.certificate], NOW_S)
        claims = Claims(
            audience=AUDIENCE,
            issued_at_s=NOW_S,
            nonces=(),
            ueid=ueid,
            oemid=5703,
            hwmodel=b"GPU",
            hwversion=("1",),
            oemboot=True,
            dbgstat=3,
            location=Location(latitude_deg=1.35, longitude_deg=103.87, accuracy_m=1000.0, timestamp_s=NOW_S),
            bootcount=1,
            intuse=1,
        )
        return Chip(key, ueid, claims)

    def session(self, chip: Chip, now_s: float = NOW_S) -> Session:
        return Session(self.verifier, chip.ueid, self.landmark_ids, entropy=self.fresh(), now_s=now_s)

    def session_key(self) -> SigningKey:
        return SigningKey.from_seed(self.fresh(), self.algorithm)

    def prover(self, session: Session, key: SigningKey, name: str = "one") -> ProverExchange:
        landmark_key = self.landmark_keys[name].public_key
        return ProverExchange(session=session.session_id, key=key, landmark_id=name, landmark_key=landmark_key)

    def exchange(self, request: bytes, name: str = "one") -> LandmarkExchange:
        return LandmarkExchange(request, landmark_id=name, key=self.landmark_keys[name], flaws=self.flaws)

    def vouch(self, chip: Chip, session: Session, key: SigningKey) -> bytes:
        """The chip's first token: its long-term key vouches for a session key."""
        return issue(bind(chip.claims, (session.challenge,), key.cose_key, session.session_id), chip.key)

    def claim(
        self,
        chip: Chip,
        session: Session,
        challenges: tuple[bytes, ...],
        key: SigningKey,
        transcripts: list[bytes],
        batched: bool = False,
    ) -> bytes:
        """The chip's second token: its location claim."""
        claims = bind(chip.claims, challenges, key.cose_key, session.session_id, batched=batched)
        return issue(replace(claims, transcript_sha256=combined_sha256(transcripts)), chip.key)

    def measure(self, session: Session, key: SigningKey, rtts_ns: list[int], name: str = "one") -> tuple[bytes, bytes]:
        """One exchange with a burst of given round-trip times: the measurement, and the prover's transcript."""
        prover = self.prover(session, key, name)
        exchange = self.exchange(prover.request(), name)
        for rtt_ns in rtts_ns:
            exchange.receive(prover.respond(exchange.send_nonce(self.fresh(), 0)), rtt_ns)
        measurement = exchange.measure(AUDIENCE, NOW_S)
        return measurement, prover.accept(measurement)

    def attest(self, chip: Chip, rtts_ns: list[int], batched: bool = False) -> Appraisal:
        """A whole session, with the same burst at each landmark."""
        session, key = self.session(chip), self.session_key()
        session.endorse(self.vouch(chip, session, key), NOW_S)
        transcripts = []
        for name in self.landmark_ids:
            measurement, transcript = self.measure(session, key, rtts_ns, name)
            session.report(name, measurement, NOW_S)
            transcripts.append(transcript)
        challenges = session.challenge_again([self.fresh() for _ in self.landmark_ids], NOW_S)
        return session.conclude(self.claim(chip, session, challenges, key, transcripts, batched), NOW_S)
