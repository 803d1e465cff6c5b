"""What every policy question shares: options, running, writing results, and messages for the user's mistakes."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

from scenarios.answering.brief import told, write_brief
from sim import OutputError, Result, RunFailed, Scenario, ScenarioError, Tabulation, simulate
from sim.designs import EVEN, Design, described
from sim.experiments.cluster import ClusterError, dask_executor
from sim.output import UNFINISHED, staged_folder
from sim.provenance import study_digest
from sim.randomness import SEED_LIMIT
from sim.run_files import finished_runs, run_files
from sim.table_files import FORMS, Form, require

MAX_RUNS = 10_000
MAX_DRAWS = 10_000
MAX_WORKERS = 256
EXECUTORS = ("processes", "dask")
SizeName = Literal["column", "full", "slide"]  # those of sim.figures.style, which loads matplotlib
SIZE_NAMES = get_args(SizeName)
MOST_TOLD = 5
"""Failed runs that are told of one by one."""

EXIT_DONE, EXIT_RUN_FAILED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 3


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


class Progress:
    """A bar with rate, time left and headline so far on a terminal, elsewhere plain lines, about a hundred at most."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._since = time.monotonic()
        self._before = 0  # runs that were there already
        self._last = 0
        self._shown = -1

    def __call__(self, policy: str, done: int, total: int, headline: str = "", unit: str = "run") -> None:
        """Note that one more run, or another unit of work, is done."""
        if done <= self._last or not self._last:  # a new count begins
            self._since, self._before, self._shown = time.monotonic() if self._last else self._since, done - 1, -1
        self._last = done
        if sys.stderr.isatty():
            from tqdm import tqdm

            if self._bar is None or self._bar.total != total:
                self.close()
                self._bar = tqdm(total=total, initial=done - 1, unit=unit, leave=False)
            self._bar.set_description(policy)
            self._bar.set_postfix_str(headline)
            self._bar.update(done - self._bar.n)
        elif total <= 100 or 100 * done // total > self._shown:
            self._shown = 100 * done // total
            passed = time.monotonic() - self._since
            left = passed / (done - self._before) * (total - done)
            further = f", {headline}" if headline else ""
            print(f"{policy}: {unit} {done} of {total}, {passed:.0f} s, {left:.0f} s left{further}", file=sys.stderr)

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


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


