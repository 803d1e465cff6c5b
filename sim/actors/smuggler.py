"""The smuggler: takes the lots that were ordered on false pretences away from their declared sites."""

from __future__ import annotations

import numpy as np
from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..fleet.supply import Lot
from ..record import Event, Happening
from ..smuggling.plans import Plan
from ..smuggling.strategies import STRATEGIES
from .setting import Detour, Setting


def divert_lot(setting: Setting, lot: Lot, plan: Plan) -> ProcessGenerator:
    """Leave the declared site on the day of the plan and bring whatever is not seized into restricted territory.

    Diverted chips are taken to be well kept: faults after the departure are not modelled, so that their silence is the
    smuggler's choice alone.
    """
    yield setting.until(plan.departure_day)
    setting.chips.settle(plan.departure_day)
    facts = STRATEGIES[plan.strategy].facts(setting.sites[lot.site].place, plan.true_site)
    setting.detours[lot.number] = Detour(lot, facts.path, lot.site)
    chips = setting.chips_of(lot)
    setting.chips.move(chips, State.SMUGGLED, plan.departure_day)
    setting.record.write(
        Event(
            plan.departure_day, Happening.DEPARTED, lot=lot.number, site=lot.site, chips=len(chips), detail=plan.strategy
        )
    )  # fmt: skip
    yield setting.until(plan.arrival_day)
    setting.chips.settle(plan.arrival_day)
    arriving = chips[np.asarray(setting.chips.column("state"))[chips] == State.SMUGGLED]
    if len(arriving):
        setting.chips.move(arriving, State.RESTRICTED, plan.arrival_day)
        detail = plan.true_site.name
        setting.record.write(
            Event(plan.arrival_day, Happening.ARRIVED, lot=lot.number, site=lot.site, chips=len(arriving), detail=detail)
        )
