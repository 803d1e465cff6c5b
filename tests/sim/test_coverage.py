"""When a share of the chips carries the mechanism: closed forms, and what the engine ships."""

import math

import numpy as np
import pytest

from sim.engine import run
from sim.outcomes.coverage import first_reached, with_scrapping
from sim.record import Category
from tests.sim.worlds import ORDERLY, hurried

YEARS = np.linspace(0, 12, 625)


def test_a_growing_share_reaches_a_level_when_arithmetic_says():
    """What ships since the duty is t of 3 + t: half after three years, nine tenths after 27."""
    shares = YEARS / (3 + YEARS)
    assert first_reached(YEARS, shares, 0.5) == pytest.approx(3, abs=0.001)
    assert first_reached(YEARS, shares, 0.9) == math.inf
    assert first_reached(YEARS, shares, 0.0) == 0
    assert first_reached(np.array([0.0, 2.0]), np.array([0.25, 0.75]), 0.5) == 1.0


def test_a_fleet_in_balance_is_renewed_in_proportion_to_time():
    """One unit of chips a year, scrapped at L: L units stand there, of which t have shipped since the duty, up to all."""
    for age in (2.0, 4.0):
        shares = with_scrapping(YEARS, np.full(len(YEARS), 4.0), YEARS, age, past_years=4.0)
        assert shares == pytest.approx(np.minimum(YEARS / age, 1), abs=1e-9)


def test_scrapping_only_adds_coverage_and_changes_nothing_where_no_chip_is_so_old():
    equipped, unequipped = YEARS, 3 * np.exp(-0.04 * YEARS)
    plain = equipped / (equipped + unequipped)
    assert with_scrapping(equipped, unequipped, YEARS, 15 + 3, past_years=3.0) == pytest.approx(plain, rel=1e-9)
    six, four = (with_scrapping(equipped, unequipped, YEARS, age, past_years=3.0) for age in (6, 4))
    assert (plain <= six).all()
    assert (six <= four).all()
    assert (four[YEARS >= 4] == 1).all()
    assert (four[(YEARS > 1) & (YEARS < 4)] < 1).all()


def test_before_the_duty_nothing_is_covered_whatever_is_scrapped():
    years = np.linspace(-1, 0, 11)
    assert (with_scrapping(np.zeros(11), np.full(11, 3.0), years, 2.0, past_years=3.0) == 0).all()


def census(**levers):
    """Chips in service without and with the mechanism, by date; nobody smuggles, nothing fails."""
    values = {**ORDERLY, "diverted_chips_per_year": 0, "gpu_faults_per_chip_year": 0, "legacy_chips_abroad": 2e6}
    record = run(hurried(values, fleet__scale=0.001, calendar__end_after_duty_days=80, **levers), 1)
    parts = (Category.IN_SERVICE_WITHOUT_MECHANISM, Category.IN_SERVICE_WITH_MECHANISM)
    return [[one.chips[part] for one in record.census] for part in parts], record


def test_coverage_is_what_has_shipped_since_the_duty_over_all_and_no_matter_of_asking():
    """A retrofit moves the first day's stock from one side to the other; that is why a partial one lies between."""
    (without, with_it), record = census(fleet__stock_equipped=False)
    legacy = 2000
    since = sum(event.chips for event in record.events if event.happening.value == "delivered")
    assert (without[0], with_it[0]) == (legacy, 0)
    assert without[-1] + with_it[-1] == legacy + since
    assert with_it[-1] == np.count_nonzero(record.chips["shipped_day"] >= 30) - record.census[-1].chips[Category.SHIPPING]
    (before, retrofitted), _ = census(fleet__stock_equipped=True)
    assert (np.array(without) - np.array(before) == legacy).all()
    assert (np.array(retrofitted) - np.array(with_it) == legacy).all()
    assert census(fleet__stock_equipped=False, verification__active=False)[0] == [without, with_it]
