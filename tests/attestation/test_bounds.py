import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS, AttestationError, distance_bound_km


def test_light_goes_150_km_and_back_in_a_millisecond_and_two_thirds_of_that_in_fibre():
    assert distance_bound_km(1, VACUUM_KM_PER_MS) == pytest.approx(149.896229, abs=1e-9)
    assert distance_bound_km(1, FIBRE_KM_PER_MS) == pytest.approx(99.930819, abs=1e-6)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_longer_round_trip_never_bounds_more_tightly(one, other):
    low, high = sorted((one, other))
    assert distance_bound_km(low, FIBRE_KM_PER_MS) <= distance_bound_km(high, FIBRE_KM_PER_MS)
    assert distance_bound_km(low, FIBRE_KM_PER_MS) <= distance_bound_km(low, VACUUM_KM_PER_MS)


@pytest.mark.parametrize(
    ("rtt_ms", "km_per_ms"), [(-1, 100), (float("nan"), 100), (float("inf"), 100), (1, 0), (1, 150), (1, float("nan"))]
)
def test_impossible_numbers_are_refused(rtt_ms, km_per_ms):
    with pytest.raises(AttestationError):
        distance_bound_km(rtt_ms, km_per_ms)
