"""Where panels stand in a figure, and what stands around them. No figure places its axes by hand.

`panels` gives axes, a figure draws into them, and `frame` measures what was written and gives everything its room: the
claim, the unit and the source line are wrapped to the width, each panel keeps clear of the labels of its neighbours, and
the figure grows until panels are as high as they were meant to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from .labels import direct_labels, place_notes, renderer_of, spread_labels, wrap
from .style import NOTE_PT, SUBTITLE_PT, TITLE_PT, Sheet, new_figure
from .ticks import thin_out

HEAD_IN, FOOT_IN = 0.78, 0.66
"""Of the height that a figure asks for, what is not panels: title and subtitle, the axis label and the source line."""

EDGE_IN, GAP_IN, LEADING_IN = 0.07, 0.10, 0.05
"""Between the page's edge and what is drawn; between panels, and between them and title or source; between titles."""

WIDEST_LABEL = 0.36
"""Of a column's share of the figure's width, what the name of a curve takes at most before it goes on in another line."""

LOWEST_IN = 0.3
"""Height of a panel on a slide at the least, inches as drawn."""

PASSES, STILL_IN = 8, 0.01
"""Labels and ticks depend on how large a panel is, and that on them: passes at most, and what counts as standing still."""

FloatArray = NDArray[np.float64]


class Placing(Protocol):
    """What gives the axes of a figure their places between its head and its foot."""

    def height_in(self, figure: Sheet, renderer: RendererBase) -> float:
        """How high the panels are with all that is written around them, inches."""

    def place(self, figure: Sheet, renderer: RendererBase, bottom_in: float, top_in: float) -> None:
        """Put the axes between two heights, inches above the page's lower edge."""


