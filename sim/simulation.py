"""Simulate a scenario, and the status quo beside it in the same world: many runs, if asked for in many drawn worlds."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .engine import run
from .event_file import EventFile
from .fleet.chips import chip_numbers
from .outcomes.diversions import fates
from .outcomes.measures import outcomes
from .provenance import manifest
from .randomness import run_seed
from .record import EventLog
from .results import Result, Run
from .scenario import Scenario, ScenarioError
from .uncertainty import draw_uncertainties
from .workers import WorkerLost, in_workers

Progress = Callable[[str, int, int], None]


class RunFailed(Exception):
    """A run ended with an error. The message names draw, run, policy, what went wrong and the drawn parameters."""


@dataclass(frozen=True)
class World:
    """What one draw of the uncertainties makes of the scenario.

    Attributes:
        drawn: the parameters drawn, by name; none if they stay at the scenario's values.
        policies: the scenario, others beside it and its status quo, with these in place.
    """

    drawn: Mapping[str, float]
    policies: Sequence[Scenario]


@dataclass(frozen=True)
class Job:
    """One run to be made.

    Attributes:
        policy: the world and the policy, with the drawn parameters in place.
        draw: number of the draw.
        run: number of the run.
        seed: of the run.
        drawn: the parameters drawn for it, by name.
        events: the file its events go to.
    """

    policy: Scenario
    draw: int
    run: int
    seed: int
    drawn: Mapping[str, float]
    events: Path


def simulate(
    scenario: Scenario,
    seed: int = 1,
    runs: int = 1,
    *,
    beside: Sequence[Scenario] = (),
    draws: int | None = None,
    status_quo: bool = True,
    workers: int = 1,
    question: str = "",
    quick: bool = False,
    progress: Progress | None = None,
    events_folder: Path | None = None,
) -> Result:
    """Run a scenario with and without the rule, and other policies beside it if there are any.

    With several workers, a script must call this under `if __name__ == "__main__":`, since each worker first imports the
    script (as with all of Python's `multiprocessing`); without that the call fails.

    Args:
        scenario: the world and the policy. If its verification is not active it is the status quo already and runs alone.
        seed: base seed, 0 <= seed < 2**64. Run k has the same seed under every policy and in every draw.
        runs: number of runs of each draw, >= 1.
        beside: other policies to run in the same worlds, each with a name of its own.
        draws: number of draws of the uncertainties, >= 1: each makes every run in a world of its own, with the parameters
            that the scenario leaves open drawn from their ranges. None: one world, parameters at the scenario's values.
        status_quo: whether the status quo is run beside a rule.
        workers: number of processes, >= 1. The result is the same with any number.
        question: name of the study, for its manifest; by default the scenario's.
        quick: noted in the manifest.
        progress: called with the policy's name, runs done and runs in all after each run, in the order they are done.
        events_folder: an empty folder for the event logs, which the result needs as long as it is used; by default a
            temporary one that is removed with the result.

    Raises:
        ValueError: seed, runs, draws or workers out of range; two policies have the same name.
        ScenarioError: a draw makes a world that is not allowed, such as one with too many chips.
        RunFailed: a run ended with an error, or a worker was lost.
    """
    for name, number in {"runs": runs, "draws": draws, "workers": workers}.items():
        if number is not None and number < 1:
            raise ValueError(f"{name}: {number!r} is not at least 1")
    named = [scenario.name, *(policy.name for policy in beside)]
    if len(set(named)) < len(named):
        raise ValueError(f"beside: policies need different names, not {', '.join(named)}")
    seeds = [run_seed(seed, run) for run in range(runs)]
    worlds = _worlds(scenario, beside, seed, draws, status_quo)
    folder = Path(tempfile.mkdtemp(prefix="events-")) if events_folder is None else events_folder
    try:
        done = _make(_jobs(worlds, seeds, folder), workers, progress)
    except BaseException:
        if events_folder is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    about = manifest(question or scenario.name, scenario, seed, runs, quick, draws, beside)
    drawn = [world.drawn for world in worlds] if draws is not None else ()
    result = Result(scenario, done, about, drawn, tuple(beside))
    if events_folder is None:
        weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)
    return result


def _worlds(scenario: Scenario, beside: Sequence[Scenario], seed: int, draws: int | None, status_quo: bool) -> list[World]:
    """The world of each draw; all are seen to be possible before anything runs."""
    if draws is None:
        return [World({}, _policies(scenario, beside, status_quo))]
    worlds = []
    for draw in range(draws):
        drawn = draw_uncertainties(scenario, seed, draw)
        try:
            here, *others = (
                policy.replace(uncertainties={**policy.uncertainties, **drawn}) for policy in (scenario, *beside)
            )
        except ScenarioError as error:
            message = f"draw {draw} makes a world that is not allowed: {error}; drawn: {_listed(drawn)}"
            raise ScenarioError(message) from None
        worlds.append(World(drawn, _policies(here, others, status_quo)))
    return worlds


def _policies(scenario: Scenario, beside: Sequence[Scenario], status_quo: bool) -> list[Scenario]:
    before = [scenario.status_quo()] if status_quo and scenario.verification.active else []
    return [scenario, *beside, *before]


def _jobs(worlds: Sequence[World], seeds: Sequence[int], folder: Path) -> list[Job]:
    """Every run, in the order of the tables: policy, draw, run."""
    jobs = []
    for number in range(len(worlds[0].policies)):
        for draw, world in enumerate(worlds):
            policy = world.policies[number]
            for number_of_run, seed in enumerate(seeds):
                events = folder / f"{policy.name}-{draw}-{number_of_run}.csv.gz"
                jobs.append(Job(policy, draw, number_of_run, seed, world.drawn, events))
    return jobs


def _make(jobs: Sequence[Job], workers: int, progress: Progress | None) -> list[Run]:
    """Make every run; they come back in the order of the jobs, whichever was done first."""
    workers = min(workers, len(jobs))
    made: dict[int, Run] = {}
    try:
        with closing(in_workers(run_one, jobs, workers) if workers > 1 else _here(jobs)) as finished:
            for number, run in finished:
                made[number] = run
                if progress is not None:
                    progress(run.scenario, len(made), len(jobs))
    except WorkerLost as error:
        raise RunFailed(str(error)) from None
    return [made[number] for number in range(len(jobs))]


def _here(jobs: Sequence[Job]) -> Generator[tuple[int, Run], None, None]:
    """Make the runs in this process, one after the other."""
    for number, job in enumerate(jobs):
        yield number, run_one(job)


def run_one(job: Job) -> Run:
    """Make one run and keep what its tables need.

    Raises:
        RunFailed: it ended with an error.
    """
    calendar = job.policy.calendar
    try:
        log = EventLog(EventFile(job.events, job.policy.name, job.draw, job.run, calendar.start))
        record = run(job.policy, job.seed, events=log)
        log.close()
        measured = tuple(outcomes(record, job.policy))
    except Exception as error:
        raise RunFailed(_account(job, error)) from error
    kept = np.arange(len(record.chips["state"]))
    if not job.policy.trace:
        kept = kept[~np.isnan(record.chips["diverted_day"])]
    numbers = chip_numbers(record.chips["slot"][kept], record.chips["generation"][kept])
    kept = kept[np.argsort(numbers)]
    chips = {"chip": np.sort(numbers), **{name: column[kept] for name, column in record.chips.items()}}
    return Run(job.policy.name, job.draw, job.run, measured, chips, job.events, tuple(fates(record, job.policy.values)))


def _account(job: Job, error: Exception) -> str:
    """Which run failed, how, where in the code, and in which world."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno})" if place is not None else ""
    return (
        f"draw {job.draw}, run {job.run}, policy {job.policy.name}: {type(error).__name__}: {error}{where}; "
        f"drawn: {_listed(job.drawn)}"
    )


def _listed(drawn: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in drawn.items()) or "nothing"
