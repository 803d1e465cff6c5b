"""Do the Gulf deals make the rule's work harder?

The announced deals with Gulf states, at three volumes, beside none: the chips in the Gulf, how many of them a ping can
clear, false alarms, inspections and waits, and what share of diversions is established, with the rule and, at the middle
volume, without.

The volumes are the low, central and high value of `gulf_chips_per_year`: announced, not delivered. The deals come on top
of other exports, which stay the same chip by chip; they go to the sites of the Gulf in proportion to their size, and no
smuggler orders them. So the question here is the load that they put on landmarks and inspectors, not whether the buyers
can be trusted. A year under the duty, the nation chip by chip, since the work of inspectors is not in proportion to chips.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Estimate, Table, estimate
from scenarios.answering.places import PLACES_COUNTED, by_run, counts_note, place_data, place_estimate
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared, gained
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.parameters import load_parameters
from sim.scenario import STATUS_QUO
from sim.world.excess import GULF

if TYPE_CHECKING:
    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 365, "fleet.scale": 1}
DRAWS, QUICK_DRAWS = 4, 2
VOLUME = "uncertainties.gulf_chips_per_year"
NO_DEALS, TODAY = "no_deals", "today_with_deals"
FOUND, FALSE, WAIT, COVERAGE = "established_by_day_90", "false_alarms_per_month", "inspection_wait_mean", "coverage"
IN_GULF = ("chips", "inspectors_busy")

DRIVERS = (
    "fleet.gulf_deals", "gulf_chips_per_year", "gulf_first_delivery_year", "exports_to_gulf", "covered_exports_per_year",
    "conflicts_per_region_year", "gpu_faults_per_chip_year", "repair_absence_days", "enforcement.inspectors",
    "geography.landmarks", "cnas_volume_2024_chips", "smuggled_volume_growth", "verification.grace_days",
)  # fmt: skip
CITATIONS = ("gulf-deals-2026", "chip-security-act-2025")
COUNTS = PLACES_COUNTED


def variations(quick: bool) -> list[Variation]:
    """The rule without the deals, with them at each volume, and today's checks with the middle one."""
    low, central, high = volumes()

    def rule(chips: float) -> Variation:
        return Variation(_name(chips), "with the rule", chips / 1000, {"fleet.gulf_deals": True, VOLUME: chips})

    none = Variation(NO_DEALS, "with the rule", 0.0, {"fleet.gulf_deals": False, VOLUME: central})
    if quick:
        return [none, rule(high)]
    before: dict[str, Any] = {
        "fleet.gulf_deals": True,
        VOLUME: central,
        "verification.active": False,
        "enforcement.planned_inspectors": 0,
        "enforcement.whistleblower_award": 0,
    }
    return [none, rule(low), rule(central), rule(high), Variation(TODAY, "no rule, with deals", central / 1000, before)]


def volumes() -> tuple[float, float, float]:
    """Chips a year under the deals: low, central and high."""
    row = load_parameters().parameters["gulf_chips_per_year"]
    return row.low, row.central, row.high


def _name(chips: float) -> str:
    return f"deals_{chips / 1000:.0f}_thousand"


