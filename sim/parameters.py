"""The parameter table: every number about the world, with its range, unit, kind and source.

One file holds the numbers (`data/parameters.toml`), one the products (`data/products.toml`), one the latency models
(`data/latency.toml`, made by `fit-latency`), one the sources (`data/sources.toml`). A row says how far it can be
trusted: `quoted` from its source, `inferred` from it by stated arithmetic, or `assumed`. Policy choices (levers) are not
here; they belong to the scenario.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PARAMETER_FILES = ("parameters.toml", "products.toml", "latency.toml", "sources.toml")
FURTHER_FILES = ("volume_prior.toml", "cset.toml")
"""Figures that go with single rows of the table and are read where they are used."""

NetworkClass = Literal["hosting", "cloud"]
NETWORK_CLASSES: tuple[NetworkClass, ...] = ("hosting", "cloud")
"""Class of networks: hosting providers on the open internet, or the backbone of a cloud provider."""


class Source(BaseModel):
    """Where a number comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    publisher: str
    date: str = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    url: str
    note: str = ""


class Stated(BaseModel):
    """Something that says where it is from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["quoted", "inferred", "assumed"]
    source: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _accounted_for(self) -> Self:
        if self.kind == "assumed":
            if not self.note:
                raise ValueError("an assumed number needs a note that says why")
        elif not self.source:
            raise ValueError(f"a number that is {self.kind} needs a source")
        return self


class Parameter(Stated):
    """One row of the table. `low` to `high` is the range a study varies; `minimum` to `maximum` is what makes sense.

    With `choices` no value in between can occur: it is one thing or another.
    """

    low: float
    central: float
    high: float
    minimum: float = 0.0
    maximum: float = math.inf
    choices: bool = False
    unit: str

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.minimum <= self.low <= self.central <= self.high <= self.maximum:
            raise ValueError("must have minimum <= low <= central <= high <= maximum")
        return self


class Fact(Stated):
    """A number that no study varies."""

    value: float = Field(gt=0)


class ReleaseDate(Stated):
    """The first day on which a product could be had."""

    day: date


class Product(BaseModel):
    """An AI chip on sale: see the head of `data/products.toml` for the units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    maker: str
    release: ReleaseDate
    tops_8bit: Fact
    tops_4bit: Fact | None = None
    performance_density: Fact | None = None
    memory_gb_per_s: Fact | None = None
    interconnect_gb_per_s: Fact | None = None
    h100e: Parameter
    price_usd: Parameter

    def stated(self) -> list[Stated]:
        """All that says where it is from."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return [value for value in values if isinstance(value, Stated)]


class ProductShares(Stated):
    """Which products ship in a year, or stand abroad on the first day: low, central and high share by product."""

    of: dict[str, tuple[float, float, float]]

    def rows(self, suffix: str) -> dict[str, Parameter]:
        """The shares as rows of the table."""
        told = {"unit": "share of chips", "maximum": 1.0, "kind": self.kind, "source": self.source, "note": self.note}
        return {
            f"{product}_share_{suffix}": Parameter.model_validate({"low": low, "central": central, "high": high, **told})
            for product, (low, central, high) in self.of.items()
        }


class ProductTable(BaseModel):
    """All products, in the order of their numbers, and their shares by year and in the stock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    products: dict[str, Product] = {}
    shares: dict[str, ProductShares] = {}

    @model_validator(mode="after")
    def _shares_are_of_products(self) -> Self:
        if unknown := {product for shares in self.shares.values() for product in shares.of} - self.products.keys():
            raise ValueError(f"shares of products that are not listed: {sorted(unknown)}")
        return self

    def rows(self) -> dict[str, Parameter]:
        """The rows that the products add to the table of parameters."""
        of_products = {
            f"{name}_{kind}": getattr(product, kind)
            for name, product in self.products.items()
            for kind in ("h100e", "price_usd")
        }
        return of_products | {
            name: row for suffix, shares in self.shares.items() for name, row in shares.rows(suffix).items()
        }


