"""Bribe the landmarks nearest to the declared site."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class BribeLandmark(Strategy):
    """Whoever runs them reports the times of a chip at the declared site, whatever is measured; a relay answers the others.

    Each is asked by itself and takes the bribe or not. Unless all take it none serves, and only the relay is left. One who
    refuses tells nobody.

    Source: an assumption; coercion and corruption of those who measure are discussed in the analysis of plugin-rtt-anchor
    (location-proofs, 2026). No case is published.
    """

    needs = "somebody who runs a landmark and takes the money, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        relay = Path((Leg(of.declared_site), Leg(of.true_site)))
        count = round(of.values["landmarks_bribed"])
        bribed = frozenset(landmark.number for landmark in of.landmarks[:count])
        return Facts(
            at_true_site=Answer(relay, bribed=bribed),
            chance=of.values["bribe_taken"] ** len(bribed),
            chance_of="parcel",
            if_failed=Facts(at_true_site=Answer(relay)),
        )

    def cost(self, values: Values) -> Cost:
        bribes_usd = round(values["landmarks_bribed"]) * values["bribe_usd"]
        return Cost(per_parcel_usd=bribes_usd, per_day_usd=values["relay_host_usd_per_day"])
