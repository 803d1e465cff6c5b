"""What can each detector tell, alone and together with the others?

For the whole fleet: each detector over a range of its threshold, and all of them together, by the share of diverted chips
that are alerted on within 90 days and by false alarms per month, beside what one to seven officers could visit. There are
enough inspectors for every case, so that what is shown are the detectors, not the queue.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Column, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import compared
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.detection.register import DETECTORS
from sim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"fleet.scale": 1, "calendar.end_after_duty_days": 365, "enforcement.inspectors": 1000}
OFFICERS = (1, 7)
RUNS, QUICK_RUNS = 2, 1
FOUND, FALSE = "alerted_by_day_90", "false_alarms_per_month"

DRIVERS = (
    "verification.grace_days", "verification.unconfirmed_days", "verification.unconfirmed_answers",
    "verification.scan_alpha", "verification.cusum_threshold", "verification.sprt_alpha", "verification.registry_days",
    "adversary.strategies", "gpu_faults_per_chip_year", "repair_absence_days", "site_outages_per_site_year",
    "rma_reported_share", "inspection_days",
)  # fmt: skip
CITATIONS = ("bureau-staff-2025", "llama3-2024")

THRESHOLDS: Mapping[str, tuple[str, tuple[float, ...], Mapping[str, Any]]] = {
    "silence streak, days of grace": ("grace_days", (14, 3, 7, 30, 60), {"detectors": ["silence_streak"]}),
    "unconfirmed, days": ("unconfirmed_days", (7, 2, 14, 30), {"detectors": ["unconfirmed"]}),
    "scans of lots and sites, level": ("scan_alpha", (1e-9, 1e-4, 1e-6, 1e-12), {"detectors": ["lot_scan", "site_scan"]}),
    "CUSUM of sites, threshold": ("cusum_threshold", (7, 3, 15, 30), {"detectors": ["cusum"]}),
    "SPRT of chips, alpha": ("sprt_alpha", (1e-6, 1e-3, 1e-9, 1e-15), {"detectors": ["sprt"]}),
    "register, days between": ("registry_days", (90, 30, 180), {"detectors": ["registry"]}),
}
"""By what a curve is called: the lever that is varied, its values, and what else is set; all of `verification`."""

TOGETHER = "all together, days of grace"
ALL = {"detectors": [name for name in DETECTORS if name != "drift"]}
"""All but a drift test, which is for sites that cannot be cleared where the policy is to accept one."""


def variations(quick: bool) -> list[Variation]:
    """One policy for each detector and threshold."""
    curves = {TOGETHER: ("grace_days", (14, 3, 7, 30, 60), ALL), **THRESHOLDS}
    found = []
    for group, (lever, values, others) in curves.items():
        for value in values[:2] if quick else values:
            levers = {f"verification.{key}": setting for key, setting in {**others, lever: value}.items()}
            name = f"{lever}_{value:g}_{'together' if group == TOGETHER else 'alone'}"
            found.append(Variation(_named(name), group, value, levers))
    return found


def study(options: Options) -> Study:
    """The whole fleet under each policy, parameters at central values unless draws are asked for."""
    quick = {key: value for key, value in QUICK.items() if key != "enforcement.inspectors"}
    study = vary(options, options.scenario("baseline", quick, SETTING), variations(options.quick), 0)
    return Study(study.scenario, options.runs or (QUICK_RUNS if options.quick else RUNS), study.draws, study.beside)


def answer(result: Result) -> str:
    """All detectors together beside the best alone, at the baseline's thresholds; and what officers could follow up."""
    rows = variations(result.manifest["quick"])
    found = compared(result, [row.name for row in rows], FOUND, 100)
    if not found.known:
        return TOO_FEW
    first = {row.group: row for row in reversed(rows)}  # of each group the first, which is the baseline's threshold
    together = first.pop(TOGETHER)
    best = max(first.values(), key=lambda row: found[row.name].median)
    change = found.gained(together.name, best.name)
    visits = OFFICERS[1] * DAYS_PER_MONTH / result.scenario.values["inspection_days"]
    affordable = [row for row in rows if estimate(result, row.name, FALSE).median <= visits]
    told = f"No setting that was tried keeps to the {visits:.0f} false alarms a month that {OFFICERS[1]} officers can visit"
    if affordable:
        most = max(affordable, key=lambda row: found[row.name].median)
        told = (
            f"Of the settings that keep to the {visits:.0f} false alarms a month that {OFFICERS[1]} officers can visit, "
            f"{_setting(most)} alerts on most, {found[most.name].of('%')}"
        )
    return (
        f"At the baseline's thresholds all detectors together alert on {found[together.name].of('%')} of diverted chips "
        f"within 90 days{found.among}, with {estimate(result, together.name, FALSE)} false alarms a month; the one that "
        f"alone alerts on most, {_setting(best)}, does on {found[best.name].of('%')} with "
        f"{estimate(result, best.name, FALSE)}, so that all together find {difference_in_words(change, 'points')}. {told}."
    )


