"""Directions that must hold, and limiting cases, on common random numbers."""

import numpy as np
import pytest

from sim import Scenario, simulate
from sim.engine.fast import run
from sim.record import Happening

from .worlds import ORDERLY


@pytest.fixture
def busy(small: Scenario) -> Scenario:
    """A small fleet with many diverted lots."""
    return small.replace(
        trace=True,
        fleet__scale=0.0004,
        verification__signing="none",
        uncertainties={"diverted_chips_per_year": 4.0e5, "legacy_chips_abroad": 0, "covered_exports_per_year": 1.0e6},
    )


def established(scenario: Scenario, seed: int = 1) -> int:
    return int((~np.isnan(run(scenario, seed).chips["established_day"])).sum())


def test_the_rule_and_the_status_quo_meet_the_same_world(busy: Scenario):
    """Same departures, faults, outages, visits and tips: only challenges and what follows from them differ."""
    same = {Happening.SHIPPED, Happening.DELIVERED, Happening.DEPARTED, Happening.ARRIVED, Happening.FAILED}
    same |= {Happening.REPAIRED, Happening.OUTAGE_BEGAN, Happening.OUTAGE_ENDED, Happening.VISITED, Happening.EXPOSED}
    logs = [[e for e in run(policy, 1).events if e.happening in same] for policy in (busy, busy.status_quo())]
    assert logs[0] == logs[1]


def test_under_the_status_quo_only_tips_and_random_visits_find_anything(busy: Scenario):
    before = busy.status_quo()
    assert established(before.replace(enforcement__tips=False, enforcement__random_inspections=False)) == 0
    sure = {**busy.uncertainties, "tips_detection_ever": 1, "tips_time_to_charge_months": 0.1, "tips_time_log_sd": 0.5}
    record = run(before.replace(uncertainties=sure, enforcement__random_inspections=False), 1)
    diverted, found = record.chips["diverted_day"], record.chips["established_day"]
    early = diverted < busy.calendar.end_day - 60
    assert early.sum() > 50
    assert not np.isnan(found[early]).any()


def test_a_relay_is_noticed_as_unconfirmed_only_and_only_at_sites_that_could_be_cleared(busy: Scenario):
    relays = busy.replace(adversary__strategies={"relay_from_declared_site": 1}, verification__grace_days=200)
    record = run(relays, 1)
    reasons = {event.detail for event in record.events if event.happening is Happening.ALERTED}
    assert reasons == {"unconfirmed"}
    assert record.refuted == 0
    # At sites that could not be cleared at enrolment the same relay raises no alert.
    strict = relays.replace(verification__enrolment_cleared_share=1, verification__enrolment_rounds=1000)
    assert established(strict) < established(relays)


def test_more_inspections_find_no_less_and_none_find_nothing_by_alert(busy: Scenario):
    quiet = busy.replace(enforcement__tips=False, enforcement__random_inspections=False)
    found = [established(quiet.replace(enforcement__inspectors=n)) for n in (0, 1, 30)]
    assert found[0] == 0
    assert found[0] < found[1] <= found[2]


def test_inspectors_who_miss_everything_establish_nothing(busy: Scenario):
    blind = busy.replace(enforcement__tips=False, uncertainties={**busy.uncertainties, "inspection_miss": 1})
    assert established(blind) == 0


def test_an_outage_of_a_whole_site_is_one_case(only_new_exports: Scenario):
    scenario = only_new_exports.replace(
        fleet__scale=0.0005,
        geography__sites=1,
        verification__grace_days=3,
        uncertainties={
            **only_new_exports.uncertainties,
            "site_outages_per_site_year": 4,
            "site_outage_hours": 24 * 20,
            "site_outage_log_sd": 0.1,
        },
    )
    record = run(scenario, 2)
    outages = [event.day for event in record.events if event.happening is Happening.OUTAGE_BEGAN]
    alerted = sum(event.chips for event in record.events if event.happening is Happening.ALERTED)
    cases = [event for event in record.events if event.happening is Happening.CASE_OPENED]
    assert outages
    assert alerted > 10
    assert len(cases) == 1


def test_refused_evidence_is_an_alert_at_once(small: Scenario, monkeypatch):
    """Every chip claims a transcript that no landmark has measured."""
    from sim.actors import evidence

    monkeypatch.setattr(evidence, "combined_sha256", lambda _: bytes(32))
    scenario = small.replace(verification__signing="all", calendar__end_after_duty_days=40, uncertainties=ORDERLY)
    record = run(scenario, 1)
    verdicts = {event.detail for event in record.events if event.happening is Happening.ANSWERED}
    assert verdicts == {"invalid"}
    assert record.refuted > 0 == record.suspicious
    assert "invalid" in {event.detail for event in record.events if event.happening is Happening.ALERTED}


def test_each_date_has_one_census_even_if_the_run_ends_within_a_day(small: Scenario):
    table = simulate(small.replace(calendar__end_after_duty_days=57.5)).table
    per_date = table[table["outcome"] == "chips_shipped"].groupby(["scenario", "run", "date"]).size()
    assert (per_date == 1).all()


def test_outcomes_agree_with_a_count_by_hand(busy: Scenario):
    """Shares recomputed from the table of chips, cases from the log."""
    result = simulate(busy, seed=4)
    summary = result.summary().set_index(["scenario", "outcome"])["median"]
    for policy in ("miniature", "status_quo"):
        chips = result.chips[result.chips["scenario"] == policy]
        cohort = chips[chips["diverted_day"] >= busy.calendar.duty_day]
        assert summary[policy, "established_by_end_of_run_crude"] == pytest.approx(cohort["established_day"].notna().mean())
        horizons = [summary[policy, f"established_by_day_{days}"] for days in (30, 90)]
        assert horizons == sorted(horizons)
        assert summary[policy, "diverted_under_duty"] == len(cohort)
    closed = result.events[result.events["happening"] == "case_closed"]
    assert summary["miniature", "false_alarms"] == closed["detail"].str.endswith(": 0 diverted").sum()
    assert summary["difference", "established_by_day_30"] > 0
