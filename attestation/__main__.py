"""The command line, `python -m attestation COMMAND`; `--help` lists the commands.

Exit codes: 0 done, 1 the token was refused or a check failed, 2 the user's input is wrong, 3 interrupted.
"""

import argparse
import os
import sys

from .commands import bench, bench_udp, fuzz, inspect, landmark, path, prover, report, trial, verify
from .errors import InvalidArgument


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m attestation", description="Location evidence of chips.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (inspect, verify, report, landmark, prover, path, trial, bench, bench_udp, fuzz):
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except InvalidArgument as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 3
    except BrokenPipeError:
        # The reader of our output has gone. What is still in the buffer must not fail again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
