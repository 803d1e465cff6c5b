"""Products and regimes against numbers worked by hand."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import sim
from sim import Scenario, ScenarioError
from sim.parameters import load_parameters
from sim.world import products, regimes
from sim.world.regimes import REGIMES, Status, in_force, status

VALUES = load_parameters().values()
TODAY = date(2026, 11, 24)


def test_total_processing_performance_is_operations_times_bits():
    """By hand: A100 624 x 8; H100 1979 x 8; H20 296 x 8; B200 5000 x 8; B300 15,000 x 4; MI300X 2615 x 8."""
    expected = {"a100": 4992, "h100": 15832, "h20": 2368, "b200": 40000, "b300": 60000, "mi300x": 20920}
    assert {name: products.tpp(products.products()[name]) for name in expected} == expected


def test_h100_equivalents_are_8_bit_operations_over_those_of_an_h100():
    for name, product in products.products().items():
        assert product.h100e.central == pytest.approx(product.tops_8bit.value / 1979, abs=0.005), name


def test_later_generations_are_faster_and_dearer():
    h100e, prices = (dict(zip(products.product_names(), of(VALUES), strict=True)) for of in _BY_PRODUCT)
    for generations in (("h20", "a100", "h100", "b200"), ("mi308", "mi325x", "mi355x")):
        assert all(h100e[one] < h100e[other] for one, other in pairwise(generations))
    for generations in (("a100", "h100", "h200", "b200", "b300"), ("mi300x", "mi325x", "mi355x")):
        assert all(prices[one] < prices[other] for one, other in pairwise(generations))


_BY_PRODUCT = (products.h100e_of_products, products.prices_usd)


def test_what_is_made_for_the_restricted_territory_ships_nowhere_else():
    of_the_territory = [products.product_names().index(name) for name in ("a800", "h800", "h20", "mi308")]
    for shares in (
        products.stock_shares(VALUES),
        *(products.shipped_shares(date(y, 12, 1), VALUES) for y in range(2023, 2033)),
    ):
        assert shares.sum() == pytest.approx(1)
        assert (shares[of_the_territory] == 0).all()


def test_nothing_ships_before_its_release_and_years_beyond_the_table_are_like_its_ends():
    names = products.product_names()
    for day in (date(2022, 10, 1), date(2024, 4, 30), date(2024, 10, 31), date(2025, 5, 31)):
        shipping = products.shipped_shares(day, VALUES) > 0
        released = [products.products()[name].release.day <= day for name in names]
        assert (shipping <= released).all()
        assert shipping.any()
    assert (products.shipped_shares(date(2040, 1, 1), VALUES) == products.shipped_shares(date(2030, 1, 1), VALUES)).all()
    first = products.first_shipment()
    with pytest.raises(ValueError, match=f"from {first} on"):
        products.shipped_shares(date(first.year, first.month - 1, 1), VALUES)
    with pytest.raises(ScenarioError, match=rf"calendar\.start.*{first}"):
        Scenario.load("miniature").replace(calendar__start=date(2020, 1, 1))


def test_mix_is_met_in_the_mean_and_to_a_chip():
    shares = products.shipped_shares(date(2025, 12, 1), VALUES)
    grid = (np.arange(100_000) + 0.5) / 100_000
    drawn = np.bincount([products.product_at(shares, uniform) for uniform in grid], minlength=len(shares)) / len(grid)
    assert drawn == pytest.approx(shares, abs=2e-5)
    for count in (0, 1, 7, 1003):
        numbers = products.chips_by_product(count, shares)
        assert numbers.sum() == count
        assert (abs(numbers - count * shares) < 1).all()


def test_chips_taken_from_the_front_of_the_stock_are_of_all_products_in_their_shares():
    numbers = np.array([31, 0, 154, 815])
    row = products.mixed(numbers)
    assert np.bincount(row, minlength=4).tolist() == numbers.tolist()
    for taken in (50, 200, 700):
        assert np.abs(np.bincount(row[:taken], minlength=4) - taken * numbers / 1000).max() <= 1


def test_products_may_be_overridden_and_are_drawn():
    scenario = Scenario.load("miniature").replace(uncertainties={"b300_share_2027": 0, "b200_share_2027": 0})
    shares = products.shipped_shares(date(2027, 5, 1), scenario.values)
    assert shares[products.product_names().index("mi355x")] == 1


F, L, B = Status.FREE, Status.LICENSED, Status.BARRED


@pytest.mark.parametrize(
    ("product", "by_date"),
    [
        # October 2022: TPP of 4,800 with an interconnect of 600 GB/s. October 2023: TPP of 4,800 alone. April 2025: letters.
        # August 2025: licences for H20 and MI308. January 2026: case by case below TPP 21,000 and 6,500 GB/s.
        ("a100", {"2022-10-06": F, "2022-10-07": B, "2023-10-17": B, "2026-01-14": B, "2026-01-15": L}),
        ("a800", {"2022-11-07": F, "2023-10-16": F, "2023-10-17": B, "2026-01-15": L}),
        ("h100", {"2022-10-07": B, "2025-12-31": B, "2026-01-15": L}),
        ("h800", {"2023-03-01": F, "2023-10-17": B}),
        ("h20", {"2024-02-01": F, "2025-04-08": F, "2025-04-09": B, "2025-08-07": B, "2025-08-08": L, "2026-11-24": L}),
        ("mi308", {"2024-02-01": F, "2025-04-14": F, "2025-04-15": B, "2025-08-08": L, "2026-11-24": L}),
        ("h200", {"2024-05-01": B, "2026-01-14": B, "2026-01-15": L}),
        ("mi300x", {"2023-12-06": B, "2026-01-15": L}),
        ("mi325x", {"2024-10-10": B, "2026-01-15": L}),
        ("b200", {"2024-11-01": B, "2026-11-24": B}),
        ("b300", {"2025-06-01": B, "2026-11-24": B}),
        ("mi355x", {"2025-06-12": B, "2026-11-24": B}),
    ],
)
def test_control_status_by_date(product: str, by_date: dict[str, Status]):
    days = {date.fromisoformat(day): expected for day, expected in by_date.items()}
    assert {day: status(product, day, in_force(day)) for day in days} == days
    for day, expected in days.items():
        assert regimes.legal_to_restricted(product, day, in_force(day)) is (expected is not B)


def test_licences_cost_a_share_and_are_capped():
    kept = in_force(TODAY)
    assert regimes.revenue_share("h20", TODAY, kept, VALUES) == 0.15
    assert regimes.revenue_share("h200", TODAY, kept, VALUES) == 0.25
    assert regimes.revenue_share("h20", date(2024, 5, 1), in_force(date(2024, 5, 1)), VALUES) == 0
    with pytest.raises(ValueError, match="b300 may not go"):
        regimes.revenue_share("b300", TODAY, kept, VALUES)
    caps = {name: regimes.licensed_volume_cap(name, TODAY, kept, 1000, VALUES) for name in ("h200", "h20", "b300")}
    assert caps == {"h200": 500, "h20": float("inf"), "b300": 0}
    without = [name for name in kept if name != "case_by_case_2026"]
    assert status("h200", TODAY, without) is B


def test_scenarios_keep_what_is_in_force_and_one_rule_about_the_mechanism():
    """The AI Diffusion Rule was rescinded before it had to be obeyed: it is in force only where a scenario keeps it."""
    for name in ("baseline", "miniature", "full_coverage", "bench_national"):
        assert Scenario.load(name).regimes == (*in_force(TODAY), "chip_security_act")
    assert not any("ai_diffusion_rule" in in_force(date(2025, month, 20)) for month in range(1, 13))
    assert REGIMES["ai_diffusion_rule"].holds(TODAY)
    assert regimes.restricts_substitutes(TODAY, in_force(TODAY))
    assert not regimes.restricts_substitutes(date(2025, 5, 12), in_force(TODAY))
    assert regimes.binds_subsidiaries(date(2026, 5, 31), in_force(TODAY))
    assert not regimes.binds_subsidiaries(date(2026, 5, 30), in_force(TODAY))


@pytest.mark.parametrize(
    ("kept", "complaint"),
    [
        (["chip_security_akt"], "unknown regime chip_security_akt; allowed: product_controls_2022"),
        (
            ["opt_in", "chip_security_act"],
            "exclude each other; allowed: one of chip_security_act, chip_security_act_delayed",
        ),
        (["product_controls_2023"], "no chip would have what verification.active = true asks for; allowed: with one of"),
        ("opt_in", "must be a list of names"),
    ],
)
def test_wrong_regimes_get_one_clear_message(kept, complaint: str):
    with pytest.raises(ScenarioError, match=complaint) as error:
        Scenario.load("miniature").replace(regimes=kept)
    assert len(str(error.value).splitlines()) == 1


def test_the_documentation_tells_the_products_the_regimes_and_the_status_as_they_are():
    text = (Path(sim.__file__).parents[1] / "docs" / "supply.md").read_text()
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    of_products, of_regimes, of_status = ([[c.strip() for c in line.split("|")[1:-1]] for line in table] for table in tables)
    numbers = zip(products.h100e_of_products(VALUES), products.prices_usd(VALUES), strict=True)
    assert of_products[2:] == [
        [f"`{name}`", one.maker, f"{one.release.day:%Y-%m}", f"{products.tpp(one):,.0f}", f"{h100e:g}", f"{price_usd:,.0f}"]
        for (name, one), (h100e, price_usd) in zip(products.products().items(), numbers, strict=True)
    ]
    assert [row[:3] for row in of_regimes[2:]] == [
        [f"`{name}`", str(regime.since or ""), str(regime.until or "")] for name, regime in REGIMES.items()
    ]
    days = [date.fromisoformat(cell) for cell in of_status[0][1:]]
    assert of_status[2:] == [
        [f"`{name}`", *(status(name, day, in_force(day)) if one.release.day <= day else "" for day in days)]
        for name, one in products.products().items()
    ]
