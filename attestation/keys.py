"""Key pairs, and public keys as COSE_Key maps.

Keys are made from a 32-byte seed that the caller provides and ECDSA signs deterministically (RFC 6979), so that nothing in
here is random and runs repeat. A public key is passed around as the deterministic encoding of its COSE_Key with exactly
the members that identify it, which is also the input of its thumbprint (RFC 9679).
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import cbor
from .algorithms import ECDSA, ED25519, ESP256, ESP384, refuse_small_order
from .errors import BadClaim, InvalidArgument, WrongKeyType

KID_BYTES = 16

# COSE_Key parameters (RFC 9053 section 7).
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_OKP, _EC2 = 1, 2
_CURVES: Mapping[int, tuple[int, int]] = {ESP256: (_EC2, 1), ESP384: (_EC2, 2), ED25519: (_OKP, 6)}
"""Algorithm of a profile -> key type and curve of its keys."""

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


class SigningKey:
    """A key pair of one of the three algorithms of profiles.

    Attributes:
        algorithm: ESP384, ESP256 or Ed25519, as the kind of key demands.
        public_key: public key object of the cryptography package.
        kid: identifier of the public key, 16 bytes.
        cose_key: the public key as encoded COSE_Key.
    """

    def __init__(self, private_key: PrivateKey) -> None:
        """Raises WrongKeyType if no profile has keys of this kind."""
        self.private_key = private_key
        self.public_key: PublicKey = private_key.public_key()
        self.algorithm = algorithm_of(self.public_key)
        self.kid = key_id(self.public_key)
        self.cose_key = encode_public_key(self.public_key)
        self._sign = _signer(private_key, self.algorithm)

    @classmethod
    def from_seed(cls, seed: bytes, algorithm: int = ED25519) -> Self:
        """The key that belongs to a 32-byte secret seed.

        A private key on a NIST curve is SHAKE256 of the seed and the algorithm, reduced modulo the group order with 128
        bits to spare (FIPS 186-5 appendix A.2.1).

        Raises:
            InvalidArgument: the seed is not 32 bytes, or no profile has the algorithm.
        """
        if type(seed) is not bytes or len(seed) != 32:
            raise InvalidArgument("a seed must be 32 bytes")
        if algorithm == ED25519:
            return cls(Ed25519PrivateKey.from_private_bytes(seed))
        if algorithm not in _CURVES:
            raise InvalidArgument(f"no profile has algorithm {algorithm}; allowed: {sorted(_CURVES)}")
        suite = ECDSA[algorithm]
        stretched = hashlib.shake_256(f"private key {algorithm}".encode() + seed).digest(suite.half_bytes + 16)
        return cls(ec.derive_private_key(int.from_bytes(stretched, "big") % (suite.order - 1) + 1, suite.curve))

    def sign(self, message: bytes) -> bytes:
        """The raw signature over a message, the same each time: 64 bytes, or 96 on P-384."""
        return self._sign(message)


def _signer(private_key: PrivateKey, algorithm: int) -> Callable[[bytes], bytes]:
    if isinstance(private_key, Ed25519PrivateKey):
        return private_key.sign
    suite, ecdsa_key = ECDSA[algorithm], private_key

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(ecdsa_key.sign(message, suite.scheme))
        return r.to_bytes(suite.half_bytes, "big") + s.to_bytes(suite.half_bytes, "big")

    return sign


def algorithm_of(public_key: object) -> int:
    """The one algorithm that profiles use with this kind of key.

    Raises:
        WrongKeyType: no profile has keys of this kind.
    """
    if isinstance(public_key, Ed25519PublicKey):
        return ED25519
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        for algorithm in (ESP256, ESP384):
            if public_key.curve.name == ECDSA[algorithm].curve.name:
                return algorithm
    raise WrongKeyType(f"no profile has a {type(public_key).__name__}")


def key_id(public_key: PublicKey) -> bytes:
    """The first 16 bytes of SHA-256 over the key's SubjectPublicKeyInfo in DER.

    A hint by which to look a key up, never a reason to trust it (RFC 9052 section 3.1).
    """
    info = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()[:KID_BYTES]


def encode_public_key(public_key: PublicKey) -> bytes:
    """The deterministic encoding of a public key as COSE_Key: kty, crv, x and, on a NIST curve, y.

    Raises:
        WrongKeyType: no profile has keys of this kind.
    """
    return cbor.dumps(to_cose_key(public_key))


def to_cose_key(public_key: PublicKey) -> dict[int, object]:
    """A public key as a COSE_Key map, see `encode_public_key`."""
    kind, curve = _CURVES[algorithm_of(public_key)]
    if isinstance(public_key, Ed25519PublicKey):
        return {_KTY: kind, _CRV: curve, _X: public_key.public_bytes_raw()}
    point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    half = len(point) // 2
    return {_KTY: kind, _CRV: curve, _X: point[:half], _Y: point[half:]}


def read_cose_key(value: object, algorithms: Collection[int]) -> bytes:
    """The deterministic encoding of a decoded COSE_Key, once it has been found to hold a key for one of some algorithms.

    Raises:
        BadClaim: not a map of exactly kty, crv, x and, on a NIST curve, y, of the right types and lengths.
        WrongKeyType: a key of another type or curve, or no point on a NIST curve. Under an Ed25519 key that is no point
            no signature verifies.
        WeakKey: an Ed25519 key of small order.
    """
    if type(value) is not dict:
        raise BadClaim("a COSE_Key must be a map")
    kind, curve = value.get(_KTY), value.get(_CRV)
    # Types too: true would pass for kty 1, and 6.0 for crv 6.
    if type(kind) is not int or type(curve) is not int:
        raise BadClaim("kty and crv of a COSE_Key must be integers")
    algorithm = next((one for one in algorithms if _CURVES[one] == (kind, curve)), None)
    if algorithm is None:
        raise WrongKeyType(f"a COSE_Key of type {kind} and curve {curve}; due: {[_CURVES[one] for one in algorithms]}")
    coordinates = (_X,) if kind == _OKP else (_X, _Y)
    if value.keys() != {_KTY, _CRV, *coordinates}:
        raise BadClaim("a COSE_Key must hold kty, crv, x and, on a NIST curve, y, and nothing else")
    length = 32 if kind == _OKP else ECDSA[algorithm].half_bytes
    for coordinate in coordinates:
        if type(value[coordinate]) is not bytes or len(value[coordinate]) != length:
            raise BadClaim(f"member {coordinate} of the COSE_Key must be {length} bytes")
    encoded = cbor.dumps(value)
    decode_public_key(encoded)
    return encoded


def decode_public_key(cose_key: bytes) -> PublicKey:
    """The key object out of an encoded COSE_Key that `encode_public_key` or `read_cose_key` returned.

    Raises:
        WrongKeyType: no point on the NIST curve.
        WeakKey: an Ed25519 key of small order.
    """
    members = cbor.loads(cose_key)
    assert isinstance(members, dict)
    if members[_KTY] == _OKP:
        refuse_small_order(members[_X])
        return Ed25519PublicKey.from_public_bytes(members[_X])
    algorithm = next(algorithm for algorithm, kind in _CURVES.items() if kind == (members[_KTY], members[_CRV]))
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ECDSA[algorithm].curve, b"\x04" + members[_X] + members[_Y])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongKeyType(f"not a point on {ECDSA[algorithm].curve.name}") from error
