"""Answer through relays beside the landmarks, over a circuit faster than the internet."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class LowLatencyRelay(Strategy):
    """A relay stands in the same building as a landmark and reaches the moved chip over a rented circuit.

    It saves the way by the declared site and all that is slow about the internet. What is left is the straight line at the
    circuit's share of the speed of light. Every landmark that is asked has such a relay, whatever their number; he pays for
    as many as the row `low_latency_circuits` says.

    Source: networks of this kind: Bhattacherjee et al., "cISP", NSDI 2022.
    """

    needs = "racks beside landmarks, and a circuit into restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(at_true_site=Answer(Path((Leg(of.true_site, of.values["fast_circuit_speed"]),))))

    def cost(self, values: Values) -> Cost:
        each_usd = values["relay_host_usd_per_day"] + values["fast_circuit_usd_per_day"]
        return Cost(per_day_usd=values["low_latency_circuits"] * each_usd)
