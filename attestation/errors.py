"""Every way in which this package says no, each with a name of its own.

A verifier must be able to say *why* it refused, since a reused nonce and a forged signature call for different answers; a
bare boolean cannot. Each refusal is one class, and its reason code, which is what statistics count, is the name of the
class in snake case. The groups are base classes, so that a caller may catch one kind. Errors of the caller (a negative
round-trip time, a value that cannot be encoded) are not refusals.
"""

import re
from typing import ClassVar


class AttestationError(Exception):
    """Base of every error this package raises."""


class InvalidArgument(AttestationError, ValueError):
    """The caller passed a value that has no meaning here, such as a negative round-trip time."""


class Refused(AttestationError):
    """Base of every refusal; only classes that have no subclass are raised."""

    reason: ClassVar[str]
    """Code of the refusal: the name of its class in snake case."""

    def __init_subclass__(cls) -> None:
        cls.reason = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()


def refusals() -> dict[str, type[Refused]]:
    """Every refusal that can be raised, by its reason code, in the order of this module."""
    found: dict[str, type[Refused]] = {}
    waiting: list[type[Refused]] = [Refused]
    while waiting:
        kind = waiting.pop(0)
        below = kind.__subclasses__()
        waiting = below + waiting
        if not below:
            found[kind.reason] = kind
    return found


# The bytes as a whole.


class MalformedBytes(Refused):
    """Base of the refusals that come from the form of the bytes, whoever signed them."""


class Empty(MalformedBytes):
    """There are no bytes."""


class OverSize(MalformedBytes):
    """The token is longer than its profile allows."""


class WrongPrefix(MalformedBytes):
    """The bytes do not begin with exactly the tags that the format prescribes."""


class JsonToken(MalformedBytes):
    """JSON or a JSON Web Token where CBOR is due."""


class Truncated(MalformedBytes):
    """The bytes end before the item that they began."""


class TrailingBytes(MalformedBytes):
    """Bytes follow the end of the outermost item."""


# CBOR (RFC 8949): well-formedness, the one deterministic spelling, and features without a use.


class CborRefused(MalformedBytes):
    """Base of the refusals of CBOR that is ill-formed, not deterministic, or more than a token needs."""


class IllFormed(CborRefused):
    """Not well-formed CBOR (RFC 8949 appendix F)."""


class BadUtf8(CborRefused):
    """A text string is not UTF-8 (RFC 8949 section 5.3.1)."""


class IndefiniteLength(CborRefused):
    """A string, array or map of indefinite length (RFC 8949 section 4.2.1)."""


class NotShortest(CborRefused):
    """An integer, length or float that is longer than need be (RFC 8949 section 4.2.1)."""


class KeysOutOfOrder(CborRefused):
    """Map keys are not in the bytewise order of their encodings (RFC 8949 section 4.2.1)."""


class DuplicateKey(CborRefused):
    """A map holds the same key twice (RFC 8949 section 5.6)."""


class BadKeyType(CborRefused):
    """A map key is neither integer nor text: true or 1.0 would pass for 1."""


class InnerTag(CborRefused):
    """A tag where none belongs."""


class Bignum(CborRefused):
    """An integer of more than 64 bits (tags 2 and 3)."""


class Undefined(CborRefused):
    """The value `undefined`."""


class SimpleValue(CborRefused):
    """A simple value other than false, true and null."""


class TooDeep(CborRefused):
    """Arrays and maps are nested more deeply than allowed."""


class LengthBomb(CborRefused):
    """A string or container declares far more than there is: over 65,536 bytes or items."""


# COSE (RFC 9052): the shape of the message.


class CoseRefused(Refused):
    """Base of the refusals of messages that are not a COSE_Sign1 of the right shape."""


class NotSign1(CoseRefused):
    """Another COSE message: COSE_Mac0, COSE_Sign, COSE_Encrypt and their like."""


class NotFourParts(CoseRefused):
    """Not an array of protected header, unprotected header, payload and signature."""


