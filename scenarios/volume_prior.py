"""How many chips would be smuggled without a rule, by the published estimates that go in?

Both priors that a scenario may name, as a study draws them: the volume of each year beside the quantiles that their authors
give, later years by the stated growth, and how the volume goes with the share of smuggling that is ever detected. These are
inputs. Nothing here, and nothing that the simulation finds, says whether they are right.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

from scenarios.answering.brief import Estimate, Table
from scenarios.answering.sentences import listed
from scenarios.command_line import main
from scenarios.study import Options, Study, UsageError
from sim import Scenario, Tabulation
from sim.parameters import Parameter, load_parameters
from sim.provenance import manifest
from sim.uncertainty import draw_uncertainties
from sim.world.volume_prior import COUPLED, VolumePrior, joint_figures, wanted_volume

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

SAMPLES, QUICK_SAMPLES = 10_000, 4000
PRIORS: tuple[VolumePrior, ...] = get_args(VolumePrior)
FIRST_YEAR = 2024
BOTH_YEARS = "2024 to 2025"
UNITS = {"cnas": "chips", "epoch": "H100-equivalents"}
DRAWN = ("smuggled_volume_growth", "cnas_volume_2024_chips", *COUPLED)
"""Rows of the parameter table that volumes and the share detected hang on."""

PUBLISHED_ROWS = {
    ("cnas", "2024"): "cnas_volume_2024_chips",
    ("epoch", "2024"): "epoch_volume_2024_h100e",
    ("epoch", "2025"): "epoch_volume_2025_h100e",
}
DRIVERS = (
    "adversary.volume_prior", "cnas_volume_2024_chips", "epoch_volume_2024_h100e", "epoch_volume_2025_h100e",
    "smuggled_volume_growth", "tips_detection_ever",
)  # fmt: skip
CITATIONS = ("cnas-2025", "epoch-diversion-2026")
INTERVALS = "5-95 % of draws from the published laws"
QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def study(options: Options) -> Study:
    """The baseline under the user's levers; `--runs` is the number of draws of the parameters.

    Raises:
        UsageError: a volume is set that takes the place of every prior.
    """
    scenario = Scenario.load("baseline").replace_keys(options.levers)
    if "diverted_chips_per_year" in scenario.uncertainties:
        raise UsageError("uncertainties.diverted_chips_per_year: it takes the place of the priors; leave it out")
    return Study(scenario, options.runs or (QUICK_SAMPLES if options.quick else SAMPLES))


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Every draw: the volume of each year by each prior, and the share ever detected."""
    import pandas as pd

    scenario, rows = study.scenario, []
    for draw in range(study.runs):
        drawn = draw_uncertainties(scenario, options.seed, draw, among=DRAWN)
        values = load_parameters().values({**scenario.uncertainties, **drawn})
        for prior, year in _years_of_priors(scenario):
            volume = wanted_volume(prior, year, values)
            rows.append((prior, draw, str(year), volume, UNITS[prior], values["tips_detection_ever"]))
        progress("priors", draw + 1, study.runs, unit="draw")
    columns = ["prior", "draw", "period", "volume", "unit", "share_detected"]
    years = pd.DataFrame(rows, columns=columns)
    both = years[years["period"].isin(["2024", "2025"])].groupby(["prior", "draw", "unit"], as_index=False)
    sums = both.agg(volume=("volume", "sum"), share_detected=("share_detected", "first")).assign(period=BOTH_YEARS)
    table = pd.concat([years, sums[columns]], ignore_index=True)
    made_by = manifest(options.name, scenario, options.seed, study.runs, options.quick)
    return Tabulation(scenario, table, _overview(table, scenario), made_by)


def _years_of_priors(scenario: Scenario) -> list[tuple[VolumePrior, int]]:
    """Every prior with every year from the first that is estimated to the last that the scenario sees."""
    start = scenario.calendar.start.year
    last = max(FIRST_YEAR + 1, start + int(scenario.calendar.end_day / 365.25))
    return [(prior, year) for prior in PRIORS for year in range(FIRST_YEAR, last + 1)]


