import gc
import gzip
import subprocess
import sys

import pandas as pd
import pytest

from sim import OutputError, Scenario, simulate


def test_the_same_seed_gives_the_same_bytes_even_in_another_process(small: Scenario, tmp_path):
    simulate(small, seed=7, runs=2).save(tmp_path / "a")
    code = (
        "import sys; from sim import Scenario, simulate;"
        "simulate(Scenario.parse(eval(sys.argv[1])), seed=7, runs=2).save(sys.argv[2])"
    )
    words = [sys.executable, "-c", code, repr(small.model_dump(mode="json")), str(tmp_path / "b")]
    subprocess.run(words, check=True, env={"PYTHONHASHSEED": "123"})
    for name in ("table.csv", "events.csv.gz", "summary.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert b"delivered" in gzip.decompress((tmp_path / "a" / "events.csv.gz").read_bytes())


def test_another_seed_gives_another_world_and_is_refused_the_folder(small: Scenario, tmp_path):
    first, second = simulate(small, seed=7), simulate(small, seed=8)
    assert not first.events.equals(second.events)
    first.save(tmp_path / "a")
    with pytest.raises(OutputError, match="another study"):
        second.save(tmp_path / "a")
    assert (tmp_path / "a" / "table.csv").exists()
    second.save(tmp_path / "a", force=True)


def test_a_run_does_not_depend_on_how_many_are_made(small: Scenario):
    alone, among = simulate(small, seed=7, runs=1).table, simulate(small, seed=7, runs=3).table
    assert alone.equals(among[among["run"] == 0].reset_index(drop=True))


@pytest.mark.parametrize("bad", [{"runs": 0}, {"seed": -1}, {"draws": 0}, {"workers": 0}])
def test_impossible_requests_are_refused(small: Scenario, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        simulate(small, **bad)


TABLES = ("table.csv", "events.csv.gz", "summary.csv", "draws.csv")


def test_the_number_of_workers_changes_no_byte(small: Scenario, tmp_path):
    told: list[tuple[str, int, int, str]] = []
    for workers in (1, 2):
        result = simulate(small, seed=7, runs=2, draws=2, workers=workers, progress=lambda *done: told.append(done))
        result.save(tmp_path / str(workers))
    for name in TABLES:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    assert [(done, total) for _, done, total, _ in told] == 2 * [(number, 8) for number in range(1, 9)]
    whole = pd.read_csv(tmp_path / "2" / "events.csv.gz", keep_default_na=False, converters={"day": float})
    pd.testing.assert_frame_equal(whole, result.events)
    runs = whole[["scenario", "draw", "run"]].drop_duplicates().to_numpy().tolist()
    assert runs == [[policy, draw, run] for policy in ("miniature", "status_quo") for draw in (0, 1) for run in (0, 1)]


def test_the_event_logs_go_with_the_result(small: Scenario):
    result = simulate(small)
    folder = result.runs[0].events.parent
    assert folder.exists()
    del result
    gc.collect()
    assert not folder.exists()


def test_a_study_goes_on_from_the_runs_it_has_and_throws_away_those_of_another(small: Scenario, tmp_path):
    """Byte for byte; a damaged file counts as none."""
    whole = simulate(small, seed=7, draws=2, runs=2)
    told: list[int] = []

    def interrupt(_policy: str, done: int, _total: int, _headline: str) -> None:
        told.append(done)
        if done == 3:
            raise KeyboardInterrupt

    folder = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        simulate(small, seed=7, draws=2, runs=2, runs_folder=folder, progress=interrupt)
    damaged, *_ = sorted(folder.glob("*.run.npz"))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    told.clear()
    result = simulate(small, seed=7, draws=2, runs=2, runs_folder=folder, progress=lambda *done: told.append(done[1]))
    assert told == list(range(3, 9)), "two of three were sound"
    for one, name in ((whole, "whole"), (result, "resumed")):
        one.save(tmp_path / name)
    for name in (*TABLES, "diversions.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "resumed" / name).read_bytes()
    pd.testing.assert_frame_equal(whole.chips, result.chips)
    told.clear()
    simulate(small, seed=8, draws=2, runs_folder=folder, progress=lambda *done: told.append(done[1]))
    assert told == [1, 2, 3, 4]
