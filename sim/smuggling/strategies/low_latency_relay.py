"""Answer through a relay beside the nearest landmark, over a circuit faster than the internet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from attestation import FIBRE_KM_PER_MS

from ...parameters import Values
from ...world.geography import distances_km
from ...world.landmarks import LANDMARK_NUMBERS_FROM
from ...world.latency import circuit_ms
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy

RELAY_NUMBERS_FROM = 3_000_000
"""Place numbers of relays by that of the landmark beside which they stand, apart from those of all other places."""


@dataclass(frozen=True)
class LowLatencyRelay(Strategy):
    """A relay in the city of the landmark that is nearest to the declared site reaches the moved chip over a rented circuit.

    It saves the way by the declared site and most of what is slow about the internet. Lest an answer come sooner than light
    permits at the declared site, the relay holds it back for as long as fibre from the landmark to there would take. Then
    no other landmark is answered too soon either.

    Source: networks of this kind: Bhattacherjee et al., "cISP", NSDI 2022.
    """

    needs = "a host in the city of a landmark, and a circuit from there into restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        landmark, speed = of.landmarks[0], of.values["fast_circuit_speed"]
        relay = replace(landmark, number=landmark.number - LANDMARK_NUMBERS_FROM + RELAY_NUMBERS_FROM)
        fibre_ms = float(distances_km([landmark.position], [of.declared_site.position])[0, 0]) / FIBRE_KM_PER_MS
        held_back_ms = max(0.0, fibre_ms - circuit_ms(relay, of.true_site, speed))
        return Facts(at_true_site=Answer(Path((Leg(relay), Leg(of.true_site, speed)), added_ms=held_back_ms)))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"] + values["fast_circuit_usd_per_day"])
