"""A vendor's certificate chain: from the key that signs a device's reports up to a root that the caller gives.

The rules are those of chips' chains (see `chain`), with these differences, which hold for vendors' chains alone:

- wider: the device's certificate need not name a UEID, as NVIDIA's do not. A vendor has identifiers of its own;
- wider: the extensions that may carry a firmware id are understood, and so may be critical (TCG recommends it);
- wider: the device's certificate may be for some purposes only, if one of them is to sign reports;
- narrower: all keys are P-384.

Nobody outside the vendor has a list of the certificates that it has issued, so the verifier's manifest can only refuse
what has been revoked.
"""

from collections.abc import Collection
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from .algorithms import ESP384
from .chain import UNDERSTOOD, ValidPath, check_path, public_key_of, up_to_root
from .dice import FIRMWARE_EXTENSIONS, firmware_id
from .errors import CertificateMalformed, ChainTooShort, WrongCurve
from .keys import PublicKey, algorithm_of, key_id

MAX_CHAIN_BYTES = 16_384
"""Of a chain in PEM; those published have less than 5,000."""

REPORT_PURPOSES = (
    "1.3.6.1.4.1.412.274.3",  # id-DMTF-eku-responder-auth (DSP0274)
    "1.3.6.1.4.1.412.274.5",  # id-DMTF-mutual-authentication
    "2.23.133.5.4.100.",  # tcg-dice-kp: any of the key purposes of the TCG DICE Attestation Architecture
    "2.5.29.37.0",  # any purpose (RFC 5280)
)
"""Object identifiers, or what they begin with, of extended key usages under which a key may sign reports."""

_UNDERSTOOD = UNDERSTOOD | set(FIRMWARE_EXTENSIONS)


@dataclass(frozen=True, kw_only=True)
class Device(ValidPath):
    """What a vendor's chain says about a device.

    Attributes:
        key: public key that signs its reports.
        firmware_id: digest of the firmware that was booted when the key was made, if the certificate names it.
        device_id: identifier of the key that stays with the device, 16 bytes. Where the certificate names the firmware,
            that is the key which issued it, since the certified one changes with the firmware (TCG DICE).
        model: common name of the certificate's subject.
        serial: serial number of the certificate; NVIDIA gives it as `ueid` in its own results.
    """

    key: PublicKey
    firmware_id: bytes | None
    device_id: bytes
    model: str
    serial: int


def validate_vendor_chain(chain_pem: bytes, roots: Collection[bytes], at_s: float | None) -> Device:
    """Follow a vendor's chain from a device to a root.

    Args:
        chain_pem: certificates in PEM, the device's first; the root may be left out.
        roots: certificates in DER.
        at_s: when, in seconds since 1970; None leaves dates unchecked.

    Raises:
        ChainRefused: as one of the subclasses that `chain.validate_chain` raises.
        FirmwareIdMalformed: the device's certificate has a firmware id that cannot be read.
    """
    certificates = up_to_root(read_pem(chain_pem), roots)
    for certificate in certificates:
        if algorithm_of(public_key_of(certificate)) != ESP384:
            raise WrongCurve(f"{certificate.subject.rfc4514_string()}: a vendor's keys are P-384")
    leaf, issuer, *_ = certificates
    signs_reports = {ExtensionOID.EXTENDED_KEY_USAGE} if _signs_reports(leaf) else set()
    path = check_path(certificates, _UNDERSTOOD | signs_reports)
    key, firmware = public_key_of(leaf), firmware_id(leaf)
    device = Device(
        **vars(path),
        key=key,
        firmware_id=firmware,
        device_id=key_id(key if firmware is None else public_key_of(issuer)),
        model="".join(str(name.value) for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[:1]),
        serial=leaf.serial_number,
    )
    if at_s is not None:
        device.check_validity(at_s)
    return device


def _signs_reports(certificate: x509.Certificate) -> bool:
    """Whether a certificate lists among its purposes one under which its key may sign reports."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return any(purpose.dotted_string.startswith(REPORT_PURPOSES) for purpose in usage)


def read_pem(pem: bytes) -> list[bytes]:
    """Certificates in DER out of PEM (RFC 7468).

    Raises:
        ChainTooShort: there is none.
        CertificateMalformed: one of them, or the armour, cannot be read; or more bytes than any chain has.
    """
    if len(pem) > MAX_CHAIN_BYTES:
        raise CertificateMalformed(f"{len(pem)} bytes of PEM, at most {MAX_CHAIN_BYTES}")
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise ChainTooShort("no certificate in PEM")
    try:
        return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(pem)]
    except Exception as error:  # whatever a parser makes of hostile bytes
        raise CertificateMalformed(f"{type(error).__name__}: {error}") from error