class BadHeader(CoseRefused):
    """A header is not a map, or the protected one is not wrapped in a byte string."""


class DetachedPayload(CoseRefused):
    """The payload is absent."""


class BadPayload(CoseRefused):
    """Payload or signature is not a byte string, or the payload is not a map of claims."""


class LabelInBothHeaders(CoseRefused):
    """A label stands in the protected and in the unprotected header."""


class UnknownHeader(CoseRefused):
    """A header parameter that the profile does not have."""


class CriticalHeader(CoseRefused):
    """The header `crit` demands an understanding that this package does not have."""


class WrongType(CoseRefused):
    """The header `typ` (RFC 9596) declares another kind of token, or none."""


class BadKid(CoseRefused):
    """The key identifier is absent or not of 16 bytes."""


class BadX5t(CoseRefused):
    """The certificate digest (x5t, RFC 9360) is not SHA-256 over 32 bytes."""


class BadX5chain(CoseRefused):
    """The certificate chain (x5chain, RFC 9360) is not an array of two to six byte strings."""


# Algorithms and the keys that belong to them.


class AlgorithmRefused(Refused):
    """Base of the refusals of an algorithm, or of a key of another kind."""


class AlgorithmAbsent(AlgorithmRefused):
    """No algorithm is given."""


class AlgorithmUnprotected(AlgorithmRefused):
    """The algorithm stands in the unprotected header."""


class AlgorithmNotInteger(AlgorithmRefused):
    """The algorithm is given as text or as another type."""


class AlgorithmDeprecated(AlgorithmRefused):
    """A polymorphic algorithm identifier that RFC 9864 deprecates: -7, -35, -36 or -8."""


class AlgorithmNotAllowed(AlgorithmRefused):
    """The algorithm is not supported, or is not the one of the profile."""


class WrongKeyType(AlgorithmRefused):
    """The key is of another type or curve than the algorithm: Ed448 under EdDSA, P-256 under ES512."""


class WeakKey(AlgorithmRefused):
    """A public key of small order, under which signatures can be made without a private key."""


# Signatures.


class SignatureRefused(Refused):
    """Base of the refusals of a signature."""


class SignatureLength(SignatureRefused):
    """The signature has another length than the algorithm's."""


class DerSignature(SignatureRefused):
    """An ECDSA signature in DER, where r and s are due at fixed length (RFC 9053 section 2.1)."""


class SignatureOutOfRange(SignatureRefused):
    """r or s is zero or not below the group order; or S of Ed25519 is not (RFC 8032 section 5.1.7)."""


class BadSignature(SignatureRefused):
    """The signature does not verify: another key, message or additional data."""


# Who signed.


class IdentityRefused(Refused):
    """Base of the refusals that concern which chip a key belongs to."""


class UnknownKey(IdentityRefused):
    """No enrolled chip, landmark or verifier has this key."""


class KidCollision(IdentityRefused):
    """Another key with the same identifier is enrolled."""


class KeyAlreadyEnrolled(IdentityRefused):
    """The key is enrolled for another chip."""


class UeidAlreadyEnrolled(IdentityRefused):
    """The chip is enrolled with another key: rotation replaces a key, enrolment does not."""


class UeidNotEnrolled(IdentityRefused):
    """No chip with this UEID is enrolled."""


class UeidNotEndorsed(IdentityRefused):
    """The signing key is endorsed for another UEID than the one claimed."""


class X5tMismatch(IdentityRefused):
    """The certificate digest is not that of the certificate which endorses the signing key."""


class ChainKeyMismatch(IdentityRefused):
    """The leaf of the chain sent along holds another key than the identifier names."""


# Certificate chains (RFC 5280), the verifier's manifest and OCSP (RFC 6960).


class ChainRefused(Refused):
    """Base of the refusals of an endorsement."""


class CertificateMalformed(ChainRefused):
    """Not a certificate that can be read, of version 3, or without what is needed from it."""


