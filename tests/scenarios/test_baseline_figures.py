"""The baseline's figures: states add up, axes are the caller's, and worlds in which nothing happens draw as well."""

import pytest

from scenarios import baseline
from scenarios.study import Options
from sim import Result, simulate


@pytest.fixture(scope="module")
def result() -> Result:
    study = baseline.study(Options("baseline", quick=True, draws=2))
    return simulate(study.scenario, seed=1, runs=study.runs, draws=study.draws)


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
