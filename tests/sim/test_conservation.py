import numpy as np
import pytest

from sim import Scenario
from sim.engine.wiring import take_census
from sim.fleet.chips import ChipTable, State
from sim.record import Happening


@pytest.mark.parametrize("seed", [1, 2])
def test_chips_shipped_equal_the_sum_over_states_at_every_event(small: Scenario, seed: int, engine):
    """Shipped is counted from the log alone, the tally from the rows; each chip that fails for good has one in its place."""
    scenario = small.replace(
        trace=True,
        fleet__scale=0.0005,
        uncertainties={
            "diverted_chips_per_year": 4.0e5,
            "gpu_faults_per_chip_year": 1,
            "lawful_moves_per_lot_year": 1,
            "resales_per_lot_year": 1,
            "withdrawals_per_lot_year": 1,
            "withdrawal_report_days": 10,
            "tips_detection_ever": 0.8,
            "tips_time_to_charge_months": 0.3,
            "transit_to_restricted_days": 20,
        },
    )
    shipped = scenario.initial_chips
    withdrawn = checked = 0

    def check(event, setting):
        nonlocal shipped, withdrawn, checked
        shipped += event.chips if event.happening is Happening.SHIPPED else 0
        withdrawn += event.chips if event.happening is Happening.WITHDRAWN else 0
        checked += 1
        table = setting.chips
        states, covered = table.column("state"), table.column("covered")
        established = ~np.isnan(table.column("established_day"))
        recounted = np.zeros_like(table.tally)
        np.add.at(recounted, (states, covered.astype(int), established.astype(int)), 1)
        assert (recounted == table.tally).all()
        out_of_use = table.counts[State.RETIRED] + table.counts[State.WITHDRAWN]
        if event.happening is not Happening.WITHDRAWN:  # a trace has a row for each chip, after all have been moved
            assert len(table) == shipped + out_of_use - withdrawn
        assert sum(take_census(setting, event.day).chips.values()) == len(table)

    record = engine.run(scenario, seed, check)
    assert checked == len(record.events) > 1000
    happened = [event.happening for event in record.events]
    wanted = {"DEPARTED", "ARRIVED", "FAILED", "REPAIRED", "RETIRED", "MOVED", "MOVE_REPORTED", "SEIZED", "ESTABLISHED"}
    wanted |= {"WITHDRAWN", "WITHDRAWAL_REPORTED"}
    assert {Happening[name] for name in wanted} <= set(happened)
    assert happened.count(Happening.REPLACED) == happened.count(Happening.RETIRED)


def test_a_move_that_does_not_exist_is_refused():
    chips = ChipTable()
    chips.append(1, state=State.SHIPPING, covered=True, lot=0, site=0, day=0, first_slot=0)
    with pytest.raises(ValueError, match="SHIPPING to RESTRICTED"):
        chips.move(0, State.RESTRICTED, 1)


def test_the_table_keeps_its_rows_when_it_grows():
    chips = ChipTable()
    for lot in range(700):
        chips.append(3, state=State.SHIPPING, covered=lot % 2 == 0, lot=lot, site=lot % 7, day=lot, first_slot=3 * lot)
    assert len(chips) == 2100
    assert chips.column("lot").tolist() == [chip // 3 for chip in range(2100)]
    with pytest.raises(ValueError, match="read-only"):
        chips.column("lot")[0] = 5


def test_a_chip_table_row_is_small():
    assert sum(column.itemsize for column in ChipTable().columns().values()) <= 64
