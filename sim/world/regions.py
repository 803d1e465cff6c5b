"""Regions of the world to which chips are exported, and how exports divide among them.

No count of chips by destination has been published; the shares are assumptions with wide ranges.
"""

from __future__ import annotations

from enum import StrEnum

from ..parameters import Values
from .excess import EUROPE, GULF, SOUTH_EAST_ASIA


class Region(StrEnum):
    """Destinations of exports."""

    SOUTH_EAST_ASIA = "South-East Asia"
    EAST_ASIA = "East Asia"
    GULF = "Gulf"
    SOUTH_ASIA = "South Asia"
    EUROPE = "Europe"
    ELSEWHERE = "elsewhere"


COUNTRIES = {
    Region.SOUTH_EAST_ASIA: SOUTH_EAST_ASIA,
    Region.EAST_ASIA: frozenset({"JP", "KR", "TW", "MN", "HK", "MO"}),
    Region.GULF: GULF,
    Region.SOUTH_ASIA: frozenset({"IN", "PK", "BD", "LK", "NP", "BT", "MV"}),
    Region.EUROPE: EUROPE,
}
"""ISO 3166 alpha-2 codes; every other country is elsewhere."""


def region_of(country: str) -> Region:
    """The region of a country."""
    return next((region for region, countries in COUNTRIES.items() if country in countries), Region.ELSEWHERE)


def export_weights(values: Values) -> dict[Region, float]:
    """How much of the exports goes to each region, up to a common factor."""
    return {
        Region.SOUTH_EAST_ASIA: values["exports_to_south_east_asia"],
        Region.EAST_ASIA: values["exports_to_east_asia"],
        Region.GULF: values["exports_to_gulf"],
        Region.SOUTH_ASIA: values["exports_to_south_asia"],
        Region.EUROPE: values["exports_to_europe"],
        Region.ELSEWHERE: values["exports_elsewhere"],
    }
