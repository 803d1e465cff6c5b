"""What do a register and reporting achieve without pings?

The bill lets the authority keep a register of chips and places, and has licensees report what they credibly learn. Without
pings a register says where chips ought to be: inspectors can go there by a plan. The same number of inspectors is set to
work in each way: by the register, at random or by risk, with each method of inspection; by alerts from pings; and by both.

What the model has for reports. Reports of honest owners (repairs, moves, chips scrapped) explain chips that are not where
the register has them. Inspectors are shown them on the spot in every policy; they can change who is suspected only where
silence is noticed, that is with pings (`verification.rma_reconciliation`). Smugglers report nothing, or what is not true.
What a licensee learns of others is a tip: `whistleblowers` asks how many more of them it would take. So reports alone are
the status quo, here.

Two years under the duty, as many as a year of follow-up needs; one simulated chip for ten, five draws.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import counted, difference_in_words
from scenarios.answering.worlds import compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study, UsageError
from sim import Scenario
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
QUICK_LEFT_OUT = ("pings_and_plan", "register_counted")
QUICK_SETTING = {
    **QUICK,
    "geography.sites": 30,
    "fleet.lot_chips": 2,  # so that there are some in each world
    "enforcement.inspectors": 2,
    "calendar.end_after_duty_days": 430,
}
TIMES, QUICK_TIMES = (0.5, 2.0, 5.0, 20.0), (5.0,)
"""The scenario's inspectors times these, for the second figure."""

DRAWS, QUICK_DRAWS = 5, 2
SOON, YEAR = "established_by_day_90", "established_by_day_365"
VISITS, FALSE, COST = "inspections", "false_alarms", "cost_authority"

PINGS, REPORTS, MIXED = "pings", "pings_and_reports", "pings_and_plan"
SPOT, LABELS = "register_on_the_spot", "register_by_risk"
WORDS = {
    PINGS: "pings: visits where alerts are",
    REPORTS: "pings, owners report repairs",
    MIXED: "pings, half of visits by the register",
    SPOT: "register: chips sign on the spot",
    LABELS: "register, by risk: labels read",
    "register_at_random": "register, at random: labels read",
    "register_counted": "register, by risk: machines counted",
}
CURVES = {PINGS: "pings", SPOT: "register, chips sign", LABELS: "register, labels"}
"""Of the second figure."""

DRIVERS = (
    "enforcement.inspectors", "enforcement.planned_visits", "enforcement.method", "adversary.staging",
    "adversary.strategies", "inspection_days", "diverted_via_south_east_asia", "rma_reported_share",
    "dwell_at_declared_site_days", "verification.grace_days",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "cnas-2025", "oig-end-use-2026", "end-use-checks-2024")


