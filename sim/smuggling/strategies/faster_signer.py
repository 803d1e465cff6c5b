"""Sign faster than honest chips do, and spend the time that is won on a detour."""

from __future__ import annotations

from dataclasses import dataclass

from ...parameters import Values
from ...world.latency import circuit_ms
from ...world.paths import Leg, Path
from ..strategy import Answer, Circumstances, Cost, Facts, Strategy


@dataclass(frozen=True)
class FasterSigner(Strategy):
    """An idle chip with quicker software signs within the timed exchange sooner than the time that is allowed for it.

    The host at the declared site reaches it over a fast circuit. No more time is saved than the circuit takes, so that an
    answer is never faster than that of a chip at the declared site.

    Source: times of signers in use differ by orders of magnitude (TPM: "TPM performance", 2025; a GPU through its driver:
    geo_public, 2025); that a smuggler would make use of it is an assumption.
    """

    needs = "a host at the declared site, a fast circuit into restricted territory, and software on the chip"

    def facts(self, of: Circumstances) -> Facts:
        speed = of.values["fast_circuit_speed"]
        detour_ms = circuit_ms(of.declared_site, of.true_site, speed)
        path = Path((Leg(of.declared_site), Leg(of.true_site, speed)))
        return Facts(at_true_site=Answer(path, signed_sooner_ms=min(detour_ms, of.values["in_loop_signing_ms"])))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=values["relay_host_usd_per_day"] + values["fast_circuit_usd_per_day"])
