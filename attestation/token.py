"""The wire format of signed tokens, and evidence as its first use.

A token is a CWT: tag 61 around tag 18 around a COSE_Sign1 (RFC 8392 section 6), at most 4096 bytes. Its protected
header holds algorithm, key identifier and type, its unprotected header nothing. The type (RFC 9596) and the profile
named in the payload both say what the token is for, so that an endorsement can never be read as evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import cbor, claims, cose
from .claims import Claims
from .errors import (
    MalformedCose,
    OverSize,
    UnknownLabel,
    WrongAlgorithm,
    WrongPrefix,
    WrongProfile,
    WrongType,
)
from .keys import KID_BYTES, DeviceKey, SigningKey

MAX_BYTES = 4096
CWT_TAG = b"\xd8\x3d"
EVIDENCE_TYPE = 263
"""CoAP content format of application/eat+cwt (RFC 9782)."""


@dataclass(frozen=True)
class Sealed:
    """A token whose form is right and whose signature nobody has checked yet.

    `kid` names the key to look up, 16 bytes.
    """

    kid: bytes
    sign1: cose.Sign1

    def open(self, public_key: object, *, profile: str) -> Mapping[int | str, object]:
        """The payload's map from label to value, once the signature holds and the profile is the expected one.

        Raises:
            WrongAlgorithm, WrongKeyType, BadSignature: as of `cose.Sign1.verify`.
            MalformedBytes: the signed payload is not deterministic CBOR, or not a map.
            WrongProfile: it names another profile. All other claims are the reader's to check.
        """
        payload = cbor.loads(self.sign1.verify(public_key, algorithms=(cose.ED25519,)))
        if not isinstance(payload, dict):
            raise MalformedCose("the payload is not a map of claims")
        named = payload.get(claims.EAT_PROFILE)
        if isinstance(named, str) and named != profile:
            raise WrongProfile(f"{named!r}, expected {profile!r}")
        return payload


def seal(payload: Mapping[int, object], key: SigningKey, *, content_type: int) -> bytes:
    """Sign a map of claims into a token.

    Raises:
        InvalidArgument: a claim cannot be encoded.
    """
    header = {cose.KID: key.kid, cose.TYP: content_type}
    body = cbor.dumps(dict(payload))
    return CWT_TAG + cose.sign1(body, algorithm=key.algorithm, sign=key.sign, header=header)


def unseal(token: bytes, *, content_type: int) -> Sealed:
    """Take a token apart as far as is possible without a key.

    Raises:
        MalformedBytes: too long, wrong tags, or not the deterministic encoding of a COSE_Sign1.
        UnknownLabel: a header parameter that the format does not have.
        WrongAlgorithm: no protected algorithm.
        WrongType: another kind of token.
    """
    if len(token) > MAX_BYTES:
        raise OverSize(f"{len(token)} bytes, at most {MAX_BYTES}")
    if not token.startswith(CWT_TAG):
        raise WrongPrefix("does not begin with tag 61 (CWT)")
    sign1 = cose.parse_sign1(token[len(CWT_TAG) :])
    if sign1.unprotected:
        raise UnknownLabel(f"unprotected header {list(sign1.unprotected)}")
    header = sign1.header
    if unknown := header.keys() - {cose.ALG, cose.KID, cose.TYP}:
        raise UnknownLabel(f"protected header {sorted(unknown, key=str)}")
    if cose.ALG not in header:
        raise WrongAlgorithm("no algorithm given")
    if type(header.get(cose.TYP)) is not int or header[cose.TYP] != content_type:
        raise WrongType(f"typ {header.get(cose.TYP)!r}, expected {content_type}")
    kid = header.get(cose.KID)
    if not isinstance(kid, bytes) or len(kid) != KID_BYTES:
        raise MalformedCose(f"kid must have {KID_BYTES} bytes")
    return Sealed(kid, sign1)


def issue(evidence: Claims, key: DeviceKey) -> bytes:
    """Sign a chip's claims into a token of evidence.

    What the claims say is not checked here: a chip may claim anything, and the verifier judges.

    Raises:
        InvalidArgument: a claim cannot be encoded.
    """
    return seal(claims.encode(evidence), key, content_type=EVIDENCE_TYPE)
