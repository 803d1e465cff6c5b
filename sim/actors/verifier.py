"""The verifier: enrols sites, challenges every covered chip once per period, and raises alerts.

Each site has a phase, so that not all sites are asked at once; challenge k of a site falls on phase + k * period, whatever
happened before. A challenge observes the world at its time: it does not change it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..detection.streaks import silence_streak, unconfirmed_streak
from ..detection.verdicts import Verdict, round_verdict
from ..fleet.chips import State
from ..randomness import Stream
from ..record import Event, Happening
from ..smuggling.strategies import STRATEGIES
from ..smuggling.strategy import Facts
from ..units import MINUTES_PER_DAY
from ..world.geography import Place
from ..world.latency import PathTiming
from .evidence import EvidenceDesk
from .setting import Setting

SLOT_DAYS = 1 / MINUTES_PER_DAY
"""Length of the absolute time slots by which packet loss, jitter and nonces are keyed: a minute."""

RaiseAlert = Callable[[int, int, float, str], None]


@dataclass
class History:
    """What the verifier remembers of one chip. An excused chip raises no alert until it has answered again."""

    missed_rounds: int = 0
    unconfirmed_rounds: int = 0
    alerted: bool = False
    excused: bool = False


class Verifier:
    """Challenges and what they showed. `raise_alert(chip, site, day, reason)` reports to the authority."""

    def __init__(self, setting: Setting, raise_alert: RaiseAlert) -> None:
        self._setting = setting
        self._raise_alert = raise_alert
        self._desk = EvidenceDesk(setting)
        self._histories: dict[int, History] = {}
        self._timings: dict[tuple[int, tuple[int, ...]], PathTiming] = {}
        period = setting.scenario.verification.period_days
        self._phase_days = [setting.draws.uniform(Stream.SITE_PHASE, s.number) * period for s in setting.sites]

    def enrol_sites(self) -> ProcessGenerator:
        """When the duty starts, find out which sites can be cleared reliably. Alerts on *unconfirmed* apply only there."""
        verification = self._setting.scenario.verification
        day = self._setting.scenario.calendar.duty_day
        yield self._setting.until(day)
        for site in self._setting.sites:
            timing = self._timing(site.number, (site.place,))
            cleared = sum(
                self._setting.panels[site.number].clears(
                    timing.sample(self._normals(Stream.ENROLMENT, site.number, n, timing))
                )
                for n in range(verification.enrolment_rounds)
            )
            share = cleared / verification.enrolment_rounds
            clearable = share >= verification.enrolment_cleared_share
            self._setting.site_status[site.number].clearable = clearable
            self._setting.record.enrolled_sites += 1
            self._setting.record.clearable_sites += clearable
            self._setting.record.write(
                Event(day, Happening.ENROLLED, site=site.number, detail=f"{site.place.name}: cleared in {share:.0%}")
            )

    def watch(self, chip: int, installed_day: float) -> ProcessGenerator:
        """Challenge one covered chip until its diversion is established."""
        verification, end_day = self._setting.scenario.verification, self._setting.scenario.calendar.end_day
        site = self._setting.chips.site(chip)
        phase_days, period_days = self._phase_days[site], verification.period_days
        since = max(installed_day, self._setting.scenario.calendar.duty_day)
        number = math.ceil((since - phase_days) / period_days)
        history = self._histories[chip] = History()
        signed = self._desk.signs(chip)
        while (day := phase_days + number * period_days) < end_day:
            yield self._setting.until(day)
            if self._setting.chips.is_established(chip):
                return
            self._judge(chip, site, day, history, self._challenge(chip, site, day, signed))
            number += 1

    def excuse(self, chip: int) -> None:
        """An inspection found the chip under repair: wait until it answers again."""
        self._histories[chip].excused = True

    def start_anew(self, chip: int) -> None:
        """An inspection took the chip for present: forget what led to the case."""
        history = self._histories[chip]
        history.missed_rounds = history.unconfirmed_rounds = 0
        history.alerted = False

    def _challenge(self, chip: int, site: int, day: float, signed: bool) -> Verdict:
        """Ask one chip once and come to a verdict."""
        slot = math.floor(day / SLOT_DAYS)
        facts = self._facts(chip, site)
        if not facts.answers or self._setting.site_status[site].cut_off or self._all_attempts_lost(chip, slot):
            return Verdict.SILENT
        panel = self._setting.panels[site]
        timing = self._timing(site, facts.path)
        rtt_ms = timing.sample(self._normals(Stream.JITTER, chip, slot, timing))
        if signed:
            self._setting.record.signed_challenges += 1
            return self._desk.attest(chip, day, slot, rtt_ms)
        return round_verdict(
            answered=True,
            evidence_accepted=True,
            contradicted=panel.contradicts(rtt_ms),
            cleared=panel.clears(rtt_ms),
        )

    def _facts(self, chip: int, site: int) -> Facts:
        """Whether and from where the chip can answer, as the world has it."""
        state, place = self._setting.chips.state(chip), self._setting.sites[site].place
        if state is State.INSTALLED:
            return Facts(path=(place,))
        if state is State.RESTRICTED:
            plan = self._setting.plans[int(self._setting.chips.column("lot")[chip])]
            return STRATEGIES[plan.strategy].facts(place, plan.true_site)
        return Facts(path=())

    def _judge(self, chip: int, site: int, day: float, history: History, verdict: Verdict) -> None:
        """Update the chip's streaks and raise an alert where one is due; one alert per streak."""
        verification = self._setting.scenario.verification
        self._setting.record.verdicts[verdict] += 1
        history.missed_rounds = history.missed_rounds + 1 if verdict is Verdict.SILENT else 0
        if verdict is Verdict.UNCONFIRMED:
            history.unconfirmed_rounds += 1
        elif verdict is Verdict.CLEARED:
            history.unconfirmed_rounds = 0
        if verdict is not Verdict.SILENT:
            history.excused = False
        silent_for_long = silence_streak(
            history.missed_rounds, period_days=verification.period_days, grace_days=verification.grace_days
        )
        unconfirmed_for_long = unconfirmed_streak(
            history.unconfirmed_rounds,
            allowed_rounds=verification.unconfirmed_rounds,
            clearable=self._setting.site_status[site].clearable,
        )
        at_once = verdict in (Verdict.INVALID, Verdict.CONTRADICTION)
        due = at_once or silent_for_long or unconfirmed_for_long
        if due and not history.alerted and not history.excused:
            reason = verdict.value if at_once else ("silent" if silent_for_long else "unconfirmed")
            self._raise_alert(chip, site, day, reason)
        history.alerted = due

    def _all_attempts_lost(self, chip: int, slot: int) -> bool:
        loss = self._setting.values["packet_loss"]
        if loss <= 0:
            return False
        attempts = self._setting.scenario.verification.attempts
        return bool((self._setting.draws.uniforms(Stream.PACKET_LOSS, chip, slot, attempts) < loss).all())

    def _timing(self, site: int, path: tuple[Place, ...]) -> PathTiming:
        key = (site, tuple(place.number for place in path))
        if key not in self._timings:
            self._timings[key] = self._setting.network.timing(self._setting.panels[site].landmarks, path)
        return self._timings[key]

    def _normals(self, stream: Stream, entity: int, occasion: int, timing: PathTiming) -> NDArray[np.float64]:
        return self._setting.draws.normals(stream, entity, occasion, timing.jitter_log_sd.size)
