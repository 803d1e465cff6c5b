"""The exchange over UDP: what becomes of it on lossy, slow and hostile networks.

Everything runs on loopback. Round trips are held against delays from below only, which no busy machine can spoil.
"""

import asyncio
import contextlib
import socket
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation import ED25519, ESP256, ESP384, SOUND, Flaws, InvalidArgument, SigningKey, errors
from attestation.exchange import LandmarkExchange, ProverExchange
from attestation.measurement import peek_session, verify_measurement
from attestation.packets import NONCE, REQUEST, RESPONSE, NoncePacket, Request, Response, peek
from attestation.token import seal
from attestation.udp import Datagram, Endpoint, LandmarkServer, Limits, Patience, Prover, bind, datagrams, resolve
from attestation.udp.limits import Bucket, Buckets, Gate, Rate
from attestation.udp.load import flood, junk
from attestation.udp.table import Open, Table

from .field import AUDIENCE, NOW_S, seed
from .loopback import GENEROUS, LANDMARK_KEY, Log, landmark, path, peer

HASTY = Patience(silence_s=0.75, requests=3)
BRIEF = Limits(rounds=3, timeout_ms=250, most_silent=2, grace_s=1.0)


def session(number: int = 0) -> bytes:
    return seed(f"session {number}")[:16]


def key(number: int = 0, algorithm: int = ED25519) -> SigningKey:
    return SigningKey.from_seed(seed(f"session key {number}"), algorithm)


def client() -> socket.socket:
    sock = bind("127.0.0.1", 0)
    sock.setblocking(False)
    return sock


async def received(sock: socket.socket) -> bytes:
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recv(sock, 2048)


async def until(holds) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def request(number: int = 0, landmark_id: str = "one", **proposed) -> bytes:
    return Request(session(number), landmark_id, key(number).cose_key, **proposed).encode(key(number))


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


def is_nonce(packet: bytes) -> bool:
    return (peek(packet) or (0, b""))[0] == NONCE


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


