"""Ensembles: a scenario and policies beside it in many drawn worlds, on this machine or any number of others.

Of each run only the outcomes on the last day are kept, so that ten thousand fit in memory; `simulate` keeps those of other
days, event logs and chips too. A run has the same seed under every policy, so that they meet the same worlds. Each draw has
seeds of its own; only points, and corners of a factorial design, are there to be compared and share theirs (common random
numbers).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..designs import Design, draws_of
from ..engine.wiring import build, take_census
from ..outcomes.measures import every_outcome
from ..provenance import manifest, seeds_of_runs, stopwatch
from ..results import Failure, Result, Run
from ..run_files import run_files
from ..scenario import Scenario
from ..simulation import check_numbers, jobs_of, policies_of, without_failed
from ..sweep import Progress, make_runs
from .stopping import StoppingRule, enough


def ensemble(
    scenario: Scenario,
    draws: int | None = None,
    runs: int = 1,
    *,
    design: Design = "sobol",
    points: Sequence[Mapping[str, float]] | None = None,
    among: Collection[str] | None = None,
    seed: int = 1,
    beside: Sequence[Scenario] = (),
    status_quo: bool = True,
    executor: Executor | None = None,
    workers: int = 1,
    folder: Path | None = None,
    until: StoppingRule | None = None,
    question: str = "",
    quick: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario, and other policies beside it, in many drawn worlds. A draw with a run that fails is left out whole.

    Args:
        scenario: the world and the first policy. Of its uncertainties those that it does not set are drawn.
        draws: number of draws, >= 1; with `until` the most there may be. None for `factorial` and for `points`.
        runs: number of runs of each draw, >= 1.
        design: how parameters are drawn, see `sim.designs`.
        points: the parameters of each draw, by name, in place of a design.
        among: rows of the parameter table to draw, the others stay at the scenario's values; by default all.
        seed: base seed, 0 <= seed < 2**64.
        beside: other policies, each with a name of its own.
        status_quo: whether the status quo is run beside a rule.
        executor: makes the runs: any executor after `concurrent.futures`, such as that of a Dask client. By default
            processes of this machine.
        workers: their number; the result is the same with any.
        folder: where finished runs are kept, one file each, in a folder named for the ensemble: a call that was stopped
            goes on from there. By default they are in memory alone.
        until: after which batch of draws to stop; not with `lhs`, `factorial` and points, whose draws belong together. After
            `sobol` its interval is as a rule wider than it need be.
        question: name of the study, for its manifest; by default the scenario's.
        quick: noted in the manifest.
        progress: called with the policy's name, runs done, runs in all and the headline so far after each run.

    Returns:
        A result with the outcomes on the last day alone, without event logs, chips and diversions. `failures` lists what
        went wrong, with the parameters drawn.

    Raises:
        ValueError: a number is out of range, arguments do not go together, or a parameter cannot be drawn.
        RunFailed: no draw is without a failure, or a worker was lost.
    """
    seconds = stopwatch()
    check_numbers(runs=runs, draws=draws, workers=workers)
    if points is not None and (draws is not None or among is not None):
        raise ValueError("points: they take the place of draws and among; give either")
    if until is not None and (points is not None or design in ("lhs", "factorial")):
        raise ValueError("until: the draws of lhs, factorial and points belong together; allowed with: random, sobol")
    policies = policies_of(scenario, beside, status_quo)
    known = list(dict.fromkeys(name for policy in policies for name in _outcomes(policy))) if until is not None else []
    if until is not None and until.outcome not in known:
        raise ValueError(f"until: outcome = {until.outcome!r}: allowed: {', '.join(known)}")
    drawn = list(points) if points is not None else draws_of(design, scenario, seed, draws, among)
    if not drawn:
        raise ValueError("points: none are given; allowed: at least one, which may be empty")
    described: dict[str, Any] = {
        "name": design if points is None else "points",
        "status_quo": status_quo,
        **({"among": sorted(among)} if among is not None else {}),
        **({"points_sha256": _digest(drawn)} if points is not None else {}),
        **({"until": asdict(until)} if until is not None else {}),
    }
    about = manifest(question or scenario.name, scenario, seed, runs, quick, len(drawn), beside, described)
    compared = points is not None or design == "factorial"
    about |= {"made_by": "ensemble", "run_seeds": seeds_of_runs(seed, runs) if compared else []}
    if until is not None:
        about["most_draws"] = len(drawn)
    files = run_files(folder / str(about["id"])[:16], about["id"]) if folder is not None else None
    place = {policy.name: number for number, policy in enumerate(policies)}
    made: list[Run] = []
    failed: list[Failure] = []
    for first, end in _batches(len(drawn), until):
        jobs = jobs_of(policies, drawn[:end], seed, runs, None, ends_only=True, same_seeds=compared, first=first)
        new, bad = make_runs(jobs, files=files, workers=workers, executor=executor, progress=progress)
        made = sorted([*made, *new], key=lambda run: (place[run.scenario], run.draw, run.run))
        failed += bad
        about["draws"] = end
        if not compared:
            about["run_seeds"] += seeds_of_runs(seed, runs, range(first, end))
        kept = without_failed(made, failed, about, partial=True)
        result = Result(scenario, kept, about, drawn[:end], tuple(beside), tuple(failed), seconds())
        if until is not None and enough(until.values(result.table), until):
            break
    return result


def _outcomes(scenario: Scenario) -> list[str]:
    """Names of all outcomes of a run, as they are before anything has happened."""
    setting = build(scenario, 0)
    record = setting.record
    record.chips, record.census = setting.chips.columns(), [take_census(setting, 0.0)]
    return list(dict.fromkeys(outcome.name for outcome in every_outcome(record, scenario)))


def _batches(number: int, until: StoppingRule | None) -> list[tuple[int, int]]:
    """First and last draw (excluded) of what is made before the rule is asked."""
    ends = range(until.batch, number, until.batch) if until is not None else ()
    return list(zip([0, *ends], [*ends, number], strict=True))


def _digest(points: Sequence[Mapping[str, float]]) -> str:
    return hashlib.sha256(json.dumps([dict(point) for point in points], sort_keys=True).encode()).hexdigest()
