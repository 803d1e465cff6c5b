"""The static cluster test: against its equation in whole numbers, and the simulation in the static limit against it."""

from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, sqrt

import numpy as np
import pytest

from sim import Scenario, cluster_detection_probability
from sim.engine.fast import run

from .worlds import AT_ONCE

SIZES, DIVERTED, TESTED = (10, 100, 1000, 10_000, 100_000), (0, 1, 10, 100, 1000, 10_000, 100_000), (0, 1, 10, 100, 1000)
"""The grid of the published static model. A round of challenges tests every chip of the cluster."""

MISS = {"inspection": Fraction(5, 100), "round of challenges": Fraction(10, 100)}


@cache
def chance_of_nothing(size: int, tested: int, diverted: int, miss: Fraction) -> float:
    """The sum of the equation, term by term in whole numbers.

    The number found has the same distribution if the roles of tested and diverted chips are exchanged, so that the smaller
    of them may limit the sum.
    """
    tested, diverted = sorted((tested, diverted))
    honest, ways = size - diverted, 0
    missing, others = comb(diverted, tested), 1  # ways to choose them, each from the one before
    for found in range(tested, -1, -1):
        ways += missing * others * miss.numerator**found * miss.denominator ** (tested - found)
        missing = missing * found // (diverted - found + 1)
        others = others * (honest - tested + found) // (tested - found + 1)
    return float(Fraction(ways, comb(size, tested) * miss.denominator**tested))


@pytest.mark.parametrize("size", SIZES)
def test_the_equation_holds_over_the_published_grid(size: int):
    miss = MISS["inspection"]
    for tested, diverted in product(TESTED, DIVERTED):
        if max(tested, diverted) > size:
            continue
        exact = 1 - chance_of_nothing(size, tested, diverted, miss)
        assert cluster_detection_probability(size, tested, diverted, float(miss)) == pytest.approx(exact, abs=1e-12)
    miss = MISS["round of challenges"]
    for diverted in (number for number in DIVERTED if number <= size):
        all_tested = cluster_detection_probability(size, size, diverted, float(miss))
        assert all_tested == pytest.approx(1 - float(miss) ** diverted, abs=1e-12)


def test_limits():
    assert cluster_detection_probability(100, 0, 50, 0.1) == 0
    assert cluster_detection_probability(100, 50, 0, 0.1) == 0
    assert cluster_detection_probability(100, 50, 50, 1) == 0
    assert cluster_detection_probability(100, 51, 50, 0) == 1, "one of the chips tested must be missing"
    assert cluster_detection_probability(0, 0, 0, 0.5) == 0
    assert cluster_detection_probability(1000, 1, 250, 0.2) == pytest.approx(0.25 * 0.8, abs=1e-15)


def test_what_is_not_allowed_is_said_in_a_line_each():
    with pytest.raises(ValueError, match="cluster_size") as caught:
        cluster_detection_probability(-1, 2.5, 3, 1.5)  # type: ignore[arg-type]
    assert str(caught.value).splitlines() == [
        "cluster_size = -1: allowed are whole numbers, 0 or more",
        "tested = 2.5: allowed are whole numbers, 0 or more",
        "miss = 1.5: allowed 0 to 1",
    ]
    with pytest.raises(ValueError, match="diverted = 11: allowed are whole numbers, 0 to cluster_size = 10"):
        cluster_detection_probability(10, 3, 11, 0.5)
    with pytest.raises(ValueError, match="miss = nan"):
        cluster_detection_probability(10, 3, 1, float("nan"))


# --- the simulation in the static limit -------------------------------------------------------------------------------


@cache
def alerted_chips(relayed: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each honest chip and each diverted one has been alerted on, in a world without time pressure or noise.

    Chips ship one by one, and a share of the diverted ones answers through a relay. No answer is ever taken for suspicious,
    and a relay is too slow to contradict the declared site: so it is missed, and whoever is silent for the grace is not.
    """
    nothing = ("gpu_faults_per_chip_year", "site_outages_per_site_year", "packet_loss", "lawful_moves_per_lot_year")
    scenario = Scenario.load("miniature").replace(
        trace=True,
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=240,
        fleet__scale=0.006,
        fleet__lot_chips=1,
        geography__sites=30,
        verification__signing="none",
        verification__period_days=7,
        verification__unconfirmed_days=3650,
        adversary__strategies={"go_dark": 1 - relayed, "relay_from_declared_site": relayed},
        adversary__channels=AT_ONCE,
        enforcement__inspectors=0,
        enforcement__random_inspections=False,
        enforcement__tips=False,
        uncertainties={
            **dict.fromkeys(nothing, 0),
            "legacy_chips_abroad": 0,
            "covered_exports_per_year": 1.5e6,
            "diverted_chips_per_year": 9.0e5,
            "transit_to_restricted_days": 0.01,  # on the way every chip is silent
        },
    )
    chips = run(scenario, seed=7).chips
    alerted = ~np.isnan(chips["alert_day"])
    diverted_day = chips["diverted_day"].astype(float)
    settled = scenario.calendar.end_day - scenario.verification.grace_days - scenario.verification.period_days
    shipped_long_ago = chips["shipped_day"] < settled
    honest = np.isnan(diverted_day) & shipped_long_ago
    return alerted[honest], alerted[diverted_day < settled]


def clusters_detected(
    relayed: float, size: int, tested: int, diverted: int, clusters: int, generator: np.random.Generator
) -> float:
    """Share of clusters, put together from chips that are in no other, of which a chip tested was alerted on."""
    honest, gone = (generator.permutation(chips) for chips in alerted_chips(relayed))
    honest = honest[: clusters * (size - diverted)].reshape(clusters, size - diverted)
    gone = gone[: clusters * diverted].reshape(clusters, diverted)
    chips = generator.permuted(np.concatenate([honest, gone], axis=1), axis=1)
    return float(chips[:, :tested].any(axis=1).mean())


@pytest.mark.parametrize(("size", "tested", "diverted", "clusters"), [(2, 2, 1, 1500), (4, 4, 2, 1000), (5, 2, 3, 850)])
@pytest.mark.parametrize("relayed", [0.1, pytest.param(0.5, marks=pytest.mark.verify)])
def test_the_simulation_in_the_static_limit(relayed: float, size: int, tested: int, diverted: int, clusters: int):
    share = clusters_detected(relayed, size, tested, diverted, clusters, np.random.default_rng(1))
    expected = cluster_detection_probability(size, tested, diverted, relayed)
    z = (share - expected) / sqrt(expected * (1 - expected) / clusters)
    assert abs(z) < 3.5, f"z = {z:.2f}"
    other = cluster_detection_probability(size, tested, diverted, relayed + 0.2)
    assert abs(share - other) > 3.5 * sqrt(other * (1 - other) / clusters), "the check must be able to fail"
