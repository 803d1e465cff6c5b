"""Where a ping proves a chip outside the restricted territory, on a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation

from ..world.clearance import HARDLY, PROVEN
from .land import CENTRAL_MERIDIAN, HATCH, HATCHING, RESTRICTED, Box, draw_land, projected
from .layout import Blocks, arrange, stacked
from .style import LEGEND_PT, NAME_PT, NOTE_PT, SizeName, current_size, new_figure, percent, territory_name

if TYPE_CHECKING:
    import pandas as pd
    from pyproj import Proj

    from ..results import Tabulation

WORLD: Box = (CENTRAL_MERIDIAN - 179.9, CENTRAL_MERIDIAN + 179.9, -56.0, 76.0)
ASIA: Box = (66.0, 146.0, -4.0, 46.0)


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
INSIDE = Mark("inside: nothing to prove", "x", "#000000", 11)

LABELS: dict[str, tuple[float, float, str]] = {
    "Hong Kong": (20, -14, "left"),
    "Hanoi": (-18, -4, "right"),
    "Taipei": (16, -6, "left"),
    "Seoul": (6, 15, "left"),
    "Ho Chi Minh City": (-10, -14, "right"),
    "Bangkok": (-26, 0, "right"),
    "Tokyo": (12, -20, "center"),
    "Johor Bahru": (26, 9, "left"),
    "Singapore": (26, -7, "left"),
    "Kathmandu": (-8, -8, "right"),
    "Delhi": (-13, 9, "right"),
    "Almaty": (6, 9.5, "left"),
}
"""Cities named on the map of Asia: offset of the label in points, and its side."""

SHIFTED = {"Johor Bahru": (3.0, 8.0), "Kulai": (-8.0, -3.0), "Batam": (4.0, -6.0)}
"""Marks on the map of Asia that would hide Singapore's or be hidden by it, and by how many points they are moved."""


PLACES: dict[SizeName, tuple[list[tuple[float, float, float, float]], float]] = {
    "full": ([(0.0, 0.505, 1.0, 0.495), (0.0, 0.0, 0.715, 0.5), (0.69, 0.0, 0.31, 0.5)], 6.1),
    "column": ([(0.0, 0.725, 1.0, 0.275), (0.0, 0.325, 1.0, 0.39), (0.0, 0.0, 1.0, 0.31)], 6.1),
    "slide": ([(0.0, 0.6, 0.37, 0.4), (0.38, 0.0, 0.62, 1.0), (0.0, 0.0, 0.37, 0.59)], 2.6),
}
"""Of the world, Asia and the legend: left, bottom, width and height, in shares of a height in inches."""


def three_blocks() -> tuple[Axes, Axes, Axes]:
    """Axes of a new figure for the world, Asia and the legend."""
    places, height_in = PLACES[current_size().name]
    figure = new_figure(height_in)
    world, asia, legend = (figure.add_subplot(1, 3, number) for number in (1, 2, 3))
    arrange(figure, Blocks([world, asia, legend], places, height_in))
    return world, asia, legend


def verifiability_data(result: Tabulation, landmarks: int, processing_ms: float) -> pd.DataFrame:
    """What the map draws: the rows of one network and processing, and each hub's class.

    The class is that under the scenario's territory; `inside` if the hub lies in it. Rows of Hong Kong for mainland China
    are kept as well, because the map says them.
    """
    table = result.table
    rows = table[(table["landmarks"] == landmarks) & (table["processing_ms"] == processing_ms)]
    hong_kong = (rows["territory"] == "china_mainland") & (rows["hub"] == "Hong Kong")
    rows = rows[(rows["territory"] == _own(result)) | hong_kong]
    chance = rows["probability"]
    classes = np.select(
        [rows["clearance_ms"] == 0, chance >= PROVEN, chance >= HARDLY], ["inside", "proven", "sometimes"], "hardly"
    )
    columns = ["territory", "hub", "country", "latitude_deg", "longitude_deg", "clearance_ms", "landmarks", "processing_ms"]
    return rows[[*columns, "probability", "low", "high", "mc_error"]].assign(shown_as=classes).reset_index(drop=True)


