"""The parameter table: every number about the world, with its range, unit, kind and source.

One file holds the numbers (`data/parameters.toml`), one the sources (`data/sources.toml`). A row says how far it can be
trusted: `quoted` from its source, `inferred` from it by stated arithmetic, or `assumed`. Policy choices (levers) are not
here; they belong to the scenario.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PARAMETER_FILES = ("parameters.toml", "sources.toml")


class Source(BaseModel):
    """Where a number comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    publisher: str
    date: str = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    url: str
    note: str = ""


class Parameter(BaseModel):
    """One row of the table. `low` to `high` is the range a study varies; `minimum` to `maximum` is what makes sense."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    central: float
    high: float
    minimum: float = 0.0
    maximum: float = math.inf
    unit: str
    kind: Literal["quoted", "inferred", "assumed"]
    source: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _ordered_and_accounted_for(self) -> Self:
        if not self.minimum <= self.low <= self.central <= self.high <= self.maximum:
            raise ValueError("must have minimum <= low <= central <= high <= maximum")
        if self.kind == "assumed":
            if not self.note:
                raise ValueError("an assumed number needs a note that says why")
        elif not self.source:
            raise ValueError(f"a number that is {self.kind} needs a source")
        return self


class LatencyRegime(BaseModel):
    """How round-trip times behave on one kind of path: excess over the propagation floor, and jitter above the minimum.

    Excess is lognormal: median `offset_ms + slope * floor_ms**exponent`, and standard deviation of its logarithm
    `log_sd + near_log_sd * exp(-floor_ms / near_ms)`. Jitter of one burst of 30 pings is lognormal too, given by its
    median and 95 % quantile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    offset_ms: float = Field(ge=0)
    slope: float = Field(ge=0)
    exponent: float = Field(gt=0, default=1.0)
    log_sd: float = Field(gt=0)
    near_log_sd: float = Field(ge=0, default=0.0)
    near_ms: float = Field(gt=0, default=1.0)
    jitter_median_ms: float = Field(gt=0)
    jitter_q95_ms: float = Field(gt=0)
    pairs: int = Field(gt=0, description="how many measured pairs the fit rests on")
    kind: Literal["quoted", "inferred", "assumed"]
    source: tuple[str, ...]
    note: str = ""


class ParameterTable(BaseModel):
    """All rows, all latency regimes and all sources, checked against each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: dict[str, Parameter]
    latency_regimes: dict[str, LatencyRegime]
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _every_source_is_known_and_used(self) -> Self:
        rows: list[Parameter | LatencyRegime] = [*self.parameters.values(), *self.latency_regimes.values()]
        cited = {key for row in rows for key in row.source}
        if unknown := cited - self.sources.keys():
            raise ValueError(f"sources cited but not listed: {sorted(unknown)}")
        if unused := self.sources.keys() - cited:
            raise ValueError(f"sources listed but not cited: {sorted(unused)}")
        return self

    def values(self, overrides: Mapping[str, float] = MappingProxyType({})) -> Values:
        """The central value of every row, except where `overrides` gives another."""
        return MappingProxyType({name: float(overrides.get(name, row.central)) for name, row in self.parameters.items()})


Values = Mapping[str, float]
"""One sample of the uncertainties: a number for every row of the table."""


@cache
def load_parameters() -> ParameterTable:
    """The table shipped with the package.

    Raises:
        pydantic.ValidationError: a row lacks a field, its range is out of order or its source is unknown.
    """
    text = {name: _read(name).decode() for name in PARAMETER_FILES}
    rows = tomllib.loads(text["parameters.toml"])
    regimes = rows.pop("latency_regimes")
    sources = tomllib.loads(text["sources.toml"])
    return ParameterTable.model_validate({"parameters": rows, "latency_regimes": regimes, "sources": sources})


def parameter_digest() -> str:
    """SHA-256 over the parameter and source files, to name the numbers a result was made with."""
    return hashlib.sha256(b"".join(_read(name) for name in PARAMETER_FILES)).hexdigest()


def _read(name: str) -> bytes:
    return resources.files("sim").joinpath("data", name).read_bytes()
