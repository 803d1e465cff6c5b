"""Answer through a relay, and report the time of its detour as time that the chip took to process the challenge."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.latency import circuit_ms
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class UnderstatedProcessingTime(Strategy):
    """The host at the declared site says that the detour was processing: what is left then understates the way.

    It reaches the moved chip over a leased line, whose time is always the same, and reports just that: an answer is never
    faster than that of a chip at the declared site.

    Source: the prototype geo_public (tinfoil, 2025) subtracts a time that the host reports; that a smuggler would report a
    detour is an assumption.
    """

    needs = "a host at the declared site whose software he controls, and a leased line into restricted territory"

    def facts(self, of: Circumstances) -> Facts:
        speed = of.values["leased_line_speed"]
        path = Path((Leg(of.declared_site), Leg(of.true_site, speed)))
        return Facts(at_true_site=Answer(path, reported_ms=circuit_ms(of.declared_site, of.true_site, speed)))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"] + values["leased_line_usd_per_day"])
