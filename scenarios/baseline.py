"""What would location verification find, and how soon, that today's tips and checks do not?

The nation, chip by chip: a year from enactment to the duty and three years under it, daily challenges, twelve draws of what
is uncertain about the world. Each world runs with the rule and without. Half of the smuggled lots go dark, half answer
through a relay at their declared site.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words, listed
from scenarios.answering.worlds import compared
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"fleet.scale": 1}
"""With ten inspectors for a part of the fleet, more would be found than in the nation."""

DRAWS, QUICK_DRAWS = 12, 3
QUICK = {
    "fleet.scale": 0.0005,
    "fleet.lot_chips": 4,
    "geography.sites": 24,
    "enforcement.inspectors": 1,
    "calendar.duty_after_days": 60,
    "calendar.end_after_duty_days": 180,
}
HEADLINE_DAYS = 90
HORIZONS_DAYS = (30, HEADLINE_DAYS, 365)
FOUND, FALSE = "established_by_day_{}", "false_alarms_per_month"

DRIVERS = (
    "verification.period_days", "verification.grace_days", "enforcement.inspectors", "adversary.strategies",
    "cnas_volume_2024_chips", "dwell_at_declared_site_days", "transit_to_restricted_days", "gpu_faults_per_chip_year",
    "repair_absence_days", "inspection_days", "tips_detection_ever", "in_loop_processing_ms",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "cnas-2025", "cset-model-2026")


def study(options: Options) -> Study:
    """The baseline scenario under the user's levers."""
    draws = options.draws if options.draws is not None else (QUICK_DRAWS if options.quick else DRAWS)
    return Study(options.scenario("baseline", QUICK, SETTING), options.runs or 1, draws or None)


def answer(result: Result) -> str:
    """What is established within a month, three months and a year, with the rule and without."""
    name = result.scenario.name
    if not result.scenario.verification.active:
        found = estimate(result, name, FOUND.format(HEADLINE_DAYS), 100)
        if math.isnan(found.median):
            return TOO_FEW
        return (
            f"Tips and checks alone establish {found.of('%')} of diversions within {HEADLINE_DAYS} days. "
            "Location verification is off in this scenario, so that there is nothing to compare them with."
        )
    found = {days: compared(result, (name, STATUS_QUO), FOUND.format(days), 100) for days in horizons_days(result)}
    found = {days: both for days, both in found.items() if both.known}
    if not found:
        return TOO_FEW
    rule, before = (listed([both[policy].of("%") for both in found.values()]) for policy in (name, STATUS_QUO))
    shown = HEADLINE_DAYS if HEADLINE_DAYS in found else max(found)
    more = difference_in_words(found[shown].gained(name, STATUS_QUO), "percentage points")
    return (
        f"Within {listed([f'{days}{both.among}' for days, both in found.items()])} days of leaving the licensed path, "
        f"location verification beside tips and checks establishes {rule} of diversions; tips and checks alone "
        f"establish {before}. "
        f"In the same worlds that is {more} within {shown} days, at {estimate(result, name, FALSE)} false alarms a month."
    )


def horizons_days(result: Result) -> list[int]:
    """Those shorter than the time of the duty: only then are some chips followed for so long."""
    return [days for days in HORIZONS_DAYS if days < result.scenario.calendar.end_after_duty_days]


def table(result: Result) -> Table:
    """Shares established, false alarms and the wait for inspectors, with the rule and without."""
    columns = (
        *(Column(f"established within {days} days, %", FOUND.format(days), 100) for days in horizons_days(result)),
        Column("alerted on within 90 days, %", "alerted_by_day_90", 100),
        Column("false alarms per month", FALSE),
        Column("wait for an inspector, days", "inspection_wait_mean"),
    )
    policies = {result.scenario.name: "with the rule", STATUS_QUO: "status quo", "difference": "difference"}
    if not result.scenario.verification.active:
        policies = {result.scenario.name: "tips and checks alone"}
    return Table(
        "What location verification finds beside tips and checks, and these alone.", policy_table(result, policies, columns)
    )


def figures(result: Result) -> Iterator[Chart]:
    """Chips by state over time, and the way from diversion to detection."""
    from sim.figures import (
        Chart,
        chips_by_state,
        diversion_to_detection,
        frame,
        incidence_data,
        states_data,
    )
    from sim.figures.captions import assumptions, source

    sample = "draws and runs" if result.drawn else "runs"

    axes = chips_by_state(result)
    data = states_data(result)
    final = data[(data["panel"] == "Diverted, not established") & (data["date"] == data["date"].max())]
    simulated = "simulated " if result.scenario.fleet.scale < 1 else ""
    title = _claim(
        result,
        final.set_index("scenario")["median"],
        f"{{rule:,.0f}} {simulated}diverted chips are not found by the end under the rule, {{before:,.0f}} without it",
        f"{{before:,.0f}} {simulated}diverted chips are not found by the end",
    )
    subtitle = (
        f"Simulated chips by state, median and 10-90 % of {sample}; dotted line: from here on exports carry the mechanism"
    )
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source(result))
    caption = f"Chips by state over time; lines are medians and bands 10-90 % of {sample}. {assumptions(result)}"
    yield Chart("chips-by-state", axes[0].figure, data, caption)

    axis = diversion_to_detection(result)
    data = incidence_data(result)
    title = _claim(
        result,
        100 * data[data["days"] == HEADLINE_DAYS].set_index("scenario")["median"],
        f"Within {HEADLINE_DAYS} days the rule establishes {{rule:.0f}} % of diversions, the status quo {{before:.0f}} %",
        f"Within {HEADLINE_DAYS} days {{before:.0f}} % of diversions are established",
    )
    subtitle = f"Share of chips diverted under the duty that have been found; Aalen-Johansen, median and 10-90 % of {sample}"
    frame(axis.figure, title=title, subtitle=subtitle, source=source(result))
    caption = (
        "From diversion to detection: cumulative incidence of established diversions among all chips that left the "
        "licensed path on or after the first day of the duty. Chips followed for less long count up to the end of the "
        "run; curves end where a tenth of them are followed that long, and are flat, a lower bound, where a run has no "
        f"unfound chip left that is followed so long. {assumptions(result)}"
    )
    yield Chart("diversion-to-detection", axis.figure, data, caption)


def _claim(result: Result, medians: pd.Series[float], compared: str, alone: str) -> str:
    """A title with what the figure shows of the rule and the status quo, or of the status quo alone."""
    name = result.scenario.name
    if name not in medians:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    if not result.scenario.verification.active:
        return alone.format(before=medians[name])
    return compared.format(rule=medians[name], before=medians[STATUS_QUO])


if __name__ == "__main__":
    sys.exit(main(__file__))
