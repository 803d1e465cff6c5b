"""What a question says in the end: its answer in two sentences, a table for a paper, what drives it and what it cites.

Every question computes `answer` and `table` from its result, and names its `DRIVERS` (rows of the parameter table and
levers of the scenario, those that move the answer most) and its `CITATIONS` (keys of `sim/data/sources.toml` or, for what
no number is taken from, of `scenarios/answering/sources.toml`). `write_brief` puts them beside the figures.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from scenarios.answering.latex import as_bibtex, as_booktabs
from sim import Result, Scenario, Tabulation
from sim.parameters import Source, load_parameters

if TYPE_CHECKING:
    import pandas as pd

ANSWER = "answer.txt"
"""File of a folder of results with the question, its answer, what intervals cover and whose counts are told."""

BRIEF = "brief.json"
"""In a folder of results, the file with what a question says, for programs."""

TOO_FEW = (
    "Too few chips were diverted, or followed for too short a time, for an answer. "
    "A larger fleet.scale, more draws or a longer calendar.end_after_duty_days may give one."
)


COUNTS = (
    "counts of chips, cases, alarms and visits are those of the simulated fleet, not the nation's, and costs are the "
    "nation's for landmarks, firmware and inspectors, the simulated fleet's for all else"
)
"""Whose the counts are, after a colon, where a question says nothing else."""

EASIER = "inspectors have fewer cases each than in the nation, so that more is found, and sooner"
"""What is to be known about shares where inspectors are as many as stated for a part of the fleet."""

FEW_WORLDS = 10
"""Below so many 10-90 % lies between the lowest two worlds and the highest two."""


class Estimate(NamedTuple):
    """A number with the interval that the study puts around it, in the unit of the table or sentence it stands in."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        if math.isnan(self.low):
            return figures_of(self.median)
        return f"{figures_of(self.median)} ({figures_of(self.low)} to {figures_of(self.high)})"

    def of(self, unit: str) -> str:
        """With a unit, as in "58 % (46 to 70)"."""
        interval = "" if math.isnan(self.low) else f" ({figures_of(self.low)} to {figures_of(self.high)})"
        return f"{figures_of(self.median)} {unit}{interval}"


def figures_of(number: float) -> str:
    """A number in a text: three figures if large, whole from ten on, two figures below; a dash if it is none."""
    if math.isnan(number):
        return "-"
    if number == 0:
        return "0"  # of either sign
    if abs(number) >= 1000:
        return f"{round(number, 2 - math.floor(math.log10(abs(number)))):,.0f}"
    if abs(number) >= 9.95:
        return f"{number:.0f}"
    return f"{number:.2g}"


@dataclass(frozen=True)
class Table:
    """A table for a paper.

    Attributes:
        caption: what it shows, with units where the heads have none.
        rows: one row for each thing compared; cells are text, numbers, or `Estimate`s.
    """

    caption: str
    rows: pd.DataFrame

    def numbers(self) -> pd.DataFrame:
        """For a machine: a column of estimates becomes three, `NAME`, `NAME, low` and `NAME, high`."""
        import pandas as pd

        columns: dict[str, Sequence[Any]] = {}
        for name in self.rows.columns:
            cells = list(self.rows[name])
            if any(isinstance(cell, Estimate) for cell in cells):
                for place, end in enumerate(("", ", low", ", high")):
                    columns[f"{name}{end}"] = [cell[place] if isinstance(cell, Estimate) else math.nan for cell in cells]
            else:
                columns[str(name)] = cells
        return pd.DataFrame(columns)

    def cells(self) -> pd.DataFrame:
        """For a reader: every cell as text."""
        return self.rows.map(
            lambda cell: figures_of(cell) if isinstance(cell, float) and not math.isnan(cell) else _text(cell)
        )

    def sizes(self) -> list[list[float | None]]:
        """For sorting: the number in each cell, of estimates the median; None where there is none."""
        return [[_size(cell) for cell in row] for row in self.rows.itertuples(index=False)]


