"""What do 10, 50 and 200 million dollars a year buy at best?

Mixes of landmarks, cadence, inspectors and planned visits, beside each other in the same drawn worlds: what each costs the
authority and finds, which no other dominates, and which to choose within a budget: for the best expectation, or for the
least regret in any world. First inspectors and planned visits vary, at 12 landmarks and daily challenges; then, about what
was chosen there, landmarks and cadence. What the chosen ones find is measured again, in worlds that had no part in the
choice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import Estimate, Table
from scenarios.answering.sentences import counted, listed
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.parts.frontier_tables import (
    BUDGETS_MUSD,
    NO_RULE,
    RULES,
    bought_rows,
    by_draw_table,
    ends,
    levers_of,
    points_table,
)
from scenarios.study import Options, Study, UsageError, usable_processors
from sim import Result, Scenario, Tabulation
from sim.experiments.budget import (
    SHARE_SOON,
    BudgetError,
    Measured,
    Mix,
    choose,
    distinct,
    measure,
)
from sim.experiments.ensemble import ensemble
from sim.experiments.planned_cost import planned_cost, seconds_of_a_run
from sim.provenance import manifest
from sim.randomness import run_seed
from sim.scenario import STATUS_QUO

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

RUNS_ENSEMBLES = True
SETTING = {
    "calendar.duty_after_days": 90,
    "calendar.end_after_duty_days": 365,
    "enforcement.planned_visits": "risk_based",
}
"""Of a tenth of the nation, the scenario `site_sampled`: one site and one inspector for ten, all landmarks."""

QUICK_SETTING = {
    **{key: value for key, value in QUICK.items() if key != "enforcement.inspectors"},
    "fleet.scale": 0.005,
    "fleet.lot_chips": 20,
    "geography.sites": 5,
    "geography.sampled_sites": 0,
    "calendar.duty_after_days": 30,
    "calendar.end_after_duty_days": 120,
}

INSPECTORS, QUICK_INSPECTORS = (1, 2, 4, 10, 20, 40), (1, 2)
"""In the simulated part of the nation. Without any, cases come to nothing, and the status quo is what is left."""

AUDIT_SHARES = (0.0, 0.5)
LANDMARKS, QUICK_LANDMARKS = (12, 4, 48, 144), (12,)
PERIODS_DAYS = (1.0, 7.0)
"""The first of both is what inspectors and planned visits are varied at."""

DRAWS, QUICK_DRAWS = 16, 2
"""Those that the choice is made in; as many others are what it is reported from."""

FRESH = 1_000_003
"""Number of the run that gives the seed of the worlds that had no part in the choice."""

ENOUGH = 0.5
"""A title says that money is left over where less than this part of a budget does as well."""

OVERSPENT = 1.1
"""A title says so where what was chosen within a budget costs more than this times it in fresh draws."""


DRIVERS = (
    "adversary.strategies", "adversary.staging", "enforcement.method", "verification.grace_days", "inspection_days",
    "inspection_cost_usd", "inspection_cost_usd_per_chip", "inspector_cost_usd_per_year", "landmark_cost_usd_per_year",
    "cnas_volume_2024_chips", "gpu_faults_per_chip_year", "repair_absence_days",
)  # fmt: skip
CITATIONS = ("iaps-2025", "cset-model-2026")
INTERVALS = "10-90 % of fresh draws about their mean, parameters and chance"


def first_mixes(share: float, quick: bool) -> list[Mix]:
    """Numbers of inspectors and shares of them that visit by a plan, for the nation of which so much is simulated."""
    return [
        Mix(LANDMARKS[0], PERIODS_DAYS[0], float(f"{inspectors / share:.1g}"), audits)  # 10 for one of 43 sites in 434
        for inspectors in (QUICK_INSPECTORS if quick else INSPECTORS)
        for audits in AUDIT_SHARES
        if (inspectors * audits).is_integer()
    ]


def mixes_about(chosen: Sequence[Mix], quick: bool) -> list[Mix]:
    """Other numbers of landmarks and cadences with the inspectors of the mixes that were chosen."""
    return [
        Mix(landmarks, period, inspectors, audits)
        for inspectors, audits in dict.fromkeys((mix.inspectors, mix.audit_share) for mix in chosen)
        for landmarks in (QUICK_LANDMARKS if quick else LANDMARKS)
        for period in PERIODS_DAYS
        if (landmarks, period) != (LANDMARKS[0], PERIODS_DAYS[0])
    ]


def study(options: Options) -> Study:
    """The first mixes in the same draws; the others follow from what is chosen among these.

    Raises:
        UsageError: no draws are asked for, or a lever is set that the question varies.
    """
    if options.draws == 0:
        raise UsageError("--draws: 0: frontier chooses over draws; allowed: 1 or more")
    scenario = options.scenario("site_sampled", QUICK_SETTING, SETTING)
    tried = first_mixes(scenario.fleet.scale, options.quick)
    if taken := sorted(tried[0].levers(scenario.fleet.scale).keys() & options.levers.keys()):
        raise UsageError(f"--set: {', '.join(taken)}: the question frontier varies this; leave it out")
    first, *others = policies_of(scenario, tried)
    draws = options.draws or (QUICK_DRAWS if options.quick else DRAWS)
    return Study(first, options.runs or 1, draws, tuple(others))


def policies_of(scenario: Scenario, among: Sequence[Mix]) -> list[Scenario]:
    """The scenario under each mix."""
    return [scenario.replace_keys({"name": mix.name, **mix.levers(scenario.fleet.scale)}) for mix in among]


@dataclass(frozen=True)
class Ensembles:
    """Ensembles of a study, each with as many draws and runs, kept in the same folder."""

    study: Study
    options: Options
    progress: Callable[..., None]
    workers: int

    def __call__(self, seed: int, policies: Sequence[Scenario], *, status_quo: bool) -> Result:
        """Policies in the worlds of a seed."""
        first, *others = policies
        return ensemble(
            first,
            self.study.draws,
            self.study.runs,
            design="sobol",
            seed=seed,
            beside=others,
            status_quo=status_quo,
            workers=self.workers,
            executor=self.options.cluster,
            folder=self.options.runs_folder,
            question=self.options.name,
            quick=self.options.quick,
            progress=self.progress,
        )


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Cost and outcome of every mix, choices within each budget, and what the chosen find in worlds of their own.

    Raises:
        UsageError: no draw has what is maximised, or a budget pays for nothing.
    """
    import pandas as pd

    share, seed = study.scenario.fleet.scale, options.seed
    workers = options.workers or (1 if options.quick else usable_processors())
    run = Ensembles(study, options, progress, workers)
    known = {mix.name: mix for mix in first_mixes(share, options.quick)}
    _say_cost(study, options, workers)
    results = [run(seed, [study.scenario, *study.beside], status_quo=True)]
    try:
        chosen = _chosen(measure(results))
        about_these = mixes_about([known[name] for name in chosen if name in known], options.quick)
        if about_these:
            known |= {mix.name: mix for mix in about_these}
            results.append(run(seed, policies_of(study.scenario, about_these), status_quo=False))
        measured = measure(results)
        choices = [choose(measured, 1e6 * budget) for budget in BUDGETS_MUSD]
        again = [known[name] for name in _chosen(measured) if name in known] or [next(iter(known.values()))]
        fresh = run(run_seed(seed, FRESH), policies_of(study.scenario, again), status_quo=True)
        reported = measure([fresh])
    except BudgetError as error:
        raise UsageError(str(error)) from None
    levers = {name: levers_of(mix) for name, mix in known.items()} | {STATUS_QUO: NO_RULE}
    points = points_table(measured, levers)
    bought = pd.DataFrame(row for one in choices for row in bought_rows(one, measured, reported, levers))
    about = manifest(options.name, study.scenario, seed, study.runs, options.quick, study.draws, study.beside)
    about["failed_draws_by_sample"] = {"choice": _failed(*results), "report": _failed(fresh)}
    by_draw = pd.concat([by_draw_table("choice", results), by_draw_table("report", [fresh])], ignore_index=True)
    return Tabulation(study.scenario, points, bought, about, {"by_draw": by_draw})


