import numpy as np
import pytest

from sim.outcomes.incidence import cumulative_incidence
from sim.results import _error_of_median


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


def test_the_error_of_the_median_is_that_of_repeated_sampling():
    """Maritz-Jarrett against brute force: 3,000 samples of 15 normal numbers."""
    generator = np.random.default_rng(1)
    samples = np.sort(generator.normal(size=(3000, 15)), axis=1)
    estimated = np.mean([_error_of_median(sample) for sample in samples])
    assert estimated == pytest.approx(
        np.median(samples, axis=1).std(), rel=0.1
    )  # its known bias at this size is some 7 % upwards
