"""Whose time a run takes: the profiler's own times, charged to the actors.

Each actor owns some functions. Time in a function that nobody owns, such as numpy's or a helper's, is charged to its
callers, in proportion to the time it took for each, until somebody owns it. So a share is an actor's own time and that of
what it calls, up to the next owner. The profiler makes Python slower and leaves numpy as it is: shares of actors with many
small steps come out somewhat too high.
"""

from __future__ import annotations

import cProfile
import pstats
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from scenarios.commands.bench_runs import SEED, Load, at_once, scenario_of
from sim import engine

Function = tuple[str, int, str]

OWNERS: dict[str, tuple[str, ...]] = {
    "rounds_reading": (
        "sim/engine/fast.py: _read_sites _slow _small _looked_at _away",
        "sim/engine/site_readings.py: *",
        "sim/actors/verifier.py: outlook_of_site outlook_of_detour",
    ),
    "rounds_silence": ("sim/engine/fast.py: _lost _note_lost _pathless _behind_a_cut_link",),
    "rounds_runs": ("sim/engine/fast.py: _forget_runs", "sim/engine/runs.py: *"),
    "rounds_alerts": ("sim/engine/fast.py: _raise_alerts",),
    "rounds_other": ("sim/engine/fast.py: _rounds _round",),
    "faults": ("sim/engine/faults.py: *",),
    "exporter": ("sim/actors/exporter.py: *", "sim/fleet/supply.py: *"),
    "operators": ("sim/actors/operator.py: *", "sim/fleet/moves.py: *"),
    "smugglers": ("sim/actors/smuggler.py: *", "sim/smuggling/plans.py: *"),
    "authority": ("sim/actors/authority.py: *",),
    "enrolment": ("sim/actors/enrolment.py: *",),
    "latency_model": ("sim/world/latency.py: *", "sim/world/excess.py: *"),
    "log": ("sim/record.py: *",),
    "census": ("sim/engine/wiring.py: _count take_census",),
    "simpy": ("/simpy/: *",),
    "setup": ("sim/engine/wiring.py: run_engine build begin _processes _place_initial_stock",),
}
"""Owner, and what it owns: a part of a file's path, and names of functions in it; `*` for all."""


def shares(load: Load) -> dict[str, float]:
    """Each owner's share of a run's time; they add up to 1 with `other`, which nobody owns."""
    scenario = scenario_of(load)
    engine.run(at_once(load), SEED)  # what is kept for all runs is made here
    profile = cProfile.Profile()
    profile.runcall(engine.run, scenario, SEED)
    table: Any = pstats.Stats(profile)
    seconds = charge(table.stats)
    return {name: seconds.get(name, 0.0) / sum(seconds.values()) for name in (*OWNERS, "other")}


def charge(stats: Mapping[Function, Any]) -> dict[str, float]:
    """Seconds of each owner.

    Args:
        stats: of `pstats.Stats`: calls, own time, time with callees, and the same by caller, of each function.
    """
    charged: dict[str, float] = defaultdict(float)
    waiting = {function: row[2] for function, row in stats.items()}
    while waiting:
        passed_on: dict[Function, float] = defaultdict(float)
        for function, seconds in waiting.items():
            owner = owner_of(function)
            callers = {caller: row[3] for caller, row in stats[function][4].items() if caller != function}
            together = sum(callers.values())
            if owner is not None or not together or seconds < 1e-9:
                charged[owner or "other"] += seconds
                continue
            for caller, with_callees in callers.items():
                passed_on[caller] += seconds * with_callees / together
        waiting = passed_on
    return charged


def owner_of(function: Function) -> str | None:
    """Who owns a function, if anybody."""
    path, _, name = function
    path = path.replace("\\", "/")
    for owner, pieces in OWNERS.items():
        for piece in pieces:
            part, names = piece.split(": ")
            if part in path and (names == "*" or name in names.split()):
                return owner
    return None
