"""A landmark and provers on loopback, in one event loop, emulated paths in threads, and what tests of them send."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator

from attestation import ED25519, SOUND, Flaws, SigningKey
from attestation.commands.configuration import read_landmark
from attestation.packets import NONCE, Request, peek
from attestation.udp import Address, LandmarkServer, Limits, Patience, Peer, bind
from attestation.udp.path import UdpCarrier, carry, steady

from .field import AUDIENCE, seed

LANDMARK_KEY = SigningKey.from_seed(seed("landmark"))
GENEROUS = Limits(requests_per_s=1e5, requests_burst=1e5, host_per_s=1e5, host_burst=1e5)
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


def is_nonce(packet: bytes) -> bool:
    return (peek(packet) or (0, b""))[0] == NONCE


class Log(list):
    """Takes events, as a landmark logs them."""

    def __call__(self, event, **said):
        self.append((event, said))

    def of(self, event):
        return [said for name, said in self if name == event]


@contextlib.asynccontextmanager
async def landmark(
    limits: Limits = GENEROUS, flaws: Flaws = SOUND, key: SigningKey = LANDMARK_KEY, log=None, kernel_stamps: bool = True
) -> AsyncIterator[LandmarkServer]:
    """A landmark at work, until the block is left."""
    stop = asyncio.Event()
    server = LandmarkServer(
        bind("127.0.0.1", 0),
        landmark_id="one",
        key=key,
        audience=AUDIENCE,
        limits=limits,
        flaws=flaws,
        log=Log() if log is None else log,
        kernel_stamps=kernel_stamps,
    )
    serving = asyncio.create_task(server.serve(stop))
    await asyncio.sleep(0)
    try:
        yield server
    finally:
        stop.set()
        await serving


def peer(address: Address, key: SigningKey = LANDMARK_KEY, name: str = "one") -> Peer:
    return Peer(name, key.public_key, address)


@contextlib.contextmanager
def path(address: Address, delay_ms: float) -> Iterator[Address]:
    """The address of a port that forwards to another after a delay."""
    with PathThread(address, delay_ms) as between:
        yield between.address


class _InThread:
    """Something in a thread where a process would be, for tests that must be cheap; within `with`."""

    def __init__(self) -> None:
        self.pid, self.log = os.getpid(), []
        self._stop, self._ready = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()


class LandmarkThread(_InThread):
    """As `LandmarkProcess`."""

    stamps = "kernel"

    def __init__(self, configuration, *, prefix=()) -> None:
        super().__init__()
        self._said = read_landmark(str(configuration))

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        def log(event, **said):
            self.log.append({"event": event, **said})

        said, stop = self._said, asyncio.Event()
        kinds = {name: getattr(said, name) for name in ("landmark_id", "key", "audience", "limits", "flaws")}
        server = LandmarkServer(bind(said.host, said.port), **kinds, log=log)
        self.address = server.address
        serving = asyncio.create_task(server.serve(stop))
        self._ready.set()
        while not self._stop.is_set():
            await asyncio.sleep(0.01)
        stop.set()
        await serving


class PathThread(_InThread):
    """As `PathProcess`."""

    def __init__(self, landmark: Address, delay_ms: float) -> None:
        super().__init__()
        sock = bind("127.0.0.1", 0)
        self.address = sock.getsockname()
        self._carrier, self._delay_ns = UdpCarrier(sock, landmark), round(delay_ms * 1e6)
        self._ready.set()

    def _run(self) -> None:
        carry([(self._carrier, steady(self._delay_ns))], self._stop.is_set)
