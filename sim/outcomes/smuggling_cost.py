"""What a strategy costs a smuggler, by what he has done with it in a run, in US dollars of 2026.

The terms are those of `smuggling.strategy.Cost`. A term for each declared site is paid once for each site from which parcels
have left: there his company stays the same as long as it is not blocked. Running costs go on from the first departure from a
site until every chip that has left it has been found or seized, or the run ends, with breaks if there are any.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..smuggling.strategy import Cost
from .incidence import FloatArray


class Parcels(NamedTuple):
    """Chips that left together, all by one strategy; shape (parcels,) each.

    Attributes:
        site: number of the declared site. Sites of different runs have different numbers here.
        chips: how many left.
        value_usd: of them at list.
        from_day: on which they left.
        until_day: on which the last of them was found or seized, or the run ended; not before `from_day`.
    """

    site: NDArray[np.int64]
    chips: FloatArray
    value_usd: FloatArray
    from_day: FloatArray
    until_day: FloatArray


def strategy_cost_usd(cost: Cost, parcels: Parcels) -> dict[str, float]:
    """What the parcels cost, by term of the cost."""
    return {
        "once": cost.once_usd * len(np.unique(parcels.site)),
        "per_parcel": cost.per_parcel_usd * len(parcels.site),
        "per_chip": cost.per_chip_usd * float(parcels.chips.sum()),
        "share_of_price": cost.share_of_price * float(parcels.value_usd.sum()),
        "per_day": cost.per_day_usd * answered_days(parcels),
    }


def answered_days(parcels: Parcels) -> float:
    """Days on which answers are given for chips that have left, added up over sites; a day counts once for each site."""
    total = 0.0
    for site in np.unique(parcels.site):
        here = parcels.site == site
        order = np.argsort(parcels.from_day[here], kind="stable")
        begins, ends = parcels.from_day[here][order], np.maximum.accumulate(parcels.until_day[here][order])
        # A parcel adds the days after all that left before it are over.
        total += float((ends - np.maximum(begins, np.concatenate([[-np.inf], ends[:-1]]))).clip(min=0.0).sum())
    return total
