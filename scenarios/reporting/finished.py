"""A finished question, read from its folder as a report shows it: nothing is computed again."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scenarios.answering.brief import BRIEF
from scenarios.manifests import ManifestError, altered, changes, read_manifest
from scenarios.reporting.inline_svg import Drawing, read_drawing
from sim.output import MANIFEST
from sim.provenance import made_with

FORMS = ("pdf", "svg", "png", "csv", "txt")
"""The files of a figure: three drawings, its data and its caption."""


@dataclass(frozen=True)
class Shown:
    """A figure of a finished question.

    Attributes:
        stem: of its files, `figNN-slug`.
        drawing: what it looks like, and its claim.
        caption: what it shows, with the assumptions that matter.
    """

    stem: str
    drawing: Drawing
    caption: str

    @property
    def alternative(self) -> str:
        """For a reader who does not see it: its claim, or its caption if it makes none."""
        return self.drawing.claim or self.caption


@dataclass(frozen=True)
class ShownTable:
    """The table of a finished question.

    Attributes:
        caption: what it shows.
        heads: of its columns.
        cells: row by row, as text.
        sizes: row by row, by what a column is sorted; None where a cell is no number.
    """

    caption: str
    heads: Sequence[str]
    cells: Sequence[Sequence[str]]
    sizes: Sequence[Sequence[float | None]]

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        return [any(row[column] is not None for row in self.sizes) for column in range(len(self.heads))]


@dataclass(frozen=True)
class Finished:
    """A finished question.

    Attributes:
        name: of the question.
        folder: where its files are.
        question: as it is asked.
        answer: two sentences.
        intervals: what its intervals cover.
        counts: whose its counts are; empty if they are the nation's.
        figures: in their order.
        table: for a paper.
        drivers: the assumptions that drive it: name, here, low, central, high, unit, kind, source, note.
        references: keys of sources.
        manifest: what made it.
    """

    name: str
    folder: Path
    question: str
    answer: str
    intervals: str
    counts: str
    figures: Sequence[Shown]
    table: ShownTable
    drivers: Sequence[Mapping[str, str]]
    references: Sequence[str]
    manifest: Mapping[str, Any]

    @property
    def failed_draws(self) -> int:
        """How many draws are left out, because a run failed."""
        return len(self.manifest.get("failed_draws") or ())

    @property
    def command(self) -> str:
        """What makes the same study again."""
        words = self.manifest.get("command")
        return "python -m scenarios " + (" ".join(words) if words else f"run {self.name}")


def read_finished(name: str, folder: Path) -> Finished:
    """A finished question.

    Args:
        name: of the question.
        folder: that `run` wrote for it.

    Raises:
        ManifestError: the folder has no manifest that can be read, or no brief.
    """
    manifest, _ = read_manifest(folder)
    try:
        brief = json.loads((folder / BRIEF).read_text(encoding="utf-8"))
        with (folder / "assumptions.csv").open(encoding="utf-8", newline="") as file:
            drivers = list(csv.DictReader(file))
        return Finished(
            name=name,
            folder=folder,
            question=brief["question"],
            answer=brief["answer"],
            intervals=brief["intervals"],
            counts=brief["counts"],
            figures=[_figure(folder, stem) for stem in stems(manifest)],
            table=ShownTable(**brief["table"]),
            drivers=drivers,
            references=brief["references"],
            manifest=manifest,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ManifestError(f"{folder}: not a finished question that can be shown: {error!r:.200}") from None


@cache
def _now() -> dict[str, Any]:
    """What the simulator is made of, here and now."""
    return made_with()


def stems(manifest: Mapping[str, Any]) -> list[str]:
    """The stems of the figures' files that a manifest lists, in their order."""
    return sorted(Path(name).stem for name in manifest["files"] if name.startswith("fig") and name.endswith(".txt"))


def _figure(folder: Path, stem: str) -> Shown:
    drawing = read_drawing((folder / f"{stem}.svg").read_text(encoding="utf-8"))
    return Shown(stem, drawing, (folder / f"{stem}.txt").read_text(encoding="utf-8").strip())


def why_not(folder: Path, study_id: str, command: Sequence[str]) -> str | None:
    """Why the results in a folder cannot be taken as they are; None if they can.

    They can if they are of the same study, made by the same command, code, data and packages on the same platform, and if
    each file is as it was written. An empty text says that there are none.

    Args:
        folder: for the results of a question.
        study_id: of the study that is wanted.
        command: the words that make it.
    """
    if not (folder / MANIFEST).exists():
        return ""
    try:
        then, _ = read_manifest(folder)
    except ManifestError as error:
        return str(error)
    if then["id"] != study_id:
        return f"it holds the results of another study ({then['id'][:12]}, not {study_id[:12]})"
    if then.get("command") != list(command):
        return f"it was made by another command, {' '.join(then.get('command') or ['none'])}"
    telling = [change for change in changes(then, {**then, **_now()}) if change.telling]
    if telling:
        return "; ".join(str(change) for change in telling[:3]) + ("; and more" if len(telling) > 3 else "")
    spoiled = altered(folder, then["files"])
    if spoiled:
        return ", ".join(f"{name} is {how}" for name, how in spoiled.items())
    return None if BRIEF in then["files"] else f"{BRIEF} is missing"
