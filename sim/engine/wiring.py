"""What both engines share: the world is built, and the actors are put on the clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import ProcessGenerator

from ..actors.authority import Authority, Judge
from ..actors.endorsers import audit_endorser, suffer_endorser_faults
from ..actors.enrolment import enrol_site
from ..actors.exporter import export_lots
from ..actors.operator import move_lot, receive_lots, suffer_congestion, withdraw_lot
from ..actors.outages import lose_landmark, suffer_conflicts, suffer_outages, undergo_maintenance
from ..actors.planned_visits import visit_by_plan
from ..actors.setting import Setting
from ..actors.smuggler import divert_order, use_from_afar
from ..fleet.chips import ChipTable, State
from ..fleet.moves import Move, plan_change
from ..fleet.stock import stock_by_site
from ..fleet.supply import BOUGHT_FROM, Demand, Lot, lots_shipped
from ..parameters import load_parameters
from ..randomness import Draws
from ..record import Category, Census, Event, EventLog, Record
from ..scenario import Scenario
from ..smuggling.channels import channels
from ..smuggling.orders import Order, mean_diverted_share, order
from ..smuggling.plans import exposure_day, places_of, plan_diversion
from ..smuggling.strategies import STRATEGIES
from ..smuggling.strategy import Strategy
from ..units import DAYS_PER_YEAR
from ..world.cross_checks import not_suspected
from ..world.excess import GULF
from ..world.geography import hubs
from ..world.landmarks import build_panels, landmarks_at, on_the_main_route
from ..world.latency import Network
from ..world.placement import place_landmarks
from ..world.products import chips_by_product, mixed, stock_shares
from ..world.site_sample import all_sites, sample_sites
from ..world.sites import build_sites, capacity_steps
from ..world.territory import hubs_in, hubs_outside

CENSUS_DAYS = 7.0

CONFLICT_REGIONS = (GULF,)
"""Countries that one armed conflict silences together, by region; a region's place here keys its draws and never changes."""

IntArray = NDArray[np.int64]


class Keeper(Judge, Protocol):
    """What each engine does on its own: it lets chips fail and come back, asks them, and keeps their histories."""

    def install(self, chips: IntArray, day: float) -> None:
        """Chips are at their declared site from a day on."""

    def expect(self, lot: Lot) -> None:
        """A lot has been shipped."""

    def redeclare(self, chips: IntArray, day: float) -> None:
        """Chips have another declared site from a day on."""

    def processes(self, alert: Callable[[int, IntArray, float, str], None]) -> Iterator[ProcessGenerator]:
        """The engine's own processes; alerts go to `alert(site, chips, day, reason)`."""

    def finish(self, day: float) -> None:
        """The run ends on a day."""


def run_engine(
    keeper_of: Callable[[Setting], Keeper],
    scenario: Scenario,
    seed: int,
    watch: Callable[[Event, Setting], None] | None = None,
    events: EventLog | None = None,
) -> Record:
    """Simulate one run.

    Args:
        keeper_of: makes the part that is the engine's own.
        scenario: the world and the policy.
        seed: of this run, see `randomness.run_seed`.
        watch: called after each event with the event and the whole setting.
        events: the log to write to; by default one that is kept in memory.
    """
    setting = build(scenario, seed, events)
    if watch is not None:
        setting.record.watch = lambda event: watch(event, setting)
    keeper = keeper_of(setting)
    authority = Authority(setting, keeper)
    begin(setting.env, _processes(setting, keeper, authority))
    _place_initial_stock(setting, keeper)
    end_day = scenario.calendar.end_day
    setting.env.run(until=end_day)
    setting.chips.settle(end_day)
    keeper.finish(end_day)
    record = setting.record
    if record.census and int(record.census[-1].day) == int(end_day):  # one census a date
        record.census.pop()
    record.census.append(take_census(setting, end_day))
    authority.finish(end_day)
    record.state_changes = setting.chips.moves
    record.clearable_chips = clearable_chips(setting)
    record.sites = setting.sites
    record.site_clearable = np.array([status.clearable for status in setting.site_status])
    record.chips = setting.chips.columns()
    return record


