"""The command line: `python -m scenarios list`, `run`, `report`, `rerun`, `describe`, and others that measure and check."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from scenarios import report
from scenarios.command_line import EXIT_DONE, add_options, run_command
from scenarios.commands import assumptions, bench, bench_ensemble, calibrate, describe, emulate, rerun
from scenarios.study import questions


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scenarios", description="Policy questions put to the simulator.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the questions")
    run = commands.add_parser("run", help="run a question and write its results")
    run.add_argument("name", metavar="NAME", help="a question, as in `list`")
    add_options(run)
    report.add_commands(commands)
    rerun.add_commands(commands)
    describe.add_commands(commands)
    assumptions.add_commands(commands)
    calibrate.add_commands(commands)
    emulate.add_commands(commands)
    bench.add_commands(commands)
    bench_ensemble.add_commands(commands)
    arguments = parser.parse_args(words)
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has gone. What is still in the buffer must not fail again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE


def _run(arguments: argparse.Namespace) -> int:
    if "command_function" in arguments:
        return int(arguments.command_function(arguments))
    if arguments.command == "list":
        for name, purpose in questions():
            print(f"{name:12} {purpose}")
        return EXIT_DONE
    return run_command(arguments.name, arguments)


if __name__ == "__main__":
    sys.exit(main())
