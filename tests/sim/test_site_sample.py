"""A sample of sites: drawn by a known design, with flows that are the nation's in expectation, and nothing else changed."""

import numpy as np
import pytest

from sim import Scenario, ScenarioError, simulate
from sim.engine.wiring import build
from sim.parameters import load_parameters
from sim.randomness import Draws, run_seed
from sim.world.geography import hubs
from sim.world.regions import Region, region_of
from sim.world.site_sample import SiteSample, inclusion, sample_sites
from sim.world.sites import Site, build_sites
from sim.world.territory import hubs_outside, territory

HUBS = hubs_outside(territory("prc_hk_macau"), hubs())
VALUES = load_parameters().values()
SITES, SAMPLED, SAMPLES = 434, 43, 150
SHARE = SAMPLED / SITES


def nation(seed: int = 1) -> tuple[Site, ...]:
    return build_sites(SITES, HUBS, VALUES, Draws(seed))


def pick(sites: tuple[Site, ...], start: float) -> SiteSample:
    """A sample of the same nation from a given start: what is drawn at random, at one of its quantiles."""

    class Started(Draws):
        def uniform(self, stream, entity, occasion=0):  # type: ignore[no-untyped-def]
            return start

    return sample_sites(sites, SAMPLED, Started(1))


def test_each_site_has_a_known_chance_that_adds_up_to_the_sample():
    chances, order = inclusion(nation(), SAMPLED, Draws(1))
    assert chances.min() > 0.85 * SHARE
    assert 0.5 < chances.max() <= 1
    assert chances.sum() == pytest.approx(SAMPLED, rel=1e-12)
    assert sorted(order.tolist()) == list(range(SITES))


def test_over_all_samples_a_site_is_drawn_as_often_as_its_chance_says():
    """A systematic sample is decided by its start alone: evenly spread starts are the whole design."""
    sites = nation()
    drawn = np.zeros(SITES)
    for start in (np.arange(SAMPLES) + 0.5) / SAMPLES:
        drawn[pick(sites, float(start)).numbers] += 1 / SAMPLES
    assert drawn == pytest.approx(inclusion(sites, SAMPLED, Draws(1))[0], abs=1.01 / SAMPLES)


def test_expected_chips_by_region_and_class_are_the_nations():
    """Horvitz and Thompson: chance times capacity in the sample is the share of sites times capacity, site by site."""
    sites = nation()
    capacity = np.array([site.capacity_chips for site in sites])
    group = [(region_of(site.place.country), int(np.log10(site.capacity_chips))) for site in sites]
    expected: dict[tuple[Region, int], float] = dict.fromkeys(group, 0.0)
    chances = inclusion(sites, SAMPLED, Draws(1))[0]
    found = np.zeros(SITES)
    for start in (np.arange(SAMPLES) + 0.5) / SAMPLES:
        one = pick(sites, float(start))
        assert [site.number for site in one.sites] == list(range(SAMPLED))
        found[one.numbers] = [site.capacity_chips for site in one.sites]
    assert (found > 0).sum() > 0.9 * SITES
    assert found[found > 0] == pytest.approx((SHARE / chances * capacity)[found > 0])
    for place, label in enumerate(group):
        expected[label] += chances[place] * SHARE / chances[place] * capacity[place]
    for label, chips in expected.items():
        whole = sum(size for size, other in zip(capacity, group, strict=True) if other == label)
        assert chips == pytest.approx(SHARE * whole)


def test_orders_to_the_sample_are_in_expectation_those_of_the_nation():
    """Honest ones, smugglers', and the stock: the mean over the whole design is 1; a sample is off by far less than 1."""
    sites = nation()
    samples = [pick(sites, float(start)) for start in (np.arange(SAMPLES) + 0.5) / SAMPLES]
    for flow in (SiteSample.of_exports, SiteSample.of_smuggled):
        flows = np.array([flow(one, VALUES) for one in samples])
        assert flows.mean() == pytest.approx(1, abs=0.01)
        assert flows.std() < 0.25
    stock = np.array([one.of_stock(np.full(SITES, 1000)).sum() for one in samples])
    assert stock.mean() == pytest.approx(1000 * SAMPLED, rel=0.01)


