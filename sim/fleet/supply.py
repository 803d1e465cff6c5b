"""Lots: what leaves the maker, when, for which declared site, and which of them a smuggler has ordered.

Exports flow at a constant rate; the product of a lot follows the mix of its year, its region the shares of exports. A lot
ordered by a smuggler looks like any other until it leaves its declared site, which the smuggler chooses mostly in South-East
Asia, as in the published cases. The large deals of the Gulf come on top, if they are there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR, calendar_date
from ..world.products import product_at, product_names, shipped_shares
from ..world.regions import Region, region_of
from ..world.site_sample import SiteSample, all_sites
from ..world.sites import Site, capacity_steps, pick_site
from .destinations import Destinations
from .stock import Stock, stock_by_site

GULF_LOTS_FROM = 2**28
"""Lots of the Gulf deals are numbered from here on, so that they change no draw of other lots."""

BOUGHT_FROM = 2**29
"""Lots bought out of the stock abroad have numbers from here on: that of the lot in whose stead, added."""

GULF_PRODUCT = "b300"
"""What the deals of the Gulf are about (GB300)."""


@dataclass(frozen=True)
class Lot:
    """Chips that ship together, and the slots that they fill. Days are since the scenario's start.

    Delivered means installed: what stands in storage without power is still shipping, and some lots never come to be
    installed. `product` is the number of a product; chips bought out of the stock abroad are of many, and were there before.
    The owner opts in where the mechanism is voluntary, as a smuggler never does.
    """

    number: int
    slots: range
    site: int
    ordered_by_smuggler: bool
    ship_day: float
    delivery_day: float
    product: int = 0
    opts_in: bool = False
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


@dataclass(frozen=True)
class Demand:
    """What smugglers order.

    Attributes:
        wanted_chips_per_year: real chips that are to leave, by the day.
        diverted_share: how much of an order leaves in the end, on average.
        terms: of each order, by the number of its lot.
    """

    wanted_chips_per_year: Callable[[float], float]
    diverted_share: float = 1.0
    terms: Callable[[int], Terms] = lambda number: Terms()

    def share_of_orders(self, day: float, values: Values) -> float:
        """Share of exports that smugglers order on a day; at most everything."""
        wanted = self.wanted_chips_per_year(day) / self.diverted_share
        return min(1.0, wanted / values["covered_exports_per_year"])


NO_SMUGGLERS = Demand(lambda day: 0.0)


@dataclass(frozen=True)
class Flow:
    """Lots at a constant rate: one in each interval of equal length, at a random time within it.

    Numbers and slots of its lots follow each other, whatever becomes of any of them.
    """

    chips_per_year: float
    lot_chips: int
    first_day: float
    until_day: float
    first_number: int
    first_slot: int

    @property
    def interval_days(self) -> float:
        """Days from lot to lot, in the mean."""
        return self.lot_chips / self.chips_per_year * DAYS_PER_YEAR

    @property
    def intervals(self) -> int:
        """How many intervals begin before the last day."""
        if self.chips_per_year <= 0:
            return 0
        return max(0, math.ceil((self.until_day - self.first_day) / self.interval_days))

    @property
    def slots(self) -> int:
        """Slots that its lots fill, or would."""
        return self.intervals * self.lot_chips

    def orders(self, draws: Draws) -> Iterator[tuple[int, range, float]]:
        """Number, slots and day of each lot that ships before the last day."""
        for place in range(self.intervals):
            number, slot = self.first_number + place, self.first_slot + place * self.lot_chips
            day = self.first_day + (place + draws.uniform(Stream.LOT_DAY, number)) * self.interval_days
            if day < self.until_day:
                yield number, range(slot, slot + self.lot_chips), day


def lots_shipped(
    exports_per_year: float,
    chips_per_lot: int,
    until_day: float,
    sites: Sequence[Site],
    values: Values,
    draws: Draws,
    start: date,
    demand: Demand = NO_SMUGGLERS,
    first_slot: int = 0,
    gulf_chips_per_year: float = 0.0,
    sample: SiteSample | None = None,
    stock: NDArray[np.int64] | None = None,
) -> tuple[Lot, ...]:
    """All lots that ship, or are bought, before `until_day`, in the order of their days.

    Lot k fills the same slots, from `first_slot` on, whatever becomes of other lots; those of the Gulf deals come after.
    Where a smuggler buys out of the stock abroad, which fills the slots before, lot k has an honest owner.

    Args:
        exports_per_year: chips, without the deals.
        start: date of day 0.
        demand: of smugglers.
        first_slot: chips of the stock abroad.
        gulf_chips_per_year: chips of the deals, once they ship.
        sample: where `sites` are a sample, how much of the expected flows goes to them. Flows are then those expected, and
            what ships is what these sites receive.
        stock: chips of the stock at each site, shape (sites,); by default in proportion to size.
    """
    sample = all_sites(sites) if sample is None else sample
    left = Stock(stock_by_site(first_slot, sites) if stock is None else stock)
    exports = Flow(exports_per_year * sample.of_exports(values), chips_per_lot, 0.0, until_day, 0, first_slot)
    first_day, first_deal = gulf_start_day(start, values), first_slot + exports.slots
    deals_per_year = gulf_chips_per_year * sample.of_region.get(Region.GULF, 0.0)
    deals = Flow(deals_per_year, chips_per_lot, first_day, until_day, GULF_LOTS_FROM, first_deal)
    lots = [*_exports(exports, left, sample, values, draws, start, demand), *_gulf_deals(deals, sites, values, draws)]
    return tuple(sorted(lots, key=lambda lot: lot.ship_day))


def gulf_start_day(start: date, values: Values) -> float:
    """Day of the first shipment under the deals of the Gulf; 0 if it was before the start."""
    year = start.year + (start - date(start.year, 1, 1)).days / DAYS_PER_YEAR
    return max(0.0, (values["gulf_first_delivery_year"] - year) * DAYS_PER_YEAR)


def _exports(
    flow: Flow, stock: Stock, sample: SiteSample, values: Values, draws: Draws, start: date, demand: Demand
) -> Iterator[Lot]:
    """Lots without the deals."""
    everywhere, usual_route = Destinations.of(sample.sites, values, sample.of_region), sample.usual_route(values)
    more_smuggled = sample.of_smuggled(values) / (sample.of_exports(values) or 1.0)
    mixes: dict[date, NDArray[np.float64]] = {}
    for number, slots, ship_day in flow.orders(draws):
        share = min(1.0, demand.share_of_orders(ship_day, values) * more_smuggled)
        smuggled = draws.uniform(Stream.LOT_DIVERTED, number) < share
        terms = demand.terms(number) if smuggled else Terms()
        where = draws.uniform(Stream.LOT_REGION, number), draws.uniform(Stream.LOT_SITE, number)
        site = _site_of_order(number, terms, everywhere, where, usual_route, draws) if smuggled else everywhere.pick(*where)
        if terms.out_of_stock:
            bought = stock.sell(flow.lot_chips, site.number)
            if bought:
                yield Lot(BOUGHT_FROM + number, bought, site.number, True, ship_day, ship_day)
            smuggled, site = False, everywhere.pick(*where)
        day = calendar_date(start, ship_day)
        if day not in mixes:
            mixes[day] = shipped_shares(day, values)
        product = product_at(mixes[day], draws.uniform(Stream.LOT_PRODUCT, number))
        opts_in = not smuggled and _opts_in(number, values, draws)
        delivery_day = ship_day + _days_to_installation(number, values, draws)
        yield Lot(number, slots, site.number, smuggled, ship_day, delivery_day, product, opts_in, terms.is_installed)


def _site_of_order(
    lot: int, terms: Terms, everywhere: Destinations, where: tuple[float, float], usual_route: float, draws: Draws
) -> Site:
    """The declared site of a smuggler's order: mostly in South-East Asia, at one of the sites that suit him."""
    elsewhere = everywhere.but(Region.SOUTH_EAST_ASIA)
    route = everywhere
    if Region.SOUTH_EAST_ASIA in everywhere.sites and elsewhere.sites:
        usual = draws.uniform(Stream.LOT_ROUTE, lot) < usual_route
        route = everywhere.only(Region.SOUTH_EAST_ASIA) if usual else elsewhere
    candidates = route.all_sites()
    suitable = terms.sites(candidates)
    if len(suitable) == len(candidates):
        return route.pick(*where)
    return pick_site(suitable, capacity_steps(suitable), where[1])


