"""CBOR and COSE written by hand, byte by byte, so that tests owe nothing to the code they test."""

import hashlib
import re
import struct
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey

ESP384, ESP256, ED25519 = -51, -9, -19  # RFC 9864 section 2
PROFILES = {
    ESP384: "tag:example.org,2026:chip-location#1",
    ESP256: "tag:example.org,2026:chip-location#1-p256",
    ED25519: "tag:example.org,2026:chip-location#1-ed",
}
ALGORITHM_NAMES = {ESP384: "ESP384", ESP256: "ESP256", ED25519: "Ed25519"}
SHA_256 = -16  # RFC 9054 section 2.1

AUDIENCE = "verifier.example.org"
NOW_S = 1_800_000_000
PROFILE = PROFILES[ED25519]
UEID = b"\x01" + bytes(range(16))
NONCE = bytes(range(32, 64))
PREFIX = bytes.fromhex("d83dd2")  # tag 61, tag 18


def head(major: int, number: int) -> bytes:
    """Initial byte and argument in the shortest form (RFC 8949 section 3)."""
    if number < 24:
        return bytes([major << 5 | number])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError(number)


def integer(number: int) -> bytes:
    return head(0, number) if number >= 0 else head(1, -1 - number)


def octets(data: bytes) -> bytes:
    return head(2, len(data)) + data


def text(string: str) -> bytes:
    return head(3, len(string.encode())) + string.encode()


def array(*items: bytes) -> bytes:
    return head(4, len(items)) + b"".join(items)


def mapping(*pairs: tuple[bytes, bytes]) -> bytes:
    """Pairs in the order given."""
    return head(5, len(pairs)) + b"".join(key + value for key, value in pairs)


def in_order(members: dict[int, bytes | None]) -> bytes:
    """A map in the order of its encoded keys (RFC 8949 section 4.2.1); None leaves a member out."""
    return mapping(*sorted((integer(label), value) for label, value in members.items() if value is not None))


def half(value: float) -> bytes:
    return b"\xf9" + struct.pack(">e", value)


def single(value: float) -> bytes:
    return b"\xfa" + struct.pack(">f", value)


def double(value: float) -> bytes:
    return b"\xfb" + struct.pack(">d", value)


def shortest(value: float) -> bytes:
    """The float encoding that is due for a finite value: the shortest that keeps it (RFC 8949 section 4.2.1)."""
    for form, largest in ((half, 65_504.0), (single, 3.402_823_466_385_288_6e38)):
        spelling = form(value) if abs(value) <= largest else b""
        if spelling and struct.unpack(">e" if form is half else ">f", spelling[1:])[0] == value:
            return spelling
    return double(value)


TRUE, FALSE, NULL = b"\xf5", b"\xf4", b"\xf6"
NAN, INFINITY, MINUS_INFINITY = (bytes.fromhex(spelling) for spelling in ("f97e00", "f97c00", "f9fc00"))

# Latitude and longitude have no shorter exact float than 64 bits; 20,000 m is exact in 16 bits.
LOCATION = {
    1: double(1.2897),
    2: double(103.8501),
    4: half(20_000.0),
    8: integer(NOW_S),
}

CLAIMS = {
    3: text(AUDIENCE),
    6: integer(NOW_S),
    10: octets(NONCE),
    256: octets(UEID),
    258: integer(5703),
    259: octets(b"GPU"),
    260: array(text("1")),
    262: TRUE,
    263: integer(3),
    264: in_order(LOCATION),
    265: text(PROFILE),
    267: integer(1),
    275: integer(1),
}
"""The claims of a good token under Ed25519."""

REQUIRED = (3, 6, 10, 256, 258, 259, 262, 263, 264, 265, 267, 275)
"""The claims that no token may be without."""


def payload(changes: dict[int, bytes | None] | None = None, algorithm: int = ED25519) -> bytes:
    """The claims of a good token under an algorithm, with some replaced, added or, by None, left out."""
    return in_order({**CLAIMS, 265: text(PROFILES[algorithm]), **(changes or {})})


def location(changes: dict[int, bytes | None], algorithm: int = ED25519) -> bytes:
    """The claims with a change within the location."""
    return payload({264: in_order({**LOCATION, **changes})}, algorithm)


