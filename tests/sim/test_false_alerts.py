"""Alerts on honest chips, and alerts that come early, against the exact values of Markov chains."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim import Scenario
from sim.engine.fast import run
from sim.units import DAYS_PER_YEAR

from .chains import alerted_by, first_run_chances, mean_rounds_to_run, run_length_chain


def many_honest(new_exports: Scenario) -> Scenario:
    """Twenty thousand honest chips, all there and asked from the first day on, of which only silence raises alerts.

    Who has been alerted on is judged no more, since nobody closes the case.
    """
    fleet = {"legacy_chips_abroad": 2e6, "covered_exports_per_year": 1}
    return new_exports.replace(
        fleet__scale=0.01,
        fleet__stock_equipped=True,
        calendar__end_after_duty_days=60,
        verification__unconfirmed_days=3650,
        uncertainties={**new_exports.uncertainties, **fleet},
    )


@pytest.fixture
def honest(only_new_exports: Scenario) -> Scenario:
    return many_honest(only_new_exports)


def alert_days(scenario: Scenario, seed: int) -> NDArray[np.float64]:
    """Day of each chip's first alert, NaN for none."""
    return run(scenario, seed).chips["alert_day"].astype(np.float64)


@pytest.mark.parametrize(("miss", "longest"), [(0.5, 1), (0.3, 4), (0.9, 6), (0.02, 3)])
def test_runs_of_misses_take_as_long_as_feller_says(miss: float, longest: int):
    """An Introduction to Probability Theory, 3rd edition, chapter XIII.7: mean (1 - q^m) / ((1 - q) q^m)."""
    feller = (1 - miss**longest) / ((1 - miss) * miss**longest)
    assert mean_rounds_to_run(miss, longest) == pytest.approx(feller, rel=1e-9)
    assert run_length_chain(miss, longest).sum(axis=1) == pytest.approx(1)
    if feller < 1000:
        chances = first_run_chances(miss, longest, 20_000)
        assert (np.arange(1, 20_001) * chances).sum() == pytest.approx(feller, rel=1e-9)


@pytest.mark.parametrize(("packet_loss", "attempts", "grace", "period"), [(0.35, 1, 3, 1), (0.6, 2, 2, 0.5), (0.2, 1, 0, 3)])
def test_lost_challenges_raise_as_many_false_alerts_as_the_chain_says(
    honest: Scenario, packet_loss: float, attempts: int, grace: float, period: float
):
    scenario = honest.replace(
        verification__attempts=attempts,
        verification__grace_days=grace,
        verification__period_days=period,
        uncertainties={**honest.uncertainties, "packet_loss": packet_loss},
    )
    days, rounds = alert_days(scenario, seed=1), round(scenario.calendar.end_day / period)
    longest = round(grace / period) + 1
    chances = first_run_chances(packet_loss**attempts, longest, rounds)
    share = np.mean(~np.isnan(days))
    z = (share - chances.sum()) / np.sqrt(chances.sum() * (1 - chances.sum()) / len(days))
    assert abs(z) < 3.5, f"z = {z:.2f}"

    found = np.bincount(np.floor(days[~np.isnan(days)] / period).astype(int), minlength=rounds)  # a round in each period
    expected = len(days) * chances
    assert found[: longest - 1].sum() == 0
    common = expected > 20
    seen, due = np.append(found[common], found[~common].sum()), np.append(expected[common], expected[~common].sum())
    seen, due = np.append(seen, len(days) - seen.sum()), np.append(due, len(days) - due.sum())
    due, seen = due[due > 0], seen[due > 0]
    assert stats.chisquare(seen, due * seen.sum() / due.sum()).pvalue > 1e-3
    one_more = first_run_chances(packet_loss**attempts, longest + 1, rounds).sum()
    assert abs(share - one_more) > 10 * np.sqrt(one_more / len(days)), "the check must be able to fail"


