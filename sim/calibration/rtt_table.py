"""Tables of round-trip times between known places.

One row per directed pair, with the columns `src_city, src_country, src_lat, src_lon, dst_city, dst_country, dst_lat,
dst_lon` and `rtt_min_ms` or `rtt_median_ms`; optional `flag`, of which only rows with an empty one are used. Countries are
names in English or ISO 3166 alpha-2 codes.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS

from ..parameters import NetworkClass
from ..world.excess import regime_of
from ..world.geography import Position, pairwise_km

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Kind = Literal["min", "burst", "median"]
KINDS: tuple[Kind, ...] = ("min", "burst", "median")

LEAST_KM = 1.0
"""Pairs closer than this are one place for a table whose coordinates are those of cities."""

_ENDS = tuple(f"{end}_{part}" for end in ("src", "dst") for part in ("city", "country", "lat", "lon"))


class TableError(ValueError):
    """The user's table is wrong; the message says where."""


@dataclass(frozen=True)
class Pairs:
    """Unordered pairs of sites with what was measured between them; the two directions are averaged.

    Attributes:
        sites: label of each site, shape (sites,).
        first: index of one site of each pair, shape (pairs,).
        second: index of the other.
        regime: name of each pair's regime.
        distance_km: geodesic distance.
        floor_ms: round trip at two thirds of c.
        rtt_ms: measured round trip, less the probe's own overhead.
    """

    sites: tuple[str, ...]
    first: IntArray
    second: IntArray
    regime: NDArray[np.str_]
    distance_km: FloatArray
    floor_ms: FloatArray
    rtt_ms: FloatArray

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.rtt_ms)

    @property
    def excess_ms(self) -> FloatArray:
        """Measured excess over the floor; at least a microsecond, since its logarithm is taken."""
        return np.maximum(self.rtt_ms - self.floor_ms, 1e-3)

    def select(self, chosen: NDArray[np.bool_] | IntArray) -> Pairs:
        """Some of the pairs, or some of them repeatedly."""
        return Pairs(
            self.sites,
            self.first[chosen],
            self.second[chosen],
            self.regime[chosen],
            self.distance_km[chosen],
            self.floor_ms[chosen],
            self.rtt_ms[chosen],
        )


def read_pairs(path: Path, network: NetworkClass, kind: Kind, overhead_ms: float = 0.0) -> Pairs:
    """Read a table (CSV, gzip or not) into unordered pairs.

    Args:
        path: the table.
        network: class of the network that was measured.
        kind: what the column holds: `min` the minimum over a day and `burst` that of one burst (`rtt_min_ms`), `median`
            a median (`rtt_median_ms`).
        overhead_ms: time that the probe itself takes, subtracted from each measurement.

    Raises:
        TableError: the file cannot be read, lacks columns, or holds no usable pair.
    """
    import pandas as pd  # here, because importing `sim` must stay light

    column = "rtt_median_ms" if kind == "median" else "rtt_min_ms"
    try:
        table = pd.read_csv(path, keep_default_na=False, na_values={"rtt_min_ms": [""], "rtt_median_ms": [""]})
    except (OSError, ValueError, gzip.BadGzipFile) as error:
        raise TableError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if missing := [name for name in (*_ENDS, column) if name not in table.columns]:
        raise TableError(f"{path}: columns missing: {', '.join(missing)}")
    if "flag" in table.columns:
        table = table[table["flag"] == ""]
    table = table[table[column].notna()]
    try:
        rtt_ms = table[column].to_numpy(dtype=np.float64) - overhead_ms
        places = [
            [Position(float(lat), float(lon)) for lat, lon in zip(table[f"{end}_lat"], table[f"{end}_lon"], strict=True)]
            for end in ("src", "dst")
        ]
    except ValueError as error:
        raise TableError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return _unordered(table, places, rtt_ms, network, path)


def _unordered(
    table: pd.DataFrame, places: list[list[Position]], rtt_ms: FloatArray, network: NetworkClass, path: Path
) -> Pairs:
    labels = [
        [f"{city}, {country} ({place.latitude_deg}, {place.longitude_deg})" for city, country, place in rows]
        for rows in (
            zip(table[f"{end}_city"], table[f"{end}_country"], ends, strict=True)
            for end, ends in zip(("src", "dst"), places, strict=True)
        )
    ]
    sites = sorted(set(labels[0]) | set(labels[1]))
    index = {label: number for number, label in enumerate(sites)}
    ends = np.array([[index[label] for label in side] for side in labels], dtype=np.int64).reshape(2, -1)
    low, high = ends.min(axis=0), ends.max(axis=0)
    keys, position, inverse = np.unique(low * len(sites) + high, return_index=True, return_inverse=True)
    mean_rtt_ms = np.bincount(inverse, weights=rtt_ms) / np.bincount(inverse) if len(keys) else np.empty(0)
    countries = [[country_code(str(name), path) for name in table[f"{end}_country"]] for end in ("src", "dst")]
    distance_km = pairwise_km([places[0][row] for row in position], [places[1][row] for row in position])
    regime = [
        regime_of(network, countries[0][row], countries[1][row], km) for row, km in zip(position, distance_km, strict=True)
    ]
    pairs = Pairs(
        tuple(sites),
        low[position],
        high[position],
        np.array(regime, dtype=np.str_),
        distance_km,
        distance_km / FIBRE_KM_PER_MS,
        mean_rtt_ms,
    )
    pairs = pairs.select(distance_km >= LEAST_KM)
    if not len(pairs):
        raise TableError(f"{path}: no usable pair of places at least {LEAST_KM:.0f} km apart")
    return pairs


@cache
def _codes() -> dict[str, str]:
    text = resources.files("sim").joinpath("data", "country_names.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"].lower(): row["code"] for row in rows}


def country_code(name: str, path: Path) -> str:
    """ISO 3166 alpha-2 code of a country in a table.

    Raises:
        TableError: the name is not known.
    """
    if len(name) == 2 and name.isupper() and name.isascii():
        return {"UK": "GB"}.get(name, name)
    code = _codes().get(name.lower())
    if code is None:
        raise TableError(f"{path}: country {name!r} is not known; use its ISO 3166 alpha-2 code")
    return code
