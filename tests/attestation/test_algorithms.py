import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attestation.algorithms import DEPRECATED, ECDSA, ED25519, ESP256, ESP384, SUPPORTED, verify_signature
from attestation.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    DerSignature,
    InvalidArgument,
    Refused,
    SignatureLength,
    SignatureOutOfRange,
    WrongKeyType,
)

MESSAGE = b"a message"

P256, P384, P521 = (ec.derive_private_key(7, curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()))
EDWARDS = Ed25519PrivateKey.from_private_bytes(bytes(32))
ED448 = Ed448PrivateKey.from_private_bytes(bytes(57))
ES256K = ec.derive_private_key(7, ec.SECP256K1())

# RFC 9864 section 2, RFC 9053 sections 2.1 and 2.2: identifier -> the key and hash that belong to it.
BELONGS = {
    -9: (P256, hashes.SHA256()),
    -7: (P256, hashes.SHA256()),
    -51: (P384, hashes.SHA384()),
    -35: (P384, hashes.SHA384()),
    -36: (P521, hashes.SHA512()),
    -19: (EDWARDS, None),
    -8: (EDWARDS, None),
}
ON_CURVES = [algorithm for algorithm, (_, digest) in BELONGS.items() if digest is not None]

# SEC 2 version 2, sections 2.4.2, 2.5.1 and 2.6.1; RFC 8032 section 5.1.
N = {
    P256: 2**256 - 2**224 + 2**192 - 0x4319055258E8617B0C46353D039CDAAF,
    P384: 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
    P521: 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
}
L = 2**252 + 27742317777372353535851937790883648493

OTHER_KEYS = {
    "P-256": P256.public_key(),
    "P-384": P384.public_key(),
    "P-521": P521.public_key(),
    "secp256k1": ES256K.public_key(),
    "Ed25519": EDWARDS.public_key(),
    "Ed448": ED448.public_key(),
    "X25519": X25519PrivateKey.from_private_bytes(bytes(32)).public_key(),
    "RSA": rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key(),
    "bytes": EDWARDS.public_key().public_bytes_raw(),
    "private": EDWARDS,
    "nothing": None,
}


def signed(private_key, digest, message=MESSAGE) -> bytes:
    """The raw signature, by the cryptography package alone."""
    if digest is None:
        return private_key.sign(message)
    return raw(private_key, *decode_dss_signature(der(private_key, digest, message)))


def der(private_key, digest, message=MESSAGE) -> bytes:
    return private_key.sign(message, ec.ECDSA(digest, deterministic_signing=True))


def raw(private_key, r: int, s: int) -> bytes:
    half = (private_key.curve.key_size + 7) // 8
    return r.to_bytes(half, "big") + s.to_bytes(half, "big")


def refused(algorithm, key, signature, message=MESSAGE) -> type[Refused]:
    with pytest.raises(Refused) as caught:
        verify_signature(algorithm, key, message, signature)
    return type(caught.value)


def test_the_algorithms_of_profiles_and_their_deprecated_kin_are_all_there_is():
    assert BELONGS.keys() == SUPPORTED
    assert {ESP256, ESP384, ED25519} == SUPPORTED - DEPRECATED == {-9, -51, -19}


@pytest.mark.parametrize("algorithm", BELONGS)
def test_a_signature_verifies_for_its_message_and_key_and_for_no_other(algorithm):
    key, digest = BELONGS[algorithm]
    signature = signed(key, digest)
    verify_signature(algorithm, key.public_key(), MESSAGE, signature)
    assert refused(algorithm, key.public_key(), signature, MESSAGE + b"!") is BadSignature
    other = Ed25519PrivateKey.from_private_bytes(b"1" * 32) if digest is None else ec.derive_private_key(8, key.curve)
    assert refused(algorithm, other.public_key(), signature) is BadSignature


@pytest.mark.parametrize("hashed", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda digest: digest.name)
@pytest.mark.parametrize("algorithm", ON_CURVES)
def test_each_curve_goes_with_one_hash(algorithm, hashed):
    key, digest = BELONGS[algorithm]
    if hashed.name != digest.name:
        assert refused(algorithm, key.public_key(), signed(key, hashed)) is BadSignature


def test_the_signature_of_rfc_8032_verifies():
    """Section 7.1, test 2."""
    raw_key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    verify_signature(ED25519, Ed25519PublicKey.from_public_bytes(raw_key), b"\x72", signature)


@pytest.mark.parametrize("name", OTHER_KEYS)
@pytest.mark.parametrize("algorithm", BELONGS)
def test_only_the_key_that_belongs_to_an_algorithm_is_looked_at(algorithm, name):
    """An Ed448 key under EdDSA was a real forgery; so the length of a signature never picks the algorithm."""
    own, digest = BELONGS[algorithm]
    key = OTHER_KEYS[name]
    if key != own.public_key():
        assert refused(algorithm, key, signed(own, digest)) is WrongKeyType


