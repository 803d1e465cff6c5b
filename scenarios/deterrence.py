"""When does smuggling stop to pay, and how much of it is left until then?

Inspectors from none to ten and challenges daily or monthly; to each policy smugglers answer with the strategies and the
volume that pay by what became of their lots, and the price follows. Beside that, the arithmetic of penalties: from what
chance of being found do penalties of twice the value beat a price of 1.2 to 2.0 times list?
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.answering.brief import TOO_FEW, Estimate, Table
from scenarios.answering.sentences import counted, listed
from scenarios.asking.ranges import parameter_range
from scenarios.asking.searches import LEARNERS, answer_each, unsettled
from scenarios.asking.variations import Variation, vary
from scenarios.baseline import QUICK
from scenarios.command_line import main
from scenarios.study import Options, Study, UsageError
from sim import Scenario, Tabulation
from sim.experiments.compute_gap import step_rows
from sim.experiments.equilibrium import MOST_STEPS, find_equilibrium, follow_days
from sim.intervals import wilson_bounds
from sim.provenance import manifest
from sim.smuggling.profit import Deal, break_even_chance, expected_profit, risks_if_established
from sim.smuggling.strategy import Cost
from sim.units import DAYS_PER_YEAR
from sim.world.products import mean_price_usd

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

SMUGGLERS_ANSWER = True
SETTING = {**LEARNERS, "calendar.end_after_duty_days": 730}
QUICK_SETTING = {
    **{key: value for key, value in QUICK.items() if key != "enforcement.inspectors"},
    "fleet.scale": 0.001,
    "fleet.lot_chips": 8,
    "calendar.end_after_duty_days": 365,
}
INSPECTORS, QUICK_INSPECTORS = (10, 0, 1), (10, 0)
PERIODS_DAYS, QUICK_PERIODS_DAYS = {1: "daily", 30: "monthly"}, {1: "daily"}
RUNS, QUICK_RUNS = 2, 1
QUICK_STEPS = 3
RATIOS = (1.2, 1.5, 2.0)
"""Prices over list for the arithmetic of penalties: the published range."""

DRIVERS = (
    "enforcement.inspectors", "verification.period_days", "adversary.strategies", "price_ratio_later", "smuggler_margin",
    "civil_penalty_multiple", "penalty_reach_partners", "penalty_reach_elsewhere", "demand_elasticity",
    "smuggling_elasticity", "new_shell_days", "risk_horizon_days", "tips_detection_ever", "belief_cases", "choice_noise",
)  # fmt: skip
CITATIONS = ("cnas-2025", "bis-penalties-2025")
COUNTS = "policies can be compared, but the number of inspectors needed is not the nation's"
INTERVALS = (
    "shares of lots found, 80 % after Wilson (1927), each lot counted once; chances to break even, from the largest to the "
    "smallest share of penalties that may be collected in partner countries; margins and volumes, none, of one search each"
)


@dataclass(frozen=True)
class Policy:
    """One policy to be answered: where it belongs in the figure, and how long the answer is looked for."""

    scenario: Scenario
    group: str
    inspectors: float
    seed: int
    runs: int
    most_steps: int


def variations(quick: bool) -> list[Variation]:
    """One policy for each number of inspectors and time between challenges."""
    return [
        Variation(
            f"inspectors_{number}_every_{period}_days",
            f"asked {often}",
            number,
            {"enforcement.inspectors": number, "verification.period_days": period},
        )
        for period, often in (QUICK_PERIODS_DAYS if quick else PERIODS_DAYS).items()
        for number in (QUICK_INSPECTORS if quick else INSPECTORS)
    ]  # fmt: skip


def study(options: Options) -> Study:
    """The baseline's world under each policy, parameters at the scenario's values.

    Raises:
        UsageError: draws are asked for, or a lever is set that the question varies.
    """
    if options.draws:
        raise UsageError("--draws: deterrence keeps parameters at the scenario's values; allowed: 0")
    scenario = options.scenario("baseline", QUICK_SETTING, SETTING)
    made = vary(options, scenario, variations(options.quick), 0)
    return Study(made.scenario, options.runs or (QUICK_RUNS if options.quick else RUNS), None, made.beside)


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """The smugglers' answer to every policy, and the chances at which lots break even."""
    import pandas as pd

    policies = [
        Policy(scenario, place.group, place.value, options.seed, study.runs, QUICK_STEPS if options.quick else MOST_STEPS)
        for scenario, place in zip((study.scenario, *study.beside), variations(options.quick), strict=True)
    ]
    rows = [row for rows in answer_each(answer_to, policies, options, progress) for row in rows]
    table = pd.DataFrame(rows)
    last = table.groupby("policy", sort=False).tail(1).reset_index(drop=True)
    about = manifest(options.name, study.scenario, options.seed, study.runs, options.quick, None, study.beside)
    curves = pd.DataFrame(profit_curves(study.scenario, float(last["unlisted_share"].iloc[0])))
    even = pd.DataFrame(break_even_curves(study.scenario))
    return Tabulation(study.scenario, table, last, about, {"profit_curves": curves, "break_even": even})


