"""The plan for one order: which of its chips leave, in what parcels, when, where to, and what inspectors are shown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..fleet.supply import Lot
from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_MONTH, HOURS_PER_DAY
from ..world.geography import Hub, Place
from .channels import Channel
from .orders import Order, choose

TRUE_SITE_NUMBERS_FROM = 2_000_000
SHORTEST_DWELL_DAYS = 1 / HOURS_PER_DAY
"""No lot leaves before it has been unpacked."""


@dataclass(frozen=True)
class Parcel:
    """Chips of an order that leave together: the slots that they fill, and how long the way takes."""

    slots: range
    transit_days: float


@dataclass(frozen=True)
class Plan:
    """What a smuggler does with an order. Days are since the scenario's start.

    Attributes:
        order: channel and strategy.
        true_site: where the chips are used in the end.
        parcels: in the order in which they leave.
        delivery_day: to the declared site, if they get there.
        ready_day: from which the first parcel can leave: the delivery to the declared site, or the shipment of what never
            gets there.
        dwell_days: from then, or from the inspection that is waited for, until the first parcel leaves.
        gap_days: from one parcel to the next.
        waits_until: the first inspection of the site is waited for, but not beyond this day; None: it is not.
        staging: what inspectors are shown in their place, unless the strategy has its own.
    """

    order: Order
    true_site: Place
    parcels: tuple[Parcel, ...]
    delivery_day: float
    ready_day: float
    dwell_days: float
    gap_days: float
    waits_until: float | None
    staging: str

    def t0_day(self, departure_day: float, channel: Channel) -> float:
        """When chips that depart on a day have left the licensed path."""
        return min(self.delivery_day, departure_day) if channel.diverted_on_delivery else departure_day


def plan_diversion(
    lot: Lot,
    order: Order,
    channel: Channel,
    declared_site: Place,
    stagings: Mapping[str, float],
    destinations: Sequence[Hub],
    values: Values,
    draws: Draws,
) -> Plan:
    """Draw the plan for an order.

    Args:
        lot: that was ordered, or bought out of the stock.
        order: channel and strategy.
        channel: its numbers.
        declared_site: of the lot.
        stagings: weight of each.
        destinations: hubs in restricted territory.
        values: of the parameters.
        draws: of the run.
    """
    log_sd = values["smuggler_log_sd"]
    dwell = lognormal(draws.uniform(Stream.LOT_DWELL, lot.number), median=channel.dwell_days, log_sd=log_sd)
    places = order.does.true_site(declared_site, places_of(destinations))
    true_site = places[int(draws.uniform(Stream.LOT_TRUE_SITE, lot.number) * len(places))]
    parcels = _parcels(lot, channel, order.diverted_share(channel), log_sd, draws)
    if order.does.activates:
        ready = lot.delivery_day
        dwell += order.does.preparation_days(sum(len(parcel.slots) for parcel in parcels), values)
    else:
        ready = lot.ship_day
        dwell = order.does.preparation_days(len(lot.slots), values) or min(dwell, lot.delivery_day - lot.ship_day)
    return Plan(
        order=order,
        true_site=true_site,
        parcels=parcels,
        delivery_day=lot.delivery_day,
        ready_day=ready,
        dwell_days=max(dwell, SHORTEST_DWELL_DAYS),
        gap_days=channel.parcel_gap_days,
        waits_until=ready + channel.patience_days if channel.after_audit and order.does.activates else None,
        staging=choose(stagings, draws.uniform(Stream.LOT_STAGING, lot.number)),
    )


def places_of(destinations: Sequence[Hub]) -> list[Place]:
    """Hubs in restricted territory as places at which chips are used."""
    return [
        Place(TRUE_SITE_NUMBERS_FROM + number, hub.name, hub.country, hub.position)
        for number, hub in enumerate(destinations)
    ]  # fmt: skip


def _parcels(lot: Lot, channel: Channel, share: float, log_sd: float, draws: Draws) -> tuple[Parcel, ...]:
    """The first slots of a lot, as many as are to leave, in parcels; each parcel's way takes its own time."""
    leaving = math.ceil(share * len(lot.slots) - 1e-9)
    size = max(1, min(round(channel.parcel_chips), leaving))
    ends = [*range(size, leaving, size), leaving]
    ways = (draws.uniform(Stream.LOT_SMUGGLED, lot.number, number) for number in itertools.count())
    return tuple(
        Parcel(lot.slots[first:end], lognormal(way, median=channel.transit_days, log_sd=log_sd))
        for first, end, way in zip([0, *ends], ends, ways, strict=False)
    )


def exposure_day(lot: Lot, departure_day: float, hazard_factor: float, values: Values, draws: Draws) -> float | None:
    """When tips or customs expose a diverted lot, or None if they never do.

    Calibrated, not predicted: the share ever exposed and the time to charge are the published baseline. A factor on the
    hazard only adds exposures.
    """
    ever, when = draws.uniforms(Stream.TIP, lot.number, count=2)
    if ever >= 1 - (1 - values["tips_detection_ever"]) ** hazard_factor:
        return None
    months = lognormal(when, median=values["tips_time_to_charge_months"], log_sd=values["tips_time_log_sd"])
    return departure_day + months * DAYS_PER_MONTH
