import pytest

from sim import Scenario
from sim.engine.reference import run, take_census
from sim.fleet.chips import ChipTable, State
from sim.record import Happening


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chips_shipped_equal_the_sum_over_states_at_every_event(small: Scenario, seed: int):
    """Shipped is counted from the log alone; the states from the rows and, apart from them, from the running counts."""
    scenario = small.replace(fleet__scale=0.0005, uncertainties={"diverted_chips_per_year": 4.0e5})
    shipped = scenario.initial_chips
    checked = 0

    def check(event, setting):
        nonlocal shipped, checked
        if event.happening is Happening.SHIPPED:
            shipped += int(event.detail.split()[0])
        checked += 1
        assert sum(setting.chips.counts.values()) == shipped
        assert sum(take_census(setting, event.day).chips.values()) == shipped
        states = setting.chips.column("state").tolist()
        assert {state: states.count(state) for state in State} == setting.chips.counts

    record = run(scenario, seed, check)
    assert checked == len(record.events) > 100
    assert {event.happening for event in record.events} >= {Happening.DEPARTED, Happening.ARRIVED, Happening.FAILED}


def test_a_move_that_does_not_exist_is_refused():
    chips = ChipTable()
    chips.append(1, state=State.SHIPPING, covered=True, lot=0, site=0, day=0)
    with pytest.raises(ValueError, match="SHIPPING to RESTRICTED"):
        chips.move(0, State.RESTRICTED, 1)


def test_the_table_keeps_its_rows_when_it_grows():
    chips = ChipTable()
    for lot in range(700):
        chips.append(3, state=State.SHIPPING, covered=lot % 2 == 0, lot=lot, site=lot % 7, day=lot)
    assert len(chips) == 2100
    assert chips.column("lot").tolist() == [chip // 3 for chip in range(2100)]
    with pytest.raises(ValueError, match="read-only"):
        chips.column("lot")[0] = 5


def test_a_chip_table_row_is_small():
    assert sum(column.itemsize for column in ChipTable().copy().values()) <= 64
