"""What ships, to whom and with what: counts against binomial limits, caps and conservation."""

from collections import Counter
from math import sqrt

import numpy as np
import pytest

from sim import Scenario, ScenarioError
from sim.engine import fast, reference
from sim.engine.fast import run
from sim.engine.wiring import build
from sim.fleet.chips import State
from sim.fleet.supply import GULF_LOTS_FROM, Demand, Lot, gulf_start_day, lots_shipped
from sim.record import Happening, Record
from sim.units import calendar_date
from sim.world.country_caps import EMBARGOED, FIRST_TIER, CountryCaps
from sim.world.products import h100e_of_products, product_names, shipped_shares, stock_shares
from sim.world.regions import Region, export_weights, region_of

from .worlds import ORDERLY, Story, hurried

SEED = 5
CALM = {**ORDERLY, "gpu_faults_per_chip_year": 0, "packet_loss": 0, "site_outages_per_site_year": 0}


def world(values=None, **levers) -> Scenario:
    """Sites everywhere, many small lots, a year, nobody who smuggles, and nobody who asks where chips are."""
    common = {
        "geography__sites": 150,
        "fleet__scale": 0.005,
        "fleet__lot_chips": 2,
        "verification__active": False,
        "calendar__duty_after_days": 150,
        "calendar__end_after_duty_days": 215,
    }
    chosen = {**CALM, "legacy_chips_abroad": 2e5, "diverted_chips_per_year": 0, **(values or {})}
    return Scenario.load("miniature").replace(**{**common, **levers}, uncertainties=chosen)


def lots_of(scenario: Scenario) -> tuple[tuple[Lot, ...], list[str]]:
    """The lots of a run, and the country of each site."""
    setting = build(scenario, SEED)
    lots = lots_shipped(
        scenario.exports_per_year,
        scenario.fleet.lot_chips,
        scenario.calendar.end_day,
        setting.sites,
        setting.values,
        setting.draws,
        scenario.calendar.start,
        demand=Demand(scenario.wanted_chips_per_year),
        gulf_chips_per_year=scenario.gulf_chips_per_year,
    )
    return lots, [site.place.country for site in setting.sites]


def within_binomial_limits(count: int, number: int, share: float) -> bool:
    """Four standard deviations."""
    return abs(count - number * share) <= 4 * sqrt(number * share * (1 - share)) + 1e-9


def test_destinations_and_products_follow_their_shares():
    scenario = world()
    lots, countries = lots_of(scenario)
    weights = export_weights(scenario.values)
    to = Counter(region_of(countries[lot.site]) for lot in lots)
    for region in Region:
        assert within_binomial_limits(to[region], len(lots), weights[region] / sum(weights.values())), region
    shares = shipped_shares(scenario.calendar.start, scenario.values)
    of = Counter(lot.product for lot in lots)
    assert all(within_binomial_limits(of[product], len(lots), share) for product, share in enumerate(shares))
    assert not within_binomial_limits(of[product_names().index("b300")], len(lots), 0.8), "the test can tell"


def test_smugglers_take_their_own_route():
    scenario = world({"diverted_chips_per_year": 5e5, "diverted_via_south_east_asia": 0.75})
    lots, countries = lots_of(scenario)
    smuggled = [region_of(countries[lot.site]) for lot in lots if lot.ordered_by_smuggler]
    assert within_binomial_limits(smuggled.count(Region.SOUTH_EAST_ASIA), len(smuggled), 0.75)
    assert len(set(smuggled)) == len(Region)


def test_the_stock_has_its_mix_at_every_site_and_replacements_are_of_the_same_product():
    scenario = world({"gpu_faults_per_chip_year": 3, "permanent_fault_share": 1}, trace=True)
    record = run(scenario, SEED)
    columns = record.chips
    first = (columns["lot"] == -1) & (columns["generation"] == 0)
    shares = stock_shares(scenario.values)
    for site in np.unique(columns["site"][first]):
        here = np.bincount(columns["product"][first & (columns["site"] == site)], minlength=len(shares))
        assert (abs(here - here.sum() * shares) < 1).all()
    product_of_slot = dict(zip(columns["slot"].tolist(), columns["product"].tolist(), strict=True))
    assert (columns["generation"] > 0).sum() > 100
    assert all(
        product_of_slot[slot] == of for slot, of in zip(columns["slot"].tolist(), columns["product"].tolist(), strict=True)
    )


