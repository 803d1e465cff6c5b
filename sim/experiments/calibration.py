"""Choose a detector's threshold by simulation, so that honest chips raise no more false alarms than a target allows.

The scenario is run without smugglers: every case is then a false alarm. All candidates meet the same world, with the same
seeds, so that their differences are due to the threshold alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from scipy.special import gammaincinv

from ..engine import run
from ..executors import in_workers
from ..randomness import run_seed
from ..scenario import Scenario
from ..units import DAYS_PER_MONTH, DAYS_PER_YEAR

Per = Literal["month", "million chip-years"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """False alarms counted over an exposure.

    Attributes:
        alarms: cases opened.
        exposure: months under the duty, or million chip-years of covered chips, over all runs.
        runs: how many were counted.
    """

    alarms: int
    exposure: float
    runs: int

    @property
    def value(self) -> float:
        """Alarms per unit of exposure."""
        return self.alarms / self.exposure

    @property
    def low(self) -> float:
        """Lower end of the exact interval of confidence 95 % (Garwood, Biometrika 28, 1936): alarms as a Poisson number.

        Alarms that share a cause, such as an outage of several sites, would make it too narrow.
        """
        return float(gammaincinv(self.alarms, (1 - CONFIDENCE) / 2)) / self.exposure if self.alarms else 0.0

    @property
    def high(self) -> float:
        """Upper end of the same interval."""
        return float(gammaincinv(self.alarms + 1, (1 + CONFIDENCE) / 2)) / self.exposure


@dataclass(frozen=True)
class Calibrated:
    """A threshold that meets a target.

    Attributes:
        lever: the threshold's key in the scenario.
        threshold: the least candidate found to meet the target.
        target: false alarms per unit that are allowed.
        per: the unit.
        achieved: the rate on the runs by which the threshold was chosen, at most the target. That choice flatters it.
        afresh: the rate on as many other runs.
    """

    lever: str
    threshold: float
    target: float
    per: Per
    achieved: Rate
    afresh: Rate

    def applied_to(self, scenario: Scenario) -> Scenario:
        """The scenario with the threshold in place."""
        return scenario.replace_keys({self.lever: self.threshold})


def calibrate(
    scenario: Scenario,
    lever: str,
    candidates: Sequence[float],
    target: float,
    *,
    per: Per = "month",
    seed: int = 1,
    runs: int = 10,
    workers: int = 1,
) -> Calibrated:
    """Find the least threshold whose false alarms stay within a target, by bisection.

    It is taken that a greater threshold means fewer alarms. Where that fails by chance, the result still meets the target
    in the runs, and the next smaller candidate does not.

    Args:
        scenario: the world and the policy. Its smugglers are left out. Its inspectors matter: as long as a case is open,
            further alerts of its site join it and are not counted again.
        lever: dotted key of a number in the scenario, such as "verification.grace_days".
        candidates: thresholds to choose from, ascending. About log2 of their number are tried, each in all runs.
        target: false alarms allowed, > 0: cases per month of the simulated fleet, or per million chip-years.
        per: which of the two.
        seed: base seed, 0 <= seed < 2**64.
        runs: how many choose the threshold, and as many more measure it afresh, >= 1.
        workers: number of processes, >= 1. The result is the same with any number. With several, a script must call this
            under `if __name__ == "__main__":`.

    Raises:
        ScenarioError: the lever does not exist, or a candidate is not allowed.
        ValueError: another argument is not allowed, there is nothing to calibrate, or no candidate meets the target.
        WorkerLost: a process ended before its work was done.
    """
    _check(scenario, candidates, target, {"runs": runs, "workers": workers})
    honest = scenario.replace_keys({"uncertainties": {**scenario.uncertainties, "diverted_chips_per_year": 0.0}})
    policies = [honest.replace_keys({lever: candidate}) for candidate in candidates]

    @cache
    def rate_of(place: int) -> Rate:
        return false_alarm_rate(policies[place], per, seed=seed, runs=range(runs), workers=workers)

    last = len(candidates) - 1
    if rate_of(last).value > target:
        best = rate_of(last)
        raise ValueError(
            f"{lever}: no candidate meets {target:g} false alarms per {per}; the greatest, {candidates[last]:g}, has "
            f"{best.value:.4g} ({best.low:.4g} to {best.high:.4g})"
        )
    too_low, enough = -1, last
    while enough - too_low > 1:
        middle = (too_low + enough) // 2
        if rate_of(middle).value <= target:
            enough = middle
        else:
            too_low = middle
    afresh = false_alarm_rate(policies[enough], per, seed=seed, runs=range(runs, 2 * runs), workers=workers)
    return Calibrated(lever, candidates[enough], target, per, rate_of(enough), afresh)


def false_alarm_rate(honest: Scenario, per: Per, *, seed: int, runs: Sequence[int], workers: int = 1) -> Rate:
    """Cases opened in some runs of a scenario without smugglers, closed or not.

    Args:
        honest: the scenario.
        per: unit of the exposure.
        seed: base seed.
        runs: numbers of the runs.
        workers: number of processes, see `calibrate`.
    """
    jobs = [(honest, run_seed(seed, number)) for number in runs]
    if workers > 1:
        counts = [counted for _, counted in sorted(in_workers(_count, jobs, min(workers, len(jobs))))]
    else:
        counts = [_count(job) for job in jobs]
    alarms, chip_days = sum(cases for cases, _ in counts), sum(days for _, days in counts)
    months = len(runs) * (honest.calendar.end_day - honest.calendar.duty_day) / DAYS_PER_MONTH
    return Rate(alarms, months if per == "month" else chip_days / DAYS_PER_YEAR / 1e6, len(runs))


def _count(job: tuple[Scenario, int]) -> tuple[int, float]:
    """Cases opened in one run, and days under the duty over all covered chips."""
    record = run(*job)
    return len(record.closed_cases) + len(record.open_cases), record.covered_chip_days


def _check(scenario: Scenario, candidates: Sequence[float], target: float, counts: Mapping[str, int]) -> None:
    if not scenario.verification.active:
        raise ValueError("verification.active = False: allowed: True, for nothing raises an alert otherwise")
    if not len(candidates) or any(after <= before for before, after in pairwise(candidates)):
        raise ValueError(f"candidates = {list(candidates)!r}: allowed: one number at least, ascending")
    if not target > 0:
        raise ValueError(f"target = {target!r}: allowed > 0")
    for name, number in counts.items():
        if number < 1:
            raise ValueError(f"{name} = {number!r}: allowed >= 1")
