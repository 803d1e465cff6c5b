"""Which evasion does which way of verifying find, how soon, and what does evading cost?

Every strategy of smugglers by itself under every choice of verification, in the same worlds: the probability that the
diversion of a chip is established within 30, 90 and 365 days of leaving the licensed path, and what the strategy costs for
each chip. Companies are not blocked after a find, so that each strategy diverts the same chips under every choice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import TOO_FEW, Estimate, Table, figures_of
from scenarios.asking.variations import Variation, vary
from scenarios.command_line import main
from scenarios.parts.evasion_cells import HORIZONS_DAYS, evasion_cells, extraction_of_whole_orders, stands_for
from scenarios.study import Options, Study
from sim.detection.register import DETECTORS
from sim.smuggling.strategies import STRATEGIES

if TYPE_CHECKING:
    import pandas as pd

    from sim import Result
    from sim.figures import Chart

SETTING = {
    "fleet.scale": 0.02,
    "fleet.lot_chips": 25,
    "geography.sites": 40,
    "calendar.duty_after_days": 60,
    "calendar.end_after_duty_days": 640,
    "verification.signing": "none",
    "adversary.staging": {"none": 1},
    "enforcement.licence_denial": False,
}
QUICK = {"fleet.scale": 0.002, "fleet.lot_chips": 8, "geography.sites": 6, "calendar.end_after_duty_days": 370}

TIMED = ["contradiction", "invalid", "silence_streak", "unconfirmed"]
RULE: Mapping[str, Any] = {
    "geography.landmarks": 12,
    "verification.active": True,
    "verification.bound": "planning",
    "verification.detectors": TIMED,
    "verification.flaws": [],
    "verification.key_register": True,
    "verification.landmark_cross_checks": False,
    "verification.landmarks_asked": 3,
    "verification.landmarks_needed": 1,
    "verification.rma_confirmation": "maker",
    "verification.rma_reconciliation": False,
    "verification.uncleared_sites": "inspect_only",
    "enforcement.downtime_budget_days": 0,
    "enforcement.method": "challenge",
    "enforcement.notice_days": 0,
}
"""What the choices vary, as the rule has it where a choice says nothing else."""


@dataclass(frozen=True)
class Choice:
    """A way of verifying.

    Attributes:
        heading: in the figure.
        levers: dotted keys in which it differs from `RULE`.
    """

    heading: str
    levers: Mapping[str, Any]


TODAY = "today"
CHOICES: Mapping[str, Choice] = {
    TODAY: Choice("today: tips and label checks", {"verification.active": False}),
    "silence_only": Choice("silence only", {"verification.detectors": ["silence_streak"]}),
    "planning_bound": Choice("planning bound, 12 landmarks", {}),
    "vacuum_bound": Choice("vacuum bound, 100 landmarks", {"verification.bound": "vacuum", "geography.landmarks": 100}),
    "two_landmarks": Choice(
        "two landmarks agree, cross-checked",
        {
            "geography.landmarks": 100,
            "verification.landmarks_asked": 5,
            "verification.landmarks_needed": 2,
            "verification.landmark_cross_checks": True,
        },
    ),
    "drift_test": Choice(
        "drift test where not cleared",
        {"verification.uncleared_sites": "drift_test", "verification.detectors": [*TIMED, "drift"]},
    ),
    "scans": Choice(
        "batch scans, repairs reconciled",
        {"verification.detectors": [*TIMED, "lot_scan", "site_scan"], "verification.rma_reconciliation": True},
    ),
    "all_detectors": Choice(
        "all detectors and registers",
        {
            "verification.detectors": list(DETECTORS),
            "verification.rma_reconciliation": True,
            "verification.uncleared_sites": "drift_test",
        },
    ),
    "owners_word": Choice(
        "owner's word on repairs and outages",
        {
            "verification.rma_reconciliation": True,
            "verification.rma_confirmation": "owner",
            "enforcement.downtime_budget_days": 60,
        },
    ),
    "flawed_protocol": Choice(
        "flawed protocol, no key register",
        {
            "verification.flaws": [
                "attester_chosen_nonce",
                "prover_reported_time_subtracted",
                "long_term_key_signs_in_exchange",
                "one_key_per_host",
            ],
            "verification.key_register": False,
        },
    ),
    "labels_on_notice": Choice(
        "inspectors read labels, on notice", {"enforcement.method": "labels", "enforcement.notice_days": 21}
    ),
}
"""By name, in the order of the figure. Where nothing else is said, chips sign before inspectors, who come without notice."""

QUICK_STRATEGIES = ("claim_repair_or_scrap", "presigned_probes", "rent_remotely")
QUICK_CHOICES = (TODAY, "planning_bound", "owners_word", "flawed_protocol")
NEARLY_ALL = 0.9
"""Share found that titles count."""

COST_UNDER = "planning_bound"
"""The choice whose cost the figures show; the table has all."""

DRIVERS = (
    "adversary.strategies", "verification.bound", "verification.uncleared_sites", "enforcement.method",
    "enforcement.notice_days", "enforcement.inspectors", "verification.grace_days", "transit_to_restricted_days",
    "key_extraction_success", "key_extraction_usd_per_chip", "vendor_key_revoked_days", "relay_host_usd_per_day",
)  # fmt: skip
CITATIONS = ("cnas-2025", "doj-cases-2026", "tee-fail-2025", "gill-2010")
COUNTS = "shares, and dollars a chip, are told"
INTERVALS = (
    "95 % after Wilson (1927), each order of chips counted once, too narrow in that orders at one site share its visits; "
    "chance only, if no draws are asked for"
)


def variations(quick: bool) -> list[Variation]:
    """One policy for each strategy and choice; its value is the number of the choice."""
    choices = QUICK_CHOICES if quick else tuple(CHOICES)
    return [
        Variation(
            f"{strategy}_under_{name}",
            strategy,
            number,
            {**RULE, **CHOICES[name].levers, "adversary.strategies": {strategy: 1}},
        )
        for strategy in (QUICK_STRATEGIES if quick else STRATEGIES)
        for number, name in enumerate(CHOICES)
        if name in choices
    ]


def study(options: Options) -> Study:
    """The baseline's world in small under each policy, parameters at central values unless draws are asked for."""
    scenario = options.scenario("baseline", QUICK, SETTING)
    scenario = scenario.replace(uncertainties={**extraction_of_whole_orders(scenario), **scenario.uncertainties})
    return vary(options, scenario, variations(options.quick), 0)


