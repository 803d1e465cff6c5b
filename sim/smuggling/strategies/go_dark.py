"""Never answer again."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..strategy import DARK, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class GoDark(Strategy):
    """The chips are cut off from the network that carries challenges.

    Costs nothing but warranty and updates. Silence by itself proves nothing, since honest chips fall silent too.

    Source: the default assumption of IAPS, "Location Verification for AI Chips", 2025.
    """

    def facts(self, of: Circumstances) -> Facts:
        return DARK

    def cost(self, values: Values) -> Cost:
        return Cost()
