"""Lots: what leaves the maker, when, for which declared site, and which of them a smuggler has ordered.

Exports flow at a constant rate. A lot ordered by a smuggler looks like any other until it leaves its declared site, which
the smuggler chooses mostly in South-East Asia, as in the published cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR
from ..world.sites import Site, pick_site


@dataclass(frozen=True)
class Lot:
    """Chips that ship together. Days are since the scenario's start."""

    number: int
    chips: int
    site: int
    ordered_by_smuggler: bool
    ship_day: float
    delivery_day: float


def smuggled_share(values: Values) -> float:
    """Share of exports that smugglers order, from the two published volumes; at most everything."""
    return min(1.0, values["diverted_chips_per_year"] / values["covered_exports_per_year"])


def lots_shipped(
    exports_per_year: float, chips_per_lot: int, until_day: float, sites: Sequence[Site], values: Values, draws: Draws
) -> tuple[Lot, ...]:
    """All lots that ship before `until_day`: one in each interval of equal length, at a random time within it."""
    if exports_per_year <= 0:
        return ()
    interval = chips_per_lot / exports_per_year * DAYS_PER_YEAR
    abroad = [site for site in sites if not site.in_south_east_asia]
    south_east_asia = [site for site in sites if site.in_south_east_asia]
    lots = []
    for number in range(math.ceil(until_day / interval)):
        ship_day = (number + draws.uniform(Stream.LOT_DAY, number)) * interval
        if ship_day >= until_day:
            continue
        smuggled = draws.uniform(Stream.LOT_DIVERTED, number) < smuggled_share(values)
        candidates = sites
        if smuggled and abroad and south_east_asia:
            main_route = draws.uniform(Stream.LOT_ROUTE, number) < values["diverted_via_south_east_asia"]
            candidates = south_east_asia if main_route else abroad
        transport, customs = draws.uniforms(Stream.LOT_TRANSIT, number, count=2)
        spread = values["transport_log_sd"]
        days = lognormal(transport, median=values["export_transport_days"], log_sd=spread)
        days += lognormal(customs, median=values["customs_hold_days"], log_sd=spread)
        site = pick_site(candidates, draws.uniform(Stream.LOT_SITE, number))
        lots.append(Lot(number, chips_per_lot, site.number, smuggled, ship_day, ship_day + days))
    return tuple(lots)
