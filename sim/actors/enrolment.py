"""Enrolment: before the duty starts, find out what the landmarks measure at each site and whether that clears it.

One measurement a day, over the days up to the duty, so that a congested evening does not decide about a site for years. A
site that cannot be cleared reliably proves nothing later by staying unconfirmed; what then happens to it is a lever.
"""

from __future__ import annotations

import numpy as np
from simpy.events import ProcessGenerator

from ..randomness import Stream
from ..record import Event, Happening
from ..world.paths import direct
from ..world.sites import Site
from .setting import Setting


def enrol_site(setting: Setting, site: Site) -> ProcessGenerator:
    """Measure one site; it is enrolled on the day of the duty."""
    verification, duty_day = setting.scenario.verification, setting.scenario.calendar.duty_day
    status, panel = setting.site_status[site.number], setting.panels[site.number]
    rounds = verification.enrolment_rounds
    measured = []
    for number in range(rounds):
        yield setting.until(duty_day - min(rounds - 1 - number, duty_day * (rounds - 1 - number) / rounds))
        if status.cut_off:
            continue
        timing = setting.network.timing(panel.landmarks, direct(site.place), setting.env.now)
        normals = setting.draws.normals(Stream.ENROLMENT, site.number, number, timing.jitter_log_sd.size)
        measured.append(timing.sample(normals) + status.congestion_ms)
    cleared = sum(panel.clears(rtt_ms) for rtt_ms in measured)
    share = cleared / rounds
    status.enrolled, status.clearable = True, share >= verification.enrolment_cleared_share
    if measured:
        status.usual_ms = np.median(measured, axis=0)
    setting.record.enrolled_sites += 1
    setting.record.clearable_sites += status.clearable
    detail = f"{site.place.name}: cleared in {share:.0%}"
    setting.record.write(Event(duty_day, Happening.ENROLLED, site=site.number, detail=detail))
