"""`trial FOLDER`: keys and configuration files with which `landmark`, `prover` and `verify` can be tried on one machine."""

import argparse
from pathlib import Path

from ..errors import InvalidArgument
from ..udp.trial import write_trial
from .sample import ALGORITHMS

_MOST = 72


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("trial", help="write keys and configuration files to try landmark and prover with")
    parser.add_argument("folder", metavar="FOLDER", help="where; it must not exist, or be empty")
    parser.add_argument("--landmarks", type=int, default=1, help=f"how many, 1 to {_MOST} (default: 1)")
    parser.add_argument("--port", type=int, default=4460, help="of the first landmark (default: 4460)")
    parser.add_argument("--profile", choices=list(ALGORITHMS), default="ed25519", help="kind of all keys (default: ed25519)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write them, and say what to type next."""
    if not 1 <= options.landmarks <= _MOST:
        raise InvalidArgument(f"--landmarks must be from 1 to {_MOST}, not {options.landmarks}")
    if not 1 <= options.port <= 65535 - options.landmarks:
        raise InvalidArgument(f"--port must be from 1 to {65535 - options.landmarks}, not {options.port}")
    landmarks = [(f"landmark-{n + 1}", ("127.0.0.1", options.port + n)) for n in range(options.landmarks)]
    trial = write_trial(Path(options.folder), landmarks, algorithm=ALGORITHMS[options.profile])
    for landmark in trial.landmarks:
        print(f"python -m attestation landmark --config {landmark} &")
    print(f"python -m attestation prover --config {trial.prover} --record session.json")
    print(f"python -m attestation verify session.json --trust {trial.trust}")
    return 0
