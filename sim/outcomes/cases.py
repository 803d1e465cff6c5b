"""What alerts lead to: cases, false alarms, findings, and how busy the inspectors are."""

from __future__ import annotations

import math

import numpy as np

from ..record import Finding, Record, Visit, VisitReason
from ..scenario import Scenario
from ..units import DAYS_PER_MONTH, DAYS_PER_YEAR
from .outcome import Measures, share


def cases(record: Record, scenario: Scenario) -> Measures:
    """Outcomes about cases. An alarm is false whether or not anybody has found out by the end of the run."""
    closed, opened = record.closed_cases, record.all_cases
    false = sum(case.diverted_chips == 0 for case in opened)
    yield "cases_closed", len(closed), "cases"
    yield "cases_open_at_end", len(record.open_cases), "cases"
    yield "false_alarms", false, "cases"
    yield "false_alarms_per_month", false / (scenario.calendar.end_after_duty_days / DAYS_PER_MONTH), "cases per month"
    yield "false_alarms_per_case", share(false, len(opened)), "share"
    chip_years = record.covered_chip_days / DAYS_PER_YEAR
    yield "false_alarms_per_million_chip_years", share(false * 1e6, chip_years), "cases per million chip-years"
    yield "precision_of_cases", share(len(opened) - false, len(opened)), "share of cases"
    diverted, alerted = (sum(getattr(case, name) for case in opened) for name in ("diverted_chips", "chips"))
    yield "precision_of_alerts", share(diverted, alerted), "share of chips alerted on"
    for finding in Finding:
        found = sum(case.finding is finding for case in closed)
        yield f"cases_found_{finding}", share(found, len(closed)), "share of cases"
    yield "remote_requests", record.remote_requests, "requests"


def inspections(record: Record, scenario: Scenario) -> Measures:
    """Outcomes about the inspectors of the scenario; end-use checks are the work of others."""
    visits = by_inspectors(record, scenario)
    duty_days = scenario.calendar.end_after_duty_days
    busy = sum(visit.busy_days_until(scenario.calendar.end_day) for visit in visits)
    waits = np.array([visit.wait_days for visit in visits])
    yield "inspections", len(visits), "visits"
    yield "chips_tested", sum(visit.tested_chips for visit in visits), "chips"
    yield "inspector_utilisation", share(busy, scenario.enforcement.inspectors * duty_days), "share of time"
    yield "cases_waiting", record.waiting_case_days / duty_days, "cases, mean over time"
    yield "inspection_wait_mean", float(waits.mean()) if len(waits) else math.nan, "days"
    yield "inspection_wait_90_percent", float(np.quantile(waits, 0.9)) if len(waits) else math.nan, "days"


def by_inspectors(record: Record, scenario: Scenario) -> list[Visit]:
    """Visits under the duty that are no end-use checks."""
    duty_day = scenario.calendar.duty_day
    return [visit for visit in record.visits if visit.day >= duty_day and visit.reason is not VisitReason.END_USE_CHECK]
