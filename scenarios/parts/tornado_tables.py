"""The tables of the question `tornado`: what was screened, what each end of a range does, how much is chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.sensitivity import EVERYTHING_ELSE, Effect, Indices, Screening, Swing
from sim.parameters import Parameter

if TYPE_CHECKING:
    import pandas as pd

FOUND, FALSE = "established_by_day_90", "false_alarms_per_month"
OUTCOMES = {FOUND: "diversions established within 90 days", FALSE: "false alarms per month"}
DECISIVE = 5


def decisive_inputs(indices: Indices) -> list[str]:
    """The inputs with the largest total indices, at most five, in that order; none of those that decide nothing."""
    found = sorted((one for one in indices.each if one.name != EVERYTHING_ELSE), key=lambda one: -one.total)
    return [one.name for one in found[:DECISIVE] if one.total > 0]


def index_table(indices: dict[str, Indices]) -> pd.DataFrame:
    """outcome, input, rows, and the columns of an index."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"outcome": outcome, "input": one.name, "rows": len(one.rows), **_without(asdict(one), "name", "rows")}
            for outcome, found in indices.items()
            for one in found.each
        ]
    )


def screening_table(screening: Screening) -> pd.DataFrame:
    """round, input, rows, mu_star, low, high, mu, sigma, kept."""
    import pandas as pd

    def told(number: str, effects: Sequence[Effect]) -> Iterator[dict[str, Any]]:
        for effect in effects:
            fields = _without(asdict(effect), "name", "rows")
            kept = effect.name in screening.kept
            yield {"round": number, "input": effect.name, "rows": len(effect.rows), **fields, "kept": kept}

    return pd.DataFrame([*told("ideas", screening.ideas), *told("single rows", screening.alone)])


def tornado_table(swings: dict[str, list[Swing]], rows: dict[str, Parameter], decisive: Sequence[str]) -> pd.DataFrame:
    """outcome, input, unit, central, and the columns of a swing; rank: place among those that decide, 0 for others."""
    import pandas as pd

    columns = [
        "outcome",
        "input",
        "unit",
        "central",
        "rank",
        *(name for name in Swing.__dataclass_fields__ if name != "name"),
    ]
    table = [
        {
            "outcome": outcome,
            "input": swing.name,
            "unit": rows[swing.name].unit,
            "central": rows[swing.name].central,
            "rank": decisive.index(swing.name) + 1 if swing.name in decisive else 0,
            **_without(asdict(swing), "name"),
        }
        for outcome, each in swings.items()
        for swing in each
    ]
    return pd.DataFrame(table, columns=columns)


def chance_table(chance: dict[str, Any], indices: dict[str, Indices], runs: int) -> pd.DataFrame:
    """outcome, runs, mean, sd, share: how much seeds alone move the outcome, the parameters at the scenario's values.

    `share` is the variance of the mean of as many runs as each point had, over that of the outcome with drawn parameters.
    """
    import pandas as pd

    rows = []
    for outcome, values in chance.items():
        known = values[~np.isnan(values)]
        sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
        found = indices[outcome]
        share = sd**2 / runs / found.variance if found.variance > 0 else float("nan")
        rows.append(
            {
                "outcome": outcome,
                "runs": len(known),
                "mean": float(known.mean()) if len(known) else float("nan"),
                "sd": sd,
                "share": share,
                "drawn_mean": found.mean,
                "drawn_sd": found.variance**0.5,
                "base_points": found.base_points,
                "base_points_asked": found.asked,
            }
        )
    return pd.DataFrame(rows)


def summary_table(table: pd.DataFrame, further: dict[str, pd.DataFrame], rows: dict[str, Parameter]) -> pd.DataFrame:
    """Inputs in the order of the total index for what is found: their ranges, indices, swings, and the rest."""
    found = table[table["outcome"] == FOUND].set_index("input")
    swings = further["tornado"][further["tornado"]["outcome"] == FOUND].set_index("input")
    summary = found[["first", "first_low", "first_high", "total", "total_low", "total_high"]].join(
        swings[["unit", "low", "central", "high", "at_low", "at_centre", "at_high"]]
    )
    return summary.sort_values("total", ascending=False, kind="stable").reset_index()


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