class ChainTooShort(ChainRefused):
    """A chain without an issuer."""


class ChainTooLong(ChainRefused):
    """A chain of more than six certificates."""


class ChainBroken(ChainRefused):
    """A certificate was not issued by the next one: wrong order, other issuer, or a bad signature."""


class UnpinnedRoot(ChainRefused):
    """The chain ends elsewhere than at a pinned root."""


class IssuerNotCa(ChainRefused):
    """An issuing certificate is not that of an authority, or may not sign certificates."""


class PathTooLong(ChainRefused):
    """An authority issued through more authorities than its path length allows."""


class CaLeaf(ChainRefused):
    """The certificate of the chip is that of an authority."""


class NoDigitalSignature(ChainRefused):
    """The certificate of the chip does not allow digital signatures."""


class UnknownCriticalExtension(ChainRefused):
    """A certificate has a critical extension that is not understood."""


class WrongCurve(ChainRefused):
    """A key in a chain is of another kind than is due there, or has explicit curve parameters."""


class WeakCertificateSignature(ChainRefused):
    """A certificate is signed with another algorithm than Ed25519 or ECDSA with SHA-256 or SHA-384."""


class UeidNotInCertificate(ChainRefused):
    """The certificate of the chip names no UEID."""


class CertificateNotYetValid(ChainRefused):
    """A certificate is not valid yet."""


class CertificateExpired(ChainRefused):
    """A certificate is no longer valid."""


class CertificateRevoked(ChainRefused):
    """A certificate, or an authority above it, has been revoked."""


class CertificateOnHold(ChainRefused):
    """A certificate, or an authority above it, is suspended."""


class CertificateSuperseded(ChainRefused):
    """The chip's key has been rotated since."""


class NotInManifest(ChainRefused):
    """The verifier's own manifest does not list this certificate as issued."""


class OcspMalformed(ChainRefused):
    """Not an OCSP response that can be read, or not a successful one."""


class OcspUntrusted(ChainRefused):
    """The OCSP response is not signed by the issuer or by a responder of its own."""


class OcspForOtherCertificate(ChainRefused):
    """The OCSP response speaks of another certificate."""


class OcspWithoutNonce(ChainRefused):
    """The OCSP response does not carry our nonce (RFC 9654)."""


class OcspStale(ChainRefused):
    """The OCSP response is not from now."""


class OcspNotGood(ChainRefused):
    """The responder does not call the certificate good."""


# Freshness, audience and order.


class FreshnessRefused(Refused):
    """Base of the refusals of evidence that is not an answer to this verifier's present challenge."""


class NonceUnknown(FreshnessRefused):
    """This nonce was never issued, or has been forgotten since."""


class NonceMismatch(FreshnessRefused):
    """The nonce does not bind this session's challenge, session key and identifier."""


class NonceReused(FreshnessRefused):
    """This nonce has been redeemed before."""


class NonceExpired(FreshnessRefused):
    """This nonce outlived its lifetime before it was redeemed."""


class NonceForOtherChip(FreshnessRefused):
    """This nonce was issued to a chip with another UEID."""


class NonceAlreadyIssued(FreshnessRefused):
    """The entropy offered for a new nonce is that of a nonce on record."""


class WrongAudience(FreshnessRefused):
    """The evidence was made for another verifier."""


class Stale(FreshnessRefused):
    """The evidence is older than the verifier tolerates."""


class FromTheFuture(FreshnessRefused):
    """The evidence, or the redemption of a nonce, lies ahead of time."""


class BootcountFell(FreshnessRefused):
    """The boot counter is lower than one accepted before: a chip rolled back, or a copy of one."""


# Batches: one signature for many nonces (RFC 9162 section 2.1).


class BatchRefused(Refused):
    """Base of the refusals of a proof that a nonce is in a batch."""


class BadProof(BatchRefused):
    """Not of the form of an inclusion proof, or not of a batch of 2 to 72."""


