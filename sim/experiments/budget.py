"""What a yearly budget of the authority buys best: the efficient frontier, and the choice within a budget.

A policy is a mix of landmarks, cadence, inspectors and the share of them that visits by a plan. Its cost is not typed in: it
is what the authority spends in the simulation, in every draw of the uncertain parameters. Within a budget two choices stand
beside each other: the policy with the best expected outcome, and the one whose largest regret over the draws is least
(Savage, 1951; in policy analysis Lempert, Popper and Bankes, 2003): regret is what the best affordable policy would have
yielded in that draw, less what this one yields. A policy that came out best owes part of that to the luck of the draws, so
that its outcome is to be quoted from draws that had no part in the choice, as the question `frontier` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..scenario import Scenario
from ..units import DAYS_PER_YEAR

if TYPE_CHECKING:
    from ..results import Result

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SHARE_SOON = "established_by_day_90"
OUTCOMES = {
    SHARE_SOON: "share of diverted chips established within 90 days",
    "established_under_duty": "diverted chips established, a year and nation",
    "established_under_duty_h100e": "diverted H100-equivalents established, a year and nation",
}
"""What may be maximised. Counts grow with what is diverted, so that a policy which has consignees blocked loses by them."""

COUNTED = frozenset(OUTCOMES) - {SHARE_SOON}
TOLD_APART = 0.9
"""Confidence of the interval by which two policies are told apart."""


class BudgetError(ValueError):
    """No policy can be chosen. The message names the budget and what would be needed."""


@dataclass(frozen=True)
class Mix:
    """What a budget is spent on, for the nation.

    Attributes:
        landmarks: that are run.
        period_days: time between challenges of a chip.
        inspectors: of the nation.
        audit_share: share of them that visit by a plan, whatever the alerts.
    """

    landmarks: int
    period_days: float
    inspectors: float
    audit_share: float

    @property
    def name(self) -> str:
        """A name for its scenario."""
        return (
            f"{self.landmarks}_landmarks_every_{self.period_days:g}_days_{self.inspectors:.0f}_inspectors_"
            f"{100 * self.audit_share:.0f}_percent_by_plan"
        )

    def levers(self, share: float) -> dict[str, Any]:
        """The levers of this mix, where so large a share of the nation's chips is simulated.

        Raises:
            ValueError: the share of inspectors is not a whole number, within a hundredth.
        """
        inspectors = self.inspectors * share
        if abs(inspectors - round(inspectors)) > 0.01 * inspectors:
            raise ValueError(f"inspectors: {self.inspectors:g} are {inspectors:g} in a fleet of {share:g} of the nation")
        return {
            "geography.landmarks": self.landmarks,
            "verification.period_days": self.period_days,
            "enforcement.inspectors": round(inspectors),
            "enforcement.planned_inspectors": round(inspectors * self.audit_share),
        }


@dataclass(frozen=True, eq=False)
class Measured:
    """Yearly cost to the authority and outcome of policies, in the same drawn worlds.

    Attributes:
        policies: names.
        usd_per_year: shape (policies, draws), US dollars of 2026 a year, for the nation.
        outcome: shape (policies, draws), the more the better.
        draws: their numbers; by default from 0.
    """

    policies: tuple[str, ...]
    usd_per_year: FloatArray
    outcome: FloatArray
    draws: Sequence[int] = ()

    def __post_init__(self) -> None:
        shape = self.usd_per_year.shape
        if len(shape) != 2 or self.outcome.shape != shape or shape[0] != len(self.policies) or 0 in shape:
            raise ValueError(
                f"shapes {shape} and {self.outcome.shape} are not those of {len(self.policies)} policies and draws"
            )
        if not (np.isfinite(self.usd_per_year).all() and np.isfinite(self.outcome).all()):
            raise ValueError("cost and outcome must be known for every policy in every draw")

    @property
    def mean_usd(self) -> FloatArray:
        """Expected cost, shape (policies,)."""
        return np.asarray(self.usd_per_year.mean(axis=1), dtype=np.float64)

    @property
    def mean_outcome(self) -> FloatArray:
        """Expected outcome, shape (policies,)."""
        return np.asarray(self.outcome.mean(axis=1), dtype=np.float64)


@dataclass(frozen=True)
class Choice:
    """The policies to choose within a budget, by their places.

    Attributes:
        budget_usd: a year.
        expected: with the best expected outcome.
        robust: with the least largest regret.
        frugal: the cheapest on the frontier that is not told apart from `expected`.
    """

    budget_usd: float
    expected: int
    robust: int
    frugal: int


def national_usd_per_year(landmarks_usd: float, authority_usd: float, share: float, years: float) -> float:
    """The nation's yearly cost, from what the authority spends on a part of the fleet with landmarks for all of it.

    Landmarks serve the nation whatever part of its chips is simulated; visits, chips tested, inspectors who wait and awards
    go with the part.

    Args:
        landmarks_usd: spent on landmarks over the time of the duty.
        authority_usd: spent on everything, landmarks included.
        share: simulated chips per real chip, above 0 and at most 1.
        years: time of the duty.

    Raises:
        ValueError: share or years out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share: {share:g} is not above 0 and at most 1")
    if years <= 0:
        raise ValueError(f"years: {years:g} is not above 0")
    return (landmarks_usd + (authority_usd - landmarks_usd) / share) / years


