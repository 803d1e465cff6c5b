import hashlib
from collections.abc import Callable

import pytest

from attestation import Authority, Endorsement, InvalidArgument, Manifest, Refused, SigningKey, key_id, validate_chain
from attestation.errors import (
    CertificateMalformed,
    CertificateOnHold,
    CertificateRevoked,
    CertificateSuperseded,
    ChainBroken,
    NotInManifest,
    WrongCurve,
)
from attestation.manifest import identify

from . import pki
from .pki import NOW_S, UEID

NEVER_S, SINCE_S = float("inf"), NOW_S + 100


def seeded(number: int) -> SigningKey:
    return SigningKey.from_seed(bytes([number]) * 32)


ROOT = Authority.root(seeded(1), "root")
BATCHES = {number: ROOT.authority(seeded(number), f"batch {number}", serial=number) for number in (2, 3)}


class Fleet:
    """Two batches of three chips each, all listed as issued."""

    def __init__(self) -> None:
        self.manifest = Manifest()
        self.chips: dict[tuple[int, int], Endorsement] = {}
        for number, batch in BATCHES.items():
            for serial in (1, 2, 3):
                chip = batch.endorse(seeded(10 * number + serial).public_key, UEID, serial=serial)
                self.manifest.record(chip, batch.certificate)
                self.chips[number, serial] = validate_chain([chip, batch.certificate], [ROOT.certificate], NOW_S)

    def standing(self, at_s: float) -> set[tuple[int, int]]:
        """Batch and serial number of each chip that nothing is held against."""
        return {name for name, chip in self.chips.items() if self.reason(chip, at_s) is None}

    def reason(self, chip: Endorsement, at_s: float) -> type[Refused] | None:
        try:
            self.manifest.check_standing(chip, at_s)
        except Refused as refusal:
            return type(refusal)
        return None


ALL = {(batch, serial) for batch in BATCHES for serial in (1, 2, 3)}


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def test_what_is_listed_has_been_issued_and_stands(fleet):
    assert len(fleet.manifest) == 6
    for chip in fleet.chips.values():
        fleet.manifest.check_issued(chip)
    assert fleet.standing(NOW_S) == ALL


def test_a_certificate_goes_by_the_key_of_its_issuer_and_its_serial_number(fleet):
    batch = BATCHES[2]
    chip = batch.endorse(seeded(21).public_key, UEID, serial=1)
    expected = pki.kid(seeded(2).public_key), 1
    assert fleet.manifest.record(chip, batch.certificate) == identify(chip, batch.certificate) == expected
    assert fleet.chips[2, 1].path == (expected, (pki.kid(seeded(1).public_key), 2))


def test_recording_twice_changes_nothing(fleet):
    batch = BATCHES[2]
    fleet.manifest.record(batch.endorse(seeded(21).public_key, UEID, serial=1), batch.certificate)
    assert len(fleet.manifest) == 6


def test_one_serial_number_of_one_issuer_is_listed_once(fleet):
    other = BATCHES[2].endorse(seeded(99).public_key, UEID, serial=1)
    with pytest.raises(InvalidArgument, match="serial 1 of issuer"):
        fleet.manifest.record(other, BATCHES[2].certificate)
    assert len(fleet.manifest) == 6
    fleet.manifest.check_issued(fleet.chips[2, 1])


def test_a_chip_that_is_not_listed_has_not_been_issued(fleet):
    """Whatever signed it: a vendor's status service may call a serial number good that it never issued."""
    chip = BATCHES[2].endorse(seeded(99).public_key, UEID, serial=4)
    with pytest.raises(NotInManifest):
        fleet.manifest.check_issued(validate_chain([chip, BATCHES[2].certificate], [ROOT.certificate], NOW_S))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda batch: batch.endorse(seeded(99).public_key, UEID, serial=1), id="key of the thief"),
        pytest.param(lambda batch: batch.endorse(seeded(21).public_key, b"\x01" + bytes(16), serial=1), id="other UEID"),
        pytest.param(
            lambda batch: batch.endorse(seeded(21).public_key, UEID, serial=1, not_after_s=NOW_S), id="other dates"
        ),
    ],
)
def test_a_stolen_issuing_key_cannot_reuse_a_serial_number(fleet, forge: Callable[[Authority], bytes]):
    forged = forge(BATCHES[2])
    with pytest.raises(NotInManifest):
        fleet.manifest.check_issued(validate_chain([forged, BATCHES[2].certificate], [ROOT.certificate], NOW_S))


