"""Where can a ping prove that a chip is outside the restricted territory?

Every hub of the catalogue against mainland China, and against China with Hong Kong and Macao: the round trip that a
landmark in the same city must stay below, and how often an honest chip gets there with few, more and many landmarks and with
more or less processing in the timed loop. Nothing is simulated over time: one burst in each of many worlds, which differ in
how slow paths are, in quiet times. The quick version has fewer worlds, and the range over latencies only for the
network and processing that the map shows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.answering.brief import Estimate, Table
from scenarios.answering.sentences import listed
from scenarios.asking.ranges import parameter_range
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim import Scenario, Tabulation
from sim.parameters import Values, load_parameters
from sim.provenance import manifest
from sim.randomness import Draws, run_seed
from sim.world.bounds import SOUND_BOUNDS, Bound, clearance_ms
from sim.world.clearance import HARDLY, PROVEN, FloatArray, Samples, clearance_chance, sample_round_trips
from sim.world.geography import Hub, hubs, pairwise_km
from sim.world.placement import place_landmarks
from sim.world.sites import build_sites
from sim.world.territory import BoolArray, Territory, hubs_outside, territory

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

WORLDS, QUICK_WORLDS = 1000, 100
LEVERS = {"geography.landmarks": 500, "verification.landmarks_asked": 10}
TERRITORIES = ("china_mainland", "prc_hk_macau")
SMALLER_NETWORKS = (12, 100)
"""Beside the network of the scenario, and less than it."""

PROCESSING_MS = (0.0, 0.15, 2.0, 200.0)
"""In the timed loop: none, a prover in software, a kernel through a GPU's driver (see the row `in_loop_processing_ms`), and
so long that light gets to the other side of the Earth. The scenario's own value, if it is another, comes on top."""

SHOWN_LANDMARKS = 100

NEAREST = 3
"""Hubs with the shortest times to beat that the answer names."""

DRIVERS = (
    "geography.landmarks", "geography.placement", "geography.network", "geography.territory", "verification.bound",
    "verification.landmarks_asked", "excess_scale", "in_loop_processing_ms", "distance_within_city_km",
)  # fmt: skip
CITATIONS = ("wonderproxy-2020", "aws-2025", "iaps-2025")
INTERVALS = (
    "from the low to the high end of the range of latency, where it was computed and is not set; the worlds of each end are "
    "the same"
)

ROUNDING = (
    f"A share that whole per cents would round up to {100 * HARDLY:.0f} % or {100 * PROVEN:.0f} %, the limits of the "
    "classes, keeps a decimal."
)


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
        progress(restricted.name, len(frames), len(cases), unit="network")
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


def _processing_times_ms(scenario: Scenario) -> list[float]:
    return sorted({*PROCESSING_MS, _shown_processing_ms(scenario)})


def _shown_landmarks(scenario: Scenario) -> int:
    """The network that figures of a single one draw."""
    return min(SHOWN_LANDMARKS, scenario.geography.landmarks)


def _shown_processing_ms(scenario: Scenario) -> float:
    """The processing that figures draw."""
    return scenario.values["in_loop_processing_ms"]


def _hubs_under(restricted: Territory, number: int, places: Sequence[Hub], study: Study, options: Options) -> pd.DataFrame:
    """The rows of one territory and one network. A hub inside has nothing to prove: its clearance time and chance are 0."""
    import pandas as pd

    scenario = study.scenario
    landmarks = _network(scenario, restricted, number, options.seed)
    samples = {end: _sampled(places, landmarks, study, options.seed, end) for end in _latency_range(scenario)}
    positions = [hub.position for hub in places]
    outside = np.isin([hub.name for hub in places], [hub.name for hub in hubs_outside(restricted, places)])
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
    shown = _shown_landmarks(scenario), _shown_processing_ms(scenario)
    frames = []
    for processing_ms in _processing_times_ms(scenario):
        ranged = not options.quick or (number, processing_ms) == shown
        chances = {
            end: _chances(samples[end], outside, restricted, scenario, processing_ms)
            for end in (samples if ranged else ("central",))
        }
        frames.append(described.assign(**_columns(samples["central"], chances, places, processing_ms)))
    return pd.concat(frames, ignore_index=True)


