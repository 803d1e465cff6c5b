"""The authority: turns alerts into cases, asks operators, and sends out its few inspectors.

An alert at a site joins the site's open case, so that one outage is one case however many chips are silent; until the case
is closed its chips are not judged again. A case is reviewed; the operator is asked to have the chips answer, or to explain
why they cannot; for what is left, the host country is asked for consent and the case waits for an inspector. A tip or
another visit that settles all there was to find calls him off. Apart from that, end-use checks visit sites at random, and
tips or customs expose a lot now and then: these two are all there is without the rule.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from simpy import Interrupt, PriorityResource
from simpy.events import Process, ProcessGenerator

from ..detection.inspection import Method
from ..fleet.chips import State
from ..fleet.supply import Lot
from ..randomness import Stream, lognormal
from ..record import ClosedCase, Event, Finding, Happening, OpenCase, Visit, VisitReason
from ..units import DAYS_PER_YEAR, HOURS_PER_DAY
from ..world.geography import distances_km, hubs
from .consequences import Consequences
from .inspection import Inspections, end_use_check, look_of
from .judge import Judge as Judge
from .revocation import revoke_soon
from .setting import Setting

IntArray = NDArray[np.int64]

NOT_SETTLED_BY_AN_ANSWER = frozenset({"unconfirmed", "drift", "contradiction", "invalid", "endorser"})
"""Reasons of alerts about what chips answer, not about whether they do."""

_STEPS = 1000  # by which urgency is told apart, per chip: priorities are whole numbers


@dataclass
class Case:
    """An open suspicion about chips of one site; `number` counts the cases of the site.

    Attributes:
        parts: chips that are still in question, with the reason of the alert.
        settled: chips that have been explained.
        rma: how many of them because they are under repair.
        established: how many diversions it has established.
        waiting_since: when an inspector was requested, while there is none yet.
    """

    number: int
    site: int
    opened_day: float
    parts: list[tuple[str, IntArray]] = field(default_factory=list)
    settled: list[IntArray] = field(default_factory=list)
    process: Process | None = None
    visited: bool = False
    rma: int = 0
    established: int = 0
    waiting_since: float | None = None

    @property
    def chips(self) -> IntArray:
        """Rows of the chips still in question, in the order of rows."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(chips for _, chips in self.parts)]))

    @property
    def chips_alerted_for_silence(self) -> IntArray:
        """Those of them that are in question because they did not answer."""
        parts = (chips for reason, chips in self.parts if reason not in NOT_SETTLED_BY_AN_ANSWER)
        return np.sort(np.concatenate([np.empty(0, np.int64), *parts]))

    def settle(self, chips: IntArray) -> None:
        """Some of them are explained."""
        self.parts = [(reason, part[~np.isin(part, chips)]) for reason, part in self.parts]
        self.settled.append(chips)

    @property
    def all_chips(self) -> IntArray:
        """Rows of all chips alerted on, in the order of rows."""
        return np.sort(np.concatenate([self.chips, *self.settled]))


