"""The chips abroad on the first day: where they stand, and what smugglers buy of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..world.sites import Site


def stock_by_site(chips: int, sites: Sequence[Site]) -> NDArray[np.int64]:
    """Chips of the initial stock at each site, in proportion to capacity, by the largest remainder; shape (sites,)."""
    capacity = np.array([site.capacity_chips for site in sites])
    exact = chips * capacity / capacity.sum()
    numbers: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(numbers - exact, kind="stable")
    numbers[order[: chips - int(numbers.sum())]] += 1
    return numbers


class Stock:
    """What is left to be bought at each site, in the order of slots from 0 on."""

    def __init__(self, by_site: NDArray[np.int64]) -> None:
        ends = np.cumsum(by_site)
        self._next: list[int] = (ends - by_site).tolist()
        self._end: list[int] = ends.tolist()

    def sell(self, chips: int, site: int) -> range:
        """Slots of as many chips of a site, or of all that are left there."""
        first = self._next[site]
        self._next[site] = min(first + chips, self._end[site])
        return range(first, self._next[site])