def _text(cell: object) -> str:
    return "-" if isinstance(cell, float) else str(cell)


def _size(cell: object) -> float | None:
    number = cell.median if isinstance(cell, Estimate) else cell
    return float(number) if isinstance(number, Real) and math.isfinite(number) else None


class Column(NamedTuple):
    """A column of a table of policies.

    Attributes:
        head: with the unit.
        outcome: of the summary.
        times: by what it is multiplied, as 100 for a share in per cent.
    """

    head: str
    outcome: str
    times: float = 1.0


def estimate(result: Result | Tabulation, policy: str, outcome: str, times: float = 1.0) -> Estimate:
    """Median, low and high of an outcome in the summary, multiplied; not a number where there is none.

    A single run has no interval, nor has what only one run has measured.

    Args:
        result: whose summary has the columns scenario, outcome, median, low, high.
        policy: its name, or `difference: NAME`.
        outcome: its name.
        times: as 100 for a share in per cent.
    """
    summary = result.summary()
    rows = summary[(summary["scenario"] == policy) & (summary["outcome"] == outcome)]
    if rows.empty:
        return Estimate(math.nan, math.nan, math.nan)
    row = rows.iloc[0]
    if math.isnan(row.get("mc_error", 0.0)):
        return Estimate(times * row["median"], math.nan, math.nan)
    return Estimate(*sorted_ends(times * row["median"], times * row["low"], times * row["high"]))


def sorted_ends(median: float, low: float, high: float) -> tuple[float, float, float]:
    """The ends of an interval in their order, as a factor below zero turns them round."""
    return (median, high, low) if high < low else (median, low, high)


def policy_table(
    result: Result | Tabulation, policies: Mapping[str, str], columns: Sequence[Column], head: str = "policy"
) -> pd.DataFrame:
    """One row for each policy, by its name in words, and one column of estimates for each outcome.

    Args:
        result: as of `estimate`.
        policies: names in words, by name.
        columns: the outcomes.
        head: of the first column.
    """
    import pandas as pd

    rows = [
        {head: words, **{column.head: estimate(result, name, column.outcome, column.times) for column in columns}}
        for name, words in policies.items()
    ]
    return pd.DataFrame(rows)


def write_brief(question: ModuleType, result: Result | Tabulation, folder: Path) -> None:
    """Write answer.txt, answer-table.csv, answer-table.tex, assumptions.csv and references.bib into a folder.

    `brief.json` says the same to a program, for the report.
    """
    table: Table = question.table(result)
    if counts := whose_counts(question, result):
        table = replace(table, caption=f"{table.caption.rstrip()} {counts}.")
    (folder / ANSWER).write_text(told(question, result) + "\n", encoding="utf-8")
    (folder / BRIEF).write_text(json.dumps(_as_json(question, result, table), indent=1) + "\n", encoding="utf-8")
    table.numbers().to_csv(folder / "answer-table.csv", index=False, lineterminator="\n")
    name = question.__name__.rpartition(".")[2]
    (folder / "answer-table.tex").write_text(as_booktabs(table.cells(), table.caption, f"tab:{name}"), encoding="utf-8")
    assumptions(question, result.scenario).to_csv(folder / "assumptions.csv", index=False, lineterminator="\n")
    (folder / "references.bib").write_text(as_bibtex(references(question)), encoding="utf-8")


def _as_json(question: ModuleType, result: Result | Tabulation, table: Table) -> dict[str, Any]:
    cells = table.cells()
    return {
        "question": asked(question),
        "answer": question.answer(result),
        "intervals": covers(question, result),
        "counts": whose_counts(question, result),
        "table": {
            "caption": table.caption,
            "heads": [str(name) for name in cells.columns],
            "cells": [[str(cell) for cell in row] for row in cells.itertuples(index=False)],
            "sizes": table.sizes(),
        },
        "references": list(references(question)),
    }


