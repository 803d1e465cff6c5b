"""Where landmarks stand: networks of any size from the catalogue of cities, by strategy.

* `internet_hubs`: the order of the catalogue: twelve hubs chosen by hand, then cities with an exchange by the networks
  connected, then other cities with data centres, then others by population.
* `coverage`: greedily the city that most shortens the way from the sites to their nearest landmark, weighted by chips.
* `clearance`: greedily the city that most raises the share of chips that can be cleared, as the latency model expects it.
* `random`: a random order, keyed by the run's seed.

A greedy network of n contains the greedy network of n - 1, so that "what does one landmark more buy" has an answer. Once a
greedy strategy gains nothing more it goes on in the order of the catalogue. Greedy choice is within 1 - 1/e of the best for
gains that diminish (Nemhauser, Wolsey and Fisher, Mathematical Programming 14, 1978).

No landmark stands in the restricted territory, nor in a country under a US arms embargo (Country Group D:5; Hong Kong is in
it only with China, and counts as the territory says).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import LatencyModel, Values
from ..randomness import Draws, Stream
from .bounds import Bound, clearance_ms
from .excess import excess_quantile, regimes_of
from .geography import Hub, distances_km, landmark_cities
from .sites import Site
from .territory import GROUP_D5, Territory, hubs_outside, territory

FloatArray = NDArray[np.float64]

Placement = Literal["internet_hubs", "coverage", "clearance", "random"]

_SMALLEST_GAIN = 1e-9
"""As a share of all chips, or of the mean distance: less is rounding."""


@cache
def landmark_candidates(restricted: Territory) -> tuple[Hub, ...]:
    """The cities in which landmarks may stand, in the order of the catalogue."""
    embargoed = territory(GROUP_D5 - {"HK"})
    return hubs_outside(embargoed, hubs_outside(restricted, landmark_cities()))


def place_landmarks(
    placement: Placement,
    number: int,
    sites: Sequence[Site],
    restricted: Territory,
    *,
    bound: Bound,
    model: LatencyModel,
    values: Values,
    draws: Draws,
) -> tuple[Hub, ...]:
    """The cities of a network of `number` landmarks, in the order in which they would be built.

    Args:
        placement: the strategy.
        number: of landmarks, at most the number of candidates.
        sites: what `coverage` and `clearance` are good for.
        restricted: from which chips must be told apart.
        bound: at which `clearance` is reckoned.
        model: the latency model.
        values: the world's parameters.
        draws: of the run, for `random`.
    """
    candidates = landmark_candidates(restricted)
    if placement == "internet_hubs":
        order = list(range(number))
    elif placement == "random":
        order = np.argsort([draws.uniform(Stream.LANDMARK_ORDER, n) for n in range(len(candidates))], kind="stable").tolist()
    elif placement == "coverage":
        order = _greedy_coverage(number, *_distances(sites, candidates))
    else:
        distance_km, weights = _distances(sites, candidates)
        chances = chances_by_one_landmark(distance_km, sites, candidates, restricted, bound, model, values)
        order = _greedy_clearance(number, chances, weights)
    return tuple(candidates[n] for n in order[:number])


def chances_by_one_landmark(
    distance_km: FloatArray,
    sites: Sequence[Site],
    candidates: Sequence[Hub],
    restricted: Territory,
    bound: Bound,
    model: LatencyModel,
    values: Values,
) -> FloatArray:
    """Chance that a landmark alone clears a chip at a site, shape (sites, candidates), without jitter and congestion."""
    limit_ms = clearance_ms([hub.position for hub in candidates], restricted, bound)
    path_km = np.maximum(distance_km, values["distance_within_city_km"])
    floor_ms = path_km / FIBRE_KM_PER_MS
    slack_ms = (limit_ms - floor_ms - values["in_loop_processing_ms"]) / values["excess_scale"]
    countries = [site.place.country for site in sites], [hub.country for hub in candidates]
    regimes = np.where(slack_ms > 0, regimes_of(model.network, *countries, path_km), "")
    chances = np.zeros_like(distance_km)
    for name, regime in model.regimes.items():
        of_regime = regimes == name
        chances[of_regime] = excess_quantile(regime, floor_ms[of_regime], slack_ms[of_regime])
    return chances


def _distances(sites: Sequence[Site], candidates: Sequence[Hub]) -> tuple[FloatArray, FloatArray]:
    """Distances, shape (sites, candidates), and each site's share of all chips."""
    places = {site.place.position: None for site in sites}  # many sites share one
    of_place = dict(zip(places, distances_km(list(places), [hub.position for hub in candidates]), strict=True))
    distance_km = np.array([of_place[site.place.position] for site in sites])
    chips = np.array([site.capacity_chips for site in sites])
    return distance_km, chips / chips.sum()


def _greedy_coverage(number: int, distance_km: FloatArray, weights: FloatArray) -> list[int]:
    nearest = np.full(len(weights), np.inf)
    chosen: list[int] = []
    while len(chosen) < number:
        mean_km = weights @ np.minimum(nearest[:, None], distance_km)
        best = int(np.argmin(mean_km))
        if weights @ nearest - mean_km[best] <= _SMALLEST_GAIN:
            break
        chosen.append(best)
        nearest = np.minimum(nearest, distance_km[:, best])
    return _continued(chosen, distance_km.shape[1])


def _greedy_clearance(number: int, chances: FloatArray, weights: FloatArray) -> list[int]:
    missed = weights.copy()  # each site's chips times the chance that no landmark so far clears them
    chosen: list[int] = []
    while len(chosen) < number:
        gain = missed @ chances
        gain[chosen] = 0.0
        best = int(np.argmax(gain))
        if gain[best] <= _SMALLEST_GAIN:
            break
        chosen.append(best)
        missed = missed * (1 - chances[:, best])
    return _continued(chosen, chances.shape[1])


def _continued(chosen: list[int], candidates: int) -> list[int]:
    """A choice, and then the rest of the catalogue in its order."""
    taken = set(chosen)
    return [*chosen, *(n for n in range(candidates) if n not in taken)]
