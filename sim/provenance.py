"""Where a result comes from: everything needed to make it again and to name it."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
) -> str:
    """SHA-256 that names a study: question, policies, parameters, base seed, design and whether it was quick.

    The design is the number of runs and, if parameters are drawn, of draws; it is the same with any number of workers.
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
) -> dict[str, Any]:
    """A description of a study that can be written as JSON. `draws` is None if parameters stay at the scenario's values."""
    return {
        "schema": 1,
        "id": study_digest(question, scenario, seed, runs, quick, draws, beside),
        "question": question,
        "scenario": scenario.model_dump(mode="json"),
        **({"beside": [policy.model_dump(mode="json") for policy in beside]} if beside else {}),
        "seed": seed,
        "runs": runs,
        "draws": draws,
        "quick": quick,
        "parameters_sha256": parameter_digest(),
        "software": {DISTRIBUTION: _version(DISTRIBUTION), **git_state()},
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: _version(name) for name in PACKAGES},
        },
    }


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
