"""What a study will cost at most, said before it begins."""

from __future__ import annotations

import time

from ..scenario import Scenario
from .ensemble import ensemble


def seconds_of_a_run(scenario: Scenario, seed: int) -> float:
    """Measured seconds of one run on this machine, the parameters at the scenario's values. Made in this process.

    Two runs are made and the second is timed: the first also loads what all share.
    """
    ensemble(scenario, runs=1, points=[{}], seed=seed, status_quo=False)
    started = time.perf_counter()
    ensemble(scenario, runs=1, points=[{}], seed=seed, status_quo=False)
    return time.perf_counter() - started


def planned_cost(runs: int, seconds: float, workers: int) -> str:
    """Runs times the time of one that was measured, over the workers, in words.

    Runs of other policies and draws may take longer or shorter, and workers share memory and caches: an estimate.

    Args:
        runs: their number at most, at least 1.
        seconds: of one run.
        workers: number of processes, at least 1.
    """
    total = runs * seconds / min(workers, runs)
    told = f"{total:.0f} s" if total < 120 else f"{total / 60:.0f} min"
    shared = f" on {workers} workers" if workers > 1 else ""
    return f"planned cost: at most {runs:,} {'runs' if runs > 1 else 'run'} of about {seconds:.2g} s{shared}, some {told}"
