"""A smuggler's best answer earns no more where more is done against it, at a fixed price; but for a backlog of cases."""

from collections.abc import Sequence
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from sim import Scenario, simulate
from sim.experiments.equilibrium import deals_at
from sim.experiments.losses import cases_seen
from sim.smuggling.choice import Cases
from sim.smuggling.profit import Risks, expected_profit

RATIO, CHIP_USD = 1.5, 32_000.0
FOLLOW_DAYS = 180.0
MANY = 200
"""Inspectors, more than there are cases at a time."""


def world(values: dict[str, float] | None = None, **levers: Any) -> Scenario:
    """Some hundred lots of one server at thirty sites, two thirds of them followed; no company is blocked.

    Blocking would change which lots there are, so that policies could not be compared lot by lot.
    """
    common = {
        "fleet__lot_chips": 8,
        "fleet__stock_equipped": True,
        "geography__sites": 30,
        "calendar__duty_after_days": 0,
        "calendar__end_after_duty_days": 540,
        "verification__signing": "none",
        "enforcement__method": "challenge",
        "enforcement__random_inspections": False,
        "enforcement__licence_denial": False,
    }
    given = {
        "legacy_chips_abroad": 1e6,
        "covered_exports_per_year": 1e6,
        "diverted_chips_per_year": 4e5,
        "penalty_reach_partners": 0.3,
        "penalty_reach_elsewhere": 0.3,
        **(values or {}),
    }
    return Scenario.load("miniature").replace(**{**common, **levers}, uncertainties=given)


def best_answer(scenario: Scenario, seed: int = 1) -> tuple[float, float]:
    """Margin of the best of a single smuggler's strategies, or 0 if none pays, and its Monte Carlo error.

    He sees what becomes of the lots of others, who keep their mix. The error is the margin lost where each risk is one
    standard error of a share larger.
    """
    result = simulate(scenario, seed, status_quo=False)
    values = scenario.values
    seen = cases_seen(
        result.diversions, from_day=0, until_day=scenario.calendar.end_day, follow_days=FOLLOW_DAYS, values=values
    )
    deals = deals_at(RATIO, tuple(seen), scenario.fleet.lot_chips, CHIP_USD, values)
    margins = {name: expected_profit(deals[name], cases.shares, values).margin for name, cases in seen.items()}
    best = max(margins, key=margins.__getitem__)
    if margins[best] <= 0:
        return 0.0, 0.0
    worse = expected_profit(deals[best], larger(seen[best]), values).margin
    return margins[best], margins[best] - worse


def larger(cases: Cases) -> Risks:
    """Shares of lots one standard error up; one of half a lot at least, for shares of nothing and of all."""
    shares = np.array(astuple(cases.shares))
    errors = np.sqrt(np.maximum(shares * (1 - shares), 0.5 / cases.lots) / cases.lots)
    return Risks(*np.minimum(1.0, shares + errors).tolist())


def pinged_every(period_days: float, inspectors: int, values: dict[str, float] | None = None) -> Scenario:
    """Challenges at some interval; fourteen days of silence and four weeks of unconfirmed answers are innocent."""
    return world(
        values,
        enforcement__inspectors=inspectors,
        verification__period_days=period_days,
        verification__unconfirmed_days=28,
    )


def never_rises(answers: Sequence[tuple[float, float]]) -> bool:
    """Each margin is at most the one before it, within the errors of both."""
    return all(later <= sooner + np.hypot(error, other) for (sooner, error), (later, other) in pairwise(answers))


def test_more_inspectors_never_raise_the_best_profit():
    answers = [best_answer(world(enforcement__inspectors=number)) for number in (0, 1, MANY)]
    assert never_rises(answers)
    assert answers[0][0] > answers[-1][0] + 0.1, "inspectors matter here"
    assert not never_rises(answers[::-1]), "and the test would notice if they helped smugglers"


def test_asking_more_often_never_raises_the_best_profit_while_there_are_inspectors_enough():
    answers = [best_answer(pinged_every(period, MANY)) for period in (28, 1)]
    assert never_rises(answers)
    assert answers[0][0] > answers[-1][0] + 0.05


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(2, 6))
def test_neither_does_in_other_worlds(seed: int):
    assert never_rises([best_answer(world(enforcement__inspectors=number), seed) for number in (0, 1, 2, 4, 16, MANY)])
    assert never_rises([best_answer(pinged_every(period, MANY), seed) for period in (28, 14, 7, 2, 1, 0.5)])


OVERWORKED = {"gpu_faults_per_chip_year": 0.17, "repair_absence_days": 14, "inspection_travel_days": 10}
"""Many innocent silences, long visits."""


def test_with_one_inspector_the_backlog_reverses_it():
    """Weekly challenges raise more false alarms than monthly ones; smugglers gain by the time that they take."""
    (monthly, _), (weekly, _) = (best_answer(pinged_every(period, 1, OVERWORKED)) for period in (28, 7))
    assert weekly > monthly
