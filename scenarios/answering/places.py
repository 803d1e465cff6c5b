"""What happened at some of the sites: those of a city or region, added up for each run, with intervals over runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from scenarios.answering.brief import Estimate
from scenarios.answering.worlds import drawn_ends, spread
from sim import Result, Scenario
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Setting

UNITS = {
    "sites": "sites",
    "share_of_sites": "share of all",
    "clearable_sites": "share of sites there",
    "chips": "real chips",
    "share_of_chips": "share of all",
    "equipped": "share of chips there",
    "clearable_chips": "share of chips there",
    "share_of_diverted": "share of all",
    "established": "share of diverted chips declared there",
    "false_alarms_per_month": "cases per month",
    "share_of_false_alarms": "share of all",
    "inspections_per_month": "visits per month",
    "share_of_inspections": "share of all",
    "inspectors_busy": "inspectors, mean over time",
    "wait_days": "days, mean over visits",
}
"""Units of the outcomes of `by_run`. Chips are those at work on the last day; clearable are those at sites that a ping could
clear when they were last measured; diverted are those declared there that left under the duty, established those of them
ever found; busy inspectors are days of visits over days of the duty: fewer than that cannot do the work."""


PLACES_COUNTED = (
    "chips are scaled up to the nation's, cases and visits are those of the simulated fleet, fewer than the nation's but "
    "not in proportion"
)
"""For a question that tells outcomes of `by_run`, if only a part of the fleet is simulated."""


def by_run(result: Result, hubs: Collection[str] = (), countries: Collection[str] = ()) -> pd.DataFrame:
    """Outcomes of the sites at some hubs or in some countries, one row for each policy, draw and run.

    Chips are scaled up to real ones; cases and visits are those of the simulated fleet.

    Args:
        result: whose `sites` are added up.
        hubs: their names.
        countries: ISO 3166-1 alpha-2 codes.

    Returns:
        a column for each of `UNITS`, indexed by scenario, draw, run.
    """
    keys = ["scenario", "draw", "run"]
    calendar, scale = result.scenario.calendar, result.scenario.fleet.scale
    months = calendar.end_after_duty_days / DAYS_PER_MONTH
    sites = result.sites
    sites = sites.assign(
        sites=1,
        clearable_sites=sites["clearable"].astype(int),
        clearable_chips=np.where(sites["clearable"], sites["chips"], 0),
    )
    amounts = [
        "sites", "clearable_sites", "chips", "clearable_chips", "equipped_chips", "false_alarms", "inspections",
        "busy_days", "wait_days", "diverted_chips", "established_chips",
    ]  # fmt: skip
    whole = sites.groupby(keys, sort=False)[amounts].sum()
    there = sites["hub"].isin(hubs) | sites["country"].isin(countries)
    part = sites[there].groupby(keys, sort=False)[amounts].sum().reindex(whole.index, fill_value=0)
    some, all_ = (counts.where(counts > 0) for counts in (part, whole))  # so that a share of none has no value
    return part[["sites"]].assign(
        share_of_sites=part["sites"] / all_["sites"],
        clearable_sites=part["clearable_sites"] / some["sites"],
        chips=part["chips"] / scale,
        share_of_chips=part["chips"] / all_["chips"],
        equipped=part["equipped_chips"] / some["chips"],
        clearable_chips=part["clearable_chips"] / some["chips"],
        share_of_diverted=part["diverted_chips"] / all_["diverted_chips"],
        established=part["established_chips"] / some["diverted_chips"],
        false_alarms_per_month=part["false_alarms"] / months,
        share_of_false_alarms=part["false_alarms"] / all_["false_alarms"],
        inspections_per_month=part["inspections"] / months,
        share_of_inspections=part["inspections"] / all_["inspections"],
        inspectors_busy=part["busy_days"] / calendar.end_after_duty_days,
        wait_days=part["wait_days"] / some["inspections"],
    )


def counts_note(scenario: Scenario) -> str:
    """For a caption: whose counts of cases and visits are shown; nothing if they are the nation's."""
    if scenario.fleet.scale == 1:
        return ""
    return "Cases and visits are those of the simulated fleet, fewer than the nation's but not in proportion. "


def place_estimate(runs: pd.DataFrame, policy: str, outcome: str, times: float = 1.0) -> Estimate:
    """Median, and 10 and 90 % over draws and runs, of an outcome of `by_run`; not a number if no run has a value."""
    return spread(runs.loc[runs.index.get_level_values("scenario") == policy, outcome], times)


def place_data(runs: pd.DataFrame, settings: Mapping[str, Setting], outcomes: Collection[str]) -> pd.DataFrame:
    """Outcomes of `by_run` as rows for a figure, like those of `sim.figures.policies_data`.

    Args:
        runs: of `by_run`.
        settings: of each policy, by its name; the status quo has none, and comes last.
        outcomes: their names.

    Returns:
        scenario, group, value, outcome, median, low, high, unit; what has no value is left out.
    """
    import pandas as pd

    rows = []
    for outcome in outcomes:
        for policy in (*settings, STATUS_QUO):
            known = settings.get(policy)
            group, value = (known.group, known.value) if known is not None else ("", math.nan)
            ends = drawn_ends(place_estimate(runs, policy, outcome))
            rows.append((policy, group, value, outcome, *ends, UNITS[outcome]))
    columns = ["scenario", "group", "value", "outcome", "median", "low", "high", "unit"]
    return pd.DataFrame(rows, columns=columns).dropna(subset=["median"], ignore_index=True)
