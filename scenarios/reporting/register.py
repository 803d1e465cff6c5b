"""The register: every number about the world that the simulation assumes, and every source, whichever question uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.answering.brief import further_sources
from sim.parameters import Source, load_parameters

if TYPE_CHECKING:
    import pandas as pd


def register() -> pd.DataFrame:
    """All rows of the parameter table, in its order: name, low, central, high, unit, kind, source, note."""
    import pandas as pd

    rows = [
        (name, row.low, row.central, row.high, row.unit, row.kind, "; ".join(row.source), row.note)
        for name, row in load_parameters().parameters.items()
    ]
    return pd.DataFrame(rows, columns=["name", "low", "central", "high", "unit", "kind", "source", "note"])


def bibliography() -> dict[str, Source]:
    """All sources, of numbers and of what questions cite beside them, by key, in alphabetical order."""
    return dict(sorted({**load_parameters().sources, **further_sources()}.items()))


def plain(number: float) -> str:
    """A number of the register as it is written there, with commas and without an exponent where it is large."""
    return f"{number:,.10g}"
