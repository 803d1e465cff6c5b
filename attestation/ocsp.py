"""Online certificate status (RFC 6960): a second opinion, which can refuse and never accepts on its own."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from .chain import SIGNATURES, check_extensions, check_issued, public_key_of, read_certificate
from .errors import (
    CertificateOnHold,
    CertificateRevoked,
    InvalidArgument,
    OcspForOtherCertificate,
    OcspMalformed,
    OcspNotGood,
    OcspStale,
    OcspUntrusted,
    OcspWithoutNonce,
    Refused,
)

MIN_NONCE_BYTES = 16
"""A shorter nonce could be met by chance, or by a collection of recordings (RFC 9654 asks for 32)."""

_DIGESTS = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: hashes.SHA256(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: hashes.SHA384(),
}


@dataclass(frozen=True)
class OcspAnswer:
    """A response in DER, and the nonce that the verifier had put into its request."""

    response: bytes
    nonce: bytes


def check_status(answer: OcspAnswer, certificate: bytes, issuer: bytes, at_s: float, max_age_s: float = 86_400.0) -> None:
    """Whether a responder of the issuer calls a certificate good, now and in answer to our request.

    Only the chip's own certificate is asked about, and a responder certified by the issuer is trusted while its certificate
    is valid: that is why this can only refuse.

    Args:
        answer: response and nonce.
        certificate: of the chip, in DER.
        issuer: certificate of its issuer, in DER.
        at_s: seconds since 1970.
        max_age_s: how far the statement may lie in the past, in s.

    Raises:
        InvalidArgument: our nonce has fewer than 16 bytes.
        OcspMalformed, OcspUntrusted, OcspForOtherCertificate, OcspWithoutNonce, OcspStale, OcspNotGood.
        CertificateRevoked, CertificateOnHold: the responder says so.
    """
    if len(answer.nonce) < MIN_NONCE_BYTES:
        raise InvalidArgument(f"an OCSP nonce takes at least {MIN_NONCE_BYTES} bytes, not {len(answer.nonce)}")
    issued_by, subject = read_certificate(issuer), read_certificate(certificate)
    try:
        response = ocsp.load_der_ocsp_response(answer.response)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise OcspMalformed(f"the responder says {response.response_status.name}")
        _check_signature(response, issued_by, at_s)
        _check_subject(response, subject, issued_by)
        _check_nonce(response, answer.nonce)
        _check_age(response, at_s, max_age_s)
        status, reason = response.certificate_status, response.revocation_reason
    except Refused:
        raise
    except Exception as error:  # whatever a parser makes of hostile bytes
        raise OcspMalformed(f"{type(error).__name__}: {error}") from error
    if status is ocsp.OCSPCertStatus.REVOKED:
        held = reason is x509.ReasonFlags.certificate_hold
        raise CertificateOnHold("says the responder") if held else CertificateRevoked("says the responder")
    if status is not ocsp.OCSPCertStatus.GOOD:
        raise OcspNotGood(f"the responder says {status.name}")


def _check_signature(response: ocsp.OCSPResponse, issuer: x509.Certificate, at_s: float) -> None:
    """By the issuer itself, or by a responder that the issuer has certified for it (RFC 6960 section 4.2.2.2)."""
    if response.signature_algorithm_oid not in SIGNATURES:
        raise OcspUntrusted(f"signature algorithm {response.signature_algorithm_oid.dotted_string}")
    if _signed_by(response, issuer):
        return
    for responder in response.certificates:
        if _is_responder(responder, issuer, at_s) and _signed_by(response, responder):
            return
    raise OcspUntrusted("not signed by the issuer or a responder of its own")


def _signed_by(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, named = public_key_of(signer), response.signature_algorithm_oid
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(response.signature, response.tbs_response_bytes)
            return named == SignatureAlgorithmOID.ED25519
        digest = _DIGESTS.get(named)
        if digest is not None:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))
            return True
    except InvalidSignature:
        pass
    return False


def _is_responder(certificate: x509.Certificate, issuer: x509.Certificate, at_s: float) -> bool:
    try:
        certificate = read_certificate(certificate.public_bytes(Encoding.DER))
        check_issued(certificate, issuer)
        check_extensions(certificate)
        public_key_of(certificate)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (Refused, x509.ExtensionNotFound):
        return False
    valid = certificate.not_valid_before_utc.timestamp() <= at_s <= certificate.not_valid_after_utc.timestamp()
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _check_subject(response: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """The response's CertID: serial number, and digests of the issuer's name and key (RFC 6960 section 4.1.1)."""
    digest = hashlib.new(response.hash_algorithm.name)
    name, key = digest.copy(), digest.copy()
    name.update(issuer.subject.public_bytes())
    key.update(_key_bits(issuer))
    found = (response.serial_number, response.issuer_name_hash, response.issuer_key_hash)
    if found != (certificate.serial_number, name.digest(), key.digest()):
        raise OcspForOtherCertificate(f"about serial {response.serial_number}")


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The value of the BIT STRING subjectPublicKey."""
    key = public_key_of(certificate)
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _check_nonce(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    try:
        found = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        raise OcspWithoutNonce("no nonce: it may be a recording") from None
    if found != nonce:
        raise OcspWithoutNonce("another nonce than ours")


def _check_age(response: ocsp.OCSPResponse, at_s: float, max_age_s: float) -> None:
    end = response.next_update_utc
    if end is None:
        raise OcspStale("no date of the next update")
    start_s = response.this_update_utc.timestamp()
    if not (start_s <= at_s <= end.timestamp() and at_s - start_s <= max_age_s):
        raise OcspStale(f"from {response.this_update_utc.isoformat()}, asked {at_s - start_s} s later")
