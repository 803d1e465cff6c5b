"""The priors on the volume of smuggling: by year beside the published quantiles, and against the share ever detected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from .layout import panels
from .style import LEGEND_PT, Look

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

LOOKS = {
    "cnas": Look("CNAS (2025), chips", "#D55E00", "-"),
    "epoch": Look("Epoch AI (2026), H100-equivalents", "#0072B2", "-"),
}
EXTRAPOLATED = "#888888"
TICKS = [1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7]
SHARE_TICKS = [0.05, 0.1, 0.2, 0.4, 0.8]
BINS = 10
LEVELS = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}

PUBLISHED = ["published_q05", "published_median", "published_q95"]


def volume_by_year_data(result: Tabulation) -> pd.DataFrame:
    """What the figure of years draws, a row for each prior and period."""
    return result.summary().drop(columns=["at_central_values", "rank_correlation"])


def volume_by_year(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels, one for each prior: bars of the drawn volume of each year, and the published quantiles as diamonds.

    Args:
        result: of the question `volume_prior`.
        ax: two axes to draw into; by default those of a new figure.

    Returns:
        The two axes.
    """
    axes = _two_panels() if ax is None else ax
    data = volume_by_year_data(result)
    for panel, (prior, look) in zip(axes, LOOKS.items(), strict=True):
        rows = data[data["prior"] == prior]
        years = [period for period in rows["period"] if period.isdigit()]
        places = {period: float(place) for place, period in enumerate(years)}
        places["2024 to 2025"] = len(years) + 0.6
        for period, drawn, published in zip(
            rows["period"], rows[list(LEVELS)].to_numpy(float), rows[PUBLISHED].to_numpy(float), strict=True
        ):
            at, (low, lower, median, upper, high) = places[period], drawn.tolist()
            colour = EXTRAPOLATED if np.isnan(published).any() else look.colour
            panel.vlines(at, low, high, color=colour, linewidth=1.6)
            panel.vlines(at, lower, upper, color=colour, linewidth=5.5, alpha=0.55)
            panel.hlines(median, at - 0.2, at + 0.2, color=colour, linewidth=1.6)
            panel.plot([at + 0.34] * 3, published, "D", color="black", markerfacecolor="white", markersize=4)
        names = [f"{place}" if number % 2 == 0 or len(years) < 4 else "" for number, place in enumerate(years)]
        panel.set_xticks([*places.values()], [*names, "2024 and\n2025"])
        panel.set_xlim(-0.6, len(years) + 1.3)
        panel.axvline(len(years) - 0.2, color="#cccccc", linewidth=0.6)
        _finish(panel, look, data)
    _explain(axes[0])
    return axes


def _explain(panel: Axes) -> None:
    """Name bars, diamonds and grey where the first panel has room: below the bars of later years."""
    panel.plot([], [], "D", color="black", markerfacecolor="white", markersize=4, label="by the source: 5, 50, 95 %")
    panel.plot([], [], color=LOOKS["cnas"].colour, label="drawn: 5-95, 25-75 %, median")
    panel.plot([], [], color=EXTRAPOLATED, label="extrapolated by assumption")
    panel.legend(
        loc="upper left",
        framealpha=1,
        edgecolor="none",
        fontsize=LEGEND_PT,
        handlelength=1.4,
        borderaxespad=0.1,
        labelspacing=0.25,
    )


def volume_by_detection_data(result: Tabulation) -> pd.DataFrame:
    """What the figure of shares draws: for each prior, quantiles of the volume in a tenth of draws after the other."""
    import pandas as pd

    rows = []
    both = result.table[result.table["period"] == "2024 to 2025"]
    for prior, draws in both.groupby("prior"):
        ordered = draws.sort_values("share_detected", kind="stable")
        for part in np.array_split(np.arange(len(ordered)), min(BINS, len(ordered))):
            of_part = ordered.iloc[part]
            quantiles = {name: of_part["volume"].quantile(level) for name, level in LEVELS.items()}
            rows.append({"prior": prior, "share_detected": of_part["share_detected"].median(), **quantiles})
    return pd.DataFrame(rows)


def volume_by_detection(result: Tabulation, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels, one for each prior: the volume of both years against the share of smuggling ever detected.

    Args:
        result: of the question `volume_prior`.
        ax: two axes to draw into; by default those of a new figure.

    Returns:
        The two axes.
    """
    axes = _two_panels() if ax is None else ax
    data = volume_by_detection_data(result)
    for panel, (prior, look) in zip(axes, LOOKS.items(), strict=True):
        rows = data[data["prior"] == prior]
        for low, high, alpha in (("q05", "q95", 0.16), ("q25", "q75", 0.3)):
            panel.fill_between(rows["share_detected"], rows[low], rows[high], color=look.colour, alpha=alpha, linewidth=0)
        panel.plot(rows["share_detected"], rows["median"], color=look.colour, marker="o", markersize=3)
        panel.set_xscale("log")
        panel.set_xticks(SHARE_TICKS)
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
        panel.set_xlim(0.05, 1)
        panel.set_xlabel("share of diverted lots ever exposed by tips and customs")
        _finish(panel, look, data)
    axes[1].text(
        0.03, 0.04, "median, 25-75 and 5-95 % of draws", transform=axes[1].transAxes, fontsize=LEGEND_PT, color="#444444"
    )
    return axes


def _two_panels() -> Sequence[Axes]:
    return panels(2, height_in=3.6)[1]


def _finish(panel: Axes, look: Look, data: pd.DataFrame) -> None:
    """One scale of volumes for both panels."""
    panel.set_yscale("log")
    panel.set_ylim(0.7 * data["q05"].min(), 1.4 * data["q95"].max())
    panel.yaxis.set_major_locator(FixedLocator(TICKS))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda volume, _: f"{volume / 1e6:g} m" if volume >= 1e6 else f"{volume / 1e3:g}k")
    )
    panel.grid(axis="y")
    panel.set_title(look.label, fontweight="bold", color=look.colour)
