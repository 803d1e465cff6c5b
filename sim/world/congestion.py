"""Congestion of a site's link: episodes during which every round trip to the site takes longer.

A few sites are congested every day, the others now and then. Like silence this is a process of the world in continuous time,
which a challenge only observes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import HOURS_PER_DAY


@dataclass(frozen=True)
class Episode:
    """Congestion from `start_day` until before `end_day`, in days since the scenario's start, and what it adds, in ms."""

    start_day: float
    end_day: float
    extra_ms: float


def congestion_episodes(draws: Draws, site: int, values: Values) -> Iterator[Episode]:
    """Congestion of one site: one episode after the other, without end, or none.

    The gaps are exponential, so that a site is congested on the stated share of days on average.
    """
    chronic = draws.uniform(Stream.CONGESTED_SITE, site) < values["congested_sites"]
    days_share = 1.0 if chronic else values["congested_days_elsewhere"]
    if days_share <= 0:
        return
    day = 0.0
    for number in itertools.count():
        length, height = draws.uniforms(Stream.CONGESTION, site, number, count=2)
        hours = lognormal(length, median=values["congestion_hours"], log_sd=values["congestion_log_sd"])
        start = day + draws.exponential(Stream.CONGESTION_GAP, site, number, mean=1 / days_share)
        day = start + hours / HOURS_PER_DAY
        extra_ms = lognormal(height, median=values["congestion_ms"], log_sd=values["congestion_log_sd"])
        yield Episode(start, day, extra_ms)
