"""A finished figure with what belongs beside it: how it is written to files, and how it shows itself in a notebook."""

from __future__ import annotations

import base64
import html
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from .style import PNG_DPI, SIZES, Sheet, Size, house_style

if TYPE_CHECKING:
    import pandas as pd


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

    @property
    def claim(self) -> str:
        """The title, in plain text."""
        return str(self.figure.get_label()).replace("\\$", "$")

    def svg(self) -> str:
        """The drawing as SVG, outlines to a hundredth of a point."""
        drawing = io.StringIO()
        with house_style():
            # No dates in the files, so that the same study gives the same drawing.
            self.figure.savefig(drawing, format="svg", metadata={"Date": None, "Title": self.claim})
        return _magnified_svg(_compact(drawing.getvalue()), _size_of(self.figure).magnified)

    def _repr_html_(self) -> str:
        """For a notebook: the drawing as an image, so that two of them cannot mix up their parts, and the caption."""
        data = base64.b64encode(self.svg().encode()).decode()
        return (
            f'<figure><img alt="{html.escape(self.claim)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'
            f"<figcaption><small>{html.escape(self.caption)}</small></figcaption></figure>"
        )


def save_chart(chart: Chart, folder: Path, number: int) -> None:
    """Write figNN-slug as PDF, SVG and PNG, entitled with its claim, with its data as CSV and its caption as text."""
    stem = folder / f"fig{number:02d}-{chart.slug}"
    magnified = _size_of(chart.figure).magnified
    page = io.BytesIO()
    with house_style():
        chart.figure.savefig(page, format="pdf", metadata={"CreationDate": None, "Title": chart.claim})
        chart.figure.savefig(stem.with_suffix(".png"), metadata={"Title": chart.claim}, dpi=PNG_DPI * magnified)
    stem.with_suffix(".pdf").write_bytes(_magnified_pdf(page.getvalue(), magnified))
    stem.with_suffix(".svg").write_text(chart.svg(), encoding="utf-8")
    chart.data.to_csv(stem.with_suffix(".csv"), index=False, lineterminator="\n")
    stem.with_suffix(".txt").write_text(chart.caption + "\n", encoding="utf-8")


def _size_of(figure: Figure) -> Size:
    return figure.size if isinstance(figure, Sheet) else SIZES["full"]


def _magnified_svg(svg: str, times: float) -> str:
    """The drawing with another size of its page; what is inside has units of its own."""
    if times == 1:
        return svg

    def larger(side: re.Match[str]) -> str:
        return f'{side[1]}="{times * float(side[2]):.6g}pt"'

    start = svg.index("<svg")
    end = svg.index(">", start)
    return svg[:start] + re.sub(r'\b(width|height)="([\d.]+)pt"', larger, svg[start:end]) + svg[end:]


def _magnified_pdf(pdf: bytes, times: float) -> bytes:
    """The page in larger units (PDF 1.6, `UserUnit`), and the table of its objects' places moved accordingly."""
    if times == 1:
        return pdf
    entry = b"/Type /Page "
    at = pdf.index(entry) + len(entry)
    added = f"/UserUnit {times:.6f} ".encode()
    longer = pdf[:at] + added + pdf[at:]

    def moved(place: re.Match[bytes]) -> bytes:
        byte = int(place[1])
        return b"%010d %s n" % (byte + len(added) * (byte > at), place[2])

    table = longer.rindex(b"xref\n0 ")
    tail = re.sub(rb"(?<=\n)(\d{10}) (\d{5}) n", moved, longer[table:])
    start = re.sub(rb"(?<=startxref\n)\d+", b"%d" % table, tail)
    return longer[:table].replace(b"%PDF-1.4", b"%PDF-1.6", 1) + start


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