def test_the_same_sites_are_drawn_under_every_policy_and_in_every_draw():
    scenario = Scenario.load("site_sampled")
    seed = run_seed(1, 0)
    drawn = build(scenario, seed)
    assert len(drawn.sites) == SAMPLED
    others = (
        scenario.replace(verification__period_days=7, geography__landmarks=30),
        scenario.status_quo(),
        scenario.replace(uncertainties={"site_class_ten_thousands": 0.15, "diverted_via_south_east_asia": 0.5}),
    )
    for other in others:
        assert build(other, seed).sample.numbers.tolist() == drawn.sample.numbers.tolist()
    assert build(scenario, run_seed(1, 1)).sample.numbers.tolist() != drawn.sample.numbers.tolist()


@pytest.mark.parametrize("placement", ["internet_hubs", "coverage"])
def test_landmarks_and_hubs_are_those_of_the_nation(placement):
    """A panel of as many landmarks as there are shows the network."""
    levers = {"geography__placement": placement, "verification__landmarks_asked": 12}
    whole = build(Scenario.load("baseline").replace(verification__signing="none", **levers), 1)
    part = build(Scenario.load("site_sampled").replace(**levers), 1)
    for number, panel in zip(part.sample.numbers.tolist(), part.panels, strict=True):
        assert panel.landmarks == whole.panels[number].landmarks
        assert part.sites[part.sample.numbers.tolist().index(number)].place == whole.sites[number].place


def test_a_sample_of_all_sites_is_the_nation(small: Scenario):
    whole, sample = simulate(small, seed=4), simulate(small.replace(geography__sampled_sites=small.geography.sites), seed=4)
    assert sample.table.equals(whole.table)
    assert sample.events.equals(whole.events)


def test_a_nation_becomes_a_sample_with_its_share_of_chips_and_inspectors():
    whole = Scenario.load("baseline").replace(
        fleet__scale=1, verification__signing="none", enforcement__planned_inspectors=10
    )
    part = whole.site_sample(SAMPLED)
    assert (part.geography.sites, part.geography.sampled_sites) == (SITES, SAMPLED)
    assert part.fleet.scale == pytest.approx(SHARE)
    assert (part.enforcement.inspectors, part.enforcement.planned_inspectors) == (1, 1)
    shipped = whole.replace(enforcement__planned_inspectors=0).site_sample(SAMPLED).model_dump()
    stored = Scenario.load("site_sampled").model_dump()
    for content in (shipped, stored):
        content.pop("name")
        content["fleet"]["scale"] = round(content["fleet"]["scale"], 6)
    assert shipped == stored


@pytest.mark.parametrize(
    ("levers", "sites", "message"),
    [
        (
            {},
            20,
            r"sampled_sites = 20: enforcement.inspectors = 10 would become 0.461, rounded 0; allowed: .*next one is 35",
        ),
        ({}, 60, r"inspectors = 10 would become 1.38, rounded 1; allowed: .* the next one is 70"),
        ({}, 435, r"geography.sampled_sites = 435: allowed 0 to geography.sites = 434"),
        ({}, -1, r"geography.sampled_sites = -1: input should be greater than or equal to 0"),
        ({"geography__sampled_sites": 434}, 43, r"geography.sampled_sites = 434: allowed 0, for a sample is drawn of all"),
    ],
)
def test_what_cannot_stand_for_all_is_refused(levers, sites, message):
    with pytest.raises(ScenarioError, match=message):
        Scenario.load("baseline").replace(**levers).site_sample(sites)


def test_sites_hold_no_more_chips_than_there_are():
    with pytest.raises(ScenarioError, match=r"fleet.scale = 0.1: allowed up to 0.0990783, the share of sites"):
        Scenario.load("baseline").replace(geography__sampled_sites=43)
