"""The command `bench-ensemble`: what many runs cost over the engine alone, and what a second worker brings.

Three ways to make the same runs take turns, in blocks, so that a machine that slows down does so for all of them: an
ensemble on two workers, one on a single worker, and a bare pool of the same two workers that runs the engine and no more.
The ensemble on two workers makes every block; the other two make some of them, and ratios are of those blocks alone.
What an ensemble does besides is to send each run its parameters and put them in place, to measure the outcomes, and to
keep each run in a file. Seconds are those of the clock on the wall: nothing else should keep the machine busy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scenarios.commands.bench_lines import Line
from scenarios.study import MAX_RUNS, UsageError
from sim import Result, Scenario, ScenarioError, engine
from sim.designs import draws_of
from sim.executors import in_executor, processes
from sim.experiments.ensemble import ensemble
from sim.randomness import run_seed
from sim.sweep import AT_ONCE

EXIT_DONE, EXIT_USER_ERROR = 0, 2
SEED = 1
SHORT = {"calendar.duty_after_days": 180, "calendar.end_after_duty_days": 180, "verification.signing": "none"}
SMALL = {"fleet.scale": 0.0001, "geography.sites": 8, **SHORT, "calendar.end_after_duty_days": 30}


@dataclass(frozen=True)
class Fleet:
    """A scenario whose runs are timed.

    Attributes:
        key: of its figures.
        says: what it is, for a reader.
        scenario: its name.
        levers: dotted keys that are set.
        runs: how many, each of a draw of its own.
        turns: blocks that the runs are made in.
        compared: every how many blocks all three ways take turns.
        efficiency: the target for two workers.
    """

    key: str
    says: str
    scenario: str
    levers: dict[str, Any]
    runs: int
    turns: int
    compared: int
    efficiency: float


FULL = (
    Fleet("sampled", "Site-sampled fleet", "site_sampled", SHORT, 1000, 20, 4, 0.9),
    Fleet("national", "Nation, every chip", "baseline", {**SHORT, "fleet.scale": 1}, 20, 10, 5, 0.7),
)
QUICK = (
    Fleet("sampled", "A very small fleet in its place", "miniature", SMALL, 4, 2, 1, 0.9),
    Fleet("national", "A small fleet in its place", "miniature", {**SMALL, "fleet.scale": 0.001}, 2, 1, 1, 0.7),
)


LINES = (
    Line("runs", "runs, each with parameters of its own", ""),
    Line("seconds_two", "made by two workers in", "s"),
    Line("rate_two", "  that is", "runs/s"),
    Line("compared", "runs made in all three ways, from which ratios are taken", ""),
    Line("efficiency", "parallel efficiency: runs/s of two over twice those of one", ""),
    Line("overhead_ratio", "time of an ensemble over that of the bare pool of engine runs", "times", ("<=", 1.05)),
    Line("overhead_ms", "  that is, of a worker's time for each run", "ms"),
    Line("parent_ms", "  and of the time of the process that asks", "ms"),
    Line("start_seconds", "once for each study: until two workers have begun", "s"),
    Line("tables_seconds", "once for each study: tables and summary, written", "s"),
    Line("parent_mb", "peak memory of the process that asks", "MB"),
    Line("worker_mb", "peak memory of the largest worker so far", "MB"),
    Line("failed", "runs that ended with an error", ""),
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    bench = commands.add_parser("bench-ensemble", help="measure what many runs cost, and what a second worker brings")
    bench.add_argument("--json", action="store_true", help="print JSON")
    bench.add_argument("--quick", action="store_true", help="small sizes: the same figures, but no basis for a claim")
    bench.add_argument("--runs", type=int, help=f"of the site-sampled fleet (default: {FULL[0].runs})")
    bench.add_argument("--national-runs", type=int, help=f"of the nation, 0 for none (default: {FULL[1].runs})")
    bench.set_defaults(command_function=bench_command)


def bench_command(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    try:
        fleets = _chosen(QUICK if arguments.quick else FULL, arguments.runs, arguments.national_runs)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    figures: dict[str, Any] = {
        "quick": arguments.quick,
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
    }
    for fleet in fleets:
        print(f"measuring: {fleet.says}, {fleet.runs} runs ...", file=sys.stderr, flush=True)
        try:
            figures |= {f"{fleet.key}.{name}": value for name, value in measure(fleet).items()}
        except ScenarioError as error:
            print(f"error: {error}", file=sys.stderr)
            return EXIT_USER_ERROR
    print(json.dumps(figures, indent=2) if arguments.json else as_table(fleets, figures))
    return EXIT_DONE


def _chosen(fleets: Sequence[Fleet], *runs: int | None) -> list[Fleet]:
    """The fleets with the numbers of runs that the user wants, without those of which none is wanted.

    Raises:
        UsageError: a number is not allowed.
    """
    chosen = []
    for fleet, number, option, least in zip(fleets, runs, ("--runs", "--national-runs"), (2, 0), strict=True):
        wanted = fleet.runs if number is None else number
        if not least <= wanted <= MAX_RUNS:
            raise UsageError(f"{option}: {wanted} is not in {least} to {MAX_RUNS}")
        if wanted:
            chosen.append(replace(fleet, runs=wanted, turns=min(fleet.turns, wanted)))
    return chosen


def measure(fleet: Fleet) -> dict[str, float]:
    """The figures of one fleet, by the end of their keys."""
    scenario = Scenario.load(fleet.scenario).replace_keys(fleet.levers)
    drawn = draws_of("sobol", scenario, SEED, fleet.runs)
    _worlds(scenario, drawn)  # so that one that is not allowed is told of before the long wait
    with TemporaryDirectory() as kept, processes(1) as one, processes(2) as two:

        def made(executor: Executor, points: Sequence[dict[str, float]]) -> Result:
            return ensemble(scenario, points=points, seed=SEED, status_quo=False, executor=executor, folder=Path(kept))

        def timed(work: Callable[[], object]) -> float:
            start = time.perf_counter()
            work()
            return time.perf_counter() - start

        begun_s = timed(lambda: made(two, drawn[:2]))
        made(one, [{}])
        _forget(Path(kept))
        start_s = begun_s - timed(lambda: made(two, drawn[:2]))
        results: list[Result] = []
        seconds = {"two": 0.0, "one": 0.0, "bare": 0.0}
        all_s, parent_s, compared = 0.0, 0.0, 0
        for turn in range(fleet.turns):
            points = drawn[turn :: fleet.turns]
            worlds = _worlds(scenario, points)
            ways: dict[str, Callable[[], object]] = {
                "two": lambda points=points: results.append(made(two, points)),
                "bare": lambda worlds=worlds: _all(worlds, two),
                "one": lambda points=points: made(one, points),
            }
            compares = turn % fleet.compared == 0
            first = turn // fleet.compared % 3
            compared += len(points) if compares else 0
            for name in (list(ways)[first:] + list(ways)[:first]) if compares else ["two"]:
                _forget(Path(kept))
                before = time.process_time()
                took_s = timed(ways[name])
                seconds[name] += took_s if compares else 0.0
                if name == "two":
                    all_s += took_s
                    parent_s += time.process_time() - before
        tables_s = timed(lambda: _joined(results).save(Path(kept) / "tables"))
    runs = fleet.runs
    return {
        "runs": runs,
        "compared": compared,
        "seconds_two": all_s,
        "rate_two": runs / all_s,
        "efficiency": seconds["one"] / (2 * seconds["two"]),
        "overhead_ratio": seconds["two"] / seconds["bare"],
        "overhead_ms": 2000 * (seconds["two"] - seconds["bare"]) / compared,
        "parent_ms": 1000 * parent_s / runs,
        "start_seconds": start_s,
        "tables_seconds": tables_s,
        "parent_mb": _peak_mb("RUSAGE_SELF"),
        "worker_mb": _peak_mb("RUSAGE_CHILDREN"),
        "failed": sum(len(result.failures) for result in results),
    }


def _worlds(scenario: Scenario, points: Sequence[dict[str, float]]) -> list[Scenario]:
    """The scenarios that the engine runs, made beforehand."""
    return [scenario.replace(uncertainties={**scenario.uncertainties, **point}) for point in points]


def _all(worlds: Sequence[Scenario], executor: Executor) -> None:
    """Run the engine in each world, and no more."""
    for _ in in_executor(_bare, worlds, executor, AT_ONCE):
        pass


def _bare(world: Scenario) -> int:
    """What a user would have a pool do who writes that by hand; a run that fails in an ensemble fails here too."""
    try:
        return engine.run(world, run_seed(SEED, 0)).challenges
    except Exception:
        return 0


def _forget(folder: Path) -> None:
    """Remove the finished runs, so that they are made again."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()


