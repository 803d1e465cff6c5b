"""The command line of a question, as `run NAME` and as a script of its own: options, messages, exit codes."""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.answering.brief import told
from scenarios.study import MAX_DRAWS, MAX_RUNS, MAX_WORKERS, SIZE_NAMES, Options, UsageError, load_question, run_study
from sim import OutputError, Result, RunFailed, ScenarioError
from sim.designs import EVEN
from sim.experiments.cluster import ClusterError
from sim.output import UNFINISHED
from sim.randomness import SEED_LIMIT
from sim.run_files import finished_runs
from sim.table_files import FORMS

EXECUTORS = ("processes", "dask")
MOST_TOLD = 5
"""Failed runs that are told of one by one."""

EXIT_DONE, EXIT_RUN_FAILED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 3


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
