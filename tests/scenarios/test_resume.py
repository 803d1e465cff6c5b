"""What the command line does about Ctrl-C and about runs that fail: nothing that is finished is lost."""

import signal
from pathlib import Path

import pandas as pd
import pytest

from scenarios import command_line
from scenarios.__main__ import main
from scenarios.progress import Progress
from scenarios.study import Study
from sim import Scenario, sweep
from sim.uncertainty import draw_uncertainties

from .stubs import stub_question

SMALL = Scenario.load("miniature").replace(
    fleet__scale=0.00006, calendar__end_after_duty_days=30, calendar__duty_after_days=30, geography__sites=8
)
DRAWS = 3


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Asks a question of two policies and three draws, without figures."""
    question = stub_question(lambda options: Study(SMALL, 1, DRAWS))
    monkeypatch.setattr(command_line, "load_question", lambda name: question)
    return ["run", "baseline", "--workers", "1", "--out", str(tmp_path / "out")]


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_makes_the_rest(command, monkeypatch, capsys, tmp_path: Path):
    made: list[int] = []

    def interrupt(self, policy: str, done: int, total: int, headline: str) -> None:
        made.append(done)
        if done == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "__call__", interrupt)
    assert main(command) == 3
    kept = tmp_path / "out" / "unfinished"
    told = f"interrupted: 2 finished runs are kept in {kept}; the same command goes on from there\n"
    assert capsys.readouterr().err == told
    made.clear()
    assert main(command) == 0
    assert made == [3, 4, 5, 6]
    assert not kept.exists()


def test_a_draw_that_fails_is_told_of_with_its_parameters_and_the_others_are_written(command, monkeypatch, capsys, tmp_path):
    bad = draw_uncertainties(SMALL, 1, 1)
    engine = sweep.run

    def fail(scenario: Scenario, *arguments, **named):
        if scenario.uncertainties.get("packet_loss") == bad["packet_loss"]:
            raise ArithmeticError("no such world")
        return engine(scenario, *arguments, **named)

    monkeypatch.setattr(sweep, "run", fail)
    assert main(command) == 1
    told = capsys.readouterr().err
    assert f"error: draw 1, run 0, policy {SMALL.name}: ArithmeticError: no such world (test_resume.py, line" in told
    assert f"packet_loss = {bad['packet_loss']:.6g}" in told
    assert "error: 1 of 3 draws failed and are left out; see failures.csv" in told
    assert set(pd.read_csv(tmp_path / "out" / "table.csv")["draw"]) == {0, 2}
    assert set(pd.read_csv(tmp_path / "out" / "failures.csv")["draw"]) == {1}


def test_options_of_a_cluster_that_do_not_go_together(command, capsys):
    for words, told in (
        (["--executor", "dask"], "--executor dask: needs --scheduler ADDRESS"),
        (["--executor", "dask", "--scheduler", "tcp://127.0.0.1:9"], "--workers: a Dask cluster has its own number"),
        (["--scheduler", "tcp://127.0.0.1:9"], "--scheduler: is of a Dask cluster; add --executor dask"),
    ):
        assert main([*command, *words]) == 2
        assert capsys.readouterr().err.startswith(f"error: {told}")
