"""`landmark`: answer provers over UDP until interrupted."""

import argparse
import asyncio
import signal

from ..errors import InvalidArgument
from ..udp.datagrams import bind
from ..udp.landmark import LandmarkServer
from ..udp.log import to_stderr
from .configuration import LandmarkConfiguration, read_landmark

_MAX_S = 7 * 86_400


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "landmark",
        help="answer provers over UDP and measure how far they are",
        description="Answer provers over UDP. Logs are JSON, one object a line, on standard error. SIGINT or SIGTERM ends "
        "it: nothing new is begun, what is under way is finished, and the exit code is 3.",
    )
    parser.add_argument("--config", metavar="TOML", required=True, help="configuration file, see docs/attestation.md")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds, with exit code 0")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve."""
    if options.seconds is not None and not 0 < options.seconds <= _MAX_S:
        raise InvalidArgument(f"--seconds must be above 0 and at most {_MAX_S}, not {options.seconds}")
    return asyncio.run(_serve(read_landmark(options.config), options.seconds))


async def _serve(configuration: LandmarkConfiguration, seconds: float | None) -> int:
    stop, signals = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def interrupted(number: int) -> None:
        signals.append(number)
        stop.set()

    landmark = LandmarkServer(
        bind(configuration.host, configuration.port),
        landmark_id=configuration.landmark_id,
        key=configuration.key,
        audience=configuration.audience,
        limits=configuration.limits,
        flaws=configuration.flaws,
        log=to_stderr,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted, number)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    await landmark.serve(stop)
    return 3 if signals else 0
