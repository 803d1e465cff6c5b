"""What a bound that is not sound costs: how often it contradicts the truth, and what it gains, on measured round-trip times.

Published geolocation code turns times into distances at speeds below that of light in fibre, or by a line fitted to a low
quantile. Both shrink the discs, and both contradict honest sites, most where landmarks are many and near, because the more
discs there are the likelier it is that one leaves out the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import LatencyModel
from ..world.bounds import KM_PER_MS
from .latency_check import LANDMARKS, SUBSETS, neighbours
from .rtt_table import Pairs

FloatArray = NDArray[np.float64]

WITHIN_KM = 500.0
"""Landmarks within this distance of a target are drawn from."""


@dataclass(frozen=True)
class Reading:
    """One way to read a time as a distance: radius = (time - offset) * speed."""

    name: str
    offset_ms: float
    km_per_ms: float


@dataclass(frozen=True)
class Price:
    """What one reading does on a table.

    Attributes:
        name: of the reading.
        faster: share of pairs that it calls impossible.
        contradicted: number of landmarks -> share of draws in which a disc leaves out the true site of an honest target.
        radius_ratio: number of landmarks -> median radius of the smallest disc, over that under the planning bound.
    """

    name: str
    faster: float
    contradicted: dict[int, float]
    radius_ratio: dict[int, float]


def readings(model: LatencyModel) -> Iterator[Reading]:
    """The bounds by speed, and the lines fitted to low quantiles of the model's calibration table."""
    for name, km_per_ms in KM_PER_MS.items():
        yield Reading(name, 0.0, km_per_ms)
    for line in model.quantile_lines:
        yield Reading(f"line at {line.quantile:.0%}", line.offset_ms, 1000.0 / line.ms_per_1000_km)


def bound_prices(pairs: Pairs, model: LatencyModel, seed: int = 1) -> tuple[Price, ...]:
    """The price of every reading on one table, on the same random sets of landmarks.

    Args:
        pairs: the table.
        model: whose fitted lines are priced.
        seed: of the sets of landmarks.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    drawn: dict[int, list[NDArray[np.int64]]] = {number: [] for number in LANDMARKS}
    for rows in neighbours(pairs, WITHIN_KM):
        for number in LANDMARKS:
            if len(rows) >= number:
                drawn[number].append(rows[np.argsort(generator.random((SUBSETS, len(rows))), axis=1)[:, :number]])
    planning = pairs.rtt_ms * KM_PER_MS["planning"]
    return tuple(_price(reading, pairs, drawn, planning) for reading in readings(model))


def _price(reading: Reading, pairs: Pairs, drawn: dict[int, list[NDArray[np.int64]]], planning_km: FloatArray) -> Price:
    radius_km = np.maximum(pairs.rtt_ms - reading.offset_ms, 0.0) * reading.km_per_ms
    impossible = radius_km < pairs.distance_km
    contradicted, ratio = {}, {}
    for number, sets in drawn.items():
        if sets:
            contradicted[number] = float(np.mean([impossible[chosen].any(axis=1).mean() for chosen in sets]))
            smallest = [np.median(radius_km[chosen].min(axis=1)) for chosen in sets]
            smallest_planning = [np.median(planning_km[chosen].min(axis=1)) for chosen in sets]
            ratio[number] = float(np.median(smallest) / np.median(smallest_planning))
    return Price(reading.name, float(impossible.mean()), contradicted, ratio)
