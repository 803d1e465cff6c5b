"""Extract each chip's key, and let a host at the declared site answer with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class ExtractKey(Strategy):
    """The key leaves the chip before the chip leaves the declared site, and stays there.

    Chips wait their turn at a few benches. Those of which the key is lost never answer again.

    Source: keys of processors have been read off the memory bus: WireTap and TEE.fail, 2025. None has been published of a
    GPU's die: cost, time and success are assumptions over a wide range.
    """

    needs = "a laboratory, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        moved_key = Answer(direct(of.declared_site))
        return Facts(on_the_way=moved_key, at_true_site=moved_key, chance=of.values["key_extraction_success"])

    def cost(self, values: Values) -> Cost:
        return Cost(
            once_usd=values["key_extraction_lab_usd"],
            per_chip_usd=values["key_extraction_usd_per_chip"],
            per_day_usd=values["relay_host_usd_per_day"],
        )

    def preparation_days(self, chips: int, values: Values) -> float:
        return math.ceil(chips / values["key_extraction_benches"]) * values["key_extraction_days_per_chip"]