@dataclass
class Grid:
    """Panels in rows and columns.

    Attributes:
        axes: row by row.
        columns: number of columns.
        panel_in: height of each row's panels, inches; on a slide they share what there is in these proportions.
        shares: relative width of each column's panels.
        least_left_in: room to the left of each panel at the least, inches.
        least_right_in: room to the right of each panel at the least, inches.
    """

    axes: list[Axes]
    columns: int
    panel_in: list[float]
    shares: list[float]
    least_left_in: float = 0.0
    least_right_in: float = 0.0
    _around: FloatArray = field(default_factory=lambda: np.zeros((4, 0)))

    def height_in(self, figure: Sheet, renderer: RendererBase) -> float:
        """Panels at their own heights, with titles, ticks and labels."""
        self._settle(figure, renderer, 0.0, lambda: self.panel_in)
        return sum(self.panel_in) + self._between()

    def place(self, figure: Sheet, renderer: RendererBase, bottom_in: float, top_in: float) -> None:
        """Share the height among the rows."""

        def heights() -> list[float]:
            room = max(top_in - bottom_in - self._between(), LOWEST_IN * len(self.panel_in))
            return [room * share / sum(self.panel_in) for share in self.panel_in]

        self._settle(figure, renderer, bottom_in, heights)
        self._put(figure, bottom_in, heights())
        for axes in self.axes:
            spread_labels(axes)
            place_notes(axes)

    def _settle(
        self, figure: Sheet, renderer: RendererBase, bottom_in: float, heights: Callable[[], Sequence[float]]
    ) -> None:
        """Put the panels and measure around them until nothing moves."""
        for number in range(PASSES):
            before = self._around
            self._put(figure, bottom_in, heights())
            self._around = self._measured(figure, renderer)
            if number >= PASSES // 2:  # what goes to and fro, as a label that has one line or two, comes to rest
                self._around = np.maximum(self._around, before)
            if before.shape == self._around.shape and np.abs(self._around - before).max() < STILL_IN:
                break

    def _between(self) -> float:
        """Heights that are not panels."""
        _, _, below, above = self._by_line()
        return float(below.sum() + above.sum() + (len(self.panel_in) - 1) * GAP_IN)

    def _by_line(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Room to the left and right of each column, below and above each row."""
        rows = len(self.panel_in)
        if not self._around.size:
            nothing = np.zeros(self.columns), np.zeros(rows)
            return nothing[0], nothing[0], nothing[1], nothing[1]
        left, right, below, above = self._around.reshape(4, rows, self.columns)
        return left.max(axis=0), right.max(axis=0), below.max(axis=1), above.max(axis=1)

    def _put(self, figure: Sheet, bottom_in: float, heights: Sequence[float]) -> None:
        width, height = figure.get_size_inches()
        left, right, below, above = self._by_line()
        left, right = np.maximum(left, self.least_left_in), np.maximum(right, self.least_right_in)
        free = width - 2 * EDGE_IN - (self.columns - 1) * GAP_IN - left.sum() - right.sum()
        across = np.maximum(free, 0.1 * width) * np.array(self.shares) / sum(self.shares)
        starts = EDGE_IN + np.cumsum([0.0, *(left + across + right + GAP_IN)[:-1]]) + left
        base = bottom_in
        for row in reversed(range(len(heights))):
            base += below[row]
            for column in range(self.columns):
                place = (starts[column] / width, base / height, across[column] / width, heights[row] / height)
                self.axes[row * self.columns + column].set_position(place)
            base += heights[row] + above[row] + GAP_IN

    def _measured(self, figure: Sheet, renderer: RendererBase) -> FloatArray:
        """Room that is needed to the left, right, below and above each panel, shape (4, panels), inches."""
        around = np.zeros((4, len(self.axes)))
        label_px = WIDEST_LABEL * figure.get_figwidth() * figure.dpi / self.columns
        for number, axes in enumerate(self.axes):
            panel = axes.get_window_extent(renderer)
            slot = self._slot_px(figure, number, panel.width)
            _fit(axes, panel.width, panel.height, slot, label_px, renderer)
            whole = axes.get_tightbbox(renderer)
            if whole is None:
                continue
            around[:, number] = (
                panel.x0 - whole.x0, whole.x1 - panel.x1, panel.y0 - whole.y0, whole.y1 - panel.y1,
            )  # fmt: skip
        return np.maximum(np.nan_to_num(around), 0.0) / figure.dpi

    def _slot_px(self, figure: Sheet, number: int, panel_px: float) -> float:
        """From the left of a panel to where the next one's labels begin, pixels: what its title may take."""
        _, right, _, _ = self._by_line()
        return panel_px + float(max(right[number % self.columns], self.least_right_in)) * figure.dpi


def _fit(axes: Axes, across_px: float, up_px: float, slot_px: float, label_px: float, renderer: RendererBase) -> None:
    """Wrap what is written around a panel, thin out its ticks, and keep its labels apart."""
    for title, room in ((axes._left_title, slot_px), (axes.title, across_px)):  # type: ignore[attr-defined]
        if title.get_text():
            wrap(title, room, renderer)
    beside = [axes, *axes.child_axes]  # axes at the other side too
    for label, room in [pair for one in beside for pair in ((one.xaxis.label, across_px), (one.yaxis.label, up_px))]:
        if label.get_text():
            wrap(label, room, renderer)
    for label in direct_labels(axes):
        wrap(label, label_px, renderer, keep_lines=True)
    thin_out(axes, renderer)
    spread_labels(axes)


def panels(
    columns: int = 1,
    rows: int = 1,
    *,
    height_in: float = 3.9,
    left_in: float = 0.0,
    names_in: float = 0.0,
    below_in: float = 0.6,
    shares: Sequence[float] = (),
    stack: bool = True,
) -> tuple[Sheet, list[Axes]]:
    """A figure of the current size with a grid of panels, row by row. In a column each panel has a row of its own.

    Args:
        columns: of panels.
        rows: of panels.
        height_in: of the figure at full width, inches, with a title of one line; that of others follows from it.
        left_in: room to the left of each panel at the least, inches at full width; what is written there has room anyway.
        names_in: the same to the right of each panel.
        below_in: of `height_in`, what lies between one row and the next.
        shares: relative width of each column's panels; by default they are alike.
        stack: whether panels stand below one another in a column.
    """
    figure = new_figure(height_in)
    up = (height_in - HEAD_IN - FOOT_IN - (rows - 1) * below_in) / rows * figure.size.panel_height
    shares = list(shares) or [1.0] * columns
    if figure.size.stacked and stack:
        columns, rows, shares = 1, columns * rows, [1.0]
    roomy = figure.size.name == "full"
    axes = [figure.add_subplot(rows, columns, number + 1) for number in range(columns * rows)]
    arrange(
        figure,
        Grid(axes, columns, [up] * rows, shares, left_in if roomy else 0.0, names_in if roomy else 0.0),
    )
    return figure, axes


@dataclass
class Blocks:
    """Axes at places of their own, in shares of the room between head and foot: left, bottom, width, height.

    Names of places that would lie on those before them, or leave the page, go to the other side, or are left out.
    """

    axes: list[Axes]
    places: list[tuple[float, float, float, float]]
    high_in: float

    def height_in(self, figure: Sheet, renderer: RendererBase) -> float:
        """As it was asked for."""
        return self.high_in

    def place(self, figure: Sheet, renderer: RendererBase, bottom_in: float, top_in: float) -> None:
        """Share out the room."""
        width, height = figure.get_size_inches()
        across, up = width - 2 * EDGE_IN, top_in - bottom_in
        for axes, (left, bottom, wide, high) in zip(self.axes, self.places, strict=True):
            axes.set_position(
                (
                    (EDGE_IN + left * across) / width, (bottom_in + bottom * up) / height, wide * across / width,
                    high * up / height,
                )
            )  # fmt: skip
            axes.apply_aspect()
        names = [text for axes in self.axes for text in axes.texts if text.get_text()]
        taken = [text.get_window_extent(renderer) for text in names if not isinstance(text, Annotation)]
        for name in (text for text in names if isinstance(text, Annotation)):
            if not (_free(name, figure, taken, renderer) or _free(_mirrored(name), figure, taken, renderer)):
                name.set_visible(False)


def _free(name: Annotation, figure: Sheet, taken: list[Bbox], renderer: RendererBase) -> bool:
    """Whether a name stands on the page and on nothing else that is written; it is taken from then on."""
    name.update_positions(renderer)
    box = Text.get_window_extent(name, renderer)
    if box.x0 < 0 or box.x1 > figure.bbox.x1 or any(box.overlaps(other) for other in taken):
        return False
    taken.append(box)
    return True


def _mirrored(name: Annotation) -> Annotation:
    """A name on the other side of its place."""
    across, up = name.xyann
    name.xyann = (-across, up)
    if name.get_horizontalalignment() != "center":
        name.set_horizontalalignment("left" if name.get_horizontalalignment() == "right" else "right")
    return name


def arrange(figure: Sheet, placing: Placing) -> None:
    """Have a figure's axes placed in a way of its own, when it is framed."""
    figure.placing = placing


def stacked(ax: Axes) -> bool:
    """Whether panels that stand side by side elsewhere stand below one another in this one's figure."""
    figure = ax.get_figure(root=True)
    return isinstance(figure, Sheet) and figure.size.stacked


def frame(figure: Figure, *, title: str, subtitle: str, source: str) -> None:
    """Put the claim, the unit and the source line around the panels, and give everything its room.

    The last that is done to a figure: what is written in it later has no room of its own.
    """
    figure.set_label(title)
    ink = (("black", TITLE_PT, "bold"), ("#444444", SUBTITLE_PT, "normal"), ("#666666", NOTE_PT, "normal"))
    texts = [
        figure.text(0, 0, text, color=colour, fontsize=size, fontweight=weight, va="bottom", linespacing=1.15)
        for text, (colour, size, weight) in zip((title, subtitle, source), ink, strict=True)
    ]
    renderer = renderer_of(figure)
    width_px = (figure.get_figwidth() - 2 * EDGE_IN) * figure.dpi
    for text in texts:
        wrap(text, width_px, renderer)
    claim, unit, origin = (text.get_window_extent(renderer).height / figure.dpi for text in texts)
    head, foot = EDGE_IN + claim + LEADING_IN + unit + GAP_IN, EDGE_IN + origin + GAP_IN
    if isinstance(figure, Sheet) and figure.placing is not None:
        if figure.size.height_in is None:
            figure.set_figheight(head + figure.placing.height_in(figure, renderer) + foot)
        figure.placing.place(figure, renderer, foot, figure.get_figheight() - head)
    _write(figure, texts, (claim, unit))


def _write(figure: Figure, texts: Sequence[Text], heights_in: tuple[float, float]) -> None:
    width, height = figure.get_size_inches()
    claim, unit = heights_in
    top = height - EDGE_IN - claim
    for text, at in zip(texts, (top, top - LEADING_IN - unit, EDGE_IN), strict=True):
        text.set_position((EDGE_IN / width, at / height))
