"""Places and the distances between them: geodesics on WGS 84 (Karney's method, by pyproj)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Position:
    """A point on WGS 84, in degrees."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True)
class Place:
    """A named end of network paths. `number` identifies it in random draws and never changes."""

    number: int
    name: str
    country: str
    position: Position


@dataclass(frozen=True)
class Hub:
    """A city in which data centres or landmarks may stand."""

    name: str
    country: str
    position: Position


def distances_km(origins: Sequence[Position], targets: Sequence[Position]) -> FloatArray:
    """Geodesic distances on WGS 84, shape (origins, targets), in km."""
    from pyproj import Geod  # here, because it takes 0.1 s to load and most imports of the package never need it

    (latitude_a, longitude_a), (latitude_b, longitude_b) = _columns(origins), _columns(targets)
    shape = len(origins), len(targets)
    _, _, metres = Geod(ellps="WGS84").inv(
        np.repeat(longitude_a, shape[1]),
        np.repeat(latitude_a, shape[1]),
        np.tile(longitude_b, shape[0]),
        np.tile(latitude_b, shape[0]),
    )
    return np.asarray(metres, dtype=np.float64).reshape(shape) / 1000.0


def pairwise_km(ones: Sequence[Position], others: Sequence[Position]) -> FloatArray:
    """Geodesic distances on WGS 84 between places of the same rank in two lists, shape (len(ones),), in km."""
    from pyproj import Geod  # as above

    latitude_a, longitude_a = _columns(ones)
    latitude_b, longitude_b = _columns(others)
    metres: FloatArray = np.asarray(
        Geod(ellps="WGS84").inv(longitude_a, latitude_a, longitude_b, latitude_b)[2], dtype=np.float64
    )
    return metres / 1000.0


@cache
def hubs() -> tuple[Hub, ...]:
    """The catalogue of data-centre hubs, in its own order."""
    return tuple(Hub(row["hub"], row["country"], _position(row)) for row in _rows("hubs.csv"))


@cache
def landmark_cities() -> tuple[Hub, ...]:
    """Cities in which landmarks may stand: twelve chosen by hand, then by networks connected, then hubs, then by size."""
    return tuple(Hub(row["landmark"], row["country"], _position(row)) for row in _rows("landmark_cities.csv"))


def _position(row: dict[str, str]) -> Position:
    return Position(float(row["latitude_deg"]), float(row["longitude_deg"]))


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("sim").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def _columns(positions: Sequence[Position]) -> tuple[FloatArray, FloatArray]:
    degrees = np.array([(place.latitude_deg, place.longitude_deg) for place in positions], dtype=np.float64)
    degrees = degrees.reshape(len(positions), 2)
    return degrees[:, 0], degrees[:, 1]
