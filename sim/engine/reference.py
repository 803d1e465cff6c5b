"""The reference engine: slow, plain and exact. Each chip is its own SimPy process, each challenge is asked one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..actors.operator import replace_failed
from ..actors.setting import Detour, Setting
from ..actors.verifier import Verifier
from ..detection.reading import Outlook
from ..detection.schedule import NEVER_ASKED
from ..detection.seen import RoundSeen
from ..detection.sprt import is_accepted
from ..detection.verdicts import Verdict
from ..fleet.chips import AWAY, GONE, IN_CASE, WAIVED, State
from ..fleet.silence import fails_for_good, faults_per_day, repair_days
from ..fleet.supply import Lot
from ..randomness import Stream
from ..record import Happening
from ..sparse import SPARSE_LIMIT
from .wiring import run_engine

IntArray = NDArray[np.int64]

# Plain numbers: looking up a member of an enumeration takes as long as the rest of a challenge.
_INSTALLED, _AWAY, _GONE = int(State.INSTALLED), frozenset(map(int, AWAY)), frozenset(map(int, GONE))
_LOST, _WAIVED, _IN_CASE = Stream.CHALLENGE_LOST, int(WAIVED), int(IN_CASE)

Alert = Callable[[int, IntArray, float, str], None]


@dataclass
class History:
    """What the verifier remembers of one chip.

    Attributes:
        missed_rounds: challenges missed in a row.
        suspicious_rounds: answers in a row that were suspicious.
        tested_silences, tested_answers: since its sequential test began.
    """

    missed_rounds: int = 0
    suspicious_rounds: int = 0
    tested_silences: int = 0
    tested_answers: int = 0

    def forget(self) -> None:
        """Begin anew."""
        self.missed_rounds = self.suspicious_rounds = self.tested_silences = self.tested_answers = 0


@dataclass
class Round:
    """What the chips of one round have shown so far."""

    asked_of_lot: Counter[tuple[int, int]] = field(default_factory=Counter)  # by lot and site
    silent: list[int] = field(default_factory=list)
    suspicious: list[int] = field(default_factory=list)
    contradicting: list[int] = field(default_factory=list)
    invalid: list[int] = field(default_factory=list)


class ChipByChip(Verifier):
    """Each chip's faults and each chip's challenges are processes of their own."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._histories: defaultdict[int, History] = defaultdict(History)
        self._round = Round()
        self._unheard: set[int] = set()  # chips of lots shipped under the duty that have never answered
        self._counts: defaultdict[tuple[float, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._lost_day, self._lost_slots = -1.0, frozenset[int]()
        self._alert: Alert = lambda site, chips, day, reason: None
        verification = setting.scenario.verification
        self._scans_lots = "lot_scan" in verification.detectors
        self._signing, self._signed_share = verification.signing, verification.signed_share

    def processes(self, alert: Alert) -> Iterator[ProcessGenerator]:
        """One for the end of the rounds of each phase; those of chips come with the chips."""
        self._alert = alert
        if self.setting.scenario.verification.active:
            for phase in set(self.schedule.phase_of_site.tolist()) - {NEVER_ASKED}:
                yield self._judge_rounds(phase)

    def install(self, chips: IntArray, day: float) -> None:
        """Let chips fail and, if they are covered, ask them."""
        table = self.setting.chips
        for chip in chips.tolist():
            self.setting.env.process(self._suffer_faults(chip, day))
            if self.setting.scenario.verification.active and table.column("covered")[chip]:
                self.setting.env.process(self._watch(chip, day))

    def expect(self, lot: Lot) -> None:
        """Await the first answer of the chips of a lot shipped under the duty."""
        chips = self.setting.chips_of(lot)
        self._unheard.update(chips[np.asarray(self.setting.chips.column("covered"))[chips]].tolist())

    def redeclare(self, chips: IntArray, day: float) -> None:
        """Ask chips anew at their new site; the old process sees that they are no longer declared at its site."""
        for chip in chips.tolist():
            if self.setting.scenario.verification.active and self.setting.chips.column("covered")[chip]:
                self.setting.env.process(self._watch(chip, day))

    def judge_again(self, chips: IntArray) -> None:
        """Forget what led to a case."""
        for chip in chips.tolist():
            self._histories[chip].forget()
        self._unheard.difference_update(self.remind(chips).tolist())

    def stop(self, chips: IntArray) -> None:
        """Nothing to do: each process sees by itself that its chip is established."""

    def finish(self, day: float) -> None:
        """Hand over the counts of the rounds."""
        for (round_day, site), counts in self._counts.items():
            self.setting.record.rounds.add(round_day, [site], *([count] for count in counts))

    def _suffer_faults(self, chip: int, since_day: float) -> ProcessGenerator:
        """Faults, repairs and the replacement of one chip. A chip fails only while it is at its declared site."""
        setting, table, values = self.setting, self.setting.chips, self.setting.values
        slot, rows = int(table.column("slot")[chip]), np.array([chip])
        for day, length, kind in self.sparse.chip_faults(slot, faults_per_day(values), since_day, self.end_day):
            if day < setting.env.now:
                continue  # it was still under repair
            yield setting.until(day)
            state = table.state(chip)
            if state is not State.INSTALLED:
                if table.is_diverted(chip) or state in GONE:
                    return
                continue
            table.move(rows, State.REPAIR, day)
            setting.trace_chips(day, Happening.FAILED, rows)
            back_day = day + float(repair_days(np.array([length]), values)[0])
            yield setting.until(back_day)
            if table.state(chip) is not State.REPAIR:
                return
            if fails_for_good(np.array([kind]), values)[0]:
                self.install(replace_failed(setting, rows, np.array([back_day])), back_day)
                return
            table.move(rows, State.INSTALLED, back_day)
            setting.trace_chips(back_day, Happening.REPAIRED, rows)

    def _watch(self, chip: int, since_day: float) -> ProcessGenerator:
        """Challenge one covered chip at one declared site until its diversion is established or it is gone."""
        setting, table, record, schedule = self.setting, self.setting.chips, self.setting.record, self.schedule
        site, slot_of_chip = table.site(chip), int(table.column("slot")[chip])
        phase, status = int(schedule.phase_of_site[site]), setting.site_status[site]
        if phase == NEVER_ASKED:
            return
        number = schedule.first_round(phase, max(since_day, setting.scenario.calendar.duty_day))
        column, env, unsigned = table.column, setting.env, self._signing == "none"
        history = self._histories[chip] = History()
        yield setting.until(schedule.day(number, phase) / 2)  # from there on, sums of times are exact (Sterbenz)
        while (day := schedule.day(number, phase)) < self.end_day:
            yield env.timeout(max(0.0, day - env.now))
            number += 1
            state, marks = column("state").item(chip), column("marks").item(chip)
            if state in _GONE or column("site").item(chip) != site or table.is_established(chip):
                return
            record.challenges += 1
            self._counts[day, site][0] += 1
            if self._scans_lots:
                self._round.asked_of_lot[int(column("lot")[chip]), site] += 1
            detour = None if state == _INSTALLED else self._detour(chip, state)
            silent = status.cut_off if state == _INSTALLED else detour is None or setting.is_cut_off(detour.through_site)
            waived = bool(marks & _WAIVED) or status.excused
            if silent or slot_of_chip in self._lost_at(day):
                if not waived:
                    self._take_silence(chip, site, day, history)
                continue
            outlook = self.outlook_of_site(site, day) if detour is None else self.outlook_of_detour(detour, site, day)
            signed = not unsigned and self._signs(slot_of_chip, day, bool(marks & _IN_CASE))
            refused = detour is not None and not signed and not self._is_accepted(detour, day)
            read = (Verdict.INVALID, False) if refused else self._read(chip, slot_of_chip, day, outlook, signed)
            if not waived:
                self._take_answer(chip, site, day, history, *read)

    def _lost_at(self, day: float) -> frozenset[int]:
        """Slots whose challenges of a day lose every attempt."""
        if day != self._lost_day:
            chosen = self.sparse.chosen(_LOST, self.schedule.slot(day), self.loss, self.setting.chips.slots, self.level)
            self._lost_day, self._lost_slots = day, frozenset(chosen.tolist())
        return self._lost_slots

    def _detour(self, chip: int, state: int) -> Detour | None:
        """How a chip that is not at its declared site answers, if it does."""
        if state not in _AWAY:
            return None
        detour = self.setting.detours[self.setting.chips.column("detour").item(chip)]
        return detour if detour.answer is not None else None

    def _is_accepted(self, detour: Detour, day: float) -> bool:
        return detour.answer is not None and self.setting.accepts(detour, day)

    def _signs(self, slot_of_chip: int, day: float, in_case: bool) -> bool:
        """Whether this answer is really signed: all are, or it is audited by lot, or its chip is followed in a case."""
        if self._signing != "sample":
            return self._signing == "all"
        slot = self.schedule.slot(day)
        if self.sparse.is_chosen(Stream.AUDIT, slot, self._signed_share, slot_of_chip, self.level):
            return True
        return in_case and bool(self.follows(np.array([slot_of_chip]))[0])

    def _read(self, chip: int, slot_of_chip: int, day: float, outlook: Outlook, signed: bool) -> tuple[Verdict | None, bool]:
        """What an answer shows: the verdict if it has one that matters by itself, and whether it is suspicious."""
        if not (signed or outlook.contradictable):
            limit = outlook.slow_limit
            if limit <= 0:
                return None, False
            if limit <= SPARSE_LIMIT:
                slow = self.sparse.small_uniform(self.schedule.slot(day), slot_of_chip, self.level)
                if slow is None or slow >= limit:
                    return None, False
        slot = self.schedule.slot(day)
        landmarks, legs = outlook.timing.jitter_log_sd.shape
        rtt_ms = outlook.times_ms(self.jitter.deviates_of_one(slot_of_chip, slot, landmarks, legs, self.level))
        if signed:
            return self.attest(chip, day, outlook, rtt_ms)
        contradicts, suspicious = outlook.read(rtt_ms[None, :])
        return (Verdict.CONTRADICTION if contradicts[0] else None), bool(suspicious[0])

    def _take_silence(self, chip: int, site: int, day: float, history: History) -> None:
        """Count a challenge that was missed."""
        history.missed_rounds += 1
        history.tested_silences += self._tests
        self.setting.record.silences += 1
        self._counts[day, site][1] += 1
        self._round.silent.append(chip)
        self.setting.trace_chips(day, Happening.SILENT, np.array([chip]))

    def _take_answer(
        self, chip: int, site: int, day: float, history: History, verdict: Verdict | None, suspicious: bool
    ) -> None:
        """Count an answer, and note whether it refutes the chip or is suspicious."""
        record = self.setting.record
        history.missed_rounds = 0
        if self._awaits_answers:
            self._unheard.discard(chip)
        if history.tested_silences:
            history.tested_answers += 1
            if is_accepted(history.tested_silences, history.tested_answers, self._thresholds):
                history.tested_silences = history.tested_answers = 0
        if suspicious and self.undecided[site]:
            return
        history.suspicious_rounds = history.suspicious_rounds + 1 if suspicious else 0
        if suspicious:
            record.suspicious += 1
            self._counts[day, site][2] += 1
            self._round.suspicious.append(chip)
            self.setting.trace_chips(day, Happening.SUSPICIOUS, np.array([chip]))
        if verdict is not None and verdict in (Verdict.CONTRADICTION, Verdict.INVALID):
            record.refuted += 1
            (self._round.contradicting if verdict is Verdict.CONTRADICTION else self._round.invalid).append(chip)

    def _judge_rounds(self, phase: int) -> ProcessGenerator:
        """Judge each round of a phase when all of its chips have been asked."""
        duty_day = self.setting.scenario.calendar.duty_day
        first = number = self.schedule.first_round(phase, duty_day)
        while (day := self.schedule.day(number, phase)) < self.end_day:
            yield self.setting.until(day)
            yield self.setting.env.timeout(0)  # after the chips, whose turn at this moment had been fixed before
            seen = self._seen(phase, number - first, day)
            self._round = Round()
            for site, chips, name in self.found(seen):
                self._alert(site, chips, day, name)
            number += 1

    def _seen(self, phase: int, number: int, day: float) -> RoundSeen:
        """What the round at work has shown, when chips have been excused whose repair is reported."""
        setting, asked_of_lot, histories = self.setting, self._round.asked_of_lot, self._histories
        silent = sorted(self._round.silent)
        if self._excuses:
            excused = [chip for chip in silent if setting.in_reported_repair(np.array([chip]))[0]]
            setting.chips.excuse(np.array(excused, np.int64))
            for chip in excused:
                histories[chip].forget()
            silent = sorted(set(silent) - set(excused))
        suspicious = sorted(self._round.suspicious)
        tested = [[histories[chip].tested_silences, histories[chip].tested_answers] for chip in silent]
        counts = [self._counts.get((day, site), [0]) for site in range(len(setting.sites))]
        unheard = np.array([chip for chip in sorted(self._unheard) if self._still_unheard(chip, phase)], np.int64)
        return RoundSeen(
            day=day,
            number=number,
            asked=np.array([asked for asked, *_ in counts]),
            silent=np.array(silent, np.int64),
            missed_rounds=np.array([histories[chip].missed_rounds for chip in silent], np.int64),
            tested=np.array(tested, np.int64).reshape(-1, 2).T,
            suspicious=np.array(suspicious, np.int64),
            suspicious_rounds=np.array([histories[chip].suspicious_rounds for chip in suspicious], np.int64),
            contradicting=np.array(sorted(self._round.contradicting), np.int64),
            invalid=np.array(sorted(self._round.invalid), np.int64),
            unheard=unheard,
            awaited_since=self.awaited_since(unheard),
            column=setting.chips.column,
            asked_of_lot=lambda lot, site: asked_of_lot[lot, site],
            in_reported_repair=setting.in_reported_repair,
            clearable=self.unconfirmed_counts,
        )

    def _still_unheard(self, chip: int, phase: int) -> bool:
        """Whether a chip that has never answered is judged in a phase, be it asked or on its way."""
        table = self.setting.chips
        gone = table.state(chip) in GONE or table.is_established(chip)
        waived = table.column("marks").item(chip) & _WAIVED or self.setting.site_status[table.site(chip)].excused
        return not gone and not waived and self.schedule.phase_of_site.item(table.site(chip)) == phase


run = partial(run_engine, ChipByChip)
"""Simulate one run, see `wiring.run_engine`."""
