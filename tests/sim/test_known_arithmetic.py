"""How often a lone alert on silence is right: the arithmetic of base rates, found again by the simulation.

Of 3,000,000 chips 9 % fail a year, 270,000, and 140,000 are diverted. If every failure looks permanent, an alert that a chip
went silent is right in 140 of 140 + 270 cases, 34 %; if a fifth of them does, in 140 of 140 + 54, 72 %.
"""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.engine.fast import run
from sim.parameters import load_parameters

from .worlds import AT_ONCE

CHIPS, FAILURE_RATE, DIVERTED_PER_YEAR = 3.0e6, 0.09, 1.4e5
GRACE_DAYS = 14


@cache
def alerts_on_silence(absence_days: float, log_sd: float, reported: float = 0, **levers: Any) -> tuple[int, int]:
    """Chips alerted on in a year that were diverted, and all, in a fleet of 60,000.

    Smugglers ship chip by chip, at once, and go dark. There are no outages, lost challenges or lawful moves, and nobody
    inspects. `reported` is the share of repairs that the maker confirms.
    """
    nothing = ("site_outages_per_site_year", "lawful_moves_per_lot_year", "packet_loss")
    at_once = ("export_transport_days", "customs_hold_days", "dwell_at_declared_site_days", "transit_to_restricted_days")
    scenario = Scenario.load("miniature").replace(
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=365,
        fleet__scale=0.02,
        fleet__lot_chips=1,
        fleet__stock_equipped=True,
        verification__grace_days=GRACE_DAYS,
        verification__period_days=1,
        verification__unconfirmed_days=3650,  # silence alone raises alerts
        verification__signing="none",
        adversary__strategies={"go_dark": 1},
        adversary__channels=AT_ONCE,
        enforcement__inspectors=0,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        uncertainties={
            **dict.fromkeys(nothing, 0),
            **dict.fromkeys(at_once, 0.01),
            "legacy_chips_abroad": CHIPS,
            "covered_exports_per_year": DIVERTED_PER_YEAR,
            "diverted_chips_per_year": DIVERTED_PER_YEAR,
            "gpu_faults_per_chip_year": FAILURE_RATE,
            "permanent_fault_share": 1,
            "repair_absence_days": absence_days,
            "repair_log_sd": log_sd,
            "rma_reported_share": reported,
        },
    )
    scenario = scenario.replace(**levers) if levers else scenario
    chips = run(scenario, seed=1).chips
    alerted, diverted = ~np.isnan(chips["alert_day"]), ~np.isnan(chips["diverted_day"])
    return int(np.count_nonzero(alerted & diverted)), int(np.count_nonzero(alerted))


def share_outlasting(absence_days: float, log_sd: float) -> float:
    """Share of failures that are still silent when the alert is due, after grace + U(0, 1 day)."""
    waits = GRACE_DAYS + (np.arange(100) + 0.5) / 100
    return float(np.mean(waits < absence_days) if log_sd == 0 else np.mean(stats.lognorm.sf(waits, log_sd, 0, absence_days)))


A_FIFTH = (GRACE_DAYS + 0.5) / math.exp(0.8 * float(stats.norm.isf(0.2)))
"""Median of lognormal absences with the usual spread, of which a fifth last longer than 14.5 days: 7.4 days."""


@pytest.mark.parametrize(
    ("absence_days", "log_sd", "look_permanent", "known"),
    [(20, 0, 1.0, 0.34), pytest.param(A_FIFTH, 0.8, 0.2, 0.72, marks=pytest.mark.verify)],
)
def test_a_lone_silence_is_right_as_often_as_the_base_rates_say(
    absence_days: float, log_sd: float, look_permanent: float, known: float
):
    right, alerts = alerts_on_silence(absence_days, log_sd)
    assert share_outlasting(absence_days, log_sd) == pytest.approx(look_permanent, abs=0.002)
    expected = DIVERTED_PER_YEAR / (DIVERTED_PER_YEAR + look_permanent * FAILURE_RATE * CHIPS)
    assert round(expected, 2) == known
    interval = stats.binomtest(right, alerts).proportion_ci(0.999, "wilson")
    assert interval.low < expected < interval.high, f"{right} of {alerts} alerts were right"
    assert interval.high - interval.low < 0.07
    other = DIVERTED_PER_YEAR / (DIVERTED_PER_YEAR + 0.8 * look_permanent * FAILURE_RATE * CHIPS)
    assert not interval.low < other < interval.high, "the check must be able to fail"


@pytest.mark.parametrize(
    ("absence_days", "log_sd", "look_permanent", "lone"),
    [(20, 0, 1.0, 0.34), pytest.param(A_FIFTH, 0.8, 0.2, 0.72, marks=pytest.mark.verify)],
)
def test_repairs_known_and_batches_scanned_raise_it(absence_days: float, log_sd: float, look_permanent: float, lone: float):
    """Six repairs in ten confirmed by the maker: 56 and 87 %. Lots of 40 that leave together, scanned for: above 95 %."""
    right, alerts = alerts_on_silence(absence_days, log_sd, 0.6, verification__rma_reconciliation=True)
    expected = DIVERTED_PER_YEAR / (DIVERTED_PER_YEAR + 0.4 * look_permanent * FAILURE_RATE * CHIPS)
    interval = stats.binomtest(right, alerts).proportion_ci(0.999, "wilson")
    assert lone + 0.1 < interval.low < expected < interval.high
    lone_right, _ = alerts_on_silence(absence_days, log_sd)
    assert right == lone_right, "no smuggler reports a repair, so none is missed"

    scans = {"fleet__lot_chips": 40, "verification__detectors": ("lot_scan",)}
    right, alerts = alerts_on_silence(absence_days, log_sd, **scans)
    assert stats.binomtest(right, alerts).proportion_ci(0.999, "wilson").low > 0.95
    assert right > 0.9 * lone_right, "and no fewer are found"


def test_the_central_repair_times_give_about_a_fifth_by_themselves():
    """Of failures with the repairs of the parameter table a fifth outlast a fortnight: nothing was set to get that."""
    values = load_parameters().values()
    assert share_outlasting(values["repair_absence_days"], values["repair_log_sd"]) == pytest.approx(0.2, abs=0.03)
