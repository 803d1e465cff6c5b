"""Results of a study: tables in pandas, summary with intervals, and files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .event_file import EVENT_COLUMNS, header
from .fleet.chips import State
from .intervals import paired_interval, ratio_of_sums, wilson_interval
from .outcomes.detection import HIT_OR_MISS
from .outcomes.diversions import Fate
from .outcomes.outcome import Outcome
from .output import MANIFEST, staged_folder
from .scenario import STATUS_QUO, Scenario
from .units import calendar_date
from .world.products import product_names

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = "difference"


@dataclass(frozen=True)
class Run:
    """One simulated run: which it was, and what is kept of it.

    Attributes:
        scenario: name of the policy.
        draw: number of the draw, 0 if parameters stay at the scenario's values.
        run: number of the run.
        outcomes: every outcome, by day.
        chips: columns of the chip table and the chip's number, of the chips that were ever diverted (of all with `trace`).
        events: file with the lines of its events.
        fates: what became of each parcel of diverted chips.
    """

    scenario: str
    draw: int
    run: int
    outcomes: Sequence[Outcome]
    chips: Mapping[str, NDArray[np.generic]]
    events: Path
    fates: Sequence[Fate] = ()


@dataclass(frozen=True)
class Result:
    """All runs of a study. The tables are pandas DataFrames, made when first asked for.

    Attributes:
        scenario: the scenario under the rule; its status quo was run beside it.
        runs: by policy, number of the draw and number of the run.
        manifest: what made the result, ready for JSON.
        drawn: the parameters drawn for each draw, by name; empty if they stay at the scenario's values.
        beside: other policies that were run in the same worlds.
    """

    scenario: Scenario
    runs: Sequence[Run]
    manifest: dict[str, Any]
    drawn: Sequence[Mapping[str, float]] = ()
    beside: Sequence[Scenario] = ()

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
    def draws(self) -> pd.DataFrame:
        """Draw, parameter, value: what was drawn. No rows if parameters stay at the scenario's values."""
        import pandas as pd

        rows = [(draw, name, value) for draw, drawn in enumerate(self.drawn) for name, value in drawn.items()]
        return pd.DataFrame(rows, columns=["draw", "parameter", "value"])

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
            if run.events.stat().st_size
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
            columns = dict(run.chips)
            columns["state"] = np.array([state.name.lower() for state in State])[columns["state"].astype(int)]
            columns["product"] = np.array(product_names())[columns["product"].astype(int)]
            frame = pd.DataFrame(columns)
            frame.insert(0, "run", run.run)
            frame.insert(0, "draw", run.draw)
            frame.insert(0, "scenario", run.scenario)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def diversions(self) -> pd.DataFrame:
        """One row per run and parcel of chips that left their declared site together; see `sim.outcomes.diversions.Fate`."""
        import pandas as pd

        rows = [(run.scenario, run.draw, run.run, *fate) for run in self.runs for fate in run.fates]
        return pd.DataFrame(rows, columns=["scenario", "draw", "run", *Fate._fields])

    @property
    def intervals(self) -> str:
        """What `low` and `high` cover, in words for captions."""
        if self.drawn:
            return "10-90 % of draws and runs, parameters and chance"
        values = "the scenario's" if self.scenario.uncertainties else "central"
        return f"10-90 % of runs, chance only, parameters at {values} values"

    def summary(self) -> pd.DataFrame:
        """scenario, outcome, median, low, high, mc_error, unit at the end of the run.

        `low` and `high` are the 10 % and 90 % quantiles over draws and runs together. With draws they hold chance and the
        ranges of the parameters; without, chance only, parameters at the scenario's values. `mc_error` is the standard
        error of the median over the same sample (Maritz and Jarrett, 1978). `difference` is the rule minus the status quo
        in the same draw and run; for each policy beside it, `difference: NAME` is the same.
        """
        import pandas as pd

        final = self.table[self.table["date"] == self.table["date"].max()]
        wide = final.pivot_table(index=["outcome", "unit"], columns=["scenario", "draw", "run"], values="value", sort=False)
        policies = self._policies(wide)
        rows = []
        for name, values in {**policies, **self._differences(policies)}.items():
            rows += [
                (name, outcome, *_interval(row), unit)
                for (outcome, unit), row in zip(values.index.tolist(), values.to_numpy(dtype=float), strict=True)
                if not np.isnan(row).all()
            ]
        return pd.DataFrame(rows, columns=["scenario", "outcome", "median", "low", "high", "mc_error", "unit"])

    def probabilities(self) -> pd.DataFrame:
        """scenario, outcome, probability, low, high, number of the outcomes that each run answers with 1 or 0.

        A probability is the mean over all draws and runs that have an answer. `low` and `high` are its 80 % confidence
        interval after Wilson (1927); for `difference`, as in the summary, the adjusted Wald interval for pairs of Bonett and
        Price (2012). The runs of one draw share its world: `number` counts draws, by
        their means, if there are several, and runs if there is one; only they are independent.
        """
        import pandas as pd

        answers = self.table[self.table["unit"] == HIT_OR_MISS]
        wide = answers.pivot_table(index="outcome", columns=["scenario", "draw", "run"], values="value", sort=False)
        policies = self._policies(wide)
        rows = []
        for name, values in policies.items():
            rows += [(name, outcome, *wilson_interval(self._independent(row))) for outcome, row in values.iterrows()]
        for name, change in self._differences(policies).items():
            for outcome, row in change.iterrows():
                gained, lost = (self._independent(those.astype(float).where(row.notna())) for those in (row > 0, row < 0))
                rows.append((name, outcome, *paired_interval(gained, lost)))
        columns = ["scenario", "outcome", "probability", "low", "high", "number"]
        return pd.DataFrame(rows, columns=columns).dropna(subset=["probability"], ignore_index=True)

    def cost_per_established_chip(self) -> pd.DataFrame:
        """scenario, usd, error: what each policy costs more than the status quo for each diversion it establishes more.

        Ratio of the sums over all draws and runs, so that runs without a gain count too; and its standard error by the
        jackknife that leaves out one draw, with one draw one run, at a time. NaN where nothing is gained; the error is NaN
        if there is only one to leave out. No rows without a status quo.
        """
        import pandas as pd

        wanted = ["cost_total", "established_under_duty"]
        measured = self.table[self.table["outcome"].isin(wanted)]
        wide = measured.pivot_table(index="outcome", columns=["scenario", "draw", "run"], values="value", sort=False)
        rows = []
        for name, extra in self._differences(self._policies(wide)).items():
            usd, chips = (self._independent(row) for _, row in extra.loc[wanted].iterrows())
            rows.append((name, *ratio_of_sums(usd, chips)))
        return pd.DataFrame(rows, columns=["scenario", "usd", "error"])

    def _policies(self, wide: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The columns of each policy that was run, by draw and run: the scenario, those beside it, the status quo."""
        names = dict.fromkeys((self.scenario.name, *(policy.name for policy in self.beside), STATUS_QUO))
        run = set(wide.columns.get_level_values("scenario"))
        return {name: _of(name, wide) for name in names if name in run}

    def _differences(self, policies: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Each policy minus the status quo in the same draw and run, if both were run."""
        before = policies.get(STATUS_QUO)
        if before is None:
            return {}
        names = {name: f"{DIFFERENCE}: {name}" for name in policies if name != STATUS_QUO} | {self.scenario.name: DIFFERENCE}
        return {names[name]: values - before for name, values in policies.items() if name != STATUS_QUO}

    def _independent(self, values: pd.Series[float]) -> NDArray[np.float64]:
        """Of values by draw and run, what is independent: the mean of each draw, or with one draw the runs; without NaN."""
        level = "draw" if len(self.drawn) > 1 else "run"
        return np.asarray(values.groupby(level=level).mean().dropna(), dtype=np.float64)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write summary.csv, table.csv, diversions.csv, events.csv.gz, draws.csv if there are draws, and manifest.json.

        The folder is written whole or not at all.

        Raises:
            OutputError: the folder cannot be written to or holds something else.
        """
        with staged_folder(Path(folder), self.manifest["id"], force=force) as staging:
            self.write_tables(staging)
            self.write_manifest(staging)
        return Path(folder)

    def write_tables(self, folder: Path) -> None:
        """Write the tables into an existing folder, the same bytes for the same runs."""
        self.summary().to_csv(folder / "summary.csv", index=False, lineterminator="\n")
        self.table.to_csv(folder / "table.csv", index=False, lineterminator="\n")
        self.diversions.to_csv(folder / "diversions.csv", index=False, lineterminator="\n")
        if self.drawn:
            self.draws.to_csv(folder / "draws.csv", index=False, lineterminator="\n")
        with (folder / "events.csv.gz").open("wb") as whole:
            whole.write(header())
            for run in self.runs:
                with run.events.open("rb") as part:
                    shutil.copyfileobj(part, whole)

    def write_manifest(self, folder: Path) -> None:
        """Write manifest.json, with the names of the files already there."""
        _write_manifest(self.manifest, folder)

    def __repr__(self) -> str:
        runs = f"{len({run.run for run in self.runs})} runs"
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

    def write_tables(self, folder: Path) -> None:
        """Write summary.csv, table.csv and the further tables into an existing folder, the same bytes for the same study."""
        for name, table in {"summary": self.summary(), "table": self.table, **self.further}.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")

    def write_manifest(self, folder: Path) -> None:
        """Write manifest.json, with the names of the files already there."""
        _write_manifest(self.manifest, folder)


def _write_manifest(manifest: dict[str, Any], folder: Path) -> None:
    files = sorted(path.name for path in folder.iterdir())
    text = json.dumps({**manifest, "files": files}, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _of(policy: str, wide: pd.DataFrame) -> pd.DataFrame:
    """The columns of a policy, by draw and run."""
    return wide.loc[:, wide.columns.get_level_values("scenario") == policy].droplevel("scenario", axis=1)


def _interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float, float, float]:
    """Median, 10 % and 90 % quantile, and standard error of the median (NaN for a single run)."""
    values = np.sort(values[~np.isnan(values)])
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float(median), float(low), float(high), _error_of_median(values)


def _error_of_median(ordered: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Standard error of the median by Maritz and Jarrett: the spread of the order statistics, weighted by Beta densities."""
    from scipy.special import betainc

    number = len(ordered)
    if number < 2:
        return float("nan")
    shape = (number + 1) / 2
    weights = np.diff(betainc(shape, shape, np.arange(number + 1) / number))
    mean = float(weights @ ordered)
    return float(np.sqrt(weights @ (ordered - mean) ** 2))
