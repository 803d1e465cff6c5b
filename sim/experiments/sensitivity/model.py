"""A scenario as a function of its uncertain parameters: what sensitivity analysis asks, ensembles answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...results import Failure
from ...scenario import Scenario
from ...sweep import Progress
from ...uncertainty import at_quantiles
from ..ensemble import ensemble
from .evaluation import Evaluate, FloatArray

if TYPE_CHECKING:
    import pandas as pd

Point = tuple[tuple[str, float], ...]
Measured = Mapping[str, float]


@dataclass
class Model:
    """The outcomes of a scenario by its parameters. Each point is run once, however many outcomes are asked of it.

    Run k has the same seed at every point. A point of which a run fails has no outcome, and is kept among `failures`.

    Attributes:
        scenario: the world and the policy; the status quo is not run beside it.
        seed: base seed.
        workers, executor, folder, question, quick: as of `ensemble`.
        progress: called with what is under way, runs done, runs in all of it, and the headline so far.
        under_way: what progress is told is under way.
        failures: runs that ended with an error.
        units: of the outcomes, by name.
    """

    scenario: Scenario
    seed: int = 1
    workers: int = 1
    executor: Executor | None = None
    folder: Path | None = None
    question: str = ""
    quick: bool = False
    progress: Progress | None = None
    under_way: str = ""
    failures: list[Failure] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    _known: dict[tuple[Point, int], Measured] = field(default_factory=dict)

    def at_values(self, outcome: str, runs: int = 1) -> Evaluate:
        """An outcome at the end of the run, by values of parameters.

        Args:
            outcome: its name, such as established_by_day_90.
            runs: of each point.

        Returns:
            A function that raises ValueError if no run at any of its points has that outcome.
        """
        return lambda points: self._outcomes(points, outcome, runs)

    def at_quantiles(self, outcome: str, runs: int = 1) -> Evaluate:
        """The same by quantiles of their laws, as `uncertainty.at_quantiles` takes them.

        Of the rows that are drawn together a quantile is that of the row's own score before it is coupled.
        """
        return lambda points: self._outcomes([at_quantiles(self.scenario, point) for point in points], outcome, runs)

    def runs_table(self, outcomes: Sequence[str]) -> pd.DataFrame:
        """Every run so far: outcomes, number of the run and parameters, a column each; NaN: at the scenario's value."""
        import pandas as pd

        measured = [
            {"run": run, **{name: found.get(name, math.nan) for name in outcomes}, **dict(point)}
            for (point, run), found in self._known.items()
        ]
        table = pd.DataFrame(measured)
        first = ["run", *outcomes]
        return table[[*first, *sorted(table.columns.difference(first))]]

    def _outcomes(self, points: Sequence[Mapping[str, float]], outcome: str, runs: int) -> FloatArray:
        self._measure(points, runs)
        keys = [_key(point) for point in points]
        found = [[self._known[key, run].get(outcome, math.nan) for run in range(runs)] for key in keys]
        values = np.array(found, dtype=np.float64).reshape(len(points), runs)
        if outcome not in self.units:
            raise ValueError(f"outcome: {outcome!r} was measured in no run; measured: {', '.join(sorted(self.units))}")
        return values

    def _measure(self, points: Sequence[Mapping[str, float]], runs: int) -> None:
        new = {key: dict(point) for point in points if ((key := _key(point)), runs - 1) not in self._known}
        if not new:
            return
        made = ensemble(
            self.scenario,
            runs=runs,
            points=list(new.values()),
            seed=self.seed,
            status_quo=False,
            executor=self.executor,
            workers=self.workers,
            folder=self.folder,
            question=self.question,
            quick=self.quick,
            progress=self._told() if self.progress is not None else None,
        )
        self.failures += made.failures
        keys = list(new)
        for key in keys:
            self._known.update({(key, run): {} for run in range(runs)})
        for run in made.runs:
            last = {outcome.name: outcome for outcome in run.outcomes}
            self.units.update({name: outcome.unit for name, outcome in last.items()})
            self._known[keys[run.draw], run.run] = {name: outcome.value for name, outcome in last.items()}

    def _told(self) -> Callable[[str, int, int, str], None]:
        def tell(policy: str, done: int, total: int, headline: str) -> None:
            if self.progress is not None:
                self.progress(self.under_way or policy, done, total, headline)

        return tell


def _key(point: Mapping[str, float]) -> Point:
    return tuple(sorted(point.items()))
