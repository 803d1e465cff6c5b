"""Never activate the chips: keep them in storage at the declared site, then take them away."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...units import DAYS_PER_YEAR
from ..strategy import DARK, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class Stockpile(Strategy):
    """The chips are delivered as declared, stay in their boxes for a while and leave without ever having answered.

    A chip that has never answered cannot fall silent. What it costs is storage and the capital tied up meanwhile.

    Source: CNAS, "Countering AI Chip Smuggling Has Become a National Security Priority", 2025, which asks for activation
    within a month of shipment for this reason; boxed stock was found in a published case of 2024 (Megaspeed, no charge).
    """

    needs = "storage at the declared site, and the patience of whoever paid"
    activates = False

    def facts(self, of: Circumstances) -> Facts:
        return DARK

    def cost(self, values: Values) -> Cost:
        days = values["stockpile_days"]
        return Cost(
            per_chip_usd=values["storage_usd_per_chip_day"] * days,
            share_of_price=values["smuggler_capital_cost_per_year"] * days / DAYS_PER_YEAR,
        )

    def preparation_days(self, chips: int, values: Values) -> float:
        return values["stockpile_days"]
