"""Chips of the simulator, answered for by real provers and timed by real landmarks, with a delaying relay between them.

Three processes on this machine: all landmarks, the relay, and the provers, which run here. Every packet of a session is held
for half of the time that the simulator's path takes, each way, and never sent on earlier; processing and everything that
this machine adds comes on top, as it does in the field. The relay knows a packet's session by its identifier, and sessions
are known beforehand.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from attestation import (
    Appraisal,
    Authority,
    Claims,
    Endorsements,
    InvalidArgument,
    Landmark,
    Location,
    Manifest,
    Policy,
    SigningKey,
    Verifier,
)
from attestation.challenge import session_id
from attestation.keys import PublicKey
from attestation.measurement import peek_session, verify_measurement
from attestation.packets import peek
from attestation.udp import (
    Address,
    Chip,
    Endpoint,
    LandmarkServer,
    Limits,
    PathProcess,
    Patience,
    Peer,
    Prover,
    Record,
    Timed,
    attest,
    bind,
)
from attestation.udp.load import Echo, echo_rtts_ns
from attestation.udp.path import Carrier, Delay, UdpCarrier, carry
from scenarios.emulation.predicted import EmulatedChip
from sim.actors.evidence import AUDIENCE, CITY_ACCURACY_M, NS_PER_MS, NVIDIA_ENTERPRISE_NUMBER
from sim.world.geography import Place
from sim.world.keys import Key

FloatArray = NDArray[np.float64]

HOST = "127.0.0.1"
TIMEOUT_MS = 5000.0
PATIENCE = Patience(silence_s=6.0, requests=2)
START_S, STOP_S = 30.0, 10.0
SEED_BYTES, UEID_BYTES = 32, 16

Delays = dict[tuple[bytes, str], int]
"""One way, in ns, by session and landmark."""


@dataclass(frozen=True)
class Session:
    """What became of one challenge to an emulated chip.

    Attributes:
        chip: that was asked.
        round: which challenge it was, from 0.
        record: what was said.
        appraisal: what a verifier concludes from that.
        rtts_ns: all times that each landmark has measured, in ns; empty if none.
    """

    chip: EmulatedChip
    round: int
    record: Record
    appraisal: Appraisal
    rtts_ns: tuple[tuple[int, ...], ...]


def run_sessions(
    chips: Sequence[EmulatedChip], *, algorithm: int, burst: int, at_once: int, awake: bool, seconds: float
) -> Iterator[Session]:
    """Challenge every chip as often as the simulator has predicted, and appraise each session.

    Keys and challenges are drawn anew and kept nowhere.

    Args:
        chips: to be emulated.
        algorithm: of all keys.
        burst: nonces of each landmark, of whose times the least counts.
        at_once: chips that answer at a time.
        awake: whether provers look for nonces all the time, see `Prover`; landmarks then time a chip one after the other.
        seconds: after which landmarks and relay end by themselves.

    Raises:
        InvalidArgument: the network of this machine does not let them start.
    """
    owned = {chip.number: _Owned.of(chip, algorithm) for chip in chips}
    names = sorted({name_of(place) for chip in chips for place in chip.panel.landmarks})
    seeds = {name: os.urandom(SEED_BYTES) for name in names}
    keys = {name: SigningKey.from_seed(seed, algorithm).public_key for name, seed in seeds.items()}
    with (
        _process(_serve_landmarks, seeds, algorithm, burst, seconds) as landmarks,
        _process(_relay, landmarks, _delays(chips, owned), seconds) as fronts,
    ):
        peers = {name: Peer(name, keys[name], address) for name, address in fronts.items()}
        records = asyncio.run(_answer_all(chips, owned, peers, at_once, awake))
    for chip in chips:
        for number, record in enumerate(records[chip.number]):
            appraisal = record.appraise(_verifier(chip, owned[chip.number], keys))
            yield Session(chip, number, record, appraisal, tuple(_rtts_ns(timed, keys) for timed in record.timed))


def _rtts_ns(timed: Timed, keys: Mapping[str, PublicKey]) -> tuple[int, ...]:
    if not timed.measurement:
        return ()
    return tuple(rtt_ns for _, rtt_ns in verify_measurement(timed.measurement, keys[timed.landmark_id]).rtts_ns)


def echo_added_ms(number: int, one_way_ms: float) -> FloatArray:
    """What bare echoes take beyond a path of known delay, shape (echoes,), in ms: what this machine adds to any of them."""
    with Echo() as address, PathProcess(address, one_way_ms) as path:
        rtts_ns = asyncio.run(_echo(path.address, number))
    return np.array(rtts_ns) / NS_PER_MS - 2 * one_way_ms


async def _echo(address: Address, number: int) -> list[int]:
    endpoint = Endpoint(bind(HOST, 0))
    try:
        return await echo_rtts_ns(endpoint, address, number)
    finally:
        endpoint.close()


def name_of(landmark: Place) -> str:
    """Identifier of a landmark."""
    return f"{landmark.name} ({landmark.number})"


@dataclass(frozen=True)
class _Owned:
    """What answers for a chip, what a verifier knows of it, and how it will be challenged.

    Attributes:
        chip: the key that answers, with its certificates.
        root: the vendor's.
        listed: the chip's own certificate, which the vendor has put on its list.
        challenges: one for each session.
    """

    chip: Chip
    root: bytes
    listed: bytes
    challenges: tuple[bytes, ...]

    @classmethod
    def of(cls, emulated: EmulatedChip, algorithm: int) -> _Owned:
        root = Authority.root(SigningKey.from_seed(os.urandom(SEED_BYTES), algorithm), "Emulated vendor")
        key, ueid = SigningKey.from_seed(os.urandom(SEED_BYTES), algorithm), b"\x01" + os.urandom(UEID_BYTES)
        listed = certificate = root.endorse(key.public_key, ueid, serial=2)
        if emulated.key is Key.FORGED:
            key = SigningKey.from_seed(os.urandom(SEED_BYTES), algorithm)
            certificate = root.endorse(key.public_key, ueid, serial=3)
        position = emulated.declared.position
        claims = Claims(
            audience=AUDIENCE,
            issued_at_s=0,
            nonces=(),
            ueid=ueid,
            oemid=NVIDIA_ENTERPRISE_NUMBER,
            hwmodel=b"emulated",
            hwversion=("1",),
            oemboot=True,
            dbgstat=3,
            location=Location(
                latitude_deg=position.latitude_deg,
                longitude_deg=position.longitude_deg,
                accuracy_m=CITY_ACCURACY_M,
                timestamp_s=0,
            ),
            bootcount=1,
            intuse=1,
        )
        challenges = tuple(os.urandom(SEED_BYTES) for _ in emulated.verdicts)
        return cls(Chip(key, claims, (certificate, root.certificate)), root.certificate, listed, challenges)


def _delays(chips: Sequence[EmulatedChip], owned: Mapping[int, _Owned]) -> Delays:
    delays = {}
    for chip in chips:
        own = owned[chip.number]
        for challenge, times_ms in zip(own.challenges, chip.emulated_ms.tolist(), strict=True):
            session = session_id(challenge, own.chip.claims.ueid)
            for landmark, time_ms in zip(chip.panel.landmarks, times_ms, strict=True):
                delays[session, name_of(landmark)] = math.ceil(time_ms * NS_PER_MS / 2)
    return delays


async def _answer_all(
    chips: Sequence[EmulatedChip], owned: Mapping[int, _Owned], peers: Mapping[str, Peer], at_once: int, awake: bool
) -> dict[int, list[Record]]:
    """All sessions; those of one chip one after the other, each chip on a socket of its own."""
    turn = asyncio.Semaphore(at_once)

    async def answer(chip: EmulatedChip) -> list[Record]:
        own, asked = owned[chip.number], [peers[name_of(landmark)] for landmark in chip.panel.landmarks]
        async with turn, Prover(bind(HOST, 0), awake=awake) as prover:
            return [
                await attest(
                    prover, own.chip, asked, challenge=challenge, patience=PATIENCE, at_once=1 if awake else len(asked)
                )
                for challenge in own.challenges
            ]

    return dict(zip(owned, await asyncio.gather(*(answer(chip) for chip in chips)), strict=True))


def _verifier(chip: EmulatedChip, own: _Owned, keys: Mapping[str, PublicKey]) -> Verifier:
    """A verifier with the simulator's map of the chip's panel."""
    panel, manifest = chip.panel, Manifest()
    manifest.record(own.listed, own.root)
    names = [name_of(landmark) for landmark in panel.landmarks]

    def excludes(radius_km: Mapping[str, float]) -> bool:
        radii = np.array([[radius_km.get(name, np.inf) for name in names]])
        return bool(panel.excludes(radii / panel.km_per_ms)[0])

    landmarks = [
        Landmark(
            landmark_id=name,
            public_key=keys[name],
            latitude_deg=place.position.latitude_deg,
            longitude_deg=place.position.longitude_deg,
            clearance_km=clearing_ms * panel.km_per_ms,
        )
        for name, place, clearing_ms in zip(names, panel.landmarks, panel.clearing_ms.tolist(), strict=True)
    ]
    return Verifier(
        audience=AUDIENCE,
        endorsements=Endorsements([own.root], manifest),
        landmarks=landmarks,
        policy=Policy(km_per_ms=panel.km_per_ms, excludes=excludes),
    )


@contextmanager
def _process(work: Callable[..., None], *arguments: object) -> Iterator[dict[str, Address]]:
    """A process at work until the block is left: where it can be reached, by landmark."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(START_S):
            raise InvalidArgument(f"the {work.__name__.strip('_')} process does not start")
        yield ours.recv()
    finally:
        ours.close()  # which tells it to stop
        process.join(STOP_S)
        process.kill()


