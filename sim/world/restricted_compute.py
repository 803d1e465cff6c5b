"""Compute at hand in restricted territory that was not smuggled while the simulation ran, in H100-equivalents.

Times are years with decimals. Chips are kept: nothing is retired within the few years that are looked at (an assumption;
chips that old have lost most of their worth, and none of their arithmetic).
"""

from __future__ import annotations

import math
from datetime import date

from ..parameters import Values
from ..units import DAYS_PER_YEAR
from .market import DOMESTIC_KNOWN_FROM, RENTAL_KNOWN_YEAR, domestic_h100e, rented_h100e
from .volume_prior import VolumePrior, wanted_h100e

LAWFUL_KNOWN_AT = 2026.25
"""Until then lawful imports are counted together; later ones come at a yearly rate."""

SMUGGLED_YEARS = (2024, 2025)
"""For these the published estimates tell, or their growth, what was smuggled; later the simulation does."""


def year_of(day: date) -> float:
    """A date as a year with decimals."""
    return day.year + (day - date(day.year, 1, 1)).days / (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def domestic_stock(year: float, values: Values) -> float:
    """Domestic accelerators made since the start of 2024 and not exported; within a year at an even rate."""
    whole = math.floor(year)
    made = sum(domestic_h100e(each, values) for each in range(DOMESTIC_KNOWN_FROM, whole))
    return made + (year - whole) * domestic_h100e(whole, values)


def lawful_stock(year: float, h100e_per_year: float, values: Values) -> float:
    """Lawfully imported since 2022: what is known, and so much a year from then on."""
    return values["lawful_stock_h100e"] + max(0.0, year - LAWFUL_KNOWN_AT) * h100e_per_year


def rented_stock(year: float, raised_from: float, factor: float, values: Values) -> float:
    """Lawfully rented abroad.

    Args:
        year: the time.
        raised_from: time from which on more, or less, is added than without the rule.
        factor: by which; 1: as without the rule.
        values: of the parameters.
    """
    known = RENTAL_KNOWN_YEAR + 1
    usual = rented_h100e(year - known, values)
    return usual + (factor - 1) * max(0.0, usual - rented_h100e(raised_from - known, values))


def rented_stock_run_out(year: float, barred_from: float, values: Values) -> float:
    """Lawfully rented abroad where no contract is made or renewed from a time on.

    Those that run then end at an even rate within the length of a contract, `rental_days`: they began at an even rate.
    """
    usual = rented_stock(min(year, barred_from), barred_from, 1.0, values)
    passed_days = max(0.0, year - barred_from) * DAYS_PER_YEAR
    if passed_days >= values["rental_days"]:
        return usual if passed_days == 0 else 0.0
    return usual * (1 - passed_days / values["rental_days"])


def smuggled_before(prior: VolumePrior, year: float, h100e_per_year: float, values: Values) -> float:
    """Smuggled from 2024 to the time at which a simulation begins: the estimate's years, then the simulation's volume."""
    known = sum(wanted_h100e(prior, year, values) for year in SMUGGLED_YEARS)
    later = max(0.0, year - 1 - SMUGGLED_YEARS[-1])
    return known + later * h100e_per_year
