"""Leave dummy servers with copied labels in rented space."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ..staging import STAGINGS
from ..strategy import Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class DecoySite(Strategy):
    """As many machines as declared stand at the declared site, with the right serial numbers on them and no chips inside.

    The chips themselves never answer again. Counted are one dummy for each server and its place in rented space for as
    long as the decoy is kept up.

    Source: thousands of dummy servers and labels moved from the real ones, in the indictment about Supermicro servers
    ("DOJ cases" in the list of sources); rented data-centre space, in CNAS, "Countering AI Chip Smuggling Has Become a
    National Security Priority", 2025.
    """

    needs = "machines of the right look, a label printer and rented space"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(staging=STAGINGS["labels"])

    def cost(self, values: Values) -> Cost:
        server_usd = values["dummy_server_usd"] + values["rented_space_usd_per_server_day"] * values["decoy_days"]
        return Cost(per_chip_usd=server_usd / values["chips_per_host"])
