"""How much compute does the rule keep out, once smugglers, buyers and lenders have answered it?

H100-equivalents in restricted territory by source: domestic accelerators, chips rented lawfully abroad, lawful imports and
smuggled chips, with the rule and without, in drawn worlds. Smugglers choose strategies and volume by what becomes of their
lots; the price follows, and with it what is rented instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from scenarios.answering.brief import Estimate, Table, figures_of
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import spread
from scenarios.asking.searches import LEARNERS, answer_each, inspectors_in_words, unsettled
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim import Scenario, Tabulation
from sim.experiments.compute_gap import RULE, SOURCES, World, compute_gap
from sim.experiments.equilibrium import MOST_STEPS, follow_days
from sim.provenance import manifest
from sim.randomness import run_seed
from sim.scenario import STATUS_QUO, ScenarioError
from sim.uncertainty import draw_uncertainties

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

SMUGGLERS_ANSWER = True
SETTING = LEARNERS
QUICK_SETTING = {**QUICK, "fleet.lot_chips": 8, "calendar.end_after_duty_days": 365}
DRAWS, QUICK_DRAWS = 10, 2
QUICK_STEPS = 2
MILLION = 1e6

DRIVERS = (
    "enforcement.inspectors", "verification.period_days", "adversary.strategies", "cnas_volume_2024_chips",
    "smuggled_volume_growth", "smuggling_elasticity", "demand_elasticity", "rental_elasticity", "remote_rental_h100e",
    "remote_rental_growth_per_year", "domestic_h100e_2027", "domestic_growth_per_year", "domestic_effective_share",
    "price_ratio_later", "smuggler_margin",
)  # fmt: skip
CITATIONS = ("cnas-2025", "epoch-diversion-2026", "china-compute-2026", "ascend-commerce-2025")
INTERVALS = "10-90 % of draws, parameters and chance; none if parameters stay at the scenario's values"


def study(options: Options) -> Study:
    """The baseline's world under the user's levers, in several draws."""
    draws = options.draws if options.draws is not None else (QUICK_DRAWS if options.quick else DRAWS)
    return Study(options.scenario("baseline", QUICK_SETTING, SETTING), options.runs or 1, draws or None)


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Compute by source in every draw, and the steps of the search for the smugglers' answer."""
    import pandas as pd

    steps = QUICK_STEPS if options.quick else MOST_STEPS
    worlds = [
        World(draw, scenario, seed, study.runs, steps) for draw, (scenario, seed) in enumerate(drawn_worlds(study, options))
    ]
    gaps = answer_each(compute_gap, worlds, options, progress)
    table = pd.DataFrame([row for gap in gaps for row in gap.rows])
    further = {"steps": pd.DataFrame([row for gap in gaps for row in gap.steps])}
    if study.draws is not None:
        further["draws"] = pd.DataFrame(
            [
                (world.number, name, value)
                for world in worlds
                for name, value in world.scenario.uncertainties.items()
                if name not in study.scenario.uncertainties
            ],
            columns=["draw", "parameter", "value"],
        )
    about = manifest(options.name, study.scenario, options.seed, study.runs, options.quick, study.draws)
    return Tabulation(study.scenario, table, summary(table), about, further)


def drawn_worlds(study: Study, options: Options) -> list[tuple[Scenario, int]]:
    """The scenario in each draw of the uncertainties with a base seed of its own; or the scenario and the study's seed.

    Raises:
        ScenarioError: a draw makes a world that is not allowed.
    """
    if study.draws is None:
        return [(study.scenario, options.seed)]
    worlds = []
    for draw in range(study.draws):
        values = draw_uncertainties(study.scenario, options.seed, draw)
        try:
            scenario = study.scenario.replace(uncertainties={**study.scenario.uncertainties, **values})
        except ScenarioError as error:
            raise ScenarioError(f"draw {draw} makes a world that is not allowed: {error}") from None
        worlds.append((scenario, run_seed(options.seed, 0, draw)))
    return worlds


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """policy, date, source, median, low, high (10-90 % of draws), unit; `all` is the sum over sources in each draw.

    `difference` is the rule minus the status quo in the same draw.
    """
    import pandas as pd

    keys = ["policy", "date", "draw"]
    total = table.groupby(keys, sort=False)["h100e"].sum().reset_index().assign(source="all")
    both = pd.concat([table, total], ignore_index=True)
    wide = both.pivot_table(index=["date", "source", "draw"], columns="policy", values="h100e", sort=False)
    change = (wide[RULE] - wide[STATUS_QUO]).rename("h100e").reset_index().assign(policy="difference")
    grouped = pd.concat([both, change], ignore_index=True).groupby(["policy", "date", "source"], sort=False)["h100e"]
    rows = pd.DataFrame({"median": grouped.median(), "low": grouped.quantile(0.1), "high": grouped.quantile(0.9)})
    return rows.reset_index().assign(unit="H100e")


