"""How often should a chip be asked where it is?

From every hour to every thirty days, in the same worlds: how many diversions are established within 90 days, how many cases
turn out to be false alarms, and what it takes in challenges. The days for which a chip may be silent or unconfirmed stay,
so that asking more often does not mean to lose patience sooner; a few unconfirmed answers are innocent however rarely chips
are asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO
from sim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730}
"""Two years under the duty: most of what a policy finds it finds within one."""

PERIODS_DAYS = (1.0, 1 / HOURS_PER_DAY, 0.25, 3.0, 7.0, 14.0, 30.0)
"""The baseline's first."""

QUICK_PERIODS_DAYS = (1.0, 0.25, 7.0, 30.0)
WEEK_DAYS = 7.0
DRAWS, QUICK_DRAWS = 5, 2
FOUND, FALSE, ASKED = "established_by_day_90", "false_alarms_per_month", "challenges"

DRIVERS = (
    "verification.period_days", "verification.grace_days", "enforcement.inspectors", "gpu_faults_per_chip_year",
    "repair_absence_days", "site_outages_per_site_year", "dwell_at_declared_site_days",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025",)


def variations(quick: bool) -> list[Variation]:
    """One policy for each period."""
    periods = QUICK_PERIODS_DAYS if quick else PERIODS_DAYS
    return [
        Variation(f"every_{round(days * HOURS_PER_DAY)}_hours", "with the rule", days, {"verification.period_days": days})
        for days in periods
    ]


def study(options: Options) -> Study:
    """The baseline's worlds under each period."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """What asking more often and more rarely finds, and what it costs in false alarms."""
    policies = {row.value: row.name for row in variations(result.manifest["quick"])}
    often, seldom = min(policies), max(policies)
    found = compared(result, [policies[days] for days in (often, WEEK_DAYS, seldom)], FOUND, 100)
    if not found.known:
        return TOO_FEW
    false = {days: estimate(result, policies[days], FALSE) for days in (often, seldom)}
    weekly, rarely = (
        difference_in_words(found.gained(policies[days], policies[often]), "points") for days in (WEEK_DAYS, seldom)
    )
    return (
        f"Asked every {_period(often)}, {found[policies[often]].of('%')} of diversions are established within 90 days, and "
        f"world by world, asked every {_period(WEEK_DAYS)}, {weekly} and, every {_period(seldom)}, {rarely}{found.among}. "
        f"False alarms are {false[often]} a month if asked every {_period(often)}, and {false[seldom]} if asked every "
        f"{_period(seldom)}."
    )


def table(result: Result) -> Table:
    """Found, false alarms and challenges by period."""
    rows = sorted(variations(result.manifest["quick"]), key=lambda row: row.value)
    policies = {row.name: f"every {_period(row.value)}" for row in rows}
    columns = (
        Column("established within 90 days, %", FOUND, 100),
        Column("false alarms per month", FALSE),
        Column("challenges, millions", ASKED, 1e-6),
    )
    table = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "chips are asked")
    return Table("Diversions found and false alarms by the time between challenges of a chip.", table)


def figures(result: Result) -> Iterator[Chart]:
    """What is found and what it costs in false alarms, by period."""
    from sim.figures import Chart, by_lever, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    data = policies_data(result, settings(variations(quick)), (FOUND, FALSE, ASKED))
    figure, (left, right) = panels(2)
    by_lever(data, FOUND, left, share=True)
    by_lever(data, FALSE, right)
    for axis, title in ((left, "diversions established within 90 days"), (right, "false alarms per month")):
        axis.set_title(title)
        name_values(axis, data, "time between challenges of a chip", _period)
    frame(
        figure,
        title=_claim(data),
        subtitle="Median and 10-90 % of draws and runs for each period; grace period and all else as in the baseline",
        source=source(result),
    )
    caption = (
        "Challenges from every hour to every thirty days. Left: share of chips diverted under the duty whose diversion is "
        "established within 90 days. Right: cases per month in which no chip was diverted. Alerts need a silence that is "
        "longer than the grace period, rounded up to whole periods: a chip asked every thirty days is alerted on after two "
        f"missed challenges. {assumptions(result)}"
    )
    yield Chart("ping-interval", figure, data, caption)


def _period(days: float) -> str:
    return f"{round(days * HOURS_PER_DAY)} h" if days < 1 else f"{days:g} d"


def _claim(data: pd.DataFrame) -> str:
    found = data[data["outcome"] == FOUND].set_index("value")["median"].dropna()
    before = data[(data["outcome"] == FOUND) & (data["scenario"] == STATUS_QUO)]["median"]
    if found.empty or before.empty:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    most, rarest = found.index.min(), found.index.max()
    return (
        f"Asked every {_period(most)}, {100 * found[most]:.0f} % are found in 90 days; "
        f"every {_period(rarest)}, {100 * found[rarest]:.0f} %; status quo {100 * before.iloc[0]:.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
