"""Round-trip times: what a landmark measures when it asks a chip.

RTT = sum over the legs of the path of (propagation floor + persistent excess + jitter)
      + congestion of the site + in-loop processing + what the adversary adds.

* Floor: geodesic at two thirds of c, about the speed of light in fibre; places in one city are some way apart all the same.
  No pair of the cloud table is faster. (That of hosting networks was cleaned by this very limit.) An adversary's own circuit
  may run at up to c, without excess or jitter.
* Excess: by regime, see `excess`, drawn once for each pair of places. Part of its variance belongs to the two ends, so that
  three landmarks do not look like three independent looks at a badly connected site.
* Route changes: now and then the part of a pair's own is drawn anew, correlated with what it was, and stays so until the
  next change. The law of the excess is the same at all times.
* Jitter: what one burst of pings stays above the minimum of its day; lognormal with a heavy tail.
* A relay adds a leg and all that comes with it. It hides an address, never a distance.

Source: fits to measured round-trip times, `latency.toml` beside the parameter file; route changes and congestion there.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS

from ..parameters import LatencyModel, LatencyRegime, Values
from ..randomness import Draws, Stream
from ..units import DAYS_PER_YEAR
from .excess import excess_ms, path_deviate, regime_of
from .geography import Place, distances_km
from .paths import Path

FloatArray = NDArray[np.float64]

_NORMAL_Q95 = 1.6448536269514722


@dataclass(frozen=True)
class PathTiming:
    """The round-trip time of one path from each of several landmarks, but for jitter and congestion.

    Attributes:
        base_ms: floor, excess, processing and what the adversary adds, shape (landmarks,).
        jitter_median_ms: shape (landmarks, legs); 0 on circuits.
        jitter_log_sd: shape (landmarks, legs).
        until_day: day of the next route change on one of the legs.
        floor_ms: what no route change undercuts, shape (landmarks,).
    """

    base_ms: FloatArray
    jitter_median_ms: FloatArray
    jitter_log_sd: FloatArray
    until_day: float
    floor_ms: FloatArray

    def sample(self, normals: FloatArray) -> FloatArray:
        """Round-trip times of bursts, shape (..., landmarks), in ms.

        Args:
            normals: standard normal deviates, shape (..., landmarks * legs), landmark by landmark.
        """
        landmarks, legs = self.jitter_log_sd.shape
        jitter_ms = normals.reshape(*normals.shape[:-1], landmarks, legs) * self.jitter_log_sd
        np.exp(jitter_ms, out=jitter_ms)
        jitter_ms *= self.jitter_median_ms
        times_ms: FloatArray = (jitter_ms[..., 0] if legs == 1 else jitter_ms.sum(axis=-1)) + self.base_ms
        return times_ms


class Network:
    """All paths of one run. What is slow about a path is drawn once and stays until its route changes."""

    def __init__(self, model: LatencyModel, values: Values, draws: Draws) -> None:
        self._model = model
        self._values = values
        self._draws = draws
        self._links: dict[tuple[int, int], _Link] = {}
        self._stands_at: dict[int, Place] = {}

    def stand_elsewhere(self, landmarks: Mapping[int, Place]) -> None:
        """Some landmarks, by number, do not stand where they say, but there."""
        self._stands_at.update(landmarks)

    def true_place(self, landmark: Place) -> Place:
        """Where a landmark really stands."""
        return self._stands_at.get(landmark.number, landmark)

    def timing(self, landmarks: Sequence[Place], path: Path, day: float = 0.0) -> PathTiming:
        """Timing of a challenge that leaves each landmark on a day and takes a path."""
        legs = len(path.legs)
        base_ms = np.full(len(landmarks), self._values["in_loop_processing_ms"] + path.added_ms)
        median_ms, log_sd = np.zeros((len(landmarks), legs)), np.zeros((len(landmarks), legs))
        floor_ms = base_ms.copy()
        until_day = math.inf
        for row, landmark in enumerate(landmarks):
            start = self.true_place(landmark)
            for column, leg in enumerate(path.legs):
                if leg.circuit_speed is not None:
                    base_ms[row] += circuit_ms(start, leg.to, leg.circuit_speed)
                    floor_ms[row] += circuit_ms(start, leg.to, leg.circuit_speed)
                else:
                    link = self._link(start, leg.to)
                    base, change_day = self._base_ms(link, day)
                    base_ms[row] += base
                    floor_ms[row] += link.floor_ms
                    median_ms[row, column], log_sd[row, column] = link.jitter_median_ms, link.jitter_log_sd
                    until_day = min(until_day, change_day)
                start = leg.to
        return PathTiming(base_ms, median_ms, log_sd, until_day, floor_ms)

    def _link(self, start: Place, end: Place) -> _Link:
        """What stays the same about the internet between two places."""
        lower, higher = sorted((start, end), key=lambda place: place.number)
        key = (lower.number, higher.number)
        if key not in self._links:
            distance_km = float(distances_km([lower.position], [higher.position])[0, 0])
            distance_km = max(distance_km, self._values["distance_within_city_km"])
            regime = regime_of(self._model.network, lower.country, higher.country, distance_km)
            median_ms, log_sd = jitter_law(self._model.regimes[regime])
            self._links[key] = _Link(
                *key,
                regime=regime,
                floor_ms=distance_km / FIBRE_KM_PER_MS,
                jitter_median_ms=median_ms,
                jitter_log_sd=log_sd,
                ends=(self._end_deviate(lower), self._end_deviate(higher)),
                own=[float(self._draws.normals(Stream.EXCESS_PAIR, *key)[0])],
            )
        return self._links[key]

    def _end_deviate(self, place: Place) -> float:
        """What is slow about an end of paths: a standard normal deviate."""
        return float(self._draws.normals(Stream.EXCESS_ENDPOINT, place.number)[0])

    def _base_ms(self, link: _Link, day: float) -> tuple[float, float]:
        """Floor and excess on a day, in ms, and the day of the next route change. The last answer is kept."""
        if not link.known_since <= day < link.known_until:
            number, own, link.known_until = self._own_deviate(link, day)
            link.known_since = link.change_days[number - 1] if number else -math.inf
            normal = path_deviate(self._model, link.regime, *link.ends, own)
            excess = float(excess_ms(self._model.regimes[link.regime], link.floor_ms, normal))
            link.known_ms = link.floor_ms + excess * self._values["excess_scale"]
        return link.known_ms, link.known_until

    def _own_deviate(self, link: _Link, day: float) -> tuple[int, float, float]:
        """Changes so far, a link's own deviate, and when it changes next: autoregressive, so always standard normal."""
        metro = link.regime == "metro"
        rate = self._values["metro_route_changes_per_year"] if metro else self._values["route_changes_per_year"]
        if rate <= 0:
            return 0, link.own[0], math.inf
        correlation = self._values["route_change_correlation"]
        while not link.change_days or link.change_days[-1] <= day:
            number = len(link.change_days)
            since = link.change_days[-1] if link.change_days else 0.0
            if number > 0:
                fresh = float(self._draws.normals(Stream.ROUTE_CHANGE, link.entity, number)[0])
                link.own.append(correlation * link.own[-1] + math.sqrt(1 - correlation**2) * fresh)
            gap = self._draws.exponential(Stream.ROUTE_CHANGE_GAP, link.entity, number, mean=DAYS_PER_YEAR / rate)
            link.change_days.append(since + gap)
        place = bisect.bisect_right(link.change_days, day)
        return place, link.own[place], link.change_days[place]


