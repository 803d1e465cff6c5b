"""A new detector: a chip silent for a week is enough where the site cannot be cleared.

To keep it, put the function into a file of its own in sim/detection/ and one line into the register there.
"""

import numpy as np

from sim import Scenario, simulate
from sim.detection.register import DETECTORS
from sim.detection.seen import IntArray, Memory, RoundSeen, Thresholds

LEAST_DAYS = 7


def silent_where_unclearable(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Rows of the chips to alert on. A detector sees what the authority sees, and not where chips really are."""
    for_long = seen.silent[seen.missed_rounds * thresholds.period_days > LEAST_DAYS]
    unclearable = [not seen.clearable(site) for site in seen.sites_of(for_long).tolist()]
    chips: IntArray = for_long[np.array(unclearable, bool)]
    return chips


DETECTORS["silent_where_unclearable"] = silent_where_unclearable

if __name__ == "__main__":
    base = Scenario.load("miniature").replace(calendar__end_after_duty_days=365)
    for names in (base.verification.detectors, (*base.verification.detectors, "silent_where_unclearable")):
        summary = simulate(base.replace(verification__detectors=names), seed=1, runs=2).summary()
        medians = summary.set_index(["scenario", "outcome"])["median"]["miniature"]
        print(f"with {names[-1]}: {100 * medians['alerted_by_day_30']:.0f} % of diverted chips alerted on within 30 days,")
        print(f"  {medians['false_alarms_per_month']:.1f} false alarms a month")
