import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from attestation import cose
from attestation.errors import (
    AlgorithmAbsent,
    AlgorithmNotAllowed,
    AlgorithmNotInteger,
    AlgorithmUnprotected,
    BadHeader,
    BadPayload,
    BadSignature,
    CriticalHeader,
    DetachedPayload,
    DuplicateKey,
    Empty,
    IndefiniteLength,
    InnerTag,
    InvalidArgument,
    JsonToken,
    KeysOutOfOrder,
    LabelInBothHeaders,
    NotFourParts,
    NotShortest,
    NotSign1,
    Refused,
    SignatureLength,
    TrailingBytes,
    Truncated,
    WrongKeyType,
    WrongPrefix,
)

from .wire import NULL, TRUE, array, head, integer, mapping, named, octets, text

TAG = b"\xd2"
PAYLOAD = b"payload"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
P256, P384, P521 = (ec.derive_private_key(7, curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()))
KEYS = {-19: KEY, -8: KEY, -9: P256, -7: P256, -51: P384, -35: P384, -36: P521}
HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
ALG = mapping((integer(1), integer(-19)))
EMPTY_MAP = b"\xa0"


def sign(key, message: bytes) -> bytes:
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message)
    scheme = ec.ECDSA(HASHES[key.curve.key_size], deterministic_signing=True)
    half = (key.curve.key_size + 7) // 8
    return b"".join(part.to_bytes(half, "big") for part in decode_dss_signature(key.sign(message, scheme)))


def to_be_signed(protected: bytes, payload: bytes, aad: bytes = b"") -> bytes:
    """RFC 9052 section 4.4, by hand."""
    return array(text("Signature1"), octets(protected), octets(aad), octets(payload))


def message(*, protected=ALG, unprotected=EMPTY_MAP, payload=PAYLOAD, aad=b"", prefix=TAG, key=KEY) -> bytes:
    """A COSE_Sign1 by hand, really signed over whatever header and payload are given."""
    signature = sign(key, to_be_signed(protected, payload, aad))
    return prefix + array(octets(protected), unprotected, octets(payload), octets(signature))


GOOD = {
    "protected": octets(ALG),
    "unprotected": EMPTY_MAP,
    "payload": octets(PAYLOAD),
    "signature": octets(sign(KEY, to_be_signed(ALG, PAYLOAD))),
}


def parts(**changes: bytes) -> bytes:
    """A good message with some of its four items replaced."""
    return TAG + array(*{**GOOD, **changes}.values())


def name(value: object) -> str:
    return getattr(value, "__name__", "")


def refused(token, *, key=KEY, algorithms=(-19,), aad=b"") -> type[Refused]:
    with pytest.raises(Refused) as caught:
        cose.verify_sign1(token, key.public_key(), algorithms=algorithms, external_aad=aad)
    return type(caught.value)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_hand_made_message_verifies_to_its_payload(algorithm):
    key = KEYS[algorithm]
    signed = message(protected=mapping((integer(1), integer(algorithm))), key=key, aad=b"aad")
    assert cose.verify_sign1(signed, key.public_key(), algorithms={algorithm}, external_aad=b"aad") == PAYLOAD
    assert refused(signed, key=key, algorithms={algorithm}) is BadSignature
    assert refused(signed, key=key, algorithms={algorithm}, aad=b"aae") is BadSignature


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_is_signed_here_is_what_is_made_by_hand(algorithm):
    key = KEYS[algorithm]
    signed = cose.sign1(
        PAYLOAD,
        algorithm=algorithm,
        sign=lambda data: sign(key, data),
        header={16: 263, 4: b"kid"},
        unprotected={33: [b"leaf"]},
        external_aad=b"aad",
    )
    header = mapping((integer(1), integer(algorithm)), (integer(4), octets(b"kid")), (integer(16), integer(263)))
    unprotected = mapping((integer(33), array(octets(b"leaf"))))
    assert signed == message(protected=header, unprotected=unprotected, aad=b"aad", key=key)
    plain = cose.sign1(PAYLOAD, algorithm=algorithm, sign=lambda data: sign(key, data))
    assert plain == message(protected=mapping((integer(1), integer(algorithm))), key=key)


