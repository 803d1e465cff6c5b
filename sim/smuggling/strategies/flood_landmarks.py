"""Flood the landmarks of the declared site, and answer through a relay."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class FloodLandmarks(Strategy):
    """A hired botnet keeps the declared site's landmarks busy from the departure on; a relay answers for the chips.

    Whose times nobody takes cannot be too long. Honest chips that the same landmarks time suffer as well. Which landmarks a
    site has is taken to be known, and how many are flooded for the price is a parameter.

    Source: requests without end as a threat to landmarks: documentation of plugin-rtt-anchor, 2026; prices of such floods,
    see `flood_usd_per_landmark_day`.
    """

    needs = "a botnet for hire, a host at the declared site and a network address in restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        relayed = Answer(Path((Leg(of.declared_site), Leg(of.true_site))))
        return Facts(at_true_site=relayed, floods_landmarks=True)

    def cost(self, values: Values) -> Cost:
        landmark_days = values["flooded_landmarks"] * values["flood_days"]
        return Cost(
            per_parcel_usd=values["flood_usd_per_landmark_day"] * landmark_days,
            per_day_usd=values["relay_host_usd_per_day"],
        )
