"""Every rule of a chain is broken once while all others hold; what would otherwise be refused has a good twin here too."""

import hashlib
import itertools
import random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attestation import ED25519, ESP256, ESP384, AttestationError, Refused, validate_chain
from attestation.chain import MAX_CHAIN, Endorsement, read_certificate
from attestation.errors import (
    CaLeaf,
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    ChainBroken,
    ChainTooLong,
    ChainTooShort,
    IssuerNotCa,
    NoDigitalSignature,
    PathTooLong,
    UeidNotInCertificate,
    UnknownCriticalExtension,
    UnpinnedRoot,
    WeakCertificateSignature,
    WeakKey,
    WrongCurve,
)
from attestation.keys import decode_public_key

from . import pki
from .pki import ALGORITHM, EXTENSIONS, KEY, NOW_S, SERIAL, SUBJECT, UEID, VALIDITY, VERSION, build, load, sequence, tlv

MAKERS = {"Ed25519": pki.ed25519, "P-256": pki.p256, "P-384": pki.p384}
ALGORITHM_OF = {"Ed25519": ED25519, "P-256": ESP256, "P-384": ESP384}
MIXTURES = {
    **{one: [one] * MAX_CHAIN for one in MAKERS},
    "mixed, Ed25519 leaf": ["Ed25519", "P-256", "P-384"] * 2,
    "mixed, P-256 leaf": ["P-256", "P-384", "Ed25519"] * 2,
    "mixed, P-384 leaf": ["P-384", "Ed25519", "P-256"] * 2,
}


def accept(chain: list[bytes], at_s: float = NOW_S) -> Endorsement:
    """The chain as its own last certificate's pinner sees it."""
    return validate_chain(chain, chain[-1:], at_s)


def is_refused(error: type[AttestationError], chain: list[bytes], at_s: float = NOW_S, roots: Any = None) -> None:
    """By exactly this error."""
    with pytest.raises(Refused) as caught:
        validate_chain(chain, chain[-1:] if roots is None else roots, at_s)
    assert type(caught.value) is error, repr(caught.value)


def rewritten(level: int, changes: dict[int, bytes | None]) -> list[bytes]:
    """A chain of leaf, batch and root with fields of one certificate replaced, and signed by the right key."""
    chain = build({}, {}, {})
    issuer = pki.ed25519(13 - min(level + 1, 2))
    chain[level] = pki.rewritten(chain[level], changes, issuer.sign)
    return chain


LEAF, BATCH, ROOT = range(3)
LEVELS = [pytest.param(LEAF, id="leaf"), pytest.param(BATCH, id="batch"), pytest.param(ROOT, id="root")]
BELOW_ROOT = LEVELS[:2]


# Good chains.


@pytest.mark.parametrize("root", ["sent", "left out"])
@pytest.mark.parametrize("length", range(2, MAX_CHAIN + 1))
@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_good_chain_endorses_the_key_of_its_leaf(mixture, length, root):
    kinds = MIXTURES[mixture][:length]
    keys = [MAKERS[kind](level + 10) for level, kind in enumerate(kinds)]
    chain = build(*({"key": key} for key in keys))
    sent = chain if root == "sent" else chain[:-1]
    found = validate_chain(sent, [chain[-1]], NOW_S)
    kids = [pki.kid(key.public_key()) for key in keys]
    assert found.ueid == UEID
    assert found.algorithm == ALGORITHM_OF[kinds[0]]
    assert pki.key_info(decode_public_key(found.cose_key)) == pki.key_info(keys[0].public_key())
    assert found.x5t == hashlib.sha256(chain[0]).digest()
    assert found.authorities == tuple(kids[1:])
    assert found.path == tuple(zip(kids[1:], range(100, 100 + length - 1), strict=True))
    assert (found.not_before_s, found.not_after_s) == (pki.START_S, pki.END_S)


def test_what_is_rewritten_and_signed_by_the_right_key_is_good():
    """So that the hostile certificates below are refused for what is written in them and not for how they are made."""
    for level in (LEAF, BATCH, ROOT):
        accept(rewritten(level, {}))
    accept(rewritten(LEAF, pki.with_extension(build({}, {}, {})[LEAF], pki.extension("1.3.6.1.4.1.99999.1", b"\5\0"))))


