"""Verification of a GPU's or switch's own evidence: an SPDM 1.1 measurement report under its vendor's certificates.

The report says what firmware and configuration a device was measured to have, in answer to a nonce. It does not say where
the device is, and takes far too long to be timed. Whether the measurements are good ones is for reference values to say,
which are the vendor's and not part of this package; that they come from a genuine device, and from now, is said here.

Source: DMTF DSP0274 1.1 (SPDM); TCG DICE Attestation Architecture; chains and opaque fields as in NVIDIA's published
verifiers (nvtrust, attestation-sdk).
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from .algorithms import ESP384, verify_signature
from .errors import FirmwareIdMismatch, FirmwareIdMissing, ReportNonceMismatch
from .spdm_chain import Device, read_pem, validate_vendor_chain
from .spdm_report import SIGNATURE_BYTES, Block, OpaqueField, SignedReport, parse


@dataclass(frozen=True)
class GpuReport:
    """What a verified report says.

    Attributes:
        signed: the report, taken apart.
        device: what the vendor's certificates say of the device.
        sha256: digest of the report's bytes, for the claim `submods`.
    """

    signed: SignedReport
    device: Device
    sha256: bytes

    @property
    def nonce(self) -> bytes:
        """The nonce that the report answers, 32 bytes."""
        return self.signed.nonce

    @property
    def measurements(self) -> tuple[Block, ...]:
        """What was measured, by index from 1."""
        return tuple(sorted(self.signed.blocks, key=lambda block: block.index))

    @property
    def firmware_id(self) -> bytes | None:
        """Digest of the firmware that the device has booted: certified, and confirmed by the report if it speaks of it."""
        return self.device.firmware_id

    @property
    def driver_version(self) -> str:
        """As the report has it; empty if it says nothing."""
        return _text(self.signed.field(OpaqueField.DRIVER_VERSION))

    @property
    def vbios_version(self) -> bytes:
        """As the report has it; empty if it says nothing."""
        return self.signed.field(OpaqueField.VBIOS_VERSION) or b""


Reports = tuple[tuple[str, GpuReport], ...]
"""Name of a submodule, such as "gpu0", and its verified report."""


def verify_report(
    evidence: bytes,
    chain_pem: bytes,
    root_pem: bytes,
    *,
    expected_nonce: bytes | None = None,
    at: datetime | None = None,
) -> GpuReport:
    """Verify a report by a vendor's certificates. Nonce and dates are checked if they are given: without, it may be old.

    Args:
        evidence: the report, request and response one after the other.
        chain_pem: certificates in PEM, the device's first.
        root_pem: certificate of the vendor's root in PEM; several are as many roots.
        expected_nonce: what the requester asked with, 32 bytes.
        at: when the certificates must be valid; UTC unless it says otherwise.

    Raises:
        ReportRefused: form, nonce or firmware id, as one of the subclasses.
        ChainRefused: the certificates, as one of the subclasses.
        SignatureRefused: the signature, as one of the subclasses.
    """
    at_s = None if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return verify_under(evidence, chain_pem, read_pem(root_pem), expected_nonce, at_s)


def verify_under(
    evidence: bytes, chain_pem: bytes, roots: Collection[bytes], expected_nonce: bytes | None, at_s: float | None
) -> GpuReport:
    """As `verify_report`, with roots in DER and time in seconds since 1970. What costs least is looked at first.

    Raises:
        ReportRefused, ChainRefused, SignatureRefused: as of `verify_report`.
    """
    signed = parse(evidence)
    if expected_nonce is not None and signed.nonce != expected_nonce:
        raise ReportNonceMismatch(f"answers {signed.nonce.hex()}, asked was {expected_nonce.hex()}")
    device = validate_vendor_chain(chain_pem, roots, at_s)
    _check_firmware(signed, device)
    verify_signature(ESP384, device.key, evidence[:-SIGNATURE_BYTES], signed.signature)
    return GpuReport(signed, device, hashlib.sha256(evidence).digest())


def _check_firmware(signed: SignedReport, device: Device) -> None:
    """Whether report and certificate name the same firmware, if the report names any. Older firmware does not."""
    reported = signed.field(OpaqueField.FIRMWARE_ID)
    if reported is None:
        return
    if device.firmware_id is None:
        raise FirmwareIdMissing("the report names its firmware, the device's certificate does not")
    if reported != device.firmware_id:
        raise FirmwareIdMismatch(f"reported {reported.hex()}, certified {device.firmware_id.hex()}")


def _text(value: bytes | None) -> str:
    """Text of the vendor, which ends in zeros."""
    return (value or b"").rstrip(b"\0").decode("ascii", "backslashreplace")
