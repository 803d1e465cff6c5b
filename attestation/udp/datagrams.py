"""Datagrams with the time of their arrival, from the kernel where it offers one.

Between the arrival of a datagram and the moment at which a busy process gets to read it lie tens of microseconds, and
milliseconds under load: 15 km and more at the speed of light. Linux stamps each datagram as it comes in
(`SO_TIMESTAMPNS`, socket(7)), so that this wait need not count. Where a system does not, the clock is read after the
datagram has been: the round trip then looks longer, which is the safe side.

The kernel stamps in the date's clock, which may be set; round trips are measured on the monotonic one. So a stamp becomes
an *age*, date now less stamp, and the age goes off the monotonic clock read after that. If the date was set in between the
age is wrong, and a round trip might come out too short. So the age counts only if the two clocks are as far apart as they
were at the datagram before, to 50 microseconds, and if the datagram is then no older than the moment at which the queue was
last seen empty. Otherwise it counts as arrived when it was read.

Departure is the clock read right before `sendto`, never after: what lies between can only make a round trip longer.
"""

import socket
import struct
import sys
from dataclasses import dataclass

from ..errors import InvalidArgument
from ..measurement import MAX_PACKET_BYTES
from .sources import date_ns, monotonic_ns

Address = tuple[str, int]

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h: name of the option and type of the control message; Python has no name for it
_TIMESPEC = struct.Struct("@ll")
_CONTROL_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
_READ_BYTES = MAX_PACKET_BYTES + 1  # one more than any packet has shows what is too long
_BUFFER_BYTES = 1 << 20
_STEADY_NS = 50_000


@dataclass(frozen=True, slots=True)
class Datagram:
    """What came in.

    Attributes:
        data: at most 1233 bytes; 1233 stand for any number above 1232.
        address: of the sender: host and port.
        arrived_ns: on the monotonic clock.
    """

    data: bytes
    address: Address
    arrived_ns: int


class Endpoint:
    """A bound UDP socket that does not block.

    Args:
        sock: bound, of AF_INET or AF_INET6; it belongs to the endpoint from here on.
        kernel_stamps: False to do without the kernel's timestamps, True to use them where there are any.

    Attributes:
        stamps: "kernel" or "process", whichever clock arrival is taken from.
        stamps_refused: stamps that could not be believed, so that the moment of reading was taken.
    """

    def __init__(self, sock: socket.socket, *, kernel_stamps: bool = True) -> None:
        self._socket = sock
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.stamps = "kernel" if kernel_stamps and _ask_for_stamps(sock) else "process"
        self.stamps_refused = 0
        self._empty_ns = monotonic_ns()
        self._apart_ns = date_ns() - monotonic_ns()

    @property
    def address(self) -> Address:
        """Where it is bound."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def fileno(self) -> int:
        """For an event loop."""
        return self._socket.fileno()

    def receive(self) -> Datagram | None:
        """The next datagram, or None if there is none."""
        asked_ns = monotonic_ns()
        try:
            data, control, _, sender = self._socket.recvmsg(_READ_BYTES, _CONTROL_BYTES)
        except BlockingIOError:
            self._empty_ns = asked_ns
            return None
        except OSError:  # the network's word on something sent earlier
            return None
        # First the date, then the clock: whatever comes between makes the datagram look younger, the round trip longer.
        date = date_ns()
        now_ns = monotonic_ns()
        for level, kind, content in control:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(content) >= _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(content[: _TIMESPEC.size])
                now_ns -= self._age_ns(seconds * 1_000_000_000 + nanoseconds, date, now_ns)
        return Datagram(data, sender[:2], now_ns)

    def send(self, data: bytes, address: Address) -> bool:
        """Send, or say that the system would not; what is not sent counts as lost, like what is lost on the way."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _age_ns(self, stamp_ns: int, date_ns: int, now_ns: int) -> int:
        """How long ago a stamp was made, or 0 if it cannot be believed."""
        age_ns, apart_ns, before_ns = date_ns - stamp_ns, date_ns - now_ns, self._apart_ns
        self._apart_ns = apart_ns
        if abs(apart_ns - before_ns) > _STEADY_NS or not 0 <= age_ns <= now_ns - self._empty_ns:
            self.stamps_refused += 1
            return 0
        return age_ns


def bind(host: str, port: int) -> socket.socket:
    """A bound UDP socket.

    Args:
        host: an address of this machine, IPv4 or IPv6, or a name for one.
        port: 0 for any that is free.

    Raises:
        InvalidArgument: no such address, not of this machine, or in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidArgument(f"{host}:{port}: {error.strerror}") from error
    try:
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise InvalidArgument(f"{host}:{port}: {error.strerror}") from error
    return sock


def resolve(host: str, port: int) -> Address:
    """The address of a peer as datagrams from it show it.

    Raises:
        InvalidArgument: no such host.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][4]
    except OSError as error:
        raise InvalidArgument(f"{host}:{port}: {error.strerror}") from error
    return str(found[0]), int(found[1])


def _ask_for_stamps(sock: socket.socket) -> bool:
    if sys.platform != "linux":
        return False
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True
