"""What all actors share: the clock, the world, the chip table and the log."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Event, Store

from ..fleet.chips import ChipTable
from ..parameters import Values
from ..randomness import Draws
from ..record import Record
from ..scenario import Scenario
from ..smuggling.plans import Plan
from ..world.landmarks import Panel
from ..world.latency import Network
from ..world.sites import Site


@dataclass
class SiteStatus:
    """What changes about a site.

    Attributes:
        cut_off: nothing gets through.
        congestion_ms: what congestion adds to a round trip that crosses its link.
        clearable: it could be cleared reliably when it was enrolled.
        enrolled: it has been enrolled.
        usual_ms: the median of the times that its landmarks measured at enrolment, shape (landmarks,).
    """

    cut_off: bool = False
    congestion_ms: float = 0.0
    clearable: bool = False
    enrolled: bool = False
    usual_ms: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass
class Setting:
    """One run's world. `docks` hold the lots that wait for each site's operator, `plans` the smuggled lots by number."""

    env: Environment
    scenario: Scenario
    values: Values
    draws: Draws
    sites: tuple[Site, ...]
    panels: tuple[Panel, ...]
    network: Network
    record: Record
    chips: ChipTable = field(default_factory=ChipTable)
    plans: dict[int, Plan] = field(default_factory=dict)
    docks: list[Store] = field(init=False)
    site_status: list[SiteStatus] = field(init=False)

    def __post_init__(self) -> None:
        self.docks = [Store(self.env) for _ in self.sites]
        self.site_status = [SiteStatus() for _ in self.sites]

    def until(self, day: float) -> Event:
        """An event at an absolute time, or now if that has passed."""
        return self.env.timeout(max(0.0, day - self.env.now))
