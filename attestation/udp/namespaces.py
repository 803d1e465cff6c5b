"""Two network namespaces of one's own with an emulated path between them: sockets on one machine that share no network.

A process with two TUN devices holds IP packets for a known time; each device stands in one of the namespaces. It takes the
rights of an administrator, Linux and iproute2. Nothing outside the two namespaces changes, and both are removed.
"""

import ctypes
import os
import socket
import subprocess
from typing import Self

from ..errors import InvalidArgument
from .datagrams import bind
from .processes import TunnelProcess

_CLONE_NEWNET = 0x4000_0000  # linux/sched.h
_HOSTS = ("10.203.77.1", "10.203.77.2")
_COMMAND_S = 10.0


class Namespaces:
    """Two namespaces, called a and b here, joined by a path; within `with`.

    Args:
        delay_ms: of the path, one way, in ms.
        seconds: the path ends by itself after so long, should nobody stop it.

    Attributes:
        hosts: address of each side.

    Raises:
        InvalidArgument: on entering: not permitted, or not to be had on this system; the message says why.
    """

    hosts = _HOSTS

    def __init__(self, delay_ms: float, *, seconds: float = 600.0) -> None:
        self._names = tuple(f"attest-{os.getpid()}-{side}" for side in "ab")
        self._devices = f"at{os.getpid()}a", f"at{os.getpid()}b"
        self._path = TunnelProcess(self._devices, delay_ms, seconds=seconds)
        self._made: list[str] = []

    def __enter__(self) -> Self:
        self._path.__enter__()
        try:
            for number, (name, device) in enumerate(zip(self._names, self._devices, strict=True)):
                _ip("netns", "add", name)
                self._made.append(name)
                _ip("link", "set", device, "netns", name)
                _ip("-n", name, "link", "set", "lo", "up")
                _ip("-n", name, "address", "add", _HOSTS[number], "peer", _HOSTS[1 - number], "dev", device)
                _ip("-n", name, "link", "set", device, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._path.stop()
        while self._made:
            _ip("netns", "delete", self._made.pop())

    def prefix(self, side: int) -> tuple[str, ...]:
        """Words that run a command within a side."""
        return ("ip", "netns", "exec", self._names[side])

    def bind(self, side: int) -> socket.socket:
        """A UDP socket within a side; a socket stays in the namespace in which it was made.

        Raises:
            InvalidArgument: the system does not let this thread in.
        """
        with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{self._names[side]}") as there:
            _enter(there.fileno())
            try:
                return bind(_HOSTS[side], 0)
            finally:
                _enter(home.fileno())


def _ip(*words: str) -> None:
    try:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=_COMMAND_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidArgument(f"ip {' '.join(words)}: {error}") from error
    if done.returncode:
        raise InvalidArgument(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise InvalidArgument(f"setns: {os.strerror(ctypes.get_errno())}")