def test_a_prover_answers_nobody_but_the_landmark_that_it_asked():
    """Nonces of a stranger, of another session or twice the same; junk; tokens of no session, or of one that is over."""
    stranger_sends = NoncePacket(session(), "one", 0, seed("nonce"))

    async def run():
        with client() as stranger, client() as asked:
            async with Prover(bind("127.0.0.1", 0)) as prover:
                asking = asyncio.create_task(
                    prover.exchange(peer(asked.getsockname()), session(), key(), Patience(silence_s=0.5, requests=1))
                )
                assert peek(await received(asked)) == (REQUEST, session())
                stranger.sendto(stranger_sends.encode(), prover.address)
                asked.sendto(NoncePacket(session(1), "one", 0, seed("nonce")).encode(), prover.address)
                for _ in range(70):  # more than are read at once
                    asked.sendto(b"junk", prover.address)
                asked.sendto(seal({1: 2}, LANDMARK_KEY), prover.address)
                for _ in range(2):
                    asked.sendto(stranger_sends.encode(), prover.address)
                assert peek(await received(asked)) == (RESPONSE, session())
                await until(lambda: prover.counts.total() == 74)
                with pytest.raises(errors.NoAnswer):
                    await asking
                with pytest.raises(BlockingIOError):
                    stranger.recv(2048)
                return prover.counts

    assert asyncio.run(run()) == {"no_packet": 72, "bad_claim": 1, "out_of_turn": 1}


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "no_packet"),
        (b"\x86\x01\x50", "no_packet"),
        (request() + bytes(1232), "no_packet"),
        (NoncePacket(session(), "one", 0, seed("nonce")).encode(), "no_packet"),
        (request()[:-1], "truncated"),
        (request()[:-1] + bytes([request()[-1] ^ 1]), "bad_signature"),
        (request(landmark_id="two"), "other_landmark"),
        (request(nonces=(seed("mine"),)), "attester_chose_nonce"),
        (Response(session(), 0, 0, bytes(64)).encode(), "no_such_exchange"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_landmark_answers_no_junk_and_counts_it_by_reason(packet: bytes, reason: str):
    async def run():
        async with landmark() as server:
            with client() as sock:
                sock.sendto(packet, server.address)
                await until(lambda: server.counts[reason])
                with pytest.raises(BlockingIOError):
                    sock.recv(2048)
            return server.counts, server.open_exchanges

    assert asyncio.run(run()) == ({"received": 1, reason: 1}, 0)


def test_an_exchange_answers_to_its_address_and_request_only_and_bears_with_few_refused_responses():
    async def run():
        async with landmark(Limits(most_refused=2)) as server:
            with client() as sock, client() as elsewhere:
                sock.sendto(request(), server.address)
                nonce = NoncePacket.decode(await received(sock))
                good = Response.answer(nonce, key())
                elsewhere.sendto(good.encode(), server.address)
                other = Request(session(), "one", key(5).cose_key).encode(key(5))
                sock.sendto(other, server.address)
                for _ in range(2):
                    sock.sendto(Response.answer(nonce, key(7)).encode(), server.address)
                await until(lambda: server.counts["too_many_refused"])
                assert server.open_exchanges == 0
                return server.counts

    counts = asyncio.run(run())
    for reason in ("no_such_exchange", "other_session_key", "bad_signature", "too_many_refused"):
        assert counts[reason] == 1


def test_a_lost_measurement_is_repeated_a_few_times_and_then_forgotten():
    """As many bytes as a stranger may ask for under a false address are few. Afterwards the same request begins anew."""

    async def run():
        async with landmark(Limits(rounds=1, linger_s=0.1)) as server:
            with client() as sock:
                sock.sendto(request(), server.address)
                sock.sendto(Response.answer(NoncePacket.decode(await received(sock)), key()).encode(), server.address)
                measurement = await received(sock)
                for _ in range(5):
                    sock.sendto(request(), server.address)
                repeated = [await received(sock) for _ in range(3)]
                await until(lambda: server.counts["repeated_requests"] == 5)
                with pytest.raises(BlockingIOError):
                    sock.recv(2048)
                sock.sendto(Response(session(), 0, 0, bytes(64)).encode(), server.address)
                await until(lambda: server.counts["no_such_exchange"])
                await until(lambda: server.open_exchanges == 0)
                sock.sendto(request(), server.address)
                assert is_nonce(await received(sock))
                return measurement, repeated

    measurement, repeated = asyncio.run(run())
    assert repeated == [measurement] * 3


def test_an_invented_address_earns_three_small_packets():
    async def run():
        async with landmark(Limits(timeout_ms=10)) as server:
            with client() as sock:
                sock.sendto(request(), server.address)
                got = [await received(sock) for _ in range(3)]
                await until(lambda: server.open_exchanges == 0)
                with pytest.raises(BlockingIOError):
                    sock.recv(2048)
                return got

    assert sum(len(packet) for packet in asyncio.run(run())) < 3 * len(request())


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


def test_the_log_has_one_line_of_sums_for_any_number_of_junk_packets():
    log = Log()

    async def run():
        async with landmark(Limits(report_s=0.1), log=log) as server:
            with client() as sock:
                for _ in range(500):
                    sock.sendto(b"junk", server.address)
                await until(lambda: server.counts["no_packet"] == 500)

    asyncio.run(run())
    assert sum(said.get("no_packet", 0) for said in log.of("counts")) == 500
    assert len(log) < 10


def test_a_flood_leaves_the_table_small_and_honest_provers_served():
    """From sixteen hosts at once, with good requests of session keys that will not answer among the junk."""
    patient = Patience(silence_s=0.5, requests=8)
    limits = Limits(rounds=2, most_open=50, most_remembered=8, host_per_s=50, host_burst=50, timeout_ms=200)

    async def run():
        async with landmark(limits) as server, Prover(bind("127.0.0.1", 0)) as prover:
            hosts = [f"127.0.0.{n}" for n in range(2, 18)]
            packets = junk("one", 1)
            flooding = asyncio.create_task(asyncio.to_thread(flood, server.address, hosts, packets, 4096, 1e4))
            served, most_open = [], 0
            while not flooding.done():
                number = len(served)
                served.append(await prover.exchange(peer(server.address), session(number), key(number), patient))
                await asyncio.sleep(0.02)
                most_open = max(most_open, server.open_exchanges)
            assert (await flooding)["sent"] == 4096
            await until(lambda: server.open_exchanges <= limits.most_open)
            return served, most_open, server.counts

    served, most_open, counts = asyncio.run(run())
    assert served
    assert most_open <= 50
    for reason in ("no_packet", "bad_signature", "truncated", "no_such_exchange", "too_many_from_host"):
        assert counts[reason] > 0, reason


def test_a_flood_is_for_loopback_only():
    with pytest.raises(InvalidArgument, match=r"192\.0\.2\.1"):
        flood(("192.0.2.1", 9), ["127.0.0.1"], [b""], 1, 1)
    with pytest.raises(InvalidArgument, match=r"0\.0\.0\.0"):
        flood(("127.0.0.1", 9), ["0.0.0.0"], [b""], 1, 1)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(key_burst=2, key_per_s=0.001, grace_s=0), "too_many_from_key"),
        (Limits(host_burst=2, host_per_s=0.001, grace_s=0), "too_many_from_host"),
        (Limits(requests_burst=2, requests_per_s=0.001, grace_s=0), "too_many_requests"),
        (Limits(most_open=2, grace_s=0), "table_full"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_third_request_is_one_too_many(limits: Limits, reason: str):
    """Three sessions with one session key from one host; each has answered its first nonce, so that none may be evicted."""

    async def run():
        async with landmark(limits) as server:
            with client() as sock:
                for number in range(3):
                    sock.sendto(Request(session(number), "one", key().cose_key).encode(key()), server.address)
                    if number < 2:
                        answer = Response.answer(NoncePacket.decode(await received(sock)), key())
                        sock.sendto(answer.encode(), server.address)
                        await received(sock)
                await until(lambda: server.counts[reason])
                return server.counts["begun"]

    assert asyncio.run(run()) == 2


def test_a_bucket_lets_through_what_it_holds_and_then_its_rate():
    """10 at once, then 2 a second: in the 5.25 s after it is empty, 10."""
    bucket = Bucket(Rate(2, 10), 0)
    assert sum(bucket.take(0) for _ in range(50)) == 10
    quarters = range(1, 22)
    assert sum(bucket.take(quarter * 250_000_000) for quarter in quarters) == 10
    assert sum(bucket.take(10**15) for _ in range(50)) == 10, "it holds no more however long it rests"
    assert not bucket.take(0)
    assert sum(bucket.take(10**15 + 10**9) for _ in range(50)) == 2, "a clock that went back has cost nothing"


def test_buckets_are_few_and_the_one_not_asked_for_longest_goes():
    buckets = Buckets(Rate(0.001, 1), 2)
    assert [buckets.take(who, 0) for who in ("a", "b", "a", "c", "b", "a")] == [True, True, False, True, True, True]
    assert len(buckets) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_host_is_an_address_or_in_ipv6_its_first_64_bits(one: str, other: str, same: bool):
    gate = Gate(everybody=Rate(1, 9), host=Rate(0.001, 1), key=Rate(1, 9), most=9, now_ns=0)
    gate.admit_host(one, 0)
    if same:
        with pytest.raises(errors.TooManyFromHost):
            gate.admit_host(other, 0)
    else:
        gate.admit_host(other, 0)


def opened(number: int) -> Open:
    exchange = LandmarkExchange(request(number), landmark_id="one", key=LANDMARK_KEY)
    return Open(exchange, b"", number, number)


def test_the_table_makes_room_among_the_finished_then_the_waiting_and_never_among_those_under_way():
    table = Table(3)
    names = [(session(number), ("127.0.0.1", number)) for number in range(6)]
    entries = [opened(number) for number in range(6)]
    for name, entry in zip(names[:3], entries[:3], strict=True):
        assert table.add(name, entry) is None
    entries[0].rtts_ns.append(1)
    table.touch(names[0], entries[0], 10)  # under way
    entries[2].measurement = b"token"
    table.touch(names[2], entries[2], 11)  # finished
    assert (len(table), table.unfinished) == (3, 2)
    assert table.add(names[3], entries[3]) == names[2]
    assert table.add(names[4], entries[4]) == names[1], "the one that has waited for longest"
    assert [name for name, _ in table.unanswered_since(11)] == [names[3], names[4], names[0]]
    for number in (3, 4):
        entries[number].rtts_ns.append(1)
        table.touch(names[number], entries[number], 12)
    with pytest.raises(errors.TableFull):
        table.add(names[5], entries[5])
    assert table.get(names[5]) is None
    entries[0].measurement = b"token"
    table.touch(names[0], entries[0], 20)
    table.forget_finished(20)
    assert table.get(names[0]) is entries[0]
    table.forget_finished(21)
    assert len(table) == 2


DATE_NS = 1_800_000_000 * 10**9
CLOCK_NS = 10**15


class Stamped:
    """An endpoint to which a datagram comes with a stamp, and that reads date and clock when a test says."""

    def __init__(self, monkeypatch, sock: socket.socket) -> None:
        self._monkeypatch = monkeypatch
        self.endpoint = Endpoint(sock)
        self.endpoint._empty_ns = CLOCK_NS
        self.endpoint._apart_ns = DATE_NS - CLOCK_NS

    def arrival_ns(self, *, stamp_ns: int, date_ns: int, clock_ns: int) -> int:
        """All three in ns after a moment at which the queue was seen empty."""
        content = struct.pack("@ll", *divmod(DATE_NS + stamp_ns, 10**9))
        other = (socket.SOL_SOCKET, 1, b"")

        class Sock:
            def recvmsg(self, *_):
                return b"x", [other, (socket.SOL_SOCKET, 35, content)], 0, ("127.0.0.1", 1)

        self._monkeypatch.setattr(datagrams, "date_ns", lambda: DATE_NS + date_ns)
        self._monkeypatch.setattr(datagrams, "monotonic_ns", lambda: CLOCK_NS + clock_ns)
        self._monkeypatch.setattr(self.endpoint, "_socket", Sock())
        return self.endpoint.receive().arrived_ns - CLOCK_NS


def test_an_arrival_is_the_kernels_unless_the_date_was_set_in_between(monkeypatch):
    """A stamp that cannot be believed makes a round trip longer, never shorter: it counts from when it was read."""
    ms = 1_000_000
    with bind("127.0.0.1", 0) as sock:
        stamped = Stamped(monkeypatch, sock)
        assert stamped.arrival_ns(stamp_ns=7 * ms, date_ns=9 * ms, clock_ns=9 * ms) == 7 * ms
        assert stamped.arrival_ns(stamp_ns=7 * ms, date_ns=9 * ms, clock_ns=9 * ms + 40_000) == 7 * ms + 40_000
        assert stamped.endpoint.stamps_refused == 0
        # Set forward by 5 ms after the stamp was made: by the stamp, 5 ms nearer.
        assert stamped.arrival_ns(stamp_ns=8 * ms, date_ns=15 * ms, clock_ns=10 * ms) == 10 * ms
        # From then on the clocks are steady again.
        assert stamped.arrival_ns(stamp_ns=15 * ms, date_ns=17 * ms, clock_ns=12 * ms) == 10 * ms
        # Set back.
        assert stamped.arrival_ns(stamp_ns=17 * ms, date_ns=9 * ms, clock_ns=13 * ms) == 13 * ms
        assert stamped.arrival_ns(stamp_ns=10 * ms, date_ns=9 * ms, clock_ns=13 * ms) == 13 * ms, "from the future"
        assert stamped.arrival_ns(stamp_ns=-9 * ms, date_ns=9 * ms, clock_ns=13 * ms) == 13 * ms, (
            "before the queue was empty"
        )
        assert stamped.endpoint.stamps_refused == 4


def test_without_kernel_stamps_the_clock_of_the_process_serves(monkeypatch):
    with bind("127.0.0.1", 0) as sock:
        monkeypatch.setattr(sys, "platform", "other")
        assert Endpoint(sock).stamps == "process"
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(datagrams, "_SO_TIMESTAMPNS", 99_999)
        assert Endpoint(sock).stamps == "process"


def test_what_the_system_will_not_send_or_receive_is_lost_and_no_more():
    sock = bind("127.0.0.1", 0)
    endpoint = Endpoint(sock)
    assert not endpoint.send(bytes(70_000), endpoint.address)
    endpoint.close()
    assert endpoint.receive() is None


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0)])
def test_an_address_that_is_not_ones_own_cannot_be_bound(host: str, port: int):
    with pytest.raises(InvalidArgument, match=host):
        bind(host, port)


