from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.x509 import ocsp

from attestation import (
    ED25519,
    ESP256,
    ESP384,
    Authority,
    Endorsement,
    Endorsements,
    Flaws,
    Manifest,
    OcspAnswer,
    Refused,
    SigningKey,
)
from attestation.errors import (
    CertificateExpired,
    CertificateMalformed,
    CertificateNotYetValid,
    CertificateOnHold,
    CertificateRevoked,
    CertificateSuperseded,
    ChainBroken,
    KeyAlreadyEnrolled,
    KidCollision,
    NotInManifest,
    OcspForOtherCertificate,
    OcspNotGood,
    UeidAlreadyEnrolled,
    UeidNotEndorsed,
    UeidNotEnrolled,
    UnknownKey,
    UnpinnedRoot,
)

from . import pki
from .pki import NOW_S, Status

NONCE = bytes(range(32))


def seeded(number: int, algorithm: int = ED25519) -> SigningKey:
    return SigningKey.from_seed(bytes([number]) * 32, algorithm)


def ueid(number: int) -> bytes:
    return b"\x01" + number.to_bytes(16, "big")


ROOT = Authority.root(seeded(1), "Chips Ltd root")
NEW_ROOT = Authority.root(seeded(2), "Chips Ltd root 2")
BATCH, OTHER_BATCH = (ROOT.authority(seeded(number), f"batch {number}", serial=number) for number in (3, 4))
NEW_BATCH = NEW_ROOT.authority(seeded(5), "batch 5", serial=5)


class Field:
    """A verifier's register, its list of certificates, and a vendor that issues chips."""

    def __init__(self, *roots: Authority, flaws: Flaws | None = None) -> None:
        self.manifest = Manifest()
        pinned = [root.certificate for root in roots or (ROOT,)]
        self.register = Endorsements(pinned, self.manifest, *([flaws] if flaws else []))

    def issue(
        self,
        chip: int,
        key: int | None = None,
        *,
        serial: int | None = None,
        batch: Authority = BATCH,
        listed: bool = True,
        algorithm: int = ED25519,
        **dates: int,
    ) -> tuple[bytes, bytes]:
        """A chain for a chip, whose key and serial number have the chip's own number unless told otherwise."""
        public_key = seeded(100 + (chip if key is None else key), algorithm).public_key
        certificate = batch.endorse(public_key, ueid(chip), serial=chip if serial is None else serial, **dates)
        if listed:
            self.manifest.record(certificate, batch.certificate)
        return certificate, batch.certificate

    def enrol(self, chip: int, key: int | None = None, **options: Any) -> Endorsement:
        return self.register.enrol(self.issue(chip, key, **options), NOW_S)

    def ask(self, chip: int, at_s: float = NOW_S, key: int | None = None) -> Endorsement:
        return self.register.endorsement(seeded(100 + (chip if key is None else key)).kid, ueid(chip), at_s)

    def reason(self, chip: int, at_s: float, key: int | None = None) -> type[Refused] | None:
        try:
            self.ask(chip, at_s, key)
        except Refused as refusal:
            return type(refusal)
        return None

    def seen(self) -> list[object]:
        """What can be learnt from the register of chips and keys 1 to 4."""
        found: list[object] = [len(self.register)]
        for key in range(1, 5):
            try:
                found.append(pki.key_info(self.register.key(seeded(100 + key).kid)))
            except UnknownKey:
                found.append(None)
            for chip in range(1, 5):
                try:
                    found.append(self.ask(chip, key=key))
                except Refused as refusal:
                    found.append(type(refusal))
        return found

    def refuses(
        self, error: type[Refused], chain: Sequence[bytes], *, how: str = "enrol", at_s: float = NOW_S, **options: Any
    ):
        """By exactly this error, and the register is left as it was."""
        before = self.seen()
        with pytest.raises(Refused) as caught:
            getattr(self.register, how)(chain, at_s, **options)
        assert type(caught.value) is error, repr(caught.value)
        assert self.seen() == before


@pytest.fixture
def field() -> Field:
    return Field()


# Enrolment.


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384], ids=["Ed25519", "ESP256", "ESP384"])
def test_an_endorsed_chip_is_found_by_its_key(field, algorithm):
    found = field.enrol(1, algorithm=algorithm)
    key = seeded(101, algorithm)
    assert len(field.register) == 1
    assert pki.key_info(field.register.key(key.kid)) == pki.key_info(key.public_key)
    assert field.register.endorsement(key.kid, ueid(1), NOW_S) == found
    assert (found.ueid, found.cose_key, found.algorithm) == (ueid(1), key.cose_key, algorithm)


def test_a_key_that_is_not_enrolled_is_unknown(field):
    field.enrol(1)
    with pytest.raises(UnknownKey):
        field.register.key(seeded(102).kid)
    assert field.reason(2, NOW_S) is UeidNotEndorsed


