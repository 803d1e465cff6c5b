"""Can any ping tell Hong Kong, northern Vietnam, Taipei or Seoul from the restricted territory?

For each border case, and for Johor Bahru to compare: how far the territory is, which round trip a landmark in the same city
must stay below under the planning bound and under the security bound, how often one burst clears an honest chip that is
there, on hosting networks and in a cloud, with few, more and many landmarks. And how a chip that stands just across the
border looks, if it answers through a relay at the declared site: what the way adds, and how often the answer is cleared all
the same.

Hong Kong stands here twice: inside the territory, as the export rules treat it, where there is nothing to clear; and as a
place where declared chips could stand, if the territory were mainland China alone. Nothing is simulated over time: one burst
in each of many worlds, which differ in how slow paths are, in quiet times.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from scenarios.answering.brief import Estimate, Table, figures_of
from scenarios.command_line import main
from scenarios.parts.border_rows import MAINLAND, NETWORKS, PLACES, case_rows, cases, circuit_speeds, relay_rows, verdict
from scenarios.study import Options, Study, UsageError
from sim import Scenario, Tabulation
from sim.parameters import load_parameters
from sim.provenance import manifest
from sim.randomness import Draws, run_seed
from sim.world.clearance import HARDLY, PROVEN
from sim.world.geography import Hub, hubs
from sim.world.placement import place_landmarks
from sim.world.sites import build_sites
from sim.world.territory import Territory, hubs_outside

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import Chart

WORLDS, QUICK_WORLDS = 1000, 200
LEVERS = {"geography.landmarks": 500, "verification.landmarks_asked": 10}
SMALLER_NETWORKS = (12, 100)
"""Beside the network of the scenario, and less than it."""

VARIED = ("geography.network", "verification.bound")
DRIVERS = (
    "geography.territory", "geography.landmarks", "verification.landmarks_asked", "geography.placement", "excess_scale",
    "distance_within_city_km", "in_loop_processing_ms", "fast_circuit_speed", "verification.drift_ms",
)  # fmt: skip
CITATIONS = ("iaps-2025", "wonderproxy-2020", "aws-2025", "ibm-zones-2025")
INTERVALS = (
    "every latency excess at the low and the high end of its range, and the fitted levels one standard error lower and "
    "higher at the same time; standard errors from the number of worlds are in the table"
)


def study(options: Options) -> Study:
    """The baseline's world with the largest network, ten landmarks asked, under the user's levers.

    Raises:
        UsageError: the user sets a lever that the question varies.
    """
    if taken := sorted(options.levers.keys() & set(VARIED)):
        raise UsageError(f"--set: {', '.join(taken)}: the question {options.name} varies this; leave it out")
    scenario = Scenario.load("baseline").replace_keys({**LEVERS, **options.levers})
    scenario.replace(geography__territory=MAINLAND)  # refuses what does not fit this territory
    return Study(scenario, options.runs or (QUICK_WORLDS if options.quick else WORLDS))


def tabulate(study: Study, options: Options, progress: Callable[..., None]) -> Tabulation:
    """Every case by network, number of landmarks and bound; and what a relay adds to an answer from across the border."""
    import pandas as pd

    scenario, every = study.scenario, cases(study.scenario)
    largest = scenario.geography.landmarks
    sizes = [*(size for size in SMALLER_NETWORKS if size < largest), largest]
    rows: list[dict[str, Any]] = []
    steps = list(product(dict.fromkeys(case.restricted for case in every), sizes))
    for done, (restricted, size) in enumerate(steps, start=1):
        here = [case for case in every if case.restricted == restricted]
        landmarks = _network(scenario, restricted, size, options.seed)
        for network in NETWORKS:
            rows += case_rows(here, landmarks, network, scenario, study.runs, options.seed)
        progress(restricted.name, done, len(steps), unit="network")
    order = [case.name for case in every]
    table = pd.DataFrame(rows).sort_values(
        "case", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
    )
    relays = pd.DataFrame([row for case in every if not case.inside for row in relay_rows(case, scenario)])
    made_by = manifest(options.name, scenario, options.seed, study.runs, options.quick)
    return Tabulation(scenario, table, _overview(table), made_by, {"relays": relays})


def _network(scenario: Scenario, restricted: Territory, size: int, seed: int) -> tuple[Hub, ...]:
    """The landmarks, placed for the scenario's sites as the baseline places them."""
    geography, draws, values = scenario.geography, Draws(run_seed(seed, 0)), scenario.values
    sites = build_sites(geography.sites, hubs_outside(restricted, hubs()), values, draws, geography.largest_site_at)
    return place_landmarks(
        geography.placement,
        size,
        sites,
        restricted,
        bound=scenario.verification.bound,
        model=load_parameters().latency[geography.network],
        values=values,
        draws=draws,
    )


