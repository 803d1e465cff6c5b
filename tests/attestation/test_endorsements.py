import pytest

from attestation import DeviceKey, Endorsements, Reason, Refused, VendorKey, endorse

VENDOR, STRANGER = (VendorKey.from_seed(bytes([n]) * 32) for n in (2, 3))
CHIP, OTHER = (DeviceKey.from_seed(bytes([n]) * 32) for n in (4, 5))
UEID, OTHER_UEID = b"\x01" + bytes(16), b"\x01" + bytes(32)


def refusal(register: Endorsements, endorsement: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        register.enrol(endorsement)
    return caught.value.reason


def test_an_endorsed_chip_is_found_by_its_key():
    register = Endorsements([VENDOR.public_key])
    assert register.enrol(endorse(UEID, CHIP.public_key, VENDOR)) == UEID
    ueid, key = register.lookup(CHIP.kid)
    assert (ueid, key) == (UEID, CHIP.public_key)
    with pytest.raises(Refused) as caught:
        register.lookup(OTHER.kid)
    assert caught.value.reason is Reason.UNKNOWN_KEY


def test_only_trusted_vendors_endorse():
    register = Endorsements([VENDOR.public_key])
    assert refusal(register, endorse(UEID, CHIP.public_key, STRANGER)) is Reason.UNKNOWN_KEY
    forged = bytearray(endorse(UEID, CHIP.public_key, VENDOR))
    forged[-1] ^= 1
    assert refusal(register, bytes(forged)) is Reason.BAD_SIGNATURE
    assert refusal(register, b"nonsense") is Reason.WRONG_PREFIX
    assert len(register) == 0


def test_one_key_per_chip_and_one_chip_per_key():
    register = Endorsements([VENDOR.public_key])
    register.enrol(endorse(UEID, CHIP.public_key, VENDOR))
    assert refusal(register, endorse(OTHER_UEID, CHIP.public_key, VENDOR)) is Reason.KEY_ALREADY_ENROLLED
    assert refusal(register, endorse(UEID, OTHER.public_key, VENDOR)) is Reason.UEID_ALREADY_ENROLLED
    assert len(register) == 1


@pytest.mark.parametrize("ueid", [b"", b"\x02" + bytes(16), b"\x01" + bytes(17)])
def test_a_ueid_has_a_form(ueid):
    with pytest.raises(Refused) as caught:
        endorse(ueid, CHIP.public_key, VENDOR)
    assert caught.value.reason is Reason.BAD_CLAIM
