"""An outcome over time, a curve for each policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import PercentFormatter

from ..scenario import STATUS_QUO
from .labels import label_curve, spread_labels
from .policies import Setting, looks_of, with_commas
from .style import BEFORE

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result


def by_date_data(result: Result, settings: Mapping[str, Setting], outcomes: Sequence[str]) -> pd.DataFrame:
    """Outcomes of each policy and of the status quo by date of the census.

    Returns:
        scenario, group, date, outcome, median, low, high (10-90 % over draws and runs), unit; the status quo has no group.
    """
    import pandas as pd

    table = result.table
    rows = table[table["scenario"].isin([*settings, STATUS_QUO]) & table["outcome"].isin(outcomes)]
    dates = rows.groupby("outcome")["date"].transform("nunique")
    keys = ["scenario", "date", "outcome", "unit"]
    quantiles = rows[dates > 1].groupby(keys, sort=False)["value"].quantile(np.array([0.1, 0.5, 0.9])).unstack()
    quantiles.columns = pd.Index(["low", "median", "high"])
    frame = quantiles.reset_index()
    frame.insert(1, "group", [settings[name].group if name in settings else "" for name in frame["scenario"]])
    return frame[["scenario", "group", "date", "outcome", "median", "low", "high", "unit"]]


def by_date(data: pd.DataFrame, outcome: str, ax: Axes, *, share: bool = False) -> Axes:
    """Medians with 10-90 % bands over time, each curve named at its end.

    Args:
        data: of `by_date_data`.
        outcome: which one.
        ax: where to draw.
        share: whether it is a share, drawn in per cent.
    """
    rows = data[data["outcome"] == outcome]
    curves = [(rows[rows["scenario"] == STATUS_QUO], BEFORE)]
    curves += [(rows[rows["group"] == look.label], look) for look in looks_of(rows)]
    for curve, look in curves:
        if curve.empty:
            continue
        curve = curve.sort_values("date")
        dates = curve["date"].to_numpy(dtype="datetime64[D]")
        ax.fill_between(dates, curve["low"], curve["high"], color=look.colour, alpha=0.15, linewidth=0)
        ax.plot(dates, curve["median"], color=look.colour, linestyle=look.dash)
        label_curve(ax, float(curve["median"].iloc[-1]), look)
    locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    if share:
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.set_ylim(bottom=0)
    if not share:
        with_commas(ax.yaxis)
    ax.margins(x=0.01)
    ax.grid(axis="y")
    spread_labels(ax)
    return ax