def test_the_bytes_that_are_signed_are_those_of_a_published_example():
    """COSE working group, example sign-pass-02, with external data."""
    signed = cose.sig_structure(bytes.fromhex("a10126"), b"This is the content.", bytes.fromhex("11aa22bb33cc44dd55006699"))
    assert signed.hex() == (
        "846a5369676e61747572653143a101264c11aa22bb33cc44dd5500669954546869732069732074686520636f6e74656e742e"
    )


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_the_bytes_that_are_signed_are_cbor_at_every_length(size):
    data = bytes(size)
    assert cose.sig_structure(data, b"p", data) == to_be_signed(data, b"p", data)
    assert cose.sig_structure(b"h", data) == to_be_signed(b"h", data)


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        (b"", Empty),
        (TAG, Truncated),
        (message()[:-1], Truncated),
        (message() + b"\x00", TrailingBytes),
        (message() + message(), TrailingBytes),
        (message(prefix=b""), WrongPrefix),
        (message(prefix=TAG * 2), WrongPrefix),
        (message(prefix=TAG * 3), WrongPrefix),
        (message(prefix=b"\xd8\x12"), WrongPrefix),  # 18 in two bytes
        (message(prefix=b"\xd8\x3d\xd2"), WrongPrefix),  # a CWT
        (message(prefix=b"\xd9\xd9\xf7\xd2"), WrongPrefix),  # self-described
        (message(prefix=b"\xd3"), NotSign1),
        (message(prefix=b"\xd2\xd8\x3d"), InnerTag),
        (message(prefix=b"\xd0"), NotSign1),  # COSE_Encrypt0
        (message(prefix=b"\xd1"), NotSign1),  # COSE_Mac0
        (message(prefix=b"\xd8\x60"), NotSign1),  # COSE_Encrypt
        (message(prefix=b"\xd8\x61"), NotSign1),  # COSE_Mac
        (message(prefix=b"\xd8\x62"), NotSign1),  # COSE_Sign
        (message(prefix=b"\xd2\xd1"), InnerTag),
        (b'{"alg":"ES256"}', JsonToken),
        (b'["JWT","x"]', JsonToken),
        (b"eyJhbGciOiJFUzI1NiJ9.e30.c2ln", JsonToken),
        (b"\x00" * 80, WrongPrefix),
    ],
    ids=name,
)
def test_only_one_tag_18_and_one_message_is_read(token, refusal):
    assert refused(token) is refusal


@pytest.mark.parametrize(
    ("token", "refusal"),
    [
        (TAG + array(), NotFourParts),
        (TAG + array(octets(ALG), EMPTY_MAP, octets(PAYLOAD)), NotFourParts),
        (TAG + b"\x85" + parts()[2:] + NULL, NotFourParts),
        (TAG + mapping(*((integer(n), octets(b"")) for n in range(4))), NotFourParts),
        (TAG + octets(message()), NotFourParts),
        (TAG + NULL, NotFourParts),
        # Headers.
        (parts(protected=ALG), BadHeader),
        (parts(protected=text("")), BadHeader),
        (parts(protected=NULL), BadHeader),
        (parts(unprotected=octets(EMPTY_MAP)), BadHeader),
        (parts(unprotected=array()), BadHeader),
        (parts(unprotected=NULL), BadHeader),
        (message(protected=array(ALG)), BadHeader),
        (message(protected=octets(ALG)), BadHeader),
        (message(protected=integer(1)), BadHeader),
        (message(protected=ALG + b"\x00"), TrailingBytes),
        (message(protected=ALG[:-1]), Truncated),
        (message(protected=b"\xbf" + ALG[1:] + b"\xff"), IndefiniteLength),
        (message(protected=b"\xa1\x18\x01\x32"), NotShortest),
        (message(protected=mapping((integer(1), integer(-19)), (integer(1), integer(-7)))), DuplicateKey),
        (message(protected=mapping((integer(4), octets(b"")), (integer(1), integer(-19)))), KeysOutOfOrder),
        (message(protected=mapping((integer(1), head(6, 0) + integer(-19)))), InnerTag),
        (message(unprotected=mapping((integer(4), NULL), (integer(4), NULL))), DuplicateKey),
        # Payload and signature.
        (parts(payload=NULL), DetachedPayload),
        (parts(payload=text("payload")), BadPayload),
        (parts(payload=EMPTY_MAP), BadPayload),
        (parts(signature=NULL), BadPayload),
        (parts(signature=text("s" * 64)), BadPayload),
        (parts(signature=array(octets(b"s" * 64))), BadPayload),
        (parts(signature=octets(b"")), SignatureLength),
    ],
    ids=name,
)
def test_a_message_out_of_form_is_refused_for_its_form(token, refusal):
    assert refused(token) is refusal


