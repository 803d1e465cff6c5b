"""What a smuggler believes, and what he does about it: whether to smuggle at all, and by which strategies.

He counts what became of lots like his, strategy by strategy, as a Beta distribution is updated by cases (Gelman et al.,
"Bayesian Data Analysis"): before he has seen any, he believes in the published chance that a diversion is exposed. He then
prefers what he expects to earn most, and the better of two strategies the more clearly the further they are apart (logit
choice; McKelvey and Palfrey, "Quantal response equilibria for normal form games", 1995). Giving up is one of his choices and
earns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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


def presumed(values: Values) -> Cases:
    """What a smuggler believes before he has seen a lot of his own, as so many imagined ones.

    Tips and customs expose the published share of them. Those companies are blocked and penalised, as far as penalties
    are collected elsewhere than in partner countries; nothing is seized.
    """
    lots = values["belief_cases"]
    exposed = lots * values["tips_detection_ever"]
    return Cases(lots, exposed, seized=0.0, penalised=exposed * values["penalty_reach_elsewhere"], blocked=exposed)


def believed(cases: Cases, values: Values) -> Risks:
    """The mean of a smuggler's belief after some cases: what he presumed and what he saw, each by its number of lots."""
    return (presumed(values) + cases).shares


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


def volume_offered(margin: float, reference_margin: float, reference_volume: float, values: Values) -> float:
    """What all smugglers together order per year when they expect a margin, in the unit of the reference volume.

    In proportion to a power of the margin (`smuggling_elasticity`, assumed); nothing at a margin of nothing or less.

    Args:
        margin: expected profit over outlay.
        reference_margin: that at which they ordered the reference volume, > 0.
        reference_volume: per year.
        values: of the parameters.
    """
    if margin <= 0:
        return 0.0
    return reference_volume * float((margin / reference_margin) ** values["smuggling_elasticity"])
