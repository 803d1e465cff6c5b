"""The plan for one lot: when it leaves the declared site, where it goes and how its chips then behave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..fleet.supply import Lot
from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_MONTH, HOURS_PER_DAY
from ..world.geography import Hub, Place
from .staging import STAGINGS, Staging

TRUE_SITE_NUMBERS_FROM = 2_000_000
SHORTEST_DWELL_DAYS = 1 / HOURS_PER_DAY
"""No lot leaves before it has been unpacked."""


@dataclass(frozen=True)
class Plan:
    """What the smuggler does with a lot. Days are since the scenario's start.

    Attributes:
        strategy: name in the register of strategies.
        true_site: where the chips are used in the end.
        departure_day: t0, they leave the declared site.
        arrival_day: they are in restricted territory.
        staging: what inspectors are shown in their place.
    """

    strategy: str
    true_site: Place
    departure_day: float
    arrival_day: float
    staging: Staging

    @property
    def return_days(self) -> float:
        """The way back takes as long as the way there."""
        return self.arrival_day - self.departure_day


def plan_diversion(
    lot: Lot,
    strategies: Mapping[str, float],
    stagings: Mapping[str, float],
    destinations: Sequence[Hub],
    values: Values,
    draws: Draws,
) -> Plan:
    """Draw the plan for a lot; `strategies` and `stagings` give each one's weight."""
    dwell = lognormal(
        draws.uniform(Stream.LOT_DWELL, lot.number),
        median=values["dwell_at_declared_site_days"],
        log_sd=values["smuggler_log_sd"],
    )
    journey = lognormal(
        draws.uniform(Stream.LOT_SMUGGLED, lot.number),
        median=values["transit_to_restricted_days"],
        log_sd=values["smuggler_log_sd"],
    )
    number = int(draws.uniform(Stream.LOT_TRUE_SITE, lot.number) * len(destinations))
    hub = destinations[number]
    departure = lot.delivery_day + max(dwell, SHORTEST_DWELL_DAYS)
    return Plan(
        strategy=_choose(strategies, draws.uniform(Stream.LOT_STRATEGY, lot.number)),
        true_site=Place(TRUE_SITE_NUMBERS_FROM + number, hub.name, hub.country, hub.position),
        departure_day=departure,
        arrival_day=departure + journey,
        staging=STAGINGS[_choose(stagings, draws.uniform(Stream.LOT_STAGING, lot.number))],
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


def _choose(weights: Mapping[str, float], uniform: float) -> str:
    mark = uniform * sum(weights.values())
    for name, weight in weights.items():
        mark -= weight
        if mark < 0:
            return name
    return name
