"""A study made again from its manifest: what is the same, what differs, and what cannot be made."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scenarios import command_line, study
from scenarios.__main__ import main
from scenarios.commands import rerun
from scenarios.manifests import read_manifest
from sim import Scenario, simulate
from sim.experiments.ensemble import ensemble
from sim.provenance import file_digest

from .stubs import stub_question

TINY = Scenario.load("miniature").replace(
    fleet__scale=0.0001, geography__sites=10, calendar__duty_after_days=60, calendar__end_after_duty_days=60
)
QUESTION = stub_question(
    lambda options: study.Study(TINY.replace_keys(options.levers), options.runs or 1, options.draws or None)
)
RUN = ["run", "baseline", "--draws", "1", "--set", "verification.period_days=7", "--workers", "1"]


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """Results of a question that stands in for the baseline: quick, and without figures."""
    folder = tmp_path_factory.mktemp("results") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command_line, "load_question", lambda name: QUESTION)
        assert main([*RUN, "--out", str(folder)]) == 0
    return folder


def edited(results: Path, folder: Path, **manifest: Any) -> Path:
    """A copy of results with another manifest."""
    shutil.copytree(results, folder)
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **manifest}))
    return folder


def test_a_question_made_again_is_the_same_byte_for_byte(results: Path, monkeypatch, capsys):
    monkeypatch.setattr(rerun, "load_question", lambda name: QUESTION)
    assert main(["rerun", str(results), "--workers", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "identical"
    assert {"table.csv", "events.csv.gz", "draws.csv", "diversions.csv", "summary.csv"} <= set(told["identical"])
    assert told["changes"] == []
    assert list(results.parent.iterdir()) == [results], "nothing is left behind"


def test_the_command_says_nothing_of_the_place_it_was_given_in(results: Path):
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["command"][:4] == ["run", "baseline", "--set", "verification.period_days=7"]
    assert {"--out", "--workers", str(results)}.isdisjoint(manifest["command"])
    assert manifest["duration_s"] >= 0


def made_by_simulate(folder: Path) -> Path:
    return simulate(TINY, seed=5, status_quo=False).save(folder)


def made_from_points(folder: Path) -> Path:
    points = [{"in_loop_processing_ms": 0.1 + 0.2}, {"in_loop_processing_ms": 1 / 3}]
    return ensemble(TINY, points=points, status_quo=False).save(folder)


@pytest.mark.parametrize("make", [made_by_simulate, made_from_points])
def test_results_saved_from_python(make, tmp_path: Path, capsys):
    folder = make(tmp_path / "saved")
    assert main(["rerun", str(folder / "manifest.json"), "--keep", str(tmp_path / "again")]) == 0
    assert "Every table is the same, byte for byte" in capsys.readouterr().out
    assert (tmp_path / "again" / "table.csv").read_bytes() == (folder / "table.csv").read_bytes()


def compared(results: Path, folder: Path, row: int, old: str, new: str, **environment: str) -> rerun.Comparison:
    """The results held against themselves as they would be had a cell been otherwise, and an environment, then."""
    earlier = edited(results, folder)
    lines = (earlier / "table.csv").read_text().splitlines(keepends=True)
    assert old in lines[row]
    lines[row] = lines[row].replace(old, new)
    (earlier / "table.csv").write_text("".join(lines))
    manifest, _ = read_manifest(earlier)
    manifest["files"]["table.csv"]["sha256"] = file_digest(earlier / "table.csv")
    manifest["environment"] |= environment
    now, _ = read_manifest(results)
    return rerun.compare(manifest, earlier, now, results)


def a_measured_row(results: Path) -> tuple[int, str]:
    """A row of the table with a number that is no count, and that number."""
    lines = enumerate((results / "table.csv").read_text().splitlines())
    return next((place, line.split(",")[5]) for place, line in lines if ",cost_authority_landmarks," in line)


def test_rounding_is_forgiven_where_something_explains_it(results: Path, tmp_path: Path):
    row, value = a_measured_row(results)
    near = repr(float(value) * (1 + 1e-12))
    explained = compared(results, tmp_path / "a", row, value, near, numpy="1.0")
    assert explained.verdict == "close"
    assert [str(change).split(" then")[0] for change in explained.changed] == ["numpy: 1.0"]
    unexplained = compared(results, tmp_path / "b", row, value, near)
    assert unexplained.verdict == "different"


def test_a_difference_is_never_forgiven_and_told_precisely(results: Path, tmp_path: Path):
    row, value = a_measured_row(results)
    found = compared(results, tmp_path / "a", row, value, repr(float(value) * 1.01), numpy="1.0")
    assert found.verdict == "different"
    told = "\n".join(found.lines())
    assert "table.csv: 1 of " in told
    assert f"row {row:,}, then: " in told
    assert f"value {value}" in told
    assert "The tables differ." in told


def test_a_file_changed_since_is_a_warning_if_the_study_still_gives_what_was_written(results: Path, tmp_path: Path):
    earlier = edited(results, tmp_path / "earlier")
    (earlier / "table.csv").write_text("spoiled\n")
    (earlier / "draws.csv").unlink()
    found = rerun.compare(read_manifest(earlier)[0], earlier, read_manifest(results)[0], results)
    assert found.verdict == "identical"
    assert found.altered == {"table.csv": "changed", "draws.csv": "missing"}


def test_what_differs_in_the_making_is_named(results: Path, tmp_path: Path):
    then, _ = read_manifest(edited(results, tmp_path / "earlier"))
    then["parameters"]["chip_replacement_days"] = -1.0
    then["data_sha256"]["parameters.toml"] = "0" * 64
    then["code_sha256"]["sim"] = "1" * 64
    then["scenario"]["verification"]["period_days"] = 30
    told = "\n".join(str(change) for change in rerun.changes(then, read_manifest(results)[0]))
    for words in (
        "scenario, verification.period_days: 30 then, 7.0 now",
        "parameter chip_replacement_days: -1.0 then, ",
        "data file parameters.toml: 000000000000 then, ",
        "code of sim: 111111111111 then, ",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"schema": 1}, "schema 1, made by another version"),
        ({"seed": "one"}, "seed = 'one' is not a whole number"),
        ({"files": {"../table.csv": {"sha256": ""}}}, "files.../table.csv is not the name of a file with its sha256"),
        ({"command": ["run", "astrology"], "question": "astrology"}, "NAME: 'astrology' is not a question"),
        ({"command": ["run", "silence"]}, "runs 'silence', not its question 'baseline'"),
        ({"command": ["run", "baseline", "--runs", "many"]}, "command of the manifest: argument --runs: invalid int value"),
        ({"command": ["bench"]}, "is not `run` and its words"),
        ({"command": None, "made_by": "hand"}, "made_by = 'hand': the manifest does not say how the study was made"),
        ({"command": None, "scenario": {"name": "x", "pets": 3}}, "scenario of the manifest is not allowed in this version"),
    ],
)
def test_bad_manifests_are_refused_by_name(results: Path, tmp_path: Path, changed: dict, message: str, capsys):
    folder = edited(results, tmp_path / "earlier", **changed)
    assert main(["rerun", str(folder)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not JSON"), ("[]", "not a manifest of results"), ('{"schema": 2}', "id is missing")],
)
def test_what_is_no_manifest(text: str, message: str, tmp_path: Path, capsys):
    (tmp_path / "manifest.json").write_text(text)
    assert main(["rerun", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_no_manifest_and_no_place_for_new_results(results: Path, tmp_path: Path, capsys):
    for words, message in (
        ([str(tmp_path / "nowhere")], "there is no such file"),
        ([str(results), "--keep", str(results)], "holds the results that are to be compared"),
        ([str(results), "--workers", "0"], "--workers: 0 is not in 1 to"),
    ):
        assert main(["rerun", *words]) == 2
        assert message in capsys.readouterr().err
