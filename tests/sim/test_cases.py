"""Cases and the few inspectors: how many visits at once, who comes first, and what an interruption changes."""

import math
from dataclasses import dataclass

import pytest
import simpy

from sim import Scenario
from sim.actors import authority
from sim.engine.fast import run
from sim.outcomes.measures import every_outcome
from sim.record import Event, Finding, Happening, Record, VisitReason

from .worlds import ORDERLY, hurried, one_inspector

CASE = VisitReason.CASE


@dataclass
class Visit:
    """What the log tells of a case: days, and how many chips it had when its review was over."""

    opened: float
    sent_out: float = math.inf
    over: float = math.inf
    called_off: bool = False


def visits(record: Record, days_busy: float) -> dict[tuple[int, int], Visit]:
    """By site and number of the case. A visit is over when the inspector is free again."""
    cases: dict[tuple[int, int], Visit] = {}
    for event in record.events:
        case = (event.site, event.case)
        if event.happening is Happening.CASE_OPENED:
            cases[case] = Visit(event.day)
        elif event.happening is Happening.SENT_OUT:
            cases[case].sent_out, cases[case].over = event.day, event.day + days_busy
        elif event.happening is Happening.CALLED_OFF:
            cases[case].over, cases[case].called_off = event.day, True
    return cases


def alerted_by(record: Record, case: tuple[int, int], day: float) -> int:
    """Chips alerted on in a case up to a day."""
    alerts = [event for event in record.events if event.happening is Happening.ALERTED and event.day <= day]
    return sum(event.chips for event in alerts if (event.site, event.case) == case)


def days_busy(scenario: Scenario) -> float:
    return max(scenario.values["inspection_days"], scenario.values["inspection_travel_days"])


@pytest.fixture
def pressed() -> Scenario:
    """Two inspectors for the cases of twenty sites, reviewed for 2.3 days, so that none ends in a round."""
    values = {"case_review_days": 2.3, "case_review_log_sd": 0, "site_outage_hours": 24 * 5, "tips_detection_ever": 0}
    return hurried(
        values,
        geography__sites=20,
        verification__grace_days=4,
        calendar__end_after_duty_days=150,
        enforcement__inspectors=2,
    )


@pytest.mark.parametrize("inspectors", [1, 2, 3])
def test_no_more_visits_are_under_way_than_there_are_inspectors(pressed: Scenario, inspectors: int):
    scenario = pressed.replace(enforcement__inspectors=inspectors)
    known = visits(run(scenario, 1), days_busy(scenario)).values()
    at_once = [sum(other.sent_out <= one.sent_out < other.over - 1e-6 for other in known) for one in known]
    assert max(at_once) == inspectors
    assert sum(case.sent_out < math.inf for case in known) > 10


def test_the_case_with_the_most_chips_at_the_end_of_its_review_goes_first(pressed: Scenario):
    record = run(pressed, 1)
    known = visits(record, days_busy(pressed))
    waiting_since = {case: one.opened + pressed.values["case_review_days"] for case, one in known.items()}
    chips = {case: alerted_by(record, case, since) for case, since in waiting_since.items()}
    overtaken = 0
    for case, one in known.items():
        if one.sent_out == math.inf:
            continue
        for other, rival in known.items():
            if waiting_since[other] < one.sent_out - 1e-6 and one.sent_out < rival.sent_out:
                assert chips[other] <= chips[case]
                overtaken += waiting_since[other] < waiting_since[case]
    assert overtaken > 3


def inspectors_made(monkeypatch: pytest.MonkeyPatch) -> list[simpy.PriorityResource]:
    """The inspectors of each run from now on."""
    made = []

    def make(*arguments, **keywords):
        made.append(simpy.PriorityResource(*arguments, **keywords))
        return made[-1]

    monkeypatch.setattr(authority, "PriorityResource", make)
    return made


def test_an_inspector_who_is_called_off_is_free_for_the_next_case(pressed: Scenario, monkeypatch):
    """Somebody interrupts the first journey soon after it began; with a single inspector all later visits are earlier."""
    made = inspectors_made(monkeypatch)
    scenario = pressed.replace(enforcement__inspectors=1)
    interrupted: list[float] = []

    def call_off(env, journey):
        yield env.timeout(1.1)
        interrupted.append(env.now)
        journey.interrupt("by nobody in particular")

    def watch(event: Event, setting) -> None:
        if event.happening is Happening.SENT_OUT and not interrupted:
            interrupted.append(event.day)
            setting.env.process(call_off(setting.env, setting.env.active_process))

    plain, changed = run(scenario, 1), run(scenario, 1, watch)
    sent_out, day = interrupted
    assert day == pytest.approx(sent_out + 1.1)
    before = [[event for event in record.events if event.day < day] for record in (plain, changed)]
    assert before[0] == before[1]
    happened = {event.happening for event in changed.events if event.day == day}
    assert happened == {Happening.SENT_OUT, Happening.CALLED_OFF, Happening.CASE_CLOSED}
    journeys = [
        [event.day for event in record.events if event.happening is Happening.SENT_OUT] for record in (plain, changed)
    ]
    assert journeys[1][1] == day < journeys[0][1]
    assert plain.closed_cases != changed.closed_cases
    assert not changed.closed_cases[0].visited
    check_nobody_is_kept(scenario, changed, made[1])


