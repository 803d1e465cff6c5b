"""The command `emulate`: real provers and landmarks over emulated paths, held against what the simulator predicts.

Verdicts, round-trip times and the time that a prover takes in the timed loop. What this machine adds to an emulated path is
told by a bare UDP echo over such a path; measured on a busy machine it is large, and the command says so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attestation import ED25519, ESP256, ESP384, InvalidArgument
from scenarios.command_line import EXIT_DONE, EXIT_RUN_FAILED, EXIT_USER_ERROR
from scenarios.study import UsageError
from sim import OutputError, Scenario, ScenarioError
from sim.randomness import SEED_LIMIT

if TYPE_CHECKING:
    from scenarios.emulation.compared import Measured

KEYS = {"ed25519": ED25519, "p256": ESP256, "p384": ESP384}
SITES, ROUNDS = (6, 2, 40), (5, 1, 1000)
"""By default, if quick, and at most."""

BURST, AT_ONCE = 4, 4
ECHOES, ECHO_MS = 200, 5.0
SECONDS_PER_SESSION, SECONDS_TO_SPARE = 10.0, 60.0


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    emulate = commands.add_parser("emulate", help="hold real exchanges over emulated paths against the simulator")
    emulate.add_argument("--scenario", default="baseline", help="whose sites and levers (default: baseline)")
    emulate.add_argument("--seed", type=int, default=1, help="base seed of the world (default: 1)")
    emulate.add_argument("--sites", type=int, help=f"1 to {SITES[2]} (default: {SITES[0]}, quick: {SITES[1]})")
    emulate.add_argument(
        "--rounds", type=int, help=f"of each chip, 1 to {ROUNDS[2]} (default: {ROUNDS[0]}, quick: {ROUNDS[1]})"
    )
    emulate.add_argument("--keys", choices=list(KEYS), default="ed25519", help="kind of all keys (default: ed25519)")
    emulate.add_argument(
        "--awake",
        action="store_true",
        help="provers look for nonces all the time; one exchange at a time, which takes longer",
    )
    emulate.add_argument("--out", type=Path, help="new folder for tables and a figure (default: none)")
    emulate.add_argument("--quick", action="store_true", help="a small fleet")
    emulate.add_argument("--json", action="store_true", help="print JSON")
    emulate.set_defaults(command_function=emulate_command)


def emulate_command(arguments: argparse.Namespace) -> int:
    """Predict, measure, compare; returns the exit code."""
    try:
        return _emulate(arguments)
    except (UsageError, ScenarioError, InvalidArgument, OutputError) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR


def _emulate(arguments: argparse.Namespace) -> int:
    sites = _number("--sites", arguments.sites, SITES, quick=arguments.quick)
    rounds = _number("--rounds", arguments.rounds, ROUNDS, quick=arguments.quick)
    if not 0 <= arguments.seed < SEED_LIMIT:
        raise UsageError(f"--seed: {arguments.seed} is not allowed; 0 to {SEED_LIMIT - 1}")
    if arguments.out is not None and arguments.out.exists():
        raise OutputError(f"--out: {arguments.out} exists; name a new folder")
    scenario = Scenario.load(arguments.scenario)
    if sites > scenario.geography.sites:
        raise UsageError(f"--sites: {sites} is not allowed; scenario {scenario.name} has {scenario.geography.sites}")
    from scenarios.emulation.compared import measured_of
    from scenarios.emulation.predicted import emulated_chips
    from scenarios.emulation.wires import echo_added_ms, run_sessions

    chips = emulated_chips(scenario, arguments.seed, sites, rounds)
    sessions = list(
        run_sessions(
            chips,
            algorithm=KEYS[arguments.keys],
            burst=BURST,
            at_once=1 if arguments.awake else AT_ONCE,
            awake=arguments.awake,
            seconds=SECONDS_TO_SPARE + SECONDS_PER_SESSION * len(chips) * rounds,
        )
    )
    measured = measured_of(sessions, echo_added_ms(ECHOES, ECHO_MS))
    figures = figures_of(measured, scenario, arguments)
    print(json.dumps(figures, indent=2) if arguments.json else "\n".join(_lines(figures)))
    if arguments.out is not None:
        _write(measured, arguments.out)
    return EXIT_DONE if measured.agrees else EXIT_RUN_FAILED


def _number(option: str, value: int | None, range_: tuple[int, int, int], *, quick: bool) -> int:
    usual, small, most = range_
    value = value if value is not None else small if quick else usual
    if not 1 <= value <= most:
        raise UsageError(f"{option}: {value} is not allowed; 1 to {most}")
    return value


def figures_of(measured: Measured, scenario: Scenario, arguments: argparse.Namespace) -> dict[str, Any]:
    """What was measured, ready for JSON; times in ms, spreads as number, median, 5 and 95 % quantiles and greatest."""
    from scenarios.emulation.compared import Spread, furthest_quantiles_ms

    exchanges, sessions = measured.exchanges, measured.sessions
    near, unexplained = measured.apart
    low, central, high = measured.model_ms
    spreads = {
        "measured less predicted": measured.errors_ms,
        "measured less emulated path": measured.added_ms,
        "of which the prover's processing": measured.within_ms,
        "bare UDP echo less emulated path": measured.echo_ms,
        "processing of every answer": measured.processing_ms,
    }
    return {
        "quick": arguments.quick,
        "scenario": scenario.name,
        "seed": arguments.seed,
        "keys": arguments.keys,
        "awake": arguments.awake,
        "arrival_stamped_by": measured.stamps,
        "sites": int(sessions["site"].nunique()),
        "sessions": len(sessions),
        "exchanges": len(exchanges),
        "nonces_of_an_exchange": BURST,
        "verdicts": [
            {"predicted": predicted, "measured": found, "sessions": int(number)}
            for (predicted, found), number in sessions.groupby(["predicted", "measured"]).size().items()
        ],
        "apart_within_error": len(near),
        "apart_unexplained": len(unexplained),
        "error_95_percent_ms": measured.error_ms,
        "landmarks_unreported": int(sessions["unreported"].sum()),
        "times_ms": {says: asdict(Spread.of(times_ms)) for says, times_ms in spreads.items()},
        "in_loop_processing_ms": {"low": low, "central": central, "high": high},
        "shorter_than_path": int((measured.added_ms < 0).sum()),
        "furthest_quantiles_ms": furthest_quantiles_ms(exchanges),
    }


def _lines(figures: Mapping[str, Any]) -> Iterator[str]:
    small = "QUICK: a small fleet, no basis for a claim. " if figures["quick"] else ""
    yield (
        f"{small}Scenario {figures['scenario']}, seed {figures['seed']}, keys {figures['keys']}, provers "
        f"{'awake' if figures['awake'] else 'asleep'} between nonces, arrival stamped by the "
        f"{figures['arrival_stamped_by']}: {figures['sites']} sites, {figures['sessions']} sessions, "
        f"{figures['exchanges']} exchanges of {figures['nonces_of_an_exchange']} nonces."
    )
    yield f"{'Verdict predicted':<20}{'measured':<16}{'sessions':>8}"
    for row in figures["verdicts"]:
        yield f"{row['predicted']:<20}{row['measured']:<16}{row['sessions']:>8}"
    yield (
        f"Another verdict than predicted: {figures['apart_within_error']} within {figures['error_95_percent_ms']:.3g} ms of "
        f"it (95 % of errors are below), {figures['apart_unexplained']} further off. Landmarks that have not reported: "
        f"{figures['landmarks_unreported']}."
    )
    yield f"{'Round trips, ms':<44}{'number':>8}{'median':>9}{'5 %':>9}{'95 %':>9}{'greatest':>10}"
    for says, times in figures["times_ms"].items():
        yield (
            f"{says:<44}{times['number']:>8}{times['median']:>9.3f}{times['low']:>9.3f}{times['high']:>9.3f}"
            f"{times['greatest']:>10.3f}"
        )
    own = figures["in_loop_processing_ms"]
    yield (
        f"The simulator's own processing time: {own['central']:g} ms, range {own['low']:g} to {own['high']:g} "
        "(in_loop_processing_ms)."
    )
    yield f"Round trips shorter than their path: {figures['shorter_than_path']}."
    yield (
        "Between the distributions of times measured and predicted quantiles from 5 to 95 % differ by "
        f"{figures['furthest_quantiles_ms']:.3g} ms at most."
    )


def _write(measured: Measured, out: Path) -> None:
    """Tables and the figure, the folder whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    from scenarios.emulation.figure import chart_of
    from sim.figures import house_style, save_chart

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            measured.exchanges.to_csv(staging / "exchanges.csv", index=False, lineterminator="\n")
            measured.sessions.to_csv(staging / "sessions.csv", index=False, lineterminator="\n")
            with house_style():
                save_chart(chart_of(measured), staging, 1)
            staging.rename(out)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"--out: cannot write to {out}: {error.strerror}") from None
