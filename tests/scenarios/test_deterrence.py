"""Profit, volume and compute under a rule that smugglers answer: limits, sums, and the plotted data.

If plotted data move: `python -m tests.scenarios.test_deterrence`, see `plotted.py`.
"""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scenarios import compute_gap, deterrence, silence
from scenarios.study import Options, UsageError, run_study
from sim import Scenario, Tabulation
from sim.experiments.compute_gap import RULE, SOURCES
from sim.figures import house_style
from sim.figures.compute_gap import compute_data
from sim.figures.deterrence import break_even_data, profit_and_volume_data
from sim.scenario import STATUS_QUO, ScenarioError

from .plotted import assert_unmoved, write_golden

SMALL = {"fleet.scale": 0.0005, "geography.sites": 20, "verification.signing": "none"}
"""A third of the time of the quick versions."""


def tabulated(question, **levers: object) -> Tabulation:
    options = Options(question.__name__.split(".")[-1], quick=True, levers={**SMALL, **levers})
    return question.tabulate(question.study(options), options, lambda *progress, **unit: None)


def thinned(curves: pd.DataFrame) -> pd.DataFrame:
    """Every twentieth point of the curves, without the line of the simulated policy."""
    columns = ["price_ratio", "collected", "break_even_chance"]
    return curves.dropna(subset=columns)[columns].iloc[::20].reset_index(drop=True)


@pytest.fixture(scope="module")
def deterred() -> Tabulation:
    return tabulated(deterrence)


@pytest.fixture(scope="module")
def gap() -> Tabulation:
    return tabulated(compute_gap)


def test_the_plotted_data_have_not_moved(deterred: Tabulation, gap: Tabulation):
    assert_unmoved("break-even", thinned(break_even_data(deterred)))
    final = compute_data(gap)
    final = final[final["date"] == final["date"].max()].reset_index(drop=True)
    assert_unmoved("compute-by-source", final.assign(date=final["date"].astype(str)))


def test_the_title_has_the_numbers_of_the_answer(gap: Tabulation):
    """Medians of differences within draws: differences of medians over draws would be others."""
    with house_style():
        title = next(compute_gap.figures(gap)).claim
    numbers = re.findall(r"[\d.]+(?= million| %)", title)
    assert len(numbers) == 2
    answer = compute_gap.answer(gap)
    assert f"{numbers[0]} million H100-equivalents" in answer
    assert f"{numbers[1]} %" in answer


def test_the_closed_form_falls_with_the_chance_and_with_the_reach_of_penalties(deterred: Tabulation):
    curves = deterred.further["profit_curves"].pivot_table(index="chance", columns="consignee", values="margin")
    assert np.all(np.diff(curves.to_numpy(), axis=0) < 0)
    assert np.all(curves["partner country"].iloc[1:] < curves["elsewhere"].iloc[1:])


def test_penalties_beat_a_price_where_chance_and_share_collected_make_half_the_premium(deterred: Tabulation):
    """Less what transport and companies cost, a few per cent of the value."""
    even = deterred.further["break_even"]
    even = even[even["collected"] > 0.2]
    needed = (even["price_ratio"] - 1) / (2 * even["collected"])
    assert np.all(even["break_even_chance"] < needed)
    assert np.all(even["break_even_chance"] > needed - 0.03 / even["collected"])


def test_each_policy_is_answered_and_more_is_wanted_than_arrives(deterred: Tabulation):
    last = deterred.summary()
    assert set(last["policy"]) == {variation.name for variation in deterrence.variations(quick=True)}
    assert np.all(last["arriving_chips_per_year"] <= last["chips_per_year"])
    drawn = profit_and_volume_data(deterred)
    assert drawn[drawn["kind"] == "policy"]["margin"].tolist() == last["margin"].tolist()


def left_over(deterred: Tabulation, *policies: tuple[int, float, float, float, str]) -> Tabulation:
    """Inspectors, share of lots found, margin, chips over those without the rule, how the search ended."""
    first = deterred.summary().iloc[0]
    rows = [
        {
            **first,
            "policy": f"with_{number}",
            "inspectors": number,
            "established_share": share,
            "lots_seen": 0.0 if np.isnan(share) else 100.0,
            "margin": margin,
            "chips_per_year": chips * first["usual_chips_per_year"],
            "ended": ended,
        }
        for number, share, margin, chips, ended in policies
    ]
    return replace(deterred, summary_table=pd.DataFrame(rows))


