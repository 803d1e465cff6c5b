"""What a smuggler believes, and what he does about it: whether to smuggle at all, and by which strategies.

He counts what became of lots like his, strategy by strategy, as a Beta distribution is updated by cases (Gelman et al.,
"Bayesian Data Analysis"): before he has seen any, he believes that things are as they were without the rule. He then
prefers what he expects to earn most, and the better of two strategies the more clearly the further they are apart (logit
choice; McKelvey and Palfrey, "Quantal response equilibria for normal form games", 1995). Giving up is one of his choices and
earns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..parameters import Values
from .profit import Profit, Risks

Behaviour = Literal["fixed", "myopic", "adaptive"]
"""Learns nothing and keeps his mix; believes what became of his last lots; or what became of all of them."""


@dataclass(frozen=True)
class Cases:
    """What became of some lots: how many there were, and sums over them.

    A lot that is seized or penalised in part counts in part.
    """

    lots: float = 0.0
    established: float = 0.0
    seized: float = 0.0
    penalised: float = 0.0
    blocked: float = 0.0

    def __add__(self, other: Cases) -> Cases:
        return Cases(
            self.lots + other.lots,
            self.established + other.established,
            self.seized + other.seized,
            self.penalised + other.penalised,
            self.blocked + other.blocked,
        )

    @property
    def shares(self) -> Risks:
        """As shares of the lots, of which there is at least one."""
        return Risks(*(number / self.lots for number in (self.established, self.seized, self.penalised, self.blocked)))


def published_risks(values: Values) -> Risks:
    """Without the rule, by what is published: tips and customs expose a share of lots, and block their companies.

    Penalties are collected as far as they are elsewhere than in partner countries; nothing is seized.
    """
    exposed = values["tips_detection_ever"]
    return Risks(exposed, seized=0.0, penalised=exposed * values["penalty_reach_elsewhere"], blocked=exposed)


def believed(cases: Cases, at_first: Risks, values: Values) -> Risks:
    """The mean of a smuggler's belief after some cases: what he held at first, and what he saw, each by its number of lots.

    Args:
        cases: that he saw.
        at_first: what he held before, worth `belief_cases` lots.
        values: of the parameters.
    """
    lots = values["belief_cases"]
    imagined = Cases(
        lots,
        established=lots * at_first.established,
        seized=lots * at_first.seized,
        penalised=lots * at_first.penalised,
        blocked=lots * at_first.blocked,
    )
    return (imagined + cases).shares


@dataclass(frozen=True)
class Response:
    """What a smuggler does.

    Attributes:
        smuggles: whether anything he can do earns more than nothing.
        mix: share of lots by strategy; empty if he gives up.
        margin: expected profit over outlay, in the mean over the mix; 0 if he gives up.
    """

    smuggles: bool
    mix: Mapping[str, float]
    margin: float


def best_response(profits: Mapping[str, Profit], noise: float) -> Response:
    """The answer to expected profits by strategy.

    Args:
        profits: of a lot, for each strategy that he knows.
        noise: difference in margin at which the better of two strategies is taken e times as often; 0: the best alone.
    """
    paying = {name: profit.margin for name, profit in profits.items() if profit.total_usd > 0}
    if not paying:
        return Response(False, {}, 0.0)
    best = max(paying.values())
    if noise > 0:
        weights = {name: math.exp((margin - best) / noise) for name, margin in paying.items()}
    else:
        weights = {name: float(margin == best) for name, margin in paying.items()}
    total = sum(weights.values())
    mix = {name: weight / total for name, weight in weights.items()}
    return Response(True, mix, sum(share * paying[name] for name, share in mix.items()))


def volume_offered(margin: float, reference_volume: float, values: Values) -> float:
    """What all smugglers together order per year when they expect a margin, in the unit of the reference volume.

    In proportion to a power of the margin (`smuggling_elasticity`, assumed); nothing at a margin of nothing or less.

    Args:
        margin: expected profit over outlay.
        reference_volume: that they order per year at the margin without the rule (`smuggler_margin`).
        values: of the parameters.
    """
    if margin <= 0:
        return 0.0
    return reference_volume * float((margin / values["smuggler_margin"]) ** values["smuggling_elasticity"])


def unlisted_share(margin: Callable[[float], float], wanted: float) -> float:
    """What is not listed of a smuggler's costs, so that his margin without the rule is the published one.

    Calibrated, not predicted: that there is smuggling at the price without the rule says that it pays, whatever the listed
    costs and risks are. Found by bisection.

    Args:
        margin: without the rule, by the share of the value at list that is not listed; it never rises with that.
        wanted: the published margin, > 0.
    """
    low, high = -1.0, 1.0
    while margin(low) < wanted:
        low *= 2
    while margin(high) > wanted:
        high *= 2
    while high - low > 1e-12 * (1 + abs(low)):
        middle = (low + high) / 2
        low, high = (middle, high) if margin(middle) > wanted else (low, middle)
    return (low + high) / 2
