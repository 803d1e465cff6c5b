"""A smuggler's expected profit and his answer to it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.parameters import load_parameters
from sim.smuggling.choice import Cases, believed, best_response, published_risks, unlisted_share, volume_offered
from sim.smuggling.profit import (
    Deal,
    Profit,
    Risks,
    break_even_chance,
    collected_share,
    expected_profit,
    penalty_usd,
    risks_if_established,
)
from sim.smuggling.strategy import Cost

CHIP_USD = 32_000.0
CENTRAL = load_parameters().values()
FREE = {**CENTRAL, "shell_company_usd": 0.0, "smuggling_transport_usd_per_chip": 0.0}
"""Smuggling costs nothing but the chips."""

NO_RISK = Risks(0, 0, 0, 0)
CHANCE = st.floats(0, 1)


def test_without_risk_and_cost_the_margin_is_the_premium():
    profit = expected_profit(Deal(400, CHIP_USD, 1.5, Cost()), NO_RISK, FREE)
    assert profit.margin == pytest.approx(0.5)
    assert profit.total_usd == pytest.approx(400 * CHIP_USD * 0.5)


def test_every_cost_is_paid():
    values = {**FREE, "company_orders_per_year": 365.25, "risk_horizon_days": 10}
    cost = Cost(once_usd=1000, per_parcel_usd=50, per_chip_usd=2, per_day_usd=7)
    without, with_cost = (
        expected_profit(Deal(400, CHIP_USD, 1.5, each), NO_RISK, values).total_usd for each in (Cost(), cost)
    )
    assert without - with_cost == pytest.approx(1000 / 10 + 50 + 2 * 400 + 7)


@pytest.mark.parametrize("ratio", [1.2, 1.5, 2.0])
def test_penalties_of_twice_the_value_beat_the_price_at_half_the_premium(ratio: float):
    """(ratio - 1) = 2 x chance x collected, if nothing else is lost."""
    collected = 0.3
    chance = break_even_chance(Deal(400, CHIP_USD, ratio, Cost()), collected, FREE)
    assert chance * collected == pytest.approx((ratio - 1) / 2)
    profit = expected_profit(Deal(400, CHIP_USD, ratio, Cost()), risks_if_established(chance, collected), FREE)
    assert profit.total_usd == pytest.approx(0, abs=1e-6)
    assert chance < break_even_chance(Deal(400, CHIP_USD, ratio, Cost()), collected / 2, FREE)


def test_a_blocked_company_orders_less():
    """Cycle of renewal theory: profit of an order over its interval and the mean delay."""
    values = {**FREE, "company_orders_per_year": 6, "new_shell_days": 60.875}  # one order in six is due meanwhile
    sure = expected_profit(Deal(400, CHIP_USD, 1.5, Cost()), NO_RISK, values).total_usd
    blocked = expected_profit(Deal(400, CHIP_USD, 1.5, Cost()), replace(NO_RISK, blocked=0.5), values).total_usd
    assert blocked == pytest.approx(sure / (1 + 0.5))


@given(CHANCE, CHANCE, CHANCE, CHANCE, CHANCE, st.floats(1, 3))
def test_profit_falls_with_every_chance_and_rises_with_the_price(established, seized, penalised, blocked, other, ratio):
    cost = Cost(once_usd=5000, per_chip_usd=100)
    risks = Risks(established, seized, penalised, blocked)

    def profit(risks: Risks, ratio: float = ratio) -> float:
        return expected_profit(Deal(40, CHIP_USD, ratio, cost), risks, CENTRAL).total_usd

    for name in ("seized", "penalised", "blocked"):
        worse = replace(risks, **{name: max(getattr(risks, name), other)})
        assert profit(worse) <= profit(risks) + 1e-6
    assert profit(risks, ratio + 0.1) >= profit(risks)


def test_penalties_have_a_floor_and_reach_partners_first():
    assert penalty_usd(CHIP_USD, CENTRAL) == CENTRAL["civil_penalty_floor_usd"]
    assert penalty_usd(400 * CHIP_USD, CENTRAL) == 2 * 400 * CHIP_USD
    assert collected_share("SG", CENTRAL) == CENTRAL["penalty_reach_partners"]
    assert collected_share("MY", CENTRAL) == CENTRAL["penalty_reach_elsewhere"]


def test_beliefs_begin_with_what_was_held_at_first_and_end_with_what_was_seen():
    at_first = published_risks(CENTRAL)
    assert at_first.established == CENTRAL["tips_detection_ever"]
    assert believed(Cases(), at_first, CENTRAL) == at_first
    seen = Cases(lots=1e9, established=8e8, seized=1e8, penalised=2e8, blocked=5e8)
    assert believed(seen, at_first, CENTRAL).established == pytest.approx(0.8, rel=1e-6)
    half = Cases(lots=CENTRAL["belief_cases"])  # as many lots of one's own as were imagined, and nothing happened
    assert believed(half, at_first, CENTRAL).established == pytest.approx(at_first.established / 2)


def profit_of(margin: float) -> Profit:
    return Profit((1 + margin) * 100, 100, 0, 0, 0, 0)


def test_the_best_strategy_is_chosen_if_choice_is_without_noise():
    response = best_response({"a": profit_of(0.1), "b": profit_of(0.3), "c": profit_of(-0.2)}, noise=0)
    assert response.mix == {"a": 0.0, "b": 1.0}
    assert response.margin == pytest.approx(0.3)


def test_noise_mixes_strategies_by_the_ratio_of_exponentials():
    response = best_response({"a": profit_of(0.1), "b": profit_of(0.3)}, noise=0.1)
    assert response.mix["b"] / response.mix["a"] == pytest.approx(math.exp(2))


def test_who_can_earn_nothing_gives_up():
    response = best_response({"a": profit_of(-0.1), "b": profit_of(0.0)}, noise=0.1)
    assert (response.smuggles, response.mix, response.margin) == (False, {}, 0.0)


def test_volume_answers_to_the_margin():
    usual = CENTRAL["smuggler_margin"]
    assert volume_offered(usual, 140_000, CENTRAL) == 140_000
    assert volume_offered(0.0, 140_000, CENTRAL) == 0
    twice = {**CENTRAL, "smuggling_elasticity": 2.0}
    assert volume_offered(usual / 2, 140_000, twice) == pytest.approx(140_000 / 4)


@pytest.mark.parametrize("ratio", [1.0, 1.2, 2.0])
def test_smuggling_pays_without_the_rule_whatever_its_listed_costs(ratio: float):
    risks = Risks(0.9, 0.2, 0.5, 0.9)

    def margin(unlisted: float) -> float:
        return expected_profit(Deal(400, CHIP_USD, ratio, Cost(per_chip_usd=100), unlisted), risks, CENTRAL).margin

    assert margin(unlisted_share(margin, 0.3)) == pytest.approx(0.3)


def test_nothing_is_unlisted_if_the_margin_is_the_premium():
    def margin(unlisted: float) -> float:
        return expected_profit(Deal(400, CHIP_USD, 1.3, Cost(), unlisted), NO_RISK, FREE).margin

    assert unlisted_share(margin, 0.3) == pytest.approx(0, abs=1e-9)
