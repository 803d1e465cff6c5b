"""Where can a ping prove that a chip is outside the restricted territory?

Every hub of the catalogue against mainland China, and against China with Hong Kong and Macao: the round trip that a
landmark in the same city must stay below, and how often an honest chip gets there with few, more and many landmarks and with
more or less processing in the timed loop. Nothing is simulated over time: one burst in each of many worlds, which differ in
how slow paths are, in quiet times. The quick version has fewer worlds, and the range over `excess_scale` only for the
network and processing that the map shows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from scenarios.study import Options, Study, main
from sim import Scenario, Tabulation
from sim.parameters import load_parameters
from sim.provenance import manifest
from sim.randomness import Draws, run_seed
from sim.world.bounds import Bound
from sim.world.clearance import HARDLY, PROVEN, FloatArray, Samples, clearance_chance, clearance_ms, sample_round_trips
from sim.world.geography import Hub, hubs, pairwise_km
from sim.world.placement import place_landmarks
from sim.world.sites import build_sites
from sim.world.territory import BoolArray, Territory, hubs_outside, territory

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

WORLDS, QUICK_WORLDS = 1000, 200
LEVERS = {"geography.landmarks": 500, "verification.landmarks_asked": 10}
TERRITORIES = ("china_mainland", "prc_hk_macau")
SMALLER_NETWORKS = (12, 100)
"""Beside the network of the scenario, and less than it."""

PROCESSING_MS = (0.0, 0.1, 2.0, 200.0)
"""In the timed loop: none, a key in software, a kernel through a GPU's driver (see the row `in_loop_processing_ms`), and so
long that light gets to the other side of the Earth."""

SHOWN_LANDMARKS, SHOWN_PROCESSING_MS = 100, 0.1


def study(options: Options) -> Study:
    """The baseline's world with the largest network, ten landmarks asked, under the user's levers."""
    scenario = Scenario.load("baseline").replace_keys({**LEVERS, **options.levers})
    for name in TERRITORIES:
        scenario.replace(geography__territory=name)  # refuses what does not fit these territories
    return Study(scenario, options.runs or (QUICK_WORLDS if options.quick else WORLDS))


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Every hub by territory, network and processing."""
    import pandas as pd

    scenario = study.scenario
    places = [hub for hub in hubs() if any(hub.country not in one.countries for one in _territories(scenario))]
    cases = list(product(_territories(scenario), _networks(scenario)))
    frames = []
    for restricted, number in cases:
        frames.append(_hubs_under(restricted, number, places, study, options))
        progress(restricted.name, len(frames), len(cases), "network")
    table = pd.concat(frames, ignore_index=True)
    made_by = manifest(options.name, scenario, options.seed, study.runs, options.quick)
    return Tabulation(scenario, table, _overview(table), made_by)


def _territories(scenario: Scenario) -> list[Territory]:
    """Both readings of China, and the scenario's territory if it is another."""
    named = [territory(name) for name in TERRITORIES]
    own = scenario.geography.restricted
    return named if own.name in TERRITORIES else [*named, own]


def _networks(scenario: Scenario) -> list[int]:
    largest = scenario.geography.landmarks
    return [*(number for number in SMALLER_NETWORKS if number < largest), largest]


def _shown_landmarks(scenario: Scenario) -> int:
    """The network that figures of a single one draw."""
    return min(SHOWN_LANDMARKS, scenario.geography.landmarks)


