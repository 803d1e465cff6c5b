"""What one landmark more buys: limits, costs, determinism, and the plotted data against what they were.

If plotted data move: `python -m tests.scenarios.test_landmarks`, see `plotted.py`.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from scenarios import landmarks
from scenarios.study import Options
from sim import ScenarioError, Tabulation
from sim.figures import landmark_value, landmark_value_data

from .plotted import assert_unmoved, write_golden

SMALL = {"geography.sites": 60, "geography.landmarks": 100}
"""Networks of 12 and 100: a tenth of the time of the quick version."""


def tabulated(*, levers: dict[str, object] | None = None, **options) -> Tabulation:
    chosen = Options("landmarks", quick=True, levers={**SMALL, **(levers or {})}, **options)
    return landmarks.tabulate(landmarks.study(chosen), chosen, lambda *progress, **unit: None)


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
    rows = result.summary()
    assert np.all((rows["chips_low"] <= rows["chips_cleared"]) & (rows["chips_cleared"] <= rows["chips_high"]))
    assert np.all(result.table["chips_cleared_by_one"] <= result.table["chips_cleared"])


def test_gains_add_up_to_what_is_cleared(result: Tabulation):
    for _, rows in result.summary().groupby("strategy"):
        added = np.diff(rows["landmarks"], prepend=0)
        assert added @ rows["points_per_landmark"] == pytest.approx(100 * rows["chips_cleared"].iloc[-1])


def test_twelve_landmarks_at_twice_the_price_cost_twice_as_much_and_clear_as_many(result: Tabulation):
    """And nothing else: 120,000 dollars each make 1,440,000 for twelve. A price that is set has no range."""
    dear = tabulated(levers={"uncertainties.landmark_cost_usd_per_year": 120_000})
    usual, summary = result.summary(), dear.summary()
    assert (summary.loc[summary["landmarks"] == 12, "usd_per_year_central"] == 1_440_000).all()
    assert summary["usd_per_year_central"].tolist() == (2 * usual["usd_per_year_central"]).tolist()
    assert summary["usd_per_point_central"].to_numpy() == pytest.approx(2 * usual["usd_per_point_central"].to_numpy())
    assert summary["chips_cleared"].equals(usual["chips_cleared"])
    assert {"usd_per_year_low", "usd_per_year_high"} <= set(usual)
    assert not {"usd_per_year_low", "usd_per_year_high"} & set(summary)
    (chart,) = landmarks.figures(dear)
    assert "Cost: 120,000 dollars per landmark-year, the same everywhere" in chart.caption


def test_a_circuit_in_vacuum_leaves_less_to_clear(result: Tabulation):
    """Exact in each row where the network does not depend on the bound: the same times exclude no more at a higher speed."""
    vacuum = tabulated(levers={"verification.bound": "vacuum"}).table
    same = result.table["strategy"] != "clearance"
    assert (vacuum[same]["chips_cleared"] <= result.table[same]["chips_cleared"]).all()
    assert vacuum[same]["chips_cleared"].sum() < 0.98 * result.table[same]["chips_cleared"].sum()


def test_two_hundred_milliseconds_in_the_loop_clear_nobody():
    """Light in fibre covers half the Earth's girth in less; the figure says that no landmark gains anything."""
    result = tabulated(runs=1, levers={"uncertainties.in_loop_processing_ms": 200})
    assert (result.table["chips_cleared"] == 0).all()
    assert (result.summary()["points_per_landmark"] == 0).all()
    assert np.isinf(result.summary()["usd_per_point_central"]).all()
    (chart,) = landmarks.figures(result)
    words = [text.get_text() for text in chart.figure.findobj(Text)]
    assert "Well placed, 100 landmarks clear 0 % of chips; at internet hubs 0 %" in words
    assert "hardly\nany gain" in words
    assert "processing in the timed loop 200 ms" in chart.caption


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(result: Tabulation):
    small = {"runs": 1, "levers": {"geography.landmarks": 12}}
    first, again, other = tabulated(**small), tabulated(**small), tabulated(**small, seed=2)
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.further["placements"], again.further["placements"])
    assert not first.table["chips_cleared"].equals(other.table["chips_cleared"])


def test_the_next_landmark_is_the_one_of_the_larger_network(result: Tabulation):
    placements = result.further["placements"]
    assert placements.groupby(["run", "strategy"]).size().unique().tolist() == [101]
    order = placements[(placements["run"] == 0) & (placements["strategy"] == "clearance")]["landmark"].tolist()
    rows = result.summary()[result.summary()["strategy"] == "clearance"]
    assert rows["next_landmark"].tolist() == [order[size] for size in rows["landmarks"]]


def test_a_gain_that_may_be_chance_has_no_price(result: Tabulation):
    """More landmarks for the same share in the mean over two runs; then for a share that both runs agree upon."""

    def told(gains: tuple[float, float]) -> str:
        table = result.table[result.table["landmarks"] == 12]
        more = table.assign(landmarks=100, chips_cleared=table["chips_cleared"] + table["run"].map(dict(enumerate(gains))))
        placements = result.further["placements"]
        rows = landmarks._overview(pd.concat([table, more], ignore_index=True), placements, result.scenario)
        return landmarks.answer(replace(result, summary_table=rows))

    assert "no gain, and so no price of a further point, is told from chance" in told((0.09, -0.05))
    assert "8.8 points (8.8 to 8.8) in the whole step" in told((0.088, 0.088))
    assert "a further point costs" in told((0.088, 0.088))


def test_one_network_alone_is_drawn_without_gains():
    """Smaller than the usual ones, so that there is nothing to compare it with; one run, so no error either."""
    result = tabulated(runs=1, levers={"geography.landmarks": 10})
    assert result.summary()["landmarks"].tolist() == [10] * 4
    (chart,) = landmarks.figures(result)
    assert "hardly\nany gain" not in [text.get_text() for text in chart.figure.findobj(Text)]


def test_an_excess_that_the_user_sets_has_no_range(result: Tabulation):
    own = tabulated(runs=1, levers={"uncertainties.excess_scale": 1.1})
    assert set(own.table["excess_scale"]) == {1.1}
    assert "latency excess x" not in next(landmarks.figures(own)).caption
    assert "latency excess x 0.7 to 1.3" in next(landmarks.figures(result)).caption


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