def answer(result: Result) -> str:
    """Against how many strategies a plain rule and the best choice find nearly all, how soon, and what is found least."""
    cells = evasion_cells(result, variations(result.manifest["quick"]))
    cells = cells[cells["probability"].notna()].assign(
        choice=lambda rows: [list(CHOICES)[number] for number in rows["choice"]]
    )
    days = max(HORIZONS_DAYS, key=lambda horizon: (len(cells[cells["days"] == horizon]), horizon))
    at = cells[cells["days"] == days]
    plain = at[at["choice"] == COST_UNDER].set_index("strategy")
    if plain.empty:
        return TOO_FEW
    most = at.groupby("strategy")["probability"].max()
    soon = cells[cells["days"] == HORIZONS_DAYS[0]].groupby("strategy")["probability"].max()
    hardest = most.idxmin()
    best = _as_good(at[at["strategy"] == hardest])
    least, others = best.iloc[0], len(best) - 1
    among = ", today's tips and checks among them" if TODAY in set(best["choice"]) - {least["choice"]} else ""
    alike = f" and as much by {others} of the other choices{among}" if others else ""
    usd = plain["usd_per_chip"].dropna()
    shares = Estimate(*(100 * least[name] for name in ("probability", "low", "high"))).of("%")
    return (
        f"Of {len(plain)} evasions that move chips, '{CHOICES[COST_UNDER].heading}' finds {100 * NEARLY_ALL:.0f} % of chips "
        f"or more within {days} days against {(plain['probability'] >= NEARLY_ALL).sum()}, and the best choice against each "
        f"does so against {(most >= NEARLY_ALL).sum()}, against {(soon >= NEARLY_ALL).sum()} of them within "
        f"{HORIZONS_DAYS[0]} days. "
        f"Least is found of '{str(hardest).replace('_', ' ')}', {shares} by '{CHOICES[least['choice']].heading}'{alike}, "
        f"and under '{CHOICES[COST_UNDER].heading}' evasions cost between {_dollars(usd.min())} and {_dollars(usd.max())} "
        f"US dollars a chip, {_dollars(usd.median())} in the median."
    )