def answer_to(policy: Policy) -> list[dict[str, Any]]:
    """The steps of the search for the smugglers' answer to one policy, tidy; profits are those of the world's real chips."""
    found = find_equilibrium(policy.scenario, policy.seed, policy.runs, policy.most_steps)
    scenario = policy.scenario
    real_years = policy.runs * scenario.fleet.scale * scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    assert found.seen_before is not None
    before = list(found.seen_before.cases.values())
    lots_before = sum(each.lots for each in before)
    usual = {
        "usual_established_share": sum(each.established for each in before) / lots_before if lots_before else np.nan,
        "usual_lots_seen": lots_before,
    }
    rows = []
    for row, step in zip(step_rows(found, scenario.values), found.steps, strict=True):
        mean_margin = sum(step.state.mix.get(name, 0.0) * profit.margin for name, profit in step.profits.items())
        rows.append(
            {
                "policy": scenario.name,
                "group": policy.group,
                "inspectors": policy.inspectors,
                **row,
                **usual,
                "margin": mean_margin,
                "profit_usd_per_year": step.profit_usd / real_years,
            }
        )
    return rows


def profit_curves(scenario: Scenario, unlisted: float) -> Iterator[dict[str, Any]]:
    """Margin of a lot by the chance that it is found, at the price without the rule, by where its consignee is."""
    values = scenario.values
    collected = {"partner country": values["penalty_reach_partners"], "elsewhere": values["penalty_reach_elsewhere"]}
    deal = Deal(scenario.fleet.lot_chips, chip_usd(scenario), values["price_ratio_later"], Cost(), unlisted)
    for place, share in collected.items():
        for chance in np.linspace(0, 1, 41).tolist():
            profit = expected_profit(deal, risks_if_established(chance, share), values)
            yield {"consignee": place, "collected": share, "chance": chance, "margin": profit.margin}


def chip_usd(scenario: Scenario) -> float:
    """List price of a chip, in the mean of what is exported halfway through the duty."""
    return mean_price_usd(scenario.calendar.middle_of_duty, scenario.values)


def break_even_curves(scenario: Scenario) -> Iterator[dict[str, Any]]:
    """The chance of being found from which a lot loses money, by price over list and share of penalties collected."""
    for ratio in RATIOS:
        deal = Deal(scenario.fleet.lot_chips, chip_usd(scenario), ratio, Cost())
        for collected in np.linspace(0, 1, 401).tolist():
            chance = break_even_chance(deal, collected, scenario.values)
            yield {"price_ratio": ratio, "collected": collected, "break_even_chance": chance}


def answer(result: Tabulation) -> str:
    """Under which policies nobody smuggles, what is left under the one that finds most, and when penalties alone deter."""
    from sim.figures.deterrence import most_found

    last = result.summary()
    most, gone = most_found(last), last[last["chips_per_year"] == 0]
    if most.empty and gone.empty:
        return TOO_FEW
    parts = []
    if not gone.empty:
        parts.append(f"under {listed([_named(row) for _, row in gone.iterrows()])} nobody smuggles any more")
    if not most.empty:
        parts.append(_left(result, most, "of the others " if parts else ""))
    first = "; ".join(parts)
    chances = [f"{ratio:g} times list {_chance(result.scenario, ratio)}" for ratio in RATIOS]
    return (
        f"{first[0].upper()}{first[1:]}{unsettled(last['ended'], 'policies')}. "
        f"Penalties alone beat a price of {listed(chances)}, for a consignee in a partner country."
    )


def _left(result: Tabulation, most: pd.DataFrame, among: str) -> str:
    """What smugglers do under the policy that finds most; of several with as much, the one with the fewest inspectors."""
    first, *others = (row for _, row in most.iterrows())
    named = f"{_named(first)}{f'; as many with {listed([_named(row) for row in others])}' if others else ''}"
    verb = "still pays" if first["margin"] > 0 else "does not pay any more"
    return (
        f"under the policy {among}that finds most ({named}), with "
        f"{_found(first).of('%')} of {first['lots_seen']:.0f} lots found within {follow_days(result.scenario):.0f} days, "
        f"smuggling {verb}: the "
        f"expected margin of a lot is {100 * first['margin']:.0f} %, and smugglers order {_ordered(first):.0f} % of the "
        f"chips that they would without the rule{_without_inspectors(result.summary(), first)}"
    )


