"""A table as a picture: a number in each cell, the darker the larger, and a hatched cell where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from .layout import FOOT_IN, HEAD_IN, panels
from .style import LEGEND_PT, NOTE_PT, current_size

if TYPE_CHECKING:
    import pandas as pd

SHADES = LinearSegmentedColormap.from_list("house", colormaps["Blues"](np.linspace(0.0, 0.92, 256)))
"""From nearly white to dark blue, evenly in lightness, so that the order of cells is kept in grey."""

WHITE_BELOW = 0.18
"""Relative luminance of a cell below which white words stand out more than black ones (WCAG 2.2, contrast ratio)."""

ROW_IN = 0.195
MOST_IN_COLUMN = 5
"""Height of a row at full width, inches; columns beside each other in a journal's column."""

NOTHING = "–"  # noqa: RUF001, a dash
HEADING_LETTERS, HEADING_DEGREES = 21, 40
"""Longest line of a column's heading, unless a word is longer, and by how much headings are turned to have room."""


def heat_map(
    cells: pd.DataFrame,
    ax: Axes | None = None,
    *,
    write: Callable[[float], str],
    darkest: float = 1.0,
    columns_beside: Sequence[tuple[str, Sequence[str]]] = (),
    row_in: float = ROW_IN,
) -> Axes:
    """Draw a table with a value written in each cell.

    Args:
        cells: a row and a column for each of those drawn, in their order, under the names to be written; NaN where nothing
            applies.
        ax: where to draw; by default a new figure. In a journal's column that has two blocks of columns, if there are many.
        write: how a value is written.
        darkest: value of the darkest shade; 0 has the lightest.
        columns_beside: further columns at the right without shades: heading, and what stands in each row.
        row_in: height of a row at full width, inches, of a new figure.

    Returns:
        The axes, the first if there are two blocks. Their y axis points down: row k of the table is at k.

    Raises:
        ValueError: no cells, or `darkest` is not above 0.
    """
    if not cells.size:
        raise ValueError("cells: there are none to draw")
    if not darkest > 0:
        raise ValueError(f"darkest = {darkest}: allowed above 0")
    if ax is None:
        _, blocks = panels(
            rows=_blocks(cells), height_in=HEAD_IN + FOOT_IN + row_in * len(cells) * _blocks(cells), below_in=0
        )
        if len(blocks) > 1:
            return _in_blocks(cells, blocks, write, darkest, columns_beside)
        (ax,) = blocks
    values = cells.to_numpy(dtype=np.float64)
    ax.imshow(np.ma.masked_invalid(values), cmap=SHADES, vmin=0.0, vmax=darkest, aspect="auto", interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        _write_cell(ax, row, column, float(value), write, dark=_luminance(value / darkest) < WHITE_BELOW)
    headings = [*map(str, cells.columns), *(heading for heading, _ in columns_beside)]
    for number, (_, texts) in enumerate(columns_beside, start=len(cells.columns)):
        for row, text in enumerate(texts):
            ax.text(number, row, text, ha="center", va="center", fontsize=NOTE_PT, clip_on=False)
    ax.set_xlim(-0.5, len(headings) - 0.5)
    ax.set_xticks(
        range(len(headings)), [_heading(heading) for heading in headings], fontsize=NOTE_PT, rotation=HEADING_DEGREES,
        rotation_mode="anchor", ha="left", va="bottom", linespacing=0.95,
    )  # fmt: skip
    ax.set_yticks(range(len(cells)), list(map(str, cells.index)), fontsize=LEGEND_PT)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=3)
    for side in ax.spines.values():
        side.set_visible(False)
    _rule_off(ax, values.shape)
    return ax


def _blocks(cells: pd.DataFrame) -> int:
    """How many blocks of columns stand below one another: in a journal's column a wide table has two."""
    return 2 if current_size().stacked and len(cells.columns) > MOST_IN_COLUMN else 1


def _in_blocks(
    cells: pd.DataFrame,
    blocks: Sequence[Axes],
    write: Callable[[float], str],
    darkest: float,
    columns_beside: Sequence[tuple[str, Sequence[str]]],
) -> Axes:
    """Half of the columns in each block; there is room for numbers, not for their unit."""
    half = (len(cells.columns) + len(columns_beside) + 1) // 2
    bare = [(heading, [text.removesuffix(" %") for text in texts]) for heading, texts in columns_beside]
    parts = (cells.iloc[:, :half], ()), (cells.iloc[:, half:], bare)
    for axes, (part, beside) in zip(blocks, parts, strict=True):
        heat_map(part, axes, write=lambda value: write(value).removesuffix(" %"), darkest=darkest, columns_beside=beside)
    return blocks[0]


def _write_cell(ax: Axes, row: int, column: int, value: float, write: Callable[[float], str], *, dark: bool) -> None:
    if np.isnan(value):
        ax.add_patch(
            Rectangle(
                (column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor="#bbbbbb", hatch="////", linewidth=0,
                zorder=1.5,
            )
        )  # fmt: skip
        text, colour = NOTHING, "black"
    else:
        text, colour = write(value), "white" if dark else "black"
    words = ax.text(column, row, text, ha="center", va="center", fontsize=NOTE_PT, color=colour, zorder=3)
    if np.isnan(value):
        words.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.0})


def _luminance(share: float) -> float:
    """Relative luminance of a shade (WCAG 2.2), from 0 for black to 1 for white."""
    red, green, blue = (
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in SHADES(share)[:3]
    )  # fmt: skip
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def _heading(text: str) -> str:
    """A heading over several lines."""
    return fill(text, HEADING_LETTERS, break_long_words=False, break_on_hyphens=False)


def _rule_off(ax: Axes, shape: tuple[int, ...]) -> None:
    """White lines between cells."""
    rows, columns = shape
    for row in range(rows + 1):
        ax.plot([-0.5, columns - 0.5], [row - 0.5] * 2, color="white", linewidth=1.0, zorder=2)
    for column in range(columns + 1):
        ax.plot([column - 0.5] * 2, [-0.5, rows - 0.5], color="white", linewidth=1.0, zorder=2)
