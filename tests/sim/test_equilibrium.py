"""The smugglers' answer to a policy, in worlds whose risks are given."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sim import Scenario, ScenarioError
from sim.experiments.equilibrium import Equilibrium, Observation, Smugglers, State, find_equilibrium, settle, with_volume
from sim.parameters import load_parameters
from sim.smuggling.choice import Behaviour, Cases, published_risks, volume_offered
from sim.smuggling.profit import Risks
from sim.world.market import clearing_ratio, market_of

VALUES = load_parameters().values()
NAMES = ("go_dark", "relay_from_declared_site")
USUAL_CHIPS = VALUES["diverted_chips_per_year"]
CHIP_USD, CHIP_H100E = 32_000.0, 1.0
H100E = dict.fromkeys(NAMES, CHIP_H100E)
PUBLISHED = published_risks(VALUES)
LOTS = 1000.0
"""Seen in a step: so many that beliefs are what is the case."""


def world(chances: Mapping[str, float]):
    """A world in which lots of a strategy are found with a chance, and then penalised in full and their company blocked."""

    def observe(state: State) -> Observation:
        cases = {}
        for name, share in state.mix.items():
            lots = LOTS * share * (state.chips_per_year > 0)
            found = lots * chances[name]
            if lots:
                cases[name] = Cases(lots, found, 0.0, found, found)
        return Observation(cases, delivered=1.0)

    return observe


def settled(
    chances: Mapping[str, float],
    behaviour: Behaviour,
    most_steps: int = 60,
    at_first: Risks = PUBLISHED,
    h100e: Mapping[str, float] = H100E,
    **changed: float,
) -> Equilibrium:
    values = {**VALUES, **changed}
    mix, market = dict.fromkeys(NAMES, 0.5), market_of([2028], USUAL_CHIPS * CHIP_H100E, 0.0, values)
    ratio = market.reference_ratio
    smugglers = Smugglers(behaviour, NAMES, 400, CHIP_USD, h100e, at_first, 0.0, values).calibrated(ratio, mix)
    usual = State(ratio, USUAL_CHIPS, smugglers.usual(ratio, mix).mix)
    return settle(world(chances), usual, market, smugglers, most_steps)


def test_smugglers_who_learn_nothing_keep_mix_and_volume():
    found = settled({"go_dark": 1.0, "relay_from_declared_site": 0.0}, "fixed")
    assert found.ended == "fixed point"
    assert found.last.answer.mix == found.usual.mix
    assert found.last.answer.chips_per_year == USUAL_CHIPS
    assert found.last.answer.price_ratio == pytest.approx(found.usual.price_ratio)


@pytest.mark.parametrize("behaviour", ["fixed", "myopic", "adaptive"])
def test_a_rule_that_changes_nothing_is_a_fixed_point(behaviour: Behaviour):
    """Whoever learns that risks are what they were keeps mix, volume and price."""
    same = dict.fromkeys(NAMES, 0.4)
    found = settled(same, behaviour, at_first=Risks(0.4, 0.0, 0.4, 0.4))
    assert (found.ended, len(found.steps)) == ("fixed point", 1)
    assert found.last.answer.chips_per_year == pytest.approx(USUAL_CHIPS)
    assert found.last.answer.price_ratio == pytest.approx(found.usual.price_ratio)


def test_the_strategy_that_is_found_less_is_taken():
    found = settled({"go_dark": 0.9, "relay_from_declared_site": 0.1}, "adaptive")
    assert found.ended == "fixed point"
    assert found.last.answer.mix["relay_from_declared_site"] > 0.99


def test_at_the_fixed_point_price_volume_and_beliefs_fit_each_other():
    """Demand meets supply at the price, and the volume is what the margin at that price calls forth."""
    found = settled(dict.fromkeys(NAMES, 0.6), "adaptive")
    assert found.ended == "fixed point"
    answer = found.last.answer
    market = market_of([2028], USUAL_CHIPS * CHIP_H100E, 0.0, VALUES)
    assert clearing_ratio(market, lambda _: answer.chips_per_year * CHIP_H100E) == pytest.approx(
        answer.price_ratio, abs=1e-6
    )
    margin = sum(answer.mix[name] * profit.margin for name, profit in found.last.profits.items() if name in answer.mix)
    assert volume_offered(margin, USUAL_CHIPS, VALUES) == pytest.approx(answer.chips_per_year, rel=0.05)


def test_the_market_clears_in_what_chips_can_do_and_not_in_their_number():
    """All take the strategy that is not found, of which a chip makes half as much."""
    found = settled({"go_dark": 0.9, "relay_from_declared_site": 0.0}, "adaptive", h100e={**H100E, NAMES[1]: 0.5})
    answer = found.last.answer
    assert answer.mix[NAMES[1]] > 0.99
    market = market_of([2028], USUAL_CHIPS * CHIP_H100E, 0.0, VALUES)
    cleared = clearing_ratio(market, lambda _: answer.chips_per_year * 0.5)
    assert answer.price_ratio == pytest.approx(cleared, rel=0.005)


def test_more_detection_means_less_volume_and_a_higher_price():
    ends = [settled(dict.fromkeys(NAMES, chance), "adaptive").last.answer for chance in (0.0, 0.2, 0.4, 0.8)]
    volumes, prices = [end.chips_per_year for end in ends], [end.price_ratio for end in ends]
    assert volumes == sorted(volumes, reverse=True)
    assert prices == sorted(prices)
    assert volumes[0] > USUAL_CHIPS > volumes[-1]


def test_who_remembers_the_last_lots_only_goes_round_in_circles():
    """What was not tried last time looks as good as it did at first; so the two strategies take turns."""
    chances = dict.fromkeys(NAMES, 0.8)
    chances["go_dark"] = 0.81
    found = settled(chances, "myopic", choice_noise=0.0)
    assert found.ended == "cycle"
    assert found.cycle_steps == 2
    assert settled(chances, "adaptive", choice_noise=0.0).ended == "fixed point"


def test_there_is_an_end_to_the_steps():
    found = settled(dict.fromkeys(NAMES, 0.8), "adaptive", most_steps=1)
    assert (found.ended, found.cycle_steps, len(found.steps)) == ("too many steps", 0, 1)


def test_states_are_told_apart_by_price_mix_and_volume():
    state = State(1.5, 1000.0, {"a": 0.5, "b": 0.5})
    assert state.near(replace(state, price_ratio=1.505), 1000)
    assert not state.near(replace(state, price_ratio=1.52), 1000)
    assert not state.near(replace(state, chips_per_year=950.0), 1000)
    assert not state.near(replace(state, mix={"a": 1.0}), 1000)


@pytest.mark.parametrize("prior", ["cnas", "epoch"])
def test_a_factor_scales_the_volume_of_every_year(prior: str):
    scenario = Scenario.load("miniature").replace(adversary__volume_prior=prior)
    for day in (0, 400, 700):
        wanted = scenario.wanted_chips_per_year(day)
        assert with_volume(scenario, 0.5).wanted_chips_per_year(day) == pytest.approx(wanted / 2)
    own = scenario.replace(uncertainties={"diverted_chips_per_year": 1e5})
    assert with_volume(own, 0.5).wanted_chips_per_year(0) == 5e4


def test_the_search_simulates_the_last_state_and_leaves_fixed_smugglers_alone():
    values = {"diverted_chips_per_year": 4e5}
    scenario = Scenario.load("miniature").replace(
        fleet__scale=0.0005,
        geography__sites=12,
        calendar__duty_after_days=30,
        calendar__end_after_duty_days=200,
        verification__signing="none",
        uncertainties=values,
    )
    found = find_equilibrium(scenario, seed=3)
    assert found.ended == "fixed point"
    assert found.after is not None
    assert found.after.scenario.adversary.strategies == found.last.state.mix == found.usual.mix
    assert found.last.state.chips_per_year == found.usual.chips_per_year == 4e5
    assert set(found.after.table["scenario"]) == {scenario.name}, "steps need no status quo beside them"
    diversions = found.after.diversions
    under_duty = diversions[diversions["t0_day"] >= 30]
    assert len(found.last.seen.company_usd) == len(under_duty[["site", "channel"]].drop_duplicates()) > 3
    assert found.last.profit_usd == pytest.approx(sum(found.last.seen.company_usd.values()))


def test_without_the_rule_smugglers_order_what_pays_best_then():
    """Not what the scenario's weights say: nobody buys a dear chip out of the stock where no new one is asked."""
    scenario = Scenario.load("miniature").replace(
        fleet__scale=0.002,
        geography__sites=12,
        calendar__duty_after_days=30,
        calendar__end_after_duty_days=200,
        verification__signing="none",
        adversary__behaviour="adaptive",
        adversary__strategies={"go_dark": 1.0, "divert_legacy": 1.0},
        uncertainties={"diverted_chips_per_year": 4e5, "legacy_broker_share": 0.5},
    )
    found = find_equilibrium(scenario, seed=3, most_steps=1)
    assert found.before is not None
    assert set(found.before.diversions["strategy"]) == {"go_dark"}
    assert found.usual.mix["go_dark"] > 0.99


def test_smugglers_answer_to_rules_only_and_there_must_be_some():
    miniature = Scenario.load("miniature")
    with pytest.raises(ScenarioError, match=r"verification.active = false: allowed true"):
        find_equilibrium(miniature.status_quo())
    with pytest.raises(ScenarioError, match="nobody wants to smuggle"):
        find_equilibrium(miniature.replace(uncertainties={"diverted_chips_per_year": 0}))
