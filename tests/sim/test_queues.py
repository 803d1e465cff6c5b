"""The closed forms of queues, against published values and against each other's exact relatives."""

import numpy as np
import pytest
from scipy.stats import poisson

from .queues import erlang_c, mean_wait_constant, mean_wait_exponential


@pytest.mark.parametrize(("servers", "load", "chance"), [(8, 3.87, 0.05), (10, 4.08, 0.01), (10, 6.0, 0.10)])
def test_erlang_c_has_the_published_values(servers: int, load: float, chance: float):
    """From tables of the formula, as they are printed for the design of trunked radio."""
    assert erlang_c(servers, load) == pytest.approx(chance, rel=0.03)


@pytest.mark.parametrize(("servers", "load", "chance"), [(1, 0.7, 0.7), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9)])
def test_erlang_c_in_fractions(servers: int, load: float, chance: float):
    assert erlang_c(servers, load) == pytest.approx(chance, rel=1e-14)


@pytest.mark.parametrize("load", [0.1, 0.5, 0.9])
def test_one_server_waits_by_pollaczek_and_khinchine(load: float):
    assert mean_wait_constant(1, load) == pytest.approx(load / (2 * (1 - load)), rel=1e-9)
    assert mean_wait_exponential(1, load) == pytest.approx(load / (1 - load), rel=1e-12)


def mean_wait_by_chain(servers: int, load: float, states: int = 600) -> float:
    """The same from the chain of those present, seen once in each service time.

    After one service time all who were in service are gone, and Poisson arrivals have come: n -> max(n - c, 0) + Poisson.
    Its stationary mean gives the wait by Little's law.
    """
    arrivals = poisson.pmf(np.arange(states), load)
    step = np.zeros((states, states))
    for present in range(states):
        left = max(present - servers, 0)
        step[present, left:] = arrivals[: states - left]
        step[present, -1] += 1 - step[present].sum()
    balance = np.vstack([step.T - np.eye(states), np.ones(states)])
    share, *_ = np.linalg.lstsq(balance, np.append(np.zeros(states), 1.0), rcond=None)
    return float((share * np.arange(states)).sum() - load) / load


@pytest.mark.parametrize(("servers", "use"), [(1, 0.9), (2, 0.8), (3, 0.7), (3, 0.9), (7, 0.95)])
def test_crommelins_sum_is_the_mean_of_the_embedded_chain(servers: int, use: float):
    assert mean_wait_constant(servers, servers * use) == pytest.approx(mean_wait_by_chain(servers, servers * use), rel=1e-8)


@pytest.mark.parametrize(("servers", "use"), [(2, 0.8), (3, 0.8), (5, 0.9)])
def test_constant_service_halves_the_wait_about_as_cosmetatos_says(servers: int, use: float):
    """His approximation of 1975, W(M/D/c) in terms of W(M/M/c), is good to one or two per cent where servers are busy."""
    correction = (1 - use) * (servers - 1) * (np.sqrt(4 + 5 * servers) - 2) / (16 * servers * use)
    approximately = (1 + correction) / 2 * mean_wait_exponential(servers, servers * use)
    assert mean_wait_constant(servers, servers * use) == pytest.approx(approximately, rel=0.02)
