"""Answer challenges through a relay left at the declared site."""

from __future__ import annotations

from dataclasses import dataclass

from ...world.geography import Place
from ...world.paths import Leg, Path
from ..strategy import Facts, Strategy


@dataclass(frozen=True)
class RelayFromDeclaredSite(Strategy):
    """A host at the declared site forwards each challenge to the moved chip.

    It hides the network address, not the distance: the answer still travels landmark, declared site, true site and back.

    Source: proxies of this kind in the wild: Weinberg et al., "How to Catch when Proxies Lie", IMC 2018.
    """

    def facts(self, declared_site: Place, true_site: Place) -> Facts:
        return Facts(path=Path((Leg(declared_site), Leg(true_site))))
