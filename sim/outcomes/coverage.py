"""When a share of the chips abroad carries the mechanism, and what scrapping old chips would change about that.

In a run a chip leaves service when it fails for good, is withdrawn with its lot, or is diverted: none is scrapped for its
age. Who scraps chips at a certain age is rid of those without the mechanism that many years after the duty at the latest.
`with_scrapping` says how fast, by arithmetic on top of a run.
"""

from __future__ import annotations

import math

import numpy as np

from .incidence import FloatArray


def first_reached(times: FloatArray, shares: FloatArray, level: float) -> float:
    """The first time at which a share is at a level, interpolated between dates; infinite if it never is.

    Args:
        times: ascending, shape (dates,), in any unit.
        shares: at these times, shape (dates,).
        level: of the share.
    """
    above = np.flatnonzero(shares >= level)
    if not len(above):
        return math.inf
    place = int(above[0])
    if place == 0:
        return float(times[0])
    before, after = shares[place - 1], shares[place]
    return float(times[place - 1] + (level - before) / (after - before) * (times[place] - times[place - 1]))


def with_scrapping(
    equipped: FloatArray, unequipped: FloatArray, years: FloatArray, service_years: float, past_years: float
) -> FloatArray:
    """Coverage if chips were scrapped at a certain age; what ships from year 0 on is equipped, and nothing before is.

    Those without the mechanism are taken to have shipped evenly over the years before the duty, and of each such year as
    many to be left. Equipped ones are younger than any of these: none is scrapped while one without the mechanism is left.

    Args:
        equipped, unequipped: chips in service in a run without scrapping, shape (dates,).
        years: since the duty, shape (dates,); negative before.
        service_years: age at which a chip is scrapped, > 0.
        past_years: from the first shipment of chips still there to the duty, > 0.

    Returns:
        shape (dates,), share of the chips in service.
    """
    newest = np.minimum(years, 0.0)
    kept = np.clip((newest - years + service_years) / (newest + past_years), 0.0, 1.0)
    left = unequipped * kept
    shares: FloatArray = equipped / np.maximum(equipped + left, 1.0)
    return shares