def _as_good(cells: pd.DataFrame) -> pd.DataFrame:
    """Of the choices against a strategy those that find as much as any, give or take one order, which may be chance."""
    return cells[cells["probability"] >= cells["probability"].max() - 1 / cells["followed_orders"] - 1e-9]


def _dollars(amount: float) -> str:
    """An amount in a sentence."""
    return "less than 1" if amount < 1 else figures_of(amount)


def table(result: Result) -> Table:
    """For each strategy what the plain rule and the best choice find at each horizon, and its cost."""
    import pandas as pd

    cells = evasion_cells(result, variations(result.manifest["quick"]))
    names = list(CHOICES)
    rows = []
    for strategy in _from_easy_to_hard(cells):
        of_strategy = cells[cells["strategy"] == strategy]
        plain = of_strategy[of_strategy["choice"] == names.index(COST_UNDER)].set_index("days")
        row: dict[str, Any] = {"evasion": strategy.replace("_", " ")}
        for days in HORIZONS_DAYS:
            row[f"found within {days} days, %"] = _share(plain.loc[days])
        last = of_strategy[of_strategy["days"] == HORIZONS_DAYS[-1]]
        known = last.dropna(subset=["probability"])
        best = _as_good(known)
        top = best.iloc[0] if len(best) else last.iloc[0]
        others = f" (and {len(best) - 1} more)" if len(best) > 1 else ""
        row[f"best choice within {HORIZONS_DAYS[-1]} days, %"] = _share(top)
        row["best choice"] = CHOICES[names[int(top["choice"])]].heading + others if len(known) else "-"
        row["cost, US dollars a chip"] = float(plain["usd_per_chip"].iloc[0])
        rows.append(row)
    caption = f"What each evasion is found by, under '{CHOICES[COST_UNDER].heading}' and by the best choice, and its cost."
    return Table(caption, pd.DataFrame(rows))


def _share(cell: pd.Series[Any]) -> Estimate:
    """Probability with its interval, in per cent."""
    return Estimate(*(100 * float(cell[name]) for name in ("probability", "low", "high")))


def figures(result: Result) -> Iterator[Chart]:
    """A heat map for each horizon, with the cost of each strategy."""
    from sim.figures import Chart, frame, heat_map, percent

    table = evasion_cells(result, variations(result.manifest["quick"]))
    names = list(CHOICES)
    table["choice"] = [names[number] for number in table["choice"]]
    order = _from_easy_to_hard(table)
    costs = table[(table["choice"] == COST_UNDER) & (table["days"] == HORIZONS_DAYS[0])].set_index("strategy")[
        "usd_per_chip"
    ]
    for days in HORIZONS_DAYS:
        at = table[table["days"] == days]
        cells = at.pivot_table(index="strategy", columns="choice", values="probability", dropna=False)
        cells = cells.loc[order, [name for name in names if name in cells]]
        cells.index = [strategy.replace("_", " ") for strategy in order]
        cells.columns = [CHOICES[name].heading for name in cells.columns]
        axis = heat_map(cells, write=percent, columns_beside=[("cost, US$ per chip", [_usd(costs[one]) for one in order])])
        frame(
            axis.figure,
            title=_claim(at, days),
            subtitle=f"Chips whose diversion is established within {days} days, %, if every smuggler follows one strategy",
            source=_source(result),
        )
        data = table if days == HORIZONS_DAYS[0] else at
        yield Chart(f"evasion-{days}-days", axis.figure, data, _caption(result, at, days))


