"""Which unknowns decide what location verification finds?

Every row of the parameter table that has a range is an input. Screening leaves at most ten of them; indices say which share
of the variance of diversions found within 90 days, and of false alarms, each of these decides; a tornado shows what its low
and its high value do.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Estimate, Table
from scenarios.answering.sentences import counted, listed
from scenarios.command_line import main
from scenarios.parts.tornado_tables import (
    FOUND,
    OUTCOMES,
    chance_table,
    decisive_inputs,
    index_table,
    screening_table,
    summary_table,
    tornado_table,
)
from scenarios.study import Options, Study, UsageError, usable_processors
from sim import RunFailed, Scenario, Tabulation
from sim.experiments.planned_cost import planned_cost, seconds_of_a_run
from sim.experiments.sensitivity import (
    EVERYTHING_ELSE,
    ExtraMissing,
    Model,
    Plan,
    TooFewLeft,
    alone,
    check_extra,
    inputs_of,
    screen,
    sobol_indices,
    tornado,
    with_the_rest,
)
from sim.provenance import manifest
from sim.uncertainty import ranged

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

RUNS_ENSEMBLES = True
SETTING = {
    "fleet.scale": 0.02,
    "fleet.lot_chips": 80,
    "geography.sites": 43,
    "enforcement.inspectors": 1,
    "verification.signing": "none",
    "calendar.duty_after_days": 180,
    "calendar.end_after_duty_days": 365,
}
"""A tenth of the nation's sites, inspectors and lots, in lots of a fifth of their chips: a run takes seconds."""

QUICK = {
    "fleet.scale": 0.001,
    "fleet.lot_chips": 4,
    "geography.sites": 10,
    "calendar.duty_after_days": 10,
    "calendar.end_after_duty_days": 100,
    "verification.period_days": 5,
    "verification.activation_days": 10,
    "verification.signing": "none",
    "uncertainties.diverted_chips_per_year": 500_000,
}
QUICK_INPUTS = ("dwell_at_declared_site_days", "smuggler_log_sd")
QUICK_PLAN = Plan(trajectories=2, base_points=2, tornado_runs=1, chance_runs=2, most_inputs=2)
LONGEST_TITLE = 152
"""Letters."""

DRIVERS = (
    "fleet.scale", "geography.sites", "enforcement.inspectors", "verification.period_days", "verification.grace_days",
    "adversary.strategies", "cnas_volume_2024_chips", "smuggled_volume_growth", "covered_exports_per_year",
    "inspection_days", "gpu_faults_per_chip_year", "dwell_at_declared_site_days",
)  # fmt: skip
CITATIONS = ("cnas-2025", "epoch-diversion-2026")
INTERVALS = "95 %: of indices by the bootstrap over base points, of differences Student's, paired over seeds"


