"""Two engines for the same world: `reference` is plain and proves `fast`, which is exact too."""

from __future__ import annotations

from collections.abc import Callable

from ..actors.setting import Setting
from ..record import Event, EventLog, Record
from ..scenario import Scenario
from . import fast, reference


def run(
    scenario: Scenario,
    seed: int,
    watch: Callable[[Event, Setting], None] | None = None,
    events: EventLog | None = None,
) -> Record:
    """Simulate one run by the engine that the scenario names, see `wiring.run_engine`."""
    engine = fast.run if scenario.engine == "fast" else reference.run
    return engine(scenario, seed, watch, events)