def _without_inspectors(last: pd.DataFrame, most: pd.Series[Any]) -> str:
    """What smugglers order under the same rule with no inspector: part of any difference is that they learn under a rule."""
    alike = last[(last["group"] == most["group"]) & (last["inspectors"] == 0)]
    if alike.empty or most["inspectors"] == 0:
        return ""
    ordered = _ordered(alike.iloc[0])
    learnt = " (more than without the rule, since under it they learn strategy by strategy)" if ordered > 100 else ""
    return f", and {ordered:.0f} % under it with no inspector{learnt}"


def _named(row: pd.Series[Any]) -> str:
    """A policy in words."""
    return f"{counted(row['inspectors'], 'inspector')}, chips {row['group']}"


def _ordered(row: pd.Series[Any]) -> float:
    """Chips that smugglers order, in per cent of those without the rule."""
    return 100 * float(row["chips_per_year"] / row["usual_chips_per_year"])


def _found(row: pd.Series[Any], before: str = "") -> Estimate:
    """Share of lots found, in per cent, with its interval by the number of lots; `usual_` before the names: with no rule."""
    share, lots = float(row[f"{before}established_share"]), float(row[f"{before}lots_seen"])
    if np.isnan(share):
        return Estimate(np.nan, np.nan, np.nan)
    return Estimate(100 * share, *(100 * end for end in wilson_bounds(share, lots)))


def _chance(scenario: Scenario, ratio: float) -> str:
    """From which chance of being found a lot loses money, in words, over the share collected in partner countries."""
    deal = Deal(scenario.fleet.lot_chips, chip_usd(scenario), ratio, Cost())
    name = "penalty_reach_partners"
    chances = {
        end: 100 * break_even_chance(deal, values[name], values) for end, values in parameter_range(name, scenario).items()
    }
    ends = (chances["high"], chances["low"]) if "high" in chances else (np.nan, np.nan)
    central = chances["central"]
    if central > 100:
        best = f", and from {ends[0]:.0f} % at the largest share collected" if ends[0] <= 100 else ""
        return f"at no chance of being found{best}"
    if not ends[1] > 100:
        return f"from a chance of {Estimate(central, *ends).of('%')}"
    return f"from a chance of {central:.0f} % ({ends[0]:.0f} to never)"


def table(result: Tabulation) -> Table:
    """Lots found, margin, price and volume by policy."""
    import pandas as pd

    last = result.summary()
    rows = [
        {
            "policy": f"{counted(row['inspectors'], 'inspector')}, {row['group']}",
            "lots found, %": _found(row),
            "expected margin, %": 100 * float(row["margin"]),
            "price over list": float(row["price_ratio"]),
            "ordered, % of those without the rule": _ordered(row),
            "arriving, thousand chips a year": float(row["arriving_chips_per_year"]) / 1e3,
            "search ended": str(row["ended"]),
        }
        for _, row in last.iterrows()
    ]
    usual = last.iloc[0]
    before = {
        "policy": "no rule (status quo)",
        "lots found, %": _found(usual, "usual_"),
        "price over list": float(usual["usual_price_ratio"]),
        "ordered, % of those without the rule": 100.0,
    }
    caption = (
        "What is left of smuggling once smugglers have answered a policy. Without the rule they hold one risk for all "
        "strategies; under it they learn strategy by strategy, so that a rule without inspectors is what others are to be "
        "compared with."
    )
    return Table(caption, pd.DataFrame([*rows, before]))


def figures(result: Tabulation) -> Iterator[Chart]:
    """Profit and volume against detection, and where penalties beat the price."""
    from sim.figures import Chart, frame, source_line
    from sim.figures.deterrence import break_even, break_even_data, profit_and_volume, profit_and_volume_data

    days = follow_days(result.scenario)
    runs = "run of each step" if result.manifest["runs"] == 1 else "runs of each step"
    source = source_line(result.manifest, runs, "none; parameters at the scenario's values")
    axes = profit_and_volume(result, days)
    frame(
        axes[0].figure,
        title=_claim(result.summary()),
        subtitle=f"Smugglers' answer to each policy, by share of lots found within {days:.0f} days; numbers: inspectors",
        source=source,
    )
    yield Chart("profit-and-volume", axes[0].figure, profit_and_volume_data(result), f"{_caption(result, days)} {source}")

    axis = break_even(result)
    frame(
        axis.figure,
        title=_claim_of_penalties(result),
        subtitle="Chance of being found from which a lot loses money, if nothing but penalties and new companies costs it",
        source=source,
    )
    yield Chart("break-even", axis.figure, break_even_data(result), f"{_penalty_caption(result)} {source}")


