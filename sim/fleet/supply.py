"""Lots: what leaves the maker, when, for which declared site, and which of them a smuggler has ordered.

Exports flow at a constant rate; the product of a lot follows the mix of its year, its region the shares of exports. A lot
ordered by a smuggler looks like any other until it leaves its declared site, which the smuggler chooses mostly in South-East
Asia, as in the published cases. The large deals of the Gulf come on top, if they are there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR, calendar_date
from ..world.products import product_at, product_names, shipped_shares
from ..world.regions import Region, export_weights, region_of
from ..world.sites import Site, capacity_steps, pick_site

GULF_LOTS_FROM = 2**28
"""Lots of the Gulf deals are numbered from here on, so that they change no draw of other lots."""

GULF_PRODUCT = "b300"
"""What the deals of the Gulf are about (GB300)."""


@dataclass(frozen=True)
class Lot:
    """Chips that ship together, and the slots that they fill. Days are since the scenario's start.

    Delivered means installed: what stands in storage without power is still shipping. `product` is the number of a product.
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


def smuggled_share(values: Values) -> float:
    """Share of exports that smugglers order, from the two published volumes; at most everything."""
    return min(1.0, values["diverted_chips_per_year"] / values["covered_exports_per_year"])


def stock_by_site(chips: int, sites: Sequence[Site]) -> NDArray[np.int64]:
    """Chips of the initial stock at each site, in proportion to capacity, by the largest remainder; shape (sites,)."""
    capacity = np.array([site.capacity_chips for site in sites])
    exact = chips * capacity / capacity.sum()
    numbers: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(numbers - exact, kind="stable")
    numbers[order[: chips - int(numbers.sum())]] += 1
    return numbers


@dataclass(frozen=True)
class Destinations:
    """The sites among which the declared site of a lot is drawn: a region first, then one of its sites by capacity."""

    sites: Mapping[Region, tuple[Sequence[Site], NDArray[np.float64]]]
    weights: Mapping[Region, float]

    @classmethod
    def of(cls, sites: Sequence[Site], values: Values) -> Destinations:
        """All regions in which a site stands."""
        groups = {region: [site for site in sites if region_of(site.place.country) is region] for region in Region}
        return cls(
            {region: (group, capacity_steps(group)) for region, group in groups.items() if group}, export_weights(values)
        )

    def but(self, region: Region) -> Destinations:
        """All others."""
        return Destinations({name: group for name, group in self.sites.items() if name is not region}, self.weights)

    def pick(self, region_uniform: float, site_uniform: float) -> Site:
        """The site at two quantiles."""
        regions = list(self.sites)
        steps = np.cumsum([self.weights[region] for region in regions])
        region = regions[min(int(steps.searchsorted(region_uniform * steps[-1], side="right")), len(regions) - 1)]
        return pick_site(*self.sites[region], site_uniform)


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
    first_slot: int = 0,
    gulf_chips_per_year: float = 0.0,
) -> tuple[Lot, ...]:
    """All lots that ship before `until_day`, in the order of their days.

    Lot k fills the same slots, from `first_slot` on, whatever becomes of other lots; those of the Gulf deals come after.

    Args:
        exports_per_year: chips, without the deals.
        start: date of day 0.
        gulf_chips_per_year: chips of the deals, once they ship.
    """
    exports = Flow(exports_per_year, chips_per_lot, 0.0, until_day, 0, first_slot)
    first_day, first_slot = gulf_start_day(start, values), first_slot + exports.slots
    deals = Flow(gulf_chips_per_year, chips_per_lot, first_day, until_day, GULF_LOTS_FROM, first_slot)
    lots = [*_exports(exports, sites, values, draws, start), *_gulf_deals(deals, sites, values, draws)]
    return tuple(sorted(lots, key=lambda lot: lot.ship_day))


def gulf_start_day(start: date, values: Values) -> float:
    """Day of the first shipment under the deals of the Gulf; 0 if it was before the start."""
    year = start.year + (start - date(start.year, 1, 1)).days / DAYS_PER_YEAR
    return max(0.0, (values["gulf_first_delivery_year"] - year) * DAYS_PER_YEAR)


def _exports(flow: Flow, sites: Sequence[Site], values: Values, draws: Draws, start: date) -> Iterator[Lot]:
    """Lots without the deals."""
    everywhere = Destinations.of(sites, values)
    elsewhere = everywhere.but(Region.SOUTH_EAST_ASIA)
    two_routes = Region.SOUTH_EAST_ASIA in everywhere.sites and elsewhere.sites
    share = smuggled_share(values)
    mixes: dict[date, NDArray[np.float64]] = {}
    for number, slots, ship_day in flow.orders(draws):
        smuggled = draws.uniform(Stream.LOT_DIVERTED, number) < share
        where = draws.uniform(Stream.LOT_REGION, number), draws.uniform(Stream.LOT_SITE, number)
        if smuggled and two_routes:
            usual = draws.uniform(Stream.LOT_ROUTE, number) < values["diverted_via_south_east_asia"]
            site = pick_site(*everywhere.sites[Region.SOUTH_EAST_ASIA], where[1]) if usual else elsewhere.pick(*where)
        else:
            site = everywhere.pick(*where)
        day = calendar_date(start, ship_day)
        if day not in mixes:
            mixes[day] = shipped_shares(day, values)
        product = product_at(mixes[day], draws.uniform(Stream.LOT_PRODUCT, number))
        opts_in = not smuggled and _opts_in(number, values, draws)
        delivery_day = ship_day + _days_to_installation(number, values, draws)
        yield Lot(number, slots, site.number, smuggled, ship_day, delivery_day, product, opts_in)


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
