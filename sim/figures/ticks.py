"""Fewer words along an axis where they would touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.dates import AutoDateLocator
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator
from matplotlib.transforms import Bbox

GAP_PT = 2.0
"""Between neighbours, at the least."""


def thin_out(ax: Axes, renderer: RendererBase) -> None:
    """Take ticks, or some names of named ticks, off both axes until no names touch."""
    for axis in (ax.xaxis, ax.yaxis):
        for fewer in _steps(axis, renderer):
            if not touching(shown(axis), renderer):
                break
            fewer()


def shown(axis: Axis) -> list[Text]:
    """The names of ticks that are drawn, those within the ends of the axis."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    axis._update_ticks()  # type: ignore[attr-defined]
    places = axis.get_majorticklocs()
    texts = [tick.label1 if tick.label1.get_visible() else tick.label2 for tick in axis.get_major_ticks(len(places))]
    return [
        text
        for place, text in zip(places, texts, strict=True)
        if low - slack <= place <= high + slack and text.get_text() and text.get_visible()
    ]


def touching(texts: Sequence[Text], renderer: RendererBase) -> bool:
    """Whether neighbours are closer than a gap. Turned words lie beside each other slantwise and are left alone."""
    boxes = [text.get_window_extent(renderer) for text in texts if text.get_rotation() % 90 == 0]
    gap_px = _points(GAP_PT, renderer)
    return any(_close(one, other, gap_px) for one, other in pairwise(boxes))


def _points(points: float, renderer: RendererBase) -> float:
    """In pixels."""
    return float(np.asarray(renderer.points_to_pixels(points), dtype=np.float64))


def _close(one: Bbox, other: Bbox, gap_px: float) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0) > -gap_px
    return bool(across and min(one.y1, other.y1) - max(one.y0, other.y0) > 0)


def _steps(axis: Axis, renderer: RendererBase) -> Iterator[Callable[[], object]]:
    """Ways to have fewer names, one after the other."""
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    if isinstance(locator, FixedLocator):
        if isinstance(axis, XAxis):  # names along the other axis are of rows, none of which may go without
            yield lambda: axis.set_ticks(list(locator()), _spared(axis, formatter.format_ticks(list(locator())), renderer))
    elif isinstance(locator, AutoDateLocator):
        for number in (5, 4, 3, 2):
            yield lambda number=number: _dates(locator, number)  # type: ignore[misc]
    elif isinstance(locator, MaxNLocator):
        for number in (5, 4, 3, 2):
            yield lambda number=number: locator.set_params(nbins=number)  # type: ignore[misc]
    elif isinstance(locator, LogLocator):
        for subs in ((1, 3), (1,)):
            yield lambda subs=subs: locator.set_params(subs=subs)  # type: ignore[misc]
        yield lambda: locator.set_params(numticks=3)


def _spared(axis: Axis, names: Sequence[str], renderer: RendererBase) -> list[str]:
    """The names of ticks, "" for those that touch one that stays; the last one stays, and the first before others."""
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in shown(axis)}
    gap_px = _points(GAP_PT, renderer)
    kept: list[str] = []
    drawn = [name for name in names if name in boxes]
    for name in [*drawn[-1:], *drawn[:1], *reversed(drawn[1:-1])]:
        if all(not _close(boxes[name], boxes[other], gap_px) for other in kept):
            kept.append(name)
    return [name if name in kept else "" for name in names]


def _dates(locator: AutoDateLocator, number: int) -> None:
    locator.minticks = min(2, number)
    locator.maxticks = dict.fromkeys(locator.maxticks, number)
