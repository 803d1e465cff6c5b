"""Innocent silence as a process of the world: spells in continuous time.

A chip fails and comes back, a site loses power or network and recovers, whether or not anybody asks. A challenge only
observes that. So asking twice as often meets the same spells and cannot invent twice the false alarms.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

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


class Cause(StrEnum):
    """Why nothing gets through to a site."""

    POWER = auto()  # the whole site stands still
    NETWORK = auto()  # its link alone is down
    OTHER = auto()  # cooling, fire, and whatever else stops it
    MAINTENANCE = auto()  # planned
    CONFLICT = auto()  # it is war: all sites of a region
    AIR_GAP = auto()  # for good, by agreement with the authority
    ENDORSER = auto()  # who times its chips is out of order


@dataclass(frozen=True)
class Spell:
    """A time of silence, in days since the scenario's start: from `start_day` until before `end_day`."""

    start_day: float
    end_day: float


@dataclass(frozen=True)
class Outage(Spell):
    """A spell that silences a whole site, and its cause."""

    cause: Cause


@dataclass(frozen=True)
class Maintenance(Spell):
    """Planned work that silences a whole site, and whether its operator has announced it to the authority."""

    announced: bool


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


def site_outages(draws: Draws, site: int, values: Values) -> Iterator[Outage]:
    """Outages that silence a whole site, without end. Their causes are drawn one by one.

    Outages of one cause thus come at the rate of all times the cause's share. The source gives the mean length of all;
    those of the network may be longer or shorter than the others, and the mean of all stays what it is.
    """
    power = values["outages_by_power"]
    network = min(values["outages_by_network"], 1 - power)
    ratio = values["network_outage_length_ratio"]
    mean_days = values["site_outage_hours"] / HOURS_PER_DAY
    others_days = mean_days / (1 - network + network * ratio)

    def cause(number: int) -> Cause:
        mark = draws.uniform(Stream.OUTAGE_CAUSE, site, number)
        return Cause.POWER if mark < power else Cause.NETWORK if mark < power + network else Cause.OTHER

    def length_days(number: int) -> float:
        mean = others_days * (ratio if cause(number) is Cause.NETWORK else 1)
        return _outage_days(draws.uniform(Stream.OUTAGE_LENGTH, site, number), mean, values)

    spells = _spells(draws, Stream.OUTAGE_GAP, site, values["site_outages_per_site_year"], length_days)
    for number, spell in enumerate(spells):
        yield Outage(spell.start_day, spell.end_day, cause(number))


def site_maintenance(draws: Draws, site: int, values: Values) -> Iterator[Maintenance]:
    """Planned work at a site, without end: always equally long, as a plan says, at random distances."""
    days = values["maintenance_hours"] / HOURS_PER_DAY
    per_year = values["maintenance_days_per_site_year"] / days
    spells = _spells(draws, Stream.MAINTENANCE_GAP, site, per_year, lambda number: days)
    for number, spell in enumerate(spells):
        announced = draws.uniform(Stream.MAINTENANCE_ANNOUNCED, site, number) < values["maintenance_announced"]
        yield Maintenance(spell.start_day, spell.end_day, announced)


def conflicts(draws: Draws, region: int, values: Values) -> Iterator[Spell]:
    """Armed conflicts that silence all sites of a region at once, without end."""

    def length_days(number: int) -> float:
        uniform = draws.uniform(Stream.CONFLICT_LENGTH, region, number)
        return _outage_days(uniform, values["conflict_outage_days"], values)

    return _spells(draws, Stream.CONFLICT_GAP, region, values["conflicts_per_region_year"], length_days)


def landmark_outages(draws: Draws, landmark: int, values: Values) -> Iterator[Spell]:
    """Times at which a landmark times nobody, without end."""
    mean_days = values["landmark_outage_hours"] / HOURS_PER_DAY

    def length_days(number: int) -> float:
        return _outage_days(draws.uniform(Stream.LANDMARK_OUTAGE_LENGTH, landmark, number), mean_days, values)

    return _spells(draws, Stream.LANDMARK_OUTAGE_GAP, landmark, values["landmark_outages_per_year"], length_days)


def _spells(
    draws: Draws, gaps: Stream, entity: int, per_year: float, length_days: Callable[[int], float]
) -> Iterator[Spell]:
    """Spells with exponential times in between, without end, or none if the rate of these times is 0.

    `length_days(number)` says how long each lasts.
    """
    if per_year <= 0:
        return
    day = 0.0
    for number in itertools.count():
        start = day + draws.exponential(gaps, entity, number, mean=DAYS_PER_YEAR / per_year)
        day = start + length_days(number)
        yield Spell(start, day)


def _outage_days(uniform: float, mean_days: float, values: Values) -> float:
    """Length of an outage: lognormal, with the mean given and the spread of site outages."""
    log_sd = values["site_outage_log_sd"]
    return lognormal(uniform, median=mean_days * math.exp(-(log_sd**2) / 2), log_sd=log_sd)
