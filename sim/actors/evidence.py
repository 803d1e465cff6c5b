"""Real keys, tokens and timed exchanges behind the challenges of chosen chips.

Every chip has its own key, endorsed by the vendor; the verifier opens a session, the chip vouches for a session key, the
landmarks time that key, the chip signs its location claim, and the verifier appraises it all. A moved chip still holds its
key and still claims its declared site: a valid signature proves who answers, never from where. That is for the
round-trip times to show, which the landmarks' clocks are given here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from attestation import (
    Authority,
    Claims,
    Endorsements,
    Landmark,
    LandmarkExchange,
    Location,
    Manifest,
    Policy,
    ProverExchange,
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
from ..world.landmarks import Panel
from .setting import Setting

AUDIENCE = "verifier.example.org"
NVIDIA_ENTERPRISE_NUMBER = 5703
NONCE_LIFETIME_S = 60.0
CITY_ACCURACY_M = 20_000.0
NS_PER_MS = 1_000_000
TIMEOUT_NS = 60_000_000_000  # the latency model loses nothing for being slow, and a very long time bounds nothing
NONCE_BYTES = 32


@dataclass(frozen=True)
class Chip:
    """What a chip holds: its long-term key, and the vendor's certificate of it with the root's."""

    ueid: bytes
    key: SigningKey
    chain: tuple[bytes, bytes]


class EvidenceDesk:
    """Makes and appraises the evidence of signed chips. Keys come from the run's seed and are made on first use."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        vendor_key = SigningKey.from_seed(setting.draws.data(Stream.VENDOR_KEY, 0, size=32))
        self._vendor = Authority.root(vendor_key, "Vendor root")
        self._manifest = Manifest()
        self._landmark_keys: dict[int, SigningKey] = {}
        self._km_per_ms = km_per_ms = KM_PER_MS[setting.scenario.verification.bound]
        self._panel = setting.panels[0]  # of the session at work
        self._verifier = EvidenceVerifier(
            audience=AUDIENCE,
            endorsements=Endorsements([self._vendor.certificate], self._manifest),
            landmarks=self._landmarks(setting.panels, km_per_ms),
            policy=Policy(km_per_ms=km_per_ms, nonce_lifetime_s=NONCE_LIFETIME_S, excludes=self._excludes),
        )
        self._chips: dict[int, Chip] = {}
        start = setting.scenario.calendar.start
        self._start_s = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())

    def attest(self, number: int, day: float, slot: int, rtt_ms: NDArray[np.float64]) -> Verdict:
        """Go through one session of a chip with the landmarks of its site, and come to a verdict.

        Args:
            number: of the chip.
            day: time of the challenge.
            slot: the same as absolute time slot, by which nonces are keyed.
            rtt_ms: what the landmarks' clocks will show, in the order of the site's panel; infinite for those that are
                down, which take no part. At least one is up.
        """
        site = self._setting.chips.site(number)
        self._panel = self._setting.panels[site]
        asked = len(self._panel.landmarks)
        up = np.flatnonzero(np.isfinite(rtt_ms)).tolist()
        landmarks, rtt_ms = [self._panel.landmarks[rank] for rank in up], rtt_ms[up]
        now_s = self._start_s + day * SECONDS_PER_DAY
        self._verifier.ledger.forget(now_s - 2 * NONCE_LIFETIME_S)
        chip, chain = self._chip(number)
        session_key = SigningKey.from_seed(self._setting.draws.data(Stream.SESSION_KEY, number, slot, size=32))
        opening, *entropies = self._entropies(number, slot, 1 + 2 * asked)
        nonces, closing_entropies = [entropies[rank] for rank in up], [entropies[asked + rank] for rank in up]
        claims = self._claims(chip, self._setting.sites[site].place, int(now_s))

        names = [_name(landmark) for landmark in landmarks]
        session = Session(self._verifier, chip.ueid, names, entropy=opening, now_s=now_s)
        vouching = bind(claims, (session.challenge,), session_key.cose_key, session.session_id)
        session.endorse(issue(vouching, chip.key, x5chain=chain), now_s)
        transcripts = []
        for landmark, nonce, time_ms in zip(landmarks, nonces, rtt_ms.tolist(), strict=True):
            key = self._landmark_keys[landmark.number]
            prover = ProverExchange(
                session=session.session_id, key=session_key, landmark_id=_name(landmark), landmark_key=key.public_key
            )
            exchange = LandmarkExchange(prover.request(), landmark_id=_name(landmark), key=key, timeout_ns=TIMEOUT_NS)
            response = prover.respond(exchange.send_nonce(nonce, clock_ns=0))
            exchange.receive(response, clock_ns=math.ceil(time_ms * NS_PER_MS))
            measurement = exchange.measure(AUDIENCE, int(now_s))
            transcripts.append(prover.accept(measurement))
            session.report(_name(landmark), measurement, now_s)
        closing = session.challenge_again(closing_entropies, now_s)
        claim = bind(claims, closing, session_key.cose_key, session.session_id)
        token = issue(replace(claim, transcript_sha256=combined_sha256(transcripts)), chip.key)
        return Verdict(session.conclude(token, now_s).verdict.value)

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

    def _chip(self, number: int) -> tuple[Chip, tuple[bytes, ...]]:
        """A chip, and the certificates that it sends along: on first contact only."""
        if number in self._chips:
            return self._chips[number], ()
        key = SigningKey.from_seed(self._setting.draws.data(Stream.DEVICE_KEY, number, size=32))
        ueid = b"\x01" + number.to_bytes(16, "big")
        certificate = self._vendor.endorse(key.public_key, ueid, serial=number + 2)  # 1 is the root's own
        self._manifest.record(certificate, self._vendor.certificate)
        self._chips[number] = chip = Chip(ueid, key, (certificate, self._vendor.certificate))
        return chip, chip.chain

    def _entropies(self, number: int, slot: int, count: int) -> list[bytes]:
        data = self._setting.draws.data(Stream.NONCE, number, slot, size=count * NONCE_BYTES)
        return [data[at : at + NONCE_BYTES] for at in range(0, len(data), NONCE_BYTES)]

    def _claims(self, chip: Chip, declared: Place, now_s: int) -> Claims:
        return Claims(
            audience=AUDIENCE,
            issued_at_s=now_s,
            nonces=(),
            ueid=chip.ueid,
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
