"""A GPU of a vendor that does not exist, its certificates and its measurement report, for the fuzzer."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ..algorithms import ESP384
from ..certificates import Authority, key_usage, sign_certificate
from ..dice import TCB_INFO
from ..keys import SigningKey
from ..spdm_report import SIGNATURE_BYTES, Block, OpaqueField, SignedReport, ValueType
from .sample import NOW_S, seed

BLOCKS = 64


def _digest(name: str) -> bytes:
    return hashlib.sha384(name.encode()).digest()


def _tcb_info(digest: bytes) -> bytes:
    """DiceTcbInfo with one firmware id, SHA-384."""
    algorithm = bytes.fromhex("0609608648016503040202")
    entry = algorithm + bytes((0x04, len(digest))) + digest
    sequence = bytes((0x30, len(entry))) + entry
    fwids = bytes((0xA6, len(sequence))) + sequence
    return bytes((0x30, len(fwids))) + fwids


@dataclass(frozen=True)
class SampleReport:
    """A device's key, its certificates in PEM, the vendor's root in DER, and a report."""

    key: SigningKey
    chain_pem: bytes
    root: bytes
    report: SignedReport

    @classmethod
    def make(cls) -> "SampleReport":
        """The sample report, of 64 blocks."""
        keys = [SigningKey.from_seed(seed(f"vendor {level}"), ESP384) for level in range(4)]
        root = Authority.root(keys[0], "Vendor root")
        model = root.authority(keys[1], "Vendor model", serial=2, path_length=None)
        device = model.authority(keys[2], "Vendor device", serial=3)
        certificates = [_alias(keys[3], device), device.certificate, model.certificate, root.certificate]
        pem = b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in certificates)
        report = SignedReport(
            nonce=seed("nonce"),
            slot=0,
            response_nonce=seed("response"),
            blocks=tuple(
                Block(index, ValueType.MUTABLE_FIRMWARE, False, _digest(f"block {index}")) for index in range(1, BLOCKS + 1)
            ),
            opaque=((OpaqueField.DRIVER_VERSION, b"1.0\0"), (OpaqueField.FIRMWARE_ID, _digest("firmware"))),
            signature=bytes(SIGNATURE_BYTES),
        )
        return cls(keys[3], pem, root.certificate, replace(report, signature=keys[3].sign(report.signed())))


def _alias(key: SigningKey, device: Authority) -> bytes:
    """The certificate of the key that signs reports: made by the device for itself and its firmware."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Vendor firmware")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.load_der_x509_certificate(device.certificate).subject)
        .public_key(key.public_key)
        .serial_number(4)
        .not_valid_before(datetime.fromtimestamp(NOW_S - 1, UTC))
        .not_valid_after(datetime.fromtimestamp(NOW_S + 1, UTC))
        .add_extension(key_usage(digital_signature=True, key_cert_sign=False), critical=True)
        .add_extension(x509.UnrecognizedExtension(TCB_INFO, _tcb_info(_digest("firmware"))), critical=True)
    )
    return sign_certificate(builder, device.key)
