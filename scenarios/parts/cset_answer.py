"""The answer and the table of the question `cset_benchmark`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Table
from scenarios.parts.cset_cases import (
    KNOWN,
    SINGLE,
    STATIC,
    TOGETHER,
    TOGETHER_KNOWN,
    WORDS,
    Exact,
    equal_to_published,
    networks,
    published_share,
    share,
)

if TYPE_CHECKING:
    from sim import Tabulation


def two_sentences(result: Tabulation) -> str:
    """The static result beside the published one, what relaxing single assumptions does, and the clusters that are known."""
    rented = {name: share(result, name, "rented") for name in SINGLE}
    if any(math.isnan(one.median) for one in (*rented.values(), share(result, TOGETHER, "rented"))):
        return TOO_FEW
    published = [f"{published_share(result, network):.1f}" for network in networks(result)]
    agree = "as published, to the last one" if equal_to_published(result) else f"{' and '.join(published)} % as published"
    static, best = (
        [f"{share(result, STATIC, network, plans=plans).median:.1f}" for network in networks(result)]
        for plans in ("every_plan", "best_plan")
    )
    least, most = (choose(rented, key=lambda name: rented[name].median) for choose in (min, max))
    known = [share(result, KNOWN, network).median for network in networks(result)]
    there = [share(result, TOGETHER_KNOWN, network, "inspections_win") for network in networks(result)]
    counts, fleets = result.further["published"], result.further["fleets"]
    scenarios = counts[(counts["network"] == "rented") & (counts["plans"] == "every_plan")]["ours"].sum()
    clusters = fleets[fleets["times_known"] == 1]["clusters"].iloc[0]
    return (
        f"In the static model pings win at any price in {static[0]} % (rented landmarks) and {static[1]} % (owned) of "
        f"{scenarios:,} scenarios, {agree}, and in {best[0]} and {best[1]} % against the best plan of "
        f"inspections; with one assumption relaxed, rented, in {rented[least].of('%')} ('{WORDS[least]}') to "
        f"{rented[most].of('%')} ('{WORDS[most]}'), and with all relaxed in {share(result, TOGETHER, 'rented').of('%')}. "
        f"{_by_clusters(result)}: for the {clusters:,} that are known the static model has pings win at any price in "
        f"{known[0]:.1f} % (rented) and {known[1]:.1f} % (owned), and with all relaxed inspections do in "
        f"{there[0].of('%')} and {there[1].of('%')}."
    )


def _by_clusters(result: Tabulation) -> str:
    """Whether the number of clusters alone tells who wins against the best plan, in fleets of the static grid."""
    rows = result.further["fleets"]
    grid = rows[rows["times_known"].isna() & (rows["network"] == "rented")]
    won = grid["pings_win_best_plan"]
    never_to = grid["clusters"][grid["clusters"] < grid["clusters"][won > 0].min()].max()
    always_from = grid["clusters"][grid["clusters"] > grid["clusters"][won < 1].max()].min()
    if math.isnan(never_to) or math.isnan(always_from):
        return "The number of clusters matters, but does not decide alone"
    return (
        "It is the number of clusters that decides, as against the best plan pings win, rented, in no scenario of fleets "
        f"with up to {never_to:,.0f} clusters and in all with {always_from:,.0f} or more"
    )


def shares_table(result: Tabulation) -> Table:
    """Shares of scenarios by relaxation, against every plan of inspections and the best one."""
    import pandas as pd

    def shares(of: Callable[..., Any]) -> dict[str, Any]:
        columns = {f"pings win, {network}": of(network) for network in networks(result)}
        columns |= {f"against the best plan, {network}": of(network, plans="best_plan") for network in networks(result)}
        return columns | {f"inspections win, {network}": of(network, "inspections_win") for network in networks(result)}

    def published(network: str, outcome: str = "pings_win", plans: str = "every_plan") -> Exact:
        return Exact(published_share(result, network, outcome, plans), math.nan, math.nan)

    rows = [{"case": "published output (CSET 2026)", **shares(published)}]
    rows += [{"case": words, **shares(partial(share, result, name))} for name, words in WORDS.items()]
    caption = (
        "Share of scenarios, in per cent, in which pings find more per dollar than inspections at any price, against every "
        "plan of inspections and against the best one for each fleet and diversion; and in which inspections do."
    )
    return Table(caption, pd.DataFrame(rows))
