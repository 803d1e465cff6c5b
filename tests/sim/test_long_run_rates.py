"""Longer checks of rates against their closed forms; run by `make verify`."""

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.engine.fast import run
from sim.fleet.silence import faults_per_day, repair_days, site_outages
from sim.parameters import load_parameters
from sim.randomness import Draws, Stream
from sim.record import Happening
from sim.sparse import Sparse
from sim.units import DAYS_PER_YEAR

pytestmark = pytest.mark.verify


def test_faults_come_at_the_stated_rate_and_last_as_stated():
    values = load_parameters().values()
    sparse, first, lengths, horizon = Sparse(1), [], [], 3650.0
    for chip in range(20_000):
        faults = list(sparse.chip_faults(chip, faults_per_day(values), 0.0, horizon))
        first += [day for day, _, _ in faults[:1]]
        lengths += repair_days(np.array([length for _, length, _ in faults]), values).tolist()
    # The first fault within ten years: exponential, cut off there.
    mean = DAYS_PER_YEAR / values["gpu_faults_per_chip_year"]
    assert len(first) / 20_000 == pytest.approx(1 - np.exp(-horizon / mean), abs=0.01)
    assert stats.kstest(first, stats.truncexpon(horizon / mean, scale=mean).cdf).pvalue > 1e-3
    spread, median = values["repair_log_sd"], values["repair_absence_days"]
    assert stats.kstest(lengths, "lognorm", args=(spread, 0, median)).pvalue > 1e-3


def test_outages_last_the_published_mean():
    """The source gives a mean, the draw needs a median: the mean must come back."""
    values = load_parameters().values()
    hours = [24 * (o.end_day - o.start_day) for site in range(40_000) for o in [next(site_outages(Draws(1), site, values))]]
    error = np.std(hours) / np.sqrt(len(hours))
    assert np.mean(hours) == pytest.approx(values["site_outage_hours"], abs=4 * error)


def test_false_alarms_come_at_the_rate_that_repairs_imply(only_new_exports: Scenario):
    """Expected alerts = faults * P(a repair outlasts grace + U(0, period)), over ten runs of honest chips.

    A chip alerted on once is in a case that nobody closes, and its later faults do not count.
    """
    grace, period, runs = 14, 1, 10
    scenario = only_new_exports.replace(
        trace=True,
        fleet__scale=0.001,
        verification__grace_days=grace,
        verification__period_days=period,
        uncertainties={**only_new_exports.uncertainties, "gpu_faults_per_chip_year": 3},
    )
    values, end_day = scenario.values, scenario.calendar.end_day
    alerts = expected = 0.0
    for seed in range(runs):
        record = run(scenario, seed)
        alerted = {event.chip: event.day for event in record.events if event.happening is Happening.ALERTED}
        alerts += len(alerted)
        for event in record.events:
            if event.happening is Happening.FAILED and event.day < alerted.get(event.chip, np.inf):
                # The alert comes after grace + U(0, period), if the repair lasts longer and the run too.
                waits = grace + (np.arange(20) + 0.5) / 20 * period
                lasts = stats.lognorm.sf(waits, values["repair_log_sd"], 0, values["repair_absence_days"])
                expected += float(np.mean(lasts * (event.day + waits < end_day)))
    assert alerts == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert expected > 200


def test_draws_of_neighbouring_entities_and_occasions_are_unrelated():
    draws = Draws(11)
    table = np.array([[draws.uniform(Stream.NONCE, chip, slot) for slot in range(300)] for chip in range(300)])
    for pairs in ((table[1:], table[:-1]), (table[:, 1:], table[:, :-1])):
        correlation = np.corrcoef(pairs[0].ravel(), pairs[1].ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(pairs[0].size)
    assert stats.kstest(table.ravel(), "uniform").pvalue > 1e-3
