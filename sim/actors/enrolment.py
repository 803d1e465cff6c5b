"""Enrolment: find out what the landmarks measure at each site and whether that clears it.

Before the duty starts there is about one measurement a day, each an hour later in the day than the one before, so that a
congested evening does not decide about a site for years. A site that cannot be cleared reliably proves nothing later by
staying unconfirmed; what then happens to it is a lever. An inspection that finds nobody missing measures the site anew, an
hour apart: its paths may have changed for good, and without that the same reroute would raise the same alarm for ever.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..randomness import Stream
from ..record import Event, Happening
from ..units import HOURS_PER_DAY, MINUTES_PER_DAY
from ..world.latency import PathTiming
from ..world.sites import Site
from .setting import Setting

FloatArray = NDArray[np.float64]


def enrol_site(setting: Setting, site: Site) -> ProcessGenerator:
    """Measure a site in the days before the duty, or minutes apart if that starts at once."""
    if site.air_gapped:
        yield from _register(setting, site)
        return
    duty_day, rounds = setting.scenario.calendar.duty_day, setting.scenario.verification.enrolment_rounds
    spacing = min(max(duty_day / rounds, 1 / MINUTES_PER_DAY), 25 / HOURS_PER_DAY)
    first = max(duty_day - (rounds - 1) * spacing, 0.0)
    yield from _measure(setting, site, [first + number * spacing for number in range(rounds)])
    setting.record.enrolled_sites += 1
    setting.record.clearable_sites += setting.site_status[site.number].clearable


def _register(setting: Setting, site: Site) -> ProcessGenerator:
    """Register a site that cannot be measured on the day of the duty: the authority knows that its chips will not answer."""
    day = setting.scenario.calendar.duty_day
    yield setting.until(day)
    setting.site_status[site.number].enrolled = True
    setting.record.enrolled_sites += 1
    setting.record.write(Event(day, Happening.ENROLLED, site=site.number, detail=f"{site.place.name}: air-gapped"))


def measure_anew(setting: Setting, site: Site) -> ProcessGenerator:
    """Measure a site that is enrolled once more, beginning now."""
    rounds = setting.scenario.verification.enrolment_rounds
    yield from _measure(setting, site, [setting.env.now + number / HOURS_PER_DAY for number in range(rounds)])


def _measure(setting: Setting, site: Site, days: Sequence[float]) -> ProcessGenerator:
    """Ask an honest chip at a site on some days, and set the site's status by what that showed."""
    status, panel = setting.site_status[site.number], setting.panels[site.number]
    asked: list[tuple[int, PathTiming, float]] = []  # rounds that got through, and what their times were made of
    lost: list[list[bool]] = []  # which landmarks were down in each of them
    for number, day in enumerate(days):
        yield setting.until(day)
        if not status.cut_off:
            asked.append((number, setting.site_timing(site.number, day), status.congestion_ms))
            lost.append([landmark.number in setting.landmarks_down for landmark in panel.landmarks])
    measured_ms = _times_ms(setting, site, days[0], len(days), asked)
    down = np.array(lost, bool).reshape(measured_ms.shape)
    cleared = panel.clears(np.where(down, np.inf, measured_ms)) if asked else np.zeros(0)
    share = np.count_nonzero(cleared) / len(days)
    status.enrolled = True
    status.clearable = bool(share >= setting.scenario.verification.enrolment_cleared_share)
    if asked:
        status.usual_ms = _medians(measured_ms, down)
    setting.site_changed(site.number)
    detail = f"{site.place.name}: cleared in {share:.0%}"
    setting.record.write(Event(days[-1], Happening.ENROLLED, site=site.number, detail=detail))


def _medians(measured_ms: FloatArray, down: NDArray[np.bool_]) -> FloatArray:
    """Median of each landmark's times, shape (landmarks,), of the rounds in which it was up; infinite if in none."""
    times_ms = np.where(down, np.nan, measured_ms)
    times_ms[:, down.all(axis=0)] = np.inf
    medians: FloatArray = np.nanmedian(times_ms, axis=0)
    return medians


def _times_ms(
    setting: Setting, site: Site, first_day: float, rounds: int, asked: Sequence[tuple[int, PathTiming, float]]
) -> FloatArray:
    """Times measured in those of some rounds that got through, shape (asked, landmarks)."""
    landmarks = len(setting.panels[site.number].landmarks)
    minute = math.floor(first_day * MINUTES_PER_DAY)
    normals = setting.draws.normals(Stream.ENROLMENT, site.number, minute, rounds * landmarks).reshape(rounds, landmarks)
    parts = [np.empty((0, landmarks))]
    for _, same_timing in groupby(asked, key=lambda entry: id(entry[1])):
        numbers, timings, congestion_ms = zip(*same_timing, strict=True)
        parts.append(timings[0].sample(normals[list(numbers)]) + np.array(congestion_ms)[:, None])
    return np.concatenate(parts)
