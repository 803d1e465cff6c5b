"""What `bench` runs and times: variations of the scenario `bench_national`, and a bare sampler beside them.

Seconds are CPU seconds of the process with all its threads, the least of some runs: what else the machine does lengthens
single runs, not the least. What is compared takes turns.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from sim import engine
from sim.executors import in_workers
from sim.record import Record
from sim.scenario import Engine, Scenario

SEED = 1
NATIONAL_CHIPS = 3_000_000
NATIONAL_SITES = 434
LONG_S = 8.0  # a run that takes longer has one turn, unless it is the headline
AT_ONCE_DAYS = 1e-6  # the horizon of a run that ends before its first round
FLOWS = ("legacy_chips_abroad", "covered_exports_per_year", "diverted_chips_per_year")


@dataclass(frozen=True)
class Load:
    """A variation of `bench_national`. All flows are in proportion to its chips, three million at mid-term."""

    chips: int
    days: float
    period_days: float = 1.0
    sites: int = NATIONAL_SITES
    lot_chips: int = 400
    engine: Engine = "fast"


@cache
def scenario_of(load: Load) -> Scenario:
    """The scenario to run."""
    national = Scenario.load("bench_national")
    flows = {name: national.values[name] * load.chips / NATIONAL_CHIPS for name in FLOWS}
    return national.replace(
        engine=load.engine,
        calendar__end_after_duty_days=load.days,
        fleet__lot_chips=load.lot_chips,
        geography__sites=load.sites,
        verification__period_days=load.period_days,
        uncertainties={**national.uncertainties, **flows},
    )


def at_once(load: Load) -> Scenario:
    """The same world, ended before its first round."""
    return scenario_of(replace(load, days=AT_ONCE_DAYS))


@dataclass(frozen=True)
class Counts:
    """What happened in a run."""

    challenges: int
    silences: int
    suspicious: int
    refuted: int
    state_changes: int

    @classmethod
    def of(cls, record: Record) -> Counts:
        """Those of a run's record."""
        return cls(record.challenges, record.silences, record.suspicious, record.refuted, record.state_changes)

    @property
    def exceptions(self) -> int:
        """Due challenges unanswered or outside their threshold, and changes of a chip's state."""
        return self.silences + self.suspicious + self.refuted + self.state_changes


@dataclass(frozen=True)
class Timing:
    """A load's least seconds: of the whole run, and of a run of the same world that ends at once."""

    load: Load
    seconds: float
    setup_seconds: float
    counts: Counts

    @property
    def net_seconds(self) -> float:
        """Seconds without building the world: its sites, panels, stock and actors."""
        return self.seconds - self.setup_seconds

    def least(self, other: Timing) -> Timing:
        """The least seconds of two timings of the same load."""
        seconds, setup_seconds = min(self.seconds, other.seconds), min(self.setup_seconds, other.setup_seconds)
        return Timing(self.load, seconds, setup_seconds, self.counts)

    @property
    def chip_days(self) -> float:
        """Days that chips were under the rule, by the challenges that were due."""
        return self.counts.challenges * self.load.period_days


@dataclass(frozen=True)
class Footprint:
    """A run in a process of its own.

    Attributes:
        chips: rows of its chip table, all chips that ever were.
        peak_bytes: the most memory that the process held, Python and all libraries included.
        seconds: CPU seconds of the run.
        wall_seconds: by the clock on the wall.
    """

    chips: int
    peak_bytes: int
    seconds: float
    wall_seconds: float


def seconds_of(work: Callable[[], object]) -> float:
    """CPU seconds that work takes; garbage of earlier work is cleared away before."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def time_loads(
    loads: Iterable[Load],
    repeats: int,
    turn_s: float,
    *,
    long_s: float = LONG_S,
    beside: Callable[[Timing], None] = lambda timing: None,
) -> dict[Load, Timing]:
    """Run loads in turn and keep the least seconds of each.

    Args:
        loads: what to run.
        repeats: turns, >= 1.
        turn_s: a run shorter than this is repeated within its turn until as many seconds have passed.
        long_s: a run longer than this has one turn.
        beside: called in each turn of a load with what is known of it, to time something else.
    """
    loads = list(loads)
    most_sites = max(load.sites for load in loads)
    engine.run(at_once(Load(1000, AT_ONCE_DAYS, sites=most_sites)), SEED)  # what is kept for all runs is made here
    timings: dict[Load, Timing] = {}
    for turn in range(repeats):
        for load in loads:
            if turn == 0 or timings[load].seconds <= long_s:
                timing = _time_turn(load, turn_s)
                timings[load] = timings[load].least(timing) if turn else timing
            beside(timings[load])
    return timings


def _time_turn(load: Load, turn_s: float) -> Timing:
    timing = _time_once(load)
    spent_s = timing.seconds
    while spent_s < turn_s:
        again = _time_once(load)
        timing, spent_s = timing.least(again), spent_s + again.seconds
    return timing


def _time_once(load: Load) -> Timing:
    scenario, empty = scenario_of(load), at_once(load)
    setup_seconds = seconds_of(lambda: engine.run(empty, SEED))
    counts: list[Counts] = []
    seconds = seconds_of(lambda: counts.append(Counts.of(engine.run(scenario, SEED))))
    return Timing(load, seconds, setup_seconds, counts[0])


def count_misses(chips: int, days: int, rate: float, seed: int) -> int:
    """The bare sampler: which chips miss on which day, and no more; it counts them.

    Gaps between chips that miss are geometric. An exponential number cut to an integer is the cheapest way to draw one.

    Args:
        chips: a fleet that stays the same.
        days: number of days.
        rate: misses per chip-day, 0 < rate < 1.
        seed: of numpy's Philox.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    mean = -1 / math.log1p(-rate)
    drawn = math.ceil(chips * rate + 6 * math.sqrt(chips * rate) + 10)
    misses = 0
    for _ in range(days):
        last = -1
        while last < chips - 1:
            gaps = (generator.standard_exponential(drawn) * mean).astype(np.int64)
            gaps += 1
            missing = np.cumsum(gaps) + last
            misses += int(np.searchsorted(missing, chips))
            last = int(missing[-1])
    return misses


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of log seconds on log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def footprint(load: Load) -> Footprint:
    """Run a load in a fresh process.

    A process counts the memory of the one that started it as its own at first: measure before there is much of it here.
    """
    with closing(in_workers(_footprint_here, [load], 1)) as answers:
        return next(answers)[1]


def _footprint_here(load: Load) -> Footprint:
    import resource

    scenario = scenario_of(load)
    cpu, wall = time.process_time(), time.perf_counter()
    record = engine.run(scenario, SEED)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes
    return Footprint(len(record.chips["state"]), peak_bytes, cpu, wall)
