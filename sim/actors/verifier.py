"""The verifier: challenges every covered chip once per period, and raises alerts.

Each site has a phase, so that not all sites are asked at once; challenge k of a site falls on phase + k * period, whatever
happened before. A challenge observes the world at its time: it does not change it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from simpy.events import ProcessGenerator

from ..detection.streaks import drifted, silence_streak, suspicious_streak
from ..detection.verdicts import Verdict, round_verdict
from ..fleet.chips import State
from ..randomness import Stream
from ..smuggling.strategies import STRATEGIES
from ..smuggling.strategy import Facts
from ..units import MINUTES_PER_DAY
from ..world.latency import PathTiming
from ..world.paths import Path, direct
from .evidence import EvidenceDesk
from .setting import Setting

SLOT_DAYS = 1 / MINUTES_PER_DAY
"""Length of the absolute time slots by which packet loss, jitter and nonces are keyed: a minute."""

RaiseAlert = Callable[[int, int, float, str], None]


@dataclass
class History:
    """What the verifier remembers of one chip. An excused chip raises no alert until it has answered again."""

    missed_rounds: int = 0
    suspicious_rounds: int = 0
    alerted: bool = False
    excused: bool = False


class Verifier:
    """Challenges and what they showed. `raise_alert(chip, site, day, reason)` reports to the authority."""

    def __init__(self, setting: Setting, raise_alert: RaiseAlert) -> None:
        self._setting = setting
        self._raise_alert = raise_alert
        self._desk = EvidenceDesk(setting)
        self._histories: dict[int, History] = {}
        self._timings: dict[tuple[int, Path], PathTiming] = {}
        period = setting.scenario.verification.period_days
        self._phase_days = [setting.draws.uniform(Stream.SITE_PHASE, s.number) * period for s in setting.sites]

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
            self._judge(chip, site, day, history, *self._challenge(chip, site, day, signed))
            number += 1

    def excuse(self, chip: int) -> None:
        """An inspection found the chip under repair: wait until it answers again."""
        self._histories[chip].excused = True

    def start_anew(self, chip: int) -> None:
        """An inspection took the chip for present: forget what led to the case."""
        history = self._histories[chip]
        history.missed_rounds = history.suspicious_rounds = 0
        history.alerted = False

    def _challenge(self, chip: int, site: int, day: float, signed: bool) -> tuple[Verdict, bool]:
        """Ask one chip once: the verdict, and whether its times have drifted from those at the site's enrolment."""
        slot, status = math.floor(day / SLOT_DAYS), self._setting.site_status[site]
        path = self._facts(chip, site).path
        if path is None or status.cut_off or self._all_attempts_lost(chip, slot):
            return Verdict.SILENT, False
        panel = self._setting.panels[site]
        timing = self._timing(site, path, day)
        normals = self._setting.draws.normals(Stream.JITTER, chip, slot, timing.jitter_log_sd.size)
        crossings = path.crossings(self._setting.sites[site].place)
        rtt_ms = timing.sample(normals) + status.congestion_ms * crossings
        drift = drifted(rtt_ms, status.usual_ms, threshold_ms=self._setting.scenario.verification.drift_ms)
        if signed:
            self._setting.record.signed_challenges += 1
            return self._desk.attest(chip, day, slot, rtt_ms), drift
        verdict = round_verdict(
            answered=True,
            evidence_accepted=True,
            contradicted=panel.contradicts(rtt_ms),
            cleared=panel.clears(rtt_ms),
        )
        return verdict, drift

    def _facts(self, chip: int, site: int) -> Facts:
        """Whether and from where the chip can answer, as the world has it."""
        state, place = self._setting.chips.state(chip), self._setting.sites[site].place
        if state is State.INSTALLED:
            return Facts(path=direct(place))
        if state is State.RESTRICTED:
            plan = self._setting.plans[int(self._setting.chips.column("lot")[chip])]
            return STRATEGIES[plan.strategy].facts(place, plan.true_site)
        return Facts(path=None)

    def _judge(self, chip: int, site: int, day: float, history: History, verdict: Verdict, drift: bool) -> None:
        """Update the chip's streaks and raise an alert where one is due; one alert per streak."""
        verification = self._setting.scenario.verification
        self._setting.record.verdicts[verdict] += 1
        history.missed_rounds = history.missed_rounds + 1 if verdict is Verdict.SILENT else 0
        clearable = self._setting.site_status[site].clearable
        if verdict is not Verdict.SILENT:
            history.excused = False
            suspicious = verdict is Verdict.UNCONFIRMED and (clearable or drift)
            history.suspicious_rounds = history.suspicious_rounds + 1 if suspicious else 0
        silent_for_long = silence_streak(
            history.missed_rounds, period_days=verification.period_days, grace_days=verification.grace_days
        )
        suspicious_for_long = suspicious_streak(
            history.suspicious_rounds,
            allowed_rounds=verification.unconfirmed_rounds,
            tested=clearable or verification.uncleared_sites == "drift_test",
        )
        at_once = verdict in (Verdict.INVALID, Verdict.CONTRADICTION)
        due = at_once or silent_for_long or suspicious_for_long
        if due and not history.alerted and not history.excused:
            lasting = "silent" if silent_for_long else ("unconfirmed" if clearable else "drift")
            self._raise_alert(chip, site, day, verdict.value if at_once else lasting)
        history.alerted = due

    def _all_attempts_lost(self, chip: int, slot: int) -> bool:
        loss = self._setting.values["packet_loss"]
        if loss <= 0:
            return False
        attempts = self._setting.scenario.verification.attempts
        return bool((self._setting.draws.uniforms(Stream.PACKET_LOSS, chip, slot, attempts) < loss).all())

    def _timing(self, site: int, path: Path, day: float) -> PathTiming:
        """Timing of a path, worked out anew after each route change."""
        timing = self._timings.get((site, path))
        if timing is None or day >= timing.until_day:
            timing = self._setting.network.timing(self._setting.panels[site].landmarks, path, day)
            self._timings[site, path] = timing
        return timing
