"""Places near the restricted territory: who can be cleared there, and what a relayed answer from across the border adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attestation import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS
from scenarios.asking.ranges import parameter_range
from sim import Scenario
from sim.parameters import NetworkClass, load_parameters
from sim.randomness import Draws, run_seed
from sim.world.bounds import KM_PER_MS, SOUND_BOUNDS, Bound, clearance_ms
from sim.world.clearance import HARDLY, PROVEN, Samples, clearance_chance, sample_round_trips
from sim.world.excess import excess_ms, regime_of
from sim.world.geography import Hub, distances_km, hubs, landmark_cities
from sim.world.territory import Territory, distance_to_km, hubs_in, hubs_outside, territory

if TYPE_CHECKING:
    import pandas as pd

NETWORKS: tuple[NetworkClass, ...] = ("hosting", "cloud")
PLACES = ("Hong Kong", "Hanoi", "Haiphong", "Taipei", "Seoul", "Johor Bahru")
"""From the catalogues of hubs and of landmark cities; the first stands twice, the last one is no border case."""

MAINLAND = "china_mainland"

QUANTILES = (-1.645, 0.0, 1.645)
"""Standard normal deviates of 5, 50 and 95 %."""


@dataclass(frozen=True)
class Case:
    """A place, held against a territory."""

    place: Hub
    restricted: Territory

    @property
    def inside(self) -> bool:
        """Whether the place belongs to the territory, so that there is nothing to clear."""
        return not hubs_outside(self.restricted, [self.place])

    @property
    def name(self) -> str:
        """The place; Hong Kong with the territory, if that is the mainland alone."""
        alone = self.place.name == PLACES[0] and self.restricted.name == MAINLAND
        return f"{self.place.name} (mainland alone)" if alone else self.place.name


def cases(scenario: Scenario) -> list[Case]:
    """Each place against the scenario's territory; Hong Kong also against the mainland alone."""
    known = {place.name: place for place in (*landmark_cities(), *hubs())}
    own = scenario.geography.restricted
    against = [Case(known[name], own) for name in PLACES]
    alone = Case(known[PLACES[0]], territory(MAINLAND))
    return against if own.name == MAINLAND else [against[0], alone, *against[1:]]


