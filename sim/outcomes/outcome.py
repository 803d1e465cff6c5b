"""What an outcome is, and arithmetic that all outcomes share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple


class Outcome(NamedTuple):
    """One number about a run, on one day."""

    day: float
    name: str
    value: float
    unit: str


Measures = Iterator[tuple[str, float, str]]
"""Outcomes about a whole run: name, value (NaN where there is none) and unit."""


def share(part: float, whole: float) -> float:
    """Part of a whole; NaN of nothing."""
    return part / whole if whole else math.nan
