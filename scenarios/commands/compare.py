"""Two versions of the same table: which rows differ, by how much, and whether by more than rounding."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

TABLES = (".csv", ".csv.gz", ".parquet")
RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""Numbers that are not counts agree if they differ by less, of the larger or, near zero, outright."""

ROWS_SHOWN = 3
QUANTITIES = ("outcome", "parameter", "measure")
"""Columns that say what the numbers of a row are of, in tidy tables."""


@dataclass(frozen=True)
class Difference:
    """How a table differs from what it was.

    Attributes:
        name: of the file.
        rows_then, rows_now: number of rows.
        columns: which are there in one version only.
        rows: how many of the rows that both have differ.
        cells: how many cells in them.
        largest: largest relative difference of two numbers, 0 if none differ; infinite if one of them is missing.
        counts_equal: whether all texts, and all numbers of quantities that were whole throughout, are the same.
        within: whether nothing differs but by `RELATIVE` or `ABSOLUTE`, and no count at all.
        examples: the first rows that differ: number of the row from 1, then and now, in the columns that say which row it
            is and those that differ.
    """

    name: str
    rows_then: int
    rows_now: int
    columns: tuple[str, ...]
    rows: int
    cells: int
    largest: float
    counts_equal: bool
    within: bool
    examples: tuple[tuple[int, dict[str, str], dict[str, str]], ...]

    def as_json(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {**asdict(self), "largest": self.largest if np.isfinite(self.largest) else None}

    def lines(self) -> list[str]:
        """The same in words."""
        told = [f"{self.name}: {self._extent()}; {self._size()}"]
        for row, then, now in self.examples:
            told.append(f"  row {row:,}, then: {_cells(then)}")
            told.append(f"  {' ' * len(f'row {row:,}')}   now: {_cells(now)}")
        return told

    def _extent(self) -> str:
        if self.columns:
            return f"columns in one version only: {', '.join(self.columns)}"
        common = min(self.rows_then, self.rows_now)
        parts = [f"{self.rows:,} of {common:,} rows differ, in {self.cells:,} cells"]
        if self.rows_then != self.rows_now:
            parts.insert(0, f"{self.rows_then:,} rows then, {self.rows_now:,} now")
        return "; ".join(parts)

    def _size(self) -> str:
        if self.within and not self.cells:
            return "the same values in other bytes"
        if self.within:
            return f"counts equal, numbers within 1e-9 (largest relative difference {self.largest:.1e})"
        counts = "counts equal, numbers" if self.counts_equal else "counts or texts"
        return f"{counts} differ (largest relative difference of numbers {self.largest:.2g})"


def is_table(name: str) -> bool:
    """Whether a file of results is a table."""
    return name.endswith(TABLES)


def difference(then: Path, now: Path) -> Difference:
    """How a table differs from an earlier version of it.

    Rows are held against each other by their place; further rows of the longer version count as different.

    Raises:
        OSError, ValueError: one of them cannot be read as a table.
    """
    before, after = _read(then), _read(now)
    columns = tuple(sorted(set(before) ^ set(after)))
    shared = [column for column in before if column in set(after)]
    common = min(len(before), len(after))
    head, new = before[shared].head(common), after[shared].head(common)
    unequal = head.to_numpy(str) != new.to_numpy(str)
    rows = np.flatnonzero(unequal.any(axis=1))
    largest, counts_equal, close = 0.0, True, True
    for place in np.flatnonzero(unequal.any(axis=0)):
        column, where = shared[place], np.flatnonzero(unequal[:, place])
        one, other = _numbers(head[column].iloc[where]), _numbers(new[column].iloc[where])
        counted = _counted(before, column)[where]
        apart, allowed = _apart(one, other), np.isclose(one, other, RELATIVE, ABSOLUTE, equal_nan=True)
        text = np.isnan(one) & np.isnan(other)
        counts_equal &= not ((counted & (one != other)) | text).any()
        close &= bool((allowed & ~text).all())
        largest = max(largest, float(apart.max(initial=0)))
    whole = not columns and len(before) == len(after)
    return Difference(
        name=now.name,
        rows_then=len(before),
        rows_now=len(after),
        columns=columns,
        rows=len(rows),
        cells=int(unequal.sum()),
        largest=largest,
        counts_equal=counts_equal and whole,
        within=counts_equal and close and whole,
        examples=tuple(_example(int(row), unequal[row], head, new) for row in rows[:ROWS_SHOWN]),
    )


def _read(path: Path) -> pd.DataFrame:
    """A table with every cell as text."""
    import pandas as pd

    if path.name.endswith(".parquet"):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        columns = {
            name: ["" if cell is None else str(cell) for cell in table[name].to_pylist()] for name in table.column_names
        }
        return pd.DataFrame(columns, dtype=object)
    return pd.read_csv(path, dtype=str, keep_default_na=False).astype(object)


def _numbers(texts: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers of texts; NaN where a text is none."""
    import pandas as pd

    return pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)


def _counted(table: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Of each row, whether the numbers in a column are counts: all those of the same quantity are whole."""
    import pandas as pd

    numbers = pd.Series(_numbers(table[column]))
    whole = pd.Series(numbers.isna() | (numbers == np.floor(numbers)))
    quantities = [name for name in QUANTITIES if name in table and name != column]
    if not quantities:
        return np.full(len(table), bool(whole.all()))
    return whole.groupby([table[name].to_numpy() for name in quantities]).transform("all").to_numpy(bool)


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative differences; infinite where only one is a number, 0 where neither is."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(one - other) / np.maximum(np.abs(one), np.abs(other))
    apart[np.isnan(one) & np.isnan(other) | (one == other)] = 0
    apart[np.isnan(one) != np.isnan(other)] = np.inf
    return apart


def _example(
    row: int, unequal: NDArray[np.bool_], then: pd.DataFrame, now: pd.DataFrame
) -> tuple[int, dict[str, str], dict[str, str]]:
    """A row as it was and as it is: the leading columns that are the same, which say which row it is, and what differs."""
    first = int(np.flatnonzero(unequal)[0])
    places = [place for place in range(len(unequal)) if place < min(first, 6) or unequal[place]]
    columns = [then.columns[place] for place in places][:10]
    return row + 1, {name: then[name].iloc[row] for name in columns}, {name: now[name].iloc[row] for name in columns}


def _cells(row: dict[str, str]) -> str:
    return ", ".join(f"{name} {value or '(empty)'}" for name, value in row.items())
