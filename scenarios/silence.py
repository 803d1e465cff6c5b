"""How long may a chip be silent, and what tells the innocent from the smuggled?

The grace period from three days to two months, for lone silences, with repairs reconciled with the maker's, and with scans
for chips of a lot or a site that fall silent together: diversions established within 90 days against false alarms.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared, gained
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
GRACES_DAYS, QUICK_GRACES_DAYS = (14, 3, 7, 30, 60), (14, 30)
TODAY = ["contradiction", "invalid", "silence_streak", "unconfirmed"]
KINDS: dict[str, dict[str, Any]] = {
    "lone silence": {"verification.detectors": TODAY, "verification.rma_reconciliation": False},
    "repairs reconciled": {"verification.detectors": TODAY, "verification.rma_reconciliation": True},
    "and batches scanned": {
        "verification.detectors": [*TODAY, "lot_scan", "site_scan"],
        "verification.rma_reconciliation": True,
    },
}
DRAWS, QUICK_DRAWS = 5, 2
FOUND, FALSE = "established_by_day_90", "false_alarms_per_month"
RIGHT_CASES, RIGHT_CHIPS = "precision_of_cases", "precision_of_alerts"

DRIVERS = (
    "verification.grace_days", "verification.detectors", "verification.rma_reconciliation", "verification.scan_alpha",
    "gpu_faults_per_chip_year", "repair_absence_days", "repair_log_sd", "rma_reported_share", "site_outages_per_site_year",
    "site_outage_hours", "transit_to_restricted_days",
)  # fmt: skip
CITATIONS = ("llama3-2024", "uptime-2025")


def variations(quick: bool) -> list[Variation]:
    """One policy for each grace period and kind of detection."""
    return [
        Variation(
            f"{kind.replace(' ', '_')}_{grace}_days", kind, grace, {"verification.grace_days": grace, **levers}
        )
        for kind, levers in KINDS.items()
        for grace in (QUICK_GRACES_DAYS if quick else GRACES_DAYS)
    ]  # fmt: skip


def study(options: Options) -> Study:
    """The baseline's worlds under each policy."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """What less grace finds and costs, and what repairs reconciled and batches scanned add at the baseline's grace."""
    policies = {(row.group, row.value): row.name for row in variations(result.manifest["quick"])}
    lone, *_, scanned = KINDS
    graces = sorted(grace for kind, grace in policies if kind == lone)
    ends = [policies[lone, grace] for grace in (graces[0], graces[-1])]
    both = policies[scanned, GRACES_DAYS[0]], policies[lone, GRACES_DAYS[0]]
    found = compared(result, {*ends, *both}, FOUND, 100)
    if not found.known:
        return TOO_FEW
    false = [estimate(result, name, FALSE) for name in ends]
    changes = [
        difference_in_words(found.gained(*both), "percentage points"),
        difference_in_words(gained(result, *both, FALSE), "a month", ("more", "fewer")),
    ]
    return (
        f"By lone silences, diversions established within 90 days go from {found[ends[0]].of('%')} with {graces[0]:g} days "
        f"of grace to {found[ends[1]].of('%')} with {graces[-1]:g}{found.among}, and false alarms from {false[0]} to "
        f"{false[1]} a month. "
        f"At {GRACES_DAYS[0]} days, repairs reconciled and batches scanned establish, world by world, {changes[0]}, with "
        f"false alarms that are {changes[1]}."
    )


def table(result: Result) -> Table:
    """Found, false alarms and how often alerts are right, by kind of detection and grace."""
    policies = {row.name: f"{row.group}, {row.value:g} days" for row in variations(result.manifest["quick"])}
    columns = (
        Column("established within 90 days, %", FOUND, 100),
        Column("false alarms per month", FALSE),
        Column("cases that are right, %", RIGHT_CASES, 100),
        Column("chips alerted on that are diverted, %", RIGHT_CHIPS, 100),
    )
    rows = policy_table(result, {**policies, STATUS_QUO: "status quo"}, columns, "detection and grace")
    return Table("Diversions found and false alarms by the days that a chip may be silent.", rows)


def figures(result: Result) -> Iterator[Chart]:
    """Found against false alarms, and how often an alert is right."""
    from sim.figures import Chart, by_lever, frame, hide_labels, name_values, panels, policies_data, trade_off
    from sim.figures.captions import assumptions, source

    places = settings(variations(result.manifest["quick"]))
    data = policies_data(result, places, (FOUND, FALSE))
    figure, (axis,) = panels(height_in=4.2)
    trade_off(data, FALSE, FOUND, axis, value_label="{:g} d")
    axis.set_xlabel("false alarms per month")
    axis.set_ylabel("share of diverted chips")
    frame(
        figure,
        title=_claim(data),
        subtitle="Diversions established within 90 days against false alarms, by days of grace; median and 10-90 % of draws",
        source=source(result),
    )
    caption = (
        "Each point is a grace period in days, bars are 10-90 % of draws. Repairs reconciled: a chip whose repair the maker "
        "confirms is not alerted on. Batches scanned: chips of a lot, or of a site, that fall silent in the same round are "
        "alerted on at once if so many by chance are less likely than the level of the scan, unless all of the site is "
        f"silent. {assumptions(result)}"
    )
    yield Chart("silence-trade-off", figure, data, caption)

    data = policies_data(result, places, (RIGHT_CASES, RIGHT_CHIPS))
    figure, (left, right) = panels(2)
    for axis, outcome, title in ((left, RIGHT_CASES, "of cases"), (right, RIGHT_CHIPS, "of chips alerted on")):
        by_lever(data[data["scenario"].isin(places)], outcome, axis, share=True)
        name_values(axis, data, "days of grace")
        axis.set_title(f"share {title} with a diverted chip" if title == "of cases" else f"share {title} that are diverted")
        axis.set_ylim(0, 1)
    hide_labels(left)  # the right panel names the curves
    frame(
        figure,
        title=_right(data),
        subtitle="How often an alert is right, by days of grace; median and 10-90 % of draws",
        source=source(result),
    )
    caption = (
        "Left: cases that held at least one diverted chip, closed or not at the end. Right: diverted chips among all "
        f"chips of cases. One outage of a site is one case, however many chips are silent. {assumptions(result)}"
    )
    yield Chart("alerts-that-are-right", figure, data, caption)


def _claim(data: pd.DataFrame) -> str:
    best = {
        kind: rows.set_index("outcome")["median"]
        for kind, rows in data[data["value"] == GRACES_DAYS[0]].groupby("group", sort=False)
    }
    lone, all_of_it = (best.get(kind) for kind in (next(iter(KINDS)), list(KINDS)[-1]))
    if lone is None or all_of_it is None or FOUND not in lone or FOUND not in all_of_it:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"At {GRACES_DAYS[0]} days of grace scans and reported repairs find {100 * all_of_it[FOUND]:.0f} % at "
        f"{all_of_it[FALSE]:.0f} false alarms a month; without both {100 * lone[FOUND]:.0f} %, {lone[FALSE]:.0f}"
    )


def _right(data: pd.DataFrame) -> str:
    rows = data[(data["outcome"] == RIGHT_CASES) & (data["value"] == GRACES_DAYS[0])].set_index("group")["median"]
    if list(rows.index) != list(KINDS):
        return "No case was closed"
    lone, reconciled, scanned = (f"{100 * rows[kind]:.0f} %" for kind in KINDS)
    return f"Of cases {lone} are right; {reconciled} with repairs reconciled, {scanned} with batches scanned too"


if __name__ == "__main__":
    sys.exit(main(__file__))