def case_rows(
    here: Sequence[Case], landmarks: Sequence[Hub], network: NetworkClass, scenario: Scenario, worlds: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Rows of the cases of one territory, for one class of networks and one set of landmarks, by bound."""
    values = scenario.values
    processing_ms, model = values["in_loop_processing_ms"], load_parameters().latency[network]
    moved = {"low": -1.0, "central": 0.0, "high": 1.0}
    samples = {
        end: sample_round_trips(
            [case.place for case in here],
            landmarks,
            asked=scenario.verification.landmarks_asked,
            worlds=worlds,
            model=model.shifted(moved[end]),
            values=of_end,
            draws=Draws(run_seed(seed, 0)),
        )
        for end, of_end in parameter_range("excess_scale", scenario).items()
    }
    for place, case in enumerate(here):
        described = _described(case, landmarks, network, samples["central"][place], processing_ms)
        for bound in SOUND_BOUNDS:
            answers = {}
            for end, of_hubs in samples.items():
                chance = clearance_chance(of_hubs[place], case.restricted, bound, processing_ms)
                answers[end] = 0.0 if case.inside else chance.by_intersection
            probability = answers["central"]
            yield {
                **described,
                "bound": bound,
                "time_to_beat_ms": described["distance_km"] / KM_PER_MS[bound],
                "probability": probability,
                "low": min(answers.values()),
                "high": max(answers.values()),
                "mc_error": float(np.sqrt(probability * (1 - probability) / worlds)),
                **{
                    f"relay_cleared_{end}": _relay_cleared(case, samples["central"][place], bound, processing_ms, speed)
                    for end, speed in circuit_speeds(scenario).items()
                },
            }


def _described(
    case: Case, landmarks: Sequence[Hub], network: NetworkClass, samples: Samples, processing_ms: float
) -> dict[str, Any]:
    """What does not depend on the bound. Slack: the time to beat (planning) less that of light in glass, at best."""
    best_ms = samples.rtt_ms.min(axis=1) + processing_ms
    low_ms, median_ms, high_ms = np.quantile(best_ms, [0.05, 0.5, 0.95]).tolist()
    limit_ms = clearance_ms([landmark.position for landmark in samples.landmarks], case.restricted)
    slack_ms = limit_ms - samples.distance_km / FIBRE_KM_PER_MS
    best = int(np.argmax(slack_ms))
    return {
        "case": case.name,
        "territory": case.restricted.name,
        "inside": case.inside,
        "distance_km": 0.0 if case.inside else float(distance_to_km([case.place.position], case.restricted)[0]),
        "network": network,
        "landmarks": len(landmarks),
        "best_rtt_ms": median_ms,
        "best_rtt_q05_ms": low_ms,
        "best_rtt_q95_ms": high_ms,
        "best_landmark": samples.landmarks[best].name,
        "best_landmark_km": float(samples.distance_km[best]),
        "best_landmark_slack_ms": float(slack_ms[best]),
    }


def circuit_speeds(scenario: Scenario) -> dict[str, float]:
    """The adversary's circuit, as a share of the speed of light: the scenario's, and the ends of its range."""
    fast = parameter_range("fast_circuit_speed", scenario)
    return {end: values["fast_circuit_speed"] for end, values in fast.items()}


def _relay_cleared(case: Case, samples: Samples, bound: Bound, processing_ms: float, speed: float) -> float:
    """How often a chip at the nearest point of the territory is cleared, through a relay at the declared site and a circuit.

    The way on from the relay is the same for all landmarks: it adds to each round trip what it takes itself.
    """
    if case.inside:
        return 0.0
    distance_km = float(distance_to_km([case.place.position], case.restricted)[0])
    detour_ms = distance_km / (VACUUM_KM_PER_MS * speed)
    return clearance_chance(samples, case.restricted, bound, processing_ms + detour_ms).by_intersection


def relay_rows(case: Case, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """What an answer from across the border takes longer, by the way from the relay at the declared site."""
    border_km = float(distance_to_km([case.place.position], case.restricted)[0])
    cities = [hub for hub in hubs_in(case.restricted, hubs()) if hub.country in territory(MAINLAND).countries]
    cities = cities or list(hubs_in(case.restricted, hubs()))
    to_city_km = distances_km([case.place.position], [city.position for city in cities])[0]
    nearest = int(np.argmin(to_city_km))
    city_km, speeds = float(to_city_km[nearest]), circuit_speeds(scenario)
    described = {"case": case.name, "territory": case.restricted.name}
    for to, km in (("the border", border_km), (cities[nearest].name, city_km)):
        times_ms = sorted(km / (VACUUM_KM_PER_MS * speed) for speed in speeds.values())
        central_ms = km / (VACUUM_KM_PER_MS * speeds["central"])
        yield {
            **described, "to": to, "km": km, "way": "own circuit", "adds_ms": central_ms, "low_ms": times_ms[0],
            "high_ms": times_ms[-1],
        }  # fmt: skip
    floor_ms = max(city_km, scenario.values["distance_within_city_km"]) / FIBRE_KM_PER_MS
    for network in NETWORKS:
        model = load_parameters().latency[network]
        regime = model.regimes[regime_of(network, case.place.country, cities[nearest].country, city_km)]
        low_ms, median_ms, high_ms = (
            floor_ms + float(excess_ms(regime, floor_ms, normal)) * scenario.values["excess_scale"] for normal in QUANTILES
        )
        yield {
            **described, "to": cities[nearest].name, "km": city_km, "way": f"internet, {network}", "adds_ms": median_ms,
            "low_ms": low_ms, "high_ms": high_ms,
        }  # fmt: skip


def verdict(table: pd.DataFrame, case: str) -> str:
    """What the largest network can do for a case, by how often it clears an honest chip there on either class of networks.

    What the planning bound alone clears stands on the convention that no circuit is faster than light in glass.
    """
    rows = table[(table["case"] == case) & (table["landmarks"] == table["landmarks"].max())]
    if rows["inside"].any():
        return "inside: nothing to clear"
    planning, security = (rows[rows["bound"] == bound]["probability"] for bound in ("planning", "vacuum"))
    if security.min() >= PROVEN:
        return "ping"
    if planning.max() < HARDLY:
        return "inspect only"
    return "ping, by the planning bound" if planning.min() >= PROVEN else "depends on the path"
