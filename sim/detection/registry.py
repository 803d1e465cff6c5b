"""Registry reconciliation: from time to time, compare the chips declared at each site with those heard from.

Every `registry_days`, rounded up to whole rounds, the authority goes through the register: chips that were delivered, have
not answered since the last reconciliation, and are not under repair as the owner has reported and the maker confirms, are
alerted on. Chips that failed for good are off the register, since their replacement is on it. A chip that falls silent for
good is found one to two such intervals later.

Model: nuclear material accountancy, which compares a book inventory with a physical one at regular times. That chips would
be accounted for likewise is an assumption; no proposal names an interval.
"""

from __future__ import annotations

from .seen import IntArray, Memory, RoundSeen, Thresholds, nobody
from .streaks import periods_covering


def is_due(number: int, interval: int) -> bool:
    """Whether the register is reconciled in a round, given the number of rounds before, every `interval` rounds."""
    return (number + 1) % interval == 0


def registry(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Chips that missed every challenge since the last reconciliation and whose repair nobody confirms."""
    interval = periods_covering(thresholds.registry_days, thresholds.period_days)
    if not is_due(seen.number, interval):
        return nobody()
    unheard = seen.silent[seen.missed_rounds >= interval]
    return unheard[~seen.in_reported_repair(unheard)]
