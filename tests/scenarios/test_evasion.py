"""Which cells of the question `evasion` must be what, and why: each follows from a mechanism, and moves with it.

In worlds of one thing at a time: nothing innocent falls silent, nobody tells, nobody visits at random, the journey is
shorter than the grace period, and there are inspectors enough. So what is established is what verification has found.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from scenarios import evasion
from scenarios.study import Options
from sim import Scenario
from sim.engine import run
from sim.outcomes.cohort import diverted_cohort
from sim.outcomes.incidence import cumulative_incidence
from sim.smuggling.strategies import STRATEGIES

from ..sim.worlds import ORDERLY

QUIET: dict[str, float] = {
    **ORDERLY,
    "gpu_faults_per_chip_year": 0,
    "site_outages_per_site_year": 0,
    "packet_loss": 0,
    "consent_refused": 0,
    "transit_to_restricted_days": 3,
    "smuggler_log_sd": 0.01,
    "diverted_chips_per_year": 3e5,
}
WORLD: dict[str, Any] = {
    "name": "cells",
    "fleet__scale": 0.001,
    "fleet__lot_chips": 8,
    "geography__sites": 12,
    "calendar__duty_after_days": 40,
    "calendar__end_after_duty_days": 240,
    "verification__signing": "none",
    "adversary__staging": {"none": 1},
    "adversary__channels": {"straw_buyers": 1},
    "enforcement__inspectors": 100,
    "enforcement__posts": [],
    "enforcement__licence_denial": False,
    "enforcement__random_inspections": False,
    "enforcement__tips": False,
}


@cache
def simulated(strategy: str, choice: str, levers: tuple[tuple[str, Any], ...], values: tuple[tuple[str, float], ...]):
    rule = {**evasion.RULE, **evasion.CHOICES[choice].levers, "adversary.strategies": {strategy: 1}, **dict(levers)}
    world = Scenario.load("baseline").replace(**WORLD, uncertainties={**QUIET, **dict(values)})
    scenario = world.replace_keys({key: list(value) if isinstance(value, tuple) else value for key, value in rule.items()})
    return run(scenario, 1), scenario.calendar


def cell(strategy: str, choice: str, days: float = 120, values: dict[str, float] | None = None, **levers: Any) -> float:
    """Share of diversions established within some days, `levers` as section__key."""
    keys = {key.replace("__", "."): tuple(value) if isinstance(value, list) else value for key, value in levers.items()}
    record, calendar = simulated(strategy, choice, tuple(keys.items()), tuple((values or {}).items()))
    followed = diverted_cohort(record.chips, calendar).to_established()
    return float(cumulative_incidence(followed.days, followed.happened, np.array([days]), followed.competed)[0])


# --- silence ----------------------------------------------------------------------------------------------------------


def test_without_the_rule_nothing_is_found_where_nobody_tells_and_nobody_visits():
    assert {cell(strategy, "today") for strategy in ("go_dark", "one_host_answers")} == {0.0}


@pytest.mark.parametrize("choice", ["silence_only", "planning_bound", "owners_word", "flawed_protocol"])
def test_who_goes_dark_is_found_under_every_rule_and_no_relay_sooner(choice: str):
    """Silence beyond the grace period raises an alert, and no chip is there to sign. A relay is late, or in time."""
    assert cell("go_dark", choice) == pytest.approx(1.0)
    assert cell("relay_from_declared_site", choice, days=60) <= cell("go_dark", choice, days=60)


def test_where_silence_alone_counts_a_relay_is_as_good_as_the_chip():
    """On its way it is silent for three days. With less grace it is alerted on; but who is asked first answers by then."""
    hasty = {"verification__grace_days": 2}
    assert cell("relay_from_declared_site", "silence_only") == 0.0
    assert cell("relay_from_declared_site", "silence_only", **hasty) == 0.0
    assert cell("relay_from_declared_site", "silence_only", **hasty, enforcement__remote_request_days=0) == pytest.approx(
        1.0
    )


def test_a_relay_is_found_by_its_times_only_where_times_could_clear_the_site():
    """With 200 ms of processing in the loop no site can be cleared, so that being unconfirmed means nothing there."""
    slow = {"in_loop_processing_ms": 200}
    assert cell("relay_from_declared_site", "planning_bound") > 0.5
    assert cell("relay_from_declared_site", "planning_bound", values=slow) == 0.0


def test_times_that_drift_give_a_relay_away_unless_the_site_was_measured_slow():
    """A detour of some thousand km makes every answer later than at enrolment, but for a delay that was there before."""
    slow = {"in_loop_processing_ms": 200}
    assert cell("relay_from_declared_site", "drift_test", values=slow) == pytest.approx(1.0)
    blurred, hardly = (
        cell("add_delay", "drift_test", values={**slow, "blurring_delay_ms": delay_ms}) for delay_ms in (30, 0.1)
    )  # fmt: skip
    assert blurred < hardly


# --- papers, and chips that never come --------------------------------------------------------------------------------


def test_a_false_report_passes_on_the_owners_word_and_not_by_the_makers_books():
    assert cell("claim_repair_or_scrap", "owners_word") == 0.0
    assert cell("claim_repair_or_scrap", "owners_word", verification__rma_confirmation="maker") == pytest.approx(1.0)


def test_a_plea_buys_as_long_as_the_authority_waits_and_no_longer():
    soon, later = (cell("plead_outage", "owners_word", days=days) for days in (60, 150))
    assert soon < later == pytest.approx(1.0)
    assert cell("plead_outage", "planning_bound", days=60) == cell("go_dark", "planning_bound", days=60)


def test_who_never_arrives_is_missed_by_a_deadline_and_by_nothing_else():
    """Chips that were never installed are not asked, so that they cannot fall silent."""
    assert cell("linger_in_transit", "planning_bound") == 0.0
    limits = {"verification__detectors": [*evasion.TIMED, "activation_deadline"], "days": 60}
    assert cell("linger_in_transit", "planning_bound", **limits, verification__activation_days=30) == pytest.approx(1.0)
    assert cell("linger_in_transit", "planning_bound", **limits, verification__activation_days=200) == 0.0


def test_a_stockpile_is_found_by_a_deadline_that_runs_anew():
    """An inspector who comes while the boxes are there finds nothing missing; one who comes later does."""
    assert cell("stockpile", "planning_bound") == 0.0
    assert cell("stockpile", "all_detectors") > 0.5


# --- keys and flaws of the protocol -----------------------------------------------------------------------------------


def test_a_key_that_stays_at_home_is_never_found_by_verification():
    """It answers as the chip did. Where all extractions fail, the chips are dark."""
    assert cell("extract_key", "planning_bound", values={"key_extraction_success": 1}) == 0.0
    assert cell("extract_key", "planning_bound", values={"key_extraction_success": 0}) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("strategy", "flaw"),
    [
        ("presigned_probes", "attester_chosen_nonce"),
        ("understated_processing_time", "prover_reported_time_subtracted"),
    ],
)
def test_a_relay_that_uses_a_flaw_passes_with_it_and_is_an_ordinary_relay_without(strategy: str, flaw: str):
    assert cell(strategy, "planning_bound", verification__flaws=[flaw]) == 0.0
    assert cell(strategy, "planning_bound") == cell("relay_from_declared_site", "planning_bound") > 0.5


def test_a_signer_faster_than_honest_hardware_gains_from_the_flaw_what_it_signs_sooner():
    with_it = cell("faster_signer", "planning_bound", verification__flaws=["long_term_key_signs_in_exchange"])
    assert with_it < cell("faster_signer", "planning_bound") == cell("relay_from_declared_site", "planning_bound")


@pytest.mark.parametrize("strategy", ["one_host_answers", "swap_identities"])
def test_another_chips_key_passes_where_a_host_has_one_key_for_all(strategy: str):
    assert cell(strategy, "planning_bound", verification__flaws=["one_key_per_host"]) == 0.0
    assert cell(strategy, "planning_bound") == pytest.approx(1.0)


def test_a_forged_key_passes_until_it_is_revoked_and_nowhere_by_the_makers_list():
    without = {"verification__key_register": False}
    never, late = (
        cell("leaked_vendor_key", "planning_bound", values={"vendor_key_revoked_days": days}, **without)
        for days in (365, 60)
    )  # fmt: skip
    assert never == 0.0 < late
    assert cell("leaked_vendor_key", "planning_bound") == pytest.approx(1.0)


# --- inspections and landmarks ----------------------------------------------------------------------------------------


def test_dummies_deceive_who_reads_labels_and_not_who_asks_for_a_signature():
    assert cell("decoy_site", "planning_bound") == pytest.approx(1.0)
    assert cell("decoy_site", "planning_bound", enforcement__method="labels") == 0.0


def test_chips_are_back_for_an_inspection_if_its_notice_is_as_long_as_the_way():
    """Three days each way."""
    assert cell("return_for_inspection", "planning_bound", enforcement__notice_days=2) == pytest.approx(1.0)
    assert cell("return_for_inspection", "planning_bound", enforcement__notice_days=4) == 0.0


def test_bribes_work_as_far_as_they_are_taken():
    taken = [cell("bribe_landmark", "planning_bound", values={"bribe_taken": share}) for share in (0, 0.3, 1)]
    assert taken[0] > taken[1] > taken[2]
    assert taken[0] == cell("relay_from_declared_site", "planning_bound")


def test_landmarks_that_are_flooded_time_nobody():
    """Floods begin before sites are enrolled, and last; those of an hour leave nearly all of the relay's risk."""
    assert cell("flood_landmarks", "planning_bound") < 0.1
    brief = cell("flood_landmarks", "planning_bound", values={"flood_days": 1 / 24})
    assert brief > 0.8 * cell("relay_from_declared_site", "planning_bound")


