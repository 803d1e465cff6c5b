"""The outcomes of a run, each with its formula. Reads records, knows no engine.

The cohort of all detection outcomes is the chips diverted on or after the day of the duty (t0 = departure from the
licensed path), with or without the mechanism.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..record import Category, Record
from ..scenario import Calendar
from ..units import DAYS_PER_MONTH, DAYS_PER_YEAR
from .incidence import cumulative_incidence

FOLLOW_UP_DAYS = (30, 90, 180, 365)


class Outcome(NamedTuple):
    """One number about a run, on one day."""

    day: float
    name: str
    value: float
    unit: str


class Cohort(NamedTuple):
    """Follow-up of the chips diverted under the duty, shape (chips,) each.

    Attributes:
        days: from departure to the day the diversion was established, or to the end of the run.
        established: whether it was.
        possible_days: from departure to the end of the run.
    """

    days: NDArray[np.float64]
    established: NDArray[np.bool_]
    possible_days: NDArray[np.float64]


def diverted_cohort(chips: Mapping[str, NDArray[np.generic]], calendar: Calendar) -> Cohort:
    """Chips diverted on or after the day of the duty."""
    diverted = chips["diverted_day"].astype(np.float64)
    members = diverted >= calendar.duty_day
    established_day = chips["established_day"].astype(np.float64)[members]
    possible = calendar.end_day - diverted[members]
    established = ~np.isnan(established_day)
    return Cohort(np.where(established, established_day - diverted[members], possible), established, possible)


def outcomes(record: Record, calendar: Calendar) -> Iterator[Outcome]:
    """Every outcome of a run: first the census by date, then the numbers about the whole run, dated at its end."""
    names = {category: f"chips_{category}" for category in Category}
    for census in record.census:
        yield Outcome(census.day, "chips_shipped", sum(census.chips.values()), "chips")
        for category, count in census.chips.items():
            yield Outcome(census.day, names[category], count, "chips")
    for name, value, unit in [*_detection(record, calendar), *_alerts(record, calendar), *_rounds(record)]:
        if not math.isnan(value):
            yield Outcome(calendar.end_day, name, float(value), unit)


def _detection(record: Record, calendar: Calendar) -> Iterator[tuple[str, float, str]]:
    cohort = diverted_cohort(record.chips, calendar)
    yield "diverted_under_duty", len(cohort.days), "chips"
    for days in FOLLOW_UP_DAYS:
        share = cumulative_incidence(cohort.days, cohort.established, np.array([float(days)]))[0]
        yield f"established_by_day_{days}", float(share), "share, Kaplan-Meier"
    yield "established_by_end_of_run_crude", _share(int(cohort.established.sum()), len(cohort.days)), "share"
    delays = cohort.days[cohort.established]
    yield "days_to_established_if_found", float(np.median(delays)) if len(delays) else math.nan, "days"


def _alerts(record: Record, calendar: Calendar) -> Iterator[tuple[str, float, str]]:
    closed = len(record.closed_cases)
    false = sum(case.diverted_chips == 0 for case in record.closed_cases)
    yield "cases_closed", closed, "cases"
    yield "cases_open_at_end", record.open_cases, "cases"
    yield "false_alarms", false, "cases"
    yield "false_alarms_per_month", false / ((calendar.end_day - calendar.duty_day) / DAYS_PER_MONTH), "cases per month"
    yield "false_alarms_per_case", _share(false, closed), "share"
    chip_years = record.covered_chip_days / DAYS_PER_YEAR
    yield "false_alarms_per_million_chip_years", _share(false * 1e6, chip_years), "cases per million chip-years"


def _rounds(record: Record) -> Iterator[tuple[str, float, str]]:
    """Silent and suspicious rounds are those of chips in no open case: chips in one are not judged."""
    yield "challenges", record.challenges, "challenges"
    for name, number in (
        ("silent", record.silences),
        ("suspicious", record.suspicious),
        ("refuted", record.refuted),
    ):
        yield f"challenges_{name}", _share(number, record.challenges), "share of challenges"
    yield "really_signed", _share(record.signed_challenges, record.challenges), "share of challenges"
    yield "sites_clearable_at_enrolment", _share(record.clearable_sites, record.enrolled_sites), "share of sites"
    yield "licences_refused", record.refused_chips, "chips"


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
