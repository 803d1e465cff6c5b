"""The static comparison of pings with inspections: CSET's model, exactly, and with single assumptions changed.

A fleet is a number of clusters of each size. A quarter of the clusters smuggles, and of each of those so many chips are
gone. An inspection tests some chips of every cluster, a round of pings tests all chips; a cluster is found if a test of one
missing chip shows that, and then all its missing chips count as found. Value per dollar is chips found over cost, from the
highest price to the lowest. Pings win for sure in a scenario of the grid if inspections at their lowest price are worth less
per dollar than pings at their highest.

Source: CSET (2026), `cset-model-2026`: its equation, grid, prices and stored output are facts in `data/cset.toml`, which
nothing but this module reads, and nothing but the question `cset_benchmark` uses. No code of it is used.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ..detection.cluster import cluster_detection_probability
from ..parameters import Parameter, Stated
from ..units import DAYS_PER_YEAR

FloatArray = NDArray[np.float64]
Range = tuple[float, float]
Network = Literal["rented", "owned"]
"""Whether landmarks are rented or owned."""

NETWORKS: tuple[Network, ...] = get_args(Network)
FILE = "cset.toml"


class _Table(Stated):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grid(_Table):
    """Which scenarios there are; see `data/cset.toml`."""

    chips: int
    cluster_sizes: tuple[int, ...]
    diverted_chips: tuple[int, ...]
    tested_chips: tuple[int, ...]
    steps: int
    sizes_that_may_be_absent: tuple[int, ...]
    least_share_diverted: float
    smuggling_clusters: float
    inspections_per_year: int


class Chances(_Table):
    """Chances that a test of a missing chip shows nothing, and the worth of a ping over that of an inspection."""

    ping_miss: float
    inspection_miss: float
    ping_worth: float


class InspectionPrices(_Table):
    """Lowest and highest price of an inspection, in US dollars, and of each chip tested."""

    inspection_usd: Range
    inspection_usd_per_chip: Range


class Prices(InspectionPrices):
    """The same, and the cost of the fewest and the most landmarks, in US dollars a year."""

    landmarks: tuple[int, int]
    rented_usd: Range
    owned_usd: Range

    def network_usd(self, network: Network) -> Range:
        """Cost of the fewest and of the most landmarks."""
        return self.rented_usd if network == "rented" else self.owned_usd


class Published(_Table):
    """Scenarios of the stored output by `Relation`, in the order of its fields."""

    scenarios: int
    rented: tuple[int, ...]
    owned: tuple[int, ...]
    best_plan_scenarios: int
    best_plan_rented: tuple[int, ...]
    best_plan_owned: tuple[int, ...]
    earlier_rented: tuple[int, ...]
    earlier_owned: tuple[int, ...]


class KnownClusters(_Table):
    """How many clusters are known, by size."""

    cluster_sizes: tuple[int, ...]
    clusters: tuple[int, ...]


class Constants(BaseModel):
    """All that the file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grid: Grid
    chances: Chances
    prices: Prices
    earlier_prices: InspectionPrices
    published: Published
    known_clusters: KnownClusters
    benchmark_only: Mapping[str, Parameter]


@cache
def constants() -> Constants:
    """The published model's constants and result.

    Raises:
        pydantic.ValidationError: an entry lacks a field, or has one that is not known.
    """
    text = resources.files("sim").joinpath("data", FILE).read_text(encoding="utf-8")
    return Constants.model_validate(tomllib.loads(text))


class Fleet(NamedTuple):
    """Clusters of a fleet: sizes in chips, and how many there are of each."""

    sizes: tuple[int, ...]
    clusters: tuple[int, ...]


