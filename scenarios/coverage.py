"""How many years until most chips abroad can be verified, and does retrofit matter?

The share of the chips in service abroad that carries the mechanism, from the enactment until ten years after the duty: under
the Act as proposed, with opting in before the duty, and with the chips retrofitted that stand abroad on the first day. What
chips carry does not depend on whether anybody asks them or where they stand, so nobody is asked, and eight sites do. One
simulated chip stands for 500. Chips leave service by failing for good, with withdrawn lots, or by diversion; what scrapping
them at a certain age would change is calculated on top (`sim.outcomes.coverage`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.answering.brief import Estimate, Table
from scenarios.answering.worlds import WORLD, at_end, per_world, spread, spread_by_date
from scenarios.asking.variations import Variation, vary
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim.outcomes.coverage import first_reached, with_scrapping
from sim.units import DAYS_PER_YEAR, calendar_date

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {"calendar.end_after_duty_days": 3650, "geography.sites": 8, "verification.active": False}
QUICK = {"fleet.scale": 0.0005, "geography.sites": 4, "calendar.end_after_duty_days": 1460}
DRAWS, QUICK_DRAWS = 20, 2
HALF, MOST = 0.5, 0.9
ACT, OPT_IN, RETROFIT, PARTLY = "act", "opt_in_before", "retrofit", "half_retrofit"
WORDS = {
    ACT: "as proposed",
    OPT_IN: "opting in before",
    PARTLY: "half retrofitted",
    RETROFIT: "all retrofitted",
}
SERVICE_YEARS = (8, 6, 4)
"""Ages at which chips might be scrapped; a sweep. Cloud companies write servers off in five or six years."""

TOLD_SERVICE_YEARS = 6
WITH, WITHOUT = "chips_in_service_with_mechanism", "chips_in_service_without_mechanism"

DRIVERS = (
    "legacy_chips_abroad", "covered_exports_per_year", "gpu_faults_per_chip_year", "permanent_fault_share",
    "withdrawals_per_lot_year", "opt_in_uptake", "calendar.duty_after_days", "fleet.stock_equipped", "fleet.opt_in_before",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "nvidia-opt-in-2025", "server-lives-2025")
COUNTS = ""  # shares and years are told


def variations(quick: bool) -> list[Variation]:
    """The Act, opting in before it, and a retrofit; a partial one lies between (see `coverage_by_date`)."""
    levers = {ACT: (False, False), OPT_IN: (False, True), RETROFIT: (True, False)}
    return [
        Variation(name, WORDS[name], place, {"fleet.stock_equipped": stock, "fleet.opt_in_before": before})
        for place, (name, (stock, before)) in enumerate(levers.items())
    ]


def study(options: Options) -> Study:
    """The baseline's fleet, thinned, under each policy."""
    scenario = options.scenario("miniature", QUICK, SETTING)
    return vary(options, scenario, variations(options.quick), QUICK_DRAWS if options.quick else DRAWS)


def coverage_by_date(result: Result) -> pd.DataFrame:
    """Share of the chips in service with the mechanism: scenario, draw, run, date, years, outcome, value, unit.

    `years` count from the duty. Which chips are in service does not hang on what they carry. So with a share s of the stock
    retrofitted, drawn by lot, coverage is expected to be s of the way from that of the Act to that of the full retrofit.
    """
    import pandas as pd

    rows = per_world(result, [ACT, OPT_IN, RETROFIT], "coverage")
    keys = [*WORLD, "date"]
    ends = (rows[rows["scenario"] == name].set_index(keys) for name in (ACT, RETROFIT))
    none, all_of_it = ends
    between = none.assign(scenario=PARTLY, value=(none["value"] + all_of_it["value"]) / 2).reset_index()
    return _with_years(result, pd.concat([rows, between], ignore_index=True))


def coverage_by_service_life(result: Result) -> pd.DataFrame:
    """The same under the Act, if chips were scrapped at each age; `scenario` is `scrapped_N_years`, and `act` for never."""
    import pandas as pd

    counts = [per_world(result, [ACT], name).set_index([*WORLD, "date"])["value"] for name in (WITH, WITHOUT)]
    act = coverage_by_date(result)
    act = act[act["scenario"] == ACT].set_index([*WORLD, "date"])
    past = {draw: _past_years(result, draw) for draw in act.index.get_level_values("draw").unique()}
    frames = [act.reset_index()]
    for age in SERVICE_YEARS:
        for draw, part in act.groupby(level="draw"):
            equipped, unequipped = (count.loc[part.index].to_numpy() for count in counts)
            shares = with_scrapping(equipped, unequipped, part["years"].to_numpy(), age, past[draw])
            frames.append(part.assign(scenario=f"scrapped_{age}_years", value=shares).reset_index())
    return pd.concat(frames, ignore_index=True)


