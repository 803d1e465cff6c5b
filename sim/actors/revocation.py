"""What becomes of honest chips when a key that has leaked is refused at once.

Everything below the key is refused, forged or not, and nobody can tell which is which: chips below it are not judged until
their site has installed new endorsements. Whoever still has a chip gets one. Forged evidence is then what is left, and is
refused for good.

Method: certificate revocation as of RFC 5280; that each site takes its own time to install what is new is an assumption.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..fleet.chips import GONE
from ..randomness import Stream, lognormal
from ..record import Event, Happening
from .judge import Judge
from .setting import VENDOR, Setting

IntArray = NDArray[np.int64]


def revoke_soon(setting: Setting, judge: Judge, batch: int, day: float) -> None:
    """Have a key refused from a day on: that of a production batch, or the vendor's if `batch` is `VENDOR`."""
    setting.env.process(_revoke(setting, judge, batch, day))


def _revoke(setting: Setting, judge: Judge, batch: int, day: float) -> ProcessGenerator:
    """Withdraw the endorsements of all chips below a key, and let each site see to new ones."""
    yield setting.until(day)
    setting.chips.settle(day)
    chips = _endorsed_by(setting, batch)
    setting.record.write(Event(day, Happening.KEY_REVOKED, chips=len(chips), detail=_name(batch)))
    setting.chips.withdraw_endorsement(chips)
    judge.judge_again(chips)
    sites = np.asarray(setting.chips.column("site"))[chips]
    for site in np.unique(sites).tolist():
        setting.env.process(_reissue(setting, judge, batch, site, chips[sites == site], day))


def _reissue(setting: Setting, judge: Judge, batch: int, site: int, chips: IntArray, since_day: float) -> ProcessGenerator:
    """Endorse chips anew at one site after a while."""
    uniform = setting.draws.uniform(Stream.KEY_REISSUE, site, batch - VENDOR)
    days = lognormal(uniform, median=setting.values["key_reissue_days"], log_sd=setting.values["case_review_log_sd"])
    honest = np.isnan(setting.chips.column("diverted_day")[chips])
    until_day = min(since_day + days, setting.scenario.calendar.end_day)
    setting.record.unendorsed_chip_days += int(np.count_nonzero(honest)) * (until_day - since_day)
    yield setting.until(since_day + days)
    setting.chips.settle(setting.env.now)
    setting.chips.endorse_anew(chips)
    judge.judge_again(chips)
    setting.record.write(Event(setting.env.now, Happening.REISSUED, site=site, chips=len(chips), detail=_name(batch)))


def _endorsed_by(setting: Setting, batch: int) -> IntArray:
    """Chips below a key that are still asked, or will be."""
    table, size = setting.chips, setting.batch_slots
    slots = range(table.slots) if batch == VENDOR else range(batch * size, min((batch + 1) * size, table.slots))
    chips = table.occupants(slots)
    chips = chips[chips >= 0]
    column = table.column
    at_large = np.asarray(column("covered"))[chips] & ~np.isin(column("state")[chips], GONE)
    those: IntArray = chips[at_large & np.isnan(column("established_day")[chips])].astype(np.int64)
    return those


def _name(batch: int) -> str:
    return "vendor" if batch == VENDOR else f"batch {batch}"
