"""Tables on disk: CSV, or Parquet for large sweeps; the same table gives the same bytes.

A Parquet file holds what every reader knows: dates without time (date32), text by dictionary, whole numbers of 32 bits for
draw and run and of 64 for counts, floating point of 64 bits, null where there is no value. It is compressed by zstd and
names its study. It has no index of pandas, so that pandas, DuckDB and R's arrow read the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from .output import OutputError

if TYPE_CHECKING:
    import pandas as pd

Form = Literal["csv", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)
NUMBERS = ("draw", "run")
"""Columns that number draws and runs."""


def write_table(table: pd.DataFrame, folder: Path, name: str, form: Form, about: Mapping[str, str]) -> None:
    """Write a table as NAME.csv or NAME.parquet into an existing folder.

    Args:
        table: its index is left out. A column `date` holds days as YYYY-MM-DD.
        folder: where to.
        name: of the file, without its ending.
        form: one of `FORMS`.
        about: key and value pairs for the metadata of a Parquet file; CSV has no place for them.

    Raises:
        OutputError: Parquet needs pyarrow, which is not installed.
    """
    if form == "csv":
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        return
    require(form)
    import pyarrow.parquet

    columns = pyarrow.table({str(column): _column(str(column), values) for column, values in table.items()})
    columns = columns.replace_schema_metadata({key.encode(): value.encode() for key, value in about.items()})
    pyarrow.parquet.write_table(columns, folder / f"{name}.parquet", compression="zstd", version="2.6")


def require(form: str) -> None:
    """See that tables can be written in a form, before a study is made.

    Raises:
        OutputError: they cannot.
    """
    if form not in FORMS:
        raise OutputError(f"--tables: {form!r} does not exist; allowed: {', '.join(FORMS)}")
    if form == "parquet":
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise OutputError(
                "--tables: parquet needs pyarrow, which is not installed; install it with `pip install pyarrow`, "
                "or write csv"
            ) from None


def _column(name: str, values: pd.Series[Any]) -> Any:
    """A column as an array of Arrow."""
    import pandas as pd
    import pyarrow

    if name == "date":
        return pyarrow.array(pd.to_datetime(values).dt.date, pyarrow.date32(), from_pandas=True)
    if name in NUMBERS:
        return pyarrow.array(values, pyarrow.int32(), from_pandas=True)
    if isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(values.dtype):
        return pyarrow.array(values.astype(object), pyarrow.string(), from_pandas=True).dictionary_encode()
    if pd.api.types.is_bool_dtype(values.dtype):
        return pyarrow.array(values, pyarrow.bool_())
    if pd.api.types.is_integer_dtype(values.dtype):
        return pyarrow.array(values, pyarrow.int64())
    return pyarrow.array(values.astype("float64"), pyarrow.float64(), from_pandas=True)
