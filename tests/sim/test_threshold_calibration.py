"""Thresholds chosen by simulation: they meet the target, a stricter target raises them, and theory predicts them."""

import math
from collections.abc import Sequence

import pytest
from scipy import stats

from sim import Scenario, ScenarioError
from sim.experiments.calibration import Rate, calibrate, false_alarm_rate
from sim.parameters import load_parameters
from sim.units import DAYS_PER_MONTH

from .chains import mean_rounds_to_run


@pytest.fixture
def lossy(only_new_exports: Scenario) -> Scenario:
    """A thousand honest chips at three hundred sites. Challenges are lost; cases are closed as soon as they are opened."""
    consent = [name for name in load_parameters().parameters if name.startswith("consent_")]
    at_once = ("case_review_days", "inspection_travel_days", "inspection_days", *consent)
    return only_new_exports.replace(
        fleet__scale=0.0005,
        fleet__stock_equipped=True,
        geography__sites=300,
        calendar__end_after_duty_days=120,
        verification__attempts=1,
        verification__unconfirmed_days=3650,
        enforcement__inspectors=50,
        uncertainties={
            **only_new_exports.uncertainties,
            **dict.fromkeys(at_once, 0),
            "legacy_chips_abroad": 2e6,
            "covered_exports_per_year": 1,
            "packet_loss": 0.3,
        },
    )


@pytest.mark.parametrize("longest", [pytest.param(4, marks=pytest.mark.verify), 6])
def test_calibration_finds_the_streak_that_the_chain_predicts(lossy: Scenario, longest: int):
    """Runs of misses begin anew after each alert, so that they come once in the mean number of rounds to a run."""

    def per_month(streak: int) -> float:
        return lossy.initial_chips * DAYS_PER_MONTH / mean_rounds_to_run(0.3, streak)

    between = math.sqrt(per_month(longest) * per_month(longest - 1))
    found = calibrate(lossy, "verification.grace_days", range(2, 8), between, runs=1)
    assert found.threshold == longest - 1, "more than the grace must be missed"
    assert found.applied_to(lossy).verification.grace_days == longest - 1
    for rate in (found.achieved, found.afresh):
        assert rate.value <= between
        # A run cannot end in the first rounds, and alerts of a round at one site are one case: both make it fewer.
        assert rate.value == pytest.approx(per_month(longest), rel=0.08 + 3 / math.sqrt(rate.alarms))


def drifting() -> Scenario:
    """A thousand chips whose answers may be slow or drift, and an inspector for each case."""
    values = dict.fromkeys(("case_review_days", "inspection_travel_days", "inspection_days"), 0.1)
    return Scenario.load("miniature").replace(
        calendar__duty_after_days=30,
        calendar__end_after_duty_days=60,
        fleet__scale=0.0005,
        fleet__stock_equipped=True,
        verification__uncleared_sites="drift_test",
        verification__unconfirmed_days=1,
        verification__unconfirmed_answers=0,
        verification__signing="none",
        enforcement__inspectors=40,
        uncertainties=values,
    )


def test_a_stricter_target_takes_a_greater_threshold():
    drifts = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
    found = [calibrate(drifting(), "verification.drift_ms", drifts, target, runs=1) for target in (50, 5)]
    thresholds = [one.threshold for one in found]
    assert thresholds == sorted(set(thresholds))
    for one in found:
        assert one.achieved.value <= one.target
        assert one.achieved.low <= one.achieved.value <= one.achieved.high


@pytest.mark.parametrize(
    ("lever", "candidates", "target"),
    [("verification.unconfirmed_days", range(30), 20), ("verification.drift_ms", (0.0, 0.5, 1.0, 2.0, 4.0, 8.0), 6)],
)
def test_other_thresholds_are_calibrated_likewise(lever: str, candidates: Sequence[float], target: float):
    """Slow answers and drift: the threshold found meets the target, and the one before it does not."""
    scenario = drifting()
    found = calibrate(scenario, lever, candidates, target, runs=1)
    assert found.achieved.value <= target
    place = list(candidates).index(found.threshold)
    assert place > 0
    honest = scenario.replace(uncertainties={**scenario.uncertainties, "diverted_chips_per_year": 0})
    before = honest.replace_keys({lever: candidates[place - 1]})
    assert false_alarm_rate(before, "month", seed=1, runs=range(1)).value > target


def test_workers_count_the_same():
    honest = drifting().replace(uncertainties={**drifting().uncertainties, "diverted_chips_per_year": 0})
    alone, shared = (
        false_alarm_rate(honest, "million chip-years", seed=3, runs=range(2), workers=workers) for workers in (1, 2)
    )
    assert alone == shared
    years = 2 * honest.initial_chips * 60 / 365.25
    assert alone.exposure == pytest.approx(years / 1e6, rel=0.2), "the stock, and what is exported meanwhile"


def test_the_interval_is_exact():
    """Its ends are the means under which as many alarms or more, or as few or fewer, have a chance of 2.5 %."""
    rate = Rate(alarms=7, exposure=3.5, runs=1)
    assert stats.poisson.sf(6, rate.low * 3.5) == pytest.approx(0.025)
    assert stats.poisson.cdf(7, rate.high * 3.5) == pytest.approx(0.025)
    assert Rate(0, 1.0, 1).low == 0
    assert Rate(0, 1.0, 1).high == pytest.approx(-math.log(0.025))


def test_what_is_not_allowed_is_said(lossy: Scenario):
    grace, lossy = "verification.grace_days", lossy.replace(calendar__end_after_duty_days=8)
    for arguments, message in (
        ((grace, [3, 2], 1.0), "candidates = .* ascending"),
        ((grace, [], 1.0), "candidates"),
        ((grace, [3], 0.0), "target = 0.0: allowed > 0"),
        (
            (grace, [0], 1e-3),
            "verification.grace_days: no candidate meets 0.001 false alarms per month; the greatest, 0, has",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            calibrate(lossy, *arguments, runs=1)
    with pytest.raises(ScenarioError, match="did you mean grace_days"):
        calibrate(lossy, "verification.grace_day", [1], 1.0)
    with pytest.raises(ScenarioError, match="allowed >= 0"):
        calibrate(lossy, grace, [-1, 1], 1.0)
    with pytest.raises(ValueError, match="allowed: True"):
        calibrate(lossy.replace(verification__active=False), grace, [1], 1.0)
