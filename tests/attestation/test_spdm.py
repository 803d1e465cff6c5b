"""Measurement reports of GPUs: what a good one says, and that every other is refused by name."""

import hashlib
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from attestation import GpuReport, Refused, errors, validate_chain, verify_report
from attestation.spdm_report import MAX_REPORT_BYTES, parse

from . import pki
from .device import (
    ALIAS,
    DRIVER,
    FIRMWARE,
    FIRMWARE_FIELD,
    NONCE,
    RESPONSE_NONCE,
    Device,
    Report,
    block,
    composite,
    extension,
    fwid,
    opaque,
    pem,
    sign,
    tcb_info,
)
from .third_party import VARIABLE

GOOD = Report()
DEVICE = Device()
NOW = datetime.fromtimestamp(pki.NOW_S, UTC)
SILENT = opaque(DRIVER)
P384_ORDER = 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D


def verify(report: bytes, device: Device = DEVICE, **options: Any) -> GpuReport:
    return verify_report(report, device.pem, pem(device.root), **{"expected_nonce": NONCE, "at": NOW, **options})


@pytest.mark.parametrize("count", [1, 3, 64, 127])
def test_a_good_report_says_what_was_measured(count: int):
    signed = replace(GOOD, blocks=[block(index) for index in range(1, count + 1)]).signed()
    report = verify(DEVICE.report(signed))
    assert [one.value for one in report.measurements] == [
        hashlib.sha384(bytes([index])).digest() for index in range(1, count + 1)
    ]
    assert (report.nonce, report.signed.response_nonce) == (NONCE, RESPONSE_NONCE)
    assert (report.driver_version, report.vbios_version) == ("580.95", b"")
    assert report.firmware_id == FIRMWARE
    assert report.sha256 == hashlib.sha256(DEVICE.report(signed)).digest()
    assert (report.device.model, report.device.serial) == ("firmware", 100)
    assert report.device.device_id == pki.kid(pki.p384(2001).public_key())


def test_blocks_of_every_kind_are_told_apart():
    """Bit 7 marks a raw value, which may have any length; digests all have one. The index says the order, not the place."""
    blocks = [block(5, b"raw", kind=0x84), *(block(index, kind=index - 1) for index in (2, 1, 4, 3))]
    report = verify(DEVICE.report(replace(GOOD, blocks=blocks).signed()))
    assert [(one.index, one.kind, one.raw) for one in report.measurements] == [
        *((index, index - 1, False) for index in range(1, 5)),
        (5, 4, True),
    ]
    assert report.measurements[-1].value == b"raw"


def test_reserved_bits_are_ignored_and_kept():
    signed = replace(GOOD, request=b"\x11\xe0\xff\xff", slot=0xF3, response=b"\x11\x60\x7f\xa3").signed()
    report = DEVICE.report(signed)
    assert verify(report).signed.encode() == report