def test_two_pinned_roots_may_share_a_name():
    """As after a rotation: the one that signed counts, wherever it stands in the list."""
    old, new = build({}, {}, {"key": pki.ed25519(90)}), build({}, {}, {"key": pki.ed25519(91)})
    assert load(old[-1]).subject == load(new[-1]).subject
    for chain in (old, new):
        for roots in itertools.permutations([old[-1], new[-1]]):
            assert validate_chain(chain[:-1], roots, NOW_S) == accept(chain)


def test_a_pinned_authority_needs_no_root_above_it():
    chain = build({}, {}, {})
    assert validate_chain(chain[:2], [chain[1]], NOW_S).authorities == accept(chain).authorities[:1]


def test_a_chip_may_have_no_basic_constraints():
    """RFC 5280 section 4.2.1.9 leaves them out for end entities."""
    accept(build({"basic": None}, {}, {}))


# Length and end.


def test_more_than_six_certificates_are_too_many():
    is_refused(ChainTooLong, build(*[{}] * 7))
    is_refused(ChainTooLong, [b"never read"] * 7, roots=[])


def test_the_root_counts_even_if_it_is_left_out():
    chain = build(*[{}] * 7)
    is_refused(ChainTooLong, chain[:-1], roots=chain[-1:])


def test_a_chain_needs_a_leaf_and_an_issuer():
    root = build({}, {})[-1]
    is_refused(ChainTooShort, [], roots=[root])
    is_refused(ChainTooShort, [root])


def test_a_root_that_is_not_pinned_proves_nothing():
    chain = build({}, {}, {})
    for roots in ([], [build({}, {"subject": "another"})[-1]]):
        for length in (3, 2, 1):
            is_refused(UnpinnedRoot, chain[:length], roots=roots)


@pytest.mark.parametrize("root", ["sent", "left out"])
@pytest.mark.parametrize("authorities", range(3))
def test_a_self_made_root_with_the_name_of_the_pinned_one_proves_nothing(authorities, root):
    between = [{}] * authorities
    pinned = build(*between, {}, {"subject": "root"})[-1]
    impostor = build(*between, {}, {"subject": "root", "key": pki.ed25519(66)})
    accept(impostor)
    is_refused(UnpinnedRoot, impostor if root == "sent" else impostor[:-1], roots=[pinned])


# Order and signatures.


def test_certificates_in_another_order_are_no_chain():
    chain = build({}, {}, {}, {})
    for order in itertools.permutations(range(4)):
        if order != (0, 1, 2, 3):
            expected = ChainBroken if 3 in order[:-1] or order[-1] > 1 else UnpinnedRoot
            is_refused(expected, [chain[place] for place in order], roots=chain[-1:])


def test_nothing_may_follow_a_pinned_root():
    """Nor may it come twice, or the path from chip to root would have more than one reading."""
    chain = build({}, {}, {})
    is_refused(ChainBroken, [*chain, chain[-1]])


def test_a_gap_or_a_repetition_breaks_the_chain():
    chain = build({}, {}, {}, {})
    is_refused(ChainBroken, [chain[0], chain[2], chain[3]])
    is_refused(ChainBroken, [chain[0], chain[0], *chain[1:]])


@pytest.mark.parametrize("level", BELOW_ROOT)
def test_a_signature_by_another_key_under_the_right_name_breaks_the_chain(level):
    """Name, dates and extensions are right, only the signer is not the authority above."""
    chain, stranger = build({}, {}, {}), pki.ed25519(66)
    chain[level] = pki.rewritten(chain[level], {}, stranger.sign)
    is_refused(ChainBroken, chain)


def test_an_issuer_of_the_right_key_but_another_name_breaks_the_chain():
    chain, renamed = build({}, {}, {}), build({}, {"subject": "another"}, {})
    assert load(chain[1]).public_key() == load(renamed[1]).public_key()
    is_refused(ChainBroken, [chain[0], renamed[1], renamed[2]])


def test_the_algorithm_of_a_signature_must_be_the_one_that_was_signed():
    """RFC 5280 section 4.1.1.2: the outer one is not under the signature."""
    key = pki.p256(5)
    leaf = build({}, {"key": key})[0]
    tbs, _, signature = pki.children(leaf)
    sha384 = sequence(pki.oid("1.2.840.10045.4.3.3"))
    chain = [pki.sequence(tbs, sha384, signature), build({}, {"key": key})[1]]
    is_refused(ChainBroken, chain)


