"""COSE_Sign1: one signer, payload inside (RFC 9052 section 4.2).

The algorithm is chosen by whoever verifies; the message may only agree. Prefix, claims and the ban on deprecated
algorithms belong to the profiles, one layer up.
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, NoReturn

from . import cbor
from .algorithms import verify_signature
from .errors import (
    AlgorithmAbsent,
    AlgorithmNotAllowed,
    AlgorithmNotInteger,
    AlgorithmUnprotected,
    BadHeader,
    BadPayload,
    CriticalHeader,
    DetachedPayload,
    Empty,
    InvalidArgument,
    JsonToken,
    LabelInBothHeaders,
    NotFourParts,
    NotSign1,
    WrongPrefix,
)

__all__ = ["Sign1", "parse_sign1", "sig_structure", "sign1", "verify_sign1", "verify_signature"]

# Common header parameters, RFC 9052 section 3.1, RFC 9360 and RFC 9596.
ALG, CRIT, KID, TYP, X5CHAIN, X5T = 1, 2, 4, 16, 33, 34

TAG = b"\xd2"
"""Tag 18, COSE_Sign1, as it stands on the wire."""

_OTHER_MESSAGES = {
    b"\xd0": "COSE_Encrypt0",
    b"\xd1": "COSE_Mac0",
    b"\xd3": "COSE_Countersignature",
    b"\xd8\x60": "COSE_Encrypt",
    b"\xd8\x61": "COSE_Mac",
    b"\xd8\x62": "COSE_Sign",
}


class Sign1(NamedTuple):
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
            AlgorithmRefused, SignatureRefused: as one of their subclasses.
        """
        algorithm = read_algorithm(self.header)
        if algorithm not in algorithms:
            raise AlgorithmNotAllowed(f"algorithm {algorithm} is not among {sorted(algorithms)}")
        if type(external_aad) is not bytes:
            raise InvalidArgument(f"additional data must be bytes, not {type(external_aad).__name__}")
        message = sig_structure(self.protected, self.payload, external_aad)
        verify_signature(algorithm, public_key, message, self.signature)
        return self.payload


def read_algorithm(header: Mapping[int | str, object]) -> int:
    """The algorithm in a protected header.

    Raises:
        AlgorithmAbsent, AlgorithmNotInteger.
    """
    algorithm = header.get(ALG)
    if type(algorithm) is int:
        return algorithm
    if ALG in header:
        raise AlgorithmNotInteger(f"algorithm {algorithm!r}")
    raise AlgorithmAbsent("no algorithm in the protected header")


def sign1(
    payload: bytes,
    *,
    algorithm: int,
    sign: Callable[[bytes], bytes],
    header: Mapping[int, object] | None = None,
    unprotected: Mapping[int, object] | None = None,
    external_aad: bytes = b"",
) -> bytes:
    """Sign a payload into a COSE_Sign1 with tag 18.

    Args:
        payload: what is signed and carried.
        algorithm: identifier placed in the protected header.
        sign: makes the raw signature of a message; the private key stays behind it.
        header: further protected header parameters.
        unprotected: header parameters that are carried without being signed.
        external_aad: bytes that are signed but not carried (RFC 9052 section 4.3).

    Raises:
        InvalidArgument: a header cannot be encoded, holds the algorithm, or shares a label with the other one.
    """
    header, unprotected = header or {}, unprotected or {}
    if ALG in header or ALG in unprotected or not header.keys().isdisjoint(unprotected):
        raise InvalidArgument("the algorithm stands in the protected header alone, and each label in one header")
    protected = cbor.dumps({ALG: algorithm, **header})
    signature = sign(sig_structure(protected, payload, external_aad))
    return TAG + cbor.dumps([protected, dict(unprotected), payload, signature])


def verify_sign1(token: bytes, public_key: object, *, algorithms: Collection[int], external_aad: bytes = b"") -> bytes:
    """Verify exactly one tagged COSE_Sign1 and return its payload.

    Any header parameter is tolerated except `crit`; profiles narrow that down themselves.

    Args:
        token: tag 18 and the message, deterministically encoded, no more.
        public_key: a public key object of the cryptography package.
        algorithms: the identifiers that the caller accepts, out of `algorithms.SUPPORTED`.
        external_aad: bytes signed but not carried.

    Raises:
        MalformedBytes, CoseRefused: the token cannot be read, as one of their subclasses.
        AlgorithmRefused, SignatureRefused: as one of their subclasses.
    """
    return parse_sign1(token).verify(public_key, algorithms=algorithms, external_aad=external_aad)


def parse_sign1(token: bytes) -> Sign1:
    """Take a tagged COSE_Sign1 apart.

    Raises:
        MalformedBytes, CoseRefused: as one of their subclasses.
        AlgorithmUnprotected: the algorithm stands in the unprotected header.
    """
    if not isinstance(token, bytes):
        raise InvalidArgument(f"bytes are due, not {type(token).__name__}")
    if token[:1] != TAG or token[1:2] == TAG:
        _refuse_prefix(token)
    parts = cbor.loads(token[1:])
    if type(parts) is not list or len(parts) != 4:
        raise NotFourParts("a COSE_Sign1 is an array of four")
    protected, unprotected, payload, signature = parts
    if type(protected) is not bytes or type(unprotected) is not dict:
        raise BadHeader("headers must be a byte string and a map")
    if payload is None:
        raise DetachedPayload("the payload is not in the message")
    if type(payload) is not bytes or type(signature) is not bytes:
        raise BadPayload("payload and signature must be byte strings")
    # RFC 9052 section 3: an empty protected header is written as an empty byte string.
    header = cbor.loads(protected) if protected else {}
    if type(header) is not dict:
        raise BadHeader("the protected header must be a map")
    if unprotected:
        if not header.keys().isdisjoint(unprotected):
            raise LabelInBothHeaders(f"label {next(label for label in unprotected if label in header)!r}")
        if ALG in unprotected:
            raise AlgorithmUnprotected("the algorithm must be in the protected header")
    if CRIT in header or CRIT in unprotected:
        raise CriticalHeader("no critical header is understood")
    return Sign1(protected, header, unprotected, payload, signature)


def sig_structure(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """The bytes that a COSE_Sign1 signature covers (RFC 9052 section 4.4): an array of a text and three byte strings."""
    head = cbor.byte_string_head
    return b"".join(
        (
            b"\x84\x6aSignature1",
            head(len(protected)),
            protected,
            head(len(external_aad)),
            external_aad,
            head(len(payload)),
            payload,
        )
    )


def _refuse_prefix(token: bytes) -> NoReturn:
    for tag, name in _OTHER_MESSAGES.items():
        if token.startswith(tag):
            raise NotSign1(f"a {name}, not a COSE_Sign1")
    refuse_prefix(token, "one tag 18 (COSE_Sign1)")


def refuse_prefix(token: bytes, due: str) -> NoReturn:
    """Refuse bytes that do not begin as they must.

    Raises:
        Empty: no bytes at all.
        JsonToken: they look like JSON, or like a JSON Web Token in its compact form.
        WrongPrefix: anything else.
    """
    if not token:
        raise Empty("no bytes")
    if token[:1] in (b"{", b"[") or token[:2] == b"ey":
        raise JsonToken("JSON, where CBOR is due")
    raise WrongPrefix(f"does not begin with {due}")
