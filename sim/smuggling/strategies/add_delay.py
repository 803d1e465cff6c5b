"""Delay every answer from the first day on, so that a later detour changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.latency import circuit_ms
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class AddDelay(Strategy):
    """The site is measured as a slow one when it is enrolled; after the departure a detour takes the place of the delay.

    The relay at the declared site waits for what the circuit to the true site leaves of the delay: as long as the circuit
    takes no longer than the delay did, times are what they were.

    Source: delay as a means against geolocation: Gill et al., "Dude, where's that IP?", USENIX Security 2010.
    """

    needs = "a host at the declared site through which all answers pass, and a circuit into restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        speed = of.values["fast_circuit_speed"]
        detour_ms = circuit_ms(of.declared_site, of.true_site, speed)
        left_ms = max(0.0, self.site_delay_ms(of.values) - detour_ms)
        return Facts(at_true_site=Answer(Path((Leg(of.declared_site), Leg(of.true_site, speed)), added_ms=left_ms)))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"] + values["fast_circuit_usd_per_day"])

    def site_delay_ms(self, values: Values) -> float:
        return values["blurring_delay_ms"]