def _gulf_deals(flow: Flow, sites: Sequence[Site], values: Values, draws: Draws) -> Iterator[Lot]:
    """Lots of the deals, to the sites of the Gulf; no smuggler has a part in them."""
    gulf = [site for site in sites if region_of(site.place.country) is Region.GULF]
    steps, product = capacity_steps(gulf), product_names().index(GULF_PRODUCT)
    for number, slots, ship_day in flow.orders(draws):
        site = pick_site(gulf, steps, draws.uniform(Stream.LOT_SITE, number))
        delivery_day = ship_day + _days_to_installation(number, values, draws)
        opts_in = _opts_in(number, values, draws)
        yield Lot(number, slots, site.number, False, ship_day, delivery_day, product, opts_in)


def _opts_in(lot: int, values: Values, draws: Draws) -> bool:
    """Whether the owner of a lot wants the mechanism where it is voluntary."""
    return draws.uniform(Stream.OPT_IN, lot) < values["opt_in_uptake"]


def _days_to_installation(lot: int, values: Values, draws: Draws) -> float:
    """Transport, customs and storage."""
    transport, customs = draws.uniforms(Stream.LOT_TRANSIT, lot, count=2)
    spread = values["transport_log_sd"]
    days = lognormal(transport, median=values["export_transport_days"], log_sd=spread)
    days += lognormal(customs, median=values["customs_hold_days"], log_sd=spread)
    return days + _storage_days(lot, values, draws)


def _storage_days(lot: int, values: Values, draws: Draws) -> float:
    """How long a lot stands in storage before it is installed; most lots do not."""
    stored, length = draws.uniforms(Stream.STORAGE, lot, count=2)
    if stored >= values["stored_lots"]:
        return 0.0
    return lognormal(length, median=values["storage_days"], log_sd=values["storage_log_sd"])
