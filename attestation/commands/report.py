"""`report REPORT`: verify a GPU's measurement report under its vendor's certificates, and show what it says."""

import argparse
import json
import sys
from typing import Any

from ..errors import InvalidArgument, Refused
from ..spdm import GpuReport, verify_under
from ..spdm_report import OpaqueField
from .display import lines
from .files import read_bytes, read_certificate, read_time, read_token


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "report",
        help="verify a GPU's measurement report",
        description="Verify a GPU's measurement report (SPDM 1.1): form, certificates, signature and firmware id. Whether "
        "what was measured is good is for the vendor's reference values to say, which this command does not have.",
    )
    parser.add_argument(
        "report", metavar="REPORT", help="file with request and response, as bytes or in hexadecimal; - for standard input"
    )
    parser.add_argument("--chain", metavar="PEM", required=True, help="certificates of the device, its own first")
    parser.add_argument("--root", metavar="PEM", required=True, help="root certificate of the vendor")
    parser.add_argument("--nonce", metavar="HEX", help="what the device was asked with; without it, any nonce will do")
    parser.add_argument(
        "--at", metavar="DATE", help="when the chain must be valid, in ISO 8601; without it, any time will do"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what a good report says, or why it was refused."""
    nonce = None if options.nonce is None else _read_nonce(options.nonce)
    at_s = None if options.at is None else read_time(options.at)
    root = read_certificate(options.root)
    try:
        report = verify_under(read_token(options.report), read_bytes(options.chain), [root], nonce, at_s)
    except Refused as error:
        if options.json:
            print(json.dumps({"verified": False, "reason": error.reason, "detail": str(error)}))
        else:
            print(f"refused: {error.reason} ({error})", file=sys.stderr)
        return 1
    unchecked = [name for name, value in (("nonce", nonce), ("dates", at_s)) if value is None]
    if options.json:
        print(json.dumps({"verified": True, "not_checked": unchecked, **_describe(report)}, indent=2))
    else:
        left_out = f"; not checked: {' and '.join(unchecked)}" if unchecked else ", nonce and dates"
        print(f"verified: form, certificates and signature{left_out}")
        print("\n".join(lines(_describe(report))))
    return 0


def _describe(report: GpuReport) -> dict[str, Any]:
    names = {int(field): field.name.lower() for field in OpaqueField}
    firmware = report.firmware_id
    return {
        "model": report.device.model,
        "serial": str(report.device.serial),
        "device_id": report.device.device_id.hex(),
        "firmware_id": firmware.hex() if firmware else "",
        "driver_version": report.driver_version,
        "nonce": report.nonce.hex(),
        "sha256": report.sha256.hex(),
        "opaque": {names.get(kind, f"field {kind}"): value.hex() for kind, value in report.signed.opaque},
        "measurements": {
            f"{block.index} {block.kind.name.lower()}{' raw' if block.raw else ''}": block.value.hex()
            for block in report.measurements
        },
    }


def _read_nonce(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise InvalidArgument(f"--nonce {text}: not in hexadecimal") from error
