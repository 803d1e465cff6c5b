"""From the runs of the question `evasion` to its table: a row for each strategy, verification choice and horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scenarios.asking.variations import Variation
from sim import Scenario
from sim.intervals import Z_95, wilson_bounds
from sim.outcomes.cohort import diverted_cohort
from sim.outcomes.incidence import cumulative_incidence
from sim.outcomes.smuggling_cost import Parcels, strategy_cost_usd
from sim.parameters import load_parameters
from sim.smuggling.strategies import STRATEGIES

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.results import Run

HORIZONS_DAYS = (30, 90, 365)
ORDER = ["draw", "run", "lot"]
"""What makes an order one of its own, among the runs of a policy."""

COLUMNS = [*ORDER, "site", "chips", "value_usd", "from_day", "until_day"]


def evasion_cells(result: Result, variations: Sequence[Variation]) -> pd.DataFrame:
    """Probability of established diversion, and cost, for each policy.

    Args:
        result: of `simulate`, with a policy for each variation.
        variations: strategy as group, number of the verification choice as value, the rest as of `Variation`.

    Returns:
        strategy, choice, days, probability, low, high, chips, orders, followed_orders, usd_per_chip and its terms. The
        probability is that of Aalen and Johansen over the chips diverted under the duty, in all runs, as in the outcome
        `established_by_day_*`. `low` and `high` are a 95 % interval after Wilson (1927), as if each order that left at least
        so many days before the end, `followed_orders`, were one answer, since chips of an order share their fate. NaN where
        there are none. `orders` are all those diverted, `chips` as well, or those rented out where chips stay where they
        are. Costs are for each chip of orders as large as the baseline's.
    """
    import pandas as pd

    diversions = dict(list(result.diversions.groupby("scenario")))
    rows = []
    for variation in variations:
        strategy, name = variation.group, variation.name
        runs = [run for run in result.runs if run.scenario == name]
        chips = _chips(runs)
        if STRATEGIES[strategy].moves:
            moved = _parcels(diversions.get(name, result.diversions.iloc[:0]), chips, result)
        else:
            moved = _rented(runs)
        cost = _cost(result, strategy, moved)
        common = {"strategy": strategy, "choice": variation.value, "chips": moved["chips"].sum(), **cost}
        rows += [{**common, **found} for found in _found(chips, result)]
    table = pd.DataFrame(rows)
    first = ["strategy", "choice", "days", "probability", "low", "high", "chips", "orders", "followed_orders"]
    return table[[*first, *(name for name in table if name not in first)]]


def _chips(runs: Sequence[Run]) -> pd.DataFrame:
    """Chips that were ever diverted, in all runs: the columns of the chip table as they are, with draw and run."""
    import pandas as pd

    chips = pd.concat([pd.DataFrame({**run.chips, "draw": run.draw, "run": run.run}) for run in runs], ignore_index=True)
    return chips[chips["diverted_day"].notna()]


def _found(chips: pd.DataFrame, result: Result) -> list[dict[str, float]]:
    """Probability and interval at each horizon."""
    calendar = result.scenario.calendar
    orders = chips[chips["diverted_day"] >= calendar.duty_day].drop_duplicates(ORDER)
    cohort = diverted_cohort({name: chips[name].to_numpy() for name in chips}, calendar).to_established()
    grid = np.array(HORIZONS_DAYS, dtype=np.float64)
    shares = cumulative_incidence(cohort.days, cohort.happened, grid, cohort.competed).tolist()
    found = []
    for days, share in zip(HORIZONS_DAYS, shares, strict=True):
        number = int((orders["diverted_day"] <= calendar.end_day - days).sum())
        low, high = wilson_bounds(share, number, Z_95) if number else (np.nan, np.nan)
        found.append(
            {
                "days": days,
                "probability": share if number else np.nan,
                "low": low,
                "high": high,
                "orders": len(orders),
                "followed_orders": number,
            }
        )
    return found


def _parcels(diversions: pd.DataFrame, chips: pd.DataFrame, result: Result) -> pd.DataFrame:
    """Parcels that left under the duty: order, site, chips, and from when to when answers in their name are of use."""
    calendar = result.scenario.calendar
    ends = chips[["established_day", "seized_day"]].min(axis=1).fillna(calendar.end_day)
    until = ends.groupby([chips[name] for name in ORDER]).max().rename("until_day")
    parcels = diversions[diversions["t0_day"] >= calendar.duty_day].join(until, on=ORDER)
    parcels = parcels.assign(from_day=parcels["departure_day"])
    return parcels[COLUMNS]


def _rented(runs: Sequence[Run]) -> pd.DataFrame:
    """The same for chips that stay where they are: one row for each run. They cost by the chip alone, nobody buys them."""
    import pandas as pd

    rows = [
        (run.draw, run.run, 0, 0, outcome.value, 0.0, 0.0, 0.0)
        for run in runs
        for outcome in run.outcomes
        if outcome.name == "chips_rented"
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def extraction_of_whole_orders(scenario: Scenario) -> dict[str, float]:
    """Parameters by which the keys of an order that is smaller here take as long to extract as those of the baseline's."""
    row = "key_extraction_days_per_chip"
    return {row: load_parameters().parameters[row].central * stands_for(scenario)}


def stands_for(scenario: Scenario) -> float:
    """How many chips of an order one simulated chip stands for: orders are those of the baseline, in fewer chips."""
    return Scenario.load("baseline").fleet.lot_chips / scenario.fleet.lot_chips


def _cost(result: Result, strategy: str, parcels: pd.DataFrame) -> dict[str, float]:
    """What the strategy costs for each chip, in all and by term, over all runs; NaN where there is no chip.

    Sites of different draws and runs are different sites. Parameters are the scenario's, also where some are drawn.
    """
    chips, value_usd = (parcels[name].to_numpy(dtype=float) * stands_for(result.scenario) for name in ("chips", "value_usd"))
    total = chips.sum()
    site = parcels.groupby(["draw", "run", "site"], sort=False).ngroup().to_numpy()
    from_day, until_day = (parcels[name].to_numpy(dtype=float) for name in ("from_day", "until_day"))
    moved = Parcels(site, chips, value_usd, from_day, until_day)
    terms = strategy_cost_usd(STRATEGIES[strategy].cost(result.scenario.values), moved)
    if not total:
        return dict.fromkeys(("usd_per_chip", *(f"usd_per_chip_{term}" for term in terms)), np.nan)
    return {
        "usd_per_chip": sum(terms.values()) / total,
        **{f"usd_per_chip_{term}": usd / total for term, usd in terms.items()},
    }
