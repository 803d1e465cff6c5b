"""What became of diverted lots, as smugglers learn it: by strategy, and by company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..parameters import Values
from ..smuggling.choice import Cases
from ..smuggling.profit import collected_share, outlay_usd, penalty_usd
from ..smuggling.strategies import STRATEGIES

if TYPE_CHECKING:
    import pandas as pd

LOT = ["scenario", "draw", "run", "lot"]
COMPANY = ["site", "channel"]
"""A company of the smugglers: who orders through one channel for one declared site."""


def cases_seen(
    diversions: pd.DataFrame, *, from_day: float, until_day: float, follow_days: float, values: Values
) -> dict[str, Cases]:
    """What became of lots, by strategy.

    Only lots are counted whose first chips left long enough before the end, so that each had the same time to be found;
    what is found later does not count, nor what follows from it. Smugglers know how far penalties reach: a lot that is
    found counts with the share that is collected in its country on average, and not with the luck of the draw.

    Args:
        diversions: of a result.
        from_day: first day of departure that counts.
        until_day: end of the run.
        follow_days: time that each lot has, in days.
        values: of the parameters.
    """
    lots = by_lot(diversions)
    lots = lots[(lots["t0_day"] >= from_day) & (lots["t0_day"] + follow_days <= until_day)]
    cases: dict[str, Cases] = {}
    for lot in lots.to_dict("records"):
        found = lot["established_day"] - lot["t0_day"] <= follow_days
        found_usd = lot["value_usd"] * lot["established_chips"] / lot["chips"]
        share_of_penalty = penalty_usd(found_usd, values) / penalty_usd(lot["value_usd"], values)
        cases[lot["strategy"]] = cases.get(lot["strategy"], Cases()) + Cases(
            lots=1.0,
            established=float(found),
            seized=lot["seized_chips"] / lot["chips"],
            penalised=found * share_of_penalty * collected_share(lot["country"], values),
            blocked=float(found and lot["blocked"]),
        )
    return cases


def by_lot(diversions: pd.DataFrame) -> pd.DataFrame:
    """One row for each lot of which chips have left: sums over its parcels, and the first of each date."""
    rows = diversions.groupby(LOT, sort=False).agg(
        channel=("channel", "first"),
        strategy=("strategy", "first"),
        site=("site", "first"),
        country=("country", "first"),
        chips=("chips", "sum"),
        value_usd=("value_usd", "sum"),
        t0_day=("t0_day", "min"),
        established_chips=("established_chips", "sum"),
        established_day=("established_day", "min"),
        seized_chips=("seized_chips", "sum"),
        penalty_usd=("penalty_usd", "sum"),
        blocked=("blocked", "max"),
    )
    return rows.reset_index()


def company_profits(diversions: pd.DataFrame, price_ratio: float, unlisted: float, values: Values) -> pd.DataFrame:
    """What each company has earned with chips that have left: site, channel, lots, chips, profit_usd, by draw and run.

    What is still on its way at the end is taken to arrive, and to have been found or not for good. Setting up a company
    counts once, and again whenever it was blocked.

    Args:
        diversions: of a result.
        price_ratio: price in restricted territory over list.
        unlisted: share of the value at list that goes to all that is not listed, see `smuggling.choice`.
        values: of the parameters.
    """
    lots = by_lot(diversions)
    cost = {name: STRATEGIES[name].cost(values) for name in lots["strategy"].unique()}
    paid = [
        outlay_usd(lot["chips"], lot["value_usd"] / lot["chips"], cost[lot["strategy"]], values)
        for lot in lots.to_dict("records")
    ]
    set_up = lots["strategy"].map({name: values["shell_company_usd"] + each.once_usd for name, each in cost.items()})
    lots["set_up_usd"] = set_up
    sold = 1 - lots["seized_chips"] / lots["chips"]
    lots["profit_usd"] = lots["value_usd"] * (sold * price_ratio - unlisted)
    lots["profit_usd"] -= lots["penalty_usd"] + lots["blocked"] * set_up
    lots["profit_usd"] -= paid
    companies = lots.groupby(["scenario", "draw", "run", *COMPANY], sort=False).agg(
        lots=("lot", "count"), chips=("chips", "sum"), profit_usd=("profit_usd", "sum"), set_up_usd=("set_up_usd", "max")
    )
    companies["profit_usd"] -= companies.pop("set_up_usd")
    return companies.reset_index()


def delivered_share(diversions: pd.DataFrame, prevented_chips: float) -> float:
    """Share of the chips that smugglers ordered that was not refused to a blocked company and not seized; 1 of nothing."""
    ordered = float(diversions["chips"].sum()) + prevented_chips
    return float((diversions["chips"] - diversions["seized_chips"]).sum()) / ordered if ordered else 1.0
