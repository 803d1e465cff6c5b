"""`bench-ensemble` prints what it promises. No test asserts a time."""

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scenarios.__main__ import main
from scenarios.commands import bench_ensemble
from scenarios.commands.bench_ensemble import LINES, QUICK, as_table

ROOT = Path(__file__).resolve().parents[2]


def check(printed: dict[str, float], *fleets: str) -> None:
    """Every figure of a fleet is there, and a time is more than nothing."""
    for fleet in fleets:
        figures = {line.key: printed[f"{fleet}.{line.key}"] for line in LINES}
        assert {key: value for key, value in figures.items() if not math.isfinite(value)} == {}
        for key in ("seconds_two", "rate_two", "efficiency", "overhead_ratio", "parent_mb", "worker_mb"):
            assert figures[key] > 0
        assert figures["failed"] == 0
        assert figures["rate_two"] == pytest.approx(figures["runs"] / figures["seconds_two"])


@pytest.fixture(scope="module")
def printed() -> dict[str, float]:
    """With threads in place of processes, which take seconds to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench_ensemble, "processes", ThreadPoolExecutor)
        figures: dict[str, float] = bench_ensemble.measure(QUICK[0])
    return {"quick": True, "cores": 2, "python": "3", **{f"sampled.{name}": value for name, value in figures.items()}}


def test_every_figure_is_there(printed):
    check(printed, "sampled")
    assert printed["sampled.runs"] == 4


def test_the_table_has_a_line_for_each_figure_and_says_whether_targets_are_met(printed):
    table = as_table(QUICK[:1], printed)
    assert [line.says for line in LINES if line.says not in table] == []
    assert "no basis for a claim" in table
    assert ": met" not in table
    fast = {**printed, "quick": False, "sampled.efficiency": 0.95, "sampled.overhead_ratio": 1.2}
    met = as_table(QUICK[:1], fast)
    assert ">= 0.9: met" in met
    assert "target <= 1.05: not met" in met


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--runs", "1"], "--runs: 1 is not in 2 to 10000"),
        (["--national-runs", "-1"], "--national-runs: -1 is not in 0 to"),
    ],
)
def test_numbers_that_are_not_allowed(words: list[str], told: str, capsys):
    assert main(["bench-ensemble", "--quick", *words]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.verify
def test_the_command_with_its_processes():
    words = [sys.executable, "-m", "scenarios", "bench-ensemble", "--quick", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    check(json.loads(done.stdout), "sampled", "national")
