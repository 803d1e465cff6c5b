"""The exporter: ships lots under licence to their declared sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..fleet.supply import Lot
from ..record import Event, Happening
from .setting import Setting

OnShipped = Callable[[Lot, range], None]


def export_lots(setting: Setting, lots: Iterable[Lot], shipped: OnShipped) -> ProcessGenerator:
    """Ship each lot on its day, if it gets its licence. From the day of the duty on, chips carry the mechanism.

    `shipped(lot, chips)` lets others take notice.
    """
    for lot in lots:
        yield setting.until(lot.ship_day)
        if refuses_licence(setting, lot):
            setting.record.refused_chips += lot.chips
            setting.record.write(Event(lot.ship_day, Happening.LICENCE_REFUSED, lot=lot.number, site=lot.site))
            continue
        covered = lot.ship_day >= setting.scenario.calendar.duty_day
        chips = setting.chips.append(
            lot.chips, state=State.SHIPPING, covered=covered, lot=lot.number, site=lot.site, day=lot.ship_day
        )
        detail = f"{lot.chips} chips"
        setting.record.write(Event(lot.ship_day, Happening.SHIPPED, lot=lot.number, site=lot.site, detail=detail))
        setting.env.process(_transport(setting, lot, chips))
        shipped(lot, chips)


def refuses_licence(setting: Setting, lot: Lot) -> bool:
    """Whether the authority refuses the licence because chips at the declared site could not be cleared."""
    refusing = setting.scenario.verification.active and setting.scenario.verification.uncleared_sites == "refuse_licence"
    status = setting.site_status[lot.site]
    return refusing and status.enrolled and not status.clearable


def _transport(setting: Setting, lot: Lot, chips: range) -> ProcessGenerator:
    """Carry a lot to the dock of its declared site."""
    yield setting.until(lot.delivery_day)
    yield setting.docks[lot.site].put((lot, chips))
