"""Lawful moves: an honest owner brings a lot to another site and reports it late.

In the meantime the chips answer from elsewhere, or not at all, and the authority does not know why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..parameters import Values
from ..randomness import Draws, Stream, lognormal
from ..units import DAYS_PER_YEAR
from ..world.sites import Site, pick_other_site
from .supply import Lot


@dataclass(frozen=True)
class Move:
    """When a lot leaves its site, when it is at the other one, and when that is reported. Days since the start."""

    to_site: int
    departure_day: float
    arrival_day: float
    report_day: float


def plan_move(lot: Lot, sites: Sequence[Site], steps: NDArray[np.float64], values: Values, draws: Draws) -> Move | None:
    """The first lawful move of a lot, if its owner is honest and there is another site. Further ones are left out.

    `steps` are the `capacity_steps` of the sites.
    """
    if lot.ordered_by_smuggler or len(sites) < 2 or values["lawful_moves_per_lot_year"] <= 0:
        return None
    mean_days = DAYS_PER_YEAR / values["lawful_moves_per_lot_year"]
    departure = lot.delivery_day + draws.exponential(Stream.MOVE_DAY, lot.number, mean=mean_days)
    where, transit, report = draws.uniforms(Stream.MOVE, lot.number, count=3)
    spread = values["lawful_move_log_sd"]
    return Move(
        to_site=pick_other_site(sites, steps, float(where), lot.site).number,
        departure_day=departure,
        arrival_day=departure + lognormal(transit, median=values["lawful_move_transit_days"], log_sd=spread),
        report_day=departure + lognormal(report, median=values["lawful_move_report_days"], log_sd=spread),
    )
