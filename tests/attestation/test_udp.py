"""The exchange over UDP: what it measures, and what becomes of it on lossy and slow networks.

Everything runs on loopback. Round trips are held against delays from below only, which no busy machine can spoil.
"""

import asyncio
import sys

import pytest

from attestation import ED25519, ESP256, ESP384, SOUND, Flaws, SigningKey, errors
from attestation.measurement import verify_measurement
from attestation.packets import RESPONSE, peek
from attestation.udp import Limits, Patience, Prover, bind

from .field import seed
from .loopback import (
    BRIEF,
    GENEROUS,
    HASTY,
    LANDMARK_KEY,
    Log,
    client,
    key,
    landmark,
    path,
    peer,
    received,
    request,
    session,
    until,
)


@pytest.mark.parametrize("stamps", ["kernel", "process"])
@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
def test_an_exchange_is_measured_and_both_sides_have_the_same_transcript(algorithm: int, stamps: str):
    landmark_key = SigningKey.from_seed(seed("landmark"), algorithm)
    log = Log()

    async def run():
        kernel = stamps == "kernel"
        async with (
            landmark(key=landmark_key, log=log, kernel_stamps=kernel) as server,
            Prover(bind("127.0.0.1", 0), kernel_stamps=kernel) as prover,
        ):
            return await prover.exchange(peer(server.address, landmark_key), session(), key(0, algorithm))

    timing = asyncio.run(run())
    measured = verify_measurement(timing.measurement, landmark_key.public_key)
    assert (timing.sent, len(timing.rtts_ns), len(timing.processing_ns), timing.requests) == (8, 8, 8, 1)
    assert timing.transcript_sha256 == measured.transcript_sha256
    assert timing.min_rtt_ns == measured.min_rtt_ns == min(timing.rtts_ns)
    assert all(spent >= 0 for spent in timing.processing_ns)
    assert timing.stamps == (stamps if sys.platform == "linux" else "process")
    (said,) = log.of("measured")
    assert tuple(said["rtts_ns"]) == timing.rtts_ns


def test_no_round_trip_is_shorter_than_the_path():
    """Twice 4 ms of path: every round trip of every exchange, not just the least, and the prover's own time comes on top."""

    async def run():
        async with landmark() as server:
            with path(server.address, 4.0) as front:
                async with Prover(bind("127.0.0.1", 0)) as prover:
                    return [await prover.exchange(peer(front), session(n), key(n)) for n in range(3)]

    for timing in asyncio.run(run()):
        assert len(timing.rtts_ns) == len(timing.processing_ns) == 8
        for rtt_ns, processing_ns in zip(timing.rtts_ns, timing.processing_ns, strict=True):
            assert rtt_ns >= 8_000_000 + processing_ns


def test_many_exchanges_at_once_do_not_mix():
    async def run():
        async with landmark() as server, Prover(bind("127.0.0.1", 0)) as prover:
            return await asyncio.gather(*(prover.exchange(peer(server.address), session(n), key(n)) for n in range(40)))

    for number, timing in enumerate(asyncio.run(run())):
        measured = verify_measurement(timing.measurement, LANDMARK_KEY.public_key)
        assert (measured.session, measured.session_key) == (session(number), key(number).cose_key)


def losing(server, lost) -> None:
    """A landmark whose network loses what `lost(number, packet)` says, counted from 0."""
    send, sent = server._endpoint.send, iter(range(1_000))
    server._endpoint.send = lambda packet, address: lost(next(sent), packet) or send(packet, address)


LOSSES = {
    "nothing": (lambda number, packet: False, 1, [0, 1, 2]),
    "the first nonce": (lambda number, packet: number == 0, 1, [1, 2]),
    "the last nonce": (lambda number, packet: number == 2, 1, [0, 1]),
    "the measurement": (lambda number, packet: number == 3, 2, [0, 1, 2]),
    "all there was at first": (lambda number, packet: number < 2, 2, [0, 1, 2]),
}


@pytest.mark.parametrize("what", LOSSES)
def test_what_is_lost_costs_rounds_or_another_request_but_not_the_exchange(what: str):
    lost, requests, answered = LOSSES[what]

    async def run():
        async with landmark(BRIEF) as server, Prover(bind("127.0.0.1", 0)) as prover:
            losing(server, lost)
            return await prover.exchange(peer(server.address), session(), key(), HASTY)

    timing = asyncio.run(run())
    measured = verify_measurement(timing.measurement, LANDMARK_KEY.public_key)
    assert timing.requests == requests
    assert [index for index, _ in measured.rtts_ns] == answered