def test_a_key_answers_for_its_own_ueid_only(field):
    field.enrol(1)
    field.enrol(2)
    assert field.reason(1, NOW_S, key=2) is UeidNotEndorsed
    assert field.reason(2, NOW_S, key=1) is UeidNotEndorsed


def test_a_chip_that_is_not_listed_is_refused_even_if_its_status_is_good(field):
    """A status service that has never heard of a serial number may call it good."""
    chain = field.issue(1, listed=False)
    good = OcspAnswer(Status(*chain, NONCE).respond(BATCH.key.private_key), NONCE)
    field.refuses(NotInManifest, chain, ocsp=good)
    field.manifest.record(*chain)
    field.register.enrol(chain, NOW_S, ocsp=good)


def test_a_chain_minted_with_a_stolen_key_is_refused_whatever_serial_number_it_bears(field):
    field.issue(1)
    field.refuses(NotInManifest, field.issue(1, key=2, serial=1, listed=False))
    field.refuses(NotInManifest, field.issue(2, key=1, serial=1, listed=False))


def test_a_chain_to_another_root_is_refused(field):
    field.refuses(UnpinnedRoot, field.issue(1, batch=NEW_BATCH))
    certificate, _ = field.issue(2)
    field.refuses(ChainBroken, (certificate, OTHER_BATCH.certificate))


def test_a_chip_below_the_root_itself_needs_nothing_in_between(field):
    certificate, root = field.issue(1, batch=ROOT)
    assert field.register.enrol([certificate], NOW_S) == field.ask(1)
    field.refuses(UeidAlreadyEnrolled, [certificate, root])


@pytest.mark.parametrize("sent", [1, 2], ids=["root left out", "root sent"])
def test_a_status_may_come_from_the_root_itself(field, sent):
    chain = field.issue(1, batch=ROOT)
    good = OcspAnswer(Status(*chain, NONCE).respond(ROOT.key.private_key), NONCE)
    field.register.enrol(chain[:sent], NOW_S, ocsp=good)
    assert len(field.register) == 1


def test_a_root_that_cannot_be_read_is_not_pinned(field):
    with pytest.raises(CertificateMalformed):
        field.register.pin(b"no certificate")


def test_a_newly_pinned_root_brings_chips_back(field):
    """After the vendor's key was compromised: a new root, and the same register."""
    third_root = Authority.root(seeded(77), "Chips Ltd root 3")
    chain = field.issue(1, batch=third_root)
    field.refuses(UnpinnedRoot, chain)
    field.register.pin(third_root.certificate)
    assert field.register.enrol(chain, NOW_S).ueid == ueid(1)


def test_no_chip_goes_back_to_an_older_certificate(field):
    """One that was issued before and never enrolled is listed, but the chip has moved on."""
    older, newer = field.issue(1, key=2, serial=2), field.issue(1, key=3, serial=3, not_before_s=NOW_S - 5)
    field.register.enrol(newer, NOW_S)
    field.refuses(CertificateSuperseded, older, how="rotate")


@pytest.mark.parametrize("how", ["enrol", "rotate"])
def test_a_status_can_refuse_what_is_listed(field, how):
    if how == "rotate":
        field.enrol(1)
    chain = field.issue(1, key=2, serial=2)
    status = Status(*chain, NONCE)

    def answer(status: Status) -> OcspAnswer:
        return OcspAnswer(status.respond(BATCH.key.private_key), NONCE)

    field.refuses(CertificateRevoked, chain, how=how, ocsp=answer(replace(status, status=ocsp.OCSPCertStatus.REVOKED)))
    field.refuses(OcspNotGood, chain, how=how, ocsp=answer(replace(status, status=ocsp.OCSPCertStatus.UNKNOWN)))
    other = field.issue(3)[0]
    field.refuses(OcspForOtherCertificate, chain, how=how, ocsp=answer(replace(status, certificate=other)))
    getattr(field.register, how)(chain, NOW_S, ocsp=answer(status))
    assert field.reason(1, NOW_S, key=2) is None


# One key per chip, one chip per key.


def test_a_second_chip_with_the_same_key_is_a_clone(field):
    field.enrol(1)
    field.refuses(KeyAlreadyEnrolled, field.issue(2, key=1))


def test_a_second_key_for_a_chip_is_not_enrolled(field):
    """It would answer for the chip from elsewhere."""
    field.enrol(1)
    field.refuses(UeidAlreadyEnrolled, field.issue(1, key=2, serial=2))
    field.refuses(UeidAlreadyEnrolled, field.issue(1, key=2, serial=2, batch=OTHER_BATCH))


