"""The report as one page: no network, readable without scripts, made to be printed and to be read on a phone."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scenarios.reporting.finished import Finished, Shown
from scenarios.reporting.register import bibliography, plain, register
from sim.provenance import DISTRIBUTION

if TYPE_CHECKING:
    from markupsafe import Markup

PAGE = Path(__file__).with_name("templates")


class Entry(NamedTuple):
    """A question of the report.

    Attributes:
        name: of the question.
        asks: the question, as it is asked.
        finished: what there is to show; None if it failed.
        error: what went wrong; empty if nothing did.
    """

    name: str
    asks: str
    finished: Finished | None
    error: str = ""


@dataclass(frozen=True)
class Report:
    """What goes into a report.

    Attributes:
        chapters: questions in their order, by the name of their chapter.
        command: what makes the report again.
        quick: whether it is small.
        seed: base seed of all questions.
    """

    chapters: Mapping[str, Sequence[Entry]]
    command: str
    quick: bool
    seed: int

    @property
    def entries(self) -> list[Entry]:
        """All questions in their order."""
        return [entry for entries in self.chapters.values() for entry in entries]

    @property
    def finished(self) -> list[Finished]:
        """Those that there is something to show of."""
        return [entry.finished for entry in self.entries if entry.finished is not None]

    @cached_property
    def figures(self) -> dict[tuple[str, str], int]:
        """The number of each figure in the report, by its question and the stem of its files."""
        places = [(one.name, shown.stem) for one in self.finished for shown in one.figures]
        return {place: number for number, place in enumerate(places, start=1)}

    @property
    def tables(self) -> dict[str, int]:
        """The number of each table in the report, by its question."""
        return {one.name: number for number, one in enumerate(self.finished, start=1)}

    @property
    def failed(self) -> list[Entry]:
        """Those that failed, in whole or for some draws."""
        return [entry for entry in self.entries if entry.error]

    @cached_property
    def made(self) -> Made:
        """When and with what the questions were answered."""
        manifests = [one.manifest for one in self.finished]
        days = sorted({str(one.get("finished", ""))[:10] for one in manifests} - {""})
        software = [one["software"] for one in manifests]
        return Made(
            dates=" to ".join(dict.fromkeys((days[0], days[-1]))) if days else "-",
            versions=", ".join(sorted({str(one.get(DISTRIBUTION)) for one in software})) or "-",
            commits=", ".join(sorted({str(one["commit"])[:12] for one in software if one.get("commit")})),
            dirty=any(one.get("dirty") for one in software),
            minutes=sum(float(one.get("duration_s") or 0) for one in manifests) / 60,
        )


class Made(NamedTuple):
    """When and with what the questions of a report were answered.

    Attributes:
        dates: the first and the last day.
        versions: of the simulator.
        commits: of the code; empty if none is known.
        dirty: whether the code had changes that no commit holds.
        minutes: how long it took, one question after the other.
    """

    dates: str
    versions: str
    commits: str
    dirty: bool
    minutes: float


def page(report: Report) -> str:
    """The whole page, as HTML.

    Args:
        report: what goes in; the same report gives the same page.
    """
    import jinja2  # here, since no other command needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = _number
    environment.filters["breakable"] = _breakable
    environment.globals["inline"] = _inline
    environment.globals["sort_key"] = _sort_key
    return environment.get_template("report.html.j2").render(
        report=report,
        made=report.made,
        register=register().to_dict("records"),
        bibliography=bibliography(),
        style=_part("style.css"),
        script=_part("sort.js"),
    )


def _part(name: str) -> Markup:
    """A file that stands in the page as it is."""
    from markupsafe import Markup

    return Markup((PAGE / name).read_text(encoding="utf-8"))


def _inline(shown: Shown, number: int) -> Markup:
    """A figure as part of the page, by its number there."""
    from markupsafe import Markup

    return Markup(shown.drawing.inline(f"f{number}-", f"Figure {number}: {shown.alternative}", f"caption-{number}"))


def _breakable(name: str) -> Markup:
    """A name in which a line may end after each underscore or full stop, so that it fits into a narrow column."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([_.])", r"\1<wbr>", str(escape(name))))


def _number(text: object) -> str:
    """A number of the register, or text that is none, as a reader sees it; a mix by its parts."""
    try:
        number = float(str(text))
    except ValueError:
        mix = re.findall(r"'(\w+)': ([\d.]+)", str(text)) if str(text).startswith("{") else []
        return ", ".join(f"{part} {_number(weight)}" for part, weight in mix) or str(text)
    return plain(number) if math.isfinite(number) else str(text)


def _sort_key(size: object) -> str:
    """By what a cell is sorted: a number; nothing if it is none."""
    try:
        number = float(str(size))
    except ValueError:
        return ""
    return f"{number:.10g}" if math.isfinite(number) else ""
