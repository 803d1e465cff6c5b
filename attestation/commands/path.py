"""`path`: an emulated path of a known delay between prover and landmark, for trials."""

import argparse
import signal
import sys

from ..errors import InvalidArgument
from ..udp.datagrams import Address, bind, resolve
from ..udp.log import to_stderr
from ..udp.path import Carrier, TunCarrier, UdpCarrier, carry
from ..udp.sources import monotonic_ns

_MAX_DELAY_MS, _MAX_S = 1000, 86_400


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("path", help="hold datagrams for a known time on their way, for trials")
    parser.add_argument("--ms", type=float, required=True, help="delay, one way, in ms")
    ends = parser.add_mutually_exclusive_group(required=True)
    ends.add_argument("--to", metavar="HOST:PORT", help="forward from a UDP port to this one")
    ends.add_argument("--tun", metavar="NAME,NAME", help="forward between two TUN devices, which takes rights")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="with --to (default: 127.0.0.1:0)")
    parser.add_argument("--seconds", type=float, default=600.0, help="stop after so many seconds (default: 600)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Forward until the time is over or somebody ends it."""
    if not 0 <= options.ms <= _MAX_DELAY_MS:
        raise InvalidArgument(f"--ms must be from 0 to {_MAX_DELAY_MS}, not {options.ms}")
    if not 0 < options.seconds <= _MAX_S:
        raise InvalidArgument(f"--seconds must be above 0 and at most {_MAX_S}, not {options.seconds}")
    carrier: Carrier
    if options.to is not None:
        to = resolve(*_host_and_port("--to", options.to))
        sock = bind(*_host_and_port("--listen", options.listen))
        host, port = sock.getsockname()[:2]
        carrier = UdpCarrier(sock, to)
    else:
        host, port = "", 0
        first, comma, second = options.tun.partition(",")
        if not (comma and 0 < len(first) < 16 and 0 < len(second) < 16):
            raise InvalidArgument(f"--tun must name two devices, not {options.tun!r}")
        try:
            carrier = TunCarrier((first, second))
        except OSError as error:
            raise InvalidArgument(f"--tun {options.tun}: {error.strerror}") from error
    signals: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: signals.append(number)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    to_stderr("started", host=host, port=port, delay_ms=options.ms)
    until_ns = monotonic_ns() + round(options.seconds * 1e9)
    try:
        handed_on = carry(carrier, round(options.ms * 1e6), lambda: bool(signals) or monotonic_ns() > until_ns)
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
