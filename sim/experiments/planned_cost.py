"""What a study will cost, said before it begins."""

from __future__ import annotations


def planned_cost(runs: int, seconds_per_run: float, workers: int) -> str:
    """Runs times the time of one that was measured, over the workers, in words.

    Runs of other policies and draws may take longer or shorter, and workers share memory and caches: an estimate.

    Args:
        runs: number of runs, at least 1.
        seconds_per_run: of one run, in seconds.
        workers: number of processes, at least 1.
    """
    seconds = runs * seconds_per_run / min(workers, runs)
    time = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    shared = f" on {workers} workers" if workers > 1 else ""
    return f"planned cost: {runs:,} runs of about {seconds_per_run:.2g} s{shared}, some {time}"
