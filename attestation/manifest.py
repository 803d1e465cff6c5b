"""The verifier's own list of certificates issued and revoked.

A vendor's online status service (OCSP) may call a serial number that it never issued "good": NVIDIA documents this for
its device certificates. So a certificate counts only if the verifier has been told beforehand that it was issued, by a
channel of its own; what a network says can refuse, never accept. The list holds a digest of each certificate: a stolen
vendor key can sign another one with a serial number on the list, and that is refused as well.
"""

import hashlib
import math
from collections.abc import Iterable
from typing import TypeVar

from .chain import CertificateId, Endorsement, ValidPath, check_issued, public_key_of, read_certificate
from .errors import (
    CertificateOnHold,
    CertificateRevoked,
    CertificateSuperseded,
    InvalidArgument,
    NotInManifest,
)
from .keys import key_id


class Manifest:
    """Certificates issued, suspended and revoked; authorities revoked. Times are in seconds since 1970.

    Args:
        complete: whether it lists every certificate issued, so that no other counts. Without such a list a verifier takes
            the word of whoever holds a vendor's signing key, and can only refuse what has been withdrawn.
    """

    def __init__(self, *, complete: bool = True) -> None:
        self._complete = complete
        self._issued: dict[CertificateId, bytes] = {}
        self._revoked_from_s: dict[CertificateId, float] = {}
        self._revoked_authorities_from_s: dict[bytes, float] = {}
        self._on_hold: set[CertificateId] = set()
        self._superseded_from_s: dict[CertificateId, float] = {}

    def __len__(self) -> int:
        """Number of certificates listed as issued."""
        return len(self._issued)

    def record(self, certificate: bytes, issuer: bytes) -> CertificateId:
        """List a chip's certificate as issued, and return its identifier.

        Args:
            certificate: in DER.
            issuer: certificate of its issuer, in DER.

        Raises:
            CertificateMalformed, WrongCurve, WeakKey: one of them cannot be read, or the issuer's key is of no use.
            WeakCertificateSignature, ChainBroken: the issuer has not made the certificate.
            InvalidArgument: another certificate with this serial number of this issuer is listed.
        """
        identifier = identify(certificate, issuer)
        digest = hashlib.sha256(certificate).digest()
        if self._issued.setdefault(identifier, digest) != digest:
            raise InvalidArgument(
                f"serial {identifier[1]} of issuer {identifier[0].hex()} is listed with another certificate"
            )
        return identifier

    def revoke(self, identifiers: Iterable[CertificateId], from_s: float) -> None:
        """Stop accepting certificates from a time on: one chip whose key was extracted, or each of a lot.

        Of several times the earliest counts, here and below.

        Raises:
            InvalidArgument: the time is not finite.
        """
        for identifier in identifiers:
            _set_earliest(self._revoked_from_s, identifier, from_s)

    def revoke_authority(self, kid: bytes, from_s: float) -> None:
        """Stop accepting everything below an authority's key from a time on: that of a batch, or the vendor's own.

        Raises:
            InvalidArgument: the time is not finite.
        """
        _set_earliest(self._revoked_authorities_from_s, kid, from_s)

    def hold(self, identifier: CertificateId) -> None:
        """Suspend a certificate until `release`."""
        self._on_hold.add(identifier)

    def release(self, identifier: CertificateId) -> None:
        """End a suspension."""
        self._on_hold.discard(identifier)

    def supersede(self, identifier: CertificateId, from_s: float) -> None:
        """Note that another certificate has taken this one's place.

        Raises:
            InvalidArgument: the time is not finite.
        """
        _set_earliest(self._superseded_from_s, identifier, from_s)

    def check_issued(self, endorsement: Endorsement) -> None:
        """Raises NotInManifest if the list is complete and does not name exactly this certificate of the chip."""
        if self._complete and self._issued.get(endorsement.path[0]) != endorsement.x5t:
            raise NotInManifest(f"serial {endorsement.path[0][1]} of issuer {endorsement.path[0][0].hex()}")

    def check_standing(self, endorsement: ValidPath, at_s: float) -> None:
        """Whether nothing in a chain has been withdrawn by a time.

        Raises:
            CertificateRevoked, CertificateOnHold, CertificateSuperseded.
        """
        for kid in endorsement.authorities:
            if kid in self._revoked_authorities_from_s and not at_s < self._revoked_authorities_from_s[kid]:
                raise CertificateRevoked(f"the authority with key {kid.hex()}")
        for identifier in endorsement.path:
            if identifier in self._revoked_from_s and not at_s < self._revoked_from_s[identifier]:
                raise CertificateRevoked(f"serial {identifier[1]} of issuer {identifier[0].hex()}")
            if identifier in self._on_hold:
                raise CertificateOnHold(f"serial {identifier[1]} of issuer {identifier[0].hex()}")
            if identifier in self._superseded_from_s and not at_s < self._superseded_from_s[identifier]:
                raise CertificateSuperseded(f"serial {identifier[1]} of issuer {identifier[0].hex()}")


def identify(certificate: bytes, issuer: bytes) -> CertificateId:
    """The identifier of a certificate, given its issuer's, both in DER.

    Raises:
        CertificateMalformed, WrongCurve, WeakKey: one of them cannot be read, or the issuer's key is of no use.
        WeakCertificateSignature, ChainBroken: the issuer has not made the certificate.
    """
    child, parent = read_certificate(certificate), read_certificate(issuer)
    kid = key_id(public_key_of(parent))
    check_issued(child, parent)
    return kid, child.serial_number


_Key = TypeVar("_Key", CertificateId, bytes)


def _set_earliest(times_s: dict[_Key, float], key: _Key, from_s: float) -> None:
    if not math.isfinite(from_s):
        raise InvalidArgument(f"time must be finite, not {from_s}")
    times_s[key] = min(from_s, times_s.get(key, from_s))
