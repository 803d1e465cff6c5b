"""Rare events of many chips: rates, independence, and that bulk and point queries, rates and fleets agree."""

import numpy as np
import pytest
from scipy import stats

from sim.randomness import Stream
from sim.sparse import BLOCK_CHIPS, CHUNK_DAYS, ENVELOPES, chunk_candidates, day_candidates, events

FAULT = Stream.CHIP_FAULT
ENVELOPE = ENVELOPES[FAULT]


def times(chip: int, per_day: float, until_day: float = 320.0, seed: int = 1) -> list[tuple[float, float]]:
    return list(events(seed, FAULT, chip, per_day, 0.0, until_day))


def test_candidates_have_the_envelope_s_probability_and_uniform_marks():
    days = [day_candidates(1, FAULT, 0, day, 0) for day in range(40)]
    counts = [len(one.chip) for one in days]
    mean = BLOCK_CHIPS * ENVELOPE
    assert np.mean(counts) == pytest.approx(mean, abs=4 * np.sqrt(mean / 40))
    assert stats.chi2.sf(((np.array(counts) - mean) ** 2 / (mean * (1 - ENVELOPE))).sum(), 40) > 1e-3
    for name in ("mark", "uniform"):
        values = np.concatenate([getattr(one, name) for one in days])
        assert stats.kstest(values, "uniform").pvalue > 1e-3
    within = np.concatenate([one.day - day for day, one in enumerate(days)])
    assert stats.kstest(within, "uniform").pvalue > 1e-3
    where = np.concatenate([one.chip for one in days]) / BLOCK_CHIPS
    assert stats.kstest(where, "uniform").pvalue > 1e-3


def test_chips_days_and_seeds_are_independent():
    """Joint candidates of neighbours are as rare as chance has it."""
    one = {day: set(day_candidates(1, FAULT, 0, day, 0).chip.tolist()) for day in range(20)}
    other = set(day_candidates(2, FAULT, 0, 0, 0).chip.tolist())
    expected = BLOCK_CHIPS * ENVELOPE**2
    pairs = [len(one[day] & one[day + 1]) for day in range(19)]
    neighbours = [sum(chip + 1 in chips for chip in chips) for chips in one.values()]
    for counts in (pairs, neighbours):
        assert np.mean(counts) == pytest.approx(expected, abs=4 * np.sqrt(expected / len(counts)))
    assert len(one[0] & other) < expected + 6 * np.sqrt(expected)


@pytest.mark.parametrize("per_day", [ENVELOPE / 7, ENVELOPE, 3.4 * ENVELOPE])
def test_events_come_with_the_stated_probability_below_and_above_the_envelope(per_day):
    number = sum(len(times(chip, per_day)) for chip in range(3000))
    expected = 3000 * 320 * per_day
    assert number == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_bulk_and_point_queries_agree():
    """All events of a block by hand from its days, against one chip after the other, in any order."""
    per_day = 0.6 * ENVELOPE
    bulk = []
    for day in range(CHUNK_DAYS + 20):
        one = day_candidates(1, FAULT, 0, day, 0)
        chosen = (one.mark < per_day / ENVELOPE) & (one.chip < 500)
        bulk += zip(one.chip[chosen].tolist(), one.day[chosen].tolist(), one.uniform[chosen].tolist(), strict=True)
    point = [(chip, *event) for chip in reversed(range(500)) for event in times(chip, per_day, CHUNK_DAYS + 20.0)]
    assert sorted(point) == sorted(bulk)
    assert len(bulk) > 50


def test_a_higher_rate_only_adds_events_and_a_window_only_cuts_them():
    for chip in range(200):
        rare, frequent = times(chip, 0.5 * ENVELOPE), times(chip, 2.5 * ENVELOPE)
        assert set(rare) <= set(frequent)
        window = list(events(1, FAULT, chip, 2.5 * ENVELOPE, 50.25, 300.5))
        assert window == [event for event in frequent if 50.25 <= event[0] < 300.5]


def test_the_size_of_a_batch_changes_nothing(monkeypatch):
    whole = day_candidates(1, FAULT, 3, 17, 1)
    monkeypatch.setattr("sim.sparse.math.sqrt", lambda value: -value / 7)  # a batch of a seventh
    parts = day_candidates(1, FAULT, 3, 17, 1)
    for name in ("chip", "day", "mark", "uniform"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


def test_blocks_and_layers_are_their_own_and_chips_sorted():
    chunk = chunk_candidates(1, FAULT, 0, 2, 0)
    assert (np.diff(chunk.chip) >= 0).all()
    assert ((chunk.day >= 2 * CHUNK_DAYS) & (chunk.day < 3 * CHUNK_DAYS)).all()
    others = (chunk_candidates(1, FAULT, 1, 2, 0), chunk_candidates(1, FAULT, 0, 2, 1), chunk_candidates(2, FAULT, 0, 2, 0))
    assert all(len(other.chip) != len(chunk.chip) or (other.chip != chunk.chip).any() for other in others)
    assert times(BLOCK_CHIPS + 5, ENVELOPE) != times(5, ENVELOPE)
