"""The table of results in the documentation against a full run; run by `make verify`."""

import re
from pathlib import Path

import pytest

from scenarios import clearance
from scenarios.study import Options

pytestmark = pytest.mark.verify

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "geography-and-latency.md"


def test_the_documented_chances_are_those_of_a_run():
    rows = re.findall(
        r"^\| ([A-Z][A-Za-z ]+?) \| ([\d.]+) \| (\d+) \| (\d+) \| (\d+) \| ([\d-]+) \|", DOCUMENT.read_text(), re.M
    )
    assert len(rows) >= 12
    options = Options("clearance")
    table = clearance.tabulate(clearance.study(options), options, lambda *_, **__: None).table
    table = table[(table["territory"] == "prc_hk_macau") & (table["processing_ms"] == 0.15)].set_index(["hub", "landmarks"])
    for hub, time_ms, *chances, between in rows:
        assert table.loc[(hub, 500), "clearance_ms"] == pytest.approx(float(time_ms), abs=0.005), hub
        for landmarks, chance in zip((12, 100, 500), chances, strict=True):
            assert 100 * table.loc[(hub, landmarks), "probability"] == pytest.approx(float(chance), abs=0.51), hub
        low, high = (between.split("-") * 2)[:2]
        assert 100 * table.loc[(hub, 500), "low"] == pytest.approx(float(low), abs=0.51), hub
        assert 100 * table.loc[(hub, 500), "high"] == pytest.approx(float(high), abs=0.51), hub
