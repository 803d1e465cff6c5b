"""Runs made by a Dask cluster, in place of processes of this machine.

A run is a function of its job alone, so that it does not matter which worker makes it: a run whose worker is lost is made
again by another one. What matters is that all of them have the same source and the same packages, as results would differ
otherwise. That is asked of each worker before the first run, and with every run again, since workers may join later.

This needs `dask.distributed` (the extra `cluster`): https://distributed.dask.org
"""

from __future__ import annotations

import hashlib
import logging
import platform
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ..provenance import source_digest
from ..sweep import AT_ONCE, RunFailed

if TYPE_CHECKING:
    from distributed import Client

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

CONNECT_S = 10.0
"""Seconds within which a scheduler must answer, and within which one that was lost must be back."""

WORKERS_S = 30.0
"""Seconds within which a first worker must have joined: a script may have started them just now."""

DECISIVE = ("numpy", "scipy", "pandas", "simpy", "cbor2", "cryptography")
"""Packages on which the bytes of results may depend."""


class ClusterError(Exception):
    """There is no such cluster, or it cannot give the results that this machine would give."""


@cache
def software() -> dict[str, str]:
    """What results depend on besides scenario and seed, as it is here: source, packages and kind of machine."""
    return {
        "source": source_digest()[:12],
        "python": platform.python_version(),
        **{name: version(name) for name in DECISIVE},
        "machine": f"{platform.system()} {platform.machine()}",
    }


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """An executor whose work the workers of a Dask cluster do. The cluster goes on when this ends.

    Args:
        address: of its scheduler, such as "tcp://10.0.0.5:8786".

    Raises:
        ClusterError: Dask is not installed; no scheduler answers at the address; it has no workers; or a worker has not
            the same software as this process.
        RunFailed: within, that a run ended several workers one after the other, or a worker that joined later has other
            software.
    """
    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise ClusterError("a Dask cluster needs the extra: pip install -e '.[cluster]' in the checkout") from None
    try:
        _knock(address)
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: no Dask scheduler answers there ({_line(error)})") from None
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # a scheduler that is lost is told of by an exception, and needs no traceback
    try:
        _check_workers(client, address)
        executor = ClusterExecutor(client)
        try:
            yield executor
        except KilledWorker as error:
            raise RunFailed(
                f"{address}: a run ended one worker after the other, as for want of memory: {_line(error)}"
            ) from None
        except ClusterError as error:
            raise RunFailed(f"{address}: {error}") from None
    finally:
        client.close(CONNECT_S)
        log.setLevel(level)


def _knock(address: str) -> None:
    """See that somebody listens. Dask's own client would ask again and again until its time is over.

    Raises:
        OSError, ValueError: nobody does, or this is no address.
    """
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    scheme, place = parse_address(address)
    get_backend(scheme)
    if scheme in ("tcp", "tls"):
        host, port = parse_host_port(place)
        if not 0 < port < 2**16:
            raise ValueError(f"port {port} is not in 1 to 65535")
        with socket.create_connection((host, port), CONNECT_S) as connection:
            if scheme == "tcp" and not connection.recv(1):  # Dask's servers speak first
                raise OSError("it hangs up")


class ClusterExecutor(Executor):
    """A Dask client's executor, which has each worker compare its software with that of this process.

    Attributes:
        at_once: how many runs should be under way: two at least for each thread of the cluster.
    """

    def __init__(self, client: Client) -> None:
        self._executor = client.get_executor(pure=False)
        self._software = software()
        self.at_once = max(AT_ONCE, 2 * sum(client.nthreads().values()))

    def submit(self, work: Callable[Asked, Answer], /, *asked: Asked.args, **named: Asked.kwargs) -> Future[Answer]:
        """Have a worker do something, if its software is that of this process."""
        expected = {**self._software, **_own_source(work.__module__)}
        future: Future[Answer] = self._executor.submit(_alike, expected, work, *asked, **named)
        return future


def _alike(expected: Mapping[str, str], work: Callable[Asked, Answer], *asked: Asked.args, **named: Asked.kwargs) -> Answer:
    """On a worker: do the work, unless results would not be those of the process that asks."""
    here = {**software(), **_own_source(work.__module__)}
    if here != expected:
        raise ClusterError(f"worker on {platform.node()}: {_differences(expected, here)}")
    return work(*asked, **named)


@cache
def _own_source(module: str) -> dict[str, str]:
    """Digest of the package that a module is from, by its name; nothing for `sim`, which `software` has, or a script."""
    name = module.partition(".")[0]
    spec = find_spec(name) if name not in ("sim", "__main__") else None
    if spec is None or spec.origin is None or not spec.has_location:
        return {}
    origin, digest = Path(spec.origin), hashlib.sha256()
    for path in sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return {f"source of {name}": digest.hexdigest()[:12]}


def _check_workers(client: Client, address: str) -> None:
    """See that there are workers, and that all have the software of this process.

    Raises:
        ClusterError: otherwise.
    """
    try:
        client.wait_for_workers(1, WORKERS_S)
    except TimeoutError:
        raise ClusterError(f"{address}: the scheduler has no workers, and none joined in {WORKERS_S:g} s") from None
    found: Mapping[str, Any] = client.run(software, on_error="return")
    for worker, theirs in sorted(found.items()):
        if isinstance(theirs, BaseException):
            raise ClusterError(f"worker {worker}: cannot load this version of the simulator ({_line(theirs)})")
        if theirs != software():
            raise ClusterError(f"worker {worker}: {_differences(software(), theirs)}")


def _differences(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    told = [f"{name} {found.get(name)} instead of {here}" for name, here in expected.items() if found.get(name) != here]
    return f"{', '.join(told)}: its results would not be the same; install the same release everywhere"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
