"""Rent the chips where they are, and use them from afar."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...units import HOURS_PER_DAY
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class RentRemotely(Strategy):
    """The chips stay at the declared site and answer as honest ones do, since they are; only their results travel.

    Lawful under the export rules as they stand, and nothing that a location can show. It costs rent for the length of a
    contract instead of the price of a chip.

    Source: published cases of 2025 and 2026 (Indosat in Indonesia, Aolani in Malaysia), press reports; the gap is that of
    the Remote Access Security Act, S. 3519.
    """

    needs = "a data centre abroad that rents out"
    moves = False

    def facts(self, of: Circumstances) -> Facts:
        at_home = Answer(direct(of.declared_site))
        return Facts(on_the_way=at_home, at_true_site=at_home)

    def cost(self, values: Values) -> Cost:
        return Cost(per_chip_usd=values["rental_usd_per_chip_hour"] * HOURS_PER_DAY * values["rental_days"])
