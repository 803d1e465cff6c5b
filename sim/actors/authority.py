"""The authority: turns alerts into cases and cases into visits, with few inspectors.

An alert at a site joins the site's open case, so that one outage is one case however many chips are silent; until the case
is closed its chips are not judged again. A case is reviewed, waits for an inspector (the case with the most chips goes
first), and ends with a visit. A tip that settles all there was to find calls an inspector off. Apart from that, end-use
checks visit sites at random, and tips or customs expose a lot now and then: these two are all there is without the rule.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from simpy import Interrupt, PriorityResource
from simpy.events import Process, ProcessGenerator

from ..cells import Cells
from ..fleet.chips import State
from ..fleet.supply import Lot
from ..randomness import Stream, lognormal
from ..record import ClosedCase, Event, Happening
from ..units import DAYS_PER_YEAR
from .setting import Setting

IntArray = NDArray[np.int64]


class Judge(Protocol):
    """Who judges chips that are in no case: the verifier of either engine."""

    def judge_again(self, chips: IntArray) -> None:
        """Forget what led to a case; it is closed."""

    def stop(self, chips: IntArray) -> None:
        """Ask chips no more; their diversion is established, or they are seized."""

    def measure_anew(self, site: int) -> None:
        """Measure a site where a visit found nobody missing."""


@dataclass
class Case:
    """An open suspicion about chips of one site; `number` counts the cases of the site."""

    number: int
    site: int
    opened_day: float
    parts: list[IntArray] = field(default_factory=list)
    process: Process | None = None
    visited: bool = False

    @property
    def chips(self) -> IntArray:
        """Rows of all chips alerted on, in the order of rows."""
        return np.sort(np.concatenate(self.parts))


class Authority:
    """Cases, visits and their findings."""

    def __init__(self, setting: Setting, judge: Judge) -> None:
        self._setting = setting
        self._judge = judge
        self._recognised = Cells(setting.draws.seed, Stream.RECOGNISED)
        self._open: dict[int, Case] = {}
        self._cases_of: Counter[int] = Counter()
        self._diverted_lots: dict[int, list[Lot]] = {}
        inspectors = setting.scenario.enforcement.inspectors
        self._inspectors = PriorityResource(setting.env, capacity=inspectors) if inspectors else None

    @property
    def open_cases(self) -> int:
        """Cases that wait for a visit."""
        return len(self._open)

    def take_alerts(self, site: int, chips: IntArray, day: float, reason: str) -> None:
        """Add alerts to the site's open case, or open one. The day is that of the round."""
        case = self._open.get(site)
        if case is None:
            case = self._open[site] = Case(self._cases_of[site], site, day)
            self._cases_of[site] += 1
            self._setting.record.write(Event(day, Happening.CASE_OPENED, site=site, case=case.number))
            case.process = self._setting.env.process(self._pursue(case))
        case.parts.append(chips)
        self._setting.chips.alert(chips, day, case.opened_day)
        self._setting.write_chips(day, Happening.ALERTED, chips, site=site, case=case.number, detail=reason)

    def expect_diversion(self, lot: Lot) -> None:
        """Remember where a lot will be missing, to spare visits a search through the whole fleet."""
        self._diverted_lots.setdefault(lot.site, []).append(lot)

    def visit_at_random(self, site: int) -> ProcessGenerator:
        """End-use checks of one site, at today's rate per site, by other staff than the inspectors of cases."""
        values = self._setting.values
        per_year = values["end_use_checks_per_year"] * values["end_use_checks_on_ai_chips"] / values["sites_abroad"]
        if per_year <= 0:
            return
        day = 0.0
        for number in itertools.count():
            day += self._setting.draws.exponential(Stream.VISIT, site, number, mean=DAYS_PER_YEAR / per_year)
            yield self._setting.until(day)
            self._setting.chips.settle(day)
            self._setting.record.write(Event(day, Happening.VISITED, site=site))
            for lot in self._diverted_lots.get(site, []):
                self._establish_absent(self._setting.chips_of(lot), day)

    def follow_tip(self, lot: Lot, day: float) -> ProcessGenerator:
        """Act on a tip or a customs hit: the diversion of the whole lot is established, and what is on its way is seized.

        An inspection of the declared site seizes nothing: it finds that the chips are gone, not where they are.
        """
        yield self._setting.until(day)
        table = self._setting.chips
        table.settle(day)
        self._setting.record.write(Event(day, Happening.EXPOSED, lot=lot.number, site=lot.site))
        chips = self._setting.chips_of(lot)
        self._establish(chips[~self._established(chips)], day)
        on_the_way = chips[np.asarray(table.column("state"))[chips] == State.SMUGGLED]
        table.move(on_the_way, State.SEIZED, day)
        self._setting.write_chips(day, Happening.SEIZED, on_the_way, lot=lot.number, site=lot.site)
        case = self._open.get(lot.site)
        if case is not None and not case.visited and self._established(case.chips).all():
            assert case.process is not None
            case.process.interrupt("a tip has settled it")

    def _pursue(self, case: Case) -> ProcessGenerator:
        """Review a case, wait for an inspector, send him out, and close the case."""
        setting, values = self._setting, self._setting.values
        try:
            spread = setting.draws.uniform(Stream.CASE_REVIEW, case.site, case.number)
            review_days = lognormal(spread, median=values["case_review_days"], log_sd=values["case_review_log_sd"])
            yield setting.env.timeout(review_days)
            if self._inspectors is None:
                return
            with self._inspectors.request(priority=-len(case.chips)) as inspector:
                yield inspector
                self._write(case, Happening.SENT_OUT)
                yield setting.env.timeout(values["inspection_travel_days"])
                case.visited = True
                self._visit(case, setting.env.now)
                yield setting.env.timeout(max(0.0, values["inspection_days"] - values["inspection_travel_days"]))
        except Interrupt:
            self._write(case, Happening.CALLED_OFF)
            self._close(case, setting.env.now)

    def _visit(self, case: Case, day: float) -> None:
        """Look for the chips of a case, and close it."""
        self._setting.chips.settle(day)
        chips = case.chips
        self._write(case, Happening.INSPECTED, chips=len(chips))
        for lot in np.unique(np.asarray(self._setting.chips.column("lot"))[chips]).tolist():
            if lot in self._setting.reports_due:  # the owner shows where they are
                self._setting.reports_due[lot].succeed()
        if not self._establish_absent(chips, day, case.number):
            self._judge.measure_anew(case.site)
        self._close(case, day)

    def _close(self, case: Case, day: float) -> None:
        """Close a case. Chips seen under repair are excused until they are back; all others are judged afresh."""
        table = self._setting.chips
        del self._open[case.site]
        chips = case.chips
        diverted = int(np.count_nonzero(~np.isnan(table.column("diverted_day")[chips])))
        at_large = chips[~self._established(chips)]
        under_repair = np.asarray(table.column("state"))[at_large] == State.REPAIR
        table.end_case(at_large[under_repair], excused=True)
        table.end_case(at_large[~under_repair], excused=False)
        self._judge.judge_again(at_large)
        self._write(case, Happening.CASE_CLOSED, chips=len(chips), detail=f"{diverted} diverted")
        self._setting.record.closed_cases.append(
            ClosedCase(case.number, case.site, case.opened_day, day, len(chips), diverted, case.visited)
        )

    def _establish_absent(self, chips: IntArray, day: float, case_number: int = -1) -> int:
        """Establish each diverted chip whose absence the inspectors notice; returns their number."""
        table = self._setting.chips
        gone = chips[~np.isnan(table.column("diverted_day")[chips]) & ~self._established(chips)]
        if not len(gone):
            return 0
        searches, slots = table.search(gone), np.asarray(table.column("slot"))[gone].astype(np.int64)
        noticed = np.zeros(len(gone), bool)
        for search in np.unique(searches):
            those = searches == search
            uniforms = self._recognised.uniforms(slots[those], int(search), (0,))[:, 0]
            noticed[those] = uniforms >= self._setting.values["inspection_miss"]
        self._establish(gone[noticed], day, case_number)
        return int(np.count_nonzero(noticed))

    def _establish(self, chips: IntArray, day: float, case_number: int = -1) -> None:
        """Record diversions as established."""
        if not len(chips):
            return
        self._judge.stop(chips)
        self._setting.chips.establish(chips, day)
        sites = np.asarray(self._setting.chips.column("site"))[chips]
        for site in np.unique(sites):
            here = chips[sites == site]
            self._setting.write_chips(day, Happening.ESTABLISHED, here, site=int(site), case=case_number)

    def _established(self, chips: IntArray) -> NDArray[np.bool_]:
        established: NDArray[np.bool_] = ~np.isnan(self._setting.chips.column("established_day")[chips])
        return established

    def _write(self, case: Case, happening: Happening, chips: int = 1, detail: str = "") -> None:
        self._setting.record.write(
            Event(self._setting.env.now, happening, site=case.site, case=case.number, chips=chips, detail=detail)
        )
