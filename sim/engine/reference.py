"""The reference engine: slow, plain and exact. Each chip is its own SimPy process, each challenge is asked one by one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from simpy import Environment
from simpy.events import ProcessGenerator

from ..actors.authority import Authority
from ..actors.enrolment import enrol_site, measure_anew
from ..actors.exporter import export_lots
from ..actors.operator import receive_lots, run_chip, suffer_congestion, suffer_outages
from ..actors.setting import Setting
from ..actors.smuggler import divert_lot
from ..actors.verifier import Verifier
from ..fleet.chips import State
from ..fleet.supply import Lot, lots_shipped
from ..parameters import load_parameters
from ..randomness import Draws, Stream
from ..record import Category, Census, Event, Record
from ..scenario import Scenario
from ..smuggling.plans import exposure_day, plan_diversion
from ..world.geography import hubs
from ..world.landmarks import build_panels
from ..world.latency import Network
from ..world.placement import place_landmarks
from ..world.sites import build_sites, pick_site
from ..world.territory import hubs_in, hubs_outside

CENSUS_DAYS = 7.0


def run(scenario: Scenario, seed: int, watch: Callable[[Event, Setting], None] | None = None) -> Record:
    """Simulate one run.

    Args:
        scenario: the world and the policy.
        seed: of this run, see `randomness.run_seed`.
        watch: called after each event with the event and the whole setting.
    """
    setting = _build(scenario, seed)
    if watch is not None:
        setting.record.watch = lambda event: watch(event, setting)
    authority = _start(setting)
    end_day = scenario.calendar.end_day
    setting.env.run(until=end_day)
    if int(setting.record.census[-1].day) == int(end_day):  # one census a date
        setting.record.census.pop()
    setting.record.census.append(take_census(setting, end_day))
    setting.record.open_cases = authority.open_cases
    setting.record.chips = setting.chips.copy()
    setting.record.covered_chip_days = _covered_chip_days(setting)
    return setting.record


def take_census(setting: Setting, day: float) -> Census:
    """Count the chips of each category: a partition of all chips shipped."""
    state, covered = setting.chips.column("state"), setting.chips.column("covered").astype(bool)
    established = ~np.isnan(setting.chips.column("established_day"))
    installed = state == State.INSTALLED
    diverted = (state == State.SMUGGLED) | (state == State.RESTRICTED)
    members = {
        Category.SHIPPING: state == State.SHIPPING,
        Category.IN_SERVICE_WITHOUT_MECHANISM: installed & ~covered,
        Category.IN_SERVICE_WITH_MECHANISM: installed & covered,
        Category.UNDER_REPAIR: state == State.REPAIR,
        Category.DIVERTED_UNDETECTED: diverted & ~established,
        Category.DIVERTED_ESTABLISHED: diverted & established,
        Category.SEIZED: state == State.SEIZED,
    }
    return Census(day, {category: int(chips.sum()) for category, chips in members.items()})


def _build(scenario: Scenario, seed: int) -> Setting:
    draws, values = Draws(seed), scenario.values
    geography, verification = scenario.geography, scenario.verification
    model = load_parameters().latency[geography.network]
    sites = build_sites(geography.sites, hubs_outside(geography.restricted, hubs()), values, draws)
    landmarks = place_landmarks(
        geography.placement,
        geography.landmarks,
        sites,
        geography.restricted,
        bound=verification.bound,
        model=model,
        values=values,
        draws=draws,
    )
    panels = build_panels(sites, landmarks, verification.landmarks_asked, verification.bound, geography.restricted)
    network = Network(model, values, draws)
    return Setting(Environment(), scenario, values, draws, sites, panels, network, Record())


def _start(setting: Setting) -> Authority:
    """Start every process. Their order decides nothing: two of them act at the same time with probability zero."""
    env, scenario = setting.env, setting.scenario
    verifier = Verifier(setting, raise_alert=lambda *alert: authority.take_alert(*alert))

    def measure_site_anew(site: int) -> None:
        env.process(measure_anew(setting, setting.sites[site]))

    authority = Authority(
        setting,
        excuse=verifier.excuse,
        start_anew=verifier.start_anew,
        measure_anew=measure_site_anew,
    )

    def installed(chip: int, day: float) -> None:
        env.process(run_chip(setting, chip, day))
        if scenario.verification.active and setting.chips.column("covered")[chip]:
            env.process(verifier.watch(chip, day))

    lots = lots_shipped(
        scenario.exports_per_year,
        scenario.fleet.lot_chips,
        scenario.calendar.end_day,
        setting.sites,
        setting.values,
        setting.draws,
    )
    if scenario.verification.active:
        for site in setting.sites:
            env.process(enrol_site(setting, site))
        env.process(authority.inspect_cases())
    for site in setting.sites:
        env.process(receive_lots(setting, site.number, installed))
        env.process(suffer_outages(setting, site.number))
        env.process(suffer_congestion(setting, site.number))
        if scenario.enforcement.random_inspections:
            env.process(authority.visit_at_random(site.number))
    _place_initial_stock(setting, installed)
    env.process(export_lots(setting, lots, lambda lot, chips: _divert(setting, authority, lot, chips)))
    env.process(_count(setting))
    return authority


def _place_initial_stock(setting: Setting, installed: Callable[[int, float], None]) -> None:
    """Chips abroad on the first day: no mechanism, spread over sites by size."""
    for chip in range(setting.scenario.initial_chips):
        site = pick_site(setting.sites, setting.draws.uniform(Stream.LEGACY_SITE, chip)).number
        setting.chips.append(1, state=State.INSTALLED, covered=False, lot=-1, site=site, day=0.0)
        installed(chip, 0.0)


def _divert(setting: Setting, authority: Authority, lot: Lot, chips: range) -> None:
    """Set the smuggler, and perhaps a tip, on a lot that was ordered on false pretences."""
    if not lot.ordered_by_smuggler:
        return
    scenario = setting.scenario
    destinations = hubs_in(scenario.geography.restricted, hubs())
    plan = plan_diversion(lot, scenario.adversary.strategies, destinations, setting.values, setting.draws)
    setting.env.process(divert_lot(setting, lot.number, lot.site, chips, plan))
    day = exposure_day(lot, plan.departure_day, setting.values, setting.draws)
    if day is not None and setting.scenario.enforcement.tips:
        setting.env.process(authority.follow_tip(lot.number, chips, day))


def _count(setting: Setting) -> ProcessGenerator:
    """Take the census at regular times."""
    for number in itertools.count():
        yield setting.until(number * CENSUS_DAYS)
        setting.record.census.append(take_census(setting, number * CENSUS_DAYS))


def _covered_chip_days(setting: Setting) -> float:
    """Days that chips with the mechanism have been abroad under the duty, from delivery on, whether honest or not."""
    delivered = {event.lot: event.day for event in setting.record.events if event.happening == "delivered"}
    covered = setting.chips.column("covered")
    lots = setting.chips.column("lot")
    end = setting.scenario.calendar.end_day
    return float(sum(end - delivered[int(lot)] for lot in lots[covered] if int(lot) in delivered))
