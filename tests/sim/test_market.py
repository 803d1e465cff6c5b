"""The market in restricted territory: where demand meets supply, and limiting cases."""

from dataclasses import replace
from datetime import date

import pytest

from sim.parameters import load_parameters
from sim.world.market import (
    LIST,
    Market,
    clearing_ratio,
    domestic_h100e,
    lawful_h100e,
    market_of,
    price_ratio,
    rented_h100e,
    without_lending,
)

CENTRAL = load_parameters().values()
MARKET = Market(demand=1000.0, reference_ratio=1.5, elasticity=1.2, fixed=300.0, rented=200.0, rental_elasticity=0.5)


def test_without_smuggling_or_substitutes_given_supply_sets_the_price():
    """Constant elasticity against a vertical supply: ratio = reference x (demand / supply) ^ (1 / elasticity)."""
    alone = replace(MARKET, fixed=0.0, rented=0.0)
    assert clearing_ratio(alone, lambda _: 500.0) == pytest.approx(1.5 * 2 ** (1 / 1.2))


def test_two_constant_elasticities_clear_in_closed_form():
    alone = replace(MARKET, fixed=0.0, rented=0.0)
    ratio = clearing_ratio(alone, lambda price: 600.0 * (price / 1.5) ** 0.8)
    assert ratio == pytest.approx(1.5 * (1000 / 600) ** (1 / (1.2 + 0.8)))


def test_linear_supply_and_unit_elasticity_clear_at_the_root_of_a_square():
    """a r0 / p = b p, so that p = sqrt(a r0 / b)."""
    alone = replace(MARKET, elasticity=1.0, fixed=0.0, rented=0.0)
    assert clearing_ratio(alone, lambda price: 250.0 * price) == pytest.approx((1000 * 1.5 / 250) ** 0.5)


def test_the_observed_volume_gives_the_observed_price():
    market = market_of([2028, 2029], 140_000.0, 10_000.0, CENTRAL)
    assert clearing_ratio(market, lambda _: 140_000.0) == pytest.approx(CENTRAL["price_ratio_later"])


def test_the_price_rises_as_smuggling_falls_and_comes_down_to_list_with_substitutes():
    market = market_of([2028], 140_000.0, 10_000.0, CENTRAL)
    ratios = [clearing_ratio(market, lambda _, volume=volume: volume) for volume in (280_000.0, 140_000.0, 70_000.0, 0.0)]
    assert ratios == sorted(ratios)
    assert ratios[0] < ratios[-1]
    assert clearing_ratio(replace(market, fixed=1e9), lambda _: 0.0) == LIST


def test_a_market_without_any_supply_is_refused():
    with pytest.raises(ValueError, match="does not clear"):
        clearing_ratio(replace(MARKET, fixed=0.0, rented=0.0), lambda _: 0.0)


def test_who_may_not_rent_any_more_bids_for_what_is_smuggled():
    """All demand falls on a given volume: ratio = reference x (demand / volume) ^ (1 / elasticity)."""
    rented_only = replace(MARKET, fixed=0.0, rented=400.0)
    volume = 600.0
    assert clearing_ratio(rented_only, lambda _: volume) == pytest.approx(1.5)
    assert clearing_ratio(without_lending(rented_only), lambda _: volume) == pytest.approx(1.5 * (1000 / 600) ** (1 / 1.2))


def test_domestic_supply_is_useful_chips_that_stay_and_grows_after_the_last_estimate():
    values = {**CENTRAL, "domestic_exports_per_year": 0.0, "domestic_effective_share": 0.5, "domestic_growth_per_year": 0.2}
    assert domestic_h100e(2023, values) == 0
    assert domestic_h100e(2026, values) == CENTRAL["domestic_h100e_2026"] / 2
    assert domestic_h100e(2030, values) == pytest.approx(domestic_h100e(2027, values) * 1.2**3)
    assert domestic_h100e(2030, values) > domestic_h100e(2030, {**values, "domestic_exports_per_year": 10_000.0})


def test_rented_compute_is_the_known_stock_at_the_end_of_2026():
    assert rented_h100e(0, CENTRAL) == CENTRAL["remote_rental_h100e"] == rented_h100e(-1, CENTRAL)
    assert rented_h100e(2, CENTRAL) == pytest.approx(CENTRAL["remote_rental_h100e"] * 1.3**2)


def test_nothing_is_lawfully_imported_where_no_product_gets_a_licence():
    day, controls = date(2028, 1, 1), ["product_controls_2023", "notices_2025"]
    assert lawful_h100e(day, controls, CENTRAL) == 0
    assert lawful_h100e(day, [*controls, "case_by_case_2026"], CENTRAL) == CENTRAL["lawful_imports_h100e_per_year"]


def test_prices_by_year():
    values = {**CENTRAL, "price_ratio_2024": 1.1, "price_ratio_2025": 1.2, "price_ratio_2026": 1.3, "price_ratio_later": 1.4}
    assert [price_ratio(year, values) for year in (2022, 2024, 2025, 2026, 2027, 2030)] == [1.1, 1.1, 1.2, 1.3, 1.4, 1.4]