def measure(results: Sequence[Result], outcome: str = SHARE_SOON) -> Measured:
    """Cost and outcome of every policy of ensembles in the same draws, at the end; means over the runs of a draw.

    Draws without the outcome under some policy, as where no chip was diverted, are left out for all.

    Args:
        results: of `ensemble`, each with other policies, on the same fleet and calendar.
        outcome: what is to be maximised, one of `OUTCOMES`.

    Raises:
        BudgetError: the outcome cannot be maximised, or no draw has it under every policy.
    """
    import pandas as pd

    if outcome not in OUTCOMES:
        raise BudgetError(f"outcome: {outcome!r} cannot be maximised; allowed: {', '.join(OUTCOMES)}")
    scenario: Scenario = results[0].scenario
    share, years = scenario.fleet.scale, scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    items = ["cost_authority_landmarks", "cost_authority", outcome]
    parts = []
    for result in results:
        ends = result.table[result.table["date"] == result.table["date"].max()]
        parts.append(ends[ends["outcome"].isin(items)])
    rows = pd.concat(parts)
    wide = rows.pivot_table(index=["scenario", "outcome"], columns="draw", values="value", sort=False)
    names = list(dict.fromkeys(rows["scenario"]))
    wide = wide.reindex([(name, item) for name in names for item in items]).dropna(axis="columns")
    if wide.empty:
        raise BudgetError(f"{outcome}: no draw has it under every policy: too few chips, or too short a time")
    landmarks, authority, found = wide.to_numpy(dtype=float).reshape(len(names), len(items), -1).transpose(1, 0, 2)
    usd = np.vectorize(national_usd_per_year, otypes=[float])(landmarks, authority, share, years)
    found = found / share / years if outcome in COUNTED else found
    return Measured(tuple(names), usd, found, wide.columns.tolist())


def on_frontier(usd: FloatArray, outcome: FloatArray) -> BoolArray:
    """Which policies no other dominates: costs no more, yields no less, and is better in one of both.

    Args:
        usd: cost, shape (policies,).
        outcome: the more the better, shape (policies,).
    """
    cheaper, better = usd[:, None] <= usd, outcome[:, None] >= outcome
    strictly = (usd[:, None] < usd) | (outcome[:, None] > outcome)
    return np.asarray(~np.any(cheaper & better & strictly, axis=0), dtype=np.bool_)


def frontier_shares(measured: Measured) -> FloatArray:
    """Share of draws in which each policy is on the frontier of that draw, shape (policies,)."""
    each = [on_frontier(usd, found) for usd, found in zip(measured.usd_per_year.T, measured.outcome.T, strict=True)]
    return np.asarray(np.mean(each, axis=0), dtype=np.float64)


def affordable(measured: Measured, budget_usd: float) -> BoolArray:
    """Policies whose expected cost is within a yearly budget, shape (policies,).

    Raises:
        BudgetError: there is none.
    """
    within: BoolArray = np.less_equal(measured.mean_usd, budget_usd)
    if not within.any():
        least = int(measured.mean_usd.argmin())
        raise BudgetError(
            f"budget: {budget_usd:,.0f} US dollars a year pay for none of {len(within)} policies; the cheapest, "
            f"{measured.policies[least]}, is expected to cost {measured.mean_usd[least]:,.0f}"
        )
    return within


def best_shares(measured: Measured, budget_usd: float) -> FloatArray:
    """Share of draws in which each policy is the best within a budget, shape (policies,); equals share a draw's part."""
    within = affordable(measured, budget_usd)
    reachable = np.where(within[:, None], measured.outcome, -np.inf)
    best: BoolArray = np.equal(reachable, reachable.max(axis=0))
    return np.asarray((best / best.sum(axis=0)).mean(axis=1), dtype=np.float64)


def regrets(measured: Measured, budget_usd: float) -> FloatArray:
    """What the best affordable policy yields more in the same draw, shape (policies, draws); NaN if not affordable."""
    within = affordable(measured, budget_usd)[:, None]
    best = np.where(within, measured.outcome, -np.inf).max(axis=0)
    return np.where(within, best - measured.outcome, np.nan)


def choose(measured: Measured, budget_usd: float) -> Choice:
    """The policies to choose within a budget. Of equals the cheaper, then the first, so that no choice is dominated.

    Raises:
        BudgetError: the budget pays for none.
    """
    places = np.flatnonzero(affordable(measured, budget_usd))
    largest = regrets(measured, budget_usd).max(axis=1)
    usd, found = measured.mean_usd, measured.mean_outcome

    def first(*keys: FloatArray) -> int:
        """Least by the first key, then by the next."""
        return int(places[np.lexsort([key[places] for key in reversed(keys)])[0]])

    expected = first(-found, usd)
    # Of equal largest regret, the better on average: or a dominated policy might be chosen.
    robust = first(largest, -found, usd)
    efficient = places[on_frontier(usd[places], found[places])]
    alike = [place for place in efficient if not told_apart(measured.outcome[expected], measured.outcome[place])]
    frugal = min(alike, key=lambda place: (usd[place], -found[place]))
    return Choice(budget_usd, expected, robust, int(frugal))


def told_apart(one: FloatArray, other: FloatArray, confidence: float = TOLD_APART) -> bool:
    """Whether the interval of the mean paired difference leaves out 0: Student's t, as if differences were normal.

    With a single draw no two that differ are alike: there is nothing to tell chance by.
    """
    low, high = mean_interval(one - other, confidence)
    return bool(np.any(one != other)) if len(one) < 2 else not low <= 0 <= high


def mean_interval(values: FloatArray, confidence: float = 0.8) -> tuple[float, float]:
    """Student's t interval of a mean; the mean itself twice if there is one value."""
    mean, number = float(values.mean()), len(values)
    if number < 2:
        return mean, mean
    half = float(stdtrit(number - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(number))
    return mean - half, mean + half


def distinct(choices: Sequence[Choice]) -> list[int]:
    """Places of all policies that are chosen, each once."""
    return list(dict.fromkeys(place for one in choices for place in (one.expected, one.robust, one.frugal)))
