"""Landmarks and emulated paths in processes of their own, for trials: started, ready, stopped, and never left behind."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from ..errors import InvalidArgument
from .datagrams import Address

_MOST_LINES = 10_000
_STOP_S = 10.0


class _Process:
    """A command of this package that logs `started` when it is ready; within `with`.

    Attributes:
        started: that line of its log; known once entered.
        log: lines of its log since, of which the latest 10,000 are kept.
        code: exit code, once left.

    Raises:
        InvalidArgument: on entering, if it does not start; the message is what it said.
    """

    def __init__(self, words: Sequence[str], prefix: Sequence[str]) -> None:
        self._command = [*prefix, sys.executable, "-m", "attestation", *words]
        self.started: dict[str, Any] = {}
        self.log: list[dict[str, Any]] = []
        self.code: int | None = None

    def __enter__(self) -> Self:
        # The same package as here, wherever this one was imported from.
        paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True, env=environment)
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        first = self._stderr.readline()
        try:
            self.started = json.loads(first)
        except ValueError as error:
            said = first + self._stderr.read()
            self.code = self._process.wait()
            self._stderr.close()
            raise InvalidArgument(f"it has not started: {said.strip()}") from error
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        try:
            self.code = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.code = self._process.wait()
        self._reader.join()
        self._stderr.close()

    def _read(self) -> None:
        for line in self._stderr:
            self.log.append(json.loads(line))
            del self.log[:-_MOST_LINES]


class LandmarkProcess(_Process):
    """`python -m attestation landmark --config FILE`.

    Args:
        configuration: file of the landmark.
        seconds: ends by itself after so long, should nobody stop it.
        prefix: words before the command, such as `("ip", "netns", "exec", "a")`.
    """

    def __init__(self, configuration: Path, *, seconds: float = 600.0, prefix: Sequence[str] = ()) -> None:
        super().__init__(["landmark", "--config", str(configuration), "--seconds", str(seconds)], prefix)

    @property
    def address(self) -> Address:
        """Where it answers."""
        return self.started["host"], self.started["port"]

    @property
    def stamps(self) -> str:
        """Where it takes arrival from: "kernel" or "process"."""
        return str(self.started["stamps"])


class PathsProcess(_Process):
    """`python -m attestation path`: emulated paths to landmarks, each with a delay of its own, in one process.

    Args:
        paths: where a landmark answers, and the delay of the path to it, one way, in ms.
        seconds: ends by itself after so long, should nobody stop it.
    """

    def __init__(self, paths: Sequence[tuple[Address, float]], *, seconds: float = 600.0) -> None:
        words = [word for (host, port), delay_ms in paths for word in ("--ms", str(delay_ms), "--to", f"{host}:{port}")]
        super().__init__(["path", *words, "--seconds", str(seconds)], ())

    @property
    def addresses(self) -> list[Address]:
        """Where each path is entered: provers ask there instead."""
        return [(host, port) for host, port in self.started["addresses"]]


class PathProcess(PathsProcess):
    """One such path."""

    def __init__(self, landmark: Address, delay_ms: float, *, seconds: float = 600.0) -> None:
        super().__init__([(landmark, delay_ms)], seconds=seconds)

    @property
    def address(self) -> Address:
        """Where it is entered."""
        return self.addresses[0]


class TunnelProcess(_Process):
    """`python -m attestation path --tun`: an emulated path between two TUN devices, which takes rights.

    Args:
        devices: their names.
        delay_ms: one way, in ms.
        seconds: ends by itself after so long, should nobody stop it.
    """

    def __init__(self, devices: tuple[str, str], delay_ms: float, *, seconds: float = 600.0) -> None:
        super().__init__(["path", "--ms", str(delay_ms), "--tun", ",".join(devices), "--seconds", str(seconds)], ())
