"""Extract the key of a production batch from one of its chips, and let a host at the declared site answer for all."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Key, Strategy


@dataclass(frozen=True)
class ExtractBatchKey(Strategy):
    """Where chips of a batch share a key, one extraction serves for all of them, until the key is revoked.

    He tries one chip after the other until he succeeds; the chips tried are taken away with the others.

    Source: Android devices of one model share attestation keys by a published rule, 100,000 to a key; that AI chips would
    is an assumption, as are the numbers of an extraction, see `extract_key`.
    """

    needs = "a laboratory, one chip of the batch, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        shared = Answer(direct(of.declared_site), key=Key.BATCH)
        return Facts(on_the_way=shared, at_true_site=shared)

    def cost(self, values: Values) -> Cost:
        once_usd = (
            values["key_extraction_lab_usd"] + values["key_extraction_usd_per_chip"] / values["key_extraction_success"]
        )
        return Cost(once_usd=once_usd, per_day_usd=values["relay_host_usd_per_day"])

    def preparation_days(self, chips: int, values: Values) -> float:
        return values["key_extraction_days_per_chip"] / values["key_extraction_success"]
