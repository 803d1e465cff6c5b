"""The manifest says what made a result, and nothing private."""

import getpass
import hashlib
import json
import platform
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import sim
from sim import Result, Scenario, simulate
from sim.provenance import study_digest
from sim.randomness import run_seed

TINY = Scenario.load("miniature").replace(
    fleet__scale=0.0001, geography__sites=10, calendar__duty_after_days=60, calendar__end_after_duty_days=60
)


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(TINY, seed=3, runs=2, draws=1, status_quo=False)


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory) -> Path:
    return result.save(tmp_path_factory.mktemp("saved") / "csv")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


def test_the_checksums_are_those_of_the_files(folder: Path, manifest: dict):
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == names
    for name, about in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert about == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_each_data_file_is_named_by_its_digest(manifest: dict):
    data = Path(sim.__file__).parent / "data"
    listed = {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in manifest["data_sha256"]}
    assert listed == manifest["data_sha256"]
    assert {"parameters.toml", "sources.toml", "countries.json.gz", "scenarios/baseline.toml"} <= set(listed)


def test_seeds_design_and_parameters(manifest: dict):
    assert manifest["schema"] == 2
    assert manifest["run_seeds"] == [str(run_seed(3, 0)), str(run_seed(3, 1))]
    assert (manifest["seed"], manifest["draws"], manifest["runs"]) == (3, 1, 2)
    assert manifest["parameters"] == dict(TINY.values)
    assert Scenario.parse(manifest["scenario"]) == TINY
    assert set(manifest["code_sha256"]) == {"attestation", "sim", "scenarios"}


def test_nothing_private(folder: Path):
    text = (folder / "manifest.json").read_text()
    for private in (str(Path.home()), str(folder), str(Path(sim.__file__).parent), platform.node()):
        assert private not in text
    assert f'"{getpass.getuser()}"' not in text


def test_the_long_tables_are_the_same_in_parquet(result: Result, folder: Path, tmp_path: Path):
    result.save(tmp_path / "a", tables="parquet")
    result.save(tmp_path / "b", tables="parquet")
    for name in ("table", "diversions", "draws"):
        assert not (tmp_path / "a" / f"{name}.csv").exists()
        one, other = ((tmp_path / place / f"{name}.parquet").read_bytes() for place in "ab")
        assert one == other
        read = pd.read_parquet(tmp_path / "a" / f"{name}.parquet")
        told = pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])
        texts = [column for column in read if read[column].dtype in ("object", "category")]
        pd.testing.assert_frame_equal(
            read.astype(dict.fromkeys(texts, str)), told.astype(dict.fromkeys(texts, str)), check_dtype=False, rtol=1e-14
        )


def test_the_documented_ways_to_read_parquet_agree(result: Result, tmp_path: Path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    python, sql = (re.search(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)[1] for language in ("python", "sql"))
    result.save(tmp_path / "output" / "baseline", tables="parquet")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    *lines, last = python.strip().splitlines()
    exec("\n".join(lines), names)
    by_pandas = eval(last, names)
    assert dict(duckdb.sql(sql).fetchall()) == by_pandas.to_dict() == {"miniature": by_pandas.iloc[0]}


def test_a_study_without_a_status_quo_is_another_study(result: Result):
    assert result.manifest["id"] != study_digest("miniature", TINY, 3, 2, False, 1)
