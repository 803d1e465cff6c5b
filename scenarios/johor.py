"""What would verification do in Johor, where the scale is?

Johor, across the strait from Singapore, is where South-East Asia's data centres grow fastest: 5.8 gigawatts operating, being
built or planned by the middle of 2025, and the largest known cluster abroad, some 179,000 chips expected by October 2026.
How many of its chips can a ping clear, how many cases open there without a diverted chip, how many visits does that take,
and how many inspectors does one region keep busy?

The catalogue has two hubs there, Johor Bahru and Kulai, and sites in turn; the largest known cluster is put where it is
said to be, at Johor Bahru (`geography.largest_site_at`), all other sites are as large as they are drawn. Three ways to ask:
twelve landmarks at internet hubs, as in the baseline; as many where the latency model says that they clear most chips; and
these with repairs reported to the authority and confirmed by the maker.

300 days under the duty, the nation chip by chip (some 15 seconds for a run on a usual machine): cases open by site, so that
a tenth of the fleet has not a tenth of the work. In one run at central values false alarms in the world were 32 a month with
one simulated chip for ten, 64 with all, and in Johor 1.5 and 1.9, since there one large site has most of the chips.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import Table, figures_of
from scenarios.answering.places import PLACES_COUNTED, UNITS, by_run, counts_note, place_data, place_estimate
from scenarios.answering.worlds import drawn_ends
from scenarios.asking.variations import Variation, settings, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {
    "geography.largest_site_at": "Johor Bahru",
    "calendar.end_after_duty_days": 300,
    "fleet.scale": 1,
}
QUICK_SETTING = {
    **QUICK,
    "fleet.scale": 0.0015,
    "fleet.lot_chips": 12,
    "enforcement.inspectors": 2,
    "calendar.end_after_duty_days": 300,
}
HUBS = ("Johor Bahru", "Kulai")
DRAWS, QUICK_DRAWS = 4, 2
HUB_LANDMARKS, PLACED, REPORTED = "twelve_at_hubs", "twelve_placed", "repairs_reported"
SHARES = {
    "share_of_sites": "sites",
    "share_of_chips": "chips at work",
    "share_of_diverted": "diverted chips",
    "share_of_false_alarms": "false alarms",
    "share_of_inspections": "visits of inspectors",
}
WORK = {
    "clearable_chips": "chips where a ping can clear them",
    "false_alarms_per_month": "false alarms per month",
    "inspections_per_month": "visits of inspectors per month",
    "inspectors_busy": "inspectors that visits keep busy",
}

DRIVERS = (
    "geography.largest_site_at", "largest_site_chips", "geography.landmarks", "geography.placement",
    "verification.rma_reconciliation", "verification.grace_days", "enforcement.inspectors", "exports_to_south_east_asia",
    "diverted_via_south_east_asia", "gpu_faults_per_chip_year", "repair_absence_days", "excess_scale",
)  # fmt: skip
CITATIONS = ("cset-model-2026", "johor-supply-2025", "malaysia-capacity-2026", "malaysia-imports-2025")
COUNTS = PLACES_COUNTED


def variations() -> list[Variation]:
    """Three ways to ask."""
    placed: dict[str, Any] = {"geography.placement": "clearance"}
    return [
        Variation(
            HUB_LANDMARKS,
            "landmarks at hubs",
            0,
            {"geography.placement": "internet_hubs", "verification.rma_reconciliation": False},
        ),
        Variation(PLACED, "placed to clear", 1, {**placed, "verification.rma_reconciliation": False}),
        Variation(REPORTED, "and repairs reported", 2, {**placed, "verification.rma_reconciliation": True}),
    ]


def study(options: Options) -> Study:
    """The baseline's worlds, with the largest cluster in Johor, under each way to ask."""
    scenario = options.scenario("baseline", QUICK_SETTING, SETTING)
    return vary(options, scenario, variations(), QUICK_DRAWS if options.quick else DRAWS)


def answer(result: Result) -> str:
    """How much is there, what can be cleared, and what the work is."""
    johor = by_run(result, hubs=HUBS)

    def there(policy: str, outcome: str, times: float = 1.0) -> Any:
        return place_estimate(johor, policy, outcome, times)

    sites = there(HUB_LANDMARKS, "sites").median
    inspectors, landmarks = there(HUB_LANDMARKS, "inspectors_busy"), result.scenario.geography.landmarks
    return (
        f"Johor's {sites:.0f} {'site has' if sites == 1 else 'sites have'} "
        f"{there(HUB_LANDMARKS, 'share_of_chips', 100).of('%')} of the chips at work abroad, "
        f"{there(HUB_LANDMARKS, 'chips', 1e-3)} thousand, and a ping can clear "
        f"{there(HUB_LANDMARKS, 'clearable_chips', 100).of('%')} of them with {landmarks} landmarks at internet hubs and "
        f"{there(PLACED, 'clearable_chips', 100).of('%')} with as many placed to clear chips. "
        f"In the first {result.scenario.calendar.end_after_duty_days:g} days of the duty, with landmarks at hubs, the rule "
        f"brings {there(HUB_LANDMARKS, 'false_alarms_per_month')} false alarms and "
        f"{there(HUB_LANDMARKS, 'inspections_per_month')} visits a month there, which keep {inspectors} of "
        f"{result.scenario.enforcement.inspectors} inspectors busy; with landmarks placed to clear chips "
        f"they keep {there(PLACED, 'inspectors_busy')} busy, and with repairs reported as well "
        f"{there(REPORTED, 'inspectors_busy')}."
    )


