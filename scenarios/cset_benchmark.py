"""Does the finding hold that pings beat inspections?

CSET (2026) compares them without map, time, false alarms or an adversary, over a grid of fleets, diversions and plans of
inspection. First that model is worked out as published. Then one assumption at a time gives way to what the simulation
finds, in worlds where all chips carry the mechanism, and then all of them: the chance that a ping misses, the date of
detection, false alarms, the method of inspection, smugglers who choose what suits them.

One simulated chip stands for fifty of three million, at a site for each hub of the catalogue, over 640 days, and every order
counts that left at least a year before the end. Tips, end-use checks and blocked consignees are left out, as the static
model has none: whatever is found, pings or inspections have found.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median_low
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scenarios.answering.brief import Table
from scenarios.asking.searches import REPERTOIRE
from scenarios.asking.variations import Variation, vary
from scenarios.command_line import main
from scenarios.parts.cset_answer import shares_table, two_sentences
from scenarios.parts.cset_cases import (
    KNOWN,
    STATIC,
    TOGETHER,
    TOGETHER_KNOWN,
    WORDS,
)
from scenarios.parts.cset_derived import AGAINST, PINGS, SOON_DAYS, YEAR_DAYS, Derived, derived, planned_inspectors
from scenarios.parts.cset_figures import assumptions_in_words, ranking_chart, turning_chart
from scenarios.study import Options, Study, UsageError, usable_processors
from sim import Result, Scenario, Tabulation, simulate
from sim.experiments.cset_model import (
    NETWORKS,
    Assumptions,
    FalseAlarms,
    Fleet,
    Network,
    Ranked,
    break_even_landmarks,
    constants,
    fleets,
    known_fleet,
    published_assumptions,
    rank,
    visits_within,
)
from sim.parameters import load_parameters
from sim.units import DAYS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

RUNS_ENSEMBLES = True
SETTING = {
    "fleet.scale": 0.02,
    "fleet.lot_chips": 25,
    "geography.sites": 175,
    "calendar.end_after_duty_days": 640,
    "verification.signing": "none",
    "enforcement.licence_denial": False,
    "enforcement.tips": False,
    "enforcement.random_inspections": False,
}
QUICK = {
    "fleet.scale": 0.001,
    "fleet.lot_chips": 8,
    "geography.sites": 8,
    "enforcement.inspectors": 2,
    "calendar.end_after_duty_days": 430,
    "verification.period_days": 3,
    "uncertainties.diverted_chips_per_year": 500_000,
}
DRAWS, QUICK_DRAWS = 5, 1
METHODS = ("count", "labels", "challenge")
ADAPTING = ("labels", "challenge")
"""Methods to which smugglers answer: what end-use checks do today, and what the mechanism makes possible."""

SHOWN = ("go_dark", "decoy_site", "return_for_inspection")
"""What smugglers can do about inspections: nothing, dummies with copied labels, or bring the chips back."""

QUICK_REPERTOIRE, QUICK_SHOWN = ("relay_from_declared_site", "low_latency_relay"), ("decoy_site",)
TIMES_KNOWN = (1, 2, 5, 10, 20, 50, 100)
"""Multiples of the known clusters, which are a lower bound."""

GONE_SHARES = (0.001, 0.01, 0.1, 0.5, 1.0)
"""Of the chips of a cluster that smuggles, for the map."""

DRIVERS = (
    "adversary.strategies", "adversary.staging", "geography.landmarks", "verification.bound", "verification.grace_days",
    "verification.uncleared_sites", "enforcement.notice_days", "gpu_faults_per_chip_year", "repair_absence_days",
    "request_answered", "remote_request_cost_usd", "inspection_miss",
)  # fmt: skip
CITATIONS = ("cset-model-2026", "chip-security-act-2025")
INTERVALS = "10-90 % of draws of the parameters and chance; the static model has none"


def variations(scenario: Scenario, quick: bool) -> list[Variation]:
    """Pings; each method of inspections by plan; and of those that smugglers answer to, one for each answer."""
    twice = constants().grid.inspections_per_year * scenario.geography.sites
    number = planned_inspectors(twice, scenario.values["inspection_days"])
    rule = {"verification.active": True, "enforcement.planned_inspectors": 0, "enforcement.method": "challenge"}
    plain = {"adversary.strategies": scenario.adversary.strategies, "adversary.staging": scenario.adversary.staging}
    same = {key: getattr(scenario.enforcement, key) for key in ("inspectors", "planned_visits", "inspected_chips")}
    levers: dict[str, dict[str, Any]] = {PINGS: {**rule, **{f"enforcement.{key}": value for key, value in same.items()}}}
    for method in METHODS:
        visits = {"enforcement.inspectors": number, "enforcement.planned_inspectors": number, "enforcement.method": method}
        visits |= {"enforcement.planned_visits": "random", "enforcement.inspected_chips": 0}  # all chips of a site
        levers[method] = {**visits, "verification.active": False}
    made = [Variation(name, "mix", 0, {**those, **plain}) for name, those in levers.items()]
    for name in (PINGS, *ADAPTING):
        answers = (QUICK_REPERTOIRE if quick else REPERTOIRE) if name == PINGS else (QUICK_SHOWN if quick else SHOWN)
        for strategy in answers:
            choice = {"adversary.strategies": {strategy: 1.0}, "adversary.staging": {"none": 1.0}}
            made.append(Variation(f"{name}{AGAINST}{strategy}", strategy, 0, {**levers[name], **choice}))
    return made


def study(options: Options) -> Study:
    """A world where all chips carry the mechanism, under each policy.

    Raises:
        UsageError: on a cluster, which returns no event logs, or a lever is set that the question varies.
    """
    if options.scheduler is not None:
        raise UsageError("--executor: cset_benchmark reads event logs, which a cluster does not return; allowed: processes")
    scenario = options.scenario("full_coverage", QUICK, SETTING)
    return vary(options, scenario, variations(scenario, options.quick), QUICK_DRAWS if options.quick else DRAWS)


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """The runs, what they say in place of the static assumptions, and who wins under each relaxation.

    Raises:
        RunFailed: no draw is without a run that ended with an error.
    """
    import pandas as pd

    result = simulate(
        study.scenario,
        options.seed,
        study.runs,
        beside=study.beside,
        draws=study.draws,
        design=options.design,
        workers=options.workers or (1 if options.quick else usable_processors()),
        question=options.name,
        quick=options.quick,
        progress=progress,
        runs_folder=options.runs_folder,
        partial=True,
    )
    found = derived(result, METHODS, ADAPTING)
    ranked = list(ranked_cases(found, result))
    shares = pd.DataFrame(_rows(ranked))
    further = {
        "derived": pd.DataFrame(derived_rows(found)),
        "assumed": pd.DataFrame(assumed_rows(found)),
        "turning": pd.DataFrame(turning_rows(found, result)),
        "fleets": pd.DataFrame(fleet_rows()),
        "published": pd.DataFrame(published_rows(ranked[0].ranked)),
    }
    return Tabulation(study.scenario, shares, summary_of(shares), result.manifest, further)


class Case(NamedTuple):
    """A relaxation in one draw, and who wins in how many scenarios."""

    relaxation: str
    draw: int
    ranked: Mapping[Network, Ranked]


def ranked_cases(found: Sequence[Derived], result: Result) -> Iterator[Case]:
    """The static model, as published and over other fleets, and every relaxation in every draw that has a number for it."""
    grid, at_first = list(fleets(constants().grid)), published_assumptions()
    known = [known_fleet(constants().known_clusters)]
    yield Case(STATIC, 0, rank(grid, at_first))
    yield Case("every_mix", 0, rank(list(fleets(constants().grid, every_mix=True)), at_first))
    yield Case(KNOWN, 0, rank(known, at_first))
    for one in found:
        for name, assumptions in relaxations(one, result).items():
            if _has_numbers(assumptions):
                yield Case(name, one.draw, rank(grid, assumptions))
                if name == TOGETHER:
                    yield Case(TOGETHER_KNOWN, one.draw, rank(known, assumptions))


def relaxations(one: Derived, result: Result) -> dict[str, Assumptions]:
    """The assumptions under each relaxation, in one draw; NaN in those that the draw has no number for."""
    static, per_year = published_assumptions(), constants().grid.inspections_per_year
    year = visits_within(YEAR_DAYS, per_year)
    dear, nothing_overlooked = false_alarms_of(one, result), {"inspection_miss": 0.0}
    methods = {
        method: replace(static, inspection_found=share, **(nothing_overlooked if method == "challenge" else {}))
        for method, share in one.found.items()
    }
    answered = {
        f"answered_{method}": replace(
            static if method != "challenge" else replace(static, **nothing_overlooked),
            ping_miss=0.0,
            ping_found=one.ping_answer.shown,
            inspection_found=chosen.shown,
        )
        for method, chosen in one.visit_answers.items()
    }
    return {
        "miss_of_chips": replace(static, ping_miss=1 - one.chips_alerted),
        "miss_of_orders": replace(static, ping_miss=0.0, ping_found=one.orders_alerted),
        "within_90_days": replace(static, ping_found=one.alerted_soon, visits=visits_within(SOON_DAYS, per_year)),
        "within_a_year": replace(static, visits=year),
        "false_alarms": replace(static, false_alarms=dear),
        **methods,
        **answered,
        TOGETHER: replace(answered["answered_challenge"], false_alarms=dear, visits=year),
    }


def false_alarms_of(one: Derived, result: Result) -> FalseAlarms:
    """The false alarms of one draw, with its price of a request; every case is one if operators are asked at all."""
    drawn = result.drawn[one.draw] if result.drawn else {}
    values = load_parameters().values({**result.scenario.uncertainties, **drawn})
    asked = bool(result.scenario.enforcement.remote_request_days)
    found = one.false_alarms
    return FalseAlarms(
        found.alerts_per_chip_year,
        found.alerts_per_site_year,
        found.open_days / DAYS_PER_YEAR,
        values["remote_request_cost_usd"] if asked else 0.0,
        found.visit_chance,
        found.chips,
        result.scenario.enforcement.inspected_chips,
    )


def _has_numbers(assumptions: Assumptions) -> bool:
    numbers = (assumptions.ping_miss, assumptions.ping_found, assumptions.inspection_found, *assumptions.false_alarms)
    return not any(math.isnan(number) for number in numbers)


def _rows(cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    """Tidy: relaxation, draw, network, plans, shares of scenarios, and their number."""
    for name, draw, ranked in cases:
        for network, both in ranked.items():
            for plans, relation in both._asdict().items():
                number = relation.scenarios
                wins, losses = relation.pings_win / number, relation.inspections_win / number
                yield {
                    "relaxation": name, "draw": draw, "network": network, "plans": plans, "pings_win": wins,
                    "prices_decide": 1 - wins - losses, "inspections_win": losses, "scenarios": number,
                }  # fmt: skip


def summary_of(shares: pd.DataFrame) -> pd.DataFrame:
    """Relaxation, network, plans, outcome, median, low, high: over draws, in the order of the figure."""
    import pandas as pd

    rows = []
    for name in (name for name in WORDS if name in set(shares["relaxation"])):
        for (network, plans), those in shares[shares["relaxation"] == name].groupby(["network", "plans"], sort=False):
            for outcome in ("pings_win", "prices_decide", "inspections_win"):
                low, middle, high = np.quantile(those[outcome], [0.1, 0.5, 0.9])
                alone = len(those) == 1
                rows.append(
                    {
                        "relaxation": name, "network": network, "plans": plans, "outcome": outcome, "median": middle,
                        "low": math.nan if alone else low, "high": math.nan if alone else high,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def derived_rows(found: Sequence[Derived]) -> Iterator[dict[str, Any]]:
    """Draw, name, value and choice: what came out in place of each assumption."""
    for one in found:
        numbers = {
            "chips_alerted": one.chips_alerted, "orders_alerted": one.orders_alerted, "alerted_soon": one.alerted_soon,
            "false_alarms_per_chip_month": one.false_alarms.cases_per_chip_year / 12,
            "innocent_alerts_per_chip_month": one.false_alarms.alerts_per_chip_year / 12,
            "innocent_alerts_per_site_year": one.false_alarms.alerts_per_site_year,
            "false_alarms_open_days": one.false_alarms.open_days, "false_alarms_visited": one.false_alarms.visited,
            "false_alarms_alerts": one.false_alarms.alerts, "false_alarms_chips": one.false_alarms.chips,
            **{f"found_by_{method}": share for method, share in one.found.items()},
        }  # fmt: skip
        for name, value in numbers.items():
            yield {"draw": one.draw, "name": name, "value": value, "choice": ""}
        for name, chosen in {PINGS: one.ping_answer, **one.visit_answers}.items():
            yield {"draw": one.draw, "name": f"answer_to_{name}", "value": chosen.shown, "choice": chosen.strategy}


def assumed_rows(found: Sequence[Derived]) -> Iterator[dict[str, Any]]:
    """What others assume of answers of the simulation, beside what came out: median and 10-90 % of draws."""
    came_out = {
        "ping_miss": [1 - one.orders_alerted for one in found],
        "false_alarms_per_chip_month": [one.false_alarms.cases_per_chip_year / 12 for one in found],
        "staged_inspection_miss": [1 - one.visit_answers["labels"].shown for one in found],
    }
    for name, row in constants().benchmark_only.items():
        known = [value for value in came_out[name] if not math.isnan(value)] or [math.nan]
        low, middle, high = np.quantile(known, [0.1, 0.5, 0.9])
        yield {
            "name": name, "unit": row.unit, "assumed_low": row.low, "assumed": row.central, "assumed_high": row.high,
            "found_low": low, "found": middle, "found_high": high,
        }  # fmt: skip


def turning_rows(found: Sequence[Derived], result: Result) -> Iterator[dict[str, Any]]:
    """Landmarks up to which pings win for sure, by cluster size and share gone, for fleets of clusters of one size."""
    few, many = constants().prices.landmarks
    cases = {STATIC: [published_assumptions()]}
    cases[TOGETHER] = [one for each in found if _has_numbers(one := relaxations(each, result)[TOGETHER])]
    for name, those in cases.items():
        for network in NETWORKS:
            for size in constants().grid.cluster_sizes:
                for gone_share in GONE_SHARES:
                    gone = round(size * gone_share)
                    number = math.nan
                    if gone >= 1 and those:
                        number = median_low(break_even_landmarks(size, gone, one, network) for one in those)
                    yield {
                        "case": name, "network": network, "cluster_size": size, "clusters": constants().grid.chips // size,
                        "share_gone": gone_share, "landmarks": number, "fewest": few, "most": many,
                    }  # fmt: skip


def fleet_rows() -> Iterator[dict[str, Any]]:
    """Who wins in the static model by fleet: its clusters in all, and shares of its scenarios.

    First the fleets of the grid; then as many of the known clusters of each size as a multiple, `times_known`, says.
    """
    at_first, known = published_assumptions(), known_fleet(constants().known_clusters)
    grown = {times: Fleet(known.sizes, tuple(times * number for number in known.clusters)) for times in TIMES_KNOWN}
    for times, fleet in [*((math.nan, fleet) for fleet in fleets(constants().grid)), *grown.items()]:
        for network, both in rank([fleet], at_first).items():
            yield {
                "clusters": sum(fleet.clusters), "times_known": times, "network": network,
                **{f"pings_win_{plans}": one.pings_win / one.scenarios for plans, one in both._asdict().items()},
            }  # fmt: skip


def published_rows(ours: Mapping[Network, Ranked]) -> Iterator[dict[str, Any]]:
    """The published counts beside those of the static model: network, plans, relation, published, ours."""
    published = constants().published
    for network in NETWORKS:
        stored = {"every_plan": getattr(published, network), "best_plan": getattr(published, f"best_plan_{network}")}
        for plans, counts in stored.items():
            for (relation, number), theirs in zip(getattr(ours[network], plans)._asdict().items(), counts, strict=True):
                yield {"network": network, "plans": plans, "relation": relation, "published": theirs, "ours": number}


def answer(result: Tabulation) -> str:
    """Who wins in the static model, under each relaxation and with all, and what decides it."""
    return two_sentences(result)


def table(result: Tabulation) -> Table:
    """Shares of scenarios by relaxation, against every plan of inspections and the best one."""
    return shares_table(result)


def figures(result: Tabulation) -> Iterator[Chart]:
    """Who wins under each relaxation, and where it turns by cluster size and share of chips gone."""
    quick = result.manifest["quick"]
    answers = (QUICK_REPERTOIRE, QUICK_SHOWN) if quick else (REPERTOIRE, SHOWN)
    assumed = assumptions_in_words(result, *answers, constants().grid.inspections_per_year)
    yield ranking_chart(result, assumed)
    yield turning_chart(result, assumed)


if __name__ == "__main__":
    sys.exit(main(__file__))
