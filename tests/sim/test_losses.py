"""What smugglers learn of their lots, and earn with them, from a table of parcels made by hand."""

import pandas as pd
import pytest

from sim.experiments.losses import by_lot, cases_seen, company_profits, delivered_share
from sim.outcomes.diversions import Fate
from sim.parameters import load_parameters
from sim.smuggling.choice import Cases

VALUES = {**load_parameters().values(), "shell_company_usd": 1000.0, "smuggling_transport_usd_per_chip": 10.0}
PRICE = 30_000.0
NAN = float("nan")


def parcel(lot: int, **known) -> dict[str, object]:
    usual = {
        "lot": lot, "channel": "shell_company", "strategy": "go_dark", "site": 3, "country": "SG", "chips": 100,
        "h100e": 100.0, "value_usd": 100 * PRICE, "t0_day": 10.0,
        "departure_day": 12.0, "arrival_day": 30.0, "established_chips": 0, "established_day": NAN, "seized_chips": 0,
        "penalty_usd": 0.0, "blocked": False,
    }  # fmt: skip
    assert usual.keys() == set(Fate._fields)
    return {"scenario": "rule", "draw": 0, "run": 0, **usual, **known}


TABLE = pd.DataFrame(
    [
        parcel(1, established_chips=100, established_day=50.0, blocked=True),
        parcel(1, departure_day=20.0, seized_chips=50),  # the other half of the lot
        parcel(2, established_chips=100, established_day=300.0, blocked=True),  # found too late to count
        parcel(3, strategy="relay_from_declared_site", site=4),
        parcel(4, t0_day=350.0),  # left too late to be followed
        parcel(5, t0_day=1.0),  # left too soon
    ]
)


def seen() -> dict[str, Cases]:
    return cases_seen(TABLE, from_day=5, until_day=400, follow_days=100, values=VALUES)


def test_a_lot_is_one_case_whatever_its_parcels():
    lots = by_lot(TABLE).set_index("lot")
    assert lots.loc[1, "chips"] == 200
    assert lots.loc[1, "established_day"] == 50
    assert bool(lots.loc[1, "blocked"])


def test_cases_are_counted_by_strategy_among_lots_that_had_time_to_be_found():
    collected = VALUES["penalty_reach_partners"]
    assert seen()["go_dark"] == Cases(lots=2, established=1, seized=0.25, penalised=pytest.approx(collected / 2), blocked=1)
    assert seen()["relay_from_declared_site"] == Cases(lots=1)


def test_a_company_earns_what_its_chips_bring_less_what_they_cost():
    profits = company_profits(TABLE.iloc[[3]], price_ratio=1.5, unlisted=0.1, values=VALUES)
    running = VALUES["relay_host_usd_per_day"] * 365.25 / VALUES["company_orders_per_year"]
    expected = 100 * (PRICE * (1.5 - 1 - 0.1) - 10) - 1000 - running
    assert profits["profit_usd"].tolist() == [pytest.approx(expected)]
    assert profits["site"].tolist() == [4]


def test_seizure_penalty_and_a_new_company_are_paid_for():
    lost = pd.DataFrame(
        [parcel(1, seized_chips=40, penalty_usd=7e5, blocked=True, established_day=20.0, established_chips=100)]
    )
    kept = pd.DataFrame([parcel(1)])
    ends = [company_profits(table, 1.5, 0.0, VALUES)["profit_usd"].iloc[0] for table in (kept, lost)]
    assert ends[0] - ends[1] == pytest.approx(40 * PRICE * 1.5 + 7e5 + 1000)


def test_what_is_refused_or_seized_does_not_arrive():
    assert delivered_share(TABLE, prevented_chips=0) == pytest.approx(550 / 600)
    assert delivered_share(TABLE, prevented_chips=600) == pytest.approx(550 / 1200)
    assert delivered_share(TABLE.iloc[:0], prevented_chips=0) == 1