KID = (integer(4), octets(b"kid"))
CRIT = (integer(2), array(integer(4)))


@pytest.mark.parametrize(
    ("protected", "unprotected", "refusal"),
    [
        (mapping((integer(1), integer(-19)), KID), mapping(KID), LabelInBothHeaders),
        (ALG, ALG, LabelInBothHeaders),
        (ALG, mapping((integer(1), integer(-7))), LabelInBothHeaders),
        (
            mapping((integer(1), integer(-19)), (text("x"), NULL)),
            mapping((integer(7), NULL), (text("x"), TRUE)),
            LabelInBothHeaders,
        ),
        (mapping((integer(1), integer(-19)), CRIT, KID), EMPTY_MAP, CriticalHeader),
        (mapping((integer(1), integer(-19)), (integer(2), array())), EMPTY_MAP, CriticalHeader),
        (ALG, mapping(CRIT, KID), CriticalHeader),
        (EMPTY_MAP, EMPTY_MAP, AlgorithmAbsent),
        (b"", EMPTY_MAP, AlgorithmAbsent),  # RFC 9052 section 3: the other form of an empty header
        (mapping(KID), EMPTY_MAP, AlgorithmAbsent),
        (mapping((text("alg"), integer(-19))), EMPTY_MAP, AlgorithmAbsent),
        (b"", ALG, AlgorithmUnprotected),
        (EMPTY_MAP, ALG, AlgorithmUnprotected),
        (mapping(KID), ALG, AlgorithmUnprotected),
        (mapping((integer(1), text("Ed25519"))), EMPTY_MAP, AlgorithmNotInteger),
        (mapping((integer(1), octets(b"\x32"))), EMPTY_MAP, AlgorithmNotInteger),
        (mapping((integer(1), array(integer(-19)))), EMPTY_MAP, AlgorithmNotInteger),
        (mapping((integer(1), bytes.fromhex("f9ccc0"))), EMPTY_MAP, AlgorithmNotInteger),  # -19.0 equals -19 in Python
        (mapping((integer(1), integer(-8))), EMPTY_MAP, AlgorithmNotAllowed),
        (mapping((integer(1), integer(5))), EMPTY_MAP, AlgorithmNotAllowed),
        (mapping((integer(1), integer(-(2**64)))), EMPTY_MAP, AlgorithmNotAllowed),
    ],
    ids=name,
)
def test_a_header_is_refused_though_the_right_key_signed_it(protected, unprotected, refusal):
    assert refused(message(protected=protected, unprotected=unprotected)) is refusal


def test_true_is_no_algorithm_though_it_equals_one():
    assert refused(message(protected=mapping((integer(1), TRUE))), algorithms={1}) is AlgorithmNotInteger


def test_other_header_parameters_are_tolerated():
    """Profiles refuse them; here a message of another profile must verify too."""
    protected = mapping((integer(1), integer(-19)), (integer(3), integer(0)), KID, (text("x"), array(NULL)))
    signed = message(protected=protected, unprotected=mapping((integer(33), array()), (text("y"), TRUE)))
    assert cose.verify_sign1(signed, KEY.public_key(), algorithms={-19}) == PAYLOAD
    taken_apart = cose.parse_sign1(signed)
    assert taken_apart.protected == protected
    assert taken_apart.header == {1: -19, 3: 0, 4: b"kid", "x": [None]}
    assert taken_apart.unprotected == {33: [], "y": True}
    assert taken_apart.payload == PAYLOAD
    assert taken_apart.verify(KEY.public_key(), algorithms={-19}) == PAYLOAD