@pytest.mark.parametrize(
    ("algorithm", "key", "signature"),
    [
        (-8, ED448, ED448.sign(MESSAGE)),
        (-19, ED448, ED448.sign(MESSAGE)),
        (-36, P256, signed(P256, hashes.SHA512())),
        (-36, P384, signed(P384, hashes.SHA512())),
        (-51, P256, signed(P256, hashes.SHA384())),
        (-9, P384, signed(P384, hashes.SHA256())),
        (-9, ES256K, signed(ES256K, hashes.SHA256())),
        (-7, ES256K, signed(ES256K, hashes.SHA256())),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_a_good_signature_by_another_kind_of_key_is_refused_for_the_key(algorithm, key, signature):
    assert refused(algorithm, key.public_key(), signature) is WrongKeyType


@pytest.mark.parametrize("algorithm", [5, 4, 0, 1, -6, -37, -47, -52, -53, -257, -65535])
def test_no_other_algorithm_is_known(algorithm):
    """HMAC, the direct key, RSA, ES256K, ESP512, Ed448, RS1."""
    for key in OTHER_KEYS.values():
        assert refused(algorithm, key, bytes(64)) is AlgorithmNotAllowed


def test_a_public_key_is_no_secret_for_an_hmac():
    """Whoever knows the public key could make this tag."""
    info = P256.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    tag = hmac.digest(info, MESSAGE, "sha256")
    assert refused(5, P256.public_key(), tag) is AlgorithmNotAllowed
    assert refused(5, info, tag) is AlgorithmNotAllowed
    assert refused(-9, P256.public_key(), tag) is SignatureLength


@pytest.mark.parametrize("algorithm", BELONGS)
def test_a_signature_has_one_length(algorithm):
    key, digest = BELONGS[algorithm]
    good = signed(key, digest)
    for wrong in (b"", good[:-1], good + b"\x00", b"\x00" + good, good[: len(good) // 2], good * 2):
        assert refused(algorithm, key.public_key(), wrong) is SignatureLength


@pytest.mark.parametrize("algorithm", ON_CURVES)
def test_der_is_refused_as_such(algorithm):
    """It has more than one spelling, and RFC 9053 section 2.1 asks for another."""
    key, digest = BELONGS[algorithm]
    for number in range(8):
        message = bytes([number])
        assert refused(algorithm, key.public_key(), der(key, digest, message), message) is DerSignature


def test_bytes_that_are_too_long_or_short_for_der_are_of_a_wrong_length():
    assert refused(-9, P256.public_key(), b"\x30" + bytes(6)) is SignatureLength
    assert refused(-9, P256.public_key(), b"\x30" + bytes(7)) is DerSignature
    assert refused(-9, P256.public_key(), b"\x30" + bytes(72)) is DerSignature  # the longest with 32-byte integers is 72
    assert refused(-9, P256.public_key(), b"\x30" + bytes(200)) is SignatureLength
    assert refused(-19, EDWARDS.public_key(), b"\x30" + bytes(70)) is SignatureLength  # Ed25519 has no DER form


@pytest.mark.parametrize("algorithm", ON_CURVES)
def test_r_and_s_lie_between_zero_and_the_group_order(algorithm):
    key, digest = BELONGS[algorithm]
    n = N[key]
    largest = 2 ** (8 * ((key.curve.key_size + 7) // 8)) - 1
    half = len(signed(key, digest)) // 2
    good = signed(key, digest)
    r, s = int.from_bytes(good[:half], "big"), int.from_bytes(good[half:], "big")
    for bad in (0, n, n + 1, largest):
        for pair in ((bad, s), (r, bad), (bad, bad)):
            assert refused(algorithm, key.public_key(), raw(key, *pair)) is SignatureOutOfRange
    for pair in ((1, 1), (n - 1, s), (r, n - 1), (n - 1, n - 1)):
        assert refused(algorithm, key.public_key(), raw(key, *pair)) is BadSignature


@pytest.mark.parametrize("algorithm", ON_CURVES)
def test_ecdsa_signatures_have_a_twin(algorithm):
    """(r, n - s) verifies wherever (r, s) does, so that a message is never to be recognised by its signature."""
    key, digest = BELONGS[algorithm]
    good = signed(key, digest)
    half = len(good) // 2
    twin = raw(key, int.from_bytes(good[:half], "big"), N[key] - int.from_bytes(good[half:], "big"))
    assert twin != good
    verify_signature(algorithm, key.public_key(), MESSAGE, good)
    verify_signature(algorithm, key.public_key(), MESSAGE, twin)


def test_ed25519_signatures_have_no_twin():
    """RFC 8032 section 5.1.7: S + L would do as well as S, were it not refused."""
    signature = EDWARDS.sign(MESSAGE)
    s = int.from_bytes(signature[32:], "little")
    for bad in (s + L, L, 2**256 - 1):
        assert refused(ED25519, EDWARDS.public_key(), signature[:32] + bad.to_bytes(32, "little")) is SignatureOutOfRange
    for wrong in (0, L - 1):
        assert refused(ED25519, EDWARDS.public_key(), signature[:32] + wrong.to_bytes(32, "little")) is BadSignature


@pytest.mark.parametrize("algorithm", ON_CURVES)
def test_the_group_order_is_the_one_that_takes_the_generator_to_infinity(algorithm):
    """(n - 1) G = -G: the same x, and y the negative. Both are computed by OpenSSL from the curve alone."""
    suite = ECDSA[algorithm]
    one, last = (ec.derive_private_key(k, suite.curve).public_key().public_numbers() for k in (1, suite.order - 1))
    assert one.x == last.x
    assert one.y != last.y
    assert suite.order == N[BELONGS[algorithm][0]]


@pytest.mark.parametrize("algorithm", BELONGS)
def test_no_bit_of_a_signature_can_be_turned(algorithm):
    key, digest = BELONGS[algorithm]
    good = signed(key, digest)
    for bit in range(0, 8 * len(good), 7):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert refused(algorithm, key.public_key(), bytes(bad)) in (BadSignature, SignatureOutOfRange)


@pytest.mark.parametrize(
    "arguments",
    [(-19, "message", bytes(64)), (-19, b"", None), (-19, b"", bytearray(64)), (-19.0, b"", bytes(64)), ([], b"", b"")],
)
def test_what_is_not_bytes_or_no_integer_is_the_callers_error(arguments):
    algorithm, message, signature = arguments
    with pytest.raises(InvalidArgument):
        verify_signature(algorithm, None, message, signature)
