import numpy as np
import pytest
from numpy.random import Philox
from scipy import stats

from sim.randomness import Draws, Stream, lognormal, run_seed


def test_words_are_those_of_philox_with_the_documented_key_and_counter():
    expected = Philox(key=[7, Stream.JITTER], counter=[0, 123, 456, 0]).random_raw(9)
    assert (Draws(7).words(Stream.JITTER, 123, 456, 9) == expected).all()


def test_a_draw_depends_on_its_address_only():
    """Not on what was drawn before, nor on how many words are taken."""
    fresh = Draws(1).uniforms(Stream.PACKET_LOSS, 5, 6, 2)
    used = Draws(1)
    used.uniforms(Stream.PACKET_LOSS, 5, 6, 3)
    used.uniforms(Stream.TIP, 9, 0, 5)
    assert (used.uniforms(Stream.PACKET_LOSS, 5, 6, 7)[:2] == fresh).all()


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
