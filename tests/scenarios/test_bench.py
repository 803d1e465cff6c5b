"""`bench` prints what it promises, and its instruments measure what they say. No test asserts a time."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.__main__ import main
from scenarios.commands import bench
from scenarios.commands.bench_runs import Counts, Timing, count_misses, exponent
from scenarios.commands.bench_shares import OWNERS, charge

ROOT = Path(__file__).resolve().parents[2]
POSITIVE = (
    "fast.attestations_per_s",
    "fast.exceptions_per_chip_day",
    "fast.ns_per_exception",
    "reference.chip_days_per_s",
    "ratio.same_10k",
    "ratio.same_10k_with_setup",
    "ratio.same_100k",
    "ratio.national_over_reference_10k",
    "sampler.ratio",
    "setup.seconds",
    "memory.bytes_per_chip",
    "memory.peak_mb",
)


@pytest.fixture(scope="module")
def figures() -> dict[str, object]:
    words = [sys.executable, "-m", "scenarios", "bench", "--quick", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    printed: dict[str, object] = json.loads(done.stdout)
    return printed


def test_every_figure_is_a_finite_positive_number(figures):
    assert {key: figures[key] for key in POSITIVE if not 0 < figures[key] < math.inf} == {}
    scaling = [figures[key] for key in figures if key.startswith("scaling.") and not key.endswith("_points")]
    assert len(scaling) >= 4
    assert all(map(math.isfinite, scaling))  # so small loads cost about the same, and noise may have it either way
    assert figures["quick"] is True


def test_the_shares_add_up(figures):
    shares = [figures[f"share.{name}"] for name in (*OWNERS, "other")]
    assert min(shares) >= 0
    assert sum(shares) == pytest.approx(1)
    assert figures["share.other"] < 0.02


def test_both_engines_meet_the_same_challenges_and_exceptions(figures):
    for name in ("10k", "100k"):
        fast, reference = figures[f"same_{name}.points"]
        assert (fast["engine"], reference["engine"]) == ("fast", "reference")
        for count in ("challenges", "exceptions"):
            assert fast[count] == reference[count] > 0


def test_the_table_has_a_line_for_each_figure_and_the_targets(figures):
    table = bench.as_table(figures)
    assert [line.says for line in bench.LINES if line.key in figures and line.says not in table] == []
    assert "no basis for a claim" in table
    assert "met" not in table
    assert ": met" in bench.as_table({**figures, "quick": False})


def test_engines_that_disagree_are_an_error(monkeypatch, capsys):
    def timings(loads, repeats, turn_s):
        return {load: Timing(load, 2.0, 1.0, Counts(9, len(load.engine), 1, 1, 1)) for load in loads}

    monkeypatch.setattr(bench, "time_loads", timings)
    monkeypatch.setattr(bench, "measure", lambda plan, largest: bench._same_chips(plan))
    assert main(["bench", "--quick"]) == 1
    assert "silences=4" in capsys.readouterr().err


@pytest.mark.parametrize("power", [0.5, 1.0, 1.1])
def test_the_exponent_of_a_power_law(power: float):
    sizes = [3e5, 1e6, 3e6, 1e7]
    assert exponent(sizes, [2e-6 * size**power for size in sizes]) == pytest.approx(power)


@pytest.mark.parametrize("rate", [0.001, 0.014, 0.4])
def test_the_bare_sampler_counts_as_many_misses_as_a_binomial(rate: float):
    chips, days = 100_000, 30
    sd = math.sqrt(chips * days * rate * (1 - rate))
    assert abs(count_misses(chips, days, rate, 1) - chips * days * rate) < 4 * sd
    assert abs(count_misses(chips, days, rate, 1) - chips * days * rate * 1.2) > 4 * sd, "the bound can fail"


def test_the_bare_sampler_when_nearly_all_or_hardly_any_miss():
    assert count_misses(1, 1000, 0.5, 1) == pytest.approx(500, abs=4 * math.sqrt(250))
    assert count_misses(10, 100, 1e-9, 1) == 0
    assert count_misses(10, 100, 1 - 1e-12, 1) == 1000


def test_time_is_charged_to_the_owner_who_called():
    """A helper is called by two owners for 3 s and 1 s; numpy only by the helper."""
    faults, log = ("sim/engine/faults.py", 1, "f"), ("sim/record.py", 1, "g")
    helper, numpy = ("sim/helper.py", 1, "h"), ("~", 0, "<numpy>")
    stats = {
        faults: (1, 1, 1.0, 4.0, {}),
        log: (1, 1, 2.0, 3.0, {}),
        helper: (4, 4, 1.0, 4.0, {faults: (3, 3, 0.75, 3.0), log: (1, 1, 0.25, 1.0)}),
        numpy: (4, 4, 3.0, 3.0, {helper: (4, 4, 3.0, 3.0)}),
    }
    assert charge(stats) == pytest.approx({"faults": 4.0, "log": 3.0})


def test_what_is_owned_exists():
    """A function that has been renamed would be charged to its caller without a word."""
    for pieces in OWNERS.values():
        for piece in pieces:
            path, names = piece.split(": ")
            if path.startswith("sim/"):
                text = (ROOT / path).read_text(encoding="utf-8")
                assert [name for name in names.split() if name != "*" and f"def {name}(" not in text] == []


def test_the_readme_and_the_help_name_it(capsys):
    assert "python -m scenarios bench" in (ROOT / "README.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "bench" in capsys.readouterr().out
