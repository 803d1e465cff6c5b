"""Simulate a scenario, and the status quo beside it in the same world: many runs, if asked for in many drawn worlds."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .designs import Design, described, draws_of
from .provenance import manifest, seeds_of_runs, stopwatch
from .randomness import run_seed
from .results import Failure, Result, Run
from .run_files import run_files
from .scenario import Scenario, ScenarioError
from .sweep import Job, Progress, RunFailed, make_runs


def simulate(
    scenario: Scenario,
    seed: int = 1,
    runs: int = 1,
    *,
    beside: Sequence[Scenario] = (),
    draws: int | None = None,
    design: Design = "random",
    status_quo: bool = True,
    workers: int = 1,
    executor: Executor | None = None,
    question: str = "",
    quick: bool = False,
    progress: Progress | None = None,
    runs_folder: Path | None = None,
    partial: bool = False,
) -> Result:
    """Run a scenario with and without the rule, and other policies beside it if there are any.

    With several workers, a script must call this under `if __name__ == "__main__":`, since each worker first imports the
    script (as with all of Python's `multiprocessing`); without that the call fails.

    Args:
        scenario: the world and the policy. If its verification is not active it is the status quo already and runs alone.
        seed: base seed, 0 <= seed < 2**64. Each run of each draw has a seed of its own, the same under every policy.
        runs: number of runs of each draw, >= 1.
        beside: other policies to run in the same worlds, each with a name of its own.
        draws: number of draws of the uncertainties, >= 1: each makes every run in a world of its own, with the parameters
            that the scenario leaves open drawn from their ranges. None: one world, parameters at the scenario's values.
        design: how they are drawn, see `designs`; all but `factorial`.
        status_quo: whether the status quo is run beside a rule.
        workers: number of processes, >= 1. The result is the same with any number.
        executor: makes the runs in place of processes of this machine. Its workers return small tables only, so that there
            is no event log.
        question: name of the study, for its manifest; by default the scenario's.
        quick: noted in the manifest.
        progress: called with the policy's name, runs done, runs in all and the headline so far after each run, in the order
            they are done.
        runs_folder: a folder for finished runs, which the result needs as long as it is used. Runs of the same study that
            are there already are not made again. By default a temporary one that is removed with the result.
        partial: whether draws with a run that fails are left out and listed in the result's `failures`.

    Raises:
        ValueError: seed, runs, draws, design or workers out of range; two policies have the same name.
        ScenarioError: a draw makes a world that is not allowed, such as one with too many chips.
        RunFailed: a run ended with an error, unless `partial` and some draw had none; or a worker was lost.
    """
    seconds = stopwatch()
    check_numbers(runs=runs, draws=draws, workers=workers)
    policies = policies_of(scenario, beside, status_quo)
    drawn = draws_of(design, scenario, seed, draws) if draws is not None else []
    _check_worlds(policies, drawn)
    told = described(design) | ({} if status_quo else {"status_quo": False})
    about = manifest(question or scenario.name, scenario, seed, runs, quick, draws, beside, told)
    about |= {"made_by": "simulate", "run_seeds": seeds_of_runs(seed, runs, range(draws or 1))}
    if executor is not None:
        about["events"] = False
    folder = Path(tempfile.mkdtemp(prefix="runs-")) if runs_folder is None else runs_folder
    try:
        files = run_files(folder, about["id"]) if runs_folder is not None else None
        jobs = jobs_of(policies, drawn or [{}], seed, runs, folder if executor is None else None)
        made, failed = make_runs(jobs, files=files, workers=workers, executor=executor, progress=progress)
        kept = without_failed(made, failed, about, partial)
    except BaseException:
        if runs_folder is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    result = Result(scenario, kept, about, drawn, tuple(beside), failed, seconds())
    if runs_folder is None:
        weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)
    return result


def check_numbers(**numbers: int | None) -> None:
    """Refuse numbers below 1 that are given.

    Raises:
        ValueError: with the name of the first.
    """
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"{name}: {number!r} is not at least 1")


def policies_of(scenario: Scenario, beside: Sequence[Scenario], status_quo: bool) -> list[Scenario]:
    """The policies in the order of the tables: the scenario, those beside it, and the status quo if there is a rule.

    Raises:
        ValueError: two have the same name, or they do not begin and end on the same days.
    """
    before = [scenario.status_quo()] if status_quo and scenario.verification.active else []
    policies = [scenario, *beside, *before]
    named = [policy.name for policy in policies]
    if len(set(named)) < len(named):
        raise ValueError(f"beside: policies need different names, not {', '.join(named)}")
    for policy in policies:
        days = [(each.calendar.start, each.calendar.end_day) for each in (scenario, policy)]
        if days[0] != days[1]:
            raise ValueError(
                f"beside: {policy.name} runs from {days[1][0]} for {days[1][1]:g} days; allowed, as {scenario.name}: "
                f"from {days[0][0]} for {days[0][1]:g} (calendar.duty_after_days + calendar.end_after_duty_days)"
            )
    return policies


def jobs_of(
    policies: Sequence[Scenario],
    drawn: Sequence[Mapping[str, float]],
    seed: int,
    runs: int,
    events_folder: Path | None,
    *,
    ends_only: bool = False,
    same_seeds: bool = False,
    first: int = 0,
) -> list[Job]:
    """Every run, in the order of the tables: policy, draw, run. A run has the same seed under every policy.

    Args:
        policies: without the drawn parameters.
        drawn: the parameters of each draw, by name.
        seed: base seed.
        runs: of each draw.
        events_folder: where event logs go; None: there are none.
        ends_only: whether nothing but the outcomes on the last day is kept of a run.
        same_seeds: whether a run has the same seed in every draw as well, for draws that are there to be compared.
        first: draws before this one are left out.
    """
    return [
        Job(
            policy,
            draw,
            run,
            run_seed(seed, run, 0 if same_seeds else draw),
            parameters,
            None if events_folder is None else events_folder / f"{policy.name}-{draw}-{run}.events.csv.gz",
            ends_only,
        )
        for policy in policies
        for draw, parameters in enumerate(drawn[first:], first)
        for run in range(runs)
    ]


def without_failed(runs: Sequence[Run], failures: Sequence[Failure], about: dict[str, Any], partial: bool) -> list[Run]:
    """The runs of draws in which none failed, under any policy; the draws left out are noted in the manifest.

    Raises:
        RunFailed: a run failed and that is not allowed, or none is left.
    """
    bad = {failure.draw for failure in failures}
    kept = [run for run in runs if run.draw not in bad]
    if bad and not (partial and kept):
        raise RunFailed("\n".join(str(failure) for failure in failures))
    if bad:
        about["failed_draws"] = sorted(bad)
    return kept


def _check_worlds(policies: Sequence[Scenario], drawn: Sequence[Mapping[str, float]]) -> None:
    """See that all worlds are possible before anything runs.

    Raises:
        ScenarioError: one is not.
    """
    for draw, parameters in enumerate(drawn):
        try:
            for policy in policies:
                policy.replace(uncertainties={**policy.uncertainties, **parameters})
        except ScenarioError as error:
            listed = ", ".join(f"{name} = {value:.6g}" for name, value in parameters.items())
            raise ScenarioError(f"draw {draw} makes a world that is not allowed: {error}; drawn: {listed}") from None
