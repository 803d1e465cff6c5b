"""Answers claim no more than their numbers show, in either direction."""

import math

import pandas as pd
import pytest

from scenarios.answering.brief import Estimate
from scenarios.answering.sentences import counted, difference_in_words, listed
from scenarios.answering.worlds import compared, gained, in_common, spread


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Estimate(5, 2, 8), "5 points (2 to 8) more"),
        (Estimate(-5, -8, -2), "5 points (2 to 8) less"),
        (Estimate(5, -2, 8), "5 points (-2 to 8) more, in some worlds less"),
        (Estimate(-5, -8, 2), "5 points (-2 to 8) less, in some worlds more"),
        (Estimate(5, 0, 8), "5 points (0 to 8) more, in some worlds the same"),
        (Estimate(-3, -5, 0), "3 points (0 to 5) less, in some worlds the same"),
        (Estimate(0, -5, 0), "0 points (0 to 5) less, in most worlds the same"),
        (Estimate(0, -5, 2), "0 points (-2 to 5) less, in some worlds more"),
        (Estimate(0, 0, 0), "neither more nor less"),
        (Estimate(-3, math.nan, math.nan), "3 points less, in a single world"),
        (Estimate(0, math.nan, math.nan), "neither more nor less, in a single world"),
        (Estimate(math.nan, math.nan, math.nan), "not known to be more or less"),
    ],
)
def test_a_difference_is_called_more_or_less_as_far_as_its_interval_goes(change: Estimate, told: str):
    assert difference_in_words(change, "points") == told


class Found:
    """Two policies in three worlds; the second has no outcome in the last."""

    table = pd.DataFrame(
        [
            (name, draw, 0, date, "found", value)
            for name, values in {"a": (0.5, 0.7, 0.9), "b": (0.4, 0.2, math.nan)}.items()
            for draw, value in enumerate(values)
            for date in ("2027-01-01", "2028-01-01")
        ],
        columns=["scenario", "draw", "run", "date", "outcome", "value"],
    )


def test_differences_are_taken_world_by_world_at_the_end():
    """50 - 40 and 70 - 20 points: not the difference of the medians, 70 - 30."""
    found = gained(Found(), "a", "b", "found", 100)
    assert found == pytest.approx((30, 14, 46))
    assert math.isnan(gained(Found(), "a", "c", "found").median)
    assert math.isnan(gained(Found(), "a", "b", "lost").median)


def test_policies_are_compared_in_the_worlds_in_which_each_has_a_value():
    """The world without a value for the second policy counts for neither: 50 and 70, not 50, 70 and 90."""
    found = compared(Found(), ("a", "b"), "found", 100)
    assert found["a"] == pytest.approx((60, 52, 68))
    assert found["b"] == pytest.approx((30, 22, 38))
    assert found.gained("a", "b") == pytest.approx(gained(Found(), "a", "b", "found", 100))
    assert found.among == " (in 2 of 3 worlds)"
    assert compared(Found(), ("a",), "found").among == ""
    nothing = compared(Found(), ("a", "c"), "found")
    assert not nothing.known
    assert math.isnan(nothing["a"].median)


def test_points_of_a_curve_are_of_the_same_worlds():
    """As above; the status quo, which is no point of it, stays as it is."""
    data = pd.DataFrame(
        [(name, "found", 7.0, 6.0, 8.0) for name in ("a", "b", "status_quo")],
        columns=["scenario", "outcome", "median", "low", "high"],
    )
    common = in_common(Found(), data).set_index("scenario")
    assert common.loc["a"].tolist()[1:] == pytest.approx([0.6, 0.52, 0.68])
    assert common.loc["b"].tolist()[1:] == pytest.approx([0.3, 0.22, 0.38])
    assert common.loc["status_quo"].tolist()[1:] == [7, 6, 8]


def test_one_value_has_no_interval():
    assert spread([3.0, math.nan])[0] == 3.0
    assert math.isnan(spread([3.0, math.nan]).low)
    assert math.isnan(spread([]).median)


def test_things_are_listed_and_counted():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert [counted(number, "inspector") for number in (1.0, 0, 1200)] == ["1 inspector", "0 inspectors", "1,200 inspectors"]
