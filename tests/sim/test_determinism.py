import gzip
import subprocess
import sys

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


@pytest.mark.parametrize("bad", [{"runs": 0}, {"seed": -1}])
def test_impossible_requests_are_refused(small: Scenario, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        simulate(small, **bad)
