"""Summaries of a study's tidy table: medians, probabilities, costs and differences, with what their intervals cover."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .intervals import paired_interval, ratio_of_sums, wilson_interval
from .outcomes.detection import HIT_OR_MISS
from .scenario import STATUS_QUO, Scenario

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = "difference"


class Summaries(ABC):
    """What can be said of a table of outcomes by policy, draw and run.

    Attributes:
        scenario: the first policy.
        beside: other policies that were run in the same worlds.
        drawn: the parameters drawn for each draw, by name; empty if they stay at the scenario's values.
    """

    scenario: Scenario
    beside: Sequence[Scenario]
    drawn: Sequence[Mapping[str, float]]

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """Long and tidy: scenario, draw, run, date, outcome, value, unit."""

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Draw, parameter, value: what was drawn. No rows if parameters stay at the scenario's values."""
        import pandas as pd

        rows = [(draw, name, value) for draw, drawn in enumerate(self.drawn) for name, value in drawn.items()]
        return pd.DataFrame(rows, columns=["draw", "parameter", "value"])

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
        return self._summary.copy()

    @cached_property
    def _summary(self) -> pd.DataFrame:
        """The summary, made once: questions ask for one row of it at a time."""
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
        if there is only one to leave out. No rows without a status quo, or without these outcomes.
        """
        import pandas as pd

        wanted = ["cost_total", "established_under_duty"]
        measured = self.table[self.table["outcome"].isin(wanted)]
        wide = measured.pivot_table(index="outcome", columns=["scenario", "draw", "run"], values="value", sort=False)
        rows = []
        measured_here = set(wanted) <= set(wide.index)
        for name, extra in (self._differences(self._policies(wide)) if measured_here else {}).items():
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
