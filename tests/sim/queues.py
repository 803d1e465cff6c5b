"""Closed forms of queues with Poisson arrivals, to hold the inspectors' queue against."""

from __future__ import annotations

import math

from scipy.stats import poisson


def erlang_c(servers: int, load: float) -> float:
    """Chance that who arrives at an M/M/c queue has to wait.

    By Erlang's loss formula B, which has a stable recursion over servers: C = B / (1 - load / servers * (1 - B)).

    Args:
        servers: c, >= 1.
        load: arrivals times mean service time, in erlang, 0 <= load < servers.
    """
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait_exponential(servers: int, load: float) -> float:
    """Mean wait of all who arrive at an M/M/c queue, in mean service times."""
    return erlang_c(servers, load) / (servers - load)


def mean_wait_constant(servers: int, load: float) -> float:
    """Mean wait of all who arrive at an M/D/c queue, served in the order of arrival, in service times.

    Crommelin, "Delay probability formulas when the holding times are constant", P.O. Electrical Engineers' Journal 25,
    1932: the sum over i >= 1 of P(N = ic) + (1 - c / load) P(N > ic), where N is Poisson with mean i times the load. What is
    left out of the sum is below 1e-12.
    """
    if load == 0:
        return 0.0
    wait = 0.0
    for periods in range(1, 1_000_000):
        mean, limit = periods * load, periods * servers
        term = float(poisson.pmf(limit, mean) + (1 - servers / load) * poisson.sf(limit, mean))
        wait += term
        # Terms fall by at least this factor from one to the next (Chernoff's bound of the Poisson tail).
        falls = math.exp(servers - load - servers * math.log(servers / load))
        if term * falls / (1 - falls) < 1e-12:
            break
    return wait
