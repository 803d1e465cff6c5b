"""Buy chips without the mechanism out of the stock abroad."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..strategy import DARK, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class DivertLegacy(Strategy):
    """Chips that were sold before the duty carry no mechanism and are never asked; there are about two million abroad.

    What he pays on top is the margin of whoever finds a seller; what such chips are worth is for the market to say.

    Source: the bill has no retrofit (Chip Security Act, S. 1705 and H.R. 3447); that owners sell is an assumption.
    """

    needs = "owners of older chips who sell without asking"
    takes_legacy = True

    def facts(self, of: Circumstances) -> Facts:
        return DARK

    def cost(self, values: Values) -> Cost:
        return Cost(share_of_price=values["legacy_broker_share"])
