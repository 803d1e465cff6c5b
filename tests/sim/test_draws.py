"""Runs in drawn worlds: what a draw changes, what it shares with others, and how a bad one is reported."""

import multiprocessing
import re

import numpy as np
import pytest

from sim import RunFailed, Scenario, ScenarioError, simulate
from sim.experiments.ensemble import ensemble
from sim.outcomes.outcome import Outcome
from sim.randomness import run_seed
from sim.results import Result, Run
from sim.run_files import finished_runs
from sim.simulation import jobs_of, policies_of
from sim.uncertainty import draw_uncertainties


def test_a_draw_does_not_depend_on_how_many_are_made(small: Scenario):
    few, more = simulate(small, seed=7, draws=1), simulate(small, seed=7, draws=2)
    assert few.table.equals(more.table[more.table["draw"] == 0].reset_index(drop=True))
    assert few.draws.equals(more.draws[more.draws["draw"] == 0])
    assert set(more.table["draw"]) == {0, 1}
    assert set(few.table["value"]) != set(simulate(small, seed=7).table["value"])


def test_a_draw_is_the_scenario_with_the_drawn_parameters_and_the_seed_of_the_run(small: Scenario):
    """Also under the status quo, and apart from the chips kept, which are those ever diverted."""
    result = simulate(small, seed=7, draws=1, runs=2)
    world = small.replace(uncertainties=draw_uncertainties(small, 7, 0))
    by_hand = simulate(world, seed=7, runs=2)
    assert result.table.equals(by_hand.table)
    assert len(by_hand.draws) == 0
    chips = result.chips
    assert chips["diverted_day"].notna().all()
    assert list(chips)[:4] == ["scenario", "draw", "run", "chip"]


def test_draws_have_seeds_of_their_own_and_policies_and_points_share_them(small: Scenario):
    policies = policies_of(small, [small.replace(name="weekly", verification__period_days=7)], status_quo=True)
    seeds: dict[tuple[int, int], set[int]] = {}
    for job in jobs_of(policies, [{}] * 5, 7, 2, None):
        seeds.setdefault((job.draw, job.run), set()).add(job.seed)
    assert all(len(one) == 1 for one in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds) == 10
    assert len({job.seed for job in jobs_of(policies, [{}] * 5, 7, 2, None, same_seeds=True)}) == 2
    same = ensemble(small, points=[{}, {}], seed=7).table.pivot_table(
        index=["scenario", "outcome"], columns="draw", values="value", dropna=False
    )
    assert same[0].equals(same[1])
    drawn = simulate(small, draws=2, seed=7)
    together = ensemble(small, draws=2, seed=7)
    assert drawn.manifest["run_seeds"] == together.manifest["run_seeds"] == [str(run_seed(7, 0, draw)) for draw in (0, 1)]


def test_the_summary_covers_draws_and_runs_and_pairs_them():
    """Values made up: draw + run / 10, one more under the rule, in runs given in different orders."""
    scenario = Scenario.load("miniature")
    day = scenario.calendar.end_day
    pairs = [(draw, run) for draw in range(11) for run in range(2)]

    def run_of(policy: str, draw: int, run: int) -> Run:
        value = draw + run / 10 + (policy == "miniature")
        return Run(policy, draw, run, (Outcome(day, "found", value, "chips"),), {}, None)

    runs = [run_of("miniature", *pair) for pair in pairs] + [run_of("status_quo", *pair) for pair in reversed(pairs)]
    summary = Result(scenario, runs, {}, [{}] * 11).summary().set_index("scenario")
    values = [draw + run / 10 for draw, run in pairs]
    assert summary.loc["status_quo", ["low", "median", "high"]].tolist() == np.quantile(values, [0.1, 0.5, 0.9]).tolist()
    assert summary.loc["difference", ["low", "median", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert summary.loc["status_quo", "mc_error"] > 0 == pytest.approx(summary.loc["difference", "mc_error"])


def test_a_draw_of_an_impossible_world_is_refused_before_anything_runs(small: Scenario):
    """Close to the most chips allowed, some draw of their number is above."""
    large = small.replace(engine="reference", fleet__scale=0.072)
    message = r"^draw \d+ makes a world .* 1 to 200,000 chips with engine = 'reference'; drawn: .*legacy_chips_abroad = "
    with pytest.raises(ScenarioError, match=message) as told:
        simulate(large, seed=7, draws=50, progress=lambda *_: pytest.fail("something ran"))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_fails_is_named_with_its_world_at_any_number_of_workers(small: Scenario, tmp_path, workers: int):
    """It cannot write its events, as a folder stands where they go. The others are made and kept."""
    for policy in ("miniature", "status_quo"):
        (tmp_path / "runs" / f"{policy}-0-0.events.csv.gz").mkdir(parents=True)
    with pytest.raises(RunFailed) as told:
        simulate(small, seed=7, draws=2, workers=workers, runs_folder=tmp_path / "runs")
    first, second = str(told.value).splitlines()
    for text, policy in ((first, "miniature"), (second, "status_quo")):
        assert re.match(rf"draw 0, run 0, policy {policy}: IsADirectoryError: .*py, line \d+\); drawn: ", text)
    text = first
    assert finished_runs(tmp_path / "runs") == 2
    assert f"packet_loss = {draw_uncertainties(small, 7, 0)['packet_loss']:.6g}" in text
    assert not [child for child in multiprocessing.active_children() if child.is_alive()]
