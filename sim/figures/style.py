"""The house style: claim as title, unit in the subtitle, direct labels, source line; made for print.

Colours are those of Okabe and Ito (2008), which stay apart under colour-blindness; lines also differ in dash, so that they
stay apart in grey and where they coincide.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

from ..scenario import STATUS_QUO
from ..world.territory import NAMED_TERRITORIES

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result

FULL_WIDTH_IN = 7.2

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
    "savefig.dpi": 200,
}


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


@dataclass(frozen=True)
class Chart:
    """A finished figure with what belongs beside it.

    Attributes:
        slug: short name for its files.
        figure: the drawing.
        data: every number drawn, tidy.
        caption: what is shown, what the intervals cover, and the assumptions that matter.
    """

    slug: str
    figure: Figure
    data: pd.DataFrame
    caption: str


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the settings of the house and leave those of the caller alone."""
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]
        yield


def new_figure(height_in: float) -> Figure:
    """An empty figure of full width. Made without pyplot, so that no window and no global state is involved."""
    return Figure(figsize=(FULL_WIDTH_IN, height_in), dpi=100)


def frame(figure: Figure, *, title: str, subtitle: str, source: str) -> None:
    """Put the claim, the unit and the source line around the axes, and make room for them."""
    height = figure.get_figheight()
    figure.set_label(title)
    figure.text(0.01, 1 - 0.10 / height, title, fontsize=10.5, fontweight="bold", va="top")
    figure.text(0.01, 1 - 0.34 / height, subtitle, fontsize=8, color="#444444", va="top", wrap=True)
    figure.text(0.01, 0.06 / height, source, fontsize=6.5, color="#666666", va="bottom", wrap=True)


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


def save_chart(chart: Chart, folder: Path, number: int) -> None:
    """Write figNN-slug as PDF, SVG and PNG, entitled with its claim, with its data as CSV and its caption as text."""
    stem = folder / f"fig{number:02d}-{chart.slug}"
    with house_style():
        # No dates in the files, so that the same study gives the same drawing.
        claim = {"Title": str(chart.figure.get_label()).replace("\\$", "$")}
        chart.figure.savefig(stem.with_suffix(".pdf"), metadata={"CreationDate": None, **claim})
        drawing = io.StringIO()
        chart.figure.savefig(drawing, format="svg", metadata={"Date": None, **claim})
        stem.with_suffix(".svg").write_text(_compact(drawing.getvalue()), encoding="utf-8")
        chart.figure.savefig(stem.with_suffix(".png"), metadata=claim)
    chart.data.to_csv(stem.with_suffix(".csv"), index=False, lineterminator="\n")
    stem.with_suffix(".txt").write_text(chart.caption + "\n", encoding="utf-8")


def _compact(svg: str) -> str:
    """The drawing with outlines to a hundredth of a point and no needless letters: a map takes half the space."""

    def shortened(outline: re.Match[str]) -> str:
        words: list[str] = []
        command = ""
        for word in outline[0].split():
            if not word.isalpha():
                words.append(f"{float(word):.2f}".rstrip("0").rstrip("."))
            elif not (word == "L" and command in ("L", "M")):  # which a line goes on without being told
                words.append(word)
                command = word
        return " ".join(words)

    return re.sub(r'(?<=\sd=")[^"]+', shortened, svg)
