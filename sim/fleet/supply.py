"""Lots: what leaves the maker, when, for which declared site, and which of them a smuggler has ordered.

Exports flow at a constant rate. A lot ordered by a smuggler looks like any other until it leaves its declared site, which
the smuggler chooses mostly in South-East Asia, as in the published cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR
from ..world.sites import Site, capacity_steps, pick_site


@dataclass(frozen=True)
class Lot:
    """Chips that ship together, and the slots that they fill. Days are since the scenario's start.

    Delivered means installed: what stands in storage without power is still shipping.
    """

    number: int
    slots: range
    site: int
    ordered_by_smuggler: bool
    ship_day: float
    delivery_day: float


def smuggled_share(wanted_chips_per_year: float, values: Values) -> float:
    """Share of exports that smugglers order, both in real chips; at most everything."""
    return min(1.0, wanted_chips_per_year / values["covered_exports_per_year"])


def stock_by_site(chips: int, sites: Sequence[Site]) -> NDArray[np.int64]:
    """Chips of the initial stock at each site, in proportion to capacity, by the largest remainder; shape (sites,)."""
    capacity = np.array([site.capacity_chips for site in sites])
    exact = chips * capacity / capacity.sum()
    numbers: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(numbers - exact, kind="stable")
    numbers[order[: chips - int(numbers.sum())]] += 1
    return numbers


def lots_shipped(
    exports_per_year: float,
    chips_per_lot: int,
    until_day: float,
    sites: Sequence[Site],
    values: Values,
    draws: Draws,
    wanted_chips_per_year: Callable[[float], float],
    first_slot: int = 0,
) -> tuple[Lot, ...]:
    """All lots that ship before `until_day`: one in each interval of equal length, at a random time within it.

    Lot k fills the same slots, from `first_slot` on, whatever becomes of other lots. `wanted_chips_per_year(day)` is what
    smugglers order at that time.
    """
    if exports_per_year <= 0:
        return ()
    interval = chips_per_lot / exports_per_year * DAYS_PER_YEAR
    abroad = [site for site in sites if not site.in_south_east_asia]
    south_east_asia = [site for site in sites if site.in_south_east_asia]
    all_of_them, main_route, other_routes = ((group, capacity_steps(group)) for group in (sites, south_east_asia, abroad))
    lots = []
    for number in range(math.ceil(until_day / interval)):
        ship_day = (number + draws.uniform(Stream.LOT_DAY, number)) * interval
        if ship_day >= until_day:
            continue
        share = smuggled_share(wanted_chips_per_year(ship_day), values)
        smuggled = draws.uniform(Stream.LOT_DIVERTED, number) < share
        candidates = all_of_them
        if smuggled and abroad and south_east_asia:
            usual = draws.uniform(Stream.LOT_ROUTE, number) < values["diverted_via_south_east_asia"]
            candidates = main_route if usual else other_routes
        transport, customs = draws.uniforms(Stream.LOT_TRANSIT, number, count=2)
        spread = values["transport_log_sd"]
        days = lognormal(transport, median=values["export_transport_days"], log_sd=spread)
        days += lognormal(customs, median=values["customs_hold_days"], log_sd=spread)
        days += _storage_days(number, values, draws)
        site = pick_site(*candidates, draws.uniform(Stream.LOT_SITE, number))
        slots = range(first_slot + number * chips_per_lot, first_slot + (number + 1) * chips_per_lot)
        lots.append(Lot(number, slots, site.number, smuggled, ship_day, ship_day + days))
    return tuple(lots)


def _storage_days(lot: int, values: Values, draws: Draws) -> float:
    """How long a lot stands in storage before it is installed; most lots do not."""
    stored, length = draws.uniforms(Stream.STORAGE, lot, count=2)
    if stored >= values["stored_lots"]:
        return 0.0
    return lognormal(length, median=values["storage_days"], log_sd=values["storage_log_sd"])
