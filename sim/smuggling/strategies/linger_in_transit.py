"""Never arrive: leave the route on the way to the declared site."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..strategy import DARK, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class LingerInTransit(Strategy):
    """The chips are shipped as licensed and, as far as the papers show, still on their way; they are elsewhere by then.

    A chip in transit is not asked, and nobody unpacks it for an inspector.

    Source: rerouting with forged shipping papers in a published case of 2026 (Keelung: Taiwan, Japan, Hong Kong; see "DOJ
    cases" in the list of sources).
    """

    needs = "a forwarder who changes the papers on the way"
    activates = False

    def facts(self, of: Circumstances) -> Facts:
        return DARK

    def cost(self, values: Values) -> Cost:
        return Cost(per_parcel_usd=values["transit_papers_usd_per_parcel"])