def test_a_host_without_an_address_is_the_users_mistake():
    assert resolve("127.0.0.1", 7) == ("127.0.0.1", 7)
    with pytest.raises(InvalidArgument, match="no such host"):
        resolve("no such host", 7)


def test_the_session_of_a_measurement_is_seen_before_it_is_verified():
    side = ProverExchange(session=session(), key=key(), landmark_id="one", landmark_key=LANDMARK_KEY.public_key)
    other = LandmarkExchange(side.request(), landmark_id="one", key=LANDMARK_KEY)
    other.receive(side.respond(other.send_nonce(seed("nonce"), 0)), 1)
    assert peek_session(other.measure(AUDIENCE, NOW_S)) == session()
    for claims in ({}, {-75003: 5}):
        with pytest.raises(errors.BadClaim):
            peek_session(seal(claims, LANDMARK_KEY))


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (request(), REQUEST),
        (NoncePacket(session(), "one", 0, seed("nonce")).encode(), NONCE),
        (Response(session(), 0, 0, bytes(64)).encode(), RESPONSE),
    ],
)
def test_kind_and_session_stand_where_a_glance_finds_them(packet: bytes, kind: int):
    assert peek(packet) == (kind, session())
    assert peek(packet[:19]) is None
    assert peek(bytes([packet[0] ^ 1]) + packet[1:]) is None


