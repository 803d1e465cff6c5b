"""How many inspectors does the rule need, and where should they go?

From one officer to dozens, each sent where alerts are, or to sites at random, or where the authority sees most risk: what
share of diversions is established within 90 days, how long a case waits, and how busy inspectors are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Table, figures_of, policy_table
from scenarios.answering.sentences import counted, difference_in_words
from scenarios.answering.worlds import compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
SELECTIONS: dict[str, dict[str, Any]] = {
    "alert-driven": {},
    "risk-based": {"enforcement.planned_visits": "risk_based"},
    "random": {"enforcement.planned_visits": "random"},
}
"""Where inspectors go. By a plan, each of them goes by it, and alerts lead to remote requests only."""

NUMBERS, QUICK_NUMBERS = (10, 1, 2, 5, 20, 50), (2, 10)
DRAWS, QUICK_DRAWS = 5, 2
FOUND, BUSY, WAIT = "established_by_day_90", "inspector_utilisation", "inspection_wait_mean"
NEARLY_ALL = 0.9
"""Share of what the most inspectors find that fewer are asked to find."""

DRIVERS = (
    "enforcement.inspectors", "enforcement.planned_inspectors", "enforcement.planned_visits", "enforcement.inspected_chips",
    "enforcement.remote_request_days", "inspection_days", "inspection_travel_days", "consent_days", "request_answered",
    "case_review_days", "gpu_faults_per_chip_year", "repair_absence_days",
)  # fmt: skip
CITATIONS = ("bureau-staff-2025", "end-use-checks-2024", "cnas-2025")
COUNTS = (
    "cases and visits are those of the simulated fleet, for which inspectors are as many as stated, so that the number "
    "needed is not the nation's"
)


def variations(quick: bool) -> list[Variation]:
    """One policy for each number of inspectors and each way to choose sites."""
    return [
        Variation(
            f"{selection.replace('-', '_')}_{number}",
            selection,
            number,
            {
                "enforcement.inspectors": number,
                "enforcement.planned_inspectors": number if levers else 0,
                "enforcement.planned_visits": "random",
                **levers,
            },
        )
        for selection, levers in SELECTIONS.items()
        for number in (QUICK_NUMBERS if quick else NUMBERS)
    ]


def study(options: Options) -> Study:
    """The baseline's worlds under each policy."""
    quick = {key: value for key, value in QUICK.items() if key != "enforcement.inspectors"}
    scenario = options.scenario("baseline", quick, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """The fewest alert-driven inspectors that find nearly what the most do, and what as many find by a plan."""
    policies = {(row.group, row.value): row.name for row in variations(result.manifest["quick"])}
    driven, *planned = SELECTIONS
    numbers = sorted(number for selection, number in policies if selection == driven)
    shares = compared(result, policies.values(), FOUND, 100)
    if not shares.known:
        return TOO_FEW
    found = {number: shares[policies[driven, number]] for number in numbers}
    fewest, most = numbers[0], numbers[-1]
    enough = fewest_enough(
        {number: shares.reaches(policies[driven, number], policies[driven, most], NEARLY_ALL) for number in numbers}
    )
    with_fewest = "" if fewest == enough else f"; {counted(fewest, 'inspector')} would establish {found[fewest].of('%')}"
    against = [
        f"{selection} {shares[policies[selection, most]].of('%')}, world by world "
        f"{difference_in_words(shares.gained(policies[selection, most], policies[driven, most]), 'points')}"
        for selection in planned
    ]
    return (
        f"Sent where alerts are, {counted(enough, 'inspector')}{_in_what_fleet(result)}, the fewest from which on all tried "
        f"do, {'reaches' if enough == 1 else 'reach'} in the median world at least nine tenths of what {most:g} establish "
        "within 90 days: "
        f"{found[enough].of('%')} of diversions against {found[most].of('%')}{with_fewest}{shares.among}. "
        f"Sent to sites by a plan instead, {most:g} establish {', and '.join(against)}."
    )


def fewest_enough(enough: Mapping[float, bool]) -> float:
    """The fewest from which on every number tried is enough: by chance some may be that while more are not."""
    too_few = [number for number, reached in enough.items() if not reached]
    return min(number for number in enough if number > max(too_few, default=0))


def _in_what_fleet(result: Result) -> str:
    """Of how much of the fleet inspectors are the inspectors, if not of all."""
    scale = result.scenario.fleet.scale
    return f" for a fleet of one simulated chip for {figures_of(1 / scale)}" if scale < 1 else ""


def table(result: Result) -> Table:
    """Found, busy and waiting, by number and by where inspectors go."""
    policies = {row.name: f"{row.group}, {row.value:g}" for row in variations(result.manifest["quick"])}
    columns = (
        Column("established within 90 days, %", FOUND, 100),
        Column("time that inspectors are busy, %", BUSY, 100),
        Column("days that a visited case waited", WAIT),
        Column("false alarms per month", "false_alarms_per_month"),
    )
    rows = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "where they go, inspectors")
    return Table(
        "What inspectors find by their number and by where they go. By a plan nobody visits cases: what a request to the "
        "operator does not settle stays open, one case at a site, so that false alarms are fewer there than by alerts.",
        rows,
    )


