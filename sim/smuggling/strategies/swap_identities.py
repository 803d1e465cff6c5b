"""Let other chips take the names of those that have gone."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import direct
from ..staging import STAGINGS
from ..strategy import Answer, Circumstances, Cost, Facts, Key, Strategy


@dataclass(frozen=True)
class SwapIdentities(Strategy):
    """Cheaper chips at the declared site answer with keys of their own in the names of those gone, and carry their labels.

    Source: dummy servers with the serial labels of real ones are alleged in a case of 2026 (Super Micro servers, published
    cases); that stand-ins would answer challenges too is an assumption.
    """

    needs = "as many other chips"

    def facts(self, of: Circumstances) -> Facts:
        other = Answer(direct(of.declared_site), key=Key.OTHER)
        return Facts(on_the_way=other, at_true_site=other, staging=STAGINGS["labels"])

    def cost(self, values: Values) -> Cost:
        return Cost(per_chip_usd=values["stand_in_chip_usd"])
