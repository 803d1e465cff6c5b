"""The command `report`: every question answered, as one page and as a folder to attach to a paper.

Questions are answered in processes of their own, several at a time, each in a folder of its own. What is finished is taken
as it is when the command is given again, so that a report that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scenarios.answering.brief import asked
from scenarios.command_line import EXIT_DONE, EXIT_INTERRUPTED, EXIT_RUN_FAILED, EXIT_USER_ERROR, add_options, options_of
from scenarios.contents import CHAPTERS
from scenarios.manifests import ManifestError
from scenarios.reporting.finished import Finished, read_finished, why_not
from scenarios.reporting.page import Entry, Report, page
from scenarios.reporting.paper import STAGING, edited, write_paper
from scenarios.reporting.runs import Made, make
from scenarios.study import Options, UsageError, id_of, load_question, questions, usable_processors, uses_engine
from sim import OutputError, ScenarioError
from sim.output import MANIFEST, UNFINISHED, refuse_foreign
from sim.run_files import finished_runs

PAGE_FILE, QUESTIONS, PAPER = "report.html", "questions", "paper"
OURS = (PAGE_FILE, QUESTIONS, PAPER)
DEFAULT_OUT = Path("output/report")


@dataclass(frozen=True)
class Ask:
    """A question that a report is to hold.

    Attributes:
        options: how it is asked.
        study_id: of the study that answers it.
    """

    options: Options
    study_id: str

    def why_not(self) -> str | None:
        """Why what is in its folder cannot be taken as it is; None if it can, empty if there is nothing."""
        return why_not(self.options.folder, self.study_id, self.options.command or ())


@dataclass(frozen=True)
class Plan:
    """What a report is to hold.

    Attributes:
        chapters: names of questions, in their order, by the name of their chapter.
        asks: how each is asked, by its name.
        out: the folder of the report.
        command: what makes the report again.
        quick: whether it is small.
        seed: base seed of every question.
        workers: how many processes make it.
    """

    chapters: Mapping[str, Sequence[str]]
    asks: Mapping[str, Ask]
    out: Path
    command: str
    quick: bool
    seed: int
    workers: int


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    report = commands.add_parser("report", help="answer every question; make a page and a folder for a paper of it")
    report.add_argument("--questions", metavar="NAME,NAME", help="only these (default: all)")
    report.add_argument("--out", type=Path, default=DEFAULT_OUT, help=f"folder for the report (default: {DEFAULT_OUT})")
    report.add_argument("--workers", type=int, help="processes; the results do not depend on it (default: all processors)")
    report.add_argument("--seed", type=int, default=1, help="base seed of every question")
    report.add_argument("--quick", action="store_true", help="a small version of each question, within minutes")
    report.add_argument("--force", action="store_true", help="replace what the folder holds of another report")
    report.set_defaults(command_function=report_command)


def report_command(arguments: argparse.Namespace) -> int:
    """Answer what is not answered yet, then write page and folder; returns the exit code."""
    try:
        return _report(arguments)
    except (UsageError, ScenarioError, OutputError) as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print(f"interrupted: {_kept(arguments.out)}", file=sys.stderr)
        return EXIT_INTERRUPTED


def _report(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    plan = plan_of(arguments)
    refuse_other_files(plan, arguments.force)
    to_make = []
    for name, ask in plan.asks.items():
        reason = ask.why_not()
        if reason is not None:
            to_make.append(ask.options)
        if reason:
            print(f"{name}: to be made again: {reason}", file=sys.stderr)
    if taken := len(plan.asks) - len(to_make):
        print(f"{taken} of {len(plan.asks)} questions are answered already", file=sys.stderr)
    report = report_of(plan, make(to_make, plan.workers))
    write_report(report, plan.out)
    print(f"Done in {time.monotonic() - started:.0f} s: {len(report.finished)} of {len(plan.asks)} questions.")
    for name in (PAGE_FILE, PAPER, QUESTIONS):
        print(f"  {plan.out / name}")
    for entry in report.failed:
        print(f"error: {entry.name}: {entry.error}", file=sys.stderr)
    return EXIT_RUN_FAILED if report.failed else EXIT_DONE


def plan_of(arguments: argparse.Namespace) -> Plan:
    """Which questions a report holds, and how each is asked; says which there are none of yet.

    Raises:
        UsageError: a number is out of range, or a question is unknown.
    """
    planned = [name for names in CHAPTERS.values() for name in names]
    wanted = planned if arguments.questions is None else [name.strip() for name in arguments.questions.split(",")]
    if unknown := [name for name in wanted if name not in planned]:
        raise UsageError(f"--questions: {unknown[0]!r} is not a question of the report; allowed: {', '.join(planned)}")
    _refuse_numbers(arguments)
    there = {name for name, _ in questions()}
    ready = [name for name in planned if name in wanted and name in there and hasattr(load_question(name), "DRIVERS")]
    if missing := [name for name in planned if name in wanted and name not in ready]:
        print(f"Left out, since they have no answer yet: {', '.join(missing)}", file=sys.stderr)
    if not ready:
        raise UsageError(f"--questions: none of {', '.join(wanted)} has an answer yet")
    workers = usable_processors() if arguments.workers is None else arguments.workers
    asks = {}
    for name in ready:
        options = _options(name, arguments, max(1, workers // len(ready)))
        asks[name] = Ask(options, id_of(load_question(name).study(options), options))
    chapters = {chapter: [name for name in names if name in ready] for chapter, names in CHAPTERS.items()}
    return Plan(
        chapters={chapter: names for chapter, names in chapters.items() if names},
        asks=asks,
        out=arguments.out,
        command=command_of(arguments),
        quick=arguments.quick,
        seed=arguments.seed,
        workers=workers,
    )


def _refuse_numbers(arguments: argparse.Namespace) -> None:
    """Refuse what `run` would refuse, before anything is done."""
    words = ["--seed", str(arguments.seed)]
    words += [] if arguments.workers is None else ["--workers", str(arguments.workers)]
    options_of("report", _parsed(words))


def _options(name: str, arguments: argparse.Namespace, workers: int) -> Options:
    """What `run` would be told to ask a question so, in the folder of the report."""
    words = ["--seed", str(arguments.seed), *(["--quick"] if arguments.quick else [])]
    words += ["--out", str(arguments.out / QUESTIONS / name), *(["--force"] if arguments.force else [])]
    words += ["--workers", str(workers if uses_engine(load_question(name)) else 1)]
    return options_of(name, _parsed(words))


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


def command_of(arguments: argparse.Namespace) -> str:
    """What makes the same report, wherever and with any number of processes."""
    words = ["python", "-m", "scenarios", "report", "--seed", str(arguments.seed)]
    words += [] if arguments.questions is None else ["--questions", arguments.questions]
    return shlex.join([*words, *(["--quick"] if arguments.quick else [])])


def refuse_other_files(plan: Plan, force: bool) -> None:
    """Refuse a folder in which something would be lost, before anything is made, unless `force` says that it may go.

    Raises:
        OutputError: it holds other files, another study, or attachments that somebody edited; or it cannot be written to.
    """
    out = plan.out
    try:
        existed = out.exists()
        out.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(dir=out, prefix=".")).rmdir()
        others = sorted(path.name for path in out.iterdir() if not path.name.startswith((*OURS, STAGING)))
        changed = edited(out / PAPER)
        if not existed:
            out.rmdir()  # nothing is left behind if something else is wrong
    except OSError as error:
        raise OutputError(f"--out: cannot write to {out}: {error.strerror}") from None
    if force:
        return
    if others:
        raise OutputError(f"--out: {out} holds {others[0]!r}, which is of no report; name another folder or add --force")
    if changed:
        raise OutputError(
            f"--out: {out / PAPER / changed[0]} is not as it was written, and would be lost; "
            "move it, name another folder, or add --force"
        )
    for ask in plan.asks.values():
        refuse_foreign(ask.options.folder, ask.study_id, force)


def report_of(plan: Plan, made: Mapping[str, Made]) -> Report:
    """The report on what there is now.

    Args:
        plan: what it is to hold.
        made: how the making of a question ended, of those that were not there already.
    """
    chapters = {}
    for chapter, names in plan.chapters.items():
        chapters[chapter] = [_entry(name, plan.asks[name], made.get(name)) for name in names]
    return Report(chapters, plan.command, plan.quick, plan.seed)


def _entry(name: str, ask: Ask, made: Made | None) -> Entry:
    """A question of a report: what its folder holds, if that is of this study and this version, and what went wrong."""
    asks = asked(load_question(name))
    error = made.error if made is not None else ""
    if made is not None and (reason := ask.why_not()) is not None:
        return Entry(name, asks, None, error or reason or "it was not answered")
    try:
        finished: Finished | None = read_finished(name, ask.options.folder)
    except ManifestError as mistake:
        return Entry(name, asks, None, error or str(mistake))
    if finished is not None and finished.failed_draws and not error:
        error = f"{finished.failed_draws} draws failed and are left out; see failures.csv"
    return Entry(name, asks, finished, error)


def write_report(report: Report, out: Path) -> None:
    """Write the page and the folder for a paper, each whole or not at all.

    Raises:
        OutputError: they cannot be written.
    """
    text = page(report)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_paper(report, out / PAPER)
        (out / f"{PAGE_FILE}.unfinished").write_text(text, encoding="utf-8")
        (out / f"{PAGE_FILE}.unfinished").replace(out / PAGE_FILE)
    except OSError as error:
        raise OutputError(f"--out: cannot write to {out}: {error.strerror}") from None


def _kept(out: Path) -> str:
    """What there is of a report that did not come to its end. What was begun and holds no finished run is removed."""
    folders = sorted(path for path in (out / QUESTIONS).glob("*") if path.is_dir())
    for folder in folders:
        if (folder / UNFINISHED).is_dir() and not finished_runs(folder / UNFINISHED):
            shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    for folder in (*folders, out / QUESTIONS, out):
        with suppress(OSError):
            folder.rmdir()  # if it is empty
    finished = sum(1 for folder in folders if (folder / MANIFEST).exists())
    runs = sum(finished_runs(folder / UNFINISHED) for folder in folders)
    if not finished and not runs:
        return "nothing was written"
    kept = f"answered questions: {finished}, finished runs of others: {runs:,}"
    return f"kept in {out / QUESTIONS} are {kept}; the same command goes on from there"
