"""Open the endorser, or bribe who keeps it, and let it vouch for chips that have gone."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.endorsers import Endorser
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class OpenEndorser(Strategy):
    """It stays where it is and reports times that it has not measured, until an audit sees the broken seal.

    Chips answer by a relay. Where the attempt fails, or there is no endorser, only the relay is left.

    Source: insiders who tamper with an endorser: Lucid Computing (2025). No case is published; chance and cost are assumed.
    """

    needs = "somebody who opens the endorser unseen, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        relay = Path((Leg(of.declared_site), Leg(of.true_site)))
        return Facts(
            at_true_site=Answer(relay, endorser=Endorser.OPENED),
            chance=of.values["endorser_opened"],
            chance_of="parcel",
            if_failed=Facts(at_true_site=Answer(relay)),
        )

    def cost(self, values: Values) -> Cost:
        return Cost(once_usd=values["endorser_opening_usd"], per_day_usd=values["relay_host_usd_per_day"])