def test_losses_before_it_goes_dark_bring_the_alert_forward(only_new_exports: Scenario):
    """With losses q, delay = grace + U(0, period) - J periods: J challenges in a row were lost before, geometric."""
    loss, grace, period = 0.3, 12, 2
    scenario = only_new_exports.replace(
        fleet__scale=0.005,
        fleet__lot_chips=1,
        verification__grace_days=grace,
        verification__period_days=period,
        verification__attempts=1,
        verification__unconfirmed_days=3650,
        adversary__strategies={"go_dark": 1},
        uncertainties={
            **only_new_exports.uncertainties,
            "covered_exports_per_year": 1e6,
            "diverted_chips_per_year": 1e6,
            "dwell_at_declared_site_days": 40,
            "smuggler_log_sd": 0.2,
            "packet_loss": loss,
        },
    )
    chips = run(scenario, seed=2).chips
    departed = chips["diverted_day"].astype(np.float64)
    delays = (chips["alert_day"] - departed)[departed < scenario.calendar.end_day - grace - period]
    delays = delays[~(delays < 0)]  # a few were alerted on before, by losses alone
    assert len(delays) > 400
    assert not np.isnan(delays).any()
    forward = np.minimum(np.floor((grace + period - delays) / period).astype(int), 4)
    shares = (1 - loss) * loss ** np.arange(5)
    shares[-1] = loss**4
    assert stats.chisquare(np.bincount(forward, minlength=5), shares * len(delays)).pvalue > 1e-3
    within = (grace - delays) / period % 1
    assert stats.kstest(within, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("median", "log_sd", "faults", "grace", "period"), [(7, 0.8, 2, 14, 1), (10, 0.5, 4, 12, 4)])
def test_long_repairs_raise_as_many_false_alerts_as_the_chain_says(
    honest: Scenario, median: float, log_sd: float, faults: float, grace: int, period: int
):
    """Chips fail at a rate and are away for a lognormal time, again and again."""
    scenario = honest.replace(
        calendar__end_after_duty_days=200,
        verification__grace_days=grace,
        verification__period_days=period,
        uncertainties={
            **honest.uncertainties,
            "gpu_faults_per_chip_year": faults,
            "repair_absence_days": median,
            "repair_log_sd": log_sd,
            "permanent_fault_share": 0,
        },
    )
    days = alert_days(scenario, seed=1)

    def expected(grace_rounds: int) -> float:
        """The mean over times of the first round."""
        return np.mean(
            [
                alerted_by(
                    faults / DAYS_PER_YEAR,
                    lambda length: stats.lognorm.sf(length, log_sd, 0, median),
                    grace_rounds=grace_rounds,
                    period_days=period,
                    until_day=scenario.calendar.end_day,
                    steps_per_period=10 * period,
                    first_round_step=first,
                )
                for first in range(period, 10 * period, 2 * period)
            ]
        )

    chance, share = expected(grace // period), np.mean(~np.isnan(days))
    error = np.sqrt(chance * (1 - chance) / len(days))
    assert abs(share - chance) < 3.5 * error, f"z = {(share - chance) / error:.2f}"
    assert abs(share - expected(grace // period + 1)) > 3.5 * error, "the check must be able to fail"


def test_the_chain_of_absences_has_its_limits():
    """Absences that never end: an alert grace + U(0, period) after an exponential time. Rare faults: rate times chance."""

    def chance(rate_per_day: float, longer: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
        steps = 40
        common = {"grace_rounds": 2, "period_days": 2.0, "until_day": 40.0, "steps_per_period": steps}
        return np.mean([alerted_by(rate_per_day, longer, **common, first_round_step=first) for first in range(2, steps, 4)])

    waits = 4 + 2 * (np.arange(1000) + 0.5) / 1000
    assert chance(0.03, np.ones_like) == pytest.approx(np.mean(1 - np.exp(-0.03 * (40 - waits))), rel=0.001)
    rare = 1e-6 * np.mean((40 - waits) * np.exp(-waits / 4))
    assert chance(1e-6, lambda days: np.exp(-days / 4)) == pytest.approx(rare, rel=0.001)
