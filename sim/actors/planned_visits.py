"""Inspectors who go by a plan, not by alerts: to any site, or to those where most is at stake."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..parameters import Values
from ..randomness import Stream
from ..record import VisitReason
from ..world.sites import Site
from .authority import Authority
from .setting import Setting

FloatArray = NDArray[np.float64]


def visit_by_plan(setting: Setting, authority: Authority, inspector: int) -> ProcessGenerator:
    """Send one inspector from site to site, from the day of the duty on."""
    yield setting.until(setting.scenario.calendar.duty_day)
    reason = VisitReason(setting.scenario.enforcement.planned_visits)
    for number in itertools.count():
        steps = np.cumsum(_weights(setting))
        uniform = setting.draws.uniform(Stream.PLANNED_VISIT, inspector, number)
        site = int(np.searchsorted(steps, uniform * steps[-1], side="right"))
        yield from authority.visit(site, reason)


def _weights(setting: Setting) -> FloatArray:
    """How likely each site is visited next, shape (sites,)."""
    if setting.scenario.enforcement.planned_visits == "random":
        return np.ones(len(setting.sites))
    return risk(setting.delivered_chips, setting.sites, setting.values)


def risk(delivered_chips: FloatArray, sites: tuple[Site, ...], values: Values) -> FloatArray:
    """What the authority knows about the risk of each site, shape (sites,): it need not be right.

    Chips delivered under licence since the start, times how often a chip of the region occurs in known cases for each chip
    delivered there. Before anything has been delivered, the sites' capacities stand for that.
    """
    chips = delivered_chips if delivered_chips.sum() else np.array([site.capacity_chips for site in sites])
    on_the_route = np.array([site.in_south_east_asia for site in sites])
    share = values["diverted_via_south_east_asia"]
    weights = np.zeros(len(sites))
    for group, known in ((on_the_route, share), (~on_the_route, 1 - share)):
        if chips[group].sum():
            weights[group] = known * chips[group] / chips[group].sum()
    return weights if weights.sum() else np.ones(len(sites))