def figures(result: Result) -> Iterator[Chart]:
    """What inspectors find, by their number and by where they go; how long cases wait for them."""
    from sim.figures import Chart, by_lever, frame, hide_labels, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    data = policies_data(result, settings(variations(quick)), (FOUND, BUSY, WAIT))
    found = data[data["outcome"] == FOUND]
    figure, (axis,) = panels(height_in=4.2)
    name_values(by_lever(found, FOUND, axis, share=True), found, f"inspectors{_in_what_fleet(result)}")
    axis.set_ylabel("share of diverted chips")
    frame(
        figure,
        title=_claim(found),
        subtitle="Diversions established within 90 days, by number of inspectors and where they go; median and 10-90 %",
        source=source(result),
    )
    caption = (
        "Share of chips diverted under the duty whose diversion is established within 90 days. Alert-driven: inspectors go "
        "to the sites of cases that a remote request has not settled, the one with the most expected diverted chips first. "
        "Risk-based: all go by a plan, to sites in proportion to newly delivered chips and to the region's share in known "
        f"cases; random: to any site. Both then test a sample of all chips there. {assumptions(result)}"
    )
    yield Chart("found-by-inspectors", figure, found, caption)

    cases = data[(data["group"] == "alert-driven") & data["outcome"].isin((BUSY, WAIT))]
    figure, (left, right) = panels(2)
    name_values(by_lever(cases, BUSY, left, share=True), cases, "inspectors of the fleet simulated")
    name_values(by_lever(cases, WAIT, right), cases, "inspectors of the fleet simulated")
    left.set_title("share of time inspectors are busy")
    right.set_title("days that a visited case waited for one, mean")
    for axis in (left, right):
        hide_labels(axis)  # a single curve, named in the subtitle
    frame(
        figure,
        title=_waiting(cases),
        subtitle="Alert-driven inspectors by their number; median and 10-90 % of draws",
        source=source(result),
    )
    caption = (
        "Left: days that visits keep inspectors busy, travel and report included, over all their days. Right: mean over "
        f"visits of the time from the request for an inspector to his setting out. {assumptions(result)}"
    )
    yield Chart("inspectors-busy", figure, cases, caption)


def _claim(found: pd.DataFrame) -> str:
    largest = found["value"].max()
    most = found[found["value"] == largest].set_index("group")["median"]
    if most.empty or "alert-driven" not in most:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    parts = ", ".join(f"{100 * share:.0f} % {group}" for group, share in most.items())
    return f"{largest:g} inspectors find in 90 days: {parts}"


def _waiting(cases: pd.DataFrame) -> str:
    busy = cases[cases["outcome"] == BUSY].set_index("value")["median"]
    if busy.empty:
        return "No case needed an inspector"
    fewest, most = busy.index.min(), busy.index.max()
    return f"{_officers(fewest)} busy {100 * busy[fewest]:.0f} % of the time, {most:g} are {100 * busy[most]:.0f} %"


def _officers(number: float) -> str:
    return "One inspector is" if number == 1 else f"{number:g} inspectors are"


if __name__ == "__main__":
    sys.exit(main(__file__))
