"""The sample beside the nation: what the question runs, and what its figure says."""

import numpy as np
import pandas as pd
import pytest

from scenarios import site_sample
from scenarios.study import Options, UsageError
from sim import Scenario
from sim.figures import sample_bias_data
from sim.figures.captions import fleet_size


def test_the_sample_differs_from_the_nation_in_what_makes_it_one():
    study = site_sample.study(Options("site_sample"))
    (sample,) = study.beside
    assert study.scenario.fleet.scale == 1
    assert (sample.geography.sampled_sites, sample.enforcement.inspectors) == (43, 1)
    back = {"name": "nation", "fleet.scale": 1, "geography.sampled_sites": 0, "enforcement.inspectors": 10}
    assert sample.replace_keys(back) == study.scenario
    chosen = site_sample.study(Options("site_sample", levers={"geography.sampled_sites": 87, "verification.period_days": 7}))
    assert (chosen.beside[0].geography.sampled_sites, chosen.beside[0].verification.period_days) == (87, 7)
    with pytest.raises(UsageError, match=r"geography.sampled_sites = 500: allowed 1 to geography.sites = 434"):
        site_sample.study(Options("site_sample", levers={"geography.sampled_sites": 500}))


class Found:
    """A result with known numbers: in run k the sample finds k too few in ten, and as many false alarms as there are."""

    def __init__(self, runs: int) -> None:
        study = site_sample.study(Options("site_sample", quick=True))
        self.scenario, (self.sample,) = study.scenario, study.beside
        named = {"established_by_day_90": lambda k: (0.5, 0.5 - k / 10), "false_alarms_per_month": lambda k: (6.0, 3.0)}
        fixed = {"cost_authority_landmarks": lambda k: (4e6, 4e6), "cost_maker_firmware": lambda k: (1e6, 1e6)}
        rows = [
            (policy, 0, run, "2030-01-01", name, value(run)[place], "")
            for place, policy in enumerate((site_sample.NATION, site_sample.SAMPLE))
            for run in range(runs)
            for name, value in {**named, **fixed, "cost_total": lambda k: (7e6, 6e6)}.items()
        ]
        self.table = pd.DataFrame(rows, columns=["scenario", "draw", "run", "date", "outcome", "value", "unit"])


def test_counts_and_running_costs_stand_for_the_nation_and_differences_are_paired():
    """Half of the sites: twice the count, and twice what is above fixed costs."""
    found = Found(3)
    data = sample_bias_data(found, found.sample).set_index("outcome")
    assert data.loc["false_alarms_per_month", "difference"] == 0
    assert data.loc["cost_total", "difference"] == pytest.approx(0)
    row = data.loc["established_by_day_90"]
    assert row["difference"] == pytest.approx(-0.2)  # mean of 0, -0.2 and -0.4 of 0.5
    assert row["high"] - row["difference"] == pytest.approx(
        4.302653 * 0.2 / np.sqrt(3)
    )  # Student's t, two degrees of freedom
    assert np.isnan(sample_bias_data(Found(1), found.sample)["low"]).all()


def test_a_caption_declares_the_sample():
    sample = Scenario.load("site_sampled")
    assert "43 of 434 sites sampled" in fleet_size(sample)
    assert "one simulated chip there for 2" in fleet_size(sample.replace(fleet__scale=0.0495))
    assert "sampled" not in fleet_size(sample.replace(geography__sampled_sites=0))
