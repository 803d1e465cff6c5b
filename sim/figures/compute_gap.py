"""Compute in restricted territory over time and by source, without the rule and with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from ..scenario import STATUS_QUO
from .labels import label_curve, spread_labels
from .layout import panels
from .style import BEFORE, RULE, Look

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

MILLION = 1e6
LAYERS = {
    "domestic": ("domestic", "#4D4D4D"),
    "lawful": ("lawful imports", "#8C8C8C"),
    "rented": ("rented abroad", "#C8C8C8"),
    "smuggled": ("smuggled", "#E69F00"),
}
"""From the bottom up: label and colour. Three greys, and the source that the rule is about."""

PANELS = {STATUS_QUO: "Without the rule", "rule": "With the rule"}


def compute_data(result: Tabulation) -> pd.DataFrame:
    """What the figure draws: policy, date, source, median, low, high, unit."""
    return result.summary()


def compute_by_source(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Three panels: layers by source for each policy, and smuggled compute under both.

    Layers are medians of each source; the bars at the end are 10-90 % of draws of the sum.

    Args:
        result: of the question `compute_gap`.
        ax: three axes to draw into; by default those of a new figure.
    """
    if ax is None:
        _, ax = panels(3, height_in=3.9)
    data = compute_data(result)
    tops = []
    for axis, (policy, title) in zip(ax, PANELS.items(), strict=False):
        tops.append(_layers(axis, data[data["policy"] == policy]))
        axis.set_title(title)
    for axis in ax[:2]:
        axis.set_ylim(0, 1.05 * max(tops))
    for axis, name in ((ax[0], False), (ax[1], True)):
        spread_labels(axis)
        for label in axis.texts:
            label.set_visible(name)  # the second panel names the layers of both
    _smuggled(ax[2], data)
    for axis in ax:
        axis.margins(x=0)
        axis.grid(axis="y")
        locator = AutoDateLocator(minticks=3, maxticks=5)  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    return ax


def _layers(axis: Axes, rows: pd.DataFrame) -> float:
    """Draw the layers of one policy and name them at the right; returns how high the drawing reaches."""
    by_source = {str(source): one.sort_values("date") for source, one in rows.groupby("source", sort=False)}
    dates = by_source["all"]["date"].to_numpy(dtype="datetime64[D]")
    floor = np.zeros(len(dates))
    for source, (label, colour) in LAYERS.items():
        top = floor + by_source[source]["median"].to_numpy() / MILLION
        hatch = "////" if source == "smuggled" else None
        axis.fill_between(dates, floor, top, facecolor=colour, edgecolor="white", linewidth=0, hatch=hatch)
        axis.plot(dates, top, color="white", linewidth=0.5)
        _name(axis, (floor[-1] + top[-1]) / 2, label, "#A06A00" if source == "smuggled" else "#444444")
        floor = top
    low, middle, high = (by_source["all"][name].iloc[-1] / MILLION for name in ("low", "median", "high"))
    axis.errorbar(
        dates[-1], middle, yerr=[[middle - low], [high - middle]], color="black", capsize=2.5, elinewidth=0.9, clip_on=False
    )
    return max(float(floor[-1]), float(high))


def _smuggled(axis: Axes, data: pd.DataFrame) -> None:
    """Smuggled compute under both policies, with 10-90 % of draws."""
    axis.set_title("Smuggled alone")
    for policy, look in ((STATUS_QUO, BEFORE), ("rule", RULE)):
        rows = data[(data["policy"] == policy) & (data["source"] == "smuggled")].sort_values("date")
        dates = rows["date"].to_numpy(dtype="datetime64[D]")
        axis.fill_between(dates, rows["low"] / MILLION, rows["high"] / MILLION, color=look.colour, alpha=0.16, linewidth=0)
        axis.plot(dates, rows["median"] / MILLION, color=look.colour, linestyle=look.dash)
        _name(axis, rows["median"].iloc[-1] / MILLION, look.label, look.colour)
    axis.set_ylim(bottom=0)
    spread_labels(axis)


def _name(axis: Axes, height: float, label: str, colour: str) -> None:
    label_curve(axis, height, Look(label, colour, "-"))
