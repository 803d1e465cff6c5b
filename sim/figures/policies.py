"""Many policies in one picture: an outcome by the value of a lever, or one outcome against another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    NullFormatter,
    PercentFormatter,
    StrMethodFormatter,
    SymmetricalLogLocator,
)
from numpy.typing import NDArray

from ..scenario import STATUS_QUO
from .labels import DIRECT, MARKER_PT, NOTE, label_curve, spread_labels
from .layout import panels, stacked
from .style import BEFORE, NOTE_PT, Look

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result

FloatArray = NDArray[np.float64]

LOOKS: tuple[tuple[str, str | tuple[int, tuple[float, ...]], str], ...] = (
    ("#0072B2", "-", "o"),
    ("#009E73", (0, (5, 1.5)), "s"),
    ("#CC79A7", (0, (1.5, 1.5)), "^"),
    ("#E69F00", (0, (5, 1, 1, 1)), "D"),
    ("#56B4E9", (0, (3, 1)), "v"),
    ("#000000", (0, (1, 1)), "P"),
    ("#7F7F7F", (0, (6, 2, 1, 2)), "X"),
)
"""Colour, dash and marker of each group of policies: they differ in all three, and so in grey."""


@dataclass(frozen=True)
class Setting:
    """Where a policy belongs: to which curve, and where on it.

    Attributes:
        group: what the policies of a curve have in common, in words.
        value: of the lever that is varied along it.
    """

    group: str
    value: float


def policies_data(result: Result, settings: Mapping[str, Setting], outcomes: Sequence[str]) -> pd.DataFrame:
    """Outcomes of each policy and of the status quo at the end of the run.

    Args:
        result: of `simulate`, with policies beside each other.
        settings: of each policy, by its name.
        outcomes: their names.

    Returns:
        scenario, group, value, outcome, median, low, high, mc_error, unit; the status quo has no group and no value.
    """
    summary = result.summary()
    rows = summary[summary["scenario"].isin([*settings, STATUS_QUO]) & summary["outcome"].isin(outcomes)].copy()
    rows.insert(1, "group", [settings[name].group if name in settings else "" for name in rows["scenario"]])
    rows.insert(2, "value", [settings[name].value if name in settings else np.nan for name in rows["scenario"]])
    return rows.reset_index(drop=True)


def by_lever(
    data: pd.DataFrame,
    outcome: str,
    ax: Axes | None = None,
    *,
    share: bool = False,
    log: bool = True,
    apart: float = np.nan,
) -> Axes:
    """An outcome by the value of a lever: medians with 10-90 % bars, a curve for each group, the status quo as a band.

    Args:
        data: of `policies_data`.
        outcome: which one.
        ax: where to draw; by default a new figure.
        share: whether it is a share, drawn in per cent.
        log: whether the lever has a logarithmic axis.
        apart: a value that is not on the way of the others, as that which stands for never; its points are not joined.
    """
    ax = ax if ax is not None else _axes()
    rows = data[data["outcome"] == outcome]
    status_quo_band(rows, outcome, ax)
    for (group, curve), look in zip(rows[rows["group"] != ""].groupby("group", sort=False), looks_of(rows), strict=True):
        curve = curve.sort_values("value")
        for points, dash in ((curve[curve["value"] != apart], look.dash), (curve[curve["value"] == apart], "none")):
            errors = [points["median"] - points["low"], points["high"] - points["median"]]
            ax.errorbar(
                points["value"], points["median"], yerr=errors, color=look.colour, linestyle=dash, marker=_marker(look),
                markersize=4, elinewidth=0.8, capsize=2,
            )  # fmt: skip
        label_curve(ax, curve["median"].iloc[-1], Look(str(group), look.colour, look.dash))
    if log:
        ax.set_xscale("log")
    if share:
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.set_ylim(bottom=0)
    if not rows[["median", "high"]].to_numpy(dtype=float).any():
        ax.set_ylim(top=1)  # nothing but zeros: a scale of their own would have no meaning
    if not share:
        with_commas(ax.yaxis)
    ax.grid(axis="y")
    spread_labels(ax)
    return ax


def status_quo_band(data: pd.DataFrame, outcome: str, ax: Axes) -> None:
    """Median and 10-90 % of an outcome in the status quo, if the data of `policies_data` have it, all across a panel."""
    for _, row in data[(data["outcome"] == outcome) & (data["scenario"] == STATUS_QUO)].iterrows():
        ax.axhspan(row["low"], row["high"], color=BEFORE.colour, alpha=0.15, linewidth=0)
        ax.axhline(row["median"], color=BEFORE.colour, linestyle=BEFORE.dash)
        label_curve(ax, row["median"], BEFORE)


def trade_off(
    data: pd.DataFrame, across: str, up: str, ax: Axes | None = None, *, value_label: str = "{:g}", log: bool = True
) -> Axes:
    """One outcome against another: a point for each policy with 10-90 % bars both ways, joined within each group.

    Args:
        data: of `policies_data` with both outcomes.
        across: the outcome along the x axis.
        up: the outcome along the y axis, a share, drawn in per cent.
        ax: where to draw; by default a new figure.
        value_label: how the value of the lever is written beside each point.
        log: whether the x axis is logarithmic.
    """
    ax = ax if ax is not None else _axes()
    x, y = (data[data["outcome"] == name].set_index("scenario") for name in (across, up))
    names = [name for name in x.index if name in y.index and name != STATUS_QUO]
    x, y = x.loc[names], y.loc[names]
    marks: list[tuple[str, Sequence[float], str]] = []
    for (group, points), look in zip(x.groupby("group", sort=False), looks_of(x), strict=True):
        points = points.sort_values("value")
        heights = y.loc[points.index]
        ax.errorbar(
            points["median"], heights["median"],
            xerr=[points["median"] - points["low"], points["high"] - points["median"]],
            yerr=[heights["median"] - heights["low"], heights["high"] - heights["median"]],
            color=look.colour, linestyle=look.dash, elinewidth=0.5, capsize=1.5,
        )  # fmt: skip
        markers, *_ = ax.plot(points["median"], heights["median"], _marker(look), color=look.colour, markersize=MARKER_PT)
        markers.set_zorder(4)  # names of points must hide none
        marks += [
            (value_label.format(value), spot, look.colour)
            for value, *spot in zip(points["value"], points["median"], heights["median"], strict=True)
        ]
        label_curve(ax, heights["median"].iloc[-1], Look(str(group), look.colour, look.dash))
    if log:
        _logarithmic(ax, x["median"].to_numpy(dtype=float))
    ax.set_ylim(0, 1.05 * ax.get_ylim()[1])
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.grid()
    _mark(ax, marks)
    spread_labels(ax)
    return ax


def _logarithmic(ax: Axes, values: FloatArray) -> None:
    """A logarithmic x axis; if some values are 0, one that ends at the left with 0, linear below the least other one."""
    positive = values[values > 0]
    if not len(positive):
        ax.set_xlim(-0.03, 1)
        return
    if len(positive) == len(values):
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    else:
        least = 10 ** np.floor(np.log10(positive.min()))
        ax.set_xscale("symlog", linthresh=least, linscale=0.4)
        steps = (1,) if stacked(ax) else (1, 2, 5)
        ax.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=least, subs=steps))
        ax.set_xlim(left=-0.2 * least)  # room for the marks at 0
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _mark(ax: Axes, marks: Sequence[tuple[str, Sequence[float], str]]) -> None:
    """Write each value beside its point, on white that dims lines; `place_notes` keeps them apart."""
    ground = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    for text, (horizontal, vertical), colour in marks:
        ax.annotate(
            text, (horizontal, vertical), xytext=(0, 0), textcoords="offset points", fontsize=NOTE_PT, color=colour,
            gid=NOTE, zorder=3, bbox=ground,
        )  # fmt: skip


def with_commas(axis: Axis) -> None:
    """Thousands apart, where numbers are so large."""
    if max(map(abs, axis.get_view_interval())) >= 1000:
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def name_values(ax: Axes, data: pd.DataFrame, label: str, name: Callable[[float], str] = "{:g}".format) -> None:
    """Mark the values of the lever along the x axis, each by its name, and label the axis."""
    values = sorted(data["value"].dropna().unique())
    ax.set_xticks(values, [name(value) for value in values])
    ax.minorticks_off()
    ax.set_xlabel(label)


def hide_labels(ax: Axes) -> None:
    """Take the labels of curves off a panel, where another one names them."""
    for text in ax.texts:
        if text.get_gid() == DIRECT:
            text.set_visible(False)


def _axes() -> Axes:
    _, (ax,) = panels(height_in=4.2)
    return ax


def looks_of(rows: pd.DataFrame) -> list[Look]:
    """Colour and dash of each group, in the order of rows; rows without a group have none.

    Raises:
        ValueError: there are more groups than looks that stay apart.
    """
    groups = [group for group in rows["group"].unique() if group]
    if len(groups) > len(LOOKS):
        raise ValueError(f"groups: {len(groups)} are more than {len(LOOKS)}, the number of looks that stay apart")
    return [Look(str(group), colour, dash) for group, (colour, dash, _) in zip(groups, LOOKS, strict=False)]


def _marker(look: Look) -> str:
    return next(marker for colour, _, marker in LOOKS if colour == look.colour)
