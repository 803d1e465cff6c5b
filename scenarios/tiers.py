"""What would the rescinded AI Diffusion Rule's tiers do beside the Act?

No rule, the tiers, the Act, and both, in the same worlds: exports that the caps refuse, chips diverted, diversions
established, false alarms, and how many chips in service carry the mechanism. The two aim at different things. The tiers
limit how much compute a country may receive, whoever owns it; they look at orders, and after the delivery at nothing. The
Act limits no export; it asks afterwards where each chip is.

A year under the duty, the nation chip by chip, so that orders, of 400 chips each, keep their size beside the caps, which are
of whole countries (in the quick version a lot stands for 2,000, which no small customer's allowance holds).
What the caps of this model leave out, in favour of the tiers: a refused order, honest or not, is lost, and nobody orders in
another country instead. Against them: nobody is validated as an end user, no cloud company uses its share abroad, no
government signs an agreement (but for the range of the cap), no licence is given above a cap. A third of the cap may be used
each year, and it is renewed for ever.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Estimate, Table, estimate, figures_of
from scenarios.answering.places import PLACES_COUNTED, counts_note
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared, gained
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim import Scenario
from sim.scenario import STATUS_QUO
from sim.world.regimes import DIFFUSION_RULE, MECHANISMS

if TYPE_CHECKING:
    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 365, "fleet.scale": 1}
QUICK_SETTING = {**QUICK, "fleet.scale": 0.004, "fleet.lot_chips": 8}
DRAWS, QUICK_DRAWS = 4, 2
REFUSED, PREVENTED = "licences_refused", "chips_prevented"
"""Chips for which a licence is refused, and those that consignees order who are blocked: of the whole run."""

DIVERTED, FOUND = "diverted_under_duty", "established_by_day_90"
FALSE, COVERAGE, ESTABLISHED = "false_alarms_per_month", "coverage", "established_under_duty"
ACT, TIERS, BOTH = "act", "tiers", "tiers_and_act"
NAMES = {TIERS: "tiers alone", ACT: "Act alone", BOTH: "tiers and Act", STATUS_QUO: "neither (status quo)"}
AIMS = {
    STATUS_QUO: "diverted lots that tips, customs or checks expose",
    TIERS: "how much compute a country receives",
    ACT: "where each chip is after delivery",
    BOTH: "both",
}

NOBODY_ASKS = Estimate(0.0, math.nan, math.nan)
"""Chips that are asked, where verification is not active, whether or not they carry the mechanism."""

DRIVERS = (
    "fleet.lot_chips", "diffusion_country_cap_h100e", "diffusion_small_order_h100e", "covered_exports_per_year",
    "exports_to_south_east_asia", "diverted_via_south_east_asia", "b300_h100e", "tips_detection_ever",
    "tips_time_to_charge_months", "cnas_volume_2024_chips", "smuggled_volume_growth", "enforcement.inspectors",
    "verification.period_days", "adversary.strategies",
)  # fmt: skip
CITATIONS = ("diffusion-rule-2025", "chip-security-act-2025")
COUNTS = PLACES_COUNTED


def variations() -> list[Variation]:
    """The Act, the tiers, and both; the status quo beside them is neither."""
    today = Scenario.load("baseline").regimes
    without = tuple(name for name in today if name not in MECHANISMS)
    unasked: dict[str, Any] = {
        "verification.active": False,
        "enforcement.planned_inspectors": 0,
        "enforcement.whistleblower_award": 0,
    }
    return [
        Variation(ACT, NAMES[ACT], 0, {"regimes": today}),
        Variation(TIERS, NAMES[TIERS], 1, {"regimes": (*without, DIFFUSION_RULE.name), **unasked}),
        Variation(BOTH, NAMES[BOTH], 2, {"regimes": (*today, DIFFUSION_RULE.name)}),
    ]


def study(options: Options) -> Study:
    """The baseline's worlds under each."""
    scenario = options.scenario("baseline", QUICK_SETTING, SETTING)
    return vary(options, scenario, variations(), QUICK_DRAWS if options.quick else DRAWS)


def _real(result: Result) -> float:
    """Real chips for one that is simulated."""
    return 1 / result.scenario.fleet.scale


