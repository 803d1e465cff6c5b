"""The question of budgets: what it tries, what it prints, and that tables and pictures say the same."""

import numpy as np
import pytest

from scenarios import frontier
from scenarios.study import Options, UsageError
from sim import Result, Scenario, Tabulation
from sim.experiments.budget import Mix
from sim.figures.budgets import frontier as draw_frontier
from sim.figures.budgets import frontier_data, mixes_bought
from sim.outcomes.outcome import Outcome
from sim.results import Run
from sim.scenario import STATUS_QUO
from sim.units import DAYS_PER_YEAR

DRAWS = 4


def made_up(scenario: Scenario, draws: int, runs=1, *, seed: int, beside=(), status_quo=True, **_: object) -> Result:
    """In place of the engine: more inspectors find more, up to a limit, and cost what they cost; draws differ by a shift."""
    policies = [scenario, *beside, *([scenario.status_quo()] if status_quo else [])]
    day, years = scenario.calendar.end_day, scenario.calendar.end_after_duty_days / DAYS_PER_YEAR
    made = []
    for policy in policies:
        active = policy.verification.active
        inspectors = policy.enforcement.inspectors * active
        landmarks_usd = 5e4 * years * policy.geography.landmarks * active
        for draw in range(draws):
            shift = np.random.default_rng([seed, draw]).uniform(-0.05, 0.05)
            usd = landmarks_usd + years * (4e5 * (1 + shift) * inspectors + 1e4)
            found = 0.1 + shift + 0.8 * inspectors / (inspectors + 2)
            ends = {"cost_authority_landmarks": landmarks_usd, "cost_authority": usd, "established_by_day_90": found}
            outcomes = tuple(Outcome(day, name, value, "") for name, value in ends.items())
            made.append(Run(policy.name, draw, 0, outcomes, {}, None))
    return Result(scenario, made, {}, [{}] * draws, tuple(beside))


def answered(draws: int) -> tuple[Tabulation, str]:
    """With outcomes made up, and what was said before it began."""
    said: list[str] = []
    options = Options("frontier", draws=draws)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(map(str, words))))
        patch.setattr(frontier, "ensemble", made_up)
        patch.setattr(frontier, "seconds_of_a_run", lambda *_: 1.5)
        patch.setattr(frontier, "INSPECTORS", (1, 2, 10))
        patch.setattr(frontier, "LANDMARKS", (12, 4))
        tabulation = frontier.tabulate(frontier.study(options), options, lambda *progress, **unit: None)
    return tabulation, said[0]


@pytest.fixture(scope="module")
def answer() -> tuple[Tabulation, str]:
    return answered(DRAWS)


def test_the_largest_budget_is_reached_and_mixes_differ():
    """All inspectors who are tried cost less than the largest budget if they wait all year, and more if they never do."""
    share = 0.1
    tried = frontier.first_mixes(share, quick=False)
    values = Scenario.load("baseline").values
    idle_usd = max(mix.inspectors for mix in tried) * values["inspector_cost_usd_per_year"]
    busy_usd = max(mix.inspectors for mix in tried) * 120 * (values["inspection_cost_usd"] + 2500)
    assert idle_usd < 1e6 * max(frontier.BUDGETS_MUSD) < busy_usd
    assert len({mix.name for mix in tried}) == len(tried)
    about = frontier.mixes_about(tried[:2], quick=False)
    assert not {mix.name for mix in about} & {mix.name for mix in tried}
    assert {(mix.inspectors, mix.audit_share) for mix in about} == {(mix.inspectors, mix.audit_share) for mix in tried[:2]}
    assert {mix.landmarks for mix in about} == set(frontier.LANDMARKS)


def test_levers_that_the_question_varies_and_no_draws_are_refused():
    with pytest.raises(UsageError, match=r"geography\.landmarks: the question frontier varies this"):
        frontier.study(Options("frontier", levers={"geography.landmarks": 5}, quick=True))
    with pytest.raises(UsageError, match=r"--draws: 0: frontier chooses over draws; allowed: 1 or more"):
        frontier.study(Options("frontier", draws=0, quick=True))


def test_the_planned_cost_is_said_first(answer):
    assert answer[1].startswith("planned cost: at most ")
    assert "of about 1.5 s" in answer[1]


