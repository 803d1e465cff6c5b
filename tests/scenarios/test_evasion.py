"""Which cells of the question `evasion` must be what, and why: each follows from a mechanism, and moves with it.

In worlds of one thing at a time: nothing innocent falls silent, nobody tells, nobody visits at random, the journey is
shorter than the grace period, and there are inspectors enough. So what is established is what verification has found.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from scenarios import evasion
from scenarios.study import Options
from sim import Scenario
from sim.engine import run
from sim.outcomes.cohort import diverted_cohort
from sim.outcomes.incidence import cumulative_incidence
from sim.smuggling.strategies import STRATEGIES

from ..sim.worlds import ORDERLY

QUIET: dict[str, float] = {
    **ORDERLY,
    "gpu_faults_per_chip_year": 0,
    "site_outages_per_site_year": 0,
    "packet_loss": 0,
    "consent_refused": 0,
    "transit_to_restricted_days": 3,
    "smuggler_log_sd": 0.01,
    "diverted_chips_per_year": 3e5,
}
WORLD: dict[str, Any] = {
    "name": "cells",
    "fleet__scale": 0.001,
    "fleet__lot_chips": 8,
    "geography__sites": 12,
    "calendar__duty_after_days": 40,
    "calendar__end_after_duty_days": 300,
    "verification__signing": "none",
    "adversary__staging": {"none": 1},
    "adversary__channels": {"straw_buyers": 1},
    "enforcement__inspectors": 100,
    "enforcement__posts": [],
    "enforcement__licence_denial": False,
    "enforcement__random_inspections": False,
    "enforcement__tips": False,
}


@cache
def simulated(strategy: str, choice: str, levers: tuple[tuple[str, Any], ...], values: tuple[tuple[str, float], ...]):
    rule = {**evasion.RULE, **evasion.CHOICES[choice].levers, "adversary.strategies": {strategy: 1}, **dict(levers)}
    world = Scenario.load("baseline").replace(**WORLD, uncertainties={**QUIET, **dict(values)})
    scenario = world.replace_keys({key: list(value) if isinstance(value, tuple) else value for key, value in rule.items()})
    return run(scenario, 1), scenario.calendar


def cell(strategy: str, choice: str, days: float = 120, values: dict[str, float] | None = None, **levers: Any) -> float:
    """Share of diversions established within some days, `levers` as section__key."""
    keys = {key.replace("__", "."): tuple(value) if isinstance(value, list) else value for key, value in levers.items()}
    record, calendar = simulated(strategy, choice, tuple(keys.items()), tuple((values or {}).items()))
    followed = diverted_cohort(record.chips, calendar).to_established()
    return float(cumulative_incidence(followed.days, followed.happened, np.array([days]), followed.competed)[0])


ALL_BUT_TODAY = [name for name in evasion.CHOICES if name != "today"]
KEYS_AT_HOME = ("one_host_answers", "swap_identities", "leaked_vendor_key")


def test_without_the_rule_nothing_is_found_where_nobody_tells_and_nobody_visits():
    assert {cell(strategy, "today") for strategy in ("go_dark", "relay_from_declared_site", "stockpile")} == {0.0}


@pytest.mark.parametrize("choice", ALL_BUT_TODAY)
def test_who_goes_dark_without_a_show_is_found_under_every_rule(choice: str):
    """Silence beyond the grace period raises an alert; whoever has no chips to show has lost them."""
    assert cell("go_dark", choice) == 1.0


@pytest.mark.parametrize("choice", ALL_BUT_TODAY)
def test_no_relay_is_found_sooner_than_the_dark(choice: str):
    """A relay answers too late, or in time; it can be no worse than no answer after the grace period."""
    assert cell("relay_from_declared_site", choice, days=60) <= cell("go_dark", choice, days=60)
