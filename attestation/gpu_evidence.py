"""Vendors' measurement reports beside a token: bound to it by digest, and to the challenge by nonce.

A token names each report by its digest (`submods`), and the report answers a nonce that follows from the token's own: so
neither can be replayed, nor be put beside another token. That the reporting device is the very chip that signed the token
neither can prove, as any device may be handed a nonce. A verifier therefore remembers which devices have reported for a
chip, refuses others, and refuses them for other chips.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .claims import Claims
from .errors import (
    DeviceChanged,
    DeviceOfOtherChip,
    DeviceTwice,
    Refused,
    ReportDigestMismatch,
    ReportMissing,
    ReportNotClaimed,
)
from .exchange import combined_sha256
from .spdm import Reports, verify_under


@dataclass(frozen=True)
class GpuEvidence:
    """What a device hands out: its report, and its vendor's certificates in PEM, the device's first."""

    report: bytes
    chain_pem: bytes


def report_nonce(nonces: Sequence[bytes]) -> bytes:
    """The nonce with which a chip asks its devices for the reports that go with a token.

    That of the token, or SHA-256 over their concatenation if there are several. In a session it binds the session key and,
    by the session's identifier, the chip.

    Args:
        nonces: of the token's claims, 32 bytes each.
    """
    return combined_sha256(nonces)


def check_reports(
    claims: Claims,
    evidence: Mapping[str, GpuEvidence],
    roots: Collection[bytes],
    now_s: float,
    fewest: int,
) -> Reports:
    """Verify the reports that came with a token, with the token's nonce and at the present date.

    A digest in the token without its report is no more than a claim; only reports count towards `fewest`.

    Args:
        claims: of the token, found authentic.
        evidence: by the name of the submodule.
        roots: the vendors' root certificates in DER.
        now_s: seconds since 1970.
        fewest: as many reports are due.

    Raises:
        ReportNotClaimed, ReportDigestMismatch, ReportMissing, DeviceTwice.
        Refused: as `spdm.verify_report`, with the name of the submodule before it.
    """
    digests = dict(claims.evidence_digests)
    unclaimed = sorted(evidence.keys() - digests.keys())
    if unclaimed:
        raise ReportNotClaimed(", ".join(unclaimed))
    if len(evidence) < fewest:
        raise ReportMissing(f"{len(evidence)} reports, {fewest} are due")
    nonce = report_nonce(claims.nonces)
    reports = []
    names: dict[bytes, str] = {}
    for name, one in evidence.items():
        try:
            report = verify_under(one.report, one.chain_pem, roots, nonce, now_s)
        except Refused as error:
            raise type(error)(f"{name}: {error}") from error
        if report.sha256 != digests[name]:
            raise ReportDigestMismatch(f"{name}: {report.sha256.hex()}, the token says {digests[name].hex()}")
        first = names.setdefault(report.device.device_id, name)
        if first != name:
            raise DeviceTwice(f"{first} and {name} are one device")
        reports.append((name, report))
    return tuple(reports)


class Devices:
    """Which device has reported as which submodule of which chip: one place for a device, one device for a place."""

    def __init__(self) -> None:
        self._devices: dict[tuple[bytes, str], bytes] = {}
        self._places: dict[bytes, tuple[bytes, str]] = {}

    def check(self, ueid: bytes, reports: Reports) -> None:
        """Whether these devices may report for a chip.

        Raises:
            DeviceChanged: another device has reported in the place of one of them before.
            DeviceOfOtherChip: one of them has reported in another place, for this chip or for another.
        """
        for name, report in reports:
            device, place = report.device.device_id, (ueid, name)
            if self._devices.get(place, device) != device:
                raise DeviceChanged(f"{name} was {self._devices[place].hex()}, is {device.hex()}")
            if self._places.get(device, place) != place:
                other, other_name = self._places[device]
                raise DeviceOfOtherChip(f"{name} is {other_name} of {other.hex()}")

    def record(self, ueid: bytes, reports: Reports) -> None:
        """Remember devices that have been checked."""
        for name, report in reports:
            self._devices[ueid, name] = report.device.device_id
            self._places[report.device.device_id] = (ueid, name)

    def forget(self, ueid: bytes) -> None:
        """Let a chip report through other devices from here on, and its devices for other chips, as after a repair."""
        self._devices = {place: device for place, device in self._devices.items() if place[0] != ueid}
        self._places = {device: place for device, place in self._places.items() if place[0] != ueid}