def test_a_listed_certificate_under_another_issuer_is_not_listed(fleet):
    chip = BATCHES[3].endorse(seeded(21).public_key, UEID, serial=1)
    assert hashlib.sha256(chip).digest() != fleet.chips[2, 1].x5t
    with pytest.raises(NotInManifest):
        fleet.manifest.check_issued(validate_chain([chip, BATCHES[3].certificate], [ROOT.certificate], NOW_S))


def test_one_extracted_key_is_revoked_from_a_time_on(fleet):
    fleet.manifest.revoke([fleet.chips[2, 1].path[0]], SINCE_S)
    assert fleet.standing(SINCE_S - 0.001) == ALL
    for at_s in (SINCE_S, SINCE_S + 10**9, NEVER_S, float("nan")):
        assert fleet.standing(at_s) == ALL - {(2, 1)}
        assert fleet.reason(fleet.chips[2, 1], at_s) is CertificateRevoked


def test_a_lot_is_revoked_by_its_list(fleet):
    lot = {(2, 1), (2, 3), (3, 2)}
    fleet.manifest.revoke((fleet.chips[name].path[0] for name in lot), SINCE_S)
    assert fleet.standing(SINCE_S - 1) == ALL
    assert fleet.standing(SINCE_S) == ALL - lot


@pytest.mark.parametrize("how", ["by the key of the authority", "by the certificate of the authority"])
def test_a_batch_is_revoked_with_its_authority(fleet, how):
    chip = fleet.chips[2, 1]
    if how == "by the key of the authority":
        fleet.manifest.revoke_authority(chip.authorities[0], SINCE_S)
    else:
        fleet.manifest.revoke([identify(BATCHES[2].certificate, ROOT.certificate)], SINCE_S)
    assert fleet.standing(SINCE_S - 1) == ALL
    assert fleet.standing(SINCE_S) == {name for name in ALL if name[0] != 2}
    assert fleet.reason(chip, SINCE_S) is CertificateRevoked


def test_everything_falls_with_the_key_of_the_root(fleet):
    fleet.manifest.revoke_authority(seeded(1).kid, SINCE_S)
    assert fleet.standing(SINCE_S - 1) == ALL
    assert fleet.standing(SINCE_S) == set()
    assert fleet.standing(float("nan")) == set()


@pytest.mark.parametrize("times", [(100, 200), (200, 100)])
def test_the_earliest_revocation_counts(fleet, times):
    """A key was stolen when it was first seen with a thief; a second notice does not make it good in between."""
    chip = fleet.chips[2, 1]
    for time in times:
        fleet.manifest.revoke([chip.path[0]], NOW_S + time)
        fleet.manifest.revoke_authority(chip.authorities[0], NOW_S + time + 1)
    assert fleet.standing(NOW_S + 99) == ALL
    assert fleet.standing(NOW_S + 100) == ALL - {(2, 1)}
    assert fleet.standing(NOW_S + 101) == {name for name in ALL if name[0] != 2}


def test_a_hold_ends_with_its_release(fleet):
    chip = fleet.chips[2, 1]
    fleet.manifest.hold(chip.path[0])
    assert fleet.standing(NOW_S) == ALL - {(2, 1)}
    assert fleet.reason(chip, NOW_S) is CertificateOnHold
    fleet.manifest.release(chip.path[0])
    assert fleet.standing(NOW_S) == ALL
    fleet.manifest.release(chip.path[0])


def test_a_hold_on_an_authority_suspends_its_batch(fleet):
    batch = identify(BATCHES[2].certificate, ROOT.certificate)
    fleet.manifest.hold(batch)
    assert fleet.standing(NOW_S) == {name for name in ALL if name[0] != 2}
    fleet.manifest.release(batch)
    assert fleet.standing(NOW_S) == ALL


