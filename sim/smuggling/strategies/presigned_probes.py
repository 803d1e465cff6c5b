"""Have the chip sign answers beforehand, and leave them at the declared site."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import Leg, Path, direct
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class PresignedProbes(Strategy):
    """Signed answers to nonces of the attester's own choice lie ready at the declared site; if they are of no use, a relay.

    Only the timed part of a session can be prepared like this. The chip itself must take part in the rest, so that it is
    silent while it travels.

    Source: protocol analysis of plugin-rtt-anchor (location-proofs, 2026).
    """

    needs = "a host at the declared site, a network address in restricted territory, and software on the chip"

    def facts(self, of: Circumstances) -> Facts:
        relay = Path((Leg(of.declared_site), Leg(of.true_site)))
        return Facts(at_true_site=Answer(relay, replayed_over=direct(of.declared_site)))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"])
