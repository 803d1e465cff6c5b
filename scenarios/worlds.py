"""Numbers made of several outcomes, or of several policies, in one world: draw by draw and run by run, then their spread.

A summary knows each outcome by itself. A ratio of two of them, or the difference of two policies, has to be taken in each
world before its median is: worlds differ more than policies do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from scenarios.brief import Estimate
from scenarios.paired import spread
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
        (name, words.get(name, ""), np.nan, outcome, *_ends(spread(values.loc[name, outcome])), unit)
        for outcome, unit in units.items()
        for name in [*words, STATUS_QUO]
        if outcome in values.columns
        and name in values.index.get_level_values("scenario")
        and values.loc[name, outcome].notna().any()
    ]
    return pd.DataFrame(rows, columns=["scenario", "group", "value", "outcome", "median", "low", "high", "unit"])


def _ends(found: Estimate) -> tuple[float, float, float]:
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