def covered(record: Record, shipped: tuple[float, float]) -> tuple[int, int]:
    """Lots shipped between two days, and how many of them carry the mechanism."""
    columns = record.chips
    lots = {
        lot: bool(mechanism)
        for lot, day, mechanism, generation in zip(
            *(columns[name].tolist() for name in ("lot", "shipped_day", "covered", "generation")), strict=True
        )
        if lot >= 0 and generation == 0 and shipped[0] <= day < shipped[1]
    }
    return len(lots), sum(lots.values())


@pytest.mark.parametrize("before", [False, True])
def test_where_the_mechanism_is_voluntary_a_share_of_honest_lots_carries_it_and_no_smuggler_does(before: bool):
    values = {"opt_in_uptake": 0.3, "diverted_chips_per_year": 2e5, "covered_exports_per_year": 1e6}
    scenario = world(values, regimes=["opt_in"], fleet__opt_in_before=before, trace=True)
    record = run(scenario, SEED)
    number, with_it = covered(record, (150, 365))
    assert within_binomial_limits(with_it, number, 0.3 * 0.8)
    assert not within_binomial_limits(with_it, number, 0.3), "smugglers count"
    number, with_it = covered(record, (0, 150))
    assert within_binomial_limits(with_it, number, 0.3 * 0.8) if before else with_it == 0
    diverted = ~np.isnan(record.chips["diverted_day"])
    assert diverted.any()
    assert not record.chips["covered"][diverted].any()


def test_a_duty_covers_everybody_from_its_day_on_and_uptake_changes_nothing():
    for regime in ("chip_security_act", "chip_security_act_delayed"):
        record = run(world({"opt_in_uptake": 0.5}, regimes=[regime], trace=True), SEED)
        number, with_it = covered(record, (150, 365))
        assert number == with_it > 100
        assert covered(record, (0, 150))[1] == 0


def test_what_fails_is_replaced_without_the_mechanism_where_nobody_opts_in():
    values = {"opt_in_uptake": 0, "gpu_faults_per_chip_year": 3, "permanent_fault_share": 1}
    assert not run(world(values, regimes=["opt_in"], trace=True), SEED).chips["covered"].any()
    assert run(world(values, trace=True), SEED).chips["covered"].any()


def received(scenario: Scenario, record: Record) -> dict[tuple[str, int], list[tuple[int, float]]]:
    """By country and year, the customer and H100e of each lot shipped, from the log."""
    countries = [site.place.country for site in build(scenario, SEED).sites]
    h100e = dict(zip(product_names(), h100e_of_products(scenario.values), strict=True))
    books: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for event in record.events:
        if event.happening is Happening.SHIPPED:
            year = calendar_date(scenario.calendar.start, event.day).year
            books.setdefault((countries[event.site], year), []).append((event.site, event.chips * h100e[event.detail]))
    return books


