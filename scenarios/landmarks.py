"""What does one landmark more buy, by where it is put?

The known sites abroad, and networks of a dozen to five hundred landmarks, put by four strategies. Counted is what share of
the chips an honest chip's burst clears, that is proves outside the restricted territory. No engine runs: the answer is
geography, latency and a price.

Strategies that know the sites (coverage, clearance) know how many chips each holds, as a register of licences would tell,
and expect the latency of the scenario's values; what is slow about single paths they learn no sooner than anybody else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from scenarios.answering.brief import Estimate, Table
from scenarios.asking.ranges import parameter_range
from scenarios.command_line import main
from scenarios.study import Options, Study
from sim import Scenario, Tabulation
from sim.outcomes.costs import landmark_network_cost_usd_per_year
from sim.parameters import load_parameters
from sim.provenance import manifest
from sim.randomness import Draws, run_seed
from sim.world.clearance import clearance_chance, sample_round_trips
from sim.world.geography import Hub, distances_km, hubs
from sim.world.placement import Placement, landmark_candidates, place_landmarks
from sim.world.sites import Site, build_sites
from sim.world.territory import hubs_outside

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

STRATEGIES: tuple[Placement, ...] = get_args(Placement)
SIZES, QUICK_SIZES = (12, 25, 50, 100, 200, 350, 500), (12, 100, 500)
RUNS, QUICK_RUNS = 5, 2
WORLDS, QUICK_WORLDS = 150, 25
"""Drawn for each run: what is slow about paths. A run draws which of the sites are large."""

SETTING = {"geography.sites": 434, "geography.landmarks": max(SIZES), "verification.landmarks_asked": 10}
WITHIN_KM = 100
WITHIN = f"chips_within_{WITHIN_KM}_km"
HEADLINE_LANDMARKS = 100

DRIVERS = (
    "geography.sites", "geography.network", "geography.territory", "verification.landmarks_asked", "verification.bound",
    "excess_scale", "in_loop_processing_ms", "distance_within_city_km", "landmark_cost_usd_per_year", "site_class_hundreds",
    "largest_site_chips",
)  # fmt: skip
CITATIONS = ("iaps-2025", "cset-model-2026", "wonderproxy-2020", "aws-2025")
INTERVALS = (
    "shares cleared, lowest to highest over draws of site sizes and over latency, if that is not set; gains, two standard "
    "errors over draws of site sizes; prices, their range"
)


def study(options: Options) -> Study:
    """The baseline with the known sites; `geography.landmarks` is the largest network. User's levers on top."""
    scenario = Scenario.load("baseline").replace_keys({**SETTING, **options.levers})
    return Study(scenario, options.runs or (QUICK_RUNS if options.quick else RUNS))


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Every strategy and size, for each run and for latency from the low to the high end of its range."""
    import pandas as pd

    scenario = study.scenario
    sizes = _network_sizes(scenario, options.quick)
    places = _hubs_of_sites(scenario)
    worlds = QUICK_WORLDS if options.quick else WORLDS
    rows: list[dict[str, Any]] = []
    orders: list[dict[str, Any]] = []
    for run in range(study.runs):
        draws = Draws(run_seed(options.seed, run))
        geography = scenario.geography
        sites = build_sites(geography.sites, places, scenario.values, draws, geography.largest_site_at)
        for number, strategy in enumerate(STRATEGIES, start=1):
            order = _order(strategy, scenario, sites, draws)
            orders += [
                {"run": run, "strategy": strategy, "rank": rank, "landmark": hub.name, "country": hub.country}
                for rank, hub in enumerate(order, start=1)
            ]
            distance_km = distances_km([hub.position for hub in places], [hub.position for hub in order])
            for size in sizes:
                key = {"strategy": strategy, "landmarks": size, "run": run}
                nearest_km = distance_km[:, :size].min(axis=1)
                outcomes = _outcomes(scenario, sites, order[:size], nearest_km, worlds, draws)
                rows += [{**key, **outcome} for outcome in outcomes]
            progress("landmarks", run * len(STRATEGIES) + number, study.runs * len(STRATEGIES), unit="network")
    table, placements = pd.DataFrame(rows), pd.DataFrame(orders)
    return Tabulation(
        scenario,
        table,
        _overview(table, placements, scenario),
        manifest(options.name, scenario, options.seed, study.runs, options.quick),
        further={"placements": placements},
    )


def _network_sizes(scenario: Scenario, quick: bool) -> tuple[int, ...]:
    """Numbers of landmarks to compare: the usual ones below `geography.landmarks`, and that."""
    largest = scenario.geography.landmarks
    return (*(size for size in (QUICK_SIZES if quick else SIZES) if size < largest), largest)


def _overview(table: pd.DataFrame, placements: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """One row for each strategy and size: mean over runs at the scenario's latency, with the range over runs and latencies.

    `points_per_landmark` is the gain in percentage points of chips over the next smaller network, for each landmark added
    (the smallest network is compared with none); `points_error` is its standard error over runs. `usd_per_point` is the
    price of a further point by that gain, infinite if it is not above two such errors. `next_landmark` is that of run 0.
    """
    import pandas as pd

    first_run = placements[placements["run"] == 0].set_index(["strategy", "rank"])["landmark"]
    prices = parameter_range("landmark_cost_usd_per_year", scenario)
    rows = []
    for strategy, of_strategy in table.groupby("strategy", sort=False):
        smaller, cleared_before = 0, 0.0
        for size, rows_of_size in of_strategy.groupby("landmarks"):
            central = rows_of_size[rows_of_size["excess_scale"] == scenario.values["excess_scale"]].set_index("run")
            gains = 100 * (central["chips_cleared"] - cleared_before) / (size - smaller)
            runs = len(central)
            gain, error = float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(runs))
            told = gain > 2 * np.nan_to_num(error)  # of a single run no error is known
            row = {
                "strategy": strategy,
                "landmarks": size,
                "chips_cleared": central["chips_cleared"].mean(),
                "chips_low": rows_of_size["chips_cleared"].min(),
                "chips_high": rows_of_size["chips_cleared"].max(),
                "mc_error": np.sqrt((central["mc_error"] ** 2).sum()) / runs,
                "sites_cleared": central["sites_cleared"].mean(),
                "sites_low": rows_of_size["sites_cleared"].min(),
                "sites_high": rows_of_size["sites_cleared"].max(),
                "mean_km": central["mean_km"].mean(),
                WITHIN: central[WITHIN].mean(),
                "points_per_landmark": gain,
                "points_error": error,
            }
            for name, values in prices.items():
                row[f"usd_per_year_{name}"] = landmark_network_cost_usd_per_year(size, values)
            for name, values in prices.items():
                added = landmark_network_cost_usd_per_year(1, values)
                row[f"usd_per_point_{name}"] = added / gain if told else np.inf
            row["next_landmark"] = first_run.get((strategy, size + 1), "")
            rows.append(row)
            smaller, cleared_before = size, central["chips_cleared"]
    return pd.DataFrame(rows)


def _order(strategy: Placement, scenario: Scenario, sites: Sequence[Site], draws: Draws) -> tuple[Hub, ...]:
    """Landmarks of the largest network in the order in which they are built, and the one that would come next."""
    geography = scenario.geography
    return place_landmarks(
        strategy,
        min(geography.landmarks + 1, len(landmark_candidates(geography.restricted))),
        sites,
        geography.restricted,
        bound=scenario.verification.bound,
        model=load_parameters().latency[geography.network],
        values=scenario.values,
        draws=draws,
    )


def _outcomes(
    scenario: Scenario,
    sites: Sequence[Site],
    landmarks: Sequence[Hub],
    nearest_km: NDArray[np.float64],
    worlds: int,
    draws: Draws,
) -> Iterator[dict[str, float]]:
    """What a network achieves, for each latency. Sites share hubs: times are drawn once for a hub, then weighted.

    `nearest_km` is the distance from each hub to its nearest landmark.
    """
    geography, verification = scenario.geography, scenario.verification
    places = _hubs_of_sites(scenario)
    hub_of_site = [site.number % len(places) for site in sites]
    of_sites = np.bincount(hub_of_site) / len(sites)
    of_chips = np.bincount(hub_of_site, weights=[site.capacity_chips for site in sites])
    of_chips /= of_chips.sum()
    central = scenario.values["excess_scale"]
    samples = sample_round_trips(
        places,
        landmarks,
        asked=verification.landmarks_asked,
        worlds=worlds,
        model=load_parameters().latency[geography.network],
        values=scenario.values,
        draws=draws,
    )
    for values in parameter_range("excess_scale", scenario).values():
        processing_ms = values["in_loop_processing_ms"]
        scale = values["excess_scale"] / central
        chances = [
            clearance_chance(of_hub.rescaled(scale), geography.restricted, verification.bound, processing_ms)
            for of_hub in samples
        ]
        cleared = np.array([chance.by_intersection for chance in chances])
        yield {
            "excess_scale": values["excess_scale"],
            "chips_cleared": float(of_chips @ cleared),
            "chips_cleared_by_one": float(of_chips @ [chance.by_one for chance in chances]),
            "sites_cleared": float(of_sites @ cleared),
            "mc_error": float(np.sqrt(of_chips**2 @ (cleared * (1 - cleared) / worlds))),
            "mean_km": float(of_chips @ nearest_km),
            WITHIN: float(of_chips @ (nearest_km < WITHIN_KM)),
        }


def _hubs_of_sites(scenario: Scenario) -> tuple[Hub, ...]:
    """The hubs at which there is a site, in their order."""
    return hubs_outside(scenario.geography.restricted, hubs())[: scenario.geography.sites]


BEST, USUAL = "clearance", "internet_hubs"
PLACED = {
    BEST: "where they clear most", "coverage": "nearest to the chips", USUAL: "at internet hubs", "random": "at random",
}  # fmt: skip


def answer(result: Tabulation) -> str:
    """What about a hundred landmarks clear by the best placement and by the usual one, and what a further one adds."""
    rows = result.summary()
    sizes = sorted(set(rows["landmarks"]))
    size = _headline_size(rows)
    cleared = {strategy: _cleared(_row(rows, strategy, size)) for strategy in (BEST, USUAL)}
    first = (
        f"Put {PLACED[BEST]}, {size} landmarks clear {cleared[BEST].of('%')} of chips in one burst, {PLACED[USUAL]} "
        f"{cleared[USUAL].of('%')}."
    )
    if len(sizes) == 1:
        return f"{first} What one more adds cannot be told, as no smaller network was drawn."
    beyond = next((larger for larger in sizes if larger > size), size)
    smaller = sizes[sizes.index(beyond) - 1]
    row, usual = (_row(rows, strategy, beyond) for strategy in (BEST, USUAL))
    price = _usd_per_point(row)
    most = _cleared(_row(rows, BEST, sizes[-1]))
    if not np.isfinite(price.median):
        told = "no gain, and so no price of a further point, is told from chance"
    elif sizes[-1] > size and most.median - cleared[BEST].median < 1:
        told = f"no further point is to be had, as {sizes[-1]} clear {most.of('%')}"
    else:
        told = f"a further point costs {price.of('US dollars a year')}"
    whole = Estimate(*((beyond - smaller) * each for each in _gain(row)))
    return (
        f"{first} One more, between {smaller} and {beyond}, adds {_gain(row).of('percentage points')} {PLACED[BEST]}, "
        f"{whole.of('points')} in the whole step, and {_gain(usual).of('points')} {PLACED[USUAL]}; with the former {told}."
    )


def table(result: Tabulation) -> Table:
    """Chips cleared, gain and price of a further point by placement and number."""
    import pandas as pd

    rows = [
        {
            "placement": PLACED[str(row["strategy"])],
            "landmarks": int(row["landmarks"]),
            "chips cleared, %": _cleared(row),
            "points gained per landmark": _gain(row),
            "US dollars a year per further point": _usd_per_point(row),
        }
        for _, row in result.summary().iterrows()
    ]
    return Table("Share of chips that a burst clears, by number and placement of landmarks.", pd.DataFrame(rows))


def _headline_size(table: pd.DataFrame) -> int:
    """The size nearest to a hundred."""
    sizes = table["landmarks"].to_numpy()
    return int(sizes[np.abs(sizes - HEADLINE_LANDMARKS).argmin()])


def _row(rows: pd.DataFrame, strategy: str, size: int) -> pd.Series[Any]:
    return rows[(rows["strategy"] == strategy) & (rows["landmarks"] == size)].iloc[0]


def _cleared(row: pd.Series[Any]) -> Estimate:
    return Estimate(*(100 * float(row[name]) for name in ("chips_cleared", "chips_low", "chips_high")))


def _gain(row: pd.Series[Any]) -> Estimate:
    gain, error = float(row["points_per_landmark"]), float(row["points_error"])
    return Estimate(gain, gain - 2 * error, gain + 2 * error)


def _usd_per_point(row: pd.Series[Any]) -> Estimate:
    """Not a number if no gain is told from chance."""
    usd = [float(row.get(f"usd_per_point_{end}", np.nan)) for end in ("central", "low", "high")]
    return Estimate(*usd) if np.isfinite(usd[0]) else Estimate(np.nan, np.nan, np.nan)


def figures(result: Tabulation) -> Iterator[Chart]:
    """Chips cleared, and what one landmark more clears, against the number of landmarks."""
    from sim.figures import Chart, frame, landmark_value, landmark_value_data, source_line

    axes = landmark_value(result)
    intervals = f"range over draws of site sizes{_and_latency(result.scenario)}"
    source = source_line(result.manifest, "draws", intervals)
    ranges = f"range over site sizes{_and_latency(result.scenario)}"
    subtitle = f"Chips that a burst proves outside restricted territory; bands: {ranges}"
    frame(axes[0].figure, title=_claim(result.summary()), subtitle=subtitle, source=source)
    yield Chart("landmark-value", axes[0].figure, landmark_value_data(result), f"{_caption(result)} {source}")


def _claim(table: pd.DataFrame) -> str:
    """The best strategy beside internet hubs, at the size nearest to a hundred."""
    from sim.figures import percent

    size = _headline_size(table)
    cleared = table[table["landmarks"] == size].set_index("strategy")["chips_cleared"]
    best, hubs_only = cleared[BEST], cleared[USUAL]
    return f"Well placed, {size} landmarks clear {percent(best)} of chips; at internet hubs {percent(hubs_only)}"


def _and_latency(scenario: Scenario) -> str:
    """What the intervals cover besides the draws of runs."""
    scales = [values["excess_scale"] for values in parameter_range("excess_scale", scenario).values()]
    return f" and latency excess x {scales[0]:g} to {scales[-1]:g}" if len(scales) > 1 else ""


def _price(scenario: Scenario) -> str:
    """The price of a landmark with its range, or as the user set it."""
    ends = parameter_range("landmark_cost_usd_per_year", scenario)
    usd = {end: values["landmark_cost_usd_per_year"] for end, values in ends.items()}
    price = f"{usd['central']:,.0f} dollars per landmark-year"
    return f"{price}, in a range of {usd['low']:,.0f} to {usd['high']:,.0f}" if len(usd) > 1 else price


def _caption(result: Tabulation) -> str:
    from sim.figures import territory_name

    scenario = result.scenario
    within = scenario.values["distance_within_city_km"]
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items())
    return (
        "What one landmark more buys. Left: share of chips that a burst clears, mean over draws of site sizes and of "
        f"what is slow about paths; bands: lowest to highest of {result.manifest['runs']} draws of site "
        f"sizes{_and_latency(scenario)}, with the networks chosen for the scenario's value; not in them: the shape of the "
        "latency model, positions, where sites are. Right: gain over the next smaller network in percentage points, for "
        "each landmark added, and the cost of a further point at that price; steps that leave the panel below "
        "('hardly any gain') are under a thousandth of a point, or within two standard errors of none. "
        f"{scenario.geography.sites} sites with sizes by the published mix, "
        "assigned to hubs in the order of the catalogue, so that none is a known site; chips in proportion to size. "
        f"Restricted territory: {territory_name(scenario.geography.restricted.name)}. The nearest "
        f"{scenario.verification.landmarks_asked} landmarks are asked, in one burst of pings, in quiet times; "
        f"{scenario.verification.bound} bound; latency model {scenario.geography.network} (hosting: measured in 2020; "
        f"cloud: in 2025); processing in the timed loop {scenario.values['in_loop_processing_ms']:g} ms. No landmark is "
        "corrupt, out of order or mistaken about its place. Landmarks and sites stand at city centres, those in one city at "
        f"the same point, 0 km apart, though the path between them counts as {within:g} km: really they are up to some "
        "20 km apart and from the centre, or 0.2 ms at 2/3 of c, which decides near a border. Nearness and clearance know "
        "the sites and their sizes and expect the latency model's law; 'at random' is another order in each draw. Cost: "
        f"{_price(scenario)}, the same everywhere, without the central server. Parameters changed from their central "
        f"values: {changed or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