def _overview(table: pd.DataFrame) -> pd.DataFrame:
    """The largest network: each case by class of networks and bound, with its verdict."""
    rows = table[table["landmarks"] == table["landmarks"].max()]
    verdicts = {case: verdict(table, case) for case in rows["case"].unique()}
    columns = ["case", "territory", "distance_km", "network", "bound", "time_to_beat_ms", "probability", "low", "high"]
    return rows[columns].assign(verdict=[verdicts[case] for case in rows["case"]]).reset_index(drop=True)


def _at(result: Tabulation, case: str, network: str, bound: str, column: str = "probability") -> Any:
    """One number of the largest network."""
    table = result.table
    rows = table[
        (table["case"] == case)
        & (table["network"] == network)
        & (table["bound"] == bound)
        & (table["landmarks"] == table["landmarks"].max())
    ]
    return rows.iloc[0][column]


def _share(result: Tabulation, case: str, network: str, bound: str) -> Estimate:
    return Estimate(*(100 * float(_at(result, case, network, bound, end)) for end in ("probability", "low", "high")))


def _outside(result: Tabulation) -> list[str]:
    """The border cases outside the territory, the one that is there to compare left out."""
    rows = result.table[~result.table["inside"] & (result.table["case"] != PLACES[-1])]
    return list(rows["case"].unique())


def answer(result: Tabulation) -> str:
    """What the largest network clears, and how a relayed answer from across the border looks."""
    outside, largest = _outside(result), int(result.table["landmarks"].max())
    shares = ", ".join(f"{case} {_share(result, case, 'hosting', 'planning')}" for case in outside)
    hopeless = [case for case in outside if verdict(result.table, case) == "inspect only"]
    inspect = f"inspect only in {' and '.join(hopeless)}" if hopeless else "none is for inspectors alone"
    own = _added_ms(result, "own circuit")
    drift_ms, speed = result.scenario.verification.drift_ms, circuit_speeds(result.scenario)["central"]
    noticed = sum(ms > drift_ms for ms in own)
    secure = [100 * float(_at(result, case, "hosting", "vacuum")) for case in outside]
    return (
        f"With {largest} landmarks on hosting networks and the planning bound, one burst clears an honest chip in this per "
        f"cent of worlds: {shares}; {inspect}. "
        "A chip just across the border that answers through a relay at the declared site comes "
        f"{figures_of(min(own))} to {figures_of(max(own))} ms later over a circuit at {speed:g} c, which a drift test of "
        f"{drift_ms:g} ms notices in {noticed or 'none'} of these {len(outside)} cases, and is cleared in at most "
        f"{_relayed(result)} of worlds; the security bound, which no circuit beats, clears honest chips in "
        f"{figures_of(min(secure))} to {figures_of(max(secure))} %."
    )


def _relayed(result: Tabulation) -> str:
    """How often a relayed answer is cleared at most, by the planning bound; and over the fastest circuit of the range."""
    speeds = circuit_speeds(result.scenario)
    most = {
        end: max(float(_at(result, case, "hosting", "planning", f"relay_cleared_{end}")) for case in _outside(result))
        for end in ("central", "high")
        if end in speeds
    }
    fastest = f" ({figures_of(100 * most['high'])} % at {speeds['high']:g} c)" if "high" in most else ""
    return f"{figures_of(100 * most['central'])} %{fastest}"


def _added_ms(result: Tabulation, way: str) -> list[float]:
    """What an answer takes longer from each border case, over the nearest way of a kind."""
    relays = result.further["relays"]
    rows = relays[relays["case"].isin(_outside(result)) & (relays["way"] == way)]
    return list(rows.groupby("case", sort=False)["adds_ms"].min())


def table(result: Tabulation) -> Table:
    """Each case: distance, time to beat, shares cleared by network and bound, what a relay adds, the verdict."""
    import pandas as pd

    largest, relays = int(result.table["landmarks"].max()), result.further["relays"]
    rows = []
    for case in result.table["case"].unique():
        inside = bool(_at(result, case, "hosting", "planning", "inside"))
        row: dict[str, Any] = {
            "place": case,
            "km to the territory": float(_at(result, case, "hosting", "planning", "distance_km")),
        }
        for bound, name in (("planning", "planning"), ("vacuum", "security")):
            row[f"to beat, ms, {name}"] = float(_at(result, case, "hosting", bound, "time_to_beat_ms"))
        for bound, name in (("planning", "planning"), ("vacuum", "security")):
            for network in NETWORKS:
                unknown = Estimate(math.nan, math.nan, math.nan)
                row[f"cleared, %, {network}, {name}"] = unknown if inside else _share(result, case, network, bound)
        own = relays[(relays["case"] == case) & (relays["to"] == "the border")]
        adds = [Estimate(*one) for one in own[["adds_ms", "low_ms", "high_ms"]].itertuples(index=False)]
        row["a relay's circuit adds, ms"] = adds[0] if adds else Estimate(float("nan"), float("nan"), float("nan"))
        relayed = 100 * float(_at(result, case, "hosting", "planning", "relay_cleared_central"))
        row["relayed answers cleared, %, planning"] = float("nan") if inside else relayed
        row["verdict"] = verdict(result.table, case)
        rows.append(row)
    caption = (
        f"Border cases: with {largest} landmarks, share of worlds in which one burst clears an honest chip, with its range "
        "over latencies; what a circuit from the border to a relay at the declared site adds."
    )
    return Table(caption, pd.DataFrame(rows))


