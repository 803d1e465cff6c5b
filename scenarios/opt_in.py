"""Is it enough if chips are verified only where their owners opt in?

The duty beside an offer that nobody is bound to take, at an uptake of 5, 30 and 70 % of honest lots, in the same worlds and
from the same day on, and the status quo. Smugglers never opt in: adverse selection in its extreme form. What is asked, how
alerts are followed up and how many inspectors there are is the same under all. One simulated chip stands for ten.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import at_end, compared, spread, spread_data
from scenarios.asking.variations import Variation, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.fleet.supply import Demand
from sim.scenario import STATUS_QUO
from sim.smuggling.channels import channels
from sim.smuggling.orders import mean_diverted_share
from sim.world.regimes import MECHANISMS

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result, Scenario
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
"""Two years under the duty: most of what a policy finds it finds within one."""

MANDATE = "mandate"
UPTAKES, QUICK_UPTAKES = (0.05, 0.3, 0.7), (0.05, 0.7)
"""Low, central and high end of the assumed range, see `opt_in_uptake`."""

UPTAKE = "uncertainties.opt_in_uptake"
DRAWS, QUICK_DRAWS = 5, 2
FOUND, FALSE, COST, COVERED = "established_by_day_90", "false_alarms_per_month", "cost_total", "coverage"
WITH_IT = "chips in service with the mechanism, %"
UNKNOWN = Estimate(math.nan, math.nan, math.nan)
UNITS = {FOUND: "share, Aalen-Johansen", FALSE: "cases per month", COVERED: "share of chips in service"}

DRIVERS = (
    "opt_in_uptake", "covered_exports_per_year", "legacy_chips_abroad", "tips_detection_ever", "gpu_faults_per_chip_year",
    "repair_absence_days", "verification.grace_days", "enforcement.inspectors", "agent_cost_usd_per_chip_year",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "nvidia-opt-in-2025")


def variations(scenario: Scenario, quick: bool) -> list[Variation]:
    """The duty, and the offer at each uptake. Under the duty the uptake has no meaning, but must not be drawn."""
    uptakes = QUICK_UPTAKES if quick else UPTAKES
    others = [name for name in scenario.regimes if name not in MECHANISMS]
    mandate: dict[str, Any] = {"regimes": (*others, "chip_security_act"), UPTAKE: uptakes[0]}
    return [
        Variation(MANDATE, "mandate", 1.0, mandate),
        *(
            Variation(
                f"opt_in_{round(100 * uptake)}_percent",
                f"opt-in {100 * uptake:g} %",
                uptake,
                {"regimes": (*others, "opt_in"), UPTAKE: uptake},
            )
            for uptake in uptakes
        ),
    ]


def study(options: Options) -> Study:
    """The baseline's worlds under each policy."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    return vary(options, scenario, variations(scenario, options.quick), QUICK_DRAWS if options.quick else DRAWS)


def policies(result: Result) -> dict[str, str]:
    """Names in words, the mandate first and the highest uptake last."""
    return {row.name: row.group for row in variations(result.scenario, result.manifest["quick"])}


def answer(result: Result) -> str:
    """What the duty and the best-taken offer find beyond the status quo, with false alarms and cost."""
    words = policies(result)
    offer = list(words)[-1]
    found = compared(result, (MANDATE, offer, STATUS_QUO), FOUND, 100)
    if not found.known:
        return TOO_FEW
    more = difference_in_words(found.gained(offer, STATUS_QUO), "points")
    false = {name: estimate(result, name, FALSE) for name in (MANDATE, offer)}
    cost = {name: extra_cost(result, name) for name in (MANDATE, offer)}
    uptake = words[offer].removeprefix("opt-in ")
    return (
        f"With the duty {found[MANDATE].of('%')} of diversions are established within 90 days, with {uptake} of honest lots "
        f"opted in {found[offer].of('%')}, which against the status quo of the same world is {more}{found.among}. "
        f"That offer raises {false[offer]} false alarms a month and costs all payers {cost[offer].of('million dollars')} a "
        f"year beyond the status quo, the duty {false[MANDATE]} and {cost[MANDATE].of('million dollars')}."
    )


