import contextlib
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attestation.algorithms import ED25519, ESP256, ESP384, verify_signature
from attestation.cbor import loads
from attestation.errors import BadClaim, InvalidArgument, Refused, WeakKey, WrongKeyType
from attestation.keys import (
    SigningKey,
    algorithm_of,
    decode_public_key,
    encode_public_key,
    key_id,
    read_cose_key,
    refuse_small_order,
    to_cose_key,
)

from .wire import integer, mapping, octets

ALGORITHMS = (ESP384, ESP256, ED25519)
SEED = bytes(range(32))

FOREIGN = {
    "P-521": ec.derive_private_key(7, ec.SECP521R1()),
    "secp256k1": ec.derive_private_key(7, ec.SECP256K1()),
    "Ed448": Ed448PrivateKey.from_private_bytes(bytes(57)),
    "X25519": X25519PrivateKey.from_private_bytes(bytes(32)),
}


class Curve25519:
    """The curve of RFC 8032 section 5.1 in plain integers: -x**2 + y**2 = 1 + d x**2 y**2 modulo p."""

    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    order = 2**252 + 27742317777372353535851937790883648493
    neutral = (0, 1)

    @classmethod
    def x(cls, y: int) -> int | None:
        """One of the two x that go with y, if y belongs to a point."""
        square = (y * y - 1) * pow(cls.d * y * y + 1, -1, cls.p) % cls.p
        root = pow(square, (cls.p + 3) // 8, cls.p)
        turned = root * pow(2, (cls.p - 1) // 4, cls.p) % cls.p
        return next((x for x in (root, turned) if x * x % cls.p == square), None)

    @classmethod
    def add(cls, one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
        (x1, y1), (x2, y2) = one, other
        product = cls.d * x1 * x2 * y1 * y2
        x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, cls.p)
        y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, cls.p)
        return x % cls.p, y % cls.p

    @classmethod
    def multiple(cls, factor: int, point: tuple[int, int]) -> tuple[int, int]:
        result = cls.neutral
        for bit in bin(factor)[2:]:
            result = cls.add(result, result)
            if bit == "1":
                result = cls.add(result, point)
        return result

    @classmethod
    def points_of_small_order(cls) -> list[tuple[int, int]]:
        """The order of the curve is 8 L, so that L times any point has an order of 1, 2, 4 or 8."""
        for y in range(2, 100):
            x = cls.x(y)
            if x is not None:
                point = cls.multiple(cls.order, (x, y))
                if cls.multiple(4, point) != cls.neutral:
                    return [cls.multiple(factor, point) for factor in range(8)]
        raise AssertionError

    @classmethod
    def encodings(cls, point: tuple[int, int]) -> list[bytes]:
        """All 32 bytes that a lenient decoder takes for this y: not reduced modulo p as well, and with either sign."""
        ys = [y for y in (point[1], point[1] + cls.p) if y < 2**255]
        return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


WEAK_KEYS = sorted({raw for point in Curve25519.points_of_small_order() for raw in Curve25519.encodings(point)})


def rfc_6979(curve: ec.EllipticCurve, private: str) -> SigningKey:
    return SigningKey(ec.derive_private_key(int(private, 16), curve))


P256 = rfc_6979(ec.SECP256R1(), "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
P384 = rfc_6979(
    ec.SECP384R1(), "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"
)


@pytest.mark.parametrize(
    ("key", "message", "r", "s"),
    [
        (
            P256,
            b"sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            P256,
            b"test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
        (
            P384,
            b"sample",
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
        ),
        (
            P384,
            b"test",
            "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
            "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
        ),
    ],
    ids=["P-256 sample", "P-256 test", "P-384 sample", "P-384 test"],
)
def test_ecdsa_signs_as_in_rfc_6979(key, message, r, s):
    """Appendices A.2.5 and A.2.6."""
    assert key.sign(message).hex().upper() == r + s
    verify_signature(key.algorithm, key.public_key, message, key.sign(message))


def test_ed25519_signs_as_in_rfc_8032():
    """Section 7.1, test 2: the seed is the private key."""
    key = SigningKey.from_seed(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public_key.public_bytes_raw().hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.parametrize(("algorithm", "size"), [(ESP256, 64), (ESP384, 96), (ED25519, 64)])
def test_a_signature_keeps_its_length_where_its_halves_begin_with_zeros(algorithm, size):
    """About one in 128 does."""
    key = SigningKey.from_seed(SEED, algorithm)
    signatures = [key.sign(b"%d" % number) for number in range(512)]
    assert {len(signature) for signature in signatures} == {size}
    assert any(0 in (signature[0], signature[size // 2]) for signature in signatures)
    verify_signature(algorithm, key.public_key, b"0", signatures[0])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_seed_makes_one_key(algorithm):
    one, same, other = (SigningKey.from_seed(seed, algorithm) for seed in (SEED, SEED, SEED[::-1]))
    assert one.algorithm == algorithm
    assert one.cose_key == same.cose_key != other.cose_key
    assert one.kid == same.kid != other.kid
    assert one.sign(b"m") == same.sign(b"m") != other.sign(b"m")


def test_a_seed_makes_unrelated_keys_for_different_algorithms():
    keys = [SigningKey.from_seed(SEED, algorithm) for algorithm in ALGORITHMS]
    assert len({key.kid for key in keys}) == 3
    p384, p256, _ = (key.private_key for key in keys)
    low = 2**128 - 1
    assert p384.private_numbers().private_value & low != p256.private_numbers().private_value & low
    assert SigningKey.from_seed(SEED).algorithm == ED25519


@pytest.mark.parametrize(
    ("algorithm", "curve"), [(ESP256, ec.SECP256R1()), (ESP384, ec.SECP384R1())], ids=["P-256", "P-384"]
)
def test_a_private_key_on_a_nist_curve_is_the_documented_function_of_the_seed(algorithm, curve):
    """FIPS 186-5 appendix A.2.1; a change would give every chip of a saved scenario another key."""
    size = curve.key_size // 8 + 16
    stretched = hashlib.shake_256(b"private key %d" % algorithm + SEED).digest(size)
    expected = int.from_bytes(stretched, "big") % (curve.group_order - 1) + 1
    assert SigningKey.from_seed(SEED, algorithm).private_key.private_numbers().private_value == expected


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), bytes(64)], ids=len)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_seed_has_32_bytes(algorithm, seed):
    with pytest.raises(InvalidArgument):
        SigningKey.from_seed(seed, algorithm)


@pytest.mark.parametrize("algorithm", [-7, -8, -35, -36, 5, 0])
def test_no_key_is_made_for_an_algorithm_without_a_profile(algorithm):
    with pytest.raises(InvalidArgument):
        SigningKey.from_seed(SEED, algorithm)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_key_of_another_kind_cannot_sign_for_a_profile(name):
    with pytest.raises(WrongKeyType):
        SigningKey(FOREIGN[name])
    with pytest.raises(WrongKeyType):
        encode_public_key(FOREIGN[name].public_key())
    with pytest.raises(WrongKeyType):
        algorithm_of(FOREIGN[name].public_key())


@pytest.mark.parametrize("key", [None, b"\x00" * 32, rsa.RSAPublicNumbers(65537, (1 << 2047) + 1).public_key()], ids=type)
def test_what_is_no_key_on_a_curve_has_no_algorithm(key):
    with pytest.raises(WrongKeyType):
        algorithm_of(key)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_key_identifier_is_a_digest_of_the_public_key_info(algorithm):
    key = SigningKey.from_seed(SEED, algorithm)
    info = key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.kid == key_id(key.public_key) == hashlib.sha256(info).digest()[:16]


def cose_key_by_hand(key: SigningKey, algorithm: int) -> bytes:
    """RFC 9053 sections 7.1 and 7.2."""
    if algorithm == ED25519:
        members = [(1, integer(1)), (-1, integer(6)), (-2, octets(key.public_key.public_bytes_raw()))]
    else:
        size, curve = (32, 1) if algorithm == ESP256 else (48, 2)
        numbers = key.public_key.public_numbers()
        x, y = (octets(part.to_bytes(size, "big")) for part in (numbers.x, numbers.y))
        members = [(1, integer(2)), (-1, integer(curve)), (-2, x), (-3, y)]
    return mapping(*((integer(label), value) for label, value in members))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_public_key_survives_as_cose_key(algorithm):
    key = SigningKey.from_seed(SEED, algorithm)
    assert key.cose_key == encode_public_key(key.public_key) == cose_key_by_hand(key, algorithm)
    assert decode_public_key(key.cose_key) == key.public_key
    assert loads(key.cose_key) == to_cose_key(key.public_key)
    assert read_cose_key(loads(key.cose_key), ALGORITHMS) == key.cose_key
    assert read_cose_key(loads(key.cose_key), {algorithm}) == key.cose_key


KEYS = {algorithm: to_cose_key(SigningKey.from_seed(SEED, algorithm).public_key) for algorithm in ALGORITHMS}


def refused(value: object, algorithms=ALGORITHMS) -> type[Refused]:
    with pytest.raises(Refused) as caught:
        read_cose_key(value, algorithms)
    return type(caught.value)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cose_key_of_another_form_is_refused(algorithm):
    """Exactly the members that identify the key, so that one key has one encoding, and no private one among them."""
    good = KEYS[algorithm]
    x = good[-2]
    for changes in (
        {2: b"kid"},  # kid
        {3: algorithm},  # alg
        {4: [2]},  # key_ops
        {-4: bytes(32)},  # d: a private key has no business here
        {"x": x},
        {1: True},
        {1: float(good[1])},
        {1: "OKP"},
        {1: None},
        {-1: float(good[-1])},
        {-1: "P-256"},
        {-2: x[:-1]},
        {-2: x + b"\x00"},
        {-2: b""},
        {-2: x.hex()},
        {-2: int.from_bytes(x, "big")},
        {-2: None},
    ):
        assert refused({**good, **changes}) is BadClaim, changes
    for missing in good:
        assert refused({label: value for label, value in good.items() if label != missing}) is BadClaim, missing
    for value in (None, [], b"", list(good.items()), encode_public_key(SigningKey.from_seed(SEED, algorithm).public_key)):
        assert refused(value) is BadClaim


def test_y_belongs_to_a_nist_curve_and_to_no_other():
    assert refused({**KEYS[ED25519], -3: bytes(32)}) is BadClaim
    for algorithm in (ESP256, ESP384):
        y = KEYS[algorithm][-3]
        for bad in (True, y[:-1], y + b"\x00", None):  # true: a compressed point
            assert refused({**KEYS[algorithm], -3: bad}) is BadClaim


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_cose_key_of_another_type_or_curve_is_refused(algorithm):
    good = KEYS[algorithm]
    for kty, crv in ((1, 4), (1, 7), (2, 3), (2, 8), (2, 6), (1, 1), (3, 0), (4, 0), (0, 0), (-1, -1)):
        assert refused({**good, 1: kty, -1: crv}) is WrongKeyType
    others = tuple(other for other in ALGORITHMS if other != algorithm)
    assert refused(good, others) is WrongKeyType
    assert refused(good, ()) is WrongKeyType


@pytest.mark.parametrize("algorithm", [ESP256, ESP384])
def test_a_point_off_its_curve_is_refused(algorithm):
    good = KEYS[algorithm]
    size = len(good[-2])
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1 if algorithm == ESP256 else 2**384 - 2**128 - 2**96 + 2**32 - 1
    for changes in (
        {-3: bytes([good[-3][0] ^ 1]) + good[-3][1:]},
        {-2: bytes(size), -3: bytes(size)},  # what stands for infinity in some encodings
        {-2: good[-3], -3: good[-2]},
        {-2: p.to_bytes(size, "big")},
        {-2: b"\xff" * size},
    ):
        assert refused({**good, **changes}) is WrongKeyType


def test_eight_points_have_a_small_order():
    """And L, the order of the base point, is as RFC 8032 has it."""
    points = Curve25519.points_of_small_order()
    assert len(set(points)) == 8
    assert all(Curve25519.multiple(8, point) == Curve25519.neutral for point in points)
    y = 4 * pow(5, -1, Curve25519.p) % Curve25519.p
    base = (Curve25519.x(y), y)
    assert Curve25519.multiple(Curve25519.order, base) == Curve25519.neutral
    assert len(WEAK_KEYS) == 14


@pytest.mark.parametrize("raw", WEAK_KEYS, ids=lambda raw: raw.hex()[:4] + raw.hex()[-4:])
def test_a_key_of_small_order_is_refused_in_every_encoding(raw):
    with pytest.raises(WeakKey):
        refuse_small_order(raw)
    assert refused({1: 1, -1: 6, -2: raw}) is WeakKey
    with pytest.raises(WeakKey):
        decode_public_key(mapping((integer(1), integer(1)), (integer(-1), integer(6)), (integer(-2), octets(raw))))


@pytest.mark.parametrize("raw", WEAK_KEYS, ids=lambda raw: raw.hex()[:4] + raw.hex()[-4:])
def test_a_key_of_small_order_is_refused_since_anybody_can_sign_under_it(raw):
    """With the neutral point for R and 0 for S, the equation S B = R + h A holds wherever the order of A divides h.

    OpenSSL accepts this as the signature of one message in 8, 4 or 2, or of every message.
    """
    key = Ed25519PublicKey.from_public_bytes(raw)
    forged = (1).to_bytes(32, "little") + bytes(32)
    verified = 0
    for number in range(200):
        with contextlib.suppress(InvalidSignature):
            key.verify(forged, b"%d" % number)
            verified += 1
        with pytest.raises(WeakKey):
            verify_signature(ED25519, key, b"%d" % number, forged)
    assert verified >= 10


def test_no_other_key_is_refused_as_weak():
    weak = {int.from_bytes(raw, "little") % 2**255 for raw in WEAK_KEYS}
    for near in {y + step for y in weak for step in (-1, 1)} - weak:
        refuse_small_order((near % 2**255).to_bytes(32, "little"))
    for number in range(100):
        refuse_small_order(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key().public_bytes_raw())
