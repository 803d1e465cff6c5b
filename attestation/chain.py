"""Certificate chains: from a chip's certificate to a root that the verifier has pinned.

The rules are those of RFC 5280 section 6 as far as they apply, with everything else refused: no critical extension
but basic constraints, key usage and the UEID, no key or signature outside the three algorithms of the profiles, no
root but a pinned one. Whether a certificate has been issued or revoked is not written in it: see `manifest`.
"""

import hashlib
import itertools
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from .algorithms import refuse_small_order
from .certificates import MAX_SERIAL, UEID_EXTENSION, ueid_of
from .der import subject_public_key_info, unused_bits
from .errors import (
    CaLeaf,
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    ChainBroken,
    ChainTooLong,
    ChainTooShort,
    IssuerNotCa,
    NoDigitalSignature,
    PathTooLong,
    UeidNotInCertificate,
    UnknownCriticalExtension,
    UnpinnedRoot,
    WeakCertificateSignature,
    WrongCurve,
    WrongKeyType,
)
from .keys import PublicKey, algorithm_of, encode_public_key, key_id

MAX_CHAIN = 6
"""Certificates in a chain, leaf and root included."""

CertificateId = tuple[bytes, int]
"""What tells one certificate from all others: the key identifier of its issuer, and its serial number."""

SIGNATURES = {
    SignatureAlgorithmOID.ED25519,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
}
"""Algorithms with which certificates, and statements on their status, may be signed."""

_PARSED_ON_USE = (
    "subject",
    "issuer",
    "not_valid_before_utc",
    "not_valid_after_utc",
    "extensions",
    "signature_algorithm_oid",
)
UNDERSTOOD = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, UEID_EXTENSION})
"""Extensions that may be critical."""


@dataclass(frozen=True, kw_only=True)
class ValidPath:
    """A chain whose signatures and extensions hold, from a chip's certificate to a pinned root.

    Attributes:
        x5t: SHA-256 of the chip's certificate.
        path: every certificate below the root, the chip's first.
        authorities: key identifiers of all issuers, the root's last.
        issued_at_s: when the chip's certificate becomes valid, in seconds since 1970.
        not_before_s: when the last certificate of the chain becomes valid.
        not_after_s: when the first one expires.
    """

    x5t: bytes
    path: tuple[CertificateId, ...]
    authorities: tuple[bytes, ...]
    issued_at_s: int
    not_before_s: int
    not_after_s: int

    def check_validity(self, at_s: float) -> None:
        """Raises CertificateNotYetValid or CertificateExpired."""
        if at_s < self.not_before_s:
            raise CertificateNotYetValid(f"valid from {_date(self.not_before_s)}")
        # Written so that a time that is not a number counts as too late.
        if not at_s <= self.not_after_s:
            raise CertificateExpired(f"valid until {_date(self.not_after_s)}")


@dataclass(frozen=True, kw_only=True)
class Endorsement(ValidPath):
    """What a valid chain says about a chip.

    Attributes:
        ueid: identifier of the chip.
        cose_key: its public key, see `keys.encode_public_key`.
        algorithm: the one of its profile.
    """

    ueid: bytes
    cose_key: bytes
    algorithm: int


def validate_chain(chain: Sequence[bytes], roots: Collection[bytes], at_s: float) -> Endorsement:
    """Follow a chain from a chip's certificate to a pinned root.

    Args:
        chain: certificates in DER, the chip's first; the root may be left out.
        roots: pinned root certificates in DER.
        at_s: when, in seconds since 1970.

    Raises:
        ChainRefused, WeakKey: as one of the subclasses of ChainRefused but those of manifest and OCSP.
    """
    certificates = up_to_root(chain, roots)
    path = check_path(certificates)
    leaf = certificates[0]
    ueid = ueid_of(leaf)
    if ueid is None:
        raise UeidNotInCertificate("the certificate of the chip names no UEID")
    key = public_key_of(leaf)
    endorsement = Endorsement(**vars(path), ueid=ueid, cose_key=encode_public_key(key), algorithm=algorithm_of(key))
    endorsement.check_validity(at_s)
    return endorsement


def check_path(
    certificates: Sequence[x509.Certificate], understood: Collection[x509.ObjectIdentifier] = UNDERSTOOD
) -> ValidPath:
    """Whether each certificate of a chain was made by the next one, which may do so, and the first is a chip's.

    Args:
        certificates: as `up_to_root` returns them.
        understood: extensions that may be critical.

    Raises:
        ChainRefused, WeakKey: as `validate_chain`, but for UEID and dates.
    """
    keys = [public_key_of(certificate) for certificate in certificates]
    for below, (child, issuer) in enumerate(itertools.pairwise(certificates)):
        check_issued(child, issuer)
        _check_authority(issuer, below)
    for certificate in certificates:
        check_extensions(certificate, understood)
    _check_leaf(certificates[0])
    authorities = tuple(key_id(key) for key in keys[1:])
    starts_s = [int(certificate.not_valid_before_utc.timestamp()) for certificate in certificates]
    return ValidPath(
        x5t=hashlib.sha256(certificates[0].public_bytes(Encoding.DER)).digest(),
        path=tuple(zip(authorities, (certificate.serial_number for certificate in certificates[:-1]), strict=True)),
        authorities=authorities,
        issued_at_s=starts_s[0],
        not_before_s=max(starts_s),
        not_after_s=min(int(certificate.not_valid_after_utc.timestamp()) for certificate in certificates),
    )


