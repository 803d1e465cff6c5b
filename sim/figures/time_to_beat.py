"""The round trip to beat beside the round trips there are, from the hardest city to the easiest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..world.clearance import HARDLY, PROVEN
from .layout import panels, stacked
from .style import LEGEND_PT, NAME_PT, current_size, percent

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

COMPARED = (
    "Hong Kong", "Kathmandu", "Hanoi", "Taipei", "Almaty", "Delhi", "Seoul", "Tashkent", "Bangkok", "Ho Chi Minh City",
    "Tokyo", "Kuala Lumpur", "Singapore", "Dubai",
)  # fmt: skip

TO_BEAT = "#D55E00"
NETWORK_LOOKS = (("#56B4E9", "o"), ("#0072B2", "s"), ("#000000", "^"))

FIRST_COLUMN_PT, COLUMN_PT = 22.0, 32.0
"""From the panel to the middle of the first column of shares, and from one column to the next, points."""


def time_to_beat_data(result: Tabulation, processing_ms: float) -> pd.DataFrame:
    """What the chart draws: for some hubs, by network, the best round trip of a burst, median and 5-95 % of worlds.

    Hong Kong, if it lies inside the scenario's territory, is held against mainland China; other hubs inside are left out.
    """
    table, restricted = result.table, result.scenario.geography.restricted
    rows = table[(table["processing_ms"] == processing_ms) & table["hub"].isin(COMPARED) & (table["clearance_ms"] > 0)]
    own = rows["territory"] == restricted.name
    hong_kong = (rows["hub"] == "Hong Kong") & (rows["territory"] == "china_mainland")
    if "HK" not in restricted.countries:
        hong_kong &= own
    rows = rows[own | hong_kong].sort_values(["clearance_ms", "landmarks"], kind="stable")
    columns = ["territory", "hub", "clearance_ms", "landmarks", "processing_ms"]
    times = ["best_rtt_ms", "best_rtt_q05_ms", "best_rtt_q95_ms"]
    return rows[[*columns, *times, "probability", "mc_error", "nearest_landmark"]].reset_index(drop=True)


def time_to_beat(result: Tabulation, ax: Axes | None = None, *, processing_ms: float) -> Axes:
    """For some hubs from the hardest to the easiest, the round trip to beat and the best one there is.

    Args:
        result: of the question `clearance`.
        ax: where to draw; by default a new figure.
        processing_ms: in-loop processing, part of the round trips.

    Returns:
        The axes.
    """
    if ax is None:
        _, (ax,) = panels(height_in=5.6)
    data = time_to_beat_data(result, processing_ms)
    cities = list(dict.fromkeys(data["hub"]))
    networks = sorted(data["landmarks"].unique().tolist())
    for line, city in enumerate(cities):
        _draw_times(ax, line, data[data["hub"] == city], networks)
        _write_shares(ax, line, data[data["hub"] == city], networks)
        if line % 2:
            ax.axhspan(line - 0.5, line + 0.5, color="#f5f5f5", zorder=0)
    ax.set_yticks(range(len(cities)), [_city(data, city, result) for city in cities])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(cities) - 0.5, -0.5)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel("round trip, ms (logarithmic)")
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    _head(ax, networks)
    return ax


def _looks(networks: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Colour and marker of each network: the largest is black, however many there are."""
    return dict(zip(networks, NETWORK_LOOKS[-len(networks) :], strict=True)) if networks else {}


def _draw_times(ax: Axes, line: int, rows: pd.DataFrame, networks: Sequence[int]) -> None:
    heights = dict(zip(networks, np.linspace(-0.24, 0.24, len(NETWORK_LOOKS)).tolist(), strict=False))
    ax.plot([rows["clearance_ms"].iloc[0]] * 2, [line - 0.4, line + 0.4], color=TO_BEAT, linewidth=2.6, zorder=4)
    for _, row in rows.iterrows():
        colour, shape = _looks(networks)[row["landmarks"]]
        at = line + heights[row["landmarks"]]
        ax.plot([row["best_rtt_q05_ms"], row["best_rtt_q95_ms"]], [at, at], color=colour, linewidth=1.1)
        ax.plot(
            row["best_rtt_ms"], at, shape, color=colour, markersize=3.8, markeredgecolor="white", markeredgewidth=0.4,
            zorder=5,
        )  # fmt: skip


def _write_shares(ax: Axes, line: int, rows: pd.DataFrame, networks: Sequence[int]) -> None:
    for _, row in rows.iterrows():
        right = FIRST_COLUMN_PT + COLUMN_PT * networks.index(row["landmarks"])
        ax.annotate(
            percent(row["probability"], (HARDLY, PROVEN)), (1.0, line), xycoords=("axes fraction", "data"),
            xytext=(right, 0), textcoords="offset points", ha="center", va="center", fontsize=NAME_PT,
            fontweight="bold" if row["probability"] >= PROVEN else "normal", annotation_clip=False,
        )  # fmt: skip


def _head(ax: Axes, networks: Sequence[int]) -> None:
    """What the marks mean, and what stands in the columns at the right."""
    above: dict[str, Any] = {
        "xycoords": "axes fraction", "textcoords": "offset points", "ha": "center", "va": "bottom", "annotation_clip": False,
    }  # fmt: skip
    for number, network in enumerate(networks):
        right = FIRST_COLUMN_PT + COLUMN_PT * number
        ax.annotate(f"{network}", (1.0, 1.0), xytext=(right, 4), fontsize=NAME_PT, fontweight="bold", **above)
    ax.annotate(
        "proven outside\nwith ... landmarks", (1.0, 1.0), xytext=(FIRST_COLUMN_PT + COLUMN_PT * (len(networks) - 1) / 2, 15),
        fontsize=LEGEND_PT, color="#444444", linespacing=1.05, **above,
    )  # fmt: skip
    handles = [Line2D([], [], color=TO_BEAT, linewidth=2.6, label="time to beat from the same city")]
    handles += [
        Line2D([], [], color=colour, marker=shape, markersize=3.8, linewidth=1.1, label=f"{network} landmarks")
        for network, (colour, shape) in _looks(networks).items()
    ]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "ncols": 2, "borderaxespad": 0.4}
    if stacked(ax):  # no room beside the heads of the columns: below the axis and its label
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "borderaxespad": 5.5}
    ax.legend(handles=handles, frameon=False, fontsize=NAME_PT, handlelength=1.4, columnspacing=1.2, **place)


def _city(data: pd.DataFrame, city: str, result: Tabulation) -> str:
    held_against = data[data["hub"] == city]["territory"].iloc[0]
    gap = "\n" if current_size().height_in is None else " "
    return city if held_against == result.scenario.geography.restricted.name else f"{city}{gap}(mainland alone)"
