"""What the questions about coverage, opting in, the start of the duty and the next order calculate from runs."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from scenarios import next_order, opt_in, start_date
from scenarios.answering.worlds import at_end, spread
from scenarios.coverage import PARTLY, coverage_by_date, years_to
from scenarios.study import Options, UsageError
from sim import Scenario, simulate
from sim.scenario import STATUS_QUO
from sim.uncertainty import ranged


def test_a_spread_is_that_of_quantiles_and_knows_what_is_never_reached():
    assert spread(pd.Series([0.0, 10.0, math.nan])) == (5.0, 1.0, 9.0)
    assert spread(pd.Series([1.0, 2.0, math.inf])) == (2.0, 1.0, math.inf)
    assert spread(pd.Series([3.0, math.inf, math.inf])) == (math.inf, 3.0, math.inf)
    assert math.isnan(spread(pd.Series([math.nan])).median)


def test_half_a_retrofit_is_halfway_and_years_count_from_the_duty():
    scenario = Scenario.load("miniature")
    dates = pd.date_range(scenario.calendar.start, periods=3, freq="365D").date
    shares = {"act": (0, 0, 0.6), "opt_in_before": (0, 0.2, 0.6), "retrofit": (1, 0.6, 0.8)}
    rows = [
        (name, 0, 0, date, "coverage", value, "share")
        for name, values in shares.items()
        for date, value in zip(dates, values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])
    coverage = coverage_by_date(SimpleNamespace(scenario=scenario, table=table))
    assert coverage[coverage["scenario"] == PARTLY]["value"].tolist() == pytest.approx([0.5, 0.3, 0.7])
    half = years_to(coverage, 0.5).loc[(0, 0)]
    year = 365 / 365.25
    assert half["act"] == pytest.approx(year * 5 / 6)
    assert half[PARTLY] == pytest.approx(year / 2)
    assert half["retrofit"] == 0, "what was covered before the duty and still is"
    assert years_to(coverage, 0.9).loc[(0, 0)].tolist() == [math.inf] * 4


@pytest.fixture(scope="module")
def at_once():
    """A duty from the day of enactment: the chips taken since enactment are the chips diverted under the duty."""
    scenario = Scenario.load("miniature").replace(
        name="at_once", calendar__duty_after_days=0, calendar__end_after_duty_days=150
    )
    return simulate(scenario, seed=3, draws=1)


def test_chips_taken_since_enactment_are_counted_as_those_under_the_duty(at_once):
    """Where the two are the same chips, counts and use agree with the outcomes of the engine's own record."""
    taken, known = start_date.since_enactment(at_once), at_end(at_once)
    assert len(taken) == 2

    def same(ours, theirs, **tolerance):
        assert ours.tolist() == pytest.approx(theirs.reindex(ours.index).tolist(), **tolerance)

    same(taken[start_date.ALL_CHIPS] * at_once.scenario.fleet.scale, known["diverted_under_duty"])
    same(taken[start_date.FOUND], known["established_by_end_of_run_crude"])
    use = known["h100e_years_enjoyed"]
    same(taken.loc["at_once", start_date.USE], use["at_once"] / use[STATUS_QUO], rel=1e-5)
    assert (taken.loc["at_once", start_date.LOST] == 0).all(), "all that ships under the duty carries the mechanism"
    assert taken.loc[STATUS_QUO, start_date.LOST].isna().all()


def ends(**policies):
    """A result with ends of runs: use, use before it is found."""
    day = pd.Timestamp("2030-01-01").date()
    rows = [
        (name, 0, 0, day, outcome, value, "")
        for name, values in policies.items()
        for outcome, value in zip((next_order.USED, next_order.USED_UNKNOWN), values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])
    return SimpleNamespace(table=table, manifest={"quick": True})


def test_the_use_without_refusal_is_parted_into_what_each_measure_reaches():
    """Known answer: of 100, refusal leaves 80, of which 50 come before the diversion is established."""
    result = ends(
        rule_new_name_120_days=(80, 50), rule_no_refusal=(100, 70), status_quo=(120, 114), today_no_refusal=(120, 114)
    )
    parts = next_order.shares_of_use(result)
    assert parts.loc["rule_new_name_120_days"].iloc[0].tolist() == pytest.approx([0.2, 0.3, 0.5])
    assert parts.loc[STATUS_QUO].iloc[0].tolist() == pytest.approx([0, 0.05, 0.95])
    assert next_order.comparison(parts.loc[STATUS_QUO]) == "more than refusal in 1 of 1 worlds"
    nothing = ends(rule_new_name_120_days=(0, 0), rule_no_refusal=(0, 0), status_quo=(0, 0), today_no_refusal=(0, 0))
    assert next_order.shares_of_use(nothing).isna().all().all(), "a share of no use is none"
    assert next_order.comparison(next_order.shares_of_use(nothing)) == "more than refusal in 0 of 0 worlds"


@pytest.mark.parametrize(("question", "varied"), [(opt_in, "opt_in_uptake"), (next_order, "new_shell_days")])
@pytest.mark.parametrize("quick", [True, False])
def test_what_a_question_varies_is_drawn_by_no_policy(question, varied, quick):
    """A draw takes the place of what a policy sets, so that the first policy, whose open rows are drawn, must set it too."""
    study = question.study(Options(question.__name__.rpartition(".")[2], quick=quick))
    assert varied not in ranged(study.scenario)
    assert all(varied in policy.uncertainties for policy in study.beside)


def test_opting_in_differs_from_the_duty_in_the_regime_alone():
    study = opt_in.study(Options("opt_in", quick=True))
    for policy in study.beside:
        assert set(policy.regimes) ^ set(study.scenario.regimes) == {"opt_in", "chip_security_act"}
        assert (policy.mechanism_is_a_duty, study.scenario.mechanism_is_a_duty) == (False, True)
        for section in ("calendar", "fleet", "geography", "verification", "adversary", "enforcement"):
            assert getattr(policy, section) == getattr(study.scenario, section)
    with pytest.raises(UsageError, match="regimes: the question opt_in varies this"):
        opt_in.study(Options("opt_in", levers={"regimes": ["opt_in"]}, quick=True))


@pytest.mark.parametrize("quick", [True, False])
def test_every_start_of_the_duty_ends_on_the_same_day(quick):
    study = start_date.study(Options("start_date", quick=quick))
    policies = [study.scenario, *study.beside]
    assert {policy.calendar.end_day for policy in policies} == {study.scenario.status_quo().calendar.end_day}
    starts = [policy.calendar.duty_day for policy in policies]
    assert starts == sorted(starts)
    assert (starts[0], starts[-1]) == (180, 730)
    assert starts[-1] < study.scenario.calendar.end_day
