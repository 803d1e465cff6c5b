"""What one landmark more buys: limits, costs, determinism, and the plotted data against what they were.

If plotted data move: `python -m tests.scenarios.test_landmarks`, see `plotted.py`.
"""

import numpy as np
import pandas as pd
import pytest

from scenarios import landmarks
from scenarios.study import Options
from sim import ScenarioError, Tabulation
from sim.figures import landmark_value, landmark_value_data
from sim.outcomes.costs import landmark_network_cost_usd_per_year
from sim.parameters import load_parameters

from .plotted import assert_unmoved, write_golden


def tabulated(**options) -> Tabulation:
    chosen = Options("landmarks", quick=True, **options)
    return landmarks.tabulate(landmarks.study(chosen), chosen, lambda *progress: None)


@pytest.fixture(scope="module")
def result() -> Tabulation:
    return tabulated()


def test_the_plotted_data_have_not_moved(result: Tabulation):
    assert_unmoved("landmark-value", landmark_value_data(result).reset_index(drop=True))


def test_more_landmarks_never_clear_fewer_chips_but_for_chance(result: Tabulation):
    """A nearer landmark may push one that would have cleared a chip out of the ten asked, hence the Monte Carlo error."""
    for _, rows in result.table.groupby(["strategy", "run", "excess_scale"]):
        for share in ("chips_cleared", "sites_cleared"):
            assert np.all(np.diff(rows[share]) > -3 * rows["mc_error"].max())
        assert np.all(np.diff(rows["mean_km"]) <= 0)
        assert np.all(np.diff(rows["chips_within_100_km"]) >= 0)


def test_faster_paths_clear_no_fewer_chips(result: Tabulation):
    """The same worlds with every excess shorter: exact, not only on average."""
    wide = result.table.pivot_table(index=["strategy", "landmarks", "run"], columns="excess_scale", values="chips_cleared")
    assert list(wide.columns) == [0.7, 1.0, 1.3]
    assert np.all(np.diff(wide.to_numpy(), axis=1) <= 0)


def test_intervals_hold_the_mean_and_an_intersection_never_clears_fewer(result: Tabulation):
    rows = result.overview
    assert np.all((rows["chips_low"] <= rows["chips_cleared"]) & (rows["chips_cleared"] <= rows["chips_high"]))
    assert np.all(result.table["chips_cleared_by_one"] <= result.table["chips_cleared"])


def test_costs_are_landmarks_times_price_and_gains_add_up(result: Tabulation):
    row = load_parameters().parameters["landmark_cost_usd_per_year"]
    assert landmark_network_cost_usd_per_year(100, load_parameters().values()) == 100 * row.central
    table = result.overview
    for end, price in {"low": row.low, "central": row.central, "high": row.high}.items():
        assert np.allclose(table[f"usd_per_year_{end}"], table["landmarks"] * price)
        gained = table["points_per_landmark"] > 0
        assert np.allclose((table[f"usd_per_point_{end}"] * table["points_per_landmark"])[gained], price)
    for _, rows in table.groupby("strategy"):
        added = np.diff(rows["landmarks"], prepend=0)
        assert added @ rows["points_per_landmark"] == pytest.approx(100 * rows["chips_cleared"].iloc[-1])


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(result: Tabulation):
    small = {"runs": 1, "levers": {"geography.sites": 30, "geography.landmarks": 12}}
    first, again, other = tabulated(**small), tabulated(**small), tabulated(**small, seed=2)
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.further["placements"], again.further["placements"])
    assert not first.table["chips_cleared"].equals(other.table["chips_cleared"])


def test_the_next_landmark_is_the_one_of_the_larger_network(result: Tabulation):
    placements = result.further["placements"]
    assert placements.groupby(["run", "strategy"]).size().unique().tolist() == [501]
    order = placements[(placements["run"] == 0) & (placements["strategy"] == "clearance")]["landmark"].tolist()
    rows = result.overview[result.overview["strategy"] == "clearance"]
    assert rows["next_landmark"].tolist() == [order[size] for size in rows["landmarks"]]


@pytest.mark.parametrize(
    "levers",
    [
        {"geography.landmarks": 10},
        {"verification.bound": "vacuum"},
        {"uncertainties.excess_scale": 1.0, "uncertainties.landmark_cost_usd_per_year": 25000},
        {"uncertainties.in_loop_processing_ms": 200},
    ],
    ids=str,
)
def test_levers_are_obeyed_and_still_draw(levers: dict[str, object]):
    """One run, so no error of the gain; 200 ms in the loop clear nobody, so no gain at all."""
    charts = list(landmarks.figures(tabulated(runs=1, levers={"geography.sites": 20, **levers})))
    assert [chart.slug for chart in charts] == ["landmark-value"]
    assert charts[0].caption


def test_more_landmarks_than_there_are_cities_are_refused():
    with pytest.raises(ScenarioError, match="allowed 1 to"):
        landmarks.study(Options("landmarks", levers={"geography.landmarks": 800}))


def test_the_figure_draws_into_given_axes_and_returns_them(result: Tabulation):
    from matplotlib.figure import Figure

    axes = list(Figure().subplots(1, 2))
    assert landmark_value(result, ax=axes) is axes
    assert [len(panel.lines) for panel in axes] == [4, 4]


if __name__ == "__main__":
    write_golden("landmark-value", landmark_value_data(tabulated()))