def _hubs_under(restricted: Territory, number: int, places: Sequence[Hub], study: Study, options: Options) -> pd.DataFrame:
    """The rows of one territory and one network. A hub inside has nothing to prove: its clearance time and chance are 0."""
    import pandas as pd

    scenario, worlds = study.scenario, study.runs
    landmarks = _network(scenario, restricted, number, options.seed)
    row = load_parameters().parameters["excess_scale"]
    ranged = [
        processing_ms
        for processing_ms in PROCESSING_MS
        if not options.quick or (number, processing_ms) == (_shown_landmarks(scenario), SHOWN_PROCESSING_MS)
    ]
    own = sample_round_trips(
        places,
        landmarks,
        asked=scenario.verification.landmarks_asked,
        worlds=worlds,
        network=scenario.geography.network,
        model=load_parameters().latency[scenario.geography.network],
        values=scenario.values,
        draws=Draws(run_seed(options.seed, 0)),
    )
    sampled = [own, *([one.rescaled(end / scenario.values["excess_scale"]) for one in own] for end in (row.low, row.high))]
    positions = [hub.position for hub in places]
    outside = np.array([hub.country not in restricted.countries for hub in places])
    first = [samples.landmarks[0] for samples in own]
    described = pd.DataFrame(
        {
            "territory": restricted.name,
            "hub": [hub.name for hub in places],
            "country": [hub.country for hub in places],
            "latitude_deg": [position.latitude_deg for position in positions],
            "longitude_deg": [position.longitude_deg for position in positions],
            "clearance_ms": np.where(outside, clearance_ms(positions, restricted, scenario.verification.bound), 0.0),
            "landmarks": number,
        }
    )
    frames = []
    for processing_ms in PROCESSING_MS:
        chances = [
            _chances(samples, outside, restricted, scenario.verification.bound, processing_ms)
            for samples in (sampled if processing_ms in ranged else sampled[:1])
        ]
        by_one, chance = chances[0]
        reached = np.array([by_intersection for _, by_intersection in chances])
        best_ms = np.array([samples.rtt_ms.min(axis=1) for samples in own]) + processing_ms
        low_ms, median_ms, high_ms = np.quantile(best_ms, [0.05, 0.5, 0.95], axis=1)
        frames.append(
            described.assign(
                processing_ms=processing_ms,
                probability=chance,
                low=reached.min(axis=0) if processing_ms in ranged else np.nan,
                high=reached.max(axis=0) if processing_ms in ranged else np.nan,
                mc_error=np.sqrt(chance * (1 - chance) / worlds),
                nearest_landmark=[landmark.name for landmark in first],
                nearest_landmark_km=pairwise_km(positions, [landmark.position for landmark in first]),
                gained_by_intersection=chance - by_one,
                best_rtt_ms=median_ms,
                best_rtt_q05_ms=low_ms,
                best_rtt_q95_ms=high_ms,
            )
        )
    return pd.concat(frames, ignore_index=True)


def _network(scenario: Scenario, restricted: Territory, number: int, seed: int) -> tuple[Hub, ...]:
    """The landmarks, placed for the scenario's sites as the baseline places them."""
    geography, draws = scenario.geography, Draws(run_seed(seed, 0))
    return place_landmarks(
        geography.placement,
        number,
        build_sites(geography.sites, hubs_outside(restricted, hubs()), scenario.values, draws),
        restricted,
        bound=scenario.verification.bound,
        network=geography.network,
        model=load_parameters().latency[geography.network],
        values=scenario.values,
        draws=draws,
    )


def _chances(
    sampled: Sequence[Samples], outside: BoolArray, restricted: Territory, bound: Bound, processing_ms: float
) -> FloatArray:
    """Chance of each hub by the best landmark alone, and by the intersection as well, shape (2, hubs)."""
    chances = np.zeros((2, len(sampled)))
    for hub in np.flatnonzero(outside).tolist():
        chance = clearance_chance(sampled[hub], restricted, bound, processing_ms)
        chances[:, hub] = chance.by_one, chance.by_intersection
    return chances


def _overview(table: pd.DataFrame) -> pd.DataFrame:
    """Hubs outside each territory by class, mean chance, and what the intersection adds to it."""
    outside = table[table["clearance_ms"] > 0]
    groups = outside.groupby(["territory", "landmarks", "processing_ms"], sort=False)["probability"]
    shares = {
        "share_at_least_0.9": groups.agg(lambda chance: (chance >= PROVEN).mean()),
        "share_0.1_to_0.9": groups.agg(lambda chance: ((chance >= HARDLY) & (chance < PROVEN)).mean()),
        "share_below_0.1": groups.agg(lambda chance: (chance < HARDLY).mean()),
    }
    gained = outside.groupby(["territory", "landmarks", "processing_ms"], sort=False)["gained_by_intersection"].mean()
    overview = groups.size().rename("hubs").to_frame().assign(**shares)
    return overview.assign(mean_probability=groups.mean(), mean_gained_by_intersection=gained).reset_index()