def up_to_root(chain: Sequence[bytes], roots: Collection[bytes]) -> list[x509.Certificate]:
    """A chain parsed, with the pinned root at its end, added if it was left out. Nothing else is verified yet.

    Raises:
        ChainTooShort, ChainTooLong, CertificateMalformed, UnpinnedRoot, ChainBroken.
    """
    if len(chain) > MAX_CHAIN:
        raise ChainTooLong(f"{len(chain)} certificates, at most {MAX_CHAIN}")
    if not chain:
        raise ChainTooShort("no certificate")
    certificates = [read_certificate(der) for der in chain]
    pinned = [read_certificate(root) for root in roots]
    if any(certificate in pinned for certificate in certificates[:-1]):
        raise ChainBroken("something follows a pinned root")
    last = certificates[-1]
    if last not in pinned:
        # Roots may share a name, as after a rotation: the one that signed counts.
        above = [root for root in pinned if _issued(last, root)]
        if not above:
            raise UnpinnedRoot("the chain does not end at a pinned root")
        certificates.append(above[0])
    if len(certificates) < 2:
        raise ChainTooShort("a root alone endorses nobody")
    if len(certificates) > MAX_CHAIN:
        raise ChainTooLong(f"{len(certificates)} certificates with the root, at most {MAX_CHAIN}")
    return certificates


def read_certificate(der: bytes) -> x509.Certificate:
    """Parse one certificate, all of it, so that nothing can go wrong with it later.

    Raises:
        CertificateMalformed: not a certificate of version 3 in the one spelling of DER, with a serial number, names, dates
            and extensions that can be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what the library only warns of is a fault here
            certificate = x509.load_der_x509_certificate(der)
            for part in _PARSED_ON_USE:
                getattr(certificate, part)
            version, serial = certificate.version, certificate.serial_number
    except Exception as error:  # whatever a parser makes of hostile bytes
        raise CertificateMalformed(f"{type(error).__name__}: {error}") from error
    if version is not x509.Version.v3:
        raise CertificateMalformed(f"version {version.name}, v3 is due")
    if not 1 <= serial <= MAX_SERIAL:
        raise CertificateMalformed("the serial number must be positive and of at most 20 octets")
    if unused_bits(der):
        raise CertificateMalformed("the signature has unused bits")
    return certificate


def public_key_of(certificate: x509.Certificate) -> PublicKey:
    """The public key in a certificate, of a kind that profiles use.

    Raises:
        WrongCurve: another kind of key, another curve, or a named one spelt out in explicit parameters, which would leave
            the generator to whoever wrote them (CVE-2020-0601).
        WeakKey: an Ed25519 key of small order.
    """
    try:
        key = certificate.public_key()
        algorithm_of(key)
    except (ValueError, UnsupportedAlgorithm, WrongKeyType) as error:
        raise WrongCurve(f"{_subject(certificate)}: {error}") from error
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if subject_public_key_info(certificate.public_bytes(Encoding.DER)) != info:
        raise WrongCurve(f"{_subject(certificate)}: the curve is not named, or the point compressed")
    if isinstance(key, Ed25519PublicKey):
        refuse_small_order(key.public_bytes_raw())
    return key  # type: ignore[return-value]  # one of the three kinds, by `algorithm_of`


def check_extensions(certificate: x509.Certificate, understood: Collection[x509.ObjectIdentifier] = UNDERSTOOD) -> None:
    """Raises UnknownCriticalExtension if a critical extension is not understood here."""
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in understood:
            raise UnknownCriticalExtension(extension.oid.dotted_string)


def check_issued(child: x509.Certificate, issuer: x509.Certificate) -> None:
    """Whether an issuer made a certificate.

    Raises:
        WeakCertificateSignature: with an algorithm that is not accepted.
        ChainBroken: it did not.
    """
    if child.signature_algorithm_oid not in SIGNATURES:
        raise WeakCertificateSignature(f"signature algorithm {child.signature_algorithm_oid.dotted_string}")
    if not _issued(child, issuer):
        raise ChainBroken(f"{_subject(child)} was not issued by {_subject(issuer)}")


def _issued(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _check_authority(issuer: x509.Certificate, below: int) -> None:
    """Whether a certificate may issue, with `below` authorities between it and the chip."""
    try:
        extension = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        raise IssuerNotCa(f"{_subject(issuer)} has no basic constraints") from None
    usage = _key_usage(issuer)
    if not (extension.critical and extension.value.ca) or usage is None or not usage.key_cert_sign:
        raise IssuerNotCa(f"{_subject(issuer)} may not issue certificates")
    path_length = extension.value.path_length
    if path_length is not None and below > path_length:
        raise PathTooLong(f"{below} authorities below one that allows {path_length}")


def _check_leaf(leaf: x509.Certificate) -> None:
    usage = _key_usage(leaf)
    try:
        may_issue = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        may_issue = False
    if may_issue or (usage is not None and usage.key_cert_sign):
        raise CaLeaf("the certificate of the chip is that of an authority")
    if usage is None or not usage.digital_signature:
        raise NoDigitalSignature("the certificate of the chip does not allow digital signatures")


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
