"""An inspector at a site: which chips he tests, and which he finds to be missing.

He tests a sample, and all the others as soon as one of it is missing. What is missing is for good: chips under repair, or
lawfully elsewhere, are explained by papers on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cells import Cells
from ..detection.inspection import Method, absence_shows, may_be_overlooked, sample_of
from ..fleet.chips import GONE, State
from ..parameters import Values
from ..randomness import Stream
from ..scenario import Scenario
from .setting import Detour, Setting

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """How an inspection is made.

    Attributes:
        method: what the inspector looks at.
        sample_chips: tested first, by lot; 0: all.
        notice_days: from the announcement to the visit.
    """

    method: Method
    sample_chips: int
    notice_days: float


def look_of(scenario: Scenario) -> Look:
    """How the scenario's inspectors go about it."""
    enforcement = scenario.enforcement
    return Look(enforcement.method, enforcement.inspected_chips, enforcement.notice_days)


def end_use_check(values: Values) -> Look:
    """How today's end-use checks are made, whatever the rule's inspectors do: most chips abroad cannot be challenged."""
    return Look("labels", round(values["end_use_checked_chips"]), values["end_use_check_notice_days"])


class Inspections:
    """All inspections of one run."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._recognised = Cells(setting.draws.seed, Stream.RECOGNISED)
        self._sampled = Cells(setting.draws.seed, Stream.INSPECTED)

    def declared_at(self, site: int) -> IntArray:
        """Chips that ought to be at a site and are not known to be gone."""
        column = self._setting.chips.column
        there = np.flatnonzero(np.asarray(column("site")) == site)
        asked = ~np.isin(column("state")[there], GONE) & np.isnan(column("established_day")[there])
        those: IntArray = there[asked & np.asarray(column("activated"))[there]]
        return those

    def inspect(self, site: int, chips: IntArray, look: Look) -> tuple[int, IntArray]:
        """Test a sample of some chips at a site, and all of them if one of it is missing.

        Returns:
            How many were tested, and which are missing.
        """
        today, sample_size = int(self._setting.env.now), look.sample_chips
        self._setting.note_inspection(site)
        if not sample_size or len(chips) <= sample_size:
            return len(chips), self._missing(chips, look)
        uniforms = self._sampled.uniforms(self._slots(chips), today, (0,))[:, 0]
        tested = np.zeros(len(chips), bool)
        tested[sample_of(uniforms, sample_size)] = True
        missing = self._missing(chips[tested], look)
        if not len(missing):
            return sample_size, missing
        return len(chips), np.sort(np.concatenate([missing, self._missing(chips[~tested], look)]))

    def test_days(self, tested: int, method: Method) -> float:
        """Days that the tests take."""
        return tested / tested_per_day(method, self._setting.values)

    def _missing(self, chips: IntArray, look: Look) -> IntArray:
        """Which of some chips the inspector finds to be missing: diverted ones that nothing hides, unless he errs."""
        table = self._setting.chips
        away = np.isin(table.column("state")[chips], (State.SMUGGLED, State.RESTRICTED))
        gone: IntArray = chips[away & np.isnan(table.column("established_day")[chips])]
        gone = gone[~self._back_for_the_day(gone, look.notice_days)]
        if self._setting.scenario.verification.rma_confirmation == "owner":
            gone = gone[~self._setting.said_to_be_in_repair(gone)]
        covered = np.asarray(table.column("covered"))[gone]
        signed = self._by_detour(gone, self._setting.signs_at_declared_site)
        boxes, labels = (self._shown(gone, what) for what in ("boxes", "labels"))
        shows = absence_shows(look.method, covered=covered, signed=signed, boxes=boxes, labels=labels)
        gone, covered, signed = gone[shows], covered[shows], signed[shows]
        if not len(gone):
            return gone
        searches, slots = table.search(gone), self._slots(gone)
        noticed = ~may_be_overlooked(look.method, covered=covered, signed=signed)
        for search in np.unique(searches):
            those = searches == search
            uniforms = self._recognised.uniforms(slots[those], int(search), (0,))[:, 0]
            noticed[those] |= uniforms >= self._setting.values["inspection_miss"]
        missing: IntArray = gone[noticed]
        return missing

    def _back_for_the_day(self, chips: IntArray, notice_days: float) -> BoolArray:
        """Which diverted chips are brought back for an inspection: those whose way is no longer than the notice."""
        return self._by_detour(chips, lambda one: one.facts.shown.returns and one.facts.return_days <= notice_days)

    def _shown(self, chips: IntArray, what: str) -> BoolArray:
        return self._by_detour(chips, lambda one: bool(getattr(one.facts.shown, what)))

    def _by_detour(self, chips: IntArray, fact: Callable[[Detour], bool]) -> BoolArray:
        numbers, place = np.unique(np.asarray(self._setting.chips.column("detour"))[chips], return_inverse=True)
        facts = np.array([fact(self._setting.detours[number]) for number in numbers.tolist()], bool)
        return facts[place] if len(numbers) else np.zeros(0, bool)

    def _slots(self, chips: IntArray) -> IntArray:
        return np.asarray(self._setting.chips.column("slot"))[chips].astype(np.int64)


def tested_per_day(method: Method, values: Values) -> float:
    """Chips that an inspector tests in a day."""
    if method == "count":
        return values["counted_chips_per_day"]
    return values["labels_read_per_day"] if method == "labels" else values["chips_challenged_per_day"]