def _joined(results: Sequence[Result]) -> Result:
    """The runs of all turns as those of one study."""
    first, runs = results[0], [run for result in results for run in result.runs]
    drawn = [point for result in results for point in result.drawn]
    return replace(first, runs=[replace(run, draw=number) for number, run in enumerate(runs)], drawn=drawn)


def _peak_mb(whose: str) -> float:
    """Peak memory of this process, or of the largest of those that it started and that have ended."""
    import resource  # here, because Windows has none

    used = resource.getrusage(getattr(resource, whose)).ru_maxrss
    return used * (1 if sys.platform == "darwin" else 1024) / 1e6


def as_table(fleets: Sequence[Fleet], figures: dict[str, Any]) -> str:
    """The figures for a reader, one a line."""
    size = "QUICK: small sizes, no basis for a claim. " if figures["quick"] else ""
    about = f"{figures['cores']} cores, Python {figures['python']}"
    lines = [f"{size}Seconds by the clock on the wall; what is compared takes turns. {about}."]
    for fleet in fleets:
        lines.append(f"{fleet.says} (scenario {fleet.scenario}):")
        for line in LINES:
            aimed = replace(line, target=(">=", fleet.efficiency)) if line.key == "efficiency" else line
            lines.append("  " + aimed.text(figures[f"{fleet.key}.{line.key}"], claims=not figures["quick"]))
    return "\n".join(lines)