def ecdsa_signed(digest: hashes.HashAlgorithm, dotted: str) -> list[bytes]:
    """A chain whose leaf is signed with this hash; the package refuses to issue some of them."""
    key = pki.p256(5)
    chain = build({}, {"key": key})
    algorithm = sequence(pki.oid(dotted))
    chain[0] = pki.rewritten(chain[0], {ALGORITHM: algorithm}, lambda tbs: key.sign(tbs, ec.ECDSA(digest)))
    return chain


@pytest.mark.parametrize(
    ("digest", "dotted"),
    [
        pytest.param(hashes.SHA1(), "1.2.840.10045.4.1", id="SHA-1"),
        pytest.param(hashes.SHA224(), "1.2.840.10045.4.3.1", id="SHA-224"),
        pytest.param(hashes.SHA512(), "1.2.840.10045.4.3.4", id="SHA-512"),
        pytest.param(hashes.SHA3_256(), "2.16.840.1.101.3.4.3.10", id="SHA3-256"),
    ],
)
def test_a_signature_with_another_hash_is_refused(digest, dotted):
    is_refused(WeakCertificateSignature, ecdsa_signed(digest, dotted))


@pytest.mark.parametrize(
    ("digest", "dotted"),
    [
        pytest.param(hashes.SHA256(), "1.2.840.10045.4.3.2", id="SHA-256"),
        pytest.param(hashes.SHA384(), "1.2.840.10045.4.3.3", id="SHA-384"),
    ],
)
def test_either_hash_of_the_profiles_goes_with_either_curve(digest, dotted):
    accept(ecdsa_signed(digest, dotted))
    accept(build({"digest": digest}, {"key": pki.p384(5)}))


@pytest.mark.parametrize("level", BELOW_ROOT)
def test_a_strong_leaf_does_not_excuse_a_weak_signature_above_it(level):
    keys = [pki.p256(number) for number in (5, 6, 7)]
    weak = [{"key": key, **({"digest": hashes.SHA512()} if place == level else {})} for place, key in enumerate(keys)]
    is_refused(WeakCertificateSignature, build(*weak))


# Who may issue.


def test_a_chip_issues_nothing():
    """The leaf of a good chain, taken for an authority, over a certificate with a UEID of its own choice."""
    chain = build({"subject": "victim", "ueid": pki.ueid_extension(b"\x01" + b"\xff" * 16)}, {**pki.CHIP}, {}, {})
    is_refused(IssuerNotCa, chain)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"basic": (False, None)}, id="CA false"),
        pytest.param({"basic": None}, id="no basic constraints"),
        pytest.param({"usage": pki.usage("digital_signature", "crl_sign")}, id="no keyCertSign"),
        pytest.param({"usage": None}, id="no key usage"),
        pytest.param({"basic": None, "usage": None}, id="neither"),
    ],
)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_whoever_is_no_authority_issues_nothing(level, change):
    is_refused(IssuerNotCa, build(*(change if place == level else {} for place in range(4))))


@pytest.mark.parametrize("allowed", range(3))
@pytest.mark.parametrize("below", range(4))
def test_a_path_length_counts_the_authorities_below(allowed, below):
    """RFC 5280 section 4.2.1.9: zero authorities below one of path length zero, and so on; the chip does not count."""
    chain = build({}, *[{}] * below, {"basic": (True, allowed)}, {})
    if below <= allowed:
        accept(chain)
    else:
        is_refused(PathTooLong, chain)


def test_the_path_length_of_the_root_counts_as_well():
    accept(build({}, {}, {"basic": (True, 1)}))
    chain = build({}, {}, {"basic": (True, 0)})
    is_refused(PathTooLong, chain)
    is_refused(PathTooLong, chain[:-1], roots=chain[-1:])


