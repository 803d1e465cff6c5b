"""What every policy question shares: options, what it makes ready to run, running it, and writing its results."""

from __future__ import annotations

import importlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

from scenarios.answering.brief import write_brief
from scenarios.progress import Progress
from sim import Result, Scenario, Tabulation, simulate
from sim.designs import Design, described
from sim.experiments.cluster import dask_executor
from sim.output import UNFINISHED, staged_folder
from sim.provenance import study_digest
from sim.run_files import finished_runs, run_files
from sim.table_files import Form, require

MAX_RUNS = 10_000
MAX_DRAWS = 10_000
MAX_WORKERS = 256
SizeName = Literal["column", "full", "slide"]  # those of sim.figures.style, which loads matplotlib
SIZE_NAMES = get_args(SizeName)


class UsageError(Exception):
    """The user's command line is wrong."""


@dataclass(frozen=True)
class Options:
    """What the command line says about a study.

    Attributes:
        name: the question.
        levers: dotted keys of the scenario to set, with their values.
        runs: number of runs, or None for the question's own choice.
        draws: number of draws of the uncertainties, 0 for parameters at the scenario's values, or None for the question's
            own choice.
        design: how the draws are spread over the ranges.
        workers: number of processes, or None for as many as there are processors to use.
        executor: who makes the runs: `processes` of this machine, or a `dask` cluster.
        scheduler: address of the cluster's scheduler.
        cluster: the executor of the cluster, while the question is answered; None: processes of this machine.
        tables: what the long tables are written as.
        size: of the figures; it changes nothing else.
        command: the words that say the same on the command line, for the manifest; None if nobody typed any.
    """

    name: str
    levers: dict[str, Any] = field(default_factory=dict)
    runs: int | None = None
    draws: int | None = None
    design: Design = "random"
    workers: int | None = None
    executor: str = "processes"
    scheduler: str | None = None
    cluster: Executor | None = None
    seed: int = 1
    out: Path | None = None
    quick: bool = False
    force: bool = False
    tables: Form = "csv"
    size: SizeName = "full"
    command: tuple[str, ...] | None = None

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.out if self.out is not None else Path("output") / self.name

    @property
    def runs_folder(self) -> Path:
        """Where finished runs are kept until all are."""
        return self.folder / UNFINISHED

    def scenario(self, name: str, quick_levers: dict[str, Any], setting: Mapping[str, Any] | None = None) -> Scenario:
        """The named scenario in the question's own setting, made small if the study is quick, the user's levers on top."""
        scenario = Scenario.load(name).replace_keys(setting or {})
        if self.quick:
            scenario = scenario.replace_keys(quick_levers)
        return scenario.replace_keys(self.levers) if self.levers else scenario


@dataclass(frozen=True)
class Study:
    """A question made ready to run.

    Attributes:
        scenario: under study.
        runs: number of runs of each draw (of worlds, if no engine runs).
        draws: number of draws of the uncertainties; None: parameters stay at the scenario's values.
        beside: other policies to run in the same worlds.
    """

    scenario: Scenario
    runs: int
    draws: int | None = None
    beside: tuple[Scenario, ...] = ()


def run_study(question: ModuleType, options: Options, progress: Progress | None = None) -> Result | Tabulation:
    """Run a question and write its folder. Nothing is written if anything is wrong with the input.

    What stops it otherwise leaves the runs that are finished, and the next call goes on from there.

    Args:
        question: its module.
        options: what the command line says.
        progress: who is told of finished runs; by default the terminal.

    Raises:
        UsageError, ScenarioError, OutputError: the user's input is wrong.
        RunFailed: no draw is without a run that ended with an error, or a worker was lost.
    """
    started = time.monotonic()
    require(options.tables)
    if hasattr(question, "tabulate"):
        if options.design != "random":
            raise UsageError(f"--design: {options.name} has a design of its own; leave it out")
        if not uses_engine(question):
            _refuse_engine_options(options)
    study: Study = question.study(options)
    if not getattr(question, "SMUGGLERS_ANSWER", False):
        _refuse_answers(study.scenario, options)
    study_id = id_of(study, options)
    with staged_folder(options.folder, study_id, force=options.force) as staging:
        progress = progress or Progress()
        try:
            run_files(options.runs_folder, study_id)
            with _cluster(options) as cluster:
                result = _answer(question, study, replace(options, cluster=cluster), progress)
        except BaseException:
            if not finished_runs(options.runs_folder):
                shutil.rmtree(options.runs_folder)
            raise
        finally:
            progress.close()
        result.write_tables(staging, options.tables)
        write_brief(question, result, staging)
        _draw(question, result, staging, options.size)
        words = None if options.command is None else list(options.command)
        result.manifest.update(made_by="run", command=words, duration_s=round(time.monotonic() - started, 1))
        result.write_manifest(staging)
    return result