def check_nobody_is_kept(scenario: Scenario, record: Record, inspectors: simpy.PriorityResource) -> None:
    """At the end exactly those inspectors are busy who have been sent out and are neither back nor called off."""
    end = scenario.calendar.end_day
    under_way = [one for one in visits(record, days_busy(scenario)).values() if one.sent_out < end <= one.over]
    assert inspectors.count == len(under_way)


@pytest.mark.parametrize("seed", [2, 3])
def test_a_tip_that_settles_a_case_changes_who_is_visited(seed: int, monkeypatch):
    """Against the same world where nobody is ever called off."""
    made = inspectors_made(monkeypatch)
    scenario = one_inspector()
    plain = run(scenario, seed)
    monkeypatch.setattr(simpy.Process, "interrupt", lambda self, cause=None: None)
    deaf = run(scenario, seed)
    called_off = [event.day for event in plain.events if event.happening is Happening.CALLED_OFF]
    assert called_off
    assert not any(event.happening is Happening.CALLED_OFF for event in deaf.events)
    before = [[event for event in record.events if event.day < called_off[0]] for record in (plain, deaf)]
    assert before[0] == before[1]
    assert plain.closed_cases != deaf.closed_cases
    assert any(not case.visited for case in plain.closed_cases)
    for record, inspectors in zip((plain, deaf), made, strict=True):
        check_nobody_is_kept(scenario, record, inspectors)


def test_without_inspectors_a_tip_still_settles_a_case():
    """Nobody can be sent, so the case waits for ever, but not for the tip."""
    noise = ("gpu_faults_per_chip_year", "packet_loss", "site_outages_per_site_year")
    values = {**ORDERLY, **dict.fromkeys(noise, 0), "tips_detection_ever": 1, "tips_time_to_charge_months": 1}
    dark = hurried(values, geography__sites=40, enforcement__inspectors=0, adversary__strategies={"go_dark": 1})
    record = run(dark, 1)
    assert any(event.happening is Happening.CALLED_OFF for event in record.events)
    assert record.closed_cases
    assert not any(case.visited for case in record.closed_cases)


def test_without_inspectors_the_end_finds_every_case_open_and_every_one_counts(pressed: Scenario):
    """As many false alarms as cases that never held a diverted chip, though nobody has looked into any."""
    scenario = pressed.replace(enforcement__inspectors=0)
    record = run(scenario, 1)
    opened = sum(event.happening is Happening.CASE_OPENED for event in record.events)
    assert len(record.open_cases) == opened - len(record.closed_cases) > 10
    innocent = hurried({"diverted_chips_per_year": 0}).replace(enforcement__inspectors=0)
    alarms = {one.name: one.value for one in every_outcome(run(innocent, 1), innocent)}
    assert alarms["false_alarms"] == alarms["cases_open_at_end"] + alarms["cases_closed"] > 5
    assert alarms["precision_of_cases"] == 0


def test_another_visit_that_settles_a_case_calls_its_inspector_off():
    """Nobody tells and nobody can be sent, so that only end-use checks establish anything."""
    noise = (
        "gpu_faults_per_chip_year",
        "packet_loss",
        "site_outages_per_site_year",
        "tips_detection_ever",
        "inspection_miss",
    )
    checks = {"end_use_checks_per_year": 1e5, "end_use_checks_on_ai_chips": 0.2}
    dark = hurried(
        {**ORDERLY, **dict.fromkeys(noise, 0), **checks},
        enforcement__inspectors=0,
        enforcement__random_inspections=True,
        adversary__strategies={"go_dark": 1},
    )
    record = run(dark, 1)
    assert record.closed_cases
    assert {case.finding for case in record.closed_cases} == {Finding.ESTABLISHED}
    assert not any(case.visited for case in record.closed_cases)


def test_notice_keeps_no_inspector(pressed: Scenario):
    """A month of notice moves the visits of one inspector by a month; were he kept for it, he could make four of them."""
    scenario = pressed.replace(enforcement__inspectors=1)
    days = [
        [visit.day for visit in run(scenario.replace(enforcement__notice_days=notice), 1).visits if visit.reason is CASE]
        for notice in (0, 30)
    ]
    assert len(days[1]) > len(days[0]) / 2 > 8
    assert days[1][0] >= days[0][0] + 30 - scenario.values["inspection_travel_days"]


def test_nobody_is_sent_about_chips_that_others_have_established(monkeypatch):
    """A tip may establish some chips of a case, and the operator explain the others later."""
    settled: list[bool] = []
    send = authority.Authority._send_inspector

    def watched(self, case):
        settled.append(bool(self._established(case.chips).all()))
        return send(self, case)

    monkeypatch.setattr(authority.Authority, "_send_inspector", watched)
    tips = {"tips_detection_ever": 1, "tips_time_to_charge_months": 0.5, "request_answered": 1, "request_answer_days": 6}
    outages = {"site_outages_per_site_year": 6, "site_outage_hours": 24 * 8}
    levers = {"geography__sites": 4, "enforcement__remote_request_days": 10, "calendar__end_after_duty_days": 200}
    for seed in range(1, 5):
        run(hurried({**tips, **outages}, **levers), seed)
    assert len(settled) > 50
    assert not any(settled)
