"""The question of the decisive unknowns, quick: tables, figures and answer fit together; what it refuses."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios import tornado
from scenarios.study import Options, UsageError
from sim import Scenario, Tabulation
from sim.experiments.sensitivity import EVERYTHING_ELSE, Model
from sim.figures import house_style
from sim.figures.sensitivity import value_label


def tabulated() -> Tabulation:
    options = Options("tornado", quick=True, out=Path("nowhere"))
    return tornado.tabulate(tornado.study(options), options, lambda *progress, **unit: None)


@pytest.fixture(scope="module")
def result() -> Tabulation:
    return tabulated()


def test_the_cost_is_planned_and_no_more_runs_are_made(result: Tabulation):
    planned = result.manifest["planned_cost"]
    assert len(result.further["runs"]) <= sum(planned["runs_at_most"].values())
    assert planned["seconds_of_a_run"] > 0
    assert result.manifest["failures"] == []


def test_tables_are_about_the_inputs_that_screening_kept(result: Tabulation):
    screened = result.further["screening"]
    kept = set(screened[screened["kept"]]["input"])
    assert kept <= set(tornado.QUICK_INPUTS)
    assert set(result.further["tornado"]["input"]) == kept
    for outcome in tornado.OUTCOMES:
        assert set(result.table[result.table["outcome"] == outcome]["input"]) - {EVERYTHING_ELSE} == kept
    assert set(result.summary()["input"]) == set(result.table["input"])


def test_each_outcome_of_a_point_is_of_the_same_runs(result: Tabulation):
    """A point of the tornado in the table of all runs gives the outcomes that the tornado has."""
    runs = result.further["runs"]
    for row in result.further["tornado"].to_dict("records"):
        others = [name for name in tornado.QUICK_INPUTS if name != row["input"]]
        there = runs[(runs[row["input"]] == row["high"]) & runs[others].isna().all(axis=1)]
        assert there[row["outcome"]].mean() == pytest.approx(row["at_high"])


def test_figures_name_what_decides(result: Tabulation):
    with house_style():
        charts = list(tornado.figures(result))
    assert [chart.slug for chart in charts] == ["tornado", "indices", "screening"]
    first = charts[0]
    names = {label.get_text() for label in first.figure.axes[0].get_yticklabels()}
    assert len(names) == len(first.data)
    assert "quantile" in first.caption
    assert "nan" not in " ".join(chart.caption for chart in charts)


def made_up(totals: dict[str, tuple[float, float, float]], chance: float = np.nan) -> Tabulation:
    """Indices as stated; the input named last has the widest swing, the first is the least told apart."""
    table = pd.DataFrame(
        [
            (tornado.FOUND, name, 224 if name == EVERYTHING_ELSE else 1, 0.1, 0.05, 0.15, *total)
            for name, total in totals.items()
        ],
        columns=["outcome", "input", "rows", "first", "first_low", "first_high", "total", "total_low", "total_high"],
    )
    totals = {name: total for name, total in totals.items() if name != EVERYTHING_ELSE}
    rank = {name: place for place, name in enumerate(sorted(totals, key=lambda name: -totals[name][0])[:5], start=1)}

    def moved(place: int) -> tuple[float, ...]:
        return -0.01 * place, 0.005, 0.01 * place, 0.005

    rows = [
        (tornado.FOUND, name, "days", 7.0, rank.get(name, 0), 1.0, 14.0, 0.5, *moved(place))
        for place, name in enumerate(totals, start=1)
    ]
    columns = ["outcome", "input", "unit", "central", "rank", "low", "high", "at_centre"]
    swings = pd.DataFrame(rows, columns=[*columns, "to_low", "to_low_half", "to_high", "to_high_half"])
    chance = pd.DataFrame({"outcome": [tornado.FOUND], "base_points": [8], "share": [chance]})
    return Tabulation(Scenario.load("miniature"), table, table, {}, {"tornado": swings, "chance": chance})


def test_the_answer_is_as_sure_as_the_intervals():
    """Five that are apart from each other and from a sixth; then a first and a sixth that overlap with others."""
    apart = {f"u{number}": (0.7 - 0.1 * number, 0.66 - 0.1 * number, 0.74 - 0.1 * number) for number in range(6)}
    told = tornado.answer(made_up(apart))
    assert "u0 70 % (66 to 74), u1 60 % (56 to 64)" in told
    assert "u5 20" not in told
    assert "the first of them surely decides most, and all others surely decide less" in told
    assert "u5 changes the share most: from 50 % at 7 d by -6 percentage points (-6.5 to -5.5) at 1 d" in told
    told = tornado.answer(made_up({**apart, "u0": (0.7, 0.6, 0.8), "u5": (0.2, 0.1, 0.3)}))
    assert "whether the first of them decides most is open, and one that is not named may belong to them" in told


def test_what_is_not_named_and_chance_are_told_beside_what_is():
    """Everything else may have the largest index of all, and so may an input that is not named: then the order is open."""
    apart = {f"u{number}": (0.7 - 0.1 * number, 0.66 - 0.1 * number, 0.74 - 0.1 * number) for number in range(6)}
    result = made_up({**apart, EVERYTHING_ELSE: (0.82, 0.52, 1.12)}, chance=0.56)
    told = tornado.answer(result)
    assert "the other 224 rows together have 82 % (52 to 112); about 56 % of the variance may be chance" in told
    assert "whether the first of them decides most is open, and one that is not named may belong to them" in told
    assert tornado._claim(result).endswith("; the other 224 rows: 82 %")
    told = tornado.answer(made_up({**apart, "u5": (0.2, -0.3, 0.7)}))
    assert "whether the first of them decides most is open, and one that is not named may belong to them" in told


def test_a_point_is_run_once_whatever_is_asked_of_it_and_an_unknown_outcome_is_refused():
    scenario = Scenario.load("miniature").replace_keys({**tornado.QUICK, "fleet.scale": 0.0005})
    made = []
    model = Model(scenario, progress=lambda *told: made.append(told), under_way="points")
    point = {"packet_loss": 0.01}
    first = model.at_values("false_alarms_per_month")([point])
    assert np.array_equal(model.at_values("challenges")([point, point]).shape, (2, 1))
    assert np.array_equal(model.at_values("false_alarms_per_month")([point]), first)
    assert [told[:3] for told in made] == [("points", 1, 1)]
    with pytest.raises(ValueError, match="outcome: 'chips' was measured in no run; measured: "):
        model.at_values("chips")([point])


def test_a_missing_extra_is_told_of_before_anything_runs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "SALib.sample.morris", None)
    with pytest.raises(UsageError, match=r"pip install -e '.\[sensitivity\]'"):
        tabulated()


def test_base_points_are_at_least_two():
    with pytest.raises(UsageError, match="--draws: 1: base points of the indices; allowed: 2 or more"):
        tornado.study(Options("tornado", draws=1))


@pytest.mark.parametrize(
    ("value", "unit", "label"),
    [
        (14, "days, median", "14 d"),
        (0.28, "share of diverted lots ever exposed", "28 %"),
        (1_290_000, "H100-equivalents in 2025", "1.29 M"),
        (0.6, "standard deviation of the logarithm of dwell and transit times", "0.6"),
        (30, "ms", "30 ms"),
        (2026.5, "calendar year with its fraction", "2026.5"),
        (4800, "chips that leave together", "4800 chips"),
        (10_000, "US dollars per chip, at list", "$10,000"),
        (0.25, "lots per year", "0.25"),
    ],
)
def test_values_are_written_short(value: float, unit: str, label: str):
    assert value_label(value, unit) == label
