"""Innocent silence as a process of the world: spells in continuous time.

A chip fails and comes back, a site loses power or network and recovers, whether or not anybody asks. A challenge only
observes that. So asking twice as often meets the same spells and cannot invent twice the false alarms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..cells import Cells
from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR, HOURS_PER_DAY

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

GRAIN_DAYS = 2.0**-20
"""Repairs last a multiple of this, a tenth of a second, so that the last bit of a logarithm decides nothing."""


@dataclass(frozen=True)
class Spell:
    """A time of silence, in days since the scenario's start: from `start_day` until before `end_day`."""

    start_day: float
    end_day: float


def faults_per_day(values: Values) -> float:
    """Chance that a chip that works fails on a day."""
    return values["gpu_faults_per_chip_year"] / DAYS_PER_YEAR


def repair_days(uniforms: FloatArray, values: Values) -> FloatArray:
    """How long chips that failed are away, by their uniforms; any shape. Lognormal."""
    days = values["repair_absence_days"] * np.exp(values["repair_log_sd"] * ndtri(uniforms))
    return np.ceil(days / GRAIN_DAYS) * GRAIN_DAYS


def fails_for_good(uniforms: FloatArray, values: Values) -> NDArray[np.bool_]:
    """Which chips that failed do not come back but are replaced at the end, by their uniforms; any shape."""
    return uniforms < values["permanent_fault_share"]


def rma_reported(cells: Cells, slots: IntArray, generations: NDArray[np.uint8], values: Values) -> NDArray[np.bool_]:
    """Chips whose owner reports their repairs, so that the maker confirms them: the same for all repairs of a chip.

    Args:
        cells: of the stream RMA_REPORTED.
        slots: of the chips, shape (chips,).
        generations: of the chips in their slots, shape (chips,).
        values: of the world.
    """
    reported = np.zeros(len(slots), bool)
    for generation in np.unique(generations).tolist():
        those = generations == generation
        reported[those] = cells.uniforms(slots[those], generation, (0,))[:, 0] < values["rma_reported_share"]
    return reported


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
