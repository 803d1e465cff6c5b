"""The wire format of signed tokens, and a chip's evidence as its first use.

A token is a CWT: tag 61 around tag 18 around a COSE_Sign1 (RFC 8392 section 6). Its protected header holds algorithm, key
identifier and type, and may hold the digest of the signer's certificate; its unprotected header holds nothing, or on first
contact the signer's certificate chain. The type (RFC 9596) and the profile named in the payload both say what the token is
for. Which algorithm is right follows from the key that the verifier looked up, never from the message.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from . import cbor, claims, cose
from .algorithms import DEPRECATED
from .chain import MAX_CHAIN
from .claims import Claims
from .errors import (
    AlgorithmDeprecated,
    BadKid,
    BadX5chain,
    BadX5t,
    InvalidArgument,
    OverSize,
    UnknownHeader,
    WrongType,
)
from .keys import KID_BYTES, PublicKey, SigningKey, algorithm_of

MAX_BYTES = 4096
"""Longest token, certificate chain not counted."""

MAX_CHAIN_BYTES = 8192
"""Longest certificate chain sent along."""

CWT_TAG = b"\xd8\x3d"
EAT_TYPE = 263
"""CoAP content format of application/eat+cwt (RFC 9782)."""

_SHA_256 = -16  # RFC 9054 section 2.1
_PROTECTED = {cose.ALG, cose.KID, cose.TYP, cose.X5T}


class Sealed(NamedTuple):
    """A token whose form is right and whose signature nobody has checked yet.

    Attributes:
        kid: names the key to look up, 16 bytes.
        x5t: SHA-256 of the signer's certificate, if given.
        x5chain: certificates in DER, the signer's first, if sent along.
        sign1: the message.
    """

    kid: bytes
    x5t: bytes | None
    x5chain: tuple[bytes, ...]
    sign1: cose.Sign1


def seal(
    payload: Mapping[int, object], key: SigningKey, *, x5t: bytes | None = None, x5chain: Sequence[bytes] = ()
) -> bytes:
    """Sign a map of claims into a token.

    Raises:
        InvalidArgument: a claim cannot be encoded, or nobody would read the token: too long, or a chain of a wrong length.
    """
    if x5chain and not 2 <= len(x5chain) <= MAX_CHAIN:
        raise InvalidArgument(f"x5chain must hold 2 to {MAX_CHAIN} certificates, not {len(x5chain)}")
    header: dict[int, object] = {cose.KID: key.kid, cose.TYP: EAT_TYPE}
    if x5t is not None:
        header[cose.X5T] = [_SHA_256, x5t]
    unprotected = {cose.X5CHAIN: list(x5chain)} if x5chain else None
    body = cbor.dumps(dict(payload))
    token = CWT_TAG + cose.sign1(body, algorithm=key.algorithm, sign=key.sign, header=header, unprotected=unprotected)
    if len(token) - sum(map(len, x5chain)) > MAX_BYTES:
        raise InvalidArgument(f"a token of {len(token)} bytes, at most {MAX_BYTES} without a chain")
    return token


def unseal(token: bytes, *, chain_allowed: bool = True) -> Sealed:
    """Take a token apart as far as is possible without a key.

    Args:
        token: as received.
        chain_allowed: whether it may carry a certificate chain, as a chip's evidence may on first contact.

    Raises:
        MalformedBytes, CoseRefused, AlgorithmRefused: as one of their subclasses.
    """
    if not isinstance(token, bytes):
        raise InvalidArgument(f"bytes are due, not {type(token).__name__}")
    if len(token) > MAX_BYTES + MAX_CHAIN_BYTES:
        raise OverSize(f"{len(token)} bytes, at most {MAX_BYTES} and a chain of {MAX_CHAIN_BYTES}")
    if not token.startswith(CWT_TAG) or token == CWT_TAG:
        cose.refuse_prefix(token, "tag 61 (CWT) and tag 18 (COSE_Sign1)")
    sign1 = cose.parse_sign1(token[len(CWT_TAG) :])
    if sign1.unprotected and not chain_allowed:
        raise UnknownHeader("the unprotected header must be empty")
    x5chain = _read_x5chain(sign1.unprotected) if sign1.unprotected else ()
    if len(token) - sum(map(len, x5chain)) > MAX_BYTES:
        raise OverSize(f"{len(token)} bytes, at most {MAX_BYTES} without a chain")
    header = sign1.header
    if not header.keys() <= _PROTECTED:
        raise UnknownHeader(f"protected header {sorted(header.keys() - _PROTECTED, key=str)}")
    algorithm = cose.read_algorithm(header)
    if algorithm in DEPRECATED:
        raise AlgorithmDeprecated(f"algorithm {algorithm} leaves the curve to the key (RFC 9864)")
    content_type = header.get(cose.TYP)
    if type(content_type) is not int or content_type != EAT_TYPE:
        raise WrongType(f"typ {content_type!r}, expected {EAT_TYPE}")
    kid = header.get(cose.KID)
    if type(kid) is not bytes or len(kid) != KID_BYTES:
        raise BadKid(f"kid must have {KID_BYTES} bytes")
    x5t = _read_x5t(header[cose.X5T]) if cose.X5T in header else None
    return Sealed(kid, x5t, x5chain, sign1)


def issue(evidence: Claims, key: SigningKey, *, x5t: bytes | None = None, x5chain: Sequence[bytes] = ()) -> bytes:
    """Sign a chip's claims into a token of evidence, in the profile that goes with the key.

    What the claims say is not checked here: a chip may claim anything, and the verifier judges.

    Args:
        evidence: the claims.
        key: the chip's long-term key.
        x5t: SHA-256 of the chip's certificate, optional.
        x5chain: certificates in DER, the chip's first; on first contact only.

    Raises:
        InvalidArgument: a claim cannot be encoded.
    """
    return seal(claims.encode(evidence, key.algorithm), key, x5t=x5t, x5chain=x5chain)


def verify(token: bytes, public_key: PublicKey) -> Claims:
    """From bytes to typed claims, under one key that is known to be the chip's.

    Raises:
        Refused: as one of its subclasses, but those of identity, chain, freshness and exchange.
    """
    algorithm = algorithm_of(public_key)
    return claims.decode(unseal(token).sign1.verify(public_key, algorithms=(algorithm,)), algorithm)


def _read_x5chain(unprotected: Mapping[int | str, object]) -> tuple[bytes, ...]:
    if unprotected.keys() != {cose.X5CHAIN}:
        raise UnknownHeader(f"unprotected header {sorted(unprotected.keys() - {cose.X5CHAIN}, key=str)}")
    chain = unprotected[cose.X5CHAIN]
    if type(chain) is not list or not 2 <= len(chain) <= MAX_CHAIN:
        raise BadX5chain(f"x5chain must be an array of 2 to {MAX_CHAIN} certificates")
    certificates = [certificate for certificate in chain if type(certificate) is bytes]
    if len(certificates) < len(chain) or sum(map(len, certificates)) > MAX_CHAIN_BYTES:
        raise BadX5chain(f"certificates in x5chain must be byte strings of together at most {MAX_CHAIN_BYTES} bytes")
    return tuple(certificates)


def _read_x5t(value: object) -> bytes:
    if type(value) is list and len(value) == 2 and type(value[0]) is int and value[0] == _SHA_256:
        digest = value[1]
        if type(digest) is bytes and len(digest) == 32:
            return digest
    raise BadX5t("x5t must be [-16, 32 bytes]")
