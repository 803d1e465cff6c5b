"""CBOR and COSE written by hand, byte by byte, so that tests owe nothing to the code they test."""

import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE = "verifier.example.org"
NOW_S = 1_800_000_000
PROFILE = "tag:example.org,2026:chip-location#1-ed"
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


def double(value: float) -> bytes:
    return b"\xfb" + struct.pack(">d", value)


TRUE, FALSE, NULL = b"\xf5", b"\xf4", b"\xf6"

# Latitude and longitude have no shorter exact float than 64 bits; 20,000 m is exact in 16 bits.
LOCATION = {
    1: double(1.2897),
    2: double(103.8501),
    4: b"\xf9" + struct.pack(">e", 20_000.0),
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
    264: mapping(*((integer(label), value) for label, value in LOCATION.items())),
    265: text(PROFILE),
    267: integer(1),
    275: integer(1),
}
"""The claims of a good token, in ascending order of their labels, which is their deterministic order."""


def payload(changes: dict[int, bytes | None] | None = None) -> bytes:
    """The claims as a map, with some replaced or, by None, left out; order as in `CLAIMS`, additions at the end."""
    claims = {**CLAIMS, **(changes or {})}
    return mapping(*((integer(label), value) for label, value in claims.items() if value is not None))


def location(changes: dict[int, bytes | None]) -> bytes:
    """The claims with a change within the location."""
    members = {**LOCATION, **changes}
    return payload({264: mapping(*((integer(k), v) for k, v in members.items() if v is not None))})


def kid(key: Ed25519PrivateKey) -> bytes:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).digest()[:16]


def header(key: Ed25519PrivateKey, *, alg: bytes | None = integer(-19), typ: int = 263) -> bytes:
    pairs = [(integer(1), alg)] if alg is not None else []
    return mapping(*pairs, (integer(4), octets(kid(key))), (integer(16), integer(typ)))


def token(
    key: Ed25519PrivateKey,
    body: bytes,
    *,
    protected: bytes | None = None,
    unprotected: bytes = b"\xa0",
    prefix: bytes = PREFIX,
) -> bytes:
    """A COSE_Sign1 really signed over whatever body and header are given."""
    protected = header(key) if protected is None else protected
    message = array(text("Signature1"), octets(protected), octets(b""), octets(body))
    return prefix + array(octets(protected), unprotected, octets(body), octets(key.sign(message)))