def uses_engine(question: ModuleType) -> bool:
    """Whether a question runs the engine, so that it has draws and may have several processes."""
    runs_ensembles = getattr(question, "RUNS_ENSEMBLES", False) or getattr(question, "SMUGGLERS_ANSWER", False)
    return runs_ensembles or not hasattr(question, "tabulate")


def id_of(study: Study, options: Options) -> str:
    """The id of a study, by which its folder is known."""
    return study_digest(
        options.name,
        study.scenario,
        options.seed,
        study.runs,
        options.quick,
        study.draws,
        study.beside,
        described(options.design),
    )


def _cluster(options: Options) -> AbstractContextManager[Executor | None]:
    """The executor of the cluster that is named; None if none is."""
    return nullcontext() if options.scheduler is None else dask_executor(options.scheduler)


def _refuse_engine_options(options: Options) -> None:
    """A question about geography or latency alone has no draws and one process."""
    why = f"{options.name} is answered without the engine; leave it out"
    if options.draws is not None:
        raise UsageError(f"--draws: {why}")
    if options.workers is not None and options.workers > 1:
        raise UsageError(f"--workers: {why}")
    if options.scheduler is not None:
        raise UsageError(f"--executor: {why}")


def _refuse_answers(scenario: Scenario, options: Options) -> None:
    """Smugglers answer to a policy only where a question looks for their answer, by `SMUGGLERS_ANSWER`."""
    behaviour = scenario.adversary.behaviour
    if behaviour != "fixed":
        raise UsageError(
            f"adversary.behaviour = {behaviour!r}: {options.name} does not look for the smugglers' answer; allowed: 'fixed'"
        )


def _answer(question: ModuleType, study: Study, options: Options, progress: Progress) -> Result | Tabulation:
    """Run the engine, or what a question about geography or latency alone has in its place: `tabulate`."""
    if hasattr(question, "tabulate"):
        tabulation: Tabulation = question.tabulate(study, options, progress)
        return tabulation
    return simulate(
        study.scenario,
        options.seed,
        study.runs,
        beside=study.beside,
        draws=study.draws,
        design=options.design,
        workers=options.workers or usable_processors(),
        executor=options.cluster,
        question=options.name,
        quick=options.quick,
        progress=progress,
        runs_folder=options.runs_folder,
        partial=True,
    )


def usable_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    return min(MAX_WORKERS, os.cpu_count() or 1)


def _draw(question: ModuleType, result: Result | Tabulation, folder: Path, size: SizeName) -> None:
    from sim.figures import house_style, save_chart  # here, because matplotlib takes half a second to load

    with house_style(size):
        for number, chart in enumerate(question.figures(result), start=1):
            save_chart(chart, folder, number)


@cache
def questions() -> tuple[tuple[str, str], ...]:
    """Name and first line of every question: the modules of this package that define `study` and `figures`."""
    return tuple(_questions())


def _questions() -> Iterator[tuple[str, str]]:
    import ast

    for path in sorted(Path(__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if {"study", "figures"} <= functions:
            yield path.stem, (ast.get_docstring(tree) or "").splitlines()[0]


def load_question(name: str) -> ModuleType:
    """The module of a question.

    Raises:
        UsageError: there is none of that name.
    """
    known = [question for question, _ in questions()]
    if name not in known:
        raise UsageError(f"NAME: {name!r} is not a question; allowed: {', '.join(known)}")
    return importlib.import_module(f"scenarios.{name}")
