"""Tips, registers and substitutes: limiting cases, pairs of worlds, and sums made by hand."""

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from scenarios import registry, substitutes, whistleblowers
from scenarios.answering.brief import Estimate
from scenarios.answering.sentences import difference_in_words
from scenarios.answering.worlds import gained
from scenarios.study import Options, UsageError
from sim import Scenario, Tabulation, simulate
from sim.experiments.substitutes import OF_THE_MARKET, RunOnce, Supposition
from sim.parameters import load_parameters
from sim.scenario import STATUS_QUO

SMALL: dict[str, Any] = {
    "fleet.scale": 0.0005, "geography.sites": 12, "calendar.duty_after_days": 30, "calendar.end_after_duty_days": 400,
    "verification.signing": "none",
}  # fmt: skip


def at_end(result, outcome: str) -> dict[str, float]:
    rows = result.summary()
    return rows[rows["outcome"] == outcome].set_index("scenario")["median"].to_dict()


def of_worlds(**outcomes: list[tuple[str, int, float]]):
    """A result of which nothing is known but the outcomes of policies in worlds."""
    rows = [
        (policy, draw, 0, "2030-01-01", outcome, value)
        for outcome, worlds in outcomes.items()
        for policy, draw, value in worlds
    ]
    return SimpleNamespace(table=pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value"]))


def test_a_difference_is_taken_world_by_world():
    """Worlds differ by much more than policies do, and still one policy is ahead in each."""
    found = of_worlds(found=[("a", 0, 1.0), ("a", 1, 50.0), ("a", 2, 99.0), ("b", 0, 0.0), ("b", 1, 48.0), ("b", 3, 7.0)])
    difference = gained(found, "a", "b", "found")
    assert difference == pytest.approx(Estimate(1.5, 1.1, 1.9))
    assert difference_in_words(difference, "points") == "1.5 points (1.1 to 1.9) more"
    assert math.isnan(gained(found, "a", "c", "found").median)


def test_awards_are_told_for_the_chips_that_they_are_paid_for():
    """Also those that left before the duty, for which awards are paid too; a world in which nobody is found has no price."""
    result = of_worlds(cost_authority_awards=[("a", 0, 600.0), ("a", 1, 0.0)])
    result.scenario = SimpleNamespace(calendar=SimpleNamespace(duty_day=100.0))
    result.chips = pd.DataFrame(
        [("a", 0, 0, 50.0, 150.0), ("a", 0, 0, 50.0, 99.0), ("a", 0, 0, 120.0, 130.0), ("a", 1, 0, 120.0, math.nan)],
        columns=["scenario", "draw", "run", "diverted_day", "established_day"],
    )
    assert whistleblowers._award_by_chip(result, "a").median == 300.0


def test_an_award_that_makes_nobody_tell_is_the_status_quo_and_more_tips_never_find_less():
    """Without pings the award only pays; and a larger factor exposes the same lots at the same time, and others."""
    small = Scenario.load("miniature").replace_keys({**SMALL, "fleet.lot_chips": 4, whistleblowers.FACTOR: 1.0})
    small = small.replace_keys({"uncertainties.diverted_chips_per_year": 4e5})
    beside = [
        small.replace_keys({"name": f"times_{factor}", **whistleblowers._levers(float(factor), pings=False, award=0.2)})
        for factor in (1, 30)
    ]
    result = simulate(small.status_quo(), 2, beside=beside)
    found = at_end(result, "established_under_duty")
    assert found["times_1"] == found[STATUS_QUO] > 0
    assert found["times_1"] < found["times_30"]
    paid, collected = at_end(result, "cost_authority_awards"), at_end(result, "penalties_paid")
    assert paid[STATUS_QUO] == 0 < paid["times_30"] <= 0.2 * collected["times_30"]


@pytest.mark.parametrize("quick", [True, False])
def test_ways_to_use_inspectors_differ_in_what_they_do_and_not_in_their_number(quick: bool):
    study = registry.study(Options("registry", quick=quick, levers={"enforcement.inspectors": 6}))
    policies = {policy.name: policy for policy in (study.scenario, *study.beside)}
    assert {policy.enforcement.inspectors for name, policy in policies.items() if name in registry.WORDS} == {6}
    for name, policy in policies.items():
        assert policy.enforcement.planned_inspectors == (
            3 if name == registry.MIXED else policy.enforcement.inspectors * (not policy.verification.active)
        )
    assert len({policy.model_copy(update={"name": ""}).digest() for policy in policies.values()}) == len(policies)


def test_a_register_needs_an_inspector_and_with_one_no_policy_stands_twice():
    with pytest.raises(UsageError, match=r"enforcement.inspectors = 0"):
        registry.study(Options("registry", levers={"enforcement.inspectors": 0}))
    study = registry.study(Options("registry", levers={"enforcement.inspectors": 1}))
    policies = [study.scenario, *study.beside]
    assert len({policy.model_copy(update={"name": ""}).digest() for policy in policies}) == len(policies)


def test_no_run_of_the_engine_depends_on_what_is_supposed_about_substitutes():
    """So that a run may stand for all suppositions."""
    small = Scenario.load("miniature").replace_keys({**SMALL, "calendar.end_after_duty_days": 200})
    rows = load_parameters().parameters
    changed = small.replace(uncertainties={name: rows[name].high for name in OF_THE_MARKET})
    tables = [simulate(scenario, 3, status_quo=False).table for scenario in (small, changed)]
    pd.testing.assert_frame_equal(*tables)
    once = RunOnce()
    assert once(small, 3, 1, status_quo=False) is once(changed, 3, 1, status_quo=False)
    assert once(small, 4, 1, status_quo=False) is not once(small, 3, 1, status_quo=False)
    with pytest.raises(ValueError, match="values: tips_detection_ever: allowed"):
        Supposition("x", {"tips_detection_ever": 0.5})


def changed_by(worlds: list[tuple[float, float]], rental_high: list[tuple[float, float]] | None = None) -> Tabulation:
    """What smuggling loses and renting adds in each draw, with rental as drawn and high; the searches of draw 0 went on."""
    rows = [
        (name, draw, policy, pd.Timestamp("2031-01-01"), source, h100e)
        for name, each in zip(
            ("as_drawn", "rental_barred", "rental_high"), (worlds, worlds, rental_high or worlds), strict=True
        )
        for draw, (lost, rented) in enumerate(each)
        for policy, less, more in ((STATUS_QUO, 0.0, 0.0), ("rule", lost, rented))
        for source, h100e in {"domestic": 5e6, "lawful": 0.0, "smuggled": 1e6 - less, "rented": 3e6 + more}.items()
    ]
    table = pd.DataFrame(rows, columns=["supposition", "draw", "policy", "date", "source", "h100e"])
    searches = table[["supposition", "draw"]].drop_duplicates(ignore_index=True)
    ended = ["too many steps" if draw == 0 else "fixed point" for draw in searches["draw"]]
    further = {
        "domestic": searches.assign(h100e=2e6),
        "steps": searches.assign(price_ratio=2.0, usual_price_ratio=1.6, ended=ended),
    }
    summary = substitutes.summary(substitutes.outcomes(table, further))
    return Tabulation(Scenario.load("miniature"), table, summary, {}, further)


def test_answer_and_title_agree_where_smuggling_gains_in_some_draws():
    """Draws in which smuggling loses are told by their number; nothing is made up where most of them gain."""
    mixed = changed_by([(-20e3, 1e3)] * 4 + [(30e3, 9e3)] * 2)
    told, title = substitutes.answer(mixed), substitutes._claim(mixed)
    assert "smuggling gains 20,000 H100e (-30,000 to 20,000) under the rule (it loses in 2 of 6 draws)" in told
    assert "there is nothing to make up" in told
    assert not any(words in told for words in ("makes up", "To close", "nan"))
    assert "nothing to make up" in title
    assert "smugglers had not settled in 3 of 18 searches" in told


def test_what_is_made_up_needs_no_high_end_of_rental():
    lost = changed_by([(40e3, 8e3)] * 3, rental_high=[(-1e3, 0.0)] * 3)
    assert "renting makes up 20 % (20 to 20) of that where it loses. To close the rest" in substitutes.answer(lost)
    assert substitutes._claim(lost) == "Renting makes up 20 % of what smuggling loses"


def test_what_substitutes_make_up_is_a_sum_over_sources():
    def rows(draw: int, smuggled: float, rented: float):
        for policy, own, lent in (("status_quo", 100.0, 300.0), ("rule", smuggled, rented)):
            for source, number in {"domestic": 500.0, "rented": lent, "lawful": 50.0, "smuggled": own}.items():
                yield ("drawn", draw, policy, "2031-01-01", source, number)

    table = pd.DataFrame(
        [*rows(0, 60.0, 310.0), *rows(1, 110.0, 290.0)],
        columns=["supposition", "draw", "policy", "date", "source", "h100e"],
    )
    world = pd.DataFrame({"supposition": "drawn", "draw": [0, 1]})
    further = {
        "domestic": world.assign(h100e=200.0),
        "steps": world.assign(price_ratio=2.0, usual_price_ratio=1.6),
    }
    values = substitutes.outcomes(table, further).pivot_table(index="draw", columns="outcome", values="value")
    assert values[substitutes.LOST].tolist() == [40.0, -10.0]
    assert values[substitutes.RENTED].tolist() == [10.0, -10.0]
    assert values["change_all"].tolist() == [-30.0, 0.0]
    assert values[substitutes.NEEDED].tolist() == pytest.approx([0.15, 0.0])
    assert values[substitutes.PRICE].tolist() == pytest.approx([1.25, 1.25])
    assert values[substitutes.SHARE].dropna().tolist() == [0.25], "nothing is made up where nothing is lost"
    ends = substitutes.summary(substitutes.outcomes(table, further)).set_index("outcome")[["low", "high"]]
    assert ends.loc[substitutes.LOST].tolist() == pytest.approx([-5.0, 35.0])
    assert ends.loc[substitutes.SHARE].isna().all(), "one draw has no interval"
