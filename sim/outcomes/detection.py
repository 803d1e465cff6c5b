"""Whether and how soon diversions are found, of single chips and significant quantities, and the use made of the chips."""

from __future__ import annotations

import math

import numpy as np

from ..levers import Calendar
from ..parameters import Values
from ..record import Consequence, Record
from ..units import DAYS_PER_YEAR
from ..world.products import h100e_of_products
from .cohort import Cohort, diverted_cohort
from .incidence import FloatArray, cumulative_incidence
from .outcome import Measures, share

FOLLOW_UP_DAYS = (30, 90, 180, 365)

SIGNIFICANT_CHIPS = 100
"""A significant quantity in chips: the smallest class of sites in the published list of clusters."""

SIGNIFICANT_H100E = 1700
"""A significant quantity in H100-equivalents: more than the 1,699 that one customer could order in a year without a licence
under the rescinded AI Diffusion Rule of January 2025."""

HIT_OR_MISS = "1 or 0"
"""Unit of an outcome whose mean over runs is a probability."""


def detection(record: Record, calendar: Calendar, values: Values) -> Measures:
    """Outcomes about the chips diverted under the duty; each counts in H100e by its product."""
    cohort = diverted_cohort(record.chips, calendar)
    h100e = h100e_of_products(values)[cohort.product]
    yield "diverted_under_duty", len(cohort.diverted), "chips"
    yield "diverted_under_duty_h100e", float(h100e.sum()), "H100e"
    yield from _incidence(cohort, record.consequences)
    established = ~np.isnan(cohort.established)
    found = int(established.sum())
    yield "established_under_duty", found, "chips"
    yield "established_under_duty_h100e", float(h100e[established].sum()), "H100e"
    yield "established_by_end_of_run_crude", share(found, len(established)), "share"
    delays = (cohort.established - cohort.diverted)[established]
    yield "days_to_established_if_found", float(np.median(delays)) if found else math.nan, "days"
    yield from _quantities(cohort, h100e)
    yield from _enjoyed(cohort, h100e)
    yield "chips_prevented", record.prevented_chips, "chips"
    yield "chips_rented", record.rented_chips, "chips"


def _incidence(cohort: Cohort, consequences: list[Consequence]) -> Measures:
    grid = np.array(FOLLOW_UP_DAYS, dtype=np.float64)
    dates = {
        "alerted": cohort.to_alert(),
        "case_opened": cohort.to_case(),
        "established": cohort.to_established(),
        "consequence": cohort.to_consequence(consequences),
    }
    for name, (days, happened, competed) in dates.items():
        shares = cumulative_incidence(days, happened, grid, competed)
        for day, value in zip(FOLLOW_UP_DAYS, shares, strict=True):
            yield f"{name}_by_day_{day}", float(value), "share, Aalen-Johansen"


def _quantities(cohort: Cohort, h100e: FloatArray) -> Measures:
    for name, amount, weights in (
        (f"{SIGNIFICANT_CHIPS}_chips", SIGNIFICANT_CHIPS, np.ones(len(h100e))),
        (f"{SIGNIFICANT_H100E}_h100e", SIGNIFICANT_H100E, h100e),
    ):
        dates = (cohort.diverted, cohort.established)
        diverted_day, established_day = (day_reached(days, weights, amount) for days in dates)
        delay = established_day - diverted_day
        yield f"days_to_established_{name}", delay, "days"
        for days in FOLLOW_UP_DAYS:
            known = diverted_day + days <= cohort.end_day
            yield f"established_{name}_by_day_{days}", float(delay <= days) if known else math.nan, HIT_OR_MISS


def day_reached(days: FloatArray, weights: FloatArray, amount: float) -> float:
    """Earliest day by which the weights of past dates make an amount; NaN if they never do. Dates of NaN never come."""
    order = np.argsort(days, kind="stable")[: np.count_nonzero(~np.isnan(days))]
    reached = np.cumsum(weights[order]) >= amount - 1e-9 * amount  # rounding must not add a chip
    return float(days[order[np.argmax(reached)]]) if reached.any() else math.nan


def _enjoyed(cohort: Cohort, h100e: FloatArray) -> Measures:
    """Use in restricted territory. That a diversion is established ends it only where the chip is seized."""
    used_until = np.fmin(cohort.seized, cohort.end_day)
    known_from = np.fmin(cohort.established, used_until)
    for name, until in (("enjoyed", used_until), ("enjoyed_before_established", known_from)):
        h100e_days = float(np.nansum(np.maximum(until - cohort.arrived, 0.0) * h100e))
        yield f"h100e_years_{name}", h100e_days / DAYS_PER_YEAR, "H100e-years"