def _claim(last: pd.DataFrame) -> str:
    gone = int((last["chips_per_year"] == 0).sum())
    given_up = f"Nobody smuggles any more under {gone} of {len(last)} policies"
    by_share = last.dropna(subset=["established_share"]).sort_values(["established_share", "inspectors"])
    if by_share.empty:
        return given_up if gone else "Too few lots were diverted, or followed for too short a time, for a headline"
    least, most = by_share.iloc[0], by_share.iloc[-1]
    orders = f"{_ordered(least):.0f} to {_ordered(most):.0f} % of what they would order without the rule"
    if gone:
        return f"{given_up}; under the others smugglers order {orders}"
    shares = f"{100 * least['established_share']:.0f} to {100 * most['established_share']:.0f}"
    return f"With {shares} % of lots found, smugglers order {orders}"


def _claim_of_penalties(result: Tabulation) -> str:
    even = result.further["break_even"]
    shares = [even[(even["price_ratio"] == ratio) & (even["break_even_chance"] <= 1)]["collected"].min() for ratio in RATIOS]
    first, last = _share(shares[0]), _share(shares[-1])
    return f"All lots found, penalties beat {RATIOS[0]} x list if {first} is collected, {RATIOS[-1]} x if {last}"


def _share(collected: float) -> str:
    return f"{100 * collected:.0f} %" if not np.isnan(collected) else "over 100 %"


def _caption(result: Tabulation, days: float) -> str:
    scenario, values, last = result.scenario, result.scenario.values, result.summary()
    ends = ", ".join(f"{ended} {number}" for ended, number in last["ended"].value_counts().items())
    return (
        "What a policy leaves of smuggling. Each point is a policy, after smugglers have answered it: they see what "
        f"became of their lots within {days:.0f} days of departure, strategy by strategy, and order by what pays "
        f"(adversary.behaviour = {scenario.adversary.behaviour}); the price is where demand meets supply. Left: "
        "profit that is expected of a lot, over what is paid for it. Lines: the same in closed form at the price "
        "without the rule, for a consignee in a partner country of the United States and elsewhere, with the "
        f"central share of penalties collected ({values['penalty_reach_partners']:g} and "
        f"{values['penalty_reach_elsewhere']:g}, assumed). Right: chips that smugglers want to divert per year in "
        "the whole world, and those that arrive: orders of blocked companies are refused, and some chips seized. "
        "A policy under which nobody smuggles has no lots and no point. Without the rule smugglers hold one risk for all "
        "strategies; under it they learn strategy by strategy, so that more may be ordered under a rule without inspectors. "
        f"Costs that no source lists are set so that smugglers expect a margin of {values['smuggler_margin']:g} "
        "without the rule (CNAS assumes 30 %; calibrated, not predicted), at today's tips and customs. Elasticities "
        f"of demand ({values['demand_elasticity']:g}) and of the volume by margin "
        f"({values['smuggling_elasticity']:g}) are assumed, as is the rate at which smugglers learn. The search for "
        f"the answer ended: {ends} (policies). Strategies that they know: {', '.join(scenario.adversary.strategies)}. "
        f"One simulated chip stands for {1 / scenario.fleet.scale:,.0f}, at as "
        "many sites and inspectors as stated: policies can be compared, but the number of inspectors needed is not "
        "the nation's."
    )


def _penalty_caption(result: Tabulation) -> str:
    scenario, values = result.scenario, result.scenario.values
    return (
        f"Where penalties beat the price. A lot of {scenario.fleet.lot_chips} chips at {chip_usd(scenario):,.0f} "
        f"dollars each sells at {', '.join(map(str, RATIOS[:-1]))} or {RATIOS[-1]} times list. If it is found, a penalty of "
        f"{values['civil_penalty_multiple']:g} times its value is collected with the chance on the horizontal axis, "
        "and a new company is set up for later orders. Transport and companies cost what the table says; nothing is "
        "seized, and the strategy costs nothing. Above a line a lot loses money, so that the penalty alone deters: "
        f"without costs that is where chance x share collected = (price - 1) / {values['civil_penalty_multiple']:g}. Thin "
        "line: the policy of this "
        "study under which most lots are found. Bands: range of the share of penalties that is collected of "
        "consignees in partner countries and elsewhere (assumed). End users in restricted territory pay no penalty "
        "at all."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
