"""Hostile tokens made by hand, one for each known way in which a verifier can be led astray.

Each is signed with the right key wherever that is possible, so that nothing but the fault itself can lead to its refusal,
and each must be refused for its own reason, without burning the challenge that the chip has still to answer.
"""

import base64
import hmac
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attestation import Refused, Verdict, refusals, verify
from attestation.errors import (
    AlgorithmRefused,
    BadSignature,
    CertificateExpired,
    ChainKeyMismatch,
    ClaimRefused,
    CoseRefused,
    DerSignature,
    FreshnessRefused,
    MalformedBytes,
    NonceAlreadyIssued,
    NotInManifest,
    SignatureRefused,
    UeidAlreadyEnrolled,
    UeidNotEndorsed,
    UnknownHeader,
    UnknownKey,
    WeakKey,
    X5tMismatch,
)
from attestation.token import unseal

from . import wire
from .conftest import ANSWERED, NEW_UEID, OTHER_UEID, OTHERS, Scene, chain_of
from .hostile import BAD_ITEMS, LOCATION_LIMITS, UNKNOWN_CLAIMS, UNKNOWN_MEMBERS, claim_limits
from .wire import (
    CLAIMS,
    LOCATION,
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
    half,
    in_order,
    integer,
    mapping,
    octets,
    shortest,
    text,
    to_be_signed,
)


class Hostile(NamedTuple):
    """A token, why it is refused, and when it arrives."""

    token: bytes
    reason: str
    now_s: float = NOW_S + 1


Tokens = dict[str, Hostile]


def message(scene: Scene, **changes: bytes) -> bytes:
    """A good message with some of its parts, as they are encoded, replaced; the signature remains."""
    parts = {
        "protected": octets(scene.header()),
        "unprotected": mapping(),
        "payload": octets(scene.payload()),
        "signature": octets(wire.sign(scene.key, to_be_signed(scene.header(), scene.payload()))),
    }
    return PREFIX + array(*{**parts, **changes}.values())


def of_size(scene: Scene, size: int, unprotected: bytes = b"\xa0") -> bytes:
    """A good token of this many bytes: a measurement may have any length."""

    def measured(length: int) -> bytes:
        body = scene.payload({273: array(array(integer(0), octets(bytes(length))))})
        return scene.token(body, unprotected=unprotected)

    return measured(1000 + size - len(measured(1000)))


def x5chain(*certificates: bytes) -> bytes:
    return in_order({33: array(*map(octets, certificates))})