def private_key(algorithm: int, number: int) -> PrivateKey:
    """One of 255 keys for an algorithm, always the same."""
    seed = bytes([number]) * 32
    if algorithm == ED25519:
        return Ed25519PrivateKey.from_private_bytes(seed)
    return ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP384R1() if algorithm == ESP384 else ec.SECP256R1())


def algorithm_of(key: PrivateKey) -> int:
    if isinstance(key, Ed25519PrivateKey):
        return ED25519
    return {"secp384r1": ESP384, "secp256r1": ESP256}[key.curve.name]


def sign(key: PrivateKey, message: bytes) -> bytes:
    """The raw signature; under ECDSA r and s at the length of the curve (RFC 9053 section 2.1), deterministic (RFC 6979)."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    digest = hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA256()
    return raw(key, decode_dss_signature(key.sign(message, ec.ECDSA(digest, deterministic_signing=True))))


def raw(key: PrivateKey, pair: tuple[int, int]) -> bytes:
    """Two integers side by side, as the signatures of a key have them: big-endian under ECDSA, little-endian in Ed25519."""
    size, order = (32, "little") if isinstance(key, Ed25519PrivateKey) else (key.curve.key_size // 8, "big")
    return b"".join(number.to_bytes(size, order) for number in pair)


def halves(key: PrivateKey, signature: bytes) -> tuple[int, int]:
    """The two integers of a raw signature: r and s under ECDSA, R and S in Ed25519."""
    order = "little" if isinstance(key, Ed25519PrivateKey) else "big"
    middle = len(signature) // 2
    return int.from_bytes(signature[:middle], order), int.from_bytes(signature[middle:], order)


def group_order(key: PrivateKey) -> int:
    """RFC 8032 section 5.1 and SEC 2."""
    if isinstance(key, Ed25519PrivateKey):
        return (1 << 252) + 27742317777372353535851937790883648493
    return key.curve.group_order


def kid(key: PrivateKey) -> bytes:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()[:16]


def x5t(chain: Sequence[bytes]) -> bytes:
    """Digest of a chip's certificate (RFC 9360)."""
    return hashlib.sha256(chain[0]).digest()


def cose_key(key: PrivateKey, changes: dict[int, bytes | None] | None = None) -> bytes:
    """The public key as COSE_Key (RFC 9053 section 7), with a change."""
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        members = {1: integer(1), -1: integer(6), -2: octets(public.public_bytes_raw())}
    else:
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
        size = len(point) // 2
        curve = 2 if key.curve.key_size == 384 else 1
        members = {1: integer(2), -1: integer(curve), -2: octets(point[:size]), -3: octets(point[size:])}
    return in_order({**members, **(changes or {})})


def confirmation(key: PrivateKey, changes: dict[int, bytes | None] | None = None) -> bytes:
    """RFC 8747 section 3.2 around a COSE_Key."""
    return in_order({1: cose_key(key, changes)})


OWN = b""
"""Stands for the algorithm that belongs to the key."""


def header(
    key: PrivateKey, *, alg: bytes | None = OWN, typ: int = 263, changes: dict[int, bytes | None] | None = None
) -> bytes:
    """The protected header of a good token, with a change."""
    alg = integer(algorithm_of(key)) if alg == OWN else alg
    return in_order({1: alg, 4: octets(kid(key)), 16: integer(typ), **(changes or {})})


def to_be_signed(protected: bytes, body: bytes, *, context: str = "Signature1", external_aad: bytes = b"") -> bytes:
    """Sig_structure of RFC 9052 section 4.4."""
    return array(text(context), octets(protected), octets(external_aad), octets(body))


def token(
    key: PrivateKey,
    body: bytes,
    *,
    protected: bytes | None = None,
    unprotected: bytes = b"\xa0",
    prefix: bytes = PREFIX,
    signature: bytes | None = None,
) -> bytes:
    """A COSE_Sign1 really signed over whatever body and header are given, or with the signature given."""
    protected = header(key) if protected is None else protected
    signature = sign(key, to_be_signed(protected, body)) if signature is None else signature
    return prefix + array(octets(protected), unprotected, octets(body), octets(signature))


def named(value: object) -> str:
    """A name for a test's parameter that is the same in every process: what it looks like, without addresses."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:24]
