"""The smuggler: takes the lots that were ordered on false pretences away from their declared sites."""

from __future__ import annotations

from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..record import Event, Happening
from ..smuggling.plans import Plan
from .setting import Setting


def divert_lot(setting: Setting, lot: int, site: int, chips: range, plan: Plan) -> ProcessGenerator:
    """Leave the declared site on the day of the plan and bring whatever is not seized into restricted territory.

    Diverted chips are taken to be well kept: faults after the departure are not modelled, so that their silence is the
    smuggler's choice alone.
    """
    setting.plans[lot] = plan
    yield setting.until(plan.departure_day)
    for chip in chips:
        setting.chips.move(chip, State.SMUGGLED, plan.departure_day)
    setting.record.write(Event(plan.departure_day, Happening.DEPARTED, lot=lot, site=site, detail=plan.strategy))
    yield setting.until(plan.arrival_day)
    arriving = [chip for chip in chips if setting.chips.state(chip) is State.SMUGGLED]
    for chip in arriving:
        setting.chips.move(chip, State.RESTRICTED, plan.arrival_day)
    if arriving:
        setting.record.write(Event(plan.arrival_day, Happening.ARRIVED, lot=lot, site=site, detail=plan.true_site.name))
