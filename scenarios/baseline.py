"""What would location verification find, and how soon, that today's tips and checks do not?

A miniature of the fleet abroad, one year before and one year under the duty, daily challenges; the same world runs with
the rule and without. Half of the smuggled lots go dark, half answer through a relay at their declared site.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scenarios.study import Options, Study, main
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result, Scenario
    from sim.figures import Chart

RUNS = 5
QUICK = {"fleet.scale": 0.0005, "calendar.end_after_duty_days": 180}
QUICK_RUNS = 3
HEADLINE_DAYS = 90


def study(options: Options) -> Study:
    """The baseline scenario under the user's levers."""
    runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    return Study(options.scenario("baseline", QUICK), runs)


def figures(result: Result) -> Iterator[Chart]:
    """Chips by state over time, and the way from diversion to detection."""
    from sim.figures import (
        Chart,
        chips_by_state,
        diversion_to_detection,
        frame,
        incidence_data,
        source_line,
        states_data,
    )

    source = source_line(result.manifest)
    assumptions = f"{_assumptions(result.scenario)} {source}"

    axes = chips_by_state(result)
    data = states_data(result)
    final = data[(data["panel"] == "Diverted, not established") & (data["date"] == data["date"].max())]
    title = _claim(
        result,
        final.set_index("scenario")["median"],
        "{rule:,.0f} diverted chips are not found by the end under the rule, {before:,.0f} without it",
        "{before:,.0f} diverted chips are not found by the end",
    )
    subtitle = "Simulated chips by state, median and 10-90 % of runs; dotted line: from here on exports carry the mechanism"
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source)
    caption = f"Chips by state over time; lines are medians and bands 10-90 % over runs. {assumptions}"
    yield Chart("chips-by-state", axes[0].figure, data, caption)

    axis = diversion_to_detection(result)
    data = incidence_data(result)
    title = _claim(
        result,
        100 * data[data["days"] == HEADLINE_DAYS].set_index("scenario")["median"],
        f"Within {HEADLINE_DAYS} days the rule establishes {{rule:.0f}} % of diversions, the status quo {{before:.0f}} %",
        f"Within {HEADLINE_DAYS} days {{before:.0f}} % of diversions are established",
    )
    subtitle = "Share of chips diverted under the duty that have been found; Kaplan-Meier, median and 10-90 % of runs"
    frame(axis.figure, title=title, subtitle=subtitle, source=source)
    caption = (
        "From diversion to detection: cumulative incidence of established diversions among all chips that left the "
        "licensed path on or after the first day of the duty. Chips followed for less long count up to the end of the "
        "run; curves end where a tenth of them are followed that long, and are flat, a lower bound, where a run has no "
        f"unfound chip left that is followed so long. {assumptions}"
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


def _assumptions(scenario: Scenario) -> str:
    """The assumptions that matter, for a caption."""
    verification = scenario.verification
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items())
    mix = ", ".join(f"{name} {weight:g}" for name, weight in scenario.adversary.strategies.items())
    return (
        f"A miniature, in which one simulated chip stands for {1 / scenario.fleet.scale:,.0f}: it compares policies and "
        f"does not forecast the nation. {scenario.geography.sites} sites; {scenario.geography.landmarks} landmarks, the "
        f"nearest {verification.landmarks_asked} asked every {verification.period_days:g} days; {verification.bound} bound; "
        f"alert after {verification.grace_days:g} days of silence, or after more than {verification.unconfirmed_rounds} "
        "unconfirmed answers in a row at a site that could be cleared when it was enrolled; "
        f"{scenario.enforcement.case_inspections_per_month:g} inspections of cases a month. Smugglers' mix of strategies "
        f"(assumed): {mix}. Status quo: calibrated, not predicted; tips and customs "
        f"({'on' if scenario.enforcement.tips else 'off'}) are calibrated to published estimates of detection and time to "
        f"charge, random inspections ({'on' if scenario.enforcement.random_inspections else 'off'}) come on top; both act "
        f"under the rule too. Parameters changed from their central values: {changed or 'none'}. Not modelled yet: staged "
        "inspections, extracted keys, diversion of legacy chips under the duty, remote requests before an inspection."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