def table(result: Result) -> Table:
    """Alerted on and false alarms by detector and threshold."""
    policies = {row.name: _setting(row) for row in variations(result.manifest["quick"])}
    columns = (
        Column("alerted on within 90 days, %", FOUND, 100),
        Column("false alarms per month", FALSE),
        Column("cases that are right, %", "precision_of_cases", 100),
    )
    return Table("What each detector alerts on by its threshold.", policy_table(result, policies, columns, "detector"))


def _setting(row: Variation) -> str:
    """A detector at a threshold, in words."""
    if row.group == TOGETHER:
        return f"all together, {row.value:g} days of grace"
    name, _, unit = row.group.partition(", ")
    return f"{name} ({unit} {row.value:g})"


def figures(result: Result) -> Iterator[Chart]:
    """Alerted on against false alarms, a curve for each detector."""
    from sim.figures import Chart, frame, panels, policies_data, trade_off
    from sim.figures.captions import assumptions, source
    from sim.figures.layout import stacked
    from sim.figures.style import NOTE_PT

    data = policies_data(result, settings(variations(result.manifest["quick"])), (FOUND, FALSE))
    figure, (axis,) = panels(height_in=4.6)
    capacity = [number * DAYS_PER_MONTH / result.scenario.values["inspection_days"] for number in OFFICERS]
    axis.axvspan(*capacity, color="#999999", alpha=0.2, linewidth=0)
    trade_off(data, FALSE, FOUND, axis)
    side = -1 if stacked(axis) else 1  # in a journal's column there is no room within
    if capacity[0] < axis.get_xlim()[1]:
        axis.annotate(
            f"visits a month of\n{OFFICERS[0]} to {OFFICERS[1]} officers", (capacity[0], 0.02), xytext=(side * 3, 0),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=NOTE_PT, color="#444444", va="bottom",
            ha="left" if side > 0 else "right",
        )  # fmt: skip
    scale = {"log": " (logarithmic)", "symlog": " (logarithmic but for 0)"}.get(axis.get_xscale(), "")
    axis.set_xlabel(f"false alarms per month{scale}")
    axis.set_ylabel("share of diverted chips")
    frame(
        figure,
        title=_claim(data, capacity[1]),
        subtitle="Diverted chips alerted on within 90 days against cases without one, by threshold; bars: 10-90 %",
        source=source(result),
    )
    caption = (
        "Each point is a threshold of a detector used alone, in its own unit; the first curve is all of them together, by "
        "days of grace, the others at the baseline's thresholds. A false alarm is a case without a diverted chip, also one "
        "that a remote request has settled. Points without false alarms stand at 0, to the left of "
        "where the axis is logarithmic; where points lie close together only one has its value. Grey: visits a month that "
        f"{OFFICERS[0]} to {OFFICERS[1]} officers make. {assumptions(result)}"
    )
    yield Chart("detectors", figure, data, caption)


def _named(text: str) -> str:
    return text.replace("-", "_minus_").replace("+", "").replace(".", "_")


def _claim(data: pd.DataFrame, most_visits: float) -> str:
    wide = data[data["group"] != ""].pivot_table(index=["group", "value"], columns="outcome", values="median")
    if FOUND not in wide or FALSE not in wide:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    affordable = wide[wide[FALSE] <= most_visits]
    if affordable.empty:
        return f"No detector keeps false alarms within the visits of {OFFICERS[1]} officers"
    best = affordable[FOUND].idxmax()
    return (
        f"With false alarms for {OFFICERS[1]} officers, {100 * affordable[FOUND].max():.0f} % are alerted on in 90 days"
        + (", by all together" if best[0] == TOGETHER else "")
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