class BadProofNode(BatchRefused):
    """A leaf hash, a node of a proof or a root has not exactly 32 bytes."""


class IndexOutsideTree(BatchRefused):
    """The index of a leaf is not from 0 to below the size of its tree."""


class ProofTooShort(BatchRefused):
    """The proof ends before the root."""


class ProofTooLong(BatchRefused):
    """The proof goes on beyond the root."""


class RootMismatch(BatchRefused):
    """Leaf and proof lead to another root than the one that is known or signed."""


# Profile and claims.


class ClaimRefused(Refused):
    """Base of the refusals of what a token says."""


class WrongProfile(ClaimRefused):
    """The claim `eat_profile` names another profile."""


class UnknownClaim(ClaimRefused):
    """A claim, or a member of one, is outside the closed set of the profile."""


class MissingClaim(ClaimRefused):
    """A claim that the profile requires is absent."""


class BadClaim(ClaimRefused):
    """A claim has the wrong type or form."""


class BadNonceSize(ClaimRefused):
    """A nonce has not exactly 32 bytes."""


class NotFinite(ClaimRefused):
    """A number is NaN or infinite."""


class OutOfRange(ClaimRefused):
    """A number is outside its range: latitude, longitude, altitude, accuracy."""


class TimeNotInteger(ClaimRefused):
    """A time is not an integer of seconds; a float must be refused (RFC 9711 section 4.3.1)."""


class LocationAfterIssue(ClaimRefused):
    """The location was fixed after the token was issued."""


class DebugEnabled(ClaimRefused):
    """Debugging is, or since boot has been, enabled: dbgstat below 2."""


class UnauthorisedBoot(ClaimRefused):
    """`oemboot` is not true: software was booted that the maker did not authorise."""


# The timed exchange and the session around it.


class ExchangeRefused(Refused):
    """Base of the refusals of packets and measurements of the timed exchange."""


class OutOfTurn(ExchangeRefused):
    """A message that does not belong to this state of the protocol."""


class BadPacket(ExchangeRefused):
    """A packet that is not of its form."""


class OtherSession(ExchangeRefused):
    """A packet or measurement of another session."""


class OtherLandmark(ExchangeRefused):
    """A packet or measurement for or from another landmark than the one asked."""


class UnexpectedResponse(ExchangeRefused):
    """A response to a nonce that is not outstanding: never sent, answered before, too late, or earlier than it left."""


class NothingMeasured(ExchangeRefused):
    """No response arrived in the whole burst."""


class TranscriptMismatch(ExchangeRefused):
    """Claim and measurement do not carry the digest of the same transcript."""


class OtherSessionKey(ExchangeRefused):
    """Another key answered than the one that the chip endorsed for this session."""


class SessionKeyReused(ExchangeRefused):
    """The session key has served before: a key that is older than the session may be anywhere."""


class LongTermKeyChanged(ExchangeRefused):
    """Another long-term key signed the location claim than vouched for the session key."""


class ClaimsChanged(ExchangeRefused):
    """The two tokens of a session disagree about the chip or its place."""


class OutsideBracket(ExchangeRefused):
    """The measurement was made before the chip had vouched for the session key."""


class SessionExpired(ExchangeRefused):
    """Between opening and conclusion of the session more time has passed than the verifier tolerates."""


class MeasurementMissing(ExchangeRefused):
    """Fewer landmarks have reported than the verifier demands."""


# Vendors' evidence: measurement reports of GPUs and switches (SPDM 1.1, DMTF DSP0274), and their place in a token.


class ReportRefused(Refused):
    """Base of the refusals of a measurement report by its form, its nonce, its firmware or its place."""


class ReportOverSize(ReportRefused):
    """A measurement report of more than 8192 bytes."""


class ReportTruncated(ReportRefused):
    """A measurement report ends before its signature does."""


class ReportTrailingBytes(ReportRefused):
    """Bytes follow the signature of a measurement report."""


