"""A sweep that is killed at any moment goes on where it was, and ends with the bytes of one that was left alone.

Each life of the sweep notes the runs that it begins, and by whom. SIGKILL cannot be caught: what is left in the folder is
what there was at that moment. Moments are of two kinds: after a few runs have begun, and after the start.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sim.run_files import SUFFIX, finished_runs
from tests.scenarios.processes import group_ends

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
DRAWS = 50
RUNS = 2 * DRAWS  # with the rule and without: more than are made between twenty kills
SWEEP = """
import sys
from pathlib import Path
from scenarios.__main__ import main
from sim import Scenario, sweep
from sim.experiments.ensemble import ensemble

LEVERS = {
    "fleet.scale": 0.0001, "geography.sites": 8, "calendar.duty_after_days": 90, "calendar.end_after_duty_days": 60
}
what, folder, workers = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
make = sweep._run

def noted(job):
    with open(folder / "begun.txt", "a") as begun:
        begun.write(f"{job.policy.name}-{job.draw}-{job.run}\\n")
    return make(job)

sweep._run = noted
if __name__ == "__main__":
    if what == "ensemble":
        scenario = Scenario.load("miniature").replace_keys(LEVERS)
        ensemble(scenario, DRAWS, seed=3, workers=int(workers), folder=folder / "kept").save(folder / "out")
    else:
        sets = [word for key, value in LEVERS.items() for word in ("--set", f"{key}={value}")]
        words = ["run", "baseline", "--quick", "--draws", str(DRAWS), "--workers", workers, *sets]
        words += ["--out", str(folder / "out")]
        sys.exit(main(words))
"""


def sweep(what: str, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    """Begin a sweep in a folder, as the first process of a group of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "sweep.py").write_text(f"DRAWS = {DRAWS}\n{SWEEP}")
    return subprocess.Popen(
        [sys.executable, str(folder / "sweep.py"), what, str(folder), str(workers)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def begun(folder: Path) -> list[str]:
    """The runs that were begun so far, in all lives."""
    log = folder / "begun.txt"
    return log.read_text().splitlines() if log.exists() else []


def kept(folder: Path) -> dict[Path, int]:
    """Files of finished runs, and when each was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob(f"[!.]*{SUFFIX}")}


def kill_once(what: str, folder: Path, workers: int, runs: int, delay_s: float) -> None:
    """Let a sweep begin some runs, or none, and kill its first process some time later."""
    before, already = kept(folder), len(begun(folder))
    alive = sweep(what, folder, workers)
    while len(begun(folder)) < already + runs and alive.poll() is None:
        time.sleep(0.01)
    time.sleep(delay_s)
    alive.send_signal(signal.SIGKILL)
    _, errors = alive.communicate()
    assert alive.returncode == -signal.SIGKILL, f"it ended by itself: {errors.decode()[-1000:]}"
    assert group_ends(alive.pid), "workers end with the process that started them"
    assert {path: written for path, written in kept(folder).items() if path in before} == before
    assert not {path.name.removesuffix(SUFFIX) for path in before} & set(begun(folder)[already:]), "made twice"


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.endswith((".csv", ".csv.gz"))}


@pytest.mark.verify
@pytest.mark.parametrize(("what", "workers"), [("ensemble", 1), ("ensemble", 2), ("study", 2)])
def test_a_sweep_killed_at_twenty_random_moments(tmp_path: Path, what: str, workers: int):
    undisturbed = sweep(what, tmp_path / "undisturbed", workers)
    killed = tmp_path / "killed"
    generator = np.random.default_rng(20)
    for number in range(KILLS):
        runs = int(generator.integers(1, 3 + workers)) if number % 4 else 0
        kill_once(what, killed, workers, runs, generator.uniform(0, 0.5 if runs else 4))
    assert 0 < finished_runs(killed) < RUNS, "kills were in the middle of the sweep"
    wasted = len(begun(killed)) - finished_runs(killed)
    assert wasted <= KILLS * workers, "a kill costs what each worker was about"
    for last in (undisturbed, sweep(what, killed, workers)):
        _, errors = last.communicate()
        assert last.returncode == 0, errors.decode()[-1000:]
    assert len(tables(killed / "out")) >= 4
    assert tables(killed / "out") == tables(tmp_path / "undisturbed" / "out")
    assert len(begun(killed)) == RUNS + wasted
    assert len(set(begun(killed))) == RUNS
