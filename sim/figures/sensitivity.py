"""Which inputs move a result: tornado, Sobol' indices, and what screening found."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from .layout import panels, stacked
from .style import LEGEND_PT, NAME_PT, NOTE_PT

if TYPE_CHECKING:
    import pandas as pd

LOW_END, HIGH_END = "#9ECAE1", "#0B559F"
"""Light and dark, so that the two ends stay apart in grey."""

KEPT, DROPPED = "#0B559F", "#BBBBBB"
FIRST, TOTAL = ("#0072B2", "o"), ("#D55E00", "D")
MOST_BARS = 20
AXIS = (-0.15, 1.15)
"""Ends of the axis of indices: one estimated from few points may be far out of 0 to 1."""

ROW_IN = 0.36
LETTERS = 22
"""Longest line of a name in a journal's column."""

UNITS = {"days": " d", "hours": " h", "ms": " ms", "chips": " chips", "lots": " lots"}
"""How units that begin with a word are written after a number."""


def tornado_bars(data: pd.DataFrame, outcome: str, ax: Axes | None = None) -> Axes:
    """Bars from the outcome at the centre to that at the low and the high end of each input, widest on top.

    Args:
        data: outcome, input, unit, low, high, rank, at_low, at_centre, at_high, to_low_half, to_high_half; a row for each
            input, in the order in which they are drawn. Inputs with a rank above 0 are written in bold.
        outcome: a share, drawn in per cent.
        ax: where to draw; by default a new figure.
    """
    rows = data[(data["outcome"] == outcome) & data["at_centre"].notna()].reset_index(drop=True)
    ax = ax if ax is not None else _axes_for(max(len(rows), 3))
    centre = float(rows["at_centre"].mean()) if len(rows) else math.nan
    for place, row in enumerate(rows.to_dict("records")):
        for end, colour, shift in (("low", LOW_END, -0.19), ("high", HIGH_END, 0.19)):
            reach, half = row[f"at_{end}"], row[f"to_{end}_half"]
            at = place + shift
            if math.isnan(reach):
                ax.annotate(
                    f"{end} {value_label(row[end], row['unit'])}: no outcome", (row["at_centre"], at), xytext=(3, 0),
                    textcoords="offset points", ha="left", va="center", fontsize=NOTE_PT, fontstyle="italic",
                )  # fmt: skip
                continue
            ax.barh(at, reach - row["at_centre"], 0.34, row["at_centre"], color=colour, edgecolor="#333333", linewidth=0.5)
            right = reach > row["at_centre"] or (reach == row["at_centre"] and end == "high")
            edge = reach
            if not math.isnan(half):
                for thick, shade in ((2.0, "white"), (0.8, "#333333")):  # seen on dark bars too
                    ax.plot([reach - half, reach + half], [at, at], color=shade, linewidth=thick)
                edge = reach + half if right else reach - half
            ax.annotate(
                f"{end} {value_label(row[end], row['unit'])}", (edge, at), xytext=(3 if right else -3, 0),
                textcoords="offset points", ha="left" if right else "right", va="center", fontsize=NOTE_PT,
            )  # fmt: skip
    if len(rows):
        ax.axvline(centre, color="#333333", linewidth=0.8)
        ax.annotate(
            f"all central: {100 * centre:.0f} %", (centre, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", va="bottom", fontsize=LEGEND_PT,
        )  # fmt: skip
    _name_rows(ax, [str(name) for name in rows["input"]], [rank > 0 for rank in rows["rank"]])
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    ax.margins(x=0.4 if stacked(ax) else 0.2)  # the ends of bars are named beside them
    return ax


def index_dots(data: pd.DataFrame, outcomes: Mapping[str, str], ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """First-order and total indices with their intervals, a panel for each outcome.

    Args:
        data: outcome, input, first, first_low, first_high, total, total_low, total_high; a row for each input of each
            outcome. Inputs are drawn in the order of the first outcome's total indices.
        outcomes: name and words of each panel.
        ax: an axis for each outcome; by default those of a new figure.
    """
    first_rows = data[data["outcome"] == next(iter(outcomes))]
    order = [str(name) for name in first_rows.sort_values("total", ascending=False, kind="stable")["input"]]
    if ax is None:
        _, ax = panels(len(outcomes), height_in=1.45 + ROW_IN * max(len(order), 3))
    for number, (axis, (outcome, words)) in enumerate(zip(ax, outcomes.items(), strict=True)):
        rows = data[data["outcome"] == outcome].set_index("input").loc[order]
        for place, row in enumerate(rows.to_dict("records")):
            for kind, (colour, marker), shift in (("first", FIRST, -0.15), ("total", TOTAL, 0.15)):
                axis.plot([row[f"{kind}_low"], row[f"{kind}_high"]], [place + shift] * 2, color=colour, linewidth=1.1)
                filled = colour if kind == "first" else "white"
                axis.plot(row[kind], place + shift, marker=marker, color=colour, markerfacecolor=filled, markersize=4.5)
        _name_rows(axis, order if number == 0 or stacked(axis) else [""] * len(order), [False] * len(order))
        axis.set_title(words)
        axis.axvline(0, color="#444444", linewidth=0.8)
        axis.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
        axis.set_xlabel("share of the variance")
        axis.set_xlim(max(AXIS[0], axis.get_xlim()[0]), min(AXIS[1], max(1.0, axis.get_xlim()[1])))
        axis.grid(axis="x")
    styles: dict[str, dict[str, Any]] = {
        "by itself (first order)": {"color": FIRST[0], "marker": FIRST[1]},
        "and together with others (total)": {"color": TOTAL[0], "marker": TOTAL[1], "markerfacecolor": "white"},
    }
    ax[0].legend(
        handles=[Line2D([], [], label=words, markersize=4.5, linewidth=1.1, **style) for words, style in styles.items()],
        loc="upper right", bbox_to_anchor=(-0.04, -0.01), frameon=False, fontsize=LEGEND_PT, borderaxespad=0.2,
    )  # fmt: skip
    return ax


def effect_bars(data: pd.DataFrame, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """mu* of both rounds of screening with their intervals, the largest of each; dark: kept.

    Args:
        data: round ("ideas" or "single rows"), input, rows, mu_star, low, high, kept; each round in its order.
        ax: two axes; by default those of a new figure.
    """
    rounds = {"ideas": "ideas, rows moved as one", "single rows": "rows of the foremost, one by one"}
    rounds_of = [data[data["round"] == number].head(MOST_BARS).reset_index(drop=True) for number in rounds]
    if ax is None:
        number = max(len(panel) for panel in rounds_of)
        _, ax = panels(2, height_in=1.44 + 0.17 * max(number, 6))
    for axis, panel, title in zip(ax, rounds_of, rounds.values(), strict=True):
        colours = [KEPT if kept else DROPPED for kept in panel["kept"]]
        errors = [panel["mu_star"] - panel["low"], panel["high"] - panel["mu_star"]]
        axis.barh(panel.index, panel["mu_star"], 0.7, color=colours, edgecolor="#333333", linewidth=0.4)
        axis.errorbar(panel["mu_star"], panel.index, xerr=errors, fmt="none", ecolor="#333333", elinewidth=0.8)
        names = [
            f"{name} ({number} rows)" if number > 1 else str(name)
            for name, number in zip(panel["input"], panel["rows"], strict=True)
        ]
        _name_rows(axis, names, [False] * len(names), size=NOTE_PT)
        axis.set_title(title)
        axis.set_xlim(left=0)
        axis.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
        axis.grid(axis="x")
        axis.set_axisbelow(True)
    return ax


def value_label(value: float, unit: str) -> str:
    """A parameter's value as short as it can be said, with its unit if that is a plain one: 14 d, 28 %, 1.6 M, 0.25."""
    if unit.startswith(("share of", "chance")) and value <= 1:
        return f"{100 * value:.3g} %"
    if unit.startswith("calendar year"):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    number = f"{value / 1e6:.3g} M" if abs(value) >= 1e6 else f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    if unit.startswith("US dollars"):
        return f"${number}"
    return number if " per " in unit else number + UNITS.get(re.split(r"[ ,]", unit)[0], "")


ABBREVIATIONS = frozenset({"ai", "cnas", "gpu", "rma", "b200", "b300", "a100", "h100", "h200"})


def in_words(name: str) -> str:
    """The name of a row without underscores, abbreviations in capitals, and its unit, if it ends with one, in brackets."""
    words = " ".join(word.upper() if word in ABBREVIATIONS else word for word in name.split("_"))
    return re.sub(r" (days|hours|ms|months|km|usd)$", r" (\1)", words)


def _name_rows(ax: Axes, names: Sequence[str], bold: Sequence[bool], size: float = NAME_PT) -> None:
    """Names to the left of the rows, the first on top."""
    words = [fill(in_words(name), LETTERS) if stacked(ax) else in_words(name) for name in names]
    ax.set_yticks(range(len(names)), words, fontsize=size, linespacing=0.95)
    for label, heavy in zip(ax.get_yticklabels(), bold, strict=True):
        label.set_fontweight("bold" if heavy else "normal")
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _axes_for(rows: int) -> Axes:
    return panels(height_in=1.5 + ROW_IN * rows)[1][0]
