"""Real exchanges over emulated paths beside what the simulator predicts."""

import json
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from attestation import ED25519
from scenarios.__main__ import main
from scenarios.commands.emulate import figures_of
from scenarios.emulation.compared import exchange_table, margin_ms, measured_of, session_table
from scenarios.emulation.predicted import AT_A_LANDMARK, AT_HOME, STRATEGIES_EMULATED, emulated_chips
from scenarios.emulation.wires import run_sessions
from sim import Scenario
from sim.detection.verdicts import Verdict
from sim.world.bounds import KM_PER_MS
from sim.world.geography import distances_km

MINIATURE = Scenario.load("miniature")


@pytest.fixture(scope="module")
def chips():
    return emulated_chips(MINIATURE, seed=1, sites=2, rounds=2)


def test_each_site_has_a_chip_for_each_way_to_answer(chips):
    ways = [AT_HOME, AT_A_LANDMARK, *STRATEGIES_EMULATED]
    assert [chip.way for chip in chips] == 2 * ways
    assert len({chip.declared.name for chip in chips}) == 2


def test_the_path_is_all_of_the_prediction_but_processing(chips):
    processing_ms = MINIATURE.values["in_loop_processing_ms"]
    for chip in chips:
        assert chip.emulated_ms == pytest.approx(chip.predicted_ms - processing_ms)
        assert (chip.emulated_ms > 0).all()


def test_honest_paths_are_no_faster_than_light_and_relays_longer_than_the_direct_way(chips):
    by_way = {chip.way: chip for chip in chips[:6]}
    honest = by_way[AT_HOME]
    places = [landmark.position for landmark in honest.panel.landmarks]
    light_ms = distances_km([honest.declared.position], places)[0] / KM_PER_MS["vacuum"]
    assert (honest.emulated_ms >= light_ms).all()
    assert (by_way["relay_from_declared_site"].emulated_ms.min(axis=0) > honest.emulated_ms.min(axis=0)).all()


def test_a_forged_key_is_refused_by_the_makers_list_only(chips):
    def forged(some):
        return next(chip for chip in some if chip.way == "leaked_vendor_key")

    assert set(forged(chips).verdicts) == {Verdict.INVALID}
    without = MINIATURE.replace(verification__key_register=False)
    assert Verdict.INVALID not in forged(emulated_chips(without, seed=1, sites=1, rounds=2)).verdicts


def test_the_same_seed_predicts_the_same(chips):
    for chip, again in zip(chips, emulated_chips(MINIATURE, seed=1, sites=2, rounds=2), strict=True):
        assert np.array_equal(chip.predicted_ms, again.predicted_ms)
        assert chip.verdicts == again.verdicts


def test_real_exchanges_take_the_path_and_more_and_come_to_the_verdicts_predicted(chips):
    near = [short(chip) for chip in chips if chip.way in (AT_HOME, AT_A_LANDMARK, "leaked_vendor_key")]
    sessions = list(run_sessions(near, algorithm=ED25519, burst=2, at_once=6, awake=False, seconds=60))
    exchanges, table = exchange_table(sessions), session_table(sessions)
    assert len(sessions) == len(near)
    assert len(exchanges) == sum(len(chip.panel.landmarks) for chip in near)
    assert (exchanges["measured_ms"] >= exchanges["path_ms"]).all()
    assert (exchanges["processing_ms"] > 0).all()
    assert (exchanges["measured_ms"] - exchanges["path_ms"] >= exchanges["processing_ms"]).all()
    assert list(table["predicted"]) == [chip.verdicts[0].value for chip in near]
    measured = measured_of(sessions, np.zeros(1))
    late_ms = measured.errors_ms.max()  # however busy this machine is
    assert (table["measured"][table["margin_ms"] > late_ms] == table["predicted"][table["margin_ms"] > late_ms]).all()
    assert set(table["measured"][table["way"] == "leaked_vendor_key"]) == {"invalid"}
    asked = Namespace(quick=True, seed=1, keys="ed25519", awake=False)
    figures = json.loads(json.dumps(figures_of(measured, MINIATURE, asked), allow_nan=False))
    assert sum(row["sessions"] for row in figures["verdicts"]) == figures["sessions"] == len(sessions)
    assert figures["times_ms"]["measured less predicted"]["greatest"] == pytest.approx(late_ms)


def test_the_margin_is_the_least_change_of_a_time_that_another_verdict_takes(chips):
    chip = chips[0]
    limit_ms = float(chip.panel.clearing_ms[1])
    times_ms = np.full_like(chip.predicted_ms, 1e4)
    times_ms[0, 1] = limit_ms + 0.25
    assert margin_ms(replace(chip, predicted_ms=times_ms), 0) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sites", "0"], "--sites: 0 is not allowed; 1 to 40"),
        (["--rounds", "1001"], "--rounds: 1001 is not allowed; 1 to 1000"),
        (["--seed", "-1"], "--seed: -1 is not allowed; 0 to"),
        (["--scenario", "none"], "none"),
        (["--out", "."], "--out: . exists; name a new folder"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_measured(words, told, capsys):
    assert main(["emulate", *words]) == 2
    assert told in capsys.readouterr().err


def short(chip):
    """The first round only."""
    return replace(chip, predicted_ms=chip.predicted_ms[:1], emulated_ms=chip.emulated_ms[:1], verdicts=chip.verdicts[:1])
