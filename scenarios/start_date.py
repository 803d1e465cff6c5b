"""What does it cost to start two years after enactment and not after 180 days?

The duty after 180 days (the bill as introduced), a year and two years (what chip makers ask for), each followed to the
same day, five years after enactment. All chips that smugglers take from enactment on count, not only those under the duty:
which of them carry the mechanism, which diversions are established by the end, and how much use smugglers' customers have
of them. That smugglers would hurry while chips without it are to be had is not modelled, so that the price of waiting is a
lower bound. One simulated chip stands for ten.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.answering.brief import TOO_FEW, Table
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import WORLD, spread, spread_by_date, spread_data, worlds_of
from scenarios.asking.variations import Variation, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_YEAR, calendar_date
from sim.world.products import h100e_of_products, product_names

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

STARTS_DAYS, QUICK_STARTS_DAYS = (180, 365, 730), (180, 730)
END_DAYS, QUICK_END_DAYS = 1826, 1096
"""From enactment to the end of every run."""

DRAWS, QUICK_DRAWS = 5, 2
LOST, FOUND, USE = "taken without the mechanism", "established by the end", "use, as a share of the status quo"
LOST_CHIPS, ALL_CHIPS = "chips taken without the mechanism", "chips taken"
UNITS = {LOST: "share of chips", FOUND: "share of chips", USE: "share of H100e-years"}

DRIVERS = (
    "calendar.duty_after_days", "covered_exports_per_year", "cnas_volume_2024_chips", "smuggled_volume_growth",
    "dwell_at_declared_site_days", "tips_detection_ever", "verification.grace_days", "enforcement.inspectors",
    "enforcement.licence_denial",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025",)
COUNTS = "chips are scaled up to the nation's"


def variations(quick: bool) -> list[Variation]:
    """One policy for each start; all end on the same day."""
    end = QUICK_END_DAYS if quick else END_DAYS
    return [
        Variation(
            f"after_{days}_days",
            f"{days} days",
            days,
            {"calendar.duty_after_days": days, "calendar.end_after_duty_days": end - days},
        )
        for days in (QUICK_STARTS_DAYS if quick else STARTS_DAYS)
    ]


def study(options: Options) -> Study:
    """The baseline's worlds with each start."""
    quick = {key: value for key, value in QUICK.items() if key != "calendar.end_after_duty_days"}
    scenario = options.scenario("baseline", quick)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def words(result: Result) -> dict[str, str]:
    """Starts in words, the earliest first."""
    return {row.name: row.group for row in variations(result.manifest["quick"])}


def since_enactment(result: Result) -> pd.DataFrame:
    """What became of all chips taken since enactment: index scenario, draw, run, a column for each outcome.

    Without the rule chips carry what nobody asks for, so that the status quo has no share taken without the mechanism.
    """
    chips, start = result.chips, result.scenario.calendar
    end_day = start.end_day
    until = chips["seized_day"].fillna(end_day)
    used = (until - chips["arrived_day"]).clip(lower=0).fillna(0) * _h100e(result) / DAYS_PER_YEAR
    marked = chips[["scenario", *WORLD]].assign(
        **{LOST: ~chips["covered"].astype(bool), FOUND: chips["established_day"].notna(), USE: used}
    )
    groups = marked.groupby(["scenario", *WORLD], sort=False)
    everywhere = worlds_of(result)
    counts = groups[[LOST, FOUND]].mean().astype(float).reindex(everywhere)
    counts[ALL_CHIPS] = groups.size().reindex(everywhere, fill_value=0) / result.scenario.fleet.scale
    counts[LOST_CHIPS] = counts[LOST].fillna(0) * counts[ALL_CHIPS]
    use = groups[USE].sum().astype(float).reindex(everywhere, fill_value=0.0)
    before = use.loc[STATUS_QUO].where(lambda years: years > 0)
    counts[USE] = use / before.reindex(use.index.droplevel("scenario")).to_numpy()
    counts.loc[STATUS_QUO, [LOST, LOST_CHIPS]] = math.nan
    return counts


def _h100e(result: Result) -> pd.Series[Any]:
    """H100-equivalents of each chip in the result's table, by its product and draw."""
    import pandas as pd

    scenario, chips = result.scenario, result.chips
    drawn: list[Mapping[str, float]] = list(result.drawn) or [{}]
    worlds = [scenario.replace(uncertainties={**scenario.uncertainties, **one}) for one in drawn]
    table = np.array([h100e_of_products(world.values) for world in worlds])
    number = chips["product"].map({name: place for place, name in enumerate(product_names())})
    places = chips["draw"].to_numpy(np.int64), number.to_numpy(np.int64)
    return pd.Series(table[places], index=chips.index)


def answer(result: Result) -> str:
    """What is taken without the mechanism, found and used, with the earliest and the latest start."""
    names = list(words(result))
    early, late = names[0], names[-1]
    outcomes = since_enactment(result)
    if any(math.isnan(spread(outcomes.loc[name, one]).median) for name in (early, late) for one in UNITS):
        return TOO_FEW
    lost, found = ({name: spread(100 * outcomes.loc[name, one]) for name in (early, late)} for one in (LOST, FOUND))
    more_chips = spread((outcomes.loc[late, LOST_CHIPS] - outcomes.loc[early, LOST_CHIPS]) / 1e3)
    more_use = spread(100 * (outcomes.loc[late, USE] / outcomes.loc[early, USE] - 1))
    return (
        f"If the duty starts after {words(result)[early]}, {lost[early].of('%')} of the chips that smugglers take within "
        f"{_years(result)} years of enactment leave without the mechanism, after {words(result)[late]} "
        f"{lost[late].of('%')}, world by world {difference_in_words(more_chips, 'thousand chips', ('more', 'fewer'))}. "
        f"By the end {found[early].of('%')} and {found[late].of('%')} of all these diversions are established, and with the "
        f"late start the use of smuggled chips is {difference_in_words(more_use, '%')}."
    )


