import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID

from attestation import ED25519, ESP256, ESP384, Authority, InvalidArgument, SigningKey
from attestation.certificates import MAX_SERIAL, NO_EXPIRY_S, ueid_of
from attestation.errors import BadClaim

from .pki import DICE_UEID, NOW_S, UEID, build, date, key_info, load, name

ALGORITHMS = [pytest.param(ED25519, id="Ed25519"), pytest.param(ESP256, id="ESP256"), pytest.param(ESP384, id="ESP384")]
SIGNED_WITH = {ED25519: None, ESP256: "sha256", ESP384: "sha384"}
LONG_UEID = b"\x01" + bytes(range(32))


def seeded(number: int, algorithm: int = ED25519) -> SigningKey:
    return SigningKey.from_seed(bytes([number]) * 32, algorithm)


def root_of(algorithm: int = ED25519, **dates: int) -> Authority:
    return Authority.root(seeded(1, algorithm), "Chips Ltd root", **dates)


def batch_of(algorithm: int = ED25519, **options: int | None) -> Authority:
    return root_of(algorithm).authority(seeded(2, algorithm), "batch 1", serial=5, **options)


def critical_extensions(certificate: x509.Certificate) -> dict[x509.ObjectIdentifier, x509.ExtensionType]:
    return {one.oid: one.value for one in certificate.extensions if one.critical}


def verify(certificate: x509.Certificate, key: SigningKey) -> None:
    """The signature by the key itself, and by the hash that belongs to its curve."""
    signed, signature = certificate.tbs_certificate_bytes, certificate.signature
    digest = certificate.signature_hash_algorithm
    assert (digest and digest.name) == SIGNED_WITH[key.algorithm]
    if isinstance(key.public_key, ec.EllipticCurvePublicKey):
        key.public_key.verify(signature, signed, ec.ECDSA(digest))
    else:
        key.public_key.verify(signature, signed)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_root_is_a_self_signed_authority_without_a_known_end(algorithm):
    root = load(root_of(algorithm).certificate)
    assert root.version is x509.Version.v3
    assert root.subject == root.issuer == name("Chips Ltd root")
    assert (root.not_valid_before_utc, root.not_valid_after_utc) == (date(0), date(NO_EXPIRY_S))
    assert root.not_valid_after_utc.isoformat() == "9999-12-31T23:59:59+00:00"
    assert root.public_key() == seeded(1, algorithm).public_key
    verify(root, seeded(1, algorithm))
    constraints = critical_extensions(root)[ExtensionOID.BASIC_CONSTRAINTS]
    assert constraints == x509.BasicConstraints(ca=True, path_length=None)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("path_length", [0, 3, None])
def test_an_authority_signs_certificates_and_nothing_else_as_deep_as_it_may(algorithm, path_length):
    dates = {"not_before_s": NOW_S - 10, "not_after_s": NOW_S + 10}
    batch = load(batch_of(algorithm, path_length=path_length, **dates).certificate)
    assert (batch.subject, batch.issuer) == (name("batch 1"), name("Chips Ltd root"))
    assert batch.serial_number == 5
    assert (batch.not_valid_before_utc, batch.not_valid_after_utc) == (date(NOW_S - 10), date(NOW_S + 10))
    assert batch.public_key() == seeded(2, algorithm).public_key
    verify(batch, seeded(1, algorithm))
    extensions = critical_extensions(batch)
    assert len(batch.extensions) == len(extensions) == 2
    assert extensions[ExtensionOID.BASIC_CONSTRAINTS] == x509.BasicConstraints(ca=True, path_length=path_length)
    usage = extensions[ExtensionOID.KEY_USAGE]
    assert usage.key_cert_sign
    assert not usage.digital_signature


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("ueid", [pytest.param(UEID, id="17 bytes"), pytest.param(LONG_UEID, id="33 bytes")])
def test_a_chip_is_bound_to_its_ueid_in_the_extension_of_dice(algorithm, ueid):
    chip = seeded(3)
    issued = batch_of(algorithm).endorse(chip.public_key, ueid, serial=6, not_before_s=NOW_S, not_after_s=NOW_S + 1)
    certificate = load(issued)
    assert certificate.issuer == name("batch 1")
    assert certificate.subject == name(f"chip {ueid[1:17].hex()}")
    assert certificate.serial_number == 6
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (date(NOW_S), date(NOW_S + 1))
    assert certificate.public_key() == chip.public_key
    verify(certificate, seeded(2, algorithm))
    extensions = critical_extensions(certificate)
    assert extensions[ExtensionOID.BASIC_CONSTRAINTS] == x509.BasicConstraints(ca=False, path_length=None)
    usage = extensions[ExtensionOID.KEY_USAGE]
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert len(certificate.extensions) == len(extensions) + 1
    found = certificate.extensions.get_extension_for_oid(DICE_UEID).value
    assert found.value == bytes([0x30, len(ueid) + 2, 0x04, len(ueid)]) + ueid
    assert ueid_of(certificate) == ueid


