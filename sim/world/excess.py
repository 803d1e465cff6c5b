"""How slow real paths are: the delay above the propagation floor, by kind of network and of path.

The excess E of a path over its floor (geodesic at two thirds of c, there and back) follows a sinh-arcsinh normal law on the
logarithmic scale (Jones and Pewsey, "Sinh-arcsinh distributions", Biometrika 2009):

    ln E = ln(offset + slope * floor**exponent) + s * (sinh((asinh z + skew) / tail) - sinh(skew / tail)),
    s = log_sd + near_log_sd * exp(-floor / near_ms),  z standard normal.

The median is thus offset + slope * floor**exponent; skew 0 and tail 1 give the lognormal law. Which parameters hold depends
on the regime of the path. Paths between two places outside North America and Europe, for instance, often detour through
either, so that distance hardly matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ..parameters import LatencyModel, LatencyRegime, NetworkClass

FloatArray = NDArray[np.float64]

METRO_KM, NEAR_KM = 100.0, 3000.0

NORTH_AMERICA = frozenset({"US", "CA"})
_EUROPE = """
    AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL
    NO PL PT RO RS SE SI SK SM UA VA XK
"""
EUROPE = frozenset(_EUROPE.split())
"""Without Russia and Turkey, whose paths do not behave like those of the rest."""

DEVELOPED_PACIFIC = frozenset({"AU", "NZ", "JP", "KR", "TW", "HK", "MO"})
SOUTH_EAST_ASIA = frozenset({"SG", "MY", "ID", "TH", "VN", "PH", "KH", "LA", "MM", "BN", "TL"})
GULF = frozenset({"AE", "SA", "QA", "BH", "KW", "OM"})
CHINA = frozenset({"CN"})

_CORE = NORTH_AMERICA | EUROPE
_DEVELOPED = _CORE | DEVELOPED_PACIFIC
_HARD = SOUTH_EAST_ASIA | GULF


def regime_of(network: NetworkClass, one: str, other: str, distance_km: float) -> str:
    """The name of the regime of a path between two countries (ISO 3166 alpha-2); the first that fits."""
    ends = (one, other)
    if one == other and distance_km < METRO_KM:
        return "metro"
    near = distance_km < NEAR_KM
    if near and any(end in CHINA for end in ends):
        return "near_china"
    if near and any(end in _HARD for end in ends):
        return "near_hard"
    for name, countries in (("china", CHINA), ("south_east_asia", SOUTH_EAST_ASIA), ("gulf", GULF)):
        if any(end in countries for end in ends):
            return name
    return _hosting_regime(ends, near) if network == "hosting" else _cloud_regime(ends, near)


def regimes_of(
    network: NetworkClass, ones: Sequence[str], others: Sequence[str], distance_km: FloatArray
) -> NDArray[np.str_]:
    """The same for every pair of two lists of countries, shape (ones, others), as are the distances."""
    # The regime depends on the two countries and on the side of two thresholds: ask once for each such combination.
    countries, number = np.unique([*ones, *others], return_inverse=True)
    band = (distance_km >= METRO_KM).astype(np.int64) + (distance_km >= NEAR_KM)
    pair = number[: len(ones), None] * len(countries) + number[None, len(ones) :]
    _, first, combination = np.unique((pair * 3 + band).ravel(), return_index=True, return_inverse=True)
    names = [
        regime_of(network, ones[row], others[column], float(distance_km[row, column]))
        for row, column in np.transpose(np.unravel_index(first, distance_km.shape)).tolist()
    ]
    return np.array(names)[combination].reshape(distance_km.shape)


def _hosting_regime(ends: tuple[str, str], near: bool) -> str:
    if near:
        return ("near_periphery", "near_mixed", "near_developed")[sum(end in _DEVELOPED for end in ends)]
    core_ends = sum(end in _CORE for end in ends)
    if core_ends == 2:
        return "core"
    if core_ends == 0:
        return "periphery"
    return "north_america_periphery" if any(end in NORTH_AMERICA for end in ends) else "europe_periphery"


def _cloud_regime(ends: tuple[str, str], near: bool) -> str:
    if near:
        return "near"
    direct = any(end in NORTH_AMERICA for end in ends) or all(end in _CORE for end in ends)
    return "direct" if direct else "other"


def is_near(regime: str) -> bool:
    """Whether a regime is one of short paths, on which the ends matter more."""
    return regime == "metro" or regime.startswith("near")


def path_deviate(model: LatencyModel, regime: str, one_end: Any, other_end: Any, own: Any) -> Any:
    """The deviate of a path, of which a share belongs to its two ends, and so to all their paths; all standard normal."""
    of_ends = model.endpoint_share_near if is_near(regime) else model.endpoint_share_far
    return np.sqrt(of_ends / 2) * (one_end + other_end) + np.sqrt(1 - of_ends) * own


def excess_ms(regime: LatencyRegime, floor_ms: Any, normal: Any) -> Any:
    """Excess at given standard normal deviates, in ms; arguments are numbers or arrays that broadcast.

    Args:
        regime: parameters of the path's regime.
        floor_ms: round trip at two thirds of c, in ms, >= 0.
        normal: standard normal deviate.
    """
    median_ms = regime.offset_ms + regime.slope * np.power(floor_ms, regime.exponent)
    log_sd = regime.log_sd + regime.near_log_sd * np.exp(-np.asarray(floor_ms) / regime.near_ms)
    shape = np.sinh((np.arcsinh(normal) + regime.skew) / regime.tail) - np.sinh(regime.skew / regime.tail)
    return median_ms * np.exp(log_sd * shape)


def excess_quantile(regime: LatencyRegime, floor_ms: Any, excess: Any) -> Any:
    """Share of paths whose excess is below a given value, > 0 ms."""
    return ndtr(normal_of(regime, floor_ms, excess))


def normal_of(regime: LatencyRegime, floor_ms: Any, excess: Any) -> Any:
    """The standard normal deviate at which the excess has a given value, > 0 ms: the inverse of `excess_ms`."""
    median_ms = regime.offset_ms + regime.slope * np.power(floor_ms, regime.exponent)
    log_sd = regime.log_sd + regime.near_log_sd * np.exp(-np.asarray(floor_ms) / regime.near_ms)
    shape = np.log(excess / median_ms) / log_sd + np.sinh(regime.skew / regime.tail)
    return np.sinh(np.arcsinh(shape) * regime.tail - regime.skew)