def _years(result: Result) -> str:
    return f"{result.scenario.calendar.end_day / DAYS_PER_YEAR:.0f}"


def table(result: Result) -> Table:
    """All chips taken since enactment, by the start of the duty."""
    import pandas as pd

    outcomes = since_enactment(result)
    named = {name: f"after {text}" for name, text in words(result).items()} | {STATUS_QUO: "status quo"}
    rows = [
        {
            "duty": text,
            "chips taken, thousands": spread(outcomes.loc[name, ALL_CHIPS] / 1e3),
            "without the mechanism, thousands": spread(outcomes.loc[name, LOST_CHIPS] / 1e3),
            "without the mechanism, %": spread(100 * outcomes.loc[name, LOST]),
            "established by the end, %": spread(100 * outcomes.loc[name, FOUND]),
            "use, % of the status quo": spread(100 * outcomes.loc[name, USE]),
        }
        for name, text in named.items()
    ]
    caption = (
        f"Chips that smugglers take within {_years(result)} years of enactment, by the start of the duty; chips as of the "
        "whole fleet, use in H100e-years."
    )
    return Table(caption, pd.DataFrame(rows))


def taken_by_date(result: Result) -> pd.DataFrame:
    """Chips taken without the mechanism so far, in thousands as of the whole fleet, month by month and in each world."""
    import pandas as pd

    calendar, scale = result.scenario.calendar, result.scenario.fleet.scale
    days = np.linspace(0, calendar.end_day, round(calendar.end_day / DAYS_PER_YEAR * 12) + 1)
    dates = [calendar_date(calendar.start, day) for day in days]
    lost = result.chips[~result.chips["covered"].astype(bool)]
    taken = {world: np.sort(part["diverted_day"]) for world, part in lost.groupby(["scenario", *WORLD])}
    frames = []
    for name, draw, run in worlds_of(result):
        if name in words(result):
            so_far = taken.get((name, draw, run), np.empty(0)).searchsorted(days, side="right") / scale / 1e3
            frame = pd.DataFrame({"scenario": name, "draw": draw, "run": run, "date": dates, "value": so_far})
            frames.append(frame.assign(outcome=LOST_CHIPS, unit="thousand chips"))
    return pd.concat(frames, ignore_index=True)


def figures(result: Result) -> Iterator[Chart]:
    """What is taken without the mechanism, found and used by the start; and how the first of them adds up over time."""
    from sim.figures import Chart, by_date, by_policy, frame, panels
    from sim.figures.captions import assumptions, source

    outcomes = since_enactment(result)
    data = spread_data(outcomes, words(result), UNITS)
    figure, axes = panels(3, height_in=3.4, left_in=0.75, names_in=0.45)
    for axis, outcome in zip(axes, UNITS, strict=True):
        by_policy(data, outcome, axis, share=True)
        axis.set_title(outcome.replace("use, as a share of the", "use, share of"))
    frame(
        figure,
        title=_claim(data, result),
        subtitle=f"Chips smuggled in the {_years(result)} years after enactment, by start of the duty; median and 10-90 %",
        source=source(result),
    )
    caption = (
        "All chips that left the licensed path between enactment and the same last day, whatever the start of the duty. "
        "Left: share that never carried the mechanism. Middle: share whose diversion is established by the last day. "
        "Right: H100e-years of use in restricted territory until the last day, over those of the status quo in the same "
        f"world. {HURRY} {assumptions(result)}"
    )
    yield Chart("start-date", figure, data, caption)

    data = spread_by_date(taken_by_date(result), {name: f"after {text}" for name, text in words(result).items()})
    figure, (axis,) = panels(names_in=1.2, height_in=3.9)
    by_date(data, LOST_CHIPS, axis)
    axis.set_ylabel("thousand chips")
    frame(
        figure,
        title=_adds_up(data),
        subtitle="Chips taken without the mechanism since enactment, as of the whole fleet; median and 10-90 % of draws",
        source=source(result),
    )
    caption = (
        "Chips that left the licensed path and never carried the mechanism, counted from enactment, times what one "
        "simulated chip stands for. A curve ends its rise when the last lots that shipped before the duty have gone. "
        f"{HURRY} {assumptions(result)}"
    )
    yield Chart("taken-before-the-duty", figure, data, caption)


HURRY = (
    "Not modelled: that smugglers hurry to order before the duty, or buy old chips after it, which would make waiting "
    "dearer; and whether makers can have the mechanism ready in time."
)


def _claim(data: pd.DataFrame, result: Result) -> str:
    lost = data[data["outcome"] == LOST].set_index("scenario")["median"]
    named = words(result)
    early, *_, late = named
    if not {early, late} <= set(lost.index):
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"A duty after {named[early]} misses {100 * lost[early]:.0f} % of smuggled chips, "
        f"one after {named[late]} {100 * lost[late]:.0f} %"
    )


def _adds_up(data: pd.DataFrame) -> str:
    """What the earliest and the latest start leave; the order is that of `words`."""
    last = data[data["date"] == data["date"].max()].set_index("group")["median"]
    early, late = last.index[0], last.index[-1]
    return f"Thousand chips gone without the mechanism: {last[early]:,.0f} with a duty {early}, {last[late]:,.0f} {late}"


if __name__ == "__main__":
    sys.exit(main(__file__))