def told(question: ModuleType, result: Result | Tabulation) -> str:
    """The question, the answer, what its intervals cover, and whose counts are told unless they are the nation's: lines."""
    lines = [asked(question), question.answer(result), f"Intervals: {covers(question, result)}."]
    if counts := whose_counts(question, result):
        lines.append(f"{counts}.")
    return "\n".join(lines)


def covers(question: ModuleType, result: Result | Tabulation) -> str:
    """What the intervals cover, and how many worlds there are.

    A question whose intervals are not those of a study's summary says so in `INTERVALS`.
    """
    says = str(question.INTERVALS if hasattr(question, "INTERVALS") else result.intervals)
    if not isinstance(result, Result):
        draws = result.manifest.get("draws") if says.startswith("10-90 %") else None  # other intervals are not of draws
        return says if draws is None else f"{says}; {_so_many(draws, 'draw')}"
    if hasattr(question, "INTERVALS"):
        return says
    return f"{says}; {_so_many(len({(run.draw, run.run) for run in result.runs}), 'world')}"


def _so_many(number: int, thing: str) -> str:
    """As in "5 worlds", with what that means for the ends of a 10-90 % interval."""
    few = f", so few that each end lies between the outermost {thing} and the next" if 1 < number < FEW_WORLDS else ""
    return f"{number:,} {thing}{'' if number == 1 else 's'}{few}"


def whose_counts(question: ModuleType, result: Result | Tabulation) -> str:
    """What a simulated chip stands for, so whose the counts are and how shares are off; nothing if the fleet is whole.

    A question that scales its counts up, or tells none, says so in `COUNTS`; of one without the engine none are taken.
    """
    scenario = result.scenario
    scale = scenario.fleet.scale
    counts = getattr(question, "COUNTS", COUNTS if isinstance(result, Result) else "")
    if not counts or scale == 1:
        return ""
    easier = isinstance(result, Result) and scenario.enforcement.inspectors and not scenario.geography.sampled_sites
    return f"One simulated chip stands for {figures_of(1 / scale)}: {counts}{f'; {EASIER}' if easier else ''}"


def asked(question: ModuleType) -> str:
    """The question, as the first line of its module puts it."""
    return (question.__doc__ or "").strip().splitlines()[0]


def assumptions(question: ModuleType, scenario: Scenario) -> pd.DataFrame:
    """What drives the answer: name, here, low, central, high, unit, kind, source, note.

    `here` is the value in the scenario; rows of the parameter table have a range and a kind, levers are choices.
    """
    import pandas as pd

    rows = []
    for name in question.DRIVERS:
        if "." in name:
            section, _, key = name.partition(".")
            part = getattr(scenario, section)
            rows.append({"name": name, "here": getattr(part, key), "kind": "lever", "note": about_lever(part, key)})
            continue
        row = load_parameters().parameters[name]
        here = scenario.values[name]
        rows.append(
            {
                "name": name, "here": here, "low": row.low, "central": row.central, "high": row.high, "unit": row.unit,
                "kind": row.kind, "source": "; ".join(row.source), "note": row.note,
            }
        )  # fmt: skip
    columns = ["name", "here", "low", "central", "high", "unit", "kind", "source", "note"]
    return pd.DataFrame(rows, columns=columns)


def about_lever(section: Any, key: str) -> str:
    """What the scenario says a lever is."""
    return str(type(section).model_fields[key].description or "")


def references(question: ModuleType) -> dict[str, Source]:
    """What the question rests on: the sources of its drivers and what it cites itself, by key, in alphabetical order."""
    table = load_parameters()
    keys = set(question.CITATIONS)
    for name in question.DRIVERS:
        keys |= set(table.parameters[name].source) if "." not in name else set()
    known = {**table.sources, **further_sources()}
    return {key: known[key] for key in sorted(keys)}


@cache
def further_sources() -> dict[str, Source]:
    """What questions cite and no number is taken from."""
    text = Path(__file__).with_name("sources.toml").read_text(encoding="utf-8")
    return {key: Source.model_validate(entry) for key, entry in tomllib.loads(text).items()}
