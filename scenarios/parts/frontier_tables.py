"""The tables of the question `frontier`: every mix that was tried, what a budget buys, and all of it by draw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim import Result
from sim.experiments.budget import (
    OUTCOMES,
    BudgetError,
    Choice,
    FloatArray,
    Measured,
    Mix,
    best_shares,
    frontier_shares,
    mean_interval,
    measure,
    on_frontier,
    regrets,
)

if TYPE_CHECKING:
    import pandas as pd

BUDGETS_MUSD = (10.0, 50.0, 200.0)
RULES = {"expected": "best expected", "robust": "least regret", "frugal": "cheapest alike"}
"""How a policy is chosen, in words."""

NO_RULE = {"landmarks": 0, "period_days": float("nan"), "inspectors": 0.0, "planned_inspectors": 0.0}


def levers_of(mix: Mix) -> dict[str, float]:
    """What a mix is, as numbers of the nation."""
    return {
        "landmarks": mix.landmarks,
        "period_days": mix.period_days,
        "inspectors": mix.inspectors,
        "planned_inspectors": mix.inspectors * mix.audit_share,
    }


def points_table(measured: Measured, levers: dict[str, dict[str, float]]) -> pd.DataFrame:
    """One row for each policy: cost and outcome over draws, and how often it is on the frontier or best."""
    import numpy as np
    import pandas as pd

    table = pd.DataFrame([levers[name] for name in measured.policies])
    table.insert(0, "scenario", measured.policies)
    for column, values in (("usd_per_year", measured.usd_per_year), ("found", measured.outcome)):
        table[f"{column}_mean"] = values.mean(axis=1)
        table[f"{column}_low"], table[f"{column}_high"] = np.quantile(values, [0.1, 0.9], axis=1)
    table["on_frontier"] = on_frontier(measured.mean_usd, measured.mean_outcome)
    table["share_of_draws_on_frontier"] = frontier_shares(measured)
    for budget in BUDGETS_MUSD:
        table[f"share_of_draws_best_within_{budget:g}_musd"] = best_shares(measured, 1e6 * budget)
        table[f"largest_regret_within_{budget:g}_musd"] = regrets(measured, 1e6 * budget).max(axis=1)
    return table


def bought_rows(
    choice: Choice, measured: Measured, reported: Measured, levers: dict[str, dict[str, float]]
) -> Iterator[dict[str, Any]]:
    """One row for each rule of choice: the mix, its cost, what it found in the draws of the choice and in fresh ones."""
    import numpy as np

    regret = regrets(measured, choice.budget_usd)
    best = best_shares(measured, choice.budget_usd)
    for rule in RULES:
        place = getattr(choice, rule)
        name = measured.policies[place]
        again = reported.policies.index(name)
        found, usd = reported.outcome[again], reported.usd_per_year[again]
        low, high = mean_interval(found)
        (usd_low, usd_high), (found_low, found_high) = ends(usd), ends(found)
        yield {
            "budget_musd": choice.budget_usd / 1e6,
            "rule": rule,
            "scenario": name,
            **levers[name],
            "usd_per_year_mean": measured.mean_usd[place],
            "usd_per_year_90_percent": np.quantile(measured.usd_per_year[place], 0.9),
            "found_in_choice_mean": measured.mean_outcome[place],
            "largest_regret": regret[place].max(),
            "mean_regret": regret[place].mean(),
            "share_of_draws_best": best[place],
            "fresh_usd_per_year_mean": usd.mean(),
            "fresh_usd_per_year_low": usd_low,
            "fresh_usd_per_year_high": usd_high,
            "fresh_found_mean": found.mean(),
            "fresh_found_mean_low": low,
            "fresh_found_mean_high": high,
            "fresh_found_low": found_low,
            "fresh_found_high": found_high,
        }


def ends(values: FloatArray) -> tuple[float, float]:
    """10 and 90 % of draws; no number of a single draw, which has no interval."""
    import numpy as np

    low, high = np.quantile(values, [0.1, 0.9]).tolist()
    return (low, high) if len(values) > 1 else (math.nan, math.nan)


def by_draw_table(sample: str, results: Sequence[Result]) -> pd.DataFrame:
    """Cost and each outcome that could be maximised, of every policy in every draw, tidy. What no draw has is left out."""
    import numpy as np
    import pandas as pd

    frames = []
    for outcome in OUTCOMES:
        try:
            measured = measure(results, outcome)
        except BudgetError:
            continue
        policies, draws = measured.outcome.shape
        columns = {
            "sample": sample,
            "outcome": outcome,
            "scenario": np.repeat(measured.policies, draws),
            "draw": np.tile(measured.draws, policies),
            "usd_per_year": measured.usd_per_year.ravel(),
            "found": measured.outcome.ravel(),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
