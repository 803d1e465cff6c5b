"""What a yearly budget buys: the efficient frontier with the choices on it, and the mix that each choice is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from ..scenario import STATUS_QUO
from .style import new_figure, percent

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

RULES = {"expected": ("best expected", "#0072B2", "o"), "robust": ("least regret", "#D55E00", "s")}
"""What a choice is called, its colour and marker."""

FRUGAL = ("cheapest not told apart", "#009E73", "D")
FAINT, EFFICIENT = "#AAAAAA", "#444444"
CADENCES = {1.0: "daily", 7.0: "weekly", 30.0: "monthly"}
COLUMNS = (
    ("landmarks", 0.335),
    ("asked", 0.42),
    ("inspectors", 0.515),
    ("of them\nby plan", 0.59),
    ("million \\$\na year (90 %)", 0.695),
    ("largest\nregret", 0.775),
)
"""Heads of the table of choices, and the right end of each column in shares of the width."""

LOOKS = {**RULES, "frugal": FRUGAL}


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
    ax = ax if ax is not None else new_figure(4.2).add_axes((0.075, 0.15, 0.56, 0.655))
    points, chosen = result.table, result.summary()
    ax.plot(
        points["usd_per_year_mean"] / 1e6, points["found_mean"], color=FAINT, linestyle="none", marker="o", markersize=3,
        zorder=1,
    )  # fmt: skip
    efficient = points[points["on_frontier"]].sort_values("usd_per_year_mean")
    right = max(float(chosen["budget_musd"].max()), float(points["usd_per_year_mean"].max() / 1e6)) * 1.25
    across = [*(efficient["usd_per_year_mean"] / 1e6), right]
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
            textcoords="offset points", ha="center", fontsize=7, color="#555555",
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
    lines = []
    for letter, (_, rows) in zip("ABCDEFGHI", chosen.groupby("scenario", sort=False), strict=False):
        row = rows.iloc[0]
        _, colour, marker = LOOKS[row["rule"]]
        x, y = row["fresh_usd_per_year_mean"] / 1e6, row["fresh_found_mean"]
        ax.errorbar(
            [x], [y],
            xerr=[[x - row["fresh_usd_per_year_low"] / 1e6], [row["fresh_usd_per_year_high"] / 1e6 - x]],
            yerr=[[y - row["fresh_found_low"]], [row["fresh_found_high"] - y]],
            color=colour, marker=marker, markersize=5.5, markeredgecolor="white", elinewidth=0.9, capsize=2, zorder=4,
        )  # fmt: skip
        ax.annotate(
            letter, (x, y), xytext=(-7, 6), textcoords="offset points", color=colour, fontsize=9, fontweight="bold",
            ha="center", zorder=5,
        )  # fmt: skip
        lines.append((letter, colour, _whose(rows), mix_in_words(row)))
    for place, (letter, colour, whose, mix) in enumerate(lines):
        top = 1.0 - place * min(0.24, 1.0 / len(lines))
        ax.text(1.03, top, letter, transform=ax.transAxes, color=colour, fontsize=9, fontweight="bold", va="top")
        ax.text(1.075, top, whose, transform=ax.transAxes, color=colour, fontsize=7, va="top", fontweight="bold")
        ax.text(
            1.075, top - 0.052 * (1 + whose.count("\n")), mix, transform=ax.transAxes, color="#333333", fontsize=7, va="top"
        )


def _whose(rows: pd.DataFrame) -> str:
    """Which choices a policy is."""
    lines = []
    for rule, ours in rows.groupby("rule", sort=False):
        budgets = ", ".join(f"\\${budget:g}M" for budget in ours["budget_musd"])
        lines.append(f"{LOOKS[str(rule)][0]}: {budgets}")
    return "\n".join(lines)


def mix_in_words(row: pd.Series[Any]) -> str:
    """What a policy is a mix of, on two lines."""
    if row["scenario"] == STATUS_QUO:
        return "no rule"
    planned = f", {row['planned_inspectors']:.0f} by plan" if row["planned_inspectors"] else ""
    return f"{row['inspectors']:.0f} inspectors{planned};\n{row['landmarks']:.0f} landmarks, asked {cadence(row['period_days'])}"


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
        figure = new_figure(3.9)
        ax = [figure.add_axes((0.01, 0.16, 0.79, 0.59)), figure.add_axes((0.815, 0.16, 0.165, 0.59))]
    table, dots = ax
    table.set_axis_off()
    heights = []
    height = 0.0
    for budget, rows in chosen.groupby("budget_musd", sort=False):
        table.text(0.0, height, f"\\${budget:g}M", fontsize=9, fontweight="bold", va="center")
        for row in rows.to_dict("records"):
            _write_row(table, height, row)
            _, colour, marker = LOOKS[row["rule"]]
            dots.hlines(height, row["fresh_found_low"], row["fresh_found_high"], color=colour, linewidth=1.2)
            dots.plot(row["fresh_found_mean"], height, color=colour, marker=marker, markersize=4.5)
            dots.annotate(
                percent(row["fresh_found_mean"]), (row["fresh_found_mean"], height), xytext=(0, 4.5),
                textcoords="offset points", ha="center", fontsize=6.5, color=colour,
            )  # fmt: skip
            heights.append(height)
            height += 1
        height += 0.5
    for head, right in COLUMNS:
        table.text(right / 0.8, -0.75, head, fontsize=7, color="#555555", ha="right", va="bottom", linespacing=1.05)
    for axis in (table, dots):
        axis.set_ylim(height - 0.9, -0.75)
    table.set_xlim(0, 1)
    dots.set_yticks([])
    dots.spines["left"].set_visible(False)
    dots.set_xlim(0, 1)
    dots.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    dots.grid(axis="x")
    dots.set_title("found within\n90 days", fontsize=7, color="#555555", loc="center", pad=5)
    return ax


def _write_row(ax: Axes, height: float, row: dict[str, Any]) -> None:
    name, colour, _ = LOOKS[row["rule"]]
    ax.text(0.09, height, name, color=colour, fontsize=7.5, va="center")
    rule = row["scenario"] != STATUS_QUO
    cells = (
        f"{row['landmarks']:.0f}" if rule else "no rule",
        cadence(row["period_days"]) if rule else "–",
        f"{row['inspectors']:.0f}" if rule else "–",
        f"{row['planned_inspectors']:.0f}" if rule else "–",
        f"{row['usd_per_year_mean'] / 1e6:.1f} ({row['usd_per_year_90_percent'] / 1e6:.1f})",
        f"{100 * row['largest_regret']:.0f} points",
    )
    for cell, (_, right) in zip(cells, COLUMNS, strict=True):
        ax.text(right / 0.8, height, cell, fontsize=7.5, ha="right", va="center")
