"""Never answer again."""

from __future__ import annotations

from dataclasses import dataclass

from ...world.geography import Place
from ..strategy import Facts, Strategy


@dataclass(frozen=True)
class GoDark(Strategy):
    """The chip is cut off from the network that carries challenges.

    Costs nothing but warranty and updates. Silence by itself proves nothing, since honest chips fall silent too.

    Source: the default assumption of IAPS, "Location Verification for AI Chips", 2025.
    """

    def facts(self, declared_site: Place, true_site: Place) -> Facts:
        return Facts(path=None)
