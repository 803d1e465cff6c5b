"""Answers of chips at many sites, read at once: the fast engine's counterpart of `Outlook.read`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..actors.setting import Setting
from ..detection.reading import ROUNDING, Outlook
from ..sparse import SPARSE_LIMIT
from ..world.bounds import nearest_points_km
from ..world.jitter import to_deviates
from ..world.landmarks import INTERSECTED

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WELL_BELOW = 1 - 3 * ROUNDING
"""Factor on a limit below 1: a uniform number below is slow whatever the rounding; the times need not be worked out."""


class SiteReadings:
    """The outlooks of all sites in arrays, so that answers from many sites are read at once. Agrees with `Outlook.read`.

    Attributes:
        landmarks: number of landmarks of a panel.
        until_day: when a site's outlook changes, shape (sites,).
        slow_limits: see `Outlook`, shape (sites, landmarks).
        contradictable: see `Outlook`, shape (sites,).
        all_looked_at: whether all answers from a site have to be read, shape (sites,).
        decided: whether the limits alone decide what is suspicious, whatever the times are, shape (sites,).
        nearest_decides: whether that of the nearest landmark alone does, shape (sites,).
        closed_for_good: see `Outlook`, shape (sites,).
    """

    def __init__(self, setting: Setting) -> None:
        self._panels, self._needed = setting.panels, setting.panels[0].needed
        sites, self.landmarks = len(setting.panels), len(setting.panels[0].landmarks)
        self.until_day = np.full(sites, -np.inf)
        self.contradictable, self.all_looked_at, self.decided, self.nearest_decides, self.closed_for_good = (
            np.zeros(sites, bool) for _ in range(5)
        )
        self.slow_limits, self._below_ms, self._base_ms, self._median_ms, self._log_sd, self._contradicting_ms = (
            np.zeros((sites, self.landmarks)) for _ in range(6)
        )
        self._congestion_ms = np.zeros((sites, 1))
        self._may_clear, self._meaningless = np.ones(sites, bool), np.zeros(sites, bool)
        near = min(INTERSECTED, self.landmarks)
        self._nearest_km = np.zeros((sites, near, near))
        for site, panel in enumerate(setting.panels):
            positions = tuple(landmark.position for landmark in panel.landmarks[:INTERSECTED])
            self._nearest_km[site] = nearest_points_km(positions, panel.restricted)
            self._contradicting_ms[site] = panel.contradicting_ms

    def renew(self, site: int, outlook: Outlook) -> None:
        """Take in a site's new outlook."""
        self.until_day[site] = outlook.until_day
        self.slow_limits[site] = outlook.slow_limits
        self.contradictable[site] = outlook.contradictable
        self.closed_for_good[site] = outlook.closed_for_good
        self.all_looked_at[site] = outlook.contradictable or outlook.slow_limit > SPARSE_LIMIT
        self._below_ms[site] = outlook.unsuspicious_below_ms
        self._base_ms[site] = base_ms = np.where(outlook.up, outlook.timing.base_ms, np.inf)
        self._median_ms[site] = outlook.timing.jitter_median_ms[:, 0]
        self._log_sd[site] = outlook.timing.jitter_log_sd[:, 0]
        self._congestion_ms[site] = outlook.congestion_ms
        self._may_clear[site] = outlook.may_clear
        # Times of suspicious answers are no shorter than these. If their discs do not leave out the territory, none do.
        shortest_ms = np.maximum(outlook.unsuspicious_below_ms, base_ms + outlook.congestion_ms)[None, :]
        self._meaningless[site] = outlook.meaningless
        never_left_out = not outlook.may_clear or not self._may_leave_out(np.array([site]), shortest_ms)[0]
        self.decided[site] = never_left_out and not outlook.contradictable and self._needed == 1
        self.nearest_decides[site] = self.decided[site] and bool((outlook.slow_limits[1:] >= 1).all())

    def read(self, sites: IntArray, uniforms: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Which answers contradict the declared site and which are suspicious.

        Args:
            sites: declared, shape (answers,).
            uniforms: numbers of their jitter, shape (answers, landmarks).
        """
        contradicts = np.zeros(len(sites), bool)
        limits = self.slow_limits[sites]
        slow = all_of_each(uniforms < limits)
        well_below = all_of_each(uniforms < well_below_limits(limits))
        suspicious = slow & well_below & self.decided[sites]
        rows = np.flatnonzero((slow & ~suspicious) | self.contradictable[sites])
        sites = sites[rows]
        rtt_ms = np.exp(to_deviates(uniforms[rows]) * self._log_sd[sites]) * self._median_ms[sites] + self._base_ms[sites]
        rtt_ms += self._congestion_ms[sites]
        contradicts[rows] = (rtt_ms < self._contradicting_ms[sites]).any(axis=1)
        fast = (rtt_ms < self._below_ms[sites]).sum(axis=1)
        suspicious[rows] = ~contradicts[rows] & (fast < self._needed) & ~self._meaningless[sites]
        perhaps = np.flatnonzero(suspicious[rows] & self._may_clear[sites] & (self._needed == 1))
        perhaps = perhaps[self._may_leave_out(sites[perhaps], rtt_ms[perhaps])]
        for site in np.unique(sites[perhaps]):
            here = perhaps[sites[perhaps] == site]
            suspicious[rows[here]] = ~self._panels[site].excludes(rtt_ms[here])
        return contradicts, suspicious

    def _may_leave_out(self, sites: IntArray, rtt_ms: FloatArray) -> BoolArray:
        """Whether the discs leave out the border point nearest to each landmark: only then can they miss the territory."""
        radius_km = rtt_ms[:, : self._nearest_km.shape[1]] * self._panels[0].km_per_ms
        left_by_one: BoolArray = np.asarray((radius_km[:, None, :] < self._nearest_km[sites]).any(axis=2))
        leave_out: BoolArray = np.asarray(left_by_one.all(axis=1))
        return leave_out


def well_below_limits(limits: FloatArray) -> FloatArray:
    """Limits of uniform numbers that are slow whatever the rounding; where the limit is 1, all are."""
    below: FloatArray = np.where(limits < 1, limits * WELL_BELOW, 1.0)
    return below


def all_of_each(table: BoolArray) -> BoolArray:
    """`table.all(axis=1)`, ten times as fast where there are few columns."""
    every = table[:, 0].copy()
    for column in range(1, table.shape[1]):
        every &= table[:, column]
    return every