HOSTILE = {
    "version of the request": (replace(GOOD, request=b"\x12\xe0\x01\xff"), errors.NotSpdm11),
    "version of the response": (replace(GOOD, response=b"\x10\x60\x00\x00"), errors.NotSpdm11),
    "a challenge": (replace(GOOD, request=b"\x11\x83\x01\xff"), errors.NotMeasurements),
    "an error": (replace(GOOD, response=b"\x11\x7f\x00\x00"), errors.NotMeasurements),
    "signature not asked": (replace(GOOD, request=b"\x11\xe0\x02\xff"), errors.NotAllMeasurements),
    "one measurement asked": (replace(GOOD, request=b"\x11\xe0\x01\x01"), errors.NotAllMeasurements),
    "another slot": (replace(GOOD, slot=1), errors.SlotMismatch),
    "another nonce": (replace(GOOD, nonce=RESPONSE_NONCE), errors.ReportNonceMismatch),
    "no block": (replace(GOOD, blocks=()), errors.BlockCountMismatch),
    "a block too many": (replace(GOOD, count=2), errors.BlockCountMismatch),
    "a block too few": (replace(GOOD, count=4), errors.BlockCountMismatch),
    "a block cut short": (replace(GOOD, blocks=(block(1), b"\x02\x01\x33")), errors.BlockCountMismatch),
    "a record beyond the report": (replace(GOOD, record_bytes=0xFFFFFF), errors.BlockOverrun),
    "a record into the nonce": (replace(GOOD, record_bytes=3 * 55 + 1), errors.BlockCountMismatch),
    "a block beyond its record": (replace(GOOD, blocks=(block(1), block(2, size=52))), errors.BlockOverrun),
    "index 0": (replace(GOOD, blocks=(block(0), block(1))), errors.BlockIndex),
    "an index twice": (replace(GOOD, blocks=(block(1), block(1))), errors.BlockIndex),
    "index 255": (replace(GOOD, blocks=(block(1), block(255))), errors.BlockIndex),
    "another specification": (replace(GOOD, blocks=(block(1, specification=2),)), errors.BlockNotDmtf),
    "a reserved type": (replace(GOOD, blocks=(block(1, kind=5),)), errors.BlockValue),
    "a reserved raw type": (replace(GOOD, blocks=(block(1, kind=0xFF),)), errors.BlockValue),
    "a value longer than declared": (replace(GOOD, blocks=(block(1, value_size=32),)), errors.BlockValue),
    "a value shorter than declared": (replace(GOOD, blocks=(block(1, value_size=64),)), errors.BlockValue),
    "a digest of no length": (replace(GOOD, blocks=(block(1, b""),)), errors.BlockValue),
    "a digest of another length": (replace(GOOD, blocks=(block(1, bytes(20)),)), errors.BlockValue),
    "nothing raw": (replace(GOOD, blocks=(block(1, b"", kind=0x81),)), errors.BlockValue),
    "a block without a header": (replace(GOOD, blocks=(b"\x01\x01\x02\x00\x01\x00",)), errors.BlockValue),
    "digests of two hashes": (replace(GOOD, blocks=(block(1), block(2, bytes(32)))), errors.BlockValue),
    "opaque data beyond the report": (replace(GOOD, opaque_bytes=0xFFFF), errors.OpaqueOverrun),
    "an opaque field beyond the data": (replace(GOOD, opaque=struct.pack("<HH", 3, 8) + bytes(7)), errors.OpaqueOverrun),
    "an opaque field cut short": (replace(GOOD, opaque=SILENT + b"\x06\0\0"), errors.OpaqueOverrun),
    "opaque data with a header": (replace(GOOD, opaque=b"NVDAOD\0\0\1\0" + SILENT), errors.OpaqueOverrun),
    "an opaque field twice": (replace(GOOD, opaque=opaque(DRIVER, DRIVER)), errors.OpaqueFieldTwice),
    "other firmware": (replace(GOOD, opaque=opaque((FIRMWARE_FIELD, FIRMWARE[::-1]))), errors.FirmwareIdMismatch),
    "empty firmware": (replace(GOOD, opaque=opaque((FIRMWARE_FIELD, b""))), errors.FirmwareIdMismatch),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_report_that_is_not_of_the_form_is_refused_though_the_device_signed_it(what: str):
    report, kind = HOSTILE[what]
    with pytest.raises(kind):
        verify(DEVICE.report(report.signed()))


def test_a_report_begins_and_ends_where_it_should():
    good = DEVICE.report()
    for length in range(len(good)):
        with pytest.raises(errors.ReportRefused):
            parse(good[:length])
    for spoilt, kind in (
        (b"", errors.ReportTruncated),
        (good[:-1], errors.ReportTruncated),
        (good + b"\0", errors.ReportTrailingBytes),
        (good + bytes(MAX_REPORT_BYTES), errors.ReportOverSize),
        (good[37:], errors.NotMeasurements),
    ):
        with pytest.raises(kind):
            verify(spoilt)


def test_a_signature_counts_for_its_device_and_report_alone():
    signed = GOOD.signed()
    for signature, kind in (
        (sign(Device(2).key, signed), errors.BadSignature),
        (sign(DEVICE.key, signed[37:]), errors.BadSignature),
        (bytes(96), errors.SignatureOutOfRange),
        (P384_ORDER.to_bytes(48, "big") * 2, errors.SignatureOutOfRange),
    ):
        with pytest.raises(kind):
            verify(signed + signature)


@pytest.mark.parametrize("options", [{}, {"expected_nonce": None}, {"at": None}, {"at": NOW.replace(tzinfo=None)}])
def test_nonce_and_date_are_checked_if_they_are_given(options: dict[str, Any]):
    assert verify(DEVICE.report(), **options).nonce == NONCE


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"expected_nonce": NONCE[:-1]}, errors.ReportNonceMismatch),
        ({"expected_nonce": RESPONSE_NONCE}, errors.ReportNonceMismatch),
        ({"at": NOW + timedelta(days=366)}, errors.CertificateExpired),
        ({"at": NOW - timedelta(days=366)}, errors.CertificateNotYetValid),
        ({"at": (NOW - timedelta(days=366)).replace(tzinfo=None)}, errors.CertificateNotYetValid),
    ],
)
def test_a_report_of_another_time_is_refused(options: dict[str, Any], kind: type[Refused]):
    with pytest.raises(kind):
        verify(DEVICE.report(), **options)


