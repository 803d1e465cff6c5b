"""Names of curves, written beside them: kept apart, and within the width that a figure has for them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from .style import NAME_PT, NOTE_PT, Look

DIRECT, NOTE = "direct-label", "value-label"
"""What marks the name of a curve, and the value beside a point."""

GAP_PT = 2.0
ASIDE_PT = 6.0
"""Between labels, and from the panel to its labels, points."""

MARKER_PT = 4.0
"""Of points that have a value beside them."""

NOTE_PLACES = ((0.5, 0.6), (0.5, -0.6), (-0.5, 0.6), (-0.5, -0.6))
"""Where a value is tried beside its point: to the right and up, in heights of its letters."""


def renderer_of(figure: Figure) -> RendererBase:
    """What measures the texts of a figure."""
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    renderer: RendererBase = canvas.get_renderer()  # type: ignore[no-untyped-call]
    return renderer


def label_curve(ax: Axes, height: float, look: Look) -> None:
    """A label in the right margin, at the height of the end of its curve; `spread_labels` keeps them apart.

    Args:
        ax: the panel.
        height: of the end of the curve, in data.
        look: the label and its colour.
    """
    ax.annotate(
        look.label, (1.0, height), xycoords=("axes fraction", "data"), xytext=(ASIDE_PT, 0), textcoords="offset points",
        va="center", color=look.colour, fontsize=NAME_PT, annotation_clip=False, gid=DIRECT, linespacing=1.05,
    )  # fmt: skip


def direct_labels(ax: Axes) -> list[Text]:
    """The names of curves of a panel that are seen."""
    return [text for text in ax.texts if text.get_gid() == DIRECT and text.get_visible()]


def spread_labels(ax: Axes) -> None:
    """Move direct labels in the margin apart where they would overlap, and as far as there is room, beside the panel."""
    labels = direct_labels(ax)
    figure = ax.get_figure(root=True)
    if not labels or figure is None:
        return
    renderer, point = renderer_of(figure), figure.dpi / 72
    panel_high = ax.get_window_extent(renderer).height / point
    ends = np.array([_fraction(ax, text.xy[1]) * panel_high for text in labels])  # type: ignore[attr-defined]
    heights = np.array([text.get_window_extent(renderer).height / point for text in labels])
    for text, end, middle in zip(labels, ends, apart(ends, heights + GAP_PT, panel_high), strict=True):
        text.set_position((ASIDE_PT, middle - end))


def place_notes(ax: Axes) -> None:
    """Put each value beside its point, where it lies on no other point or value; leave it out if there is no such place.

    Of points in one place only the first has its value.
    """
    figure = ax.get_figure(root=True)
    notes = [text for text in ax.texts if isinstance(text, Annotation) and text.get_gid() == NOTE]
    if not notes or figure is None:
        return
    renderer, panel = renderer_of(figure), ax.get_window_extent()
    reach = MARKER_PT / 2 * figure.dpi / 72
    spots = [ax.transData.transform(note.xy) for note in notes]
    taken = [Bbox([spot - reach, spot + reach]) for spot in spots]
    for place, note in enumerate(notes):
        if not note._check_xy(renderer):  # type: ignore[attr-defined]  # it is not drawn, its point is outside
            continue
        if any(math.dist(spots[place], spot) < reach for spot in spots[:place]):
            note.set_visible(False)
            continue
        for aside, above in NOTE_PLACES:
            note.set_position((aside * NOTE_PT, above * NOTE_PT))
            note.set(ha="left" if aside > 0 else "right", va="bottom" if above > 0 else "top", visible=True)
            note.update_positions(renderer)
            box = Text.get_window_extent(note, renderer)
            note.set_visible(panel.x0 <= box.x0 and box.x1 <= panel.x1 and not any(box.overlaps(other) for other in taken))
            if note.get_visible():
                taken.append(box)
                break


def apart(wanted: NDArray[np.float64], heights: NDArray[np.float64], room: float) -> NDArray[np.float64]:
    """Middles of labels as near as can be to where they are wanted, none over another.

    Labels that touch move as one, to the mean of where they are wanted (pooling of neighbours, as in isotonic regression).

    Args:
        wanted: middles, shape (labels,).
        heights: of each, shape (labels,).
        room: labels stay between 0 and this, if they all fit there; else they stand around its middle.
    """
    if not len(wanted):
        return np.zeros(0)
    order = np.argsort(wanted, kind="stable")
    tall = heights[order]
    before = np.concatenate([[0.0], np.cumsum(tall)])[:-1] + tall / 2  # middles in a stack that begins at 0
    total = float(tall.sum())
    least, most = (0.0, room - total) if total <= room else ((room - total) / 2,) * 2
    groups: list[list[float]] = []  # sum of starts that are wanted, and number, of labels that touch
    for start in wanted[order] - before:
        groups.append([float(start), 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] >= groups[-1][0] / groups[-1][1]:
            total_start, number = groups.pop()
            groups[-1][0] += total_start
            groups[-1][1] += number
    starts = np.concatenate([np.full(int(number), total_start / number) for total_start, number in groups])
    middles = np.empty(len(wanted))
    middles[order] = np.clip(starts, least, most) + before
    return middles


def wrap(text: Text, width_px: float, renderer: RendererBase, *, keep_lines: bool = False) -> None:
    """Break a text into lines that are no wider than a width; words stay whole, and numbers with their per cent.

    Args:
        text: what is written; it is changed.
        width_px: pixels.
        renderer: of the figure.
        keep_lines: whether its own line breaks stay.
    """
    written = text.get_text()
    parts = written.split("\n") if keep_lines else [" ".join(written.split())]
    lines = [line for part in parts for line in _lines(_words(part), _measure(text, renderer), width_px)]
    text.set_text("\n".join(lines))


def _words(part: str) -> list[str]:
    """What a line may not break: words, and a number with its per cent."""
    return [word.replace("\0", " ") for word in part.replace(" %", "\0%").split(" ")]


def _measure(text: Text, renderer: RendererBase) -> Callable[[str], float]:
    def width(line: str) -> float:
        text.set_text(line)
        box = text.get_window_extent(renderer)
        return float(box.height if text.get_rotation() == 90 else box.width)

    return width


def _lines(words: list[str], width: Callable[[str], float], most: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width(longer) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fraction(ax: Axes, value: float) -> float:
    """How high a value stands in a panel."""
    low, high = (float(ax.transData.transform((ax.get_xlim()[1], end))[1]) for end in ax.get_ylim())
    at = float(ax.transData.transform((ax.get_xlim()[1], value))[1])
    return (at - low) / (high - low)