def table(result: Result) -> Table:
    """Johor under each way to ask and without the rule."""
    import pandas as pd

    johor = by_run(result, hubs=HUBS)
    rows = []
    for policy, words in {**{row.name: row.group for row in variations()}, STATUS_QUO: "status quo"}.items():
        rows.append(
            {
                "policy": words,
                "chips at work, thousands": place_estimate(johor, policy, "chips", 1e-3),
                "of all abroad, %": place_estimate(johor, policy, "share_of_chips", 100),
                "sites where a ping can clear, %": place_estimate(johor, policy, "clearable_sites", 100),
                "chips there, %": place_estimate(johor, policy, "clearable_chips", 100),
                "false alarms per month": place_estimate(johor, policy, "false_alarms_per_month"),
                "visits per month": place_estimate(johor, policy, "inspections_per_month"),
                "inspectors busy": place_estimate(johor, policy, "inspectors_busy"),
                "wait for one, days": place_estimate(johor, policy, "wait_days"),
                "of all diverted chips, %": place_estimate(johor, policy, "share_of_diverted", 100),
                "established by the end, %": place_estimate(johor, policy, "established", 100),
            }
        )
    return Table("Johor Bahru and Kulai by the way chips are asked.", pd.DataFrame(rows))


def figures(result: Result) -> Iterator[Chart]:
    """Johor's share of the world, and what the rule can do and has to do there."""
    from sim.figures import Chart, by_policy, frame, panels
    from sim.figures.captions import assumptions, source

    johor, landmarks = by_run(result, hubs=HUBS), result.scenario.geography.landmarks
    shares = _shares(johor)
    figure, (axis,) = panels(height_in=3.2, left_in=1.35, names_in=0.7)
    by_policy(shares, "share", axis, share=True)
    frame(
        figure,
        title=_claim(johor),
        subtitle="Johor's share of all abroad under the rule, landmarks at hubs: median and 10-90 % of draws and runs",
        source=source(result),
    )
    notes = (
        "Johor Bahru and Kulai, two hubs of the catalogue; the largest known cluster stands at the first, by the model of "
        f"CSET {result.scenario.values['largest_site_chips']:,.0f} chips, all other sites are as large as they are drawn. "
        "Chips are spread over sites in proportion to size."
    )
    caption = (
        "Share of the world's sites, chips at work on the last day, chips diverted under the duty by their declared site, "
        f"cases without a diverted chip, and visits of the rule's inspectors. {notes} {assumptions(result)}"
    )
    yield Chart("johor-share", figure, shares, caption)

    work = place_data(johor, settings(variations()), tuple(WORK))
    work = work[work["scenario"] != STATUS_QUO].reset_index(drop=True)
    figure, axes = panels(columns=2, rows=2, height_in=4.2, left_in=1.35, names_in=0.35, below_in=0.55)
    for place, (axis, (outcome, title)) in enumerate(zip(axes, WORK.items(), strict=True)):
        by_policy(work, outcome, axis, share=outcome == "clearable_chips", names=place % 2 == 0)
        axis.set_title(title)
    frame(
        figure,
        title=_work_claim(johor, result.scenario.enforcement.inspectors),
        subtitle=f"Johor by the way chips are asked, {landmarks} landmarks each: median and 10-90 % of draws and runs",
        source=source(result),
    )
    caption = (
        "Above: share of chips at sites that a ping could clear when they were last measured; cases per month without a "
        "diverted chip. Below: visits per month, and the days that these keep an inspector busy, travel and report "
        f"included, over all days of the duty. {counts_note(result.scenario)}Repairs reported: chips "
        f"whose repair is reported, and confirmed by the maker, are excused until they are back. {notes} "
        f"{assumptions(result)}"
    )
    yield Chart("johor-work", figure, work, caption)


def _shares(johor: pd.DataFrame) -> pd.DataFrame:
    """Johor's shares, each as a row of one outcome, so that they stand below each other."""
    import pandas as pd

    rows = [
        (HUB_LANDMARKS, words, name, "share", *drawn_ends(place_estimate(johor, HUB_LANDMARKS, name)), UNITS[name])
        for name, words in SHARES.items()
    ]
    columns = ["scenario", "group", "share_of", "outcome", "median", "low", "high", "unit"]
    return pd.DataFrame(rows, columns=columns).dropna(subset=["median"], ignore_index=True)


def _claim(johor: pd.DataFrame) -> str:
    chips, sites = (100 * place_estimate(johor, HUB_LANDMARKS, f"share_of_{of}").median for of in ("chips", "sites"))
    return f"Johor has {figures_of(sites)} % of the sites abroad and {figures_of(chips)} % of the chips"


def _work_claim(johor: pd.DataFrame, inspectors: int) -> str:
    hubs, placed = (place_estimate(johor, policy, "clearable_chips", 100) for policy in (HUB_LANDMARKS, PLACED))
    busy = place_estimate(johor, HUB_LANDMARKS, "inspectors_busy").median
    return (
        f"In Johor a ping clears {hubs} or {figures_of(placed.median)} % of chips; "
        f"cases keep {figures_of(busy)} of {inspectors} inspectors busy"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
