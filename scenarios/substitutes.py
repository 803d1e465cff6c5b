"""Do domestic accelerators and rented chips make up for what the rule keeps out?

H100-equivalents in restricted territory by source with the rule and without, as in `compute_gap`, under suppositions about
substitutes: domestic supply and rental at the low and high ends of their ranges; a law on remote access that bars all
renting from the day of the duty on; smugglers who can also buy chips without the mechanism out of the stock abroad.
Displacement is what renting adds over what smuggling loses, in each drawn world.

By assumption domestic makers sell all that they can make at any price, memory being short, so that they add nothing because
of the rule: how much more they would have to make is computed instead. Renting follows the price, which smugglers' answer to
the rule and the market make. Where renting is barred, who would have rented anew bids for chips; running contracts end
within their term, and who loses one does not bid, which flatters the bar.

Smugglers learn in a fleet of one chip for a hundred with lots of fifty; six draws, each with a search for every supposition.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from scenarios.answering.brief import TOO_FEW, Column, Estimate, Table, estimate, policy_table
from scenarios.answering.sentences import difference_in_words
from scenarios.asking.searches import LEARNERS, answer_each, inspectors_in_words, unsettled
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.compute_gap import drawn_worlds
from scenarios.study import Options, Study
from sim import Tabulation
from sim.experiments.compute_gap import RULE, SOURCES, World
from sim.experiments.equilibrium import MOST_STEPS
from sim.experiments.substitutes import Supposed, Supposition, substitutes
from sim.parameters import load_parameters
from sim.provenance import manifest
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

SMUGGLERS_ANSWER = True
SETTING = LEARNERS
QUICK_SETTING = {
    **QUICK,
    "fleet.lot_chips": 2,  # so that smugglers see some dozens of lots
    "verification.signing": "none",
    "calendar.end_after_duty_days": 365,
}
DRAWS, QUICK_DRAWS = 6, 2
QUICK_STEPS = 2
INTERVALS = "10-90 % of draws, parameters and chance; none if parameters stay at the scenario's values"

DRAWN, BARRED, LEGACY = "as_drawn", "rental_barred", "legacy_for_sale"
DOMESTIC = ("domestic_h100e_2027", "domestic_growth_per_year")
RENTAL = ("remote_rental_h100e", "remote_rental_growth_per_year", "rental_elasticity")
WORDS = {
    DRAWN: "all as drawn",
    "domestic_low": "domestic supply low",
    "domestic_high": "domestic supply high",
    "rental_low": "rental low",
    "rental_high": "rental high",
    BARRED: "rental barred by law",
    LEGACY: "legacy chips for sale",
}
QUICK_SUPPOSITIONS = (DRAWN, "domestic_high", "rental_high", BARRED)

SOURCE_WORDS = {
    "domestic": "domestic", "rented": "rented abroad", "lawful": "lawful imports", "smuggled": "smuggled", "all": "all",
}  # fmt: skip
LOST, RENTED, NET = "smuggled_kept_out", "rented_added", "kept_out_in_all"
SHARE, NEEDED, MADE, PRICE = "made_up_share", "domestic_needed_share", "domestic_made_under_duty", "price_over_usual"

DRIVERS = (
    *DOMESTIC, *RENTAL, "domestic_effective_share", "demand_elasticity", "smuggling_elasticity", "rental_days",
    "adversary.volume_prior", "cnas_volume_2024_chips", "smuggled_volume_growth", "price_ratio_later", "smuggler_margin",
    "enforcement.inspectors", "verification.period_days", "adversary.strategies",
)  # fmt: skip
CITATIONS = ("chip-security-act-2025", "remote-access-security-act-2026", "ascend-2025", "bytedance-rental-2026")


def suppositions(quick: bool) -> tuple[Supposition, ...]:
    """What is drawn; each group of rows at its low and high ends; renting barred."""
    rows = load_parameters().parameters

    def ends(names: tuple[str, ...], end: str) -> dict[str, float]:
        return {name: getattr(rows[name], end) for name in names}

    every = (
        Supposition(DRAWN),
        Supposition("domestic_low", ends(DOMESTIC, "low")),
        Supposition("domestic_high", ends(DOMESTIC, "high")),
        Supposition("rental_low", ends(RENTAL, "low")),
        Supposition("rental_high", ends(RENTAL, "high")),
        Supposition(BARRED, rental_barred=True),
        Supposition(LEGACY, further_strategies=("divert_legacy",)),
    )
    return tuple(each for each in every if not quick or each.name in QUICK_SUPPOSITIONS)


def study(options: Options) -> Study:
    """The baseline's world under the user's levers, in several draws."""
    draws = options.draws if options.draws is not None else (QUICK_DRAWS if options.quick else DRAWS)
    return Study(options.scenario("baseline", QUICK_SETTING, SETTING), options.runs or 1, draws or None)


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Compute by source in every draw under every supposition, and what substitutes make up."""
    import pandas as pd

    steps = QUICK_STEPS if options.quick else MOST_STEPS
    worlds_drawn = drawn_worlds(study, options)
    worlds = [
        Supposed(World(draw, scenario, seed, study.runs, steps), suppositions(options.quick))
        for draw, (scenario, seed) in enumerate(worlds_drawn)
    ]
    found = answer_each(substitutes, worlds, options, progress)
    table = pd.DataFrame([row for each in found for row in each.rows])
    further = {
        "steps": pd.DataFrame([row for each in found for row in each.steps]),
        "domestic": pd.DataFrame([row for each in found for row in each.domestic]),
    }
    if study.draws is not None:
        drawn = [
            (draw, name, value)
            for draw, (scenario, _) in enumerate(worlds_drawn)
            for name, value in scenario.uncertainties.items()
            if name not in study.scenario.uncertainties
        ]
        further["draws"] = pd.DataFrame(drawn, columns=["draw", "parameter", "value"])
    about = manifest(options.name, study.scenario, options.seed, study.runs, options.quick, study.draws)
    return Tabulation(study.scenario, table, summary(outcomes(table, further)), about, further)