def test_no_country_of_the_middle_tier_gets_more_than_its_cap():
    levers = {"fleet__scale": 0.02, "fleet__lot_chips": 8, "geography__sites": 60, "calendar__end_after_duty_days": 400}
    kept = world({"covered_exports_per_year": 1.8e6}, regimes=["ai_diffusion_rule", "chip_security_act"], **levers)
    record = run(kept, SEED)
    caps = CountryCaps(kept.values, kept.fleet.scale)
    assert caps.cap_h100e == pytest.approx(0.02 * 49901 / 3)
    largest = 8 * h100e_of_products(kept.values).max()
    filled = 0
    for (country, year), orders in received(kept, record).items():
        if country in FIRST_TIER:
            continue
        assert country not in EMBARGOED
        by_customer: Counter[int] = Counter()
        for customer, h100e in orders:
            by_customer[customer] += h100e
        small = sum(min(h100e, 0.02 * 1699) for h100e in by_customer.values())
        total = sum(by_customer.values())
        assert total <= caps.cap_h100e + small + 1e-6, (country, year)
        filled += total > caps.cap_h100e - largest
    assert filled >= 2
    refused = [event for event in record.events if event.happening is Happening.LICENCE_REFUSED]
    assert {event.detail for event in refused} == {"country_cap"}
    assert sum(event.chips for event in refused) == record.refused_chips > 100
    free = run(world({"covered_exports_per_year": 1.8e6}, **levers), SEED)
    shipped = [sum(event.chips for event in r.events if event.happening is Happening.SHIPPED) for r in (record, free)]
    assert shipped[0] + record.refused_chips == shipped[1], "refused or shipped"
    assert free.refused_chips == 0


def test_small_orders_do_not_count_and_embargoed_countries_get_nothing():
    caps = CountryCaps(world().values, 1.0)
    assert not caps.admits("CN", 1, 2027, 1)
    assert caps.admits("JP", 2, 2027, 1e9)
    assert caps.admits("MY", 3, 2027, 1699)
    assert caps.admits("MY", 4, 2027, 49901 / 3)
    assert not caps.admits("MY", 3, 2027, 1), "the small customer's year and the country's cap are used up"
    assert caps.admits("MY", 3, 2028, 1)


def test_gulf_deals_ship_their_volume_to_the_gulf_from_their_day_on_and_disturb_no_other_lot():
    values = {"gulf_chips_per_year": 3e5, "gulf_first_delivery_year": 2027.25}
    without, countries = lots_of(world(values))
    with_deals, _ = lots_of(world(values, fleet__gulf_deals=True))
    deals = [lot for lot in with_deals if lot.number >= GULF_LOTS_FROM]
    assert [lot for lot in with_deals if lot.number < GULF_LOTS_FROM] == list(without)
    assert sum(len(lot.slots) for lot in deals) == pytest.approx(3e5 * 0.005 * (365 - 0.25 * 365.25) / 365.25, abs=2)
    assert min(lot.ship_day for lot in deals) >= 0.25 * 365.25
    assert {region_of(countries[lot.site]) for lot in deals} == {Region.GULF}
    assert {product_names()[lot.product] for lot in deals} == {"b300"}
    assert not any(lot.ordered_by_smuggler for lot in deals)
    days = [lot.ship_day for lot in with_deals]
    assert days == sorted(days)
    slots = [slot for lot in with_deals for slot in lot.slots]
    assert len(slots) == len(set(slots))
    scenario = world(values)
    assert gulf_start_day(scenario.calendar.start.replace(year=2028), scenario.values) == 0


def test_chips_are_conserved_and_both_engines_agree_with_deals_caps_and_opting_in():
    levers = {"geography__sites": 40, "fleet__gulf_deals": True, "fleet__opt_in_before": True}
    scenario = hurried(
        {"gulf_chips_per_year": 1e6, "diffusion_country_cap_h100e": 6e5}, regimes=["ai_diffusion_rule", "opt_in"], **levers
    )
    record = fast.run(scenario, 2)
    assert Story.of(record) == Story.of(reference.run(scenario, 2))
    shipped = sum(event.chips for event in record.events if event.happening is Happening.SHIPPED)
    replaced = sum(event.chips for event in record.events if event.happening is Happening.REPLACED)
    assert len(record.chips["state"]) == scenario.initial_chips + shipped + replaced
    assert record.refused_chips > 0
    assert (record.chips["lot"] >= GULF_LOTS_FROM).any()
    assert set(record.chips["state"].tolist()) <= set(State)


def test_deals_need_a_site_in_the_gulf():
    with pytest.raises(
        ScenarioError, match=r"fleet.gulf_deals = true: no site stands in the Gulf; allowed with geography.sites"
    ):
        world(geography__sites=12, fleet__gulf_deals=True)