def _past_years(result: Result, draw: int) -> float:
    """Years of exports that the chips without the mechanism make up on the day of the duty, at the constant rate."""
    values = _world(result, draw).values
    before = values["legacy_chips_abroad"] / values["covered_exports_per_year"]
    return before + result.scenario.calendar.duty_day / DAYS_PER_YEAR


def _world(result: Result, draw: int) -> Any:
    """The scenario in a draw."""
    drawn: Mapping[str, float] = result.drawn[draw] if result.drawn else {}
    return result.scenario.replace(uncertainties={**result.scenario.uncertainties, **drawn})


def _with_years(result: Result, rows: pd.DataFrame) -> pd.DataFrame:
    calendar = result.scenario.calendar
    days = [(date - calendar.start).days - calendar.duty_day for date in rows["date"]]
    return rows.assign(years=np.array(days) / DAYS_PER_YEAR)


def years_to(coverage: pd.DataFrame, level: float) -> pd.DataFrame:
    """Years from the duty until a share is reached, infinite if it never is: index draw and run, a column a scenario."""
    since = coverage[coverage["years"] >= 0]
    reached = since.groupby(["scenario", *WORLD], sort=False)[["years", "value"]].apply(
        lambda rows: first_reached(rows["years"].to_numpy(), rows["value"].to_numpy(), level)
    )
    return reached.unstack("scenario").clip(lower=0)


def answer(result: Result) -> str:
    """Years to half and to nine tenths, as proposed, with a retrofit, and if old chips were scrapped."""
    coverage, by_age = coverage_by_date(result), coverage_by_service_life(result)
    half, most = (years_to(coverage, level) for level in (HALF, MOST))
    scrapped = years_to(by_age, MOST)[f"scrapped_{TOLD_SERVICE_YEARS}_years"]
    horizon = _horizon(result)
    return (
        f"As proposed, half of the chips in service abroad carry the mechanism {_told(half[ACT], horizon)} years after the "
        f"duty begins, and nine tenths after {_told(most[ACT], horizon)}. "
        f"With all of the first day's stock retrofitted it is {_told(half[RETROFIT], horizon)} and "
        f"{_told(most[RETROFIT], horizon)} years; without a retrofit, but if every chip were scrapped at the age of "
        f"{TOLD_SERVICE_YEARS} years, nine tenths take {_told(scrapped, horizon)}."
    )


def _horizon(result: Result) -> float:
    """Years from the duty to the end."""
    return result.scenario.calendar.end_after_duty_days / DAYS_PER_YEAR


def _told(years: pd.Series[float], horizon: float) -> str:
    """Median and 10-90 % of years, where the end of the run is the most that can be told."""
    median, low, high = (_figure(end, horizon) for end in spread(years))
    return f"{median} ({low} to {high})" if low != high else median


def _figure(years: float, horizon: float) -> str:
    return f"more than {horizon:.0f}" if math.isinf(years) else f"{years:.1f}".replace("0.0", "0")


def table(result: Result) -> Table:
    """Coverage on three dates and the years it takes, for each policy and age; chips that are never asked, at the end."""
    import pandas as pd

    horizon = _horizon(result)
    coverage, by_age = coverage_by_date(result), coverage_by_service_life(result)
    aged = by_age[by_age["scenario"] != ACT]
    names = {**WORDS}
    names |= {f"scrapped_{age}_years": f"as proposed, chips scrapped after {age} years" for age in SERVICE_YEARS}
    supply = years_of_supply(result)
    rows = []
    for name, words in names.items():
        part = pd.concat([coverage, aged])
        part = part[part["scenario"] == name]
        rows.append(
            {
                "policy": words,
                "coverage at the duty, %": _share_at(part, 0.0),
                "after 3 years, %": _share_at(part, 3.0),
                "after 5 years, %": _share_at(part, 5.0),
                "years to half": _told(years_to(part, HALF)[name], horizon),
                "years to nine tenths": _told(years_to(part, MOST)[name], horizon),
                "left without it at the end, in years of smugglers' orders": supply.get(name, math.nan),
            }
        )
    return Table(
        "Chips in service abroad that carry the mechanism; years count from the day of the duty.", pd.DataFrame(rows)
    )


def _share_at(rows: pd.DataFrame, years: float) -> Estimate:
    """Coverage some years after the duty, in per cent; none if the run ends before."""
    if rows["years"].max() < years:
        return Estimate(math.nan, math.nan, math.nan)
    there = rows.groupby(WORLD)[["years", "value"]].apply(lambda part: np.interp(years, part["years"], part["value"]))
    return spread(100 * there)


def years_of_supply(result: Result) -> dict[str, Estimate]:
    """Chips in service without the mechanism at the end over what smugglers want in a year then, for each policy run."""
    left = at_end(result)[WITHOUT]
    end, scale = result.scenario.calendar.end_day, result.scenario.fleet.scale
    wanted = {draw: _world(result, draw).wanted_chips_per_year(end) for draw in range(max(1, len(result.drawn)))}
    draws = left.index.get_level_values("draw")
    wanted_there = np.array([wanted[draw] for draw in draws]) * scale
    years = (left / wanted_there).where(wanted_there > 0)
    return {name: spread(years.loc[name]) for name in (ACT, OPT_IN, RETROFIT)}


