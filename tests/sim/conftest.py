"""Worlds for tests."""

from types import ModuleType

import pytest

from sim import Scenario
from sim.engine import fast, reference

from .worlds import AT_ONCE, new_exports_only


@pytest.fixture(params=[fast, reference], ids=["fast", "reference"])
def engine(request: pytest.FixtureRequest) -> ModuleType:
    """Either engine: `engine.run(scenario, seed)`."""
    chosen: ModuleType = request.param
    return chosen


@pytest.fixture
def small() -> Scenario:
    """About 200 chips, everything switched on."""
    return Scenario.load("miniature").replace(
        fleet__scale=0.00006,
        calendar__end_after_duty_days=120,
        geography__sites=8,
        calendar__duty_after_days=90,
        adversary__channels=AT_ONCE,
    )


@pytest.fixture
def only_new_exports() -> Scenario:
    """All chips are exported under the duty, which starts at once; no smuggler, no noise, no inspector."""
    return new_exports_only()