def _chosen(measured: Measured) -> list[str]:
    """Names of the policies that are chosen within some budget by some rule."""
    choices = [choose(measured, 1e6 * budget) for budget in BUDGETS_MUSD]
    return [measured.policies[place] for place in distinct(choices)]


def _failed(*results: Result) -> list[int]:
    return sorted({failure.draw for result in results for failure in result.failures})


def _say_cost(study: Study, options: Options, workers: int) -> None:
    """Print what the study will cost at most, by a run of a policy, which is then thrown away."""
    seconds = seconds_of_a_run(study.beside[-1], options.seed)
    first = len(study.beside) + 2
    most = min(len(study.beside) + 1, len(RULES) * len(BUDGETS_MUSD))
    each = len(QUICK_LANDMARKS if options.quick else LANDMARKS) * len(PERIODS_DAYS) - 1
    runs = (first + most * each + most + 1) * study.runs * (study.draws or 1)
    print(planned_cost(runs, seconds, workers), file=sys.stderr)


def answer(result: Tabulation) -> str:
    """What each budget buys by the best expectation, and from which cost on more money was not seen to find more."""
    bought = result.summary()
    parts = []
    for _, row in bought[bought["rule"] == "expected"].iterrows():
        unit = "% of diversions within 90 days" if not parts else "%"
        part = f"for {row['budget_musd']:g} million {_mix(row)}: {_fresh(row, 'found', 100).of(unit)}"
        if row["fresh_usd_per_year_mean"] > OVERSPENT * 1e6 * row["budget_musd"]:
            part += f", but at {_fresh(row, 'usd_per_year', 1e-6).of('million')} in worlds that had no part in the choice"
        parts.append(part)
    last = bought[bought["budget_musd"] == bought["budget_musd"].max()].set_index("rule")
    best, frugal = last.loc["expected"], last.loc["frugal"]
    alike = f"and none that is cheaper than the best for {best['budget_musd']:g} million is as good as that, by these draws"
    if best["scenario"] != frugal["scenario"]:
        alike = (
            f"and the best for {best['budget_musd']:g} million is not surely better than {_mix(frugal)}, "
            f"{_fresh(frugal, 'found', 100).of('%')} at {_fresh(frugal, 'usd_per_year', 1e-6).of('million')}"
        )
    return (
        f"Of the mixes tried, these establish most in expectation, by US dollars a year: {'; '.join(parts)}. "
        f"Today's tips and checks alone establish {_status_quo(result).of('%')}, {alike}."
    )