# The leaf.


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"basic": (True, None), "usage": pki.usage("digital_signature")}, CaLeaf, id="an authority"),
        pytest.param({"basic": (True, 0)}, CaLeaf, id="an authority of path length 0"),
        pytest.param({"usage": pki.usage("digital_signature", "key_cert_sign")}, CaLeaf, id="may sign certificates"),
        pytest.param({"usage": pki.usage("key_agreement")}, NoDigitalSignature, id="key agreement only"),
        pytest.param({"usage": pki.usage("content_commitment")}, NoDigitalSignature, id="content commitment only"),
        pytest.param({"usage": None}, NoDigitalSignature, id="no key usage"),
    ],
)
def test_the_leaf_is_a_chip_that_may_sign(change, error):
    if "usage" not in change:
        change = {**change, "usage": pki.usage("digital_signature")}
    is_refused(error, build(change, {}, {}))


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(None, id="absent"),
        pytest.param(b"", id="empty"),
        pytest.param(UEID, id="bare"),
        pytest.param(tlv(0x04, UEID), id="not in a sequence"),
        pytest.param(tlv(0x31, tlv(0x04, UEID)), id="in a set"),
        pytest.param(sequence(), id="empty sequence"),
        pytest.param(sequence(tlv(0x0C, UEID)), id="text"),
        pytest.param(sequence(tlv(0x80, UEID)), id="context tag"),
        pytest.param(sequence(tlv(0x24, tlv(0x04, UEID))), id="constructed octet string"),
        pytest.param(sequence(tlv(0x04, UEID), b"\5\0"), id="second member"),
        pytest.param(sequence(tlv(0x04, UEID)) + b"\0", id="trailing byte"),
        pytest.param(sequence(tlv(0x04, UEID))[:-1], id="truncated"),
        pytest.param(b"\x30\x81\x13" + tlv(0x04, UEID), id="length not in its shortest form"),
        pytest.param(b"\x30\x80" + tlv(0x04, UEID) + b"\0\0", id="indefinite length"),
        pytest.param(sequence(tlv(0x04, b"")), id="of no bytes"),
        pytest.param(sequence(tlv(0x04, UEID[:-1])), id="of 16 bytes"),
        pytest.param(sequence(tlv(0x04, UEID + b"\0")), id="of 18 bytes"),
        pytest.param(sequence(tlv(0x04, b"\x02" + UEID[1:])), id="of type 2"),
        pytest.param(sequence(tlv(0x04, b"\x01" * 131)), id="of 131 bytes"),
    ],
)
def test_a_leaf_must_name_a_ueid_of_the_right_form(extension):
    is_refused(UeidNotInCertificate, build({"ueid": extension}, {}, {}))


def test_a_ueid_of_an_authority_does_not_stand_in_for_the_chip():
    is_refused(UeidNotInCertificate, build({"ueid": None}, {"ueid": pki.ueid_extension(UEID)}, {}))


# Extensions.


CONSTRAINED = x509.NameConstraints(permitted_subtrees=None, excluded_subtrees=[x509.DNSName("example.org")])


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(x509.UnrecognizedExtension(pki.UNHEARD_OF, b"\5\0"), id="unheard of"),
        pytest.param(CONSTRAINED, id="name constraints"),
        pytest.param(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), id="extended key usage"),
        pytest.param(
            x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None), id="policy constraints"
        ),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_a_critical_extension_that_is_not_understood_is_refused(level, extension):
    """A verifier that ignores name constraints lets an authority issue for names that are not its own."""
    chain = build(*({"others": ((extension, True),)} if place == level else {} for place in range(3)))
    is_refused(UnknownCriticalExtension, chain)
    accept(build(*({"others": ((extension, False),)} if place == level else {} for place in range(3))))


@pytest.mark.parametrize("level", LEVELS)
def test_an_extension_that_stands_twice_is_refused(level):
    """Readers disagree on which of the two counts."""
    certificate = build({}, {}, {})[level]
    first = pki.children(pki.children(pki.children(certificate)[0])[EXTENSIONS])[0]
    is_refused(CertificateMalformed, rewritten(level, pki.with_extension(certificate, pki.children(first)[0])))


@pytest.mark.parametrize(
    ("dotted", "value"),
    [
        pytest.param("2.5.29.14", b"\xff", id="subject key identifier"),
        pytest.param("2.5.29.17", sequence(tlv(0x87, b"123")), id="IP address of three bytes"),
        pytest.param("2.5.29.17", sequence(tlv(0x82, b"\xff")), id="DNS name that is not ASCII"),
        pytest.param(
            "2.5.29.17",
            sequence(tlv(0xA3, b"")),
            id="X.400 address",
        ),
        pytest.param(
            "2.5.29.17",
            sequence(tlv(0xA5, tlv(0xA1, tlv(0x0C, b"party")))),
            id="EDI party name",
        ),
    ],
)
def test_an_extension_that_cannot_be_read_is_refused(dotted, value):
    certificate = build({}, {}, {})[LEAF]
    is_refused(CertificateMalformed, rewritten(LEAF, pki.with_extension(certificate, pki.extension(dotted, value))))


