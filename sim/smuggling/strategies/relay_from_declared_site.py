"""Answer challenges through a relay left at the declared site."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class RelayFromDeclaredSite(Strategy):
    """A host at the declared site forwards each challenge to the moved chip.

    It hides the network address, not the distance: the answer still travels landmark, declared site, true site and back.

    Source: proxies of this kind in the wild: Weinberg et al., "How to Catch when Proxies Lie", IMC 2018.
    """

    needs = "a host at the declared site and a network address in restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(at_true_site=Answer(Path((Leg(of.declared_site), Leg(of.true_site)))))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"])