def test_a_landmark_whose_measurements_would_not_fit_a_datagram_does_not_start():
    with bind("127.0.0.1", 0) as sock:
        for audience, rounds in (("v" * 850, 1), ("v" * 800, 16)):
            with pytest.raises(InvalidArgument, match="at most 1232"):
                LandmarkServer(sock, landmark_id="one", key=key(0, ESP384), audience=audience, limits=Limits(rounds=rounds))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_comes_in_nothing_but_a_refusal_escapes_on_either_side(data):
    """Random bytes and good packets with a piece replaced; a side that raised anything else would stop reading for good."""

    async def run():
        stranger = ("127.0.0.1", 9)
        server = LandmarkServer(bind("127.0.0.1", 0), landmark_id="one", key=LANDMARK_KEY, audience=AUDIENCE)
        async with Prover(bind("127.0.0.1", 0)) as prover:
            asking = asyncio.create_task(prover.exchange(peer(stranger), session(), key(), Patience(silence_s=9)))
            await asyncio.sleep(0)
            server._take(Datagram(request(), stranger, 0))
            nonce = NoncePacket(session(), "one", 3, seed("nonce"))
            good = data.draw(
                st.sampled_from(
                    [
                        request(1),
                        nonce.encode(),
                        Response.answer(nonce, key()).encode(),
                        seal({-75003: session()}, LANDMARK_KEY),
                    ]
                )
            )
            at = data.draw(st.integers(0, len(good)))
            mutant = good[:at] + data.draw(st.binary(max_size=8)) + good[at + data.draw(st.integers(0, 8)) :]
            for packet in (mutant, data.draw(st.binary(max_size=64)), good):
                for side in (server, prover):
                    with contextlib.suppress(errors.Refused):
                        side._take(Datagram(packet, stranger, 0))
            asking.cancel()
        server._endpoint.close()

    asyncio.run(run())


def test_flaws_are_off_on_a_landmark_unless_asked_for():
    async def run(flaws):
        async with landmark(BRIEF, flaws) as server, Prover(bind("127.0.0.1", 0)) as prover:
            return await prover.exchange(peer(server.address), session(), key(), HASTY, nonces=(seed("mine"),))

    assert asyncio.run(run(Flaws(attester_chosen_nonce=True)))
    with pytest.raises(errors.NoAnswer):
        asyncio.run(run(SOUND))
    assert GENEROUS.rounds == 8
