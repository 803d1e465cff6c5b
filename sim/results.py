"""Results of a study: tables in pandas, summary with intervals, and files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .event_file import EVENT_COLUMNS, header
from .fleet.chips import State
from .notebook import MOST_POLICIES, MOST_ROWS, headlines, html_table
from .outcomes.diversions import Fate
from .outcomes.outcome import Outcome
from .output import MANIFEST, staged_folder
from .provenance import DISTRIBUTION, checksums, utc_now
from .scenario import STATUS_QUO, Scenario
from .summaries import Summaries
from .table_files import Form, require, write_table
from .units import calendar_date
from .world.products import product_names

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """One simulated run: which it was, and what is kept of it.

    Attributes:
        scenario: name of the policy.
        draw: number of the draw, 0 if parameters stay at the scenario's values.
        run: number of the run.
        outcomes: every outcome, by day.
        chips: columns of the chip table and the chip's number, of the chips that were ever diverted (of all with `trace`).
        events: file with the lines of its events; None if they were not kept.
        fates: what became of each parcel of diverted chips.
        sites: what was at each site and what happened there, by column; see `sim.outcomes.by_site`.
    """

    scenario: str
    draw: int
    run: int
    outcomes: Sequence[Outcome]
    chips: Mapping[str, NDArray[np.generic]]
    events: Path | None
    fates: Sequence[Fate] = ()
    sites: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A run that ended with an error.

    Attributes:
        scenario: name of the policy.
        draw: number of the draw.
        run: number of the run.
        error: what went wrong, in one line, and where in the code.
        drawn: the parameters drawn for it, by name.
    """

    scenario: str
    draw: int
    run: int
    error: str
    drawn: Mapping[str, float]

    def __str__(self) -> str:
        drawn = ", ".join(f"{name} = {value:.6g}" for name, value in self.drawn.items()) or "nothing"
        return f"draw {self.draw}, run {self.run}, policy {self.scenario}: {self.error}; drawn: {drawn}"


