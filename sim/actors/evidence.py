"""Real keys, tokens and timed exchanges behind the challenges of chosen chips.

Whoever answers holds a long-term key (`identities`); the verifier opens a session, the long-term key vouches for a session
key, the landmarks time that key, the long-term key signs the location claim, and the verifier appraises it all. A moved
chip still holds its key and still claims its declared site: a valid signature proves who answers, never from where. That is
for the round-trip times to show, which the landmarks' clocks are given here. Whatever is refused on the way is invalid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from attestation import (
    Claims,
    Landmark,
    LandmarkExchange,
    Location,
    Policy,
    ProverExchange,
    Refused,
    Session,
    SigningKey,
    bind,
    combined_sha256,
    issue,
)
from attestation import Verifier as EvidenceVerifier

from ..detection.verdicts import Verdict
from ..randomness import Stream
from ..units import SECONDS_PER_DAY
from ..world.bounds import KM_PER_MS
from ..world.geography import Place
from ..world.keys import Key
from ..world.landmarks import Panel
from .identities import Identities, Identity
from .setting import Setting

AUDIENCE = "verifier.example.org"
NVIDIA_ENTERPRISE_NUMBER = 5703
NONCE_LIFETIME_S = 60.0
CITY_ACCURACY_M = 20_000.0
NS_PER_MS = 1_000_000
TIMEOUT_NS = 60_000_000_000  # the latency model loses nothing for being slow, and a very long time bounds nothing
NONCE_BYTES = 32


class EvidenceDesk:
    """Makes and appraises the evidence of signed chips. Keys come from the run's seed and are made on first use."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._flaws = flaws = setting.scenario.verification.protocol_flaws
        self._identities = Identities(setting)
        self._landmark_keys: dict[int, SigningKey] = {}
        self._km_per_ms = km_per_ms = KM_PER_MS[setting.scenario.verification.bound]
        self._panel = setting.panels[0]  # of the session at work
        self._allowance_ns = round(setting.values["in_loop_signing_ms"] * NS_PER_MS)
        policy = Policy(
            km_per_ms=km_per_ms,
            nonce_lifetime_s=NONCE_LIFETIME_S,
            signing_allowance_ns=self._allowance_ns,
            excludes=self._excludes,
        )
        self._verifier = EvidenceVerifier(
            audience=AUDIENCE,
            endorsements=self._identities.endorsements,
            landmarks=self._landmarks(setting.panels, km_per_ms),
            policy=policy,
            flaws=flaws,
        )
        self._revoked = False
        start = setting.scenario.calendar.start
        self._start_s = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())

    def attest(
        self,
        number: int,
        day: float,
        slot: int,
        rtt_ms: NDArray[np.float64],
        key: Key = Key.OWN,
        reported_ms: float = 0.0,
    ) -> Verdict:
        """Go through one session of a chip with the landmarks of its site, and come to a verdict.

        Args:
            number: of the chip.
            day: time of the challenge; no earlier than that of the last.
            slot: the same as absolute time slot, by which nonces are keyed.
            rtt_ms: what counts as round-trip time, in the order of the site's panel: what the landmarks' clocks show but for
                what a flawed protocol subtracts; infinite for those that are down, which take no part. If
                all are, nothing is measured, and evidence that is not refused leaves the chip unconfirmed.
            key: whose key answers.
            reported_ms: processing time that the prover reports, in ms: refused unless the protocol subtracts it.
        """
        now_s = self._start_s + day * SECONDS_PER_DAY
        if not self._revoked and day >= self._setting.vendor_key_used_day + self._setting.values["vendor_key_revoked_days"]:
            self._identities.revoke(now_s)
            self._revoked = True
        self._panel = self._setting.panels[self._setting.chips.site(number)]
        self._verifier.ledger.forget(now_s - 2 * NONCE_LIFETIME_S)
        identity = self._identities.of(number, key, now_s)
        try:
            return self._go_through(number, identity, now_s, slot, rtt_ms, reported_ms)
        except Refused:
            return Verdict.INVALID

    def _go_through(
        self, number: int, identity: Identity, now_s: float, slot: int, rtt_ms: NDArray[np.float64], reported_ms: float
    ) -> Verdict:
        """One session.

        Raises:
            Refused: a message of the prover, or the identity behind it.
        """
        asked = len(self._panel.landmarks)
        up = np.flatnonzero(np.isfinite(rtt_ms)).tolist()
        landmarks, rtt_ms = [self._panel.landmarks[rank] for rank in up], rtt_ms[up]
        opening, *entropies = self._entropies(Stream.NONCE, number, slot, 1 + 2 * asked)
        nonces, closing_entropies = [entropies[rank] for rank in up], [entropies[asked + rank] for rank in up]
        session_key = self._session_key(number, slot, identity)
        claims = self._claims(number, int(now_s))

        names = [_name(landmark) for landmark in landmarks or self._panel.landmarks]
        certificates = self._identities.introduce(number, identity, now_s)
        session = Session(self._verifier, claims.ueid, names, entropy=opening, now_s=now_s)
        vouching = bind(claims, (session.challenge,), session_key.cose_key, session.session_id)
        session.endorse(issue(vouching, identity.key, x5chain=certificates), now_s)
        self._identities.note_accepted(number, identity)
        if not landmarks:
            return Verdict.UNCONFIRMED
        proposed = self._proposed_nonces(number, slot, asked)
        transcripts = []
        for rank, landmark, nonce, time_ms in zip(up, landmarks, nonces, rtt_ms.tolist(), strict=True):
            prover = ProverExchange(
                session=session.session_id,
                key=session_key,
                landmark_id=_name(landmark),
                landmark_key=self._landmark_keys[landmark.number].public_key,
            )
            request = prover.request(proposed[rank : rank + 1])
            measurement = self._time(prover, request, landmark, nonce, time_ms, reported_ms, int(now_s))
            transcripts.append(prover.accept(measurement))
            session.report(_name(landmark), measurement, now_s)
        closing = session.challenge_again(closing_entropies, now_s)
        claim = bind(claims, closing, session_key.cose_key, session.session_id)
        token = issue(replace(claim, transcript_sha256=combined_sha256(transcripts)), identity.key)
        return Verdict(session.conclude(token, now_s).verdict.value)

    def _time(
        self,
        prover: ProverExchange,
        request: bytes,
        landmark: Place,
        nonce: bytes,
        time_ms: float,
        reported_ms: float,
        now_s: int,
    ) -> bytes:
        """The measurement of one landmark, whose clock shows what counts and what a flawed protocol then subtracts."""
        processing_ns = round(reported_ms * NS_PER_MS)
        signing_ns = self._allowance_ns if self._flaws.long_term_key_signs_in_exchange else 0
        exchange = LandmarkExchange(
            request,
            landmark_id=_name(landmark),
            key=self._landmark_keys[landmark.number],
            timeout_ns=TIMEOUT_NS,
            flaws=self._flaws,
        )
        response = prover.respond(exchange.send_nonce(nonce, clock_ns=0), processing_ns)
        exchange.receive(response, clock_ns=math.ceil(time_ms * NS_PER_MS) + processing_ns + signing_ns)
        return exchange.measure(AUDIENCE, now_s)

    def _session_key(self, number: int, slot: int, identity: Identity) -> SigningKey:
        """A key for this session only, or the long-term key where the protocol has that one answer the landmarks."""
        if self._flaws.long_term_key_signs_in_exchange:
            return identity.key
        return SigningKey.from_seed(self._setting.draws.data(Stream.SESSION_KEY, number, slot, size=32))

    def _proposed_nonces(self, number: int, slot: int, asked: int) -> list[bytes]:
        """Nonces of the prover's own for the timed exchange, one for each landmark, if it may choose them."""
        if not self._flaws.attester_chosen_nonce:
            return []
        return self._entropies(Stream.PROPOSED_NONCE, number, slot, asked)

    def _excludes(self, radius_km: Mapping[str, float]) -> bool:
        """The verifier's map: whether the discs of those landmarks of a panel that report together miss the territory."""
        names = [_name(landmark) for landmark in self._panel.landmarks]
        rtt_ms = np.array([[radius_km.get(name, np.inf) for name in names]]) / self._km_per_ms
        return bool(self._panel.excludes(rtt_ms)[0])

    def _landmarks(self, panels: Sequence[Panel], km_per_ms: float) -> list[Landmark]:
        """Every landmark of any panel, as the verifier knows it."""
        known: dict[int, Landmark] = {}
        for panel in panels:
            for place, clearing_ms in zip(panel.landmarks, panel.clearing_ms.tolist(), strict=True):
                if place.number not in known:
                    seed = self._setting.draws.data(Stream.LANDMARK_KEY, place.number, size=32)
                    self._landmark_keys[place.number] = SigningKey.from_seed(seed)
                    known[place.number] = Landmark(
                        landmark_id=_name(place),
                        public_key=self._landmark_keys[place.number].public_key,
                        latitude_deg=place.position.latitude_deg,
                        longitude_deg=place.position.longitude_deg,
                        clearance_km=clearing_ms * km_per_ms,
                    )
        return [known[number] for number in sorted(known)]

    def _entropies(self, stream: Stream, number: int, slot: int, count: int) -> list[bytes]:
        data = self._setting.draws.data(stream, number, slot, size=count * NONCE_BYTES)
        return [data[at : at + NONCE_BYTES] for at in range(0, len(data), NONCE_BYTES)]

    def _claims(self, number: int, now_s: int) -> Claims:
        declared = self._setting.sites[self._setting.chips.site(number)].place
        return Claims(
            audience=AUDIENCE,
            issued_at_s=now_s,
            nonces=(),
            ueid=self._identities.ueid(number),
            oemid=NVIDIA_ENTERPRISE_NUMBER,
            hwmodel=b"simulated",
            hwversion=("1",),
            oemboot=True,
            dbgstat=3,
            location=Location(
                latitude_deg=declared.position.latitude_deg,
                longitude_deg=declared.position.longitude_deg,
                accuracy_m=CITY_ACCURACY_M,
                timestamp_s=now_s,
            ),
            bootcount=1,
            intuse=1,
        )


def _name(landmark: Place) -> str:
    return f"{landmark.name} ({landmark.number})"