def study(options: Options) -> Study:
    """The baseline's worlds with more and more deals."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """What the largest deals add to the chips in the Gulf and to the work, and what becomes of what is found."""
    high = max(volumes())
    most = _name(high)
    found = compared(result, (NO_DEALS, most), FOUND, 100)
    if not found.known:
        return TOO_FEW
    gulf = by_run(result, countries=GULF)
    chips = [place_estimate(gulf, policy, "chips", 1e-3) for policy in (NO_DEALS, most)]
    alarms = difference_in_words(gained(result, most, NO_DEALS, FALSE), "a month", ("more", "fewer"))
    cleared = place_estimate(gulf, most, "clearable_chips", 100)
    change = difference_in_words(found.gained(most, NO_DEALS), "points")
    return (
        f"With {high / 1000:,.0f} thousand chips a year under the deals {chips[1]} instead of {chips[0]} thousand chips are "
        f"at work in the Gulf after {result.scenario.calendar.end_after_duty_days:g} days of the duty, {cleared.of('%')} of "
        "them where a ping can clear them, and false alarms in the world are until then "
        f"{estimate(result, NO_DEALS, FALSE)} a month without the deals and with them {alarms}. "
        f"Of diversions {found[NO_DEALS].of('%')} are established within 90 days without the deals, and with them {change}"
        f"{found.among}."
    )


def table(result: Result) -> Table:
    """Each volume: chips, coverage, what can be cleared, false alarms, visits, waits, and what is found."""
    import pandas as pd

    rows, gulf = [], by_run(result, countries=GULF)
    for policy, words in _words(result).items():
        rows.append(
            {
                "chips a year under the deals": words,
                "chips at work in the Gulf, thousands": place_estimate(gulf, policy, "chips", 1e-3),
                "with the mechanism in the Gulf, %": place_estimate(gulf, policy, "equipped", 100),
                "where a ping can clear them, %": place_estimate(gulf, policy, "clearable_chips", 100),
                "coverage in the world, %": estimate(result, policy, COVERAGE, 100),
                "false alarms per month": estimate(result, policy, FALSE),
                "false alarms per month in the Gulf": place_estimate(gulf, policy, "false_alarms_per_month"),
                "visits per month in the Gulf": place_estimate(gulf, policy, "inspections_per_month"),
                "wait for an inspector, days": estimate(result, policy, WAIT),
                "established within 90 days, %": estimate(result, policy, FOUND, 100),
            }
        )
    caption = "The Gulf and the world by chips a year under the Gulf deals. Without the rule nobody asks the chips."
    return Table(caption, pd.DataFrame(rows))


def _words(result: Result) -> dict[str, str]:
    """Policies by name, in words."""
    words = {}
    for row in variations(result.manifest["quick"]):
        volume = f"{1000 * row.value:,.0f}" if row.value else "none"
        words[row.name] = f"{volume}, no rule" if row.name == TODAY else volume
    return {**words, STATUS_QUO: "none, no rule"}


def figures(result: Result) -> Iterator[Chart]:
    """The world's false alarms, waits and findings by the volume of the deals; the Gulf's chips and inspectors."""
    from sim.figures import Chart, Setting, by_lever, by_policy, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    ruled = [row for row in variations(result.manifest["quick"]) if row.name != TODAY]
    titles = {
        FALSE: "false alarms per month",
        WAIT: "days that a visit waited, mean",
        FOUND: "diversions established within 90 days",
        COVERAGE: "chips in service with the mechanism",
    }
    data = policies_data(result, settings(ruled), tuple(titles))
    data = data[(data["scenario"] != STATUS_QUO) | (data["outcome"] != COVERAGE)]  # nobody asks the chips that have it there
    figure, axes = panels(columns=2, rows=2, height_in=5.4, below_in=0.75)
    for axis, (outcome, title) in zip(axes, titles.items(), strict=True):
        by_lever(data, outcome, axis, share=outcome in (FOUND, COVERAGE), log=False)
        axis.set_title(title)
        name_values(axis, data, "chips a year under the deals, thousands", "{:.0f}".format)
    high = max(volumes())
    alarms, change = (gained(result, _name(high), NO_DEALS, *of) for of in ((FALSE,), (FOUND, 100)))
    frame(
        figure,
        title=_claim(high, alarms, change),
        subtitle="The world under the rule by chips a year under the Gulf deals: median and 10-90 % of draws and runs",
        source=source(result),
    )
    notes = (
        "The deals come on top of other exports, which stay the same, and go to the sites of the Gulf; no smuggler orders "
        "them. Volumes are the low, central and high end of what is announced; no arrival of chips was found."
    )
    caption = (
        "Cases per month in which no chip was diverted; mean time from the request for an inspector to his setting out; "
        "share of chips diverted under the duty whose diversion is established within 90 days; share of chips in service on "
        "the last day that carry the mechanism. "
        f"{notes} {assumptions(result)}"
    )
    yield Chart("gulf-deals", figure, data, caption)

    words, gulf = _words(result), by_run(result, countries=GULF)
    by_words = {name: Setting(text, place) for place, (name, text) in enumerate(words.items()) if name != STATUS_QUO}
    there = place_data(gulf, by_words, IN_GULF)
    chips = there["outcome"] == "chips"
    there.loc[chips, ["median", "low", "high"]] /= 1000
    there.loc[chips, "unit"] = "thousand real chips"
    figure, (left, right) = panels(columns=2, left_in=0.95, names_in=0.35, height_in=3.3)
    by_policy(there, "chips", left)
    by_policy(there, "inspectors_busy", right, names=False)
    left.set_title("chips at work in the Gulf, thousands")
    right.set_title("inspectors that visits there keep busy")
    none, most = (place_estimate(gulf, policy, "chips", 1e-3).median for policy in (NO_DEALS, _name(high)))
    frame(
        figure,
        title=f"{high / 1000:,.0f} thousand chips a year take the Gulf from {none:,.0f} to {most:,.0f} thousand chips",
        subtitle="By chips a year under the deals: median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Left: real chips at work at sites in the Gulf on the last day. Right: days that visits there keep an inspector "
        f"busy, over days of the duty. {counts_note(result.scenario)}The last row is the status quo, "
        f"without the deals. {notes} {assumptions(result)}"
    )
    yield Chart("in-the-gulf", figure, there, caption)


def _claim(high: float, alarms: Estimate, change: Estimate) -> str:
    if math.isnan(change.median):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    told = [
        f"{gain.median:+.1f} {words}" if not gain.low <= 0 <= gain.high else f"no clear change of {words}"
        for gain, words in ((alarms, "false alarms a month"), (change, "points found in 90 days"))
    ]
    return f"{high / 1000:,.0f} thousand chips a year: {told[0]}, {told[1]}"


if __name__ == "__main__":
    sys.exit(main(__file__))