class Authority:
    """Cases, visits and their findings."""

    def __init__(self, setting: Setting, judge: Judge) -> None:
        self._setting = setting
        self._judge = judge
        self._open: dict[int, Case] = {}
        self._cases_of: Counter[int] = Counter()
        self._alerted: Counter[str] = Counter()  # chips of closed cases that were looked for, by reason
        self._found: Counter[str] = Counter()  # how many of them were established
        self._inspections = Inspections(setting)
        self._consequences = Consequences(setting)
        if setting.scenario.verification.revocation == "at_once":
            setting.key_misused = lambda batch, day: revoke_soon(setting, judge, batch, day)
        self._post_of_site, self._travel_days = _posts(setting)
        self._pools = self._inspectors_by_post()

    def finish(self, day: float) -> None:
        """The run ends: count the waiting that is not over, and the cases that are still open."""
        for _, case in sorted(self._open.items()):
            self._stop_waiting(case, day)
            everybody = case.all_chips
            self._setting.record.open_cases.append(
                OpenCase(case.number, case.site, case.opened_day, len(everybody), self._diverted(everybody))
            )

    def take_alerts(self, site: int, chips: IntArray, day: float, reason: str) -> None:
        """Add alerts to the site's open case, or open one. The day is that of the round."""
        case = self._open.get(site)
        if case is None:
            case = self._open[site] = Case(self._cases_of[site], site, day)
            self._cases_of[site] += 1
            self._setting.record.write(Event(day, Happening.CASE_OPENED, site=site, case=case.number))
            case.process = self._setting.env.process(self._pursue(case))
        case.parts.append((reason, chips))
        self._setting.chips.alert(chips, day, case.opened_day)
        self._setting.write_chips(day, Happening.ALERTED, chips, site=site, case=case.number, detail=reason)

    def visit_at_random(self, site: int) -> ProcessGenerator:
        """End-use checks of one site, at today's rate per site, by other staff than the inspectors."""
        values = self._setting.values
        per_year = values["end_use_checks_per_year"] * values["end_use_checks_on_ai_chips"] / values["sites_abroad"]
        if per_year <= 0:
            return
        day = 0.0
        for number in itertools.count():
            day += self._setting.draws.exponential(Stream.VISIT, site, number, mean=DAYS_PER_YEAR / per_year)
            yield self._setting.until(day)
            self._visit_site(site, VisitReason.END_USE_CHECK)

    def visit(self, site: int, reason: VisitReason) -> ProcessGenerator:
        """Send a planned inspector to a site; he is back when this ends."""
        env = self._setting.env
        travel_days = self._travel_days[site]  # whom to visit is known so early that notice takes no time
        yield env.timeout(travel_days)
        busy_days = self._visit_site(site, reason)
        yield env.timeout(max(busy_days - travel_days, 1 / HOURS_PER_DAY))

    def follow_tip(self, lot: Lot, day: float) -> ProcessGenerator:
        """Act on a tip or a customs hit: the diversion of what has left is established, and what is on its way is seized.

        An inspection of the declared site finds that the chips are gone, not where they are. A tip about chips that have not
        left yet is acted on when the first of them do.

        Args:
            lot: of which chips are leaving now, or have left.
            day: of the tip.
        """
        day = max(day, self._setting.env.now)
        yield self._setting.until(day)
        self._setting.chips.settle(day)
        self._setting.record.write(Event(day, Happening.EXPOSED, lot=lot.number, site=lot.site))
        chips = self._setting.chips_of(lot)
        chips = chips[~np.isnan(self._setting.chips.column("diverted_day")[chips])]
        self._establish(chips[~self._established(chips)], day, told=True)
        self._consequences.seize(chips, lot.number, day)
        self._call_off_if_settled(lot.site)

    # --- a case -----------------------------------------------------------------------------------------------------------

    def _call_off_if_settled(self, site: int) -> None:
        """Nobody is sent about chips all of which others have established."""
        case = self._open.get(site)
        if case is not None and not case.visited and self._established(case.chips).all():
            assert case.process is not None
            case.process.interrupt("others have settled it")

    def _pursue(self, case: Case) -> ProcessGenerator:
        """Review a case, ask the operator, send an inspector about what is left, and close the case."""
        setting, values = self._setting, self._setting.values
        try:
            spread = setting.draws.uniform(Stream.CASE_REVIEW, case.site, case.number)
            yield setting.env.timeout(
                lognormal(spread, median=values["case_review_days"], log_sd=values["case_review_log_sd"])
            )
            if setting.scenario.enforcement.remote_request_days:
                yield from self._ask_operator(case)
                if self._closes_settled(case):
                    return
                yield from self._wait_as_pleaded(case)
                if self._closes_settled(case):
                    return
            if not self._pools:
                yield setting.env.event()  # nobody can be sent: only others can settle it
            if not (yield from self._ask_host_country(case)):
                self._close(case, Finding.UNKNOWN)
                return
            yield from self._send_inspector(case)
        except Interrupt:
            self._write(case, Happening.CALLED_OFF)
            self._close(case, Finding.ESTABLISHED)

    def _closes_settled(self, case: Case) -> bool:
        """Close a case if nothing is left to look for: all chips are explained, or others have established the rest."""
        if not len(case.chips):
            self._close(case, Finding.RMA if case.rma else Finding.CLEARED)
        elif self._established(case.chips).all():
            self._write(case, Happening.CALLED_OFF)
            self._close(case, Finding.ESTABLISHED)
        else:
            return False
        return True

    def _ask_operator(self, case: Case) -> ProcessGenerator:
        """Ask the operator to have chips answer, or to explain why they cannot; wait for the answer, or until time is up."""
        setting, values = self._setting, self._setting.values
        setting.record.remote_requests += 1
        self._write(case, Happening.REQUESTED)
        whether, when = setting.draws.uniforms(Stream.REMOTE_REQUEST, case.site, case.number, count=2)
        answer = setting.env.event()
        if whether < values["request_answered"]:
            days = lognormal(float(when), median=values["request_answer_days"], log_sd=values["case_review_log_sd"])
            answer = setting.env.timeout(days)
        time_is_up = setting.env.timeout(setting.scenario.enforcement.remote_request_days)
        yield answer | time_is_up
        if answer.processed:
            self._accept(case, explained=True)
            if not len(case.chips) or time_is_up.processed:
                return
            yield time_is_up
        self._accept(case, explained=answer.processed)

    def _wait_as_pleaded(self, case: Case) -> ProcessGenerator:
        """Wait, if the owner says that chips are out of order for a while, until the consignee's budget is used up."""
        setting, site = self._setting, case.site
        left_days = setting.scenario.enforcement.downtime_budget_days - setting.pleaded_days.get(site, 0.0)
        if left_days > 0 and setting.is_pleaded(case.chips):
            setting.pleaded_days[site] = setting.pleaded_days.get(site, 0.0) + left_days
            yield setting.env.timeout(left_days)
            self._accept(case, explained=True)

    def _accept(self, case: Case, *, explained: bool) -> None:
        """Settle what is proved: silent chips that answer now; if the operator explains, repairs, moves and withdrawals.

        The maker confirms a repair, unless the owner's word is enough, and an owner who is asked where a lot is reports its
        move.
        """
        setting, table = self._setting, self._setting.chips
        table.settle(setting.env.now)
        silent = case.chips_alerted_for_silence
        silent = silent[~self._established(silent)]
        state, lots = (np.asarray(table.column(name))[silent] for name in ("state", "lot"))
        settled = setting.answer(silent)
        repair = np.zeros(len(silent), bool)
        if explained:
            repair = setting.in_reported_repair(silent)
            settled |= repair
            settled |= np.isin(state, (State.MOVING, State.ELSEWHERE, State.WITHDRAWN)) & np.isin(
                lots, list(setting.reports_due)
            )
            self._report_moves(silent)
        self._write(case, Happening.REQUEST_ANSWERED, chips=int(np.count_nonzero(settled)))
        if settled.any():
            case.settle(silent[settled])
            case.rma += int(np.count_nonzero(repair))
            self._release(silent[settled], silent[repair])

    def _ask_host_country(self, case: Case) -> ProcessGenerator:
        """Ask for consent to an inspection; whether it is given."""
        setting, values = self._setting, self._setting.values
        whether, when = setting.draws.uniforms(Stream.CONSENT, case.site, case.number, count=2)
        days = lognormal(float(when), median=values["consent_days"], log_sd=values["case_review_log_sd"])
        if days > 0:
            yield setting.env.timeout(days)
        if whether < values["consent_refused"]:
            self._write(case, Happening.CONSENT_REFUSED)
            return False
        return True

    def _send_inspector(self, case: Case) -> ProcessGenerator:
        """Wait for an inspector of the nearest post and send him; he is kept until he has written his report."""
        setting = self._setting
        pool = self._pools[int(self._post_of_site[case.site]) % len(self._pools)]  # fewer in a sample of sites
        travel_days = self._travel_days[case.site]
        notice_days = setting.scenario.enforcement.notice_days - travel_days
        if notice_days > 0:  # he is not kept while it runs
            yield setting.env.timeout(notice_days)
        case.waiting_since = setting.env.now
        try:
            with pool.request(priority=-round(_STEPS * self._urgency(case))) as inspector:
                yield inspector
                wait_days = self._stop_waiting(case, setting.env.now)
                self._write(case, Happening.SENT_OUT)
                yield setting.env.timeout(travel_days)
                case.visited = True
                busy_days = self._visit_case(case, wait_days)
                yield setting.env.timeout(max(0.0, busy_days - travel_days))
        finally:
            self._stop_waiting(case, setting.env.now)

    def _visit_case(self, case: Case, wait_days: float) -> float:
        """Look for the chips of a case, and close it; returns the days that the inspector is busy."""
        setting, day = self._setting, self._setting.env.now
        setting.chips.settle(day)
        chips = case.chips
        self._write(case, Happening.INSPECTED, chips=len(chips))
        self._report_moves(chips)
        look = look_of(setting.scenario)
        tested, missing = self._inspections.inspect(case.site, chips, look)
        busy_days = self._busy_days(case.site, tested, look.method)
        free_day = day + busy_days - self._travel_days[case.site]
        setting.record.visits.append(
            Visit(day, case.site, VisitReason.CASE, tested, len(missing), busy_days, free_day, wait_days)
        )  # fmt: skip
        self._establish_missing(missing, day, case.number)
        case.established = len(missing)
        under_repair = bool((np.asarray(setting.chips.column("state"))[chips] == State.REPAIR).any())
        if len(missing):
            self._close(case, Finding.ESTABLISHED)
        else:
            self._judge.measure_anew(case.site)
            self._close(case, Finding.RMA if under_repair else Finding.CLEARED)
        return busy_days

    def _close(self, case: Case, finding: Finding) -> None:
        """Close a case. Chips in repair, as seen or reported, are excused until they are back; others are judged afresh."""
        table, day = self._setting.chips, self._setting.env.now
        table.settle(day)
        del self._open[case.site]
        if case.visited:
            for reason, chips in case.parts:
                self._alerted[reason] += len(chips)
                self._found[reason] += int(np.count_nonzero(self._established(chips)))
        chips, everybody = case.chips, case.all_chips
        diverted = self._diverted(everybody)
        at_large = chips[~self._established(chips)]
        seen = np.asarray(table.column("state"))[at_large] == State.REPAIR
        known = seen if case.visited else self._setting.in_reported_repair(at_large)
        self._release(at_large, at_large[known])
        self._write(case, Happening.CASE_CLOSED, chips=len(everybody), detail=f"{finding}: {diverted} diverted")
        self._setting.record.closed_cases.append(
            ClosedCase(
                case.number,
                case.site,
                case.opened_day,
                day,
                len(everybody),
                diverted,
                case.visited,
                finding,
                case.established,
            )
        )

    def _release(self, chips: IntArray, under_repair: IntArray) -> None:
        """Let chips out of their case; those under repair are excused until they are back."""
        others = chips[~np.isin(chips, under_repair)]
        self._setting.chips.end_case(under_repair, excused=True)
        self._setting.chips.end_case(others, excused=False)
        self._judge.judge_again(chips)

    # --- what visits and tips establish -----------------------------------------------------------------------------------

    def _visit_site(self, site: int, reason: VisitReason) -> float:
        """Inspect a site that nobody has alerted on; returns the days that this takes."""
        setting, day = self._setting, self._setting.env.now
        setting.chips.settle(day)
        setting.record.write(Event(day, Happening.VISITED, site=site, detail=reason.value))
        chips = self._inspections.declared_at(site)
        end_use = reason is VisitReason.END_USE_CHECK
        look = end_use_check(setting.values) if end_use else look_of(setting.scenario)
        tested, missing = self._inspections.inspect(site, chips, look)
        self._establish_missing(missing, day)
        self._call_off_if_settled(site)
        busy_days = self._busy_days(site, tested, look.method)
        free_day = day + busy_days - self._travel_days[site]
        setting.record.visits.append(Visit(day, site, reason, tested, len(missing), busy_days, free_day, 0.0))
        return busy_days

    def _establish_missing(self, missing: IntArray, day: float, case_number: int = -1) -> None:
        """Establish what an inspector found to be missing, and let customs look for it."""
        self._establish(missing, day, case_number)
        self._consequences.stop_on_the_way(np.unique(np.asarray(self._setting.chips.column("lot"))[missing]), day)

    def _establish(self, chips: IntArray, day: float, case_number: int = -1, *, told: bool = False) -> None:
        """Record diversions as established."""
        if not len(chips):
            return
        self._judge.stop(chips)
        self._setting.chips.establish(chips, day)
        column = self._setting.chips.column
        self._consequences.follow(np.unique(np.asarray(column("lot"))[chips]), told=told)
        sites = np.asarray(column("site"))[chips]
        for site in np.unique(sites):
            here = chips[sites == site]
            self._setting.write_chips(day, Happening.ESTABLISHED, here, site=int(site), case=case_number)

    def _report_moves(self, chips: IntArray) -> None:
        """Owners of lots that have lawfully moved show where they are."""
        for lot in np.unique(np.asarray(self._setting.chips.column("lot"))[chips]).tolist():
            report = self._setting.reports_due.get(lot)
            if report is not None and not report.triggered:
                report.succeed()

    # --- inspectors -------------------------------------------------------------------------------------------------------

    def _inspectors_by_post(self) -> list[PriorityResource]:
        """Inspectors for cases, spread over the posts in turn; none where there are too few for all posts."""
        enforcement = self._setting.scenario.enforcement
        for_cases = enforcement.inspectors - enforcement.planned_inspectors
        posts = max(1, min(len(enforcement.posts), for_cases))
        numbers = [len(range(post, for_cases, posts)) for post in range(posts)]
        return [PriorityResource(self._setting.env, capacity=number) for number in numbers if number]

    def _urgency(self, case: Case) -> float:
        """Chips in question; or how many of them are expected to be diverted, by what earlier cases of their kind showed.

        A share that has not been seen yet is taken to be anything between 0 and 1 (Laplace's rule of succession).
        """
        if self._setting.scenario.enforcement.triage == "chips":
            return len(case.chips)
        return sum(
            len(chips) * (self._found[reason] + 1) / (self._alerted[reason] + 2) for reason, chips in case.parts
        )  # fmt: skip

    def _busy_days(self, site: int, tested: int, method: Method) -> float:
        """Days that a visit takes: as many as usual, or longer if there is more to test."""
        needed = self._travel_days[site] + self._inspections.test_days(tested, method)
        return float(max(self._setting.values["inspection_days"], needed))

    def _stop_waiting(self, case: Case, day: float) -> float:
        """A case waits for an inspector no longer; returns how long it has."""
        if case.waiting_since is None:
            return 0.0
        waited, case.waiting_since = day - case.waiting_since, None
        self._setting.record.waiting_case_days += waited
        return waited

    def _diverted(self, chips: IntArray) -> int:
        """How many of some chips are diverted, whoever knows it."""
        return int(np.count_nonzero(~np.isnan(self._setting.chips.column("diverted_day")[chips])))

    def _established(self, chips: IntArray) -> NDArray[np.bool_]:
        established: NDArray[np.bool_] = ~np.isnan(self._setting.chips.column("established_day")[chips])
        return established

    def _write(self, case: Case, happening: Happening, chips: int = 1, detail: str = "") -> None:
        self._setting.record.write(
            Event(self._setting.env.now, happening, site=case.site, case=case.number, chips=chips, detail=detail)
        )


def _posts(setting: Setting) -> tuple[IntArray, NDArray[np.float64]]:
    """The post from which each site is visited, and the days that takes, shape (sites,) each."""
    enforcement, values = setting.scenario.enforcement, setting.values
    for_cases = enforcement.inspectors - enforcement.planned_inspectors
    names = enforcement.posts[: max(round(for_cases / setting.sample.share), 1)]  # of the nation's inspectors
    preparation = np.full(len(setting.sites), values["inspection_travel_days"])
    if not names:
        return np.zeros(len(setting.sites), np.int64), preparation
    places = {hub.name: hub.position for hub in hubs()}
    km = distances_km([site.place.position for site in setting.sites], [places[name] for name in names])
    return km.argmin(axis=1), preparation + km.min(axis=1) / values["travel_km_per_day"]
