"""Parquet holds what the tables hold, in types that every reader knows, and the same bytes for the same table."""

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import OutputError
from sim.table_files import require, write_table

ABOUT = {"study": "ab12"}
TABLE = pd.DataFrame(
    {
        "scenario": ["rule", "rule", "status_quo"],
        "draw": [0, 1, 1],
        "run": [0, 0, 7],
        "date": ["2027-01-01", "2028-02-29", "2030-12-31"],
        "value": [0.1, np.nan, 1e-300],
        "chips": [1, 2**53 + 1, 3],
        "blocked": [True, False, True],
        "unit": ["chips", "US dollars, 2026", "chips"],
    }
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_table(TABLE, tmp_path, "table", "parquet", ABOUT)
    return tmp_path / "table.parquet"


def test_pandas_reads_back_what_was_written(written: Path):
    back = pd.read_parquet(written)
    assert list(back) == list(TABLE)
    assert list(back["date"]) == [date(2027, 1, 1), date(2028, 2, 29), date(2030, 12, 31)]
    for column in ("scenario", "draw", "run", "chips", "blocked", "unit"):
        assert back[column].tolist() == TABLE[column].tolist()
    np.testing.assert_array_equal(back["value"], TABLE["value"])


def test_duckdb_reads_the_same_and_knows_dates_and_missing_values(written: Path):
    query = f"select scenario, draw, run, date, value, chips, blocked, unit from '{written}' where date > '2027-06-01'"
    assert duckdb.sql(query).fetchall() == [
        ("rule", 1, 0, date(2028, 2, 29), None, 2**53 + 1, False, "US dollars, 2026"),
        ("status_quo", 1, 7, date(2030, 12, 31), 1e-300, 3, True, "chips"),
    ]


def test_types_and_metadata(written: Path):
    schema = pa.parquet.read_schema(written)
    text = pa.dictionary(pa.int32(), pa.string())
    assert schema.types == [text, pa.int32(), pa.int32(), pa.date32(), pa.float64(), pa.int64(), pa.bool_(), text]
    assert schema.metadata == {b"study": b"ab12"}, "no index of pandas"
    columns = pa.parquet.read_metadata(written).row_group(0)
    assert {columns.column(place).compression for place in range(columns.num_columns)} == {"ZSTD"}


def test_the_same_bytes_for_the_same_table(written: Path, tmp_path: Path):
    for name, table in (("again", TABLE.copy()), ("other", TABLE.assign(draw=[0, 1, 2]))):
        write_table(table, tmp_path, name, "parquet", ABOUT)
    first, again, other = (
        hashlib.sha256((tmp_path / f"{name}.parquet").read_bytes()).digest() for name in ("table", "again", "other")
    )
    assert first == again != other


def test_without_pyarrow_there_is_one_clear_message(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(OutputError, match="parquet needs pyarrow, which is not installed"):
        require("parquet")
    require("csv")


def test_an_unknown_form_is_named():
    with pytest.raises(OutputError, match="'xlsx' does not exist; allowed: csv, parquet"):
        require("xlsx")
