"""The chips diverted under the duty, and their follow-up to each of the dates of detection.

All outcomes of detection are about this cohort: chips that left the licensed path (t0) on or after the day of the duty, with
or without the mechanism.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..levers import Calendar
from ..record import Consequence, ConsequenceKind
from .incidence import BoolArray, FloatArray

LOTS_BEAR = (ConsequenceKind.PENALTY, ConsequenceKind.BLOCKED)
"""Consequences of a whole lot. A seizure is one of a chip; an award is none for who diverted it."""


class FollowUp(NamedTuple):
    """Until when each chip of a cohort is followed for one event, and how that ends; shape (chips,) each.

    Attributes:
        days: from departure to the first of event, competing exit and end of the run.
        happened: whether it was the event.
        competed: whether it was the competing exit.
    """

    days: FloatArray
    happened: BoolArray
    competed: BoolArray


class Cohort(NamedTuple):
    """Days of each chip since the start of the run, NaN for never; shape (chips,) each.

    Attributes:
        diverted: t0, departure from the licensed path.
        arrived: in restricted territory.
        alert: that led to its open case, or to the one in which its diversion was established. One that came to nothing is
            no alert; nor is there any where the diversion was established without.
        case: that case was opened.
        established: its diversion was.
        seized: it was.
        lot: number of its lot.
        product: number of its product.
        end_day: last day of the run.
    """

    diverted: FloatArray
    arrived: FloatArray
    alert: FloatArray
    case: FloatArray
    established: FloatArray
    seized: FloatArray
    lot: NDArray[np.int64]
    product: NDArray[np.int64]
    end_day: float

    @property
    def possible_days(self) -> FloatArray:
        """From departure to the end of the run, shape (chips,)."""
        return self.end_day - self.diverted

    def to_alert(self) -> FollowUp:
        """Competing exit: established or seized without an alert, as after a tip."""
        return self._follow(self.alert, np.fmin(self.established, self.seized))

    def to_case(self) -> FollowUp:
        """Competing exit: established or seized without an alert."""
        return self._follow(self.case, np.fmin(self.established, self.seized))

    def to_established(self) -> FollowUp:
        """Competing exit: seized before its diversion was established."""
        return self._follow(self.established, self.seized)

    def to_consequence(self, consequences: Sequence[Consequence]) -> FollowUp:
        """Competing exit: seized, and its diversion never established."""
        return self._follow(self.consequence(consequences), np.where(np.isnan(self.established), self.seized, np.nan))

    def consequence(self, consequences: Sequence[Consequence]) -> FloatArray:
        """First day on which it is established and has been seized, or its lot penalised or blocked; shape (chips,)."""
        first = self.seized.copy()
        by_lot = np.argsort(self.lot, kind="stable")
        lots = self.lot[by_lot]
        for consequence in consequences:
            if consequence.kind in LOTS_BEAR:
                begin, end = np.searchsorted(lots, [consequence.lot, consequence.lot + 1])
                bearing = by_lot[begin:end]
                first[bearing] = np.fmin(first[bearing], consequence.day)
        return np.maximum(first, self.established)

    def _follow(self, event: FloatArray, exit_: FloatArray) -> FollowUp:
        """Follow to an event; at one time with the exit, it is the event."""
        last = np.fmin(np.fmin(event, exit_), self.end_day)
        happened = event == last
        competed = (exit_ == last) & ~happened
        return FollowUp(np.maximum(last - self.diverted, 0.0), happened, competed)


def diverted_cohort(chips: Mapping[str, NDArray[np.generic]], calendar: Calendar) -> Cohort:
    """Chips diverted on or after the day of the duty, from the columns of the chip table."""
    members = chips["diverted_day"].astype(np.float64) >= calendar.duty_day
    names = ("diverted_day", "arrived_day", "alert_day", "case_day", "established_day", "seized_day")
    diverted, arrived, alert, case, established, seized = (chips[name][members].astype(np.float64) for name in names)
    without_alert = alert == established  # how the table writes that there was no case
    alert, case = (np.where(without_alert, np.nan, days) for days in (alert, case))
    lot, product = (chips[name][members].astype(np.int64) for name in ("lot", "product"))
    return Cohort(diverted, arrived, alert, case, established, seized, lot, product, calendar.end_day)