def test_blocks_may_have_gaps_between_and_unknown_fields_may_repeat():
    """As DSP0274 1.1 has it: a device numbers what it has, and opaque data are the vendor's."""
    report = replace(GOOD, blocks=(block(254), block(3)), opaque=opaque((99, b"one"), (99, b"two"))).signed()
    verified = verify(DEVICE.report(report))
    assert [one.index for one in verified.measurements] == [3, 254]
    assert verified.signed.opaque == ((99, b"one"), (99, b"two"))


PURPOSES = {
    "DMTF responder": "1.3.6.1.4.1.412.274.3",
    "DMTF requester and responder": "1.3.6.1.4.1.412.274.5",
    "TCG DICE attestation": "2.23.133.5.4.100.9",
    "any": "2.5.29.37.0",
}


def purposes(*dotted: str, critical: bool = True) -> pki.Extensions:
    return ((x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in dotted]), critical),)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_device_certificate_may_be_for_reports_alone(purpose: str):
    device = Device(extensions=(*extension(composite()), *purposes(PURPOSES[purpose], "1.3.6.1.5.5.7.3.1")))
    assert verify(device.report(), device).firmware_id == FIRMWARE


def test_a_device_certificate_for_something_else_is_refused():
    server = "1.3.6.1.5.5.7.3.1"
    device = Device(extensions=(*extension(composite()), *purposes(server)))
    with pytest.raises(errors.UnknownCriticalExtension):
        verify(device.report(), device)
    device = Device(extensions=(*extension(composite()), *purposes(server, critical=False)))
    assert verify(device.report(), device).firmware_id == FIRMWARE


# Firmware ids in certificates.


@pytest.mark.parametrize("critical", [False, True])
@pytest.mark.parametrize("dotted", ["2.23.133.5.4.1", ALIAS])
@pytest.mark.parametrize(
    "value",
    [composite(), tcb_info(), tcb_info(fwid(), fwid(FIRMWARE[::-1])), tcb_info(before=b"", after=b"")],
    ids=["composite", "one of several members", "the first of two", "alone"],
)
def test_a_firmware_id_is_read_in_both_forms(value: bytes, dotted: str, critical: bool):
    device = Device(extensions=extension(value, dotted, critical=critical))
    assert verify(device.report(), device).firmware_id == FIRMWARE


def test_older_firmware_does_not_name_itself():
    """Then there is nothing to compare; a certificate without an id, of a device that changes no keys, is good too."""
    silent = replace(GOOD, opaque=SILENT).signed()
    assert verify(DEVICE.report(silent)).firmware_id == FIRMWARE
    plain = Device(extensions=())
    assert verify(plain.report(silent), plain).firmware_id is None
    assert verify(plain.report(silent), plain).device.device_id == pki.kid(plain.key.public_key())
    with pytest.raises(errors.FirmwareIdMissing):
        verify(plain.report(), plain)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        FIRMWARE,
        composite() + b"\0",
        composite()[:-1],
        composite() * 2,
        pki.tlv(0x31, fwid()),
        pki.sequence(pki.integer(1), fwid()),
        pki.sequence(pki.integer(1), pki.sequence(), pki.sequence()),
        tcb_info(before=pki.tlv(0xA6, fwid())),
        pki.sequence(pki.tlv(0xA6)),
        pki.sequence(pki.tlv(0xA6, pki.integer(1))),
        tcb_info(fwid(b"")),
        pki.sequence(pki.tlv(0xA6, pki.sequence(pki.tlv(0x04, FIRMWARE)))),
        b"\x3f" + composite()[1:],
        b"\x30\x80" + pki.contents(composite()) + b"\0\0",
        b"\x30\x83\0\0" + bytes([len(pki.contents(composite()))]) + pki.contents(composite()),
        b"\x30\x82\0" + composite()[2:],
        b"\x30\x81" + bytes([len(pki.contents(tcb_info()))]) + pki.contents(tcb_info()),
        b"\x30\x81",
    ],
    ids=str,
)
def test_a_firmware_id_that_cannot_be_read_is_refused(value: bytes):
    device = Device(extensions=extension(value))
    with pytest.raises(errors.FirmwareIdMalformed):
        verify(device.report(replace(GOOD, opaque=SILENT).signed()), device)


def test_two_firmware_ids_are_one_too_many():
    device = Device(extensions=(*extension(composite()), *extension(tcb_info(), ALIAS)))
    with pytest.raises(errors.FirmwareIdMalformed):
        verify(device.report(), device)


# Chains.

