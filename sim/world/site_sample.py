"""A sample of sites: a few data centres, drawn by a stated design, stand for all of them.

Design: sites differ a hundredfold in what flows to them, and most smuggled chips go to a few of them. So a site's chance pi
to be drawn is in proportion to a composite measure of its size: nine tenths of it are the same for all sites, one tenth is
the site's share of the stock abroad, of exports and of smugglers' orders; a site whose chance would exceed 1 is drawn for
certain. In the order of regions, in each by size (rising and falling in turn), sites are taken by systematic sampling from
a random start: that spreads the sample over regions and sizes, and meets every chance exactly.

What flows to a drawn site is what flows to it in the nation, times (sampled sites / sites) / pi. Expected chips are then the
nation's for each site, and so for each class of sizes and each region, times the share of sites that is sampled (Horvitz
and Thompson). The factor is at most a little above 1: most sites have the chips that they really have, or up to a ninth
more. Those that are drawn more often than others have fewer, down to the share sampled for a site that is in every sample.
Were all sites drawn alike, none would; but what smugglers order would differ more than tenfold from sample to sample.

Sources: Horvitz and Thompson, JASA 47, 1952; Madow, Annals of Mathematical Statistics 20, 1949 (systematic sampling with
unequal probabilities); Cochran, "Sampling Techniques", 3rd ed. 1977, chapters 8 and 9A; Saerndal, Swensson and Wretman,
"Model Assisted Survey Sampling", 1992, sections 2.8 and 3.6; a composite measure of size: Folsom, Potter and Williams,
Proceedings of the ASA Section on Survey Research Methods, 1987.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values, load_parameters
from ..randomness import Draws, Stream
from .regions import Region, export_weights, region_of
from .sites import Site, capacities

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Group = TypeVar("Group")

ALIKE = 0.9
"""Part of the measure of size that is the same for all sites. With 43 of 434 sites it makes the flow of smuggled chips to a
sample vary by an eighth; without the other tenth by more than its mean. Less would shrink more sites."""


@dataclass(frozen=True)
class SiteSample:
    """The sites that are simulated, and how much of what flows to all of them flows to these.

    Attributes:
        sites: those drawn, in the order of their numbers in the nation but with numbers of their own from 0 on. Their
            capacities are multiplied by `factors`; their places are those of the nation, numbers included.
        share: of the sites that is drawn.
        numbers: of the same among all sites, shape (sampled,).
        factors: share of sites sampled over each one's probability to be drawn, shape (sampled,).
        of_region: capacity in the sample, over what is expected there, by region: 1 where all sites are simulated. Regions
            without any site in the nation are left out, those without one in the sample have 0.
        of_country: the same by country.
    """

    sites: tuple[Site, ...]
    share: float
    numbers: IntArray
    factors: FloatArray
    of_region: Mapping[Region, float]
    of_country: Mapping[str, float]

    def of_stock(self, chips_by_site: IntArray) -> IntArray:
        """Chips of the stock at the sites drawn, by those at all sites; shape (sampled,)."""
        return np.rint(chips_by_site[self.numbers] * self.factors).astype(np.int64)

    def of_exports(self, values: Values) -> float:
        """Honest orders to the sites drawn, over what is expected: those of the nation times the share of sites sampled."""
        return _mean_share(self.of_region, values)

    def of_smuggled(self, values: Values) -> float:
        """The same of smugglers' orders, of which a stated share goes to South-East Asia where that is possible."""
        others = dict(self.of_region)
        others.pop(Region.SOUTH_EAST_ASIA, None)
        if len(others) in (0, len(self.of_region)):
            return self.of_exports(values)
        share = values["diverted_via_south_east_asia"]
        return share * self.of_region[Region.SOUTH_EAST_ASIA] + (1 - share) * _mean_share(others, values)

    def usual_route(self, values: Values) -> float:
        """Share of smugglers' orders to the sites drawn that goes to South-East Asia, if sites stand there and elsewhere."""
        usual, share = self.of_region.get(Region.SOUTH_EAST_ASIA, 0.0), values["diverted_via_south_east_asia"]
        ordered = self.of_smuggled(values)
        return share * usual / ordered if ordered else share


def all_sites(sites: Sequence[Site]) -> SiteSample:
    """All of them, each standing for itself."""
    return _sample(sites, np.arange(len(sites)), np.ones(len(sites)), 1.0)