def ways(inspectors: int) -> dict[str, dict[str, Any]]:
    """Levers of each way to use a number of inspectors; that with pings comes first."""
    by_plan = {
        "enforcement.inspectors": inspectors, "enforcement.planned_inspectors": inspectors,
        "enforcement.planned_visits": "risk_based", "verification.active": False, "verification.rma_reconciliation": False,
    }  # fmt: skip
    pings = {**by_plan, "enforcement.planned_inspectors": 0, "enforcement.method": "challenge", "verification.active": True}
    return {
        PINGS: pings,
        REPORTS: {**pings, "verification.rma_reconciliation": True},
        MIXED: {**pings, "enforcement.planned_inspectors": inspectors // 2},
        SPOT: {**by_plan, "enforcement.method": "challenge"},
        LABELS: {**by_plan, "enforcement.method": "labels"},
        "register_at_random": {**by_plan, "enforcement.planned_visits": "random", "enforcement.method": "labels"},
        "register_counted": {**by_plan, "enforcement.method": "count"},
    }


def variations(scenario: Scenario, quick: bool) -> list[Variation]:
    """Each way to use the scenario's inspectors, then three of them with other numbers."""
    usual = scenario.enforcement.inspectors
    found = [Variation(name, WORDS[name], usual, levers) for name, levers in ways(usual).items()]
    left_out = {*(QUICK_LEFT_OUT if quick else ()), *((MIXED,) if usual < 2 else ())}  # one inspector has no half
    found = [row for row in found if row.name not in left_out]
    numbers = {max(1, round(times * usual)) for times in (QUICK_TIMES if quick else TIMES)} - {usual}
    for number in sorted(numbers):
        found += [
            Variation(f"{name}_{number}", CURVES[name], number, levers)
            for name, levers in ways(number).items()
            if name in CURVES and (name == LABELS or not quick)
        ]
    return found


def study(options: Options) -> Study:
    """The baseline's worlds under each way to use inspectors.

    Raises:
        UsageError: there are no inspectors to use, or a lever is set that the question varies.
    """
    scenario = options.scenario("baseline", QUICK_SETTING, SETTING)
    if scenario.enforcement.inspectors < 1:
        raise UsageError("enforcement.inspectors = 0: registry sets inspectors to work in each way; allowed: 1 or more")
    if "enforcement.inspectors" in options.levers:  # the number that the others are counted from
        options = replace(options, levers={**options.levers})
        options.levers.pop("enforcement.inspectors")
    return vary(options, scenario, variations(scenario, options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """What the register finds without pings, and what pings add with the same inspectors."""
    found = compared(result, (LABELS, SPOT, STATUS_QUO, PINGS), YEAR, 100)
    soon = compared(result, (LABELS, SPOT, PINGS), SOON, 100)
    if not (found.known and soon.known):
        return TOO_FEW
    added = difference_in_words(found.gained(PINGS, SPOT), "points")
    return (
        f"With {counted(result.scenario.enforcement.inspectors, 'inspector')} who go by the register, within a year "
        f"{found[LABELS].of('%')} of diversions are established if they read labels and {found[SPOT].of('%')} if chips sign "
        f"on the spot, with nobody but today's tips and checks {found[STATUS_QUO].of('%')}, and with pings "
        f"{found[PINGS].of('%')}{found.among}. "
        f"Set against the register at which chips sign, within a year pings establish {added}; within 90 days they "
        f"establish {soon[PINGS].of('%')} against {soon[SPOT].of('%')}, and labels {soon[LABELS].of('%')}{soon.among}."
    )


def table(result: Result) -> Table:
    """What each way establishes, with how many visits and false alarms, and at what cost to the authority."""
    columns = (
        Column("established within 90 days, %", SOON, 100),
        Column("within a year, %", YEAR, 100),
        Column("visits", VISITS),
        Column("false alarms", FALSE),
        Column("cost to the authority, million dollars", COST, 1e-6),
    )
    known = {row.name: row.group for row in variations(result.scenario, result.manifest["quick"]) if row.name in WORDS}
    rows = policy_table(result, {**known, STATUS_QUO: "status quo, with or without reports"}, columns)
    return Table(
        f"A register with and without pings, {counted(result.scenario.enforcement.inspectors, 'inspector')} each. Visits by "
        "the register that find nobody missing are no cases, and so no false alarms.",
        rows,
    )


def figures(result: Result) -> Iterator[Chart]:
    """What each way finds, soon and within a year; then by the number of inspectors."""
    from sim.figures import Chart, by_lever, by_policy, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    every = variations(result.scenario, result.manifest["quick"])
    caption = (
        "By the register: all inspectors go by a plan, to any site or to sites in proportion to chips newly delivered there "
        "and to the region's share in known cases, and look for a sample of the chips that the register has there. Labels "
        "can be copied and machines dummies (the mix is assumed); chips with the mechanism can sign on the spot even where "
        "nobody asks them from afar. Pings: inspectors go where alerts are. Reports: the maker confirms repairs that owners "
        "report. That inspectors can choose sites by what was delivered there is what the register is taken to be for. A "
        "sample of a given size is a larger share of a site in a fleet of fewer chips, which flatters visits by the "
        f"register. {assumptions(result)}"
    )
    ours = [row for row in every if row.name in WORDS]
    data = policies_data(result, settings(ours), (SOON, YEAR, VISITS, FALSE))
    figure, (left, right) = panels(2, height_in=3.7)
    for axis, outcome, title in ((left, SOON, "within 90 days"), (right, YEAR, "within a year")):
        by_policy(data, outcome, axis, share=True, names=outcome == SOON)
        axis.set_title(f"established {title}")
    top = max(axis.get_xlim()[1] for axis in (left, right))
    for axis in (left, right):
        axis.set_xlim(0, top)
    frame(
        figure,
        title=_claim(result),
        subtitle=f"Share of diverted chips, {result.scenario.enforcement.inspectors} inspectors in each; median and 10-90 %",
        source=source(result),
    )
    yield Chart("register-and-pings", figure, data, f"Share of diversions established, with the same inspectors. {caption}")

    curves = [
        Variation(row.name, CURVES.get(row.name, row.group), row.value, row.levers)
        for row in every
        if row.name in CURVES or row.name not in WORDS
    ]
    data = policies_data(result, settings(curves), (YEAR,))
    figure, (axis,) = panels(1, left_in=0.6, names_in=1.7)
    by_lever(data, YEAR, axis, share=True)
    name_values(axis, data, "inspectors")
    frame(
        figure,
        title=_catching_up(result, curves),
        subtitle="Share of diverted chips established within a year, by number of inspectors; median and 10-90 % of draws",
        source=source(result),
    )
    yield Chart("by-inspectors", figure, data, f"Share of diversions established within a year. {caption}")


def _claim(result: Result) -> str:
    found = {name: estimate(result, name, YEAR, 100).median for name in (PINGS, SPOT, LABELS)}
    if any(math.isnan(share) for share in found.values()):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"In a year the register finds {found[LABELS]:.0f} % by labels, {found[SPOT]:.0f} % if chips sign; "
        f"pings {found[PINGS]:.0f} %"
    )


def _catching_up(result: Result, curves: list[Variation]) -> str:
    """How many inspectors who read labels find as much as pings do with the usual number."""
    names = {row.value: row.name for row in curves if row.group == CURVES[LABELS]}
    found = compared(result, (*names.values(), PINGS), YEAR, 100)
    if not found.known:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    enough = [number for number, name in names.items() if found.gained(name, PINGS).median >= 0]
    usual = result.scenario.enforcement.inspectors
    if enough:
        return f"Of the numbers tried, {min(enough):g} inspectors who read labels find as much as {usual} with pings"
    most = max(names)
    return (
        f"Even {most:g} inspectors who read labels find {found[names[most]].median:.0f} %, {usual} with pings "
        f"{found[PINGS].median:.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
