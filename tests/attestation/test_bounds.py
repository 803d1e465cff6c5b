import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS, AttestationError, distance_bound_km
from attestation.bounds import least_distance_km


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


LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_the_least_distance_is_one_that_the_geodesic_never_falls_below_and_close_to_it(lat_a, lon_a, lat_b, lon_b):
    """Against Karney's geodesics on WGS 84: nobody is accused because the Earth is not a sphere."""
    _, _, metres = Geod(ellps="WGS84").inv(lon_a, lat_a, lon_b, lat_b)
    least = least_distance_km(lat_a, lon_a, lat_b, lon_b)
    assert least <= metres / 1000 + 1e-6
    assert least >= metres / 1000 * 0.988 - 1e-6


@pytest.mark.parametrize("bearing_deg", range(0, 91, 5))
@pytest.mark.parametrize("latitude_deg", [0, 30, 45, 60, 89])
def test_the_margin_holds_where_the_sphere_is_furthest_from_the_ellipsoid(latitude_deg, bearing_deg):
    longitude, latitude, _ = Geod(ellps="WGS84").fwd(10, latitude_deg, bearing_deg, 50_000)
    assert 49.4 < least_distance_km(latitude_deg, 10, latitude, longitude) <= 50
