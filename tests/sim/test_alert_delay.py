"""What silence leads to, against closed forms, with the engine's own noise switched off."""

import math
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.actors.setting import Detour
from sim.detection.streaks import periods_covering, silence_streak, suspicious_streak
from sim.engine import reference
from sim.fleet.chips import State
from sim.record import Event, Happening, Record
from sim.smuggling.strategy import DARK, Answer
from sim.world.paths import direct

from .worlds import numbers_of


def spread_evenly(delays: list[float], low: float, high: float) -> bool:
    """Whether delays look uniform between two bounds."""
    return stats.kstest(delays, "uniform", args=(low, high - low)).pvalue > 1e-3


GRACE, PERIOD = 14, 2


def dark_delays(new_exports: Scenario, engine: ModuleType, seed: int = 1) -> list[float]:
    """Days from the departure of a chip that goes dark to the alert, of those followed for long enough."""
    scenario = new_exports.replace(
        trace=True,
        fleet__scale=0.0025,
        fleet__lot_chips=1,
        verification__grace_days=GRACE,
        verification__period_days=PERIOD,
        adversary__strategies={"go_dark": 1},
        uncertainties={
            **new_exports.uncertainties,
            "diverted_chips_per_year": 1.0e6,
            "dwell_at_declared_site_days": 10,
        },
    )
    record = engine.run(scenario, seed=seed)
    departures = {event.lot: event.day for event in record.events if event.happening is Happening.DEPARTED}
    lot_of = dict(zip(numbers_of(record).tolist(), record.chips["lot"].tolist(), strict=True))
    alerts = {lot_of[event.chip]: event.day for event in record.events if event.happening is Happening.ALERTED}
    assert set(alerts) <= set(departures)
    followed = [lot for lot, day in departures.items() if day + GRACE + PERIOD < scenario.calendar.end_day]
    return [alerts[lot] - departures[lot] for lot in followed]


def test_a_chip_that_goes_dark_is_alerted_on_one_phase_after_the_grace_period(only_new_exports: Scenario, engine):
    """Closed form: delay = grace + U(0, period), because the last answer is uniformly placed before the departure."""
    delays = dark_delays(only_new_exports, engine)
    assert len(delays) > 400
    assert spread_evenly(delays, GRACE, GRACE + PERIOD)
    assert not spread_evenly(delays, GRACE - 1, GRACE + PERIOD - 1), "the check must be able to fail"


def check_spells_alert_as_they_should(record: Record, *, grace: float, period: float, end_day: float) -> int:
    """Every spell longer than grace + period alerts, none up to the grace does, in between a share (length-grace)/period.

    After its first alert a chip is in a case that nobody closes, and is not judged any more.
    """
    spells: dict[int, list[list[float]]] = {}
    alerts: dict[int, list[float]] = {}
    for event in record.events:
        if event.happening is Happening.FAILED:
            spells.setdefault(event.chip, []).append([event.day, math.inf])
        elif event.happening in (Happening.REPAIRED, Happening.RETIRED):
            spells[event.chip][-1][1] = event.day
        elif event.happening is Happening.ALERTED:
            alerts.setdefault(event.chip, []).append(event.day)
    between, surprise, variance = 0, 0.0, 0.0
    for chip, chip_spells in spells.items():
        up_since = -math.inf
        for start, end in chip_spells:
            # Too short a time up may pass without a challenge, and then two spells look like one.
            if start - up_since > period and end < end_day:
                alerted = any(start <= day < end for day in alerts.get(chip, ()))
                assert len(alerts.get(chip, ())) <= 1
                chance = min(max((end - start - grace) / period, 0.0), 1.0)
                if chance in (0.0, 1.0):
                    assert alerted == bool(chance), f"a spell of {end - start} days, alerted: {alerted}"
                else:
                    between += 1
                    surprise += alerted - chance
                    variance += chance * (1 - chance)
                if alerted:
                    break
            up_since = end
    assert abs(surprise) < 4 * math.sqrt(variance)
    return between


@pytest.fixture
def long_repairs(only_new_exports: Scenario) -> Scenario:
    """Honest chips that fail six times a year for about a fortnight."""
    return only_new_exports.replace(
        trace=True,
        fleet__scale=0.002,
        uncertainties={
            **only_new_exports.uncertainties,
            "gpu_faults_per_chip_year": 6,
            "repair_absence_days": 14,
            "repair_log_sd": 0.3,
        },
    )


def happenings(record: Record, *kinds: Happening) -> list[Event]:
    return [event for event in record.events if event.happening in kinds]


def test_cadence_does_not_invent_false_alarms(long_repairs: Scenario, engine):
    grace, period = 12, 4
    records = {}
    for days in (period, period / 2):
        scenario = long_repairs.replace(verification__period_days=days, verification__grace_days=grace)
        records[days] = engine.run(scenario, seed=3)
        seen = check_spells_alert_as_they_should(records[days], grace=grace, period=days, end_day=scenario.calendar.end_day)
        assert seen > 40
    spells = [happenings(record, Happening.FAILED, Happening.REPAIRED, Happening.RETIRED) for record in records.values()]
    assert spells[0] == spells[1], "both policies must meet the same world"


def test_drawing_silence_per_challenge_would_fail_that_check(long_repairs: Scenario, monkeypatch):
    """The design forbids it: silence drawn anew at each challenge forgets that spells last."""

    def answers(self: reference.ChipByChip, chip: int, state: State) -> Detour:
        site, lot = self.setting.chips.site(chip), int(self.setting.chips.column("lot")[chip])
        answer = Answer(direct(self.setting.sites[site].place))
        return Detour(-1 - site, lot, np.empty(0, np.int64), answer, site, DARK)

    monkeypatch.setattr(reference.ChipByChip, "_detour", answers)  # chips under repair answer as if they were not
    share_down = 0.19  # six spells of 14 days a year
    scenario = long_repairs.replace(
        verification__period_days=4,
        verification__grace_days=12,
        verification__attempts=1,
        uncertainties={**long_repairs.uncertainties, "packet_loss": share_down},
    )
    with pytest.raises(AssertionError):
        check_spells_alert_as_they_should(
            reference.run(scenario, seed=3), grace=12, period=4, end_day=scenario.calendar.end_day
        )


def test_a_silence_is_never_shorter_than_the_grace():
    assert periods_covering(14, 0.1) == 140
    assert periods_covering(14, 5) == 3
    assert periods_covering(0, 1) == 0


def test_streaks_alert_only_past_their_limit():
    assert not silence_streak(14, period_days=1, grace_days=14)
    assert silence_streak(15, period_days=1, grace_days=14)
    assert not suspicious_streak(7, allowed_rounds=7)
    assert suspicious_streak(8, allowed_rounds=7)