@pytest.mark.parametrize("chip_algorithm", ALGORITHMS)
def test_an_authority_endorses_keys_of_every_profile(chip_algorithm):
    key = seeded(3, chip_algorithm).public_key
    assert key_info(load(batch_of().endorse(key, UEID, serial=6)).public_key()) == key_info(key)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_call_makes_the_same_certificate(algorithm):
    """ECDSA draws a random number for each signature unless told otherwise, and runs would not repeat."""
    chip = seeded(3, algorithm).public_key
    once, again = ((root_of(algorithm), batch_of(algorithm)) for _ in range(2))
    assert [one.certificate for one in once] == [one.certificate for one in again]
    assert once[1].endorse(chip, UEID, serial=6) == again[1].endorse(chip, UEID, serial=6)
    assert once[1].endorse(chip, UEID, serial=6) != once[1].endorse(chip, UEID, serial=7)


@pytest.mark.parametrize("serial", [1, MAX_SERIAL])
def test_serial_numbers_take_up_to_twenty_octets(serial):
    batch = root_of().authority(seeded(2), "batch", serial=serial)
    assert load(batch.certificate).serial_number == serial
    assert load(batch.endorse(seeded(3).public_key, UEID, serial=serial)).serial_number == serial


@pytest.mark.parametrize("serial", [-1, 0, MAX_SERIAL + 1])
def test_other_serial_numbers_are_refused(serial):
    with pytest.raises(InvalidArgument, match="serial"):
        root_of().authority(seeded(2), "batch", serial=serial)
    with pytest.raises(InvalidArgument, match="serial"):
        root_of().endorse(seeded(2).public_key, UEID, serial=serial)


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [
        pytest.param(-1, 1, id="before 1970"),
        pytest.param(5, 5, id="of no duration"),
        pytest.param(6, 5, id="backwards"),
        pytest.param(0, NO_EXPIRY_S + 1, id="after the year 9999"),
        pytest.param(float("nan"), 5, id="NaN to 5"),
        pytest.param(0, float("nan"), id="0 to NaN"),
    ],
)
def test_dates_that_no_certificate_can_hold_are_refused(start_s, end_s):
    dates = {"not_before_s": start_s, "not_after_s": end_s}
    with pytest.raises(InvalidArgument, match="validity"):
        root_of(**dates)
    with pytest.raises(InvalidArgument, match="validity"):
        batch_of(**dates)
    with pytest.raises(InvalidArgument, match="validity"):
        root_of().endorse(seeded(2).public_key, UEID, serial=1, **dates)


@pytest.mark.parametrize("bad_name", [pytest.param("", id="empty"), "x" * 65, pytest.param("\ud800", id="surrogate")])
def test_names_that_no_certificate_can_hold_are_refused(bad_name):
    with pytest.raises(InvalidArgument, match="name"):
        Authority.root(seeded(1), bad_name)
    with pytest.raises(InvalidArgument, match="name"):
        root_of().authority(seeded(2), bad_name, serial=1)


def test_a_negative_path_length_is_refused():
    with pytest.raises(InvalidArgument):
        batch_of(path_length=-1)


@pytest.mark.parametrize(
    "ueid",
    [
        pytest.param(b"", id="empty"),
        pytest.param(UEID[:-1], id="16 bytes"),
        pytest.param(b"\x02" + UEID[1:], id="type 2"),
        pytest.param(UEID + b"\0", id="18 bytes"),
        pytest.param(UEID.hex(), id="text"),
    ],
)
def test_a_ueid_of_another_form_is_not_endorsed(ueid):
    with pytest.raises(BadClaim):
        root_of().endorse(seeded(2).public_key, ueid, serial=1)


def test_a_certificate_without_the_extension_names_no_ueid():
    assert ueid_of(load(root_of().certificate)) is None
    assert ueid_of(load(build({"ueid": None}, {})[0])) is None


def test_certificates_differ_by_what_they_say():
    """The verifier's list goes by digest: no two of these may share one."""
    root, key = root_of(), seeded(3).public_key
    issued = [
        root.endorse(key, UEID, serial=1),
        root.endorse(key, UEID, serial=2),
        root.endorse(key, LONG_UEID, serial=1),
        root.endorse(seeded(4).public_key, UEID, serial=1),
        root.endorse(key, UEID, serial=1, not_after_s=NOW_S),
        root.endorse(key, UEID, serial=1, not_before_s=NOW_S),
    ]
    assert len({hashlib.sha256(one).digest() for one in issued}) == len(issued)