def sample_sites(sites: Sequence[Site], number: int, draws: Draws) -> SiteSample:
    """Draw a number of the sites of a nation, by the design above.

    Probabilities are those at central parameters, so that the same sites are drawn under every policy and in every draw of
    the uncertainties: only the seed of the run decides. Flows follow the parameters of the draw.

    Args:
        sites: of `build_sites`, by number.
        number: of sites to draw, from 1 to all.
        draws: of the run.
    """
    probabilities, order = inclusion(sites, number, draws)
    steps = np.cumsum(probabilities[order])
    marks = draws.uniform(Stream.SITE_SAMPLE, 0) + np.arange(number)
    places = np.minimum(steps.searchsorted(marks, side="right"), len(sites) - 1)
    drawn = np.sort(order[places])
    share = number / len(sites)
    return _sample(sites, drawn, share / probabilities[drawn], share)


def inclusion(sites: Sequence[Site], number: int, draws: Draws) -> tuple[FloatArray, IntArray]:
    """Probability of each site to be drawn, shape (sites,), and the order in which the systematic sample goes through them.

    Raises:
        ValueError: the number is below 1 or above that of the sites.
    """
    if not 1 <= number <= len(sites):
        raise ValueError(f"number: {number} is not in 1 to {len(sites)}, the number of sites")
    size = _size(sites, load_parameters().values(), draws)
    probabilities = np.ones(len(sites))
    free = np.full(len(sites), number < len(sites))
    while free.any():
        wanted = number - np.count_nonzero(~free)
        probabilities[free] = wanted * size[free] / size[free].sum()
        certain = free & (probabilities >= 1)
        probabilities[certain] = 1.0
        if not certain.any():
            break
        free &= ~certain
    regions = np.array([list(Region).index(region_of(site.place.country)) for site in sites])
    return probabilities, np.lexsort((np.where(regions % 2, -size, size), regions))


def _size(sites: Sequence[Site], values: Values, draws: Draws) -> FloatArray:
    """The composite measure of size of each site, shape (sites,), summing to 1."""
    chips = capacities(len(sites), values, draws)
    stock = chips / chips.sum()
    regions = np.array([region_of(site.place.country) for site in sites])
    usual = regions == Region.SOUTH_EAST_ASIA
    exported = _by_region(chips, regions, values)
    others = np.where(usual, 0.0, exported)
    share = values["diverted_via_south_east_asia"]
    smuggled = exported
    if usual.any() and others.sum() > 0:
        smuggled = share * np.where(usual, chips, 0.0) / chips[usual].sum() + (1 - share) * others / others.sum()
    size: FloatArray = ALIKE / len(sites) + (1 - ALIKE) * (stock + exported + smuggled) / 3
    return size


def _by_region(chips: FloatArray, regions: NDArray[np.str_], values: Values) -> FloatArray:
    """Share of exports that goes to each site: a region by its weight, then a site by capacity."""
    shares = np.zeros(len(chips))
    for region, weight in export_weights(values).items():
        here = regions == region
        if here.any():
            shares[here] = weight * chips[here] / chips[here].sum()
    return shares / shares.sum() if shares.sum() else np.full(len(chips), 1 / len(chips))


def _sample(sites: Sequence[Site], numbers: IntArray, factors: FloatArray, share: float) -> SiteSample:
    drawn = tuple(
        replace(sites[number], number=index, capacity_chips=sites[number].capacity_chips * factor)
        for index, (number, factor) in enumerate(zip(numbers.tolist(), factors.tolist(), strict=True))
    )
    return SiteSample(
        drawn,
        share,
        numbers,
        factors,
        _relative(sites, drawn, share, lambda site: region_of(site.place.country)),
        _relative(sites, drawn, share, lambda site: site.place.country),
    )


def _relative(
    sites: Sequence[Site], drawn: Sequence[Site], share: float, group_of: Callable[[Site], Group]
) -> dict[Group, float]:
    """Capacity of the sites drawn over what is expected of them, by group."""
    whole: dict[Group, float] = {}
    part: dict[Group, float] = {}
    for total, those in ((whole, sites), (part, drawn)):
        for site in those:
            total[group_of(site)] = total.get(group_of(site), 0.0) + site.capacity_chips
    return {group: part.get(group, 0.0) / (share * capacity) for group, capacity in whole.items()}


def _mean_share(of_region: Mapping[Region, float], values: Values) -> float:
    """Mean of what there is by region, in proportion to exports."""
    weights = {region: weight for region, weight in export_weights(values).items() if region in of_region}
    total = sum(weights.values())
    return sum(weight * of_region[region] for region, weight in weights.items()) / total if total else 1.0