def _published(prior: str, period: str) -> Parameter | None:
    """The published 5, 50 and 95 % quantiles as low, central and high, if there are any."""
    if (prior, period) == ("epoch", BOTH_YEARS):
        return joint_figures()["epoch_volume_2024_to_2025_h100e"]
    name = PUBLISHED_ROWS.get((prior, period))
    return load_parameters().parameters[name] if name else None


def _overview(table: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """One row for each prior and period: quantiles over draws, those published, and what runs at central values use.

    `rank_correlation` is that of the volume and the share detected over draws.
    """
    import pandas as pd

    rows = []
    for (prior, period), of_period in table.groupby(["prior", "period"], sort=False):
        published = _published(str(prior), str(period))
        years = [2024, 2025] if period == BOTH_YEARS else [int(str(period))]
        row = {
            "prior": prior,
            "period": period,
            "unit": UNITS[str(prior)],
            **{name: of_period["volume"].quantile(level) for name, level in QUANTILES.items()},
            "at_central_values": sum(wanted_volume(prior, year, scenario.values) for year in years),  # type: ignore[arg-type]
            "published_q05": published.low if published else float("nan"),
            "published_median": published.central if published else float("nan"),
            "published_q95": published.high if published else float("nan"),
            "kind": published.kind if published else "assumed",
            "rank_correlation": of_period["volume"].rank().corr(of_period["share_detected"].rank()),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def answer(result: Tabulation) -> str:
    """Both estimates of what was smuggled, and what the assumed growth makes of them by the last year."""
    rows = result.summary().set_index(["prior", "period"])
    last = str(_years_of_priors(result.scenario)[-1][1])
    cnas, epoch = _drawn(rows.loc[("cnas", "2024")]), _drawn(rows.loc[("epoch", BOTH_YEARS)])
    later = [_drawn(rows.loc[(prior, last)]).of(UNITS[prior]) for prior in ("cnas", "epoch")]
    correlation = {prior: rows.loc[(prior, BOTH_YEARS), "rank_correlation"] for prior in PRIORS}
    told = (
        "; the rank correlation of volume and share ever detected is "
        f"{_correlation(correlation['cnas'])} in CNAS's estimate and {_correlation(correlation['epoch'])} in Epoch's"
        if "tips_detection_ever" not in result.scenario.uncertainties
        else ""
    )
    growth = load_parameters().parameters["smuggled_volume_growth"]
    return (
        f"By the law that follows CNAS's estimate {cnas.of(UNITS['cnas'])} were smuggled in 2024, by that after Epoch AI's "
        f"{epoch.of(UNITS['epoch'])} in 2024 and 2025 together. "
        f"Times an assumed factor from year to year of {growth.low:g} to {growth.high:g}, {growth.central:g} in the median, "
        f"the laws spread to {later[0]} and {later[1]} in {last} if no rule is made{told}."
    )


def table(result: Tabulation) -> Table:
    """Volumes by year beside what is published."""
    import pandas as pd

    rows = [
        {
            "estimate": {"cnas": "CNAS", "epoch": "Epoch AI"}[str(row["prior"])],
            "period": str(row["period"]),
            "unit": str(row["unit"]),
            "drawn": _drawn(row),
            "published": Estimate(*(float(row[f"published_{name}"]) for name in ("median", "q05", "q95"))),
        }
        for _, row in result.summary().iterrows()
    ]
    return Table("Volume of smuggling without a rule, as it goes in: median and 5-95 %.", pd.DataFrame(rows))


def _drawn(row: pd.Series[Any]) -> Estimate:
    """Median and 5-95 % of draws."""
    return Estimate(*(float(row[name]) for name in ("median", "q05", "q95")))


def figures(result: Tabulation) -> Iterator[Chart]:
    """Volumes by year beside what is published, and the volume against the share ever detected unless that is set."""
    yield _years_chart(result)
    if "tips_detection_ever" not in result.scenario.uncertainties:
        yield _detection_chart(result)


def _years_chart(result: Tabulation) -> Chart:
    from sim.figures import Chart, frame, source_line, volume_by_year, volume_by_year_data

    axes = volume_by_year(result)
    overview = result.summary().set_index(["prior", "period"])
    source = source_line(result.manifest, "draws", "5-95 and 25-75 % over draws")
    low, high = (overview.loc[("epoch", BOTH_YEARS), name] for name in ("q05", "q95"))
    title = f"Going in: Epoch puts 2024 and 2025 together at {low / 1e6:.2g} to {high / 1e6:.2g} million H100e"
    subtitle = (
        "Volume without a rule that a scenario starts from, chips (CNAS) or H100-equivalents (Epoch), log scale; "
        "an input, no result"
    )
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source)
    caption = (
        "The two priors on the volume of smuggling, as studies draw them: bars, 5-95 and 25-75 % of draws, ticks their "
        "medians; diamonds, the quantiles of 5, 50 and 95 % that they were fitted to. Epoch AI publishes quantiles of both "
        "years together; those of each year come from running its arithmetic again. CNAS gives ten thousand to several "
        "hundred thousand chips in 2024, read as a 90 % interval up to 400,000, and no figure for 2025. Later years, in "
        "grey, are no estimates but an assumption: the last one grows by a factor between "
        f"{_growth(result.scenario)} every year. {_about(result)} {source}"
    )
    return Chart("volume-by-year", axes[0].figure, volume_by_year_data(result), caption)


def _detection_chart(result: Tabulation) -> Chart:
    from sim.figures import Chart, frame, source_line, volume_by_detection, volume_by_detection_data

    axes = volume_by_detection(result)
    overview = result.summary().set_index(["prior", "period"])["rank_correlation"]
    source = source_line(result.manifest, "draws", "5-95 and 25-75 % over a tenth of draws each")
    correlation, independent = (overview[prior, BOTH_YEARS] for prior in ("epoch", "cnas"))
    title = goes_with({"Epoch": correlation, "CNAS": independent})
    subtitle = (
        "Volume of 2024 and 2025 together by the share of smuggling that tips and customs ever detect; an input, no result"
    )
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source)
    caption = (
        "The volume of both years in draws of the parameters, by the share ever detected in the same draw: a tenth of the "
        "draws at each point, from the lowest share to the highest; bands 5-95 and 25-75 % of these draws, line their "
        "median. Epoch AI divides the known cases by the share detected, so that one draw that has a low share has a high "
        f"volume: rank correlation {_correlation(correlation)}, by a Gaussian copula whose correlations come from running "
        "its arithmetic again. CNAS builds its estimate from vendors and cloud fronts and uses no such share; it is drawn "
        f"independently (rank correlation {_correlation(independent)}). The same share sets how many diverted lots "
        f"tips and customs expose in the simulation. CNAS's 2025 is an assumption. {_about(result)} {source}"
    )
    return Chart("volume-by-detection", axes[0].figure, volume_by_detection_data(result), caption)