def build(scenario: Scenario, seed: int, events: EventLog | None = None) -> Setting:
    """The world of one run, before anything happens."""
    draws, values = Draws(seed), scenario.values
    geography, verification = scenario.geography, scenario.verification
    model = load_parameters().latency[geography.network]
    places = hubs_outside(geography.restricted, hubs())
    nation = build_sites(geography.sites, places, values, draws, geography.largest_site_at)
    sample = sample_sites(nation, geography.sampled_sites, draws) if geography.sampled_sites else all_sites(nation)
    sites = sample.sites
    landmarks = place_landmarks(
        geography.placement,
        geography.landmarks,
        nation,
        geography.restricted,
        bound=verification.bound,
        model=model,
        values=values,
        draws=draws,
    )
    network = Network(model, values, draws)
    true_sites = places_of(hubs_in(geography.restricted, hubs()))
    for strategy in used(scenario):
        there = on_the_main_route(landmarks_at(landmarks), nation)
        network.stand_elsewhere(strategy.false_landmarks(there, true_sites, values))
    if verification.landmark_cross_checks:
        trusted = set(not_suspected(landmarks_at(landmarks), network, verification.enrolment_rounds, values, draws))
        landmarks = tuple(hub for hub, place in zip(landmarks, landmarks_at(landmarks), strict=True) if place in trusted)
    panels = build_panels(
        sites,
        landmarks,
        verification.landmarks_asked,
        verification.bound,
        geography.restricted,
        needed=verification.landmarks_needed,
    )
    record = Record() if events is None else Record(events=events)
    stock = sample.of_stock(stock_by_site(round(scenario.initial_chips / geography.sampled_share), nation))
    table = ChipTable(_room(scenario))
    setting = Setting(Environment(), scenario, values, draws, sites, panels, network, record, table, sample, stock)
    delays_ms = [strategy.site_delay_ms(values) for strategy in used(scenario)]
    for site in sites:
        if site.in_south_east_asia:
            setting.site_status[site.number].delay_ms = max(delays_ms, default=0.0)
    return setting


def used(scenario: Scenario) -> list[Strategy]:
    """The strategies of a scenario that are used at all."""
    return [STRATEGIES[name] for name, weight in scenario.adversary.strategies.items() if weight > 0]


def _room(scenario: Scenario) -> int:
    """Rows that the chip table will need, about: it grows if they do not suffice."""
    years, values = scenario.calendar.end_day / DAYS_PER_YEAR, scenario.values
    shipped = scenario.initial_chips + (scenario.exports_per_year + scenario.gulf_chips_per_year) * years
    replaced = shipped * years * values["gpu_faults_per_chip_year"] * values["permanent_fault_share"]
    return int(1.02 * (shipped + replaced)) + 1024


def begin(env: Environment, processes: Iterable[ProcessGenerator]) -> None:
    """Start processes. Their order decides nothing: two of them act at the same time with probability zero."""
    for process in processes:
        env.process(process)


def take_census(setting: Setting, day: float) -> Census:
    """Count the chips of each category: a partition of all chips shipped."""
    tally = setting.chips.tally
    by_state = tally.sum(axis=(1, 2))
    diverted = tally[State.SMUGGLED] + tally[State.RESTRICTED]
    in_service = tally[State.INSTALLED] + tally[State.ELSEWHERE]
    chips = {
        Category.SHIPPING: by_state[State.SHIPPING] + by_state[State.MOVING],
        Category.IN_SERVICE_WITHOUT_MECHANISM: in_service[0].sum(),
        Category.IN_SERVICE_WITH_MECHANISM: in_service[1].sum(),
        Category.UNDER_REPAIR: by_state[State.REPAIR],
        Category.RETIRED: by_state[State.RETIRED] + by_state[State.WITHDRAWN],
        Category.DIVERTED_UNDETECTED: diverted[:, 0].sum(),
        Category.DIVERTED_ESTABLISHED: diverted[:, 1].sum(),
        Category.SEIZED: by_state[State.SEIZED],
    }
    return Census(day, {category: int(count) for category, count in chips.items()})


def clearable_chips(setting: Setting) -> int:
    """How many chips are installed with the mechanism at sites that could be cleared when they were last measured."""
    clearable = np.array([status.clearable for status in setting.site_status])
    column = setting.chips.column
    installed = (column("state") == State.INSTALLED) & column("covered")
    return int(np.count_nonzero(clearable[column("site")[installed]]))


