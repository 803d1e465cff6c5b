"""A new strategy: relay answers by a host beside the landmark too, so that the data centre never learns where they go.

To keep it, put the class into a file of its own in sim/smuggling/strategies/ and one line into the register there.
"""

from dataclasses import dataclass

from sim import Scenario, simulate
from sim.parameters import Values
from sim.smuggling.strategies import STRATEGIES
from sim.smuggling.strategy import Answer, Circumstances, Cost, Facts, Strategy
from sim.world.paths import Leg, Path


@dataclass(frozen=True)
class CautiousRelay(Strategy):
    """Facts of the world only: over which path answers travel. Whether that is noticed is not said here."""

    needs = "a host at the declared site, and one in the city of the nearest landmark"

    def facts(self, of: Circumstances) -> Facts:
        return Facts(at_true_site=Answer(Path((Leg(of.declared_site), Leg(of.landmarks[0]), Leg(of.true_site)))))

    def cost(self, values: Values) -> Cost:
        return Cost(per_day_usd=2 * values["relay_host_usd_per_day"])


STRATEGIES["cautious_relay"] = CautiousRelay()

if __name__ == "__main__":
    small = Scenario.load("miniature").replace(calendar__end_after_duty_days=365)
    for name in ("relay_from_declared_site", "cautious_relay"):
        summary = simulate(small.replace(adversary__strategies={name: 1.0}), seed=1, runs=2).summary()
        found = summary.set_index(["scenario", "outcome"])["median"]["miniature", "established_by_day_90"]
        print(f"{name}: {100 * found:.0f} % established within 90 days")