def test_each_budget_has_each_rule_and_stays_within_it(answer):
    bought = answer[0].summary()
    assert list(zip(bought["budget_musd"], bought["rule"], strict=True)) == [
        (budget, rule) for budget in frontier.BUDGETS_MUSD for rule in frontier.RULES
    ]
    assert np.all(bought["usd_per_year_mean"] <= 1e6 * bought["budget_musd"])
    best = bought[bought["rule"] == "expected"]["found_in_choice_mean"].to_numpy()
    assert np.all(np.diff(best) >= 0)
    least = bought.pivot_table(index="budget_musd", columns="rule", values="largest_regret")
    assert np.all(least["robust"] <= least["expected"])
    # At 4 million a year for ten inspectors, 10 million pay for twenty of them, with four landmarks or twelve.
    first = bought.iloc[0]
    assert (first["inspectors"], first["landmarks"]) == (20, 4)


def test_costs_and_shares_are_those_of_the_draws(answer):
    tabulation = answer[0]
    by_draw = tabulation.further["by_draw"]
    tried = by_draw[(by_draw["sample"] == "choice") & (by_draw["outcome"] == "established_by_day_90")]
    means = tried.groupby("scenario")[["usd_per_year", "found"]].mean()
    for row in tabulation.table.to_dict("records"):
        assert row["usd_per_year_mean"] == pytest.approx(means.loc[row["scenario"], "usd_per_year"])
        assert row["found_mean"] == pytest.approx(means.loc[row["scenario"], "found"])
    assert STATUS_QUO in set(tabulation.table["scenario"])


def test_choices_are_reported_from_worlds_that_had_no_part_in_them(answer):
    by_draw = answer[0].further["by_draw"]
    worlds = dict(iter(by_draw.groupby("sample")))
    both = set(worlds["choice"]["scenario"]) & set(worlds["report"]["scenario"]) - {STATUS_QUO}
    assert both
    for name in both:
        costs = [set(rows[rows["scenario"] == name]["usd_per_year"]) for rows in worlds.values()]
        assert not costs[0] & costs[1]


def test_pictures_show_what_the_tables_say(answer):
    tabulation = answer[0]
    axis = draw_frontier(tabulation)
    grey = axis.lines[0].get_ydata()
    assert np.array_equal(np.asarray(grey), tabulation.table["found_mean"])
    data = frontier_data(tabulation)
    assert len(data) == len(tabulation.table) + len(tabulation.summary())
    dots = [line for line in mixes_bought(tabulation)[1].lines if line.get_marker() not in ("", "None")]
    assert [line.get_xdata()[0] for line in dots] == tabulation.summary()["fresh_found_mean"].tolist()
    charts = list(frontier.figures(tabulation))
    assert [chart.slug for chart in charts] == ["frontier", "mixes-bought"]
    assert all("measured again in as many fresh draws" in chart.caption for chart in charts)


def test_the_answer_says_what_each_budget_buys_and_what_it_finds_afresh(answer):
    tabulation = answer[0]
    bought = tabulation.summary().set_index(["budget_musd", "rule"])
    first, second = frontier.answer(tabulation).split(". Today's ")
    for budget in frontier.BUDGETS_MUSD:
        row = bought.loc[budget, "expected"]
        assert f"for {budget:g} million {row['landmarks']:g} landmarks, " in first
        assert f"{row['inspectors']:g} inspectors" in first
        assert f"{100 * row['fresh_found_mean']:.0f} %" in first
    by_draw = tabulation.further["by_draw"].set_index(["sample", "outcome", "scenario"])["found"]
    before = 100 * by_draw["report", "established_by_day_90", STATUS_QUO].mean()
    assert second.startswith(f"tips and checks alone establish {before:.2g} % (")
    told = second.partition("not surely better than ")[2]
    assert bool(told) == (bought.loc[200, "frugal"]["scenario"] != bought.loc[200, "expected"]["scenario"])


def test_a_single_draw_has_no_interval():
    tabulation, _ = answered(1)
    assert " to " not in frontier.answer(tabulation).replace("to follow up alerts", "")
    assert len(list(frontier.figures(tabulation))) == 2


def test_names_of_mixes_do_not_collide():
    mix = Mix(12, 7, 430 / 43, 0.5)
    assert mix.name == "12_landmarks_every_7_days_10_inspectors_50_percent_by_plan"
