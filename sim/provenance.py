"""Where a result comes from: everything needed to make it again and to name it.

The manifest of a result (`manifest.json`, schema 2) holds the policies and the parameters in use, seeds and design, the
command, digests of the code and of each data file, the versions it was made with, and a checksum of each file written.
It holds nothing private: no names of users or hosts, no paths.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import attestation

from .parameters import parameter_digest
from .randomness import run_seed
from .scenario import Scenario

SCHEMA = 2
DISTRIBUTION = "chip-location-verification"
PARTS = ("attestation", "sim", "scenarios")
PACKAGES = (
    "numpy",
    "simpy",
    "cryptography",
    "cbor2",
    "scipy",
    "pandas",
    "pyproj",
    "pydantic",
    "matplotlib",
    "pyarrow",
    "SALib",
)
"""What can change a number or a byte of a result."""


def study_digest(
    question: str,
    scenario: Scenario,
    seed: int,
    runs: int,
    quick: bool,
    draws: int | None = None,
    beside: Sequence[Scenario] = (),
    design: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256 that names a study: question, policies, parameters, base seed, design and whether it was quick.

    The design is the number of runs, if parameters are drawn that of draws, and what `design` says further, ready for
    JSON; it is the same with any number of workers.
    """
    key = {
        "question": question,
        "scenario": scenario.digest(),
        "parameters": parameter_digest(),
        "seed": seed,
        "runs": runs,
        "draws": draws,
        "quick": quick,
        **({"beside": [policy.digest() for policy in beside]} if beside else {}),
        **({"design": design} if design else {}),
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def manifest(
    question: str,
    scenario: Scenario,
    seed: int,
    runs: int,
    quick: bool,
    draws: int | None = None,
    beside: Sequence[Scenario] = (),
    design: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A description of a study that can be written as JSON. `draws` is None if parameters stay at the scenario's values."""
    return {
        "schema": SCHEMA,
        "id": study_digest(question, scenario, seed, runs, quick, draws, beside, design),
        "question": question,
        "scenario": scenario.model_dump(mode="json"),
        **({"beside": [policy.model_dump(mode="json") for policy in beside]} if beside else {}),
        "seed": seed,
        "runs": runs,
        "draws": draws,
        **({"design": dict(design)} if design else {}),
        "quick": quick,
        "parameters": dict(scenario.values),
        "parameters_sha256": parameter_digest(),
        **made_with(),
    }


def made_with() -> dict[str, Any]:
    """What the simulator is made of here and now: version, git, digests of code and data, Python, platform, packages."""
    return {
        "software": {DISTRIBUTION: _version(DISTRIBUTION), **git_state()},
        "code_sha256": code_digests(),
        "data_sha256": data_digests(),
        "environment": {
            "python": platform.python_version(),
            "platform": _platform(),
            "vector_instructions": _vector_instructions(),
            **{name: _version(name) for name in PACKAGES},
        },
    }


def seeds_of_runs(seed: int, runs: int, draws: Iterable[int] = (0,)) -> list[str]:
    """The seed of each run, draw by draw, in decimal digits: as numbers they would lose some above 53 bits."""
    return [str(run_seed(seed, run, draw)) for draw in draws for run in range(runs)]


def stopwatch() -> Callable[[], float]:
    """A function that says how many seconds have passed since, to a tenth. Only manifests hear of it."""
    started = time.monotonic()
    return lambda: round(time.monotonic() - started, 1)


def utc_now() -> str:
    """Date and time, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checksums(folder: Path) -> dict[str, dict[str, Any]]:
    """SHA-256 and size of each file in a folder, by name."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {path.name: {"sha256": file_digest(path), "bytes": path.stat().st_size} for path in files}


def file_digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_digests() -> Mapping[str, str]:
    """SHA-256 over the Python files of each package, by its name, as they are installed."""
    top = Path(__file__).parent.parent
    return {package: _digest_of_files(sorted((top / package).rglob("*.py"))) for package in PARTS}


@cache
def data_digests() -> Mapping[str, str]:
    """SHA-256 of each file of data in the simulator, by its path within `sim/data`."""
    data = Path(__file__).parent / "data"
    return {path.relative_to(data).as_posix(): file_digest(path) for path in sorted(data.rglob("*")) if path.is_file()}


@cache
def source_digest() -> str:
    """SHA-256 over the source code and the data files of the simulator, as they are installed.

    What it names gives the same results for the same scenario and seed, on one platform with the same packages.
    """
    packages = Path(attestation.__file__).parent, Path(__file__).parent
    return _digest_of_files(path for package in packages for path in sorted(package.rglob("*")) if path.suffix != ".pyc")


def _digest_of_files(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of files of this distribution."""
    top = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(f"{path.relative_to(top).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _platform() -> str:
    """System, processor and C library, which hold the functions of mathematics. No name of a kernel on Linux."""
    system = platform.system()
    release = "" if system == "Linux" else platform.release()
    return " ".join(filter(None, (system, release, platform.machine(), *platform.libc_ver())))


def _vector_instructions() -> str:
    """What numpy found in this processor: sums may differ in the last bit where it has others."""
    found = np.show_config(mode="dicts")
    return ", ".join(found.get("SIMD Extensions", {}).get("found", [])) if found else ""


def git_state() -> dict[str, Any]:
    """Commit of the source tree and whether it has changes; empty outside a git checkout."""
    here = Path(__file__).resolve().parent.parent
    if not (here / ".git").exists():
        return {}
    try:
        commit = _git(here, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(here, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {}


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout.strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
