"""The command `bench`: what attestations cost, in both engines, beside a bare sampler, and as the fleet grows.

Everything is measured in one run of the command. An exception is a due challenge that went unanswered or was outside its
threshold, or a change of a chip's state: the engine cannot do less than touch each.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenarios.commands.bench_lines import Line
from scenarios.commands.bench_runs import (
    NATIONAL_CHIPS,
    SEED,
    Footprint,
    Load,
    Timing,
    count_misses,
    exponent,
    footprint,
    seconds_of,
    time_loads,
)
from scenarios.commands.bench_shares import OWNERS, shares

EXIT_DONE, EXIT_FAILED = 0, 1
YEAR_DAYS = 365
LARGEST_CHIPS, LARGEST_YEARS = 10_000_000, 5


@dataclass(frozen=True)
class Plan:
    """Sizes of what is measured.

    Attributes:
        national: the headline, measured beside the bare sampler.
        base: what the four scalings vary.
        chips, days, period_days, sites: values of each scaling; those of `base` are among them.
        same: for 10k and 100k: a load that both engines run.
        memory: two fleets whose peak memory is compared.
        profiled: the run whose time is shared out.
        repeats: turns, of which the least counts.
        turn_s: CPU seconds of a turn of a short run, which is repeated in it.
    """

    national: Load
    base: Load
    chips: tuple[int, ...]
    days: tuple[float, ...]
    period_days: tuple[float, ...]
    sites: tuple[int, ...]
    same: dict[str, Load]
    memory: tuple[Load, Load]
    profiled: Load
    repeats: int
    turn_s: float


FULL = Plan(
    national=Load(NATIONAL_CHIPS, 3 * YEAR_DAYS),
    base=Load(NATIONAL_CHIPS, YEAR_DAYS),
    chips=(300_000, 1_000_000, 3_000_000, 10_000_000),
    days=(YEAR_DAYS, 3 * YEAR_DAYS, 5 * YEAR_DAYS),
    period_days=(7.0, 1.0),
    sites=(40, 120, 434),
    same={"10k": Load(10_000, 120, sites=40, lot_chips=8), "100k": Load(100_000, 20, sites=40, lot_chips=8)},
    memory=(Load(3_000_000, 180), Load(10_000_000, 180)),
    profiled=Load(NATIONAL_CHIPS, 120),
    repeats=3,
    turn_s=0.5,
)
QUICK = Plan(
    national=Load(500_000, 30, sites=40),
    base=Load(200_000, 20, sites=40),
    chips=(20_000, 200_000),
    days=(10, 20),
    period_days=(7.0, 1.0),
    sites=(20, 40),
    same={"10k": Load(500, 20, sites=10, lot_chips=8), "100k": Load(1000, 5, sites=10, lot_chips=8)},
    memory=(Load(300_000, 2, sites=40), Load(1_000_000, 2, sites=40)),
    profiled=Load(200_000, 10, sites=40),
    repeats=1,
    turn_s=0.0,
)


LINES = (
    Line("fast.attestations_per_s", "Fast engine, nation, set-up included", "attestations/s", (">=", 3e8)),
    Line("fast.exceptions_per_chip_day", "  exceptions", "per chip-day"),
    Line("fast.exceptions_per_s", "  exceptions", "per second"),
    Line("fast.ns_per_exception", "  time for each exception", "ns"),
    Line("fast.seconds", "  the whole run", "s"),
    Line("setup.seconds", "  of this, set-up: sites, panels, stock, actors", "s"),
    Line("sampler.ratio", "  over a bare sampler of as many exceptions", "times as long", ("<=", 25)),
    Line("sampler.ns_per_miss", "  the bare sampler, time for each miss", "ns"),
    Line("reference.chip_days_per_s", "Reference engine, small fleet, without set-up", "chip-days/s", (">=", 2e5)),
    Line("reference.exceptions_per_chip_day", "  exceptions", "per chip-day"),
    Line("reference.exceptions_per_s", "  exceptions", "per second"),
    Line("ratio.same_10k", "Reference over fast, the same small fleet, no set-up", "times as long", (">=", 50)),
    Line("ratio.same_10k_with_setup", "  set-up included", "times as long"),
    Line("ratio.same_100k", "Reference over fast, the same larger fleet, no set-up", "times as long", (">=", 400)),
    Line("ratio.same_100k_with_setup", "  set-up included", "times as long"),
    Line("ratio.national_over_reference_10k", "Nation's attestations/s over the reference's chip-days/s", "times"),
    Line("scaling.chips", "Seconds without set-up grow as chips to the power", "exponent", ("<=", 1.1)),
    Line("scaling.years", "  as years", "exponent", ("<=", 1.1)),
    Line("scaling.challenge_rate", "  as challenges a day", "exponent", ("<=", 0.85)),
    Line("scaling.sites", "  as sites", "exponent"),
    Line("memory.bytes_per_chip", "Memory for each further chip", "bytes"),
    Line("memory.peak_mb", "Peak memory of the larger fleet's process", "MB"),
    Line("largest.seconds", "Ten million chips, five years, daily", "s"),
    Line("largest.wall_seconds", "  by the clock on the wall", "s"),
    Line("largest.peak_mb", "  peak memory", "MB"),
)

SIZES = {
    "chips": ("chips", 1e6, "million"),
    "years": ("days", YEAR_DAYS, "years"),
    "challenge_rate": ("period_days", 1, "days apart"),
    "sites": ("sites", 1, "sites"),
}
"""Of each scaling: what its points vary, and how that is printed."""


class EnginesDisagree(Exception):
    """The two engines counted differently on the same chips."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    bench = commands.add_parser("bench", help="measure what attestations cost, in both engines and as the fleet grows")
    bench.add_argument("--json", action="store_true", help="print JSON")
    bench.add_argument("--quick", action="store_true", help="small sizes: the same figures, but no basis for a claim")
    bench.add_argument("--largest", action="store_true", help="also run ten million chips for five years")
    bench.set_defaults(command_function=bench_command)


