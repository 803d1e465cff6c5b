"""Which unknowns decide what location verification finds?

Every row of the parameter table that has a range is an input. Screening leaves at most ten of them; indices say which share
of the variance of diversions found within 90 days, and of false alarms, each of these decides; a tornado shows what its low
and its high value do.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.study import Options, Study, UsageError, main, usable_processors
from sim import RunFailed, Scenario, Tabulation
from sim.experiments.planned_cost import planned_cost, seconds_of_a_run
from sim.experiments.sensitivity import (
    EVERYTHING_ELSE,
    Effect,
    ExtraMissing,
    Indices,
    Model,
    Plan,
    Screening,
    Swing,
    TooFewLeft,
    alone,
    check_extra,
    inputs_of,
    screen,
    sobol_indices,
    tornado,
    with_the_rest,
)
from sim.parameters import Parameter
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
FOUND, FALSE = "established_by_day_90", "false_alarms_per_month"
OUTCOMES = {FOUND: "diversions established within 90 days", FALSE: "false alarms per month"}
DECISIVE = 5
LONGEST_TITLE = 152
"""Letters."""


def study(options: Options) -> Study:
    """The rule alone; `runs` are those of each point in screening and for the indices, `draws` their base points."""
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
    import pandas as pd

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
    decisive = _decisive(indices[FOUND])
    further = {
        "screening": screening_table(screening),
        "tornado": tornado_table(swings, rows, decisive),
        "chance": chance_table(chance, indices, plan.runs),
        "runs": model.runs_table(list(OUTCOMES)),
    }
    table = pd.DataFrame(
        [
            {"outcome": outcome, "input": one.name, "rows": len(one.rows), **_without(asdict(one), "name", "rows")}
            for outcome, found in indices.items()
            for one in found.each
        ]
    )
    return Tabulation(scenario, table, _summary(table, further, rows), about, further)


def _plan(study: Study, quick: bool) -> Plan:
    plan = QUICK_PLAN if quick else Plan()
    return Plan(
        plan.trajectories, study.draws or plan.base_points, study.runs, plan.tornado_runs, plan.chance_runs,
        plan.most_inputs, plan.most_alone,
    )  # fmt: skip


def _manifest(study: Study, options: Options) -> dict[str, Any]:
    return manifest(options.name, study.scenario, options.seed, study.runs, options.quick, study.draws)


def _decisive(indices: Indices) -> list[str]:
    """The inputs with the largest total indices, at most five, in that order; none of those that decide nothing."""
    found = sorted((one for one in indices.each if one.name != EVERYTHING_ELSE), key=lambda one: -one.total)
    return [one.name for one in found[:DECISIVE] if one.total > 0]


def screening_table(screening: Screening) -> pd.DataFrame:
    """round, input, rows, mu_star, low, high, mu, sigma, kept."""
    import pandas as pd

    def told(number: str, effects: Sequence[Effect]) -> Iterator[dict[str, Any]]:
        for effect in effects:
            fields = _without(asdict(effect), "name", "rows")
            kept = effect.name in screening.kept
            yield {"round": number, "input": effect.name, "rows": len(effect.rows), **fields, "kept": kept}

    return pd.DataFrame([*told("ideas", screening.ideas), *told("single rows", screening.alone)])


def tornado_table(swings: dict[str, list[Swing]], rows: dict[str, Parameter], decisive: Sequence[str]) -> pd.DataFrame:
    """outcome, input, unit, central, and the columns of a swing; rank: place among those that decide, 0 for others."""
    import pandas as pd

    columns = [
        "outcome",
        "input",
        "unit",
        "central",
        "rank",
        *(name for name in Swing.__dataclass_fields__ if name != "name"),
    ]
    table = [
        {
            "outcome": outcome,
            "input": swing.name,
            "unit": rows[swing.name].unit,
            "central": rows[swing.name].central,
            "rank": decisive.index(swing.name) + 1 if swing.name in decisive else 0,
            **_without(asdict(swing), "name"),
        }
        for outcome, each in swings.items()
        for swing in each
    ]
    return pd.DataFrame(table, columns=columns)


def chance_table(chance: dict[str, Any], indices: dict[str, Indices], runs: int) -> pd.DataFrame:
    """outcome, runs, mean, sd, share: how much seeds alone move the outcome, the parameters at the scenario's values.

    `share` is the variance of the mean of as many runs as each point had, over that of the outcome with drawn parameters.
    """
    import pandas as pd

    rows = []
    for outcome, values in chance.items():
        known = values[~np.isnan(values)]
        sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
        found = indices[outcome]
        share = sd**2 / runs / found.variance if found.variance > 0 else float("nan")
        rows.append(
            {
                "outcome": outcome,
                "runs": len(known),
                "mean": float(known.mean()) if len(known) else float("nan"),
                "sd": sd,
                "share": share,
                "drawn_mean": found.mean,
                "drawn_sd": found.variance**0.5,
                "base_points": found.base_points,
                "base_points_asked": found.asked,
            }
        )
    return pd.DataFrame(rows)


def _summary(table: pd.DataFrame, further: dict[str, pd.DataFrame], rows: dict[str, Parameter]) -> pd.DataFrame:
    """Inputs in the order of the total index for what is found: their ranges, indices, swings, and the rest."""
    found = table[table["outcome"] == FOUND].set_index("input")
    swings = further["tornado"][further["tornado"]["outcome"] == FOUND].set_index("input")
    summary = found[["first", "first_low", "first_high", "total", "total_low", "total_high"]].join(
        swings[["unit", "low", "central", "high", "at_low", "at_centre", "at_high"]]
    )
    return summary.sort_values("total", ascending=False, kind="stable").reset_index()


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


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
        title=textwrap.shorten(_claim(result), LONGEST_TITLE, placeholder=" ..."),
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
    names = [str(name).replace("_", " ") for name in rows["input"]]
    if not names:
        return "No input changes what is found: too few chips were diverted for a headline"
    if too_few_points(result):
        return "Too few base points to tell which unknowns decide; what each does alone, others central"
    number = {1: "One unknown decides", 2: "Two unknowns decide", 3: "Three unknowns decide", 4: "Four unknowns decide"}
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{number.get(len(names), 'Five unknowns decide')} how many diversions are found in time: {listed}"


def too_few_points(result: Tabulation) -> bool:
    """Whether an index for what is found may be anything, by its interval."""
    found = result.table[result.table["outcome"] == FOUND]
    return bool((found["first_high"] - found["first_low"]).max() > 2)


def _index_claim(result: Tabulation) -> str:
    from sim.figures.sensitivity import in_words

    found = result.table[result.table["outcome"] == FOUND].set_index("input")
    if found["total"].max() <= 0:
        return "The outcome is the same everywhere"
    if too_few_points(result):
        return "There are too few base points to tell which input decides how much"
    best = found.drop(index=EVERYTHING_ELSE, errors="ignore").sort_values("total", ascending=False)
    name, first = in_words(str(best.index[0])), best["first"].iloc[0]
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
        "reorder events. Inputs are independent, with triangular laws over their ranges, and the published laws of "
        "smuggling's volume and of the share ever detected; of those drawn together, an input is the row's own part. "
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
        "inputs with the largest total indices, which decide most when all others vary too. Interactions do not show."
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