def _fresh(row: pd.Series[Any], what: str, times: float) -> Estimate:
    """Mean over fresh draws with 10-90 % of them."""
    return Estimate(*(times * float(row[f"fresh_{what}_{name}"]) for name in ("mean", "low", "high")))


def _status_quo(result: Tabulation) -> Estimate:
    """What is found in the fresh draws without the rule, in per cent."""
    rows = result.further["by_draw"]
    of_outcome = (rows["sample"] == "report") & (rows["outcome"] == SHARE_SOON)
    found = 100 * rows[of_outcome & (rows["scenario"] == STATUS_QUO)]["found"]
    return Estimate(float(found.mean()), *ends(found.to_numpy()))


def _mix(row: pd.Series[Any]) -> str:
    """A mix in words."""
    if row["scenario"] == STATUS_QUO:
        return "today's tips and checks alone"
    planned = row["planned_inspectors"] / row["inspectors"] if row["inspectors"] else 0.0
    often = {1: "daily", 7: "weekly"}.get(row["period_days"], f"{row['period_days']:g}-day")
    visits = "to follow up alerts" if not planned else f"of whom {100 * planned:.0f} % visit by a plan"
    return f"{row['landmarks']:g} landmarks, {often} challenges and {counted(row['inspectors'], 'inspector')} {visits}"


def table(result: Tabulation) -> Table:
    """The mixes chosen within each budget by each rule, what they cost and find in fresh draws."""
    import pandas as pd

    rows = [
        {
            "budget, million US dollars a year": float(row["budget_musd"]),
            "chosen as": RULES[str(row["rule"])],
            "landmarks": float(row["landmarks"]),
            "days between challenges": float(row["period_days"]),
            "inspectors": float(row["inspectors"]),
            "of them by plan": float(row["planned_inspectors"]),
            "cost, million": _fresh(row, "usd_per_year", 1e-6),
            "found within 90 days, %": _fresh(row, "found", 100),
            "largest regret, points": 100 * float(row["largest_regret"]),
        }
        for _, row in result.summary().iterrows()
    ]
    return Table("What a yearly budget of the authority buys; cost and share found in fresh draws.", pd.DataFrame(rows))