def test_the_empty_payload_is_a_payload():
    assert cose.verify_sign1(message(payload=b""), KEY.public_key(), algorithms={-19}) == b""


@pytest.mark.parametrize(("claimed", "allowed"), [(-7, -9), (-9, -7), (-35, -51), (-8, -19), (-19, -8), (-36, -9)])
def test_the_verifier_chooses_the_algorithm_and_not_the_message(claimed, allowed):
    """Even where curve and hash are the same, so that the signature would verify."""
    signed = message(protected=mapping((integer(1), integer(claimed))), key=KEYS[claimed])
    assert refused(signed, key=KEYS[claimed], algorithms={allowed}) is AlgorithmNotAllowed
    assert refused(signed, key=KEYS[claimed], algorithms=()) is AlgorithmNotAllowed


@pytest.mark.parametrize("key", [P256, P384, P521, Ed448PrivateKey.from_private_bytes(bytes(57))], ids=type)
@pytest.mark.parametrize("algorithm", [-8, -19])
def test_another_kind_of_key_is_refused_under_eddsa_though_it_signed(algorithm, key):
    signed = message(protected=mapping((integer(1), integer(algorithm))), key=key)
    assert refused(signed, key=key, algorithms={algorithm}) is WrongKeyType


def test_the_caller_cannot_allow_what_is_not_supported():
    """A public key is no secret for an HMAC: algorithm 5 stays refused though listed."""
    signed = message(protected=mapping((integer(1), integer(5))))
    assert refused(signed, algorithms={5, -19}) is AlgorithmNotAllowed


def test_the_signature_of_another_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    assert refused(message(key=other)) is BadSignature


def test_a_signature_over_another_kind_of_message_is_refused():
    """The context string keeps a COSE_Sign or a countersignature over the same content from passing for a COSE_Sign1."""
    for context in ("Signature", "CounterSignature", "MAC0"):
        signature = KEY.sign(array(text(context), octets(ALG), octets(b""), octets(PAYLOAD)))
        assert refused(parts(signature=octets(signature))) is BadSignature
    assert cose.verify_sign1(parts(), KEY.public_key(), algorithms={-19}) == PAYLOAD


def test_no_bit_of_a_message_can_be_turned_and_no_part_of_it_left_out():
    good = message(protected=mapping((integer(1), integer(-19)), KID))
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        refused(bytes(bad))
    for end in range(len(good)):
        refused(good[:end])


@pytest.mark.parametrize("token", [None, bytearray(message()), memoryview(message()), message().hex()], ids=type)
def test_only_bytes_are_read(token):
    with pytest.raises(InvalidArgument):
        cose.parse_sign1(token)


@pytest.mark.parametrize("header", [{1.5: 0}, {5: object()}, {5: 2**64}], ids=named)
def test_a_header_without_an_encoding_is_the_callers_error(header):
    with pytest.raises(InvalidArgument):
        cose.sign1(PAYLOAD, algorithm=-19, sign=KEY.sign, header=header)
    with pytest.raises(InvalidArgument):
        cose.sign1(PAYLOAD, algorithm=-19, sign=KEY.sign, unprotected=header)


@pytest.mark.parametrize(
    ("header", "unprotected"), [({1: -7}, None), (None, {1: -19}), ({4: b"a"}, {4: b"b"})], ids=["alg", "alg out", "both"]
)
def test_a_message_that_nobody_would_read_is_not_made(header, unprotected):
    with pytest.raises(InvalidArgument):
        cose.sign1(b"", algorithm=-19, sign=KEY.sign, header=header, unprotected=unprotected)


def test_an_algorithm_that_is_null_is_there_and_no_integer():
    assert refused(message(protected=mapping((integer(1), NULL)))) is AlgorithmNotInteger


def test_additional_data_are_bytes():
    signed = cose.sign1(b"", algorithm=-19, sign=KEY.sign)
    with pytest.raises(InvalidArgument):
        cose.verify_sign1(signed, KEY.public_key(), algorithms={-19}, external_aad="x")
