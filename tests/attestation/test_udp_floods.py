"""What junk, invented addresses and floods do to a landmark and a prover over UDP: little, and it is counted."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation import InvalidArgument, errors
from attestation.exchange import LandmarkExchange
from attestation.packets import REQUEST, RESPONSE, NoncePacket, Request, Response, peek
from attestation.token import seal
from attestation.udp import Datagram, LandmarkServer, Limits, Patience, Prover, bind
from attestation.udp.limits import Bucket, Buckets, Gate, Rate
from attestation.udp.load import flood, junk
from attestation.udp.table import Open, Table

from .field import AUDIENCE, seed
from .loopback import (
    LANDMARK_KEY,
    Log,
    client,
    is_nonce,
    key,
    landmark,
    peer,
    received,
    request,
    session,
    until,
)


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
