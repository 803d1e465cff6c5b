"""A landmark and provers on loopback, in one event loop, and emulated paths in threads."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator

from attestation import SOUND, Flaws, SigningKey
from attestation.udp import Address, LandmarkServer, Limits, Peer, bind
from attestation.udp.path import UdpCarrier, carry

from .field import AUDIENCE, seed

LANDMARK_KEY = SigningKey.from_seed(seed("landmark"))
GENEROUS = Limits(requests_per_s=1e5, requests_burst=1e5, host_per_s=1e5, host_burst=1e5)


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
    sock = bind("127.0.0.1", 0)
    front = sock.getsockname()
    carrier, stop = UdpCarrier(sock, address), threading.Event()
    thread = threading.Thread(target=carry, args=(carrier, round(delay_ms * 1e6), stop.is_set))
    thread.start()
    try:
        yield front
    finally:
        stop.set()
        thread.join()
