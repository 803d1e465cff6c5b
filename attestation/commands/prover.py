"""`prover`: have landmarks time a chip over UDP, and write the session down."""

import argparse
import asyncio
import json
from pathlib import Path

from ..errors import InvalidArgument
from ..measurement import verify_measurement
from ..udp.datagrams import bind
from ..udp.prover import Prover
from ..udp.record import Record, attest
from .configuration import ProverConfiguration, read_prover


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "prover",
        help="be timed by landmarks over UDP, and write the session to a file",
        description="Be timed by landmarks over UDP, as a chip that vouches for a session key before and claims its place "
        "after, and write the session to a file that `verify --trust` appraises. Exit code 1 if no landmark answered.",
    )
    parser.add_argument("--config", metavar="TOML", required=True, help="configuration file, see docs/attestation.md")
    parser.add_argument("--record", metavar="JSON", required=True, help="file to write the session to; must not exist")
    parser.add_argument("--challenge", metavar="HEX", help="the verifier's, 32 bytes (default: drawn here, for trials)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Attest once and say how it went."""
    configuration = read_prover(options.config)
    challenge = None
    if options.challenge is not None:
        try:
            challenge = bytes.fromhex(options.challenge)
        except ValueError as error:
            raise InvalidArgument("--challenge must be hexadecimal") from error
    try:
        with open(options.record, "x", encoding="ascii") as file:
            try:
                record = asyncio.run(_attest(configuration, challenge))
            except BaseException:
                Path(options.record).unlink()
                raise
            file.write(record.to_json())
    except OSError as error:
        raise InvalidArgument(f"{options.record}: {error.strerror}") from error
    rows = _rows(configuration, record)
    if options.json:
        print(json.dumps({"record": options.record, "landmarks": rows}, indent=2))
    else:
        for row in rows:
            print(_line(row))
    return 0 if record.claim else 1


async def _attest(configuration: ProverConfiguration, challenge: bytes | None) -> Record:
    async with Prover(bind(configuration.host, configuration.port), awake=configuration.awake) as prover:
        return await attest(
            prover,
            configuration.chip,
            configuration.peers,
            challenge=challenge,
            patience=configuration.patience,
            at_once=configuration.at_once,
        )


def _rows(configuration: ProverConfiguration, record: Record) -> list[dict[str, object]]:
    rows = []
    for peer, timed in zip(configuration.peers, record.timed, strict=True):
        row: dict[str, object] = {"landmark_id": timed.landmark_id, "refused": timed.refused or None}
        if timed.measurement:
            measured = verify_measurement(timed.measurement, peer.public_key)
            row |= {
                "min_rtt_ns": measured.min_rtt_ns,
                "answered": len(measured.rtts_ns),
                "sent": measured.sent,
                "least_processing_ns": min(timed.processing_ns),
                "stamps": timed.stamps,
            }
        rows.append(row)
    return rows


def _line(row: dict[str, object]) -> str:
    if row["refused"]:
        return f"{row['landmark_id']}: {row['refused']}"
    rtt_ns, processing_ns = row["min_rtt_ns"], row["least_processing_ns"]
    assert isinstance(rtt_ns, int)
    assert isinstance(processing_ns, int)
    return (
        f"{row['landmark_id']}: {rtt_ns / 1e6:.3f} ms, least of {row['answered']} round trips ({row['sent']} nonces); "
        f"answered within {processing_ns / 1e6:.3f} ms of arrival by the clock of the {row['stamps']}"
    )