def test_a_chip_is_enrolled_once(field):
    field.enrol(1)
    field.refuses(UeidAlreadyEnrolled, field.issue(1))


@pytest.mark.parametrize("how", ["enrol", "rotate"])
def test_two_keys_with_one_identifier_cannot_be_told_apart(field, monkeypatch, how):
    """Sixteen bytes of a digest collide once in 2**64 keys, or when somebody has looked for it."""
    monkeypatch.setattr("attestation.endorsements.key_id", lambda key: seeded(101).kid)
    field.enrol(1)
    if how == "rotate":
        monkeypatch.setattr("attestation.endorsements.key_id", lambda key: seeded(102).kid)
        field.enrol(2)
        monkeypatch.setattr("attestation.endorsements.key_id", lambda key: seeded(101).kid)
        field.refuses(KidCollision, field.issue(2, key=3, serial=3), how=how)
    else:
        field.refuses(KidCollision, field.issue(2, key=2), how=how)


def test_with_one_key_per_host_its_chips_share_a_key():
    flawed = Field(flaws=Flaws(one_key_per_host=True))
    for chip in (1, 2, 3):
        flawed.enrol(chip, key=1)
    assert len(flawed.register) == 3
    for chip in (1, 2, 3):
        assert flawed.ask(chip, key=1).ueid == ueid(chip)
    assert pki.key_info(flawed.register.key(seeded(101).kid)) == pki.key_info(seeded(101).public_key)
    flawed.refuses(UeidAlreadyEnrolled, flawed.issue(1, key=2, serial=9))


def test_a_chip_that_leaves_a_shared_key_leaves_it_to_the_others(monkeypatch):
    flawed = Field(flaws=Flaws(one_key_per_host=True))
    flawed.enrol(1, key=1)
    flawed.enrol(2, key=1)
    flawed.register.rotate(flawed.issue(1, key=3, serial=3), NOW_S)
    assert len(flawed.register) == 2
    assert flawed.reason(1, NOW_S, key=1) is UeidNotEndorsed
    assert flawed.reason(1, NOW_S, key=3) is None
    assert flawed.reason(2, NOW_S, key=1) is None
    monkeypatch.setattr("attestation.endorsements.key_id", lambda key: seeded(101).kid)
    flawed.refuses(KidCollision, flawed.issue(4, key=4))


# Rotation.


def test_rotation_replaces_the_key(field):
    field.enrol(1)
    found = field.register.rotate(field.issue(1, key=2, serial=2), NOW_S + 10)
    assert len(field.register) == 1
    assert field.ask(1, NOW_S + 10, key=2) == found
    assert pki.key_info(field.register.key(seeded(102).kid)) == pki.key_info(seeded(102).public_key)
    with pytest.raises(UnknownKey):
        field.register.key(seeded(101).kid)
    assert field.reason(1, NOW_S + 10, key=1) is UeidNotEndorsed


def test_a_replaced_key_does_not_come_back(field):
    """Whoever extracted the old key still has its chain, which is signed as well as ever."""
    old = field.issue(1)
    field.register.enrol(old, NOW_S)
    field.register.rotate(field.issue(1, key=2, serial=2), NOW_S + 10)
    for at_s in (NOW_S + 10, NOW_S + 11):
        field.refuses(CertificateSuperseded, old, how="rotate", at_s=at_s)
        field.refuses(CertificateSuperseded, old, at_s=at_s)


def test_a_replaced_key_may_be_certified_anew(field):
    """A new certificate over the old key is the vendor's word that it is good again; and for another chip even."""
    field.enrol(1)
    field.register.rotate(field.issue(1, key=2, serial=2), NOW_S + 10)
    assert field.register.enrol(field.issue(3, key=1), NOW_S + 20).ueid == ueid(3)
    assert len(field.register) == 2


def test_a_certificate_is_renewed_over_the_same_key(field):
    old = field.issue(1, not_after_s=NOW_S + 100)
    field.register.enrol(old, NOW_S)
    assert field.reason(1, NOW_S + 101) is CertificateExpired
    field.register.rotate(field.issue(1, serial=2), NOW_S + 50)
    assert len(field.register) == 1
    assert field.reason(1, NOW_S + 101) is None
    field.refuses(CertificateSuperseded, old, how="rotate", at_s=NOW_S + 60)


def test_there_is_nothing_to_replace_for_a_chip_that_is_not_enrolled(field):
    field.enrol(1)
    field.refuses(UeidNotEnrolled, field.issue(2), how="rotate")


def test_the_present_certificate_does_not_replace_itself(field):
    """It would count as superseded by itself, and the chip as lost."""
    chain = field.issue(1)
    field.register.enrol(chain, NOW_S)
    field.refuses(UeidAlreadyEnrolled, chain, how="rotate")
    assert field.reason(1, NOW_S + 1) is None


