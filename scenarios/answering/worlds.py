"""Numbers made of several outcomes, or of several policies, in one world: draw by draw and run by run, then their spread.

A summary knows each outcome by itself. A ratio of two of them, or the difference of two policies, has to be taken in each
world before its median is: worlds differ more than policies do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenarios.answering.brief import Estimate
from sim import Result
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

WORLD = ["draw", "run"]
LEVELS = np.array([0.1, 0.5, 0.9])


def worlds_of(result: Result) -> pd.MultiIndex:
    """Scenario, draw and run of each run, in their order."""
    import pandas as pd

    runs = sorted((one.scenario, one.draw, one.run) for one in result.runs)
    return pd.MultiIndex.from_tuples(runs, names=["scenario", *WORLD])


def at_end(result: Result) -> pd.DataFrame:
    """Outcomes on the last day: a row for each scenario, draw and run, a column for each outcome."""
    table = result.table
    final = table[table["date"] == table["date"].max()]
    return final.pivot_table(index=["scenario", *WORLD], columns="outcome", values="value")


def by_world(result: Result, policy: str, outcome: str) -> pd.Series[float]:
    """An outcome of a policy at the end of the run, by draw and run; a world without an answer is left out."""
    table = result.table
    last = table[(table["date"] == table["date"].max()) & (table["scenario"] == policy) & (table["outcome"] == outcome)]
    values: pd.Series[float] = last.set_index(WORLD)["value"].dropna()
    return values


def spread(values: Iterable[float], times: float = 1.0) -> Estimate:
    """Median and 10-90 % of worlds, multiplied; of a single one no interval, and no number where there is none.

    Quantiles are values that occur, the nearest from below, if any is infinite; else they are interpolated.

    Args:
        values: one for each world; those that are not numbers are left out, infinite ones count as large.
        times: above 0, as 100 for a share in per cent.
    """
    known = times * np.array([value for value in values if not math.isnan(value)])
    if len(known) < 2:
        return Estimate(float(known[0]) if len(known) else math.nan, math.nan, math.nan)
    method = "linear" if np.isfinite(known).all() else "inverted_cdf"
    low, median, high = np.quantile(known, LEVELS, method=method).tolist()  # type: ignore[call-overload]
    return Estimate(median, low, high)


def gained(result: Result, policy: str, other: str, outcome: str, times: float = 1.0) -> Estimate:
    """How much more a policy has of an outcome than another one: median and 10-90 % of the differences world by world."""
    return spread(by_world(result, policy, outcome) - by_world(result, other, outcome), times)


@dataclass(frozen=True)
class Compared:
    """An outcome of several policies, in the worlds in which each of them has a value.

    A world without a value under one policy is left out for all of them: what differs then is the policies.

    Attributes:
        values: index draw and run, a column for each policy.
        worlds: how many were run.
    """

    values: pd.DataFrame
    worlds: int

    def __getitem__(self, policy: str) -> Estimate:
        """Of one policy: median and 10-90 % of these worlds."""
        return spread(self.values[policy])

    def gained(self, policy: str, other: str) -> Estimate:
        """How much more one policy has than another one, world by world."""
        return spread(self.values[policy] - self.values[other])

    def reaches(self, policy: str, other: str, share: float = 1.0) -> bool:
        """Whether a policy has at least this share of what another one has, in the median world."""
        return bool((self.values[policy] - share * self.values[other]).median() >= 0)

    @property
    def known(self) -> bool:
        """Whether there is any world to compare in."""
        return len(self.values) > 0

    @property
    def among(self) -> str:
        """Worlds that are left out are told, as in " (in 3 of 5 worlds)"; nothing if none is."""
        return "" if len(self.values) == self.worlds else f" (in {len(self.values)} of {self.worlds} worlds)"


def compared(result: Result, policies: Iterable[str], outcome: str, times: float = 1.0) -> Compared:
    """An outcome of several policies at the end of the run, multiplied, in the worlds in which each of them has a value."""
    import pandas as pd

    values = {policy: times * by_world(result, policy, outcome) for policy in policies}
    return Compared(pd.concat(values, axis=1, join="inner"), len(result.table[WORLD].drop_duplicates()))


def spread_data(values: pd.DataFrame, words: Mapping[str, str], units: Mapping[str, str]) -> pd.DataFrame:
    """What `sim.figures.by_policy` draws, of values in each world.

    Args:
        values: a row for each scenario, draw and run (its index), a column for each outcome.
        words: names of policies in words, in their order; the status quo has none.
        units: of each outcome.

    Returns:
        scenario, group, value, outcome, median, low, high, unit, as of `sim.figures.policies_data`.
    """
    import pandas as pd

    rows = [
        (name, words.get(name, ""), np.nan, outcome, *drawn_ends(spread(values.loc[name, outcome])), unit)
        for outcome, unit in units.items()
        for name in [*words, STATUS_QUO]
        if outcome in values.columns
        and name in values.index.get_level_values("scenario")
        and values.loc[name, outcome].notna().any()
    ]
    return pd.DataFrame(rows, columns=["scenario", "group", "value", "outcome", "median", "low", "high", "unit"])


def in_common(result: Result, data: pd.DataFrame) -> pd.DataFrame:
    """Rows of `sim.figures.policies_data`, each outcome in the worlds where every policy has a value, status quo aside."""
    data = data.copy()
    for outcome, rows in data[data["scenario"] != STATUS_QUO].groupby("outcome"):
        found = compared(result, rows["scenario"], str(outcome))
        data.loc[rows.index, ["median", "low", "high"]] = [drawn_ends(found[name]) for name in rows["scenario"]]
    return data


def drawn_ends(found: Estimate) -> tuple[float, float, float]:
    """What is drawn of a single world, which has no interval: its value."""
    return (found.median, found.median, found.median) if np.isnan(found.low) else found


def spread_by_date(values: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """What `sim.figures.by_date` draws, of values in each world on each date.

    Args:
        values: columns scenario, draw, run, date, outcome, value, unit.
        words: names of policies in words, in their order.

    Returns:
        scenario, group, date, outcome, median, low, high, unit, as of `sim.figures.by_date_data`.
    """
    import pandas as pd

    keys = ["scenario", "date", "outcome", "unit"]
    frame = values.groupby(keys, sort=False)["value"].quantile(LEVELS).unstack()
    frame.columns = pd.Index(["low", "median", "high"])
    frame = frame.reset_index()
    frame.insert(1, "group", [words[name] for name in frame["scenario"]])
    frame = frame.sort_values("scenario", key=lambda names: names.map(list(words).index), kind="stable", ignore_index=True)
    return frame[["scenario", "group", "date", "outcome", "median", "low", "high", "unit"]]


def per_world(result: Result, policies: Sequence[str], outcome: str) -> pd.DataFrame:
    """One outcome on every date it has: scenario, draw, run, date, outcome, value, unit, of some policies."""
    table = result.table
    return table[table["scenario"].isin(policies) & (table["outcome"] == outcome)]
