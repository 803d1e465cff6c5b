"""Sensitivity analysis on functions whose answers are known."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sim import Scenario
from sim.experiments.sensitivity import (
    EVERYTHING_ELSE,
    Evaluate,
    Plan,
    TooFewLeft,
    alone,
    elementary_effects,
    inputs_of,
    screen,
    sobol_indices,
    tornado,
    with_the_rest,
)
from sim.experiments.sensitivity.inputs import ONE_IDEA
from sim.uncertainty import ranged


def function(of: Callable[..., float]) -> Evaluate:
    """A function of named inputs, as the analysis takes it; an input that a point does not name is at its middle."""

    def evaluate(points: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        return np.array([[of(point)] for point in points])

    return evaluate


def linear(coefficients: Mapping[str, float]) -> Evaluate:
    return function(lambda point: sum(slope * point.get(name, 0.5) for name, slope in coefficients.items()))


@function
def ishigami(point: Mapping[str, float]) -> float:
    one, two, three = (math.pi * (2 * point[name] - 1) for name in ("one", "two", "three"))
    return math.sin(one) + 7 * math.sin(two) ** 2 + 0.1 * three**4 * math.sin(one)


ALONE = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
SECOND = 7**2 / 8
BETWEEN = 0.1**2 * math.pi**8 * (1 / 18 - 1 / 50)
VARIANCE = ALONE + SECOND + BETWEEN
ISHIGAMI = {
    "one": (ALONE / VARIANCE, (ALONE + BETWEEN) / VARIANCE),
    "two": (SECOND / VARIANCE, SECOND / VARIANCE),
    "three": (0.0, BETWEEN / VARIANCE),
}
"""First-order and total indices by integration (Ishigami and Homma, 1990), a = 7, b = 0.1."""


def test_the_indices_of_the_ishigami_function_are_within_their_intervals():
    """Nearly all of thirty intervals of 95 %, and all of them narrow; those of another function are not within them."""
    within, others = 0, 0
    for seed in range(5):
        found = sobol_indices(ishigami, alone(ISHIGAMI), base_points=256, seed=seed)
        assert found.variance == pytest.approx(VARIANCE, rel=0.1)
        for name, (first, total) in ISHIGAMI.items():
            index = found.of(name)
            within += (index.first_low <= first <= index.first_high) + (index.total_low <= total <= index.total_high)
            others += index.total_low <= total + 0.2 <= index.total_high
            assert index.total_high - index.total_low < 0.4
    assert within >= 27
    assert others < 5


def test_rows_that_are_moved_as_one_have_the_share_of_their_sum():
    """An additive function: variances add, and first-order and total indices are the same."""
    inputs = with_the_rest(alone(["one", "two"]), ["one", "two", "three", "four"])
    found = sobol_indices(linear({"one": 1, "two": 2, "three": 1, "four": -1}), inputs, base_points=512)
    assert inputs[EVERYTHING_ELSE] == ("three", "four")
    for name, share in {"one": 1 / 7, "two": 4 / 7, EVERYTHING_ELSE: 2 / 7}.items():
        assert found.of(name).total == pytest.approx(share, abs=0.06)
        assert found.of(name).first == pytest.approx(share, abs=0.12)


def test_an_outcome_that_never_changes_has_no_indices():
    found = sobol_indices(linear({"one": 0.0}), alone(["one", "two"]), base_points=4)
    assert [(index.first, index.total) for index in found.each] == [(0.0, 0.0)] * 2
    assert found.variance == 0


def test_elementary_effects_of_a_linear_function_are_its_coefficients():
    """Exactly, per whole range of a quantile, without spread; 0 for an input that does nothing."""
    slopes = {"one": -3.0, "two": 0.5, "nothing": 0.0}
    for effect in elementary_effects(linear(slopes), alone(slopes), trajectories=5):
        assert effect.mu == pytest.approx(slopes[effect.name], abs=1e-12)
        assert effect.mu_star == pytest.approx(abs(slopes[effect.name]), abs=1e-12)
        assert effect.sigma == pytest.approx(0, abs=1e-12)
        assert effect.low == pytest.approx(effect.high, abs=1e-12)
    bent = function(lambda point: point["one"] * point["two"])
    assert min(effect.sigma for effect in elementary_effects(bent, alone(["one", "two"]), trajectories=10)) > 0.1


def test_screening_keeps_the_ten_largest_and_says_what_the_rest_may_do():
    """Forty inputs in groups of four, the largest of them spread over all groups; opposite effects hide in none here."""
    slopes = {f"row{number}": 2.0**-number for number in range(40)}
    ideas = {f"idea{first}": tuple(f"row{number}" for number in range(first, 40, 10)) for first in range(10)}
    found = screen(linear(slopes), ideas, trajectories=6, most_alone=24)
    assert found.kept == tuple(f"row{number}" for number in (0, 1, 2, 3, 4, 5, 10, 11, 12, 13))
    rest = next(effect for effect in found.dropped if effect.name == EVERYTHING_ELSE)
    assert len(rest.rows) == 40 - 24
    assert rest.mu_star <= sum(slopes[name] for name in rest.rows)
    assert {effect.name for effect in found.unopened} == {f"idea{first}" for first in range(6, 10)}
    assert {effect.name for effect in found.dropped} & set(found.kept) == set()


def test_a_point_without_an_outcome_costs_its_own_differences_alone():
    slopes = {"one": 2.0, "two": 1.0}
    holed = function(lambda point: math.nan if point["one"] > 0.9 else 2 * point["one"] + point["two"])
    effects = {effect.name: effect for effect in elementary_effects(holed, alone(slopes), trajectories=30)}
    assert effects["two"].mu == pytest.approx(1)
    with pytest.raises(TooFewLeft, match="0 of 8 base points have an outcome; needed: at least 2"):
        sobol_indices(function(lambda point: math.nan), alone(slopes), base_points=8)
    found = sobol_indices(holed, alone(slopes), base_points=64)
    assert 2 <= found.base_points < found.asked == 64


def test_a_tornado_has_the_differences_that_the_function_has():
    """Two runs that differ by a constant: pairs cancel it, so that intervals are of no width; a third outcome is missing."""

    def evaluate(points):
        values = np.array([3 * point.get("one", 2.0) - 10 * math.sqrt(point.get("two", 4.0)) for point in points])
        return np.stack([values, values + 100, np.full(len(points), math.nan)], axis=1)

    wide, narrow = tornado(evaluate, {"one": (1.0, 5.0), "two": (1.0, 9.0)})
    assert (wide.name, narrow.name) == ("two", "one")
    assert (narrow.to_low, narrow.to_high) == pytest.approx((-3, 9))
    assert (wide.to_low, wide.to_high) == pytest.approx((10, -10))
    assert (wide.to_low_half, wide.to_high_half) == pytest.approx((0, 0), abs=1e-9)
    assert wide.at_centre == pytest.approx(6 - 20 + 50)
    assert (wide.low_runs, wide.high_runs) == (2, 2)


def test_an_end_without_an_outcome_costs_that_end_alone():
    """Nothing at the low end of one input, and half of the runs at the high end of the other, which pairs make up for."""

    def evaluate(points):
        values = np.array([[point.get("one", 2.0), 100 + point.get("one", 2.0)] for point in points])
        for place, point in enumerate(points):
            if point.get("one") == 1.0:
                values[place] = math.nan
            if point.get("two") == 9.0:
                values[place, 1] = math.nan
        return values

    one, two = tornado(evaluate, {"one": (1.0, 5.0), "two": (1.0, 9.0)})
    assert math.isnan(one.at_low)
    assert (one.at_centre, one.at_high, one.to_high, one.low_runs, one.high_runs) == (52, 55, 3, 0, 2)
    assert (two.at_high, two.high_runs, one.width, two.width) == (52, 1, 3, 0)


def test_intervals_of_a_tornado_are_student_intervals_of_the_paired_differences():
    """Differences 1, 2 and 3: mean 2, half width 4.303 standard errors (Student, 2 degrees of freedom)."""
    (swing,) = tornado(
        lambda points: np.array([[0.0, 10.0, 20.0], [1.0, 12.0, 23.0], [0.0, 10.0, 20.0]]), {"one": (0.0, 1.0)}
    )
    assert swing.to_low == pytest.approx(2)
    assert swing.to_low_half == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)


def test_every_row_with_a_range_is_in_one_input_and_every_idea_has_rows():
    rows = ranged(Scenario.load("baseline"))
    inputs = inputs_of(rows)
    assert sorted(name for names in inputs.values() for name in names) == sorted(rows)
    assert set(ONE_IDEA) <= set(inputs)
    assert len(inputs) < len(rows) / 4


def test_the_planned_cost_is_that_of_its_steps():
    """Six inputs in two ideas, as many kept and screened alone as there are, each step by hand."""
    plan = Plan(trajectories=3, base_points=8, runs=2, tornado_runs=5, chance_runs=4, most_inputs=4, most_alone=5)
    runs = plan.runs_at_most({"a": ("1", "2", "3"), "b": ("4", "5", "6")})
    assert list(runs.values()) == [4, 3 * 3 * 2, 3 * 7 * 2, 8 * 7 * 2, 9 * 5]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: elementary_effects(ishigami, alone(ISHIGAMI), trajectories=1), "trajectories: 1 is not at least 2"),
        (lambda: sobol_indices(ishigami, alone(ISHIGAMI), base_points=1), "base_points: 1 is not at least 2"),
        (lambda: sobol_indices(ishigami, {}, base_points=4), "inputs: there are none"),
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(call, told: str):
    with pytest.raises(ValueError, match=told):
        call()