def _from_easy_to_hard(table: pd.DataFrame) -> list[str]:
    """Strategies by how much is established within the longest time, on average over choices; those with nothing last."""
    at = table[table["days"] == HORIZONS_DAYS[-1]]
    means = at.groupby("strategy", sort=False)["probability"].mean()
    return list(means.sort_values(ascending=False, kind="stable", na_position="last").index)


def _claim(at: pd.DataFrame, days: int) -> str:
    """Against how many of the strategies that move chips the best choice finds nearly all."""
    best = at.groupby("strategy")["probability"].max().dropna()
    if best.empty:
        return "Too few chips were diverted, or followed for too short a time, for a headline"
    return (
        f"Within {days} days the best choice against each evasion finds {100 * NEARLY_ALL:.0f} % for "
        f"{(best >= NEARLY_ALL).sum()} of {len(best)}"
    )


def _usd(amount: float) -> str:
    """An amount to two figures."""
    if amount != amount:
        return "–"  # noqa: RUF001, a dash
    return "<1" if 0 < amount < 1 else f"{float(f'{amount:.2g}'):,.0f}"


def _caption(result: Result, at: pd.DataFrame, days: int) -> str:
    """What is shown, and the assumptions that matter."""
    scenario = result.scenario
    enforcement = scenario.enforcement
    orders = at[at["probability"].notna()]["followed_orders"]
    shown = [name for name in CHOICES if name in set(at["choice"])]
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items()) or "none"
    mix = ", ".join(f"{name} {weight:g}" for name, weight in scenario.adversary.channels.items())
    return (
        "In each row every smuggler does the same. Numbers are the share of chips diverted under the duty whose diversion "
        f"is established within {days} days of leaving the licensed path (t0), after Aalen and Johansen; being seized "
        f"before that competes. The data give 95 % intervals after Wilson, in which each order that left at least {days} "
        f"days before the end ({orders.min()} to {orders.max()} in a cell) counts once, since its chips share their fate. "
        "Hatched: no chip leaves, there is nothing to establish. All cells meet the same outages, and companies are not "
        "blocked, so that under every choice the same chips leave. "
        f"Cost: what the strategy itself takes under '{CHOICES[COST_UNDER].heading}' for each chip diverted or rented, "
        f"over {scenario.calendar.end_after_duty_days:g} days: what it costs once, counted for each declared site, and "
        "running costs from the first departure until every chip of the order is found or the run ends; not the chip's "
        f"price, and little of it is sourced. One simulated chip of an order stands for {stands_for(scenario):g}, so that "
        f"orders are as large as the baseline's. Where a choice says nothing else: {_levers(RULE)}; always challenges every "
        f"{scenario.verification.period_days:g} days, {scenario.verification.grace_days:g} days of grace, "
        f"{enforcement.inspectors} inspectors, {enforcement.remote_request_days:g} days for operators to answer. "
        + " ".join(f"'{CHOICES[name].heading}': {_levers(CHOICES[name].levers)}." for name in shown if CHOICES[name].levers)
        + " Tips and customs, calibrated to published estimates and not predicted, and end-use checks act in every column. "
        f"One simulated chip stands for {1 / scenario.fleet.scale:,.0f} of the fleet, at {scenario.geography.sites} sites. "
        f"Orders by channel: {mix}. Parameters changed from their central values: {changed}. {_source(result)}"
    )


def _source(result: Result) -> str:
    from sim.figures import source_line

    draws = result.manifest["draws"]
    unit = "run of each cell" if draws is None else f"run of each cell x {draws:,} draws"
    parameters = "chance only" if draws is None else "parameters drawn"
    return source_line(result.manifest, unit, f"95 % by orders, in the data; {parameters}")


def _levers(levers: Mapping[str, Any]) -> str:
    """Levers and their values in words."""
    return ", ".join(f"{key.split('.')[1]} {_value(value)}" for key, value in levers.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return (" + ".join(value) or "none") if isinstance(value, list) else f"{value}"


if __name__ == "__main__":
    sys.exit(main(__file__))