def _sampled(places: Sequence[Hub], landmarks: Sequence[Hub], study: Study, seed: int, end: str) -> tuple[Samples, ...]:
    """Round trips at the scenario's latency, or at one end of its range."""
    scenario = study.scenario
    values, errors = _latency_range(scenario)[end]
    return sample_round_trips(
        places,
        landmarks,
        asked=scenario.verification.landmarks_asked,
        worlds=study.runs,
        model=load_parameters().latency[scenario.geography.network].shifted(errors),
        values=values,
        draws=Draws(run_seed(seed, 0)),
    )


def _latency_range(scenario: Scenario) -> dict[str, tuple[Values, float]]:
    """Low, central and high latency: `excess_scale`, and by how many standard errors the fitted levels move with it."""
    moved = {"low": -1.0, "central": 0.0, "high": 1.0}
    return {end: (values, moved[end]) for end, values in parameter_range("excess_scale", scenario).items()}


def _columns(
    samples: Sequence[Samples], chances: dict[str, FloatArray], places: Sequence[Hub], processing_ms: float
) -> dict[str, Any]:
    """What one processing time gives at every hub. Without a range of latencies, `low` and `high` stay empty."""
    by_one, chance, contradicted = chances["central"]
    reached = np.array([by_intersection for _, by_intersection, _ in chances.values()])
    ranged = len(chances) > 1
    first = [of_hub.landmarks[0] for of_hub in samples]
    best_ms = np.array([of_hub.rtt_ms.min(axis=1) for of_hub in samples]) + processing_ms
    low_ms, median_ms, high_ms = np.quantile(best_ms, [0.05, 0.5, 0.95], axis=1)
    return {
        "processing_ms": processing_ms,
        "probability": chance,
        "low": reached.min(axis=0) if ranged else np.nan,
        "high": reached.max(axis=0) if ranged else np.nan,
        "mc_error": np.sqrt(chance * (1 - chance) / best_ms.shape[1]),
        "nearest_landmark": [landmark.name for landmark in first],
        "nearest_landmark_km": pairwise_km([hub.position for hub in places], [landmark.position for landmark in first]),
        "gained_by_intersection": chance - by_one,
        "contradicted": contradicted,
        "best_rtt_ms": median_ms,
        "best_rtt_q05_ms": low_ms,
        "best_rtt_q95_ms": high_ms,
    }


def _network(scenario: Scenario, restricted: Territory, number: int, seed: int) -> tuple[Hub, ...]:
    """The landmarks, placed for the scenario's sites as the baseline places them."""
    geography, draws = scenario.geography, Draws(run_seed(seed, 0))
    return place_landmarks(
        geography.placement,
        number,
        build_sites(geography.sites, hubs_outside(restricted, hubs()), scenario.values, draws, geography.largest_site_at),
        restricted,
        bound=scenario.verification.bound,
        model=load_parameters().latency[geography.network],
        values=scenario.values,
        draws=draws,
    )


def _chances(
    samples: Sequence[Samples], outside: BoolArray, restricted: Territory, scenario: Scenario, processing_ms: float
) -> FloatArray:
    """Chance of each hub by the best landmark alone, by the intersection as well, and of contradiction, shape (3, hubs)."""
    chances = np.zeros((3, len(samples)))
    for hub in np.flatnonzero(outside).tolist():
        chance = clearance_chance(samples[hub], restricted, scenario.verification.bound, processing_ms)
        chances[:, hub] = chance.by_one, chance.by_intersection, chance.contradicted
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


def answer(result: Tabulation) -> str:
    """At how many hubs a burst is proof, by the number of landmarks, and how it stands nearest to the border."""
    from sim.figures import territory_name

    scenario, shown = result.scenario, _shown_landmarks(result.scenario)
    outside = _outside(result, scenario.geography.restricted.name, shown)
    others = [
        f"with {number} landmarks {_counts(_outside(result, scenario.geography.restricted.name, number))[0]} are proven so"
        for number in _networks(scenario)
        if number != shown
    ]
    place = territory_name(scenario.geography.restricted.name)
    proven, hardly = _counts(outside)
    correlation = outside["probability"].rank().corr(outside["clearance_ms"].rank())
    nearest = outside.sort_values("clearance_ms").head(NEAREST)
    named = [f"{row['hub']} ({row['clearance_ms']:.2g} ms) {_chance(row).of('%')}" for _, row in nearest.iterrows()]
    return (
        f"With {shown} landmarks one burst proves an honest chip outside {place} in "
        f"{100 * PROVEN:.0f} % of worlds or more at {proven.of(f'of {len(outside)} hubs')}, in less than "
        f"{100 * HARDLY:.0f} % at {hardly}{f'; {listed(others)}' if others else ''}. "
        f"Over hubs the rank correlation of that share with the time to beat, which the way to the border sets, is "
        f"{correlation:.2f}; where the time is shortest, the share is at {listed(named)}."
    )


