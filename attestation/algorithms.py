"""Signature algorithms, each tied to one kind of key.

Three are fully specified and belong to profiles: ESP384, ESP256 and Ed25519 (RFC 9864). The others are the polymorphic
identifiers of RFC 9053 that RFC 9864 deprecates; they are here, with the curve that goes with their hash and no other, so
that messages made by others can be checked. Ed448 is not supported: under EdDSA it would leave the choice to the key.

ECDSA signatures are r and s at fixed length (RFC 9053 section 2.1). With s, n - s is valid too: whoever wants to
recognise a message again must look at its nonce, never at its signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from .errors import (
    AlgorithmNotAllowed,
    BadSignature,
    DerSignature,
    InvalidArgument,
    SignatureLength,
    SignatureOutOfRange,
    WeakKey,
    WrongKeyType,
)

ESP384, ESP256, ED25519 = -51, -9, -19
"""Fully specified algorithms (RFC 9864 section 2)."""

ES256, ES384, ES512, EDDSA = -7, -35, -36, -8
"""Polymorphic algorithms (RFC 9053 section 2), deprecated by RFC 9864."""

DEPRECATED = frozenset({ES256, ES384, ES512, EDDSA})


Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512


@dataclass(frozen=True)
class EcdsaSuite:
    """ECDSA on one curve with one hash.

    `order` is that of the curve's group, `half_bytes` the length of r and of s, and `scheme` signs
    deterministically (RFC 6979).
    """

    curve: ec.EllipticCurve
    hash: Hash
    scheme: ec.ECDSA
    half_bytes: int
    order: int


def _suite(curve: ec.EllipticCurve, digest: Hash) -> EcdsaSuite:
    scheme = ec.ECDSA(digest, deterministic_signing=True)
    return EcdsaSuite(curve, digest, scheme, (curve.key_size + 7) // 8, curve.group_order)


_P256 = _suite(ec.SECP256R1(), hashes.SHA256())
_P384 = _suite(ec.SECP384R1(), hashes.SHA384())
_P521 = _suite(ec.SECP521R1(), hashes.SHA512())

# edwards25519, RFC 8032 section 5.1: the order of its group and the prime of its field.
_ED25519_ORDER = (1 << 252) + 27742317777372353535851937790883648493
_P = (1 << 255) - 19
_SIGN_BIT = 1 << 255
_ORDER_EIGHT_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _P, _P + 1, _ORDER_EIGHT_Y, _P - _ORDER_EIGHT_Y})
"""y of the eight points of small order, with the two that have a second encoding."""

ECDSA: Mapping[int, EcdsaSuite] = {ESP256: _P256, ESP384: _P384, ES256: _P256, ES384: _P384, ES512: _P521}
_EDWARDS = frozenset({ED25519, EDDSA})

SUPPORTED = frozenset(ECDSA) | _EDWARDS
"""Every algorithm identifier that `verify_signature` understands."""


def verify_signature(algorithm: int, public_key: object, message: bytes, signature: bytes) -> None:
    """Verify a bare signature over a message.

    Args:
        algorithm: COSE identifier, one of `SUPPORTED`.
        public_key: a public key object of the cryptography package.
        message: what was signed, before hashing.
        signature: 64 bytes for Ed25519; r and s at fixed length for ECDSA.

    Raises:
        InvalidArgument: message or signature are not bytes, or the algorithm is no integer.
        AlgorithmNotAllowed: the algorithm is not supported.
        WrongKeyType: the key does not belong to the algorithm.
        WeakKey: an Ed25519 key of small order.
        SignatureRefused: as SignatureLength, DerSignature, SignatureOutOfRange or BadSignature.
    """
    if type(message) is not bytes or type(signature) is not bytes or type(algorithm) is not int:
        raise InvalidArgument("message and signature must be bytes, and the algorithm an integer")
    suite = ECDSA.get(algorithm)
    if suite is not None:
        _verify_ecdsa(suite, public_key, message, signature)
    elif algorithm in _EDWARDS:
        _verify_ed25519(public_key, message, signature)
    else:
        raise AlgorithmNotAllowed(f"algorithm {algorithm} is not supported")


def refuse_small_order(raw: bytes) -> None:
    """Raises WeakKey for the 32 bytes of an Ed25519 key of small order, under which anybody can sign."""
    if int.from_bytes(raw, "little") % _SIGN_BIT in _SMALL_ORDER_Y:
        raise WeakKey("an Ed25519 key of small order")


def _verify_ecdsa(suite: EcdsaSuite, public_key: object, message: bytes, signature: bytes) -> None:
    if not isinstance(public_key, EllipticCurvePublicKey) or public_key.curve.name != suite.curve.name:
        raise WrongKeyType(f"ECDSA on {suite.curve.name} cannot be verified with {_kind(public_key)}")
    half = suite.half_bytes
    if len(signature) != 2 * half:
        if signature[:1] == b"\x30" and len(signature) in range(8, 2 * half + 10):
            raise DerSignature(f"{len(signature)} bytes that begin like DER; r and s of {half} bytes each are due")
        raise SignatureLength(f"{len(signature)} bytes, {2 * half} are due")
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    if not (0 < r < suite.order and 0 < s < suite.order):
        raise SignatureOutOfRange("r or s is zero or not below the group order")
    try:
        public_key.verify(encode_dss_signature(r, s), message, suite.scheme)
    except InvalidSignature:
        raise BadSignature(f"the signature on {suite.curve.name} does not verify") from None


def _verify_ed25519(public_key: object, message: bytes, signature: bytes) -> None:
    if not isinstance(public_key, Ed25519PublicKey):
        raise WrongKeyType(f"Ed25519 cannot be verified with {_kind(public_key)}")
    if len(signature) != 64:
        raise SignatureLength(f"{len(signature)} bytes, 64 are due")
    refuse_small_order(public_key.public_bytes_raw())
    if int.from_bytes(signature[32:], "little") >= _ED25519_ORDER:
        raise SignatureOutOfRange("S is not below the group order")
    try:
        public_key.verify(signature, message)
    except InvalidSignature:
        raise BadSignature("the Ed25519 signature does not verify") from None


def _kind(public_key: object) -> str:
    if isinstance(public_key, EllipticCurvePublicKey):
        return f"a key on {public_key.curve.name}"
    return f"a {type(public_key).__name__}"
