"""What stands in for smuggled chips, in one drawn world under several suppositions about substitutes.

Each supposition is a search for the smugglers' answer (`equilibrium`) of its own, as the price moves with what can be had
instead. The engine knows no substitutes: suppositions about them leave the runs of a state as they are, so that each state
is simulated once for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..results import Result
from ..scenario import Scenario
from ..simulation import simulate
from ..units import calendar_date
from ..world.restricted_compute import domestic_stock, year_of
from .compute_gap import World, compute_gap

OF_THE_MARKET = frozenset(
    {
        "domestic_h100e_2027",
        "domestic_growth_per_year",
        "remote_rental_h100e",
        "remote_rental_growth_per_year",
        "rental_elasticity",
    }
)
"""Rows of the parameter table that suppositions may set: no run of the engine reads them."""


@dataclass(frozen=True)
class Supposition:
    """About substitutes.

    Attributes:
        name: of it.
        values: of parameters in place of those drawn, by name; all of `OF_THE_MARKET`.
        rental_barred: whether nothing more may be rented abroad from the day of the duty on.
        further_strategies: that smugglers know besides those of the scenario, with the rule and without.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    rental_barred: bool = False
    further_strategies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := sorted(self.values.keys() - OF_THE_MARKET):
            raise ValueError(f"values: {', '.join(unknown)}: allowed {', '.join(sorted(OF_THE_MARKET))}")

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario in which this is the case."""
        known = {**scenario.adversary.strategies, **dict.fromkeys(self.further_strategies, 1.0)}
        return scenario.replace(adversary__strategies=known, uncertainties={**scenario.uncertainties, **self.values})


@dataclass(frozen=True)
class Supposed:
    """A drawn world, and what is supposed of it."""

    world: World
    suppositions: tuple[Supposition, ...]


class RunOnce:
    """Makes each run once, whatever the parameters of the market are."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int, int, bool], Result] = {}

    def __call__(self, scenario: Scenario, seed: int, runs: int, *, status_quo: bool = True) -> Result:
        """The runs of a scenario, from memory if they were made before."""
        kept = {name: value for name, value in scenario.uncertainties.items() if name not in OF_THE_MARKET}
        key = (scenario.replace(uncertainties=kept).digest(), seed, runs, status_quo)
        if key not in self._made:
            self._made[key] = simulate(scenario, seed, runs, status_quo=status_quo)
        return self._made[key]


@dataclass(frozen=True)
class Substitutes:
    """What came of a drawn world.

    Attributes:
        rows: those of `Gap`, with the name of the supposition.
        steps: the same.
        domestic: draw, supposition, h100e: domestic accelerators made under the duty, whatever the rule.
    """

    rows: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    domestic: list[dict[str, Any]]


def substitutes(supposed: Supposed) -> Substitutes:
    """Compute by source with the rule and without under each supposition, and the steps of the searches."""
    found, once = Substitutes([], [], []), RunOnce()
    for supposition in supposed.suppositions:
        scenario = supposition.of(supposed.world.scenario)
        gap = compute_gap(replace(supposed.world, scenario=scenario, rental_barred=supposition.rental_barred), once)
        found.rows.extend({"supposition": supposition.name, **row} for row in gap.rows)
        found.steps.extend({"supposition": supposition.name, **row} for row in gap.steps)
        made = {"draw": supposed.world.number, "supposition": supposition.name, "h100e": made_under_duty(scenario)}
        found.domestic.append(made)
    return found


def made_under_duty(scenario: Scenario) -> float:
    """Effective H100-equivalents of domestic accelerators made from the day of the duty to the end, and not exported."""
    calendar, values = scenario.calendar, scenario.values
    begin, end = (year_of(calendar_date(calendar.start, day)) for day in (calendar.duty_day, calendar.end_day))
    return domestic_stock(end, values) - domestic_stock(begin, values)