def table(result: Tabulation) -> Table:
    """Hubs proven and hardly ever, by territory, landmarks and processing in the loop."""
    import pandas as pd

    from sim.figures import territory_name

    rows = []
    for restricted in _territories(result.scenario):
        for number in _networks(result.scenario):
            for processing_ms in _processing_times_ms(result.scenario):
                outside = _outside(result, restricted.name, number, processing_ms)
                proven, hardly = _counts(outside)
                rows.append(
                    {
                        "outside": territory_name(restricted.name),
                        "landmarks": number,
                        "processing, ms": processing_ms,
                        "hubs": len(outside),
                        "proven at": proven,
                        "hardly ever at": hardly,
                    }
                )
    caption = (
        f"Hubs at which a burst proves an honest chip outside in {100 * PROVEN:.0f} % of worlds or more, and at which in "
        f"less than {100 * HARDLY:.0f} %."
    )
    return Table(caption, pd.DataFrame(rows))


def _outside(result: Tabulation, name: str, landmarks: int, processing_ms: float | None = None) -> pd.DataFrame:
    """Rows of the hubs outside a territory, in one network, with the processing that figures show or another."""
    table = result.table
    processing_ms = _shown_processing_ms(result.scenario) if processing_ms is None else processing_ms
    of_network = (table["territory"] == name) & (table["landmarks"] == landmarks)
    return table[of_network & (table["processing_ms"] == processing_ms) & (table["clearance_ms"] > 0)]


def _counts(outside: pd.DataFrame) -> tuple[Estimate, Estimate]:
    """Hubs that are proven and hardly ever, with those at the ends of the range of latency if it was computed."""
    chances = [outside[name] for name in ("probability", "low", "high")]
    proven = [float((chance >= PROVEN).sum()) if chance.notna().any() else np.nan for chance in chances]
    hardly = [float((chance < HARDLY).sum()) if chance.notna().any() else np.nan for chance in chances]
    return Estimate(*proven), Estimate(hardly[0], hardly[2], hardly[1])


def _chance(row: pd.Series[Any]) -> Estimate:
    """Share of worlds, in per cent."""
    return Estimate(*(100 * float(row[name]) for name in ("probability", "low", "high")))


def figures(result: Tabulation) -> Iterator[Chart]:
    """The map of verifiability, and the time to beat beside the times there are."""
    yield _map_chart(result)
    yield _times_chart(result)


def _map_chart(result: Tabulation) -> Chart:
    from sim.figures import Chart, frame, source_line, territory_name, verifiability_data, verifiability_map

    scenario, landmarks = result.scenario, _shown_landmarks(result.scenario)
    shown = {"landmarks": landmarks, "processing_ms": _shown_processing_ms(scenario)}
    restricted = territory_name(scenario.geography.restricted.name)
    source = source_line(result.manifest, "worlds", "none drawn; standard errors are in the data")
    axes = verifiability_map(result, **shown)
    proven, sometimes, hardly = _classes(result)
    title = f"With {landmarks} landmarks a ping clears chips at {proven} of {proven + sometimes + hardly} hubs"
    title += f", hardly ever at {hardly}"
    subtitle = f"Share of worlds in which one burst excludes {restricted}; {_processing(scenario)}"
    frame(axes[0].figure, title=title, subtitle=subtitle, source=source)
    caption = (
        f"Where a ping proves an honest chip outside {restricted}: each hub of the catalogue (none in the United States) "
        f"by the share of worlds in which one burst from the {_asked(scenario)} does so. Labels give that share and the "
        f"round trip that a landmark in the same city must stay below. {ROUNDING} Hubs around Singapore are drawn beside "
        "their places, which its mark would hide. Standard errors from the number of worlds"
        f"{_excess_range(scenario)} are in the data. {_assumptions(result)} {source}"
    )
    return Chart("world-map", axes[0].figure, verifiability_data(result, **shown), caption)


