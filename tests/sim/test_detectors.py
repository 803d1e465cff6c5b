"""Detectors against closed forms: each as a pure function, and what needs the clock in both engines."""

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim import Scenario, ScenarioError
from sim.detection.activation import is_overdue
from sim.detection.clone import answered_twice, outran_travel
from sim.detection.cusum import cusum, cusum_step, reference_value
from sim.detection.register import combined
from sim.detection.registry import is_due
from sim.detection.scan import lot_scan, site_scan, tail
from sim.detection.seen import Memory, RoundSeen, Thresholds
from sim.detection.sprt import accepting, log_ratio, rejecting
from sim.detection.streaks import unconfirmed
from sim.engine import fast
from sim.engine.runs import SequentialTests
from sim.fleet.chips import State
from sim.record import Happening, Record
from sim.world.geography import Position

THRESHOLDS = Thresholds.of(Scenario.load("baseline").verification)

SITES, LOT = 12, 8
CHIPS = np.arange(SITES * 10 * LOT)
BOOKS = {"site": CHIPS // (10 * LOT), "lot": CHIPS // LOT, "shipped_day": np.zeros(len(CHIPS), np.float32)}
"""Ten lots of eight chips at each of twelve sites."""


def a_round(silent: Any, missed_rounds: Any = 1, books: dict[str, Any] = BOOKS) -> RoundSeen:
    """A round in which some chips are silent and all others answer; all are judged."""
    silent, nobody = np.sort(np.array(silent, np.int64)), np.empty(0, np.int64)
    return RoundSeen(
        day=1.0,
        number=0,
        asked=np.bincount(books["site"], minlength=SITES),
        silent=silent,
        missed_rounds=np.broadcast_to(missed_rounds, silent.shape),
        tested=np.zeros((2, len(silent)), np.int64),
        suspicious=nobody,
        suspicious_rounds=nobody,
        contradicting=nobody,
        invalid=nobody,
        unheard=nobody,
        awaited_since=np.empty(0),
        column=lambda name: books[name],
        asked_of_lot=lambda lot, site: int(np.sum((books["lot"] == lot) & (books["site"] == site))),
        in_reported_repair=lambda chips: np.zeros(len(chips), bool),
        clearable=lambda site: True,
    )


def experienced(share: float, challenges: int = 10_000_000) -> Memory:
    """A memory of many challenges of which some share was missed, each by a chip that had answered before."""
    missed = round(share * challenges)
    return Memory(np.zeros(SITES), challenges, missed, missed)


@pytest.mark.parametrize(
    ("period", "days", "answers", "innocent"), [(1, 7, 2, 7), (0.25, 7, 2, 28), (7, 7, 2, 2), (30, 7, 0, 1), (30, 0, 0, 0)]
)
def test_patience_for_unconfirmed_answers_is_in_days_and_in_answers(period, days, answers, innocent):
    """Two chips: one has had as many unconfirmed answers in a row as are innocent, the other one more."""
    thresholds = replace(THRESHOLDS, period_days=period, unconfirmed_days=days, unconfirmed_answers=answers)
    seen = replace(a_round([]), suspicious=CHIPS[:2], suspicious_rounds=np.array([innocent, innocent + 1]))
    assert unconfirmed(seen, thresholds, experienced(0.0)).tolist() == [1]


# --- scans ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "share"), [(8, 0.0024), (400, 0.0024), (17, 0.3)])
def test_the_tail_is_the_sum_of_the_binomial_distribution(asked, share):
    exact = [
        math.fsum(math.comb(asked, k) * share**k * (1 - share) ** (asked - k) for k in range(silent, asked + 1))
        for silent in range(asked + 1)
    ]
    assert tail(np.arange(asked + 1), np.array(asked), share) == pytest.approx(exact, rel=1e-9, abs=1e-200)


def test_a_lot_that_falls_silent_is_named_and_nobody_else():
    lost = [200, 201, 477]
    whole_lot = np.arange(32, 40)
    assert lot_scan(a_round([*whole_lot, *lost]), THRESHOLDS, experienced(0.0024)).tolist() == whole_lot.tolist()
    assert not len(lot_scan(a_round(lost), THRESHOLDS, experienced(0.0024)))


def test_half_a_lot_may_be_enough_and_one_chip_less_is_not():
    """0.0024 ** 4 * 70 = 2.3e-9 is above 1e-9, and 0.0024 ** 5 * 56 = 4.5e-12 is below."""
    assert not len(lot_scan(a_round(np.arange(4)), THRESHOLDS, experienced(0.0024)))
    assert len(lot_scan(a_round(np.arange(5)), THRESHOLDS, experienced(0.0024))) == 5


@pytest.mark.parametrize("scan", [lot_scan, site_scan])
def test_a_site_that_is_silent_as_a_whole_is_an_outage(scan):
    whole_site = CHIPS[BOOKS["site"] == 3]
    assert not len(scan(a_round(whole_site), THRESHOLDS, experienced(0.0024)))
    most_of_it = whole_site[: len(whole_site) * 2 // 3]
    assert not len(scan(a_round(most_of_it), THRESHOLDS, experienced(0.0024)))
    assert len(scan(a_round(whole_site[: len(whole_site) // 3]), THRESHOLDS, experienced(0.0024)))


def test_a_lot_without_neighbours_cannot_be_told_from_its_site():
    alone = {**BOOKS, "site": np.where(BOOKS["lot"] == 0, SITES - 1, 0)}
    assert not len(lot_scan(a_round(np.arange(LOT), books=alone), THRESHOLDS, experienced(0.0024)))


def test_the_initial_stock_is_no_lot():
    stock = {**BOOKS, "lot": np.full(len(CHIPS), -1)}
    assert not len(lot_scan(a_round(np.arange(LOT), books=stock), THRESHOLDS, experienced(0.0024)))


@pytest.mark.parametrize(("scan", "windows"), [(lot_scan, SITES * 10), (site_scan, SITES)])
def test_independent_silence_crosses_the_level_no_more_often_than_it_says(scan, windows):
    """And not much less often either, as far as whole chips allow: the achieved level is the exact one of the next tail."""
    share, alpha, rounds, size = 0.05, 0.02, 1500, len(CHIPS) // windows
    rng = np.random.default_rng(1)
    memory, thresholds = experienced(share), replace(THRESHOLDS, scan_alpha=alpha)
    window_of = BOOKS["lot"] if windows > SITES else BOOKS["site"]
    crossed = 0
    for _ in range(rounds):
        flagged = scan(a_round(CHIPS[rng.random(len(CHIPS)) < share]), thresholds, memory)
        crossed += len(np.unique(window_of[flagged]))
    tails = stats.binom.sf(np.arange(size) - 1, size, share)
    expected = tails[tails < alpha].max() * rounds * windows
    assert expected <= alpha * rounds * windows
    assert abs(crossed - expected) < 4 * math.sqrt(expected)


def test_the_share_of_innocent_silence_is_learnt_from_the_fleet_without_outages():
    rng = np.random.default_rng(2)
    memory = Memory(np.zeros(SITES))
    assert memory.silent_share == 0.5, "nothing is improbable before anything is known"
    for _ in range(400):
        silent = rng.random(len(CHIPS)) < 0.01
        silent |= BOOKS["site"] == 5
        memory.learn(a_round(CHIPS[silent]))
    challenges = 400 * len(CHIPS) * (SITES - 1) / SITES
    assert memory.asked == challenges
    assert memory.silent_share == pytest.approx(0.01, abs=4 * math.sqrt(0.01 / challenges))


# --- CUSUM ----------------------------------------------------------------------------------------------------------------


def run_lengths(draw: Any, reference: float, threshold: float, tests: int) -> np.ndarray:
    """Rounds until each of many sums alarms for the first time, by the detector's own step."""
    sums, lengths, number = np.zeros(tests), np.zeros(tests, int), 0
    while (lengths == 0).any():
        number += 1
        sums, alarmed = cusum_step(sums, draw(tests), np.array(reference), threshold)
        lengths[alarmed & (lengths == 0)] = number
    return lengths


@pytest.mark.parametrize("mean", [0.0, 0.5, 1.5])
def test_average_run_length_of_a_normal_cusum_is_siegmunds(mean):
    """Siegmund (1985): (exp(-2 d b) + 2 d b - 1) / (2 d ** 2), d = mean - k, b = h + 1.166; b ** 2 at d = 0. To 5 %."""
    reference, threshold, tests = 0.5, 3.0, 20_000
    rng = np.random.default_rng(3)
    lengths = run_lengths(lambda count: rng.normal(mean, 1, count), reference, threshold, tests)
    drift, height = mean - reference, threshold + 1.166
    expected = height**2 if drift == 0 else (math.exp(-2 * drift * height) + 2 * drift * height - 1) / (2 * drift**2)
    assert lengths.mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("mean", [pytest.param(0.25, marks=pytest.mark.verify), 1.0])
def test_average_run_length_of_a_poisson_cusum_is_that_of_its_markov_chain(mean):
    """Brook and Evans (1972): exact where the reference value is a fraction, here 1/2, so that sums are multiples of it."""
    reference, threshold, tests = 0.5, 4.0, 20_000
    states = int(threshold / reference)
    chain = np.zeros((states, states))
    for state in range(states):
        for count in range(20):
            after = max(0, state + 2 * count - 1)
            if after < states:
                chain[state, after] += stats.poisson.pmf(count, mean)
    expected = np.linalg.solve(np.eye(states) - chain, np.ones(states))[0]
    rng = np.random.default_rng(4)
    lengths = run_lengths(lambda count: rng.poisson(mean, count), reference, threshold, tests)
    assert abs(lengths.mean() - expected) < 4 * lengths.std() / math.sqrt(tests)


def test_a_step_is_the_log_likelihood_ratio_of_two_poisson_laws():
    """Lucas's reference value makes count - k equal to it, in units of the logarithm of the ratio."""
    expected, ratio = 0.3, 4.0
    for count in range(6):
        exact = stats.poisson.logpmf(count, ratio * expected) - stats.poisson.logpmf(count, expected)
        step = count - float(reference_value(np.array(expected), ratio))
        assert step * math.log(ratio) == pytest.approx(exact, abs=1e-12)


def test_cusum_counts_chips_that_fall_silent_and_forgets_after_an_alarm():
    memory = experienced(1e-6)
    thresholds = replace(THRESHOLDS, cusum_threshold=2.5)
    assert not len(cusum(a_round([0, 1]), thresholds, memory))
    assert not len(cusum(a_round([0, 1], missed_rounds=2), thresholds, memory)), "they are counted once"
    assert cusum(a_round([0, 1, 2], missed_rounds=[3, 3, 1]), thresholds, memory).tolist() == [0, 1, 2]
    assert not memory.sums.any()
    assert not len(cusum(a_round(CHIPS[BOOKS["site"] == 0]), thresholds, memory)), "an outage of the whole site"
    assert not memory.sums.any()


# --- SPRT -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("truth", ["innocent", "diverted"])
def test_sprt_errs_and_lasts_as_wald_says(truth):
    """Wald (1945): errors about alpha and beta, and the mean number of rounds from the mean step. Small steps: to 10 %."""
    innocent, diverted, alpha, beta, tests = 0.30, 0.34, 0.05, 0.1, 4000
    chance = {"innocent": innocent, "diverted": diverted}[truth]
    step = chance * log_ratio(1, 0, innocent, diverted) + (1 - chance) * log_ratio(0, 1, innocent, diverted)
    rejected_share = {"innocent": alpha, "diverted": 1 - beta}[truth]
    expected = (rejected_share * rejecting(alpha, beta) + (1 - rejected_share) * accepting(alpha, beta)) / step
    rng = np.random.default_rng(5)
    counts, lengths, rejected, number = np.zeros((2, tests), int), np.zeros(tests, int), np.zeros(tests, bool), 0
    while (lengths == 0).any():
        number += 1
        silent = rng.random(tests) < chance
        counts += np.stack([silent, ~silent])
        ratio = log_ratio(counts[0], counts[1], innocent, diverted)
        ended = (lengths == 0) & ((ratio >= rejecting(alpha, beta)) | (ratio <= accepting(alpha, beta)))
        rejected[ended] = ratio[ended] > 0
        lengths[ended] = number
    assert lengths.mean() == pytest.approx(expected, rel=0.1)
    assert rejected.mean() == pytest.approx(rejected_share, abs=0.02)


def test_three_silences_in_a_row_alert_by_default_and_an_answer_ends_the_test():
    rule = Scenario.load("baseline").verification
    limit = rejecting(rule.sprt_alpha, rule.sprt_beta)
    assert log_ratio(2, 0, rule.sprt_innocent, rule.sprt_diverted) < limit
    assert log_ratio(3, 0, rule.sprt_innocent, rule.sprt_diverted) >= limit


def test_tests_kept_for_few_chips_are_those_of_all_chips():
    """Chip by chip, with a restart at each acceptance, nothing else comes out."""
    thresholds = replace(THRESHOLDS, sprt_innocent=0.3, sprt_diverted=0.9, sprt_beta=0.2)
    accept = accepting(thresholds.sprt_alpha, thresholds.sprt_beta)
    rng = np.random.default_rng(6)
    tests, plain = SequentialTests.none(), [[0, 0] for _ in range(50)]
    longest = 0
    for _ in range(300):
        silent = rng.random(50) < 0.5
        tests = tests.after(np.flatnonzero(silent), thresholds)
        for chip, history in enumerate(plain):
            history[not silent[chip]] += 1
            if history[0] * math.log(0.9 / 0.3) + history[1] * math.log(0.1 / 0.7) <= accept:
                history[:] = [0, 0]
        assert tests.of(np.arange(50)).T.tolist() == plain
        longest = max(longest, *(answers for _, answers in plain))
    assert longest > 3


# --- register, activation, clones, combination ----------------------------------------------------------------------------


def test_reconciliations_lie_one_interval_apart():
    assert [number for number in range(20) if is_due(number, 5)] == [4, 9, 14, 19]


def test_the_activation_deadline_runs_from_the_shipment():
    assert is_overdue(np.array([0.0, 9.9, 10.0, 10.1]), 40.0, 30.0).tolist() == [True, True, True, False]


SINGAPORE, FRANKFURT = Position(1.35, 103.82), Position(50.11, 8.68)


def test_nobody_travels_from_singapore_to_frankfurt_within_hours():
    """10,270 km, or 11.4 hours at 900 km/h."""
    places = [SINGAPORE, SINGAPORE, FRANKFURT, SINGAPORE]
    assert outran_travel(places, np.array([0.0, 0.0, 11 / 24, 23 / 24])).tolist() == [False, False, True, False]
    assert not outran_travel(places, np.array([0.0, 0.0, 11 / 24, 23 / 24]), slack_km=300).any()
    assert not len(outran_travel([], np.empty(0)))
    assert answered_twice(np.array([0, 1, 2])).tolist() == [False, False, True]


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_a_chip_is_alerted_on_once_if_enough_detectors_meet_it(needed):
    rng = np.random.default_rng(7)
    for _ in range(50):
        found = [(name, np.flatnonzero(rng.random(30) < 0.3)) for name in "abc"]
        votes = Counter(chip for _, chips in found for chip in chips.tolist())
        first = {chip: name for name, chips in reversed(found) for chip in chips.tolist()}
        alerts = {chip: name for name, chips in combined(found, needed) for chip in chips.tolist()}
        assert alerts == {chip: first[chip] for chip, count in votes.items() if count >= needed}


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ({"detectors": ("lot_scan", "tarot")}, "unknown detector tarot; allowed: contradiction, invalid, silence_streak,"),
        ({"detectors": ()}, "verification.detectors = (): at least one is needed"),
        ({"detectors": ("sprt",), "detectors_needed": 2}, "verification.detectors_needed = 2: allowed 1 to 1"),
        ({"sprt_innocent": 0.5, "sprt_diverted": 0.4}, "verification.sprt_innocent = 0.5: allowed below"),
        ({"sprt_beta": 0.001}, "verification.sprt_beta = 0.001: allowed 0.0101 to 0.5"),
        ({"scan_alpha": 0}, "verification.scan_alpha = 0: input should be greater than 0; allowed > 0 and < 1"),
        ({"cusum_ratio": 1}, "verification.cusum_ratio = 1: input should be greater than 1; allowed > 1 and <= 1000"),
    ],
)
def test_a_mistake_about_detectors_is_named(levers, message):
    with pytest.raises(ScenarioError) as refusal:
        Scenario.load("baseline").replace_keys({f"verification.{name}": value for name, value in levers.items()})
    assert message in str(refusal.value)


# --- in both engines ------------------------------------------------------------------------------------------------------


def alerts_of(record: Record) -> dict[int, tuple[float, str]]:
    """Day and reason of each chip's alert, by number; no chip has more than one here."""
    events = [event for event in record.events if event.happening is Happening.ALERTED]
    assert len({event.chip for event in events}) == len(events)
    return {event.chip: (event.day, event.detail) for event in events}


@pytest.fixture
def vanishing(only_new_exports: Scenario) -> Scenario:
    """Lots of eight, half of which a smuggler takes away; nothing else is ever silent."""
    return only_new_exports.replace(
        trace=True,
        fleet__scale=0.002,
        geography__sites=4,
        adversary__strategies={"go_dark": 1},
        uncertainties={
            **only_new_exports.uncertainties,
            "diverted_chips_per_year": 5.0e5,
            "dwell_at_declared_site_days": 10,
        },
    )


def test_a_lot_that_vanishes_is_noticed_in_the_next_round(vanishing: Scenario, engine):
    record = engine.run(vanishing.replace(verification__detectors=("lot_scan",), verification__period_days=2), seed=1)
    departures = {event.lot: event.day for event in record.events if event.happening is Happening.DEPARTED}
    lots = dict(zip(record.chips["slot"].tolist(), record.chips["lot"].tolist(), strict=True))
    delays = [day - departures[lots[chip]] for chip, (day, _) in alerts_of(record).items()]
    noticed = len({lots[chip] for chip in alerts_of(record)})
    assert noticed > 0.7 * sum(day < vanishing.calendar.end_day - 2 for day in departures.values())
    assert np.mean(np.array(delays) <= 2) > 0.9, "later ones were alone at their site, or the fleet was too young"


def test_outages_of_whole_sites_are_no_evidence_about_their_chips(only_new_exports: Scenario, engine):
    """Every silence here is an outage's; a silence streak would alert on them."""
    scenario = only_new_exports.replace(
        trace=True,
        fleet__scale=0.0005,
        geography__sites=4,
        verification__grace_days=1,
        verification__scan_alpha=1e-3,
        verification__cusum_threshold=3,
        uncertainties={
            **only_new_exports.uncertainties,
            "site_outages_per_site_year": 20,
            "site_outage_hours": 48,
        },
    )
    quiet = engine.run(scenario.replace(verification__detectors=("lot_scan", "site_scan", "cusum")), seed=1)
    assert quiet.silences > 200
    assert not alerts_of(quiet)
    assert alerts_of(engine.run(scenario, seed=1))


def test_reconciliation_finds_a_silent_chip_one_to_two_intervals_later(vanishing: Scenario, engine):
    """Closed form: uniform between, since the last answer lies anywhere before a reconciliation."""
    interval = 20
    scenario = vanishing.replace(
        verification__detectors=("registry",), verification__registry_days=interval, verification__period_days=4,
        fleet__lot_chips=1, fleet__scale=0.0015,
    )  # fmt: skip
    record = engine.run(scenario, seed=2)
    departures = {event.lot: event.day for event in record.events if event.happening is Happening.DEPARTED}
    lots = dict(zip(record.chips["slot"].tolist(), record.chips["lot"].tolist(), strict=True))
    alerts = {lots[chip]: day for chip, (day, _) in alerts_of(record).items()}
    early = [lot for lot, day in departures.items() if 4 < day < scenario.calendar.end_day - 2 * interval]
    delays = [alerts[lot] - departures[lot] for lot in early]
    assert len(delays) > 100
    assert min(delays) >= interval - 4
    assert max(delays) <= 2 * interval
    assert stats.kstest(delays, "uniform", args=(interval - 4 / 2, interval)).pvalue > 1e-3


def test_only_chips_still_on_their_way_miss_the_activation_deadline(only_new_exports: Scenario, engine):
    days = 12
    scenario = only_new_exports.replace(
        trace=True,
        fleet__scale=0.001,
        fleet__lot_chips=2,
        verification__detectors=("activation_deadline",),
        verification__activation_days=days,
        uncertainties={**only_new_exports.uncertainties, "export_transport_days": 8},
    )
    record = engine.run(scenario, seed=3)
    shipped = {event.lot: event.day for event in record.events if event.happening is Happening.SHIPPED}
    delivered = {event.lot: event.day for event in record.events if event.happening is Happening.DELIVERED}
    lots = dict(zip(record.chips["slot"].tolist(), record.chips["lot"].tolist(), strict=True))
    alerts = {lots[chip]: day for chip, (day, _) in alerts_of(record).items()}
    assert len(alerts) > 20
    time_of_day = min(alerts.values()) % 1
    for lot, day in shipped.items():
        round_day = math.ceil(day + days - time_of_day - 1e-4) + time_of_day  # the books keep days to some seconds
        if round_day < scenario.calendar.end_day:
            arrived_late = delivered.get(lot, math.inf) > round_day
            assert alerts.get(lot) == (pytest.approx(round_day) if arrived_late else None)


def test_reported_repairs_raise_no_alert_and_unreported_ones_the_same_as_ever(only_new_exports: Scenario, engine):
    def alerted(reconciled: bool, share: float) -> dict[int, tuple[float, str]]:
        scenario = only_new_exports.replace(
            trace=True,
            fleet__scale=0.002,
            verification__grace_days=5,
            verification__rma_reconciliation=reconciled,
            uncertainties={
                **only_new_exports.uncertainties,
                "gpu_faults_per_chip_year": 2,
                "rma_reported_share": share,
            },
        )
        return alerts_of(engine.run(scenario, seed=4))

    without = alerted(False, 0.5)
    assert len(without) > 100
    assert alerted(True, 0.0) == without
    assert not alerted(True, 1.0)
    half = alerted(True, 0.5)
    assert half.items() <= without.items(), "the others are alerted on as if nobody reported anything"
    assert abs(len(half) / len(without) - 0.5) < 4 * math.sqrt(0.25 / len(without))


def test_excused_chips_are_judged_again_once_they_are_back(only_new_exports: Scenario):
    scenario = only_new_exports.replace(
        fleet__scale=0.0005,
        verification__rma_reconciliation=True,
        uncertainties={**only_new_exports.uncertainties, "gpu_faults_per_chip_year": 5, "rma_reported_share": 1},
    )
    chips = fast.run(scenario, seed=5).chips
    excused = chips["marks"] != 0
    assert excused.any()
    assert (chips["state"][excused] == State.REPAIR).all()
