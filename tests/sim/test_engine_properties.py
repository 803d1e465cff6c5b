"""What must hold of either engine, whatever the world: who acts first, who else is there and on which machine."""

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from numpy._core import _multiarray_umath as machine

from sim import Scenario
from sim.engine import fast, wiring
from sim.engine.faults import Faults
from sim.fleet.chips import GENERATION, ChipTable
from sim.fleet.silence import faults_per_day
from sim.fleet.supply import Lot
from sim.record import Event, Happening, Record
from sim.sparse import Sparse

from .worlds import ORDERLY, hurried

OF_A_CHIP = {
    Happening.FAILED,
    Happening.REPAIRED,
    Happening.RETIRED,
    Happening.REPLACED,
    Happening.SILENT,
    Happening.SUSPICIOUS,
    Happening.ALERTED,
}


def fingerprint(record: Record) -> str:
    """Of every event and every column of the chip table."""
    digest = hashlib.sha256(repr([tuple(event) for event in record.events]).encode())
    for name in sorted(record.chips):
        digest.update(record.chips[name].tobytes())
    return digest.hexdigest()


def test_the_order_in_which_processes_begin_changes_nothing(engine, monkeypatch):
    scenario = hurried(verification__signing="sample", verification__signed_share=0.001)
    told = fingerprint(engine.run(scenario, 3))
    begin, orders = wiring.begin, set()
    for shuffle in range(3):

        def shuffled(env, processes, shuffle=shuffle):
            processes = list(processes)
            random.Random(shuffle).shuffle(processes)
            orders.add(tuple(process.__qualname__ for process in processes))
            begin(env, processes)

        monkeypatch.setattr(wiring, "begin", shuffled)
        assert fingerprint(engine.run(scenario, 3)) == told
    assert len(orders) == 3


def test_more_chips_leave_the_histories_of_others_as_they_are(engine, monkeypatch):
    """Further lots, shipped in between; no visit, so that chips cannot meet in the queue for an inspector."""
    scenario = hurried(enforcement__inspectors=0)
    lots_shipped, first_new = wiring.lots_shipped, 10_000

    def with_more(*arguments, **keywords) -> list[Lot]:
        lots = list(lots_shipped(*arguments, **keywords))
        size = len(lots[0].slots)
        more = [
            Lot(
                number=5000 + lot.number,
                slots=range(first_new + size * lot.number, first_new + size * (lot.number + 1)),
                site=(lot.site + 1) % scenario.geography.sites,
                ordered_by_smuggler=False,
                ship_day=lot.ship_day + 0.5,
                delivery_day=lot.delivery_day + 0.7,
            )
            for lot in lots
        ]
        return sorted([*lots, *more], key=lambda lot: lot.ship_day)

    def histories(record: Record) -> tuple[Counter[Event], int]:
        rows = [event for event in record.events if event.happening in OF_A_CHIP]
        old = [event for event in rows if event.chip % GENERATION < first_new]
        assert {event.happening for event in old} == OF_A_CHIP
        return Counter(old), len(rows) - len(old)

    alone, none = histories(engine.run(scenario, 2))
    monkeypatch.setattr(wiring, "lots_shipped", with_more)
    among, others = histories(engine.run(scenario, 2))
    assert none == 0
    assert others > 100
    assert alone == among