def bytes_(scene: Scene) -> Tokens:
    """Something else than one whole token."""
    good, body, header = scene.token(), scene.payload(), scene.header()
    chain = x5chain(*scene.chain)
    prefixes = {
        "no tag": (b"", "wrong_prefix"),
        "tag 61 alone": (b"\xd8\x3d", "wrong_prefix"),
        "tag 18 alone": (b"\xd2", "wrong_prefix"),
        "tag 61 twice": (b"\xd8\x3d\xd8\x3d\xd2", "wrong_prefix"),
        "tag 18 twice": (b"\xd8\x3d\xd2\xd2", "wrong_prefix"),
        "both tags twice": (PREFIX * 2, "inner_tag"),
        "tags in the other order": (b"\xd2\xd8\x3d", "wrong_prefix"),
        "tag 61 in three bytes": (b"\xd9\x00\x3d\xd2", "wrong_prefix"),
        "tag 18 in two bytes": (b"\xd8\x3d\xd8\x12", "wrong_prefix"),
        "self-described CBOR": (b"\xd9\xd9\xf7" + PREFIX, "wrong_prefix"),
        "tag 601": (b"\xd9\x02\x59\xd2", "wrong_prefix"),
        "tag 602": (b"\xd9\x02\x5a\xd2", "wrong_prefix"),
        "tag 18 twice, without tag 61": (b"\xd2\xd2", "wrong_prefix"),
        "COSE_Encrypt0": (b"\xd8\x3d\xd0", "not_sign1"),
        "COSE_Mac0": (b"\xd8\x3d\xd1", "not_sign1"),
        "COSE_Encrypt": (b"\xd8\x3d\xd8\x60", "not_sign1"),
        "COSE_Mac": (b"\xd8\x3d\xd8\x61", "not_sign1"),
        "COSE_Sign": (b"\xd8\x3d\xd8\x62", "not_sign1"),
        "COSE_Mac0 alone": (b"\xd1", "wrong_prefix"),
        "COSE_Sign alone": (b"\xd8\x62", "wrong_prefix"),
    }
    return {
        **{name: Hostile(scene.token(prefix=prefix), reason) for name, (prefix, reason) in prefixes.items()},
        "nothing": Hostile(b"", "empty"),
        "4097 bytes": Hostile(of_size(scene, 4097), "over_size"),
        "4097 bytes and a chain": Hostile(of_size(scene, 4097 + sum(map(len, scene.chain)), chain), "over_size"),
        "12289 bytes": Hostile(good.ljust(12_289, b"\x00"), "over_size"),
        "a gigabyte announced": Hostile(PREFIX + b"\x9a\x40\x00\x00\x00", "length_bomb"),
        "a payload of 60,000 bytes announced": Hostile(message(scene, payload=b"\x59\xea\x60" + body), "truncated"),
        "last byte missing": Hostile(good[:-1], "truncated"),
        "cut in the middle": Hostile(good[: len(good) // 2], "truncated"),
        "tags alone": Hostile(PREFIX, "truncated"),
        "payload cut": Hostile(scene.token(body[:-1]), "truncated"),
        "payload empty": Hostile(scene.token(b""), "truncated"),
        "protected header cut": Hostile(scene.token(protected=header[:-1]), "truncated"),
        "one byte behind": Hostile(good + b"\x00", "trailing_bytes"),
        "a break behind": Hostile(good + b"\xff", "trailing_bytes"),
        "a second token behind": Hostile(good * 2, "trailing_bytes"),
        "a byte behind the claims": Hostile(scene.token(body + b"\x00"), "trailing_bytes"),
        "claims behind the claims": Hostile(scene.token(body * 2), "trailing_bytes"),
        "a byte behind the header": Hostile(scene.token(protected=header + b"\x00"), "trailing_bytes"),
        "within a byte string": Hostile(octets(good), "wrong_prefix"),
        "in hexadecimal": Hostile(good.hex().encode(), "wrong_prefix"),
        "in base64": Hostile(base64.b64encode(good), "wrong_prefix"),
        "JSON": Hostile(b'{"eat_nonce":"ICEiIyQl","iat":1800000000}', "json_token"),
        "JSON array": Hostile(b'["JWT","e30"]', "json_token"),
        "JSON behind tag 61": Hostile(b"\xd8\x3d" + b'{"iat":1800000000}', "json_token"),
        "JSON as payload": Hostile(scene.token(b'{"iat":1800000000}'), "length_bomb"),
        "JSON Web Token": Hostile(b"eyJhbGciOiJFUzM4NCJ9.eyJpYXQiOjF9.c2lnbmF0dXJl", "json_token"),
        "unsecured JSON Web Token": Hostile(b"eyJhbGciOiJub25lIn0.eyJpYXQiOjF9.", "json_token"),
        "line of text": Hostile(b"GET / HTTP/1.1\r\n\r\n", "wrong_prefix"),
        "certificate": Hostile(scene.chain[0], "wrong_prefix"),
    }


def bad_items(scene: Scene) -> Tokens:
    """Every bad item in the place of a claim, within the location, and in either header."""
    tokens = {}
    for name, (item, reason) in BAD_ITEMS.items():
        tokens[f"{name} as a claim"] = Hostile(scene.token(scene.payload({3: item})), reason)
        tokens[f"{name} within the location"] = Hostile(scene.token(scene.location({1: item})), reason)
        tokens[f"{name} in the header"] = Hostile(scene.token(protected=scene.header(changes={4: item})), reason)
        tokens[f"{name} in the unprotected header"] = Hostile(scene.token(unprotected=in_order({33: item})), reason)
    return tokens


def spellings(scene: Scene) -> Tokens:
    """Another spelling of a good message: longer, in pieces, in other order, or with a tag around a part."""
    good, body, header = scene.token(), scene.payload(), scene.header()
    behind = len(PREFIX) + 1  # the head of the array
    tokens = {
        "message of indefinite length": (PREFIX + b"\x9f" + good[behind:] + b"\xff", "indefinite_length"),
        "message with a long head": (PREFIX + b"\x98\x04" + good[behind:], "not_shortest"),
        "claims of indefinite length": (scene.token(b"\xbf" + body[1:] + b"\xff"), "indefinite_length"),
        "claims with a long head": (scene.token(b"\xb8\x0d" + body[1:]), "not_shortest"),
        "header of indefinite length": (scene.token(protected=b"\xbf" + header[1:] + b"\xff"), "indefinite_length"),
        "header with a long head": (scene.token(protected=b"\xb8\x03" + header[1:]), "not_shortest"),
        "unprotected header of indefinite length": (scene.token(unprotected=b"\xbf\xff"), "indefinite_length"),
        "payload with a long head": (
            message(scene, payload=b"\x5a" + len(body).to_bytes(4, "big") + body),
            "not_shortest",
        ),
        "payload in two pieces": (
            message(scene, payload=b"\x5f" + octets(body[:9]) + octets(body[9:]) + b"\xff"),
            "indefinite_length",
        ),
        "tag around the message": (PREFIX + b"\xd8\x18" + good[len(PREFIX) :], "inner_tag"),
        "tag around the claims": (scene.token(b"\xd9\x02\x59" + body), "inner_tag"),
        "tag around the header": (scene.token(protected=b"\xd8\x18" + header), "inner_tag"),
        "tag around the payload": (message(scene, payload=b"\xd8\x18" + octets(body)), "inner_tag"),
        "tag around the signature": (message(scene, signature=b"\xc2" + octets(bytes(64))), "bignum"),
        "issue time as a date": (scene.token(scene.payload({6: b"\xc1" + integer(NOW_S)})), "inner_tag"),
        "fix time as a date": (scene.token(scene.location({8: b"\xc1" + integer(NOW_S)})), "inner_tag"),
    }
    for where, put, entries in maps(scene):
        (label, value), last = entries[0], entries[-1]
        number = label[0]
        tokens |= {
            f"first label of the {where} twice": (put([entries[0], *entries]), "duplicate_key"),
            f"last label of the {where} twice": (put([*entries, last]), "duplicate_key"),
            f"first label of the {where} again with another value": (put([(label, NULL), *entries]), "duplicate_key"),
            f"first label of the {where} again at the end": (put([*entries, entries[0]]), "duplicate_key"),
            f"{where} backwards": (put(entries[::-1]), "keys_out_of_order"),
            f"two labels of the {where} exchanged": (put([entries[1], entries[0], *entries[2:]]), "keys_out_of_order"),
        }
        aliases = {
            "a float": (half(float(number)), "bad_key_type"),
            "bytes": (octets(bytes([number])), "bad_key_type"),
            "true": (TRUE, "bad_key_type"),
            "bignum": (b"\xc2" + octets(bytes([number])), "bignum"),
            "two bytes": (b"\x18" + bytes([number]), "not_shortest"),
        }
        for alias, (key, reason) in aliases.items():
            renamed, added = sorted([(key, value), *entries[1:]]), sorted([*entries, (key, value)])
            tokens[f"first label of the {where} as {alias}"] = (put(renamed), reason)
            tokens[f"first label of the {where} again as {alias}"] = (put(added), reason)
    return {name: Hostile(*pair) for name, pair in tokens.items()}


def maps(scene: Scene):
    """Each map of a token: its name, how to put other entries in its place, and its entries in order."""
    header = {1: integer(scene.algorithm), 4: octets(wire.kid(scene.key)), 16: integer(263)}
    claims = {**CLAIMS, 265: text(PROFILES[scene.algorithm])}
    for where, put, members in (
        ("header", lambda entries: scene.token(protected=mapping(*entries)), header),
        ("claims", lambda entries: scene.token(mapping(*entries)), claims),
        ("location", lambda entries: scene.token(scene.payload({264: mapping(*entries)})), LOCATION),
    ):
        yield where, put, [(integer(label), value) for label, value in members.items()]


def cose(scene: Scene) -> Tokens:
    """Signed messages that are not of the shape of the profile."""
    body, header = scene.payload(), scene.header()
    signed = [octets(header), mapping(), octets(body), octets(wire.sign(scene.key, to_be_signed(header, body)))]
    certificate, issuer = map(octets, scene.chain)

    def protected(reason: str, changes: dict[int, bytes | None]) -> Hostile:
        return Hostile(scene.token(protected=scene.header(changes=changes)), reason)

    def unprotected(reason: str, header: bytes) -> Hostile:
        return Hostile(scene.token(unprotected=header), reason)

    def replaced(reason: str, **parts: bytes) -> Hostile:
        return Hostile(message(scene, **parts), reason)

    x5t = octets(wire.x5t(scene.chain))
    own = integer(scene.algorithm)
    kid = octets(wire.kid(scene.key))
    return {
        "array of none": Hostile(PREFIX + array(), "not_four_parts"),
        "array of three": Hostile(PREFIX + array(*signed[:3]), "not_four_parts"),
        "array of five": Hostile(PREFIX + array(*signed, mapping()), "not_four_parts"),
        "map of four": Hostile(PREFIX + in_order(dict(enumerate(signed))), "not_four_parts"),
        "integer": Hostile(PREFIX + integer(4), "not_four_parts"),
        "message in a byte string": Hostile(PREFIX + octets(array(*signed)), "not_four_parts"),
        "header not wrapped": replaced("bad_header", protected=header),
        "header null": replaced("bad_header", protected=NULL),
        "header as text": replaced("bad_header", protected=text("a")),
        "header an array within": Hostile(scene.token(protected=array()), "bad_header"),
        "header wrapped twice": Hostile(scene.token(protected=octets(header)), "bad_header"),
        "unprotected header null": unprotected("bad_header", NULL),
        "unprotected header an array": unprotected("bad_header", array()),
        "unprotected header wrapped": unprotected("bad_header", octets(mapping())),
        "payload detached": replaced("detached_payload", payload=NULL),
        "payload not wrapped": replaced("bad_payload", payload=body),
        "payload as text": replaced("bad_payload", payload=text("x")),
        "payload true": replaced("bad_payload", payload=TRUE),
        "payload wrapped twice": Hostile(scene.token(octets(body)), "bad_payload"),
        "claims in an array": Hostile(scene.token(array(body)), "bad_payload"),
        "claims null": Hostile(scene.token(NULL), "bad_payload"),
        "signature null": replaced("bad_payload", signature=NULL),
        "signature in an array": replaced("bad_payload", signature=array(signed[3])),
        "signature as text": replaced("bad_payload", signature=text("x" * 64)),
        "header empty": Hostile(scene.token(protected=b""), "algorithm_absent"),
        "header an empty map": Hostile(scene.token(protected=mapping()), "algorithm_absent"),
        "algorithm absent": protected("algorithm_absent", {1: None}),
        "algorithm unprotected": Hostile(
            scene.token(protected=scene.header(alg=None), unprotected=in_order({1: own})), "algorithm_unprotected"
        ),
        "everything unprotected": Hostile(
            scene.token(protected=b"", unprotected=in_order({1: own, 4: kid, 16: integer(263)})), "algorithm_unprotected"
        ),
        "algorithm in both headers": unprotected("label_in_both_headers", in_order({1: own})),
        "kid in both headers": unprotected("label_in_both_headers", in_order({4: kid})),
        "typ in both headers": unprotected("label_in_both_headers", in_order({16: integer(263)})),
        "x5chain in both headers": Hostile(
            scene.token(protected=scene.header(changes={33: array(certificate, issuer)}), unprotected=x5chain(*scene.chain)),
            "label_in_both_headers",
        ),
        "algorithm as text": protected("algorithm_not_integer", {1: text(wire.ALGORITHM_NAMES[scene.algorithm])}),
        "algorithm as a float": protected("algorithm_not_integer", {1: half(float(scene.algorithm))}),
        "algorithm true": protected("algorithm_not_integer", {1: TRUE}),
        "algorithm null": protected("algorithm_not_integer", {1: NULL}),
        "algorithm as bytes": protected("algorithm_not_integer", {1: octets(own)}),
        "algorithms in an array": protected("algorithm_not_integer", {1: array(own)}),
        "content type": protected("unknown_header", {3: integer(61)}),
        "initialisation vector": protected("unknown_header", {5: octets(bytes(12))}),
        "CWT claims in the header": protected("unknown_header", {15: in_order({6: integer(NOW_S)})}),
        "x5chain protected": protected("unknown_header", {33: array(certificate, issuer)}),
        "x5u": protected("unknown_header", {35: text("https://example.org/c")}),
        "label 0": protected("unknown_header", {0: integer(0)}),
        "private label": protected("unknown_header", {-70_001: NULL}),
        "label as text": Hostile(
            scene.token(protected=b"\xa4" + header[1:] + text("alg") + own),
            "unknown_header",
        ),
        "kid only unprotected": Hostile(
            scene.token(protected=scene.header(changes={4: None}), unprotected=in_order({4: kid})), "unknown_header"
        ),
        "x5t unprotected": unprotected("unknown_header", in_order({34: array(integer(SHA_256), x5t)})),
        "x5bag unprotected": unprotected("unknown_header", in_order({32: array(certificate, issuer)})),
        "counter signature unprotected": unprotected("unknown_header", in_order({11: array(*signed[:2], signed[3])})),
        "text unprotected": unprotected("unknown_header", mapping((text("x5chain"), array(certificate, issuer)))),
        "x5chain and another label": unprotected(
            "unknown_header", in_order({33: array(certificate, issuer), 35: text("x")})
        ),
        "critical": protected("critical_header", {2: array(integer(1))}),
        "critical label unknown": protected("critical_header", {2: array(integer(99)), 99: TRUE}),
        "critical and empty": protected("critical_header", {2: array()}),
        "critical unprotected": unprotected("critical_header", in_order({2: array(integer(33))})),
        "kid absent": protected("bad_kid", {4: None}),
        "kid null": protected("bad_kid", {4: NULL}),
        "kid empty": protected("bad_kid", {4: octets(b"")}),
        "kid of 15 bytes": protected("bad_kid", {4: octets(wire.kid(scene.key)[:15])}),
        "kid of 17 bytes": protected("bad_kid", {4: octets(wire.kid(scene.key) + b"\x00")}),
        "kid as text": protected("bad_kid", {4: text("k" * 16)}),
        "kid as a number": protected("bad_kid", {4: integer(1)}),
        "typ absent": protected("wrong_type", {16: None}),
        "typ of a plain CWT": protected("wrong_type", {16: integer(61)}),
        "typ of an EAT in JSON": protected("wrong_type", {16: integer(262)}),
        "typ as a float": protected("wrong_type", {16: half(263.0)}),
        "typ as text": protected("wrong_type", {16: text("application/eat+cwt")}),
        "typ null": protected("wrong_type", {16: NULL}),
        "x5t null": protected("bad_x5t", {34: NULL}),
        "x5t bare": protected("bad_x5t", {34: x5t}),
        "x5t of one": protected("bad_x5t", {34: array(integer(SHA_256))}),
        "x5t of three": protected("bad_x5t", {34: array(integer(SHA_256), x5t, x5t)}),
        "x5t by SHA-512": protected("bad_x5t", {34: array(integer(-44), octets(bytes(64)))}),
        "x5t by SHA-256 cut to 64 bits": protected("bad_x5t", {34: array(integer(-15), octets(bytes(8)))}),
        "x5t by another hash of 32 bytes": protected("bad_x5t", {34: array(integer(-18), x5t)}),
        "x5t by a name": protected("bad_x5t", {34: array(text("SHA-256"), x5t)}),
        "x5t by a float": protected("bad_x5t", {34: array(half(-16.0), x5t)}),
        "x5t of 31 bytes": protected("bad_x5t", {34: array(integer(SHA_256), octets(bytes(31)))}),
        "x5t of 33 bytes": protected("bad_x5t", {34: array(integer(SHA_256), octets(bytes(33)))}),
        "x5t as text": protected("bad_x5t", {34: array(integer(SHA_256), text("x" * 32))}),
        "x5chain of one, bare": unprotected("bad_x5chain", in_order({33: certificate})),
        "x5chain null": unprotected("bad_x5chain", in_order({33: NULL})),
        "x5chain empty": unprotected("bad_x5chain", x5chain()),
        "x5chain of one": unprotected("bad_x5chain", x5chain(scene.chain[0])),
        "x5chain of seven": unprotected("bad_x5chain", x5chain(*scene.chain, *[scene.chain[1]] * 5)),
        "x5chain with a text": unprotected("bad_x5chain", in_order({33: array(certificate, text("issuer"))})),
        "x5chain with null": unprotected("bad_x5chain", in_order({33: array(NULL, issuer)})),
        "x5chain within an array": unprotected("bad_x5chain", in_order({33: array(array(certificate, issuer))})),
        "x5chain of 8193 bytes": unprotected("bad_x5chain", x5chain(bytes(4000), bytes(4193))),
    }


def algorithms(scene: Scene) -> Tokens:
    """The algorithm chosen by the message, and keys of another kind."""
    names = {
        "ES256": -7,
        "ES384": -35,
        "ES512": -36,
        "EdDSA": -8,
        "PS256": -37,
        "ML-DSA-44": -48,
        "ES256K": -47,
        "ESP512": -52,
        "Ed448": -53,
        "RS256": -257,
        "RS1": -65_535,
        "HMAC 256/64": 4,
        "HMAC 256/256": 5,
        "HMAC 512/512": 7,
        "A128GCM": 1,
        "reserved": 0,
        "64 bits": (1 << 64) - 1,
    }
    deprecated = (-7, -8, -35, -36)
    tokens = {
        f"algorithm {name}": Hostile(
            scene.token(protected=scene.header(alg=integer(number))),
            "algorithm_deprecated" if number in deprecated else "algorithm_not_allowed",
        )
        for name, number in names.items()
    }
    for algorithm in PROFILES:
        if algorithm != scene.algorithm:
            name = wire.ALGORITHM_NAMES[algorithm]
            sibling, named = wire.private_key(algorithm, 1), scene.header(alg=integer(algorithm))
            tokens |= {
                f"algorithm {name}": Hostile(scene.token(protected=named), "algorithm_not_allowed"),
                f"{name} by a key for it, in the chip's name": Hostile(
                    wire.token(sibling, scene.payload(), protected=named), "algorithm_not_allowed"
                ),
                f"{name} by a key for it": Hostile(wire.token(sibling, wire.payload(algorithm=algorithm)), "unknown_key"),
            }
    public = scene.key.public_key()
    secrets = {
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "COSE": wire.cose_key(scene.key),
    }
    protected = scene.header(alg=integer(5))
    for form, secret in secrets.items():
        code = hmac.digest(secret, to_be_signed(protected, scene.payload()), "sha256")
        tokens[f"public key in {form} as a secret"] = Hostile(
            scene.token(protected=protected, signature=code), "algorithm_not_allowed"
        )
    ed448 = Ed448PrivateKey.from_private_bytes(bytes(57))
    for number, reason in (
        (-53, "algorithm_not_allowed"),
        (-8, "algorithm_deprecated"),
        (scene.algorithm, "signature_length"),
    ):
        protected = scene.header(alg=integer(number))
        forged = ed448.sign(to_be_signed(protected, scene.payload()))
        tokens[f"signed with Ed448 under {number}"] = Hostile(scene.token(protected=protected, signature=forged), reason)
    return tokens


def signatures(scene: Scene) -> Tokens:
    """Everything but the chip's own signature over exactly this message."""
    key, order, body, header = scene.key, wire.group_order(scene.key), scene.payload(), scene.header()
    signed = to_be_signed(header, body)
    good = wire.sign(key, signed)
    first, second = wire.halves(key, good)
    others = {
        "another chip's": wire.sign(scene.other_key, signed),
        "a stranger's": wire.sign(scene.stranger, signed),
        "over the payload alone": wire.sign(key, body),
        "over other claims": wire.sign(key, to_be_signed(header, scene.payload({263: integer(4)}))),
        "over another header": wire.sign(key, to_be_signed(scene.header(changes={34: NULL}), body)),
        "over no header": wire.sign(key, to_be_signed(b"", body)),
        "with additional data": wire.sign(key, to_be_signed(header, body, external_aad=b"x")),
        "as of COSE_Sign": wire.sign(key, to_be_signed(header, body, context="Signature")),
        "as of COSE_Mac0": wire.sign(key, to_be_signed(header, body, context="MAC0")),
        "over a digest": wire.sign(key, hmac.digest(b"", signed, "sha256")),
        "random": bytes(range(len(good), 0, -1)),
        "one bit of the first half": bytes([good[0] ^ 1]) + good[1:],
        "one bit of the second half": good[: len(good) // 2]
        + bytes([good[len(good) // 2] ^ 1])
        + good[len(good) // 2 + 1 :],
        "ones": wire.raw(key, (1, 1)),
        "second half 1": wire.raw(key, (first, 1)),
    }
    ranges = {
        "second half the order": (first, order),
        "second half plus the order": (first, second + order),
        "second half all ones": (first, (1 << 4 * len(good)) - 1),
        "zero and the order": (0, order),
    }
    tokens = {name: (forged, "bad_signature") for name, forged in others.items()}
    tokens |= {
        "empty": (b"", "signature_length"),
        "half": (good[: len(good) // 2], "signature_length"),
        "one byte too short": (good[:-1] if good[0] != 0x30 else good[1:], "signature_length"),
        "one byte too long": (b"\x00" + good, "signature_length"),
        "twice": (good * 2, "signature_length"),
    }
    if isinstance(key, Ed25519PrivateKey):
        tokens["zeros"] = (bytes(64), "bad_signature")
        tokens["neutral element"] = (wire.raw(key, (1, 0)), "bad_signature")
        tokens["in DER"] = (encode_dss_signature(first, second), "signature_length")
        tokens["not canonical R"] = (wire.raw(key, ((1 << 255) - 18, second)), "bad_signature")
    else:
        ranges |= {
            "r zero": (0, second),
            "s zero": (first, 0),
            "r the order": (order, second),
            "both the order": (order, order),
            "zeros": (0, 0),
        }
        digest = hashes.SHA256() if key.curve.key_size == 384 else hashes.SHA384()
        wrong_hash = decode_dss_signature(key.sign(signed, ec.ECDSA(digest, deterministic_signing=True)))
        tokens["with another hash"] = (wire.raw(key, wrong_hash), "bad_signature")
        tokens["in DER"] = (encode_dss_signature(first, second), "der_signature")
        tokens["twin in DER"] = (encode_dss_signature(first, order - second), "der_signature")
        tokens["with r and s exchanged"] = (wire.raw(key, (second, first)), "bad_signature")
        tokens["negative r"] = (wire.raw(key, (order - first, second)), "bad_signature")
        tokens["of P-521"] = (bytes(132), "signature_length")
    limit = 1 << 4 * len(good)
    tokens |= {name: (wire.raw(key, pair), "signature_out_of_range") for name, pair in ranges.items() if max(pair) < limit}
    return {name: Hostile(scene.token(signature=forged), reason) for name, (forged, reason) in tokens.items()}


def identities(scene: Scene) -> Tokens:
    """Key, key identifier, UEID and certificate that do not belong together."""
    key, other, stranger = scene.key, scene.other_key, scene.stranger
    body, others_body = scene.payload(), scene.payload({256: octets(OTHER_UEID)})
    certificates = {
        name: array(integer(SHA_256), octets(digest))
        for name, digest in {
            "another chip's": wire.x5t(scene.other_chain),
            "the issuer's": wire.x5t(scene.chain[1:]),
            "nobody's": bytes(32),
        }.items()
    }
    newcomer, new = scene.newcomers_key, {256: octets(NEW_UEID)}
    unlisted = chain_of(scene.algorithm, 4, NEW_UEID)
    tokens = {
        "key unknown": (wire.token(stranger, body), "unknown_key"),
        "key unknown, unlisted chain": (wire.token(stranger, body, unprotected=x5chain(*unlisted)), "not_in_manifest"),
        "in the chip's name by a stranger": (wire.token(stranger, body, protected=wire.header(key)), "bad_signature"),
        "in the chip's name by another": (wire.token(other, body, protected=wire.header(key)), "bad_signature"),
        "in another's name": (wire.token(key, others_body, protected=wire.header(other)), "bad_signature"),
        "another chip's UEID": (scene.token(others_body), "ueid_not_endorsed"),
        "by another with the chip's UEID": (wire.token(other, body), "ueid_not_endorsed"),
        "UEID of nobody": (scene.token(scene.payload({256: octets(b"\x01" + bytes(16))})), "ueid_not_endorsed"),
        "UEID longer": (scene.token(scene.payload({256: octets(UEID + bytes(16))})), "ueid_not_endorsed"),
        "stranger with the chip's chain": (
            wire.token(stranger, body, unprotected=x5chain(*scene.chain)),
            "chain_key_mismatch",
        ),
        "stranger with the chip's second UEID": (
            wire.token(stranger, scene.payload(new), unprotected=x5chain(*scene.second_ueid)),
            "chain_key_mismatch",
        ),
        "chip with another's chain": (scene.token(unprotected=x5chain(*scene.other_chain)), "chain_key_mismatch"),
        "chip with its issuer's chain": (scene.token(unprotected=x5chain(*scene.chain[::-1])), "chain_key_mismatch"),
        "newcomer with the chip's UEID": (
            wire.token(newcomer, body, unprotected=x5chain(*scene.newcomers_chain)),
            "ueid_not_endorsed",
        ),
        "newcomer's chain by a stranger": (
            wire.token(
                stranger,
                scene.payload(new),
                protected=wire.header(newcomer),
                unprotected=x5chain(*scene.newcomers_chain),
            ),
            "bad_signature",
        ),
        "second key for the chip": (
            wire.token(newcomer, body, unprotected=x5chain(*scene.second_key)),
            "ueid_already_enrolled",
        ),
    }
    for whose, x5t in certificates.items():
        tokens[f"certificate {whose}"] = (scene.token(protected=scene.header(changes={34: x5t})), "x5t_mismatch")
    return {name: Hostile(*pair) for name, pair in tokens.items()}


def freshness(scene: Scene) -> Tokens:
    """Not an answer to this verifier's present challenge."""

    def with_claims(reason: str, changes: dict[int, bytes | None], now_s: float = NOW_S + 1) -> Hostile:
        return Hostile(scene.token(scene.payload(changes)), reason, now_s)

    early, fixed_early = integer(NOW_S - 301), in_order({**LOCATION, 8: integer(0)})
    others = scene.payload({10: octets(NONCE), 256: octets(OTHER_UEID)})
    audiences = {
        "longer": wire.AUDIENCE + "x",
        "shorter": wire.AUDIENCE[:-1],
        "upper-case": wire.AUDIENCE.upper(),
        "other": "verifier.example.net",
        "URL": f"https://{wire.AUDIENCE}",
        "zero-ended": wire.AUDIENCE + "\0",
    }
    return {
        **{f"{name} audience": with_claims("wrong_audience", {3: text(audience)}) for name, audience in audiences.items()},
        "nonce of nobody": with_claims("nonce_unknown", {10: octets(bytes(32))}),
        "nonce one bit off": with_claims("nonce_unknown", {10: octets(NONCE[:-1] + bytes([NONCE[-1] ^ 1]))}),
        "nonce answered before": with_claims("nonce_reused", {10: octets(ANSWERED)}),
        "nonce of another chip": with_claims("nonce_for_other_chip", {10: octets(OTHERS)}),
        "challenge answered by another chip": Hostile(wire.token(scene.other_key, others), "nonce_for_other_chip"),
        "two nonces": with_claims("nonce_mismatch", {10: array(octets(NONCE), octets(bytes(32)))}),
        "own nonce among 72": with_claims(
            "nonce_mismatch", {10: array(octets(NONCE), *(octets(bytes([n]) * 32) for n in range(71)))}
        ),
        "too late for the nonce": with_claims("nonce_expired", {}, NOW_S + 60.5),
        "before the nonce": with_claims("from_the_future", {}, NOW_S - 0.5),
        "issued 6 s ahead": with_claims("from_the_future", {6: integer(NOW_S + 7)}),
        "issued in a thousand years": with_claims("from_the_future", {6: integer(NOW_S + 31_556_952_000)}),
        "issued 301 s ago": with_claims("stale", {6: early, 264: fixed_early}, NOW_S),
        "issued in 1970": with_claims("stale", {6: integer(0), 264: fixed_early}),
        "bootcount falling": with_claims("bootcount_fell", {267: integer(0)}),
        "issued at a fraction of a second": with_claims("time_not_integer", {6: shortest(NOW_S + 0.5)}),
        "issued at a whole float": with_claims("time_not_integer", {6: shortest(float(NOW_S))}),
        "clock not a number": with_claims("certificate_expired", {}, float("nan")),
    }


def claims(scene: Scene) -> Tokens:
    """Claims that break a rule of the profile: absent, unknown, or beyond a limit."""
    tokens: dict[str, tuple[bytes, str]] = {}
    for label, limits in claim_limits(scene.algorithm).items():
        for name, (value, reason) in limits.refused.items():
            tokens[f"{limits.field}: {name}"] = (scene.payload({label: value}), reason)
    for label, limits in LOCATION_LIMITS.items():
        for name, (value, reason) in limits.refused.items():
            tokens[f"{limits.field}: {name}"] = (scene.location({label: value}), reason)
    for label in wire.REQUIRED:
        tokens[f"without claim {label}"] = (
            scene.payload({label: None}),
            "wrong_profile" if label == 265 else "missing_claim",
        )
    for label in LOCATION:
        tokens[f"without member {label}"] = (scene.location({label: None}), "missing_claim")
    for label in UNKNOWN_CLAIMS:
        tokens[f"unknown claim {label}"] = (scene.payload({label: integer(1)}), "unknown_claim")
    for label in UNKNOWN_MEMBERS:
        tokens[f"unknown member {label}"] = (scene.location({label: integer(1)}), "unknown_claim")
    profile = PROFILES[scene.algorithm]
    profiles = {
        **{wire.ALGORITHM_NAMES[one]: text(PROFILES[one]) for one in PROFILES if one != scene.algorithm},
        "of landmarks": text("tag:example.org,2026:landmark-measurement#1"),
        "as bytes": octets(profile.encode()),
        "null": NULL,
        "in an array": array(text(profile)),
        "in upper case": text(profile.upper()),
        "with a blank": text(profile + " "),
        "empty": text(""),
        "as a number": integer(1),
    }
    tokens |= {f"profile {name}": (scene.payload({265: value}), "wrong_profile") for name, value in profiles.items()}
    entries = [(integer(label), value) for label, value in {**CLAIMS, 265: text(profile)}.items()]
    places = {
        "an array": (array(*LOCATION.values()), "bad_claim"),
        "null": (NULL, "bad_claim"),
        "wrapped": (octets(in_order(LOCATION)), "bad_claim"),
        "empty": (mapping(), "missing_claim"),
        "with a member named by text": (mapping((text("lat"), integer(1))), "unknown_claim"),
        "of NaN alone": (in_order(dict.fromkeys(LOCATION, NAN)), "not_finite"),
    }
    tokens |= {f"location {name}": (scene.payload({264: value}), reason) for name, (value, reason) in places.items()}
    return {name: Hostile(scene.token(body), reason) for name, (body, reason) in tokens.items()} | {
        "claim named by text": Hostile(scene.token(mapping(*entries, (text("iat"), integer(NOW_S)))), "unknown_claim"),
        "no claims": Hostile(scene.token(mapping()), "wrong_profile"),
        "profile alone": Hostile(scene.token(in_order({265: text(profile)})), "missing_claim"),
        "fixed one second after issue": Hostile(scene.token(scene.payload({6: integer(NOW_S - 1)})), "location_after_issue"),
    }


KINDS = {
    "bytes": bytes_,
    "item": bad_items,
    "spelling": spellings,
    "COSE": cose,
    "algorithm": algorithms,
    "signature": signatures,
    "identity": identities,
    "freshness": freshness,
    "claim": claims,
}


def battery(scene: Scene) -> Tokens:
    return {f"{kind}: {name}": one for kind, make in KINDS.items() for name, one in make(scene).items()}


def name_of(algorithm: int) -> str:
    return wire.ALGORITHM_NAMES[algorithm]


SCENES = {algorithm: Scene(algorithm) for algorithm in PROFILES}
BATTERIES = {algorithm: battery(scene) for algorithm, scene in SCENES.items()}
EACH = [pytest.param(one, name, id=f"{name_of(one)}-{name}") for one, tokens in BATTERIES.items() for name in tokens]
IN_EVERY_PROFILE = pytest.mark.parametrize("algorithm", PROFILES, ids=name_of)


@pytest.mark.parametrize(("algorithm", "name"), EACH)
def test_a_hostile_token_is_refused_for_its_own_reason(algorithm, name):
    token, reason, now_s = BATTERIES[algorithm][name]
    appraisal = SCENES[algorithm].judge(token, now_s)
    assert (appraisal.verdict, appraisal.reasons) == (Verdict.INVALID, (reason,)), appraisal.detail
    assert (appraisal.ueid, appraisal.claims, appraisal.bounds) == (None, None, ())


@IN_EVERY_PROFILE
def test_the_challenge_survives_every_hostile_token(algorithm):
    """One verifier takes the whole battery, and after it the chip's honest answer."""
    scene = Scene(algorithm)
    tokens = BATTERIES[algorithm].values()
    assert len(tokens) > 900
    assert not [one for one in tokens if scene.judge(one.token, one.now_s).verdict is not Verdict.INVALID]
    assert scene.judge(scene.token()).verdict is Verdict.UNCONFIRMED


@IN_EVERY_PROFILE
def test_the_battery_draws_every_refusal_that_a_token_can_earn(algorithm):
    """All others belong to chains, landmarks, the timed exchange or the verifier's own register."""
    drawn = {one.reason for one in BATTERIES[algorithm].values()}
    earned = leaves(MalformedBytes, CoseRefused, AlgorithmRefused, SignatureRefused, FreshnessRefused, ClaimRefused)
    earned -= {NonceAlreadyIssued}
    if algorithm == wire.ED25519:
        earned -= {DerSignature}
    else:
        earned -= {WeakKey}
    identity = {UnknownKey, UeidNotEndorsed, X5tMismatch, UeidAlreadyEnrolled, ChainKeyMismatch}
    assert drawn - {NotInManifest.reason, CertificateExpired.reason} == {kind.reason for kind in earned | identity}


def leaves(*groups: type[Refused]) -> set[type[Refused]]:
    return {kind for kind in refusals().values() if issubclass(kind, groups)}


@IN_EVERY_PROFILE
def test_a_good_token_cut_anywhere_is_refused_as_cut(algorithm):
    """The two tags are three bytes; without all of them it is no token yet."""
    scene = SCENES[algorithm]
    good = scene.token()
    assert {scene.judge(good[:length]).reasons for length in range(3, len(good))} == {("truncated",)}
    assert {scene.judge(good[:length]).verdict for length in range(3)} == {Verdict.INVALID}


@IN_EVERY_PROFILE
def test_claims_cut_anywhere_and_signed_so_are_refused_as_cut(algorithm):
    scene = SCENES[algorithm]
    body = scene.payload()
    assert {scene.judge(scene.token(body[:length])).reasons for length in range(len(body))} == {("truncated",)}


@IN_EVERY_PROFILE
def test_4096_bytes_are_read_and_a_chain_of_8192_beside_them(algorithm):
    """The battery has the same with one byte more."""
    scene = Scene(algorithm)
    chain = (bytes(4000), bytes(4192))
    beside = of_size(scene, 4096 + 8192, x5chain(*chain))
    assert unseal(beside).x5chain == chain
    whole = of_size(scene, 4096)
    assert len(whole) == 4096
    assert scene.judge(whole).verdict is Verdict.UNCONFIRMED


@pytest.mark.parametrize("length", range(2, 7))
def test_two_to_six_certificates_are_a_chain(length):
    scene = SCENES[wire.ED25519]
    chain = tuple(bytes([number]) for number in range(length))
    assert unseal(scene.token(unprotected=x5chain(*chain))).x5chain == chain


def test_a_token_that_is_no_evidence_carries_no_chain():
    """Landmarks and verifiers are known beforehand; theirs have an empty unprotected header."""
    scene = SCENES[wire.ED25519]
    with pytest.raises(UnknownHeader):
        unseal(scene.token(unprotected=x5chain(*scene.chain)), chain_allowed=False)
    assert unseal(scene.token(), chain_allowed=False).x5chain == ()


@IN_EVERY_PROFILE
def test_no_chip_answers_for_another(algorithm):
    """Twelve chips, each token under each other's identifier: only its own key makes a good signature."""
    keys = [wire.private_key(algorithm, number) for number in range(10, 22)]
    body = wire.payload(algorithm=algorithm)
    for named in keys:
        for signing in keys:
            token = wire.token(signing, body, protected=wire.header(named))
            if named is signing:
                assert verify(token, named.public_key()).ueid == UEID
            else:
                with pytest.raises(BadSignature):
                    verify(token, named.public_key())


@pytest.mark.parametrize("algorithm", [wire.ESP384, wire.ESP256], ids=name_of)
@pytest.mark.parametrize("first", ["as made", "twin"])
def test_the_twin_of_an_ecdsa_signature_verifies_but_answers_no_second_time(algorithm, first):
    """With s, n - s is good too: whoever tells messages apart by their bytes takes the same answer twice."""
    scene = Scene(algorithm)
    good = scene.token()
    size = len(wire.sign(scene.key, b""))
    r, s = wire.halves(scene.key, good[-size:])
    twin = good[:-size] + wire.raw(scene.key, (r, wire.group_order(scene.key) - s))
    accepted, replayed = (good, twin) if first == "as made" else (twin, good)
    assert accepted != replayed
    assert scene.judge(accepted).verdict is Verdict.UNCONFIRMED
    assert scene.judge(replayed).reasons == ("nonce_reused",)
