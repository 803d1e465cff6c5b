"""Where a ping can prove a chip outside: facts of the quick table with fewer worlds, and what its figures say."""

import pytest

from scenarios import clearance
from scenarios.study import Options
from sim import ScenarioError, Tabulation

# The question must give the times that the geometry was tested against, hence the same numbers and no second copy.
from ..sim.test_territory import CLEARANCE_MS

SMALL = {"geography.landmarks": 12}


def tabulated(**options) -> Tabulation:
    asked = Options("clearance", quick=True, **options)
    return clearance.tabulate(clearance.study(asked), asked, lambda *_, **__: None)


@pytest.fixture(scope="module")
def result() -> Tabulation:
    return tabulated(runs=100)


def test_clearance_times_are_those_of_an_earlier_calculation(result: Tabulation):
    mainland = result.table[result.table["territory"] == "china_mainland"]
    times = mainland.groupby("hub")["clearance_ms"].first()
    cities = sorted(CLEARANCE_MS.keys() & set(times.index))
    assert len(cities) >= 15
    assert {city: times[city] for city in cities} == {
        city: pytest.approx(CLEARANCE_MS[city], rel=0.02, abs=0.06) for city in cities
    }


def test_more_landmarks_help_and_processing_hurts(result: Tabulation):
    """By three points at most more may do worse: where landmarks nearer to the chip push others out of the ten asked."""
    by = ["territory", "hub", "processing_ms", "landmarks"]
    table = result.table.set_index(by)["probability"].sort_index()
    assert table.unstack("landmarks").diff(axis=1).min().min() >= -0.03
    assert table.unstack("processing_ms").diff(axis=1).max().max() <= 0
    assert table.unstack("landmarks").mean().is_monotonic_increasing


def test_two_hundred_milliseconds_in_the_loop_clear_nobody(result: Tabulation):
    """Light in fibre covers half the Earth's girth in less."""
    slow = result.table["processing_ms"] == 200
    assert slow.any()
    assert (result.table[slow]["probability"] == 0).all()


def test_only_an_unsound_bound_contradicts_honest_chips(result: Tabulation):
    assert (result.table["contradicted"] == 0).all()
    unsound = tabulated(runs=50, levers={"verification.bound": "four_ninths", "geography.landmarks": 12}).table
    assert unsound["contradicted"].max() > 0.3
    assert (unsound["probability"] + unsound["contradicted"] <= 1).all()


def test_hong_kong_is_hardly_ever_cleared_and_only_without_processing(result: Tabulation):
    """Its border is too near even for a landmark in the city; under the export rules' reading it lies inside."""
    rows = result.table[result.table["hub"] == "Hong Kong"]
    assert (rows.loc[rows["processing_ms"] > 0, "probability"] == 0).all()
    assert rows["probability"].max() < 0.05
    assert (rows.loc[rows["territory"] == "prc_hk_macau", "probability"] == 0).all()
    assert (rows.loc[rows["landmarks"] == 500, "nearest_landmark"].iloc[0]) == "Hong Kong"
    times = rows.groupby("territory")["clearance_ms"].max()
    assert 0 < times["china_mainland"] < 0.35
    assert times["prc_hk_macau"] == 0


def test_the_range_holds_the_chance_and_the_shares_add_up(result: Tabulation):
    ranged = result.table.dropna(subset=["low", "high"])
    assert set(ranged["landmarks"]) == {100}
    assert ((ranged["low"] <= ranged["probability"]) & (ranged["probability"] <= ranged["high"])).all()
    shares = result.summary().filter(like="share_").sum(axis=1)
    assert shares.to_numpy() == pytest.approx(1)
    assert dict(result.summary().groupby("territory")["hubs"].first()) == {"china_mainland": 177, "prc_hk_macau": 175}


def test_the_same_seed_gives_the_same_table_and_another_seed_another():
    small = {"runs": 20, "levers": SMALL}
    first, again, other = tabulated(**small), tabulated(**small), tabulated(**small, seed=2)
    assert first.table.equals(again.table)
    assert not first.table.equals(other.table)


def test_the_figures_show_the_processing_that_the_user_sets_and_the_table_has_it_as_well():
    result = tabulated(runs=20, levers={**SMALL, "uncertainties.in_loop_processing_ms": 5})
    assert sorted(result.table["processing_ms"].unique()) == [0, 0.15, 2, 5, 200]
    for chart in clearance.figures(result):
        assert set(chart.data["processing_ms"]) == {5}
        assert "5 ms of processing in the timed loop" in chart.caption
        assert "in_loop_processing_ms = 5" in chart.caption


def test_an_excess_that_the_user_sets_has_no_range():
    result = tabulated(runs=20, levers={**SMALL, "uncertainties.excess_scale": 1.1})
    assert result.table[["low", "high"]].isna().all(axis=None)
    assert "range with every latency excess" not in next(clearance.figures(result)).caption
    assert "range with every latency excess" in next(clearance.figures(tabulated(runs=20, levers=SMALL))).caption


@pytest.mark.parametrize(
    ("bound", "said"), [("planning", "2/3 of c,"), ("vacuum", "c, which nothing"), ("half", "not sound:")]
)
def test_the_caption_says_what_a_bound_may_be_trusted_with(bound: str, said: str):
    result = tabulated(runs=5, levers={**SMALL, "verification.bound": bound})
    assert all(f"Bound: {bound}, {said}" in chart.caption for chart in clearance.figures(result))


def test_the_caption_counts_the_hubs_of_each_class(result: Tabulation):
    chart = next(clearance.figures(result))
    counts = chart.data[chart.data["territory"] == "prc_hk_macau"]["shown_as"].value_counts()
    assert counts[["proven", "sometimes", "hardly"]].sum() == 175
    assert (
        f"{counts['proven']} of them are proven outside in 90 % of worlds or more, {counts['sometimes']} in 10 to 90 %, "
        f"{counts['hardly']} in less"
    ) in chart.caption


def test_another_territory_is_asked_about_as_well_and_drawn():
    levers = {"geography.territory": "VN", "geography.landmarks": 60, "verification.bound": "vacuum"}
    result = tabulated(runs=20, levers=levers)
    assert list(dict.fromkeys(result.table["territory"])) == ["china_mainland", "prc_hk_macau", "VN"]
    charts = list(clearance.figures(result))
    assert [chart.slug for chart in charts] == ["world-map", "time-to-beat"]
    assert all("outside VN" in chart.caption or "exclude VN" in chart.caption for chart in charts)
    inside = charts[0].data.set_index("hub")["shown_as"]
    assert inside["Hanoi"] == "inside"
    assert "Hanoi" not in set(charts[1].data["hub"])
    beijing = result.table[result.table["hub"] == "Beijing"].groupby("territory")["clearance_ms"].first()
    assert beijing["VN"] > 10 > beijing["china_mainland"] == 0


def test_more_landmarks_than_there_are_cities_for_are_refused():
    with pytest.raises(ScenarioError, match=r"geography.landmarks = 700: allowed 1 to 692"):
        tabulated(levers={"geography.landmarks": 700})


def test_figures_draw_into_given_axes_and_return_them(result: Tabulation):
    from matplotlib.figure import Figure

    from sim.figures import time_to_beat, verifiability_map

    axes = Figure().subplots()
    assert time_to_beat(result, ax=axes, processing_ms=0.15) is axes
    two = list(Figure().subplots(2, 1).flat)
    assert verifiability_map(result, ax=two, landmarks=100, processing_ms=0.15) is two
