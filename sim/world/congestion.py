"""Congestion of a site's link: episodes during which every round trip to the site takes longer.

A few sites are congested every day, each at an hour of its own, the others now and then. Like silence this is a process of
the world in continuous time, which a challenge only observes.
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

    At a site that is congested every day an episode ends when the next one begins at the latest. Elsewhere the time from the
    end of one to the start of the next is exponential, with the inverse of the stated share of days as its mean.
    """
    chronic, hour = draws.uniforms(Stream.CONGESTED_SITE, site, count=2)
    every_day = chronic < values["congested_sites"]
    days_share = values["congested_days_elsewhere"]
    if not every_day and days_share <= 0:
        return
    end = 0.0
    for number in itertools.count():
        length, height = draws.uniforms(Stream.CONGESTION, site, number, count=2)
        hours = lognormal(length, median=values["congestion_hours"], log_sd=values["congestion_log_sd"])
        extra_ms = lognormal(height, median=values["congestion_ms"], log_sd=values["congestion_log_sd"])
        if every_day:
            start = number + float(hour)
            end = min(start + hours / HOURS_PER_DAY, number + 1 + float(hour))
        else:
            start = end + draws.exponential(Stream.CONGESTION_GAP, site, number, mean=1 / days_share)
            end = start + hours / HOURS_PER_DAY
        yield Episode(start, end, extra_ms)
