"""Compute in restricted territory over time and by source, with the rule and without, in one drawn world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from ..parameters import Values
from ..scenario import STATUS_QUO, Scenario
from ..simulation import simulate
from ..units import calendar_date
from ..world.market import lawful_h100e
from ..world.products import mean_h100e
from ..world.restricted_compute import (
    domestic_stock,
    lawful_stock,
    rented_stock,
    rented_stock_run_out,
    smuggled_before,
    year_of,
)
from .equilibrium import MOST_STEPS, Equilibrium, Simulate, find_equilibrium

SOURCES = ("domestic", "rented", "lawful", "smuggled")
RULE = "rule"
DAYS_BETWEEN = 30.0


@dataclass(frozen=True)
class World:
    """A drawn world to be simulated.

    Attributes:
        number: of the draw.
        scenario: with the drawn parameters in place.
        seed: base seed.
        runs: number of runs.
        most_steps: of the search for the smugglers' answer.
        rental_barred: whether nothing more may be rented abroad from the day of the duty on.
    """

    number: int
    scenario: Scenario
    seed: int
    runs: int
    most_steps: int = MOST_STEPS
    rental_barred: bool = False


@dataclass(frozen=True)
class Gap:
    """What came of one world.

    Attributes:
        rows: draw, policy, date, source, h100e: one for each date and source, mean over runs.
        steps: draw, step, price, volume, margin and so on, one for each step of the search.
        ended: how the search ended.
    """

    rows: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    ended: str


def compute_gap(world: World, simulated: Simulate = simulate) -> Gap:
    """Find the smugglers' answer to the rule, and count compute by source with it and without.

    Args:
        world: to be simulated.
        simulated: makes the runs.
    """
    found = find_equilibrium(
        world.scenario,
        world.seed,
        world.runs,
        world.most_steps,
        rental_barred=world.rental_barred,
        simulated=simulated,
    )
    rows = [{"draw": world.number, **row} for row in _by_source(found, world)]
    steps = [{"draw": world.number, **row} for row in step_rows(found, world.scenario.values)]
    return Gap(rows, steps, found.ended)


def step_rows(found: Equilibrium, values: Values) -> Iterator[dict[str, Any]]:
    """The steps of a search, tidy: state, what was seen in all, profit."""
    for number, step in enumerate(found.steps):
        cases = list(step.seen.cases.values())
        lots = sum(each.lots for each in cases)
        yield {
            "step": number,
            "price_ratio": step.state.price_ratio,
            "chips_per_year": step.state.chips_per_year,
            "arriving_chips_per_year": step.state.chips_per_year * step.seen.delivered,
            **{f"share_{name}": step.state.mix.get(name, 0.0) for name in step.profits},
            **{f"margin_{name}": profit.margin for name, profit in step.profits.items()},
            "lots_seen": lots,
            "established_share": sum(each.established for each in cases) / lots if lots else float("nan"),
            "companies": len(step.seen.company_usd),
            "profit_usd": step.profit_usd,
            "answer_price_ratio": step.answer.price_ratio,
            "answer_chips_per_year": step.answer.chips_per_year,
            "unlisted_share": found.unlisted,
            "ended": found.ended,
            "cycle_steps": found.cycle_steps,
            "usual_price_ratio": found.usual.price_ratio,
            "usual_chips_per_year": found.usual.chips_per_year,
        }


def _by_source(found: Equilibrium, world: World) -> Iterator[dict[str, Any]]:
    """Compute by source on regular dates. Until the duty begins, smugglers order and lenders lend as without the rule."""
    import pandas as pd

    assert found.before is not None
    assert found.after is not None
    scenario, values, calendar = world.scenario, world.scenario.values, world.scenario.calendar
    ratio = found.last.state.price_ratio / found.usual.price_ratio  # what the smuggled chips were simulated under
    raised_from = year_of(calendar_date(calendar.start, calendar.duty_day))
    before, after = found.before.diversions, found.after.diversions
    under_rule = pd.concat([before[before["t0_day"] < calendar.duty_day], after[after["t0_day"] >= calendar.duty_day]])
    policies = {STATUS_QUO: (before, 1.0), RULE: (under_rule, ratio ** values["rental_elasticity"])}
    usual_h100e = scenario.wanted_chips_per_year(0.0) * mean_h100e(calendar.start, values)
    begin = smuggled_before(scenario.adversary.volume_prior, year_of(calendar.start), usual_h100e, values)
    lawful = lawful_h100e(calendar.start, scenario.regimes, values)
    shown = [*np.arange(0.0, calendar.end_day, DAYS_BETWEEN).tolist(), calendar.end_day]
    for policy, (diversions, factor) in policies.items():
        for day in shown:
            on = calendar_date(calendar.start, day)
            year = year_of(on)
            arrived = diversions[diversions["arrival_day"] <= day]
            there = arrived["h100e"] * (1 - arrived["seized_chips"] / arrived["chips"])
            barred = world.rental_barred and policy == RULE
            stocks = {
                "domestic": domestic_stock(year, values),
                "rented": rented_stock_run_out(year, raised_from, values)
                if barred
                else rented_stock(year, raised_from, factor, values),
                "lawful": lawful_stock(year, lawful, values),
                "smuggled": begin + float(there.sum()) / (world.runs * scenario.fleet.scale),
            }
            yield from (_row(policy, on, source, stocks[source]) for source in SOURCES)


def _row(policy: str, on: date, source: str, h100e: float) -> dict[str, Any]:
    return {"policy": policy, "date": on, "source": source, "h100e": h100e}
