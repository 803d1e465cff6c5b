"""What one landmark more buys: chips cleared, and the gain and cost of the next, by strategy of placement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from .style import Look, new_figure

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

LOOKS = {
    "clearance": Look("where they\nclear most", "#0072B2", "-"),
    "coverage": Look("nearest to\nthe chips", "#009E73", (0, (6, 1.5))),
    "internet_hubs": Look("at internet\nhubs", "#D55E00", (0, (3, 1.5))),
    "random": Look("at random", "#666666", (0, (1, 1.2))),
}
BANDS = ("clearance", "internet_hubs")
"""Strategies whose range is shaded: the best, and the one of the baseline. More would hide each other."""

LABEL_HEIGHT, ROOM_FOR_LABELS = 0.115, 2.8
"""Of two lines of text, in the unit of the left panel; and how far its axis goes on to the left, as a factor."""

SMALLEST_GAIN = 1e-3
"""In percentage points per landmark: the right panel ends there."""


def landmark_value_data(result: Tabulation) -> pd.DataFrame:
    """What the figure draws, a row for each strategy and number of landmarks."""
    columns = [
        "strategy", "landmarks", "chips_cleared", "chips_low", "chips_high", "points_per_landmark", "points_error",
        "usd_per_year_central", "usd_per_point_central",
    ]  # fmt: skip
    return result.overview[columns]


def landmark_value(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels over the number of landmarks: chips cleared, and percentage points gained per landmark.

    Args:
        result: of the question `landmarks`.
        ax: two axes to draw into; by default those of a new figure.

    Returns:
        The two axes.
    """
    if ax is None:
        figure = new_figure(4.0)
        ax = [figure.add_axes((0.065, 0.2, 0.43, 0.585)), figure.add_axes((0.595, 0.2, 0.325, 0.585))]
    data = landmark_value_data(result)
    price = float((data["usd_per_year_central"] / data["landmarks"]).iloc[0])
    for strategy, look in LOOKS.items():
        rows = data[data["strategy"] == strategy]
        if strategy in BANDS:
            ax[0].fill_between(
                rows["landmarks"], rows["chips_low"], rows["chips_high"], color=look.colour, alpha=0.16, linewidth=0
            )
        style: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "label": look.label}
        ax[0].plot(rows["landmarks"], rows["chips_cleared"], **style)
        ax[1].step(rows["landmarks"], _shown_gain(rows), where="pre", **style)
    _axis_of_landmarks(ax, sorted(data["landmarks"].unique()), price)
    ax[0].set_title("Chips cleared", fontweight="bold")
    ax[0].set_ylim(0, 1)
    ax[0].yaxis.set_major_formatter(PercentFormatter(1.0))
    ax[1].set_title("Percentage points that each landmark adds", fontweight="bold")
    _axis_of_gains(ax[1], price)
    _label(ax[0], data)
    ax[0].set_xlim(left=data["landmarks"].min() / ROOM_FOR_LABELS)
    return ax


def _shown_gain(rows: pd.DataFrame) -> Any:
    """Gains from the next smaller network, below the axis if they cannot be told from none. The first is left out."""
    gain = rows["points_per_landmark"].to_numpy(dtype=float)
    error = rows["points_error"].fillna(0.0).to_numpy(dtype=float)
    shown = np.where(gain > 2 * error, np.maximum(gain, SMALLEST_GAIN / 100), SMALLEST_GAIN / 100)
    shown[:1] = np.nan
    return shown


def _axis_of_landmarks(ax: Sequence[Axes], sizes: Sequence[int], price: float) -> None:
    for axes in ax:
        axes.set_xscale("log")
        axes.set_xticks(sizes, [f"{size}\n{size * price / 1e6:.2g}" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(sizes[0], sizes[-1] * 1.03)
        axes.set_xlabel(f"landmarks, and million dollars a year at {price:,.0f} each")
        axes.grid(axis="y")


def _axis_of_gains(axes: Axes, price: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(SMALLEST_GAIN, 3)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda gain, _: f"{gain:g}"))

    def cost_of(gain: Any) -> Any:
        return price / 1e6 / np.maximum(gain, 1e-12)  # its own inverse

    costs = axes.secondary_yaxis("right", functions=(cost_of, cost_of))
    costs.yaxis.set_minor_locator(NullLocator())
    costs.yaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:g}"))
    costs.set_ylabel("million dollars a year for one point more")


def _label(axes: Axes, data: pd.DataFrame) -> None:
    """Name the curves to the left of where they begin, pushed apart where they begin close together."""
    smallest = int(data["landmarks"].min())
    starts = data[data["landmarks"] == smallest].set_index("strategy")["chips_cleared"].sort_values()
    heights = starts.to_numpy(dtype=float, copy=True)
    for _ in range(100):
        for n in range(len(heights) - 1):
            overlap = max(0.0, LABEL_HEIGHT - (heights[n + 1] - heights[n]))
            heights[n] -= overlap / 2
            heights[n + 1] += overlap / 2
        heights = np.clip(heights, LABEL_HEIGHT / 2, 1 - LABEL_HEIGHT / 2)
    for strategy, height in zip(starts.index, heights, strict=True):
        axes.annotate(
            LOOKS[strategy].label, (smallest, height), xytext=(-4, 0), textcoords="offset points", ha="right", va="center",
            color=LOOKS[strategy].colour, fontsize=7.5, linespacing=1.0,
        )  # fmt: skip
