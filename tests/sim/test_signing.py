from sim import Scenario
from sim.engine.reference import run


def test_really_signing_all_some_or_no_evidence_gives_the_same_history(small: Scenario):
    """200 chips, every answer signed and appraised, against a sample and against the outcome model alone."""
    scenario = small.replace(uncertainties={"diverted_chips_per_year": 4.0e5})
    records = {
        signing: run(scenario.replace(verification__signing=signing, verification__signed_share=0.3), seed=5)
        for signing in ("all", "sample", "none")
    }
    everything = records["all"]
    assert len(everything.chips["state"]) >= 150
    answered = sum(everything.verdicts.values()) - everything.verdicts["silent"]
    assert everything.signed_challenges == answered > 500
    assert 0 < records["sample"].signed_challenges < answered
    assert records["none"].signed_challenges == 0
    assert everything.verdicts["invalid"] == 0
    for record in records.values():
        assert record.events == everything.events
        assert record.verdicts == everything.verdicts
