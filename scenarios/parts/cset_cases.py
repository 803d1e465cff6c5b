"""The cases of the question `cset_benchmark`, and how often pings win in each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scenarios.answering.brief import Estimate, sorted_ends

if TYPE_CHECKING:
    from sim import Tabulation

STATIC, TOGETHER, KNOWN, TOGETHER_KNOWN = "static", "together", "known_clusters", "together_known_clusters"
SINGLE = (
    "miss_of_chips", "miss_of_orders", "within_90_days", "within_a_year", "false_alarms", "count", "labels", "challenge",
    "answered_labels", "answered_challenge",
)  # fmt: skip
"""One assumption relaxed each, the grid as published."""

WORDS = {
    STATIC: "static model, as published",
    "every_mix": "static, all mixes of cluster sizes",
    KNOWN: "static, clusters that are known",
    "miss_of_chips": "pings miss as found, each chip by itself",
    "miss_of_orders": "pings miss as found, by order",
    "within_90_days": "found within 90 days counts",
    "within_a_year": "found within a year counts",
    "false_alarms": "false alarms cost requests and visits",
    "count": "inspectors count; some sites staged",
    "labels": "inspectors read labels; some sites staged",
    "challenge": "inspectors challenge; some sites staged",
    "answered_labels": "smugglers adapt; inspectors read labels",
    "answered_challenge": "smugglers adapt; inspectors challenge",
    TOGETHER: "all together; inspectors challenge",
    TOGETHER_KNOWN: "the same, clusters that are known",
}
"""By name, in the order of figure and table."""


class Exact(Estimate):
    """A share in per cent without an interval: to a tenth, as the published ones."""

    def __str__(self) -> str:
        return f"{self.median:.1f}"


def share(result: Tabulation, case: str, network: str, outcome: str = "pings_win", plans: str = "every_plan") -> Estimate:
    """Share of scenarios in per cent, with its interval; not a number if no draw has one."""
    rows = result.summary()
    for name, value in {"relaxation": case, "network": network, "outcome": outcome, "plans": plans}.items():
        rows = rows[rows[name] == value]
    if rows.empty:
        return Estimate(math.nan, math.nan, math.nan)
    row = rows.iloc[0]
    kind = Exact if math.isnan(row["low"]) else Estimate
    return kind(*sorted_ends(100 * row["median"], 100 * row["low"], 100 * row["high"]))


def published_share(result: Tabulation, network: str, outcome: str = "pings_win", plans: str = "every_plan") -> float:
    """The published share of scenarios, in per cent."""
    rows = result.further["published"]
    rows = rows[(rows["network"] == network) & (rows["plans"] == plans)].set_index("relation")["published"]
    return float(100 * rows[outcome] / rows.sum())


def equal_to_published(result: Tabulation) -> bool:
    """Whether every count of scenarios is the published one."""
    counts = result.further["published"]
    return bool((counts["published"] == counts["ours"]).all())


def networks(result: Tabulation) -> list[str]:
    """Rented and owned."""
    return list(result.further["published"]["network"].unique())