def test_a_fault_strikes_whoever_is_installed_and_nobody_before_that(engine):
    """The first fault of each slot is the first one drawn from its delivery on, even one drawn for the same day.

    The initial stock is there from the first moment.
    """
    nobody_leaves = {**ORDERLY, "diverted_chips_per_year": 0}
    scenario = hurried(
        {**nobody_leaves, "gpu_faults_per_chip_year": 20, "covered_exports_per_year": 2.0e7},
        calendar__end_after_duty_days=10,
    ).status_quo()
    record = engine.run(scenario, 1)
    since = dict.fromkeys(range(scenario.initial_chips), 0.0)
    first: dict[int, float] = {}
    for event in record.events:
        if event.happening is Happening.DELIVERED:
            slots = range(scenario.initial_chips + 4 * event.lot, scenario.initial_chips + 4 * (event.lot + 1))
            since |= dict.fromkeys(slots, event.day)
        elif event.happening is Happening.FAILED:
            first.setdefault(event.chip, event.day)
    sparse, per_day, end_day = Sparse(1), faults_per_day(scenario.values), scenario.calendar.end_day
    drawn = {slot: [day for day, _, _ in sparse.chip_faults(slot, per_day, 0.0, end_day)] for slot in since}
    expected = {slot: next((day for day in drawn[slot] if day >= since[slot]), None) for slot in since}
    assert {slot: first.get(slot) for slot in since} == expected
    on_the_day = [(day, since[slot]) for slot in since if since[slot] for day in drawn[slot] if day // 1 == since[slot] // 1]
    assert sum(day < delivered for day, delivered in on_the_day) > 5
    assert sum(day > delivered for day, delivered in on_the_day) > 5
    assert sum(day is not None and day < 1 for day in expected.values()) > 5


def test_a_chip_table_that_has_to_grow_changes_nothing(engine, monkeypatch):
    told = fingerprint(engine.run(hurried(), 5))
    grow, grown = ChipTable._grow, 0

    def growing(self: ChipTable, size: int) -> None:
        """By no more rows than are needed."""
        nonlocal grown
        if size > len(self._columns["state"]):
            grow(self, size)
            self._columns = {name: column[:size].copy() for name, column in self._columns.items()}
            grown += 1

    monkeypatch.setattr(ChipTable, "_grow", growing)
    monkeypatch.setattr(wiring, "_room", lambda _: 1)
    assert fingerprint(engine.run(hurried(), 5)) == told
    assert grown > 50


def test_no_chip_is_told_of_twice_in_a_round(engine):
    """Even one whose answers pass another site than the declared one, when something changes about both."""
    scenario = hurried(
        {"site_outage_hours": 24, "tips_detection_ever": 1, "tips_time_to_charge_months": 1},
        verification__bound="vacuum",
        verification__unconfirmed_days=1,
        calendar__end_after_duty_days=150,
    )
    told = Counter(
        (event.day, event.chip, event.happening)
        for event in engine.run(scenario, 2).events
        if event.happening in (Happening.SILENT, Happening.SUSPICIOUS)
    )
    assert len(told) > 1000
    assert set(told.values()) == {1}


def test_more_packet_loss_only_adds_lost_challenges():
    """Where nothing else is silent and nobody is in a case, every silence is a lost challenge."""
    quiet = dict.fromkeys(("gpu_faults_per_chip_year", "site_outages_per_site_year", "diverted_chips_per_year"), 0)
    missed = []
    for loss in (0.1, 0.2, 0.4):
        values = {**quiet, **ORDERLY, "packet_loss": loss}
        record = fast.run(hurried(values, verification__grace_days=1000, verification__unconfirmed_days=3650), 1)
        missed.append({(event.day, event.chip) for event in record.events if event.happening is Happening.SILENT})
        assert len(missed[-1]) == record.silences == pytest.approx(record.challenges * loss**3, rel=0.3)
    assert missed[0] < missed[1] < missed[2]


def test_the_machine_s_wider_arithmetic_changes_no_bit():
    """Numpy has several implementations of exp and log, and takes the widest that the processor knows."""
    known = [name for name in machine.__cpu_dispatch__ if machine.__cpu_features__[name]]
    if not known:
        pytest.skip("this processor has nothing that could be switched off")
    code = (
        "import tests.sim.test_engine_properties as here\n"
        "from numpy._core._multiarray_umath import __cpu_features__ as features\n"
        "print(any(features[name] for name in here.machine.__cpu_dispatch__))\n"
        "print(here.fingerprint(here.fast.run(here.hurried(), 4)))"
    )
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(known), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", fingerprint(fast.run(hurried(), 4))]


def test_faults_never_run_ahead_of_the_clock(monkeypatch):
    """`Faults.settle` catches the table up to the event at which it is called; nothing is told before it happens."""
    settle, made, called, told = Faults.settle, [], 0, 0

    def checked(self: Faults, day: float) -> None:
        nonlocal called
        called += 1
        made.append(self)
        assert day <= self._setting.env.now
        settle(self, day)
        assert self._settled <= self._setting.env.now

    def watch(event: Event, setting) -> None:
        nonlocal told
        told += event.happening in (Happening.FAILED, Happening.REPAIRED)
        assert event.day <= setting.env.now

    monkeypatch.setattr(Faults, "settle", checked)
    fast.run(hurried(), 1, watch)
    assert called > 200
    assert told > 100
    assert len(set(map(id, made))) == 1


def test_one_outage_of_a_site_is_one_case_however_many_chips_are_silent():
    """Outages of about 18 days, which a visit ends no sooner than 20 days after they began."""
    still = {**ORDERLY, **dict.fromkeys(("gpu_faults_per_chip_year", "diverted_chips_per_year", "packet_loss"), 0)}
    outages = {"site_outages_per_site_year": 3, "site_outage_hours": 24 * 18, "site_outage_log_sd": 0.05}
    scenario = hurried(
        {**still, **outages, "covered_exports_per_year": 1, "inspection_travel_days": 5, "case_review_days": 3},
        trace=False,
        fleet__scale=0.004,
        geography__sites=6,
        verification__unconfirmed_days=3650,
        verification__grace_days=14,
        calendar__duty_after_days=0,
        calendar__end_after_duty_days=700,
        enforcement__inspectors=6,
    )
    record = fast.run(scenario, 1)
    per_site = Counter(record.chips["site"].tolist())
    largest = 0
    began: dict[int, list[float]] = {}
    cases: dict[int, list[float]] = {}
    for event in record.events:
        if event.happening is Happening.OUTAGE_BEGAN:
            began.setdefault(event.site, []).append(event.day)
        elif event.happening is Happening.CASE_OPENED:
            cases.setdefault(event.site, []).append(event.day)
        elif event.happening is Happening.ALERTED:
            assert event.chips == per_site[event.site], "all chips of a site at once"
            largest = max(largest, event.chips)
    assert largest > 5000
    alone = 0
    for site, days in began.items():
        for day in days:
            if day + 30 < scenario.calendar.end_day and not any(0 < abs(other - day) < 60 for other in days):
                delays = [opened - day for opened in cases[site] if day <= opened < day + 30]
                assert len(delays) == 1
                assert 14 < delays[0] <= 15
                alone += 1
    assert alone > 6


@pytest.fixture
def dark() -> Scenario:
    """Smugglers go dark, and there are as many inspectors as cases."""
    return hurried(
        {"diverted_chips_per_year": 4.0e5, "gpu_faults_per_chip_year": 0.2, "tips_detection_ever": 0},
        trace=False,
        calendar__end_after_duty_days=215,
        adversary__strategies={"go_dark": 1},
        enforcement__inspectors=1000,
        enforcement__random_inspections=False,
    )


@pytest.mark.verify
def test_common_random_numbers_make_differences_of_policies_ten_times_less_variable(dark: Scenario, capsys):
    """Diverted chips that are alerted on or established by the end, asked daily against weekly."""

    def detected(period_days: float, seed: int) -> int:
        chips = fast.run(dark.replace(verification__period_days=period_days), seed).chips
        known = ~np.isnan(chips["alert_day"]) | ~np.isnan(chips["established_day"])
        return int(np.count_nonzero(known & ~np.isnan(chips["diverted_day"])))

    counts = np.array([[detected(period, seed) for period in (1, 7)] for seed in range(20)], float)
    apart = counts.var(axis=0, ddof=1).sum()  # of a difference between runs with independent seeds
    paired = (counts[:, 0] - counts[:, 1]).var(ddof=1)
    assert counts.mean() > 20
    assert paired > 0
    with capsys.disabled():
        print(f"\ncommon random numbers: {apart / paired:.0f} times less variance")
    assert apart > 10 * paired