def fleets(grid: Grid, *, every_mix: bool = False) -> Iterator[Fleet]:
    """The fleets of the grid: chips in tenths over cluster sizes.

    The published code drops a mix if shares times chips over size, in binary floating point, is not a whole number, as for
    three tenths of three million over ten: 77 mixes of 210 are left.

    Args:
        grid: of the published model.
        every_mix: keep those too.
    """
    needed = [size not in grid.sizes_that_may_be_absent for size in grid.cluster_sizes]
    for units in itertools.product(range(grid.steps + 1), repeat=len(grid.cluster_sizes)):
        if sum(units) != grid.steps or any(must and not unit for must, unit in zip(needed, units, strict=True)):
            continue
        shares = [unit * (1 / grid.steps) for unit in units]
        counts = [grid.chips * share / size for share, size in zip(shares, grid.cluster_sizes, strict=True)]
        if not every_mix and any(count != int(count) for count in counts):
            continue
        present = [(size, round(count)) for size, count in zip(grid.cluster_sizes, counts, strict=True) if count]
        yield Fleet(tuple(size for size, _ in present), tuple(count for _, count in present))


def known_fleet(known: KnownClusters) -> Fleet:
    """The clusters that are known."""
    return Fleet(known.cluster_sizes, known.clusters)


class FalseAlarms(NamedTuple):
    """What innocent chips cost the authority that pings.

    A site has one case at a time, which further alerts join: a counter with a dead time. So large clusters have fewer cases
    for each chip, and more alerts in a case.

    Attributes:
        alerts_per_chip_year: about innocent chips; those at the same time count as one.
        alerts_per_site_year: about whole sites that are out.
        open_years: how long a case is open.
        request_usd: for asking the operator, each case.
        visit_chance: that a case with one alert ends with a visit; each further alert has the same chance to need one.
        alert_chips: chips in an alert.
        most_tested: chips tested on a visit at most; 0: all in question.
    """

    alerts_per_chip_year: float = 0.0
    alerts_per_site_year: float = 0.0
    open_years: float = 0.0
    request_usd: float = 0.0
    visit_chance: float = 0.0
    alert_chips: float = 1.0
    most_tested: int = 0

    def cases_per_year(self, size: int) -> tuple[float, float]:
        """Cases a year in a cluster of some chips, and alerts in a case."""
        alerts = self.alerts_per_chip_year * size + self.alerts_per_site_year
        in_case = 1 + alerts * self.open_years
        return alerts / in_case, in_case

    def usd_per_year(self, fleet: Fleet, prices: InspectionPrices) -> Range:
        """Cost of all cases of a fleet, at the lowest and the highest prices of an inspection."""
        low = high = 0.0
        for size, clusters in zip(*fleet, strict=True):
            cases, alerts = self.cases_per_year(size)
            visited = 1 - (1 - self.visit_chance) ** alerts
            tested = min(size, alerts * self.alert_chips, self.most_tested or size)
            cheap, dear = (
                clusters * cases * (self.request_usd + visited * (visit + tested * chip))
                for visit, chip in zip(prices.inspection_usd, prices.inspection_usd_per_chip, strict=True)
            )
            low, high = low + cheap, high + dear
        return low, high


NO_ALARMS = FalseAlarms()


@dataclass(frozen=True)
class Assumptions:
    """What the comparison takes for granted, each a number that may be changed by itself.

    Attributes:
        ping_miss: chance that a ping of a missing chip shows nothing, independently for each chip.
        ping_found: share of clusters that smuggle whose pings can show it at all, whatever the number of chips: the chips
            of one order share their fate.
        inspection_miss: chance that a test of a missing chip shows nothing, independently.
        inspection_found: share of clusters that smuggle where the method of inspection can tell.
        visits: chances that none, one, two ... inspections come in time; each finds what it finds independently.
        false_alarms: what pings cost besides landmarks.
    """

    ping_miss: float
    inspection_miss: float
    ping_found: float = 1.0
    inspection_found: float = 1.0
    visits: tuple[float, ...] = (0.0, 1.0)
    false_alarms: FalseAlarms = NO_ALARMS

    def ping_chance(self, size: int, diverted: int) -> float:
        """Chance that pings of all chips of a cluster show its diversion."""
        return self.ping_found * _chance(size, size, diverted, self.ping_miss)

    def inspection_chance(self, size: int, tested: int, diverted: int) -> float:
        """Chance that inspections of a cluster that come in time show its diversion."""
        once = _chance(size, tested, diverted, self.inspection_miss)
        shown = sum(chance * (1 - (1 - once) ** number) for number, chance in enumerate(self.visits))
        return self.inspection_found * shown


