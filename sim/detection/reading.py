"""What an answer's times show: pure functions of round-trip times, the panel that measured them and the site's enrolment.

An answer contradicts the declared site, or it is *suspicious*: unconfirmed where that means something. At a site that could
be cleared when it was enrolled every unconfirmed answer is; elsewhere, where the drift test is accepted, one that has
drifted. An `Outlook` says beforehand which answers can be either, so that nobody has to look at the others.

Times of landmarks that are down do not exist: they count as infinite, so that they neither clear nor contradict nor shrink
the intersection. An answer that lacks one is *incomplete*. Where the authority fails open it is read by what is there:
cleared stays cleared, and unconfirmed proves nothing, see `Verifier.undecided`. Where it fails closed an incomplete answer
is unconfirmed whatever the other times show, unless they contradict the site.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ..world.landmarks import Panel
from ..world.latency import PathTiming

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ROUNDING = 1e-9
"""Share by which the limits of slow answers are widened, so that rounding lets none through."""

_ALMOST = np.nextafter(1.0, 0.0)  # above every uniform number


@dataclass(frozen=True)
class Outlook:
    """What answers over one path to one panel can show, until something about the path or the site changes.

    Attributes:
        timing: of the path.
        congestion_ms: what congestion adds now.
        panel: the landmarks asked.
        unsuspicious_below_ms: an answer that is faster than this for any one landmark is not suspicious, shape (landmarks,);
            infinite where being unconfirmed means nothing, minus infinite where a time cannot help the chip.
        slow_limits: chance, or an upper limit of it, that each landmark's answer is not faster, shape (landmarks,). An
            answer is suspicious only if the uniform number of its jitter is below the limit at every landmark. On a
            path of one leg 1 means for certain, unless more than one landmark must clear a chip: then all are 1.
        contradictable: whether an answer can be so fast that it contradicts the declared site.
        up: landmarks that time now, shape (landmarks,).
        may_clear: whether an answer can be cleared, or lacks a landmark where the authority fails closed.
    """

    timing: PathTiming
    congestion_ms: float
    panel: Panel
    unsuspicious_below_ms: FloatArray
    slow_limits: FloatArray
    contradictable: bool
    up: BoolArray
    may_clear: bool

    @cached_property
    def slow_limit(self) -> float:
        """The limit of the nearest landmark."""
        return float(self.slow_limits[0])

    @property
    def until_day(self) -> float:
        """When the timing changes; never, if nothing can come of that."""
        return np.inf if self.closed_for_good else self.timing.until_day

    @property
    def closed_for_good(self) -> bool:
        """Whether no route change can open it: being unconfirmed means nothing, and light is too slow to contradict."""
        return not self.open and bool((self.timing.floor_ms >= self.panel.contradicting_ms).all()) and self.meaningless

    @property
    def meaningless(self) -> bool:
        """Whether being unconfirmed means nothing."""
        return bool(np.isposinf(self.unsuspicious_below_ms).any())

    @property
    def open(self) -> bool:
        """Whether any answer can be suspicious or a contradiction."""
        return self.slow_limit > 0 or self.contradictable

    def times_ms(self, deviates: FloatArray) -> FloatArray:
        """Round-trip times from standard normal deviates, shape (answers, landmarks * legs); (answers, landmarks)."""
        times_ms: FloatArray = self.timing.sample(deviates) + self.congestion_ms
        times_ms[..., ~self.up] = np.inf
        return times_ms

    def read(self, rtt_ms: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Which answers contradict the declared site and which are suspicious; times of shape (answers, landmarks)."""
        contradicts = self.panel.contradicts(rtt_ms)
        suspicious = ~contradicts & self.slow(rtt_ms)
        if self.may_clear and self.panel.needed == 1:
            suspicious[suspicious] = ~self.panel.excludes(rtt_ms[suspicious])
        return contradicts, suspicious

    def slow(self, rtt_ms: FloatArray) -> BoolArray:
        """Which answers too few single times make unsuspicious, shape (answers,).

        None where being unconfirmed means nothing.
        """
        slow: BoolArray = np.asarray((rtt_ms < self.unsuspicious_below_ms).sum(axis=1) < self.panel.needed)
        return slow & (not self.meaningless)


def look_ahead(
    timing: PathTiming,
    congestion_ms: float,
    panel: Panel,
    *,
    clearable: bool,
    usual_ms: FloatArray,
    drift_ms: float | None,
    up: BoolArray | None = None,
    fail_closed: bool = False,
) -> Outlook:
    """The outlook of a path.

    Args:
        timing: of the path from the panel's landmarks.
        congestion_ms: what congestion adds to it.
        panel: of the declared site.
        clearable: whether the site could be cleared when it was enrolled.
        usual_ms: what was measured then, shape (landmarks,), or empty if nothing was.
        drift_ms: threshold of the drift test at sites that could not, or None if none is made.
        up: landmarks that time now, shape (landmarks,); None for all.
        fail_closed: whether an answer that lacks a landmark is unconfirmed.
    """
    up = np.ones(len(panel.landmarks), bool) if up is None else up
    may_clear = bool(up.all()) or not fail_closed
    if clearable:
        below = panel.clearing_ms
    elif drift_ms is not None and len(usual_ms):
        below = np.maximum(panel.clearing_ms, np.nextafter(usual_ms + drift_ms, np.inf))
    else:
        below = np.full(len(panel.clearing_ms), np.inf)
    if not np.isposinf(below).any():
        below = np.where(up & may_clear, below, -np.inf)
    base_ms = np.where(up, timing.base_ms + congestion_ms, np.inf)
    return Outlook(
        timing,
        congestion_ms,
        panel,
        below,
        slow_limits=_chances_slow(timing, base_ms, below, panel.needed),
        contradictable=bool((base_ms < panel.contradicting_ms).any()),
        up=up,
        may_clear=may_clear,
    )


def _chances_slow(timing: PathTiming, base_ms: FloatArray, below_ms: FloatArray, needed: int) -> FloatArray:
    """Chance that jitter makes each landmark's time no shorter than a limit; 1 if all times have to be looked at.

    They have to where there is more than one leg, or more than one landmark must be faster than its limit.
    """
    if np.isposinf(below_ms).any():
        return np.zeros(len(below_ms))
    if timing.jitter_log_sd.shape[1] > 1 or needed > 1:
        return np.ones(len(below_ms))
    slack_ms, median_ms, log_sd = below_ms - base_ms, timing.jitter_median_ms[:, 0], timing.jitter_log_sd[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # where there is no slack, or a circuit without jitter
        chances = np.minimum(_ALMOST, ndtr(-np.log(slack_ms / median_ms) / log_sd) * (1 + ROUNDING))
    return np.where(slack_ms <= 0, 1.0, np.where(median_ms > 0, chances, 0.0))
