"""How results show themselves in a notebook: a few lines of HTML, all of it escaped. No notebook is needed for it."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_POLICIES = 20, 5
"""Of a table that is shown, and of those beside each other in it, the status quo not counted."""

HEADLINES = {
    "established_by_day_90": ("diversions established within 90 days", 100.0, "%"),
    "alerted_by_day_90": ("diversions alerted on within 90 days", 100.0, "%"),
    "false_alarms_per_month": ("false alarms", 1.0, "a month"),
    "inspection_wait_mean": ("a visited case waited for an inspector", 1.0, "days"),
    "cost_total": ("cost, over the whole time", 1e-6, "million US dollars"),
}
"""Outcomes to read first: in words, by what they are multiplied, and the unit then."""


def headlines(summary: pd.DataFrame, policies: Sequence[str]) -> pd.DataFrame:
    """A row for each outcome to read first, a column for each policy: the median and, in brackets, low and high.

    Args:
        summary: of a result: scenario, outcome, median, low, high.
        policies: their names, in the order of the columns.
    """
    import pandas as pd

    ends = zip(*(summary[name] for name in ("scenario", "outcome", "median", "low", "high")), strict=True)
    found = {(policy, outcome): (median, low, high) for policy, outcome, median, low, high in ends}
    known = [name for name in dict.fromkeys(policies) if any(name == policy for policy, _ in found)]
    rows = [
        {"outcome": f"{words}, {unit}", **{name: _cell(found, name, outcome, times) for name in known}}
        for outcome, (words, times, unit) in HEADLINES.items()
    ]
    return pd.DataFrame(rows, columns=["outcome", *known])


def _cell(found: Mapping[tuple[str, str], tuple[float, float, float]], policy: str, outcome: str, times: float) -> str:
    nothing = (math.nan, math.nan, math.nan)
    median, low, high = (times * number for number in found.get((policy, outcome), nothing))
    return "-" if math.isnan(median) else f"{median:.3g} ({low:.3g} to {high:.3g})"


def html_table(title: str, rows: pd.DataFrame, note: str) -> str:
    """A table with a title above and a note below; title and cells are escaped, the note is HTML already."""
    table = rows.to_html(index=False, escape=True, border=0, na_rep="-", float_format="{:.4g}".format)
    return f"<p><strong>{html.escape(title)}</strong></p>{table}<p><small>{note}</small></p>"
