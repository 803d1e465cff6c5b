"""Ensembles: designs cover ranges as they say, all policies and draws meet the same worlds, a failing draw costs itself."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from sim import RunFailed, Scenario, simulate
from sim.designs import draws_of
from sim.experiments.ensemble import ensemble
from sim.experiments.stopping import StoppingRule
from sim.parameters import load_parameters
from sim.run_files import finished_runs
from sim.uncertainty import at_quantiles, ranged
from sim.world.volume_prior import COUPLED, LAWS

MANY = list(ranged(Scenario.load("miniature")))[:10]
NAMES = ("packet_loss", "dwell_at_declared_site_days", "gpu_faults_per_chip_year")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.load("miniature")


def cell_counts(draws: list[dict[str, float]], name: str) -> list[int]:
    """How many draws lie in each of as many cells of equal chance as there are draws, by their law written anew."""
    row = load_parameters().parameters[name]
    values = np.array([draw[name] for draw in draws])

    def rest(end: float) -> np.ndarray:
        by_logarithm = max(row.central / end, end / row.central) >= 3
        way = (
            np.log(values / row.central) / np.log(end / row.central)
            if by_logarithm
            else (values - row.central) / (end - row.central)
        )
        return 1 - np.clip(way, 0, 1)

    quantiles = np.where(values < row.central, rest(row.low) ** 2 / 2, 1 - rest(row.high) ** 2 / 2)
    return np.bincount((quantiles * len(draws)).astype(int), minlength=len(draws)).tolist()


@pytest.mark.parametrize("design", ["sobol", "lhs"])
def test_even_designs_have_one_draw_in_every_cell_of_every_parameter_and_random_draws_do_not(scenario: Scenario, design):
    draws = draws_of(design, scenario, 5, 64, NAMES)
    for name in NAMES:
        assert cell_counts(draws, name) == [1] * 64
        assert cell_counts(draws_of("random", scenario, 5, 64, NAMES), name) != [1] * 64
    assert draws == draws_of(design, scenario, 5, 64, NAMES)
    assert draws != draws_of(design, scenario, 6, 64, NAMES)


def test_a_sobol_draw_does_not_depend_on_how_many_are_made(scenario: Scenario):
    assert draws_of("sobol", scenario, 5, 5) == draws_of("sobol", scenario, 5, 23)[:5]
    assert list(draws_of("sobol", scenario, 5, 1)[0]) == list(ranged(scenario))


def test_a_factorial_design_has_every_combination_of_the_values_in_the_table(scenario: Scenario):
    draws = draws_of("factorial", scenario, 5, among=NAMES[:2])
    rows = load_parameters().parameters
    levels = [{rows[name].low, rows[name].central, rows[name].high} for name in NAMES[:2]]
    assert len(draws) == len({tuple(draw.values()) for draw in draws}) == len(levels[0]) * len(levels[1])
    for name, values in zip(NAMES[:2], levels, strict=True):
        assert {draw[name] for draw in draws} == values


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"design": "grid", "draws": 3}, "design: 'grid' does not exist; allowed: random, sobol, lhs, factorial"),
        ({"design": "factorial", "draws": 3, "among": NAMES}, "takes no number of draws"),
        ({"design": "factorial"}, "but the names of the parameters"),
        ({"design": "factorial", "among": MANY}, "combinations; allowed 1 to 10,000"),
        ({"draws": 3, "among": ["packetloss"]}, "among: packetloss cannot be drawn"),
        ({"draws": 0}, "draws: 0 is not at least 1"),
        ({"draws": 2, "points": [{}]}, "points: they take the place of draws"),
        ({"points": []}, "points: none are given"),
        ({"draws": 2, "runs": 0}, "runs: 0 is not at least 1"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_go_together_are_refused(scenario: Scenario, arguments, told: str):
    with pytest.raises(ValueError, match=told):
        ensemble(scenario, **arguments)


def test_quantiles_give_the_ends_and_the_median_of_a_row_and_refuse_what_is_no_quantile(scenario: Scenario):
    row = load_parameters().parameters["packet_loss"]
    for quantile, value in ((0, row.low), (0.5, row.central), (1, row.high)):
        assert at_quantiles(scenario, {"packet_loss": quantile}) == {"packet_loss": pytest.approx(value)}
    first, second, _ = COUPLED
    assert at_quantiles(scenario, {second: 0.5})[second] == pytest.approx(load_parameters().parameters[second].central)
    rows = {name: at_quantiles(scenario, {first: low, second: 0.5}) for name, low in (("rare", 0.1), ("often", 0.9))}
    assert rows["rare"][second] > rows["often"][second], "what is seldom detected is a large volume"
    for name, quantile in (("packet_loss", 1.1), (next(iter(LAWS)), 0)):
        with pytest.raises(ValueError, match=f"{name} = {quantile}: allowed 0 to 1"):
            at_quantiles(scenario, {name: quantile})


def test_an_ensemble_is_the_same_as_its_runs_by_hand_with_any_executor_and_from_its_files(small: Scenario, tmp_path: Path):
    points = [{"packet_loss": 0.001}, {"packet_loss": 0.02, "flood_days": 2.0}]
    weekly = small.replace(name="weekly", verification__period_days=7)
    found = ensemble(small, runs=2, points=points, seed=7, beside=[weekly], folder=tmp_path)
    for draw, point in enumerate(points):
        by_hand = simulate(small.replace(uncertainties=point), 7, 2, beside=[weekly.replace(uncertainties=point)]).table
        by_hand = by_hand[by_hand["date"] == by_hand["date"].max()].reset_index(drop=True)
        own = found.table[found.table["draw"] == draw].drop(columns="draw").reset_index(drop=True)
        assert own.equals(by_hand.drop(columns="draw"))
    assert finished_runs(tmp_path) == 12
    with ThreadPoolExecutor(2) as executor:
        threads = ensemble(small, runs=2, points=points, seed=7, beside=[weekly], executor=executor)
    again = ensemble(small, runs=2, points=points, seed=7, beside=[weekly], folder=tmp_path, progress=pytest.fail)
    for other in (threads, again):
        assert other.table.equals(found.table)
        assert other.manifest == found.manifest
    assert found.events.empty
    assert found.chips.empty
    assert found.diversions.empty


def test_a_failing_draw_is_told_with_its_parameters_and_left_out_under_every_policy(small: Scenario, tmp_path: Path):
    points = [{"packet_loss": 0.001}, {"packet_loss": 7.0}, {"packet_loss": 0.02}]
    found = ensemble(small, points=points, seed=7)
    assert set(found.table["draw"]) == {0, 2}
    assert found.manifest["failed_draws"] == [1]
    assert [failure.scenario for failure in found.failures] == [small.name, "status_quo"]
    assert str(found.failures[0]).startswith(f"draw 1, run 0, policy {small.name}: ScenarioError: uncertainties = ")
    assert str(found.failures[0]).endswith("; drawn: packet_loss = 7")
    found.save(tmp_path / "out")
    assert (tmp_path / "out" / "failures.csv").read_text().count("\n") == 3
    with pytest.raises(RunFailed, match="packet_loss = 7"):
        ensemble(small, points=points[1:2])


def test_an_ensemble_stops_after_the_first_batch_that_is_enough(small: Scenario):
    """The cost is known to within a trillion at once, and to within a cent not in five draws."""
    wide, narrow = (StoppingRule("cost_total", half_width, least=3, batch=2) for half_width in (1e12, 0.01))
    stopped = ensemble(small, 5, design="random", seed=7, until=wide, status_quo=False)
    assert stopped.manifest["draws"] == len(stopped.drawn) == 4
    whole = ensemble(small, 5, design="random", seed=7, until=narrow, status_quo=False)
    assert whole.manifest["draws"] == 5
    assert stopped.table.equals(whole.table[whole.table["draw"] < 4].reset_index(drop=True))
    with pytest.raises(ValueError, match="until: the draws of lhs, factorial and points belong together"):
        ensemble(small, 5, design="lhs", until=wide)


def test_a_rule_for_an_outcome_that_no_run_has_makes_all_runs_and_a_misspelt_one_none(small: Scenario):
    """In worlds without smuggling nothing is ever established."""
    innocent = small.replace(uncertainties={"diverted_chips_per_year": 0})
    rule = StoppingRule("established_by_day_90", 0.1, least=2, batch=2)
    result = ensemble(innocent, 4, design="random", seed=7, until=rule, status_quo=False)
    assert result.manifest["draws"] == 4
    with pytest.raises(ValueError, match=r"until: outcome = 'established_by_day_9': allowed: .*_by_day_90"):
        ensemble(small, 4, design="random", until=StoppingRule("established_by_day_9", 0.1))
