"""Simulate a scenario, and the status quo beside it in the same world."""

from __future__ import annotations

from collections.abc import Callable

from .engine import reference
from .provenance import manifest
from .randomness import run_seed
from .results import Result, Run
from .scenario import Scenario

Progress = Callable[[str, int, int], None]


def simulate(
    scenario: Scenario,
    seed: int = 1,
    runs: int = 1,
    *,
    question: str = "",
    quick: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario with and without the rule.

    Args:
        scenario: the world and the policy. If its verification is not active it is the status quo already and runs alone.
        seed: base seed, 0 <= seed < 2**64. Run k has the same world under every policy.
        runs: number of runs, >= 1.
        question: name of the study, for its manifest; by default the scenario's.
        quick: noted in the manifest.
        progress: called with the policy's name, runs done and runs in all after each run.

    Raises:
        ValueError: seed or runs out of range.
    """
    if runs < 1:
        raise ValueError(f"runs: {runs!r} is not at least 1")
    policies = [scenario, scenario.status_quo()] if scenario.verification.active else [scenario]
    done: list[Run] = []
    for policy in policies:
        for number in range(runs):
            done.append(Run(policy.name, number, reference.run(policy, run_seed(seed, number))))
            if progress is not None:
                progress(policy.name, len(done), len(policies) * runs)
    return Result(scenario, done, manifest(question or scenario.name, scenario, seed, runs, quick))
