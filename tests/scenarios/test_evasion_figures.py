"""The table and the figures of the question `evasion` say what the runs say."""

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from scenarios import evasion
from scenarios.parts.evasion_cells import HORIZONS_DAYS, evasion_cells, stands_for
from scenarios.study import Options
from sim import Result, Scenario, simulate
from sim.figures import house_style, percent
from sim.parameters import load_parameters
from sim.smuggling.strategies import STRATEGIES
from sim.smuggling.strategy import Cost

TINY = {"fleet.scale": 0.0005, "uncertainties.diverted_chips_per_year": 4e5}


@pytest.fixture(scope="module")
def result() -> Result:
    study = evasion.study(Options("evasion", quick=True, levers=TINY))
    return simulate(study.scenario, 1, study.runs, beside=study.beside, question="evasion", quick=True)


@pytest.fixture(scope="module")
def table(result: Result):
    return evasion_cells(result, evasion.variations(quick=True))


def test_each_cell_is_the_outcome_of_its_run(result: Result, table):
    outcomes = result.table.set_index(["scenario", "outcome"])["value"]
    names = list(evasion.CHOICES)
    compared = 0
    for row in table.itertuples():
        policy = f"{row.strategy}_under_{names[row.choice]}"
        if row.strategy == "rent_remotely":
            assert outcomes[policy, "diverted_under_duty"] == row.orders == 0
            assert row.probability != row.probability
            continue
        assert row.chips == outcomes[policy, "diverted_under_duty"]
        chips, calendar = result.chips[result.chips["scenario"] == policy], result.scenario.calendar
        chips = chips[chips["diverted_day"].between(calendar.duty_day, calendar.end_day - row.days)]
        assert row.followed_orders == chips["lot"].nunique()
        if len(chips):
            assert row.probability == pytest.approx(outcomes[policy, f"established_by_day_{row.days}"])
            assert row.low <= row.probability + 1e-9
            assert row.probability - 1e-9 <= row.high
            compared += 1
    assert compared > 20


def test_what_is_found_within_some_days_is_found_within_more(table):
    """All horizons are about the same chips; those followed for long are fewer, and may fare otherwise than the others."""
    for _, cells in table.sort_values("days").groupby(["strategy", "choice"]):
        assert cells["probability"].dropna().is_monotonic_increasing


def test_what_costs_by_the_chip_costs_as_much_under_every_choice(result: Result, table):
    values = result.scenario.values
    costs = {strategy: set(rows["usd_per_chip"].round(6)) for strategy, rows in table.groupby("strategy")}
    assert costs["claim_repair_or_scrap"] == {round(values["false_papers_usd_per_chip"], 6)}
    assert costs["rent_remotely"] == {round(24 * values["rental_usd_per_chip_hour"] * values["rental_days"], 6)}


def test_running_costs_are_those_of_days_and_orders_of_the_baselines_size(result: Result, table):
    """A host at each declared site, from the first departure on; nobody stops before the end where nothing is found."""
    policy = "presigned_probes_under_flawed_protocol"
    chips, calendar = result.chips[result.chips["scenario"] == policy], result.scenario.calendar
    moved = result.diversions[(result.diversions["scenario"] == policy) & (result.diversions["t0_day"] >= calendar.duty_day)]
    first = moved.groupby("site")["departure_day"].min()
    most = (calendar.end_day - first).sum() * result.scenario.values["relay_host_usd_per_day"]
    row = table[(table["strategy"] == "presigned_probes") & (table["choice"] == 9)].iloc[0]
    spent = row["usd_per_chip"] * row["chips"] * stands_for(result.scenario)
    assert 0 < spent <= most * (1 + 1e-9)
    if chips["established_day"].isna().all():
        assert spent == pytest.approx(most)


def test_figures_write_every_cell_within_the_page(result: Result, table):
    with house_style():
        charts = list(evasion.figures(result))
    assert [chart.slug for chart in charts] == [f"evasion-{days}-days" for days in HORIZONS_DAYS]
    assert len(charts[0].data) == len(table)
    for chart, days in zip(charts, HORIZONS_DAYS, strict=True):
        FigureCanvasAgg(chart.figure).draw()
        written = [text.get_text() for text in chart.figure.axes[0].texts]
        for share in table[table["days"] == days]["probability"].dropna():
            assert percent(share) in written
        title, subtitle, source = (text.get_text() for text in chart.figure.texts)
        assert len(title) <= 80
        assert f"within {days} days" in subtitle
        assert "95 % by orders" in source
        assert all(text.get_window_extent().x1 <= chart.figure.bbox.x1 for text in chart.figure.texts)
        assert "calibrated to published estimates and not predicted" in chart.caption


def test_what_stays_where_it_is_costs_by_the_chip_alone(result: Result):
    """Nothing leaves, so that there is no parcel, no site left and nothing to answer for that cost could be counted by."""
    for strategy in STRATEGIES.values():
        if not strategy.moves:
            cost = strategy.cost(result.scenario.values)
            assert cost == Cost(per_chip_usd=cost.per_chip_usd)


def test_a_choice_is_not_best_by_rounding_or_by_one_order():
    """Of 100 orders: the first choice finds one less than the last, which may be chance, and the second nine less."""
    cells = pd.DataFrame({"choice": [0, 1, 2], "probability": [0.50, 0.42, 0.51], "followed_orders": 100})
    assert evasion._as_good(cells)["choice"].tolist() == [0, 2]


def test_keys_of_an_order_take_as_long_where_fewer_chips_stand_for_it():
    scenario = evasion.study(Options("evasion")).scenario
    lots = [one.fleet.lot_chips for one in (Scenario.load("baseline"), scenario)]
    central = load_parameters().parameters["key_extraction_days_per_chip"].central
    assert scenario.values["key_extraction_days_per_chip"] * lots[1] == pytest.approx(central * lots[0])
