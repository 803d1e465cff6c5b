"""When which sites are asked: rounds of challenges, all at the same distance, and each site in one of a few phases.

All sites of one phase are asked at the same moment: one round. Where chips are asked daily or more often there is one phase;
where they are asked every n days, n phases spread the sites over the days. The whole timetable is shifted by a random time,
so that no round falls on the moment of anything else.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..randomness import Draws, Stream

NEVER_ASKED = -1
"""The phase of sites that are never asked."""


@dataclass(frozen=True)
class Schedule:
    """The timetable of challenges.

    Attributes:
        period_days: time between two challenges of a site.
        phase_days: time of the first round of each phase, shape (phases,).
        phase_of_site: shape (sites,).
    """

    period_days: float
    phase_days: tuple[float, ...]
    phase_of_site: NDArray[np.int64]

    def day(self, number: int, phase: int) -> float:
        """When a round of a phase takes place."""
        return self.phase_days[phase] + number * self.period_days

    def first_round(self, phase: int, since_day: float) -> int:
        """Number of the first round of a phase at or after a day."""
        return math.ceil((since_day - self.phase_days[phase]) / self.period_days)

    @cached_property
    def slot_level(self) -> int:
        """Draws that belong to a challenge are keyed by time slots of 2**-level days, the longest that hold one round."""
        return max(0, math.ceil(-math.log2(self.period_days)))

    def slot(self, day: float) -> int:
        """Number of the time slot of a challenge."""
        return math.floor(day * 2.0**self.slot_level)


def timetable(period_days: float, sites: int, draws: Draws, never_asked: Collection[int] = ()) -> Schedule:
    """Draw the phase of each site, but for those that are never asked, and the shift of all."""
    phases = max(1, math.floor(period_days + 1e-9))
    shift = draws.uniform(Stream.ROUND_SHIFT, 0)
    days = tuple((phase + shift) * period_days / phases for phase in range(phases))
    of_site = [int(draws.uniform(Stream.SITE_PHASE, site) * phases) for site in range(sites)]
    phase_of_site = np.array(of_site, np.int64)
    phase_of_site[list(never_asked)] = NEVER_ASKED
    return Schedule(period_days, days, phase_of_site)
