"""Data centres abroad: where they stand and how many chips each holds.

Sites follow the catalogue of hubs in its order (and begin again at its head when there are more sites than hubs). Their
sizes follow the published mix of known clusters outside the US and China: classes of hundreds to hundreds of thousands of
chips, log-uniform within a class. The number of sites per class is fixed by the mix, only which site is large is random,
unless the scenario puts the largest one where it is known to stand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream
from .excess import SOUTH_EAST_ASIA
from .geography import Hub, Place


@dataclass(frozen=True)
class Site:
    """A data centre. `capacity_chips` is its real-world size, by which chips are spread over sites.

    Nothing outside can reach the chips of a site that is air-gapped.
    """

    number: int
    place: Place
    capacity_chips: float
    air_gapped: bool = False

    @property
    def in_south_east_asia(self) -> bool:
        """Whether the main smuggling route passes through its country."""
        return self.place.country in SOUTH_EAST_ASIA


def build_sites(count: int, hubs: Sequence[Hub], values: Values, draws: Draws, largest_at: str = "") -> tuple[Site, ...]:
    """`count` sites, one per hub in the order given.

    Args:
        count: of sites.
        hubs: where they stand.
        values: the world's parameters.
        draws: of the run.
        largest_at: the hub at which the first site is the largest of all; none: its place is drawn.

    Source of the sizes: CSET's list of known clusters, see the rows `site_class_*` and `largest_site_chips`.
    """
    largest = next((number for number, hub in enumerate(hubs[:count]) if hub.name == largest_at), None)
    sites = []
    for number, capacity in enumerate(capacities(count, values, draws, largest).tolist()):
        hub = hubs[number % len(hubs)]
        air_gapped = draws.uniform(Stream.AIR_GAPPED, number) < values["air_gapped_sites"]
        sites.append(Site(number, Place(number, f"{hub.name} {number}", hub.country, hub.position), capacity, air_gapped))
    return tuple(sites)


def capacities(count: int, values: Values, draws: Draws, largest: int | None = None) -> NDArray[np.float64]:
    """Sizes of `count` sites in chips, shape (count,).

    Args:
        count: of sites.
        values: the world's parameters.
        draws: of the run.
        largest: number of the site that has the largest size known, in exchange of ranks with the one drawn to be first, so
            that all others stay as they are; None: none has.
    """
    limits = _class_limits(count, values)
    words = np.array([draws.uniforms(Stream.SITE_SIZE, number, count=2) for number in range(count)])
    ranks = np.argsort(np.argsort(words[:, 0], kind="stable"), kind="stable")
    if largest is not None:
        ranks[ranks == count - 1], ranks[largest] = ranks[largest], count - 1
        words[largest, 1] = 1.0
    of_rank = (limits[rank] for rank in ranks.tolist())
    return np.array([low * (high / low) ** float(word) for (low, high), word in zip(of_rank, words[:, 1], strict=True)])


def capacity_steps(sites: Sequence[Site]) -> NDArray[np.float64]:
    """Capacities added up, in chips, shape (sites,)."""
    return np.cumsum([site.capacity_chips for site in sites])


def pick_site(sites: Sequence[Site], steps: NDArray[np.float64], uniform: float) -> Site:
    """The site at a given quantile, in proportion to capacity; `steps` are its `capacity_steps`."""
    return sites[min(int(steps.searchsorted(uniform * steps[-1], side="right")), len(sites) - 1)]


def pick_other_site(sites: Sequence[Site], steps: NDArray[np.float64], uniform: float, but: int) -> Site:
    """The same among all sites but one, given by its place in the sequence."""
    below, own = (steps[but - 1] if but else 0.0), sites[but].capacity_chips
    height = uniform * (steps[-1] - own)
    if height >= below:
        height += own
    return sites[min(int(steps.searchsorted(height, side="right")), len(sites) - 1)]


def _class_limits(count: int, values: Values) -> list[tuple[float, float]]:
    """Lower and upper size for each of `count` sites, by the largest remainder of the class shares."""
    classes = [
        (values["site_class_hundreds"], 1e2, 1e3),
        (values["site_class_thousands"], 1e3, 1e4),
        (values["site_class_ten_thousands"], 1e4, 1e5),
    ]
    rest = max(0.0, 1.0 - sum(share for share, _, _ in classes))
    classes.append((rest, 1e5, values["largest_site_chips"]))
    total = sum(share for share, _, _ in classes)
    exact = [count * share / total for share, _, _ in classes]
    numbers = [math.floor(number) for number in exact]
    by_remainder = sorted(range(len(classes)), key=lambda index: numbers[index] - exact[index])
    for index in by_remainder[: count - sum(numbers)]:
        numbers[index] += 1
    return [(low, high) for number, (_, low, high) in zip(numbers, classes, strict=True) for _ in range(number)]
