"""From diversion to detection: cumulative incidence, with the rule and without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ..outcomes.cohort import diverted_cohort
from ..outcomes.incidence import cumulative_incidence
from .labels import label_curve
from .layout import panels, stacked
from .style import LEGEND_PT, Look, looks, percent

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result

BELOW_AXIS_PT, LINE_PT = 32.0, 10.0
"""From the panel down to the row of chips followed, past ticks and their label; and a line of it, points."""

MINIMUM_FOLLOWED = 0.1
"""A curve ends where less than this share of the diverted chips is still followed, found chips counted as followed."""


def incidence_data(result: Result) -> pd.DataFrame:
    """What the figure draws: scenario, days, median, low, high (10-90 % over draws and runs), followed, diverted, unit.

    `followed` is how many of the `diverted` chips, over all draws and runs, have that many days of follow-up within the
    run. Runs in which no chip was diverted under the duty have no such share and are left out.
    """
    import pandas as pd

    grid = np.arange(0.0, np.floor(result.scenario.calendar.end_after_duty_days) + 1)
    frames = []
    for policy in dict.fromkeys(run.scenario for run in result.runs):
        cohorts = [diverted_cohort(run.chips, result.scenario.calendar) for run in result.runs if run.scenario == policy]
        cohorts = [cohort for cohort in cohorts if len(cohort.diverted)]
        if not cohorts:
            continue
        possible = np.concatenate([cohort.possible_days for cohort in cohorts])
        followed = np.array([(possible >= day).sum() for day in grid])
        ends = [cohort.to_established() for cohort in cohorts]
        curves = np.array([cumulative_incidence(end.days, end.happened, grid, end.competed) for end in ends])
        # Where a run has nobody left to find, its curve goes on flat, as a lower bound: each run counts on each day.
        curves = pd.DataFrame(curves.T).ffill().to_numpy().T
        shown = followed >= max(1, MINIMUM_FOLLOWED * len(possible))
        low, median, high = np.quantile(curves[:, shown], [0.1, 0.5, 0.9], axis=0)
        frames.append(
            pd.DataFrame(
                {
                    "scenario": policy,
                    "days": grid[shown],
                    "median": median,
                    "low": low,
                    "high": high,
                    "followed": followed[shown],
                    "diverted": len(possible),
                    "unit": "share of diverted chips",
                }
            )
        )
    columns = ["scenario", "days", "median", "low", "high", "followed", "diverted", "unit"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def diversion_to_detection(result: Result, ax: Axes | None = None) -> Axes:
    """Share of diverted chips whose diversion has been established, by days since departure: median, 10-90 % over all runs.

    Args:
        result: of `simulate`.
        ax: where to draw; by default a new figure.

    Returns:
        The axes.
    """
    if ax is None:
        _, (ax,) = panels(height_in=4.2)
    data = incidence_data(result)
    if data.empty:
        ax.annotate("no chip was diverted under the duty", (0.5, 0.5), xycoords="axes fraction", ha="center")
        return ax
    day = data.groupby("scenario")["days"].max().min()  # up to which all curves go, so that their labels can be compared
    for policy, look in looks(result):
        rows = data[data["scenario"] == policy]
        if rows.empty:
            continue
        ax.fill_between(rows["days"], rows["low"], rows["high"], step="post", color=look.colour, alpha=0.18, linewidth=0)
        ax.step(rows["days"], rows["median"], where="post", color=look.colour, linestyle=look.dash)
        then = rows[rows["days"] <= day].iloc[-1]
        text = f"{look.label}:\nnot found by day {day:.0f}:\n{percent(1 - then['median'])} ({_range(then)})"
        label_curve(ax, float(rows.iloc[-1]["median"]), Look(text, look.colour, look.dash))
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    ax.set_xlim(0, data["days"].max())
    ticks = MaxNLocator(4 if stacked(ax) else 7).tick_values(0, data["days"].max())
    ax.set_xticks([day for day in ticks if 0 <= day <= data["days"].max()])
    ax.set_xlabel("days since the chips left the licensed path")
    ax.grid(axis="y")
    followed = data[data["scenario"] == result.scenario.name]
    if len(followed):
        _followed_row(ax, followed, "draws and runs" if result.drawn else "runs")
    return ax


def _range(row: pd.Series[float]) -> str:
    return f"{100 * (1 - row['high']):.0f}-{100 * (1 - row['low']):.0f} %"


def _followed_row(ax: Axes, rows: pd.DataFrame, among: str) -> None:
    """Under the axis and its label: how many chips stand behind the curves."""
    style: dict[str, Any] = {
        "textcoords": "offset points", "va": "top", "fontsize": LEGEND_PT, "color": "#444444", "annotation_clip": False,
    }  # fmt: skip
    gap = "\n" if stacked(ax) else " "
    down = BELOW_AXIS_PT + (LINE_PT if stacked(ax) else 0)  # where the label of the axis has two lines
    ax.annotate(
        f"chips followed that long, all {among}{gap}together (of {rows['diverted'].iloc[0]:,} diverted)", (0, 0),
        xycoords="axes fraction", xytext=(0, -down), **style,
    )  # fmt: skip
    down += LINE_PT * (2 if stacked(ax) else 1)
    for day in ax.get_xticks():
        row = rows[rows["days"] == day]
        if len(row):
            ax.annotate(
                f"{row['followed'].iloc[0]:,}", (day, 0), xycoords=("data", "axes fraction"), xytext=(0, -down), ha="center",
                **style,
            )  # fmt: skip