class LatencyRegime(BaseModel):
    """How round-trip times behave on one kind of path: see `world.excess` for the law of the excess.

    Jitter is lognormal, given by its median and 95 % quantile: of the minimum of one burst of 30 pings, and of the median
    of a day, above the minimum of the day. `pairs` and `sites` say how many measured pairs and sites the fit rests on, and
    `standard_errors` how far it would move with other sites of the kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    offset_ms: float = Field(ge=0)
    slope: float = Field(ge=0)
    exponent: float = Field(gt=0, default=1.0)
    log_sd: float = Field(gt=0)
    skew: float = Field(default=0.0, ge=-1.5, le=1.5)
    tail: float = Field(default=1.0, gt=0)
    near_log_sd: float = Field(ge=0, default=0.0)
    near_ms: float = Field(gt=0, default=1.0)
    jitter_median_ms: float = Field(gt=0)
    jitter_q95_ms: float = Field(gt=0)
    median_over_min_ms: float = Field(ge=0, default=0.0)
    median_over_min_q95_ms: float = Field(ge=0, default=0.0)
    pairs: int = Field(gt=0)
    sites: int = Field(gt=0)
    kind: Literal["quoted", "inferred", "assumed"]
    source: tuple[str, ...]
    note: str = ""
    standard_errors: dict[str, float] = {}


class QuantileLine(BaseModel):
    """A straight line through a low quantile of round-trip times by distance, as published geolocation code fits it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantile: float = Field(gt=0, lt=1)
    offset_ms: float = Field(ge=0)
    ms_per_1000_km: float = Field(gt=0)


class LatencyModel(BaseModel):
    """The latency model of one class of networks.

    `network` is that class, `kind` what the model was fitted to: the minimum over a day, or a median. The endpoint shares
    say how much of the variance of the log excess belongs to the two ends of a path together, on short paths and on others.
    The global lognormal law of the excess has no regimes; it is the yardstick for what they are worth. The quantile lines
    are not sound as bounds; they are here to show what trusting one costs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: NetworkClass
    kind: Literal["min", "median"]
    date: str = Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    endpoint_share_near: float = Field(ge=0, lt=1)
    endpoint_share_far: float = Field(ge=0, lt=1)
    global_log_median: float
    global_log_sd: float = Field(gt=0)
    quantile_lines: tuple[QuantileLine, ...] = ()
    standard_errors: dict[str, float] = {}
    regimes: dict[str, LatencyRegime]

    def shifted(self, errors: float) -> LatencyModel:
        """The model with the offset of every regime moved by so many of its standard errors, and none below 0."""
        regimes = {
            name: regime.model_copy(
                update={"offset_ms": max(0.0, regime.offset_ms + errors * regime.standard_errors.get("offset_ms", 0.0))}
            )
            for name, regime in self.regimes.items()
        }
        return self.model_copy(update={"regimes": regimes})


class ParameterTable(BaseModel):
    """All rows, the products, the latency models and all sources, checked against each other.

    The products' own rows are among the parameters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: dict[str, Parameter]
    products: ProductTable = ProductTable()
    latency: dict[NetworkClass, LatencyModel]
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _every_source_is_known_and_used(self) -> Self:
        regimes = [regime for model in self.latency.values() for regime in model.regimes.values()]
        facts = [fact for product in self.products.products.values() for fact in product.stated()]
        rows: list[Stated | LatencyRegime] = [*self.parameters.values(), *facts, *regimes]
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
    parameters, products, latency, sources = (tomllib.loads(text[name]) for name in PARAMETER_FILES)
    latency = {network: {"network": network, **model} for network, model in latency.items()}
    table = ProductTable.model_validate(products)
    content: dict[str, Any] = {"products": table, "latency": latency, "sources": sources}
    return ParameterTable.model_validate({**content, "parameters": {**parameters, **table.rows()}})


def parameter_digest() -> str:
    """SHA-256 over the files of numbers and sources, to name the numbers a result was made with."""
    return hashlib.sha256(b"".join(_read(name) for name in (*PARAMETER_FILES, *FURTHER_FILES))).hexdigest()


def _read(name: str) -> bytes:
    return resources.files("sim").joinpath("data", name).read_bytes()
