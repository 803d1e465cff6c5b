"""What the UDP layer is measured with: a bare echo to compare with, runs of exchanges, and a flood. Loopback only."""

import asyncio
import ipaddress
import random
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidArgument, NoAnswer
from ..keys import SigningKey
from ..measurement import MAX_PACKET_BYTES
from ..packets import NoncePacket, Request, Response
from .datagrams import Address, Endpoint, bind
from .prover import PATIENCE, Patience, Peer, Prover, Timing
from .sources import fresh, monotonic_ns, pause

_ECHO = """
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind((sys.argv[1], 0))
print(sock.getsockname()[1], flush=True)
while True:
    sock.sendto(*sock.recvfrom(2048))
"""
_ECHO_BYTES = 120  # about a nonce packet
_LOST_S = 1.0
_AHEAD_S = 0.001  # a flood sleeps when it is so far ahead of its rate


class Echo:
    """A process that sends every datagram back, the least that a round trip between two processes can cost; within `with`.

    Args:
        host: where it listens.
        prefix: words before the command, such as `("ip", "netns", "exec", "a")`.
    """

    def __init__(self, host: str = "127.0.0.1", prefix: Sequence[str] = ()) -> None:
        self._host = host
        self._command = [*prefix, sys.executable, "-c", _ECHO, host]

    def __enter__(self) -> Address:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._host, int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


async def echo_rtts_ns(endpoint: Endpoint, address: Address, number: int) -> list[int]:
    """Round-trip times of datagrams to an echo, one after the other, timed as a landmark does, in ns."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[int]

    def read() -> None:
        while (datagram := endpoint.receive()) is not None:
            if datagram.data == expected and not arrived.done():
                arrived.set_result(datagram.arrived_ns)

    rtts_ns = []
    loop.add_reader(endpoint, read)
    try:
        for index in range(number):
            expected = index.to_bytes(4, "big").ljust(_ECHO_BYTES, b"\0")
            arrived = loop.create_future()
            sent_ns = monotonic_ns()
            endpoint.send(expected, address)
            await asyncio.wait([arrived], timeout=_LOST_S)
            if arrived.done():
                rtts_ns.append(arrived.result() - sent_ns)
    finally:
        loop.remove_reader(endpoint)
    return rtts_ns


@dataclass(frozen=True, kw_only=True)
class Exchanges:
    """A run of exchanges of one prover with one landmark.

    Attributes:
        timings: those that came to a measurement.
        failed: those that did not.
        seconds: how long the run took.
    """

    timings: tuple[Timing, ...]
    failed: int
    seconds: float


async def run_exchanges(
    prover: Prover, peer: Peer, number: int, *, at_once: int = 1, patience: Patience = PATIENCE, seconds: float = 3600.0
) -> Exchanges:
    """Many exchanges, each in a session of its own with a key of its own.

    Args:
        prover: the socket.
        peer: the landmark.
        number: of exchanges, at most.
        at_once: exchanges under way at the same time.
        patience: how long to wait.
        seconds: begin none after so long.
    """
    timings: list[Timing] = []
    began_ns = monotonic_ns()
    left = iter(range(number))
    failed = 0

    async def work() -> None:
        nonlocal failed
        for _ in left:
            if monotonic_ns() - began_ns > seconds * 1e9:
                return
            try:
                timings.append(await prover.exchange(peer, fresh()[:16], SigningKey.from_seed(fresh()), patience))
            except NoAnswer:
                failed += 1

    await asyncio.gather(*(work() for _ in range(at_once)))
    return Exchanges(timings=tuple(timings), failed=failed, seconds=(monotonic_ns() - began_ns) / 1e9)


def junk(landmark_id: str, seed: int) -> list[bytes]:
    """Datagrams of all kinds that a landmark should not be moved by, 256 of them.

    Random bytes, packets cut short, packets of the wrong direction, what is too long, requests with a bad signature, answers
    to exchanges that do not exist; and requests that are right, of session keys that nobody vouches for and that will answer
    no nonce.
    """
    generator = random.Random(seed)
    made = []
    for number in range(256):
        key = SigningKey.from_seed(generator.randbytes(32))
        session = generator.randbytes(16)
        request = Request(session, landmark_id, key.cose_key).encode(key)
        nonce = NoncePacket(session, landmark_id, 0, generator.randbytes(32))
        made.append(
            (
                generator.randbytes(generator.randrange(1, 200)),
                request[: generator.randrange(1, len(request))],
                nonce.encode(),
                request + bytes(MAX_PACKET_BYTES),
                request[:-1] + bytes([request[-1] ^ 1]),
                Response.answer(nonce, key).encode(),
                request,
                b"",
            )[number % 8]
        )
    return made


def flood(address: Address, hosts: Sequence[str], packets: Sequence[bytes], number: int, per_s: float) -> Counter[str]:
    """Send junk to a landmark on this machine, bounded in number and rate.

    Args:
        address: the landmark, on loopback.
        hosts: loopback addresses to send from, in turn.
        packets: to send, in turn.
        number: of packets.
        per_s: at most so many in a second.

    Returns:
        How many were sent, and how many the system would not take.

    Raises:
        InvalidArgument: an address is not of loopback.
    """
    for host in (address[0], *hosts):
        if not ipaddress.ip_address(host).is_loopback:
            raise InvalidArgument(f"{host} is not a loopback address")
    endpoints = [Endpoint(bind(host, 0)) for host in hosts]
    done: Counter[str] = Counter()
    began_ns = monotonic_ns()
    for index in range(number):
        ahead_s = index / per_s - (monotonic_ns() - began_ns) / 1e9
        if ahead_s > _AHEAD_S:
            pause(ahead_s)
        # The host changes after each round of packets, so that each sends all of them.
        endpoint = endpoints[index // len(packets) % len(endpoints)]
        done["sent" if endpoint.send(packets[index % len(packets)], address) else "not_sent"] += 1
    for endpoint in endpoints:
        endpoint.close()
    return done


def memory_bytes(pid: int) -> int | None:
    """Resident memory of a process, in bytes; None where the system does not say (proc(5))."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


def median_ms(values_ns: Sequence[float]) -> float:
    """The median of times in ns, in ms."""
    return statistics.median(values_ns) / 1e6
