"""Jitter of challenges: standard normal, the slow answers found in bulk, the same for one chip and for many."""

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from sim.sparse import LAYER_LIMITS, SPARSE_LIMIT
from sim.world.jitter import Jitter, to_deviates

CHIPS = np.arange(30_000)


def deviates(jitter: Jitter, chips: np.ndarray, slot: int, landmarks: int, legs: int, level: int = 0) -> np.ndarray:
    small = jitter.small(slot, lambda slots: np.full(len(slots), 3), 3, len(CHIPS), level)
    return to_deviates(jitter.uniforms(chips, slot, landmarks, legs, small, level))


def test_deviates_of_all_chips_are_standard_normal_and_unrelated():
    """The nearest landmark's too, which are made in two parts."""
    tables = [deviates(Jitter(1), CHIPS, slot, 3, 2) for slot in (7, 8)]
    tables += [deviates(Jitter(1), CHIPS, 7, 3, 2, level=1), deviates(Jitter(2), CHIPS, 7, 3, 2)]
    columns = [table[:, column] for table in tables for column in range(6)]
    assert all(stats.kstest(column, "norm").pvalue > 1e-3 for column in columns)
    for one, other in [*itertools.combinations(columns, 2), *((column[1:], column[:-1]) for column in columns)]:
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.5 / np.sqrt(len(one))
    below = sum((column > -ndtri(SPARSE_LIMIT)).sum() for column in columns[::6])
    expected = 4 * len(CHIPS) * SPARSE_LIMIT
    assert below == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_small_finds_exactly_the_chips_whose_nearest_landmark_is_slow():
    jitter = Jitter(1)
    nearest = deviates(jitter, CHIPS, 5, 2, 1, level=3)[:, 0]
    for depth, limit in enumerate(LAYER_LIMITS, start=1):
        chips, uniforms = jitter.small(5, lambda slots, depth=depth: np.full(len(slots), depth), depth, len(CHIPS), level=3)
        assert (chips == np.flatnonzero(nearest > -ndtri(limit))).all()
        assert (nearest[chips] == -ndtri(uniforms)).all()


@pytest.mark.parametrize(("landmarks", "legs"), [(1, 1), (3, 1), (5, 2), (64, 3)])
def test_one_chip_gets_what_it_gets_among_many_also_as_the_fleet_grows(landmarks, legs):
    jitter, other = Jitter(1), Jitter(1)
    for chips in (CHIPS[:200], CHIPS[:1500:7], np.array([29_999, 3, 12_345, 3])):
        many = deviates(jitter, chips, 9, landmarks, legs)
        assert many.shape == (len(chips), landmarks * legs)
        assert (many == [other.deviates_of_one(chip, 9, landmarks, legs) for chip in chips.tolist()]).all()


def test_more_landmarks_or_legs_change_no_deviate_and_come_landmark_by_landmark():
    jitter = Jitter(1)
    large = deviates(jitter, CHIPS[:500], 4, 5, 2).reshape(500, 5, 2)
    assert (deviates(jitter, CHIPS[:500], 4, 3, 1) == large[:, :3, 0]).all()
    assert deviates(jitter, CHIPS[:0], 4, 3, 1).shape == (0, 3)


def test_a_panel_of_too_many_landmarks_is_refused():
    with pytest.raises(ValueError, match="landmarks"):
        deviates(Jitter(1), CHIPS[:5], 4, 65, 1)
