"""The picture of the validation record can be drawn, and what it shows agrees."""

import pytest

from .validation import clusters, delays, losses, queue, repairs, volumes

MOST_ERRORS = 4.0


@pytest.mark.verify
@pytest.mark.parametrize("panel", [delays, losses, repairs, queue, clusters])
def test_what_is_simulated_is_within_its_sampling_error_of_theory(panel):
    rows = panel()
    off = (rows["simulated"] - rows["theory"]).abs()
    assert (off <= MOST_ERRORS * rows["error"] + 1e-9).all(), rows


@pytest.mark.verify
def test_volumes_drawn_are_those_published():
    rows = volumes()
    assert ((rows["simulated"] / rows["theory"] - 1).abs() < 0.05).all(), rows