def test_a_policy_that_stops_smuggling_is_told_of_first(deterred: Tabulation):
    stopped, pays = (10, np.nan, -0.4, 0.0, "fixed point"), (0, 0.23, 0.31, 1.04, "too many steps")
    told = deterrence.answer(left_over(deterred, stopped, pays))
    assert told.startswith("Under 10 inspectors, chips asked daily nobody smuggles any more; under the policy of the others")
    assert "order 104 % of the chips that they would without the rule" in told
    assert "smugglers had not settled in 1 of 2 policies. " in told
    alone = deterrence.answer(left_over(deterred, stopped))
    assert alone.startswith("Under 10 inspectors, chips asked daily nobody smuggles any more. Penalties")
    assert "Nobody smuggles any more under 1 of 2" in deterrence._claim(left_over(deterred, stopped, pays).summary())


def test_policies_that_find_as_much_are_all_named_the_cheapest_first(deterred: Tabulation):
    policies = ((10, 0.6, 0.9), (0, 0.2, 1.04), (1, 0.6, 0.8))
    result = left_over(deterred, *((number, share, 0.2, chips, "fixed point") for number, share, chips in policies))
    told = deterrence.answer(result)
    assert "(1 inspector, chips asked daily; as many with 10 inspectors, chips asked daily)" in told
    assert "smugglers order 80 % of the chips that they would without the rule, and 104 % under it with no inspector" in told
    assert "more than without the rule, since under it they learn" in told
    line = break_even_data(result).dropna(subset=["policy"])
    assert line["inspectors"].tolist() == [1, 10]


def test_sources_add_up_and_only_smuggled_and_rented_compute_answer_to_the_rule(gap: Tabulation):
    rows = gap.table.pivot_table(index=["draw", "date"], columns=["policy", "source"], values="h100e")
    for source in ("domestic", "lawful"):
        assert np.array_equal(rows[RULE, source], rows[STATUS_QUO, source])
    one = gap.table[gap.table["draw"] == 0].groupby(["policy", "date"])["h100e"].sum()
    two = gap.table[gap.table["draw"] == 1].groupby(["policy", "date"])["h100e"].sum()
    summary = gap.summary().set_index(["policy", "date", "source"])["median"]
    for key, middle in ((one + two) / 2).items():
        assert summary[(*key, "all")] == pytest.approx(middle)
    assert set(gap.table["source"]) == set(SOURCES)


def test_until_the_duty_begins_nothing_differs(gap: Tabulation):
    calendar = gap.scenario.calendar
    duty = pd.Timestamp(calendar.start) + pd.Timedelta(days=calendar.duty_day)
    rows = gap.table[pd.to_datetime(gap.table["date"]) < duty]
    wide = rows.pivot_table(index=["draw", "date", "source"], columns="policy", values="h100e")
    assert len(wide) > 10
    assert np.allclose(wide[RULE], wide[STATUS_QUO])


def test_smugglers_who_answer_are_refused_where_no_question_looks_for_that(tmp_path):
    options = Options("silence", quick=True, out=tmp_path / "out", levers={"adversary.behaviour": "adaptive"})
    with pytest.raises(UsageError, match="silence does not look for the smugglers' answer"):
        run_study(silence, options)


def test_draws_are_refused_where_parameters_stay_at_their_values():
    with pytest.raises(UsageError, match=r"--draws: .*allowed: 0"):
        deterrence.study(Options("deterrence", draws=3))


def test_a_strategy_that_moves_no_chips_is_refused():
    with pytest.raises(ScenarioError, match=r"rent_remotely moves no chips.*allowed: strategies that move chips"):
        tabulated(deterrence, **{"adversary.strategies": {"rent_remotely": 1.0}})


def test_the_caption_of_penalties_has_the_multiple_that_is_set():
    scenario = Scenario.load("baseline").replace(uncertainties={"civil_penalty_multiple": 1})
    caption = deterrence._penalty_caption(SimpleNamespace(scenario=scenario))
    assert "a penalty of 1 times its value" in caption
    assert "chance x share collected = (price - 1) / 1." in caption


if __name__ == "__main__":
    made, counted = tabulated(deterrence), tabulated(compute_gap)
    write_golden("break-even", thinned(break_even_data(made)))
    ends = compute_data(counted)
    write_golden("compute-by-source", ends[ends["date"] == ends["date"].max()].reset_index(drop=True))
