"""Draws of the parameters: the triangular law, and that a draw depends on its row and number only."""

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.parameters import ParameterTable, load_parameters
from sim.uncertainty import draw_uncertainties, triangular

SEED = 3


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("baseline")


@pytest.mark.parametrize(("low", "mode", "high"), [(1, 2, 6), (0, 0, 1), (2, 5, 5)])
def test_triangular_numbers_have_the_closed_form_mean_and_variance(low: float, mode: float, high: float):
    grid = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([triangular(uniform, low=low, mode=mode, high=high) for uniform in grid])
    assert values.mean() == pytest.approx((low + mode + high) / 3, rel=1e-4)
    squares = low**2 + mode**2 + high**2 - low * mode - low * high - mode * high
    assert values.var() == pytest.approx(squares / 18, rel=1e-3)
    assert low <= values.min() < values.max() <= high


def test_draws_of_two_parameters_follow_their_own_laws_independently(scenario: Scenario):
    samples = [draw_uncertainties(scenario, SEED, draw) for draw in range(1000)]
    rows = load_parameters().parameters
    names = ("packet_loss", "dwell_at_declared_site_days")
    columns = [np.array([sample[name] for sample in samples]) for name in names]
    for name, values in zip(names, columns, strict=True):
        row = rows[name]
        law = stats.triang((row.central - row.low) / (row.high - row.low), row.low, row.high - row.low)
        assert stats.kstest(values, law.cdf).pvalue > 1e-3
        wrong = stats.triang(0.5, row.low, row.high - row.low)
        assert stats.kstest(values, wrong.cdf).pvalue < 1e-6, "the test can tell"
    assert abs(np.corrcoef(columns)[0, 1]) < 4 / np.sqrt(1000)


def test_rows_without_a_range_and_rows_the_scenario_sets_are_not_drawn(scenario: Scenario):
    drawn = draw_uncertainties(scenario.replace(uncertainties={"packet_loss": 0.5}), SEED, 0)
    rows = load_parameters().parameters
    assert drawn.keys() == {name for name, row in rows.items() if row.low < row.high} - {"packet_loss"}
    assert drawn.items() < draw_uncertainties(scenario, SEED, 0).items(), "nothing else moves"


def test_another_row_in_the_table_moves_no_draw(scenario: Scenario, monkeypatch):
    before = draw_uncertainties(scenario, SEED, 5)
    table = load_parameters()
    rows = {"a_new_row": table.parameters["packet_loss"], **table.parameters}
    longer = ParameterTable.model_construct(parameters=rows, latency=table.latency, sources=table.sources)
    monkeypatch.setattr("sim.uncertainty.load_parameters", lambda: longer)
    after = draw_uncertainties(scenario, SEED, 5)
    assert after.pop("a_new_row") != before["packet_loss"]
    assert after == before


def test_draws_and_seeds_differ(scenario: Scenario):
    values = {draw_uncertainties(scenario, seed, draw)["packet_loss"] for seed in (1, 2) for draw in (0, 1)}
    assert len(values) == 4
