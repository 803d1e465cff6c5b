"""`path`: an emulated path of a known delay between prover and landmark, for trials."""

import argparse
import signal
import sys

from ..errors import InvalidArgument
from ..udp.datagrams import Address, bind, resolve
from ..udp.log import to_stderr
from ..udp.path import MOST_PATHS, Carrier, TunCarrier, UdpCarrier, carry, steady
from ..udp.sources import monotonic_ns

_MAX_DELAY_MS, _MAX_S = 1000, 86_400


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "path",
        help="hold datagrams for a known time on their way, for trials",
        description="Hold datagrams for a known time on their way. One process may have several paths, each with a port: "
        "--ms 5 --to HOST:PORT --ms 20 --to HOST:PORT. The log, on standard error, says where each is entered.",
    )
    parser.add_argument("--ms", type=float, required=True, action="append", help="delay, one way, in ms; one for each path")
    ends = parser.add_mutually_exclusive_group(required=True)
    ends.add_argument("--to", metavar="HOST:PORT", action="append", help="forward from a UDP port to this one")
    ends.add_argument("--tun", metavar="NAME,NAME", help="forward between two TUN devices, which takes rights")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="with --to (default: 127.0.0.1:0)")
    parser.add_argument("--seconds", type=float, default=600.0, help="stop after so many seconds (default: 600)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Forward until the time is over or somebody ends it."""
    for delay_ms in options.ms:
        if not 0 <= delay_ms <= _MAX_DELAY_MS:
            raise InvalidArgument(f"--ms must be from 0 to {_MAX_DELAY_MS}, not {delay_ms}")
    if not len(options.ms) == len(options.to or [options.tun]) <= MOST_PATHS:
        raise InvalidArgument(f"one --ms for each --to, and at most {MOST_PATHS} of them")
    if not 0 < options.seconds <= _MAX_S:
        raise InvalidArgument(f"--seconds must be above 0 and at most {_MAX_S}, not {options.seconds}")
    carriers: list[Carrier] = []
    entered: list[Address] = []
    if options.to is not None:
        listen = _host_and_port("--listen", options.listen)
        landmarks = [resolve(*_host_and_port("--to", to)) for to in options.to]
        for landmark in landmarks:
            sock = bind(*listen)
            entered.append(sock.getsockname()[:2])
            carriers.append(UdpCarrier(sock, landmark))
    else:
        first, comma, second = options.tun.partition(",")
        if not (comma and 0 < len(first) < 16 and 0 < len(second) < 16):
            raise InvalidArgument(f"--tun must name two devices, not {options.tun!r}")
        try:
            carriers.append(TunCarrier((first, second)))
        except OSError as error:
            raise InvalidArgument(f"--tun {options.tun}: {error.strerror}") from error
    signals: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: signals.append(number)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    to_stderr("started", addresses=entered, delays_ms=options.ms)
    until_ns = monotonic_ns() + round(options.seconds * 1e9)
    try:
        paths = [(carrier, steady(round(delay_ms * 1e6))) for carrier, delay_ms in zip(carriers, options.ms, strict=True)]
        handed_on = carry(paths, lambda: bool(signals) or monotonic_ns() > until_ns)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    to_stderr("stopped", handed_on=handed_on)
    sys.stderr.flush()
    return 3 if signals else 0


def _host_and_port(option: str, text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise InvalidArgument(f"{option} must be HOST:PORT, not {text!r}")
    return host.strip("[]"), int(port)
