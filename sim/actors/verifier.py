"""The verifier: what both engines share about challenges. How each keeps the chips' histories is its own.

A challenge observes the world at its time: it does not change it. A chip is silent if it has no path to the landmarks, if
the link of a site that its answer passes is cut off, or if every attempt is lost. If it answers, its times are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..cells import Cells
from ..detection.endorsing import out_of_reach, shows_nothing
from ..detection.reading import Outlook, look_ahead
from ..detection.register import Detectors
from ..detection.schedule import Schedule, timetable
from ..detection.seen import RoundSeen, Thresholds
from ..detection.verdicts import Verdict
from ..fleet.chips import State
from ..randomness import Stream
from ..record import Event, Happening
from ..smuggling.strategy import Answer
from ..sparse import Sparse
from ..world.endorsers import Endorser, vouches
from ..world.jitter import Jitter
from ..world.keys import Key
from ..world.latency import PathTiming, blend
from ..world.paths import Path, direct
from .enrolment import measure_anew
from .evidence import EvidenceDesk
from .setting import NOWHERE, Detour, Setting

IntArray = NDArray[np.int64]


class Verifier:
    """Timetable, outlooks and evidence of one run.

    Attributes:
        schedule: when which sites are asked.
        loss: chance that all attempts of a challenge are lost.
        undecided: sites one of whose landmarks is down, where the authority fails open, shape (sites,). Unconfirmed answers
            of chips declared there prove nothing: they neither lengthen nor end a run of suspicious ones.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        verification, seed = setting.scenario.verification, setting.draws.seed
        air_gapped = [site.number for site in setting.sites if site.air_gapped]
        self.schedule: Schedule = timetable(verification.period_days, len(setting.sites), setting.draws, air_gapped)
        self.loss = setting.values["packet_loss"] ** verification.attempts
        self.sparse, self.jitter = Sparse(seed), Jitter(seed)
        self.level = self.schedule.slot_level
        self.drift_ms = verification.drift_ms if verification.uncleared_sites == "drift_test" else None
        self.end_day = setting.scenario.calendar.end_day
        self._thresholds = Thresholds.of(verification)
        self._detectors = Detectors(
            verification.detectors, verification.detectors_needed, self._thresholds, len(setting.sites)
        )
        self._awaits_answers = "activation_deadline" in verification.detectors
        self._flaws = verification.protocol_flaws
        self._tests = "sprt" in verification.detectors
        self._excuses = verification.rma_reconciliation
        self._follow_draws = Cells(seed, Stream.SIGNED_SAMPLE)
        self._desk = EvidenceDesk(setting) if verification.active and verification.signing != "none" else None
        self._of_site: list[Outlook | None] = [None] * len(setting.sites)
        self._of_detour: dict[int, Outlook] = {}
        self._detours_at: dict[int, set[int]] = {}
        self._timings: list[PathTiming | None] = [None] * len(setting.sites)
        self._direct = [direct(site.place) for site in setting.sites]
        self._fail_closed = verification.landmark_loss == "fail_closed"
        self._landmarks_time = setting.scenario.geography.endorsers != "audited"  # whom, is `_as_endorsed`
        self._changed_landmarks: set[int] = set()  # by number, that are up and were not when last looked at, or the reverse
        self._sites_of_landmark: dict[int, list[int]] = {}
        for site, panel in enumerate(setting.panels):
            for landmark in panel.landmarks:
                self._sites_of_landmark.setdefault(landmark.number, []).append(site)
        self.undecided = np.zeros(len(setting.sites), bool)
        self._reminded: dict[int, float] = {}  # days on which cases were closed about chips that were not activated
        setting.site_changed = self.forget
        setting.landmark_changed = self._note_landmark
        setting.site_timing = self.site_timing

    def measure_anew(self, site: int) -> None:
        """Have a site measured where a visit found nobody missing."""
        if self._landmarks_time:
            self.setting.env.process(measure_anew(self.setting, self.setting.sites[site]))

    def forget(self, site: int) -> None:
        """Something about a site has changed: its congestion, its landmarks, or what its enrolment showed."""
        self._of_site[site] = None
        for number in self._detours_at.get(site, ()):
            self._of_detour.pop(number, None)

    def _note_landmark(self, landmark: int) -> None:
        """A landmark is lost or back. What is lost and back before anybody looks has made no difference."""
        self._changed_landmarks ^= {landmark}

    def look_at_landmarks(self) -> None:
        """Take in which landmarks are up; to be called before outlooks are used."""
        if not self._changed_landmarks:
            return
        changed, self._changed_landmarks = self._changed_landmarks, set()
        for site in sorted({site for landmark in changed for site in self._sites_of_landmark[landmark]}):
            self.undecided[site] = not (self._fail_closed or self._landmarks_up(site).all())
            self.forget(site)

    def _landmarks_up(self, site: int) -> NDArray[np.bool_]:
        """Which landmarks of a site's panel are up, shape (landmarks,)."""
        down = self.setting.landmarks_down
        return np.array([landmark.number not in down for landmark in self.setting.panels[site].landmarks])

    def site_timing(self, site: int, day: float) -> PathTiming:
        """Timing of the direct path to a site on a day, worked out anew after each route change."""
        timing = self._timings[site]
        if timing is None or day >= timing.until_day:
            timing = self._honest_timing(site, day)
            self._timings[site] = timing
        return timing

    def outlook_of_site(self, site: int, day: float) -> Outlook:
        """What answers of chips that are at their declared site show on a day."""
        self.look_at_landmarks()
        known = self._of_site[site]
        if known is None or day >= known.timing.until_day:
            outlook = self._outlook(self.site_timing(site, day), site, site, self._direct[site])
            known = self._of_site[site] = self._as_endorsed(outlook, site, vouched=True)
        return known

    def outlook_of_detour(self, detour: Detour, site: int, day: float) -> Outlook:
        """What answers of chips on a detour, declared at a site, show on a day."""
        assert detour.answer is not None
        self.look_at_landmarks()
        known = self._of_detour.get(detour.number)
        if known is None or day >= known.timing.until_day:
            path, declared = self.setting.path_of(detour.answer), self.setting.sites[site].place
            vouched = vouches(detour.answer.endorser, path, declared, self.setting.values)
            if self.setting.has_endorser[site] and vouched and detour.answer.endorser is not Endorser.MOVED:
                # What landmarks time, if there are any, is the endorser, and that stands where it ought to.
                outlook = self._outlook(self.site_timing(site, day), site, site, self._direct[site])
            else:
                timing = self._timing_of(detour.answer, path, site, day)
                outlook = self._outlook(timing, site, detour.through_site, path)
            known = self._of_detour[detour.number] = self._as_endorsed(outlook, site, vouched=vouched)
            for place in (site, detour.through_site):
                self._detours_at.setdefault(place, set()).add(detour.number)
        return known

    def remind(self, chips: IntArray) -> IntArray:
        """Await the first answer of chips anew, if they are still not activated; the others."""
        activated = np.asarray(self.setting.chips.column("activated"))[chips]
        self._reminded.update(dict.fromkeys(chips[~activated].tolist(), self.setting.env.now))
        others: IntArray = chips[activated]
        return others

    def awaited_since(self, chips: IntArray) -> NDArray[np.float64]:
        """Since when the first answer of chips has been awaited, shape (chips,)."""
        shipped_day = np.asarray(self.setting.chips.column("shipped_day"))[chips].astype(np.float64)
        return np.array(
            [self._reminded.get(chip, day) for chip, day in zip(chips.tolist(), shipped_day.tolist(), strict=True)]
        )

    def found(self, seen: RoundSeen) -> Iterator[tuple[int, IntArray, str]]:
        """Alerts that a round raises: site, chips and name of the detector, in the order of detectors and sites."""
        for name, chips in self._detectors.alerts(seen):
            sites = seen.sites_of(chips)
            for site in np.unique(sites).tolist():
                yield site, chips[sites == site], name

    def follows(self, slots: IntArray) -> NDArray[np.bool_]:
        """Which chips are followed while they are in a case, with every answer really signed."""
        verification = self.setting.scenario.verification
        if verification.signing == "sample":
            return self._follow_draws.uniforms(slots, 0, (0,))[:, 0] < verification.followed_share
        return np.full(len(slots), verification.signing == "all")

    def attest(self, chip: int, day: float, outlook: Outlook, rtt_ms: NDArray[np.float64]) -> tuple[Verdict, bool]:
        """Sign and appraise one answer with the times measured: the verdict, and whether it is suspicious.

        Where no landmark is up the chip can do no more than to vouch for a session key.
        """
        assert self._desk is not None
        answer = self._answer_of(chip)
        key = Key.OWN if answer is None else answer.key
        verdict = self._desk.attest(chip, day, self.schedule.slot(day), rtt_ms, key, self._reported_ms(answer))
        if not outlook.up.any():
            return verdict, verdict is Verdict.UNCONFIRMED and not outlook.meaningless
        if verdict is Verdict.CLEARED and not outlook.panel.clears(rtt_ms):
            verdict = Verdict.UNCONFIRMED  # appraisal asks for one landmark, the authority for more
        site = self.setting.chips.site(chip)
        self.setting.record.signed_challenges += 1
        number = int(self.setting.chips.numbers(np.array([chip]))[0])
        self.setting.record.write(Event(day, Happening.ANSWERED, chip=number, site=site, detail=verdict.value))
        unconfirmed = verdict is Verdict.UNCONFIRMED or (verdict is Verdict.CLEARED and not outlook.may_clear)
        return verdict, unconfirmed and bool(outlook.slow(rtt_ms[None, :])[0])

    def _answer_of(self, chip: int) -> Answer | None:
        """How a chip that is away from its declared site answers."""
        table = self.setting.chips
        return None if table.state(chip) is State.INSTALLED else self.setting.detours[table.column("detour")[chip]].answer

    def _honest_timing(self, site: int, day: float) -> PathTiming:
        """Timing of chips at their declared site, whose operator may delay their answers."""
        timing = self.setting.network.timing(self.setting.panels[site].landmarks, self._direct[site], day)
        delay_ms = self.setting.site_status[site].delay_ms
        return replace(timing, base_ms=timing.base_ms + delay_ms - self._subtracted_ms())

    def _timing_of(self, answer: Answer, path: Path, site: int, day: float) -> PathTiming:
        """Timing as landmarks report it: less what a flawed protocol subtracts, and as they please if they are bribed."""
        landmarks = self.setting.panels[site].landmarks
        timing = self.setting.network.timing(landmarks, path, day)
        subtracted_ms = self._subtracted_ms(answer)
        base_ms, floor_ms = (np.maximum(times - subtracted_ms, 0.0) for times in (timing.base_ms, timing.floor_ms))
        timing = replace(timing, base_ms=base_ms, floor_ms=floor_ms)
        bribed = np.array([landmark.number in answer.bribed for landmark in landmarks])
        return blend(timing, self.site_timing(site, day), bribed) if bribed.any() else timing

    def _subtracted_ms(self, answer: Answer | None = None) -> float:
        """What a flawed protocol subtracts from the time of an answer; None: of an honest one."""
        subtracted_ms = self._reported_ms(answer)
        if self._flaws.long_term_key_signs_in_exchange and answer:
            subtracted_ms += answer.signed_sooner_ms
        return subtracted_ms

    def _reported_ms(self, answer: Answer | None) -> float:
        """The processing time that an answer reports where that is subtracted, and otherwise none: it would be refused."""
        if not self._flaws.prover_reported_time_subtracted:
            return 0.0
        return self.setting.values["in_loop_processing_ms"] + (0.0 if answer is None else answer.reported_ms)

    def unconfirmed_counts(self, site: int) -> bool:
        """Whether it means something that answers from a site stay unconfirmed: it could be cleared, or has an endorser."""
        return self.setting.site_status[site].clearable or bool(self.setting.has_endorser[site])

    def _as_endorsed(self, outlook: Outlook, site: int, *, vouched: bool) -> Outlook:
        """What landmarks would see of an answer, or what the endorser of its site says in their place.

        Where endorsers are timed by landmarks, each session times the endorser anew, in the place of the chip.
        """
        if self.setting.has_endorser[site] and not vouched:
            return out_of_reach(outlook)
        return outlook if self._landmarks_time else shows_nothing(outlook)

    def _outlook(self, timing: PathTiming, site: int, through_site: int, path: Path) -> Outlook:
        status, congestion_ms = self.setting.site_status[site], 0.0
        if through_site != NOWHERE:
            crossings = path.crossings(self.setting.sites[through_site].place)
            congestion_ms = self.setting.site_status[through_site].congestion_ms * crossings
        return look_ahead(
            timing,
            congestion_ms,
            self.setting.panels[site],
            clearable=status.clearable,
            usual_ms=status.usual_ms,
            drift_ms=self.drift_ms,
            up=self._landmarks_up(site),
            fail_closed=self._fail_closed,
        )
