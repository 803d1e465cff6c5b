import numpy as np
import pytest
from numpy.random import Philox
from scipy import stats

from sim.cells import Cells, philox, philox_many
from sim.randomness import Draws, Stream, lognormal, run_seed

ONES = 0xFFFFFFFF
KNOWN_ANSWERS = [  # Random123, kat_vectors
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def test_words_are_those_of_philox_with_the_documented_key_and_counter():
    expected = Philox(key=[7, Stream.NONCE], counter=[0, 123, 456, 0]).random_raw(9)
    assert (Draws(7).words(Stream.NONCE, 123, 456, 9) == expected).all()


def test_a_draw_depends_on_its_address_only():
    """Not on what was drawn before, nor on how many words are taken."""
    fresh = Draws(1).uniforms(Stream.SESSION_KEY, 5, 6, 2)
    used = Draws(1)
    used.uniforms(Stream.SESSION_KEY, 5, 6, 3)
    used.uniforms(Stream.TIP, 9, 0, 5)
    assert (used.uniforms(Stream.SESSION_KEY, 5, 6, 7)[:2] == fresh).all()


@pytest.mark.parametrize(
    "other", [(2, Stream.TIP, 3, 4), (1, Stream.VISIT, 3, 4), (1, Stream.TIP, 4, 3), (1, Stream.TIP, 3, 5)]
)
def test_every_part_of_the_address_matters(other):
    seed, stream, entity, occasion = other
    assert Draws(seed).uniform(stream, entity, occasion) != Draws(1).uniform(Stream.TIP, 3, 4)


def test_draws_over_entities_are_uniform_and_independent_of_their_neighbours():
    draws = Draws(3)
    numbers = np.array([draws.uniform(Stream.SITE_PHASE, entity) for entity in range(4000)])
    assert stats.kstest(numbers, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 4 / np.sqrt(4000)
    assert 0 < numbers.min() < numbers.max() < 1


def test_lognormal_has_the_stated_median_and_spread():
    assert lognormal(0.5, median=7, log_sd=0.8) == pytest.approx(7)
    assert lognormal(stats.norm.cdf(1), median=7, log_sd=0.8) == pytest.approx(7 * np.exp(0.8))


def test_runs_of_neighbouring_base_seeds_share_nothing():
    """Adding run numbers to seeds would make run 1 of seed 1 equal run 0 of seed 2."""
    assert len({run_seed(base, run) for base in range(40) for run in range(40)}) == 1600
    assert run_seed(1, 0) == run_seed(1, 0)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_64_bits_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        Draws(seed)


def test_stream_numbers_are_unique():
    assert len(set(Stream)) == len(Stream.__members__)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_words_of_cells_are_the_published_ones(counter, key, words):
    assert philox(counter, key) == words
    many = philox_many(np.array(counter[:1], dtype=np.uint64), counter[1:], key)
    assert many[:, 0].tolist() == list(words)


def test_many_chips_get_what_each_gets_alone():
    """Over the edges of chunks, slots beyond 32 bits, any order of chips and indices."""
    cells = Cells(7, Stream.JITTER)
    chips = np.random.default_rng(1).permutation(40_000)
    for slot, level, indices in ((3, 0, (0, 1, 2)), (2**40 + 5, 20, (130, 2, 64, 65))):
        many = cells.uniforms(chips, slot, indices, level)
        for row in (0, 1, 16_383, 16_384, 39_999):
            assert many[row].tolist() == cells.uniforms_of_one(int(chips[row]), slot, indices, level)
        assert (cells.uniforms(chips, slot, indices[1:2], level)[:, 0] == many[:, 1]).all()
    assert cells.uniforms(chips[:0], 3, range(5)).shape == (0, 5)


def test_every_part_of_a_cell_s_address_matters():
    def number(seed=1, stream=Stream.JITTER, chip=5, slot=6, index=7, level=2):
        return Cells(seed, stream).uniforms_of_one(chip, slot, [index], level)[0]

    others = [number(seed=2), number(stream=Stream.TIP), number(chip=6), number(slot=5), number(slot=6 + 2**32)]
    others += [number(index=6), number(index=7 + 256), number(level=3)]
    assert len({number(), *others}) == 1 + len(others)


def test_numbers_of_cells_are_uniform_and_unrelated_to_those_of_neighbours():
    cells = Cells(3, Stream.JITTER)
    table = np.stack([cells.uniforms(np.arange(5000), slot, range(6)) for slot in range(4)])  # slots, chips, indices
    assert stats.kstest(table.ravel(), "uniform").pvalue > 1e-3
    assert 0 < table.min() < table.max() < 1
    pairs = [(table[1:], table[:-1]), (table[:, 1:], table[:, :-1]), (table[..., 1:], table[..., :-1])]
    pairs += [(table, np.stack([cells.uniforms(np.arange(5000), slot, range(6), level=1) for slot in range(4)]))]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)
