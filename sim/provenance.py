"""Where a result comes from: everything needed to make it again and to name it."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attestation

from .parameters import parameter_digest
from .scenario import Scenario

DISTRIBUTION = "chip-location-verification"
PACKAGES = ("numpy", "simpy", "cryptography", "cbor2", "scipy", "pandas", "pyproj", "pydantic", "matplotlib")


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
        "schema": 1,
        "id": study_digest(question, scenario, seed, runs, quick, draws, beside, design),
        "question": question,
        "scenario": scenario.model_dump(mode="json"),
        **({"beside": [policy.model_dump(mode="json") for policy in beside]} if beside else {}),
        "seed": seed,
        "runs": runs,
        "draws": draws,
        **({"design": dict(design)} if design else {}),
        "quick": quick,
        "parameters_sha256": parameter_digest(),
        "software": {DISTRIBUTION: _version(DISTRIBUTION), **git_state()},
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: _version(name) for name in PACKAGES},
        },
    }


@cache
def source_digest() -> str:
    """SHA-256 over the source code and the data files of the simulator, as they are installed.

    What it names gives the same results for the same scenario and seed, on one platform with the same packages.
    """
    digest = hashlib.sha256()
    for package in (Path(attestation.__file__).parent, Path(__file__).parent):
        for path in sorted(package.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{package.name}/{path.relative_to(package).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


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