# Keys.


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.derive_private_key(5, ec.SECP521R1()), id="P-521"),
        pytest.param(ec.derive_private_key(5, ec.SECP256K1()), id="secp256k1"),
        pytest.param(ec.derive_private_key(5, ec.BrainpoolP256R1()), id="brainpoolP256r1"),
        pytest.param(pki.rsa_key(), id="RSA"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_a_key_of_another_kind_is_refused_wherever_it_stands(level, key):
    is_refused(WrongCurve, build(*({"key": key} if place == level else {} for place in range(3))))


UNNAMED = {
    "unknown kind of key": sequence(sequence(pki.oid("1.3.6.1.4.1.99999.2")), tlv(0x03, b"\0\1\2\3")),
    "Ed25519 of 31 bytes": sequence(sequence(pki.oid("1.3.101.112")), tlv(0x03, b"\0", bytes(31))),
    "explicit curve without cofactor": pki.explicit_p256(pki.p256(5).public_key(), cofactor=False),
    "no curve": sequence(
        sequence(pki.oid("1.2.840.10045.2.1"), b"\5\0"), pki.children(pki.key_info(pki.p256(5).public_key()))[1]
    ),
    "point at infinity": sequence(pki.children(pki.key_info(pki.p256(5).public_key()))[0], tlv(0x03, b"\0\0")),
    "point off the curve": pki.key_info(pki.p256(5).public_key())[:-1] + b"\0",
}


@pytest.mark.parametrize("info", UNNAMED.values(), ids=UNNAMED.keys())
def test_a_key_that_cannot_be_read_is_refused(info):
    is_refused(WrongCurve, rewritten(LEAF, {KEY: info}))


@pytest.mark.parametrize("level", BELOW_ROOT)
def test_explicit_curve_parameters_are_refused_even_those_of_a_named_curve(level):
    """Explicit parameters allowed CVE-2020-0601: a generator of one's own choice makes any public key one's own."""
    key = pki.p256(5)
    chain = build({"key": key} if level == LEAF else {}, {"key": key} if level == BATCH else {}, {})
    chain[level] = pki.rewritten(chain[level], {KEY: pki.explicit_p256(key.public_key())}, pki.ed25519(13 - level - 1).sign)
    is_refused(WrongCurve, chain)


def test_a_compressed_point_is_refused():
    """One key, one spelling: RFC 5480 lets receivers reject the compressed form."""
    key = pki.p256(5)
    named, _ = pki.children(pki.key_info(key.public_key()))
    compressed = tlv(0x03, b"\0", key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
    is_refused(WrongCurve, rewritten(LEAF, {KEY: sequence(named, compressed)}))


SMALL_ORDER = {
    "identity": b"\x01" + bytes(31),
    "identity, second encoding": b"\xee" + b"\xff" * 30 + b"\x7f",
    "order 2": b"\xec" + b"\xff" * 30 + b"\x7f",
    "order 4": bytes(32),
    "order 4, negative x": bytes(31) + b"\x80",
    "order 8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "order 8, the other y": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}


@pytest.mark.parametrize("raw", SMALL_ORDER.values(), ids=SMALL_ORDER.keys())
@pytest.mark.parametrize("level", LEVELS)
def test_an_ed25519_key_of_small_order_is_refused(level, raw):
    info = sequence(sequence(pki.oid("1.3.101.112")), tlv(0x03, b"\0", raw))
    is_refused(WeakKey, rewritten(level, {KEY: info}))


def test_under_a_key_of_small_order_anybody_signs():
    """What the refusal is for: a signature made without any private key verifies, over whatever is written."""
    weak, anybody = SMALL_ORDER["identity"], b"\x01" + bytes(63)
    chain = rewritten(BATCH, {KEY: sequence(sequence(pki.oid("1.3.101.112")), tlv(0x03, b"\0", weak))})
    chain[LEAF] = pki.rewritten(chain[LEAF], {}, lambda tbs: anybody)
    Ed25519PublicKey.from_public_bytes(weak).verify(anybody, load(chain[LEAF]).tbs_certificate_bytes)
    load(chain[LEAF]).verify_directly_issued_by(load(chain[BATCH]))
    is_refused(WeakKey, chain)


# Time.


@pytest.mark.parametrize("root", ["sent", "left out"])
@pytest.mark.parametrize("level", LEVELS)
def test_every_certificate_of_a_chain_must_be_valid_to_the_second(level, root):
    start_s, end_s = NOW_S - 100, NOW_S + 100
    chain = build(*({"start_s": start_s, "end_s": end_s} if place == level else {} for place in range(3)))
    sent, roots = (chain if root == "sent" else chain[:-1]), chain[-1:]
    for at_s in (start_s, NOW_S, end_s):
        found = validate_chain(sent, roots, at_s)
        assert (found.not_before_s, found.not_after_s) == (start_s, end_s)
    for at_s in (start_s - 1, start_s - 0.001, float("-inf")):
        is_refused(CertificateNotYetValid, sent, at_s, roots)
    for at_s in (end_s + 1, end_s + 0.001, float("inf")):
        is_refused(CertificateExpired, sent, at_s, roots)


def test_a_time_that_is_not_a_number_is_never_good():
    is_refused(CertificateExpired, build({}, {}, {}), float("nan"))


def test_a_chain_whose_certificates_were_never_valid_together_is_refused():
    chain = build({"end_s": NOW_S - 10}, {"start_s": NOW_S + 10}, {})
    for at_s in (NOW_S - 20, NOW_S, NOW_S + 20):
        with pytest.raises((CertificateNotYetValid, CertificateExpired)):
            accept(chain, at_s)


@pytest.mark.parametrize("start", [tlv(0x17, b"500101000000Z"), tlv(0x18, b"00010101000000Z")], ids=["1950", "the year 1"])
def test_a_certificate_may_be_older_than_the_epoch(start):
    end = pki.children(pki.children(pki.children(build({}, {}, {})[LEAF])[0])[VALIDITY])[1]
    accept(rewritten(LEAF, {VALIDITY: sequence(start, end)}))


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(tlv(0x17, b"701301000000Z"), id="month 13"),
        pytest.param(tlv(0x17, b"7001010000Z"), id="without seconds"),
        pytest.param(tlv(0x18, b"20000101000000+0100"), id="with a time zone"),
        pytest.param(
            tlv(0x18, b"00000101000000Z"),
            id="the year 0",
        ),
    ],
)
def test_a_date_that_is_none_is_refused(start):
    end = pki.children(pki.children(pki.children(build({}, {}, {})[LEAF])[0])[VALIDITY])[1]
    is_refused(CertificateMalformed, rewritten(LEAF, {VALIDITY: sequence(start, end)}))


# Form.


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"certificate", id="garbage"),
        pytest.param(b"\x30\x00", id="empty sequence"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="length of 4 GiB"),
        pytest.param(None, id="None"),
        pytest.param("text", id="text"),
        pytest.param(7, id="number"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_no_certificate_is_refused(level, der):
    chain: list[Any] = build({}, {}, {})
    roots = chain[-1:]
    chain[level] = der
    is_refused(CertificateMalformed, chain, roots=roots)


def test_pem_is_not_der():
    chain = build({}, {}, {})
    pem = [load(der).public_bytes(Encoding.PEM) for der in chain]
    is_refused(CertificateMalformed, pem, roots=chain[-1:])


def test_a_chain_given_as_one_string_of_bytes_is_refused():
    is_refused(CertificateMalformed, b"\x30\x03", roots=[])  # type: ignore[arg-type]


@pytest.mark.parametrize("level", LEVELS)
def test_a_certificate_cut_short_or_followed_by_bytes_is_refused(level):
    good = build({}, {}, {})
    for length in range(len(good[level])):
        is_refused(CertificateMalformed, [*good[:level], good[level][:length], *good[level + 1 :]], roots=good[-1:])
    for tail in (b"\0", b"\x30\x00", good[level]):
        is_refused(CertificateMalformed, [*good[:level], good[level] + tail, *good[level + 1 :]], roots=good[-1:])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({VERSION: None, EXTENSIONS: None}, id="1"),
        pytest.param({VERSION: None}, id="1 with extensions"),
        pytest.param({VERSION: tlv(0xA0, pki.integer(0))}, id="1 spelt out"),
        pytest.param({VERSION: tlv(0xA0, pki.integer(1))}, id="2"),
        pytest.param({VERSION: tlv(0xA0, pki.integer(3))}, id="4"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_a_certificate_of_another_version_is_refused(level, changes):
    """Version 1 has no extensions: whoever has such a certificate would issue under it without being an authority."""
    is_refused(CertificateMalformed, rewritten(level, changes))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("serial", [0, -1, 1 << 160], ids=["0", "-1", "of 21 octets"])
def test_a_serial_number_that_rfc_5280_forbids_is_refused(serial):
    is_refused(CertificateMalformed, rewritten(LEAF, {SERIAL: pki.integer(serial)}))


UNREADABLE_NAMES = {
    "not UTF-8": pki.common_name(tlv(0x0C, b"\xff\xfe")),
    "an integer": pki.common_name(pki.integer(1)),
    "a bit string": pki.common_name(tlv(0x03, b"\0\1")),
    "without an attribute": sequence(tlv(0x31)),
}


@pytest.mark.parametrize("unreadable", UNREADABLE_NAMES.values(), ids=UNREADABLE_NAMES.keys())
@pytest.mark.parametrize("field", [pki.ISSUER, SUBJECT], ids=["issuer", "subject"])
def test_a_name_that_cannot_be_read_is_refused(field, unreadable):
    """No signature is needed for this: the last certificate of a chain is looked at before any is verified."""
    chain = rewritten(BATCH if field == pki.ISSUER else LEAF, {field: unreadable})
    if field == SUBJECT:
        chain[LEAF] = pki.rewritten(chain[LEAF], {}, pki.ed25519(66).sign)
    is_refused(CertificateMalformed, chain[:2], roots=chain[2:])


# Corruption.


def even_chain() -> list[bytes]:
    """Signatures whose last bit is zero, which is where another number of unused bits could be declared."""
    for serial in itertools.count(1):
        chain = build({"serial": serial}, {"serial": serial}, {"serial": serial})
        if all(certificate[-1] % 2 == 0 for certificate in chain):
            return chain


def outcome(chain: list[bytes], roots: list[bytes]) -> str:
    try:
        validate_chain(chain, roots, NOW_S)
    except Refused:
        return "refused"
    except Exception as error:
        return f"raised {type(error).__name__}"
    return "accepted"


def corrupted(level: int) -> dict[str, int]:
    """How many corruptions of one certificate, by a single byte, end in which way."""
    good, draw = even_chain(), random.Random(20_261_124)
    counts: dict[str, int] = {}
    for place, byte in enumerate(good[level]):
        others = {byte ^ 1 << bit for bit in range(8)} | {draw.randrange(256) for _ in range(12)} - {byte}
        for other in others:
            bad = good[level][:place] + bytes([other]) + good[level][place + 1 :]
            found = outcome([*good[:level], bad, *good[level + 1 :]], good[-1:])
            counts[found] = counts.get(found, 0) + 1
    return counts


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("level", LEVELS)
def test_a_chain_with_any_byte_changed_is_refused(level):
    """Nothing but the bytes that were signed is accepted, whatever it would mean, and nothing escapes as another error."""
    counts = corrupted(level)
    assert counts.keys() == {"refused"}
    assert counts["refused"] > 4_000


@pytest.mark.parametrize("level", BELOW_ROOT)
def test_a_signature_has_no_unused_bits(level):
    chain = even_chain()
    signature = pki.children(chain[level])[2]
    assert signature[:3] == b"\x03\x41\x00"
    unused = signature[:2] + b"\x01" + signature[3:]
    chain[level] = chain[level].replace(signature, unused)
    with pytest.raises(Refused):
        accept(chain)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_whatever_an_authority_signs_is_accepted_or_refused_by_name():
    """The authority is hostile here: it signs its corrupted certificates, so that they are read to the end."""
    good, signer, draw = build({}, {}, {}), pki.ed25519(12), random.Random(20_261_124)
    tbs, algorithm, _ = pki.children(good[LEAF])
    for place, byte in enumerate(tbs):
        for other in {byte ^ 1 << draw.randrange(8), draw.randrange(256)}:
            bad = tbs[:place] + bytes([other]) + tbs[place + 1 :]
            leaf = sequence(bad, algorithm, tlv(0x03, b"\0", signer.sign(bad)))
            assert not outcome([leaf, *good[1:]], good[-1:]).startswith("raised"), leaf.hex()


def test_reading_one_certificate_keeps_its_bytes():
    for der in build({}, {}, {}):
        assert read_certificate(der).public_bytes(Encoding.DER) == der
