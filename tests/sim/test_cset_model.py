"""The published static comparison, to the last scenario; closed forms; and that only one question reads its numbers."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from math import comb, inf
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import hypergeom

from sim.experiments.cset_model import (
    NETWORKS,
    Assumptions,
    FalseAlarms,
    Fleet,
    break_even_landmarks,
    constants,
    fleets,
    known_fleet,
    published_assumptions,
    rank,
    smuggling_clusters,
    visits_within,
)

ROOT = Path(__file__).resolve().parents[2]
SMALL = (known_fleet(constants().known_clusters),)
"""One fleet: 16 diversions and 500 plans."""


def test_the_published_counts_come_out_to_the_last_scenario():
    """Of 2,656,000 scenarios by six relations, of the best plans, and at the prices of an earlier version."""
    known = constants()
    grid = list(fleets(known.grid))
    found, earlier = (rank(grid, published_assumptions(), prices) for prices in (None, known.earlier_prices))
    for network in NETWORKS:
        assert found[network].every_plan == getattr(known.published, network)
        assert found[network].every_plan.scenarios == known.published.scenarios
        assert found[network].best_plan == getattr(known.published, f"best_plan_{network}")
        assert found[network].best_plan.scenarios == known.published.best_plan_scenarios
        assert earlier[network].every_plan == getattr(known.published, f"earlier_{network}")
        assert earlier[network].every_plan != found[network].every_plan, "the check must be able to fail"


def test_mixes_of_the_grid():
    """Compositions of ten tenths into five or four parts: 126 + 84; every fleet holds three million chips."""
    grid = constants().grid
    every = list(fleets(grid, every_mix=True))
    assert len(every) == comb(9, 4) + comb(9, 3)
    assert set(fleets(grid)) < set(every)
    assert all(np.dot(fleet.sizes, fleet.clusters) == grid.chips for fleet in every)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_ranking_scenario_by_scenario(network: str):
    """One fleet worked out in plain loops, with the law of another library."""
    known, here = constants(), published_assumptions()
    sizes, clusters = SMALL[0]
    grid, prices = known.grid, known.prices
    cheapest, dearest = prices.network_usd(network)  # type: ignore[arg-type]

    def missed(size: int, tested: int, gone: int) -> float:
        found = np.arange(min(tested, gone) + 1)
        return float(hypergeom.pmf(found, size, gone, tested) @ here.inspection_miss**found)

    wins = losses = scenarios = 0
    chances = {
        (size, plan, gone): 1 - missed(size, plan, gone)
        for size, plan, gone in product(sizes, grid.tested_chips, grid.diverted_chips)
        if plan <= size and size / 10 <= gone <= size
    }
    smuggling = [round(0.25 * number + 1e-9) for number in clusters]
    for gone in product(*([size // 10, size] for size in sizes)):
        pings = sum(0.5 * number * one * (1 - 0.1**one) for number, one in zip(smuggling, gone, strict=True))
        for plan in product(*([number for number in grid.tested_chips if number <= size] for size in sizes)):
            value = sum(s * one * chances[n, p, one] for n, p, one, s in zip(sizes, plan, gone, smuggling, strict=True))
            tested = np.dot(plan, clusters)
            low, high = (
                2 * (sum(clusters) * visit + tested * chip)
                for visit, chip in zip(prices.inspection_usd, prices.inspection_usd_per_chip, strict=True)
            )
            scenarios += 1
            wins += value / low < pings / dearest
            losses += value / high > pings / cheapest
    found = rank(SMALL, here)[network].every_plan  # type: ignore[index]
    assert (found.scenarios, found.pings_win, found.inspections_win) == (scenarios, wins, losses)


def test_chances_by_enumeration_and_in_closed_form():
    here = Assumptions(ping_miss=0.3, inspection_miss=0.2)
    size, tested, gone = 7, 3, 4
    samples = list(combinations(range(size), tested))
    enumerated = np.mean([1 - 0.2 ** sum(chip < gone for chip in sample) for sample in samples])
    assert here.inspection_chance(size, tested, gone) == pytest.approx(enumerated, abs=1e-14)
    assert here.ping_chance(size, gone) == pytest.approx(1 - 0.3**gone, abs=1e-14)
    sharp = replace(here, inspection_miss=0.0)
    assert sharp.inspection_chance(size, tested, gone) == pytest.approx(1 - comb(3, 3) / comb(7, 3), abs=1e-14)
    assert here.inspection_chance(size, tested, 0) == here.inspection_chance(size, 0, gone) == here.ping_chance(size, 0) == 0
    assert here.inspection_chance(size, tested, 1) == pytest.approx(3 / 7 * 0.8, abs=1e-14)
    half = replace(here, inspection_found=0.5, ping_found=0.25, visits=(0.2, 0.3, 0.5))
    once = enumerated
    assert half.inspection_chance(size, tested, gone) == pytest.approx(0.5 * (0.3 * once + 0.5 * (1 - (1 - once) ** 2)))
    assert half.ping_chance(size, gone) == pytest.approx(0.25 * (1 - 0.3**gone))


def test_visits_within_some_days_of_a_departure():
    assert visits_within(0, 2) == (1, 0)
    assert visits_within(365.25, 2) == pytest.approx((0, 0, 1, 0))
    assert visits_within(90, 2) == pytest.approx((1 - 180 / 365.25, 180 / 365.25))
    generator = np.random.default_rng(1)
    first = generator.uniform(0, 365.25 / 3, 20_000)  # three a year, 300 days: two or three come
    number = np.floor((300 - first) / (365.25 / 3)).astype(int) + 1
    counted = np.bincount(number, minlength=4) / len(number)
    assert visits_within(300, 3) == pytest.approx(counted, abs=0.015)
    with pytest.raises(ValueError, match="allowed from 0"):
        visits_within(-1, 2)


@pytest.mark.parametrize(
    "worse",
    [
        {"ping_miss": 0.9},
        {"ping_found": 0.5},
        {"false_alarms": FalseAlarms(0.01, 0.5, 0.1, 200, 0.5)},
        {"inspection_miss": 0.0},
        {"visits": (0, 0, 1)},
    ],
)
def test_what_hurts_pings_or_helps_inspections_never_makes_pings_win_more(worse):
    before, after = (rank(SMALL, one) for one in (published_assumptions(), replace(published_assumptions(), **worse)))
    for network in NETWORKS:
        for then, now in zip(before[network], after[network], strict=True):
            assert now.pings_win <= then.pings_win
            assert now.inspections_win >= then.inspections_win


def test_at_the_break_even_number_of_landmarks_both_are_worth_the_same():
    known, here = constants(), published_assumptions()
    size, gone = 1000, 100
    number = break_even_landmarks(size, gone, here, "rented")
    few, many = known.prices.landmarks
    assert few < number < many
    fewest, most = known.prices.rented_usd
    pings = 0.5 * gone * known.grid.chips / size / (fewest + (most - fewest) * (number - few) / (many - few))
    inspections = max(
        gone * here.inspection_chance(size, plan, gone) / (2 * (2590 + 9 * plan)) for plan in known.grid.tested_chips
    )
    assert pings == pytest.approx(inspections)
    assert break_even_landmarks(10, 1, here, "rented") == inf, "300,000 clusters are dear to visit"
    assert break_even_landmarks(100_000, 10_000, here, "rented") == -inf, "30 clusters are not"
    blind = replace(here, inspection_found=0.0)
    assert break_even_landmarks(1000, 100, blind, "owned") == inf
    assert break_even_landmarks(1000, 100, replace(blind, ping_found=0.0), "owned") == -inf


def test_false_alarms_of_a_cluster_by_renewal():
    """Cases and the times between them, alternating: one alert in every 1 / A, and the case is open for d."""
    alarms = FalseAlarms(0.015, 5.0, open_years=0.1, request_usd=200, visit_chance=0.5)
    generator, size, years = np.random.default_rng(3), 1000, 4000.0
    alerts = np.cumsum(generator.exponential(1 / 20, int(1.05 * years * 20)))
    alerts = alerts[alerts < years]
    cases, until = 0, 0.0
    for day in alerts.tolist():
        if day >= until:
            cases, until = cases + 1, day + 0.1
    per_year, in_case = alarms.cases_per_year(size)
    assert per_year == pytest.approx(cases / years, rel=0.02)
    assert in_case == pytest.approx(len(alerts) / cases, rel=0.02)
    assert FalseAlarms(0.02).cases_per_year(size) == (20, 1)
    prices = constants().prices
    one = FalseAlarms(0.02, request_usd=200, visit_chance=0.5, alert_chips=3).usd_per_year(Fleet((100,), (7,)), prices)
    assert one == pytest.approx((14 * (200 + 0.5 * (2590 + 3 * 9)), 14 * (200 + 0.5 * (6050 + 3 * 48.8))))
    whole, split = (alarms.usd_per_year(Fleet((1000 // n,), (n,)), prices)[1] for n in (1, 100))
    assert whole < split, "cases of one large cluster are shared"
    few, all_ = (
        alarms._replace(alert_chips=500, most_tested=most).usd_per_year(Fleet((1000,), (1,)), prices) for most in (100, 0)
    )
    assert few < all_


def test_smuggling_clusters_are_a_quarter_rounded_half_up():
    assert [smuggling_clusters(number, 0.25) for number in (1, 2, 3, 6, 7, 10, 30_000)] == [1, 1, 1, 2, 2, 3, 7500]


# --- numbers that are answers -----------------------------------------------------------------------------------------


def readers(files: dict[str, str]) -> set[str]:
    """Modules that name the file of constants, or import the module that reads it."""
    found = set()
    for name, text in files.items():
        for node in ast.walk(ast.parse(text)):
            imported = isinstance(node, ast.ImportFrom) and (
                (node.module or "").endswith("cset_model") or any(one.name == "cset_model" for one in node.names)
            )
            plainly = isinstance(node, ast.Import) and any(one.name.endswith("cset_model") for one in node.names)
            named = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith("cset.toml")
            if imported or plainly or named:
                found.add(name)
    return found


def package_files() -> Iterator[tuple[str, str]]:
    for package in ("attestation", "sim", "scenarios"):
        for path in (ROOT / package).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_only_one_question_reads_numbers_that_are_answers():
    """`sim/parameters.py` names the file too, to hash its bytes: it must not parse them."""
    files = dict(package_files())
    assert readers(files) == {"sim/experiments/cset_model.py", "scenarios/cset_benchmark.py", "sim/parameters.py"}
    assert files["sim/parameters.py"].count("FURTHER_FILES") == 2
    assert "FURTHER_FILES" in files["sim/parameters.py"].split("def parameter_digest")[1]
    for cheat in ("from sim.experiments.cset_model import constants", "import sim.experiments.cset_model as x",
                  "from sim.experiments import cset_model", "x = open('data/cset.toml')"):  # fmt: skip
        assert readers({"sim/engine/fast.py": cheat}), "the check must be able to fail"


def test_no_row_of_the_parameter_table_is_an_answer():
    from sim.parameters import load_parameters

    assert set(constants().benchmark_only) & set(load_parameters().parameters) == set()
