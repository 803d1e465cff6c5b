"""Many runs: made one after the other or by several workers, kept one by one, and none lost because another fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .engine import run
from .event_file import EventFile
from .executors import WorkerLost, in_executor, in_workers
from .fleet.chips import chip_numbers
from .outcomes.by_site import outcomes_by_site
from .outcomes.diversions import fates
from .outcomes.measures import outcomes
from .record import EventLog
from .results import Failure, Run
from .run_files import RunFiles
from .scenario import Scenario
from .units import calendar_date

Progress = Callable[[str, int, int, str], None]
"""Called with a policy's name, runs done, runs in all, and the headline so far in words."""

HEADLINE = "established_by_day_90"
AT_ONCE = 256
"""Runs handed to somebody else's executor at a time, if it does not say itself by an attribute `at_once` how many."""


class RunFailed(Exception):
    """Runs ended with an error. The message names draw, run, policy, what went wrong and the drawn parameters."""


@dataclass(frozen=True)
class Job:
    """One run to be made.

    Attributes:
        policy: the scenario.
        draw: number of the draw.
        run: number of the run.
        seed: of the run.
        drawn: the parameters drawn for it, by name; they take the place of the policy's.
        events: the file its events go to; None: they are not kept.
        ends_only: whether nothing but the outcomes on the last day is kept.
    """

    policy: Scenario
    draw: int
    run: int
    seed: int
    drawn: Mapping[str, float]
    events: Path | None = None
    ends_only: bool = False


def make_runs(
    jobs: Sequence[Job],
    *,
    files: RunFiles | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> tuple[list[Run], list[Failure]]:
    """Make every run that is not written down already; those made and those that failed, each in the order of the jobs.

    Args:
        jobs: no two with the same policy, draw and run.
        files: where finished runs are kept and found.
        workers: number of processes on this machine, if there is no executor.
        executor: who does the work instead.
        progress: called after each run, in the order they are done.

    Raises:
        RunFailed: a worker was lost, and the executor could not go on.
    """
    answers: dict[int, Run | Failure] = {}
    if files is not None:
        drawn, runs = (1 + max(getattr(job, name) for job in jobs) for name in ("draw", "run"))
        files.plan(dict.fromkeys(job.policy.name for job in jobs), drawn, runs)
        for place, job in enumerate(jobs):
            found = files.find(job.policy.name, job.draw, job.run)
            if found is not None and (job.events is None or found.events is not None):
                answers[place] = found if job.events is not None else replace(found, events=None)
    places = [place for place in range(len(jobs)) if place not in answers]
    headline = Headline(jobs[0].policy.name)
    for answer in answers.values():
        headline.add(answer)
    try:
        with closing(_answers([jobs[place] for place in places], workers, executor)) as finished:
            for number, answer in finished:
                if files is not None and isinstance(answer, Run):
                    files.keep(answer)
                answers[places[number]] = answer
                headline.add(answer)
                if progress is not None:
                    progress(answer.scenario, len(answers), len(jobs), headline.text())
    except WorkerLost as error:
        raise RunFailed(str(error)) from None
    in_order = [answers[place] for place in range(len(jobs))]
    return [one for one in in_order if isinstance(one, Run)], [one for one in in_order if isinstance(one, Failure)]


def _answers(
    jobs: Sequence[Job], workers: int, executor: Executor | None
) -> Generator[tuple[int, Run | Failure], None, None]:
    if executor is not None:
        return in_executor(run_one, jobs, executor, getattr(executor, "at_once", AT_ONCE))
    workers = min(workers, len(jobs))
    return in_workers(run_one, jobs, workers) if workers > 1 else _here(jobs)


def _here(jobs: Sequence[Job]) -> Generator[tuple[int, Run | Failure], None, None]:
    """Make the runs in this process, one after the other."""
    for number, job in enumerate(jobs):
        yield number, run_one(job)


def run_one(job: Job) -> Run | Failure:
    """Make one run and keep what its tables need; what goes wrong is told, not raised."""
    try:
        return _run(job)
    except Exception as error:
        return Failure(job.policy.name, job.draw, job.run, _account(error), job.drawn)


def _run(job: Job) -> Run:
    policy = job.policy
    if job.drawn:
        policy = policy.replace(uncertainties={**policy.uncertainties, **job.drawn})
    log, partial = None, None
    if job.events is not None:
        # Under another name until it is whole: a run that was stopped may be made again while this is still being written.
        partial = job.events.with_name(f".{job.events.name}.{os.getpid()}")
        log = EventLog(EventFile(partial, policy.name, job.draw, job.run, policy.calendar.start))
    record = run(policy, job.seed, events=log)
    if log is not None:
        log.close()
    measured = tuple(outcomes(record, policy))
    if job.events is not None and partial is not None:
        partial.replace(job.events)
    if job.ends_only:
        start, last = policy.calendar.start, calendar_date(policy.calendar.start, policy.calendar.end_day)
        ends = tuple(outcome for outcome in measured if calendar_date(start, outcome.day) == last)
        return Run(policy.name, job.draw, job.run, ends, {}, job.events)
    kept = np.arange(len(record.chips["state"]))
    if not policy.trace:
        kept = kept[~np.isnan(record.chips["diverted_day"])]
    numbers = chip_numbers(record.chips["slot"][kept], record.chips["generation"][kept])
    kept = kept[np.argsort(numbers)]
    chips = {"chip": np.sort(numbers), **{name: column[kept] for name, column in record.chips.items()}}
    sites = outcomes_by_site(record, policy)
    return Run(policy.name, job.draw, job.run, measured, chips, job.events, tuple(fates(record, policy.values)), sites)


def _account(error: Exception) -> str:
    """What went wrong, in one line, and where in the code."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno})" if place is not None else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


class Headline:
    """The headline of a policy over the runs done so far."""

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self._sum, self._number = 0.0, 0

    def add(self, answer: Run | Failure) -> None:
        """Take in a run of that policy."""
        if isinstance(answer, Failure) or answer.scenario != self._policy:
            return
        shares = [one.value for one in answer.outcomes if one.name == HEADLINE]
        if shares:
            self._sum, self._number = self._sum + shares[-1], self._number + 1

    def text(self) -> str:
        """The mean in words; nothing if there is none yet."""
        if not self._number:
            return ""
        return f"{self._policy} so far: {100 * self._sum / self._number:.0f} % established within 90 days"
