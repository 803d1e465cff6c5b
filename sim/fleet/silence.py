"""Innocent silence as a process of the world: spells in continuous time.

A chip fails and comes back, a site loses power or network and recovers, whether or not anybody asks. A challenge only
observes that. So asking twice as often meets the same spells and cannot invent twice the false alarms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..sparse import events
from ..units import DAYS_PER_YEAR, HOURS_PER_DAY


@dataclass(frozen=True)
class Spell:
    """A time of silence, in days since the scenario's start: from `start_day` until before `end_day`."""

    start_day: float
    end_day: float


def chip_spells(draws: Draws, chip: int, since_day: float, until_day: float, values: Values) -> Iterator[Spell]:
    """Faults of one chip and its absence for repair, those that start between two days. A chip under repair cannot fail."""
    median, log_sd = values["repair_absence_days"], values["repair_log_sd"]
    per_day = values["gpu_faults_per_chip_year"] / DAYS_PER_YEAR
    back = since_day
    for start, uniform in events(draws.seed, Stream.CHIP_FAULT, chip, per_day, since_day, until_day):
        if start >= back:
            back = start + lognormal(uniform, median=median, log_sd=log_sd)
            yield Spell(start, back)


def site_outages(draws: Draws, site: int, values: Values) -> Iterator[Spell]:
    """Outages of power or network that silence a whole site: exponential times up, lognormal times down, without end."""
    log_sd = values["site_outage_log_sd"]
    median = values["site_outage_hours"] / HOURS_PER_DAY * math.exp(-(log_sd**2) / 2)  # the source gives the mean
    rate = values["site_outages_per_site_year"]
    if rate <= 0:
        return
    day = 0.0
    for number in itertools.count():
        start = day + draws.exponential(Stream.OUTAGE_GAP, site, number, mean=DAYS_PER_YEAR / rate)
        day = start + lognormal(draws.uniform(Stream.OUTAGE_LENGTH, site, number), median=median, log_sd=log_sd)
        yield Spell(start, day)
