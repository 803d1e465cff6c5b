"""When to stop: as soon as the mean of a chosen outcome is known to within a chosen half-width.

The sequential rule of Chow and Robbins ("On the asymptotic theory of fixed-width sequential confidence intervals for the
mean", Annals of Mathematical Statistics 36, 1965), with Student's t and a least number as in Law, "Simulation Modeling and
Analysis", chapter 9: stop at the first n with t s / sqrt(n) <= h. It looks at whole batches of draws in their order,
never at those that happen to be done, so that the same draws are made with any number of workers.

It stops rather where the spread looks small, so that the interval at the stop holds the true mean a little too seldom. With
normal values and h so small that n = (z sigma / h)^2 is large, it looks for 95 % by one at a time at 95 % - 0.14/n; with
skewed values it can miss by several per cent where it stops early. A greater `least` is the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .pairs import SAME, by_draw

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class StoppingRule:
    """Stop at the first whole batch of draws after which a mean is known well enough.

    Attributes:
        outcome: whose mean on the last day is asked for.
        half_width: of its confidence interval, in the outcome's unit, > 0.
        policy: under which; by default the first in the table.
        minus: a policy to subtract in the same draws and runs, if the difference is asked for.
        confidence: of the interval, between 0 and 1.
        least: number of draws with an answer before which there is no stopping, >= 2.
        batch: it is looked at after every so many draws, >= 1.

    Raises:
        ValueError: one of them is not allowed.
    """

    outcome: str
    half_width: float
    policy: str | None = None
    minus: str | None = None
    confidence: float = 0.95
    least: int = 10
    batch: int = 10

    def __post_init__(self) -> None:
        """See that the numbers make sense."""
        if not 0 < self.half_width < float("inf"):
            raise ValueError(f"half_width = {self.half_width!r}: allowed > 0")
        if not 0 < self.confidence < 1:
            raise ValueError(f"confidence = {self.confidence!r}: allowed between 0 and 1")
        for name, least in (("least", 2), ("batch", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} = {getattr(self, name)!r}: allowed >= {least}")
        if self.minus is not None and self.minus == self.policy:
            raise ValueError(f"minus = {self.minus!r}: allowed: another policy than {self.policy!r}")

    def values(self, table: pd.DataFrame) -> FloatArray:
        """What the rule looks at: the outcome, or the difference, of each draw in the table in the order of their numbers.

        The mean over the draw's runs, with a single draw its runs; NaN where it has no answer, or has failed; all are if the
        table does not have the outcome, as it does not before any run has an answer. Shape (draws,), or (runs,).

        Args:
            table: scenario, draw, run, date, outcome, value, unit, of whole draws: all runs under both policies.

        Raises:
            ValueError: the table does not have a policy.
        """
        here = table[table["date"] == table["date"].max()]
        policy = self.policy if self.policy is not None else str(here["scenario"].iloc[0])
        wanted = [policy] if self.minus is None else [policy, self.minus]
        known = list(dict.fromkeys(here["scenario"]))
        for name in wanted:
            if name not in known:
                raise ValueError(f"policy = {name!r}: not in the table; allowed: {', '.join(known)}")
        asked = here[here["outcome"] == self.outcome]
        draws, runs = (range(here[level].max() + 1) for level in ("draw", "run"))
        first, *others = (
            asked[asked["scenario"] == name]
            .pivot(index="draw", columns="run", values="value")
            .reindex(index=draws, columns=runs)
            .to_numpy(dtype=np.float64)
            for name in wanted
        )
        return by_draw(first - others[0] if others else first)


def half_width(values: ArrayLike, confidence: float = 0.95) -> float:
    """Half the width of Student's interval of a mean, t s / sqrt(n), in the unit of the values.

    Args:
        values: independent, shape (number,); NaN are left out.
        confidence: of the interval, between 0 and 1.

    Returns:
        NaN for fewer than two values, and where all are the same, which does not say how well the mean is known.
    """
    widths = _half_widths(np.asarray(values, dtype=np.float64), confidence)
    return float(widths[-1]) if len(widths) else float("nan")


def stops_at(values: ArrayLike, rule: StoppingRule) -> int | None:
    """After how many draws the rule stops; None if not yet.

    Args:
        values: of each draw in order, shape (draws,), NaN where it has no answer. Those after the stop do not matter.
        rule: when to stop.
    """
    given = np.asarray(values, dtype=np.float64)
    looks = np.arange(rule.batch, len(given) + 1, rule.batch)
    answers = np.cumsum(~np.isnan(given))[looks - 1] if len(looks) else looks
    known = (answers >= rule.least) & (_half_widths(given, rule.confidence)[looks - 1] <= rule.half_width)
    return int(looks[known][0]) if known.any() else None


def enough(values: ArrayLike, rule: StoppingRule) -> bool:
    """Whether the rule has stopped by the last of some draws; see `stops_at`, which says after which."""
    return stops_at(values, rule) is not None


def _half_widths(values: FloatArray, confidence: float) -> FloatArray:
    """Of every first part of some values, shape (number,): the same whatever follows, to the last bit."""
    there = ~np.isnan(values)
    numbers = np.cumsum(there)
    begin = values[there][0] if there.any() else 0.0
    moved = np.where(there, values - begin, 0.0)
    enough_of = np.maximum(numbers, 2)
    variances = (np.cumsum(moved**2) - np.cumsum(moved) ** 2 / enough_of) / (enough_of - 1)
    rounding = SAME * np.maximum.accumulate(np.where(there, np.abs(values), 0.0))
    spread = np.maximum.accumulate(np.abs(moved)) > rounding
    widths: FloatArray = stdtrit(enough_of - 1, (1 + confidence) / 2) * np.sqrt(np.maximum(variances, 0.0) / enough_of)
    widths[(numbers < 2) | ~spread] = np.nan
    return widths
