"""Rare events of many chips: rates, independence, and that bulk and point queries, probabilities and fleets agree."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from sim.randomness import Stream
from sim.sparse import CHUNK_DAYS, ENVELOPES, LAYER_LIMITS, SPARSE_LIMIT, Sparse, _shares

LOST, AUDIT, FAULT = Stream.CHALLENGE_LOST, Stream.AUDIT, Stream.CHIP_FAULT
ENVELOPE = ENVELOPES[FAULT][0]
CHIPS = 20_000


def sets(probability: float, slots: int = 40, chips: int = CHIPS, seed: int = 1, level: int = 0) -> list[set[int]]:
    sparse = Sparse(seed)
    return [set(sparse.chosen(LOST, slot, probability, chips, level).tolist()) for slot in range(slots)]


@pytest.mark.parametrize("probability", [1e-4, 2**-8, 2**-7, 0.03, 0.4])
def test_each_chip_is_chosen_with_the_stated_probability(probability):
    """Also where it takes many layers: counts of slots and of chips are binomial."""
    table = np.zeros((60, CHIPS), dtype=np.bool_)
    sparse = Sparse(1)
    for slot in range(60):
        chosen = sparse.chosen(LOST, slot, probability, CHIPS)
        assert (np.diff(chosen) > 0).all()
        table[slot, chosen] = True
    counts, variance = table.sum(axis=1), CHIPS * probability * (1 - probability)
    assert counts.mean() == pytest.approx(CHIPS * probability, abs=4 * np.sqrt(variance / 60))
    assert 1e-3 < stats.chi2.sf(((counts - CHIPS * probability) ** 2 / variance).sum(), 60) < 1 - 1e-3
    groups = table.reshape(60, 50, -1).sum(axis=(0, 2))  # neighbours together, over all slots
    expected = table.size / 50 * probability
    assert 1e-3 < stats.chi2.sf(((groups - expected) ** 2 / (expected * (1 - probability))).sum(), 50) < 1 - 1e-3


@pytest.mark.parametrize("probability", [1e-9, 2**-8, 2**-7, 0.03, 0.999])
def test_layers_together_miss_a_chip_with_exactly_the_complement(probability):
    """Closed form: a chip is left out if every layer leaves it out."""
    left_out = math.prod(1 - ENVELOPES[LOST][0] * share for _, share in _shares(LOST, probability))
    assert left_out == pytest.approx(1 - probability, rel=1e-12)


def test_nobody_everybody_and_hardly_anybody():
    sparse = Sparse(1)
    assert len(sparse.chosen(LOST, 1, 0.0, CHIPS)) == 0
    assert len(sparse.chosen(LOST, 1, 0.5, 0)) == 0
    assert (sparse.chosen(LOST, 1, 1.0, CHIPS) == np.arange(CHIPS)).all()
    assert len(sparse.chosen(LOST, 1, 1 - 1e-9, CHIPS)) == CHIPS
    rare = sum(len(sparse.chosen(AUDIT, slot, 1e-9, 10**9)) for slot in range(20))
    assert rare == pytest.approx(20, abs=4 * np.sqrt(20))


def test_chips_slots_seeds_streams_and_levels_are_independent():
    """Joint choices are as rare as chance has it."""
    probability = 0.02
    ours = sets(probability)
    audit = Sparse(1)
    pairs = {
        "neighbours": [({chip + 1 for chip in one}, one) for one in ours],
        "slots": list(itertools.pairwise(ours)),
        "seeds": list(zip(ours, sets(probability, seed=2), strict=True)),
        "levels": list(zip(ours, sets(probability, level=3), strict=True)),
        "streams": [(one, set(audit.chosen(AUDIT, slot, 0.002, CHIPS).tolist())) for slot, one in enumerate(ours)],
    }
    for name, both in pairs.items():
        expected = CHIPS * probability * (0.002 if name == "streams" else probability) * len(both)
        joint = sum(len(one & other) for one, other in both)
        assert joint == pytest.approx(expected, abs=4 * np.sqrt(expected)), name


def test_a_higher_probability_only_adds_chips():
    sparse = Sparse(1)
    for slot in range(10):
        growing = [set(sparse.chosen(LOST, slot, p, CHIPS).tolist()) for p in (1e-4, 2**-7, 0.0079, 0.02, 0.3, 1.0)]
        assert all(fewer <= more for fewer, more in itertools.pairwise(growing))
        assert len(growing[0]) < len(growing[-2])


def test_appended_chips_change_nobody_s_draws():
    sparse = Sparse(1)
    for slot in range(10):
        small, large = (sparse.chosen(LOST, slot, 0.02, chips) for chips in (1000, CHIPS))
        assert (large[large < 1000] == small).all()
        (few, few_uniforms), (many, uniforms) = (sparse.smallest(slot, 0.07, chips) for chips in (1000, CHIPS))
        assert (many[many < 1000] == few).all()
        assert (uniforms[many < 1000] == few_uniforms).all()
        before, after = (np.array(sparse.faults(slot, 3 * ENVELOPE, chips)) for chips in (5000, CHIPS))
        assert (after[:, after[0] < 5000] == before).all()
        assert before.shape[1] > 0


def test_the_size_of_a_batch_changes_nothing(monkeypatch):
    def answers() -> list[np.ndarray]:
        sparse = Sparse(3)
        smallest = np.array(sparse.smallest(5, SPARSE_LIMIT, CHIPS))
        return [sparse.chosen(LOST, 5, 0.02, CHIPS), smallest, np.array(sparse.faults(5, 2.5 * ENVELOPE, CHIPS))]

    whole = answers()
    for batch in (1, 7):
        monkeypatch.setattr("sim.sparse.PART", batch)
        assert all((one == other).all() for one, other in zip(whole, answers(), strict=True))


def test_point_queries_agree_with_bulk_ones_in_any_order_and_while_the_fleet_grows():
    point, bulk = Sparse(1), Sparse(1)
    for slot, level, fleet in ((3, 0, 500), (3, 2, 500), (4, 0, 6000), (3, 0, 6000), (3, 0, 200)):
        order = np.random.default_rng(fleet).permutation(fleet).tolist()
        for stream, probability in ((LOST, 0.02), (AUDIT, 0.01), (LOST, 1.0)):
            chosen = sorted(chip for chip in order if point.is_chosen(stream, slot, probability, chip, level))
            assert chosen == bulk.chosen(stream, slot, probability, fleet, level).tolist()
        small = {chip: u for chip in order if (u := point.small_uniform(slot, chip, level)) is not None}
        chips, uniforms = bulk.smallest(slot, SPARSE_LIMIT, fleet, level)
        assert small == dict(zip(chips.tolist(), uniforms.tolist(), strict=True))
        depth = np.arange(fleet) % 4  # of some chips not all layers are looked at
        found, uniforms = bulk.smallest_of_some(slot, depth.take, 3, fleet, level)
        limits = np.array((0.0, *LAYER_LIMITS))
        assert dict(zip(found.tolist(), uniforms.tolist(), strict=True)) == {
            chip: u for chip, u in small.items() if u < limits[depth[chip]]
        }
        assert len(small) > 0


def test_faults_of_one_chip_agree_with_those_of_all():
    per_day, days, chips = 2.6 * ENVELOPE, CHUNK_DAYS + 20, 300
    sparse = Sparse(1)
    bulk = [
        fault
        for day in range(days)
        for fault in zip(*(column.tolist() for column in sparse.faults(day, per_day, chips)), strict=True)
    ]
    point = []
    for chip in reversed(range(chips)):
        faults = list(sparse.chip_faults(chip, per_day, 0.0, float(days)))
        assert faults == sorted(faults)
        point += [(chip, *fault) for fault in faults]
    assert sorted(point) == sorted(bulk)
    assert len(bulk) > 50


def test_a_window_only_cuts_faults_and_a_higher_rate_only_adds_them():
    sparse = Sparse(1)
    for chip in range(100):
        rare = list(sparse.chip_faults(chip, 1.5 * ENVELOPE, 0.0, 320.0))
        frequent = list(sparse.chip_faults(chip, 9.5 * ENVELOPE, 0.0, 320.0))
        assert set(rare) <= set(frequent)
        window = list(sparse.chip_faults(chip, 9.5 * ENVELOPE, 50.25, 300.5))
        assert window == [fault for fault in frequent if 50.25 <= fault[0] < 300.5]


@pytest.mark.parametrize("per_day", [ENVELOPE / 7, ENVELOPE, 3.4 * ENVELOPE])
def test_faults_come_at_the_stated_rate_at_any_time_of_the_day_and_of_any_length_and_kind(per_day):
    sparse = Sparse(1)
    days = [sparse.faults(day, per_day, 40_000) for day in range(100)]
    counts = np.array([len(time) for _, time, _, _ in days])
    expected = 40_000 * per_day
    assert counts.sum() == pytest.approx(100 * expected, abs=4 * np.sqrt(100 * expected))
    assert 1e-3 < stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), 100) < 1 - 1e-3
    assert all((np.diff(time) >= 0).all() for _, time, _, _ in days)
    within = [time - day for day, (_, time, _, _) in enumerate(days)]
    columns = [within, *([day[column] for day in days] for column in (2, 3))]
    numbers = [np.concatenate(column) for column in columns]
    for one in (*numbers, np.concatenate([day[0] for day in days]) / 40_000):
        assert stats.kstest(one, "uniform").pvalue > 1e-3
    for one, other in itertools.combinations(numbers, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(one))


def test_small_uniforms_are_uniform_up_to_their_limit_which_only_cuts():
    sparse = Sparse(1)
    found = []
    for slot in range(20):
        chips, uniforms = sparse.smallest(slot, SPARSE_LIMIT, CHIPS)
        assert (np.diff(chips) > 0).all()
        for limit in (0.0, 1e-3, 2**-8, 0.01, 0.05):
            fewer, fewer_uniforms = sparse.smallest(slot, limit, CHIPS)
            assert (fewer == chips[uniforms < limit]).all()
            assert (fewer_uniforms == uniforms[uniforms < limit]).all()
        found.append(uniforms)
    everything = np.concatenate(found)
    number, expected = len(everything), 20 * CHIPS * SPARSE_LIMIT
    assert number == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - SPARSE_LIMIT)))
    assert stats.kstest(everything / SPARSE_LIMIT, "uniform").pvalue > 1e-3
    assert 0.9998 * SPARSE_LIMIT < everything.max() < SPARSE_LIMIT


def test_a_limit_that_the_layers_do_not_cover_is_refused():
    with pytest.raises(ValueError, match="limit"):
        Sparse(1).smallest(0, 0.2, 10)
