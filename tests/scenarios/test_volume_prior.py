"""The priors that go in: published quantiles beside what is drawn."""

import math

import numpy as np
import pytest

from scenarios import volume_prior
from scenarios.study import Options, UsageError
from sim import Scenario, Tabulation
from sim.figures import volume_by_detection_data
from sim.uncertainty import draw_uncertainties


def tabulated(runs: int, **levers: object) -> Tabulation:
    options = Options("volume_prior", quick=True, runs=runs, levers=levers)
    return volume_prior.tabulate(volume_prior.study(options), options, lambda *progress, **unit: None)


@pytest.fixture(scope="module")
def result() -> Tabulation:
    return tabulated(2000)


def test_the_bars_lie_at_the_published_quantiles_within_sampling_error(result: Tabulation):
    """In probability: five per cent of draws below and above, half of them below the median."""
    summary = result.summary()
    shown = summary[summary["published_median"].notna()]
    assert shown[["prior", "period"]].to_numpy().tolist() == [
        ["cnas", "2024"], ["epoch", "2024"], ["epoch", "2025"], ["epoch", "2024 to 2025"]
    ]  # fmt: skip
    for row in shown.itertuples():
        drawn = result.table[(result.table["prior"] == row.prior) & (result.table["period"] == row.period)]["volume"]
        for level, limit in ((0.05, row.published_q05), (0.5, row.published_median), (0.95, row.published_q95)):
            error = np.sqrt(level * (1 - level) / len(drawn))
            assert (drawn < limit).mean() == pytest.approx(level, abs=4 * error + 0.01)


def test_the_draws_are_those_that_a_study_of_the_engine_makes(result: Tabulation):
    table = result.table[(result.table["draw"] == 11)].set_index(["prior", "period"])
    drawn = draw_uncertainties(Scenario.load("baseline"), 1, 11)
    assert table.loc[("epoch", "2025"), "volume"] == pytest.approx(drawn["epoch_volume_2025_h100e"])
    assert table.loc[("cnas", "2024"), "volume"] == pytest.approx(drawn["cnas_volume_2024_chips"])
    assert set(table["share_detected"]) == {drawn["tips_detection_ever"]}


def test_both_years_together_are_their_sum_in_every_draw(result: Tabulation):
    wide = result.table.pivot_table(index=["prior", "draw"], columns="period", values="volume")
    assert (wide["2024"] + wide["2025"]).to_numpy() == pytest.approx(wide["2024 to 2025"].to_numpy())


def test_less_detected_goes_with_more_smuggled_by_epoch_alone(result: Tabulation):
    data = volume_by_detection_data(result)
    medians = {prior: rows["median"].to_numpy() for prior, rows in data.groupby("prior")}
    assert medians["epoch"][0] > 2 * medians["epoch"][-1]
    assert 0.6 < medians["cnas"][0] / medians["cnas"][-1] < 1.6


def test_what_the_user_sets_is_said_and_a_volume_that_replaces_the_priors_is_refused():
    own = tabulated(3, **{"uncertainties.tips_detection_ever": 0.2, "uncertainties.smuggled_volume_growth": 1})
    (chart,) = volume_prior.figures(own)
    assert "tips_detection_ever = 0.2" in chart.caption
    later = own.table[own.table["prior"] == "epoch"].set_index(["draw", "period"])["volume"].unstack()
    assert later["2030"].to_numpy() == pytest.approx(later["2025"].to_numpy())
    with pytest.raises(UsageError, match="diverted_chips_per_year"):
        tabulated(3, **{"uncertainties.diverted_chips_per_year": 1e5})


def test_where_volumes_are_set_nothing_is_said_to_go_with_them(result: Tabulation):
    """The title is of the draws: with both of Epoch's volumes set, its estimate goes with nothing either."""
    own = {f"uncertainties.epoch_volume_{year}_h100e": 1e5 for year in (2024, 2025)}
    fixed = tabulated(200, **own)
    assert "nan" not in volume_prior.answer(fixed)
    assert "nan" not in list(volume_prior.figures(fixed))[1].caption
    assert volume_prior.goes_with({"Epoch": -0.6, "CNAS": 0.02}) == (
        "Less detected goes with more smuggled by Epoch's estimate, not by CNAS's"
    )
    assert volume_prior.goes_with({"Epoch": math.nan, "CNAS": 0.02}).startswith("Less detected does not go with more")


def test_titles_fit_and_captions_call_the_priors_inputs(result: Tabulation):
    charts = list(volume_prior.figures(result))
    assert [chart.slug for chart in charts] == ["volume-by-year", "volume-by-detection"]
    for chart in charts:
        assert len(chart.figure.texts[0].get_text()) <= 80
        assert "An input to every study, not a result, and no validation of one" in chart.caption
