"""What is said of two versions of a table, where the answer is known."""

import io
from pathlib import Path

import pandas as pd
import pytest

from scenarios.commands.compare import Difference, difference
from sim.table_files import write_table

TABLE = """scenario,draw,outcome,value,unit
rule,0,chips,10.0,chips
rule,1,chips,12.0,chips
rule,0,share,0.25,share
rule,1,share,,share
"""


def compared(tmp_path: Path, *edits: tuple[str, str], then: str = TABLE) -> Difference:
    now = then
    for old, new in edits:
        assert old in now
        now = now.replace(old, new)
    for name, text in (("then", then), ("now", now)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "table.csv").write_text(text)
    return difference(tmp_path / "then" / "table.csv", tmp_path / "now" / "table.csv")


def test_rounding_is_told_from_a_difference(tmp_path: Path):
    found = compared(tmp_path, ("0.25", "0.2500000000001"))
    assert (found.rows, found.cells, found.counts_equal, found.within) == (1, 1, True, True)
    assert found.largest == pytest.approx(4e-13, rel=1e-2)


def test_a_number_that_moved(tmp_path: Path):
    found = compared(tmp_path, ("0.25", "0.2500001"))
    assert (found.counts_equal, found.within) == (True, False)
    assert found.largest == pytest.approx(4e-7, rel=1e-2)
    ((row, then, now),) = found.examples
    assert row == 3
    assert (then["value"], now["value"]) == ("0.25", "0.2500001")
    assert (then["draw"], then["outcome"]) == ("0", "share"), "what says which row it is"


def test_a_count_must_be_equal_however_close(tmp_path: Path):
    found = compared(tmp_path, ("12.0", "12.0000000000001"))
    assert (found.counts_equal, found.within) == (False, False)


def test_other_bytes_for_the_same_number(tmp_path: Path):
    found = compared(tmp_path, ("10.0", "10"))
    assert (found.cells, found.counts_equal, found.within, found.largest) == (1, True, True, 0)


def test_a_text_and_a_missing_number(tmp_path: Path):
    found = compared(tmp_path, ("rule,0,share", "law,0,share"))
    assert (found.counts_equal, found.within) == (False, False)


def test_a_number_that_went_missing(tmp_path: Path):
    found = compared(tmp_path, ("0.25", ""))
    assert not found.within
    assert found.largest == float("inf")
    assert found.as_json()["largest"] is None, "JSON knows no infinity"


def test_parquet_is_compared_by_its_values(tmp_path: Path):
    table = pd.read_csv(io.StringIO(TABLE))
    for name, share in (("then", 0.25), ("now", 0.2500000000001)):
        (tmp_path / name).mkdir()
        write_table(table.replace(0.25, share), tmp_path / name, "table", "parquet", {})
    found = difference(tmp_path / "then" / "table.parquet", tmp_path / "now" / "table.parquet")
    assert (found.rows, found.cells, found.within) == (1, 1, True)


def test_rows_and_columns_that_are_not_there(tmp_path: Path):
    found = compared(tmp_path, ("rule,1,share,,share\n", ""))
    assert (found.rows_then, found.rows_now, found.rows, found.within) == (4, 3, 0, False)
    (tmp_path / "b").mkdir()
    assert compared(tmp_path / "b", ("unit\n", "units\n")).columns == ("unit", "units")
