"""Priors on the volume of smuggling: published quantiles, the tie to the share detected, and what becomes of later years."""

import numpy as np
import pytest
from scipy import stats

from sim import Scenario, ScenarioError
from sim.calibration.volume_fit import fitted_correlation
from sim.engine.wiring import build
from sim.fleet.supply import Demand, lots_shipped
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.uncertainty import draw_uncertainties
from sim.world.products import product_names
from sim.world.volume_prior import COUPLED, coupled, cut_lognormal, joint_figures, split_lognormal, wanted_volume

from .published_diversion import Rerun, rerun

ROWS = load_parameters().parameters
DETECTION, IN_2024, IN_2025 = COUPLED
LEVELS = (0.05, 0.5, 0.95)
PUBLISHED = {
    "2024": (64e3, 159e3, 417e3),
    "2025": (189e3, 480e3, 1.29e6),
    "both": (290e3, 660e3, 1.6e6),
    "detection": (0.10, 0.283, 0.80),
}
COUNT = 100_000
DRAWS = 1000


@pytest.fixture(scope="module")
def sampled() -> dict[str, np.ndarray]:
    """Many draws of the law itself."""
    detection, first, second = coupled(np.random.default_rng(1).normal(size=(3, COUNT)))
    volumes = [split_lognormal(scores, ROWS[name]) for scores, name in ((first, IN_2024), (second, IN_2025))]
    shares = cut_lognormal(detection, ROWS[DETECTION])
    return {"2024": volumes[0], "2025": volumes[1], "both": sum(volumes), "detection": shares}


@pytest.fixture(scope="module")
def published() -> Rerun:
    return rerun(20_000)


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    """Draws of the uncertainties, as a study makes them."""
    scenario = Scenario.load("baseline")
    samples = [draw_uncertainties(scenario, 3, draw) for draw in range(DRAWS)]
    return {name: np.array([sample[name] for sample in samples]) for name in (*COUPLED, "cnas_volume_2024_chips")}


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(stats.spearmanr(one, other).statistic)


@pytest.mark.parametrize("what", PUBLISHED)
def test_quantiles_are_the_published_ones(sampled: dict[str, np.ndarray], what: str):
    assert np.quantile(sampled[what], LEVELS) == pytest.approx(PUBLISHED[what], rel=0.05)


def test_years_drawn_apart_would_miss_the_quantiles_of_both_together(sampled: dict[str, np.ndarray]):
    """So that the check above can tell."""
    apart = np.quantile(sampled["2024"] + np.roll(sampled["2025"], 1), LEVELS)
    assert apart[0] > 1.08 * PUBLISHED["both"][0]


def test_the_published_arithmetic_run_again_gives_the_published_quantiles(published: Rerun):
    again = {"2024": published.in_2024, "2025": published.in_2025, "both": published.in_2024 + published.in_2025}
    for what, volumes in again.items():
        assert np.quantile(volumes, LEVELS) == pytest.approx(PUBLISHED[what], rel=0.05)


def test_what_joins_the_figures_is_what_they_were_fitted_to(sampled: dict[str, np.ndarray], published: Rerun):
    """The correlation of years by the fit, those with the share detected by the published arithmetic; so is the sum's."""
    figures = joint_figures()
    fitted = fitted_correlation(ROWS[IN_2024], ROWS[IN_2025], figures["epoch_volume_2024_to_2025_h100e"])
    assert figures["correlation_2024_2025"].central == pytest.approx(fitted, abs=0.01)

    def of_normal_scores(one: np.ndarray, other: np.ndarray) -> float:
        scores = [stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values)) for values in (one, other)]
        return float(np.corrcoef(scores)[0, 1])

    for year, volumes in (("2024", published.in_2024), ("2025", published.in_2025)):
        again = of_normal_scores(published.detection, volumes)
        assert figures[f"correlation_detection_{year}"].central == pytest.approx(again, abs=0.03)
    assert figures["correlation_2024_2025"].low == pytest.approx(
        of_normal_scores(published.in_2024, published.in_2025), abs=0.03
    )
    total = rank_correlation(published.detection, published.in_2024 + published.in_2025)
    assert rank_correlation(sampled["detection"], sampled["both"]) == pytest.approx(total, abs=0.05)