def outcomes(table: pd.DataFrame, further: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What there is at the end, and what the rule changes: supposition, draw, outcome, value, unit.

    The share that is made up is left out of draws in which smuggling loses nothing.
    """
    import pandas as pd

    keys = ["supposition", "draw"]
    last = table[table["date"] == table["date"].max()]
    wide = last.pivot_table(index=keys, columns=["policy", "source"], values="h100e", sort=False)
    columns: dict[str, tuple[pd.Series[float], str]] = {}
    before, after = wide[STATUS_QUO], wide[RULE]
    for source in SOURCES:
        columns[f"at_hand_{source}"] = before[source], "H100e"
        columns[f"change_{source}"] = after[source] - before[source], "H100e"
    columns["at_hand_all"] = before.sum(axis=1), "H100e"
    columns["change_all"] = after.sum(axis=1) - before.sum(axis=1), "H100e"
    lost, rented = before["smuggled"] - after["smuggled"], after["rented"] - before["rented"]
    made = further["domestic"].set_index(keys)["h100e"]
    columns |= {LOST: (lost, "H100e"), RENTED: (rented, "H100e"), NET: (lost - rented, "H100e"), MADE: (made, "H100e")}
    columns[SHARE] = (rented / lost)[lost > 0], "share of what smuggling loses"
    columns[NEEDED] = (lost - rented) / made, "share of domestic supply under the duty"
    ends = further["steps"].groupby(keys, sort=False).tail(1).set_index(keys)
    columns[PRICE] = ends["price_ratio"] / ends["usual_price_ratio"], "times the price without the rule"
    parts = [
        values.rename("value").reset_index().assign(outcome=name, unit=unit) for name, (values, unit) in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)[[*keys, "outcome", "value", "unit"]]


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """scenario (the supposition), outcome, median, low, high (10-90 % of draws; of a single one no number), unit."""
    import pandas as pd

    grouped = values.groupby(["supposition", "outcome", "unit"], sort=False)["value"]
    rows = pd.DataFrame({"median": grouped.median(), "low": grouped.quantile(0.1), "high": grouped.quantile(0.9)})
    rows.loc[grouped.count() < 2, ["low", "high"]] = math.nan
    rows = rows.reset_index().rename(columns={"supposition": "scenario"})
    return rows[["scenario", "outcome", "median", "low", "high", "unit"]]


def answer(result: Tabulation) -> str:
    """What smuggling loses and renting adds, what domestic makers would have to add, and what a bar on renting does."""
    needed, barred = estimate(result, DRAWN, NEEDED, 100), estimate(result, BARRED, NET)
    lost, rented = estimate(result, DRAWN, LOST), estimate(result, DRAWN, RENTED)
    if any(math.isnan(number.median) for number in (lost, rented, needed, barred)):
        return TOO_FEW
    more = difference_in_words(rented, "H100e")
    first = f"{_smuggling(lost)} under the rule{_in_draws(result)}, and what is rented abroad is {more}"
    if lost.median > 0:
        first += f"; renting makes up {_made_up(result)}"
    rest = "in the median of draws there is nothing to make up"
    if lost.median > 0:
        rest = "nothing is left for domestic makers to close"
        if needed.median > 0:
            made = f"{needed.of('%')} more, which by assumption they cannot"
            rest = f"to close the rest domestic makers would have to make {made}"
    net = f"{barred.of('H100e')} are kept out" if barred.median >= 0 else f"{_flipped(barred).of('H100e')} are added"
    legacy = estimate(result, LEGACY, LOST)
    sold = "" if math.isnan(legacy.median) else f"; if chips without the mechanism are for sale abroad, {_smuggling(legacy)}"
    return (
        f"By {_month(result)} {first}. "
        f"{rest[0].upper()}{rest[1:]}; with renting barred as well {net} in all{sold}; all with "
        f"{inspectors_in_words(result.scenario)}{unsettled(_ended(result), 'searches')}."
    )


def _smuggling(lost: Estimate) -> str:
    """What smuggling loses, or gains where the price has drawn in more than the rule has stopped."""
    return f"smuggling loses {lost.of('H100e')}" if lost.median >= 0 else f"smuggling gains {_flipped(lost).of('H100e')}"


def _flipped(change: Estimate) -> Estimate:
    return Estimate(-change.median, -change.high, -change.low)


def _in_draws(result: Tabulation) -> str:
    """In how many draws smuggling loses, if not in all."""
    values = outcomes(result.table, result.further)
    lost = values[(values["supposition"] == DRAWN) & (values["outcome"] == LOST)]["value"]
    losing = int((lost > 0).sum())
    return "" if losing in {0, len(lost)} else f" (it loses in {losing} of {len(lost)} draws)"


def _made_up(result: Tabulation) -> str:
    """The share of what smuggling loses, in the draws in which it does, here and with rental at the high end."""
    share, high = (estimate(result, name, SHARE, 100) for name in (DRAWN, "rental_high"))
    if not estimate(result, "rental_high", LOST).median > 0:
        return f"{share.of('%')} of that where it loses"
    return f"{share.of('%')} of that where it loses, and {high.of('%')} with rental at the high end of its range"


def _ended(result: Tabulation) -> pd.Series[str]:
    """How each search ended."""
    ends: pd.Series[str] = result.further["steps"].groupby(["draw", "supposition"]).tail(1)["ended"]
    return ends


def table(result: Tabulation) -> Table:
    """What smuggling loses, renting adds and the rule keeps out under each supposition."""
    known = [name for name in WORDS if name in set(result.summary()["scenario"])]
    columns = (
        Column("smuggling loses, thousand H100e", LOST, 1e-3),
        Column("renting adds, thousand H100e", RENTED, 1e-3),
        Column("kept out in all, thousand H100e", NET, 1e-3),
        Column("made up by renting, %", SHARE, 100),
        Column("domestic supply needed to close it, %", NEEDED, 100),
        Column("price, times that without the rule", PRICE),
    )
    rows = policy_table(result, {name: WORDS[name] for name in known}, columns, "supposition")
    return Table(
        f"Compute that the rule keeps out by {_month(result)}, and what substitutes make up, under suppositions about them.",
        rows,
    )


def figures(result: Tabulation) -> Iterator[Chart]:
    """Compute by source and what the rule changes; then what is kept out under each supposition."""
    from sim.figures import Chart, by_policy, frame, panels, source_line

    draws = result.manifest["draws"]
    runs = "run of each step" if result.manifest["runs"] == 1 else "runs of each step"
    intervals = (
        "10-90 % of draws, parameters and chance" if draws is not None else "none; parameters at the scenario's values"
    )
    source = source_line(result.manifest, runs if draws is None else f"{runs} x {draws} draws", intervals)
    caption = f"{_caption(result)} {source}"

    data = _by_source(result)
    figure, (left, right) = panels(2, height_in=3.3)
    by_policy(data, "at_hand", left)
    by_policy(data, "change", right, names=False)
    left.set_title("at hand without the rule")
    right.set_title("what the rule changes")
    for axis in (left, right):
        axis.set_xlabel("million H100-equivalents")
        axis.margins(x=0.2)
    frame(
        figure,
        title=_dwarfed(result),
        subtitle=f"Compute in restricted territory in {_month(result)} by source; median and 10-90 % of draws",
        source=source,
    )
    yield Chart(
        "sources", figure, data, f"Left: compute at hand without the rule. Right: with the rule less without. {caption}"
    )

    data = _by_supposition(result)
    titles = {LOST: "smuggling loses", RENTED: "renting adds", NET: "kept out in all"}
    figure, axes = panels(len(titles), height_in=3.3)
    for axis, (outcome, title) in zip(axes, titles.items(), strict=True):
        by_policy(data, outcome, axis, names=outcome == LOST)
        axis.set_title(title)
        axis.set_xlabel("thousand H100e")
        axis.margins(x=0.2)
    frame(
        figure,
        title=_claim(result),
        subtitle=f"The rule against the same world without it, {_month(result)}; median and 10-90 % of draws",
        source=source,
    )
    text = (
        "What smuggling loses under the rule, what renting abroad adds, and the one less the other, under suppositions "
        f"about substitutes. Low and high: {', '.join(DOMESTIC)}, or {', '.join(RENTAL)}, at the ends of their ranges, with "
        "the rule and without. Barred: from the day of the duty on nothing is rented anew, and running contracts end within "
        f"their term. Legacy: smugglers also know divert_legacy. {caption}"
    )
    yield Chart("suppositions", figure, data, text)


def _by_source(result: Tabulation) -> pd.DataFrame:
    """What the first figure draws, in million H100e."""
    import pandas as pd

    rows = result.summary()
    parts = []
    for outcome in ("at_hand", "change"):
        for source, words in SOURCE_WORDS.items():
            part = rows[(rows["scenario"] == DRAWN) & (rows["outcome"] == f"{outcome}_{source}")]
            parts.append(part.assign(scenario=source, group=words, outcome=outcome, unit="million H100e"))
    return _scaled(pd.concat(parts, ignore_index=True), 1e6)


def _by_supposition(result: Tabulation) -> pd.DataFrame:
    """What the second figure draws, in thousand H100e."""
    rows = result.summary()
    rows = rows[rows["outcome"].isin((LOST, RENTED, NET))]
    return _scaled(rows.assign(group=rows["scenario"].map(WORDS), unit="thousand H100e").reset_index(drop=True), 1e3)


def _scaled(rows: pd.DataFrame, by: float) -> pd.DataFrame:
    """For a figure: of a single draw, which has no interval, both ends are drawn at its value."""
    return rows.assign(**{name: rows[name].fillna(rows["median"]) / by for name in ("median", "low", "high")})


def _month(result: Tabulation) -> str:
    return f"{result.table['date'].max():%B %Y}"


def _dwarfed(result: Tabulation) -> str:
    """How large what the rule changes is, beside what is at hand."""
    change, whole = (estimate(result, DRAWN, name).median for name in ("change_all", "at_hand_all"))
    if math.isnan(change):
        return "No compute was counted"
    verb = "takes away" if change < 0 else "adds"
    return f"The rule {verb} {abs(change) / 1e6:.2g} of {whole / 1e6:.2g} million H100e at hand"


def _claim(result: Tabulation) -> str:
    if not estimate(result, DRAWN, LOST).median > 0:
        return "Smuggling loses nothing under the rule, in the median of draws, so that there is nothing to make up"
    share, high = (estimate(result, name, SHARE, 100).median for name in (DRAWN, "rental_high"))
    if_high = f", {high:.0f} % if rental is high" if estimate(result, "rental_high", LOST).median > 0 else ""
    return f"Renting makes up {share:.0f} % of what smuggling loses{if_high}"


def _caption(result: Tabulation) -> str:
    scenario = result.scenario
    ends = ", ".join(f"{how} {number}" for how, number in _ended(result).value_counts().items())
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items()) or "none"
    return (
        f"Stocks at the end, one simulated chip for {1 / scenario.fleet.scale:,.0f}; nothing is retired. Domestic: made "
        "since 2024, by what they do, less exports; their makers sell all at any price (memory is short), so that the rule "
        "changes nothing there, by assumption. Lawful imports: what the kept regimes allow. Rented: chips abroad that never "
        "move and that no location check can see; what is newly rented follows the price with rental_elasticity. Smuggled: "
        "the published estimate for 2024 and 2025, the scenario's volume until it starts, then what arrives in the "
        "simulation. Smugglers learn which strategies are found and order by what pays; the price is where demand meets "
        "supply; the elasticities are assumptions. Who loses a running contract to a bar does not bid for chips, which "
        f"flatters the bar. The searches for the smugglers' answer ended: {ends}. "
        f"{inspectors_in_words(scenario)}; challenges every {scenario.verification.period_days:g} days. Status quo: "
        f"calibrated, not predicted. Parameters set: {changed}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
