"""How vendors endorse: certificate authorities, and certificates that bind a chip's key to its UEID.

An endorsement (RFC 9334 section 8.2) is an X.509 certificate (RFC 5280) over the chip's public key. The UEID stands in the
extension that the DICE Attestation Architecture of the Trusted Computing Group defines for it. Serial numbers and dates
are passed in and ECDSA signs deterministically, so that the same call makes the same certificate.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from .algorithms import ECDSA
from .claims import read_ueid
from .errors import BadClaim, InvalidArgument
from .keys import PublicKey, SigningKey, algorithm_of

UEID_EXTENSION = x509.ObjectIdentifier("2.23.133.5.4.4")
"""tcg-dice-Ueid, DICE Attestation Architecture section 6.1.5: SEQUENCE { ueid OCTET STRING }."""

NO_EXPIRY_S = 253_402_300_799
"""9999-12-31T23:59:59Z in seconds since 1970: a certificate without a known end (RFC 5280 section 4.1.2.5)."""

MAX_SERIAL = (1 << 159) - 1
"""Serial numbers take at most 20 octets (RFC 5280 section 4.1.2.2)."""

_SEQUENCE, _OCTET_STRING = 0x30, 0x04
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a vendor: its key, and its own certificate in DER."""

    key: SigningKey
    certificate: bytes

    @classmethod
    def root(cls, key: SigningKey, name: str, *, not_before_s: int = 0, not_after_s: int = NO_EXPIRY_S) -> Self:
        """A self-signed root, to be pinned by verifiers.

        Raises:
            InvalidArgument: name or dates cannot stand in a certificate.
        """
        subject = _name(name)
        builder = _builder(subject, subject, key.public_key, 1, not_before_s, not_after_s)
        return cls(key, sign_certificate(_as_authority(builder, None), key))

    def authority(
        self,
        key: SigningKey,
        name: str,
        *,
        serial: int,
        not_before_s: int = 0,
        not_after_s: int = NO_EXPIRY_S,
        path_length: int | None = 0,
    ) -> "Authority":
        """An authority below this one, such as that of a production batch.

        Args:
            key: its key pair.
            name: its common name.
            serial: of its certificate, unique for this issuer, 1 to `MAX_SERIAL`.
            not_before_s: seconds since 1970.
            not_after_s: seconds since 1970.
            path_length: authorities that may stand below it.

        Raises:
            InvalidArgument: a value cannot stand in a certificate.
        """
        if path_length is not None and path_length < 0:
            raise InvalidArgument(f"path length must be 0 or more, not {path_length}")
        builder = _builder(_name(name), self._subject, key.public_key, serial, not_before_s, not_after_s)
        return Authority(key, sign_certificate(_as_authority(builder, path_length), self.key))

    def endorse(
        self,
        public_key: PublicKey,
        ueid: bytes,
        *,
        serial: int,
        not_before_s: int = 0,
        not_after_s: int = NO_EXPIRY_S,
    ) -> bytes:
        """The certificate, in DER, of the chip with this UEID and public key.

        Args:
            public_key: the chip's long-term key.
            ueid: 0x01 and 16 or 32 random bytes.
            serial: unique for this issuer, 1 to `MAX_SERIAL`.
            not_before_s: seconds since 1970.
            not_after_s: seconds since 1970.

        Raises:
            BadClaim: the UEID is of another form.
            WrongKeyType: no profile has keys of this kind.
            InvalidArgument: a value cannot stand in a certificate.
        """
        algorithm_of(public_key)
        subject = _name(f"chip {read_ueid(ueid).hex()[2:34]}")
        builder = (
            _builder(subject, self._subject, public_key, serial, not_before_s, not_after_s)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True, key_cert_sign=False), critical=True)
            .add_extension(x509.UnrecognizedExtension(UEID_EXTENSION, _ueid_to_der(ueid)), critical=False)
        )
        return sign_certificate(builder, self.key)

    @property
    def _subject(self) -> x509.Name:
        return x509.load_der_x509_certificate(self.certificate).subject


def ueid_of(certificate: x509.Certificate) -> bytes | None:
    """The UEID that a certificate binds to its key, or None if it names none of the right form."""
    try:
        extension = certificate.extensions.get_extension_for_oid(UEID_EXTENSION).value
    except x509.ExtensionNotFound:
        return None
    assert isinstance(extension, x509.UnrecognizedExtension)
    ueid = extension.value[4:]
    try:
        return ueid if _ueid_to_der(read_ueid(ueid)) == extension.value else None
    except BadClaim:
        return None


def _ueid_to_der(ueid: bytes) -> bytes:
    return bytes((_SEQUENCE, len(ueid) + 2, _OCTET_STRING, len(ueid))) + ueid


def _name(common_name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    except ValueError as error:
        raise InvalidArgument(f"name {common_name!r}: {error}") from error


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, serial: int, not_before_s: int, not_after_s: int
) -> x509.CertificateBuilder:
    if type(serial) is not int or not 1 <= serial <= MAX_SERIAL:
        raise InvalidArgument(f"serial must be an integer from 1 to 2**159-1, not {serial}")
    if not 0 <= not_before_s < not_after_s <= NO_EXPIRY_S:
        raise InvalidArgument(f"validity must be 0 <= start < end <= {NO_EXPIRY_S} s, not {not_before_s} to {not_after_s}")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(_EPOCH + timedelta(seconds=not_before_s))
        .not_valid_after(_EPOCH + timedelta(seconds=not_after_s))
    )


def _as_authority(builder: x509.CertificateBuilder, path_length: int | None) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        key_usage(digital_signature=False, key_cert_sign=True), critical=True
    )


def key_usage(*, digital_signature: bool, key_cert_sign: bool) -> x509.KeyUsage:
    """Key usage of a chip, or of an authority."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def sign_certificate(builder: x509.CertificateBuilder, issuer: SigningKey) -> bytes:
    """A certificate in DER, signed deterministically."""
    if isinstance(issuer.private_key, Ed25519PrivateKey):
        return builder.sign(issuer.private_key, None).public_bytes(Encoding.DER)
    signed = builder.sign(issuer.private_key, ECDSA[issuer.algorithm].hash, ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)
