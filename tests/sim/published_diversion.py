"""The arithmetic that Epoch AI published for smuggled compute (29 April 2026), run again in its outline.

Two views of one total, 60 to 40 in each draw. Export side: the known cases, times how far allegations hold, over the share
of smuggling that is ever detected. Resale side: vendors times chips per vendor, over the share that vendors sell. The known
cases stand here as totals of each year (5-95 %: 27,600-53,300 and 73,000-199,000 H100-equivalents), which the published
model adds up from single cases.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
A100, B200 = 0.315, 2.527
"""H100-equivalents per chip."""


@dataclass(frozen=True)
class Rerun:
    """Draws, each of shape (count,): H100-equivalents of each year, and the share detected."""

    in_2024: FloatArray
    in_2025: FloatArray
    detection: FloatArray


def rerun(count: int, seed: int = 0) -> Rerun:
    """Run it again, once for each draw."""
    random = np.random.default_rng(seed)

    def between(low: float, high: float, credibility: float = 0.90) -> tuple[float, float]:
        width = 2 * ndtri(0.5 + credibility / 2)
        return float(np.log(low * high) / 2), float(np.log(high / low) / width)

    def sold(vendors: tuple[float, float], a_year: tuple[float, float], months: float) -> FloatArray:
        """Chips of all vendors; half of the log variance of one's sales is common to all of them."""
        numbers = np.maximum(np.round(random.lognormal(*vendors, count)), 1).astype(int)
        median, spread = a_year[0], a_year[1] * np.sqrt(0.5)
        alone = np.exp(random.normal(0, spread, numbers.sum()))
        sums = np.add.reduceat(alone, np.concatenate([[0], np.cumsum(numbers)[:-1]]))
        return sums * np.exp(median + random.normal(0, spread, count)) * months / 12

    detection = np.clip(random.lognormal(*between(0.10, 0.80), count), 0.05, 1)
    scale = random.beta(16, 2, count) / detection
    known_2024 = random.lognormal(*between(27_600, 53_300), count)
    known_2025 = np.maximum(random.normal(136_000, 126_000 / (2 * ndtri(0.95)), count), 0)

    usual, under_ban = between(204, 12_000, 0.95), between(130, 40_000, 0.98)
    h100 = random.beta(5, 1, count)
    resale_2024 = sold(between(38, 150), usual, 12) * (h100 + (1 - h100) * A100)
    early, later = random.uniform(0.12, 0.22, count), random.uniform(0.45, 0.65, count)
    vendors = between(20, 200)
    resale_2025 = sold(vendors, usual, 3.25) * (1 + early * (B200 - 1))
    resale_2025 += (sold(vendors, under_ban, 3.5) + sold(vendors, usual, 5.25)) * (1 + later * (B200 - 1))
    resale_2025 *= np.exp(random.normal(0, 0.5, count))
    through_vendors = random.beta(8, 2, count)
    return Rerun(
        in_2024=0.6 * known_2024 * scale + 0.4 * resale_2024 / through_vendors,
        in_2025=0.6 * known_2025 * scale + 0.4 * resale_2025 / through_vendors,
        detection=detection,
    )
