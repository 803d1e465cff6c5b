"""Where lots are declared: a region by its share of exports, then one of its sites by capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..world.regions import Region, export_weights, region_of
from ..world.sites import Site, capacity_steps, pick_site


@dataclass(frozen=True)
class Destinations:
    """The sites among which the declared site of a lot is drawn: a region first, then one of its sites by capacity."""

    sites: Mapping[Region, tuple[Sequence[Site], NDArray[np.float64]]]
    weights: Mapping[Region, float]

    @classmethod
    def of(cls, sites: Sequence[Site], values: Values, present: Mapping[Region, float] | None = None) -> Destinations:
        """All regions in which a site stands; with less weight those of whose sites less than expected is present."""
        groups = {region: [site for site in sites if region_of(site.place.country) is region] for region in Region}
        weights = export_weights(values)
        if present is not None:
            weights = {region: weight * present.get(region, 0.0) for region, weight in weights.items()}
        return cls({region: (group, capacity_steps(group)) for region, group in groups.items() if group}, weights)

    def but(self, region: Region) -> Destinations:
        """All others."""
        return Destinations({name: group for name, group in self.sites.items() if name is not region}, self.weights)

    def only(self, region: Region) -> Destinations:
        """One alone."""
        return Destinations({region: self.sites[region]}, self.weights)

    def pick(self, region_uniform: float, site_uniform: float) -> Site:
        """The site at two quantiles."""
        regions = list(self.sites)
        steps = np.cumsum([self.weights[region] for region in regions])
        region = regions[min(int(steps.searchsorted(region_uniform * steps[-1], side="right")), len(regions) - 1)]
        return pick_site(*self.sites[region], site_uniform)

    def all_sites(self) -> list[Site]:
        """The sites of all of them."""
        return [site for group, _ in self.sites.values() for site in group]
