"""Endorsers in data centres: geometry, what they make of answers, how audits find them moved or opened, and both engines."""

from typing import Any

import pytest

from sim import Scenario, ScenarioError
from sim.engine import fast
from sim.outcomes.costs import authority_usd
from sim.parameters import load_parameters
from sim.record import Event, Happening, Record
from sim.smuggling.strategies import STRATEGIES
from sim.world.endorsers import Endorser, endorsed_sites, endorsers_needed, reach_km, vouches
from sim.world.paths import direct
from sim.world.sites import Site

from .test_engines_agree import compare
from .test_strategies_network import SINGAPORE, panel_of, place, seen_by
from .worlds import AT_ONCE, ORDERLY, hurried

CHIPS = 2000


def world(endorsers: str, strategy: str, values: Any = None, **levers: Any) -> Scenario:
    """Nothing goes wrong by itself, nobody tells, and every smuggler follows one strategy."""
    quiet = {
        **ORDERLY,
        "gpu_faults_per_chip_year": 0,
        "site_outages_per_site_year": 0,
        "endorser_faults_per_year": 0,
        "packet_loss": 0,
        "tips_detection_ever": 0,
    }
    common: dict[str, Any] = {
        "geography__endorsers": endorsers,
        "geography__endorser_site_chips": CHIPS,
        "adversary__strategies": {strategy: 1},
        "adversary__channels": AT_ONCE,
        "enforcement__random_inspections": False,
        "enforcement__licence_denial": False,
        "enforcement__endorser_audit_days": 20,
        "verification__unconfirmed_days": 1,
        "calendar__end_after_duty_days": 80,
        "trace": False,
    }
    return hurried({**quiet, **(values or {})}, **{**common, **levers})


def run(*arguments: Any, **levers: Any) -> Record:
    return fast.run(world(*arguments, **levers), 1)


def alerts(record: Record) -> list[Event]:
    return [event for event in record.events if event.happening is Happening.ALERTED]


def reasons(record: Record) -> set[str]:
    return {event.detail for event in alerts(record)}


def test_an_endorser_reaches_as_far_as_light_gets_while_an_honest_chip_answers():
    """Closed form: half of the time that is allowed, at 299,792 km/s."""
    values = load_parameters().values({"in_loop_processing_ms": 0.1, "endorser_jitter_ms": 0.2})
    assert reach_km(values) == pytest.approx(299.792 * 0.3 / 2, rel=1e-4)
    here, beside, away = SINGAPORE, place("Johor Bahru"), place("Jakarta")
    assert [vouches(Endorser.IN_PLACE, direct(to), here, values) for to in (here, beside, away)] == [True, True, False]
    assert all(vouches(one, direct(away), here, values) for one in (Endorser.MOVED, Endorser.OPENED))


def test_endorsers_stand_at_large_sites_and_no_more_of_them_are_needed_where_the_least_size_is_larger():
    values = load_parameters().values({"chips_per_endorser": 1000})
    sites = [Site(number, SINGAPORE, chips, air_gapped=number == 3) for number, chips in enumerate((500, 1000, 2500, 9000))]
    assert endorsed_sites(sites, 1000).tolist() == [False, True, True, False], "nobody reaches behind an air gap"
    assert [endorsers_needed(sites, least, values) for least in (1, 1000, 1001, 5000)] == [1 + 1 + 3, 1 + 3, 3, 0]


@pytest.mark.parametrize("strategy", ["move_endorser", "open_endorser"])
def test_without_an_endorser_whoever_tampers_has_a_relay_and_no_more(strategy: str):
    relay = STRATEGIES["relay_from_declared_site"].facts(seen_by(panel_of(SINGAPORE)))
    facts = STRATEGIES[strategy].facts(seen_by(panel_of(SINGAPORE)))
    assert facts.on_the_way == relay.on_the_way
    assert facts.at_true_site is not None
    assert relay.at_true_site is not None
    assert facts.at_true_site.path == relay.at_true_site.path


