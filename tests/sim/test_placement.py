"""Where landmarks stand, and what a strategy promises of its own measure."""

from itertools import combinations
from typing import get_args

import numpy as np
import pytest

from attestation import FIBRE_KM_PER_MS
from sim import Scenario
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.world.excess import excess_ms, regime_of, regimes_of
from sim.world.geography import Hub, distances_km, hubs, landmark_cities
from sim.world.placement import Placement, chances_by_one_landmark, landmark_candidates, place_landmarks
from sim.world.sites import build_sites
from sim.world.territory import GROUP_D5, distance_to_km, hubs_outside, territory

RESTRICTED = territory("prc_hk_macau")
VALUES = Scenario.load("baseline").values
MODEL = load_parameters().latency["hosting"]
WORLD = {"bound": "planning", "model": MODEL, "values": VALUES}
SITES = build_sites(60, hubs_outside(RESTRICTED, hubs()), VALUES, Draws(1))
CHIPS = np.array([site.capacity_chips for site in SITES])
CHIPS /= CHIPS.sum()
STRATEGIES = get_args(Placement)


def network(strategy: Placement, number: int, seed: int = 1) -> tuple[Hub, ...]:
    return place_landmarks(strategy, number, SITES, RESTRICTED, **WORLD, draws=Draws(seed))


def distances(landmarks: tuple[Hub, ...]) -> np.ndarray:
    return distances_km([site.place.position for site in SITES], [hub.position for hub in landmarks])


def chances(landmarks: tuple[Hub, ...]) -> np.ndarray:
    arguments = ("planning", MODEL, VALUES)
    return chances_by_one_landmark(distances(landmarks), SITES, landmarks, RESTRICTED, *arguments)


def mean_km(landmarks: tuple[Hub, ...]) -> float:
    return float(CHIPS @ distances(landmarks).min(axis=1))


def expected_clearance(landmarks: tuple[Hub, ...]) -> float:
    return float(CHIPS @ (1 - np.prod(1 - chances(landmarks), axis=1)))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_network_contains_every_smaller_one_and_no_city_twice(strategy: Placement):
    largest = network(strategy, 200)
    assert len(set(largest)) == 200
    for number in (1, 12, 50):
        assert network(strategy, number) == largest[:number]


@pytest.mark.parametrize("number", [3, 12, 40])
def test_each_greedy_strategy_is_best_in_its_own_measure(number: int):
    networks = {strategy: network(strategy, number) for strategy in STRATEGIES}
    ways_km = {strategy: mean_km(landmarks) for strategy, landmarks in networks.items()}
    cleared = {strategy: expected_clearance(landmarks) for strategy, landmarks in networks.items()}
    assert min(ways_km, key=ways_km.__getitem__) == "coverage"
    assert max(cleared, key=cleared.__getitem__) == "clearance"


@pytest.mark.parametrize("number", [2, 3])
def test_greedy_clearance_is_within_1_minus_1_over_e_of_the_best_of_all_networks(number: int, monkeypatch):
    few = landmark_candidates(RESTRICTED)[: {2: 25, 3: 16}[number]]
    monkeypatch.setattr("sim.world.placement.landmark_candidates", lambda restricted: few)
    best = max(expected_clearance(landmarks) for landmarks in combinations(few, number))
    assert (1 - 1 / np.e) * best <= expected_clearance(network("clearance", number)) <= best + 1e-12
    first = max(few, key=lambda hub: expected_clearance((hub,)))
    assert network("clearance", 1) == (first,)


@pytest.mark.parametrize("number", [2, 3])
def test_greedy_coverage_is_within_1_minus_1_over_e_of_the_best_gain(number: int, monkeypatch):
    """The gain is the way saved to the nearest landmark, over what the first, and best, landmark alone leaves."""
    few = landmark_candidates(RESTRICTED)[:25]
    monkeypatch.setattr("sim.world.placement.landmark_candidates", lambda restricted: few)
    chosen = network("coverage", number)
    assert mean_km(chosen[:1]) == pytest.approx(min(mean_km((hub,)) for hub in few))
    rest = [hub for hub in few if hub != chosen[0]]
    best_gain = max(mean_km(chosen[:1]) - mean_km((chosen[0], *landmarks)) for landmarks in combinations(rest, number - 1))
    gain = mean_km(chosen[:1]) - mean_km(chosen)
    assert (1 - 1 / np.e) * best_gain <= gain <= best_gain + 1e-9


@pytest.mark.parametrize("code", ["prc_hk_macau", "group_d1"])
def test_no_landmark_stands_in_restricted_or_embargoed_countries(code: str):
    restricted = territory(code)
    candidates = landmark_candidates(restricted)
    assert len(candidates) > 400
    assert not {hub.country for hub in candidates} & (restricted.countries | GROUP_D5)
    assert len(candidates) < len(landmark_cities())
    assert not any(restricted.contains(hub.position) for hub in candidates)


def test_disputed_cities_count_by_the_map_as_well():
    """The catalogue has Simferopol in Ukraine, the map in Russia, which is under an embargo."""
    assert "Simferopol" in {hub.name for hub in landmark_cities()}
    assert "Simferopol" not in {hub.name for hub in landmark_candidates(RESTRICTED)}


def test_a_random_order_depends_on_the_seed_and_not_on_the_number():
    assert network("random", 30, seed=1) != network("random", 30, seed=2)
    assert network("random", 30, seed=2) == network("random", 60, seed=2)[:30]
    assert network("clearance", 30, seed=1) == network("clearance", 30, seed=2)


@pytest.mark.parametrize("excess_scale", [0.7, 1.3])
def test_the_chance_of_clearance_is_the_share_of_excesses_that_leave_room(excess_scale: float):
    values = {**VALUES, "excess_scale": excess_scale}
    landmarks = network("internet_hubs", 60)
    distance_km = distances(landmarks)
    formula = chances_by_one_landmark(distance_km, SITES, landmarks, RESTRICTED, "planning", MODEL, values)
    row, column = np.unravel_index(np.abs(formula - 0.5).argmin(), formula.shape)
    km, landmark = distance_km[row, column], landmarks[column]
    name = regime_of("hosting", SITES[row].place.country, landmark.country, km)
    floor_ms = km / FIBRE_KM_PER_MS
    excess = excess_scale * excess_ms(MODEL.regimes[name], floor_ms, np.random.default_rng(1).standard_normal(200_000))
    rtt_ms = floor_ms + excess + values["in_loop_processing_ms"]
    share = (rtt_ms * FIBRE_KM_PER_MS < distance_to_km([landmark.position], RESTRICTED)[0]).mean()
    assert 0.3 < share < 0.7
    assert formula[row, column] == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("network_class", ["hosting", "cloud"])
def test_regimes_in_bulk_are_those_one_by_one(network_class):
    landmarks = landmark_candidates(RESTRICTED)[:300]
    ones, others = [site.place.country for site in SITES], [hub.country for hub in landmarks]
    km = distances(landmarks)
    bulk = regimes_of(network_class, ones, others, km)
    one_by_one = [[regime_of(network_class, a, b, km[i, j]) for j, b in enumerate(others)] for i, a in enumerate(ones)]
    assert bulk.tolist() == one_by_one