def smuggled_among_others(result: Result, policy: str) -> Estimate:
    """Of the new lots without the mechanism, the share that smugglers order, in per cent: Bayes, in each draw.

    With a share s of lots ordered by smugglers and an uptake u of the others it is s / (s + (1 - s) (1 - u)). Under the
    duty no new lot is without.
    """
    import pandas as pd

    uptakes = {row.name: row.value for row in variations(result.scenario, result.manifest["quick"])[1:]}
    if policy not in uptakes:
        return UNKNOWN
    shares = []
    for drawn in result.drawn or [{}]:
        world = result.scenario.replace(uncertainties={**result.scenario.uncertainties, **drawn})
        mix = world.adversary
        leaving = mean_diverted_share(mix.channels, mix.strategies, channels(world.values))
        middle = (world.calendar.duty_day + world.calendar.end_day) / 2
        ordered = Demand(world.wanted_chips_per_year, leaving).share_of_orders(middle, world.values)
        shares.append(100 * ordered / (ordered + (1 - ordered) * (1 - uptakes[policy])))
    return spread(pd.Series(shares))


def extra_cost(result: Result, policy: str) -> Estimate:
    """Cost in millions of US dollars a year beyond the status quo, by all payers."""
    name = "difference" if policy == result.scenario.name else f"difference: {policy}"
    years = result.scenario.calendar.end_after_duty_days / 365.25
    return estimate(result, name, COST, 1e-6 / years)


def table(result: Result) -> Table:
    """Found, covered, false alarms and cost by policy."""
    columns = (
        Column("established within 90 days, %", FOUND, 100),
        Column("within a year, %", "established_by_day_365", 100),
        Column(WITH_IT, COVERED, 100),
        Column("false alarms per month", FALSE),
        Column("visits", "inspections"),
    )
    words = policies(result)
    rows = policy_table(result, {**words, STATUS_QUO: "status quo"}, columns)
    rows.at[len(words), WITH_IT] = UNKNOWN  # the runs have the duty's chips there, which nobody asks
    rows["cost beyond the status quo, million dollars a year"] = [
        *(extra_cost(result, name) for name in words),
        Estimate(0.0, math.nan, math.nan),
    ]
    rows["smugglers' among new lots without it, %"] = [smuggled_among_others(result, name) for name in [*words, STATUS_QUO]]
    return Table(
        "A duty to carry the mechanism beside an offer, by the share of honest lots that take it.",
        rows,
    )


def figures(result: Result) -> Iterator[Chart]:
    """What is found, what is covered and how many false alarms, policy by policy."""
    from sim.figures import Chart, by_policy, frame, panels
    from sim.figures.captions import assumptions, source

    data = spread_data(at_end(result), policies(result), UNITS)
    data = data[(data["scenario"] != STATUS_QUO) | (data["outcome"] != COVERED)]  # nobody asks the chips that have it there
    figure, axes = panels(3, height_in=3.4, left_in=0.8, names_in=0.4)
    titles = ("established in 90 days", "chips with the mechanism", "false alarms a month")
    for axis, (outcome, title) in zip(axes, zip((FOUND, COVERED, FALSE), titles, strict=True), strict=True):
        by_policy(data, outcome, axis, share=outcome != FALSE)
        axis.set_title(title)
    frame(
        figure,
        title=_claim(result, data, list(policies(result))[-1]),
        subtitle="A duty beside an offer, by the share of honest lots that take it; median and 10-90 % of draws",
        source=source(result),
    )
    caption = (
        "Left: chips diverted from the day of the duty on whose diversion is established within 90 days. Middle: chips in "
        "service abroad that carry the mechanism on the last day, old ones included. Right: cases a month without a "
        "diverted chip. A lot carries the mechanism with the chance given, one ordered by a smuggler never does. Nobody "
        "looks the harder at chips whose owners do not opt in, which an authority could do. "
        f"{assumptions(result)}"
    )
    yield Chart("opt-in", figure, data, caption)


def _claim(result: Result, data: pd.DataFrame, offer: str) -> str:
    found = data[data["outcome"] == FOUND].set_index("scenario")["median"]
    if not {MANDATE, offer, STATUS_QUO} <= set(found.index):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    words = data.set_index("scenario")["group"].to_dict()[offer].removeprefix("opt-in ")
    change = compared(result, (offer, STATUS_QUO), FOUND, 100).gained(offer, STATUS_QUO)
    beside = "no clear change" if change.low <= 0 <= change.high else f"{change.median:+.0f} points"
    return (
        f"The duty finds {100 * found[MANDATE]:.0f} % in 90 days, today {100 * found[STATUS_QUO]:.0f} %; "
        f"opting in by {words} of lots: {beside}"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