def test_one_draw_of_a_study_gives_both_a_low_share_detected_and_a_high_volume(drawn: dict[str, np.ndarray]):
    """A Gaussian copula of correlation r has the rank correlation 6 / pi arcsin(r / 2)."""
    error = 1 / np.sqrt(DRAWS)
    for name, year in ((IN_2024, "2024"), (IN_2025, "2025")):
        expected = 6 / np.pi * np.arcsin(joint_figures()[f"correlation_detection_{year}"].central / 2)
        assert expected < -0.5
        assert rank_correlation(drawn[DETECTION], drawn[name]) == pytest.approx(expected, abs=4 * error)
    assert abs(rank_correlation(drawn[DETECTION], drawn["cnas_volume_2024_chips"])) < 4 * error


def test_draws_of_a_study_follow_the_published_laws(drawn: dict[str, np.ndarray]):
    """Five per cent at either end within sampling error."""
    for name in (IN_2024, IN_2025, "cnas_volume_2024_chips", DETECTION):
        row, values = ROWS[name], drawn[name]
        below = [np.mean(values < limit) for limit in (row.low, row.high)]
        assert below == pytest.approx([0.05, 0.95], abs=4 * np.sqrt(0.05 * 0.95 / DRAWS))
    assert 0.05 <= drawn[DETECTION].min() <= drawn[DETECTION].max() <= 1


def test_a_volume_or_share_that_the_scenario_sets_moves_no_other_draw():
    scenario = Scenario.load("baseline")
    before = draw_uncertainties(scenario, 3, 7)
    for name, value in ((DETECTION, 0.2), (IN_2025, 1e5), ("diverted_chips_per_year", 1e5)):
        own = scenario.replace(uncertainties={name: value}, adversary__volume_prior="epoch")
        assert draw_uncertainties(own, 3, 7) == {row: drawn for row, drawn in before.items() if row != name}


def test_the_prior_sets_what_is_wanted_in_each_calendar_year_and_a_scenario_may_replace_it():
    scenario = Scenario.load("baseline").replace(calendar__start="2024-07-01", uncertainties={"smuggled_volume_growth": 1.5})
    values = scenario.values
    assert [wanted_volume("epoch", year, values) for year in (2020, 2024, 2025, 2026)] == [159e3, 159e3, 480e3, 1.5 * 480e3]
    assert [scenario.wanted_chips_per_year(day) for day in (183, 184, 549)] == [140e3, 1.5 * 140e3, 1.5**2 * 140e3]
    own = scenario.replace(uncertainties={**scenario.uncertainties, "diverted_chips_per_year": 7e4})
    for prior in ("cnas", "epoch"):
        replaced = own.replace(adversary__volume_prior=prior)
        assert {replaced.wanted_chips_per_year(day) for day in (0, 500, 2000)} == {7e4}
    with pytest.raises(ScenarioError, match=r"adversary\.volume_prior.*cnas.*epoch"):
        scenario.replace(adversary__volume_prior="guess")


def test_what_is_wanted_in_h100_equivalents_buys_fewer_chips_the_faster_they_are():
    epoch = Scenario.load("baseline").replace(adversary__volume_prior="epoch")
    slow, fast = ({f"{name}_h100e": value for name in product_names()} for value in (1.0, 2.5))
    chips = [epoch.replace(uncertainties=values).wanted_chips_per_year(100) for values in (slow, fast)]
    assert chips == pytest.approx([480e3, 480e3 / 2.5])


def test_smugglers_order_the_share_of_exports_that_they_want_in_each_year():
    """Half of all exports in the first year, all in the second, though they want twice of what there is."""
    scenario = Scenario.load("miniature").replace(uncertainties={"covered_exports_per_year": 1e6})
    demand = Demand(lambda day: 5e5 if day < 365.25 else 2e6)
    lots = lots_shipped(
        1e5, 50, 730.0, build(scenario, 1).sites, scenario.values, Draws(2), scenario.calendar.start, demand
    )  # fmt: skip
    first = [lot.ordered_by_smuggler for lot in lots if lot.ship_day < 365.25]
    assert np.mean(first) == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(len(first)))
    assert all(lot.ordered_by_smuggler for lot in lots if lot.ship_day >= 365.25)
