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
from ..units import DAYS_PER_YEAR, HOURS_PER_DAY


@dataclass(frozen=True)
class Spell:
    """A time of silence, in days since the scenario's start: from `start_day` until before `end_day`."""

    start_day: float
    end_day: float


def chip_spells(draws: Draws, chip: int, since_day: float, values: Values) -> Iterator[Spell]:
    """Faults of one chip and its absence for repair, one after the other, without end."""
    rate = values["gpu_faults_per_chip_year"]
    median, log_sd = values["repair_absence_days"], values["repair_log_sd"]
    return _spells(draws, Stream.CHIP_UP, Stream.CHIP_DOWN, chip, since_day, rate, median, log_sd)


def site_outages(draws: Draws, site: int, values: Values) -> Iterator[Spell]:
    """Outages of power or network that silence a whole site."""
    log_sd = values["site_outage_log_sd"]
    median = values["site_outage_hours"] / HOURS_PER_DAY * math.exp(-(log_sd**2) / 2)  # the source gives the mean
    rate = values["site_outages_per_site_year"]
    return _spells(draws, Stream.OUTAGE_GAP, Stream.OUTAGE_LENGTH, site, 0.0, rate, median, log_sd)


def _spells(
    draws: Draws,
    gaps: Stream,
    lengths: Stream,
    entity: int,
    since_day: float,
    per_year: float,
    median_days: float,
    log_sd: float,
) -> Iterator[Spell]:
    """Alternate exponential times up and lognormal times down; the spell number is the occasion of both draws."""
    if per_year <= 0:
        return
    day = since_day
    for number in itertools.count():
        start = day + draws.exponential(gaps, entity, number, mean=DAYS_PER_YEAR / per_year)
        day = start + lognormal(draws.uniform(lengths, entity, number), median=median_days, log_sd=log_sd)
        yield Spell(start, day)
