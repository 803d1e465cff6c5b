"""Chances of clearance: against a closed form, against the verdict on single bursts, and where a bound is not sound."""

import numpy as np
import pytest

from attestation import FIBRE_KM_PER_MS
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.world.bounds import KM_PER_MS, SOUND_BOUNDS, clearance_ms
from sim.world.clearance import clearance_chance, sample_round_trips
from sim.world.excess import excess_quantile, regime_of
from sim.world.geography import Place, distances_km, hubs, landmark_cities
from sim.world.landmarks import build_panels
from sim.world.sites import Site
from sim.world.territory import territory

MAINLAND = territory("china_mainland")
VALUES = load_parameters().values()
HUBS = {hub.name: hub for hub in hubs()}
CITIES = {hub.name: hub for hub in landmark_cities()}


def sampled(hub, landmarks, *, worlds, model=None):
    (samples,) = sample_round_trips(
        [HUBS[hub]],
        landmarks,
        asked=10,
        worlds=worlds,
        model=model or load_parameters().latency["hosting"],
        values=VALUES,
        draws=Draws(1),
    )
    return samples


@pytest.mark.parametrize(("hub", "landmark"), [("Singapore", "Kuala Lumpur"), ("Osaka", "Tokyo"), ("Tokyo", "Tokyo")])
def test_one_landmark_without_jitter_clears_as_often_as_the_excess_is_below_the_slack(hub, landmark):
    """Closed form: the excess law's distribution function at limit - floor - processing."""
    model = load_parameters().latency["hosting"]
    km = float(distances_km([HUBS[hub].position], [CITIES[landmark].position])[0, 0])
    km = max(km, load_parameters().values()["distance_within_city_km"])
    name = regime_of("hosting", HUBS[hub].country, CITIES[landmark].country, km)
    regime = model.regimes[name].model_copy(update={"jitter_median_ms": 1e-12, "jitter_q95_ms": 1e-12})
    quiet = model.model_copy(update={"regimes": {**model.regimes, name: regime}})
    samples = sampled(hub, [CITIES[landmark]], worlds=20_000, model=quiet)
    floor_ms = km / FIBRE_KM_PER_MS
    slack_ms = clearance_ms([CITIES[landmark].position], MAINLAND)[0] - floor_ms

    def expected(processing_ms):
        return float(excess_quantile(regime, floor_ms, slack_ms - processing_ms))

    processing_ms = 0.8 * slack_ms
    measured = clearance_chance(samples, MAINLAND, "planning", processing_ms).by_one
    error = np.sqrt(expected(processing_ms) * (1 - expected(processing_ms)) / 20_000)
    assert measured == pytest.approx(expected(processing_ms), abs=4 * error + 1e-4)
    assert measured != pytest.approx(expected(0.5 * slack_ms), abs=4 * error + 1e-4), "the check can fail"


def test_a_landmark_in_the_territory_has_no_time_to_beat():
    assert clearance_ms([HUBS["Shanghai"].position], MAINLAND)[0] == 0
    planning, vacuum = (clearance_ms([HUBS["Taipei"].position], MAINLAND, bound)[0] for bound in ("planning", "vacuum"))
    assert vacuum == pytest.approx(planning * KM_PER_MS["planning"] / KM_PER_MS["vacuum"])


@pytest.mark.parametrize("hub", ["Seoul", "Moscow", "Bhubaneswar"])
def test_chances_in_bulk_are_those_of_the_verifier_one_by_one(hub):
    """With few landmarks, where the intersection adds something at Bhubaneswar if anywhere."""
    landmarks = landmark_cities()[:60]
    landmarks = [landmark for landmark in landmarks if landmark.country not in {"CN", "HK"}]
    samples = sampled(hub, landmarks, worlds=300)
    site = Site(0, Place(0, hub, HUBS[hub].country, HUBS[hub].position), 1.0)
    (panel,) = build_panels([site], landmarks, 10, "planning", MAINLAND)
    for processing_ms in (0.0, 3.0, 200.0):
        one_by_one = np.mean([panel.clears(rtt_ms + processing_ms) for rtt_ms in samples.rtt_ms])
        chance = clearance_chance(samples, MAINLAND, "planning", processing_ms)
        assert chance.by_intersection == pytest.approx(one_by_one)
        assert chance.by_one <= chance.by_intersection


def test_an_unsound_bound_contradicts_honest_chips_and_those_are_not_cleared():
    """Far from their landmarks paths are straightest: at 4/9 c many a chip in Santiago is told that it cannot be there."""
    samples = sampled("Santiago", list(CITIES.values())[:12], worlds=2000, model=load_parameters().latency["hosting"])
    sound = {bound: clearance_chance(samples, MAINLAND, bound, 0.1) for bound in SOUND_BOUNDS}
    assert all(chance.contradicted == 0 for chance in sound.values())
    unsound = clearance_chance(samples, MAINLAND, "four_ninths", 0.1)
    assert unsound.contradicted > 0.1
    assert unsound.by_one <= unsound.by_intersection <= 1 - unsound.contradicted
