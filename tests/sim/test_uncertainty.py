"""Draws of the parameters: their law, and that a draw depends on its row and number only."""

import math

import numpy as np
import pytest
from scipy import stats

from sim import Scenario
from sim.parameters import Parameter, ParameterTable, load_parameters
from sim.uncertainty import draw_uncertainties, one_of, two_sided

SEED = 3


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("baseline")


GRID = (np.arange(20_000) + 0.5) / 20_000


def side_mean(central: float, end: float) -> float:
    """Mean of one side: a third of the way, or central times 2 (exp(w) - 1 - w) / w^2 with w = ln(end / central)."""
    if min(central, end) > 0 and max(central / end, end / central) >= 3:
        ways = math.log(end / central)
        return central * 2 * (math.exp(ways) - 1 - ways) / ways**2
    return central + (end - central) / 3


@pytest.mark.parametrize(
    ("low", "central", "high"), [(1, 2, 5), (0, 0, 1), (2, 5, 5), (0.02, 0.15, 2), (0, 3, 30), (1e3, 1e5, 1e7)]
)
def test_half_of_the_draws_lie_on_each_side_of_the_central_value_with_the_closed_form_mean(low, central, high):
    values = np.array([two_sided(uniform, low=low, central=central, high=high) for uniform in GRID])
    assert (np.diff(values) >= 0).all()
    assert low <= values[0] <= values[-1] <= high
    assert two_sided(0.5, low=low, central=central, high=high) == central
    for side, end in ((values[:10_000], low), (values[10_000:], high)):
        assert side.mean() == pytest.approx(side_mean(central, end), rel=1e-3)


def test_a_row_that_is_one_thing_or_another_takes_no_value_in_between():
    row = Parameter(low=8, central=8, high=72, choices=True, unit="chips", kind="assumed", note="for this test")
    values, times = np.unique([one_of(uniform, row) for uniform in GRID], return_counts=True)
    assert values.tolist() == [8, 72]
    assert times.tolist() == [15_000, 5_000]
    assert {draw_uncertainties(Scenario.load("baseline"), SEED, k)["chips_per_host"] for k in range(20)} == {8, 72}


def distribution(x: np.ndarray, row: Parameter) -> np.ndarray:
    """The chance of at most x by the law written anew: a rest of the way (1 - w) to an end leaves half its square beyond."""

    def rest(end: float) -> np.ndarray:
        spanned = max(row.central / end, end / row.central) if min(row.central, end) > 0 else 0
        ways = (
            np.log(x / row.central) / math.log(end / row.central)
            if spanned >= 3
            else (x - row.central) / (end - row.central)
        )
        return 1 - np.clip(ways, 0, 1)

    return np.where(x < row.central, rest(row.low) ** 2 / 2, 1 - rest(row.high) ** 2 / 2)


def test_draws_of_two_parameters_follow_their_own_laws_independently(scenario: Scenario):
    samples = [draw_uncertainties(scenario, SEED, draw) for draw in range(1000)]
    rows = load_parameters().parameters
    names = ("packet_loss", "dwell_at_declared_site_days")
    columns = [np.array([sample[name] for sample in samples]) for name in names]
    for name, values in zip(names, columns, strict=True):
        row = rows[name]
        assert stats.kstest(values, lambda x, row=row: distribution(x, row)).pvalue > 1e-3
        wrong = stats.triang((row.central - row.low) / (row.high - row.low), row.low, row.high - row.low)
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
