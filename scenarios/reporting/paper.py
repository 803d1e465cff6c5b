"""A folder to attach to a paper: the figures, tables, captions, manifests, assumptions and references of a report.

The names of files say what they are of, and do not depend on which other questions are in the report.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from scenarios.answering.latex import as_bibtex
from scenarios.reporting.finished import FORMS, Finished
from scenarios.reporting.page import Report
from scenarios.reporting.register import bibliography, register
from sim.output import MANIFEST
from sim.provenance import file_digest

SUMS = "SHA256SUMS"
STAGING = ".paper-"
"""What the name of a folder begins with that is not whole yet."""

FOLDER_OF = {"pdf": "figures", "svg": "figures", "png": "figures", "csv": "data", "txt": "captions"}

README = """\
Location verification of AI chips, simulated: attachments of a report
=====================================================================
{mark}
Made {dates} by chip-location-verification {versions}{commits}, base seed {seed}, with

    {command}

answers.txt        each question, its answer, what its intervals cover, whose its counts are, and the id of its study
figures/           NAME-figNN-slug.pdf, .svg and .png, {figures} figures of {questions} questions
data/              the numbers drawn in each figure, as CSV
captions/          the caption of each figure, with the assumptions that matter
tables/            NAME.csv: the table of each question, as numbers; NAME.tex: for LaTeX, with the package booktabs
drivers/           NAME.csv: the assumptions that drive each answer
manifests/         NAME.json: what made each study: levers, parameters, seeds, digests of code, data and files
assumptions.csv    every number about the world: low, central, high, unit, kind, source, note
references.bib     every source, for BibTeX
{sums}         checksums of all of this; `sha256sum --check {sums}` reads it

NAME is the name of a question. `python -m scenarios run NAME` asks it again, `python -m scenarios rerun manifests/NAME.json`
makes the same study again and says what differs. How to cite: version, commit, and the id of the study, which stands in each
figure.
"""


def write_paper(report: Report, folder: Path) -> None:
    """Write the folder, whole or not at all; what it held is replaced.

    Args:
        report: what goes in. The files of its questions are copied as they are.
        folder: where to; its parent exists.

    Raises:
        OSError: it cannot be written.
    """
    for left in folder.parent.glob(f"{STAGING}*"):  # by one that was killed
        shutil.rmtree(left, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder.parent))
    try:
        staging.chmod(0o755)
        for name in ("figures", "data", "captions", "tables", "drivers", "manifests"):
            (staging / name).mkdir()
        for one in report.finished:
            _copy(one, staging)
        _write(staging / "answers.txt", "\n".join(_told(one) for one in report.finished))
        register().to_csv(staging / "assumptions.csv", index=False, lineterminator="\n")
        _write(staging / "references.bib", as_bibtex(bibliography()))
        _write(staging / "README.txt", _readme(report))
        _write(staging / SUMS, "".join(f"{digest}  {name}\n" for name, digest in _digests(staging).items()))
        if folder.exists():
            shutil.rmtree(folder)
        staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def edited(folder: Path) -> list[str]:
    """Files in such a folder that are not as they were written, or that somebody else put there."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines() if (folder / SUMS).exists() else []
    written = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    return [name for name, digest in _digests(folder).items() if name != SUMS and written.get(name) != digest]


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def _copy(one: Finished, staging: Path) -> None:
    for shown in one.figures:
        for form in FORMS:
            shutil.copyfile(
                one.folder / f"{shown.stem}.{form}", staging / FOLDER_OF[form] / f"{one.name}-{shown.stem}.{form}"
            )
    for form in ("csv", "tex"):
        shutil.copyfile(one.folder / f"answer-table.{form}", staging / "tables" / f"{one.name}.{form}")
    shutil.copyfile(one.folder / "assumptions.csv", staging / "drivers" / f"{one.name}.csv")
    shutil.copyfile(one.folder / MANIFEST, staging / "manifests" / f"{one.name}.json")


def _told(one: Finished) -> str:
    counts = f" {one.counts}." if one.counts else ""
    return (
        f"{one.question}\n{one.answer}\nIntervals: {one.intervals}.{counts} Study {one.manifest['id'][:12]}, {one.name}.\n"
    )


def _readme(report: Report) -> str:
    made = report.made
    mark = "\nQUICK: made in small sizes, no basis for a claim.\n" if report.quick else ""
    failed = "".join(f"\nNot everything went well: {entry.name}: {entry.error}\n" for entry in report.failed)
    commits = f", commit {made.commits}{' with changes: do not cite' if made.dirty else ''}" if made.commits else ""
    return README.format(
        mark=mark + failed,
        dates=made.dates,
        versions=made.versions,
        commits=commits,
        seed=report.seed,
        command=report.command,
        figures=len(report.figures),
        questions=len(report.finished),
        sums=SUMS,
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