UNHEARD_OF: pki.Extensions = ((pki.x509.UnrecognizedExtension(pki.UNHEARD_OF, b"\x05\0"), True),)


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        (Device(leaf=(("key", pki.p256(5)),)), errors.WrongCurve),
        (Device(others=({}, {"key": pki.p256(5)}, {})), errors.WrongCurve),
        (Device(others=({}, {}, {"key": pki.ed25519(5)})), errors.WrongCurve),
        (Device(extensions=UNHEARD_OF), errors.UnknownCriticalExtension),
        (Device(leaf=(("basic", (True, None)),)), errors.CaLeaf),
        (Device(leaf=(("usage", pki.usage("key_agreement")),)), errors.NoDigitalSignature),
        (Device(others=({"basic": None}, {}, {})), errors.IssuerNotCa),
        (Device(others=({}, {"basic": (True, 0)}, {})), errors.PathTooLong),
        (Device(others=({"end_s": pki.NOW_S - 1}, {}, {})), errors.CertificateExpired),
        (Device(leaf=(("digest", pki.hashes.SHA512()),)), errors.WeakCertificateSignature),
    ],
)
def test_the_rules_of_chips_chains_hold_for_vendors_too(device: Device, kind: type[Refused]):
    signed = replace(GOOD, opaque=SILENT).signed()
    report = signed + (sign(device.key, signed) if device.key.curve.name == "secp384r1" else bytes(96))
    with pytest.raises(kind):
        verify(report, device)


def test_a_chain_ends_at_the_root_given_whether_it_is_sent_along_or_not():
    report, chain = DEVICE.report(), DEVICE.chain
    for sent in (chain, chain[:-1]):
        assert verify_report(report, pem(*sent), pem(DEVICE.root)).device.x5t == hashlib.sha256(chain[0]).digest()
    stranger = pki.build({"key": pki.p384(9), **pki.AUTHORITY, "subject": "vendor"})
    for sent, roots, kind in (
        (pem(*chain), pem(*stranger), errors.UnpinnedRoot),
        (pem(*chain[:-1]), pem(*stranger), errors.UnpinnedRoot),
        (pem(chain[0], chain[2], chain[3]), pem(DEVICE.root), errors.ChainBroken),
        (pem(*reversed(chain)), pem(DEVICE.root), errors.ChainBroken),
        (pem(*chain, *chain), pem(DEVICE.root), errors.ChainTooLong),
        (pem(DEVICE.root), pem(DEVICE.root), errors.ChainTooShort),
        (b"", pem(DEVICE.root), errors.ChainTooShort),
        (pem(*chain), b"", errors.ChainTooShort),
        (pem(*chain).replace(b"MII", b"MIJ", 1), pem(DEVICE.root), errors.CertificateMalformed),
        (pem(*chain) + bytes(16_384), pem(DEVICE.root), errors.CertificateMalformed),
    ):
        with pytest.raises(kind):
            verify_report(report, sent, roots)


def test_what_was_widened_for_vendors_stays_narrow_for_chips():
    with pytest.raises(errors.UeidNotInCertificate):
        validate_chain(DEVICE.chain, [DEVICE.root], pki.NOW_S)
    critical = Device(extensions=extension(composite(), critical=True))
    with pytest.raises(errors.UnknownCriticalExtension):
        validate_chain(critical.chain, [critical.root], pki.NOW_S)


# Corruption.


def refused(report: bytes, check: Callable[[bytes], object]) -> bool:
    try:
        check(report)
    except Refused:
        return True
    return False


def test_no_byte_of_a_report_can_be_changed():
    """Every ninth byte, in turn by each of its bits; all of them in the longer checks."""
    good = DEVICE.report()
    for at in range(0, len(good), 9):
        spoilt = good[:at] + bytes([good[at] ^ 1 << at // 9 % 8]) + good[at + 1 :]
        assert refused(spoilt, lambda report: verify(report, expected_nonce=None)), at


@pytest.mark.verify
def test_no_byte_of_a_published_report_can_be_changed():
    folder = Path(os.environ.get(VARIABLE) or pytest.skip(f"{VARIABLE} is not set")) / "nvidia"
    good = bytes.fromhex((folder / "hopperAttestationReport.txt").read_text())
    chain, root = ((folder / name).read_bytes() for name in ("hopperCertChain.txt", "verifier_device_root.pem"))

    def check(report: bytes) -> GpuReport:
        return verify_report(report, chain, root)

    assert not refused(good, check)
    for at in range(len(good)):
        for flip in (1 << at % 8, 0xFF):
            assert refused(good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :], check), (at, flip)
