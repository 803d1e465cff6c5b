"""What may not be in a figure, at any size: words off the page, over one another, or too small to be read."""

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from sim.figures.style import Sheet
from sim.figures.ticks import shown

LEAST_PT = {"column": 6.0, "full": 6.0, "slide": 14.0}
"""Smallest words, in points as saved."""

TOUCH_PT = 0.8
"""By which boxes may overlap: they hold the room above small letters as well."""


def complaints(figure: Figure) -> list[str]:
    """What is wrong with a finished figure, in words; nothing if it can be printed."""
    FigureCanvasAgg(figure).draw()
    size = figure.size if isinstance(figure, Sheet) else None
    times, least = (size.magnified, LEAST_PT[size.name]) if size else (1.0, LEAST_PT["full"])
    texts = list(words(figure))
    boxes = [Text.get_window_extent(text) for text in texts]
    touch = TOUCH_PT * figure.dpi / 72
    found = []
    for text, box in zip(texts, boxes, strict=True):
        if not (box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1):
            found.append(f"off the page: {text.get_text()!r}")
        if text.get_fontsize() * times < least - 1e-6:
            found.append(f"{text.get_fontsize() * times:.1f} pt: {text.get_text()!r}")
    upright = [(text, box) for text, box in zip(texts, boxes, strict=True) if text.get_rotation() % 90 == 0]
    for (text, box), (other, beside) in combinations(upright, 2):
        across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        up = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        if across > touch and up > touch:
            found.append(f"one over the other: {text.get_text()!r}, {other.get_text()!r}")
    for one, other in combinations(figure.axes, 2):
        if one.get_window_extent().padded(-touch).overlaps(other.get_window_extent()):
            found.append("one panel over another")
    if size and size.height_in and figure.get_figheight() > size.height_in + 1e-6:
        found.append("higher than the slide")
    return found


def words(figure: Figure) -> Iterator[Text]:
    """All texts that are seen."""
    yield from (text for text in figure.texts if _seen(text))
    for axes in figure.axes:
        yield from _of_axes(axes)


def _of_axes(axes: Axes) -> Iterator[Text]:
    titles = axes.title, axes._left_title, axes._right_title
    legend = axes.get_legend()
    named = legend.get_texts() if legend is not None else []
    yield from (text for text in (*axes.texts, *titles, *named) if _seen(text))
    for child in axes.child_axes:
        yield from _of_axes(child)
    if not axes.axison:
        return
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_visible():
            yield from shown(axis)
            yield from (text for text in (axis.label, axis.get_offset_text()) if _seen(text))


def _seen(text: Text) -> bool:
    """Whether a text is drawn; what belongs to a point outside its panel is not."""
    drawn = not isinstance(text, Annotation) or text._check_xy()
    return bool(drawn and text.get_visible() and text.get_text().strip())