def main(file: str, words: Sequence[str] | None = None) -> int:
    """Run the question in a file as `python scenarios/NAME.py` does; returns the exit code."""
    name = Path(file).stem
    parser = argparse.ArgumentParser(prog=f"python scenarios/{name}.py", description=f"Run the question {name}.")
    add_options(parser)
    return run_command(name, parser.parse_args(words))


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `run`, the same for the command line and for each script."""
    parser.add_argument(
        "--set", dest="levers", action="append", default=[], metavar="KEY=VALUE", help="set a lever of the scenario"
    )
    parser.add_argument("--runs", type=int, help="number of runs: seeds, or worlds drawn if no engine runs")
    parser.add_argument(
        "--draws",
        type=int,
        help="draws of the parameters from their ranges, each with all runs; 0: central values (default: the question's)",
    )
    parser.add_argument(
        "--design",
        choices=["random", *EVEN],
        default="random",
        help="how draws are spread over the ranges (default: random)",
    )
    parser.add_argument("--workers", type=int, help="processes; the results do not depend on it (default: all processors)")
    parser.add_argument(
        "--executor",
        choices=EXECUTORS,
        default=EXECUTORS[0],
        help="who makes the runs: processes of this machine, or the workers of a Dask cluster, see docs/clusters.md",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster's scheduler, as tcp://10.0.0.5:8786")
    parser.add_argument("--seed", type=int, default=1, help="base seed")
    parser.add_argument("--out", type=Path, help="folder for the results (default: output/NAME)")
    parser.add_argument(
        "--tables",
        choices=FORMS,
        default="csv",
        help="form of the long tables; parquet needs the extra `parquet` (default: csv)",
    )
    parser.add_argument(
        "--size",
        choices=SIZE_NAMES,
        default="full",
        help="of the figures: a journal's column, its full width, or a slide (default: full)",
    )
    parser.add_argument("--quick", action="store_true", help="a small version, within seconds")
    parser.add_argument("--force", action="store_true", help="replace the results of another study")


def run_command(name: str, arguments: argparse.Namespace) -> int:
    """Run a question for the command line: messages instead of tracebacks; returns the exit code."""
    folder = Path("output") / name if arguments.out is None else arguments.out
    try:
        question = load_question(name)
        options = options_of(name, arguments)
        started = time.monotonic()
        result = run_study(question, options)
    except ClusterError as error:
        print(f"error: --scheduler: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except (UsageError, ScenarioError, OutputError) as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return EXIT_USER_ERROR
    except RunFailed as error:
        for line in str(error).splitlines()[:MOST_TOLD]:
            print(f"error: {line}", file=sys.stderr)
        print(_kept(folder), file=sys.stderr)
        return EXIT_RUN_FAILED
    except KeyboardInterrupt:
        print(f"interrupted: {_kept(folder)}", file=sys.stderr)
        return EXIT_INTERRUPTED
    if isinstance(result, Result) and options.scheduler is not None:
        print("There is no event log: the workers of a cluster return tables only.")
    print(told(question, result))
    print(f"Done in {time.monotonic() - started:.0f} s. Results are in {options.folder}:")
    for path in sorted(options.folder.iterdir()):
        print(f"  {path}")
    if isinstance(result, Result) and result.failures:
        for failure in result.failures[:MOST_TOLD]:
            print(f"error: {failure}", file=sys.stderr)
        draws = result.manifest["failed_draws"]
        print(f"error: {len(draws)} of {len(result.drawn)} draws failed and are left out; see failures.csv", file=sys.stderr)
        return EXIT_RUN_FAILED
    return EXIT_DONE


def _kept(folder: Path) -> str:
    """What there is of a study that did not come to its end."""
    finished = finished_runs(folder / UNFINISHED)
    if not finished:
        return "nothing was written"
    runs = "1 finished run is" if finished == 1 else f"{finished:,} finished runs are"
    return f"{runs} kept in {folder / UNFINISHED}; the same command goes on from there"


def options_of(name: str, arguments: argparse.Namespace) -> Options:
    """What the command line says about a study.

    Raises:
        UsageError: a number is out of range, or a lever is not of the form key=value.
    """
    for option, least, most in (("runs", 1, MAX_RUNS), ("draws", 0, MAX_DRAWS), ("workers", 1, MAX_WORKERS)):
        number = getattr(arguments, option)
        if number is not None and not least <= number <= most:
            raise UsageError(f"--{option}: {number} is not in {least} to {most}")
    if not 0 <= arguments.seed < SEED_LIMIT:
        raise UsageError(f"--seed: {arguments.seed} is not in 0 to 2**64-1")
    if arguments.executor == "dask":
        if arguments.scheduler is None:
            raise UsageError("--executor dask: needs --scheduler ADDRESS, of the cluster's scheduler")
        if arguments.workers is not None:
            raise UsageError("--workers: a Dask cluster has its own number of workers; leave it out")
    elif arguments.scheduler is not None:
        raise UsageError("--scheduler: is of a Dask cluster; add --executor dask, or leave it out")
    levers = dict(_lever(text) for text in arguments.levers)
    return Options(
        name=name,
        levers=levers,
        runs=arguments.runs,
        draws=arguments.draws,
        design=arguments.design,
        workers=arguments.workers,
        executor=arguments.executor,
        scheduler=arguments.scheduler,
        seed=arguments.seed,
        out=arguments.out,
        quick=arguments.quick,
        force=arguments.force,
        tables=arguments.tables,
        size=arguments.size,
        command=_command(name, arguments),
    )


ELSEWHERE = ("command", "name", "levers", "out", "force", "workers", "executor", "scheduler")
"""What the command line says that changes nothing in the tables, or is written down in another way."""


def _command(name: str, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The words that make the same study, wherever and by whomever it is made; defaults are written out."""
    words = ["run", name, *(word for lever in arguments.levers for word in ("--set", lever))]
    for option, value in vars(arguments).items():
        if option in ELSEWHERE or value is None or value is False:
            continue
        word = f"--{option.replace('_', '-')}"
        for one in value if isinstance(value, list) else [value]:
            words += [word] if one is True else [word, str(one)]
    return tuple(words)


def _lever(text: str) -> tuple[str, Any]:
    """Key and value of `key=value`; the value as in TOML, or plain text."""
    key, found, value = text.partition("=")
    if not (key and found):
        raise UsageError(f"--set: {text!r} is not of the form key=value")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()
