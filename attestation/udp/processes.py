"""A landmark in a process of its own, for trials: started, ready, stopped, and never left behind."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument
from .datagrams import Address

_MOST_LINES = 10_000
_STOP_S = 10.0


class LandmarkProcess:
    """`python -m attestation landmark --config FILE`, within `with`.

    Args:
        configuration: file of the landmark.
        seconds: ends by itself after so long, should nobody stop it.
        prefix: words before the command, such as `("ip", "netns", "exec", "a")`.

    Attributes:
        address: where it answers; known once entered.
        stamps: where it takes arrival from, "kernel" or "process".
        log: lines of its log so far, of which the latest 10,000 are kept.
        code: exit code, once left.

    Raises:
        InvalidArgument: on entering, if it does not start; the message is what it said.
    """

    def __init__(self, configuration: Path, *, seconds: float = 600.0, prefix: Sequence[str] = ()) -> None:
        self._command = [
            *prefix, sys.executable, "-m", "attestation",
            "landmark", "--config", str(configuration), "--seconds", str(seconds),
        ]  # fmt: skip
        self.address: Address = ("", 0)
        self.stamps = ""
        self.log: list[dict[str, Any]] = []
        self.code: int | None = None

    def __enter__(self) -> "LandmarkProcess":
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        first = self._stderr.readline()
        try:
            started = json.loads(first)
        except ValueError as error:
            said = first + self._stderr.read()
            self._process.wait()
            self._stderr.close()
            raise InvalidArgument(f"the landmark has not started: {said.strip()}") from error
        self.address, self.stamps = (started["host"], started["port"]), started["stamps"]
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