# --- outside the rule -------------------------------------------------------------------------------------------------


def test_chips_without_the_mechanism_are_never_found_unless_they_are_fitted_with_it():
    assert cell("divert_legacy", "all_detectors") == 0.0
    assert cell("divert_legacy", "all_detectors", fleet__stock_equipped=True) == pytest.approx(1.0)


def test_where_chips_are_rented_there_is_nothing_to_establish():
    record, _ = simulated("rent_remotely", "all_detectors", (), ())
    assert np.isnan(cell("rent_remotely", "all_detectors"))
    assert record.rented_chips > 100
    assert not record.diversions


# --- the question itself ----------------------------------------------------------------------------------------------


def test_every_strategy_meets_every_choice_and_policies_differ_in_levers_only():
    full = {(one.group, one.value) for one in evasion.variations(quick=False)}
    assert full == {(strategy, number) for strategy in STRATEGIES for number in range(len(evasion.CHOICES))}
    study = evasion.study(Options("evasion", quick=True))
    policies = [study.scenario, *study.beside]
    assert len({policy.name for policy in policies}) == len(policies) == len(evasion.variations(quick=True))
    for policy in policies:
        for section in ("calendar", "fleet", "uncertainties"):
            assert getattr(policy, section) == getattr(study.scenario, section)


def test_a_choice_names_only_levers_that_the_rule_names_too():
    """Otherwise one choice would keep what another has set, and cells would differ in more than their heading says."""
    assert all(choice.levers.keys() <= evasion.RULE.keys() for choice in evasion.CHOICES.values())
