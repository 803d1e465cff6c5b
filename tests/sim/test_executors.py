"""Several processes: every answer comes back once, and a process that is lost is told of, not waited for."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.executors import WorkerLost, in_workers


def test_each_item_is_answered_once_with_its_place():
    items = list(range(23))
    answers = list(in_workers(math.factorial, items, 2))
    assert sorted(answers) == [(item, math.factorial(item)) for item in items]


def test_an_error_is_raised_here():
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
        list(in_workers(math.sqrt, [4, -1], 2))


def test_a_lost_process_is_told_of():
    with pytest.raises(WorkerLost, match="killed"):
        list(in_workers(os._exit, [3, 3, 3], 2))


def test_a_script_without_a_guard_fails_with_a_hint_and_does_not_start_itself_for_ever(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sim import Scenario, simulate\n"
        "open('starts', 'a').write('x')\n"
        "simulate(Scenario.load('baseline').replace(fleet__scale=0.00001), workers=2)\n"
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'under `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]
    assert len((tmp_path / "starts").read_text()) <= 3