def taken_without(result: Result, year: int) -> Estimate:
    """Of the chips smuggled in a year of the duty, the first being 0, the share without the mechanism, in per cent.

    It is the same under each policy: a smuggler does not opt in, and orders new chips, which no retrofit reaches.
    """
    since = (result.chips["diverted_day"] - result.scenario.calendar.duty_day) / DAYS_PER_YEAR
    taken = result.chips[(result.chips["scenario"] == ACT) & (since >= year) & (since < year + 1)]
    return spread(100 * (~taken["covered"].astype(bool)).groupby([taken[name] for name in WORLD]).mean())


def figures(result: Result) -> Iterator[Chart]:
    """Coverage by date under each policy, and under the Act by the age at which chips are scrapped."""
    from sim.figures import Chart, by_date, frame, panels
    from sim.figures.captions import assumptions, source

    horizon = _horizon(result)
    coverage = coverage_by_date(result)
    data = spread_by_date(_monthly(coverage), WORDS)
    figure, (axis,) = panels(names_in=1.35, height_in=4.2)
    _lines(by_date(data, "coverage", axis, share=True), result)
    half = years_to(coverage, HALF)
    frame(
        figure,
        title=f"Half carry the mechanism {_short(half[ACT], horizon)} after the duty, "
        f"{_short(half[RETROFIT], horizon)} with a retrofit",
        subtitle="Share of the chips in service abroad that carry the mechanism; median, 10-90 % of draws; dotted: the duty",
        source=source(result),
    )
    first, second = (taken_without(result, year) for year in (0, 1))
    told = (
        "Exports carry the mechanism from the duty on (dotted), and so does what replaces a chip that fails for good. "
        "Opting in before: each honest lot before the duty carries it with the chance `opt_in_uptake`. Retrofit: of the "
        "chips abroad on the first day, not of what ships between enactment and duty; that of half of them lies halfway "
        "between none and all. What ships per year and how many chips there are is drawn. Nobody is asked in these runs, "
        "since what chips carry does not hang on it. Smugglers here order new chips and leave the stock alone: of what they "
        f"take in the first year of the duty {first} % does not carry the mechanism, in the second {second} %. "
        f"{assumptions(result)}"
    )
    yield Chart("coverage", figure, data, told)

    by_age = coverage_by_service_life(result)
    words = {ACT: "never"}
    words |= {f"scrapped_{age}_years": f"after {age} years" for age in SERVICE_YEARS}
    data = spread_by_date(_monthly(by_age), words)
    figure, (axis,) = panels(names_in=1.35, height_in=4.2)
    _lines(by_date(data, "coverage", axis, share=True), result)
    most = years_to(by_age, MOST)
    scrapped = most[f"scrapped_{TOLD_SERVICE_YEARS}_years"]
    frame(
        figure,
        title=f"Nine tenths take {_short(most[ACT], horizon)} if no chip is scrapped for its age, "
        f"{_short(scrapped, horizon)} if at {TOLD_SERVICE_YEARS}",
        subtitle="Share with the mechanism, by the age at which chips are scrapped; median and 10-90 %",
        source=source(result),
    )
    caption = (
        "Calculated from the runs as proposed: of the chips without the mechanism those are taken away that would be "
        "older. They are taken to have shipped evenly over as many years before the duty as their number makes up at the "
        "rate of exports. Exports do not rise to make good for what is scrapped. The ages are a sweep, not an estimate. "
        "In the model itself chips leave service by failing for good, with withdrawn lots, or by diversion. "
        f"{assumptions(result)}"
    )
    yield Chart("coverage-by-service-life", figure, data, caption)


def _monthly(coverage: pd.DataFrame) -> pd.DataFrame:
    """Every fourth of the weekly dates, and the last."""
    dates = sorted(coverage["date"].unique())
    return coverage[coverage["date"].isin([*dates[::4], dates[-1]])]


def _lines(axis: Any, result: Result) -> None:
    """Half and nine tenths, and the day of the duty."""
    for level in (HALF, MOST):
        axis.axhline(level, color="#888888", linewidth=0.6)
    calendar = result.scenario.calendar
    duty = np.datetime64(calendar_date(calendar.start, calendar.duty_day))
    axis.axvline(duty, color="#444444", linestyle=":", linewidth=0.8)
    axis.set_ylim(0, 1)


def _short(years: pd.Series[float], horizon: float) -> str:
    """The median, for a title."""
    median = spread(years).median
    if median < 0.05:
        return "at once"
    return f"over {horizon:.0f} years" if math.isinf(median) else f"{median:.1f} years"


if __name__ == "__main__":
    sys.exit(main(__file__))
