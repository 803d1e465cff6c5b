"""The event log of one run as a file: gzip-compressed lines of CSV, written as the log grows.

Each chunk is a gzip member of its own. Members, and so files, put one behind the other are again a gzip file, and the
file can be read while it grows.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from .record import HAPPENINGS, Event, Happening, Rows
from .units import calendar_date

EVENT_COLUMNS = ("scenario", "draw", "run", "date", *Event._fields)

_COMPRESSION = 1  # a higher level takes several times as long as all else about an event, and saves a sixth of the space


@dataclass(frozen=True)
class EventFile:
    """A sink for `EventLog`: the events of one run, each line headed by which run it was.

    Args:
        path: of the file, which is made anew.
        scenario: name of the policy.
        draw: number of the draw.
        run: number of the run.
        start: the scenario's first day.
    """

    path: Path
    scenario: str
    draw: int
    run: int
    start: date

    def __post_init__(self) -> None:
        self.path.write_bytes(b"")

    def write(self, rows: Rows, details: Sequence[str]) -> None:
        """Append rows of the log, at least one."""
        used, place = np.unique(rows["detail"], return_inverse=True)
        texts = np.array([_quoted(details[number]) for number in used], dtype=object)[place]
        days, place = np.unique(np.floor(rows["day"]), return_inverse=True)
        heads = [f"{self.scenario},{self.draw},{self.run},{calendar_date(self.start, day).isoformat()}" for day in days]
        columns = (
            np.array(heads, dtype=object)[place],
            rows["day"],
            np.array(HAPPENINGS, dtype=object)[rows["happening"]],
            *(rows[name] for name in ("chip", "lot", "site", "case", "chips")),
            texts,
        )
        lines = [
            f"{head},{day!r},{happening},{chip},{lot},{site},{case},{chips},{detail}\n"
            for head, day, happening, chip, lot, site, case, chips, detail in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
        with self.path.open("ab") as file:
            file.write(compressed("".join(lines)))

    def __iter__(self) -> Iterator[Event]:
        with gzip.open(self.path, "rt", encoding="utf-8", newline="") as lines:
            for _scenario, _draw, _run, _date, day, happening, chip, lot, site, case, chips, detail in csv.reader(lines):
                numbers = (int(chip), int(lot), int(site), int(case), int(chips))
                yield Event(float(day), Happening(happening), *numbers, detail)


def header() -> bytes:
    """The line with the names of the columns, as it stands before all runs."""
    return compressed(",".join(EVENT_COLUMNS) + "\n")


def compressed(text: str) -> bytes:
    """A gzip member without a date, the same bytes for the same text."""
    return gzip.compress(text.encode(), _COMPRESSION, mtime=0)


def _quoted(text: str) -> str:
    """A text as CSV writes it."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text
