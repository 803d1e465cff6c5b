"""What a strategy costs, by hand."""

import numpy as np
import pytest

from sim.outcomes.smuggling_cost import Parcels, answered_days, strategy_cost_usd
from sim.smuggling.strategy import Cost


def parcels(*rows: tuple[int, int, float, float]) -> Parcels:
    """Site, chips at 100 dollars each, first and last day."""
    site, *others = zip(*rows, strict=True) if rows else ((), (), (), ())
    chips, begin, end = (np.array(column, float) for column in others)
    return Parcels(np.array(site, int), chips, 100 * chips, begin, end)


MOVED = parcels((1, 8, 10, 30), (1, 4, 20, 25), (1, 8, 40, 50), (2, 20, 0, 100))
"""At site 1 the second parcel lies within the first, and between the first and the third nobody answers for ten days."""


def test_every_term_is_paid_as_often_as_its_cause_happened():
    cost = Cost(once_usd=1000, per_parcel_usd=100, per_chip_usd=10, share_of_price=0.5, per_day_usd=1)
    assert strategy_cost_usd(cost, MOVED) == {
        "once": 2000,
        "per_parcel": 400,
        "per_chip": 400,
        "share_of_price": 2000,
        "per_day": 20 + 10 + 100,
    }


def test_a_site_is_answered_for_once_a_day_however_many_parcels_have_left_it():
    alone = parcels((1, 8, 10, 30))
    assert answered_days(parcels((1, 8, 10, 30), (1, 8, 10, 30))) == answered_days(alone) == 20
    assert answered_days(parcels((1, 8, 10, 30), (2, 8, 10, 30))) == 40


def test_the_order_of_parcels_does_not_matter():
    backwards = Parcels(*(column[::-1] for column in MOVED))
    assert answered_days(backwards) == answered_days(MOVED)


@pytest.mark.parametrize("cost", [Cost(), Cost(once_usd=5, per_parcel_usd=5, per_chip_usd=5, per_day_usd=5)])
def test_who_moves_nothing_pays_nothing(cost: Cost):
    assert sum(strategy_cost_usd(cost, parcels()).values()) == 0
