"""Paired differences: closed forms, coverage of a known mean, what cannot be told, and what common worlds save."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim import Result, Scenario, simulate
from sim.experiments.pairs import bootstrap_t, differences, paired_difference
from sim.intervals import paired_interval

CONFIDENCE = 0.95
REPETITIONS = 2000
RUNS = 40
DAY = "2029-12-31"


def normal(generator, shape):
    """Two policies in the same worlds, whose difference is normal with mean 2."""
    world = generator.normal(0, 5, shape)
    return world + 2 + generator.normal(0, 1, shape), world


def skewed(generator, shape):
    """A difference with mean 2 and skewness 1."""
    world = generator.normal(0, 5, shape)
    return world + generator.gamma(4, 0.5, shape), world


def coverage(law, pairs: int) -> tuple[float, float]:
    """Share of repeated samples whose interval holds the true mean, and a wrong one a fifth of a standard deviation off."""
    generator = np.random.default_rng(4)
    samples = zip(*law(generator, (REPETITIONS, pairs)), strict=True)
    found = [paired_difference(*sample, confidence=CONFIDENCE) for sample in samples]
    held = [np.mean([one.low <= mean <= one.high for one in found]) for mean in (2.0, 2.2)]
    return float(held[0]), float(held[1])


def test_a_paired_difference_is_that_of_the_paired_t_test():
    first, second = normal(np.random.default_rng(3), 25)
    found = paired_difference(first, second, confidence=0.9)
    other = stats.ttest_rel(first, second).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((other.low, other.high))
    assert found.mean == pytest.approx(np.mean(first - second))
    assert found.error == pytest.approx(stats.sem(first - second))
    assert found.correlation == pytest.approx(stats.pearsonr(first, second).statistic)
    assert found.variance_ratio == pytest.approx((np.var(first) + np.var(second)) / np.var(first - second))


@pytest.mark.parametrize(("law", "pairs"), [(normal, 20), (skewed, 30)])
def test_intervals_of_confidence_95_hold_the_true_difference_in_93_to_97_of_100_samples(law, pairs: int):
    right, wrong = coverage(law, pairs)
    assert 0.93 < right < 0.97
    assert wrong < 0.93, "the test can tell"


@pytest.mark.verify
@pytest.mark.parametrize(("law", "pairs"), [(normal, 20), (skewed, 20), (skewed, 30)])
def test_the_bootstrap_holds_the_true_difference_as_often(law, pairs: int):
    first, second = law(np.random.default_rng(4), (REPETITIONS, pairs))
    found = np.array([bootstrap_t(values, CONFIDENCE, resamples=999) for values in first - second])
    right, wrong = (np.mean((found[:, 0] <= mean) & (mean <= found[:, 1])) for mean in (2.0, 2.2))
    assert 0.93 < right < 0.97
    assert wrong < 0.93, "the test can tell"


def test_the_bootstrap_is_keyed_and_follows_a_skewed_sample_to_its_longer_side():
    values = np.random.default_rng(6).exponential(1, 25)
    low, high = bootstrap_t(values, seed=3)
    assert bootstrap_t(values, seed=3) == (low, high) != bootstrap_t(values, seed=4)
    assert high - values.mean() > 1.2 * (values.mean() - low)
    half = stats.t.ppf(0.975, 24) * stats.sem(values)
    assert high - low == pytest.approx(2 * half, rel=0.5)


def test_the_bootstrap_of_few_values_is_that_of_all_their_resamples():
    """Four values have 256 resamples: the quantiles of all of them are those of many by lot."""
    values = np.array([0.0, 1.0, 3.0, 7.0])
    every = np.stack(np.meshgrid(*[values] * 4), axis=-1).reshape(-1, 4)
    errors = every.std(axis=1, ddof=1) / 2
    with np.errstate(divide="ignore"):
        scores = (every.mean(axis=1) - values.mean()) / errors
    low, high = bootstrap_t(values, 0.5, resamples=200_000)
    expected = values.mean() - np.quantile(scores, [0.75, 0.25], method="inverted_cdf") * stats.sem(values)
    assert (low, high) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("method", ["t", "bootstrap"])
def test_what_pairs_cannot_tell_is_nan(method):
    alone = paired_difference([3.0], [1.0], method=method)
    assert (alone.mean, alone.number) == (2, 1)
    same = paired_difference([0.1 + 0.2, 1.3, 2.3], [0.2, 1.2, 2.2], method=method)
    assert same.mean == pytest.approx(0.1)
    none = paired_difference([np.nan], [1.0], method=method)
    assert none.number == 0
    for found in (alone, same, none):
        assert np.isnan([found.low, found.high, found.error, found.variance_ratio]).all()
    rare = paired_difference([1.0] + [0.0] * 19, [0.0] * 20, method="bootstrap")
    assert np.isnan([rare.low, rare.high]).all(), "a third of all resamples have no spread"


def test_pairs_are_means_of_draws_or_the_runs_of_a_single_one():
    nan = np.nan
    first, second = np.array([[5.0, 7], [4, nan], [9, 9]]), np.array([[1.0, 2], [2, 3], [nan, nan]])
    found = paired_difference(first, second)
    assert found == paired_difference([6.0, 4], [1.5, 2])
    assert paired_difference(first[:1], second[:1]) == paired_difference([5.0, 7], [1.0, 2])


def test_what_is_not_allowed_is_told():
    with pytest.raises(ValueError, match="method = 'bca': allowed: t, bootstrap"):
        paired_difference([1.0], [1.0], method="bca")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"confidence = 95: allowed between 0 and 1"):
        paired_difference([1.0], [1.0], confidence=95)
    with pytest.raises(ValueError, match=r"shapes \(1,\) and \(2,\)"):
        paired_difference([1.0], [1.0, 2])


def table_of(rows: dict[str, dict[str, list[float]]], units: dict[str, str]) -> pd.DataFrame:
    """A tidy table by policy and outcome, of one run in each draw."""
    listed = [
        (policy, draw, 0, date, outcome, value + (date != DAY), units[outcome])
        for policy, outcomes in rows.items()
        for outcome, values in outcomes.items()
        for draw, value in enumerate(values)
        for date in ("2029-01-01", DAY)
        if not np.isnan(value)
    ]
    return pd.DataFrame(listed, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])


def test_differences_of_a_table_by_outcome_on_its_last_day():
    units = {"chips_found": "chips", "found_share": "share", "found_all": "1 or 0", "delay": "days"}
    daily = {"chips_found": [5.0, 9, 4], "found_share": [0.9, 0.0, 1.0], "found_all": [1.0, 1, 1], "delay": [3.0, np.nan, 5]}
    weekly = {"chips_found": [4.0, 6, 4], "found_share": [0.0, 0.1, 0.0], "found_all": [0.0, 1, 0], "delay": [np.nan] * 3}
    table = table_of({"daily": daily, "weekly": weekly}, units)
    found = differences(table, "daily", "weekly").set_index("outcome")
    assert list(found.index) == ["chips_found", "found_share", "found_all"], "no pair has a delay"
    by_hand = paired_difference(daily["chips_found"], weekly["chips_found"])
    assert tuple(found.loc["chips_found", ["mean", "low", "high"]]) == (by_hand.mean, by_hand.low, by_hand.high)
    assert found.loc["found_share", "high"] == 1, "a share can be no more"
    gained = paired_interval(np.array([1.0, 0, 1]), np.zeros(3), stats.norm.ppf(0.975))
    assert tuple(found.loc["found_all", ["mean", "low", "high", "number"]]) == pytest.approx(gained)
    assert list(differences(table, "weekly", "daily", ["found_all", "delay"])["mean"]) == [-2 / 3]
    with pytest.raises(ValueError, match="policy = 'hourly': not in the table; allowed: daily, weekly"):
        differences(table, "daily", "hourly")
    with pytest.raises(ValueError, match="outcome = 'chips': not in the table"):
        differences(table, "daily", "weekly", ["chips"])


def least_ratio(ratio: float, pairs: int) -> float:
    """Lower end of the one-sided 95 % interval of a variance ratio.

    With equal variances sum and difference of a pair are uncorrelated (Pitman, Biometrika 31, 1939), and their variances are
    as 2 ratio - 1 to 1: for normal pairs an F of pairs - 1 and pairs - 1 degrees of freedom around that.
    """
    return ((2 * ratio - 1) / float(stats.f.ppf(0.95, pairs - 1, pairs - 1)) + 1) / 2


def diverted_and_alerted(result: Result, policy: str) -> np.ndarray:
    """Chips diverted under the duty whose alert has led to their case, by run."""
    chips = result.chips[result.chips["scenario"] == policy]
    found = chips[(chips["diverted_day"] >= result.scenario.calendar.duty_day) & chips["alert_day"].notna()]
    return found.groupby("run").size().reindex(range(RUNS), fill_value=0).to_numpy(dtype=float)


@pytest.mark.verify
def test_common_worlds_save_nine_of_ten_runs_where_diverted_chips_detected_are_compared():
    """Daily against weekly challenges, chips alerted on and established: independent seeds need 26 and 20 times the runs."""
    daily = Scenario.load("miniature").replace(name="daily", verification__signing="none")
    weekly = daily.replace(name="weekly", verification__period_days=7)
    result = simulate(daily, 1, RUNS, beside=[weekly], status_quo=False, workers=2)
    alerted = paired_difference(*(diverted_and_alerted(result, policy) for policy in ("daily", "weekly")))
    established = differences(result.table, "daily", "weekly", ["established_under_duty"]).iloc[0]
    for found in (alerted, established):
        assert found.number == RUNS
        assert found.low > 0, "asking daily finds more, as so few runs show"
        assert least_ratio(found.variance_ratio, RUNS) > 10
    apart = diverted_and_alerted(result, "daily"), np.roll(diverted_and_alerted(result, "weekly"), 1)
    assert paired_difference(*apart).variance_ratio < 2, "the worlds of different runs have nothing in common"
