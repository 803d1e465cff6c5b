"""Authorities and certificates of chips, good and hostile, made without the code that is tested.

`build` makes a chain that is good unless told otherwise, so that each test can break one rule and leave the rest right.
What the cryptography package refuses to issue is put together from DER and signed with the right key all the same.
"""

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from .wire import NOW_S, UEID

YEAR_S = 365 * 86_400
START_S, END_S = NOW_S - YEAR_S, NOW_S + YEAR_S
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DICE_UEID = x509.ObjectIdentifier("2.23.133.5.4.4")
UNHEARD_OF = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")

# Fields of a TBSCertificate of version 3 (RFC 5280 section 4.1.2).
VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)


# Keys.


def ed25519(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def p256(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def p384(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP384R1())


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """A key over two Mersenne primes: no secret to anybody, and the same each time."""
    p, q, e = 2**1279 - 1, 2**2203 - 1, 65_537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def key_info(public_key: Any) -> bytes:
    """SubjectPublicKeyInfo in DER."""
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def kid(public_key: Any) -> bytes:
    """The identifier of a key, as documented: 16 bytes of SHA-256 over SubjectPublicKeyInfo."""
    return hashlib.sha256(key_info(public_key)).digest()[:16]


# DER (X.690) by hand.


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        octets = [number & 127]
        while number := number >> 7:
            octets.insert(0, number & 127 | 128)
        content += bytes(octets)
    return tlv(0x06, content)


def _header(der: bytes) -> tuple[int, int]:
    if der[1] < 128:
        return 2, der[1]
    octets = der[1] & 127
    return 2 + octets, int.from_bytes(der[2 : 2 + octets], "big")


def contents(der: bytes) -> bytes:
    start, length = _header(der)
    return der[start : start + length]


def children(der: bytes) -> list[bytes]:
    rest, found = contents(der), []
    while rest:
        size = sum(_header(rest))
        found.append(rest[:size])
        rest = rest[size:]
    return found


Sign = Callable[[bytes], bytes]


def assembled(fields: Sequence[bytes], algorithm: bytes, sign: Sign) -> bytes:
    """A certificate of the given fields, signed."""
    tbs = sequence(*fields)
    return sequence(tbs, algorithm, tlv(0x03, b"\0", sign(tbs)))


def rewritten(certificate: bytes, changes: dict[int, bytes | None], sign: Sign) -> bytes:
    """A certificate with some fields replaced or, by None, left out, and signed again."""
    tbs, algorithm, _ = children(certificate)
    fields = {**dict(enumerate(children(tbs))), **changes}
    return assembled(
        [one for _, one in sorted(fields.items()) if one is not None], changes.get(ALGORITHM) or algorithm, sign
    )


def extension(dotted: str, value: bytes) -> bytes:
    """An extension that is not critical."""
    return sequence(oid(dotted), tlv(0x04, value))


def with_extension(certificate: bytes, *more: bytes) -> dict[int, bytes | None]:
    """The change, for `rewritten`, that appends extensions."""
    present = children(children(children(certificate)[0])[EXTENSIONS])[0]
    return {EXTENSIONS: tlv(0xA3, sequence(*children(present), *more))}


def common_name(value: bytes) -> bytes:
    """A distinguished name of one common name, whose value is the given DER."""
    return sequence(tlv(0x31, sequence(oid("2.5.4.3"), value)))


def explicit_p256(public_key: ec.EllipticCurvePublicKey, *, cofactor: bool = True) -> bytes:
    """SubjectPublicKeyInfo that spells out the parameters of P-256 (SEC 2) where RFC 5480 prescribes its name."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    generator = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    parameters = sequence(
        integer(1),
        sequence(oid("1.2.840.10045.1.1"), integer(p)),
        sequence(tlv(0x04, (p - 3).to_bytes(32, "big")), tlv(0x04, b.to_bytes(32, "big"))),
        tlv(0x04, _point(generator)),
        integer(order),
        integer(1) if cofactor else b"",
    )
    return sequence(sequence(oid("1.2.840.10045.2.1"), parameters), tlv(0x03, b"\0", _point(public_key)))


def _point(public_key: ec.EllipticCurvePublicKey) -> bytes:
    return public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# Certificates.


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def date(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def load(certificate: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate)


def usage(*allowed: str) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{one: one in allowed for one in every})


def ueid_extension(ueid: bytes) -> bytes:
    """TcgUeid: SEQUENCE { ueid OCTET STRING }."""
    return sequence(tlv(0x04, ueid))


Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
"""Extensions, each with whether it is critical."""


@dataclass(frozen=True)
class Plan:
    """What to write into a certificate."""

    key: Any
    subject: str
    serial: int = 7
    start_s: int = START_S
    end_s: int = END_S
    basic: tuple[bool, int | None] | None = None
    usage: x509.KeyUsage | None = None
    ueid: bytes | None = None
    others: Extensions = field(default=())
    digest: hashes.HashAlgorithm | None = None
    """Hash of the signature; by default the one that goes with the issuer's key."""

    def issue(self, issuer: str, issuer_key: Any) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(self.subject))
            .issuer_name(name(issuer))
            .public_key(self.key.public_key())
            .serial_number(self.serial)
            .not_valid_before(date(self.start_s))
            .not_valid_after(date(self.end_s))
        )
        extensions: list[tuple[x509.ExtensionType, bool]] = []
        if self.basic is not None:
            extensions.append((x509.BasicConstraints(*self.basic), True))
        if self.usage is not None:
            extensions.append((self.usage, True))
        if self.ueid is not None:
            extensions.append((x509.UnrecognizedExtension(DICE_UEID, self.ueid), False))
        for value, critical in (*extensions, *self.others):
            builder = builder.add_extension(value, critical)
        repeatable = True if isinstance(issuer_key, ec.EllipticCurvePrivateKey) else None
        signed = builder.sign(issuer_key, self.digest or usual_digest(issuer_key), ecdsa_deterministic=repeatable)
        return signed.public_bytes(Encoding.DER)


