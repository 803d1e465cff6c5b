"""From a round-trip time to a distance that cannot have been exceeded.

An answer cannot travel faster than light in vacuum, so a round trip of t ms puts the answerer within t * c / 2 of the
landmark. That is the security bound. Signals in fibre travel at about two thirds of c, which gives a tighter bound to
plan with, but an adversary may use a microwave or hollow-core link and beat it.
"""

import math

from .errors import InvalidArgument

VACUUM_KM_PER_MS = 299.792458 / 2
"""Distance per ms of round trip at c, in km (SI definition of the metre): the security bound."""

FIBRE_KM_PER_MS = VACUUM_KM_PER_MS * 2 / 3
"""Distance per ms of round trip at 2/3 c, in km: the planning bound, not proof against a faster link."""


def distance_bound_km(rtt_ms: float, km_per_ms: float) -> float:
    """The greatest distance between landmark and answerer, in km.

    Args:
        rtt_ms: measured by the landmark, in ms, >= 0.
        km_per_ms: `VACUUM_KM_PER_MS` or `FIBRE_KM_PER_MS`, or any speed above 0 up to that of light.

    Raises:
        InvalidArgument: either number is out of range or not finite.
    """
    if not (math.isfinite(rtt_ms) and rtt_ms >= 0):
        raise InvalidArgument(f"round-trip time must be finite and >= 0 ms, not {rtt_ms}")
    if not 0 < km_per_ms <= VACUUM_KM_PER_MS:
        raise InvalidArgument(f"speed must be above 0 and at most {VACUUM_KM_PER_MS} km per ms, not {km_per_ms}")
    return rtt_ms * km_per_ms


MEAN_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, (2a + b) / 3 of WGS 84, in km."""

SPHERE_ERROR = 0.0056
"""By how much the great circle on that sphere may exceed the geodesic on WGS 84, as a share: 1 - b**2 / (a * R), along a
meridian at the equator."""


def least_distance_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    """A distance that the geodesic on WGS 84 between two points does not fall below, in km; arguments in degrees.

    The great circle on the mean sphere (haversine formula), less what the sphere may overstate. Whoever is accused of being
    elsewhere gets the benefit of that error.
    """
    phi_a, phi_b = math.radians(latitude_a), math.radians(latitude_b)
    half_chord = math.hypot(
        math.sin((phi_b - phi_a) / 2),
        math.sqrt(math.cos(phi_a) * math.cos(phi_b)) * math.sin(math.radians(longitude_b - longitude_a) / 2),
    )
    return 2 * MEAN_RADIUS_KM * math.asin(min(1.0, half_chord)) * (1 - SPHERE_ERROR)
