"""The smuggler: takes chips that were ordered on false pretences away from their declared sites, parcel by parcel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from simpy.events import ProcessGenerator

from ..cells import Cells
from ..fleet.chips import State
from ..fleet.supply import Lot
from ..randomness import Stream
from ..record import Diversion, Event, Happening
from ..smuggling.channels import Channel
from ..smuggling.plans import Parcel, Plan
from ..smuggling.staging import STAGINGS
from ..smuggling.strategy import Answer, Circumstances, Facts
from .setting import NOWHERE, Setting

IntArray = NDArray[np.int64]
OnFirst = Callable[[float], None]

_MAY_LEAVE = (State.SHIPPING, State.INSTALLED, State.REPAIR)


def divert_order(setting: Setting, lot: Lot, plan: Plan, channel: Channel, first_departs: OnFirst) -> ProcessGenerator:
    """Take the chips of an order away as planned, until some of them are found to be gone.

    `first_departs(t0)` lets others take notice when it begins.
    """
    yield setting.until(plan.ready_day)
    if plan.waits_until is not None:
        yield setting.inspected[lot.site] | setting.until(plan.waits_until)
    yield setting.env.timeout(plan.dwell_days)
    for number, parcel in enumerate(plan.parcels):
        if number:
            yield setting.env.timeout(plan.gap_days)
        if _is_found_out(setting, lot):
            return
        t0_day = plan.t0_day(setting.env.now, channel)
        if not number:
            first_departs(t0_day)
        setting.env.process(_carry(setting, lot, plan, number, parcel, t0_day))


def use_from_afar(setting: Setting, lot: Lot) -> ProcessGenerator:
    """Leave the chips where they are declared, and have them compute for customers in restricted territory: lawful."""
    yield setting.until(lot.delivery_day)
    chips = setting.chips_of(lot)
    setting.record.rented_chips += len(chips)
    setting.record.write(Event(lot.delivery_day, Happening.RENTED, lot=lot.number, site=lot.site, chips=len(chips)))


def _is_found_out(setting: Setting, lot: Lot) -> bool:
    """Whether a diversion of chips of the order has been established."""
    return bool((~np.isnan(setting.chips.column("established_day")[setting.chips_of(lot)])).any())


def _carry(setting: Setting, lot: Lot, plan: Plan, number: int, parcel: Parcel, t0_day: float) -> ProcessGenerator:
    """Take one parcel out of its declared site and bring whatever is not seized into restricted territory.

    Diverted chips are taken to be well kept: faults after the departure are not modelled, so that their silence is the
    smuggler's choice alone.
    """
    table, departure_day = setting.chips, setting.env.now
    table.settle(departure_day)
    chips = table.occupants(parcel.slots)
    chips = chips[np.isin(table.column("state")[chips], _MAY_LEAVE)]
    if not len(chips):
        return
    groups = _groups(setting, lot, plan, number, chips)
    for those, facts in groups:
        table.divert(those, t0_day, _open(setting, lot, those, facts, facts.on_the_way))
        if facts.floods_landmarks:
            setting.env.process(_flood(setting, lot.site, departure_day))
    setting.record.write(
        Event(
            departure_day, Happening.DEPARTED, lot=lot.number, site=lot.site, chips=len(chips), detail=plan.order.strategy
        )
    )  # fmt: skip
    setting.record.diversions.append(
        Diversion(
            lot=lot.number,
            channel=plan.order.channel,
            strategy=plan.order.strategy,
            site=lot.site,
            country=setting.sites[lot.site].place.country,
            rows=chips,
            t0_day=t0_day,
            departure_day=departure_day,
            arrival_day=departure_day + parcel.transit_days,
        )
    )
    yield setting.env.timeout(parcel.transit_days)
    arrival_day, arrived = setting.env.now, 0
    table.settle(arrival_day)
    for those, facts in groups:
        arriving = those[table.column("state")[those] == State.SMUGGLED]
        arrived += len(arriving)
        if len(arriving):
            table.send(arriving, _open(setting, lot, arriving, facts, facts.at_true_site))
            table.move(arriving, State.RESTRICTED, arrival_day)
    if arrived:
        detail = plan.true_site.name
        setting.record.write(
            Event(arrival_day, Happening.ARRIVED, lot=lot.number, site=lot.site, chips=arrived, detail=detail)
        )  # fmt: skip


def _groups(setting: Setting, lot: Lot, plan: Plan, number: int, chips: IntArray) -> list[tuple[IntArray, Facts]]:
    """The chips of a parcel by what is the case about them: those for which the physical act succeeds, and the others."""
    landmarks, network = setting.panels[lot.site].landmarks, setting.network
    circumstances = Circumstances(
        declared_site=setting.sites[lot.site].place,
        true_site=plan.true_site,
        landmarks=landmarks,
        values=setting.values,
        false_landmarks=frozenset(one.number for one in landmarks if network.true_place(one) != one),
    )
    facts = plan.order.does.facts(circumstances)
    if facts.chance_of == "chip":
        slots = np.asarray(setting.chips.column("slot"))[chips].astype(np.int64)
        uniforms = Cells(setting.draws.seed, Stream.PHYSICAL_ACT).uniforms(slots, 0, (0,))[:, 0]
    else:
        uniforms = np.full(len(chips), setting.draws.uniform(Stream.PARCEL_ACT, lot.number, number))
    succeeds = uniforms < facts.chance
    transit_days = plan.parcels[number].transit_days
    groups = ((chips[succeeds], facts), (chips[~succeeds], facts.failed))
    return [(those, _completed(facts, plan, transit_days)) for those, facts in groups if len(those)]


def _completed(facts: Facts, plan: Plan, transit_days: float) -> Facts:
    """Facts with what is shown to inspectors, and how long the way back for them takes."""
    staging = facts.staging if facts.staging is not None else STAGINGS[plan.staging]
    return replace(facts, staging=staging, return_days=transit_days)


def _open(setting: Setting, lot: Lot, chips: IntArray, facts: Facts, answer: Answer | None) -> int:
    """Open a detour for chips that have left or arrived, and note whose key it is."""
    through_site = NOWHERE
    if answer is not None:
        path = setting.path_of(answer)
        if any(leg.to == setting.sites[lot.site].place for leg in path.legs):
            through_site = lot.site
        if np.asarray(setting.chips.column("covered"))[chips].any():  # the others are never asked
            setting.note_key(answer.key, lot)
    return setting.detour(chips, lot, answer, through_site, facts)


def _flood(setting: Setting, site: int, since_day: float) -> ProcessGenerator:
    """Keep the landmarks asked about a site too busy to time anybody."""
    landmarks, cause = setting.panels[site].landmarks, f"flood from {since_day} about {site}"
    for landmark in landmarks:
        setting.lose_landmark(landmark.number, cause)
        setting.record.write(Event(since_day, Happening.LANDMARK_LOST, detail=landmark.name))
    yield setting.env.timeout(setting.values["flood_days"])
    for landmark in landmarks:
        setting.regain_landmark(landmark.number, cause)
        setting.record.write(Event(setting.env.now, Happening.LANDMARK_BACK, detail=landmark.name))
