"""Do awards to whistleblowers find more than verification does?

Tips and pings apart and together, in the same worlds. A bill that the Senate has passed would pay a whistleblower 10 to 30 %
of the penalty; what that does to tips is not known, so that the factor on their hazard is swept, from the range of the
parameter table up to thirty times. What tips find today is calibrated to published cases; what pings find is simulated.

Limits of the model, which the captions repeat: more tips expose more lots, none of them sooner; the factor does not depend
on the size of the award, which is what it costs alone; and customs hits are in the same hazard as tips.

End-use checks at random are switched off in all policies, so that tips stand alone; the status quo here is today's tips.

Two years under the duty, as many as a year of follow-up needs; one simulated chip for ten, five draws.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, figures_of, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import WORLD, by_world, compared, spread
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.parameters import load_parameters
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 730, "enforcement.random_inspections": False}
QUICK_SETTING = {
    **QUICK,
    "fleet.lot_chips": 2,  # so that there are some in each world
    "calendar.end_after_duty_days": 430,
}
AWARD = 0.2
"""Of the penalty: midway between the ends of the bill. What is paid is in proportion, and nothing else depends on it."""

BEYOND = (5.0, 10.0, 30.0)
"""Times the hazard of today, beyond the range of the parameter table."""

TIPS, BOTH, PINGS = "tips alone", "tips and pings", "pings alone"
FACTOR = "uncertainties.award_tip_factor"
RULE, PINGS_ALONE = "pings_and_todays_tips", "pings_alone"
DRAWS, QUICK_DRAWS = 5, 2
FOLLOWED_DAYS = (30, 90, 180, 365)
SOON, YEAR = "established_by_day_90", "established_by_day_365"
DAYS = "days_to_established_if_found"
AWARDS, FALSE = "cost_authority_awards", "false_alarms"

DRIVERS = (
    "award_tip_factor", "tips_detection_ever", "tips_time_to_charge_months", "tips_time_log_sd", "penalty_reach_partners",
    "penalty_reach_elsewhere", "civil_penalty_multiple", "verification.grace_days", "enforcement.inspectors",
)  # fmt: skip
CITATIONS = ("stop-stealing-our-chips-2026", "singapore-tip-2025", "epoch-diversion-2026", "chip-security-act-2025")


def likely() -> tuple[float, float]:
    """Central and high value of the factor in the parameter table."""
    row = load_parameters().parameters["award_tip_factor"]
    return row.central, row.high


def factors(quick: bool) -> tuple[float, ...]:
    """By which an award may multiply the hazard of tips."""
    return (*likely(), BEYOND[-1]) if quick else (*likely(), *BEYOND)


def variations(quick: bool) -> list[Variation]:
    """The rule without an award; pings without tips; awards without the rule and with it, by what they do to tips."""
    found = [
        Variation(RULE, BOTH, 1.0, _levers(1.0, pings=True, award=0.0)),
        Variation(PINGS_ALONE, PINGS, 1.0, {**_levers(1.0, pings=True, award=0.0), "enforcement.tips": False}),
    ]
    for factor in factors(quick):
        found.append(Variation(_name("tips", factor), TIPS, factor, _levers(factor, pings=False, award=AWARD)))
        if factor == likely()[1] or (factor in (likely()[0], BEYOND[-1]) and not quick):
            found.append(Variation(_name("both", factor), BOTH, factor, _levers(factor, pings=True, award=AWARD)))
    return found


def _levers(factor: float, *, pings: bool, award: float) -> dict[str, Any]:
    return {FACTOR: factor, "verification.active": pings, "enforcement.whistleblower_award": award, "enforcement.tips": True}


def _name(kind: str, factor: float) -> str:
    return f"{kind}_times_{factor:g}".replace(".", "_")


def study(options: Options) -> Study:
    """The baseline's worlds with tips as they are, more of them, pings, and both."""
    scenario = options.scenario("baseline", QUICK_SETTING, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """What tips find with an award and pings without tips, and how many more tips would find as much."""
    usual, most = likely()
    tips = {factor: _name("tips", factor) for factor in factors(result.manifest["quick"])}
    both = _name("both", most)
    found = compared(result, (STATUS_QUO, *tips.values(), PINGS_ALONE, RULE, both), YEAR, 100)
    if not found.known:
        return TOO_FEW
    ahead = [factor for factor, name in tips.items() if found.gained(name, PINGS_ALONE).median >= 0]
    top = max(tips)
    enough = (
        f"of those tried, tips {min(ahead):g} times as frequent are the fewest that establish as much"
        if ahead
        else f"even tips {top:g} times as frequent establish {found[tips[top]].of('%')}"
    )
    more = {name: difference_in_words(found.gained(name, STATUS_QUO), "points") for name in (tips[usual], tips[most])}
    return (
        f"Within a year today's tips establish {found[STATUS_QUO].of('%')} of diversions (calibrated, not predicted), and "
        f"world by world tips that an award makes {usual:g} times as frequent {more[tips[usual]]}, {most:g} times "
        f"{more[tips[most]]}; pings without tips establish {found[PINGS_ALONE].of('%')}{found.among}, and {enough}. "
        f"Where pings and today's tips are there already, tips {most:g} times as frequent establish "
        f"{difference_in_words(found.gained(both, RULE), 'points')}, and an award of {100 * AWARD:.0f} % of the penalty "
        f"then costs {_awards(result, both)}."
    )


def _awards(result: Result, policy: str) -> str:
    """Awards over chips in all worlds together, and how many worlds have any: most of what is paid is for a few cases."""
    chips, paid = result.chips, by_world(result, policy, AWARDS)
    those = (chips["scenario"] == policy) & (chips["established_day"] >= result.scenario.calendar.duty_day)
    if not those.any():
        return "nothing, as no chip is established"
    return (
        f"{figures_of(paid.sum() / those.sum())} dollars for each chip established under the duty, whenever it left and "
        f"whoever found it, over all worlds together, of which {(paid > 0).sum()} of {len(paid)} have an award"
    )


def _award_by_chip(result: Result, policy: str) -> Estimate:
    """Awards paid under the duty over chips established under it: both also of lots that left before the duty."""
    chips = result.chips
    those = (chips["scenario"] == policy) & (chips["established_day"] >= result.scenario.calendar.duty_day)
    return spread(by_world(result, policy, AWARDS) / chips[those].groupby(WORLD).size())


def table(result: Result) -> Table:
    """What each policy establishes, when, with how many false alarms, and what is paid to who told."""
    quick = result.manifest["quick"]
    words = {STATUS_QUO: "today's tips, no pings"}
    for row in variations(quick):
        more = f"tips x {row.value:g}, award {100 * AWARD:.0f} %"
        words[row.name] = {
            RULE: "pings and today's tips", PINGS_ALONE: "pings without tips",
        }.get(row.name, f"{more}, {'with' if row.group == BOTH else 'no'} pings")  # fmt: skip
    columns = (
        Column("established within 90 days, %", SOON, 100),
        Column("within a year, %", YEAR, 100),
        Column("days to established, if found", DAYS),
        Column("false alarms", FALSE),
    )
    rows = policy_table(result, words, columns)
    rows["awards, dollars per chip established under the duty"] = [_award_by_chip(result, name) for name in words]
    return Table(
        "Diversions found by tips and by pings. Tips are calibrated to published cases; how much an award adds to them is "
        "assumed. Awards are in proportion to their share of the penalty, and of chips established under the duty whenever "
        "they left, by whatever.",
        rows,
    )


def figures(result: Result) -> Iterator[Chart]:
    """What is established by how often tips come, and by the time since the diversion."""
    from sim.figures import Chart, by_lever, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    caption = (
        "Tips: a hazard for each diverted lot, calibrated to the published share of diversions that ever surface and to the "
        "time until a charge; an award multiplies it, so that more lots are exposed, none of them sooner. The factor is "
        f"assumed: {likely()[0]:g} is the central value of the parameter table and {likely()[1]:g} its high end, anything "
        "above is beyond it; it does not depend on the size of the award. Customs hits are in the same hazard. "
        f"End-use checks at random are off in all policies. Pings alone: the rule with all tips switched off. "
        f"{assumptions(result)}"
    )
    data = _by_factor(policies_data(result, settings(variations(quick)), (SOON, YEAR)))
    figure, (left, right) = panels(2, left_in=0.5, names_in=1.0)
    for axis, outcome, title in ((left, SOON, "within 90 days"), (right, YEAR, "within a year")):
        by_lever(data, outcome, axis, share=True)
        axis.set_title(f"diversions established {title}")
        name_values(axis, data, "times the hazard of tips today", "{:g}".format)
    top = max(axis.get_ylim()[1] for axis in (left, right))
    for axis in (left, right):
        axis.set_ylim(0, top)
    frame(
        figure,
        title=_claim(result),
        subtitle="Share of diverted chips by how many times as often tips come; median and 10-90 % of draws and runs",
        source=source(result),
    )
    yield Chart("tips-and-pings", figure, data, f"Share of diversions established by the frequency of tips. {caption}")

    data = _by_time(result)
    figure, (axis,) = panels(1, left_in=0.6, names_in=2.2)
    by_lever(data, "established", axis, share=True, log=False)
    name_values(axis, data, "days since the diversion")
    frame(
        figure,
        title=_late(result),
        subtitle="Share of diverted chips established within so many days; median and 10-90 % of draws and runs",
        source=source(result),
    )
    yield Chart("time-to-established", figure, data, f"Share of diversions established, by time since them. {caption}")


def _by_factor(data: pd.DataFrame) -> pd.DataFrame:
    """Tips alone begin with the status quo, which is what they are at factor 1; pings alone do not depend on the factor."""
    import pandas as pd

    today = data[data["scenario"] == STATUS_QUO].assign(group=TIPS, value=1.0)
    flat = data[data["scenario"] == PINGS_ALONE].assign(value=data["value"].max())
    policies = data[data["scenario"] != STATUS_QUO]
    # In another name, for the status quo is drawn as a band.
    return pd.concat([today.assign(scenario="todays_tips"), policies, flat], ignore_index=True)


def _by_time(result: Result) -> pd.DataFrame:
    """Established by day of follow-up, for tips as they are, with an award, and pings."""
    import pandas as pd

    most = likely()[1]
    words = {
        STATUS_QUO: "today's tips",
        _name("tips", most): f"tips x {most:g}",
        PINGS_ALONE: "pings alone",
        _name("both", most): f"pings and tips x {most:g}",
    }
    rows = []
    for name, group in words.items():
        for days in FOLLOWED_DAYS:
            share = estimate(result, name, f"established_by_day_{days}")
            if not math.isnan(share.median):
                rows.append((name, group, float(days), "established", *share))
    data = pd.DataFrame(rows, columns=["scenario", "group", "value", "outcome", "median", "low", "high"])
    return data.replace({"scenario": {STATUS_QUO: "todays_tips"}})


def _claim(result: Result) -> str:
    most = likely()[1]
    tips, pings = (estimate(result, name, YEAR, 100) for name in (_name("tips", most), PINGS_ALONE))
    if math.isnan(tips.median) or math.isnan(pings.median):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return f"Tips {most:g} times as frequent find {tips.median:.0f} % in a year, pings alone {pings.median:.0f} %"


def _late(result: Result) -> str:
    most = likely()[1]
    tips, pings = (estimate(result, name, SOON, 100) for name in (_name("tips", most), PINGS_ALONE))
    if math.isnan(tips.median) or math.isnan(pings.median):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return f"By day 90 tips {most:g} times as frequent find {tips.median:.0f} %, pings alone {pings.median:.0f} %"


if __name__ == "__main__":
    sys.exit(main(__file__))
