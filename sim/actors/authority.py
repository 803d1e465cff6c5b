"""The authority: turns alerts into cases and cases into inspections, with few inspectors.

An alert at a site joins the site's open case, so that one outage is one case however many chips are silent. Each month
brings a fixed number of inspections for cases; the case with the most chips goes first. Apart from that, end-use checks
visit sites at random, and tips or customs expose a lot now and then: these two are all there is without the rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..randomness import Stream
from ..record import ClosedCase, Event, Happening
from ..units import DAYS_PER_MONTH, DAYS_PER_YEAR
from .setting import Setting


@dataclass
class Case:
    """An open suspicion about chips of one site: the day of each chip's alert."""

    number: int
    site: int
    opened_day: float
    alert_days: dict[int, float] = field(default_factory=dict)


class Authority:
    """Cases, inspections and their findings.

    Args:
        setting: the run's world.
        excuse: called with each chip that an inspection found under repair.
        start_anew: called with each other chip that an inspection took for present.
        measure_anew: called with each site where an inspection of a case found nobody missing.
    """

    def __init__(
        self,
        setting: Setting,
        excuse: Callable[[int], None],
        start_anew: Callable[[int], None],
        measure_anew: Callable[[int], None],
    ) -> None:
        self._setting = setting
        self._excuse = excuse
        self._start_anew = start_anew
        self._measure_anew = measure_anew
        self._case_numbers = itertools.count()
        self._open: dict[int, Case] = {}
        self._inspections_of: dict[int, int] = {}

    @property
    def open_cases(self) -> int:
        """Cases that wait for an inspection."""
        return len(self._open)

    def take_alert(self, chip: int, site: int, day: float, reason: str) -> None:
        """Add an alert to the site's open case, or open one."""
        case = self._open.get(site)
        if case is None:
            case = self._open[site] = Case(next(self._case_numbers), site, day)
            self._log(Event(day, Happening.CASE_OPENED, site=site, case=case.number))
        case.alert_days.setdefault(chip, day)
        self._log(Event(day, Happening.ALERTED, chip=chip, site=site, case=case.number, detail=reason))

    def inspect_cases(self) -> ProcessGenerator:
        """Use up the month's inspections, evenly spaced; one that finds no open case is lost."""
        per_month = self._setting.scenario.enforcement.case_inspections_per_month
        if per_month <= 0:
            return
        for number in itertools.count(1):
            day = self._setting.scenario.calendar.duty_day + number * DAYS_PER_MONTH / per_month
            yield self._setting.until(day)
            if self._open:
                case = min(self._open.values(), key=lambda case: (-len(case.alert_days), case.opened_day, case.number))
                self._inspect(case, day)

    def visit_at_random(self, site: int) -> ProcessGenerator:
        """End-use checks of one site, at today's rate per site."""
        values = self._setting.values
        per_year = values["end_use_checks_per_year"] * values["end_use_checks_on_ai_chips"] / values["sites_abroad"]
        if per_year <= 0:
            return
        day = 0.0
        for number in itertools.count():
            day += self._setting.draws.exponential(Stream.VISIT, site, number, mean=DAYS_PER_YEAR / per_year)
            yield self._setting.until(day)
            self._log(Event(day, Happening.VISITED, site=site))
            self._establish_absent(self._setting.chips.declared_at(site).tolist(), day, case_number=-1, alert_days={})

    def follow_tip(self, lot: int, chips: range, day: float) -> ProcessGenerator:
        """Act on a tip or a customs hit: the diversion of the whole lot is established, and what is on its way is seized.

        An inspection of the declared site seizes nothing: it finds that the chips are gone, not where they are.
        """
        yield self._setting.until(day)
        self._log(Event(day, Happening.EXPOSED, lot=lot, site=self._setting.chips.site(chips[0])))
        for chip in chips:
            if not self._setting.chips.is_established(chip):
                self._establish(chip, day, alert_day=day, case_day=day, case_number=-1)
            if self._setting.chips.state(chip) is State.SMUGGLED:
                self._setting.chips.move(chip, State.SEIZED, day)
                self._log(Event(day, Happening.SEIZED, chip=chip, lot=lot, site=self._setting.chips.site(chip)))

    def _inspect(self, case: Case, day: float) -> None:
        """Look for the chips of a case, and close it."""
        del self._open[case.site]
        diverted = sum(self._setting.chips.is_diverted(chip) for chip in case.alert_days)
        self._log(Event(day, Happening.INSPECTED, site=case.site, case=case.number, detail=f"{len(case.alert_days)} chips"))
        found = self._establish_absent(
            case.alert_days, day, case_number=case.number, alert_days=case.alert_days, case_day=case.opened_day
        )
        if not found:
            self._measure_anew(case.site)
        for chip in case.alert_days:
            if self._setting.chips.state(chip) is State.REPAIR:
                self._excuse(chip)
            elif not self._setting.chips.is_established(chip):
                self._start_anew(chip)
        self._log(Event(day, Happening.CASE_CLOSED, site=case.site, case=case.number, detail=f"{diverted} diverted"))
        self._setting.record.closed_cases.append(
            ClosedCase(case.number, case.site, case.opened_day, day, len(case.alert_days), diverted)
        )

    def _establish_absent(
        self,
        chips: Iterable[int],
        day: float,
        *,
        case_number: int,
        alert_days: dict[int, float],
        case_day: float | None = None,
    ) -> int:
        """Establish each diverted chip whose absence the inspectors notice; returns their number."""
        table, miss = self._setting.chips, self._setting.values["inspection_miss"]
        found = 0
        for chip in chips:
            if not table.is_diverted(chip) or table.is_established(chip):
                continue
            attempt = self._inspections_of.get(chip, 0)
            self._inspections_of[chip] = attempt + 1
            if self._setting.draws.uniform(Stream.RECOGNISED, chip, attempt) >= miss:
                opened = day if case_day is None else case_day
                self._establish(chip, day, alert_day=alert_days.get(chip, day), case_day=opened, case_number=case_number)
                found += 1
        return found

    def _establish(self, chip: int, day: float, *, alert_day: float, case_day: float, case_number: int) -> None:
        """Record a diversion as established."""
        table = self._setting.chips
        table.establish(chip, alert_day=alert_day, case_day=case_day, day=day)
        site = table.site(chip)
        self._log(Event(day, Happening.ESTABLISHED, chip=chip, site=site, case=case_number))

    def _log(self, event: Event) -> None:
        self._setting.record.write(event)
