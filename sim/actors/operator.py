"""The operator of a site: takes deliveries in, and suffers the outages and faults that silence honest chips."""

from __future__ import annotations

from collections.abc import Callable

from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..fleet.silence import chip_spells, site_outages
from ..record import Event, Happening
from ..world.congestion import congestion_episodes
from .setting import Setting

OnInstalled = Callable[[int, float], None]


def receive_lots(setting: Setting, site: int, installed: OnInstalled) -> ProcessGenerator:
    """Install every lot that reaches the dock; `installed(chip, day)` lets others take notice."""
    while True:
        lot, chips = yield setting.docks[site].get()
        for chip in chips:
            setting.chips.move(chip, State.INSTALLED, lot.delivery_day)
        setting.record.write(Event(lot.delivery_day, Happening.DELIVERED, lot=lot.number, site=site))
        for chip in chips:
            installed(chip, lot.delivery_day)


def run_chip(setting: Setting, chip: int, since_day: float) -> ProcessGenerator:
    """Faults and repairs of one chip, for as long as it is at its declared site."""
    end_day = setting.scenario.calendar.end_day
    for spell in chip_spells(setting.draws, chip, since_day, end_day, setting.values):
        yield setting.until(spell.start_day)
        if setting.chips.state(chip) is not State.INSTALLED:
            return
        _change(setting, chip, State.REPAIR, Happening.FAILED, spell.start_day)
        yield setting.until(spell.end_day)
        if setting.chips.state(chip) is not State.REPAIR:
            return
        _change(setting, chip, State.INSTALLED, Happening.REPAIRED, spell.end_day)


def suffer_outages(setting: Setting, site: int) -> ProcessGenerator:
    """Outages that cut off a whole site, relays left there included."""
    status = setting.site_status[site]
    for outage in site_outages(setting.draws, site, setting.values):
        yield setting.until(outage.start_day)
        status.cut_off = True
        setting.record.write(Event(outage.start_day, Happening.OUTAGE_BEGAN, site=site))
        yield setting.until(outage.end_day)
        status.cut_off = False
        setting.record.write(Event(outage.end_day, Happening.OUTAGE_ENDED, site=site))


def suffer_congestion(setting: Setting, site: int) -> ProcessGenerator:
    """Times at which the link of a site is congested, which makes its chips look farther away."""
    status = setting.site_status[site]
    for episode in congestion_episodes(setting.draws, site, setting.values):
        yield setting.until(episode.start_day)
        status.congestion_ms = episode.extra_ms
        yield setting.until(episode.end_day)
        status.congestion_ms = 0.0


def _change(setting: Setting, chip: int, to: State, happening: Happening, day: float) -> None:
    setting.chips.move(chip, to, day)
    setting.record.write(Event(day, happening, chip=chip, site=setting.chips.site(chip)))