def figures(result: Tabulation) -> Iterator[Chart]:
    """The frontier with the choices, and what each budget buys."""
    from sim.figures import Chart, frame, source_line
    from sim.figures.budgets import frontier, frontier_data, mixes_bought

    draws = result.manifest["draws"]
    source = source_line(
        result.manifest,
        f"{'run' if result.manifest['runs'] == 1 else 'runs'} x {draws:,} draws to choose and {draws:,} fresh ones",
        "10-90 % of fresh draws, parameters and chance",
    )
    axis = frontier(result)
    frame(
        axis.figure,
        title=_claim(result.summary()),
        subtitle="Share of diverted chips established within 90 days. Grey: every mix tried. Line: those that no other "
        "dominates, means over the draws of the choice. Coloured: choices, mean and 10-90 % of fresh draws",
        source=source,
    )
    yield Chart("frontier", axis.figure, frontier_data(result), f"{_caption(result)} {source}")

    axes = mixes_bought(result)
    frame(
        axes[0].figure,
        title=_claim_of_robust(result.summary()),
        subtitle="What is chosen within each budget, by three rules. Cost: expected, in brackets its 90 % quantile. Regret: "
        "what the best affordable mix finds more in the same draw. Right: mean and 10-90 % of fresh draws",
        source=source,
    )
    yield Chart("mixes-bought", axes[0].figure, result.summary(), f"{_caption(result)} {source}")


def _claim(bought: pd.DataFrame) -> str:
    """What each budget finds, and from which cost on more money was not seen to find more."""
    best = bought[bought["rule"] == "expected"]
    found = listed([f"{100 * share:.0f}" for share in best["fresh_found_mean"]])
    budgets = listed([_dollars(budget) for budget in best["budget_musd"]])
    last = bought[bought["budget_musd"] == bought["budget_musd"].max()]
    frugal: dict[Any, Any] = last[last["rule"] == "frugal"].to_dict("records")[0]
    needed = frugal["usd_per_year_mean"] / 1e6
    spare = frugal["scenario"] != STATUS_QUO and needed < ENOUGH * frugal["budget_musd"]
    over = (best["fresh_usd_per_year_mean"] / 1e6 / best["budget_musd"]).max()
    if over > OVERSPENT:
        return f"{budgets} a year find {found} %, at up to {over:.1f} times that cost"
    less = f"; beyond {_dollars(round(needed))} no gain is sure" if spare else ""
    return f"{budgets} a year find {found} %{less}"


def _dollars(million: float) -> str:
    """Escaped, as matplotlib takes what stands between two signs for a formula."""
    return f"\\${million:g}M"


def _claim_of_robust(bought: pd.DataFrame) -> str:
    named = bought.pivot_table(index="budget_musd", columns="rule", values="scenario", aggfunc="first")
    differ = [_dollars(budget) for budget in named.index[named["expected"] != named["robust"]].tolist()]
    if not differ:
        return "Within each budget the best expected mix is also the one of least regret"
    return f"Expectation and least regret differ at {listed(differ)} a year"


def _caption(result: Tabulation) -> str:
    from sim.figures.captions import fleet_size

    scenario, draws = result.scenario, result.manifest["draws"]
    most = result.table["usd_per_year_mean"].max() / 1e6
    times = 1 / scenario.fleet.scale
    return (
        "What a yearly budget of the authority buys. Its cost is measured: landmarks for the whole nation; visits, chips "
        f"tested and time in which inspectors wait for work, of the simulated fleet, times {times:.4g}. "
        f"{fleet_size(scenario)} {scenario.geography.sites} sites. Inspectors are of the nation too: one that is simulated "
        f"stands for {times:.4g}, and numbers between are not tried. Few inspectors keep cases waiting for longer than many "
        "with as much work each, so that small numbers look worse here than they would be. Tips and end-use checks of "
        "today's staff are paid for under every policy, and under the status quo. Nothing charges a challenge: no figure "
        "was found for running the verifier; operators' agents and makers' firmware are not the authority's. A mix is "
        "affordable if its expected cost is within the budget. The dearest mix tried is expected to cost "
        f"{most:.0f} million dollars. First inspectors and planned visits vary, at {LANDMARKS[0]} landmarks and daily "
        "challenges, then landmarks and cadence about what is chosen there: the best is the best of those tried. The choice "
        f"is made in {draws:,} draws of all parameters, spread by a Sobol sequence, with common random numbers. What came "
        "out best there was lucky too, so that what it finds is measured again in as many fresh draws with another seed; "
        "regret is of the draws of the choice. Cheapest alike: the least dear on the frontier of which the mean paired "
        "difference to the best expected has a 90 % interval (Student's t) that includes nil; with few draws a real "
        f"difference may be missed. Planned visits: {scenario.enforcement.planned_visits}; "
        f"{scenario.calendar.duty_after_days:g} days from enactment to the duty, {scenario.calendar.end_after_duty_days:g} "
        "under it. Smugglers keep their strategies, whatever becomes of their lots; their mix and what inspectors are shown "
        "are assumed. Status quo: calibrated, not predicted."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
