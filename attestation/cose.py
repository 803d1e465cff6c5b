"""COSE_Sign1: one signer, payload inside (RFC 9052 section 4.2).

The algorithm is chosen by whoever verifies; the message may only agree. Polymorphic identifiers such as -8 (EdDSA),
which leave the curve to the key, are deprecated by RFC 9864 and not supported.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import cbor
from .errors import (
    BadClaim,
    BadSignature,
    InvalidArgument,
    MalformedCose,
    UnknownLabel,
    WrongAlgorithm,
    WrongKeyType,
    WrongPrefix,
)

ED25519 = -19
"""Algorithm identifier of Ed25519 (RFC 9864 section 2.2)."""

# Common header parameters, RFC 9052 section 3.1 and RFC 9596.
ALG, CRIT, KID, TYP = 1, 2, 4, 16

# COSE_Key of an Ed25519 public key, RFC 9053 section 7.2.
_KTY, _CRV, _X, _OKP, _ED25519_CURVE = 1, -1, -2, 1, 6

TAG = b"\xd2"
"""Tag 18, COSE_Sign1, as it stands on the wire."""


@dataclass(frozen=True)
class Algorithm:
    """How to verify with one fully specified algorithm.

    `fits` says whether a public key has the right type and curve; `verify(key, signature, message)` raises
    cryptography's InvalidSignature.
    """

    name: str
    signature_bytes: int
    fits: Callable[[object], bool]
    verify: Callable[..., None]


def _verify_ed25519(key: Ed25519PublicKey, signature: bytes, message: bytes) -> None:
    # Always by way of the key itself: Ed25519PublicKey is an abstract class, and its own `verify` accepts everything.
    key.verify(signature, message)


ALGORITHMS: Mapping[int, Algorithm] = {
    ED25519: Algorithm("Ed25519", 64, lambda key: isinstance(key, Ed25519PublicKey), _verify_ed25519),
}


@dataclass(frozen=True)
class Sign1:
    """The parts of a COSE_Sign1, taken apart and not yet verified.

    `protected` holds the bytes as signed, `header` the same decoded.
    """

    protected: bytes
    header: Mapping[int | str, object]
    unprotected: Mapping[int | str, object]
    payload: bytes
    signature: bytes

    def verify(self, public_key: object, *, algorithms: Collection[int], external_aad: bytes = b"") -> bytes:
        """The payload, once the signature over it has been found good.

        Raises:
            WrongAlgorithm, WrongKeyType, BadSignature.
        """
        algorithm = self.header.get(ALG)
        if type(algorithm) is not int or algorithm not in algorithms:
            raise WrongAlgorithm(f"algorithm {algorithm!r} is not among {sorted(algorithms)}")
        message = sig_structure(self.protected, self.payload, external_aad)
        verify_signature(algorithm, public_key, message, self.signature)
        return self.payload


def sign1(
    payload: bytes,
    *,
    algorithm: int,
    sign: Callable[[bytes], bytes],
    header: Mapping[int, object] | None = None,
    external_aad: bytes = b"",
) -> bytes:
    """Sign a payload into a COSE_Sign1 with tag 18 and an empty unprotected header.

    Args:
        payload: what is signed and carried.
        algorithm: identifier placed in the protected header.
        sign: makes the raw signature of a message; the private key stays behind it.
        header: further protected header parameters.
        external_aad: bytes that are signed but not carried (RFC 9052 section 4.3).

    Raises:
        InvalidArgument: the header cannot be encoded.
    """
    protected = cbor.dumps({ALG: algorithm, **(header or {})})
    signature = sign(sig_structure(protected, payload, external_aad))
    return TAG + cbor.dumps([protected, {}, payload, signature])


def verify_sign1(token: bytes, public_key: object, *, algorithms: Collection[int], external_aad: bytes = b"") -> bytes:
    """Verify exactly one tagged COSE_Sign1 and return its payload.

    Any header parameter is tolerated except `crit`; profiles narrow that down themselves.

    Args:
        token: tag 18 and the message, deterministically encoded, no more.
        public_key: a public key object of the cryptography package.
        algorithms: the identifiers that the caller accepts.
        external_aad: bytes signed but not carried.

    Raises:
        MalformedBytes: the token cannot be read.
        WrongAlgorithm, WrongKeyType, BadSignature, UnknownLabel.
    """
    return parse_sign1(token).verify(public_key, algorithms=algorithms, external_aad=external_aad)


def verify_signature(algorithm: int, public_key: object, message: bytes, signature: bytes) -> None:
    """Verify a bare signature over a message.

    Raises:
        WrongAlgorithm: the algorithm is not supported.
        WrongKeyType: the key does not belong to the algorithm.
        BadSignature: wrong length or not valid.
    """
    method = ALGORITHMS.get(algorithm)
    if method is None:
        raise WrongAlgorithm(f"algorithm {algorithm} is not supported")
    if not method.fits(public_key):
        raise WrongKeyType(f"{method.name} cannot be verified with a {type(public_key).__name__}")
    if len(signature) != method.signature_bytes:
        raise BadSignature(f"{method.name} signatures have {method.signature_bytes} bytes, not {len(signature)}")
    try:
        method.verify(public_key, signature, message)
    except InvalidSignature:
        raise BadSignature(f"the {method.name} signature does not verify") from None


def parse_sign1(token: bytes) -> Sign1:
    """Take a tagged COSE_Sign1 apart.

    Raises:
        MalformedBytes: as one of its subclasses.
        WrongAlgorithm: the algorithm stands in the unprotected header.
        UnknownLabel: a header must be understood (`crit`) and is not.
    """
    if token[:1] != TAG:
        raise WrongPrefix("does not begin with tag 18 (COSE_Sign1)")
    parts = cbor.loads(token[1:])
    if not isinstance(parts, list) or len(parts) != 4:
        raise MalformedCose("not an array of four")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(unprotected, dict):
        raise MalformedCose("headers are not a byte string and a map")
    if payload is None:
        raise MalformedCose("the payload is detached")
    if not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise MalformedCose("payload or signature is not a byte string")
    # RFC 9052 section 3: an empty protected header is written as an empty byte string.
    header = cbor.loads(protected) if protected else {}
    if not isinstance(header, dict):
        raise MalformedCose("the protected header is not a map")
    if not header.keys().isdisjoint(unprotected):
        raise MalformedCose("a label stands in both headers")
    if ALG in unprotected:
        raise WrongAlgorithm("the algorithm is not protected")
    if CRIT in header or CRIT in unprotected:
        raise UnknownLabel("crit: no critical header is understood")
    return Sign1(protected, header, unprotected, payload, signature)


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """The bytes that a COSE_Sign1 signature covers (RFC 9052 section 4.4)."""
    return cbor.dumps(["Signature1", protected, external_aad, payload])


def confirmation(public_key: bytes) -> dict[int, object]:
    """The claim `cnf` for a raw Ed25519 public key, 32 bytes: a map with one COSE_Key (RFC 8747 section 3.2).

    Raises:
        InvalidArgument: the key has another length.
    """
    if len(public_key) != 32:
        raise InvalidArgument("an Ed25519 public key has 32 bytes")
    return {1: {_KTY: _OKP, _CRV: _ED25519_CURVE, _X: public_key}}


def read_confirmation(cnf: object) -> bytes:
    """The raw Ed25519 public key, 32 bytes, out of a decoded `cnf`.

    Raises:
        BadClaim: anything but one COSE_Key with exactly kty OKP, crv Ed25519 and x.
    """
    key = cnf[1] if isinstance(cnf, dict) and cnf.keys() == {1} else None
    if not isinstance(key, dict) or key.keys() != {_KTY, _CRV, _X}:
        raise BadClaim("cnf must hold one COSE_Key of exactly kty, crv and x")
    kind, curve, x = key[_KTY], key[_CRV], key[_X]
    # Types too: true would pass for kty 1, and 6.0 for crv 6.
    if type(kind) is not int or kind != _OKP or type(curve) is not int or curve != _ED25519_CURVE:
        raise BadClaim("the COSE_Key in cnf must be of type OKP on Ed25519")
    if not isinstance(x, bytes) or len(x) != 32:
        raise BadClaim("x of an Ed25519 COSE_Key must have 32 bytes")
    return x
