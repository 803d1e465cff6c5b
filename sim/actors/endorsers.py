"""Endorsers at sites: they break down, and auditors come to see whether they are there and their seals whole.

An endorser that is out of order times nobody, so that no chip around it can answer. Auditors come from outside the
authority's few inspectors, at even intervals that each site's smugglers know; whoever they find to have tampered is for
the authority to look into.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..fleet.chips import IN_CASE, State
from ..fleet.silence import Cause
from ..randomness import Stream, lognormal
from ..record import Event, Happening
from ..units import DAYS_PER_YEAR
from ..world.endorsers import Endorser
from .outages import begin_outage, end_outage
from .setting import Detour, Setting

IntArray = NDArray[np.int64]
Alert = Callable[[int, IntArray, float, str], None]

REASON = "endorser"
"""Of the alerts that an audit raises."""


def suffer_endorser_faults(setting: Setting, site: int) -> ProcessGenerator:
    """Faults of the endorser of one site, from the day of the duty on; nobody else stands in for it."""
    values, day = setting.values, setting.scenario.calendar.duty_day
    if values["endorser_faults_per_year"] <= 0:
        return
    for number in itertools.count():
        day += setting.draws.exponential(
            Stream.ENDORSER_FAULT, site, 2 * number, mean=DAYS_PER_YEAR / values["endorser_faults_per_year"]
        )
        yield setting.until(day)
        begin_outage(setting, [site], day, Cause.ENDORSER)
        uniform = setting.draws.uniform(Stream.ENDORSER_FAULT, site, 2 * number + 1)
        day += lognormal(uniform, median=values["endorser_repair_days"], log_sd=values["repair_log_sd"])
        yield setting.until(day)
        end_outage(setting, [site], day, Cause.ENDORSER)


def audit_endorser(setting: Setting, site: int, alert: Alert) -> ProcessGenerator:
    """Audit the endorser of one site at even intervals, and alert on chips for which one has been moved or opened."""
    every_days = setting.scenario.enforcement.endorser_audit_days
    first = setting.scenario.calendar.duty_day + every_days * setting.draws.uniform(Stream.ENDORSER_AUDIT, site)
    for number in itertools.count():
        yield setting.until(first + number * every_days)
        day = setting.env.now
        setting.chips.settle(day)
        setting.record.endorser_audits += 1
        suspects = _tampered(setting, site, number)
        setting.record.write(Event(day, Happening.AUDITED, site=site, chips=len(suspects)))
        if len(suspects):
            alert(site, suspects, day, REASON)


def _tampered(setting: Setting, site: int, number: int) -> IntArray:
    """Chips in no case that have left a site and whose endorser the auditor finds gone, or its seal broken."""
    column = setting.chips.column
    there = np.flatnonzero(np.asarray(column("site")) == site)
    away = np.isin(column("state")[there], (State.SMUGGLED, State.RESTRICTED)) & np.asarray(column("covered"))[there]
    away &= np.isnan(column("established_day")[there]) & ((column("marks")[there] & IN_CASE) == 0)
    chips: IntArray = there[away & np.asarray(column("activated"))[there]]
    numbers = np.asarray(column("detour"))[chips]
    seen = [one for one in np.unique(numbers).tolist() if _is_seen(setting, setting.detours[one], number)]
    those: IntArray = chips[np.isin(numbers, seen)]
    return those


def _is_seen(setting: Setting, detour: Detour, number: int) -> bool:
    """Whether an auditor notices what has been done to the endorser of chips on a detour."""
    endorser = Endorser.IN_PLACE if detour.answer is None else detour.answer.endorser
    if endorser is Endorser.OPENED:
        return setting.draws.uniform(Stream.ENDORSER_SEAL, detour.lot, number) >= setting.values["endorser_audit_miss"]
    return endorser is Endorser.MOVED
