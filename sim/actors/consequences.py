"""What follows when a diversion has been established: the consignee is blocked, and a penalty is collected where it can be.

A consignee is the smugglers' company at a declared site: blocked, it orders again under a new name after a while. What is
inside restricted territory stays in use.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..randomness import Stream, lognormal
from ..record import Consequence, ConsequenceKind, Event, Happening
from ..world.country_groups import PARTNERS
from ..world.products import prices_usd
from .setting import Setting

IntArray = NDArray[np.int64]


class Consequences:
    """All consequences of one run; each lot has them once."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._followed: set[int] = set()

    def follow(self, lots: IntArray, *, told: bool) -> None:
        """Diversions of some lots have been established, by somebody who told or not."""
        for lot in lots.tolist():
            if lot not in self._followed:
                self._followed.add(lot)
                self._setting.env.process(self._follow(lot, told))

    def stop_on_the_way(self, lots: IntArray, day: float) -> None:
        """Let customs look for lots found to be missing; now and then they stop what is still on its way."""
        for lot in lots.tolist():
            uniform = self._setting.draws.uniforms(Stream.CONSEQUENCE, lot, count=3)[2]
            if uniform < self._setting.values["interdiction"]:
                self.seize(self._chips_of(lot), lot, day)

    def seize(self, chips: IntArray, lot: int, day: float) -> None:
        """Take those of a lot's chips that are on their way."""
        table = self._setting.chips
        on_the_way = chips[np.asarray(table.column("state"))[chips] == State.SMUGGLED]
        if not len(on_the_way):
            return
        table.move(on_the_way, State.SEIZED, day)
        site = int(table.column("site")[on_the_way[0]])
        self._setting.write_chips(day, Happening.SEIZED, on_the_way, lot=lot, site=site)
        self._setting.record.consequences.append(Consequence(day, lot, ConsequenceKind.SEIZURE, len(on_the_way), 0.0))

    def _follow(self, lot: int, told: bool) -> ProcessGenerator:
        setting, values = self._setting, self._setting.values
        when, collected, _ = setting.draws.uniforms(Stream.CONSEQUENCE, lot, count=3)
        yield setting.env.timeout(
            lognormal(float(when), median=values["consequence_days"], log_sd=values["case_review_log_sd"])
        )
        day, chips = setting.env.now, self._chips_of(lot)
        found = chips[~np.isnan(setting.chips.column("established_day")[chips])]
        established = len(found)
        site = int(setting.chips.column("site")[chips[0]])
        if setting.scenario.enforcement.licence_denial:
            # Where only some of a site's lots are simulated, fewer blocks must each last longer to prevent the same share.
            days = values["new_shell_days"] / float(setting.sample.factors[site])
            setting.blocked_until[site] = max(setting.blocked_until.get(site, 0.0), day + days)
            setting.record.consequences.append(Consequence(day, lot, ConsequenceKind.BLOCKED, established, 0.0))
            setting.record.write(Event(day, Happening.BLOCKED, lot=lot, site=site, chips=established))
        partner = setting.sites[site].place.country in PARTNERS
        if collected < (values["penalty_reach_partners"] if partner else values["penalty_reach_elsewhere"]):
            value_usd = float(prices_usd(values)[setting.chips.column("product")[found]].sum())
            usd = max(values["civil_penalty_floor_usd"], values["civil_penalty_multiple"] * value_usd)
            setting.record.consequences.append(Consequence(day, lot, ConsequenceKind.PENALTY, established, usd))
            setting.record.write(Event(day, Happening.PENALISED, lot=lot, site=site, chips=established))
            award = setting.scenario.enforcement.whistleblower_award
            if told and award:
                setting.record.consequences.append(Consequence(day, lot, ConsequenceKind.AWARD, established, award * usd))

    def _chips_of(self, lot: int) -> IntArray:
        return self._setting.chips_of(self._setting.lots[lot])
