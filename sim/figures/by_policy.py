"""Policies one below the other: an outcome of each, with its interval and its number beside it."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from ..scenario import STATUS_QUO
from .heat_map import NOTHING
from .layout import stacked
from .policies import with_commas
from .style import BEFORE, NAME_PT, RULE, current_size, percent

if TYPE_CHECKING:
    import pandas as pd

INK = "#222222"
LETTERS, LETTERS_ELSEWHERE = 38, 24
"""Longest line of a name at full width, and in a column or on a slide."""


def by_policy(data: pd.DataFrame, outcome: str, ax: Axes, *, share: bool = False, names: bool = True) -> Axes:
    """A point for each policy with a 10-90 % bar, in the order of the data, the status quo last; the median is written out.

    A policy that has another outcome in the data but not this one has a dash, so that panels beside each other are alike.

    Args:
        data: of `policies_data`; the group of each policy is its name in words.
        outcome: which one.
        ax: where to draw.
        share: whether it is a share, drawn in per cent.
        names: whether policies are named along the y axis; else a panel to the left does, if there is one: not in a column.
    """
    policy = ["scenario", "group"]
    rows = data.loc[data["outcome"] == outcome, [*policy, "median", "low", "high"]]
    rows = data[policy].drop_duplicates().merge(rows, how="left", on=policy)
    rows = rows.sort_values("scenario", key=lambda names: names == STATUS_QUO, kind="stable")
    ends = zip(rows["scenario"], rows["median"], rows["low"], rows["high"], strict=True)
    for place, (name, median, low, high) in enumerate(ends):
        look = BEFORE if name == STATUS_QUO else RULE
        known = median == median
        if known:
            ax.plot([low, high], [place, place], color=look.colour, linewidth=1.2)
            ax.plot([median], [place], marker="s" if look is BEFORE else "o", markersize=4.5, color=look.colour)
        number = percent(median) if share else f"{median:,.3g}" if abs(median) < 1000 else f"{median:,.0f}"
        ax.annotate(
            number if known else NOTHING, (high if known else 0, place), xytext=(5, 0), textcoords="offset points",
            va="center", fontsize=NAME_PT, color=INK,
        )  # fmt: skip
    letters = LETTERS if current_size().name == "full" else LETTERS_ELSEWHERE
    labels = [fill(str(group or BEFORE.label), letters) for group in rows["group"]]
    ax.set_yticks(range(len(labels)), labels if names or stacked(ax) else [""] * len(labels))
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.12)
    if share:
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    else:
        with_commas(ax.xaxis)
    ax.set_xlim(left=min(0.0, ax.get_xlim()[0]) if (rows["low"] < 0).any() else 0)
    ax.grid(axis="x")
    return ax
