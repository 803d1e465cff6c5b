import numpy as np
import pytest

from sim.outcomes.incidence import cumulative_incidence
from sim.summaries import _error_of_median


def test_without_censoring_it_is_the_plain_share():
    days = np.array([1.0, 2, 2, 5])
    happened = np.array([True, True, True, False])
    assert cumulative_incidence(days, happened, np.array([0.0, 1, 2, 4, 5])).tolist() == [0, 0.25, 0.75, 0.75, 0.75]


def test_a_worked_case_with_censoring():
    """Survival 5/6 * 3/4 * 1/2 after events at 6, 10 and 23 with losses at 9, 17 and 35 (Kaplan-Meier by hand)."""
    days = np.array([6.0, 9, 10, 17, 23, 35])
    happened = np.array([True, False, True, False, True, False])
    shares = cumulative_incidence(days, happened, np.array([6.0, 10, 23]))
    assert shares == pytest.approx([1 - 5 / 6, 1 - 5 / 6 * 3 / 4, 1 - 5 / 6 * 3 / 4 * 1 / 2])


def test_nothing_is_claimed_beyond_the_last_follow_up():
    assert np.isnan(cumulative_incidence(np.array([3.0]), np.array([False]), np.array([4.0]))).all()
    assert np.isnan(cumulative_incidence(np.array([]), np.array([], dtype=bool), np.array([1.0]))).all()


def test_where_the_event_has_come_to_all_it_has_come_for_ever():
    assert cumulative_incidence(np.array([3.0]), np.array([True]), np.array([2.0, 4])).tolist() == [0, 1]


def test_a_worked_case_with_ties_a_competing_exit_and_censoring():
    """Ten chips; at risk 10, 7, 4, 2. By hand: 2/10; + 7/10 * 1/7; + 7/10 * 5/7 * 1/4.

    Day 1: two events and an exit. Day 2: an event, an exit, and one lost on the same day, who is still at risk. Day 3: an
    event, and one lost. Day 4: an exit, and one lost.
    """
    days = np.array([1.0, 1, 1, 2, 2, 2, 3, 3, 4, 4])
    ends = np.array(list("eexexlelxl"))
    shares = cumulative_incidence(days, ends == "e", np.array([0.5, 1, 2, 3, 4]), ends == "x")
    assert shares == pytest.approx([0, 0.2, 0.3, 0.425, 0.425])
    naive = cumulative_incidence(days, ends == "e", np.array([4.0]))
    assert naive[0] > 0.45, "exits taken as lost would be an overestimate"


def test_two_constant_hazards_give_the_exact_competing_risk_curve():
    """CIF(t) = l1 / (l1 + l2) * (1 - exp(-(l1 + l2) t)), also if follow-up ends for each chip at a random time."""
    generator = np.random.default_rng(5)
    number, event_rate, exit_rate = 40_000, 0.02, 0.03
    event, leaving = generator.exponential(1 / event_rate, number), generator.exponential(1 / exit_rate, number)
    lost = generator.uniform(0, 120, number)
    days = np.minimum(np.minimum(event, leaving), lost)
    grid = np.array([5.0, 20, 50, 100])
    shares = cumulative_incidence(days, days == event, grid, days == leaving)
    both = event_rate + exit_rate
    exact = event_rate / both * (1 - np.exp(-both * grid))
    assert shares == pytest.approx(exact, abs=0.012)  # 4 standard errors of the share at the last day
    assert abs(cumulative_incidence(days, days == event, grid)[-1] - exact[-1]) > 0.3, "without the exits it is far off"


def test_event_and_exit_together_are_one_minus_the_survival_of_both():
    generator = np.random.default_rng(6)
    days = np.ceil(generator.exponential(9, 300))
    ends = generator.choice(list("exl"), 300)
    grid = np.arange(0.0, 20)
    parts = [cumulative_incidence(days, ends == one, grid, ends == other) for one, other in ("ex", "xe")]
    assert sum(parts) == pytest.approx(cumulative_incidence(days, ends != "l", grid))


def test_the_error_of_the_median_is_that_of_repeated_sampling():
    """Maritz-Jarrett against brute force: 3,000 samples of 15 normal numbers."""
    generator = np.random.default_rng(1)
    samples = np.sort(generator.normal(size=(3000, 15)), axis=1)
    estimated = np.mean([_error_of_median(sample) for sample in samples])
    assert estimated == pytest.approx(
        np.median(samples, axis=1).std(), rel=0.1
    )  # its known bias at this size is some 7 % upwards