def study(options: Options) -> Study:
    """The rule alone; `runs` are those of each point in screening and for the indices, `draws` their base points.

    Raises:
        UsageError: there are fewer than two base points.
    """
    plan = QUICK_PLAN if options.quick else Plan()
    if options.draws is not None and options.draws < 2:
        raise UsageError(f"--draws: {options.draws}: base points of the indices; allowed: 2 or more")
    scenario = options.scenario("miniature" if options.quick else "baseline", QUICK, None if options.quick else SETTING)
    return Study(scenario, options.runs or plan.runs, options.draws or plan.base_points)


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Screening, indices and tornado, one after the other, over the same worlds.

    Raises:
        UsageError: a package is missing.
        RunFailed: too few points have an outcome.
    """
    try:
        check_extra()
        return _analysed(study, options, progress)
    except ExtraMissing as error:
        raise UsageError(str(error)) from None
    except TooFewLeft as error:
        raise RunFailed(str(error)) from None


def _analysed(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:

    scenario, seed = study.scenario, options.seed
    plan = _plan(study, options.quick)
    rows = ranged(scenario)
    if options.quick:
        rows = {name: row for name, row in rows.items() if name in QUICK_INPUTS}
    ideas = inputs_of(rows)
    workers = options.workers or (1 if options.quick else usable_processors())
    cost, about = plan.runs_at_most(ideas), _manifest(study, options)
    seconds = seconds_of_a_run(scenario, seed)
    print(planned_cost(sum(cost.values()), seconds, workers), file=sys.stderr)
    model = Model(
        scenario,
        seed,
        workers=workers,
        folder=options.runs_folder if options.runs_folder.exists() else None,
        question=options.name,
        quick=options.quick,
        executor=options.cluster,
        progress=progress,
    )
    model.under_way = "chance"
    chance = {outcome: model.at_values(outcome, plan.chance_runs)([{}])[0] for outcome in OUTCOMES}
    model.under_way = "screening"
    screening = screen(
        model.at_quantiles(FOUND, plan.runs), ideas, trajectories=plan.trajectories, seed=seed,
        most=plan.most_inputs, most_alone=plan.most_alone,
    )  # fmt: skip
    inputs = with_the_rest(alone(screening.kept), list(rows))
    model.under_way = "indices"
    indices = {
        outcome: sobol_indices(model.at_quantiles(outcome, plan.runs), inputs, base_points=plan.base_points, seed=seed)
        for outcome in OUTCOMES
    }
    model.under_way = "tornado"
    ends = {name: (rows[name].low, rows[name].high) for name in screening.kept}
    swings = {outcome: tornado(model.at_values(outcome, plan.tornado_runs), ends) for outcome in OUTCOMES}
    about["planned_cost"] = {"runs_at_most": cost, "seconds_of_a_run": round(seconds, 3), "workers": workers}
    about["unopened_ideas"] = [effect.name for effect in screening.unopened]
    about["failures"] = [str(failure) for failure in model.failures]
    decisive = decisive_inputs(indices[FOUND])
    further = {
        "screening": screening_table(screening),
        "tornado": tornado_table(swings, rows, decisive),
        "chance": chance_table(chance, indices, plan.runs),
        "runs": model.runs_table(list(OUTCOMES)),
    }
    table = index_table(indices)
    return Tabulation(scenario, table, summary_table(table, further, rows), about, further)


def _plan(study: Study, quick: bool) -> Plan:
    plan = QUICK_PLAN if quick else Plan()
    return Plan(
        plan.trajectories, study.draws or plan.base_points, study.runs, plan.tornado_runs, plan.chance_runs,
        plan.most_inputs, plan.most_alone,
    )  # fmt: skip


def _manifest(study: Study, options: Options) -> dict[str, Any]:
    return manifest(options.name, study.scenario, options.seed, study.runs, options.quick, study.draws)


def answer(result: Tabulation) -> str:
    """The five inputs with the largest total indices, what the rest and chance have, how sure that is, the widest swing."""
    swings = result.further["tornado"]
    swings = swings[swings["outcome"] == FOUND]
    ranked = swings[swings["rank"] > 0].sort_values("rank")
    if ranked.empty:
        return TOO_FEW
    indices = _ranked_indices(result)
    named = list(ranked["input"])
    shares = listed([f"{_words(name)} {_share(indices.loc[name], 'total').of('%')}" for name in named])
    if too_few_points(result):
        points = int(result.further["chance"].set_index("outcome").loc[FOUND, "base_points"])
        return (
            f"Which unknowns decide cannot be told with {points} base points: of the variance of {OUTCOMES[FOUND]}, the "
            f"largest total indices have {shares}, with intervals that leave any order open. {_widest(swings)}."
        )
    parts = [f"of the variance of {OUTCOMES[FOUND]}, the largest total indices have {shares}"]
    if EVERYTHING_ELSE in indices.index:
        rest = indices.loc[EVERYTHING_ELSE]
        parts.append(f"{_other_rows(rest)} together have {_share(rest, 'total').of('%')}")
    chance = float(result.further["chance"].set_index("outcome").loc[FOUND, "share"])
    if chance >= 0:
        parts.append(f"about {100 * chance:.0f} % of the variance may be chance")
    first = "; ".join([*parts, _how_sure(indices, named)])
    return f"{first[0].upper()}{first[1:]}. {_widest(swings)}."


def _ranked_indices(result: Tabulation) -> pd.DataFrame:
    """Indices for what is found, the largest total first; everything else is one of them."""
    table = result.table[result.table["outcome"] == FOUND]
    return table.sort_values("total", ascending=False, kind="stable").set_index("input")


def _other_rows(rest: pd.Series[Any]) -> str:
    """The rows that were moved as one."""
    return f"the other {counted(float(rest['rows']), 'row')}"


def _how_sure(indices: pd.DataFrame, ranked: Sequence[str]) -> str:
    """What the intervals allow to be said of the order, everything else included, for the end of a sentence."""
    others = indices.drop(index=list(ranked))
    rivals = indices.drop(index=ranked[0])["total_high"]
    first = "the first of them surely decides most"
    if bool((rivals > indices.loc[ranked[0], "total_low"]).any()):
        first = "whether the first of them decides most is open"
    if others.empty:
        return first
    overlap = others["total_high"].max() > indices.loc[list(ranked), "total_low"].min()
    return f"{first}, and {'one that is not named may belong to them' if overlap else 'all others surely decide less'}"


def _widest(swings: pd.DataFrame) -> str:
    """The input that moves the outcome most by itself, as a sentence without its full stop."""
    from sim.figures.sensitivity import value_label

    known = swings.dropna(subset=["to_low", "to_high"], how="all").reset_index(drop=True)
    if known.empty:
        return "No seed has an outcome at an end of a range, so that swings are not known"
    ends = known[["to_low", "to_high"]].fillna(0.0)
    width = ends.max(axis=1).clip(lower=0) - ends.min(axis=1).clip(upper=0)
    row = known.loc[width.idxmax()]
    values = {end: value_label(float(row[end]), str(row["unit"])) for end in ("low", "central", "high")}
    moved = [
        f"by {_swing(row, end).of('percentage points')} at {values[end]}"
        for end in ("low", "high")
        if not isnan(row[f"to_{end}"])
    ]
    return (
        f"Moved alone, all others central, {_words(str(row['input']))} changes the share most: from "
        f"{100 * row['at_centre']:.0f} % at {values['central']} {listed(moved)}"
    )


def table(result: Tabulation) -> Table:
    """Each input that was kept, and all others as one: its range, its indices, and what its ends do."""
    import pandas as pd

    from sim.figures.sensitivity import value_label

    swings = result.further["tornado"]
    swings = swings[swings["outcome"] == FOUND].set_index("input")
    rows = []
    for name, index in _ranked_indices(result).iterrows():
        words = _other_rows(index) if name == EVERYTHING_ELSE else _words(str(name))
        row: dict[str, Any] = {"unknown": words, "total index, %": _share(index, "total")}
        row["first-order index, %"] = _share(index, "first")
        if name in swings.index:
            swing = swings.loc[name]
            low, high = (value_label(float(swing[end]), str(swing["unit"])) for end in ("low", "high"))
            row["range"] = f"{low} to {high}"
            row |= {f"points at its {end} end": _swing(swing, end) for end in ("low", "high")}
        rows.append(row)
    return Table(f"Which unknowns decide the share of {OUTCOMES[FOUND]}.", pd.DataFrame(rows))


def _words(name: str) -> str:
    """As the figures name it."""
    from sim.figures.sensitivity import in_words  # here, because matplotlib takes half a second to load

    return in_words(name)


def _share(index: pd.Series[Any], which: str) -> Estimate:
    """An index with its interval, in per cent."""
    return Estimate(*(100 * float(index[name]) for name in (which, f"{which}_low", f"{which}_high")))


def _swing(row: pd.Series[Any], end: str) -> Estimate:
    """The difference to the centre at an end, in percentage points."""
    middle, half = 100 * float(row[f"to_{end}"]), 100 * float(row[f"to_{end}_half"])
    return Estimate(middle, middle - half, middle + half)


def figures(result: Tabulation) -> Iterator[Chart]:
    """The tornado, the indices, and what screening left."""
    from sim.figures import Chart, frame, source_line
    from sim.figures.sensitivity import effect_bars, index_dots, tornado_bars

    source = source_line(
        result.manifest, f"run{'s' if result.manifest['runs'] > 1 else ''} of each point", "95 %, as the caption says"
    )
    about = f"{_about(result)} {source}"

    axis = tornado_bars(result.further["tornado"], FOUND)
    frame(
        axis.figure,
        title=_claim(result),
        subtitle=f"Share of {OUTCOMES[FOUND]}, one input at the end of its range, all others central",
        source=source,
    )
    data = result.further["tornado"]
    yield Chart("tornado", axis.figure, data[data["outcome"] == FOUND], f"{_tornado_caption(result)} {about}")

    axes = index_dots(result.table, OUTCOMES)
    frame(
        axes[0].figure,
        title=_index_claim(result),
        subtitle="Sobol' indices: share of the variance that an input decides by itself, and together with others",
        source=source,
    )
    yield Chart("indices", axes[0].figure, result.table, f"{_index_caption(result)} {about}")

    screened = result.further["screening"]
    axes = effect_bars(screened)
    kept = int(screened[screened["round"] == "single rows"]["kept"].sum())
    frame(
        axes[0].figure,
        title=f"Of {_inputs(result)} uncertain inputs, screening keeps {kept}",
        subtitle="Mean absolute change of the share established within 90 days, per whole range of an input (mu*)",
        source=source,
    )
    yield Chart("screening", axes[0].figure, screened, f"{_screening_caption(result)} {about}")


def _claim(result: Tabulation) -> str:
    rows = result.further["tornado"]
    rows = rows[(rows["outcome"] == FOUND) & (rows["rank"] > 0)].sort_values("rank")
    names = [_words(str(name)) for name in rows["input"]]
    if not names:
        return "No input changes what is found: too few chips were diverted for a headline"
    if too_few_points(result):
        return "Too few base points to tell which unknowns decide; what each does alone, others central"
    indices = _ranked_indices(result)
    rest = ""
    if EVERYTHING_ELSE in indices.index:
        left = indices.loc[EVERYTHING_ELSE]
        rest = f"; {_other_rows(left)}: {100 * left['total']:.0f} %"
    largest = f"Largest total {'index' if len(names) == 1 else 'indices'} for what is found: {listed(names)}"
    return textwrap.shorten(largest, LONGEST_TITLE - len(rest), placeholder=" ...") + rest


def too_few_points(result: Tabulation) -> bool:
    """Whether an index for what is found may be anything, by its interval."""
    found = result.table[result.table["outcome"] == FOUND]
    return bool((found["first_high"] - found["first_low"]).max() > 2)


def _index_claim(result: Tabulation) -> str:
    found = result.table[result.table["outcome"] == FOUND].set_index("input")
    if found["total"].max() <= 0:
        return "The outcome is the same everywhere"
    if too_few_points(result):
        return "There are too few base points to tell which input decides how much"
    best = found.drop(index=EVERYTHING_ELSE, errors="ignore").sort_values("total", ascending=False)
    name, first = _words(str(best.index[0])), best["first"].iloc[0]
    rest = found["total"].get(EVERYTHING_ELSE)
    left = f"; {_inputs(result) - len(best)} further inputs take part in {100 * rest:.0f} %" if rest is not None else ""
    return f"{name}: alone {100 * max(first, 0.0):.0f} % of the variance{left}"


def _inputs(result: Tabulation) -> int:
    screened = result.further["screening"]
    return int(screened[screened["round"] == "ideas"]["rows"].sum())


def _about(result: Tabulation) -> str:
    scenario: Scenario = result.scenario
    chance = result.further["chance"].set_index("outcome")
    shares = ", ".join(
        f"{words}: standard deviation {row['sd']:.3g} at central values, {row['drawn_sd']:.3g} with drawn parameters, "
        f"{100 * row['share']:.0f} % of the variance"
        for (words, row) in ((OUTCOMES[str(outcome)], row) for outcome, row in chance.iterrows())
        if row["share"] >= 0
    )
    runs = result.manifest["runs"]
    return (
        f"In screening and for indices every point is the mean of {runs} run{'s' if runs > 1 else ''} of the same seeds at "
        "all points, so that for these seeds the outcome is a function of the inputs alone. How much is chance "
        f"({chance['runs'].iloc[0]:.0f} seeds): {shares or 'not known'}. That share is among the effects of all inputs that "
        "reorder events. Inputs are independent, with half of the probability on each side of the central value, and the "
        "published laws of smuggling's volume and of the share ever detected; of those drawn together, an input is the "
        "row's own part. "
        "Levers, and mixes of strategies and of channels, stay as they are. "
        f"One simulated chip stands for {1 / scenario.fleet.scale:,.0f}, at {scenario.geography.sites} sites, in lots of "
        f"{scenario.fleet.lot_chips} chips, number of inspectors: {scenario.enforcement.inspectors}. Inputs can be "
        "compared, but counts are not the nation's. A world in which too few chips are diverted has no share of them, and "
        "is left out."
    )


def _tornado_caption(result: Tabulation) -> str:
    rows = result.further["tornado"]
    runs = f"{rows[['low_runs', 'high_runs']].max(axis=None):.0f}" if len(rows) else "0"
    return (
        "Bars: from the outcome with all parameters central to that with one at the low, and at the high, end of its range "
        "in the parameter table, written at the end of the bar. For most rows that is the whole range of the law; for the "
        "share ever detected and for volumes it is the 5 and the 95 % quantile, moved alone although volume and share go "
        f"together. Whiskers: 95 % interval (Student) of the difference to the centre, paired over up to {runs} seeds; "
        "no outcome: no seed has one there, as where nothing is diverted. Bold: the "
        "inputs with the largest total indices, when all others vary too. Interactions do not show."
    )


def _index_caption(result: Tabulation) -> str:
    chance = result.further["chance"].set_index("outcome")
    row = chance.loc[FOUND]
    return (
        "First-order index: share of the variance that is gone once the input is known. Total index: share that is left if "
        "all others are known. Bars: 95 % intervals by the bootstrap over base points "
        f"({row['base_points']:.0f} of {row['base_points_asked']:.0f} have an outcome in both samples). "
        f"{EVERYTHING_ELSE.capitalize()}: all other rows that have a range, moved as one input; its total index is what is "
        "lost by leaving them where they are. Axes end at -25 and 125 %, whatever an interval's length. The inputs were "
        "chosen by what is found, not by false alarms."
    )


def _screening_caption(result: Tabulation) -> str:
    screened = result.further["screening"]
    rest = screened[(screened["round"] == "single rows") & (screened["input"] == EVERYTHING_ELSE)]
    left = (
        f"Everything else, {rest['rows'].iloc[0]} rows moved as one, changes the share by {rest['mu_star'].iloc[0]:.3f} "
        f"({rest['low'].iloc[0]:.3f} to {rest['high'].iloc[0]:.3f}) in the mean."
        if len(rest)
        else ""
    )
    least = screened[screened["kept"]]["mu_star"].min()
    large = screened[(screened["round"] == "ideas") & (screened["rows"] > 1) & (screened["mu_star"] > least)]
    unopened = [str(name) for name in large["input"] if name in result.manifest["unopened_ideas"]]
    if unopened:
        left += f" Not looked at row by row, for want of room, although above the least that is kept: {', '.join(unopened)}."
    return (
        "Left: first round, rows that are one idea moved as one, each in a direction of its own, so that effects may "
        "cancel; right: second round, the rows of the ideas that matter most, one by one, and everything else as one; the "
        "largest of each. Dark: kept. Bars: mu*, the mean absolute elementary effect between 4 levels from the 5 to the "
        f"95 % quantile of each law; lines: 95 % intervals by the bootstrap over trajectories. {left}"
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
