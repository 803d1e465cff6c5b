"""The command line as a user meets it: results, messages, exit codes."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from scenarios.__main__ import main
from tests.scenarios.processes import group_ends

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--quick", "--draws", "0", "--set", "fleet.scale=0.0001"]


def scenarios(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a user types it."""
    return subprocess.run([sys.executable, "-m", "scenarios", *words], capture_output=True, text=True, cwd=ROOT)


class Here:
    """The same command in this process, which need not load everything anew."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        self._capsys.readouterr()
        code = main(words)
        printed = self._capsys.readouterr()
        return subprocess.CompletedProcess(words, code, printed.out, printed.err)


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(capsys)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "baseline"
    done = scenarios("run", "baseline", *SMALL, "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert str(folder) in done.stdout
    return folder


def test_a_run_writes_tables_manifest_and_figures(results: Path):
    figures = [
        f"{stem}.{end}"
        for stem in ("fig01-chips-by-state", "fig02-diversion-to-detection")
        for end in ("csv", "pdf", "png", "svg", "txt")
    ]
    told = ["answer-table.csv", "answer-table.tex", "answer.txt", "assumptions.csv", "brief.json", "references.bib"]
    measured = ["cost_per_established_chip.csv", "diversions.csv", "events.csv.gz", "summary.csv", "table.csv"]
    tables = [*measured, "manifest.json"]
    assert sorted(path.name for path in results.iterdir()) == sorted(figures + tables + told)
    assert all(path.stat().st_size for path in results.iterdir())
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["seed"] == 1
    assert manifest["scenario"]["fleet"]["scale"] == 0.0001
    assert list(pd.read_csv(results / "summary.csv")) == ["scenario", "outcome", "median", "low", "high", "mc_error", "unit"]
    assert list(pd.read_csv(results / "table.csv")) == ["scenario", "draw", "run", "date", "outcome", "value", "unit"]
    caption = (results / "fig02-diversion-to-detection.txt").read_text()
    assert "calibrated, not predicted" in caption
    assert manifest["id"][:12] in caption


def test_a_policy_under_which_nothing_is_diverted_still_draws(here: Here, tmp_path: Path):
    """Licences refused from the first day leave no diverted chip under the rule, beside some without it."""
    levers = ("calendar.duty_after_days=0", "verification.uncleared_sites=refuse_licence", "geography.sites=8")
    none_cleared = ("verification.enrolment_cleared_share=1", "uncertainties.in_loop_processing_ms=2000")
    words = [word for lever in (*levers, *none_cleared) for word in ("--set", lever)]
    done = here("run", "baseline", "--quick", "--draws", "1", *words, "--out", str(tmp_path / "refused"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "refused" / "fig02-diversion-to-detection.png").stat().st_size > 0


def test_a_folder_of_another_study_is_refused_and_left_alone(here: Here, results: Path):
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    done = here("run", "baseline", *SMALL, "--seed", "2", "--out", str(results))
    assert done.returncode == 2
    assert "holds the results of another study" in done.stderr
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before
    assert sorted(results.parent.iterdir()) == [results], "no staging folder is left behind"


def test_the_same_study_again_gives_the_same_tables(results: Path):
    before = {name: (results / name).read_bytes() for name in ("table.csv", "events.csv.gz", "summary.csv")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "scenarios" / "baseline.py"), *SMALL, "--out", str(results)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {name: (results / name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "verification.periods=1"], "verification.periods = 1: unknown key; did you mean period_days?"),
        (
            ["--set", "verification.period_days=-1"],
            "verification.period_days = -1: input should be greater than or equal to 0.00347",
        ),
        (["--set", "verification.period_days=soon"], "verification.period_days = 'soon': input should be a valid number"),
        (["--set", "geography.sites=0"], "geography.sites = 0: input should be greater than or equal to 1"),
        (["--set", "verification.period_days"], "--set: 'verification.period_days' is not of the form key=value"),
        (["--set", "uncertainties.packet_loss=3"], "packet_loss = 3.0: allowed 0 to 1"),
        (["--runs", "0"], "--runs: 0 is not in 1 to"),
        (["--draws", "-1"], "--draws: -1 is not in 0 to 10000"),
        (["--workers", "1000"], "--workers: 1000 is not in 1 to 256"),
        (["--seed", "-1"], "--seed: -1 is not in 0 to"),
    ],
)
def test_a_mistake_gives_one_clear_message_and_writes_nothing(here: Here, tmp_path: Path, words: list[str], message: str):
    done = here("run", "baseline", "--quick", *words, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("error:") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--draws", "3"], ["--workers", "2"]])
def test_a_question_without_the_engine_refuses_draws_and_workers(here: Here, tmp_path: Path, words: list[str]):
    done = here("run", "landmarks", "--quick", *words, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr == f"error: {words[0]}: landmarks is answered without the engine; leave it out\n"
    assert list(tmp_path.iterdir()) == []


def test_draws_are_written_down_and_captions_say_what_intervals_hold(here: Here, results: Path, tmp_path: Path):
    """The number of workers is the only thing that the two studies do not share."""
    for workers in ("1", "2"):
        words = ("--quick", "--draws", "2", "--set", "fleet.scale=0.0001", "--workers", workers)
        done = here("run", "baseline", *words, "--out", str(tmp_path / workers))
        assert done.returncode == 0, done.stderr
        assert "run 4 of 4" in done.stderr
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / workers).iterdir()} for workers in "12")
    manifests = [json.loads(files.pop("manifest.json")) for files in (one, two)]
    for about in manifests:
        assert about.pop("duration_s") > 0
        assert about.pop("finished")
    assert one == two
    assert manifests[0] == manifests[1]
    drawn = pd.read_csv(tmp_path / "1" / "draws.csv")
    assert list(drawn) == ["draw", "parameter", "value"]
    assert set(drawn["draw"]) == set(pd.read_csv(tmp_path / "1" / "table.csv")["draw"]) == {0, 1}
    manifest = manifests[0]
    assert manifest["draws"] == 2
    assert "workers" not in manifest
    name = "fig02-diversion-to-detection.txt"
    caption, chance_only = (tmp_path / "1" / name).read_text(), (results / name).read_text()
    assert "1 run x 2 draws. Intervals: 10-90 % of draws and runs, parameters and chance." in caption
    assert "half of the draws on each side of the central value" in caption
    assert "Intervals: 10-90 % of runs, chance only, parameters at central values." in chance_only


def test_an_interrupted_study_ends_its_workers_and_says_so(tmp_path: Path):
    """Ctrl-C on a terminal reaches all processes of the group; a signal to the first alone must do as well."""
    words = ["run", "baseline", "--runs", "9", "--workers", "2", "--out", str(tmp_path / "out")]
    for interrupt in (os.killpg, os.kill):
        study = subprocess.Popen(
            [sys.executable, "-m", "scenarios", *words], stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        while not list(tmp_path.glob("out/unfinished/.*.csv.gz.*")):  # until a worker has begun a run
            assert study.poll() is None
            time.sleep(0.05)
        interrupt(study.pid, signal.SIGINT)
        _, errors = study.communicate(timeout=30)
        assert study.returncode == 3
        assert errors == "interrupted: nothing was written\n"
        assert list(tmp_path.iterdir()) == []
        assert group_ends(study.pid)


def test_an_unknown_question_names_those_there_are():
    done = scenarios("run", "basline")
    assert done.returncode == 2
    assert "'basline' is not a question; allowed: baseline" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_to_is_refused_before_the_simulation(here: Here, tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("mine")
    for out, message in (
        (file / "out", "cannot write to"),
        (file, "is not a folder"),
        (Path("/proc/none"), "cannot write to"),
    ):
        done = here("run", "baseline", "--quick", "--out", str(out))
        assert done.returncode == 2
        assert message in done.stderr
        assert "run 1" not in done.stderr
    assert file.read_text() == "mine"


def test_a_folder_with_other_files_is_not_touched(here: Here, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = here("run", "baseline", *SMALL, "--out", str(tmp_path))
    assert done.returncode == 2
    assert "holds files that are not results" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_reader_who_has_gone_is_no_error():
    """As `python -m scenarios assumptions | head` does, of a page that is longer than a pipe holds."""
    command = f"{shlex.quote(sys.executable)} -m scenarios assumptions | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_list_names_each_question_with_what_it_asks(here: Here):
    done = here("list")
    assert done.returncode == 0
    assert done.stdout.startswith("baseline")
    assert "?" in done.stdout