def usual_digest(key: Any) -> Any:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256()
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None


AUTHORITY: dict[str, Any] = {"basic": (True, None), "usage": usage("key_cert_sign", "crl_sign")}
CHIP: dict[str, Any] = {
    "basic": (False, None),
    "usage": usage("digital_signature"),
    "ueid": ueid_extension(UEID),
}


def build(*changes: dict[str, Any]) -> list[bytes]:
    """A chain, leaf first and self-signed root last, of one certificate for each set of changes to its `Plan`."""
    levels = len(changes)
    plans = [
        Plan(
            **{
                "key": ed25519(10 + levels - level),
                "subject": "chip" if level == 0 else f"authority {levels - level}",
                "serial": 100 + level,
                **(CHIP if level == 0 else AUTHORITY),
                **change,
            }
        )
        for level, change in enumerate(changes)
    ]
    issuers = [*plans[1:], plans[-1]]
    return [plan.issue(issuer.subject, issuer.key) for plan, issuer in zip(plans, issuers, strict=True)]


# Certificate status (RFC 6960).


@dataclass(frozen=True)
class Status:
    """What to write into an OCSP response about a certificate."""

    certificate: bytes
    issuer: bytes
    nonce: bytes | None
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    reason: x509.ReasonFlags | None = None
    start_s: float = NOW_S - 60
    end_s: float | None = NOW_S + 3600
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    responder: bytes | None = None
    """Certificate of a delegated responder, to be sent along."""

    def respond(self, key: Any) -> bytes:
        """A response signed with a key, under whose hash the responder is named."""
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=load(self.certificate),
                issuer=load(self.issuer),
                algorithm=self.hash,
                cert_status=self.status,
                this_update=date(self.start_s),
                next_update=None if self.end_s is None else date(self.end_s),
                revocation_time=date(self.start_s) if revoked else None,
                revocation_reason=self.reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, load(Plan(key, "responder").issue("responder", key)))
        )
        if self.nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(self.nonce), critical=False)
        if self.responder is not None:
            builder = builder.certificates([load(self.responder)])
        return builder.sign(key, usual_digest(key)).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Response:
    """The parts of an OCSP response that are to be replaced before it is put together again."""

    data: bytes
    algorithm: bytes
    signature: bytes
    rest: tuple[bytes, ...]
    """Certificates, if any are sent along."""

    @classmethod
    def read(cls, der: bytes) -> "Response":
        basic = contents(children(children(children(der)[1])[0])[1])
        data, algorithm, signature, *rest = children(basic)
        return cls(data, algorithm, signature, tuple(rest))

    def signed(self, sign: Sign) -> "Response":
        return replace(self, signature=tlv(0x03, b"\0", sign(self.data)))

    def der(self) -> bytes:
        basic = sequence(self.data, self.algorithm, self.signature, *self.rest)
        return sequence(tlv(0x0A, b"\0"), tlv(0xA0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), tlv(0x04, basic))))