def verifiability_map(
    result: Tabulation, ax: Sequence[Axes] | None = None, *, landmarks: int, processing_ms: float
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
        *ax, legend = three_blocks()
        _legend(legend, result, processing_ms)
    data = verifiability_data(result, landmarks, processing_ms)
    own = data[data["territory"] == _own(result)]
    restricted = result.scenario.geography.restricted
    world = Proj(f"+proj=eqearth +lon_0={CENTRAL_MERIDIAN} +units=km")
    asia = Proj("+proj=laea +lat_0=21 +lon_0=106 +units=km")
    draw_land(ax[0], world, WORLD, 1.1, restricted)
    draw_land(ax[1], asia, ASIA, 0.35, restricted, margin_deg=15.0)
    ax[0].set_axis_off()
    ax[1].set_anchor("W")
    for spine in ax[1].spines.values():
        spine.set(visible=True, color="#999999", linewidth=0.5)
    _mark_hubs(ax[0], world, own, 0.65)
    _mark_hubs(ax[1], asia, own, 1.5, SHIFTED)
    _name_cities(ax[1], asia, data, own)
    return ax


def _mark_hubs(
    axes: Axes,
    projection: Proj,
    rows: pd.DataFrame,
    scale: float,
    shifted: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> None:
    """Every hub by its class, the hardest on top; those of `shifted` beside their places, with a line that leads there."""
    for order, (name, mark) in enumerate([*MARKS.items(), ("inside", INSIDE)]):
        of_class = rows[rows["shown_as"] == name]
        in_place = of_class[~of_class["hub"].isin(shifted)]
        x, y = projected(projection, in_place[["longitude_deg", "latitude_deg"]].to_numpy()).T
        _scatter(axes, x, y, mark, scale, zorder=3 + order / 10)
        for _, row in of_class[of_class["hub"].isin(shifted)].iterrows():
            right, up = shifted[row["hub"]]
            ((x, y),) = projected(projection, np.array([[row["longitude_deg"], row["latitude_deg"]]]))
            _scatter(axes, x, y, mark, scale, zorder=3.5, shift=(right, up))
            axes.annotate(
                "", (x, y), xytext=(right, up), textcoords="offset points", zorder=2.9,
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#333333", "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip


def _scatter(
    axes: Axes, x: Any, y: Any, mark: Mark, scale: float, *, zorder: float, shift: tuple[float, float] = (0.0, 0.0)
) -> None:
    """Marks at places of the map, moved by some points."""
    edge: dict[str, Any] = {"linewidths": 1.1} if mark is INSIDE else {"edgecolors": "white", "linewidths": 0.4}
    moved = ScaledTranslation(shift[0] / 72, shift[1] / 72, axes.figure.dpi_scale_trans)
    axes.scatter(
        x, y, s=mark.size * scale, marker=mark.shape, color=mark.colour, zorder=zorder, transform=axes.transData + moved,
        **edge,
    )  # fmt: skip


def _name_cities(axes: Axes, projection: Proj, data: pd.DataFrame, own: pd.DataFrame) -> None:
    for city, (right, up, side) in LABELS.items():
        row = own[own["hub"] == city]
        if row.empty:
            continue
        ((x, y),) = projected(projection, row[["longitude_deg", "latitude_deg"]].to_numpy())
        text = f"{city}\n{_verdict(row.iloc[0])}"
        mainland = data[(data["hub"] == city) & (data["territory"] == "china_mainland")]
        if row["shown_as"].iloc[0] == "inside" and len(mainland):
            gap = "\n" if stacked(axes) else " "
            text += f"\n(mainland alone:{gap}{_verdict(mainland.iloc[0])})"
        shift = SHIFTED.get(city, (0.0, 0.0))
        moved = axes.transData + ScaledTranslation(shift[0] / 72, shift[1] / 72, axes.figure.dpi_scale_trans)
        axes.annotate(
            text, (x, y), xycoords=moved, xytext=(right - shift[0], up - shift[1]), textcoords="offset points", ha=side,
            va="center", fontsize=NOTE_PT, zorder=2.8, linespacing=1.15,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#333333", "shrinkA": 1, "shrinkB": 3},
            bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip


def _verdict(row: pd.Series[Any]) -> str:
    if row["shown_as"] == "inside":
        return "inside"
    return f"{percent(row['probability'], (HARDLY, PROVEN))}, {row['clearance_ms']:.1f} ms"


def _legend(axes: Axes, result: Tabulation, processing_ms: float) -> None:
    """Classes with their marks, and how many hubs each has by size of network."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.text(0, 1.0, "Proven outside (share of worlds)", fontsize=NAME_PT, fontweight="bold", va="top")
    _counts(axes, result, processing_ms, (0.69, 0.61, 0.53))
    if (result.table[result.table["territory"] == _own(result)]["clearance_ms"] == 0).any():
        _scatter(axes, 0.03, 0.45, INSIDE, 1.5, zorder=3)
        axes.text(0.09, 0.45, INSIDE.label, fontsize=LEGEND_PT, va="center")
    axes.add_patch(Rectangle((0.0, 0.345), 0.09, 0.045, facecolor=RESTRICTED, edgecolor=HATCH, hatch=HATCHING, linewidth=0))
    axes.text(0.12, 0.3675, _restricted(result), fontsize=LEGEND_PT, va="center")
    axes.text(
        0, 0.29,
        "Labels: share of worlds in which one\nburst proves the chip outside; round trip\nto beat from the same city",
        fontsize=LEGEND_PT, va="top", linespacing=1.3,
    )  # fmt: skip


def _restricted(result: Tabulation) -> str:
    """The name of the territory, as there is room for it."""
    name = territory_name(_own(result))
    return {"full": fill(f"restricted: {name}", 30), "column": f"restricted: {name}"}.get(current_size().name, name)


def _counts(axes: Axes, result: Tabulation, processing_ms: float, heights: Sequence[float]) -> None:
    networks = sorted(result.table["landmarks"].unique().tolist())
    columns = np.linspace(1.0, 1.0 - 0.16 * (len(networks) - 1), len(networks))[::-1]
    axes.text(1, 0.85, "hubs, with ... landmarks", fontsize=LEGEND_PT, color="#444444", ha="right", va="center")
    for height, mark in zip(heights, MARKS.values(), strict=True):
        _scatter(axes, 0.03, height, mark, 1.5, zorder=3)
        axes.text(0.09, height, mark.label, fontsize=LEGEND_PT, va="center")
    for number, right in zip(networks, columns, strict=True):
        axes.text(right, 0.77, f"{number}", fontsize=LEGEND_PT, color="#444444", ha="right", va="center")
        shown = verifiability_data(result, number, processing_ms)
        classes = shown[shown["territory"] == _own(result)]["shown_as"].tolist()
        for height, name in zip(heights, MARKS, strict=True):
            axes.text(right, height, f"{classes.count(name)}", fontsize=LEGEND_PT, ha="right", va="center")


def _own(result: Tabulation) -> str:
    return result.scenario.geography.restricted.name
