"""Where a ping proves a chip outside the restricted territory: a map, and the time to beat beside the times there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from ..world.clearance import HARDLY, PROVEN
from ..world.territory import NAMED_TERRITORIES
from .land import CENTRAL_MERIDIAN, HATCH, HATCHING, RESTRICTED, Box, draw_land, projected
from .style import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import Proj

    from ..results import Tabulation

LANDMARKS, PROCESSING_MS = 100, 0.1
"""What the map shows unless told otherwise."""

WORLD: Box = (CENTRAL_MERIDIAN - 179.9, CENTRAL_MERIDIAN + 179.9, -56.0, 76.0)
ASIA: Box = (66.0, 146.0, -4.0, 46.0)

NAMES = {"china_mainland": "mainland China", "prc_hk_macau": "China with Hong Kong and Macao"}


@dataclass(frozen=True)
class Mark:
    """How a class of hubs is drawn: apart in shape, in colour and in grey."""

    label: str
    shape: str
    colour: str
    size: float


MARKS = {
    "proven": Mark(f"{100 * PROVEN:.0f} % or more", "o", "#56B4E9", 14),
    "sometimes": Mark(f"{100 * HARDLY:.0f} to {100 * PROVEN:.0f} %", "^", "#D55E00", 20),
    "hardly": Mark(f"less than {100 * HARDLY:.0f} %", "s", "#000000", 16),
}

LABELS: dict[str, tuple[float, float, str]] = {
    "Hong Kong": (20, -14, "left"),
    "Hanoi": (-10, 26, "right"),
    "Taipei": (16, -6, "left"),
    "Seoul": (-22, 12, "right"),
    "Ho Chi Minh City": (-10, -14, "right"),
    "Bangkok": (-26, 0, "right"),
    "Tokyo": (12, -20, "center"),
    "Singapore": (24, 4, "left"),
    "Kathmandu": (8, 26, "left"),
    "Delhi": (-13, 9, "right"),
    "Almaty": (14, -16, "left"),
}
"""Cities named on the map of Asia: offset of the label in points, and its side."""

COMPARED = (
    "Hong Kong", "Kathmandu", "Hanoi", "Taipei", "Almaty", "Delhi", "Seoul", "Tashkent", "Bangkok", "Ho Chi Minh City",
    "Tokyo", "Kuala Lumpur", "Singapore", "Dubai",
)  # fmt: skip
NETWORK_LOOKS = (("#56B4E9", "o"), ("#0072B2", "s"), ("#000000", "^"))


def verifiability_data(result: Tabulation, landmarks: int = LANDMARKS, processing_ms: float = PROCESSING_MS) -> pd.DataFrame:
    """What the map draws: the rows of one network and processing, and each hub's class.

    The class is that under the scenario's territory; `inside` if the hub lies in it. Rows of Hong Kong for mainland China
    are kept as well, because the map says them.
    """
    table = result.table
    own = _own(result)
    rows = table[(table["landmarks"] == landmarks) & (table["processing_ms"] == processing_ms)]
    rows = rows[(rows["territory"] == own) | ((rows["territory"] == "china_mainland") & (rows["hub"] == "Hong Kong"))]
    chance = rows["probability"]
    classes = np.select(
        [rows["clearance_ms"] == 0, chance >= PROVEN, chance >= HARDLY], ["inside", "proven", "sometimes"], "hardly"
    )
    columns = ["territory", "hub", "country", "latitude_deg", "longitude_deg", "clearance_ms", "landmarks", "processing_ms"]
    return rows[[*columns, "probability", "low", "high", "mc_error"]].assign(shown_as=classes).reset_index(drop=True)


def verifiability_map(
    result: Tabulation,
    ax: Sequence[Axes] | None = None,
    *,
    landmarks: int = LANDMARKS,
    processing_ms: float = PROCESSING_MS,
) -> Sequence[Axes]:
    """The world, and Asia closer with the hard cases named.

    Args:
        result: of the question `clearance`.
        ax: two axes to draw into; by default those of a new figure, with a legend beside the second.
        landmarks: network shown.
        processing_ms: in-loop processing shown.

    Returns:
        The two axes.
    """
    from pyproj import Proj  # here, because it takes 0.1 s to load

    if ax is None:
        figure = new_figure(7.0)
        ax = [figure.add_axes((0.01, 0.475, 0.98, 0.435)), figure.add_axes((0.01, 0.045, 0.70, 0.43))]
        _legend(figure.add_axes((0.68, 0.045, 0.31, 0.43)), result, processing_ms)
    data = verifiability_data(result, landmarks, processing_ms)
    own = data[data["territory"] == _own(result)]
    restricted = result.scenario.geography.restricted
    world = Proj(f"+proj=eqearth +lon_0={CENTRAL_MERIDIAN} +units=km")
    asia = Proj("+proj=laea +lat_0=21 +lon_0=106 +units=km")
    draw_land(ax[0], world, WORLD, 0.8, restricted)
    draw_land(ax[1], asia, ASIA, 0.25, restricted, margin_deg=15.0)
    ax[0].set_axis_off()
    ax[1].set_anchor("W")
    for spine in ax[1].spines.values():
        spine.set(visible=True, color="#999999", linewidth=0.5)
    for axes, projection, scale in ((ax[0], world, 0.65), (ax[1], asia, 1.5)):
        for name, mark in MARKS.items():
            rows = own[own["shown_as"] == name]
            x, y = projected(projection, rows[["longitude_deg", "latitude_deg"]].to_numpy()).T
            axes.scatter(
                x, y, s=mark.size * scale, marker=mark.shape, color=mark.colour, edgecolors="white", linewidths=0.4,
                zorder=3 + list(MARKS).index(name),
            )  # fmt: skip
    _name_cities(ax[1], asia, data, own)
    return ax


def _name_cities(axes: Axes, projection: Proj, data: pd.DataFrame, own: pd.DataFrame) -> None:
    for city, (right, up, side) in LABELS.items():
        row = own[own["hub"] == city]
        if row.empty:
            continue
        ((x, y),) = projected(projection, row[["longitude_deg", "latitude_deg"]].to_numpy())
        text = f"{city}\n{_verdict(row.iloc[0])}"
        mainland = data[(data["hub"] == city) & (data["territory"] == "china_mainland")]
        if row["shown_as"].iloc[0] == "inside":
            axes.plot(x, y, "x", color="black", markersize=4, markeredgewidth=1.2, zorder=6)
            if len(mainland):
                text += f"\n(mainland alone: {_verdict(mainland.iloc[0])})"
        else:
            mark = MARKS[row["shown_as"].iloc[0]]
            axes.scatter(
                x, y, s=mark.size * 1.5, marker=mark.shape, color=mark.colour, edgecolors="white", linewidths=0.4, zorder=6
            )
        axes.annotate(
            text, (x, y), xytext=(right, up), textcoords="offset points", ha=side, va="center", fontsize=6.5, zorder=5.5,
            linespacing=1.15,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#333333", "shrinkA": 1, "shrinkB": 3},
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip


def _verdict(row: pd.Series[Any]) -> str:
    return "inside" if row["shown_as"] == "inside" else f"{percent(row['probability'])}, {row['clearance_ms']:.1f} ms"


def percent(share: float) -> str:
    """A share in per cent that is not rounded to certainty, nor over the threshold of a class."""
    if 0 < share < 0.01:
        return "<1 %"
    if round(share, 2) == PROVEN > share:
        return f"{100 * share:.1f} %"
    return ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def _legend(axes: Axes, result: Tabulation, processing_ms: float) -> None:
    """Classes with their marks, and how many hubs each has by size of network."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    table = result.table[(result.table["territory"] == _own(result)) & (result.table["clearance_ms"] > 0)]
    networks = sorted(table["landmarks"].unique().tolist())
    columns = np.linspace(1.0, 1.0 - 0.16 * (len(networks) - 1), len(networks))[::-1]
    axes.text(0, 0.95, "Proven outside (share of worlds)", fontsize=7.5, fontweight="bold", va="top")
    axes.text(1, 0.85, "hubs, with ... landmarks", fontsize=7, color="#444444", ha="right", va="center")
    for number, right in zip(networks, columns, strict=True):
        axes.text(right, 0.77, f"{number}", fontsize=7, color="#444444", ha="right", va="center")
    for height, (name, mark) in zip((0.69, 0.61, 0.53), MARKS.items(), strict=True):
        axes.scatter(
            0.03, height, s=mark.size * 1.5, marker=mark.shape, color=mark.colour, edgecolors="white", linewidths=0.4
        )
        axes.text(0.09, height, mark.label, fontsize=7, va="center")
        for number, right in zip(networks, columns, strict=True):
            shown = verifiability_data(result, number, processing_ms)
            count = ((shown["territory"] == _own(result)) & (shown["shown_as"] == name)).sum()
            axes.text(right, height, f"{count}", fontsize=7, ha="right", va="center")
    axes.add_patch(Rectangle((0.0, 0.415), 0.09, 0.045, facecolor=RESTRICTED, edgecolor=HATCH, hatch=HATCHING, linewidth=0))
    axes.text(0.12, 0.435, f"restricted: {territory_name(_own(result))}", fontsize=7, va="center", wrap=True)
    axes.text(
        0, 0.36,
        "Labels: share of worlds in which one\nburst proves the chip outside; round trip\nto beat from the same city",
        fontsize=7, va="top", linespacing=1.3,
    )  # fmt: skip


