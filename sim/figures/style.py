"""The house style: what every figure looks like, in three sizes. One place decides sizes, fonts and colours.

Colours are those of Okabe and Ito (2008), which stay apart under colour-blindness; lines also differ in dash, so that they
stay apart in grey and where they coincide.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
from matplotlib.figure import Figure

from ..scenario import STATUS_QUO
from ..world.territory import NAMED_TERRITORIES

if TYPE_CHECKING:
    from ..results import Result
    from .layout import Placing

PNG_DPI = 200

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#444444",
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "chip-location-verification",
    "text.hinting": "none",  # words are as wide in a PDF as where they were measured
    "savefig.dpi": PNG_DPI,
}

TITLE_PT, LETTER_PT, SUBTITLE_PT, NAME_PT, LEGEND_PT, NOTE_PT = 10.5, 9.0, 8.0, 7.5, 7.0, 6.5
"""Claim; letters that stand for something; unit; names of curves and rows; legends; notes and numbers beside marks, and the
source line. Nothing is smaller."""

SizeName = Literal["column", "full", "slide"]


@dataclass(frozen=True)
class Size:
    """How large figures are.

    Attributes:
        name: of the option.
        width_in: of the drawing, inches.
        height_in: of the drawing, inches; None: as high as its panels need.
        magnified: how many times larger than drawn it is saved: fonts, lines and marks grow alike.
        stacked: whether panels that stand side by side elsewhere stand below one another.
        panel_height: of a panel, in heights at full width, where the height is not fixed.
    """

    name: SizeName
    width_in: float
    height_in: float | None = None
    magnified: float = 1.0
    stacked: bool = False
    panel_height: float = 1.0


SLIDE_MAGNIFIED = 14 / NOTE_PT
"""So that the smallest words have 14 points on a slide."""

SIZES: dict[str, Size] = {
    "column": Size("column", 3.5, stacked=True, panel_height=0.8),
    "full": Size("full", 7.2),
    "slide": Size("slide", 13.33 / SLIDE_MAGNIFIED, 7.5 / SLIDE_MAGNIFIED, SLIDE_MAGNIFIED),
}
"""A journal's column and full width, and a slide of 13.33 x 7.5 inches."""

_size: ContextVar[Size] = ContextVar("size", default=SIZES["full"])


def current_size() -> Size:
    """The size at which new figures are made."""
    return _size.get()


class Sheet(Figure):
    """A figure that knows its size, and shows itself in a notebook. Made without pyplot: no window, no global state.

    Attributes:
        size: at which it was made.
        placing: what gives its axes their places; see `layout`.
    """

    def __init__(self, size: Size, height_in: float) -> None:
        super().__init__(figsize=(size.width_in, size.height_in or height_in), dpi=PNG_DPI)
        self.size = size
        self.placing: Placing | None = None

    def _repr_png_(self) -> bytes:
        drawing = io.BytesIO()
        self.savefig(drawing, format="png", dpi=PNG_DPI)
        return drawing.getvalue()


def new_figure(height_in: float) -> Sheet:
    """An empty figure of the current width; on a slide it is as high as the slide. Axes come from `layout.panels`."""
    return Sheet(current_size(), height_in)


TERRITORY_NAMES = {"china_mainland": "mainland China", "prc_hk_macau": "China with Hong Kong and Macao"}


@dataclass(frozen=True)
class Look:
    """How the curve of one policy is drawn."""

    label: str
    colour: str
    dash: str | tuple[int, tuple[float, ...]]


RULE = Look("with the rule", "#0072B2", "-")
BEFORE = Look("status quo", "#D55E00", (0, (4, 2)))


def looks(result: Result) -> tuple[tuple[str, Look], ...]:
    """The policies of a result with their looks: the rule and the status quo, or the status quo alone."""
    name = result.scenario.name
    return ((name, RULE), (STATUS_QUO, BEFORE)) if result.scenario.verification.active else ((name, BEFORE),)


@contextmanager
def house_style(size: SizeName | None = None) -> Iterator[None]:
    """Draw with the settings of the house and leave those of the caller alone.

    Args:
        size: `column`, `full` or `slide`; by default that of an outer `house_style`, or full width.

    Raises:
        ValueError: there is no such size.
    """
    if size is not None and size not in SIZES:
        raise ValueError(f"size = {size!r}: allowed {', '.join(SIZES)}")
    before = _size.set(SIZES[size] if size is not None else current_size())
    try:
        with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
            yield
    finally:
        _size.reset(before)


def percent(share: float, limits: Sequence[float] = ()) -> str:
    """A share in whole per cent, but not rounded to certainty, nor up to a limit that it is below.

    Args:
        share: from 0 to 1.
        limits: of classes, as shares: 0.096 is "9.6 %" where 0.1 is a limit, and "10 %" elsewhere.
    """
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    for limit in limits:
        if share < limit and round(100 * share) >= 100 * limit:
            return f"{min(100 * share, 100 * limit - 0.1):.1f} %"
    return f"{100 * share:.0f} %"


def territory_name(name: str) -> str:
    """A territory's name in words, or the codes of its countries."""
    group = f"Country Group {name[-2].upper()}:{name[-1]}" if name in NAMED_TERRITORIES else name.replace("+", ", ")
    return TERRITORY_NAMES.get(name, group)


def source_line(
    manifest: dict[str, Any],
    unit: str = "runs",
    intervals: str = "10-90 % over runs, chance only, parameters at the scenario's values",
) -> str:
    """What made the figure: software, version and the id by which the run can be repeated; what its intervals cover."""
    software = manifest["software"]["chip-location-verification"]
    return (
        f"Source: chip-location-verification {software}, study {manifest['id'][:12]}, seed {manifest['seed']}, "
        f"{manifest['runs']:,} {unit}. Intervals: {intervals}."
    )
