"""Report the chips as sent to the maker for repair, or as scrapped."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..strategy import Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class ClaimRepairOrScrap(Strategy):
    """The chips never answer again, and the owner's papers say that they need not: they are at the maker's, or scrapped.

    A false report, as good as the record that it is held against: the owner's word, or what the maker has received.

    Source: false reports by owners, in CNAS, "Countering AI Chip Smuggling Has Become a National Security Priority", 2025.
    """

    needs = "return numbers or scrap certificates that name the chips"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(said_to_be_in_repair=True)

    def cost(self, values: Values) -> Cost:
        return Cost(per_chip_usd=values["false_papers_usd_per_chip"])