def test_responses_that_are_lost_make_the_landmark_begin_anew_and_the_prover_follows():
    """The prover has answered index 0 and 1 in vain. The landmark gives up, and then starts at index 0 with other nonces."""

    async def run():
        async with landmark(BRIEF) as server, Prover(bind("127.0.0.1", 0)) as prover:
            receive, numbers = server._endpoint.receive, iter(range(1000))

            def lossy():
                datagram = receive()
                lost = datagram is not None and peek(datagram.data)[0] == RESPONSE and next(numbers) < 2
                return receive() if lost else datagram

            server._endpoint.receive = lossy
            timing = await prover.exchange(peer(server.address), session(), key(), HASTY)
            return timing, server.counts

    timing, counts = asyncio.run(run())
    assert (timing.requests, len(timing.rtts_ns), counts["begun"], counts["nothing_measured"]) == (2, 3, 2, 1)


def test_a_request_that_was_repeated_without_need_does_no_harm():
    """The second attempt sees the last rounds only; the measurement is about the first."""

    async def run():
        async with landmark(Limits(rounds=6)) as server:
            with path(server.address, 30.0) as front:
                async with Prover(bind("127.0.0.1", 0)) as prover:
                    impatient = Patience(silence_s=0.045, requests=30)
                    return await prover.exchange(peer(front), session(), key(), impatient), server.counts

    timing, counts = asyncio.run(run())
    assert timing.requests > 1
    assert counts["begun"] == 1
    assert len(timing.rtts_ns) == 6


def test_a_landmark_that_is_not_there_is_named_and_the_exchange_is_over():
    async def run():
        async with Prover(bind("127.0.0.1", 0)) as prover:
            nobody = peer(("127.0.0.1", 9))
            for _ in range(2):  # the name is free again
                with pytest.raises(errors.NoAnswer, match=r"one at 127\.0\.0\.1:9"):
                    await prover.exchange(nobody, session(), key(), Patience(silence_s=0.01, requests=2))

    asyncio.run(run())


def test_a_session_has_one_exchange_with_a_landmark_at_a_time():
    async def run():
        async with landmark() as server, Prover(bind("127.0.0.1", 0)) as prover:
            first = asyncio.create_task(prover.exchange(peer(server.address), session(), key()))
            await asyncio.sleep(0)
            with pytest.raises(errors.OutOfTurn):
                await prover.exchange(peer(server.address), session(), key())
            await first

    asyncio.run(run())


def test_a_measurement_that_is_not_the_landmarks_is_refused_and_named():
    """The prover holds another key to be the landmark's: it waits for a better measurement, in vain."""

    async def run():
        async with landmark(BRIEF) as server, Prover(bind("127.0.0.1", 0)) as prover:
            with pytest.raises(errors.NoAnswer, match="bad_signature"):
                await prover.exchange(peer(server.address, key(9)), session(), key(), HASTY)
            return prover.counts

    assert asyncio.run(run())["bad_signature"] > 0


def test_a_landmark_that_is_stopped_lets_the_exchange_under_way_end_and_begins_no_other():
    log = Log()

    async def run():
        async with Prover(bind("127.0.0.1", 0)) as prover, landmark(BRIEF, log=log) as server:
            with path(server.address, 10.0) as front:
                asking = asyncio.create_task(prover.exchange(peer(front), session(), key(), HASTY))
                await until(lambda: server.counts["begun"])
                server._closing = True  # as `serve` does when it is stopped; here the block is still to be left
                with client() as sock:
                    sock.sendto(request(1), server.address)
                    await until(lambda: server.counts["shutting_down"])
                return await asking

    assert len(asyncio.run(run()).rtts_ns) == 3
    (stopped,) = log.of("stopped")
    assert (stopped["unfinished"], stopped["totals"]["measured"], stopped["totals"]["shutting_down"]) == (0, 1, 1)


@pytest.mark.parametrize(("grace_s", "unfinished"), [(0.0, 1), (1.0, 0)])
def test_a_landmark_waits_for_those_under_way_but_not_for_ever(grace_s: float, unfinished: int):
    log = Log()

    async def run():
        with client() as sock:
            async with landmark(Limits(timeout_ms=30, grace_s=grace_s), log=log) as server:
                sock.sendto(request(), server.address)
                await received(sock)

    asyncio.run(run())
    assert log.of("stopped")[0]["unfinished"] == unfinished


def test_flaws_are_off_on_a_landmark_unless_asked_for():
    async def run(flaws):
        async with landmark(BRIEF, flaws) as server, Prover(bind("127.0.0.1", 0)) as prover:
            return await prover.exchange(peer(server.address), session(), key(), HASTY, nonces=(seed("mine"),))

    assert asyncio.run(run(Flaws(attester_chosen_nonce=True)))
    with pytest.raises(errors.NoAnswer):
        asyncio.run(run(SOUND))
    assert GENEROUS.rounds == 8