def _serve_landmarks(parent: Connection, seeds: Mapping[str, bytes], algorithm: int, burst: int, seconds: float) -> None:
    asyncio.run(_serve(parent, seeds, algorithm, burst, seconds))


async def _serve(parent: Connection, seeds: Mapping[str, bytes], algorithm: int, burst: int, seconds: float) -> None:
    limits = Limits(rounds=burst, timeout_ms=TIMEOUT_MS, host_per_s=1e5, host_burst=1e5, grace_s=0.0)
    servers = [
        LandmarkServer(
            bind(HOST, 0), landmark_id=name, key=SigningKey.from_seed(seed, algorithm), audience=AUDIENCE, limits=limits
        )
        for name, seed in seeds.items()
    ]
    stop = asyncio.Event()
    serving = [asyncio.create_task(server.serve(stop)) for server in servers]
    parent.send({name: server.address for name, server in zip(seeds, servers, strict=True)})
    loop = asyncio.get_running_loop()
    loop.add_reader(parent.fileno(), stop.set)  # the parent says nothing more; that it is gone can be read
    loop.call_later(seconds, stop.set)
    await asyncio.gather(*serving)


def _relay(parent: Connection, landmarks: Mapping[str, Address], delays: Delays, seconds: float) -> None:
    paths: list[tuple[Carrier, Delay]] = []
    fronts = {}
    for name, address in landmarks.items():
        sock = bind(HOST, 0)
        fronts[name] = sock.getsockname()
        paths.append((UdpCarrier(sock, address), partial(_delay_ns, delays, name)))
    parent.send(fronts)
    until_s = time.monotonic() + seconds
    carry(paths, lambda: parent.poll() or time.monotonic() > until_s)


def _delay_ns(delays: Delays, landmark: str, packet: bytes) -> int:
    seen = peek(packet)
    return delays[seen[1] if seen is not None else peek_session(packet), landmark]