def time_to_beat_data(result: Tabulation, processing_ms: float = PROCESSING_MS) -> pd.DataFrame:
    """What the chart of times draws: for some hubs, by network, the best round trip of a burst, median and 5-95 % of worlds.

    Hong Kong, if it lies inside the scenario's territory, is held against mainland China; other hubs inside are left out.
    """
    table = result.table
    rows = table[(table["processing_ms"] == processing_ms) & table["hub"].isin(COMPARED) & (table["clearance_ms"] > 0)]
    own = rows["territory"] == _own(result)
    hong_kong = (rows["hub"] == "Hong Kong") & (rows["territory"] == "china_mainland")
    if "HK" not in result.scenario.geography.restricted.countries:
        hong_kong &= own
    rows = rows[own | hong_kong].sort_values(["clearance_ms", "landmarks"], kind="stable")
    columns = ["territory", "hub", "clearance_ms", "landmarks", "processing_ms"]
    times = ["best_rtt_ms", "best_rtt_q05_ms", "best_rtt_q95_ms"]
    return rows[[*columns, *times, "probability", "mc_error", "nearest_landmark"]].reset_index(drop=True)


def time_to_beat(result: Tabulation, ax: Axes | None = None, *, processing_ms: float = PROCESSING_MS) -> Axes:
    """For some hubs from the hardest to the easiest, the round trip to beat and the best one there is.

    Args:
        result: of the question `clearance`.
        ax: where to draw; by default a new figure.
        processing_ms: in-loop processing, part of the round trips.

    Returns:
        The axes.
    """
    if ax is None:
        figure = new_figure(5.6)
        ax = figure.add_axes((0.165, 0.105, 0.61, 0.74))
    data = time_to_beat_data(result, processing_ms)
    cities = list(dict.fromkeys(data["hub"]))
    networks = sorted(data["landmarks"].unique().tolist())
    heights = dict(zip(networks, np.linspace(-0.24, 0.24, 3).tolist(), strict=False))
    looks = dict(zip(networks, NETWORK_LOOKS[-len(networks):], strict=True))  # fmt: skip
    for line, city in enumerate(cities):
        rows = data[data["hub"] == city]
        ax.plot([rows["clearance_ms"].iloc[0]] * 2, [line - 0.4, line + 0.4], color="#D55E00", linewidth=2.6, zorder=4)
        for _, row in rows.iterrows():
            colour, shape = looks[row["landmarks"]]
            at = line + heights[row["landmarks"]]
            ax.plot([row["best_rtt_q05_ms"], row["best_rtt_q95_ms"]], [at, at], color=colour, linewidth=1.1)
            ax.plot(
                row["best_rtt_ms"], at, shape, color=colour, markersize=3.6, markeredgecolor="white", markeredgewidth=0.3
            )
            right = 1.075 + 0.105 * networks.index(row["landmarks"])
            ax.annotate(
                percent(row["probability"]), (right, line), xycoords=("axes fraction", "data"), ha="center", va="center",
                fontsize=7.5, fontweight="bold" if row["probability"] >= PROVEN else "normal", annotation_clip=False,
            )  # fmt: skip
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
    for number in networks:
        ax.annotate(
            f"{number}", (1.075 + 0.105 * networks.index(number), 1.012), xycoords="axes fraction", ha="center", va="bottom",
            fontsize=7.5, fontweight="bold",
        )  # fmt: skip
    ax.annotate(
        "proven outside with ... landmarks",
        (1.075 + 0.105 * (len(networks) - 1) / 2, 1.055), xycoords="axes fraction",
        ha="center", va="bottom", fontsize=7, color="#444444", annotation_clip=False,
    )  # fmt: skip
    handles = [Line2D([], [], color="#D55E00", linewidth=2.6, label="time to beat from the same city")]
    handles += [
        Line2D([], [], color=colour, marker=shape, markersize=3.6, linewidth=1.1, label=f"{number} landmarks")
        for number, (colour, shape) in looks.items()
    ]
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(-0.275, 1.0), ncols=len(handles), frameon=False, fontsize=7.5,
        handlelength=1.4, columnspacing=1.2, borderaxespad=0.3,
    )  # fmt: skip
    return ax


def territory_name(name: str) -> str:
    """A territory's name in words, or its own if it has none."""
    return NAMES.get(name, f"Country Group {name[-2].upper()}:{name[-1]}" if name in NAMED_TERRITORIES else name)


def _city(data: pd.DataFrame, city: str, result: Tabulation) -> str:
    territory = data[data["hub"] == city]["territory"].iloc[0]
    return city if territory == _own(result) else f"{city}\n(mainland alone)"


def _own(result: Tabulation) -> str:
    return result.scenario.geography.restricted.name
