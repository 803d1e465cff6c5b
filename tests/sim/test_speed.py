"""Costs as ratios, measured side by side in one run; run by `make verify`, which prints them."""

import time

import numpy as np
import pytest

from sim.parameters import load_parameters
from sim.randomness import Draws, Stream
from sim.world.geography import Place, hubs, landmark_cities
from sim.world.latency import Network
from sim.world.paths import direct

pytestmark = pytest.mark.verify

BURSTS, LANDMARKS = 200_000, 10


def best_s(work, repeats: int = 9) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def test_round_trips_cost_at_most_three_times_as_many_normals(capsys):
    """Keyed draws, inversion, jitter and sum, against numpy's own generator."""
    table, draws, generator = load_parameters(), Draws(1), np.random.default_rng(1)
    network = Network(table.latency["hosting"], table.values(), draws)
    cities = landmark_cities()[:LANDMARKS]
    landmarks = [Place(1_000_000 + n, city.name, city.country, city.position) for n, city in enumerate(cities)]
    site = Place(0, hubs()[0].name, hubs()[0].country, hubs()[0].position)
    timing = network.timing(landmarks, direct(site))

    def bursts():
        return timing.sample(draws.normals(Stream.JITTER, 1, 1, BURSTS * LANDMARKS).reshape(BURSTS, LANDMARKS))

    assert bursts().shape == (BURSTS, LANDMARKS)
    ratio = best_s(bursts) / best_s(lambda: generator.standard_normal((BURSTS, LANDMARKS)))
    with capsys.disabled():
        print(f"\nround-trip times cost {ratio:.2f} times as much as numpy's normals")
    assert ratio <= 3
