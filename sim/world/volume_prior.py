"""How many chips smugglers want in a year without a rule: published estimates, by name, as uncertain as they say they are.

`epoch`: Epoch AI (2026), in H100-equivalents, for 2024 and 2025. Its export side divides the known cases by the share of
smuggling that is ever detected, so that in one draw a low share goes with a high volume. `cnas`: CNAS (2025), in chips, for
2024 alone; it rests on vendors and cloud fronts and knows no share detected, so that its volume is drawn independently.

Law of each year: the two halves of a lognormal with a spread each, through the published 5, 50 and 95 % quantiles. Years and
share are joined by a Gaussian copula (`data/volume_prior.toml`; how it was fitted: `calibration.volume_fit`). All of
these are inputs; nothing that the simulation finds says whether they are right.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ..parameters import Parameter, Values
from .products import mean_h100e

FloatArray = NDArray[np.float64]
VolumePrior = Literal["cnas", "epoch"]
FILE = "volume_prior.toml"

Z95 = float(ndtri(0.95))
COUPLED = ("tips_detection_ever", "epoch_volume_2024_h100e", "epoch_volume_2025_h100e")
"""Rows of the parameter table that are drawn together; the first is drawn as if it were alone."""


@cache
def joint_figures() -> Mapping[str, Parameter]:
    """What joins the volumes of years with each other and with the share detected, by name.

    Raises:
        pydantic.ValidationError: an entry lacks a field or its range is out of order.
    """
    text = resources.files("sim").joinpath("data", FILE).read_text(encoding="utf-8")
    return {name: Parameter.model_validate(entry) for name, entry in tomllib.loads(text).items()}


def correlations() -> FloatArray:
    """Correlations of the normal scores of the rows `COUPLED`, in their order, shape (3, 3)."""
    figures = joint_figures()
    detection_2024, detection_2025, years = (
        figures[name].central
        for name in ("correlation_detection_2024", "correlation_detection_2025", "correlation_2024_2025")
    )
    return np.array([[1, detection_2024, detection_2025], [detection_2024, 1, years], [detection_2025, years, 1]])


def coupled(normals: FloatArray) -> FloatArray:
    """Normal scores of the rows `COUPLED` out of independent standard normal numbers, shape (3, ...) as given."""
    return np.linalg.cholesky(correlations()) @ normals


def split_lognormal(normals: FloatArray, row: Parameter) -> FloatArray:
    """Volumes by their normal scores: lognormal on either side of the median, with the row's 5, 50 and 95 % quantiles."""
    ends = np.where(normals < 0, row.low, row.high)
    volumes: FloatArray = row.central * (ends / row.central) ** (np.abs(normals) / Z95)
    return volumes


def cut_lognormal(normals: FloatArray, row: Parameter) -> FloatArray:
    """Shares ever detected by their normal scores: lognormal with the row's 90 % interval, cut off as published."""
    log_sd = math.log(row.high / row.low) / (2 * Z95)
    shares = math.sqrt(row.low * row.high) * np.exp(log_sd * normals)
    return np.clip(shares, joint_figures()["detection_floor"].central, row.maximum)


VOLUME_ROWS: Mapping[VolumePrior, tuple[str, ...]] = {
    "cnas": ("cnas_volume_2024_chips",),
    "epoch": ("epoch_volume_2024_h100e", "epoch_volume_2025_h100e"),
}
"""Rows of the parameter table that the volume of every year is proportional to, by prior."""

LAWS: Mapping[str, Callable[[FloatArray, Parameter], FloatArray]] = {
    "tips_detection_ever": cut_lognormal,
    "epoch_volume_2024_h100e": split_lognormal,
    "epoch_volume_2025_h100e": split_lognormal,
    "cnas_volume_2024_chips": split_lognormal,
}
"""Rows of the parameter table with a law of their own."""


def wanted_volume(prior: VolumePrior, year: int, values: Values) -> float:
    """What smugglers order in a calendar year if no rule holds them back, in chips (`cnas`) or H100-equivalents (`epoch`).

    Assumptions: the last estimated year grows by the same factor every year; before 2024 the volume is that of 2024.
    """
    growth = values["smuggled_volume_growth"]
    if prior == "cnas":
        return values["cnas_volume_2024_chips"] * growth ** max(0, year - 2024)
    if year <= 2024:
        return values["epoch_volume_2024_h100e"]
    return values["epoch_volume_2025_h100e"] * growth ** (year - 2025)


def wanted_h100e(prior: VolumePrior, year: int, values: Values) -> float:
    """The same in H100-equivalents, of the mix of products that ships in the middle of the year."""
    volume = wanted_volume(prior, year, values)
    return volume * mean_h100e(date(year, 7, 1), values) if prior == "cnas" else volume


def wanted_chips_per_year(prior: VolumePrior, day: date, values: Values) -> float:
    """The same in chips a year on a day: smugglers are taken to order the mix of products that ships on that day.

    Raises:
        ValueError: nothing ships on that day.
    """
    volume = wanted_volume(prior, day.year, values)
    if prior == "cnas":
        return volume
    return volume / mean_h100e(day, values)
