"""Landmarks on the network, an audited endorser in the building, or both?

Four deployments in the same worlds. Landmarks time chips from far away, a dozen or a hundred of them. Endorsers stand in
data centres of a thousand chips and more, time the chips around them, and answer for where they are: on the word of audits
alone (`audited`), with nobody to time the chips of smaller sites; or timed by landmarks in turn, which also time those
(`audited_and_pinged`). Against each, every smuggler follows one evasion in turn: relays, a bribed landmark, an endorser that
is taken along or opened, and keys extracted from chips. A sweep of the time between audits shows what the first rests on.

The baseline's orders in small, a year and a half under the duty: one simulated chip for fifty, at the nation's sites, so
that endorsers are counted and paid for as of the nation. What is simple here: each consignee has a hall and an endorser of
his own; smugglers do not choose small sites because these have none; chips behind an air gap are not asked, though an
endorser could serve them; honest chips always answer their endorser in time; and no evidence is really signed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, figures_of, policy_table
from scenarios.answering.sentences import difference_in_words, listed
from scenarios.answering.worlds import Compared, compared, in_common
from scenarios.asking.variations import Variation, settings, vary
from scenarios.command_line import main
from scenarios.parts.evasion_cells import extraction_of_whole_orders
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING: Mapping[str, Any] = {
    "fleet.scale": 0.02,
    "fleet.lot_chips": 50,
    "calendar.duty_after_days": 60,
    "calendar.end_after_duty_days": 550,
    "verification.signing": "none",
}
QUICK = {
    "fleet.scale": 0.001,
    "fleet.lot_chips": 8,
    "geography.sites": 12,
    "calendar.duty_after_days": 60,
    "calendar.end_after_duty_days": 200,
    "enforcement.inspectors": 1,
}
DRAWS, QUICK_DRAWS = 5, 2


@dataclass(frozen=True)
class Deployment:
    """Who times chips.

    Attributes:
        words: in the figures.
        levers: dotted keys, with their values.
    """

    words: str
    levers: Mapping[str, Any]


FEW, MANY, AUDITED, BOTH = "few_landmarks", "many_landmarks", "audited", "both"
DEPLOYMENTS: Mapping[str, Deployment] = {
    FEW: Deployment("12 landmarks", {"geography.landmarks": 12, "geography.endorsers": "none"}),
    MANY: Deployment("100 landmarks", {"geography.landmarks": 100, "geography.endorsers": "none"}),
    AUDITED: Deployment("audited endorsers", {"geography.landmarks": 12, "geography.endorsers": "audited"}),
    BOTH: Deployment("endorsers + 12 landmarks", {"geography.landmarks": 12, "geography.endorsers": "audited_and_pinged"}),
}
SHORT = {FEW: "12 landmarks", MANY: "100 landmarks", AUDITED: "endorsers", BOTH: "both"}
"""The same in titles."""

EVASIONS: Mapping[str, str] = {
    "go_dark": "go dark",
    "relay_from_declared_site": "relay at the declared site",
    "low_latency_relay": "fast circuit to a landmark",
    "bribe_landmark": "bribe the nearest landmarks",
    "move_endorser": "take the endorser along",
    "open_endorser": "open the endorser",
    "extract_key": "extract each chip's key",
}
"""What smugglers do, in words, from crude to costly."""

KEY_IN_THE_CHIP = tuple(name for name in EVASIONS if name != "extract_key")
"""Evasions that who times chips can make a difference to: a key that stays at home is found beside every endorser."""

QUICK_DEPLOYMENTS = (FEW, AUDITED, BOTH)
QUICK_EVASIONS = ("relay_from_declared_site", "move_endorser")
AUDIT_DAYS, QUICK_AUDIT_DAYS = (30.0, 90.0, 365.0), (30.0,)
SWEPT, USUAL = "move_endorser", "relay_from_declared_site"
"""Evasions of the sweep, and of the figure of costs and false alarms."""

FOUND, LATE, FALSE, COST = "established_by_day_90", "established_by_day_180", "false_alarms_per_month", "cost_authority"
MILLIONS = 1e-6

DRIVERS = (
    "geography.endorsers", "geography.endorser_site_chips", "enforcement.endorser_audit_days", "endorser_opened",
    "endorser_audit_miss", "endorser_jitter_ms", "in_loop_processing_ms", "endorser_faults_per_year", "chips_per_endorser",
    "endorser_cost_usd_per_year", "bribe_taken", "key_extraction_success",
)  # fmt: skip
CITATIONS = ("lucid-2025",)
COUNTS = (
    "false alarms and visits are those of the simulated fleet, not the nation's; landmarks and endorsers are counted and "
    "paid for as the nation's"
)


def cells(quick: bool) -> list[Variation]:
    """Every evasion under every deployment; the value is the deployment's number."""
    return [
        Variation(f"{evasion}_under_{name}", evasion, number, {**deployment.levers, **_all_follow(evasion, None)})
        for evasion in (QUICK_EVASIONS if quick else EVASIONS)
        for number, (name, deployment) in enumerate(DEPLOYMENTS.items())
        if not quick or name in QUICK_DEPLOYMENTS
    ]


