"""Places near a restricted territory: times to beat beside the times there are, and how often an honest chip is cleared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..world.clearance import HARDLY, PROVEN
from .heat_map import heat_map
from .layout import panels, stacked
from .style import LEGEND_PT, percent
from .time_to_beat import TO_BEAT

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

LOOKS = {"hosting": ("#0072B2", "o", -0.16), "cloud": ("#000000", "s", 0.16)}
"""Colour, marker and height within its line of each class of networks."""

TWO_LINES_IN = 0.29
"""Height of a row with two lines at its left, inches."""


def border_times_data(result: Tabulation) -> pd.DataFrame:
    """One row for each place and class of networks, with the largest number of landmarks.

    Returns:
        case, inside, network, planning_ms and security_ms (to beat), best_rtt_q05_ms, best_rtt_ms, best_rtt_q95_ms,
        relay_adds_ms, best_landmark, best_landmark_km.
    """
    table = result.table[result.table["landmarks"] == result.table["landmarks"].max()]
    rows = table[table["bound"] == "planning"].rename(columns={"time_to_beat_ms": "planning_ms"})
    security = table[table["bound"] == "vacuum"].set_index(["case", "network"])["time_to_beat_ms"]
    rows = rows.join(security.rename("security_ms"), on=["case", "network"])
    relays = result.further["relays"]
    own = relays[(relays["to"] == "the border") & (relays["way"] == "own circuit")].set_index("case")["adds_ms"]
    rows = rows.join(own.rename("relay_adds_ms"), on="case")
    times = ["best_rtt_q05_ms", "best_rtt_ms", "best_rtt_q95_ms", "relay_adds_ms"]
    landmark = ["best_landmark", "best_landmark_km"]
    data: pd.DataFrame = rows[["case", "inside", "network", "planning_ms", "security_ms", *times, *landmark]]
    return data.reset_index(drop=True)


def border_times(data: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """For each place the time to beat under two bounds, the best round trip of an honest chip, and that of a relayed one.

    Args:
        data: of `border_times_data`.
        ax: where to draw; by default a new figure.
    """
    places = list(dict.fromkeys(data["case"]))
    if ax is None:
        _, (ax,) = panels(height_in=1.9 + 0.4 * len(places))
    for line, place in enumerate(places):
        rows = data[data["case"] == place]
        if line % 2:
            ax.axhspan(line - 0.5, line + 0.5, color="#f5f5f5", zorder=0)
        if rows["inside"].any():
            ax.text(
                0.5, line, "inside the territory: nothing to clear", transform=ax.get_yaxis_transform(), ha="center",
                va="center", fontsize=LEGEND_PT, color="#444444",
            )  # fmt: skip
            continue
        for column, style in (("planning_ms", "-"), ("security_ms", (0, (1.2, 1.0)))):
            beat_ms = rows[column].iloc[0]
            ax.plot([beat_ms] * 2, [line - 0.4, line + 0.4], color=TO_BEAT, linewidth=2.4, linestyle=style, zorder=4)
        for _, row in rows.iterrows():
            colour, marker, offset = LOOKS[row["network"]]
            at = line + offset
            ax.plot([row["best_rtt_q05_ms"], row["best_rtt_q95_ms"]], [at, at], color=colour, linewidth=1.1)
            ax.plot(row["best_rtt_ms"], at, marker, color=colour, markersize=4, zorder=5)
            relayed_ms = row["best_rtt_ms"] + row["relay_adds_ms"]
            ax.plot(relayed_ms, at, "D", color=colour, markersize=4, markerfacecolor="white", zorder=5)
    ax.set_yticks(range(len(places)), [place.replace(" (", "\n(") for place in places])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(places) - 0.5, -0.5)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel("round trip, ms (logarithmic)")
    ax.grid(axis="x")
    ax.set_axisbelow(True)
    _legend(ax)
    return ax


def _legend(ax: Axes) -> None:
    handles = [
        Line2D([], [], color=TO_BEAT, linewidth=2.4, label="to beat, planning bound"),
        Line2D([], [], color=TO_BEAT, linewidth=2.4, linestyle=(0, (1.2, 1.0)), label="to beat, security bound"),
    ]
    for network, (colour, marker, _) in LOOKS.items():
        handles.append(Line2D([], [], color=colour, marker=marker, markersize=4, linewidth=1.1, label=f"honest, {network}"))
    handles.append(
        Line2D([], [], color="#444444", marker="D", markerfacecolor="white", markersize=4, linewidth=0, label="relayed")
    )
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=1 if stacked(ax) else 3, frameon=False,
        fontsize=LEGEND_PT, handlelength=1.4, columnspacing=1.1, borderaxespad=0.3,
    )  # fmt: skip


def border_shares(result: Tabulation, verdicts: Mapping[str, str]) -> Axes:
    """Share of worlds in which an honest chip is cleared, by place, class of networks and number of landmarks.

    Args:
        result: of the question `border_cases`.
        verdicts: in words, by place.
    """
    table = result.table
    planning = table[table["bound"] == "planning"]
    names = [f"{network}, {size}" for network, size in zip(planning["network"], planning["landmarks"], strict=True)]
    shown = planning.assign(column=names, shown=np.where(planning["inside"], np.nan, planning["probability"]))
    order = [f"{network}, {size}" for network in LOOKS for size in sorted(table["landmarks"].unique())]
    cells = shown.pivot_table(index="case", columns="column", values="shown", dropna=False)
    cells = cells.loc[list(dict.fromkeys(table["case"])), order]
    largest = table[table["landmarks"] == table["landmarks"].max()]
    beside = [
        (f"security, {network}", [_share(largest, case, network, "vacuum", "probability") for case in cells.index])
        for network in LOOKS
    ]
    beside.append(("relayed", [_relayed(largest, case) for case in cells.index]))
    cells = cells.rename(index={case: f"{case}:\n{verdicts[case]}" for case in cells.index})
    return heat_map(cells, write=lambda share: percent(share, (HARDLY, PROVEN)), columns_beside=beside, row_in=TWO_LINES_IN)


def _relayed(rows: pd.DataFrame, case: str) -> str:
    """How often a relayed answer is cleared under the planning bound: over the central circuit, and over the fastest."""
    ends = [end for end in ("relay_cleared_central", "relay_cleared_high") if end in rows]
    shares = list(dict.fromkeys(_share(rows, case, "hosting", "planning", end) for end in ends))
    return " to ".join([*(share.removesuffix(" %") for share in shares[:-1]), shares[-1]])


def _share(rows: pd.DataFrame, case: str, network: str, bound: str, column: str) -> str:
    row = rows[(rows["case"] == case) & (rows["network"] == network) & (rows["bound"] == bound)].iloc[0]
    return "–" if row["inside"] else percent(float(row[column]), (HARDLY, PROVEN))  # noqa: RUF001, a dash