class NotSpdm11(ReportRefused):
    """Request or response is of another version than SPDM 1.1."""


class NotMeasurements(ReportRefused):
    """Not a request GET_MEASUREMENTS followed by a response MEASUREMENTS."""


class NotAllMeasurements(ReportRefused):
    """The request did not ask for all measurements, signed."""


class SlotMismatch(ReportRefused):
    """The response is signed by the key of another certificate slot than was asked."""


class BlockCountMismatch(ReportRefused):
    """A measurement record holds another number of blocks than declared, or none."""


class BlockOverrun(ReportRefused):
    """A measurement block reaches beyond its record, or the record beyond the report."""


class BlockIndex(ReportRefused):
    """A measurement block has no index from 1 to 254, or one that another block has."""


class BlockNotDmtf(ReportRefused):
    """A measurement block is of another specification than DMTF's."""


class BlockValue(ReportRefused):
    """A measurement has a type that DSP0274 1.1 does not have, another size than declared, or no digest's length."""


class OpaqueOverrun(ReportRefused):
    """The vendor's opaque data, or a field of it, reaches beyond its end."""


class OpaqueFieldTwice(ReportRefused):
    """The vendor's opaque data holds a field twice that is read here."""


class ReportNonceMismatch(ReportRefused):
    """A measurement report answers another nonce than the one asked."""


class FirmwareIdMalformed(ReportRefused):
    """The firmware id in a device's certificate cannot be read, or there are two."""


class FirmwareIdMissing(ReportRefused):
    """A measurement report names its firmware, and the device's certificate does not."""


class FirmwareIdMismatch(ReportRefused):
    """A measurement report names other firmware than the device's certificate."""


class ReportNotClaimed(ReportRefused):
    """A measurement report came with a token that says nothing of it."""


class ReportDigestMismatch(ReportRefused):
    """The token carries the digest of another measurement report."""


class ReportMissing(ReportRefused):
    """Fewer measurement reports came with a token than the verifier demands."""


class DeviceTwice(ReportRefused):
    """One device reported as two submodules."""


class DeviceChanged(ReportRefused):
    """Another device reports as a submodule of this chip than before."""


class DeviceOfOtherChip(ReportRefused):
    """The device has reported as a submodule of another chip, or as another one of this chip."""


# Over the network: what a landmark does not take on, and what a prover waits for in vain.


class ServiceRefused(Refused):
    """Base of the refusals of whoever has too much to do, or gets no answer."""


class NoPacket(ServiceRefused):
    """A datagram that is not a packet to this side, by its first bytes or its length."""


class TooManyFromHost(ServiceRefused):
    """More requests from one host than the landmark allows."""


class TooManyFromKey(ServiceRefused):
    """More exchanges with one session key than the landmark allows."""


class TooManyRequests(ServiceRefused):
    """More requests from everybody together than the landmark allows."""


class TableFull(ServiceRefused):
    """The landmark's table is full of exchanges under way."""


class ShuttingDown(ServiceRefused):
    """The landmark begins nothing new."""


class NoSuchExchange(ServiceRefused):
    """A response to an exchange that is not open with this address."""


class TooManyRefused(ServiceRefused):
    """An exchange has had more refused responses than the landmark bears with."""


class NoAnswer(ServiceRefused):
    """The landmark did not answer, or not to the end."""


class RecordMalformed(ServiceRefused):
    """Not a record of a session that can be read."""


# What a sound protocol refuses and a flawed one allows; see `flaws`.


class FlawRefused(Refused):
    """Base of the refusals of what would open a known attack."""


class AttesterChoseNonce(FlawRefused):
    """The attester proposed nonces of its own for the timed exchange."""


class ProverReportedTime(FlawRefused):
    """The prover reported a processing time, to be subtracted."""


class LongTermKeyInExchange(FlawRefused):
    """The chip's long-term key answers in the timed exchange."""
