"""Stocks of compute in restricted territory: sums over years, continuity, and dates."""

from datetime import date

import pytest

from sim.parameters import load_parameters
from sim.world.market import domestic_h100e
from sim.world.restricted_compute import (
    domestic_stock,
    lawful_stock,
    rented_stock,
    rented_stock_run_out,
    smuggled_before,
    year_of,
)
from sim.world.volume_prior import wanted_h100e

VALUES = load_parameters().values()


def test_dates_are_years_with_decimals():
    assert year_of(date(2027, 1, 1)) == 2027
    assert year_of(date(2028, 12, 31)) == pytest.approx(2028 + 365 / 366)


def test_domestic_stock_adds_up_the_years_at_an_even_rate():
    whole = [domestic_h100e(year, VALUES) for year in (2024, 2025, 2026)]
    assert domestic_stock(2024.0, VALUES) == 0
    assert domestic_stock(2027.0, VALUES) == pytest.approx(sum(whole))
    assert domestic_stock(2026.5, VALUES) == pytest.approx(sum(whole[:2]) + whole[2] / 2)


def test_lawful_imports_and_smuggling_go_on_from_what_is_known():
    assert lawful_stock(2026.0, 1000.0, VALUES) == VALUES["lawful_stock_h100e"]
    assert lawful_stock(2027.25, 1000.0, VALUES) - lawful_stock(2026.25, 1000.0, VALUES) == 1000
    both_years = VALUES["epoch_volume_2024_h100e"] + VALUES["epoch_volume_2025_h100e"]
    assert smuggled_before("epoch", 2025.5, 9000.0, VALUES) == both_years
    assert smuggled_before("epoch", 2027.0, 9000.0, VALUES) == both_years + 9000


def test_chips_smuggled_by_the_other_estimate_count_with_the_products_of_their_year():
    """H100 and H800 with few others in 2024; mostly B200 later."""
    chips = VALUES["cnas_volume_2024_chips"]
    earlier, later = (wanted_h100e("cnas", year, VALUES) for year in (2024, 2025))
    assert chips < earlier < 1.2 * chips
    assert 1.5 < later / (chips * VALUES["smuggled_volume_growth"]) < 2.6
    assert smuggled_before("cnas", 2026.0, 1.0, VALUES) == earlier + later


def test_rented_compute_grows_faster_once_the_price_has_risen():
    usual = [rented_stock(year, 2028.0, 1.0, VALUES) for year in (2027.0, 2028.0, 2029.0)]
    raised = [rented_stock(year, 2028.0, 1.5, VALUES) for year in (2027.0, 2028.0, 2029.0)]
    assert raised[:2] == usual[:2]
    assert raised[2] - raised[1] == pytest.approx(1.5 * (usual[2] - usual[1]))


def test_contracts_run_out_at_an_even_rate_where_none_is_made_any_more():
    values = {**VALUES, "rental_days": 730.5}
    left = [rented_stock_run_out(year, 2028.0, values) for year in (2027.0, 2028.0, 2028.5, 2029.0, 2030.0, 2031.0)]
    assert left[:2] == [rented_stock(year, 2028.0, 1.0, values) for year in (2027.0, 2028.0)]
    assert [each / left[1] for each in left[2:]] == pytest.approx([0.75, 0.5, 0.0, 0.0])
    at_once = {**VALUES, "rental_days": 0.0}
    assert [rented_stock_run_out(year, 2028.0, at_once) > 0 for year in (2028.0, 2028.01)] == [True, False]