def test_no_relay_passes_an_endorser_and_only_large_sites_have_one():
    """Every alert about an answer is at a large site, and all chips that answer from elsewhere are alerted on there."""
    for strategy in ("relay_from_declared_site", "low_latency_relay"):
        record = run("audited", strategy)
        doubted = {event.site for event in alerts(record) if event.detail == "unconfirmed"}
        assert doubted, strategy
        assert reasons(record) <= {"unconfirmed", "silence_streak"}
        long_ago = [one for one in record.diversions if 35 < one.arrival_day < 100]
        large = {one.site for one in long_ago} & doubted
        small = {one.site for one in long_ago} - doubted
        assert large
        assert small


def test_an_endorser_taken_along_vouches_until_an_audit_and_landmarks_see_it_sooner():
    """Audits alone: nothing else is ever alerted on but the silence on the way; each alert is on the day of an audit."""
    audited = run("audited", "move_endorser")
    audits = {(event.day, event.site) for event in audited.events if event.happening is Happening.AUDITED}
    found = [event for event in alerts(audited) if event.detail == "endorser"]
    assert found
    assert {(event.day, event.site) for event in found} <= audits
    assert reasons(audited) <= {"endorser", "silence_streak"}
    assert "unconfirmed" in reasons(run("audited_and_pinged", "move_endorser"))
    never = run("audited", "move_endorser", enforcement__endorser_audit_days=3650)
    assert reasons(never) <= {"silence_streak"}


def test_an_opened_endorser_is_found_if_its_seal_is_looked_at_well_and_never_by_landmarks():
    chances = {"endorser_opened": 1.0, "endorser_audit_miss": 0.0}
    assert "endorser" in reasons(run("audited_and_pinged", "open_endorser", chances))
    blind = run("audited_and_pinged", "open_endorser", {**chances, "endorser_audit_miss": 1.0})
    assert "endorser" not in reasons(blind)
    assert blind.diversions
    refused = run("audited", "open_endorser", {**chances, "endorser_opened": 0.0})
    assert "unconfirmed" in reasons(refused), "an attempt that fails leaves a relay"
    assert "endorser" not in reasons(refused)


def test_a_key_that_stays_at_home_is_as_good_for_an_endorser_as_for_a_landmark():
    record = run("audited", "extract_key", {"key_extraction_success": 1.0, "key_extraction_days_per_chip": 0.1})
    assert record.diversions
    assert not alerts(record)


def test_what_endorsers_cost_is_their_number_and_their_audits():
    scenario = world("audited", "go_dark", {"endorser_cost_usd_per_year": 1e4, "endorser_audit_cost_usd": 5e3})
    record = fast.run(scenario, 1)
    usd = authority_usd(record, scenario)
    years = scenario.calendar.end_after_duty_days / 365.25
    assert usd["endorsers"] == pytest.approx(record.endorsers * 1e4 * years + record.endorser_audits * 5e3)
    assert usd["landmarks"] == 0, "nobody asks them"
    assert record.endorser_audits > 0


@pytest.mark.parametrize("endorsers", ["audited", "audited_and_pinged"])
def test_both_engines_tell_the_same_story_with_endorsers(endorsers: str):
    strategies = ("move_endorser", "open_endorser", "extract_key", "low_latency_relay", "relay_from_declared_site")
    scenario = hurried(
        {"diverted_chips_per_year": 1.4e6, "endorser_faults_per_year": 4, "endorser_opened": 0.7},
        adversary__strategies=dict.fromkeys(strategies, 1),
        geography__endorsers=endorsers,
        geography__endorser_site_chips=CHIPS,
        enforcement__endorser_audit_days=15,
        enforcement__method="challenge",
        verification__unconfirmed_days=1,
        calendar__end_after_duty_days=45,
    )
    events = compare(scenario, 1).events
    assert {"endorser", "unconfirmed"} <= {event.detail for event in events if event.happening is Happening.ALERTED}


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ({"verification__signing": "all"}, r"verification.signing = 'all': allowed 'none' with .*endorsers = 'audited'"),
        ({"verification__uncleared_sites": "drift_test"}, r"uncleared_sites = 'drift_test': allowed 'inspect_only'"),
        ({"enforcement__endorser_audit_days": 0}, r"endorser_audit_days.*0"),
    ],
)
def test_what_is_not_modelled_with_endorsers_is_refused(levers: dict[str, Any], message: str):
    with pytest.raises(ScenarioError, match=message):
        world("audited", "go_dark", **levers)
