"""How large a study of sensitivity is, and what it will cost before it starts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .evaluation import Inputs
from .screening import MOST_ALONE, MOST_INPUTS


@dataclass(frozen=True)
class Plan:
    """The sizes of the steps.

    Attributes:
        trajectories: of each of the two rounds of screening.
        base_points: of the indices.
        runs: of each point, in screening and for the indices.
        tornado_runs: of each point of the tornado.
        chance_runs: of the point at which every parameter is central, which show what is chance.
        most_inputs: that are kept.
        most_alone: rows that are screened one by one.
    """

    trajectories: int = 4
    base_points: int = 64
    runs: int = 1
    tornado_runs: int = 5
    chance_runs: int = 16
    most_inputs: int = MOST_INPUTS
    most_alone: int = MOST_ALONE

    def runs_at_most(self, ideas: Inputs) -> dict[str, int]:
        """Runs of each step, by its name, if as many inputs are kept as may be."""
        rows = sum(len(names) for names in ideas.values())
        kept, alone = min(self.most_inputs, rows), min(self.most_alone, rows)
        twice = any(len(names) > 1 for names in ideas.values())
        return {
            "chance": self.chance_runs,
            "screening of ideas": self.trajectories * (len(ideas) + 1) * self.runs,
            "screening of single rows": self.trajectories * (alone + (rows > alone) + 1) * self.runs * twice,
            "indices": self.base_points * (kept + (rows > kept) + 2) * self.runs,
            "tornado": (2 * kept + 1) * self.tornado_runs,
        }


def planned_cost(runs: Collection[int], seconds: float, workers: int) -> str:
    """What a study will cost at most, in words.

    Args:
        runs: of its steps.
        seconds: of one run.
        workers: that make runs at the same time.
    """
    minutes = sum(runs) * seconds / workers / 60
    return (
        f"planned cost: at most {sum(runs):,} runs of {seconds:.2g} s with {workers} "
        f"worker{'s' if workers > 1 else ''}, {minutes:.1f} minutes"
    )
