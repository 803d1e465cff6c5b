"""Go dark, and plead an outage when asked."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..strategy import Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class PleadOutage(Strategy):
    """The chips never answer again; asked about it, the owner says that they are out of order for the time being.

    The plea needs no paper and commits nobody: it buys as many days as the authority will wait for a site whose chips are
    said to be down. Of use only where the authority asks before it travels.

    Source: downtime and load as excuses that cannot be refuted from afar: documentation of plugin-rtt-anchor, 2026. That it
    costs nothing is an assumption.
    """

    needs = "an operator who answers the authority's letters"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(pleads_outage=True)

    def cost(self, values: Values) -> Cost:
        return Cost()
