"""Both engines tell the same story, chip by chip, with every strategy on: protocol sound and flawed, strict and trusting."""

from typing import Any

import pytest

from sim import Scenario
from sim.record import Happening
from sim.smuggling.strategies import STRATEGIES

from .test_engines_agree import EVERY_DETECTOR, OFTEN_DOWN, compare
from .worlds import hurried

EVERY_FLAW = (
    "attester_chosen_nonce",
    "prover_reported_time_subtracted",
    "long_term_key_signs_in_exchange",
    "one_key_per_host",
)
EACH = {name: 2 if name in ("divert_legacy", "rent_remotely") else 1 for name in STRATEGIES}
"""All at once; those more often that leave no trace but the purchase, or the rent, which every world is to show."""

UNTOUCHED = {name: weight for name, weight in EACH.items() if name not in ("add_delay", "misreport_landmark")}
"""Those that change nothing for honest chips: a delayed site is not cleared when it is enrolled, and nothing suspicious."""

AUDITS = {"verification__signing": "sample", "verification__signed_share": 0.002, "verification__followed_share": 0.1}


def busy(values: Any = None, **levers: Any) -> Scenario:
    """Some two thousand chips, half of whose new ones are ordered by smugglers of every kind, one at a time each."""
    hasty = {
        "diverted_chips_per_year": 1.4e6,
        "vendor_key_revoked_days": 20,
        "flood_days": 10,
        "stockpile_days": 20,
        "key_extraction_days_per_chip": 0.5,
        "strip_after_audit_patience_days": 30,
        "shell_company_parcel_chips": 2,
        "shell_company_parcel_gap_days": 5,
    }
    return hurried(
        {**hasty, **(values or {})},
        **{
            "fleet__scale": 0.0006,
            "fleet__stock_equipped": False,
            "adversary__strategies": EACH,
            "adversary__staging": {"none": 1, "boxes": 1, "labels": 1, "return": 1},
            "verification__unconfirmed_days": 1,
            **levers,
        },
    )


WORLDS = {
    "sound protocol": (busy(), {"contradiction", "silence_streak"}),
    "sites and landmarks left alone": (busy(adversary__strategies=UNTOUCHED), {"unconfirmed", "silence_streak"}),
    "every flaw, owners believed": (
        busy(
            verification__flaws=EVERY_FLAW,
            verification__key_register=False,
            verification__rma_reconciliation=True,
            verification__rma_confirmation="owner",
            enforcement__remote_request_days=4,
            enforcement__downtime_budget_days=10,
            enforcement__method="challenge",
            enforcement__notice_days=8,
            **AUDITS,
        ),
        {"invalid", "silence_streak"},
    ),
    "two of three landmarks, which check one another, often down": (
        busy(
            OFTEN_DOWN,
            geography__sites=30,
            verification__landmarks_needed=2,
            verification__landmark_cross_checks=True,
            verification__key_register=False,
            verification__uncleared_sites="drift_test",
            verification__drift_ms=3,
            **AUDITS,
        ),
        {"invalid", "drift"},
    ),
    "vacuum, every detector": (
        busy(
            **{
                **EVERY_DETECTOR,
                "geography__landmarks": 60,
                "verification__bound": "vacuum",
                "verification__landmarks_asked": 5,
                "verification__landmarks_needed": 3,
                "verification__landmark_loss": "fail_closed",
                "verification__rma_reconciliation": True,
            }
        ),
        {"activation_deadline", "sprt"},
    ),
}
"""By name, with reasons of alerts that must occur."""


@pytest.mark.parametrize("name", WORLDS)
def test_both_engines_agree_with_every_strategy_on(name: str):
    scenario, reasons = WORLDS[name]
    events = compare(scenario, 1).events
    assert reasons <= {event.detail for event in events if event.happening is Happening.ALERTED}
    assert {Happening.BOUGHT, Happening.RENTED} <= {event.happening for event in events}
    departed = {event.detail for event in events if event.happening is Happening.DEPARTED}
    assert len(departed) > len(STRATEGIES) * 0.6, "most strategies that move chips"


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(101, 106))
@pytest.mark.parametrize("name", WORLDS)
def test_both_engines_agree_with_every_strategy_on_for_long(name: str, seed: int):
    """Half a year of twice as many chips."""
    scenario = WORLDS[name][0]
    compare(scenario.replace(fleet__scale=2 * scenario.fleet.scale, calendar__end_after_duty_days=180), seed)
