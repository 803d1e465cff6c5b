"""Worlds for tests."""

from types import ModuleType

import pytest

from sim import Scenario
from sim.engine import fast, reference

from .worlds import AT_ONCE, ORDERLY

NO_NOISE = {
    **ORDERLY,
    "gpu_faults_per_chip_year": 0,
    "site_outages_per_site_year": 0,
    "packet_loss": 0,
}


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
    return Scenario.load("miniature").replace(
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=150,
        verification__signing="none",
        enforcement__inspectors=0,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        adversary__channels=AT_ONCE,
        uncertainties={**NO_NOISE, "legacy_chips_abroad": 0, "diverted_chips_per_year": 0},
    )
