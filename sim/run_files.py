"""Finished runs of a study that is not yet finished: one file each, written whole or not at all.

A study that is stopped at any moment, even by force, finds here what it had done and makes only the rest. The file of a
run is written under another name and then renamed; one that is damaged all the same counts as not there. Runs of another
study, or of another version of the simulator, are not mixed in: they are thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .outcomes.diversions import Fate
from .outcomes.outcome import Outcome
from .output import STUDY
from .provenance import source_digest
from .results import Run

SUFFIX = ".run.npz"
PLAN = "plan.json"
"""Beside the runs, the file that says which there will be."""

ABOUT = "about"
OF_SITES = "site:"
"""Before the names of columns about sites, which have as many rows as there are sites and not as chips."""


@dataclass(frozen=True)
class RunFiles:
    """The files of one study's runs, in a folder of their own."""

    folder: Path

    def events(self, policy: str, draw: int, run: int) -> Path:
        """Where the events of a run go; they are there before the run's own file is."""
        return self.folder / f"{policy}-{draw}-{run}.events.csv.gz"

    def plan(self, policies: Collection[str], draws: int, runs: int) -> None:
        """Write down which runs there will be: each of each draw under each policy."""
        _write_whole(self.folder / PLAN, {"policies": list(policies), "draws": draws, "runs": runs})

    def keep(self, run: Run) -> None:
        """Write down a finished run."""
        path = self._path(run.scenario, run.draw, run.run)
        about = json.dumps(
            {"outcomes": run.outcomes, "fates": run.fates, "events": run.events is not None}, default=_plain_number
        )
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with partial.open("wb") as file:
            of_sites = {f"{OF_SITES}{name}": column for name, column in run.sites.items()}
            arrays: dict[str, Any] = {ABOUT: np.frombuffer(about.encode(), np.uint8), **run.chips, **of_sites}
            np.savez(file, **arrays)
        partial.replace(path)

    def find(self, policy: str, draw: int, run: int) -> Run | None:
        """A run as it was written down; None if it was not."""
        try:
            with self._path(policy, draw, run).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                columns = {name: file[name] for name in file.files}
            about = json.loads(columns.pop(ABOUT).tobytes())
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
        events = self.events(policy, draw, run) if about["events"] else None
        outcomes = tuple(Outcome(*outcome) for outcome in about["outcomes"])
        sites = {name.removeprefix(OF_SITES): columns.pop(name) for name in list(columns) if name.startswith(OF_SITES)}
        return Run(policy, draw, run, outcomes, columns, events, tuple(Fate(*fate) for fate in about["fates"]), sites)

    def _path(self, policy: str, draw: int, run: int) -> Path:
        return self.folder / f"{policy}-{draw}-{run}{SUFFIX}"


def run_files(folder: Path, study_id: str) -> RunFiles:
    """The files of a study's runs in a folder, which is made if need be; those of another study or version are removed.

    Raises:
        OSError: the folder cannot be read or written to.
    """
    about = {"id": study_id, "source_sha256": source_digest()}
    if _held(folder) != about:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if (path / STUDY).exists():  # of an ensemble that is part of the study
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
        _write_whole(folder / STUDY, about)
    return RunFiles(folder)


def _write_whole(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON to a file, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(content) + "\n", encoding="utf-8")
    partial.replace(path)


def finished_runs(folder: Path) -> int:
    """How many finished runs a folder holds, those of ensembles in it included."""
    return sum(1 for path in folder.rglob(f"*{SUFFIX}") if not path.name.startswith("."))


def _held(folder: Path) -> dict[str, str] | None:
    """Which study and which version of the simulator the runs in a folder are of; None if it does not say."""
    try:
        held = json.loads((folder / STUDY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _plain_number(number: object) -> object:
    """A number of numpy as Python's own, which has the same value."""
    if isinstance(number, np.generic):
        return number.item()
    raise TypeError(f"{type(number).__name__} is not a number")