CLEAR = 0.1
"""Rank correlations that are nearer to 0 are told as none."""


def goes_with(correlations: Mapping[str, float]) -> str:
    """By whose estimates a low share detected goes with a large volume."""
    those = [f"{name}'s" for name, correlation in correlations.items() if correlation < -CLEAR]
    others = [f"{name}'s" for name in correlations if f"{name}'s" not in those]
    if not those:
        return f"Less detected does not go with more smuggled, by {listed(others)} estimate{'s' * (len(others) > 1)}"
    not_by = f", not by {listed(others)}" if others else ""
    return f"Less detected goes with more smuggled by {listed(those)} estimate{'s' * (len(those) > 1)}{not_by}"


def _correlation(value: float) -> str:
    """None where one of the two is set."""
    return "none, as it is set" if math.isnan(value) else f"{value:.2f}"


def _growth(scenario: Scenario) -> str:
    row = load_parameters().parameters["smuggled_volume_growth"]
    own = scenario.uncertainties.get("smuggled_volume_growth")
    return f"{own:g} and {own:g}" if own is not None else f"{row.low:g} and {row.high:g}"


def _about(result: Tabulation) -> str:
    """What the priors are for, and what the user changed."""
    changed = ", ".join(f"{name} = {value:g}" for name, value in result.scenario.uncertainties.items())
    return (
        "An input to every study, not a result, and no validation of one: the volume sets how many orders smugglers place "
        "without a rule, and what becomes of it under a rule is for the simulation to find out. Runs at central values use "
        f"the medians. Parameters changed from their central values: {changed or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
