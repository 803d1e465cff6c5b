"""The outcomes of a run. Reads records, knows no engine. `docs/outcomes.md` has the formula of each."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..record import Category, Census, Record
from ..scenario import Scenario
from ..units import DAYS_PER_YEAR
from .cases import cases, inspections
from .costs import costs
from .detection import detection
from .outcome import Measures, Outcome, share


def outcomes(record: Record, scenario: Scenario) -> Iterator[Outcome]:
    """Every outcome of a run that has a value: the census by date, then numbers about the whole run, dated at its end."""
    return (outcome for outcome in every_outcome(record, scenario) if not math.isnan(outcome.value))


def every_outcome(record: Record, scenario: Scenario) -> Iterator[Outcome]:
    """The same, with NaN for those that have none, such as a share of no chips."""
    for census in record.census:
        for name, value, unit in _census(census):
            yield Outcome(census.day, name, float(value), unit)
    calendar = scenario.calendar
    for name, value, unit in (
        *detection(record, calendar, scenario.values),
        *cases(record, scenario),
        *inspections(record, scenario),
        *costs(record, scenario),
        *_rounds(record),
        *_clearable(record),
        *_revoked(record, scenario),
    ):
        yield Outcome(calendar.end_day, name, float(value), unit)


def _census(census: Census) -> Measures:
    yield "chips_shipped", sum(census.chips.values()), "chips"
    for category, count in census.chips.items():
        yield f"chips_{category}", count, "chips"
    yield (
        "coverage",
        share(census.chips[Category.IN_SERVICE_WITH_MECHANISM], _in_service(census)),
        "share of chips in service",
    )


def _rounds(record: Record) -> Measures:
    """Silent and suspicious rounds are those of chips in no open case: chips in one are not judged."""
    yield "challenges", record.challenges, "challenges"
    for name, number in (
        ("silent", record.silences),
        ("suspicious", record.suspicious),
        ("refuted", record.refuted),
    ):
        yield f"challenges_{name}", share(number, record.challenges), "share of challenges"
    yield "really_signed", share(record.signed_challenges, record.challenges), "share of challenges"


def _revoked(record: Record, scenario: Scenario) -> Measures:
    """Where keys are revoked at once: what that costs honest chips, in time during which nobody can tell where they are."""
    if scenario.verification.revocation == "at_once":
        yield "chip_years_unendorsed", record.unendorsed_chip_days / DAYS_PER_YEAR, "chip-years"


def _clearable(record: Record) -> Measures:
    yield "sites_clearable_at_enrolment", share(record.clearable_sites, record.enrolled_sites), "share of sites"
    in_service = _in_service(record.census[-1]) if record.census else 0
    yield "chips_clearable_at_end", share(record.clearable_chips, in_service), "share of chips in service"
    yield "licences_refused", record.refused_chips, "chips"


def _in_service(census: Census) -> int:
    return census.chips[Category.IN_SERVICE_WITH_MECHANISM] + census.chips[Category.IN_SERVICE_WITHOUT_MECHANISM]