def _times_chart(result: Tabulation) -> Chart:
    from sim.figures import Chart, frame, source_line, territory_name, time_to_beat, time_to_beat_data

    scenario, processing_ms = result.scenario, _shown_processing_ms(result.scenario)
    restricted = territory_name(scenario.geography.restricted.name)
    source = source_line(result.manifest, "worlds", "5-95 % over worlds, parameters at the scenario's values")
    axis = time_to_beat(result, processing_ms=processing_ms)
    data = time_to_beat_data(result, processing_ms)
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
        f"proves the chip outside. {ROUNDING} A landmark further from the border than the chip has a longer time to beat "
        "than the one drawn, so that the share may be larger than the lines suggest. The cities are chosen, hard ones "
        "foremost. Hong Kong, where it lies inside the territory, is held against mainland China alone. "
        f"{_assumptions(result)} {source}"
    )
    return Chart("time-to-beat", axis.figure, data, caption)


def _classes(result: Tabulation) -> tuple[int, int, int]:
    """Hubs outside the scenario's territory that are proven, sometimes and hardly ever, in the network shown."""
    scenario, table = result.scenario, result.table
    rows = table[
        (table["territory"] == scenario.geography.restricted.name)
        & (table["landmarks"] == _shown_landmarks(scenario))
        & (table["processing_ms"] == _shown_processing_ms(scenario))
        & (table["clearance_ms"] > 0)
    ]
    proven, hardly = int((rows["probability"] >= PROVEN).sum()), int((rows["probability"] < HARDLY).sum())
    return proven, len(rows) - proven - hardly, hardly


def _asked(scenario: Scenario) -> str:
    return f"{scenario.verification.landmarks_asked} nearest landmarks (all, if there are fewer)"


def _processing(scenario: Scenario) -> str:
    return f"{_shown_processing_ms(scenario):g} ms of processing in the timed loop"


def _excess_range(scenario: Scenario) -> str:
    """What the data have besides standard errors: nothing if the user set the excess."""
    scales = [values["excess_scale"] for values, _ in _latency_range(scenario).values()]
    if len(scales) == 1:
        return ""
    return (
        f", and the range with every latency excess times {scales[0]:g} to {scales[-1]:g} and the fitted level of every "
        "regime one standard error lower to higher at the same time,"
    )


def _limits(bound: Bound) -> str:
    """What a bound may be trusted with, for a caption."""
    if bound not in SOUND_BOUNDS:
        return "not sound: real paths are faster, and worlds in which it contradicts the honest chip do not count as cleared"
    if bound == "vacuum":
        return "c, which nothing can beat"
    return (
        "2/3 of c, a convention that an adversary's own circuit can beat; the security bound, c, has times to beat a third "
        "shorter"
    )


def _assumptions(result: Tabulation) -> str:
    """The assumptions that matter, and what hubs are counted as, for a caption."""
    scenario = result.scenario
    geography, bound = scenario.geography, scenario.verification.bound
    network = {
        "hosting": "hosting networks on the open internet, as measured in 2020",
        "cloud": "one cloud provider's backbone, as measured in 2025",
    }[geography.network]
    proven, sometimes, hardly = _classes(result)
    within = scenario.values["distance_within_city_km"]
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items())
    return (
        f"Latency of {network}; each world draws what is slow about every path, and one burst, so that a share mixes sites "
        "that are always cleared, or never, with bursts that differ. Quiet times: no congestion, no route changes. "
        f"Bound: {bound}, {_limits(bound)}. Landmarks by placement {geography.placement}, none in the territory or under an "
        f"arms embargo (Country Group D:5); {_processing(scenario)}. Landmarks and chips stand at city centres, those in "
        f"one city at the same point, 0 km apart, though the path between them counts as {within:g} km: really they are up "
        "to some 20 km apart and from the centre, or 0.2 ms at 2/3 of c, which decides near a border. Hubs carry no weight, "
        f"a hub is a hub, however many chips it holds: with {_shown_landmarks(scenario)} landmarks {proven} of them are "
        f"proven outside in {100 * PROVEN:.0f} % of worlds or more, {sometimes} in {100 * HARDLY:.0f} to "
        f"{100 * PROVEN:.0f} %, {hardly} in less. Parameters changed from their central values: {changed or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