@dataclass(frozen=True)
class Result(Summaries):
    """All runs of a study. The tables are pandas DataFrames, made when first asked for.

    Attributes:
        scenario: the scenario under the rule; its status quo was run beside it.
        runs: by policy, number of the draw and number of the run.
        manifest: what made the result, ready for JSON.
        drawn: the parameters drawn for each draw, by name; empty if they stay at the scenario's values.
        beside: other policies that were run in the same worlds.
        failures: runs that ended with an error; no run of their draws is among `runs`.
        duration_s: how long it took to make them, those that were there already left out.
    """

    scenario: Scenario
    runs: Sequence[Run]
    manifest: dict[str, Any]
    drawn: Sequence[Mapping[str, float]] = ()
    beside: Sequence[Scenario] = ()
    failures: Sequence[Failure] = ()
    duration_s: float | None = None

    @cached_property
    def table(self) -> pd.DataFrame:
        """Long and tidy: scenario, draw, run, date, outcome, value, unit."""
        import pandas as pd

        calendar = self.scenario.calendar
        rows = [
            (run.scenario, run.draw, run.run, calendar_date(calendar.start, outcome.day), *outcome[1:])
            for run in self.runs
            for outcome in run.outcomes
        ]
        return pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])

    @cached_property
    def events(self) -> pd.DataFrame:
        """The event log: scenario, draw, run, date, day, happening, chip, lot, site, case, chips, detail.

        -1 = does not apply; `chips` is how many chips a row is about.
        """
        import pandas as pd

        frames = [
            pd.read_csv(
                run.events,
                names=list(EVENT_COLUMNS),
                compression="gzip",
                dtype=dict.fromkeys(("scenario", "date", "happening", "detail"), str),
                keep_default_na=False,
                converters={"day": float},  # to the last bit
            )
            for run in self.runs
            if run.events is not None and run.events.stat().st_size
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(EVENT_COLUMNS))

    @cached_property
    def chips(self) -> pd.DataFrame:
        """One row per run and chip that was ever diverted (with the scenario's `trace`, per run and chip).

        Its number, lot, declared site, product, final state and the days that matter (NaN = never).
        """
        import pandas as pd

        frames = []
        for run in self.runs:
            if not run.chips:
                continue
            columns = dict(run.chips)
            columns["state"] = np.array([state.name.lower() for state in State])[columns["state"].astype(int)]
            columns["product"] = np.array(product_names())[columns["product"].astype(int)]
            frame = pd.DataFrame(columns)
            frame.insert(0, "run", run.run)
            frame.insert(0, "draw", run.draw)
            frame.insert(0, "scenario", run.scenario)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["scenario", "draw", "run", "chip"])

    @cached_property
    def diversions(self) -> pd.DataFrame:
        """One row per run and parcel of chips that left their declared site together; see `sim.outcomes.diversions.Fate`."""
        import pandas as pd

        rows = [(run.scenario, run.draw, run.run, *fate) for run in self.runs for fate in run.fates]
        table = pd.DataFrame(rows, columns=["scenario", "draw", "run", *Fate._fields])
        return table if rows else table.astype(get_type_hints(Fate))  # types that do not depend on there being any

    @cached_property
    def sites(self) -> pd.DataFrame:
        """One row per run and site: where it stands, its chips, cases, visits and diversions; see `sim.outcomes.by_site`."""
        import pandas as pd

        from .outcomes.by_site import COLUMNS

        frames = []
        for run in self.runs:
            if run.sites:
                key = {"scenario": run.scenario, "draw": run.draw, "run": run.run, "site": np.arange(len(run.sites["hub"]))}
                frames.append(pd.DataFrame({**key, **run.sites}))
        columns = ["scenario", "draw", "run", "site", *COLUMNS]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)

    @property
    def failed(self) -> pd.DataFrame:
        """One row per run that ended with an error: scenario, draw, run, error."""
        import pandas as pd

        rows = [(one.scenario, one.draw, one.run, one.error) for one in self.failures]
        return pd.DataFrame(rows, columns=["scenario", "draw", "run", "error"])

    def save(self, folder: str | Path, *, tables: Form = "csv", force: bool = False) -> Path:
        """Write summary.csv, table.csv, diversions.csv, events.csv.gz, draws.csv if there are draws, and manifest.json.

        The folder is written whole or not at all.

        Args:
            folder: where to.
            tables: `parquet` writes table.parquet, diversions.parquet and draws.parquet in place of the CSV files.
            force: whether another study's results may be replaced.

        Raises:
            OutputError: the folder cannot be written to or holds something else; pyarrow is missing.
        """
        require(tables)
        with staged_folder(Path(folder), self.manifest["id"], force=force) as staging:
            self.write_tables(staging, tables)
            self.write_manifest(staging)
        return Path(folder)

    def write_tables(self, folder: Path, tables: Form = "csv") -> None:
        """Write the tables into an existing folder, the same bytes for the same runs.

        There is no event log, and no table of diversions, if none were kept. Short tables are CSV in any case: summary,
        failures, and, where there are such outcomes, `probabilities` and `cost_per_established_chip`.
        """
        short = {
            "summary": self.summary(),
            "probabilities": self.probabilities(),
            "cost_per_established_chip": self.cost_per_established_chip(),
            "failures": self.failed,
        }
        long = {"table": self.table, "diversions": self.diversions, "draws": self.draws}
        always = {"summary", "table"} | ({"diversions"} if any(run.chips for run in self.runs) else set())
        for name, table in {**short, **long}.items():
            if name in always or len(table):
                write_table(table, folder, name, tables if name in long else "csv", _about(self.manifest))
        logs = [run.events for run in self.runs if run.events is not None]
        if logs:
            with (folder / "events.csv.gz").open("wb") as whole:
                whole.write(header())
                for log in logs:
                    with log.open("rb") as part:
                        shutil.copyfileobj(part, whole)

    def write_manifest(self, folder: Path) -> None:
        """Write manifest.json, with the checksums of the files already there."""
        _write_manifest({"duration_s": self.duration_s, "intervals": self.intervals, **self.manifest}, folder)

    def _repr_html_(self) -> str:
        """For a notebook: what was run, and the outcomes to read first with their intervals."""
        names = [self.scenario.name, *(policy.name for policy in self.beside)]
        shown = headlines(self.summary(), [*names[:MOST_POLICIES], STATUS_QUO])
        more = f" {len(names) - MOST_POLICIES} more policies are not shown." if len(names) > MOST_POLICIES else ""
        note = f"Median and, in brackets, {self.intervals}.{more} All outcomes: <code>summary()</code>."
        return html_table(repr(self), shown, note)

    def __repr__(self) -> str:
        number = len({run.run for run in self.runs})
        runs = f"{number} run{'' if number == 1 else 's'}"
        design = f"{len(self.drawn)} draws of {runs}" if self.drawn else runs
        return f"<Result {self.scenario.name}: {design} beside {STATUS_QUO}, id {self.manifest['id'][:12]}>"


@dataclass(frozen=True)
class Tabulation:
    """The answer to a question about the world alone, which no run of the engine is needed for.

    Attributes:
        scenario: the scenario whose geography and latency were asked about.
        table: every number, tidy: the columns are the question's own.
        summary_table: a table short enough to read, what `summary` returns.
        manifest: what made the result, ready for JSON.
        further: other tables by the name of their file, where one table does not hold everything.
    """

    scenario: Scenario
    table: pd.DataFrame
    summary_table: pd.DataFrame
    manifest: dict[str, Any]
    further: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """The table to read first."""
        return self.summary_table

    def _repr_html_(self) -> str:
        """For a notebook: the question and the first rows of the table to read first."""
        table = self.summary()
        rows = f"{min(MOST_ROWS, len(table))} of {len(table)} rows of <code>summary()</code>."
        return html_table(repr(self), table.head(MOST_ROWS), rows)

    def __repr__(self) -> str:
        return f"<Tabulation {self.manifest['question']}: {self.scenario.name}, id {self.manifest['id'][:12]}>"

    def write_tables(self, folder: Path, tables: Form = "csv") -> None:
        """Write summary.csv, table.csv and the further tables into an existing folder, the same bytes for the same study.

        `tables` is the form of all but the summary.
        """
        write_table(self.summary(), folder, "summary", "csv", _about(self.manifest))
        for name, table in {"table": self.table, **self.further}.items():
            write_table(table, folder, name, tables, _about(self.manifest))

    def write_manifest(self, folder: Path) -> None:
        """Write manifest.json, with the checksums of the files already there."""
        _write_manifest(self.manifest, folder)


def _about(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What a table says of its study."""
    software = manifest["software"][DISTRIBUTION]
    return {"study": manifest["id"], "question": manifest["question"], "software": f"{DISTRIBUTION} {software}"}


def _write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    told = {**manifest, "finished": utc_now(), "files": checksums(folder)}
    (folder / MANIFEST).write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")
