"""Lots: what leaves the maker, when, for which declared site, and which of them a smuggler has ordered.

Exports flow at a constant rate. A lot ordered by a smuggler looks like any other until it leaves its declared site, which
the smuggler chooses mostly in South-East Asia, as in the published cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR
from ..world.sites import Site, capacity_steps, pick_site


BOUGHT_FROM = 10_000_000
"""Lots bought out of the stock abroad have numbers from here on: that of the lot in whose stead, added."""


@dataclass(frozen=True)
class Lot:
    """Chips that ship together, and the slots that they fill. Days are since the scenario's start.

    Delivered means installed: what stands in storage without power is still shipping. A lot that was bought out of the stock
    abroad was there before.
    """

    number: int
    slots: range
    site: int
    ordered_by_smuggler: bool
    ship_day: float
    delivery_day: float
    is_installed: bool = True


@dataclass(frozen=True)
class Terms:
    """What a smuggler asks for.

    Attributes:
        sites: those at which he orders, of those on a route.
        is_installed: whether the chips are ever installed at the declared site.
        out_of_stock: whether he buys chips that are abroad already, instead of new ones.
    """

    sites: Callable[[Sequence[Site]], Sequence[Site]] = lambda candidates: candidates
    is_installed: bool = True
    out_of_stock: bool = False


def smuggled_share(values: Values, diverted_share: float) -> float:
    """Share of exports that smugglers order, from the two published volumes; at most everything.

    `diverted_share` is how much of an order leaves in the end, on average.
    """
    return min(1.0, values["diverted_chips_per_year"] / (values["covered_exports_per_year"] * diverted_share))


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
    first_slot: int = 0,
    diverted_share: float = 1.0,
    terms: Callable[[int], Terms] = lambda number: Terms(),
) -> tuple[Lot, ...]:
    """All lots that ship before `until_day`: one in each interval of equal length, at a random time within it.

    Lot k fills the same slots, from `first_slot` on, whatever becomes of other lots. `terms(k)` are those on which a smuggler
    orders it; where he buys out of the stock abroad, a lot of that follows, and lot k has an honest owner.
    """
    if exports_per_year <= 0:
        return ()
    interval = chips_per_lot / exports_per_year * DAYS_PER_YEAR
    all_of_them = (sites, capacity_steps(sites))
    share = smuggled_share(values, diverted_share)
    stock = _Stock(first_slot, sites)
    lots = []
    for number in range(math.ceil(until_day / interval)):
        ship_day = (number + draws.uniform(Stream.LOT_DAY, number)) * interval
        if ship_day >= until_day:
            continue
        smuggled = draws.uniform(Stream.LOT_DIVERTED, number) < share
        candidates, asked = all_of_them, terms(number) if smuggled else Terms()
        if smuggled:
            there = asked.sites(on_route(number, sites, values, draws))
            candidates = (there, capacity_steps(there))
        if asked.out_of_stock:
            bought = stock.sell(number, chips_per_lot, ship_day, *candidates, draws.uniform(Stream.LOT_SITE, number))
            lots.extend(bought)
            smuggled, candidates = False, all_of_them
        transport, customs = draws.uniforms(Stream.LOT_TRANSIT, number, count=2)
        spread = values["transport_log_sd"]
        days = lognormal(transport, median=values["export_transport_days"], log_sd=spread)
        days += lognormal(customs, median=values["customs_hold_days"], log_sd=spread)
        days += _storage_days(number, values, draws)
        site = pick_site(*candidates, draws.uniform(Stream.LOT_SITE, number))
        slots = range(first_slot + number * chips_per_lot, first_slot + (number + 1) * chips_per_lot)
        lots.append(Lot(number, slots, site.number, smuggled, ship_day, ship_day + days, asked.is_installed))
    return tuple(lots)


def on_route(lot: int, sites: Sequence[Site], values: Values, draws: Draws) -> Sequence[Site]:
    """Sites on the route that a smuggler takes for a lot: mostly in South-East Asia, as in the published cases."""
    main_route = [site for site in sites if site.in_south_east_asia]
    others = [site for site in sites if not site.in_south_east_asia]
    if not (main_route and others):
        return sites
    usual = draws.uniform(Stream.LOT_ROUTE, lot) < values["diverted_via_south_east_asia"]
    return main_route if usual else others


class _Stock:
    """What is left of the initial stock at each site, in the order of slots."""

    def __init__(self, chips: int, sites: Sequence[Site]) -> None:
        counts = stock_by_site(chips, sites) if chips else np.zeros(len(sites), np.int64)
        ends = np.cumsum(counts)
        self._next = dict(zip((site.number for site in sites), (ends - counts).tolist(), strict=True))
        self._end = dict(zip((site.number for site in sites), ends.tolist(), strict=True))

    def sell(
        self, number: int, chips: int, day: float, sites: Sequence[Site], steps: NDArray[np.float64], uniform: float
    ) -> Iterator[Lot]:
        """As many chips of one site, in one lot; fewer if there are no more, and no lot if there are none."""
        site = pick_site(sites, steps, uniform).number
        first = self._next[site]
        self._next[site] = last = min(first + chips, self._end[site])
        if last > first:
            yield Lot(BOUGHT_FROM + number, range(first, last), site, True, day, day)


def _storage_days(lot: int, values: Values, draws: Draws) -> float:
    """How long a lot stands in storage before it is installed; most lots do not."""
    stored, length = draws.uniforms(Stream.STORAGE, lot, count=2)
    if stored >= values["stored_lots"]:
        return 0.0
    return lognormal(length, median=values["storage_days"], log_sd=values["storage_log_sd"])
