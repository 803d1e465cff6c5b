"""Bring the chips back for the day of an inspection."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..staging import STAGINGS
from ..strategy import Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class ReturnForInspection(Strategy):
    """The chips never answer from afar, and are back at the declared site when an inspector comes, if there is time.

    They pass any test, being the right ones; the way back takes as long as the way there. The freight is counted for one
    return trip, whether an inspector comes or not: an assumption.

    Source: chips shown to auditors and moved on afterwards, in published cases ("DOJ cases" in the list of sources); that
    they are brought back again is an assumption.
    """

    needs = "notice of inspections, and a way out of restricted territory and in again"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(staging=STAGINGS["return"])

    def cost(self, values: Values) -> Cost:
        return Cost(per_chip_usd=2 * values["freight_usd_per_chip"])