_chance = lru_cache(maxsize=4096)(cluster_detection_probability)


def published_assumptions() -> Assumptions:
    """Those of the published model. Two inspections a year are paid for, and one of them counts."""
    chances = constants().chances
    return Assumptions(chances.ping_miss, chances.inspection_miss)


def visits_within(days: float, per_year: int) -> tuple[float, ...]:
    """Chances of none, one, two ... visits within some days of a departure, visits being at equal times of the year.

    Raises:
        ValueError: days below 0, or no visits.
    """
    if not (days >= 0 and per_year >= 1):
        raise ValueError(f"days = {days!r}, per_year = {per_year!r}: allowed from 0 and from 1 on")
    expected = days * per_year / DAYS_PER_YEAR
    sure = math.floor(expected + 1e-9)
    rest = max(0.0, expected - sure)
    return (*(0.0,) * sure, 1 - rest, rest)


class Relation(NamedTuple):
    """How many scenarios there are by how the range of inspections' value per dollar lies to that of pings.

    Attributes:
        pings_win: below it: inspections at their lowest price are worth less than pings at their highest.
        from_below: it begins below and ends within.
        inside: it lies within.
        to_above: it begins within and ends above.
        inspections_win: above it.
        around: it begins below and ends above.
    """

    pings_win: int
    from_below: int
    inside: int
    to_above: int
    inspections_win: int
    around: int

    @property
    def scenarios(self) -> int:
        """All."""
        return sum(self)

    def __add__(self, other: Relation) -> Relation:  # type: ignore[override]
        """Those of both."""
        return Relation(*(one + two for one, two in zip(self, other, strict=True)))


class Ranked(NamedTuple):
    """The grid with each plan of inspections a scenario of its own, and with the best plan of each fleet and diversion.

    The best plan is the one with the highest value per dollar at the lowest price.
    """

    every_plan: Relation
    best_plan: Relation


def rank(
    of: Sequence[Fleet], assumptions: Assumptions, prices: InspectionPrices | None = None, *, any_diversion: bool = False
) -> dict[Network, Ranked]:
    """Who wins in how many scenarios: each fleet with each number of chips gone and each plan of inspections.

    Args:
        of: the fleets.
        assumptions: what is taken for granted.
        prices: of inspections; by default those of the published output.
        any_diversion: whether less than the published least share of a cluster may be gone too.
    """
    known = constants()
    at = prices or known.prices
    nothing = Relation(0, 0, 0, 0, 0, 0)
    total = {network: Ranked(nothing, nothing) for network in NETWORKS}
    for fleet in of:
        values = _values(fleet, assumptions, any_diversion)
        visits, (low, high) = (
            known.grid.inspections_per_year,
            zip(at.inspection_usd, at.inspection_usd_per_chip, strict=True),
        )
        cheap, dear = (visits * (sum(fleet.clusters) * each + values.tested * chip) for each, chip in (low, high))
        best, worst = values.inspections / cheap, values.inspections / dear
        extra_usd = assumptions.false_alarms.usd_per_year(fleet, known.prices)
        plan = best.argmax(axis=1)[:, np.newaxis]
        for network in NETWORKS:
            fewest, most = (usd + extra for usd, extra in zip(known.prices.network_usd(network), extra_usd, strict=True))
            ends = (values.pings / most)[:, np.newaxis], (values.pings / fewest)[:, np.newaxis]
            so_far = total[network]
            total[network] = Ranked(
                so_far.every_plan + _relation((worst, best), ends),
                so_far.best_plan + _relation((np.take_along_axis(worst, plan, 1), np.take_along_axis(best, plan, 1)), ends),
            )
    return total


