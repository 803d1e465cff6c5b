"""What no verifier may accept: the values on either side of each limit, and hostile tokens of each kind without number.

The kinds are those in which decoders and verifiers have failed: bytes, CBOR, COSE, algorithm, signature, identity,
freshness and claims. Unless the kind is the signature itself, hostile tokens are signed with the right key, since a
verifier that refuses them for a bad signature has shown nothing.
"""

import hmac
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import strategies as st

from . import wire
from .conftest import ANSWERED, OTHER_UEID, OTHERS, Scene
from .wire import (
    CLAIMS,
    ED25519,
    ESP384,
    FALSE,
    INFINITY,
    LOCATION,
    MINUS_INFINITY,
    NAN,
    NONCE,
    NOW_S,
    NULL,
    PREFIX,
    PROFILES,
    SHA_256,
    TRUE,
    UEID,
    array,
    double,
    half,
    head,
    in_order,
    integer,
    mapping,
    octets,
    shortest,
    single,
    text,
)

BAD_ITEMS: Mapping[str, tuple[bytes, str]] = {
    "reserved information 28": (b"\x1c", "ill_formed"),
    "reserved information 30 of a string": (b"\x5e", "ill_formed"),
    "indefinite integer": (b"\x1f", "ill_formed"),
    "indefinite tag": (b"\xdf\x00", "ill_formed"),
    "stray break": (b"\xff", "ill_formed"),
    "reserved simple value": (b"\xfc", "ill_formed"),
    "false in two bytes": (b"\xf8\x14", "ill_formed"),
    "text not UTF-8": (b"\x61\xff", "bad_utf8"),
    "text in overlong UTF-8": (b"\x62\xc0\x80", "bad_utf8"),
    "text with a surrogate": (b"\x63\xed\xa0\x80", "bad_utf8"),
    "text beyond Unicode": (b"\x64\xf4\x90\x80\x80", "bad_utf8"),
    "text cut within a character": (b"\x61\xc3", "bad_utf8"),
    "indefinite bytes": (b"\x5f\x41\x00\xff", "indefinite_length"),
    "indefinite text": (b"\x7f\x61a\xff", "indefinite_length"),
    "indefinite array": (b"\x9f\x00\xff", "indefinite_length"),
    "indefinite map": (b"\xbf\x00\x00\xff", "indefinite_length"),
    "23 in two bytes": (b"\x18\x17", "not_shortest"),
    "24 in three bytes": (b"\x19\x00\x18", "not_shortest"),
    "24 in five bytes": (b"\x1a\x00\x00\x00\x18", "not_shortest"),
    "24 in nine bytes": (b"\x1b" + bytes(7) + b"\x18", "not_shortest"),
    "-1 in two bytes": (b"\x38\x00", "not_shortest"),
    "long length of bytes": (b"\x58\x01\x00", "not_shortest"),
    "long length of text": (b"\x79\x00\x01a", "not_shortest"),
    "long length of an array": (b"\x98\x01\x00", "not_shortest"),
    "long length of a map": (b"\xb8\x01\x00\x00", "not_shortest"),
    "long number of a tag": (b"\xd8\x01\x00", "not_shortest"),
    "1.5 in five bytes": (single(1.5), "not_shortest"),
    "1.5 in nine bytes": (double(1.5), "not_shortest"),
    "100000.0 in nine bytes": (double(100_000.0), "not_shortest"),
    "infinity in nine bytes": (double(math.inf), "not_shortest"),
    "NaN in nine bytes": (double(math.nan), "not_shortest"),
    "NaN with another payload": (b"\xf9\x7e\x01", "not_shortest"),
    "NaN with a sign": (b"\xf9\xfe\x00", "not_shortest"),
    "long NaN with a payload": (b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x01", "not_shortest"),
    "keys out of order": (mapping((integer(2), NULL), (integer(1), NULL)), "keys_out_of_order"),
    "keys in order of their values": (mapping((integer(-1), NULL), (integer(1), NULL)), "keys_out_of_order"),
    "keys shortest first": (mapping((integer(-1), NULL), (integer(100), NULL)), "keys_out_of_order"),
    "the same integer key twice": (mapping((integer(1), NULL), (integer(1), NULL)), "duplicate_key"),
    "the same text key twice": (mapping((text("a"), NULL), (text("a"), NULL)), "duplicate_key"),
    "the same key twice, not in a row": (
        mapping((integer(1), NULL), (integer(2), NULL), (integer(1), NULL)),
        "duplicate_key",
    ),
    "key true": (mapping((TRUE, NULL)), "bad_key_type"),
    "key null": (mapping((NULL, NULL)), "bad_key_type"),
    "key 1.0": (mapping((half(1.0), NULL)), "bad_key_type"),
    "key NaN": (mapping((NAN, NULL)), "bad_key_type"),
    "key of bytes": (mapping((octets(b"\x01"), NULL)), "bad_key_type"),
    "key an array": (mapping((array(), NULL)), "bad_key_type"),
    "key a map": (mapping((mapping(), NULL)), "bad_key_type"),
    "key undefined": (mapping((b"\xf7", NULL)), "undefined"),
    "key a tag": (mapping((b"\xc1\x01", NULL)), "inner_tag"),
    "date as text, tag 0": (b"\xc0" + text("2027-01-15T08:00:00Z"), "inner_tag"),
    "date as a number, tag 1": (b"\xc1" + integer(NOW_S), "inner_tag"),
    "bignum, tag 2": (b"\xc2" + octets(b"\x01" + bytes(8)), "bignum"),
    "negative bignum, tag 3": (b"\xc3" + octets(b"\x01" + bytes(8)), "bignum"),
    "small bignum": (b"\xc2" + octets(b"\x01"), "bignum"),
    "decimal fraction, tag 4": (b"\xc4" + array(integer(-1), integer(1)), "inner_tag"),
    "encoded CBOR, tag 24": (b"\xd8\x18" + octets(b"\x00"), "inner_tag"),
    "shared value, tag 28": (b"\xd8\x1c" + array(b"\xd8\x1d\x00"), "inner_tag"),
    "regular expression, tag 35": (b"\xd8\x23" + text("(a+)+$"), "inner_tag"),
    "CWT within, tag 61": (b"\xd8\x3d" + mapping(), "inner_tag"),
    "self-described CBOR, tag 55799": (b"\xd9\xd9\xf7\x00", "inner_tag"),
    "tag 2**64-1": (b"\xdb" + b"\xff" * 8 + b"\x00", "inner_tag"),
    "undefined": (b"\xf7", "undefined"),
    "simple value 0": (b"\xe0", "simple_value"),
    "simple value 19": (b"\xf3", "simple_value"),
    "simple value 32": (b"\xf8\x20", "simple_value"),
    "simple value 255": (b"\xf8\xff", "simple_value"),
    "nine arrays within one another": (b"\x81" * 9 + b"\x00", "too_deep"),
    "nine maps within one another": (b"\xa1\x00" * 9 + b"\x00", "too_deep"),
    "three thousand arrays within one another": (b"\x81" * 3000 + b"\x00", "too_deep"),
    "bytes of length 2**63": (b"\x5b\x80" + bytes(7), "length_bomb"),
    "text of length 2**64-1": (b"\x7b" + b"\xff" * 8, "length_bomb"),
    "array of length 2**32": (b"\x9b" + bytes(3) + b"\x01" + bytes(4), "length_bomb"),
    "map of length 2**32-1": (b"\xba" + b"\xff" * 4, "length_bomb"),
    "array of length 65537": (b"\x9a\x00\x01\x00\x01", "length_bomb"),
    "array of length 65536": (b"\x9a\x00\x01\x00\x00", "truncated"),
    "bytes of length 65535": (b"\x59\xff\xff", "truncated"),
}
"""Items that may stand nowhere, each with the reason of its refusal."""


class Limits(NamedTuple):
    """One claim: what the record has for each value that is allowed, and why each of the others is refused."""

    field: str
    allowed: Mapping[str, tuple[bytes, object]]
    refused: Mapping[str, tuple[bytes, str]]


def _bytes(*lengths: int, reason: str = "bad_claim") -> dict[str, tuple[bytes, str]]:
    return {f"{length} bytes": (octets(bytes(length)), reason) for length in lengths}


def _of_length(*lengths: int) -> dict[str, tuple[bytes, object]]:
    return {f"{length} bytes": (octets(bytes(length)), bytes(length)) for length in lengths}


def _integers(*numbers: int) -> dict[str, tuple[bytes, object]]:
    return {str(number): (integer(number), number) for number in numbers}


def _outside(*numbers: int, reason: str = "out_of_range") -> dict[str, tuple[bytes, str]]:
    return {str(number): (integer(number), reason) for number in numbers}


def _numbers(*numbers: int | float) -> dict[str, tuple[bytes, object]]:
    """Integers and floats, each in the one spelling that is deterministic; the record has floats."""
    spelt = {repr(number): integer(number) if type(number) is int else shortest(number) for number in numbers}
    return {name: (spelling, float(name)) for name, spelling in spelt.items()}


def _beyond(*numbers: int | float) -> dict[str, tuple[bytes, str]]:
    """Numbers out of range, and what is no number in any range."""
    return {
        **{name: (spelling, "out_of_range") for name, (spelling, _) in _numbers(*numbers).items()},
        "NaN": (NAN, "not_finite"),
        "infinity": (INFINITY, "not_finite"),
        "-infinity": (MINUS_INFINITY, "not_finite"),
        "true": (TRUE, "bad_claim"),
        "null": (NULL, "bad_claim"),
        "text": (text("1"), "bad_claim"),
        "bytes": (octets(b"\x01"), "bad_claim"),
        "in an array": (array(integer(1)), "bad_claim"),
    }


TEXT = {"text": (text("x" * 32), "bad_claim")}
NO_TIMES = {
    **_outside(-1, 1 << 53, (1 << 64) - 1),
    "float": (shortest(float(NOW_S)), "time_not_integer"),
    "half a second more": (double(NOW_S + 0.5), "time_not_integer"),
    "NaN": (NAN, "time_not_integer"),
    "true": (TRUE, "time_not_integer"),
    "null": (NULL, "time_not_integer"),
    "text": (text(str(NOW_S)), "time_not_integer"),
}
NO_INTEGERS = {
    "true": (TRUE, "bad_claim"),
    "false": (FALSE, "bad_claim"),
    "2.0": (half(2.0), "bad_claim"),
    "null": (NULL, "bad_claim"),
    "text": (text("2"), "bad_claim"),
    "bytes": (octets(b"\x02"), "bad_claim"),
}
DIGEST = bytes(range(100, 132))
_DIGEST_ITEM = array(integer(SHA_256), octets(DIGEST))
_72_NONCES = tuple(bytes([number]) * 32 for number in range(72))


def _submodule(value: bytes, name: str = "gpu0") -> bytes:
    return mapping((text(name), value))


_LIMITS = {
    3: Limits(
        "audience",
        {"one letter": (text("v"), "v")},
        {
            "empty": (text(""), "bad_claim"),
            "bytes": (octets(b"v"), "bad_claim"),
            "in an array": (array(text(wire.AUDIENCE)), "bad_claim"),
            "null": (NULL, "bad_claim"),
        },
    ),
    6: Limits("issued_at_s", _integers(NOW_S, (1 << 53) - 1), NO_TIMES),
    7: Limits("token_id", _of_length(16), {**_bytes(0, 15, 17), **TEXT}),
    10: Limits(
        "nonces",
        {
            "one": (octets(DIGEST), (DIGEST,)),
            "two": (array(octets(NONCE), octets(DIGEST)), (NONCE, DIGEST)),
            "72": (array(*map(octets, _72_NONCES)), _72_NONCES),
        },
        {
            **_bytes(0, 8, 31, 33, 64, reason="bad_nonce_size"),
            **TEXT,
            "array of none": (array(), "bad_claim"),
            "array of one": (array(octets(NONCE)), "bad_claim"),
            "array of 73": (array(*map(octets, _72_NONCES), octets(NONCE)), "bad_claim"),
            "array with a short one": (array(octets(NONCE), octets(NONCE[:31])), "bad_nonce_size"),
            "array with the same twice": (array(octets(NONCE), octets(NONCE)), "bad_claim"),
            "array with a text": (array(octets(NONCE), text("x" * 32)), "bad_claim"),
            "array within an array": (array(octets(NONCE), array(octets(DIGEST))), "bad_claim"),
            "null": (NULL, "bad_claim"),
        },
    ),
    256: Limits(
        "ueid",
        {"17 bytes": (octets(UEID), UEID), "33 bytes": (octets(b"\x01" + DIGEST), b"\x01" + DIGEST)},
        {
            **{
                f"{length} bytes": (octets((b"\x01" + bytes(length))[:length]), "bad_claim")
                for length in (0, 1, 16, 18, 32, 34)
            },
            "type 0": (octets(b"\x00" + UEID[1:]), "bad_claim"),
            "type 2": (octets(b"\x02" + UEID[1:]), "bad_claim"),
            "text": (text("\x01" + "x" * 16), "bad_claim"),
            "array of 17 numbers": (array(*[integer(1)] * 17), "bad_claim"),
        },
    ),
    258: Limits(
        "oemid",
        {**_integers(0, 5703, (1 << 32) - 1), **_of_length(3, 16)},
        {
            **_outside(-1, 1 << 32, reason="bad_claim"),
            **NO_INTEGERS,
            **_bytes(0, 2, 4, 15, 17),
            "text of 3 bytes": (text("IBM"), "bad_claim"),
        },
    ),
    259: Limits("hwmodel", _of_length(1, 32), {**_bytes(0, 33), **TEXT}),
    260: Limits(
        "hwversion",
        {
            "text alone": (array(text("1")), ("1",)),
            "with a scheme": (array(text("1"), integer(1)), ("1", 1)),
            "with a private scheme": (array(text("1"), integer(-(1 << 64))), ("1", -(1 << 64))),
        },
        {
            **TEXT,
            "integer": (integer(1), "bad_claim"),
            "empty array": (array(), "bad_claim"),
            "array of an integer": (array(integer(1)), "bad_claim"),
            "array of bytes": (array(octets(b"1")), "bad_claim"),
            "scheme true": (array(text("1"), TRUE), "bad_claim"),
            "scheme 1.0": (array(text("1"), half(1.0)), "bad_claim"),
            "scheme as text": (array(text("1"), text("1")), "bad_claim"),
            "array of three": (array(text("1"), integer(1), integer(1)), "bad_claim"),
        },
    ),
    262: Limits(
        "oemboot",
        {"true": (TRUE, True)},
        {
            "false": (FALSE, "unauthorised_boot"),
            "1": (integer(1), "bad_claim"),
            "1.0": (half(1.0), "bad_claim"),
            "null": (NULL, "bad_claim"),
            "text": (text("true"), "bad_claim"),
        },
    ),
    263: Limits(
        "dbgstat",
        _integers(2, 3, 4),
        {**_outside(-1, 5), **_outside(0, 1, reason="debug_enabled"), **NO_INTEGERS},
    ),
    266: Limits(
        "evidence_digests",
        {
            "one": (_submodule(_DIGEST_ITEM), (("gpu0", DIGEST),)),
            "eight and more": (
                mapping(*((text(name), _DIGEST_ITEM) for name in ("gpu0", "gpu9", "gpu10", "gpu99"))),
                tuple((name, DIGEST) for name in ("gpu0", "gpu9", "gpu10", "gpu99")),
            ),
        },
        {
            "none": (mapping(), "bad_claim"),
            "array": (array(_DIGEST_ITEM), "bad_claim"),
            "named by a number": (in_order({0: _DIGEST_ITEM}), "unknown_claim"),
            **{
                f"named {name!a}": (_submodule(_DIGEST_ITEM, name), "unknown_claim")
                for name in ("", "cpu0", "gpu", "gpu00", "gpu01", "gpu100", "GPU0", "gpu0\n", "xgpu0", "gpu-1", "gpu\u0660")
            },
            "bare digest": (_submodule(octets(DIGEST)), "bad_claim"),
            "number": (_submodule(integer(SHA_256)), "bad_claim"),
            "null": (_submodule(NULL), "bad_claim"),
            "two bytes": (_submodule(octets(b"\xf0\x10")), "bad_claim"),
            "map of two": (_submodule(in_order({0: integer(SHA_256), 1: octets(DIGEST)})), "bad_claim"),
            "nested token": (_submodule(text("eyJhbGciOiJFUzM4NCJ9")), "bad_claim"),
            "digest of another hash": (_submodule(array(integer(-44), octets(bytes(64)))), "bad_claim"),
            "digest of another hash of 32 bytes": (_submodule(array(integer(-18), octets(DIGEST))), "bad_claim"),
            "hash named by a text": (_submodule(array(text("SHA-256"), octets(DIGEST))), "bad_claim"),
            "hash named by a float": (_submodule(array(half(-16.0), octets(DIGEST))), "bad_claim"),
            "digest of 31 bytes": (_submodule(array(integer(SHA_256), octets(DIGEST[1:]))), "bad_claim"),
            "digest of 33 bytes": (_submodule(array(integer(SHA_256), octets(bytes(33)))), "bad_claim"),
            "digest as text": (_submodule(array(integer(SHA_256), text("x" * 32))), "bad_claim"),
            "hash alone": (_submodule(array(integer(SHA_256))), "bad_claim"),
            "two digests": (_submodule(array(integer(SHA_256), octets(DIGEST), octets(DIGEST))), "bad_claim"),
        },
    ),
    267: Limits("bootcount", _integers(0, 1, (1 << 64) - 1), {**_outside(-1, -(1 << 64)), **NO_INTEGERS}),
    273: Limits(
        "measurements",
        {
            "one": (array(array(integer(10_571), octets(b"evidence"))), ((10_571, b"evidence"),)),
            "at the ends": (
                array(array(integer(0), octets(b"")), array(integer(65_535), octets(b""))),
                ((0, b""), (65_535, b"")),
            ),
        },
        {
            "none": (array(), "bad_claim"),
            "map": (in_order({10_571: octets(b"x")}), "bad_claim"),
            "bytes": (octets(b"x"), "bad_claim"),
            "one without an array around it": (array(integer(0), octets(b"x")), "bad_claim"),
            "empty": (array(array()), "bad_claim"),
            "format alone": (array(array(integer(0))), "bad_claim"),
            "of three": (array(array(integer(0), octets(b"x"), octets(b"x"))), "bad_claim"),
            "format -1": (array(array(integer(-1), octets(b"x"))), "out_of_range"),
            "format 65536": (array(array(integer(65_536), octets(b"x"))), "out_of_range"),
            "format true": (array(array(TRUE, octets(b"x"))), "bad_claim"),
            "format 0.0": (array(array(half(0.0), octets(b"x"))), "bad_claim"),
            "body as text": (array(array(integer(0), text("x"))), "bad_claim"),
            "bad after good": (array(array(integer(0), octets(b"x")), array(integer(0), NULL)), "bad_claim"),
        },
    ),
    275: Limits("intuse", _integers(1, 2), {**_outside(-1, 0, 3), **NO_INTEGERS}),
    -75001: Limits("position_source", _integers(0, 3), {**_outside(-1, 4), **NO_INTEGERS}),
    -75002: Limits("transcript_sha256", _of_length(32), {**_bytes(0, 31, 33), **TEXT}),
}

LOCATION_LIMITS = {
    1: Limits(
        "latitude_deg",
        _numbers(-90, 90, 0, -0.0, 1.5, 5e-324, 1.2897, 0.10000000149011612, 90.0, -90.0),
        _beyond(-91, 91, math.nextafter(90, 91), math.nextafter(-90, -91), 1e308, (1 << 64) - 1, -(1 << 64)),
    ),
    2: Limits(
        "longitude_deg",
        _numbers(-180, 180, 0, -0.0, math.nextafter(180, 0), 180.0, -180.0),
        _beyond(-181, 181, math.nextafter(180, 181), math.nextafter(-180, -181), 360.0),
    ),
    3: Limits("altitude_m", _numbers(-12_000, 100_000_000, -430.5), _beyond(-12_001, -12_000.5, 100_000_001)),
    4: Limits(
        "accuracy_m",
        _numbers(5e-324, 20_037_508, 1, 0.5),
        _beyond(0, 0.0, -0.0, -1, 20_037_509, 20_037_508.5),
    ),
    5: Limits("altitude_accuracy_m", _numbers(0, -0.0, 20_037_508), _beyond(-1, -5e-324, 20_037_509)),
    8: Limits("timestamp_s", _integers(0, NOW_S), {**NO_TIMES, **_outside(NOW_S + 1, reason="location_after_issue")}),
    9: Limits("age_s", _integers(0, (1 << 53) - 1), {**NO_TIMES, "1.5": (half(1.5), "time_not_integer")}),
}

UNKNOWN_CLAIMS = (0, 1, 2, 4, 5, 9, 38, 255, 257, 261, 268, 999, (1 << 64) - 1, -1, -256, -75_000, -75_003, -(1 << 64))
"""Labels of CWT and EAT that the profile leaves out, and some that nobody has."""

UNKNOWN_MEMBERS = (0, 6, 7, 10, -1)
"""Heading (6) and speed (7) of RFC 9711 section 4.2.10 among them: a chip stands."""

SMALL_ORDER = {
    f"small order {number}": point.to_bytes(32, "little")
    for number, point in enumerate(
        (
            0,
            1,
            (1 << 255) - 20,
            (1 << 255) - 19,
            (1 << 255) - 18,
            0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
            (1 << 255) | 1,
        )
    )
}
"""Encodings of points of edwards25519 under which anybody can sign (RFC 7748 section 7, with the sign bit of RFC 8032)."""


def claim_limits(algorithm: int) -> dict[int, Limits]:
    """Label -> limits, for every claim but location and profile."""
    return {**_LIMITS, 8: _session_key_limits(algorithm)}


def _session_key_limits(algorithm: int) -> Limits:
    key = wire.private_key(algorithm, 50)
    own = wire.cose_key(key)
    refused: dict[str, tuple[bytes, str]] = {
        "bare key": (own, "bad_claim"),
        "bytes": (octets(own), "bad_claim"),
        "key as bytes": (in_order({1: octets(own)}), "bad_claim"),
        "key identifier": (in_order({3: octets(bytes(16))}), "bad_claim"),
        "encrypted key": (in_order({2: array(octets(b""), mapping(), octets(b""))}), "bad_claim"),
        "key and identifier": (in_order({1: own, 3: octets(bytes(16))}), "bad_claim"),
        "nothing": (mapping(), "bad_claim"),
        "kty as text": (wire.confirmation(key, {1: text("EC")}), "bad_claim"),
        "kty true": (wire.confirmation(key, {1: TRUE}), "bad_claim"),
        "kty symmetric": (wire.confirmation(key, {1: integer(4)}), "wrong_key_type"),
        "kty absent": (wire.confirmation(key, {1: None}), "bad_claim"),
        "crv absent": (wire.confirmation(key, {-1: None}), "bad_claim"),
        "crv as a float": (wire.confirmation(key, {-1: half(2.0)}), "bad_claim"),
        "crv of X25519": (wire.confirmation(key, {-1: integer(4)}), "wrong_key_type"),
        "crv of Ed448": (wire.confirmation(key, {-1: integer(7)}), "wrong_key_type"),
        "crv of P-521": (wire.confirmation(key, {-1: integer(3)}), "wrong_key_type"),
        "alg within": (wire.confirmation(key, {3: integer(algorithm)}), "bad_claim"),
        "kid within": (wire.confirmation(key, {2: octets(bytes(16))}), "bad_claim"),
        "private key within": (wire.confirmation(key, {-4: octets(bytes(32))}), "bad_claim"),
        "x absent": (wire.confirmation(key, {-2: None}), "bad_claim"),
        "x too short": (wire.confirmation(key, {-2: octets(bytes(31))}), "bad_claim"),
        "x too long": (wire.confirmation(key, {-2: octets(bytes(49))}), "bad_claim"),
        "x as text": (wire.confirmation(key, {-2: text("x" * 32)}), "bad_claim"),
    }
    for sibling in PROFILES:
        if sibling != algorithm:
            name = f"key for {wire.ALGORITHM_NAMES[sibling]}"
            refused[name] = (wire.confirmation(wire.private_key(sibling, 50)), "wrong_key_type")
    if algorithm == ED25519:
        refused["y beside x"] = (wire.confirmation(key, {-3: octets(bytes(32))}), "bad_claim")
        for name, point in SMALL_ORDER.items():
            refused[name] = (wire.confirmation(key, {-2: octets(point)}), "weak_key")
    else:
        size = 48 if algorithm == ESP384 else 32
        refused["y absent"] = (wire.confirmation(key, {-3: None}), "bad_claim")
        refused["y as a sign"] = (wire.confirmation(key, {-3: TRUE}), "bad_claim")
        refused["point at infinity"] = (
            wire.confirmation(key, {-2: octets(bytes(size)), -3: octets(bytes(size))}),
            "wrong_key_type",
        )
        refused["not on the curve"] = (wire.confirmation(key, {-3: octets(bytes([1]) * size)}), "wrong_key_type")
        refused["beyond the field"] = (wire.confirmation(key, {-2: octets(b"\xff" * size)}), "wrong_key_type")
    return Limits("session_key", {"own kind": (wire.confirmation(key), own)}, refused)


# Strategies. Each draws attempts of one kind, whatever else may be wrong with them.


class Attempt(NamedTuple):
    """A hostile token, and when it arrives."""

    token: bytes
    now_s: float = NOW_S + 1


Strategy = st.SearchStrategy[Attempt]

_INTEGERS = st.integers(-(1 << 64), (1 << 64) - 1)
_LEAVES = (
    _INTEGERS.map(integer)
    | st.binary(max_size=40).map(octets)
    | st.text(max_size=20).map(text)
    | st.floats(width=16, allow_nan=False).map(half)
    | st.floats(allow_nan=False, allow_infinity=False).map(shortest)
    | st.sampled_from((TRUE, FALSE, NULL, NAN))
)
ITEMS = (
    _LEAVES
    | st.lists(_LEAVES, max_size=5).map(lambda items: array(*items))
    | st.dictionaries(_INTEGERS, _LEAVES, max_size=4).map(in_order)
)
"""Well-formed, deterministic items of all kinds, one level deep at most."""


def _major(item: bytes) -> int:
    return item[0] >> 5


def bytes_(scene: Scene) -> Strategy:
    """Kind 1: empty, too long, cut off, with something behind, wrongly tagged, or not CBOR at all."""
    good = scene.token()

    def too_long(length: int) -> bytes:
        return scene.token(scene.payload({273: array(array(integer(0), octets(bytes(length))))}))

    return st.one_of(
        st.integers(0, len(good) - 1).map(lambda length: good[:length]),
        st.binary(min_size=1, max_size=40).map(lambda tail: good + tail),
        st.binary(max_size=8).filter(lambda prefix: not prefix.startswith(PREFIX)).map(lambda p: p + good[len(PREFIX) :]),
        st.sampled_from((b"\xd8\x3d", b"\xd2", PREFIX)).map(lambda tags: tags + good),
        st.integers(4097, 20_000).map(too_long),
        st.dictionaries(st.text(max_size=5), st.integers(), max_size=3).map(lambda claims: str(claims).encode()),
        st.binary(max_size=30).map(lambda part: b"ey" + part),
        st.binary(max_size=60).filter(lambda data: not data.startswith(PREFIX)),
    ).map(Attempt)


BYTES_REASONS = {
    "empty",
    "over_size",
    "wrong_prefix",
    "json_token",
    "truncated",
    "trailing_bytes",
    "not_sign1",
    "inner_tag",  # a token within the tags of another
}


@st.composite
def _long_head(draw: st.DrawFn) -> bytes:
    """A length or an integer in more bytes than it needs."""
    code, size, most = draw(st.sampled_from(((24, 1, 23), (25, 2, 255), (26, 4, 65_535), (27, 8, (1 << 32) - 1))))
    major = draw(st.sampled_from((0, 1, 2, 3, 4, 5, 6)))
    number = draw(st.integers(0, most if major in (0, 1, 6) else min(most, 30)))
    content = b""
    if major in (2, 3, 4):
        content = b"0" * number  # text or bytes, or as many small negative integers
    elif major == 5:
        content = b"".join(integer(key) + NULL for key in range(number))
    elif major == 6:
        content = NULL
    return bytes([major << 5 | code]) + number.to_bytes(size, "big") + content


@st.composite
def _bad_map(draw: st.DrawFn) -> bytes:
    """A map with a key twice, out of order, or that is neither integer nor text."""
    keys = draw(st.lists(_INTEGERS.map(integer) | st.text(max_size=5).map(text), min_size=2, max_size=5, unique=True))
    how = draw(st.sampled_from(("twice", "order", "type")))
    if how == "order":
        ordered = sorted(keys)
        keys = draw(st.permutations(keys).filter(lambda order: order != ordered))
    else:
        odd = st.binary(max_size=5).map(octets) | st.sampled_from((TRUE, FALSE, NULL, half(1.0), array(), mapping()))
        keys = sorted([*keys, draw(st.sampled_from(keys) if how == "twice" else odd)])
    return mapping(*((key, NULL) for key in keys))


def _not_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False


@st.composite
def _bad_item(draw: st.DrawFn) -> bytes:
    """An item that may stand nowhere, perhaps within arrays and maps that may."""
    majors = st.integers(0, 7)
    item = draw(
        st.one_of(
            st.sampled_from([spelling for spelling, _ in BAD_ITEMS.values()]),
            _long_head(),
            _bad_map(),
            st.floats(width=16).map(single),
            st.floats(width=32).map(double),
            st.integers(1, 0x3FF).map(lambda low: b"\xf9" + (0x7C00 | low).to_bytes(2, "big")).filter(lambda f: f != NAN),
            st.lists(st.binary(max_size=5).map(octets), max_size=3).map(lambda chunks: b"\x5f" + b"".join(chunks) + b"\xff"),
            st.lists(ITEMS, max_size=3).map(lambda items: b"\x9f" + b"".join(items) + b"\xff"),
            st.builds(lambda tag, inner: head(6, tag) + inner, st.integers(0, (1 << 64) - 1), ITEMS),
            st.builds(lambda major, low: bytes([major << 5 | low]), majors, st.integers(28, 30)),
            st.integers(0, 19).map(lambda number: bytes([0xE0 | number])),
            st.integers(0, 255).map(lambda number: bytes([0xF8, number])),
            st.binary(min_size=1, max_size=9).filter(_not_utf8).map(lambda data: head(3, len(data)) + data),
            st.builds(lambda major, length: head(major, length), st.integers(2, 5), st.integers(65_537, (1 << 64) - 1)),
            st.builds(lambda levels, inner: b"\x81" * levels + inner, st.integers(9, 900), ITEMS),
        )
    )
    for within in draw(st.lists(st.sampled_from(("array", "map")), max_size=3)):
        item = array(NULL, item) if within == "array" else in_order({draw(_INTEGERS): item})
    return item


@st.composite
def cbor(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 2: a bad item somewhere, in the place of a value, of a key, or of a whole map."""
    item = draw(_bad_item())
    place = draw(st.sampled_from(("payload", "claim", "key", "location", "protected", "header", "unprotected", "message")))
    if place == "payload":
        return Attempt(scene.token(item))
    if place == "claim":
        return Attempt(scene.token(scene.payload({draw(st.sampled_from(sorted(CLAIMS))): item})))
    if place == "key":
        return Attempt(scene.token(mapping((item, NULL))))
    if place == "location":
        return Attempt(scene.token(scene.location({draw(st.sampled_from(sorted(LOCATION))): item})))
    if place == "protected":
        return Attempt(scene.token(protected=item))
    if place == "header":
        return Attempt(scene.token(protected=scene.header(changes={draw(st.sampled_from((1, 4, 16, 34, 99))): item})))
    if place == "unprotected":
        return Attempt(scene.token(unprotected=draw(st.sampled_from((item, in_order({33: item}))))))
    parts = [octets(scene.header()), mapping(), octets(scene.payload()), octets(bytes(64))]
    parts[draw(st.integers(0, 3))] = item
    return Attempt(PREFIX + array(*parts))


CBOR_REASONS = {
    "ill_formed",
    "bad_utf8",
    "indefinite_length",
    "not_shortest",
    "keys_out_of_order",
    "duplicate_key",
    "bad_key_type",
    "inner_tag",
    "bignum",
    "undefined",
    "simple_value",
    "too_deep",
    "length_bomb",
    "truncated",
}


@st.composite
def cose(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 3: another number or type of parts, a header that is not of the profile, another kind of message."""
    item = draw(ITEMS)
    label = draw(st.just(2) | _INTEGERS.filter(lambda label: label not in (1, 4, 16, 34)))
    how = draw(st.sampled_from(("parts", "part", "protected", "payload", "known", "unknown", "unprotected", "chain", "tag")))
    parts = [octets(scene.header()), mapping(), octets(scene.payload()), octets(wire.sign(scene.key, b""))]
    if how == "parts":
        return Attempt(PREFIX + array(*draw(st.lists(st.sampled_from(parts), max_size=9).filter(lambda p: len(p) != 4))))
    if how == "part":
        at, major = draw(st.sampled_from(((0, 2), (1, 5), (2, 2), (3, 2))))
        parts[at] = draw(ITEMS.filter(lambda item: _major(item) != major))
        return Attempt(PREFIX + array(*parts))
    if how == "protected":
        return Attempt(scene.token(protected=b"" if _major(item) == 5 else item))
    if how == "payload":
        return Attempt(scene.token(draw(ITEMS.filter(lambda item: _major(item) != 5))))
    if how == "known":
        known = draw(st.sampled_from((1, 4, 16, 34)))
        fitting = {integer(scene.algorithm), integer(263)}
        other = draw(ITEMS.filter(lambda item: item not in fitting and item[:1] != octets(bytes(16))[:1]))
        absent = known != 34 and draw(st.booleans())
        return Attempt(scene.token(protected=scene.header(changes={known: None if absent else other})))
    if how == "unknown":
        return Attempt(scene.token(protected=scene.header(changes={label: item})))
    if how == "unprotected":
        doubled = draw(st.sampled_from((label, 1, 4, 16)).filter(lambda label: label != 33))
        return Attempt(scene.token(unprotected=in_order({doubled: item})))
    if how == "chain":
        certificates = draw(st.sampled_from((0, 1, 7, 8)))
        chain = draw(st.sampled_from((item, array(*[octets(scene.chain[0])] * certificates))))
        bad = chain if _major(chain) != 4 or chain[0] & 31 not in range(2, 7) else array(*[item] * 3, NULL)
        return Attempt(scene.token(unprotected=in_order({33: bad})))
    tag = draw(st.sampled_from((b"\xd0", b"\xd1", b"\xd8\x60", b"\xd8\x61", b"\xd8\x62")))
    return Attempt(scene.token(prefix=b"\xd8\x3d" + tag))


COSE_REASONS = {
    "not_sign1",
    "not_four_parts",
    "bad_header",
    "detached_payload",
    "bad_payload",
    "label_in_both_headers",
    "unknown_header",
    "critical_header",
    "wrong_type",
    "bad_kid",
    "bad_x5t",
    "bad_x5chain",
    "algorithm_absent",
    "algorithm_not_integer",
    "algorithm_deprecated",
    "algorithm_not_allowed",
}


@st.composite
def algorithms(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 4: another algorithm than that of the key, or a key of another kind."""
    sibling = wire.private_key(draw(st.sampled_from([one for one in PROFILES if one != scene.algorithm])), 1)
    registered = st.sampled_from((*PROFILES, -7, -8, -35, -36, -37, -44, -47, -48, -52, -53, -257, -65_535, 0, 4, 5, 6, 7))
    chosen = draw((registered | _INTEGERS).filter(lambda number: number != scene.algorithm))
    protected = scene.header(alg=integer(chosen))
    how = draw(st.sampled_from(("chosen", "sibling", "sibling's own", "hmac", "ed448", "session key")))
    if how == "chosen":
        return Attempt(scene.token(protected=protected))
    if how == "sibling":  # claims the chip's key, follows the algorithm of the sibling
        named = scene.header(alg=integer(draw(st.sampled_from((wire.algorithm_of(sibling), scene.algorithm)))))
        return Attempt(wire.token(sibling, scene.payload(), protected=named))
    if how == "sibling's own":
        return Attempt(wire.token(sibling, wire.payload(algorithm=wire.algorithm_of(sibling))))
    if how == "hmac":  # the public key as a shared secret
        form = draw(
            st.sampled_from(
                ((Encoding.DER, PublicFormat.SubjectPublicKeyInfo), (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
            )
        )
        secret = scene.key.public_key().public_bytes(*form)
        number = draw(st.sampled_from((4, 5, 6, 7, scene.algorithm)))
        protected = scene.header(alg=integer(number))
        mac = hmac.digest(secret, wire.to_be_signed(protected, scene.payload()), "sha512")
        length = draw(st.sampled_from((8, 32, 48, 64)))
        return Attempt(scene.token(protected=protected, signature=mac[:length]))
    if how == "ed448":
        protected = draw(st.sampled_from((protected, scene.header())))
        key = Ed448PrivateKey.from_private_bytes(draw(st.binary(min_size=57, max_size=57)))
        forged = key.sign(wire.to_be_signed(protected, scene.payload()))
        return Attempt(scene.token(protected=protected, signature=forged))
    keys = {name: value for name, (value, reason) in _session_key_limits(scene.algorithm).refused.items() if "key" in reason}
    return Attempt(scene.token(scene.payload({8: draw(st.sampled_from(list(keys.values())))})))


ALGORITHM_REASONS = {
    "algorithm_deprecated",
    "algorithm_not_allowed",
    "wrong_key_type",
    "weak_key",
    "unknown_key",
    "signature_length",
    "der_signature",  # a code that happens to begin like DER
    "signature_out_of_range",
    "bad_signature",
}


@st.composite
def signatures(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 5: everything but the chip's own signature over exactly this message."""
    order, key = wire.group_order(scene.key), scene.key
    signed = wire.to_be_signed(scene.header(), scene.payload())
    good = wire.sign(key, signed)
    first, second = wire.halves(key, good)
    limit = 1 << 8 * (len(good) // 2)
    how = draw(st.sampled_from(("length", "cut", "random", "edge", "flip", "der", "other key", "other message")))
    if how == "length":
        forged = draw(st.binary(max_size=200).filter(lambda data: len(data) != len(good)))
    elif how == "cut":
        forged = draw(st.sampled_from((good[: draw(st.integers(0, len(good) - 1))], good + draw(st.binary(min_size=1)))))
    elif how == "random":
        forged = draw(st.binary(min_size=len(good), max_size=len(good)))
    elif how == "edge":
        edges = [number for number in (0, 1, order - 1, order, order + 1, limit - 1, second + order) if number < limit]
        pair = (draw(st.sampled_from([first, *edges])), draw(st.sampled_from(edges)))
        forged = wire.raw(key, draw(st.sampled_from((pair, pair[::-1]))))
    elif how == "flip":
        at, bit = draw(st.integers(0, len(good) - 1)), draw(st.integers(0, 7))
        forged = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    elif how == "der":
        forged = encode_dss_signature(first, second)
    elif how == "other key":
        forged = wire.sign(draw(st.sampled_from((scene.other_key, scene.stranger))), signed)
    else:
        context = draw(st.sampled_from(("Signature1", "Signature", "MAC0", "CounterSignature")))
        aad = draw(st.binary(min_size=int(context == "Signature1"), max_size=9))
        forged = wire.sign(key, wire.to_be_signed(scene.header(), scene.payload(), context=context, external_aad=aad))
    return Attempt(scene.token(signature=forged))


SIGNATURE_REASONS = {"signature_length", "der_signature", "signature_out_of_range", "bad_signature"}


@st.composite
def identities(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 6: key identifier, signing key, UEID and certificate that do not all belong to one enrolled chip."""
    keys = {"chip": scene.key, "other": scene.other_key, "newcomer": scene.newcomers_key, "stranger": scene.stranger}
    named, signing = draw(st.sampled_from(sorted(keys))), draw(st.sampled_from(sorted(keys)))
    ueids = {"chip": UEID, "other": OTHER_UEID, "unknown": b"\x01" + bytes(32)}
    claimed = draw(st.sampled_from(sorted(ueids)))
    chains = {"": (), "chip": scene.chain, "other": scene.other_chain, "second key": scene.second_key}
    chain = chains[draw(st.sampled_from(sorted(chains)))]
    digests = {"": None, "chip": wire.x5t(scene.chain), "other": wire.x5t(scene.other_chain), "unknown": bytes(32)}
    certified = draw(st.sampled_from(sorted(digests)))
    if named == signing == claimed and certified in (named, ""):
        certified = "unknown"
    digest = digests[certified]
    protected = wire.header(keys[named], changes={34: digest and array(integer(SHA_256), octets(digest))})
    unprotected = in_order({33: array(*map(octets, chain))}) if chain else mapping()
    body = scene.payload({256: octets(ueids[claimed])})
    return Attempt(wire.token(keys[signing], body, protected=protected, unprotected=unprotected))


IDENTITY_REASONS = {
    "unknown_key",
    "bad_signature",
    "ueid_not_endorsed",
    "ueid_already_enrolled",
    "x5t_mismatch",
    "chain_key_mismatch",
}


@st.composite
def freshness(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 8: no answer to this verifier's present challenge, made just now by the chip as it runs now."""
    now_s: float = NOW_S + 1
    how = draw(
        st.sampled_from(("nonce", "size", "known nonce", "several", "audience", "iat", "iat type", "arrival", "boots"))
    )
    changes: dict[int, bytes | None] = {}
    if how == "nonce":
        changes[10] = octets(draw(st.binary(min_size=32, max_size=32).filter(lambda nonce: nonce != NONCE)))
    elif how == "size":
        changes[10] = octets(draw(st.binary(max_size=70).filter(lambda nonce: len(nonce) != 32)))
    elif how == "known nonce":
        changes[10] = octets(draw(st.sampled_from((ANSWERED, OTHERS))))
    elif how == "several":
        more = draw(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5))
        changes[10] = array(octets(NONCE), *map(octets, more))
    elif how == "audience":
        changes[3] = text(draw(st.text().filter(lambda name: name != wire.AUDIENCE)))
    elif how == "iat":
        late = draw(st.integers(301, NOW_S) | st.integers(-(1 << 52), -6))
        changes[6], changes[264] = integer(NOW_S + 1 - late), in_order({**LOCATION, 8: integer(0)})
    elif how == "iat type":
        changes[6] = draw(ITEMS.filter(lambda item: _major(item) not in (0, 1)))
    elif how == "arrival":
        now_s = draw(st.floats(NOW_S + 60.1, NOW_S + 299) | st.floats(NOW_S + 301) | st.floats(max_value=NOW_S - 0.1))
    else:
        changes[267] = integer(0)
    return Attempt(scene.token(scene.payload(changes)), now_s)


FRESHNESS_REASONS = {
    "nonce_unknown",
    "nonce_mismatch",
    "nonce_reused",
    "nonce_expired",
    "nonce_for_other_chip",
    "bad_nonce_size",
    "wrong_audience",
    "stale",
    "from_the_future",
    "bootcount_fell",
    "time_not_integer",
    "bad_claim",  # an empty audience, an array with the same nonce twice
    "certificate_expired",  # beyond the year 9999
    "certificate_not_yet_valid",  # before 1970
}


@st.composite
def claims(draw: st.DrawFn, scene: Scene) -> Attempt:
    """Kind 9: one or several claims that break a rule of the profile."""
    limits = claim_limits(scene.algorithm)
    changes: dict[int, bytes | None] = {}
    place: dict[int, bytes | None] = {}
    for how in draw(
        st.lists(st.sampled_from(("limit", "place", "number", "length", "absent", "unknown")), min_size=1, max_size=3)
    ):
        if how == "limit":
            label = draw(st.sampled_from(sorted(limits)))
            changes[label] = draw(st.sampled_from([value for value, _ in limits[label].refused.values()]))
        elif how == "place":
            label = draw(st.sampled_from(sorted(LOCATION_LIMITS)))
            place[label] = draw(st.sampled_from([value for value, _ in LOCATION_LIMITS[label].refused.values()]))
        elif how == "number":
            label, bound = draw(st.sampled_from(((1, 90.0), (2, 180.0), (4, 20_037_508.0))))
            value = draw(st.floats(bound, exclude_min=True, allow_infinity=False)) * draw(st.sampled_from((1, -1)))
            place[label] = shortest(value)
        elif how == "length":
            label, allowed = draw(
                st.sampled_from(((7, (16,)), (10, (32,)), (256, (17, 33)), (258, (3, 16)), (-75002, (32,))))
            )
            data = draw(st.binary(max_size=80).filter(lambda data: len(data) not in allowed))  # noqa: B023
            changes[label] = octets(data)
        elif how == "absent":
            changes[draw(st.sampled_from(wire.REQUIRED))] = None
        else:
            changes[draw(_INTEGERS.filter(lambda label: label not in limits and label not in CLAIMS))] = draw(ITEMS)
    if place:
        changes[264] = in_order({**LOCATION, **place})
    return Attempt(scene.token(scene.payload(changes)))


CLAIM_REASONS = {
    "wrong_profile",
    "unknown_claim",
    "missing_claim",
    "bad_claim",
    "bad_nonce_size",
    "not_finite",
    "out_of_range",
    "time_not_integer",
    "location_after_issue",
    "debug_enabled",
    "unauthorised_boot",
    "wrong_key_type",
    "weak_key",
}

KINDS: Mapping[str, tuple[Callable[[Scene], Strategy], set[str]]] = {
    "bytes": (bytes_, BYTES_REASONS),
    "CBOR": (cbor, CBOR_REASONS),
    "COSE": (cose, COSE_REASONS),
    "algorithm": (algorithms, ALGORITHM_REASONS),
    "signature": (signatures, SIGNATURE_REASONS),
    "identity": (identities, IDENTITY_REASONS),
    "freshness": (freshness, FRESHNESS_REASONS),
    "claims": (claims, CLAIM_REASONS),
}


# Payloads near good ones, for whoever reads them in two ways.


@st.composite
def good_payloads(draw: st.DrawFn, algorithm: int) -> bytes:
    """Claims that keep every rule: any values that are allowed, any optional claims."""
    changes = {label: _allowed(draw, one, label in CLAIMS) for label, one in claim_limits(algorithm).items()}
    place = {label: _allowed(draw, one, label in LOCATION) for label, one in LOCATION_LIMITS.items()}
    return wire.payload({**changes, 264: in_order(place)}, algorithm)


def _allowed(draw: st.DrawFn, limits: Limits, required: bool) -> bytes | None:
    values = [value for value, _ in limits.allowed.values()]
    return draw(st.sampled_from(values if required else [*values, None]))


@st.composite
def mutants(draw: st.DrawFn, algorithm: int) -> bytes:
    """Claims with something changed: some bytes, or a whole value, or the order or number of claims."""
    how = draw(st.sampled_from(("bytes", "value", "member", "entries")))
    if how == "bytes":
        body = draw(st.just(wire.payload(algorithm=algorithm)) | good_payloads(algorithm))
        at, length = draw(st.integers(0, len(body))), draw(st.integers(0, 4))
        return body[:at] + draw(st.binary(max_size=5)) + body[at + length :]
    limits = claim_limits(algorithm)
    value = draw(ITEMS | _bad_item())
    if how == "value":
        label = draw(st.sampled_from(sorted(limits)))
        near = st.sampled_from([value for value, _ in limits[label].refused.values()])
        return wire.payload({label: draw(near | st.just(value))}, algorithm)
    if how == "member":
        label = draw(st.sampled_from(sorted(LOCATION_LIMITS)))
        near = st.sampled_from([value for value, _ in LOCATION_LIMITS[label].refused.values()])
        return wire.location({label: draw(near | st.just(value))}, algorithm)
    entries = [(integer(label), value) for label, value in {**CLAIMS, 265: text(PROFILES[algorithm])}.items()]
    chosen = draw(
        st.permutations(entries) | st.lists(st.sampled_from(entries), max_size=25) | st.just([*entries, entries[-1]])
    )
    return mapping(*chosen)
