"""The exporter: ships lots under licence to their declared sites."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..fleet.supply import BOUGHT_FROM, Lot
from ..record import Event, Happening
from ..units import calendar_date
from ..world.country_caps import CountryCaps
from ..world.products import h100e_of_products, product_names
from ..world.regimes import DIFFUSION_RULE
from .setting import Setting

OnShipped = Callable[[Lot], None]
COUNTRY_CAP = "country_cap"
"""Why a licence was refused, if not for the declared site."""


def export_lots(setting: Setting, lots: Iterable[Lot], shipped: OnShipped) -> ProcessGenerator:
    """Ship each lot on its day, if it gets its licence; every lot is one order and needs one.

    `shipped(lot)` lets others take notice.
    """
    caps, names = CountryCaps(setting.values, setting.scenario.fleet.scale, setting.sample), product_names()
    for lot in lots:
        yield setting.until(lot.ship_day)
        chips = len(lot.slots)
        if lot.number >= BOUGHT_FROM:
            _sell(setting, lot, shipped)
            continue
        if refuses_licence(setting, lot):
            setting.record.refused_chips += chips
            setting.record.write(Event(lot.ship_day, Happening.LICENCE_REFUSED, lot=lot.number, site=lot.site, chips=chips))
            continue
        if is_blocked(setting, lot):
            setting.record.prevented_chips += chips
            setting.record.write(Event(lot.ship_day, Happening.ORDER_PREVENTED, lot=lot.number, site=lot.site, chips=chips))
            continue
        if exceeds_cap(setting, caps, lot):
            setting.record.refused_chips += chips
            setting.record.write(
                Event(
                    lot.ship_day, Happening.LICENCE_REFUSED, lot=lot.number, site=lot.site, chips=chips, detail=COUNTRY_CAP
                )
            )
            continue
        setting.chips.append(
            chips,
            state=State.SHIPPING,
            covered=setting.scenario.carries_mechanism(lot.ship_day, wanted=lot.opts_in),
            lot=lot.number,
            site=lot.site,
            day=lot.ship_day,
            first_slot=lot.slots.start,
            product=lot.product,
        )
        name = names[lot.product]
        setting.record.write(Event(lot.ship_day, Happening.SHIPPED, lot=lot.number, site=lot.site, chips=chips, detail=name))
        setting.lots[lot.number] = lot
        if lot.is_installed:
            setting.env.process(_transport(setting, lot))
        shipped(lot)


def _sell(setting: Setting, lot: Lot, shipped: OnShipped) -> None:
    """Chips out of the stock abroad change hands; nobody asks for a licence."""
    rows = setting.chips_of(lot)
    setting.chips.sell(rows, lot.number)
    setting.lots[lot.number] = lot
    setting.record.write(Event(lot.ship_day, Happening.BOUGHT, lot=lot.number, site=lot.site, chips=len(rows)))
    shipped(lot)


def refuses_licence(setting: Setting, lot: Lot) -> bool:
    """Whether the authority refuses the licence because chips at the declared site could not be cleared, or never answer."""
    verification, status = setting.scenario.verification, setting.site_status[lot.site]
    if not verification.active or not status.enrolled:
        return False
    if setting.sites[lot.site].air_gapped:
        return verification.air_gapped == "refuse_licence"
    return verification.uncleared_sites == "refuse_licence" and not status.clearable


def exceeds_cap(setting: Setting, caps: CountryCaps, lot: Lot) -> bool:
    """Whether a lot would bring its country over the cap of the AI Diffusion Rule, in a scenario that keeps it."""
    date = calendar_date(setting.scenario.calendar.start, lot.ship_day)
    if DIFFUSION_RULE.name not in setting.scenario.regimes or not DIFFUSION_RULE.holds(date):
        return False
    h100e = len(lot.slots) * float(h100e_of_products(setting.values)[lot.product])
    return not caps.admits(setting.sites[lot.site].place.country, lot.site, date.year, h100e)


def is_blocked(setting: Setting, lot: Lot) -> bool:
    """Whether smugglers ordered a lot through a company that is blocked and has no new name yet."""
    return lot.ordered_by_smuggler and lot.ship_day < setting.blocked_until.get(lot.site, 0.0)


def _transport(setting: Setting, lot: Lot) -> ProcessGenerator:
    """Carry a lot to the dock of its declared site."""
    yield setting.until(lot.delivery_day)
    yield setting.docks[lot.site].put(lot)