class _Values(NamedTuple):
    """Chips found in a fleet, by number of chips gone (rows) and plan (columns); tests of each plan."""

    pings: FloatArray
    inspections: FloatArray
    tested: FloatArray


def _values(fleet: Fleet, assumptions: Assumptions, any_diversion: bool) -> _Values:
    grid, worth = constants().grid, constants().chances.ping_worth
    least = 0.0 if any_diversion else grid.least_share_diverted
    pings, inspections, tested = np.zeros(1), np.zeros((1, 1)), np.zeros(1)
    for size, clusters in zip(*fleet, strict=True):
        gone = [number for number in grid.diverted_chips if least <= number / size <= 1]
        plans = [number for number in grid.tested_chips if number <= size]
        smuggling = smuggling_clusters(clusters, grid.smuggling_clusters)
        by_ping = np.array([worth * smuggling * one * assumptions.ping_chance(size, one) for one in gone])
        by_visit = np.array(
            [[smuggling * one * assumptions.inspection_chance(size, plan, one) for plan in plans] for one in gone]
        )
        pings = np.add.outer(pings, by_ping).ravel()
        inspections = (inspections[:, None, :, None] + by_visit[None, :, None, :]).reshape(len(pings), -1)
        tested = np.add.outer(tested, clusters * np.array(plans, dtype=np.float64)).ravel()
    return _Values(pings, inspections, tested)


def smuggling_clusters(clusters: int, share: float) -> int:
    """How many of some clusters smuggle: the share, rounded half up, and at least one if there is any."""
    return min(clusters, max(1, math.floor(clusters * share + 0.5)))


def _relation(inspections: tuple[FloatArray, FloatArray], pings: tuple[FloatArray, FloatArray]) -> Relation:
    """Scenarios by how one range lies to the other; each given by its lower and its upper ends."""
    (low, high), (worst, best) = inspections, pings
    begins_below, ends_above = low < worst, high > best
    below, above, around, begin, end = (
        int(np.count_nonzero(those))
        for those in (high < worst, low > best, begins_below & ends_above, begins_below, ends_above)
    )
    from_below, to_above = begin - around - below, end - around - above
    inside = low.size - below - from_below - to_above - above - around
    return Relation(below, from_below, inside, to_above, above, around)


def break_even_landmarks(size: int, diverted: int, assumptions: Assumptions, network: Network) -> float:
    """How many landmarks pings may have until inspections are worth more per dollar, in a fleet of clusters of one size.

    Planned inspections have their lowest price and the plan that is best at it, false alarms cost their highest. The cost of
    the network is taken to grow evenly from the fewest to the most landmarks of the published range.

    Returns:
        Within that range; -inf if pings lose even with the fewest, inf if they win even with the most.
    """
    known = constants()
    grid, prices = known.grid, known.prices
    clusters = grid.chips / size
    each, chip = prices.inspection_usd[0], prices.inspection_usd_per_chip[0]
    per_usd = max(
        diverted * assumptions.inspection_chance(size, plan, diverted) / (grid.inspections_per_year * (each + plan * chip))
        for plan in grid.tested_chips
        if plan <= size
    )
    found = known.chances.ping_worth * diverted * assumptions.ping_chance(size, diverted) * clusters
    if not per_usd:
        return math.inf if found else -math.inf
    low, high = prices.network_usd(network)
    _, extra_usd = assumptions.false_alarms.usd_per_year(Fleet((size,), (grid.chips // size,)), prices)
    fewest, most = low + extra_usd, high + extra_usd
    few, many = prices.landmarks
    number = few + (many - few) * (found / per_usd - fewest) / (most - fewest)
    return -math.inf if number < few else math.inf if number > many else number