def blend(timing: PathTiming, other: PathTiming, rows: NDArray[np.bool_]) -> PathTiming:
    """A timing with that of another, direct path for some landmarks; `rows` has shape (landmarks,)."""
    median_ms, log_sd = timing.jitter_median_ms.copy(), timing.jitter_log_sd.copy()
    median_ms[rows], log_sd[rows] = 0.0, 0.0
    median_ms[rows, 0], log_sd[rows, 0] = other.jitter_median_ms[rows, 0], other.jitter_log_sd[rows, 0]
    return PathTiming(
        np.where(rows, other.base_ms, timing.base_ms),
        median_ms,
        log_sd,
        min(timing.until_day, other.until_day),
        np.where(rows, other.floor_ms, timing.floor_ms),
    )


def jitter_law(regime: LatencyRegime) -> tuple[float, float]:
    """Median of a burst's jitter, in ms, and its standard deviation on the logarithmic scale."""
    return regime.jitter_median_ms, math.log(regime.jitter_q95_ms / regime.jitter_median_ms) / _NORMAL_Q95


def circuit_ms(start: Place, end: Place, speed: float) -> float:
    """Round trip over an adversary's straight circuit at a share of the speed of light, in ms."""
    return float(distances_km([start.position], [end.position])[0, 0]) / (VACUUM_KM_PER_MS * speed)


@dataclass
class _Link:
    """The internet between two places, the lower number first, and the route changes drawn so far.

    `ends` are the standard normal deviates of its two ends, `own[k]` that of its own until `change_days[k]`.
    """

    lower: int
    higher: int
    regime: str
    floor_ms: float
    jitter_median_ms: float
    jitter_log_sd: float
    ends: tuple[float, float]
    own: list[float]
    change_days: list[float] = field(default_factory=list)
    known_ms: float = 0.0  # floor and excess between two route changes
    known_since: float = math.inf
    known_until: float = math.inf

    @property
    def entity(self) -> int:
        """One number for the pair, to key its draws."""
        return self.lower << 32 | self.higher
