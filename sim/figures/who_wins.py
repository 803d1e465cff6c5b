"""Who wins in which share of scenarios, case below case: for sure one side, for sure the other, or as prices decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from .layout import stacked
from .style import LEGEND_PT, NOTE_PT

if TYPE_CHECKING:
    import pandas as pd

FIRST, OPEN, SECOND = "#0072B2", "#d9d9d9", "#D55E00"
INK = "#222222"
BAR = 0.62


def who_wins(rows: pd.DataFrame, ax: Axes, *, names: bool = True, breaks: tuple[int, ...] = ()) -> Axes:
    """A bar for each case, from what the first side wins for sure to what the second does; the first share is written out.

    Args:
        rows: one for each case, in order: label, first, low, high, second, best: shares of scenarios won for sure by the
            first side, its interval (NaN if there is none), by the second side, and by the first against the second's best
            plan.
        ax: where to draw.
        names: whether cases are named along the y axis; else a panel to the left does, if there is one: not in a column.
        breaks: numbers of cases above which a line is drawn.
    """
    for place, row in enumerate(rows.to_dict("records")):
        first, low, high, second, best = (float(row[name]) for name in ("first", "low", "high", "second", "best"))
        parts = ((first, FIRST, None), (1 - first - second, OPEN, None), (second, SECOND, "////"))
        left = 0.0
        for width, colour, hatch in parts:
            ax.barh(place, width, BAR, left=left, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
            left += width
        if low == low and high > low:
            ax.plot([low, high], [place, place], color="black", linewidth=1.1, solid_capstyle="butt")
            ax.plot([low, high], [place, place], color="black", linestyle="none", marker="|", markersize=4)
        if best == best:
            ax.plot(
                best, place, marker="D", markersize=3.6, markerfacecolor="white", markeredgecolor="black",
                markeredgewidth=0.8, linestyle="none", clip_on=False, zorder=4,
            )  # fmt: skip
        ax.annotate(
            _written(first, low, high), (1, place), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=NOTE_PT, color=INK,
        )  # fmt: skip
    for above in breaks:
        ax.axhline(above - 0.5, color="#444444", linewidth=0.5)
    ax.set_yticks(range(len(rows)), list(rows["label"]) if names or stacked(ax) else [""] * len(rows), fontsize=LEGEND_PT)
    ax.tick_params(axis="y", length=0, pad=6)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.set_xticks([0, 0.5, 1])
    return ax


def who_wins_key(axes: Sequence[Axes], first: str, second: str) -> None:
    """What colours and marks mean, below the names of the cases: of the first panel, in a column of the last."""
    marks = [
        Patch(facecolor=FIRST, label=f"{first} win at any price"),
        Patch(facecolor=OPEN, label="prices decide"),
        Patch(facecolor=SECOND, hatch="////", edgecolor="white", linewidth=0, label=f"{second} win at any price"),
        Line2D(
            [], [], marker="D", markersize=3.6, markerfacecolor="white", markeredgecolor="black", markeredgewidth=0.8,
            linestyle="none", label=f"{first} win against the best plan",
        ),
    ]  # fmt: skip
    axes[-1 if stacked(axes[0]) else 0].legend(
        handles=marks, loc="upper right", bbox_to_anchor=(-0.02, -0.01), frameon=False, fontsize=LEGEND_PT,
        handlelength=1.3, handletextpad=0.5, borderaxespad=0.2, labelspacing=0.3,
    )  # fmt: skip


def _written(share: float, low: float, high: float) -> str:
    def number(value: float) -> str:
        return f"{100 * value:.1f}" if low != low or 0 < value < 0.0995 else f"{100 * value:.0f}"

    return number(share) if low != low else f"{number(share)} ({number(low)}-{number(high)})"
