"""Outcomes by site: their sums are those of the whole run, and the largest known site stands where the scenario puts it."""

import numpy as np
import pytest

from sim import Result, Scenario, ScenarioError, simulate
from sim.parameters import load_parameters
from sim.randomness import Draws
from sim.run_files import run_files
from sim.world.geography import hubs
from sim.world.sites import build_sites
from sim.world.territory import hubs_outside, territory

HUBS = hubs_outside(territory("prc_hk_macau"), hubs())
VALUES = load_parameters().values()
SUMS = {
    "cases_closed": "cases_closed",
    "false_alarms": "false_alarms",
    "inspections": "inspections",
    "diverted_chips": "diverted_under_duty",
    "established_chips": "established_under_duty",
}


@pytest.fixture(scope="module")
def result() -> Result:
    small = Scenario.load("miniature").replace(
        fleet__scale=0.0005,
        geography__largest_site_at="Johor Bahru",
        calendar__end_after_duty_days=150,
        uncertainties={"gpu_faults_per_chip_year": 1},
    )
    return simulate(small, 1)


@pytest.mark.parametrize(("of_site", "outcome"), SUMS.items())
def test_sites_add_up_to_the_run(result: Result, of_site: str, outcome: str):
    whole = result.table[result.table["outcome"] == outcome].set_index("scenario")["value"]
    assert whole.sum() > 0
    assert result.sites.groupby("scenario")[of_site].sum().to_dict() == whole.to_dict()


def test_days_of_visits_at_sites_are_the_time_that_inspectors_are_busy():
    """With visits that last beyond the end, of which only the days up to it count."""
    pressed = Scenario.load("miniature").replace(
        fleet__scale=0.0005, calendar__end_after_duty_days=120, enforcement__inspectors=1,
        uncertainties={"gpu_faults_per_chip_year": 1, "inspection_days": 30},
    )  # fmt: skip
    result = simulate(pressed, 1)
    ruled = result.sites[result.sites["scenario"] == pressed.name]
    busy = result.table[(result.table["outcome"] == "inspector_utilisation") & (result.table["scenario"] == pressed.name)]
    assert 0.4 < busy["value"].item() <= 1
    assert ruled["busy_days"].sum() == pytest.approx(120 * busy["value"].item())
    assert ruled["inspections"].sum() * 30 > ruled["busy_days"].sum()


def test_chips_at_work_are_all_but_those_that_are_elsewhere(result: Result):
    last = result.table[result.table["date"] == result.table["date"].max()].set_index(["scenario", "outcome"])["value"]
    for policy, sites in result.sites.groupby("scenario"):
        in_service = sum(last[policy, f"chips_in_service_{how}_mechanism"] for how in ("with", "without"))
        assert 0.98 * in_service < sites["chips"].sum() <= in_service
        clearable = sites.loc[sites["clearable"], "equipped_chips"].sum() / in_service
        assert clearable == pytest.approx(last[policy, "chips_clearable_at_end"])


def test_a_run_that_was_written_down_has_its_sites(result: Result, tmp_path):
    files, run = run_files(tmp_path, "a study"), result.runs[0]
    files.keep(run)
    found = files.find(run.scenario, run.draw, run.run)
    assert found is not None
    assert found.sites.keys() == run.sites.keys()
    assert found.chips.keys() == run.chips.keys()
    assert all(np.array_equal(found.sites[name], run.sites[name]) for name in run.sites)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_largest_site_stands_where_it_is_put_and_only_one_other_changes(seed: int):
    """The site that was drawn to be the largest takes the rank of the one that is put first; the mix of sizes stays."""
    drawn, put = (
        np.array([site.capacity_chips for site in build_sites(434, HUBS, VALUES, Draws(seed), at)])
        for at in ("", "Johor Bahru")
    )
    johor = [hub.name for hub in HUBS].index("Johor Bahru")
    assert put.argmax() == johor
    assert put[johor] == VALUES["largest_site_chips"]
    assert np.count_nonzero(drawn != put) == 2
    classes = [1e2, 1e3, 1e4, 1e5, 1.79e5]
    assert np.histogram(put, classes)[0].tolist() == np.histogram(drawn, classes)[0].tolist()


@pytest.mark.parametrize(
    ("levers", "message"),
    [
        ({}, "geography.largest_site_at = 'Johor': no such hub outside the territory; did you mean Johor Bahru?"),
        ({"geography.largest_site_at": "Shenzhen"}, "'Shenzhen': no such hub outside the territory"),
        ({"geography.largest_site_at": "Kulai"}, "'Kulai': no site stands there; allowed with geography.sites from"),
        (
            {"geography.largest_site_at": "Singapore", "geography.sampled_sites": 20},
            "'Singapore': allowed '' with geography.sampled_sites above 0",
        ),
    ],
)
def test_a_place_that_holds_no_site_is_refused(levers, message):
    with pytest.raises(ScenarioError) as refusal:
        Scenario.load("miniature").replace_keys({"geography.largest_site_at": "Johor", **levers})
    assert message in str(refusal.value)
