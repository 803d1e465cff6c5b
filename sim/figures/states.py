"""Chips by state over time, with the rule and without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from ..record import Category
from ..units import calendar_date
from .labels import label_curve
from .layout import panels
from .style import LEGEND_PT, NAME_PT, RULE, Look, current_size, looks

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result

PANELS = {
    "All chips but those scrapped": tuple(f"chips_{category}" for category in Category if category is not Category.RETIRED),
    "In service, no mechanism": ("chips_in_service_without_mechanism",),
    "In service, with mechanism": ("chips_in_service_with_mechanism",),
    "On the way or under repair": ("chips_shipping", "chips_under_repair"),
    "Diverted, not established": ("chips_diverted_undetected",),
    "Diverted and established": ("chips_diverted_established", "chips_seized"),
}
"""Title of each panel and the outcomes it adds up (seized chips count as established). The last five partition the first."""


def states_data(result: Result) -> pd.DataFrame:
    """What the figure draws: scenario, panel, date, median, low, high (10-90 % over draws and runs), unit."""
    import pandas as pd

    frames = []
    for panel, names in PANELS.items():
        rows = result.table[result.table["outcome"].isin(names)]
        totals = rows.groupby(["scenario", "date", "draw", "run"], sort=False)["value"].sum()
        quantiles = totals.groupby(level=["scenario", "date"], sort=False).quantile(np.array([0.1, 0.5, 0.9])).unstack()
        quantiles.columns = pd.Index(["low", "median", "high"])
        frame = quantiles.reset_index()
        frame.insert(1, "panel", panel)
        frame["unit"] = "chips"
        frames.append(frame[["scenario", "panel", "date", "median", "low", "high", "unit"]])
    return pd.concat(frames, ignore_index=True)


def chips_by_state(result: Result, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Small multiples, one for each state, median and 10-90 % band over draws and runs.

    Args:
        result: of `simulate`.
        ax: six axes to draw into; by default those of a new figure.

    Returns:
        The six axes.
    """
    if ax is None:
        narrow = current_size().stacked  # one below the other they would be higher than a page
        _, ax = panels(2, 3, height_in=6.6, stack=False) if narrow else panels(3, 2, height_in=4.6)
    data = states_data(result)
    duty = calendar_date(result.scenario.calendar.start, result.scenario.calendar.duty_day)
    for axes, panel in zip(ax, PANELS, strict=True):
        for policy, look in looks(result):
            rows = data[(data["panel"] == panel) & (data["scenario"] == policy)]
            dates = rows["date"].to_numpy(dtype="datetime64[D]")
            axes.fill_between(dates, rows["low"], rows["high"], color=look.colour, alpha=0.18, linewidth=0)
            axes.plot(dates, rows["median"], color=look.colour, linestyle=look.dash, label=look.label)
        axes.axvline(_day_number(duty), color="#888888", linewidth=0.8, linestyle=":")
        axes.set_title(panel, fontweight="bold")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        axes.grid(axis="y")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        locator = AutoDateLocator(minticks=3, maxticks=5)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    if current_size().height_in is None:
        _label(ax[4], data, looks(result))
    else:  # panels are too low for names inside
        _label_ends(ax[5], data, looks(result))
    ax[0].annotate(
        "duty starts", (_day_number(duty), 0.04), xycoords=("data", "axes fraction"), xytext=(3, 0),
        textcoords="offset points", fontsize=LEGEND_PT, color="#666666",
    )  # fmt: skip
    return ax


def _label(axes: Axes, data: pd.DataFrame, policies: Sequence[tuple[str, Look]]) -> None:
    """Name the two curves where they lie furthest apart."""
    rows = data[data["panel"] == "Diverted, not established"]
    top = max(1.0, rows["high"].max() * 1.18)
    ends = rows.groupby("scenario", sort=False).last()
    for policy, look in policies:
        if policy not in ends.index:
            continue
        side, gap, end = -1 if look is RULE else 1, 5, ends.loc[policy]
        edge = end["low" if side < 0 else "high"]
        if side < 0 and edge < 0.12 * top:  # no room below the band: right below the curve, or above if it is too low
            edge, side, gap = end["median"], -1 if end["median"] >= 0.12 * top else 1, 4
        axes.annotate(
            look.label, (end["date"], edge), xytext=(-2, side * gap), textcoords="offset points",
            ha="right", va="bottom" if side > 0 else "top", color=look.colour, fontsize=NAME_PT,
        )  # fmt: skip
    axes.set_ylim(top=top)


def _label_ends(axes: Axes, data: pd.DataFrame, policies: Sequence[tuple[str, Look]]) -> None:
    """Name the two curves at their ends, beside the last panel."""
    ends = data[data["panel"] == "Diverted and established"].groupby("scenario", sort=False)["median"].last()
    for policy, look in policies:
        if policy in ends.index:
            label_curve(axes, float(ends[policy]), look)


def _day_number(day: date) -> float:
    """Matplotlib's number for a date."""
    return float(date2num(day))  # type: ignore[no-untyped-call]
