"""Golden plotted data: what the baseline's figures draw, in a small version, against what they drew before.

If they move: `python -m tests.scenarios.test_baseline_figures`, see `plotted.py`.
"""

import pytest

from scenarios import baseline
from scenarios.study import Options
from sim import Result, simulate
from sim.figures import incidence_data, states_data

from .plotted import assert_unmoved, write_golden

DATA = {"chips-by-state": states_data, "diversion-to-detection": incidence_data}


def small_result() -> Result:
    study = baseline.study(Options("baseline", quick=True))
    return simulate(study.scenario, seed=1, runs=study.runs, draws=study.draws)


@pytest.fixture(scope="module")
def result() -> Result:
    return small_result()


@pytest.mark.parametrize("slug", DATA)
def test_the_plotted_data_have_not_moved(result: Result, slug: str):
    drawn = DATA[slug](result).astype({"date": str} if slug == "chips-by-state" else {})
    assert_unmoved(slug, drawn)


def test_the_last_five_panels_partition_the_first(result: Result):
    """At the level of single runs, where medians do not blur the sum."""
    from sim.figures.states import PANELS

    everything, *parts = PANELS.values()
    keys = ["scenario", "draw", "run", "date"]
    per_run = result.table.pivot_table(index=keys, columns="outcome", values="value")
    members = [name for part in parts for name in part]
    assert (per_run[members].sum(axis=1) == per_run["chips_shipped"] - per_run["chips_retired"]).all()
    assert sorted(members) == sorted(everything)


def test_figures_draw_into_given_axes_and_return_them(result: Result):
    from matplotlib.figure import Figure

    from sim.figures import chips_by_state, diversion_to_detection

    axes = Figure().subplots()
    assert diversion_to_detection(result, ax=axes) is axes
    six = list(Figure().subplots(2, 3).flat)
    assert chips_by_state(result, ax=six) is six
    assert len(axes.lines) == 2


@pytest.mark.parametrize(
    "levers",
    [{"calendar.end_after_duty_days": 5}, {"fleet.scale": 1e-6}, {"verification.active": False}, {"geography.sites": 1}],
    ids=str,
)
def test_a_world_in_which_nothing_happens_still_draws(levers: dict[str, object]):
    study = baseline.study(Options("baseline", quick=True, runs=1, levers={"fleet.scale": 0.0001, **levers}))
    charts = list(baseline.figures(simulate(study.scenario, seed=1, runs=1)))
    assert len(charts) == 2
    assert all(chart.caption for chart in charts)


if __name__ == "__main__":
    for slug, data in DATA.items():
        write_golden(slug, data(small_result()))