def _processes(setting: Setting, keeper: Keeper, authority: Authority) -> Iterator[ProcessGenerator]:
    scenario = setting.scenario
    yield from keeper.processes(authority.take_alerts)
    if scenario.verification.active:
        landmarks_time = scenario.geography.endorsers != "audited"
        for site in setting.sites:
            if landmarks_time or site.air_gapped:
                yield enrol_site(setting, site)
            if setting.has_endorser[site.number]:
                yield suffer_endorser_faults(setting, site.number)
                yield audit_endorser(setting, site.number, authority.take_alerts)
    if scenario.verification.active and landmarks_time:
        for landmark in {landmark.number: landmark for panel in setting.panels for landmark in panel.landmarks}.values():
            yield lose_landmark(setting, landmark)
    for region, countries in enumerate(CONFLICT_REGIONS):
        yield suffer_conflicts(setting, region, [site.number for site in setting.sites if site.place.country in countries])
    for site in setting.sites:
        yield receive_lots(setting, site.number, lambda chips, day: _install(setting, keeper, chips, day))
        yield suffer_outages(setting, site.number)
        yield undergo_maintenance(setting, site.number)
        yield suffer_congestion(setting, site.number)
        if scenario.enforcement.random_inspections:
            yield authority.visit_at_random(site.number)
    for inspector in range(scenario.enforcement.planned_inspectors):
        yield visit_by_plan(setting, authority, inspector)
    adversary, restricted = scenario.adversary, scenario.geography.restricted
    lots = lots_shipped(
        scenario.exports_per_year,
        scenario.fleet.lot_chips,
        scenario.calendar.end_day,
        setting.sites,
        setting.values,
        setting.draws,
        scenario.calendar.start,
        Demand(
            scenario.wanted_chips_per_year,
            mean_diverted_share(adversary.channels, adversary.strategies, channels(setting.values)),
            lambda number: _order(setting, number).terms(restricted),
        ),
        first_slot=int(setting.stock.sum()),
        gulf_chips_per_year=scenario.gulf_chips_per_year,
        sample=setting.sample,
        stock=setting.stock,
    )
    steps = capacity_steps(setting.sites)
    yield export_lots(setting, lots, lambda lot: _follow_lot(setting, keeper, authority, lot, steps))
    yield _count(setting)


def _place_initial_stock(setting: Setting, keeper: Keeper) -> None:
    """Chips abroad on the first day, spread over sites by size, with the same mix of products at each."""
    first_slot, covered, shares = 0, setting.scenario.fleet.stock_equipped, stock_shares(setting.values)
    for site, count in enumerate(setting.stock.tolist()):
        rows = setting.chips.append(
            count,
            state=State.INSTALLED,
            covered=covered,
            lot=-1,
            site=site,
            day=0.0,
            first_slot=first_slot,
            product=mixed(chips_by_product(count, shares)),
        )
        first_slot += count
        _install(setting, keeper, np.arange(rows.start, rows.stop), 0.0)


def _install(setting: Setting, keeper: Keeper, chips: IntArray, day: float) -> None:
    if not len(chips):
        return
    covered = int(np.count_nonzero(setting.chips.column("covered")[chips]))
    calendar = setting.scenario.calendar
    setting.record.covered_chip_days += covered * (calendar.end_day - max(day, calendar.duty_day))
    keeper.install(chips, day)


def _follow_lot(setting: Setting, keeper: Keeper, authority: Authority, lot: Lot, steps: NDArray[np.float64]) -> None:
    """Set the smuggler, and perhaps a tip, on a lot that was ordered on false pretences; let an honest owner change his."""
    if lot.number < BOUGHT_FROM:
        keeper.expect(lot)
    scenario, values, draws, begin_one = setting.scenario, setting.values, setting.draws, setting.env.process
    if not lot.ordered_by_smuggler:
        change = plan_change(lot, setting.sites, steps, values, draws)
        if change is None or change.departure_day >= scenario.calendar.end_day:
            return
        if isinstance(change, Move):
            begin_one(move_lot(setting, lot, change, keeper.redeclare))
        else:
            begin_one(withdraw_lot(setting, lot, change))
        return
    wanted = _order(setting, lot.number)
    if not wanted.does.moves:
        begin_one(use_from_afar(setting, lot))
        return
    enforcement, channel = scenario.enforcement, channels(values)[wanted.channel]
    declared_site, destinations = setting.sites[lot.site].place, hubs_in(scenario.geography.restricted, hubs())
    plan = plan_diversion(lot, wanted, channel, declared_site, scenario.adversary.staging, destinations, values, draws)
    factor = values["award_tip_factor"] if enforcement.whistleblower_award else 1.0

    def may_be_told(t0_day: float) -> None:
        day = exposure_day(lot, t0_day, factor, values, draws)
        if day is not None and enforcement.tips:
            begin_one(authority.follow_tip(lot, day))

    begin_one(divert_order(setting, lot, plan, channel, may_be_told))


def _order(setting: Setting, lot: int) -> Order:
    adversary = setting.scenario.adversary
    return order(lot, adversary.channels, adversary.strategies, setting.draws)


def _count(setting: Setting) -> ProcessGenerator:
    """Take the census at regular times."""
    for number in itertools.count():
        day = number * CENSUS_DAYS
        yield setting.until(day)
        setting.chips.settle(day)
        setting.record.census.append(take_census(setting, day))
