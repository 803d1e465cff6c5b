"""What one landmark more buys: chips cleared, and the gain and cost of the next, by strategy of placement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter
from numpy.typing import NDArray

from .labels import apart
from .layout import panels
from .style import LEGEND_PT, NAME_PT, Look, SizeName, current_size

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

FloatArray = NDArray[np.float64]

LOOKS = {
    "clearance": Look("where they\nclear most", "#0072B2", "-"),
    "coverage": Look("nearest to\nthe chips", "#009E73", (0, (6, 1.5))),
    "internet_hubs": Look("at internet\nhubs", "#D55E00", (0, (3, 1.5))),
    "random": Look("at random", "#666666", (0, (1, 1.2))),
}
BANDS = ("clearance", "internet_hubs")
"""Strategies whose range is shaded: the best, and the one of the baseline. More would hide each other."""

LABEL_HEIGHT: dict[SizeName, float] = {"column": 0.14, "full": 0.115, "slide": 0.25}
"""Of two lines of text, in heights of a panel."""

SMALLEST_GAIN, LARGEST_GAIN = 1e-3, 3.0
"""In percentage points per landmark: the right panel's ends."""

NOT_SHOWN = SMALLEST_GAIN / 100
"""Where steps are drawn that leave the right panel at its lower end."""


def landmark_value_data(result: Tabulation) -> pd.DataFrame:
    """What the figure draws, a row for each strategy and number of landmarks."""
    columns = [
        "strategy", "landmarks", "chips_cleared", "chips_low", "chips_high", "points_per_landmark", "points_error",
        "usd_per_year_central", "usd_per_point_central",
    ]  # fmt: skip
    return result.summary()[columns]


def landmark_value(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels over the number of landmarks: chips cleared, and percentage points gained per landmark.

    Args:
        result: of the question `landmarks`.
        ax: two axes to draw into; by default those of a new figure.

    Returns:
        The two axes.
    """
    if ax is None:
        _, ax = panels(2, height_in=4.0)
    data = landmark_value_data(result)
    price = float((data["usd_per_year_central"] / data["landmarks"]).iloc[0])
    sizes = sorted(data["landmarks"].unique().tolist())
    cleared, gained, left_at = {}, {}, set()
    for strategy, look in LOOKS.items():
        rows = data[data["strategy"] == strategy]
        gain = _shown_gain(rows)
        if strategy in BANDS:
            ax[0].fill_between(
                rows["landmarks"], rows["chips_low"], rows["chips_high"], color=look.colour, alpha=0.16, linewidth=0
            )
        style: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "label": look.label}
        ax[0].plot(rows["landmarks"], rows["chips_cleared"], **style)
        ax[1].step(rows["landmarks"], gain, where="pre", **style)
        cleared[strategy] = float(rows["chips_cleared"].iloc[0])
        gained[strategy] = _height(gain[1]) if len(gain) > 1 else np.nan
        left_at |= {sizes[step - 1] for step in range(1, len(sizes)) if _leaves(gain, step)}
    _axis_of_landmarks(ax, sizes, price)
    ax[0].set_title("Chips cleared")
    ax[0].set_ylim(0, 1)
    ax[0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    ax[1].set_title("Percentage points per landmark")
    _axis_of_gains(ax[1], price)
    _label(ax[0], sizes[0], cleared, room=4.2)
    _label(ax[1], sizes[0], gained, room=4.2)
    for size in left_at:
        side, word = (-1, "right") if 2 * size > sizes[-1] else (1, "left")
        ax[1].annotate(
            "hardly\nany gain", (size, 0.012), xycoords=("data", "axes fraction"), xytext=(4 * side, 0),
            textcoords="offset points", ha=word, va="bottom", fontsize=LEGEND_PT, color="#444444", linespacing=1.0,
        )  # fmt: skip
    return ax


def _shown_gain(rows: pd.DataFrame) -> FloatArray:
    """Gains from the next smaller network, below the axis if they cannot be told from none. The first is left out."""
    gain = rows["points_per_landmark"].to_numpy(dtype=float)
    error = rows["points_error"].fillna(0.0).to_numpy(dtype=float)
    shown: FloatArray = np.where((gain > 2 * error) & (gain >= SMALLEST_GAIN), gain, NOT_SHOWN)
    shown[:1] = np.nan
    return shown


def _leaves(gain: FloatArray, step: int) -> bool:
    """Whether a curve leaves the panel at a step: it is below, and was not before."""
    return bool(gain[step] == NOT_SHOWN and gain[step - 1] != NOT_SHOWN)


def _height(gain: float) -> float:
    """Of a gain in the right panel, as a share of the panel's height."""
    share = np.log(gain / SMALLEST_GAIN) / np.log(LARGEST_GAIN / SMALLEST_GAIN)
    return float(np.clip(share, 0.0, 1.0))


def _axis_of_landmarks(ax: Sequence[Axes], sizes: Sequence[int], price: float) -> None:
    for axes in ax:
        axes.set_xscale("log")
        axes.set_xticks(sizes, _names(sizes, price))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(sizes[0], sizes[-1] * 1.03)
        axes.set_xlabel(f"landmarks, and million dollars a year at {price:,.0f} each")
        axes.grid(axis="y")


def _names(sizes: Sequence[int], price: float) -> list[str]:
    """What stands under the axis for each size, nothing where the next one would touch it."""
    names = [f"{size}\n{size * price / 1e6:.2g}" for size in sizes]
    crowded = [larger < 1.5 * size for size, larger in pairwise(sizes)]
    return [*("" if near else name for name, near in zip(names, crowded, strict=False)), names[-1]]


def _axis_of_gains(axes: Axes, price: float) -> None:
    axes.set_yscale("log")
    axes.set_ylim(SMALLEST_GAIN, LARGEST_GAIN)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda gain, _: f"{gain:g}"))

    def cost_of(gain: Any) -> Any:
        return price / 1e6 / np.maximum(gain, 1e-12)  # its own inverse

    costs = axes.secondary_yaxis("right", functions=(cost_of, cost_of))
    costs.yaxis.set_minor_locator(NullLocator())
    costs.yaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:g}"))
    costs.set_ylabel("million dollars a year for one point more")


def _label(axes: Axes, first: int, starts: Mapping[str, float], *, room: float) -> None:
    """Name the curves to the left of where they begin, pushed apart where they begin close together.

    Args:
        axes: the panel.
        first: number of landmarks at which the curves begin.
        starts: height of each curve there, as a share of the panel's; NaN if it is not drawn.
        room: factor by which the axis goes on to the left.
    """
    axes.set_xlim(left=first / room)
    drawn = sorted((height, strategy) for strategy, height in starts.items() if not np.isnan(height))
    tall = np.full(len(drawn), LABEL_HEIGHT[current_size().name])
    heights = apart(np.array([height for height, _ in drawn]), tall, 1.0)
    for (start, strategy), height in zip(drawn, heights.tolist(), strict=True):
        look = LOOKS[strategy]
        axes.annotate(
            look.label, (first, start), xycoords=("data", "axes fraction"), xytext=(first * 0.85, height),
            textcoords=("data", "axes fraction"), ha="right", va="center", color=look.colour, fontsize=NAME_PT,
            linespacing=1.0,
            arrowprops={
                "arrowstyle": "-", "linewidth": 0.6, "color": look.colour, "shrinkA": 0, "shrinkB": 0, "relpos": (1, 0.5),
            },
        )  # fmt: skip