def test_a_chip_is_not_rotated_to_the_key_of_another(field):
    field.enrol(1)
    field.enrol(2)
    field.refuses(KeyAlreadyEnrolled, field.issue(1, key=2, serial=9), how="rotate")
    field.refuses(NotInManifest, field.issue(1, key=3, serial=8, listed=False), how="rotate")


# Compromise.


def test_a_certificate_stands_from_its_first_second_to_its_last(field):
    field.enrol(1, not_before_s=NOW_S - 10, not_after_s=NOW_S + 10)
    assert field.reason(1, NOW_S - 10.001) is CertificateNotYetValid
    assert field.reason(1, NOW_S - 10) is None
    assert field.reason(1, NOW_S + 10) is None
    assert field.reason(1, NOW_S + 10.001) is CertificateExpired
    assert field.reason(1, float("nan")) is CertificateExpired


SINCE_S = NOW_S + 100


def four_chips() -> Field:
    """Chips 1 and 2 of one batch, 3 and 4 of another."""
    field = Field(ROOT, NEW_ROOT)
    for chip in (1, 2, 3, 4):
        field.enrol(chip, batch=BATCH if chip < 3 else OTHER_BATCH)
    return field


@pytest.mark.parametrize(
    ("compromised", "fallen"),
    [("chip", {1}), ("batch", {1, 2}), ("vendor", {1, 2, 3, 4})],
)
def test_a_compromise_fells_what_stands_on_it_and_nothing_else(compromised, fallen):
    field = four_chips()
    identifier = field.ask(1).path[0]
    if compromised == "chip":
        field.manifest.revoke([identifier], SINCE_S)
    else:
        field.manifest.revoke_authority((BATCH if compromised == "batch" else ROOT).key.kid, SINCE_S)
    for chip in (1, 2, 3, 4):
        assert field.reason(chip, SINCE_S - 1) is None
        assert field.reason(chip, SINCE_S) is (CertificateRevoked if chip in fallen else None)
    # The key is found all the same: what was signed before may still have to be verified.
    field.register.key(seeded(101).kid)


@pytest.mark.parametrize("how", ["enrol", "rotate"])
def test_nothing_new_enters_through_a_compromised_authority(how):
    field = four_chips()
    field.manifest.revoke_authority(BATCH.key.kid, SINCE_S)
    chip = 1 if how == "rotate" else 5
    chain = field.issue(chip, key=9, serial=9)
    field.refuses(CertificateRevoked, chain, how=how, at_s=SINCE_S)
    getattr(field.register, how)(chain, SINCE_S - 1)


def test_a_suspended_chip_comes_back():
    field = four_chips()
    identifier = field.ask(1).path[0]
    field.manifest.hold(identifier)
    assert field.reason(1, NOW_S) is CertificateOnHold
    field.refuses(CertificateOnHold, field.issue(1), how="rotate")
    field.manifest.release(identifier)
    assert field.reason(1, NOW_S) is None


def test_a_compromised_batch_recovers_by_certificates_of_another():
    field = four_chips()
    field.manifest.revoke_authority(BATCH.key.kid, SINCE_S)
    for chip in (1, 2):
        field.register.rotate(field.issue(chip, serial=10 + chip, batch=OTHER_BATCH), SINCE_S)
    for chip in (1, 2, 3, 4):
        assert field.reason(chip, SINCE_S) is None


def test_a_compromised_vendor_recovers_by_a_root_that_was_pinned_in_reserve():
    field = four_chips()
    field.manifest.revoke_authority(ROOT.key.kid, SINCE_S)
    for chip in (1, 2, 3, 4):
        assert field.reason(chip, SINCE_S) is CertificateRevoked
        field.register.rotate(field.issue(chip, serial=chip, batch=NEW_BATCH), SINCE_S + 10)
        assert field.reason(chip, SINCE_S + 10) is None
    assert len(field.register) == 4


def test_a_compromised_vendor_recovers_by_a_new_register_that_pins_a_new_root():
    """The list stays: what was revoked under the old root is refused whoever pins it again."""
    field = four_chips()
    old = field.issue(1)
    field.manifest.revoke_authority(ROOT.key.kid, SINCE_S)
    field.register = Endorsements([NEW_ROOT.certificate], field.manifest)
    field.refuses(UnpinnedRoot, old, at_s=SINCE_S)
    for chip in (1, 2, 3, 4):
        field.register.enrol(field.issue(chip, serial=chip, batch=NEW_BATCH), SINCE_S)
        assert field.reason(chip, SINCE_S) is None
    again = Endorsements([ROOT.certificate], field.manifest)
    with pytest.raises(CertificateRevoked):
        again.enrol(old, SINCE_S)
