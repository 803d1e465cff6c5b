"""Sites: the published mix of cluster sizes, at the hubs in turn."""

import numpy as np
import pytest

from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.world.geography import hubs
from sim.world.sites import build_sites, capacity_steps, pick_other_site, pick_site
from sim.world.territory import hubs_outside, territory

HUBS = hubs_outside(territory("prc_hk_macau"), hubs())
VALUES = load_parameters().values()


@pytest.mark.parametrize("seed", [1, 2])
def test_as_many_sites_as_clusters_are_known_have_their_sizes(seed: int):
    """CSET: 434 clusters, 214 of hundreds of chips, 168 of thousands, 45 of tens of thousands, 7 larger, at most 179,000."""
    sites = build_sites(434, HUBS, VALUES, Draws(seed))
    chips = np.array([site.capacity_chips for site in sites])
    assert np.histogram(chips, [1e2, 1e3, 1e4, 1e5, 1.79e5])[0].tolist() == [214, 168, 45, 7]
    # The same source counts 3.0 million chips in them at the end of 2026; a log-uniform size within each class comes close.
    assert 2.5e6 < chips.sum() < 4.5e6


def test_which_site_is_large_is_random_and_sites_stand_at_the_hubs_in_turn():
    first, second = (build_sites(200, HUBS, VALUES, Draws(seed)) for seed in (1, 2))
    assert [site.place.position for site in first] == [HUBS[n % len(HUBS)].position for n in range(200)]
    assert np.corrcoef([[site.capacity_chips for site in sites] for sites in (first, second)])[0, 1] < 0.2


def test_a_site_is_picked_in_proportion_to_its_size():
    sites = build_sites(30, HUBS, VALUES, Draws(1))
    steps = capacity_steps(sites)
    picked = np.bincount([pick_site(sites, steps, (n + 0.5) / 20_000).number for n in range(20_000)], minlength=30) / 20_000
    chips = np.array([site.capacity_chips for site in sites])
    assert picked == pytest.approx(chips / chips.sum(), abs=1e-4)


def test_another_site_is_picked_in_proportion_to_its_size_and_never_the_own():
    """Wherever the own site stands in the sequence."""
    sites = build_sites(6, HUBS, VALUES, Draws(1))
    steps = capacity_steps(sites)
    for own in range(6):
        others = [pick_other_site(sites, steps, (n + 0.5) / 5000, own).number for n in range(5000)]
        chips = np.array([0.0 if site.number == own else site.capacity_chips for site in sites])
        assert np.bincount(others, minlength=6) / 5000 == pytest.approx(chips / chips.sum(), abs=1e-3)
        assert own not in others
