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
        calendar__end_after_duty_days=20,
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
