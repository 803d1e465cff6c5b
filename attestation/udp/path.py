"""An emulated path: datagrams are held for a known time, so that measured round trips can be held against it.

A process stands between provers and landmarks and hands each datagram on once its delay is over, never before: the round
trip is at least the sum of the two delays, as on a real path. What it adds on top is its own waking up, some tens of
microseconds on a quiet machine. Two ways to stand in between: a UDP port that forwards to the landmark, which anyone may
open; and a pair of TUN devices, each in a network namespace of its own, which forwards whole IP packets and takes rights.
"""

import contextlib
import fcntl
import heapq
import itertools
import os
import select
import socket
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from .datagrams import Address, Endpoint, bind
from .sources import monotonic_ns

_AWAKE_NS = 200_000  # before something is due nobody sleeps: waking up takes tens of microseconds
_IDLE_S = 0.05
MOST_PATHS, _MOST_CLIENTS = 32, 28  # of each path: select(2) waits for fewer than 1024 descriptors in all
_MOST_HELD = 10_000

# linux/if_tun.h
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_TUN_BYTES = 65_536


class Collected(NamedTuple):
    """Something that has come in.

    Attributes:
        arrived_ns: when, on the monotonic clock.
        packet: what.
        hand_on: sends it to the other side.
    """

    arrived_ns: int
    packet: bytes
    hand_on: Callable[[], object]


Delay = Callable[[bytes], int]
"""How long a packet is held, in ns."""


def steady(delay_ns: int) -> Delay:
    """The same for every packet."""
    return lambda packet: delay_ns


class Carrier(Protocol):
    """Something that stands between two sides."""

    def filenos(self) -> list[int]:
        """What to wait for."""

    def collect(self) -> list[Collected]:
        """Everything that has come in."""

    def close(self) -> None:
        """Give everything back."""


def carry(paths: Sequence[tuple[Carrier, Delay]], stopped: Callable[[], bool]) -> int:
    """Hold everything for its path's time until stopped, and return how much was handed on. What is held then is lost.

    Args:
        paths: what stands in between, closed at the end; and the delay of each, one way.
        stopped: asked at least every 50 ms.
    """
    held: list[tuple[int, int, Callable[[], object]]] = []
    numbers = itertools.count()
    handed_on = 0
    try:
        while not stopped():
            wait_ns = held[0][0] - monotonic_ns() - _AWAKE_NS if held else 1_000_000_000
            descriptors = [descriptor for carrier, _ in paths for descriptor in carrier.filenos()]
            ready, _, _ = select.select(descriptors, (), (), min(max(wait_ns / 1e9, 0), _IDLE_S))
            for carrier, delay in paths if ready else ():
                for one in carrier.collect():
                    if len(held) < _MOST_HELD:
                        heapq.heappush(held, (one.arrived_ns + delay(one.packet), next(numbers), one.hand_on))
            while held and held[0][0] <= monotonic_ns():
                heapq.heappop(held)[2]()
                handed_on += 1
    finally:
        for carrier, _ in paths:
            carrier.close()
    return handed_on


class UdpCarrier:
    """Forwards from a port to a landmark, and back: one socket towards the landmark for each prover.

    Args:
        sock: bound, where provers send.
        landmark: where the landmark answers.
    """

    def __init__(self, sock: socket.socket, landmark: Address) -> None:
        self._front = Endpoint(sock)
        self._landmark = landmark
        self._backs: OrderedDict[Address, Endpoint] = OrderedDict()

    def filenos(self) -> list[int]:
        """The port, and the sockets towards the landmark."""
        return [self._front.fileno(), *(back.fileno() for back in self._backs.values())]

    def collect(self) -> list[Collected]:
        """What provers and landmark have sent, in the order of arrival."""
        found: list[Collected] = []
        while (datagram := self._front.receive()) is not None:
            back = self._towards_landmark(datagram.address)
            found.append(Collected(datagram.arrived_ns, datagram.data, _sending(back, datagram.data, self._landmark)))
        for prover, back in self._backs.items():
            while (datagram := back.receive()) is not None:
                found.append(Collected(datagram.arrived_ns, datagram.data, _sending(self._front, datagram.data, prover)))
        return sorted(found, key=lambda one: one.arrived_ns)

    def close(self) -> None:
        """Close all sockets."""
        for endpoint in (self._front, *self._backs.values()):
            endpoint.close()

    def _towards_landmark(self, prover: Address) -> Endpoint:
        if prover not in self._backs:
            if len(self._backs) >= _MOST_CLIENTS:
                self._backs.popitem(last=False)[1].close()
            self._backs[prover] = Endpoint(bind(self._front.address[0], 0))
        return self._backs[prover]


class TunCarrier:
    """Forwards IP packets between two TUN devices, which it makes.

    Args:
        names: of the two devices. They may be moved to other network namespaces afterwards.

    Raises:
        OSError: not permitted, or no such thing on this system.
    """

    def __init__(self, names: tuple[str, str]) -> None:
        self._sides: list[int] = []
        for name in names:
            self._sides.append(os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK))
            request = struct.pack("16sH14x", name.encode(), _IFF_TUN | _IFF_NO_PI)
            try:
                fcntl.ioctl(self._sides[-1], _TUNSETIFF, request)
            except OSError:
                self.close()
                raise

    def filenos(self) -> list[int]:
        """Both devices."""
        return self._sides

    def collect(self) -> list[Collected]:
        """What has left either side; the clock is read after the packet has been."""
        found: list[Collected] = []
        for side, other in (self._sides, self._sides[::-1]):
            while (packet := _read(side)) is not None:
                found.append(Collected(monotonic_ns(), packet, _writing(other, packet)))
        return sorted(found, key=lambda one: one.arrived_ns)

    def close(self) -> None:
        """Take the devices away."""
        for side in self._sides:
            os.close(side)


def _read(side: int) -> bytes | None:
    try:
        return os.read(side, _TUN_BYTES)
    except OSError:  # nothing there, or the device is down
        return None


def _sending(endpoint: Endpoint, data: bytes, address: Address) -> Callable[[], object]:
    return lambda: endpoint.send(data, address)


def _writing(side: int, packet: bytes) -> Callable[[], object]:
    def write() -> None:
        with contextlib.suppress(OSError):  # the device is down: the packet is lost
            os.write(side, packet)

    return write
