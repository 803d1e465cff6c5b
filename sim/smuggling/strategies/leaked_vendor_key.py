"""Make new keys, and endorse them with a signing key of the vendor that has leaked."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import direct
from ..strategy import Answer, Circumstances, Cost, Facts, Key, Strategy


@dataclass(frozen=True)
class LeakedVendorKey(Strategy):
    """A host at the declared site answers for each chip with a key that the vendor seems to have endorsed.

    One leak serves all chips for as long as nobody notices.

    Source: two of NVIDIA's certificates for signing code were stolen in February 2022 and signed malware within days. That a
    key which endorses chips leaks is an assumption.
    """

    needs = "the vendor's signing key, and a host at the declared site"

    def facts(self, of: Circumstances) -> Facts:
        forged = Answer(direct(of.declared_site), key=Key.FORGED)
        return Facts(on_the_way=forged, at_true_site=forged)

    def cost(self, values: Values) -> Cost:
        return Cost(once_usd=values["vendor_key_usd"], per_day_usd=values["relay_host_usd_per_day"])
