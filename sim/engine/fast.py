"""The fast engine: one SimPy event per round of challenges, numpy inside. Its cost follows the exceptions, not the chips.

Most chips answer most challenges, and most answers show nothing. A round therefore looks only at chips that may be silent or
suspicious, and leaves the others alone. In each round, in this order:

1. faults, returns and replacements up to the moment of the round take place (all other changes already have);
2. silent are: chips known to have no path, those behind a site's link that is cut off, those whose attempts are all lost;
3. of the others, answers that may contradict the declared site or be suspicious are read, and some are really signed;
4. the lengths of runs are updated: what the round does not add to is forgotten;
5. detectors look at what the round has shown; alerts are raised, and join the open case of their site.

A run needs no visit to end: it is kept only if the round adds to it. Chips in an open case are not judged. The
plain counterpart of all this is `reference`; tests hold the two against each other, chip by chip.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..actors.setting import NOWHERE, Detour, Setting
from ..actors.verifier import Verifier
from ..detection.reading import Outlook
from ..detection.schedule import NEVER_ASKED
from ..detection.seen import RoundSeen
from ..detection.verdicts import Verdict
from ..fleet.chips import AWAY, GONE, IN_CASE, WAIVED, State
from ..fleet.supply import Lot
from ..randomness import Stream
from ..record import Happening
from ..sparse import SPARSE_LIMIT, layers_below
from ..world.jitter import to_deviates
from ..world.keys import REVOCABLE
from .faults import Faults
from .runs import Runs, SequentialTests, among
from .site_readings import WELL_BELOW, SiteReadings, all_of_each, well_below_limits
from .wiring import run_engine

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Alert = Callable[[int, IntArray, float, str], None]

MOST_PARTS = 64
"""Arrays in which the chips of a site are kept before they are put together: each costs more than the chips in it."""

_NOBODY = np.empty(0, np.int64)
_SILENT = np.isin(np.arange(len(State)), [State.REPAIR, State.MOVING, State.WITHDRAWN])
_AWAY = np.isin(np.arange(len(State)), AWAY)
_GONE = np.isin(np.arange(len(State)), GONE)


class RoundByRound(Verifier):
    """All chips of a round at once."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._active = setting.scenario.verification.active
        self._table = setting.chips
        self._alert: Alert = lambda site, chips, day, reason: None
        self._faults = Faults(setting, self.sparse, self._join)
        self._table.settle, self._table.on_move = self._faults.settle, self._notice_move
        setting.link_changed = self._note_link
        self._sites = SiteReadings(setting)
        self._cut_off = {site for site, status in enumerate(setting.site_status) if status.cut_off}
        self._is_cut_off_site = np.array([*(status.cut_off for status in setting.site_status), False])  # last: NOWHERE
        self._is_excused_site = np.array([status.excused for status in setting.site_status])
        self._members: list[list[IntArray]] = [[] for _ in setting.sites]  # covered chips ever declared there
        self._due = np.zeros(len(setting.sites), np.int64)  # of them, those that are asked now
        self._phases = self.schedule.phase_of_site
        self._is_of_phase = [np.append(self._phases == phase, False) for phase in range(len(self.schedule.phase_days))]
        self._sites_of = [np.flatnonzero(self._phases == phase) for phase in range(len(self.schedule.phase_days))]
        self._quiet = [_NOBODY for _ in self._sites_of]  # chips of each phase that had no path in its last round
        self._fresh: list[IntArray] = []  # chips that may have lost theirs since
        self._detours: list[dict[int, Detour]] = [{} for _ in self._sites_of]  # whose answers may show something
        self._dormant: dict[int, list[Detour]] = {}  # by site: of no interest until something about the site changes
        self._answering = np.zeros(1, bool)  # by number of the detour: chips on it answer; last: those on none
        self._is_lost = np.zeros(0, bool)  # by row, of the chips whose attempts are all lost in the round at work
        self._missed = [Runs(_NOBODY, _NOBODY) for _ in self._sites_of]
        self._suspicious = [Runs(_NOBODY, _NOBODY) for _ in self._sites_of]
        self._open_tests = [SequentialTests.none() for _ in self._sites_of]
        self._unheard = _NOBODY  # chips of lots shipped under the duty that have never answered
        self._followed = _NOBODY  # chips in cases whose every answer is signed

    # --- what the actors tell ---------------------------------------------------------------------------------------------

    def processes(self, alert: Alert) -> Iterator[ProcessGenerator]:
        """One process for the rounds of each phase."""
        self._alert = alert
        if self.setting.scenario.trace:
            yield self._settle_each_day()
        if self._active:
            for phase, sites in enumerate(self._sites_of):
                if len(sites):
                    yield self._rounds(phase)

    def _settle_each_day(self) -> ProcessGenerator:
        """Keep the log of faults no more than a day behind, whoever looks or not."""
        for day in itertools.count(1):
            yield self.setting.until(float(day))
            self._table.settle(float(day))

    def install(self, chips: IntArray, day: float) -> None:
        """Chips are at their declared site; those that are covered are asked from the next round on."""
        slots = self._table.column("slot")[chips]
        self._faults.spare(range(int(slots[0]), int(slots[-1]) + 1), day)
        self._join(chips)

    def expect(self, lot: Lot) -> None:
        """A lot has been shipped: await the first answer of its chips."""
        if not self._active:
            return
        chips = self.setting.chips_of(lot)
        if self._awaits_answers and self._table.column("covered")[chips[0]]:
            self._unheard = np.concatenate([self._unheard, chips])

    def redeclare(self, chips: IntArray, day: float) -> None:
        """Chips have another declared site, and a new history there."""
        covered = chips[np.asarray(self._table.column("covered"))[chips]]
        if not len(covered) or not self._active:
            return
        lot = int(self._table.column("lot")[covered[0]])
        self._due[self.setting.lots[lot].site] -= len(covered)
        self._forget_runs(covered)
        self._join(covered)
        self._fresh.append(covered)

    def judge_again(self, chips: IntArray) -> None:
        """Forget what led to a case."""
        self._forget_runs(chips)
        self._fresh.append(chips)
        if self._awaits_answers:
            self._unheard = self._unheard[~np.isin(self._unheard, self.remind(chips))]

    def stop(self, chips: IntArray) -> None:
        """Ask chips no more, as long as they are still asked."""
        column = self._table.column
        asked = chips[~_GONE.take(column("state")[chips]) & np.asarray(column("covered"))[chips]]
        asked = asked[np.asarray(column("activated"))[asked]]
        self._due -= np.bincount(self._table.column("site")[asked], minlength=len(self._due))

    def finish(self, day: float) -> None:
        """Nothing is left to do."""

    def forget(self, site: int) -> None:
        """What answers from a site show has changed."""
        super().forget(site)
        status = self.setting.site_status[site]
        if status.clearable or self.drift_ms is not None or not self._sites.closed_for_good[site]:
            self._sites.until_day[site] = -np.inf  # otherwise its answers still mean nothing
        self._look_again(site)

    def _note_link(self, site: int) -> None:
        """A site is cut off, or back."""
        status = self.setting.site_status[site]
        (self._cut_off.add if status.cut_off else self._cut_off.discard)(site)
        self._is_cut_off_site[site], self._is_excused_site[site] = status.cut_off, status.excused
        self._look_again(site)

    def _look_again(self, site: int) -> None:
        """Take an interest again in chips elsewhere that a site is of importance to."""
        for detour in self._dormant.pop(site, ()):
            self._detours[self._phases[self.setting.lots[detour.lot].site]][detour.number] = detour

    def _join(self, chips: IntArray) -> None:
        """Chips are declared at a site from now on."""
        if not self._active:
            return
        covered = chips[np.asarray(self._table.column("covered"))[chips]]
        if not len(covered):
            return
        sites = np.asarray(self._table.column("site"))[covered]
        if (sites == sites[0]).all():
            self._members[sites[0]].append(covered.astype(np.int32))
            self._due[sites[0]] += len(covered)
            return
        for chip, site in zip(covered, sites.tolist(), strict=True):
            members = self._members[site]
            members.append(np.array([chip], np.int32))
            if len(members) > MOST_PARTS:
                members[:] = [np.concatenate(members)]
        self._due += np.bincount(sites, minlength=len(self._due))

    def _notice_move(self, chips: IntArray, before: NDArray[np.int8], to: State) -> None:
        """Keep the lists up to date when chips change their state."""
        if not self._active:
            return
        if _SILENT[to]:
            self._fresh.append(chips)
        elif _AWAY[to]:
            activated = chips[np.asarray(self._table.column("activated"))[chips]]
            self._fresh.append(activated)
            for number in np.unique(np.asarray(self._table.column("detour"))[activated]).tolist():
                self._take_detour(number, activated)
        elif _GONE[to]:
            established = ~np.isnan(self._table.column("established_day")[chips])
            asked = chips[~established & np.asarray(self._table.column("covered"))[chips]]
            asked = asked[np.asarray(self._table.column("activated"))[asked]]
            self._due -= np.bincount(self._table.column("site")[asked], minlength=len(self._due))

    def _take_detour(self, number: int, chips: IntArray) -> None:
        detour = self.setting.detours[number]
        if number + 1 >= len(self._answering):
            self._answering = np.concatenate([self._answering, np.zeros(number + 1, bool)])
        self._answering[number] = detour.answer is not None
        if detour.answer is not None:
            phase = self._phases[self._table.column("site")[chips[0]]]
            if phase != NEVER_ASKED:
                self._detours[phase][number] = detour

    def _forget_runs(self, chips: IntArray) -> None:
        chips = np.sort(chips)
        for kind in (self._missed, self._suspicious):
            for phase, runs in enumerate(kind):
                kind[phase] = runs.part(~among(runs.chips, chips))
        for phase, tests in enumerate(self._open_tests):
            self._open_tests[phase] = tests.part(~among(tests.chips, chips))

    # --- the round --------------------------------------------------------------------------------------------------------

    def _rounds(self, phase: int) -> ProcessGenerator:
        number = self.schedule.first_round(phase, self.setting.scenario.calendar.duty_day)
        while (day := self.schedule.day(number, phase)) < self.end_day:
            yield self.setting.until(day)
            self._round(number, phase, day)
            number += 1

    def _round(self, number: int, phase: int, day: float) -> None:
        """One round; see the head of this module for the order."""
        self._table.settle(day)
        record, sites, slot = self.setting.record, self._sites_of[phase], self.schedule.slot(day)
        record.challenges += int(self._due[sites].sum())
        self.look_at_landmarks()
        for site in sites[self._sites.until_day[sites] <= day].tolist():
            self._sites.renew(site, self.outlook_of_site(site, day))

        lost = self._lost(phase, slot)
        self._note_lost(lost, True)
        away, silent_away, refused = self._away(phase, day)
        signing = self._to_sign(phase, slot)
        small = self._small(slot, [signing, *(group.chips for group in away)])
        silent = np.concatenate([self._pathless(phase), self._behind_a_cut_link(sites), self._judged(lost), silent_away])
        contradicting, suspicious = self._read_sites(phase, slot, small)
        for group in away:
            refuted, doubtful = group.outlook.read(group.outlook.times_ms(self._deviates(group, slot, small)))
            contradicting = np.concatenate([contradicting, group.chips[refuted]])
            suspicious = np.concatenate([suspicious, group.chips[doubtful]])
        invalid = refused
        if len(signing):
            contradicting, suspicious, invalid = self._sign(signing, slot, day, small, contradicting, suspicious, refused)
        self._note_lost(lost, False)

        proves_nothing = self.undecided[self._table.column("site")[suspicious]]
        undecided, suspicious = suspicious[proves_nothing], suspicious[~proves_nothing]
        self._count(day, sites, silent, suspicious)
        record.silences += len(silent)
        record.suspicious += len(suspicious)
        record.refuted += len(contradicting) + len(invalid)
        self.setting.trace_chips(day, Happening.SILENT, silent)
        self.setting.trace_chips(day, Happening.SUSPICIOUS, suspicious)
        if self._awaits_answers:
            self._note_answers(phase, silent)
        if self._excuses:
            silent = self._unexcused(silent)
        missed, before = self._missed[phase].extended(silent), self._suspicious[phase]
        self._missed[phase] = missed.merged(self._missed[phase].part(self._excused(self._missed[phase].chips)))
        waits = among(before.chips, missed.chips)  # silence in between does not end a run
        waits |= among(before.chips, np.sort(undecided)) | self._excused(before.chips)
        doubted = before.extended(suspicious)
        self._suspicious[phase] = doubted.merged(before.part(waits))
        if self._tests:
            self._test(phase, missed.chips)
        unheard = self._still_unheard(phase) if self._awaits_answers else _NOBODY
        seen = RoundSeen(
            day=day,
            number=number - self.schedule.first_round(phase, self.setting.scenario.calendar.duty_day),
            asked=np.where(self._is_of_phase[phase][:-1], self._due, 0),
            silent=missed.chips,
            missed_rounds=missed.lengths,
            tested=self._open_tests[phase].of(missed.chips),
            suspicious=doubted.chips,
            suspicious_rounds=doubted.lengths,
            contradicting=contradicting,
            invalid=invalid,
            unheard=unheard,
            awaited_since=self.awaited_since(unheard),
            column=self._table.column,
            asked_of_lot=self._asked_of_lot,
            in_reported_repair=self.setting.in_reported_repair,
            clearable=self.unconfirmed_counts,
        )
        self._raise_alerts(seen)

    def _note_answers(self, phase: int, silent: IntArray) -> None:
        """Await no more the first answer of chips that have answered in the round."""
        here = self._phases.take(self._table.column("site")[self._unheard]) == phase
        asked = self._judged(self._still_asked(self._unheard[here]))
        answered = asked[~among(asked, np.sort(silent))]
        self._unheard = self._unheard[~np.isin(self._unheard, answered)]

    def _still_unheard(self, phase: int) -> IntArray:
        """Judged chips of a phase that have never answered, asked or on their way to the declared site."""
        column = self._table.column
        chips = self._judged(self._unheard[self._phases.take(column("site")[self._unheard]) == phase])
        there = np.isnan(column("established_day")[chips]) & ~_GONE.take(column("state")[chips])
        return np.sort(chips[there])

    def _unexcused(self, silent: IntArray) -> IntArray:
        """Excuse silent chips whose repair is reported; the others."""
        excused = self.setting.in_reported_repair(silent)
        self._table.excuse(silent[excused])
        return silent[~excused]

    def _test(self, phase: int, silent: IntArray) -> None:
        """Carry the sequential tests of a phase on."""
        tests = self._open_tests[phase]
        waits = tests.part(self._excused(tests.chips))
        asked = np.isin(tests.chips, self._judged(self._still_asked(tests.chips)))
        self._open_tests[phase] = tests.part(asked).after(silent, self._thresholds).merged(waits)

    def _asked_of_lot(self, lot: int, site: int) -> int:
        """Chips asked that belong to a lot and are declared at a site."""
        chips = self._still_asked(self.setting.chips_of(self.setting.lots[lot]))
        return int(np.count_nonzero(np.asarray(self._table.column("site"))[chips] == site))

    def _count(self, day: float, sites: IntArray, silent: IntArray, suspicious: IntArray) -> None:
        """Count the round by site."""
        site_of, number = self._table.column("site"), len(self._due)
        silent_at, suspicious_at = (np.bincount(site_of[chips], minlength=number) for chips in (silent, suspicious))
        self.setting.record.rounds.add(day, sites, self._due[sites], silent_at[sites], suspicious_at[sites])

    def _lost(self, phase: int, slot: int) -> IntArray:
        """Chips of a phase that have a path, of whose challenge every attempt is lost."""
        slots = self.sparse.chosen(Stream.CHALLENGE_LOST, slot, self.loss, self._table.slots, self.level)
        chips = self._table.occupants(slots[self._slots_asked(slots, phase)])
        column = self._table.column
        state = column("state")[chips]
        there = (state == State.INSTALLED) & np.asarray(column("covered"))[chips]
        is_away = _AWAY.take(state)
        if is_away.any():
            away = self._still_asked(chips[is_away])
            chips = np.concatenate([chips[there], away[self._has_path(away)]])
        else:
            chips = chips[there]
        return chips[~self._is_cut_off(chips)] if self._cut_off else chips

    def _note_lost(self, lost: IntArray, yes: bool) -> None:
        """Note, or forget, of which chips every attempt is lost."""
        if len(self._is_lost) < len(self._table):
            self._is_lost = np.zeros(len(self._table) * 5 // 4 + 1024, bool)
        self._is_lost[lost] = yes

    def _asked(self, slots: IntArray, phase: int) -> IntArray:
        """Chips in some slots that are asked in a phase."""
        return self._still_asked(self._table.occupants(slots[self._slots_asked(slots, phase)]))

    def _still_asked(self, chips: IntArray) -> IntArray:
        """Chips that are covered, activated, not gone and not established."""
        column = self._table.column
        state = column("state")[chips]
        asked = np.asarray(column("covered"))[chips] & np.asarray(column("activated"))[chips] & ~_GONE.take(state)
        asked &= np.isnan(column("established_day")[chips])
        those: IntArray = chips[asked]
        return those

    def _slots_asked(self, slots: IntArray, phase: int) -> BoolArray:
        """Which slots are filled by chips declared at a site of a phase."""
        here: BoolArray = self._is_of_phase[phase].take(self._table.sites_of_slots(slots))
        return here

    def _judged(self, chips: IntArray) -> IntArray:
        """Those that are in no case and not excused, nor is their site."""
        those: IntArray = chips[((self._table.column("marks")[chips] & WAIVED) == 0) & ~self._excused(chips)]
        return those

    def _excused(self, chips: IntArray) -> BoolArray:
        """Which chips are declared at a site whose outage the authority knows of."""
        excused: BoolArray = self._is_excused_site.take(self._table.column("site")[chips])
        return excused

    def _has_path(self, chips: IntArray) -> BoolArray:
        """Whether chips have a path to the landmarks, be it cut off or not."""
        state = self._table.column("state")[chips]
        there: BoolArray = state == State.INSTALLED
        away = _AWAY.take(state)
        there[away] = self._answer(chips[away])
        return there

    def _answer(self, chips: IntArray) -> BoolArray:
        """Whether chips that are away from their declared site answer."""
        numbers = np.asarray(self._table.column("detour"))[chips].astype(np.int64)
        answer: BoolArray = self._answering.take(np.where(numbers < len(self._answering), numbers, -1))
        return answer

    def _is_cut_off(self, chips: IntArray) -> BoolArray:
        """Whether the link of the site that their answers pass is cut off."""
        through = np.asarray(self._table.column("site"))[chips].astype(np.int64)
        state = self._table.column("state")[chips]
        for index in np.flatnonzero(_AWAY.take(state)):
            through[index] = self.setting.detours[self._table.column("detour")[chips[index]]].through_site
        cut_off: BoolArray = self._is_cut_off_site.take(through)
        return cut_off

    def _pathless(self, phase: int) -> IntArray:
        """Chips of a phase that have no path: those known from its last round, and those that may have lost it since."""
        column = self._table.column
        if self._fresh:
            fresh = np.concatenate(self._fresh)
            phases = self._phases.take(column("site")[fresh])
            here = phases == phase
            later = ~here & (phases != NEVER_ASKED)
            self._fresh = [fresh[later]] if later.any() else []
            chips = np.sort(np.concatenate([self._quiet[phase], fresh[here]]))
            self._quiet[phase] = chips[np.append(True, chips[1:] != chips[:-1])] if len(chips) else chips
        chips = self._quiet[phase]
        state = column("state")[chips]
        quiet = _SILENT.take(state)
        away = _AWAY.take(state)
        quiet[away] = ~self._answer(chips[away])
        quiet &= np.isnan(column("established_day")[chips]) & (self._phases.take(column("site")[chips]) == phase)
        quiet &= np.asarray(column("covered"))[chips] & np.asarray(column("activated"))[chips]
        quiet &= (column("marks")[chips] & WAIVED) == 0
        self._quiet[phase] = chips[quiet]
        return self._judged(chips[quiet])

    def _behind_a_cut_link(self, sites: IntArray) -> IntArray:
        """Judged chips that are at sites cut off."""
        parts = [self._at_work(site) for site in sorted(self._cut_off) if site in sites]
        return np.concatenate([_NOBODY, *parts])

    def _at_work(self, site: int) -> IntArray:
        """Judged chips that are at work at their declared site."""
        members = self._members[site]
        if len(members) > 1:
            members[:] = [np.concatenate(members)]
        chips = members[0].astype(np.int64) if members else _NOBODY
        column = self._table.column
        return self._judged(chips[(column("site")[chips] == site) & (column("state")[chips] == State.INSTALLED)])

    def _small(self, slot: int, wanted: list[IntArray]) -> tuple[IntArray, FloatArray]:
        """Slots whose answer to the nearest landmark is slow, and the uniform numbers of its jitter, ascending.

        All layers are looked at for sites all of whose answers are read or from which chips are wanted, and of other sites
        as many as their limits need.
        """
        readings, sites_of = self._sites, self._table.sites_of_slots
        limits = np.where(readings.all_looked_at, SPARSE_LIMIT, readings.slow_limits[:, 0])
        limits[self._table.column("site")[np.concatenate([_NOBODY, *wanted])]] = SPARSE_LIMIT
        depth = np.append(layers_below(limits), 0).astype(np.uint8)  # the last is where there is no chip
        return self.jitter.small(
            slot, lambda slots: depth.take(sites_of(slots)), int(depth.max()), self._table.slots, self.level
        )

    def _read_sites(self, phase: int, slot: int, small: tuple[IntArray, FloatArray]) -> tuple[IntArray, IntArray]:
        """Chips at their declared sites whose answers contradict them, and those whose answers are suspicious."""
        readings, sites, site_of = self._sites, self._sites_of[phase], np.asarray(self._table.column("site"))
        slow, nearest = self._slow(phase, small)
        limits = np.where(readings.nearest_decides, readings.slow_limits[:, 0] * WELL_BELOW, 0.0)
        clear = nearest < limits.take(site_of[slow])
        of_site = [self._looked_at(site, slot) for site in sites[readings.all_looked_at[sites]].tolist()]
        suspicious = np.concatenate([slow[clear], *(certain for certain, _ in of_site)])
        doubtful = np.concatenate([slow[~clear], *(others for _, others in of_site)])
        if not len(doubtful):
            return _NOBODY, suspicious
        uniforms = self.jitter.uniforms(self._slots(doubtful), slot, readings.landmarks, 1, small, self.level)
        contradicts, confirmed = readings.read(site_of[doubtful].astype(np.intp), uniforms)
        return doubtful[contradicts], np.concatenate([suspicious, doubtful[confirmed]])

    def _slow(self, phase: int, small: tuple[IntArray, FloatArray]) -> tuple[IntArray, FloatArray]:
        """Judged chips at their declared sites whose nearest landmark's time is long enough to look at the others'.

        Sites all of whose answers are read are left out.
        """
        readings, column = self._sites, self._table.column
        limits = np.where(readings.all_looked_at | (self._phases != phase), 0.0, readings.slow_limits[:, 0])
        limits[list(self._cut_off)] = 0.0
        slow = small[1] < np.append(limits, 0.0).take(self._table.sites_of_slots(small[0]))
        chips, uniforms = self._table.occupants(small[0][slow]), small[1][slow]
        there = (column("state")[chips] == State.INSTALLED) & np.asarray(column("covered"))[chips] & ~self._is_lost[chips]
        there &= (column("marks")[chips] & WAIVED) == 0  # sites that are excused are cut off
        return chips[there], uniforms[there]

    def _looked_at(self, site: int, slot: int) -> tuple[IntArray, IntArray]:
        """Judged chips at a site all of whose answers are looked at: those certainly suspicious, and those to be read."""
        if site in self._cut_off:
            return _NOBODY, _NOBODY
        chips = self._at_work(site)
        chips = chips[~self._is_lost[chips]]
        limits = self._sites.slow_limits[site]
        if self._sites.contradictable[site]:
            return _NOBODY, chips
        certain = np.full(len(chips), self._sites.decided[site] and limits[0] >= 1)
        if (limits[1:] < 1).any():
            others = self.jitter.others(self._slots(chips), slot, self._sites.landmarks, self.level)
            slow = all_of_each(others < limits[1:])
            certain &= all_of_each(others < well_below_limits(limits[1:]))
            return chips[certain], chips[slow & ~certain]
        return chips[certain], chips[~certain]

    def _slots(self, chips: IntArray) -> IntArray:
        return np.asarray(self._table.column("slot"))[chips].astype(np.int64)

    def _away(self, phase: int, day: float) -> tuple[list[_Group], IntArray, IntArray]:
        """Judged chips that answer by a path of their own, where that can show anything; those silent behind a cut link, and
        those whose evidence is refused.
        """
        column, detours, silent, refused = self._table.column, self._detours[phase], [_NOBODY], [_NOBODY]
        groups: list[_Group] = []
        if not detours:
            return groups, _NOBODY, _NOBODY
        remaining: dict[int, Detour] = {}
        # All detours together, for each has but a few chips: then each one's own.
        of_detour = np.repeat(np.array(list(detours), np.int64), [len(detour.slots) for detour in detours.values()])
        chips = self._table.occupants(np.concatenate([detour.slots for detour in detours.values()]))
        away = _AWAY.take(column("state")[chips]) & np.isnan(column("established_day")[chips])
        away &= np.asarray(column("detour"))[chips] == of_detour
        chips, of_detour = chips[away], of_detour[away]
        sites = np.asarray(column("site"))[chips]
        is_judged = np.asarray(column("covered"))[chips] & ((column("marks")[chips] & WAIVED) == 0)
        is_judged &= ~self._is_excused_site.take(sites)
        starts = np.flatnonzero(np.append(True, of_detour[1:] != of_detour[:-1])) if len(chips) else _NOBODY
        for start, end in zip(starts.tolist(), [*starts.tolist()[1:], len(chips)], strict=False):
            number, site = int(of_detour[start]), int(sites[start])
            detour = detours[number]
            assert detour.answer is not None
            if self._phases[site] != phase:
                continue
            judged = chips[start:end][is_judged[start:end]]
            if detour.through_site in self._cut_off:
                silent.append(judged)
            elif not self.setting.accepts(detour, day):
                refused.append(judged[~self._is_lost[judged]])
            else:
                outlook = self.outlook_of_detour(detour, site, day)
                if outlook.closed_for_good and detour.answer.key not in REVOCABLE:
                    self._dormant.setdefault(site, []).append(detour)
                    if detour.through_site not in (site, NOWHERE):
                        self._dormant.setdefault(detour.through_site, []).append(detour)
                    continue
                if outlook.open and len(judged):
                    groups.append(_Group(judged[~self._is_lost[judged]], outlook))
            remaining[number] = detour
        self._detours[phase] = remaining
        return groups, np.concatenate(silent), np.concatenate(refused)

    def _deviates(self, group: _Group, slot: int, small: tuple[IntArray, FloatArray]) -> FloatArray:
        landmarks, legs = group.outlook.timing.jitter_log_sd.shape
        return to_deviates(self.jitter.uniforms(self._slots(group.chips), slot, landmarks, legs, small, self.level))

    def _to_sign(self, phase: int, slot: int) -> IntArray:
        """Chips whose answers are really signed: all, or those drawn for an audit or followed in a case; ascending."""
        verification, column = self.setting.scenario.verification, self._table.column
        if verification.signing == "none":
            return _NOBODY
        if verification.signing == "all":
            chips = self._asked(np.arange(self._table.slots), phase)
        else:
            audited = self.sparse.chosen(Stream.AUDIT, slot, verification.signed_share, self._table.slots, self.level)
            self._followed = self._followed[(column("marks")[self._followed] & IN_CASE) != 0]
            here = self._followed[self._phases.take(column("site")[self._followed]) == phase]
            chips = np.union1d(self._asked(audited, phase), self._still_asked(here))
        chips = chips[self._has_path(chips)]
        return chips[~self._is_cut_off(chips) & ~self._is_lost[chips]]

    def _sign(
        self,
        chips: IntArray,
        slot: int,
        day: float,
        small: tuple[IntArray, FloatArray],
        contradicting: IntArray,
        suspicious: IntArray,
        invalid: IntArray,
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Really sign some answers; of judged chips the verdicts count, and replace what was read.

        Returns:
            Chips that contradict their site, suspicious ones, and those whose evidence was refused.
        """
        refuted: dict[Verdict, list[int]] = {Verdict.CONTRADICTION: [], Verdict.INVALID: []}
        doubtful: list[int] = []
        judged = set(self._judged(chips).tolist())
        for chip in chips.tolist():
            outlook = self._outlook_of(chip, day)
            rtt_ms = outlook.times_ms(self._deviates(_Group(_rows([chip]), outlook), slot, small))[0]
            verdict, is_suspicious = self.attest(chip, day, outlook, rtt_ms)
            if chip in judged:
                if verdict in refuted:
                    refuted[verdict].append(chip)
                if is_suspicious:
                    doubtful.append(chip)
        contradicting = np.concatenate(
            [contradicting[~np.isin(contradicting, chips)], _rows(refuted[Verdict.CONTRADICTION])]
        )
        suspicious = np.concatenate([suspicious[~np.isin(suspicious, chips)], _rows(doubtful)])
        invalid = np.concatenate([invalid[~np.isin(invalid, chips)], _rows(refuted[Verdict.INVALID])])
        return contradicting, suspicious, invalid

    def _outlook_of(self, chip: int, day: float) -> Outlook:
        site = self._table.site(chip)
        if self._table.state(chip) is State.INSTALLED:
            return self.outlook_of_site(site, day)
        return self.outlook_of_detour(self.setting.detours[self._table.column("detour")[chip]], site, day)

    def _raise_alerts(self, seen: RoundSeen) -> None:
        for site, chips, name in self.found(seen):
            self._alert(site, chips, seen.day, name)
            followed = self.follows(np.asarray(self._table.column("slot"))[chips].astype(np.int64))
            self._followed = np.concatenate([self._followed, chips[followed]])


@dataclass(frozen=True)
class _Group:
    """Chips that answer by the same path."""

    chips: IntArray
    outlook: Outlook


def _rows(chips: list[int]) -> IntArray:
    return np.array(chips, np.int64)


run = partial(run_engine, RoundByRound)
"""Simulate one run, see `wiring.run_engine`."""
