from typing import Any

import numpy as np
import pytest

from sim import Scenario
from sim.engine.fast import run
from sim.record import Happening


def test_really_signing_all_some_or_no_evidence_gives_the_same_history(small: Scenario):
    """60 chips, every answer signed and appraised, against a sample and against the outcome model alone."""
    scenario = small.replace(
        trace=True,
        fleet__scale=0.00003,
        fleet__stock_equipped=True,
        calendar__duty_after_days=60,
        calendar__end_after_duty_days=12,
        uncertainties={"diverted_chips_per_year": 4.0e5},
    )
    records = {
        signing: run(scenario.replace(verification__signing=signing, verification__signed_share=0.3), seed=5)
        for signing in ("all", "sample", "none")
    }
    everything = records["all"]
    assert len(everything.chips["state"]) >= 60
    answered = everything.challenges - everything.silences
    assert 0 <= answered - everything.signed_challenges < 0.02 * answered, "chips in cases are silent without being judged"
    assert 0.25 * answered < records["sample"].signed_challenges < 0.35 * answered
    assert records["none"].signed_challenges == 0
    verdicts = {event.detail for event in everything.events if event.happening is Happening.ANSWERED}
    assert "cleared" in verdicts
    assert "invalid" not in verdicts
    histories = [
        [event for event in record.events if event.happening is not Happening.ANSWERED] for record in records.values()
    ]
    assert histories[0] == histories[1] == histories[2]
    counts = [(record.challenges, record.silences, record.suspicious, record.refuted) for record in records.values()]
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize(
    ("strategies", "levers", "verdicts"),
    [
        (("one_host_answers", "swap_identities", "leaked_vendor_key"), {}, {"cleared", "invalid"}),
        (("one_host_answers", "swap_identities"), {"verification__flaws": ("one_key_per_host",)}, {"cleared"}),
        (("leaked_vendor_key",), {"verification__key_register": False}, {"cleared", "invalid"}),
        (("presigned_probes",), {"verification__flaws": ("attester_chosen_nonce",)}, {"cleared"}),
        (("understated_processing_time",), {"verification__flaws": ("prover_reported_time_subtracted",)}, {"cleared"}),
        (("faster_signer",), {"verification__flaws": ("long_term_key_signs_in_exchange",)}, {"cleared"}),
        (("relay_from_declared_site", "flood_landmarks"), {}, {"cleared", "unconfirmed"}),
    ],
)
def test_really_signed_answers_of_smuggled_chips_are_read_as_unsigned_ones(
    only_new_exports: Scenario, strategies: tuple[str, ...], levers: dict[str, Any], verdicts: set[str]
):
    """Whatever key signs, and whatever flaw of the protocol helps: all signed, or none, the history is the same."""
    scenario = only_new_exports.replace(
        trace=True,
        fleet__scale=0.0002,
        fleet__lot_chips=4,
        calendar__end_after_duty_days=70,
        verification__period_days=4,
        adversary__strategies=dict.fromkeys(strategies, 1.0),
        uncertainties={
            **only_new_exports.uncertainties,
            "diverted_chips_per_year": 1.0e6,
            "dwell_at_declared_site_days": 4,
            "transit_to_restricted_days": 4,
            "vendor_key_revoked_days": 15,
        },
        **levers,
    )
    signed, unsigned = (run(scenario.replace(verification__signing=signing), seed=5) for signing in ("all", "none"))
    departed = {event.lot for event in signed.events if event.happening is Happening.DEPARTED}
    moved = set(np.flatnonzero(~np.isnan(signed.chips["diverted_day"])).tolist())
    assert len(departed) > 3
    assert len(moved) > 12
    assert verdicts <= {event.detail for event in signed.events if event.happening is Happening.ANSWERED}
    assert [event for event in signed.events if event.happening is not Happening.ANSWERED] == list(unsigned.events)
    assert (signed.suspicious, signed.refuted) == (unsigned.suspicious, unsigned.refuted)
