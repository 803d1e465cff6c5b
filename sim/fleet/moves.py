"""Lawful changes: an honest owner moves a lot to another site, sells it to one or takes it out of use, and reports it late.

In the meantime the chips answer from elsewhere, or not at all, and the authority does not know why.
"""

from __future__ import annotations

import math
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
    """When a lot leaves its site, when it is at the other one, and when that is reported. Days since the start.

    A sale that is never reported has a day at infinity.
    """

    to_site: int
    departure_day: float
    arrival_day: float
    report_day: float
    sold: bool = False


@dataclass(frozen=True)
class Withdrawal:
    """When a lot is taken out of use for good, and when that is reported, or infinity. Days since the start."""

    departure_day: float
    report_day: float


def plan_change(
    lot: Lot, sites: Sequence[Site], steps: NDArray[np.float64], values: Values, draws: Draws
) -> Move | Withdrawal | None:
    """What an honest owner does with a lot first: move it, sell it or take it out of use. Later changes are left out.

    `steps` are the `capacity_steps` of the sites.
    """
    if lot.ordered_by_smuggler:
        return None
    changes: list[Move | Withdrawal | None] = [_withdrawal(lot, values, draws)]
    if len(sites) > 1:
        changes += [_move(lot, sites, steps, values, draws), _resale(lot, sites, steps, values, draws)]
    return min((change for change in changes if change), key=lambda change: change.departure_day, default=None)


def _move(lot: Lot, sites: Sequence[Site], steps: NDArray[np.float64], values: Values, draws: Draws) -> Move | None:
    departure = _departure_day(lot, Stream.MOVE_DAY, values["lawful_moves_per_lot_year"], draws)
    if departure is None:
        return None
    where, transit, report = draws.uniforms(Stream.MOVE, lot.number, count=3)
    spread = values["lawful_move_log_sd"]
    return Move(
        to_site=pick_other_site(sites, steps, float(where), lot.site).number,
        departure_day=departure,
        arrival_day=departure + lognormal(transit, median=values["lawful_move_transit_days"], log_sd=spread),
        report_day=departure + lognormal(report, median=values["lawful_move_report_days"], log_sd=spread),
    )


def _resale(lot: Lot, sites: Sequence[Site], steps: NDArray[np.float64], values: Values, draws: Draws) -> Move | None:
    departure = _departure_day(lot, Stream.RESALE_DAY, values["resales_per_lot_year"], draws)
    if departure is None:
        return None
    where, transit, report, ever = draws.uniforms(Stream.RESALE, lot.number, count=4)
    spread = values["lawful_move_log_sd"]
    report_days = lognormal(report, median=values["resale_report_days"], log_sd=spread)
    return Move(
        to_site=pick_other_site(sites, steps, float(where), lot.site).number,
        departure_day=departure,
        arrival_day=departure + lognormal(transit, median=values["lawful_move_transit_days"], log_sd=spread),
        report_day=math.inf if ever < values["resales_unreported"] else departure + report_days,
        sold=True,
    )


def _withdrawal(lot: Lot, values: Values, draws: Draws) -> Withdrawal | None:
    departure = _departure_day(lot, Stream.WITHDRAWAL_DAY, values["withdrawals_per_lot_year"], draws)
    if departure is None:
        return None
    report, ever = draws.uniforms(Stream.WITHDRAWAL, lot.number, count=2)
    days = lognormal(report, median=values["withdrawal_report_days"], log_sd=values["lawful_move_log_sd"])
    return Withdrawal(departure, math.inf if ever < values["withdrawals_unreported"] else departure + days)


def _departure_day(lot: Lot, stream: Stream, per_year: float, draws: Draws) -> float | None:
    """When a change at a constant rate comes first, or None if the rate is 0."""
    if per_year <= 0:
        return None
    return lot.delivery_day + draws.exponential(stream, lot.number, mean=DAYS_PER_YEAR / per_year)
