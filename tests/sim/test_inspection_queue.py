"""The inspectors are a queue: fed with Poisson alerts, cases wait for them as long as queueing theory says."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from sim import Scenario
from sim.actors.setting import Setting
from sim.actors.verifier import Verifier
from sim.engine.wiring import run_engine
from sim.parameters import load_parameters
from sim.record import Happening

from .queues import mean_wait_constant, mean_wait_exponential

BUSY_DAYS, REVIEW_DAYS = 0.25, 1.0
FEWEST_WARM_UP = 500
"""Cases that are left out at the start, when the queue is still too short."""

CONSENT_AT_ONCE = {name: 0 for name in load_parameters().parameters if name.startswith("consent_")}
"""Whatever there is between a review and the request for an inspector."""

IntArray = NDArray[np.int64]
Alert = Callable[[int, IntArray, float, str], None]


class PoissonAlerts(Verifier):
    """Asks nobody, and alerts on one chip after the other, each at a site of its own, at exponential distances."""

    def __init__(self, setting: Setting, per_day: float) -> None:
        super().__init__(setting)
        self._per_day = per_day
        self._generator = np.random.default_rng(setting.draws.seed)

    def processes(self, alert: Alert) -> Iterator[ProcessGenerator]:
        yield self._alert(alert)

    def _alert(self, alert: Alert) -> ProcessGenerator:
        chips = self.setting.chips
        while True:
            sites, first = np.unique(np.asarray(chips.column("site"))[: len(chips)], return_index=True)
            for site, chip in zip(sites.tolist(), first.tolist(), strict=True):
                yield self.setting.env.timeout(self._generator.exponential(1 / self._per_day))
                alert(site, np.array([chip]), self.setting.env.now, "silent")

    def install(self, chips: IntArray, day: float) -> None: ...

    def redeclare(self, chips: IntArray, day: float) -> None: ...

    def judge_again(self, chips: IntArray) -> None: ...

    def stop(self, chips: IntArray) -> None: ...

    def measure_anew(self, site: int) -> None: ...

    def finish(self, day: float) -> None: ...


def waits_days(inspectors: int, use: float, seed: int, days: float) -> NDArray[np.float64]:
    """From the end of each case's review until an inspector sets out, in the order of cases."""
    values = {
        **CONSENT_AT_ONCE,
        "case_review_days": REVIEW_DAYS,
        "case_review_log_sd": 0,
        "inspection_travel_days": BUSY_DAYS / 2,
        "inspection_days": BUSY_DAYS,
        "legacy_chips_abroad": 2e6,
        "covered_exports_per_year": 1,
        "diverted_chips_per_year": 0,
        "gpu_faults_per_chip_year": 0,
        "site_outages_per_site_year": 0,
    }
    scenario = Scenario.load("miniature").replace(
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=days,
        fleet__scale=0.005,
        geography__sites=1000,
        verification__active=False,
        enforcement__inspectors=inspectors,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        uncertainties=values,
    )
    record = run_engine(lambda setting: PoissonAlerts(setting, inspectors * use / BUSY_DAYS), scenario, seed)
    opened, sent_out, alerts = {}, {}, 0
    for event in record.events:
        if event.happening is Happening.CASE_OPENED:
            opened[event.site, event.case] = event.day
        elif event.happening is Happening.SENT_OUT:
            sent_out[event.site, event.case] = event.day
        alerts += event.happening is Happening.ALERTED
    assert alerts == len(opened), "each alert must have opened a case of its own"
    return np.array([day - opened[case] - REVIEW_DAYS for case, day in sent_out.items()])


@pytest.mark.parametrize(("inspectors", "use"), [(1, 0.7), pytest.param(3, 0.8, marks=pytest.mark.verify)])
def test_cases_wait_for_inspectors_as_an_m_d_c_queue_says(inspectors: int, use: float):
    """Visits of constant length, cases with one chip each: the wait's mean is that of M/D/c, and half that of M/M/c."""
    waits = waits_days(inspectors, use, seed=1, days=2000)[FEWEST_WARM_UP:] / BUSY_DAYS
    assert len(waits) > 5000
    assert waits.min() > -1e-6
    parts = np.array([part.mean() for part in np.array_split(waits, 25)])  # waits of neighbours are alike
    error = parts.std(ddof=1) / np.sqrt(len(parts))
    z = (parts.mean() - mean_wait_constant(inspectors, inspectors * use)) / error
    assert abs(z) < 3.5, f"z = {z:.2f}"
    assert (mean_wait_exponential(inspectors, inspectors * use) - parts.mean()) / error > 5