def figures(result: Tabulation) -> Iterator[Chart]:
    """The map of verifiability, and the time to beat beside the times there are."""
    from sim.figures import (
        Chart,
        frame,
        source_line,
        territory_name,
        time_to_beat,
        time_to_beat_data,
        verifiability_data,
        verifiability_map,
    )

    scenario, landmarks = result.scenario, _shown_landmarks(result.scenario)
    restricted = territory_name(scenario.geography.restricted.name)
    shown = {"landmarks": landmarks, "processing_ms": SHOWN_PROCESSING_MS}

    source = source_line(result.manifest, "worlds", "none drawn; ranges are in the data")
    axes = verifiability_map(result, **shown)
    data = verifiability_data(result, **shown)
    outside = data[(data["territory"] == scenario.geography.restricted.name) & (data["shown_as"] != "inside")]
    proven, hardly = ((outside["shown_as"] == name).sum() for name in ("proven", "hardly"))
    title = f"With {landmarks} landmarks a ping clears chips at {proven} of {len(outside)} hubs, hardly ever at {hardly}"
    subtitle = f"Share of simulated worlds in which one burst excludes {restricted}; {_processing()}"
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source)
    caption = (
        f"Where a ping proves an honest chip outside {restricted}: each hub of the catalogue (none in the United States) "
        f"by the share of worlds in which one burst from the {_asked(scenario)} does so. Labels give that share and the "
        "round trip that a landmark in the same city must stay below. Standard errors from the number of worlds, and the "
        f"range with every latency excess at {_excess_range()} its central value, are in the data. "
        f"{_assumptions(scenario)} {source}"
    )
    yield Chart("world-map", axes[0].figure, data, caption)

    source = source_line(result.manifest, "worlds", "5-95 % over worlds, parameters at the scenario's values")
    axis = time_to_beat(result, processing_ms=SHOWN_PROCESSING_MS)
    data = time_to_beat_data(result, SHOWN_PROCESSING_MS)
    reliable = data[data["probability"] >= PROVEN].groupby("landmarks").size().reindex(_networks(scenario), fill_value=0)
    (few, first), *larger = reliable.items()
    title = f"{few} landmarks reliably clear {first} of these {data['hub'].nunique()} cities"
    title += "".join(f", {number} clear {count}" for number, count in larger)
    subtitle = (
        "Best round trip of one burst: medians and 5-95 % of worlds; "
        f"cleared (bold): proven outside in {100 * PROVEN:.0f} % of worlds or more"
    )
    frame(axis.figure, title=title, subtitle=subtitle, source=source)
    caption = (
        f"The round trip that a landmark in the same city must stay below to exclude {restricted}, and the best round trip "
        f"of an honest chip among the {_asked(scenario)}; at the right, the share of worlds in which one burst "
        "proves the chip outside. A landmark further from the border than the chip has a longer time to beat than the one "
        "drawn, so that the share may be larger than the lines suggest. Hong Kong, where it lies inside the territory, is "
        f"held against mainland China alone. {_assumptions(scenario)} {source}"
    )
    yield Chart("time-to-beat", axis.figure, data, caption)


def _asked(scenario: Scenario) -> str:
    return f"{scenario.verification.landmarks_asked} nearest landmarks (all, if there are fewer)"


def _processing() -> str:
    return f"{SHOWN_PROCESSING_MS:g} ms of processing in the timed loop"


def _excess_range() -> str:
    row = load_parameters().parameters["excess_scale"]
    return f"{row.low:g} and {row.high:g} times"


def _assumptions(scenario: Scenario) -> str:
    """The assumptions that matter, for a caption."""
    geography, bound = scenario.geography, scenario.verification.bound
    network = {
        "hosting": "hosting networks on the open internet, as measured in 2020",
        "cloud": "one cloud provider's backbone, as measured in 2025",
    }[geography.network]
    limits = {
        "planning": "2/3 of c, which an adversary's own circuit at up to c can beat; the security bound, c, "
        "has times to beat a third shorter",
        "vacuum": "c, which nothing can beat",
    }.get(bound, "not sound: real paths are faster")
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items())
    return (
        f"Latency of {network}; each world draws what is slow about every path, and one burst, so that a share mixes sites "
        "that are always cleared, or never, with bursts that differ. Quiet times: no congestion, no route changes. "
        f"Bound: {bound}, {limits}. Landmarks by placement {geography.placement}, none in the territory or under an arms "
        f"embargo (Country Group D:5); {_processing()}. Chips and landmarks stand at city centres, good to about 20 km, "
        "which decides near a border. Hubs carry no weight. Parameters changed from their central values: "
        f"{changed or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
