"""How far a sample of sites is off the nation that it stands for, outcome by outcome."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.special import stdtrit

from ..scenario import Scenario
from ..units import DAYS_PER_YEAR
from .layout import panels, stacked
from .policies import LOOKS
from .style import NAME_PT

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result

FARTHEST = 1.5
"""End of the axis at most: intervals that go on are cut there."""

LETTERS = 18
"""Longest line of a name in a journal's column."""

COUNTED, FIXED = ("false_alarms_per_month", "diverted_under_duty"), ("cost_authority_landmarks", "cost_maker_firmware")
OUTCOMES = {
    "established_by_day_90": ("established within 90 days", "%"),
    "alerted_by_day_90": ("alerted within 90 days", "%"),
    "inspection_wait_mean": ("days a case waits for an inspector", "days"),
    "false_alarms_per_month": ("false alarms per month", "a month"),
    "diverted_under_duty": ("chips diverted under the duty", "chips"),
    "cost_total": ("cost per year", "million US dollars"),
}
"""Each outcome's name for readers, and the unit of its values in the figure."""


def sample_bias_data(result: Result, sample: Scenario) -> pd.DataFrame:
    """The sample minus the nation in the same draws and runs, as a share of the nation's mean.

    Counts of the sample are divided by the share of the nation's chips that it simulates; costs but for fixed ones, too. A
    run has the same sites in all draws, so that runs alone are independent: draws are averaged first, and the interval is
    Student's for the mean of paired differences.

    Args:
        result: with the sample beside the nation.
        sample: the sample's scenario.

    Returns:
        outcome, label, unit, nation, sample (means), difference, low, high (shares of the nation's mean; 95 %), spread
        (standard deviation between samples, the same unit), runs. The interval is NaN for one run.
    """
    import pandas as pd

    nation, times = result.scenario, result.scenario.fleet.scale / sample.fleet.scale
    years = nation.calendar.end_after_duty_days / DAYS_PER_YEAR
    final = result.table[result.table["date"] == result.table["date"].max()]
    wide = final.pivot_table(index="outcome", columns=["scenario", "draw", "run"], values="value", sort=False)
    rows = []
    for outcome, (label, unit) in OUTCOMES.items():
        if outcome not in wide.index:
            continue
        whole, part = wide.loc[outcome, nation.name], wide.loc[outcome, sample.name]
        if outcome in COUNTED:
            part = part * times
        elif outcome == "cost_total":
            fixed = wide.loc[list(FIXED), sample.name].sum()
            whole, part = whole / years / 1e6, (fixed + (part - fixed) * times) / years / 1e6
        pairs = pd.DataFrame({"nation": whole, "sample": part}).dropna().groupby(level="run").mean()
        mean = float(pairs["nation"].mean()) if len(pairs) else 0.0
        if not mean:
            continue
        change = ((pairs["sample"] - pairs["nation"]) / mean).to_numpy(dtype=float)
        error = change.std(ddof=1) / np.sqrt(len(change)) * stdtrit(len(change) - 1, 0.975) if len(change) > 1 else np.nan
        middle = float(change.mean())
        spread = float(pairs["sample"].std(ddof=1)) / mean if len(change) > 1 else np.nan
        ends = middle - error, middle + error
        rows.append((outcome, label, unit, mean, float(pairs["sample"].mean()), middle, *ends, spread, len(change)))
    columns = ["outcome", "label", "unit", "nation", "sample", "difference", "low", "high", "spread", "runs"]
    return pd.DataFrame(rows, columns=columns)


def sample_bias(data: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A dot with its 95 % interval for each outcome: the sample relative to the nation, in per cent; values at the right.

    Args:
        data: of `sample_bias_data`.
        ax: where to draw; by default a new figure.
    """
    ax = ax if ax is not None else panels(height_in=3.6)[1][0]
    colour, _, marker = LOOKS[0]
    places = np.arange(len(data))[::-1]
    ax.axvline(0, color="#444444", linewidth=0.8)
    has = data["low"].notna().to_numpy()
    ax.hlines(places[has], data["low"][has], data["high"][has], color=colour, linewidth=1.6)
    ax.plot(data["difference"], places, linestyle="none", marker=marker, markersize=5, color=colour)
    ax.set_yticks(places, [fill(label, LETTERS) if stacked(ax) else label for label in data["label"]])
    ax.set_ylim(-0.6, len(data) - 0.4)
    reach = min(
        FARTHEST, 1.1 * float(np.nanmax(np.abs(data[["difference", "low", "high"]].to_numpy(dtype=float)), initial=0.05))
    )
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    for place, (_, row) in zip(places, data.iterrows(), strict=True):
        scale = 100 if row["unit"] == "%" else 1
        gap = "\n" if stacked(ax) else " "
        text = f"{_short(scale * row['nation'])} / {_short(scale * row['sample'])}{gap}{row['unit']}"
        ax.annotate(
            text, (1.0, place), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
            fontsize=NAME_PT, annotation_clip=False,
        )  # fmt: skip
    ax.annotate(
        "nation / sample", (1.0, len(data) - 0.4), xycoords=("axes fraction", "data"), xytext=(6, 4),
        textcoords="offset points", va="bottom", fontsize=NAME_PT, color="#444444", annotation_clip=False,
    )  # fmt: skip
    return ax


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
