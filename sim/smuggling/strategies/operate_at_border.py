"""Declare chips as near to restricted territory as possible, and use them just across the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ...parameters import Values
from ...world.geography import Place, Position, distances_km
from ...world.paths import Leg, Path
from ...world.sites import Site
from ...world.territory import Territory, distance_to_km
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class OperateAtBorder(Strategy):
    """Orders go to the sites nearest to the border, chips to the nearest hub beyond it, and a fast circuit joins the two.

    The shorter the detour the less there is to see of it.

    Source: Lucid, "Comprehensive analysis of location verification systems", 2025, on precision within 500 km of restricted
    territory; that smugglers would choose sites by it is an assumption.
    """

    needs = "a data centre near the border, and a circuit across it"

    def facts(self, of: Circumstances) -> Facts:
        circuit = Leg(of.true_site, of.values["fast_circuit_speed"])
        return Facts(at_true_site=Answer(Path((Leg(of.declared_site), circuit))))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"] + values["fast_circuit_usd_per_day"])

    def declared_sites(self, candidates: Sequence[Site], restricted: Territory) -> Sequence[Site]:
        away_km = _away_km(tuple(site.place.position for site in candidates), restricted)
        least_km = min(away_km)
        return [site for site, km in zip(candidates, away_km, strict=True) if km == least_km]

    def true_site(self, declared_site: Place, destinations: Sequence[Place]) -> Sequence[Place]:
        away_km = distances_km([declared_site.position], [place.position for place in destinations])[0]
        return [destinations[int(np.argmin(away_km))]]


@cache
def _away_km(positions: tuple[Position, ...], restricted: Territory) -> list[float]:
    """The same sites are offered for every order, and the border is long."""
    return [float(km) for km in distance_to_km(positions, restricted)]
