"""Datagrams: when they arrived, what fits into one, and what is seen of them at a glance."""

import socket
import struct
import sys

import pytest

from attestation import ESP384, InvalidArgument, errors
from attestation.exchange import LandmarkExchange, ProverExchange
from attestation.measurement import peek_session
from attestation.packets import NONCE, REQUEST, RESPONSE, NoncePacket, Response, peek
from attestation.token import seal
from attestation.udp import Endpoint, LandmarkServer, Limits, bind, datagrams, resolve

from .field import AUDIENCE, NOW_S, seed
from .loopback import LANDMARK_KEY, key, request, session

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