def test_a_release_does_not_undo_a_revocation(fleet):
    chip = fleet.chips[2, 1]
    fleet.manifest.hold(chip.path[0])
    fleet.manifest.revoke([chip.path[0]], SINCE_S)
    assert fleet.reason(chip, SINCE_S) is CertificateRevoked
    fleet.manifest.release(chip.path[0])
    assert fleet.reason(chip, SINCE_S - 1) is None
    assert fleet.reason(chip, SINCE_S) is CertificateRevoked


def test_a_superseded_certificate_stands_until_another_takes_its_place(fleet):
    chip = fleet.chips[2, 1]
    fleet.manifest.supersede(chip.path[0], SINCE_S)
    assert fleet.reason(chip, SINCE_S - 1) is None
    for at_s in (SINCE_S, SINCE_S + 1, float("nan")):
        assert fleet.reason(chip, at_s) is CertificateSuperseded
        assert fleet.standing(at_s) == ALL - {(2, 1)}


def test_a_certificate_superseded_twice_is_so_from_the_first_time_on(fleet):
    chip = fleet.chips[2, 1]
    fleet.manifest.supersede(chip.path[0], SINCE_S)
    fleet.manifest.supersede(chip.path[0], SINCE_S + 100)
    assert fleet.reason(chip, SINCE_S) is CertificateSuperseded


@pytest.mark.parametrize("bad", ["certificate", "issuer"])
def test_what_cannot_be_read_cannot_be_listed(bad):
    manifest, pair = Manifest(), {"certificate": BATCHES[2].certificate, "issuer": ROOT.certificate}
    with pytest.raises(CertificateMalformed):
        manifest.record(**{**pair, bad: b"garbage"})
    assert len(manifest) == 0


def with_key(algorithm: str) -> bytes:
    """The root with a key of another kind, whose bytes are no such key."""
    info = pki.sequence(pki.sequence(pki.oid(algorithm)), pki.tlv(0x03, b"\0\1\2\3"))
    return pki.rewritten(ROOT.certificate, {pki.KEY: info}, seeded(1).sign)


@pytest.mark.parametrize(
    "issuer",
    [
        pytest.param(with_key("1.3.101.112"), id="Ed25519 of three bytes"),
        pytest.param(
            with_key("1.3.6.1.4.1.99999.2"),
            id="unknown kind",
        ),
    ],
)
def test_an_issuer_whose_key_cannot_be_read_lists_nothing(issuer):
    manifest = Manifest()
    with pytest.raises(WrongCurve):
        manifest.record(BATCHES[2].certificate, issuer)
    assert len(manifest) == 0


def test_only_the_issuer_puts_a_certificate_on_the_list():
    manifest = Manifest()
    with pytest.raises(ChainBroken):
        manifest.record(BATCHES[2].certificate, BATCHES[3].certificate)
    assert len(manifest) == 0


@pytest.mark.parametrize("from_s", [float("nan"), float("inf")])
def test_a_withdrawal_needs_a_date(fleet, from_s):
    """Otherwise it might never take effect, or hide an earlier one."""
    chip = fleet.chips[2, 1].path[0]
    for withdraw in (
        lambda: fleet.manifest.revoke([chip], from_s),
        lambda: fleet.manifest.revoke_authority(chip[0], from_s),
        lambda: fleet.manifest.supersede(chip, from_s),
    ):
        with pytest.raises(InvalidArgument):
            withdraw()


def test_a_list_that_is_not_complete_accepts_what_it_does_not_name_until_it_is_revoked(fleet: Fleet):
    """Whoever holds the vendor's key is then as good as the vendor."""
    leaked = BATCHES[2]
    forged = leaked.endorse(seeded(99).public_key, UEID, serial=9)
    endorsement = validate_chain([forged, leaked.certificate], [ROOT.certificate], NOW_S)
    with pytest.raises(NotInManifest):
        fleet.manifest.check_issued(endorsement)
    open_list = Manifest(complete=False)
    open_list.check_issued(endorsement)
    open_list.check_standing(endorsement, NOW_S)
    open_list.revoke_authority(key_id(leaked.key.public_key), SINCE_S)
    with pytest.raises(CertificateRevoked):
        open_list.check_standing(endorsement, SINCE_S)
