"""Enrolment: find out what the landmarks measure at each site and whether that clears it.

Before the duty starts there is about one measurement a day, each an hour later in the day than the one before, so that a
congested evening does not decide about a site for years. A site that cannot be cleared reliably proves nothing later by
staying unconfirmed; what then happens to it is a lever. An inspection that finds nobody missing measures the site anew, an
hour apart: its paths may have changed for good, and without that the same reroute would raise the same alarm for ever.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from simpy.events import ProcessGenerator

from ..randomness import Stream
from ..record import Event, Happening
from ..units import HOURS_PER_DAY, MINUTES_PER_DAY
from ..world.sites import Site
from .setting import Setting


def enrol_site(setting: Setting, site: Site) -> ProcessGenerator:
    """Measure a site in the days before the duty, or minutes apart if that starts at once."""
    duty_day, rounds = setting.scenario.calendar.duty_day, setting.scenario.verification.enrolment_rounds
    spacing = min(max(duty_day / rounds, 1 / MINUTES_PER_DAY), 25 / HOURS_PER_DAY)
    first = max(duty_day - (rounds - 1) * spacing, 0.0)
    yield from _measure(setting, site, [first + number * spacing for number in range(rounds)])
    setting.record.enrolled_sites += 1
    setting.record.clearable_sites += setting.site_status[site.number].clearable


def measure_anew(setting: Setting, site: Site) -> ProcessGenerator:
    """Measure a site that is enrolled once more, beginning now."""
    rounds = setting.scenario.verification.enrolment_rounds
    yield from _measure(setting, site, [setting.env.now + number / HOURS_PER_DAY for number in range(rounds)])


def _measure(setting: Setting, site: Site, days: Sequence[float]) -> ProcessGenerator:
    """Ask an honest chip at a site on some days, and set the site's status by what that showed."""
    status, panel = setting.site_status[site.number], setting.panels[site.number]
    measured = []
    for day in days:
        yield setting.until(day)
        if status.cut_off:
            continue
        timing = setting.site_timing(site.number, day)
        slot = math.floor(day * MINUTES_PER_DAY)
        normals = setting.draws.normals(Stream.ENROLMENT, site.number, slot, timing.jitter_log_sd.size)
        measured.append(timing.sample(normals) + status.congestion_ms)
    cleared = panel.clears(np.array(measured)) if measured else np.zeros(0)
    share = np.count_nonzero(cleared) / len(days)
    status.enrolled = True
    status.clearable = bool(share >= setting.scenario.verification.enrolment_cleared_share)
    if measured:
        status.usual_ms = np.median(measured, axis=0)
    setting.site_changed(site.number)
    detail = f"{site.place.name}: cleared in {share:.0%}"
    setting.record.write(Event(days[-1], Happening.ENROLLED, site=site.number, detail=detail))
