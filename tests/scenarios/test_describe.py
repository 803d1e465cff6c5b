"""What `describe` says of a folder."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scenarios.__main__ import main
from scenarios.commands.describe import description
from sim import Result, Scenario
from sim.outcomes.outcome import Outcome
from sim.provenance import manifest
from sim.results import Run
from sim.run_files import run_files

WEEKLY = Scenario.load("miniature").replace(verification__period_days=7, fleet__scale=0.001)


def a_run(policy: str, draw: int) -> Run:
    outcomes = (Outcome(730, "established_under_duty", 40.0 + draw, "chips"), Outcome(730, "cost_total", 1e6, "US dollars"))
    return Run(policy, draw, 0, outcomes, {}, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    daily = WEEKLY.replace(name="daily", verification__period_days=1)
    about = manifest("baseline", WEEKLY, 4, 1, False, 2, [daily])
    runs = [a_run(policy, draw) for policy in ("miniature", "daily", "status_quo") for draw in (0, 1)]
    drawn = [{"in_loop_processing_ms": 1.0}, {"in_loop_processing_ms": 2.0}]
    return Result(WEEKLY, runs, about, drawn, (daily,)).save(tmp_path / "results")


def test_design_levers_summary_and_files(folder: Path):
    told = description(folder)["results"]
    assert told["question"] == "baseline"
    assert told["asks"].startswith("What would location verification find")
    assert told["held_against"] == "miniature"
    assert told["levers"] == {
        "verification.period_days": {"there": 1.0, "here": 7.0},
        "fleet.scale": {"there": 0.002, "here": 0.001},
    }
    assert told["beside"] == {"daily": {"verification.period_days": 1.0}}
    assert (told["seed"], told["runs"], told["draws"]) == (4, 1, 2)
    assert told["intervals"] == "10-90 % of draws and runs, parameters and chance"
    (row,) = (row for row in told["summary"] if (row["scenario"], row["outcome"]) == ("daily", "established_under_duty"))
    assert float(row["median"]) == 40.5
    assert {about["checksum"] for about in told["files"].values()} == {"matches"}


def test_in_words_and_as_json_it_says_the_same(folder: Path, capsys):
    assert main(["describe", str(folder)]) == 0
    words = capsys.readouterr().out
    assert "verification.period_days = 7.0, not 1.0" in words
    assert "2 draws of 1 run, seed 4" in words
    assert "All checksums match" in words
    assert main(["describe", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == description(folder)


def test_the_answer_is_shown_where_a_folder_has_one(folder: Path, capsys):
    assert description(folder)["results"]["answer"] == ""
    (folder / "answer.txt").write_text("What is found?\nHalf of it. It takes a month.\nIntervals: none.\n")
    assert main(["describe", str(folder)]) == 0
    assert "  Half of it. It takes a month.\n  Intervals: none.\n" in capsys.readouterr().out


def test_spoiled_missing_and_foreign_files(folder: Path, capsys):
    with (folder / "table.csv").open("a") as table:
        table.write("one more row\n")
    (folder / "draws.csv").unlink()
    (folder / "notes.txt").write_text("mine")
    assert main(["describe", str(folder)]) == 0
    words = capsys.readouterr().out
    assert "table.csv  CHANGED since it was written" in words
    assert "draws.csv  MISSING since it was written" in words
    assert "Not of this study: notes.txt" in words
    assert "All checksums match" not in words


def test_an_unfinished_study_says_what_is_missing(tmp_path: Path):
    files = run_files(tmp_path / "out" / "unfinished", "ab" * 32)
    files.plan(["rule", "status_quo"], 2, 1)
    files.keep(Run("rule", 1, 0, (), {"state": np.zeros(1, np.int8)}, None))
    (told,) = description(tmp_path / "out")["unfinished"]
    assert (told["finished"], told["missing"], told["this_version"]) == (1, 3, True)
    assert told["missing_by_policy"] == {"rule": 1, "status_quo": 2}
    assert told["next"] == ["rule-0-0", "status_quo-0-0", "status_quo-1-0"]
    shutil.rmtree(tmp_path / "out" / "unfinished")


def test_claims_are_read_from_the_drawings(tmp_path: Path):
    pd = pytest.importorskip("pandas")
    from sim.figures import Chart, frame, new_figure, save_chart

    figure = new_figure(3)
    frame(figure, title="Fewer than 5 % & more <than> 3", subtitle="share", source="none")
    save_chart(Chart("claim", figure, pd.DataFrame({"x": [1]}), "What it shows."), tmp_path, 1)
    result = Result(WEEKLY, [a_run("miniature", 0)], manifest("baseline", WEEKLY, 1, 1, False))
    result.write_tables(tmp_path)
    result.write_manifest(tmp_path)
    assert description(tmp_path)["results"]["figures"] == [
        {"figure": "fig01-claim", "claim": "Fewer than 5 % & more <than> 3", "caption": "What it shows."}
    ]


def test_folders_without_results(tmp_path: Path, capsys):
    (tmp_path / "file").write_text("")
    for place, message in (
        (tmp_path, "holds neither results"),
        (tmp_path / "nowhere", "there is no such folder"),
        (tmp_path / "file", "not a folder"),
    ):
        assert main(["describe", str(place)]) == 2
        assert message in capsys.readouterr().err
