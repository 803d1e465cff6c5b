"""What became of chips that left together: one row for each parcel, by channel and strategy of its smuggler."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..fleet.chips import State
from ..parameters import Values
from ..record import ConsequenceKind, Diversion, Record
from ..world.products import h100e_of_products, prices_usd


class Fate(NamedTuple):
    """One parcel. Days are since the start of the run, NaN for never.

    Attributes:
        lot: number of the order.
        channel, strategy: of its smuggler.
        site: declared.
        country: of that site.
        chips: that left together.
        h100e: that they make.
        value_usd: of them at list.
        t0_day: when they left the licensed path.
        departure_day: when they left the declared site, or the way to it.
        arrival_day: when those not seized are in restricted territory.
        established_chips: how many of them the authority established as diverted.
        established_day: when it established the first of them.
        seized_chips: how many of them were seized.
        penalty_usd: what was collected because of them: the order's penalties, by its chips established.
        blocked: whether the order's consignee was blocked because of it.
    """

    lot: int
    channel: str
    strategy: str
    site: int
    country: str
    chips: int
    h100e: float
    value_usd: float
    t0_day: float
    departure_day: float
    arrival_day: float
    established_chips: int
    established_day: float
    seized_chips: int
    penalty_usd: float
    blocked: bool


def fates(record: Record, values: Values) -> Iterator[Fate]:
    """The fate of each parcel, in the order of departure."""
    product = np.asarray(record.chips["product"])
    h100e, value_usd = h100e_of_products(values), prices_usd(values)
    established_day = np.asarray(record.chips["established_day"]).astype(np.float64)
    penalties: defaultdict[int, float] = defaultdict(float)
    blocked = set()
    for consequence in record.consequences:
        if consequence.kind is ConsequenceKind.PENALTY:
            penalties[consequence.lot] += consequence.usd
        elif consequence.kind is ConsequenceKind.BLOCKED:
            blocked.add(consequence.lot)
    found_of_lot: defaultdict[int, int] = defaultdict(int)
    for one in record.diversions:
        found_of_lot[one.lot] += int(np.count_nonzero(~np.isnan(established_day[one.rows])))
    for one in record.diversions:
        days = established_day[one.rows]
        found = int(np.count_nonzero(~np.isnan(days)))
        yield Fate(
            lot=one.lot,
            channel=one.channel,
            strategy=one.strategy,
            site=one.site,
            country=one.country,
            chips=len(one.rows),
            h100e=float(h100e[product[one.rows]].sum()),
            value_usd=float(value_usd[product[one.rows]].sum()),
            t0_day=one.t0_day,
            departure_day=one.departure_day,
            arrival_day=one.arrival_day,
            established_chips=found,
            established_day=float(np.nanmin(days)) if found else math.nan,
            seized_chips=_seized(record, one),
            penalty_usd=penalties[one.lot] * found / found_of_lot[one.lot] if found else 0.0,
            blocked=bool(found) and one.lot in blocked,
        )


def _seized(record: Record, one: Diversion) -> int:
    return int(np.count_nonzero(np.asarray(record.chips["state"])[one.rows] == State.SEIZED))