def answer(result: Result) -> str:
    """What each of the two refuses, leaves to be diverted and finds, and what the other adds to it."""
    thousands, shown = _real(result) / 1000, (TIERS, ACT, STATUS_QUO)
    diverted = {name: estimate(result, name, DIVERTED, thousands) for name in shown}
    alone = {name: estimate(result, name, FOUND, 100) for name in shown}
    unknown = [name for name in shown if math.isnan(alone[name].median)]
    if STATUS_QUO in unknown or any(diverted[name].median != 0 for name in unknown):
        return TOO_FEW
    known = [name for name in (TIERS, ACT) if name not in unknown]
    found = compared(result, known, FOUND, 100) if known else None
    if found is not None and not found.known:
        return TOO_FEW
    shares = {name: _established(found[name]) if found and name in known else "" for name in (TIERS, ACT)}
    refused = {name: estimate(result, name, REFUSED, thousands) for name in (TIERS, ACT)}
    blocked = {name: figures_of(estimate(result, name, PREVENTED, thousands).median) for name in shown}
    by_act = "none" if refused[ACT].median == 0 else f"{refused[ACT]} thousand"
    both, alarms = gained(result, BOTH, ACT, DIVERTED, thousands), gained(result, BOTH, ACT, FALSE)
    fewer = ("more", "fewer")
    return (
        f"In {result.scenario.calendar.end_after_duty_days:.0f} days under the duty {diverted[STATUS_QUO]} thousand chips "
        f"are diverted with neither, {diverted[TIERS]} thousand with the tiers{shares[TIERS]}, and {diverted[ACT]} thousand "
        f"with the Act{shares[ACT]}{found.among if found else ''}; over the whole run the tiers refuse licences for "
        f"{refused[TIERS]} thousand chips, honest and smuggled, the Act for {by_act}, and blocked consignees are refused "
        f"{blocked[TIERS]} thousand with the tiers, {blocked[ACT]} with the Act, {blocked[STATUS_QUO]} with neither "
        "(medians). "
        f"Beside the Act, with the tiers chips diverted are {difference_in_words(both, 'thousand', fewer)} and false alarms "
        f"{difference_in_words(alarms, 'a month', fewer)}, if nobody whose order is refused orders elsewhere."
    )


def _established(found: Estimate) -> str:
    """What of the chips that are diverted is found."""
    return f", of which {found.of('%')} are established within 90 days"


def table(result: Result) -> Table:
    """Each policy: what it aims at, exports refused, chips diverted, found and not, false alarms, coverage."""
    import pandas as pd

    thousands = _real(result) / 1000
    rows = []
    for name, words in NAMES.items():
        nobody_asks = name in (TIERS, STATUS_QUO)
        rows.append(
            {
                "policy": words,
                "aims at": AIMS[name],
                "licences refused, thousand chips": estimate(result, name, REFUSED, thousands),
                "refused to blocked consignees, thousand chips": estimate(result, name, PREVENTED, thousands),
                "chips diverted under the duty, thousands": estimate(result, name, DIVERTED, thousands),
                "established by the end, thousands": estimate(result, name, ESTABLISHED, thousands),
                "established within 90 days, %": estimate(result, name, FOUND, 100),
                "false alarms per month": estimate(result, name, FALSE),
                "chips in service that are asked, %": NOBODY_ASKS if nobody_asks else estimate(result, name, COVERAGE, 100),
            }
        )
    return Table("Tiers and Act: what is refused over the whole run, the rest under the duty.", pd.DataFrame(rows))


def figures(result: Result) -> Iterator[Chart]:
    """Exports refused and chips diverted, and what is established and how many alarms are false, by policy."""
    from sim.figures import Chart, by_policy, frame, panels, policies_data
    from sim.figures.captions import assumptions, source

    data = policies_data(result, settings(variations()), (REFUSED, DIVERTED, FOUND, FALSE))
    counts = data["outcome"].isin((REFUSED, DIVERTED))
    for column in ("median", "low", "high", "mc_error"):
        data.loc[counts, column] *= _real(result) / 1000
    data.loc[counts, "unit"] = "thousand real chips"
    figure, axes = panels(columns=2, rows=2, height_in=4.6, left_in=0.95, names_in=0.4, below_in=0.55)
    titles = {
        REFUSED: "licences refused, thousand chips",
        DIVERTED: "chips diverted under the duty, thousands",
        FOUND: "diversions established within 90 days",
        FALSE: "false alarms per month",
    }
    for place, (axis, (outcome, title)) in enumerate(zip(axes, titles.items(), strict=True)):
        by_policy(data, outcome, axis, share=outcome == FOUND, names=place % 2 == 0)
        axis.set_title(title)
    frame(
        figure,
        title=_claim(result),
        subtitle="Neither, the Diffusion Rule's tiers, the Act, and both: median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "The rescinded AI Diffusion Rule's caps on countries of the middle tier, as if it had stayed, beside the Chip "
        "Security Act. Licences refused are those of the whole run, from the first day, without what blocked consignees "
        "order; the rest is about the duty. The "
        "tiers see orders and nothing after delivery; what is established under them alone is what tips, customs and "
        "end-use checks find today. Left out, in favour of the tiers: a refused order is lost, and nobody, smugglers "
        "included, orders in another country instead. Left out, against them: validated end users, the share that cloud "
        f"companies may use abroad, licences above the caps. {counts_note(result.scenario)}A simulated lot stands for one "
        f"order of {result.scenario.fleet.lot_chips * _real(result):,.0f} chips. {assumptions(result)}"
    )
    yield Chart("tiers", figure, data, caption)


def _claim(result: Result) -> str:
    refused, diverted, before = (
        estimate(result, *of, _real(result) / 1000).median
        for of in ((TIERS, REFUSED), (TIERS, DIVERTED), (STATUS_QUO, DIVERTED))
    )
    if math.isnan(diverted) or math.isnan(before):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"Tiers refuse {figures_of(refused)} thousand chips in all; {figures_of(diverted)} thousand diverted under the "
        f"duty, with neither {figures_of(before)}"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