def changes(result: Tabulation) -> pd.DataFrame:
    """What the rule adds to compute at the end, by draw: million H100e by source and in all, and as a share of all."""
    rows = result.table[result.table["date"] == result.table["date"].max()]
    wide = rows.pivot_table(index="draw", columns=["policy", "source"], values="h100e")
    rule, before = wide[RULE], wide[STATUS_QUO]
    change = (rule - before) / MILLION
    total = change.sum(axis=1)
    return change.assign(all=total, share=total * MILLION / before.sum(axis=1))


def answer(result: Tabulation) -> str:
    """Compute kept out by the end in all, and what of it is smuggled and rented."""
    change = {name: spread(values.tolist()) for name, values in changes(result).items()}
    month = result.table["date"].max().strftime("%B %Y")
    share = change["share"]
    words = {
        source: difference_in_words(change[source], "million H100-equivalents") for source in ("all", "smuggled", "rented")
    }
    return (
        f"By {month} compute at hand in restricted territory is {words['all']} with the rule, a change by "
        f"{Estimate(*(100 * end for end in share)).of('%')} of all that there is without it. "
        f"Of that, smuggled compute is {words['smuggled']}, and what is rented abroad {words['rented']}; all with "
        f"{inspectors_in_words(result.scenario)}{unsettled(_ended(result), 'draws')}."
    )


def _ended(result: Tabulation) -> pd.Series[str]:
    """How each search ended."""
    ends: pd.Series[str] = result.further["steps"].groupby("draw").tail(1)["ended"]
    return ends


def table(result: Tabulation) -> Table:
    """Compute at the end by source, without the rule and with it, and the difference."""
    import pandas as pd

    rows = result.table[result.table["date"] == result.table["date"].max()]
    change = changes(result)
    cells = []
    for source in (*SOURCES, "all"):
        of_source = rows if source == "all" else rows[rows["source"] == source]
        by_draw = of_source.groupby(["policy", "draw"])["h100e"].sum() / MILLION
        cells.append(
            {
                "source": source,
                "without the rule": spread(by_draw[STATUS_QUO].tolist()),
                "with the rule": spread(by_draw[RULE].tolist()),
                "difference": spread(change[source].tolist()),
            }
        )
    month = result.table["date"].max().strftime("%B %Y")
    return Table(f"Compute in restricted territory in {month} by source, million H100-equivalents.", pd.DataFrame(cells))


def figures(result: Tabulation) -> Iterator[Chart]:
    """Compute by source without the rule and with it, and what was smuggled."""
    from sim.figures import Chart, frame, source_line
    from sim.figures.compute_gap import compute_by_source, compute_data

    axes = compute_by_source(result)
    draws = result.manifest["draws"]
    runs = "run of each step" if result.manifest["runs"] == 1 else "runs of each step"
    unit = runs if draws is None else f"{runs} x {draws} draws"
    intervals = (
        "10-90 % of draws, parameters and chance" if draws is not None else "none; parameters at the scenario's values"
    )
    source = source_line(result.manifest, unit, intervals)
    frame(
        axes[0].figure,
        title=_claim(result),
        subtitle="Million H100-equivalents at hand in restricted territory, by source; medians, and 10-90 % of draws",
        source=source,
    )
    yield Chart("compute-by-source", axes[0].figure, compute_data(result), f"{_caption(result)} {source}")


def _claim(result: Tabulation) -> str:
    """The same medians as in the answer: of differences within draws, not between medians over draws."""
    kept_out, share = (-spread(changes(result)[name].tolist()).median for name in ("all", "share"))
    verb = "keeps out" if kept_out >= 0 else "adds"
    month = result.table["date"].max().strftime("%b %Y")
    amount, percent = figures_of(abs(kept_out)), figures_of(100 * abs(share))
    return f"By {month} the rule {verb} {amount} million H100e, {percent} % of compute at hand"


def _caption(result: Tabulation) -> str:
    scenario = result.scenario
    ends = ", ".join(f"{ended} {number}" for ended, number in _ended(result).value_counts().items())
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items()) or "none"
    return (
        f"Compute in restricted territory by source ({', '.join(SOURCES)}), without the rule and with it; layers are "
        "medians of each source, bars 10-90 % of draws of the sum. Smuggled: the published estimate for 2024 and "
        "2025, the scenario's yearly volume until it starts, then what arrives in the simulation, times "
        f"{1 / scenario.fleet.scale:,.0f}. Domestic: Ascend chips made since 2024, by what they do and not by "
        "arithmetic alone, less exports; supply after 2026 is assumed. Lawful imports since 2022. Rented: chips "
        "abroad that never move and that no location check can see; growth is assumed, and under the rule what is "
        "added follows the price. Nothing is retired. Smugglers answer to the rule (adversary.behaviour = "
        f"{scenario.adversary.behaviour}): they see what became of lots within {follow_days(scenario):.0f} days and "
        "order by what pays; the price is where demand meets supply. Until the duty begins they order as without "
        "the rule, and from then on as they do in the end. The elasticities are assumptions. The search for the "
        f"answer ended: {ends} (draws). Strategies that they know: {', '.join(scenario.adversary.strategies)}. "
        f"{inspectors_in_words(scenario)}; challenges every "
        f"{scenario.verification.period_days:g} days. Status quo: calibrated, not predicted. Parameters set: "
        f"{changed}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
