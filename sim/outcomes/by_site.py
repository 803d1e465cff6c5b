"""What was at each site and what happened there: one row for each, so that a study can speak of one city or region.

Chips count at their declared site, cases and visits where they were. Sums over all sites are outcomes of the whole run; a
test compares the two. Chips that have lawfully gone elsewhere and are not reported yet are in service in no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..fleet.chips import State
from ..record import ClosedCase, OpenCase, Record
from ..scenario import Scenario
from ..world.sites import Site
from .cases import by_inspectors

COLUMNS = (
    "hub",
    "country",
    "capacity_chips",
    "clearable",
    "chips",
    "equipped_chips",
    "cases_closed",
    "false_alarms",
    "inspections",
    "busy_days",
    "wait_days",
    "diverted_chips",
    "established_chips",
)
"""Hub and country of the site; its real size in chips; whether it could be cleared when it was last measured; chips at work
there on the last day, and those of them with the mechanism; cases that ended, and those, ended or not, without a diverted
chip; visits by the scenario's inspectors under the duty, days that these kept an inspector busy, and days that they were
waited for; chips diverted under the duty that were declared there, and those of them established as diverted."""


def outcomes_by_site(record: Record, scenario: Scenario) -> Mapping[str, NDArray[np.generic]]:
    """The columns `COLUMNS`, each of shape (sites,), by number of the site."""
    number, chips = len(record.sites), record.chips
    site, installed = np.asarray(chips["site"]).astype(np.int64), chips["state"] == State.INSTALLED
    diverted = chips["diverted_day"].astype(np.float64) >= scenario.calendar.duty_day
    found = diverted & ~np.isnan(chips["established_day"].astype(np.float64))
    visits = by_inspectors(record, scenario)
    visited = [visit.site for visit in visits]

    def counted(rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return _by_site(site[rows], number)

    def added_up(days: Iterable[float]) -> NDArray[np.float64]:
        weights = np.fromiter(days, np.float64)
        return np.bincount(np.array(visited, np.int64), weights, minlength=number).astype(np.float64)

    return {
        "hub": np.array([hub_of(one) for one in record.sites]),
        "country": np.array([one.place.country for one in record.sites]),
        "capacity_chips": np.array([one.capacity_chips for one in record.sites]),
        "clearable": record.site_clearable,
        "chips": counted(installed),
        "equipped_chips": counted(installed & chips["covered"].astype(np.bool_)),
        "cases_closed": _cases(record.closed_cases, number),
        "false_alarms": _cases((case for case in record.all_cases if case.diverted_chips == 0), number),
        "inspections": _by_site(np.array(visited, np.int64), number),
        "busy_days": added_up(visit.busy_days_until(scenario.calendar.end_day) for visit in visits),
        "wait_days": added_up(visit.wait_days for visit in visits),
        "diverted_chips": counted(diverted),
        "established_chips": counted(found),
    }


def hub_of(site: Site) -> str:
    """The hub at which a site stands: its place is named for it, with a number."""
    return site.place.name.rpartition(" ")[0]


def _cases(cases: Iterable[ClosedCase | OpenCase], sites: int) -> NDArray[np.int64]:
    return _by_site(np.array([case.site for case in cases], np.int64), sites)


def _by_site(of_each: NDArray[np.int64], sites: int) -> NDArray[np.int64]:
    return np.bincount(of_each, minlength=sites).astype(np.int64)
