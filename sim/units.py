"""Units used at every border between functions: days, kilometres, milliseconds of round-trip time, US dollars of 2026."""

from __future__ import annotations

from datetime import date, timedelta

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
HOURS_PER_DAY = 24
MINUTES_PER_DAY = 1440
SECONDS_PER_DAY = 86_400


def calendar_date(start: date, day: float) -> date:
    """The calendar date of a simulated time.

    Args:
        start: the scenario's first day.
        day: days since the start of that day.
    """
    return start + timedelta(days=int(day // 1))
