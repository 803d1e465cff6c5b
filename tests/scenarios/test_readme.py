"""What the README tells a newcomer to type works as printed."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import attestation.__main__
import scenarios.__main__
from scenarios.study import questions

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = ("make ", "python3 -m venv", ".venv/bin/python -m pip")
"""The gate runs `make test`, `make verify` makes the baseline; the plain installation has a test of its own."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    lines = [line.partition("  #")[0].strip() for block in blocks("bash") for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", *SET_UP))]


PLAIN_RUN = re.compile(r"^\.venv/bin/python -m scenarios run (\w+)$")
"""Runs of a question without options: the gate makes each of them, quick."""

PROGRAM = ".venv/bin/python -m scenarios"
ELSEWHERE = tuple(
    f"{PROGRAM} {words}" for words in ("bench --quick", "describe output/quick", "rerun output/quick", "emulate --quick")
)
"""`test_bench.py`, `test_describe.py`, `test_rerun.py` and `test_emulate.py` run these."""

REPORT = f"{PROGRAM} report "
"""`test_report.py` makes reports."""


def test_every_question_is_named_and_no_other():
    named = re.findall(r"^\|.*\| (.*\?) \| `(\w+)` \|$", README, flags=re.MULTILINE)
    assert sorted((name, asks) for asks, name in named) == sorted(questions())


MODULES = {"scenarios": scenarios.__main__.main, "attestation": attestation.__main__.main}


def made_small(words: list[str]) -> list[str]:
    """The same words for a small fleet in one draw, or for one round; what a command does is the same."""
    words = ["1" if before == "--rounds" else word for before, word in zip(["", *words], words, strict=False)]
    if "run" in words or words[0].endswith(".py"):
        words += ["--set", "fleet.scale=0.0001", *([] if "--quick" in words else ["--quick"])]
        words += [] if "--draws" in words else ["--draws", "1"]
    return words


@pytest.mark.parametrize(
    "command",
    [one for one in commands() if not PLAIN_RUN.match(one) and one not in ELSEWHERE and not one.startswith(REPORT)],
)
def test_each_command_runs(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """As printed but for its size: scripts in a process of their own, modules in this one, which has loaded all already."""
    program, *words = shlex.split(command)
    assert program == ".venv/bin/python"
    words = made_small(words)
    if words[0] == "-m":
        monkeypatch.chdir(tmp_path)
        assert MODULES[words[1]](words[2:]) == 0, capsys.readouterr().err
        return
    done = subprocess.run([sys.executable, str(ROOT / words[0]), *words[1:]], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.install
def test_the_plain_installation_as_printed(tmp_path: Path):
    """In a copy of the tracked files; the closing run of the baseline is made quick."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (block,) = (block for block in blocks("bash") if "python3 -m venv" in block)
    *set_up, run = block.strip().splitlines()
    for line in [*set_up, f"{run} --quick"]:
        done = subprocess.run(shlex.split(line), cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "output" / "baseline" / "table.csv").exists()


def test_there_are_commands_to_run():
    assert len(commands()) >= 4


@pytest.mark.parametrize("block", [0, 1])
def test_each_example_runs(monkeypatch, block: int):
    """As printed, but for the size of the fleet; the last line of the first shows a table."""
    import sim

    code = blocks("python")[block]
    small = sim.Scenario.load("miniature").replace(fleet__scale=0.0001, calendar__end_after_duty_days=120)
    monkeypatch.setattr(sim.Scenario, "load", classmethod(lambda cls, name: {"baseline": small, "miniature": small}[name]))
    names: dict[str, object] = {}
    *lines, last = code.strip().splitlines()
    exec("\n".join([*lines, last.partition("#")[0]] if block else lines), names)
    summary = names["result"].summary() if block else eval(last.partition("#")[0], names)
    assert list(summary.columns)[1:] == ["outcome", "median", "low", "high", "mc_error", "unit"]
    assert len(blocks("python")) == 2
