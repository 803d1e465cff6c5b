"""The operator of a site: takes deliveries in, moves lots elsewhere or out of use, and suffers congestion."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..fleet.chips import State
from ..fleet.moves import Move, Withdrawal
from ..fleet.supply import Lot
from ..record import Event, Happening
from ..smuggling.strategy import Answer
from ..world.congestion import congestion_episodes
from ..world.paths import direct
from .setting import Setting

OnInstalled = Callable[[NDArray[np.int64], float], None]


def receive_lots(setting: Setting, site: int, installed: OnInstalled) -> ProcessGenerator:
    """Install every lot that reaches the dock; `installed(chips, day)` lets others take notice, once they are."""
    while True:
        lot: Lot = yield setting.docks[site].get()
        day = lot.delivery_day
        setting.chips.settle(math.floor(day))  # the keeper of faults spares new chips only those of the day
        chips = setting.chips_of(lot)
        setting.chips.move(chips, State.INSTALLED, day)
        setting.delivered_chips[site] += len(chips)
        setting.record.write(Event(day, Happening.DELIVERED, lot=lot.number, site=site, chips=len(chips)))
        installed(chips, day)


def move_lot(
    setting: Setting, lot: Lot, move: Move, declared: Callable[[NDArray[np.int64], float], None]
) -> ProcessGenerator:
    """Move the working chips of a lot to another site, and report that late, or when an inspector asks.

    Chips under repair stay where they are. On the move, and until it is reported, chips do not fail. `declared(chips, day)`
    lets others take notice of the new declared site.
    """
    yield setting.until(move.departure_day)
    setting.chips.settle(move.departure_day)
    members = setting.chips_of(lot)
    chips = members[setting.chips.column("state")[members] == State.INSTALLED]
    if not len(chips):
        return
    answer = Answer(direct(setting.sites[move.to_site].place))
    setting.chips.send(chips, setting.detour(chips, lot, answer, move.to_site))
    setting.chips.move(chips, State.MOVING, move.departure_day)
    detail = "sold" if move.sold else ""
    setting.write_chips(move.departure_day, Happening.MOVED, chips, lot=lot.number, site=lot.site, detail=detail)
    arrival, report = setting.until(move.arrival_day), setting.until(move.report_day)
    asked = setting.reports_due[lot.number] = setting.env.event()
    yield arrival | report | asked
    if not (report.processed or asked.processed):
        setting.chips.settle(setting.env.now)
        setting.chips.move(chips, State.ELSEWHERE, setting.env.now)
        yield report | asked
    day = setting.env.now
    setting.chips.settle(day)
    del setting.reports_due[lot.number]
    setting.chips.declare(chips, move.to_site)
    setting.write_chips(day, Happening.MOVE_REPORTED, chips, lot=lot.number, site=move.to_site)
    if not arrival.processed:
        declared(chips, day)
        yield arrival
        setting.chips.settle(setting.env.now)
        setting.chips.move(chips, State.INSTALLED, setting.env.now)
        return
    setting.chips.move(chips, State.INSTALLED, day)
    declared(chips, day)


def withdraw_lot(setting: Setting, lot: Lot, withdrawal: Withdrawal) -> ProcessGenerator:
    """Take the working chips of a lot out of use for good, and report that late, never, or when an inspector asks.

    Chips under repair stay in use. Nothing takes the place of those withdrawn.
    """
    yield setting.until(withdrawal.departure_day)
    setting.chips.settle(withdrawal.departure_day)
    members = setting.chips_of(lot)
    chips = members[setting.chips.column("state")[members] == State.INSTALLED]
    if not len(chips):
        return
    calendar, day = setting.scenario.calendar, withdrawal.departure_day
    covered = int(np.count_nonzero(setting.chips.column("covered")[chips]))
    setting.record.covered_chip_days -= covered * (calendar.end_day - max(day, calendar.duty_day))
    setting.chips.move(chips, State.WITHDRAWN, day)
    setting.write_chips(day, Happening.WITHDRAWN, chips, lot=lot.number, site=lot.site)
    asked = setting.reports_due[lot.number] = setting.env.event()
    yield setting.until(withdrawal.report_day) | asked
    day = setting.env.now
    setting.chips.settle(day)
    del setting.reports_due[lot.number]
    setting.chips.move(chips, State.RETIRED, day)
    setting.write_chips(day, Happening.WITHDRAWAL_REPORTED, chips, lot=lot.number, site=lot.site)


def replace_failed(setting: Setting, chips: NDArray[np.int64], days: NDArray[np.float64]) -> NDArray[np.int64]:
    """Retire chips that have failed for good, each on its day, and install others in their place; returns those.

    What is bought under the duty carries the mechanism, whatever it replaces; where that is voluntary, as before.
    """
    calendar, before = setting.scenario.calendar, np.asarray(setting.chips.column("covered"))[chips]
    covered = before | (days >= calendar.duty_day) & setting.scenario.mechanism_is_a_duty
    setting.chips.move(chips, State.RETIRED, days)
    fresh = setting.chips.replace(chips, days, covered)
    setting.record.covered_chip_days += float((calendar.end_day - days[covered & ~before]).sum())
    setting.trace_chips(days, Happening.RETIRED, chips)
    setting.trace_chips(days, Happening.REPLACED, fresh)
    return fresh


def suffer_congestion(setting: Setting, site: int) -> ProcessGenerator:
    """Times at which the link of a site is congested, which makes its chips look farther away."""
    status = setting.site_status[site]
    for episode in congestion_episodes(setting.draws, site, setting.values):
        yield setting.until(episode.start_day)
        status.congestion_ms = episode.extra_ms
        setting.site_changed(site)
        yield setting.until(episode.end_day)
        status.congestion_ms = 0.0
        setting.site_changed(site)