def bench_command(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    try:
        figures = measure(QUICK if arguments.quick else FULL, arguments.largest)
    except EnginesDisagree as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_FAILED
    figures = {"quick": arguments.quick, **figures}
    print(json.dumps(figures, indent=2) if arguments.json else as_table(figures))
    return EXIT_DONE


def measure(plan: Plan, largest: bool) -> dict[str, Any]:
    """Every figure, by its key. Memory comes first, while this process is small itself."""
    machine = {"cores": os.cpu_count() or 1, "python": platform.python_version(), "numpy": np.__version__}
    parts: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        ("memory", lambda: _memory(plan)),
        ("the nation beside the bare sampler", lambda: _national(plan)),
        ("both engines on the same chips", lambda: _same_chips(plan)),
        ("scaling", lambda: _scaling(plan)),
        ("shares of time", lambda: {f"share.{name}": share for name, share in shares(plan.profiled).items()}),
    ]
    if largest:
        parts.insert(0, ("ten million chips", _largest))
    figures: dict[str, Any] = dict(machine)
    for title, part in parts:
        print(f"measuring {title} ...", file=sys.stderr, flush=True)
        figures |= part()
    ratio = figures["fast.attestations_per_s"] / figures["reference.chip_days_per_s"]
    return {**figures, "ratio.national_over_reference_10k": ratio}


def _national(plan: Plan) -> dict[str, Any]:
    sampler_seconds, misses = float("inf"), 0

    def sample(timing: Timing) -> None:
        nonlocal sampler_seconds, misses
        days = round(timing.load.days)
        chips, rate = round(timing.chip_days / days), timing.counts.exceptions / timing.chip_days
        drawn: list[int] = []
        seconds = seconds_of(lambda: drawn.append(count_misses(chips, days, rate, SEED)))
        sampler_seconds, misses = min(sampler_seconds, seconds), drawn[0]

    timings = time_loads([plan.national], plan.repeats, plan.turn_s, long_s=math.inf, beside=sample)
    timing = timings[plan.national]
    counts = timing.counts
    return {
        "fast.attestations_per_s": counts.challenges / timing.seconds,
        "fast.exceptions_per_chip_day": counts.exceptions / timing.chip_days,
        "fast.exceptions_per_s": counts.exceptions / timing.seconds,
        "fast.ns_per_exception": timing.seconds / counts.exceptions * 1e9,
        "fast.seconds": timing.seconds,
        "fast.challenges": counts.challenges,
        "fast.exceptions": counts.exceptions,
        "setup.seconds": timing.setup_seconds,
        "sampler.ratio": timing.seconds / sampler_seconds,
        "sampler.seconds": sampler_seconds,
        "sampler.misses": misses,
        "sampler.ns_per_miss": sampler_seconds / misses * 1e9,
    }


def _same_chips(plan: Plan) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, load in plan.same.items():
        pair = [load, replace(load, engine="reference")]
        fast, reference = time_loads(pair, plan.repeats, plan.turn_s).values()
        if fast.counts != reference.counts:
            raise EnginesDisagree(f"{name}: fast engine {fast.counts}, reference engine {reference.counts}")
        figures[f"ratio.same_{name}"] = reference.net_seconds / fast.net_seconds
        figures[f"ratio.same_{name}_with_setup"] = reference.seconds / fast.seconds
        figures[f"same_{name}.points"] = [_point(fast), _point(reference)]
        if name == "10k":
            figures["reference.chip_days_per_s"] = reference.chip_days / reference.net_seconds
            figures["reference.exceptions_per_chip_day"] = reference.counts.exceptions / reference.chip_days
            figures["reference.exceptions_per_s"] = reference.counts.exceptions / reference.net_seconds
    return {**figures, "same.counts_agree": True}


