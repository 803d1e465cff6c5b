"""What a yearly budget buys: the efficient frontier with the choices on it, and the mix that each choice is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter
from numpy.typing import NDArray

from ..scenario import STATUS_QUO
from .labels import ASIDE_PT
from .layout import panels, stacked
from .style import LEGEND_PT, LETTER_PT, NAME_PT, NOTE_PT, current_size, percent

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

RULES = {"expected": ("best expected", "#0072B2", "o"), "robust": ("least regret", "#D55E00", "s")}
"""What a choice is called, its colour and marker."""

FRUGAL = ("cheapest alike", "#009E73", "D")
LEAST_MUSD = 0.1
"""What costs less stands there on a logarithmic axis."""

FAINT, EFFICIENT = "#AAAAAA", "#444444"
CADENCES = {1.0: "daily", 7.0: "weekly", 30.0: "monthly"}
COLUMNS = (
    ("landmarks", 0.30),
    ("asked", 0.375),
    ("inspectors", 0.465),
    ("of them\nby plan", 0.535),
    ("million \\$\na year (90 %)", 0.665),
    ("largest\nregret,\npoints", 0.77),
)
"""Heads of the table of choices, and the right end of each column in shares of the width."""

BELOW_AXIS_PT, LINE_PT = 46.0, 7.9
"""From the panel down to what letters stand for where that stands below it, past ticks and their label; a line of it."""

LOOKS = {**RULES, "frugal": FRUGAL}
ASIDE = ((-8, 8), (8, -8), (8, 8), (-8, -8))
"""Where the letter of a choice stands beside its marker, in points."""


def frontier_data(result: Tabulation) -> pd.DataFrame:
    """What the frontier draws: a row for each policy tried, and for each choice with what it found in fresh draws."""
    import pandas as pd

    tried = result.table.assign(kind="tried")
    return pd.concat([tried, result.summary().assign(kind="chosen")], ignore_index=True)


def frontier(result: Tabulation, ax: Axes | None = None) -> Axes:
    """Cost a year against what is found: every policy, the frontier, and the best expected choice within each budget.

    Policies and frontier are means over the draws of the choice. The choices stand where they came out in draws that had no
    part in it, with 10-90 % of these.

    Args:
        result: of the question `frontier`.
        ax: where to draw; by default a new figure.
    """
    ax = ax if ax is not None else panels(height_in=4.2)[1][0]
    points, chosen = result.table, result.summary()
    ax.plot(
        _musd(points["usd_per_year_mean"]), points["found_mean"], color=FAINT, linestyle="none", marker="o", markersize=3,
        zorder=1,
    )  # fmt: skip
    efficient = points[points["on_frontier"]].sort_values("usd_per_year_mean")
    dearest = max(float(points["usd_per_year_mean"].max()), float(chosen["fresh_usd_per_year_high"].max())) / 1e6
    right = max(float(chosen["budget_musd"].max()), dearest) * 1.25
    across = [*_musd(efficient["usd_per_year_mean"]), right]
    up = [*efficient["found_mean"], efficient["found_mean"].iloc[-1]]
    ax.step(across, up, where="post", color=EFFICIENT, linewidth=1.1, zorder=2)
    ax.plot(across[:-1], up[:-1], color=EFFICIENT, linestyle="none", marker="o", markersize=3.5, zorder=2)
    ax.set_xscale("log")
    ax.set_xlim(right=right)
    ax.set_ylim(bottom=0)
    for budget in chosen["budget_musd"].unique():
        ax.axvline(budget, color="#999999", linewidth=0.7, linestyle=(0, (1, 2)), zorder=0)
        ax.annotate(
            f"\\${budget:g}M", (budget, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=LEGEND_PT, color="#555555",
        )  # fmt: skip
    _draw_choices(ax, chosen)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.set_ylim(0, max(1e-3, *(1.08 * top for top in (ax.get_ylim()[1], float(chosen["fresh_found_high"].max())))))
    ax.set_xlabel("expected cost to the authority, million US dollars a year")
    ax.grid(axis="y")
    return ax


def _draw_choices(ax: Axes, chosen: pd.DataFrame) -> None:
    """The choices with their intervals and a letter each, and what the letters stand for in the right margin."""
    named: list[tuple[str, str, str]] = []
    in_order = chosen.assign(cost=chosen.groupby("scenario")["fresh_usd_per_year_mean"].transform("first")).sort_values(
        ["cost", "budget_musd"], kind="stable"
    )
    for letter, (_, rows) in zip("ABCDEFGHI", in_order.groupby("scenario", sort=False), strict=False):
        row = rows.iloc[0]
        _, colour, marker = LOOKS[_first_rule(rows)]
        cost = _musd(row[["fresh_usd_per_year_low", "fresh_usd_per_year_mean", "fresh_usd_per_year_high"]])
        found = row[["fresh_found_low", "fresh_found_mean", "fresh_found_high"]].to_numpy(dtype=float)
        spreads = [[[middle - low], [high - middle]] for low, middle, high in (cost, found)]
        ax.errorbar(
            [cost[1]], [found[1]], xerr=spreads[0], yerr=spreads[1], color=colour, marker=marker, markersize=5.5,
            markeredgecolor="white", elinewidth=0.9, capsize=2, zorder=4,
        )  # fmt: skip
        ax.annotate(  # in turn to all sides, as neighbours may be close
            letter, (cost[1], found[1]), xytext=ASIDE[len(named) % len(ASIDE)], textcoords="offset points", color=colour,
            fontsize=LETTER_PT, fontweight="bold", ha="center", va="center", zorder=5,
        )  # fmt: skip
        named.append((letter, colour, f"{_whose(rows)}\n{mix_in_words(row)}"))
    below = stacked(ax)  # in a journal's column there is no room at the right
    (across, up), down = ((0, 0), -BELOW_AXIS_PT) if below else ((1, 1), 0.0)
    for letter, colour, text in named:
        style: dict[str, Any] = {
            "xycoords": "axes fraction", "textcoords": "offset points", "va": "top", "annotation_clip": False,
        }  # fmt: skip
        aside = 0.0 if below else ASIDE_PT
        ax.annotate(
            letter, (across, up), xytext=(aside, down + 1), color=colour, fontsize=LETTER_PT, fontweight="bold", **style
        )
        ax.annotate(
            text, (across, up), xytext=(aside + 11, down), color="#333333", fontsize=NOTE_PT, linespacing=1.2, **style
        )
        down -= LINE_PT * (text.count("\n") + 1.6)


def _musd(usd: Any) -> NDArray[np.float64]:
    """Million dollars, no less than what the axis begins with."""
    return np.maximum(np.asarray(usd, dtype=float) / 1e6, LEAST_MUSD)


def _first_rule(rows: pd.DataFrame) -> str:
    """By which a policy is drawn that several rules choose."""
    return next(rule for rule in LOOKS if rule in set(rows["rule"]))


def _whose(rows: pd.DataFrame) -> str:
    """Which choices a policy is, a line for each budget."""
    return "\n".join(
        f"\\${budget:g}M: {', '.join(LOOKS[rule][0] for rule in ours['rule'])}"
        for budget, ours in rows.groupby("budget_musd", sort=True)
    )


def mix_in_words(row: pd.Series[Any]) -> str:
    """What a policy is a mix of, on two lines."""
    if row["scenario"] == STATUS_QUO:
        return "no rule"
    planned = f", {row['planned_inspectors']:.0f} by plan" if row["planned_inspectors"] else ""
    pings = f"{row['landmarks']:.0f} landmarks, asked {cadence(row['period_days'])}"
    return f"{row['inspectors']:.0f} inspectors{planned};\n{pings}"


def cadence(days: float) -> str:
    """How often chips are asked, in words."""
    return CADENCES.get(days, f"every {days:g} days")


def mixes_bought(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """A row for each budget and rule of choice: the mix, its cost, its largest regret, and what it finds in fresh draws.

    Args:
        result: of the question `frontier`.
        ax: two axes to draw into, a wide one for the table and one for what is found; by default those of a new figure.
    """
    chosen = result.summary()
    if ax is None:
        narrow = current_size().stacked
        shares = (0.75, 0.25) if narrow else (0.8, 0.165)
        _, ax = panels(2, height_in=5.4 if narrow else 3.9, shares=shares, stack=False)
    table, dots = ax
    narrow = stacked(table)
    table.set_axis_off()
    height = 0.0
    for budget, rows in chosen.groupby("budget_musd", sort=False):
        height += 0.5 if narrow else 0.0  # the budget stands above its rows
        table.text(0.0, height - 0.75 * narrow, f"\\${budget:g}M", fontsize=LETTER_PT, fontweight="bold", va="center")
        for row in rows.to_dict("records"):
            (_write_lines if narrow else _write_row)(table, height, row)
            _, colour, marker = LOOKS[row["rule"]]
            dots.hlines(height, row["fresh_found_low"], row["fresh_found_high"], color=colour, linewidth=1.2)
            dots.plot(row["fresh_found_mean"], height, color=colour, marker=marker, markersize=4.5)
            dots.annotate(
                percent(row["fresh_found_mean"]), (row["fresh_found_mean"], height), xytext=(0, 4.5),
                textcoords="offset points", ha="center", fontsize=NOTE_PT, color=colour,
            )  # fmt: skip
            height += 1
        height += 0.5
    for head, right in () if narrow else COLUMNS:
        table.text(
            (right - 0.01) / 0.8, -0.75, head, fontsize=LEGEND_PT, color="#555555", ha="right", va="bottom",
            linespacing=1.05,
        )  # fmt: skip
    for axis in (table, dots):
        axis.set_ylim(height - 0.9, -0.75)
    table.set_xlim(0, 1)
    dots.set_yticks([])
    dots.spines["left"].set_visible(False)
    dots.set_xlim(-0.04, 1.04)
    dots.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    dots.grid(axis="x")
    dots.set_title("found within\n90 days", fontsize=LEGEND_PT, color="#555555", loc="center", pad=5)
    return ax


def _write_lines(ax: Axes, height: float, row: dict[Any, Any]) -> None:
    """The cells of a row in a journal's column: two lines, what it is chosen by and its cost, and the mix."""
    import pandas as pd

    name, colour, _ = LOOKS[row["rule"]]
    musd = f"{row['usd_per_year_mean'] / 1e6:.1f} ({row['usd_per_year_90_percent'] / 1e6:.1f})"
    cost = f"{musd}, {100 * row['largest_regret']:.0f}"
    for words, ink, up, side in ((name, colour, 0.5, "bottom"), (cost, "black", -0.5, "top")):
        ax.annotate(words, (0.0, height), xytext=(0, up), textcoords="offset points", color=ink, fontsize=NOTE_PT, va=side)
    ax.text(0.4, height, mix_in_words(pd.Series(row)), fontsize=NOTE_PT, va="center", linespacing=1.15)


def _write_row(ax: Axes, height: float, row: dict[Any, Any]) -> None:
    name, colour, _ = LOOKS[row["rule"]]
    ax.text(0.105, height, name, color=colour, fontsize=NAME_PT, va="center")
    rule = row["scenario"] != STATUS_QUO
    cells = (
        f"{row['landmarks']:.0f}" if rule else "no rule",
        cadence(row["period_days"]) if rule else "-",
        f"{row['inspectors']:.0f}" if rule else "-",
        f"{row['planned_inspectors']:.0f}" if rule else "-",
        f"{row['usd_per_year_mean'] / 1e6:.1f} ({row['usd_per_year_90_percent'] / 1e6:.1f})",
        f"{100 * row['largest_regret']:.0f}",
    )
    for cell, (_, right) in zip(cells, COLUMNS, strict=True):
        ax.text((right - 0.01) / 0.8, height, cell, fontsize=NAME_PT, ha="right", va="center")
