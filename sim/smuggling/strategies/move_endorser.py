"""Take the endorser along with the chips."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.endorsers import Endorser
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class MoveEndorser(Strategy):
    """The endorser of his hall stands beside the chips again at their true site; a host at the declared site forwards to it.

    Other consignees of the site have endorsers of their own, so that nobody else's chips miss it. Where there is no endorser
    it is an ordinary relay.

    Source: that an endorser in the building needs audits: Lucid Computing (2025). No case is published.
    """

    needs = "a hall of his own, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        relay = Path((Leg(of.declared_site), Leg(of.true_site)))
        return Facts(at_true_site=Answer(relay, endorser=Endorser.MOVED))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"])
