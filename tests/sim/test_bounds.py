"""Distance bounds: what is sound, what an intersection of discs excludes, and what an unsound speed costs."""

import numpy as np
import pytest

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS
from sim.world.bounds import KM_PER_MS, SOUND_BOUNDS, hardest_points_km, intersection_misses
from sim.world.geography import Position, distances_km, hubs
from sim.world.territory import border_distances_km, distance_to_km, nearest_point, territory

MAINLAND = territory("china_mainland")
BY_NAME = {hub.name: hub.position for hub in hubs()}


def test_the_sound_bounds_are_those_no_slower_than_light_in_fibre():
    assert {bound for bound, speed in KM_PER_MS.items() if speed >= FIBRE_KM_PER_MS} == set(SOUND_BOUNDS)
    assert max(KM_PER_MS.values()) == VACUUM_KM_PER_MS


def test_distances_to_border_points_are_just_below_the_geodesics():
    """So that an exclusion that rests on them is sound."""
    places = [BY_NAME[name] for name in ("Taipei", "Singapore", "Frankfurt", "Sao Paulo")]
    fast = border_distances_km(places, MAINLAND)
    for place, column in zip(places, fast.T, strict=True):
        nearest = distance_to_km([place], MAINLAND)[0]
        assert column.min() <= nearest + 1e-6
        assert column.min() == pytest.approx(nearest, rel=0.02 if nearest > 10_000 else 0.005)


def test_one_disc_excludes_a_territory_if_and_only_if_it_is_smaller_than_the_distance():
    """Up to the stated rounding: 1 % and half a kilometre."""
    for name in ("Taipei", "Seoul", "Singapore"):
        hardest = hardest_points_km((BY_NAME[name],), MAINLAND)
        distance = distance_to_km([BY_NAME[name]], MAINLAND)[0]
        assert hardest.shape == (1, 1)
        assert 0.985 * distance - 0.5 < hardest[0, 0] <= distance


def test_an_intersection_is_judged_as_by_a_grid():
    """Random discs that hold a common point outside: a grid of China at 60 km says whether they reach it.

    What is called missed is missed by every point; what is not is reached, or would be by discs 1 % and half a cell larger.
    """
    restricted = MAINLAND
    generator = np.random.default_rng(4)
    names = ["Seoul", "Tokyo", "Taipei", "Singapore", "Bangkok", "Delhi", "Dubai"]
    step = 60 / 111.2
    rows = [(a, b) for a in np.arange(18, 54, step) for b in np.arange(73, 135, step / np.cos(np.radians(a)))]
    inside = [place for place in (Position(float(a), float(b)) for a, b in rows) if restricted.contains(place)]
    judged = []
    for _ in range(60):
        chosen = generator.choice(names, 3, replace=False)
        centres = tuple(BY_NAME[name] for name in chosen)
        witness = BY_NAME[generator.choice([name for name in names if not restricted.contains(BY_NAME[name])])]
        reach = distances_km([witness], centres)[0]
        radius = reach + generator.exponential(400, 3)
        missed = intersection_misses(radius[None], centres, restricted)[0]
        to_inside = distances_km(inside, centres)
        if missed:
            assert not (to_inside <= radius).all(axis=1).any()
        else:
            assert (to_inside <= 1.01 * radius + 45).all(axis=1).any()
        judged.append(missed)
    assert 10 < sum(judged) < 55


def test_two_discs_may_exclude_together_what_neither_does_alone():
    """Landmarks far to the east and to the west of the nearest border, and a chip between them."""
    centres = (Position(5.0, 115.0), Position(5.0, 95.0))
    nearest = [nearest_point(centre, MAINLAND) for centre in centres]
    reach = distance_to_km(centres, MAINLAND)
    between = distances_km([Position(5.0, 105.0)], centres)[0]
    radius = np.maximum(reach + 15, between + 1)
    assert (radius > reach).all()  # each disc reaches China
    assert distances_km([nearest[0]], [nearest[1]])[0, 0] > 100
    assert intersection_misses(radius[None], centres, MAINLAND)
    # One landmark more never worsens the bound, whatever it measures.
    with_third = (*centres, BY_NAME["Singapore"])
    assert intersection_misses(np.append(radius, 20_000.0)[None], with_third, MAINLAND)