def _scaling(plan: Plan) -> dict[str, Any]:
    variations: dict[str, list[tuple[float, Load]]] = {
        "chips": [(load.chips, load) for load in (replace(plan.base, chips=chips) for chips in plan.chips)],
        "years": [(load.days, load) for load in (replace(plan.base, days=days) for days in plan.days)],
        "challenge_rate": [(1 / days, replace(plan.base, period_days=days)) for days in plan.period_days],
        "sites": [(sites, replace(plan.base, sites=sites)) for sites in plan.sites],
    }
    loads = dict.fromkeys(load for points in variations.values() for _, load in points)
    timings = time_loads(loads, plan.repeats, plan.turn_s)
    figures: dict[str, Any] = {}
    for name, points in variations.items():
        sizes, runs = [float(size) for size, _ in points], [timings[load] for _, load in points]
        figures[f"scaling.{name}"] = exponent(sizes, [run.net_seconds for run in runs])
        figures[f"scaling.{name}_with_setup"] = exponent(sizes, [run.seconds for run in runs])
        figures[f"scaling.{name}_points"] = [_point(run) for run in runs]
    return figures


def _memory(plan: Plan) -> dict[str, Any]:
    small, large = (footprint(load) for load in plan.memory)
    return {
        "memory.bytes_per_chip": (large.peak_bytes - small.peak_bytes) / (large.chips - small.chips),
        "memory.peak_mb": large.peak_bytes / 1e6,
        "memory.points": [_memory_point(small), _memory_point(large)],
    }


def _largest() -> dict[str, Any]:
    run = footprint(Load(LARGEST_CHIPS, LARGEST_YEARS * YEAR_DAYS))
    return {
        "largest.seconds": run.seconds,
        "largest.wall_seconds": run.wall_seconds,
        "largest.peak_mb": run.peak_bytes / 1e6,
        "largest.chips": run.chips,
    }


def _point(timing: Timing) -> dict[str, Any]:
    load, counts = timing.load, timing.counts
    return {
        "engine": load.engine,
        "chips": load.chips,
        "days": load.days,
        "period_days": load.period_days,
        "sites": load.sites,
        "seconds": timing.seconds,
        "setup_seconds": timing.setup_seconds,
        "challenges": counts.challenges,
        "exceptions": counts.exceptions,
    }


def _memory_point(run: Footprint) -> dict[str, Any]:
    return {"chips": run.chips, "peak_mb": run.peak_bytes / 1e6}


def as_table(figures: dict[str, Any]) -> str:
    """The figures for a reader, one a line."""
    about = f"{figures['cores']} cores, Python {figures['python']}, numpy {figures['numpy']}"
    size = "QUICK: small sizes, no basis for a claim. " if figures["quick"] else ""
    lines = [f"{size}CPU seconds, the least of some runs that take turns. {about}."]
    for line in LINES:
        if line.key not in figures:
            continue
        lines.append(line.text(figures[line.key], claims=not figures["quick"]))
    lines.append("Shares of the fast engine's time, by the profiler; what an actor calls is the actor's:")
    lines += [f"  {name.replace('_', ' '):<58}{figures[f'share.{name}']:>10.1%}" for name in (*OWNERS, "other")]
    lines.append("Seconds by size, set-up in brackets:")
    for name in SIZES:
        points = figures[f"scaling.{name}_points"]
        lines.append(f"  {name.replace('_', ' '):<16}{_listed(name, points)}")
    for name, title in (("10k", "small fleet"), ("100k", "larger fleet")):
        fast, reference = figures[f"same_{name}.points"]
        seconds = ", ".join(
            f"{point['engine']} {point['seconds']:.2f} ({point['setup_seconds']:.2f})" for point in (fast, reference)
        )
        lines.append(f"  {title:<16}{fast['chips']:,} chips, {fast['days']} days: {seconds}")
    lines.append("Both engines counted the same challenges, silences, suspicious answers and changes on the same chips.")
    return "\n".join(lines)


def _listed(name: str, points: Sequence[dict[str, Any]]) -> str:
    """Points of one scaling as text."""
    key, one, unit = SIZES[name]
    return "; ".join(
        f"{point[key] / one:,.3g} {unit} {point['seconds']:.2f} ({point['setup_seconds']:.2f})" for point in points
    )
