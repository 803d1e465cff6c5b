"""What is left of smuggling under a policy, and where penalties beat the price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from ..parameters import load_parameters
from .labels import label_curve, spread_labels
from .layout import panels, stacked
from .policies import LOOKS
from .style import LEGEND_PT, NOTE_PT, Look

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Tabulation

CURVES = {"partner country": "-", "elsewhere": (0, (5, 2))}
RATIO_LOOKS = {1.2: ("#009E73", "-"), 1.5: ("#0072B2", (0, (6, 1.5))), 2.0: ("#D55E00", (0, (2, 1.2)))}
REACHES = {"elsewhere": ("penalty_reach_elsewhere", "#BBBBBB"), "partner countries": ("penalty_reach_partners", "#DDDDDD")}


LINE_PT = 9.0
"""Height of a line of a legend, points."""


def profit_and_volume_data(result: Tabulation) -> pd.DataFrame:
    """What the figure draws: one row for each policy, and the points of the curves."""
    import pandas as pd

    columns = [
        "policy", "group", "inspectors", "established_share", "margin", "chips_per_year", "arriving_chips_per_year",
        "price_ratio", "usual_chips_per_year", "profit_usd_per_year", "ended",
    ]  # fmt: skip
    points = result.summary()[columns].assign(kind="policy")
    curves = result.further["profit_curves"].rename(columns={"chance": "established_share"}).assign(kind="closed form")
    return pd.concat([points, curves], ignore_index=True)


def profit_and_volume(result: Tabulation, days: float, ax: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels against the share of lots found: margin of a lot with its closed form, and chips per year.

    Args:
        result: of the question `deterrence`.
        days: within which lots are found.
        ax: two axes to draw into; by default those of a new figure.
    """
    if ax is None:
        _, ax = panels(2, height_in=4.0)
    data = profit_and_volume_data(result)
    curves, points = data[data["kind"] == "closed form"], data[data["kind"] == "policy"]
    for place, curve in curves.groupby("consignee", sort=False):
        ax[0].plot(curve["established_share"], curve["margin"], color="#777777", linestyle=CURVES[str(place)], linewidth=1.1)
        where = "in a partner country" if place == "partner country" else "elsewhere"
        _name(ax[0], curve["margin"].iloc[-1], f"closed form,\nconsignee\n{where}", "#555555")
    handles = []
    groups = zip(points.groupby("group", sort=False), LOOKS, strict=False)
    for number, ((group, policies), (colour, _, marker)) in enumerate(groups):
        share = policies["established_share"]
        size = max(3.0, 7.5 - 2.5 * number)  # points that coincide stay visible
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": size, "linestyle": "none"}
        ax[0].plot(share, policies["margin"], **style)
        ax[1].plot(share, policies["chips_per_year"] / 1e3, **style)
        ax[1].plot(share, policies["arriving_chips_per_year"] / 1e3, markerfacecolor="white", **style)
        ax[1].vlines(
            share, policies["arriving_chips_per_year"] / 1e3, policies["chips_per_year"] / 1e3, color=colour, linewidth=0.7
        )
        handles.append(Line2D([], [], label=str(group), **style))
    style = {"color": "#444444", "marker": "o", "markersize": 4.5, "linestyle": "none"}
    handles += [
        Line2D([], [], label="wanted", **style),
        Line2D([], [], label="arriving", markerfacecolor="white", **style),
    ]
    ax[1].legend(
        handles=handles, loc="lower left", bbox_to_anchor=(1.0, 0.0), frameon=False, fontsize=LEGEND_PT, handlelength=1.0,
        handletextpad=0.4, borderaxespad=0.2,
    )  # fmt: skip
    for axis, column, unit in ((ax[0], "margin", 1.0), (ax[1], "chips_per_year", 1e3)):
        for (x, y), numbers in _together(points, column).items():
            axis.annotate(
                numbers,
                (x, y / unit),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=NOTE_PT,
                color="#333333",
            )
    usual = float(points["usual_chips_per_year"].iloc[0]) / 1e3
    ax[1].axhline(usual, color="#D55E00", linewidth=0.9, linestyle=(0, (1, 1.5)))
    _name(ax[1], usual, "wanted without\nthe rule", "#D55E00")
    ax[0].axhline(0, color="#444444", linewidth=0.8)
    ax[0].set_title("Expected profit of a lot, over outlay")
    ax[1].set_title("Thousand chips a year")
    ax[0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax[1].set_ylim(0, 1.15 * max(usual, points["chips_per_year"].max() / 1e3))
    for axis in ax:
        axis.set_xlim(0, 1)
        axis.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
        axis.set_xlabel(f"lots found within {days:.0f} days")
        axis.grid()
        spread_labels(axis)
    return ax


def _together(points: pd.DataFrame, column: str) -> dict[tuple[float, float], str]:
    """Numbers of inspectors to be written above points, in one place where points are too close to tell them apart."""
    span = float(points[column].max() - points[column].min()) or 1.0
    places: dict[tuple[float, float], list[float]] = {}
    known = points.dropna(subset=["established_share"]).sort_values(["inspectors", column])
    for row in known.to_dict("records"):
        x, y = float(row["established_share"]), float(row[column])
        near = next((place for place in places if abs(place[0] - x) < 0.15 and abs(place[1] - y) < 0.3 * span), (x, y))
        places.setdefault(near, []).append(row["inspectors"])
    return {
        place: ", ".join(f"{number:g}" for number in dict.fromkeys(sorted(numbers))) for place, numbers in places.items()
    }


def break_even_data(result: Tabulation) -> pd.DataFrame:
    """What the figure draws: price_ratio, collected, break_even_chance; and the policies under which most lots are found."""
    import pandas as pd

    most = most_found(result.summary())[["policy", "group", "inspectors", "established_share"]]
    return pd.concat([result.further["break_even"], most], ignore_index=True)


def most_found(last: pd.DataFrame) -> pd.DataFrame:
    """The policies under which most lots are found, the fewest inspectors first; no row if there are no lots."""
    share = last["established_share"]
    most: pd.DataFrame = last[share == share.max()].sort_values("inspectors", kind="stable")
    return most


def break_even(result: Tabulation, ax: Axes | None = None) -> Axes:
    """The chance of being found from which a lot loses money, by share of penalties collected, for each price.

    Args:
        result: of the question `deterrence`.
        ax: where to draw; by default a new figure.
    """
    ax = ax if ax is not None else panels(height_in=4.0)[1][0]
    data = result.further["break_even"]
    for number, (name, (parameter, colour)) in enumerate(REACHES.items()):
        row = load_parameters().parameters[parameter]
        ax.axvspan(row.low, row.high, color=colour, alpha=0.5, linewidth=0)
        up = 3 + (number * 2 * LINE_PT if stacked(ax) else 0)  # one above the other where there is no room beside
        ax.annotate(
            f"{name}:\n{100 * row.low:.0f} to {100 * row.high:.0f} %", ((row.low + row.high) / 2, 1.0),
            xycoords=("data", "axes fraction"), xytext=(0, up), textcoords="offset points", ha="center", va="bottom",
            fontsize=LEGEND_PT, color="#444444",
        )  # fmt: skip
    for ratio, curve in data.groupby("price_ratio", sort=False):
        colour, dash = RATIO_LOOKS[float(str(ratio))]
        inside = curve[curve["break_even_chance"] <= 1]
        ax.plot(inside["collected"], inside["break_even_chance"], color=colour, linestyle=dash)
        if len(inside):
            _name(ax, inside["break_even_chance"].iloc[-1], f"price {ratio:.1f} x list", colour)
    most = most_found(result.summary())
    if len(most):
        height = float(most["established_share"].iloc[0])
        names = [
            f"{' or '.join(f'{number:g}' for number in policies['inspectors'])} inspectors,\n{group}"
            for group, policies in most.groupby("group", sort=False)
        ]
        ax.axhline(height, color="#333333", linewidth=0.8)
        _name(ax, height, "found with " + ",\nor ".join(names), "#333333")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("share of penalties collected")
    ax.set_ylabel("break-even chance of being found")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, symbol=" %", decimals=0))
    ax.grid()
    spread_labels(ax)
    return ax


def _name(ax: Axes, height: float, label: str, colour: str) -> None:
    label_curve(ax, height, Look(label, colour, "-"))
