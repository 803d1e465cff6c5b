"""Is a budget better spent on pings or on inspections?

The same yearly budget buys either inspectors who go by a plan and test samples of the chips at a site, by one of three
methods, or landmarks, and fewer inspectors who go where pings raise alerts. Half of the smugglers stage what inspectors see.
The number of inspectors is what the budget pays for if all are busy, at central prices. What is really spent is measured,
and by that ways are compared: where a sample finds chips missing the whole site is tested, which no budget foresees.
Budgets that do not pay for the landmarks are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import Compared, compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study, UsageError
from sim import Scenario
from sim.outcomes.costs import landmark_network_cost_usd_per_year
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_YEAR

if TYPE_CHECKING:
    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
BUDGETS_MUSD, QUICK_BUDGETS_MUSD = (4.0, 1.0, 2.0, 8.0, 16.0), (4.0, 16.0)
"""Millions of US dollars a year."""

PING = "ping, inspect alerts"
METHODS = {"inspect only, count": "count", "inspect only, read labels": "labels", "inspect only, challenge": "challenge"}
DRAWS, QUICK_DRAWS = 5, 2
NEARLY_ALL = 0.9
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


@dataclass(frozen=True)
class Ways:
    """What is found and spent, and the policies that are told of.

    Attributes:
        found: per cent established within 90 days, of each policy.
        spent: millions of US dollars a year, of each policy.
        method: the way of inspecting alone that finds most with the largest budget.
        most: pings with the largest budget.
        inspect: that method with the largest budget.
        pinged: pings for the least money that find nearly as much as with the largest budget.
        visited: that method for the least money that finds as much as `pinged`, or else the most.
        as_much: whether it finds as much.
    """

    found: Compared
    spent: Mapping[str, Estimate]
    method: str
    most: str
    inspect: str
    pinged: str
    visited: str
    as_much: bool


def ways(result: Result) -> Ways | None:
    """By what is really spent, world by world; None if there is no world to compare in."""
    policies = {(row.group, row.value): row.name for row in variations(result.scenario, result.manifest["quick"])}
    years = result.scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    found = compared(result, policies.values(), SOON, 100)
    if not found.known:
        return None
    spent = {name: estimate(result, name, SPENT, 1e-6 / years) for name in policies.values()}
    largest = max(budget for _, budget in policies)
    most = policies[PING, largest]
    method = max(METHODS, key=lambda group: found[policies[group, largest]].median)

    def cheapest(group: str, other: str, share: float) -> str | None:
        enough = [name for (each, _), name in policies.items() if each == group and found.reaches(name, other, share)]
        return min(enough, key=lambda name: spent[name].median, default=None)

    pinged = cheapest(PING, most, NEARLY_ALL) or most
    visited = cheapest(method, pinged, 1)
    alone = [name for (each, _), name in policies.items() if each == method]
    return Ways(
        found, spent, method, most, policies[method, largest], pinged,
        visited or max(alone, key=lambda name: found[name].median), visited is not None,
    )  # fmt: skip


def answer(result: Result) -> str:
    """What pings find for how much, what inspections alone must spend for that, and both with the largest budget."""
    told_of = ways(result)
    if told_of is None:
        return TOO_FEW
    found, largest = told_of.found, max(budgets(result.scenario, result.manifest["quick"]))

    def told(name: str, of_what: str = "") -> str:
        return f"{found[name].of('%')}{of_what} for {told_of.spent[name].of('million dollars')} a year"

    so_much = "the least that finds as much in the median world" if told_of.as_much else "the most that they find"
    return (
        f"Pings and inspectors who follow up alerts establish {told(told_of.pinged, ' of diversions within 90 days')}, in "
        "the median world at least nine tenths of what they do with the largest budget, and inspections alone, by the best "
        f"method ({told_of.method.rpartition(', ')[2]}), {told(told_of.visited)}, {so_much}{found.among}. With inspectors "
        f"for {largest:g} million dollars a year pings establish {told(told_of.most)}, and inspections alone "
        f"{told(told_of.inspect)}; world by world pings find "
        f"{difference_in_words(found.gained(told_of.most, told_of.inspect), 'points')}."
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
    """What each way to spend money finds, soon and within a year, by what is really spent."""
    from sim.figures import Chart, frame, hide_labels, panels, policies_data, status_quo_band, trade_off
    from sim.figures.captions import assumptions, source

    years = result.scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    data = policies_data(result, settings(variations(result.scenario, result.manifest["quick"])), (SOON, EVER, SPENT))
    money = data["outcome"] == SPENT
    data.loc[money, ["median", "low", "high", "mc_error"]] *= 1e-6 / years
    data.loc[money, "unit"] = "million US dollars a year"
    figure, (left, right) = panels(2, height_in=4.0)
    for axis, outcome, title in ((left, SOON, "within 90 days"), (right, EVER, "within a year")):
        status_quo_band(data, outcome, axis)
        trade_off(data, SPENT, outcome, axis)
        axis.set_title(f"diversions established {title}")
        axis.set_xlabel("million US dollars a year")
    hide_labels(left)  # the right panel names the curves
    top = max(axis.get_ylim()[1] for axis in (left, right))
    left.set_ylim(0, top)
    right.set_ylim(0, top)
    frame(
        figure,
        title=_claim(result),
        subtitle="Share of diverted chips by what is really spent; numbers: budget that inspectors are hired for; 10-90 %",
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
        "outcomes has it. What the authority really spends differs from the budget: where a sample finds chips missing all "
        "chips of the site are tested, and inspectors may have nothing to do. "
        f"{assumptions(result)}"
    )
    yield Chart("ping-or-inspect", figure, data, caption)


def _claim(result: Result) -> str:
    """Nearly the most that pings find and for how much, and what inspections alone must spend to find as much."""
    told_of = ways(result)
    if told_of is None:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    found, spent = (
        {name: each[name].median for name in (told_of.pinged, told_of.visited)} for each in (told_of.found, told_of.spent)
    )
    alone = f"take {spent[told_of.visited]:.2g}" if told_of.as_much else f"find {found[told_of.visited]:.0f} %"
    return (
        f"Pings find {found[told_of.pinged]:.0f} % in 90 days for {spent[told_of.pinged]:.2g} million dollars a year, "
        f"visits alone {alone}"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
