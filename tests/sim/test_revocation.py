"""Keys of production batches, and what revoking a key at once does to whom."""

from typing import Any

import numpy as np
import pytest

from attestation import Flaws
from sim import Scenario, ScenarioError
from sim.detection.acceptance import accepts
from sim.engine import fast
from sim.fleet.chips import UNENDORSED
from sim.record import Event, Happening, Record
from sim.world.keys import Key

from .test_engines_agree import compare
from .worlds import AT_ONCE, ORDERLY, hurried

REVOKED_DAYS, REISSUE_DAYS = 15.0, 10.0


def world(strategy: str, values: Any = None, **levers: Any) -> Scenario:
    """Nothing goes wrong by itself, nobody tells, each site takes the same time, and every smuggler has the same key."""
    quiet = {
        **ORDERLY,
        "gpu_faults_per_chip_year": 0,
        "site_outages_per_site_year": 0,
        "packet_loss": 0,
        "tips_detection_ever": 0,
        "diverted_chips_per_year": 1.4e6,
        "vendor_key_revoked_days": REVOKED_DAYS,
        "shared_key_revoked_days": REVOKED_DAYS,
        "chips_per_batch_key": 1e5,
        "key_extraction_days_per_chip": 0.5,
        "key_reissue_days": REISSUE_DAYS,
        "case_review_log_sd": 0,
    }
    common: dict[str, Any] = {
        "adversary__strategies": {strategy: 1},
        "adversary__channels": AT_ONCE,
        "enforcement__random_inspections": False,
        "enforcement__licence_denial": False,
        "verification__detectors": ["contradiction", "invalid", "silence_streak"],
        "verification__key_register": False,
        "verification__chip_keys": "batch",
        "verification__revocation": "at_once",
        "calendar__end_after_duty_days": 80,
        "trace": False,
    }
    return hurried({**quiet, **(values or {})}, **{**common, **levers})


def events_of(record: Record, happening: Happening) -> list[Event]:
    return [event for event in record.events if event.happening is happening]


def test_whose_key_passes():
    sound = Flaws()

    def passes(key: Key, register: bool = True, **facts: bool) -> bool:
        return accepts(key, sound, key_register=register, vendor_key_revoked=False, **facts)

    assert passes(Key.OWN)
    assert not passes(Key.BATCH), "each chip has a key of its own"
    for register in (True, False):
        assert passes(Key.BATCH, register, batches_share_keys=True), "no list tells chips of a batch apart"
        assert not passes(Key.BATCH, register, batches_share_keys=True, batch_key_revoked=True)


@pytest.mark.parametrize("strategy", ["extract_batch_key", "leaked_vendor_key"])
def test_a_stolen_key_passes_until_it_is_revoked_and_what_it_forged_is_refused_when_all_others_have_new_ones(strategy: str):
    """Closed form: every alert comes at least so many days after the revocation as sites need to take new endorsements."""
    record = fast.run(world(strategy), 1)
    revoked = {event.detail: event.day for event in events_of(record, Happening.KEY_REVOKED)}
    reissued = events_of(record, Happening.REISSUED)
    assert reissued
    for event in reissued:
        assert event.day == pytest.approx(revoked[event.detail] + REISSUE_DAYS)
    alerts = events_of(record, Happening.ALERTED)
    assert {event.detail for event in alerts} == {"invalid"}
    asked = [one.departure_day for one in record.diversions if record.chips["covered"][one.rows].any()]
    assert min(revoked.values()) == pytest.approx(min(asked) + REVOKED_DAYS)
    assert min(event.day for event in alerts) >= min(revoked.values()) + REISSUE_DAYS


def test_honest_chips_are_refused_for_as_long_as_their_site_takes_and_all_are_endorsed_again():
    """Conservation: chip-days are chips of honest owners at the revocation times the days of a site, and no mark is left."""
    scenario = world("leaked_vendor_key")
    record = fast.run(scenario, 1)
    (revocation,) = events_of(record, Happening.KEY_REVOKED)
    day, end_day = revocation.day, scenario.calendar.end_day
    assert day + REISSUE_DAYS < end_day
    assert not (record.chips["marks"] & UNENDORSED).any()
    away = [row for one in record.diversions if one.departure_day < day for row in one.rows.tolist()]
    covered, established_day = record.chips["covered"], record.chips["established_day"]
    away = [row for row in away if covered[row] and not established_day[row] < day]
    assert record.unendorsed_chip_days == pytest.approx((revocation.chips - len(away)) * REISSUE_DAYS)


def test_a_batch_takes_fewer_honest_chips_with_it_than_the_vendors_key():
    first = {
        strategy: events_of(fast.run(world(strategy, {"chips_per_batch_key": 2e4}), 1), Happening.KEY_REVOKED)[0].chips
        for strategy in ("extract_batch_key", "leaked_vendor_key")
    }
    assert 0 < first["extract_batch_key"] < first["leaked_vendor_key"] / 4


def test_nobody_honest_is_refused_where_new_endorsements_come_first_or_the_register_makes_the_key_worthless():
    for levers in ({"verification__revocation": "after_reissue"}, {"verification__key_register": True}):
        record = fast.run(world("leaked_vendor_key", **levers), 1)
        assert record.unendorsed_chip_days == 0
        assert not events_of(record, Happening.KEY_REVOKED)
        assert {event.detail for event in events_of(record, Happening.ALERTED)} == {"invalid"}


def test_the_key_of_a_batch_passes_nowhere_if_each_chip_has_its_own():
    record = fast.run(world("extract_batch_key", verification__chip_keys="own"), 1)
    assert {event.detail for event in events_of(record, Happening.ALERTED)} == {"invalid"}
    lags = np.array([record.chips["alert_day"][row] - one.departure_day for one in record.diversions for row in one.rows])
    assert np.nanmin(lags) >= 0
    assert np.nanmedian(lags) < 2, "with the next answer"


def test_both_engines_tell_the_same_story_of_revocations():
    scenario = hurried(
        {"vendor_key_revoked_days": 15, "shared_key_revoked_days": 10, "chips_per_batch_key": 2e5, "key_reissue_days": 8},
        adversary__strategies=dict.fromkeys(("extract_batch_key", "leaked_vendor_key", "go_dark"), 1),
        verification__key_register=False,
        verification__chip_keys="batch",
        verification__revocation="at_once",
        verification__detectors=["contradiction", "invalid", "silence_streak", "unconfirmed", "sprt", "activation_deadline"],
        calendar__end_after_duty_days=55,
    )
    story = compare(scenario, 1)
    assert story.rest[0]["unendorsed_chip_days"] > 0
    assert {Happening.KEY_REVOKED, Happening.REISSUED} <= {event.happening for event in story.events}


def test_shared_keys_are_never_really_signed_with():
    with pytest.raises(ScenarioError, match=r"verification.signing = 'sample': allowed 'none' with .*chip_keys = 'batch'"):
        world("go_dark", verification__signing="sample")
