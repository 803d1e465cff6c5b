"""The map and the numbers of results in the documentation: against each other, and by `make verify` against a full run."""

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from scenarios import clearance
from scenarios.study import Options
from sim.parameters import load_parameters

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "geography-and-latency.md"
MAP = DOCUMENT.parent / "figures" / "world-map.svg"


def documented() -> list[tuple[str, ...]]:
    """Hub, time to beat, chances with 12, 100 and 500 landmarks, and their range, as written."""
    rows = re.findall(
        r"^\| ([A-Z][A-Za-z ]+?) \| ([\d.]+) \| (\d+) \| (\d+) \| (\d+) \| ([\d-]+) \|", DOCUMENT.read_text(), re.M
    )
    assert len(rows) >= 12
    return rows


def test_the_map_is_drawn_for_the_processing_time_that_is_held_central():
    central = load_parameters().parameters["in_loop_processing_ms"].central
    told = r"([\d.]+) ms of processing"
    assert re.findall(told, MAP.read_text(encoding="utf-8")) == [f"{central:g}"]
    assert re.findall(f"hosting networks, {told}", DOCUMENT.read_text(encoding="utf-8")) == [f"{central:g}"]


def test_the_table_says_what_the_map_draws():
    with MAP.with_suffix(".csv").open(encoding="utf-8") as file:
        drawn = {row["hub"]: row for row in csv.DictReader(file)}
    for hub, time_ms, _, chance, *_ in documented():
        assert float(drawn[hub]["clearance_ms"]) == pytest.approx(float(time_ms), abs=0.005), hub
        assert 100 * float(drawn[hub]["probability"]) == pytest.approx(float(chance), abs=0.51), hub


@pytest.fixture(scope="module")
def run() -> pd.DataFrame:
    """All hubs outside the territory by network, processing as in the documentation."""
    options = Options("clearance")
    table = clearance.tabulate(clearance.study(options), options, lambda *_, **__: None).table
    return table[(table["territory"] == "prc_hk_macau") & (table["processing_ms"] == 0.15) & (table["clearance_ms"] > 0)]


@pytest.mark.verify
def test_the_documented_chances_are_those_of_a_run(run: pd.DataFrame):
    table = run.set_index(["hub", "landmarks"])
    for hub, time_ms, *chances, between in documented():
        assert table.loc[(hub, 500), "clearance_ms"] == pytest.approx(float(time_ms), abs=0.005), hub
        for landmarks, chance in zip((12, 100, 500), chances, strict=True):
            assert 100 * table.loc[(hub, landmarks), "probability"] == pytest.approx(float(chance), abs=0.51), hub
        low, high = (between.split("-") * 2)[:2]
        assert 100 * table.loc[(hub, 500), "low"] == pytest.approx(float(low), abs=0.51), hub
        assert 100 * table.loc[(hub, 500), "high"] == pytest.approx(float(high), abs=0.51), hub


@pytest.mark.verify
def test_what_the_text_says_of_all_hubs_is_what_a_run_shows(run: pd.DataFrame):
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())

    def told(pattern: str) -> list[float]:
        (found,) = re.findall(pattern, text)
        return [float(number) for number in found]

    networks = {landmarks: run[run["landmarks"] == landmarks] for landmarks in (12, 100, 500)}
    in_town = networks[100]["nearest_landmark_km"] < 1
    chance = 100 * networks[100]["probability"]
    clear, hubs, others = told(r"mean chance is (\d+) % at the (\d+) hubs that have one in town and (\d+) % at the others")
    assert in_town.sum() == hubs
    assert [chance[in_town].mean(), chance[~in_town].mean()] == pytest.approx([clear, others], abs=0.51)

    gained = 100 * networks[12]["gained_by_intersection"]
    mean, most = told(r"intersection adds ([\d.]+) percentage points .{,70} and at most ([\d.]+) at any hub")
    assert gained.mean() == pytest.approx(mean, abs=0.0051)
    assert gained.max() == pytest.approx(most, abs=0.051)

    johor = networks[100].set_index("hub").loc["Johor Bahru"]
    ends = told(r"with 100 landmarks Johor Bahru has (\d+) % \((\d+) to (\d+)\)")
    assert [100 * johor[name] for name in ("probability", "low", "high")] == pytest.approx(ends, abs=0.51)

    shares = told(r"hosting networks of 2020, planning bound \| (\d+) % \| (\d+) % \| (\d+) %")
    cleared = [100 * (networks[landmarks]["probability"] >= 0.9).mean() for landmarks in (12, 100, 500)]
    assert cleared == pytest.approx(shares, abs=0.51)