def figures(result: Tabulation) -> Iterator[Chart]:
    """Times to beat beside those of honest and of relayed answers, and the shares cleared."""
    from sim.figures import Chart, border_shares, border_times, border_times_data, frame, source_line

    data = border_times_data(result)
    axis = border_times(data)
    own, drift_ms = _added_ms(result, "own circuit"), result.scenario.verification.drift_ms
    largest, speed = int(result.table["landmarks"].max()), circuit_speeds(result.scenario)["central"]
    source = source_line(result.manifest, "worlds", "5-95 % over worlds, parameters at the scenario's values")
    frame(
        axis.figure,
        title=f"A circuit from across the border adds {min(own):.1f} to {max(own):.1f} ms; a drift test needs {drift_ms:g}",
        subtitle=f"Best round trip of one burst with {largest} landmarks, median and 5-95 % of worlds",
        source=source,
    )
    caption = (
        "For each place the round trip that a landmark in the same city must stay below to exclude the territory, under the "
        "planning bound (2/3 of c) and the security bound (c), and the best round trip of an honest chip there. Diamonds: "
        "the median for a chip at the nearest point of the territory that answers through a relay at the declared site over "
        f"a circuit at {speed:g} c, straight, without excess. Where a diamond is left of a bar, the bound takes the relayed "
        f"answer for an honest one. A drift test alerts on answers {drift_ms:g} ms later than at enrolment. "
        f"{_assumptions(result)} {source}"
    )
    yield Chart("border-times", axis.figure, data, caption)

    shares = result.table[["case", "inside", "network", "landmarks", "bound", "probability", "low", "high", "mc_error"]]
    words = {case: verdict(result.table, case) for case in result.table["case"].unique()}
    axis = border_shares(result, words)
    hardest = [100 * float(_at(result, case, "hosting", "planning")) for case in _outside(result)]
    source = source_line(result.manifest, "worlds", "none drawn; ranges over latencies are in the data")
    frame(
        axis.figure,
        title=f"Near the border {largest} landmarks clear {min(hardest):.0f} to {max(hardest):.0f} %, on hosting networks",
        subtitle="Share of worlds in which one burst clears an honest chip; planning bound, beside it the security bound",
        source=source,
    )
    caption = (
        "Share of worlds in which one burst proves an honest chip outside the territory, under the planning bound, by class "
        "of networks and number of landmarks; beside it the same under the security bound with the most landmarks, and how "
        "often, under the planning bound on hosting networks, a chip at the nearest point of the territory is cleared that "
        f"answers through a relay at the declared site and a circuit at {speed:g} c (to the fastest of its range). Verdict, "
        f"with {largest} landmarks: ping, if the security bound clears {100 * PROVEN:.0f} % or more on both classes of "
        f"networks; inspect only, if the planning bound clears less than {100 * HARDLY:.0f} % on both. "
        f"{_assumptions(result)} {source}"
    )
    yield Chart("border-shares", axis.figure, shares.reset_index(drop=True), caption)


def _assumptions(result: Tabulation) -> str:
    """The assumptions that matter, for a caption."""
    scenario, values = result.scenario, result.scenario.values
    changed = ", ".join(f"{name} = {value:g}" for name, value in scenario.uncertainties.items())
    return (
        "Hosting networks as measured in 2020, one cloud's backbone as measured in 2025; paths inside these cities have not "
        "been published, and the law of those inside other cities stands for them. Each world draws what is slow about "
        "every path, and one burst, in quiet times: a share mixes sites that are always cleared, or never, with bursts that "
        f"differ. Landmarks by placement {scenario.geography.placement}, none in the territory or under an arms embargo; "
        f"the {scenario.verification.landmarks_asked} nearest are asked; {values['in_loop_processing_ms']:g} ms of "
        "processing in the timed loop. Places are city centres, and a path inside a city counts as "
        f"{values['distance_within_city_km']:g} km: 20 km are 0.2 ms at 2/3 of c. Parameters changed from their central "
        f"values: {changed or 'none'}."
    )


if __name__ == "__main__":
    sys.exit(main(__file__))