def audits(quick: bool) -> list[Variation]:
    """An endorser that is taken along, by the time between audits, with landmarks and without."""
    return [
        Variation(
            f"{name}_every_{days:.0f}_days", DEPLOYMENTS[name].words, days,
            {**DEPLOYMENTS[name].levers, **_all_follow(SWEPT, days)},
        )
        for name in (AUDITED, BOTH)
        for days in (QUICK_AUDIT_DAYS if quick else AUDIT_DAYS)
    ]  # fmt: skip


def _all_follow(evasion: str, audit_days: float | None) -> dict[str, Any]:
    """Every smuggler follows one evasion; audits as usual, or so many days apart."""
    levers: dict[str, Any] = {"adversary.strategies": {evasion: 1}}
    return levers if audit_days is None else {**levers, "enforcement.endorser_audit_days": audit_days}


def study(options: Options) -> Study:
    """The same worlds under each deployment and evasion."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    scenario = scenario.replace(uncertainties={**extraction_of_whole_orders(scenario), **scenario.uncertainties})
    variations = [*cells(options.quick), *audits(options.quick)]
    return vary(options, scenario, variations, QUICK_DRAWS if options.quick else DRAWS)


def worst(result: Result, deployment: str, outcome: str = FOUND) -> tuple[str, Estimate]:
    """The evasion of which a deployment finds least, extracted keys apart, and that share in per cent; or not a number."""
    found = {
        row.group: estimate(result, row.name, outcome, 100)
        for row in cells(result.manifest["quick"])
        if row.name == f"{row.group}_under_{deployment}" and row.group in KEY_IN_THE_CHIP
    }
    known = {evasion: share for evasion, share in found.items() if not math.isnan(share.median)}
    if not known:
        return "", Estimate(math.nan, math.nan, math.nan)
    return min(known.items(), key=lambda one: one[1].median)


def shown(quick: bool) -> dict[str, Deployment]:
    """The deployments of a study, by name."""
    return {name: one for name, one in DEPLOYMENTS.items() if not quick or name in QUICK_DEPLOYMENTS}


def answer(result: Result) -> str:
    """What each deployment finds of a relay and of its own worst evasion, and what it then costs."""
    few, *others = deployments = shown(result.manifest["quick"])
    evasions = {name: worst(result, name)[0] for name in deployments}
    relays = {name: f"{USUAL}_under_{name}" for name in deployments}
    worsts = {name: f"{evasion}_under_{name}" for name, evasion in evasions.items()}
    relay = compared(result, relays.values(), FOUND, 100)
    if not relay.known or not all(evasions.values()):
        return TOO_FEW
    least = compared(result, worsts.values(), FOUND, 100)

    def against(found: Compared, policies: Mapping[str, str], name: str) -> str:
        return f"{DEPLOYMENTS[name].words} {difference_in_words(found.gained(policies[name], policies[few]), 'points')}"

    def paid(name: str) -> str:
        return f"({EVASIONS[evasions[name]]}; {figures_of(estimate(result, worsts[name], COST, MILLIONS).median)} million)"

    days = result.scenario.calendar.end_after_duty_days
    return (
        f"Within 90 days {DEPLOYMENTS[few].words} establish {relay[relays[few]].of('%')} of diversions behind a relay at "
        f"the declared site, and world by world {listed([against(relay, relays, name) for name in others])}{relay.among}. "
        "If smugglers do what each finds least of, extracted keys apart (what, and the dollars that the authority spends in "
        f"{days:g} days of duty), {DEPLOYMENTS[few].words} establish {least[worsts[few]].of('%')} {paid(few)}, and "
        f"{listed([f'{against(least, worsts, name)} {paid(name)}' for name in others])}{_of_extracted_keys(result)}."
    )


def _of_extracted_keys(result: Result) -> str:
    """A clause on what is found of those who leave the key at home, where the study has them."""
    keys = [row.name for row in cells(result.manifest["quick"]) if row.group == "extract_key"]
    found = [share for name in keys if not math.isnan((share := estimate(result, name, FOUND, 100)).median)]
    if not found:
        return ""
    least, most = (figures_of(end(share.median for share in found)) for end in (min, max))
    return f"; of extracted keys it is {least if least == most else f'{least} to {most}'} % (medians), whoever times"


def table(result: Result) -> Table:
    """Found, false alarms and cost, by deployment and evasion."""
    quick = result.manifest["quick"]
    names = list(DEPLOYMENTS)
    policies = {row.name: f"{DEPLOYMENTS[names[int(row.value)]].words}: {EVASIONS[row.group]}" for row in cells(quick)}
    policies |= {row.name: f"{row.group}, audits {row.value:.0f} days apart: {EVASIONS[SWEPT]}" for row in audits(quick)}
    columns = (
        Column("established within 90 days, %", FOUND, 100),
        Column("established within 180 days, %", LATE, 100),
        Column("false alarms per month", FALSE),
        Column("cost to the authority, million US$", COST, MILLIONS),
    )
    rows = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "deployment and evasion")
    return Table("Diversions found, false alarms and cost by who times chips and what smugglers do about it.", rows)


def figures(result: Result) -> Iterator[Chart]:
    """Every evasion under every deployment; what deployments cost; what audits are worth."""
    from sim.figures import Chart, by_policy, frame, heat_map, panels, percent, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    data = policies_data(result, settings(cells(quick)), (FOUND, LATE, FALSE, COST))
    at = data[(data["outcome"] == FOUND) & (data["scenario"] != STATUS_QUO)]
    grid = at.pivot_table(index="group", columns="value", values="median", dropna=False)
    names = list(DEPLOYMENTS)
    grid = grid.loc[[name for name in EVASIONS if name in grid.index]]
    grid.index = [EVASIONS[name] for name in grid.index]
    grid.columns = [DEPLOYMENTS[names[int(number)]].words for number in grid.columns]
    figure, (axis,) = panels(1, height_in=2.0 + 0.25 * len(grid), left_in=2.0, names_in=0.7)
    place, height = axis.get_position(), figure.get_figheight()
    axis.set_position((place.x0, 0.4 / height, place.width, 1 - 1.65 / height))  # room for headings, none for an axis
    heat_map(grid, axis, write=percent)
    frame(
        figure,
        title=_claim(result),
        subtitle="Diversions established within 90 days, if all smugglers do the same; medians"
        + ("" if quick else ". The title leaves extracted keys aside"),
        source=source(result),
    )
    caption = (
        "Share of chips diverted under the duty whose diversion is established within 90 days, by who times chips (columns) "
        "and what every smuggler does (rows). Endorsers stand at sites of at least "
        f"{result.scenario.geography.endorser_site_chips:,} chips, one in each consignee's hall, and find a chip beside "
        "them if it answers within its own processing and its host's jitter, turned into distance at the speed of light; "
        f"audits come every {result.scenario.enforcement.endorser_audit_days:g} days. 'Audited endorsers': no landmarks, "
        "nobody times chips at smaller sites. Where there is no endorser, taking it along or opening it is a plain relay. "
        f"Intervals are in the data. {assumptions(result)}"
    )
    yield Chart("deployments", figure, data, caption)

    paid = policies_data(result, settings(_by_deployment(quick)), (FALSE, COST))
    paid.loc[paid["outcome"] == COST, ["median", "low", "high"]] *= MILLIONS
    figure, (left, right) = panels(2, height_in=2.9, names_in=0.3)
    by_policy(paid, FALSE, left)
    by_policy(paid, COST, right, names=False)
    left.set_title("false alarms per month")
    right.set_title("cost to the authority, million US\\$")
    frame(
        figure,
        title=_second_claim(paid),
        subtitle="Over the duty, if smugglers have relays; median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Left: cases per month in which no chip was diverted, of the simulated fleet. Endorsers that break down silence "
        "their site. Right: landmarks, endorsers and their audits, visits and inspectors over the time of the duty. "
        "Landmarks and endorsers are those of the nation (endorsers by the real size of sites), visits those of the "
        f"simulated fleet. Few of these prices are sourced. {assumptions(result)}"
    )
    yield Chart("false-alarms-and-cost", figure, paid, caption)
    yield _audits_chart(result)


def _audits_chart(result: Result) -> Chart:
    """What is found of endorsers that are taken along, by the time between audits."""
    from sim.figures import Chart, by_lever, frame, name_values, panels, policies_data
    from sim.figures.captions import assumptions, source

    quick = result.manifest["quick"]
    usual_days = result.scenario.enforcement.endorser_audit_days
    usual = [
        Variation(f"{SWEPT}_under_{name}", DEPLOYMENTS[name].words, usual_days, {}) for name in (AUDITED, BOTH)
    ]  # fmt: skip
    data = in_common(result, policies_data(result, settings([*audits(quick), *usual]), (FOUND, LATE)))
    figure, (left, right) = panels(2, left_in=0.55, names_in=1.35)
    for axis, outcome, days in ((left, FOUND, 90), (right, LATE, 180)):
        by_lever(data, outcome, axis, share=True)
        axis.set_title(f"diversions established within {days} days")
        name_values(axis, data, "days between audits of a site")
    for text in [*left.texts, *right.texts]:
        text.set_text(text.get_text().replace(" + 12", "\n+ 12"))
    frame(
        figure,
        title=_third_claim(data),
        subtitle="Every smuggler takes the endorser along with the chips; median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Share of chips diverted under the duty whose diversion is established in time, by the time between audits of a "
        "site's endorsers. An auditor sees at once that an endorser is gone, and an inspector then looks for its chips. "
        "With landmarks the endorser itself is timed, as a chip would be. Worlds in which all have a value. "
        f"{assumptions(result)}"
    )
    return Chart("audits", figure, data, caption)


def _by_deployment(quick: bool) -> list[Variation]:
    """One policy for each deployment, in words."""
    return [
        Variation(f"{USUAL}_under_{name}", one.words, number, {})
        for number, (name, one) in enumerate(shown(quick).items())
    ]  # fmt: skip


def _claim(result: Result) -> str:
    quick = result.manifest["quick"]
    found = {name: worst(result, name)[1].median for name in shown(quick)}
    if any(math.isnan(share) for share in found.values()):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return "Least found: " + ", ".join(f"{SHORT[name]} {share:.0f} %" for name, share in found.items())


def _second_claim(data: pd.DataFrame) -> str:
    words = {one.words: SHORT[name] for name, one in DEPLOYMENTS.items()}
    cost = data[(data["outcome"] == COST) & (data["scenario"] != STATUS_QUO)].set_index("group")["median"].dropna()
    if cost.empty:
        return "Nothing was paid, so that there is no headline"
    return "Million US dollars: " + ", ".join(f"{words[name]} {figures_of(usd)}" for name, usd in cost.items())


def _third_claim(data: pd.DataFrame) -> str:
    found = data[data["outcome"] == LATE].set_index(["group", "value"])["median"].dropna()
    words, days = DEPLOYMENTS[AUDITED].words, sorted(data["value"].dropna().unique())
    if any((words, one) not in found.index for one in (days[0], days[-1])):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    often, seldom = (100 * found[words, one] for one in (days[0], days[-1]))
    return (
        f"Audited every {days[0]:.0f} days, endorsers alone find {often:.0f} % in 180 days; every {days[-1]:.0f}, "
        f"{seldom:.0f} %"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
