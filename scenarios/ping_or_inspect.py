"""Is a budget better spent on pings or on inspections?

The same yearly budget buys either inspectors who go by a plan and test samples of the chips at a site, by one of three
methods, or landmarks, and fewer inspectors who go where pings raise alerts. Half of the smugglers stage what inspectors see.
The number of inspectors is what the budget pays for if all are busy, at central prices; what was really spent is measured.
Budgets that do not pay for the landmarks are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.study import Options, Study, UsageError, main
from sim import Scenario
from sim.outcomes.costs import landmark_network_cost_usd_per_year
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
BUDGETS_MUSD, QUICK_BUDGETS_MUSD = (4.0, 1.0, 2.0, 8.0, 16.0), (4.0, 16.0)
"""Millions of US dollars a year."""

PING = "ping, inspect alerts"
METHODS = {"inspect only, count": "count", "inspect only, read labels": "labels", "inspect only, challenge": "challenge"}
DRAWS, QUICK_DRAWS = 5, 2
SOON, EVER, SPENT = "established_by_day_90", "established_by_day_365", "cost_authority"

DRIVERS = (
    "geography.landmarks", "enforcement.inspected_chips", "enforcement.method", "adversary.staging", "adversary.strategies",
    "landmark_cost_usd_per_year", "inspection_cost_usd", "inspection_cost_usd_per_chip", "inspection_days",
    "inspection_miss", "gpu_faults_per_chip_year", "repair_absence_days",
)  # fmt: skip
CITATIONS = ("cset-model-2026", "iaps-2025", "cnas-2025")


def inspectors_for(budget_usd: float, scenario: Scenario) -> int:
    """How many inspectors a yearly budget pays for, if all are always on visits with a full first sample."""
    values = scenario.values
    visits = DAYS_PER_YEAR / values["inspection_days"]
    chips = scenario.enforcement.inspected_chips
    each_usd = visits * (values["inspection_cost_usd"] + chips * values["inspection_cost_usd_per_chip"])
    return int(budget_usd / each_usd)


def budgets(scenario: Scenario, quick: bool) -> list[float]:
    """Those that pay for the landmarks, in millions of US dollars a year."""
    return [budget for budget in (QUICK_BUDGETS_MUSD if quick else BUDGETS_MUSD) if 1e6 * budget >= landmarks_usd(scenario)]


def landmarks_usd(scenario: Scenario) -> float:
    """What the landmarks cost a year."""
    return landmark_network_cost_usd_per_year(scenario.geography.landmarks, scenario.values)


def variations(scenario: Scenario, quick: bool) -> list[Variation]:
    """One policy for each budget and way to spend it; pings first."""
    found = []
    for budget in budgets(scenario, quick):
        number = inspectors_for(budget * 1e6 - landmarks_usd(scenario), scenario)
        levers: dict[str, Any] = {"enforcement.inspectors": number, "enforcement.planned_inspectors": 0}
        levers |= {
            "enforcement.planned_visits": "risk_based",
            "enforcement.method": "challenge",
            "verification.active": True,
        }
        found.append(Variation(f"ping_{budget:g}_musd", PING, budget, levers))
    for group, method in METHODS.items():
        for budget in budgets(scenario, quick):
            number = inspectors_for(budget * 1e6, scenario)
            levers = {"enforcement.inspectors": number, "enforcement.planned_inspectors": number}
            levers |= {"enforcement.planned_visits": "risk_based", "enforcement.method": method}
            found.append(Variation(f"{method}_{budget:g}_musd", group, budget, {**levers, "verification.active": False}))
    return found


def study(options: Options) -> Study:
    """The baseline's worlds under each policy.

    Raises:
        UsageError: no budget pays for the landmarks.
    """
    quick = {key: value for key, value in QUICK.items() if key != "enforcement.inspectors"}
    quick["calendar.end_after_duty_days"] = 370  # long enough for the second panel
    scenario = options.scenario("baseline", quick, SETTING)
    if not budgets(scenario, options.quick):
        raise UsageError(
            f"geography.landmarks = {scenario.geography.landmarks}: they cost {landmarks_usd(scenario) / 1e6:.3g} million "
            "US dollars a year, more than any budget of the question ping_or_inspect"
        )
    return vary(options, scenario, variations(scenario, options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """Pings against the best of inspections alone, with the largest and the smallest budget, and what each spends."""
    policies = {(row.group, row.value): row.name for row in variations(result.scenario, result.manifest["quick"])}
    years = result.scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    sizes = sorted({budget for _, budget in policies})
    told = []
    for budget in dict.fromkeys((sizes[-1], sizes[0])):
        ways = {group: policies[group, budget] for group in (PING, *METHODS)}
        found = compared(result, ways.values(), SOON, 100)
        if not found.known:
            return TOO_FEW
        best = max(METHODS, key=lambda group: found[ways[group]].median)
        spent = {group: estimate(result, ways[group], SPENT, 1e-6 / years).of("million") for group in (PING, best)}
        told.append(
            f"establish {found[ways[PING]].of('%')} of diversions within 90 days and spend {spent[PING]}, and inspections "
            f"alone, by the best method ({best.rpartition(', ')[2]}), {found[ways[best]].of('%')} and {spent[best]}; world "
            f"by world pings find {difference_in_words(found.gained(ways[PING], ways[best]), 'points')}{found.among}"
        )
    return f"Of a budget of {sizes[-1]:g} million dollars a year, pings and inspectors who follow up alerts {told[0]}. " + (
        f"Of {sizes[0]:g} million they {told[1]}." if len(told) > 1 else "No smaller budget pays for the landmarks."
    )


def table(result: Result) -> Table:
    """What each way to spend a budget finds, and what was spent."""
    years = result.scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    rows = variations(result.scenario, result.manifest["quick"])
    policies = {row.name: f"{row.group}, {row.value:g} million" for row in rows}
    columns = (
        Column("established within 90 days, %", SOON, 100),
        Column("established within a year, %", EVER, 100),
        Column("spent by the authority, million US dollars a year", SPENT, 1e-6 / years),
        Column("false alarms per month", "false_alarms_per_month"),
    )
    cells = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "way and budget in US dollars a year")
    return Table("What a budget finds, spent on pings or on inspections alone.", cells)


def figures(result: Result) -> Iterator[Chart]:
    """What each way to spend a budget finds, soon and within a year."""
    from sim.figures import Chart, by_lever, frame, hide_labels, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    places = settings(variations(result.scenario, result.manifest["quick"]))
    data = policies_data(result, places, (SOON, EVER, SPENT))
    figure, (left, right) = panels(2, height_in=4.0)
    for axis, outcome, title in ((left, SOON, "within 90 days"), (right, EVER, "within a year")):
        by_lever(data, outcome, axis, share=True)
        axis.set_title(f"diversions established {title}")
        name_values(axis, data, "million US dollars a year")
    hide_labels(left)  # the right panel names the curves
    top = max(axis.get_ylim()[1] for axis in (left, right))
    left.set_ylim(0, top)
    right.set_ylim(0, top)
    frame(
        figure,
        title=_claim(data),
        subtitle="Share of diverted chips by the authority's budget, the same for each way to spend it; median and 10-90 %",
        source=source(result),
    )
    numbers = ", ".join(
        f"{budget:g}: {inspectors_for(budget * 1e6, result.scenario)}" for budget in sorted(data["value"].dropna().unique())
    )
    caption = (
        "Pings: landmarks, remote requests, and inspectors who challenge chips of cases on the spot. Inspections only: all "
        "inspectors go by a plan, to sites in proportion to newly delivered chips and to the region's share in known cases, "
        "and test a sample of all chips there; chips without the mechanism cannot be challenged, so their labels are read. "
        f"Inspectors for a budget in million dollars, without pings: {numbers}; with pings the landmarks are paid first, "
        f"{landmarks_usd(result.scenario) / 1e6:.2g} million, and smaller budgets left out. "
        "Where one simulated chip stands for several, a sample of a given size is a larger share of a site than it would be "
        "in the nation, which flatters inspections. The cost to makers and operators is not in the budget; the table of "
        "outcomes has it. What the authority really spent is in the data, over the whole time of the duty. "
        f"{assumptions(result)}"
    )
    yield Chart("ping-or-inspect", figure, data, caption)


def _claim(data: pd.DataFrame) -> str:
    largest = data["value"].max()
    soon = data[(data["outcome"] == SOON) & (data["value"] == largest)].set_index("group")["median"]
    others = soon.drop(PING, errors="ignore")
    if PING not in soon or others.empty:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"{largest:g} million dollars a year: pings find {100 * soon[PING]:.0f} % in 90 days, "
        f"inspections alone {100 * others.max():.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
