import pytest

from attestation import InvalidArgument, NonceLedger, Reason, Refused

ME, OTHER = b"\x01" + bytes(16), b"\x01" + bytes(15) + b"\x01"


def nonce(number: int) -> bytes:
    return number.to_bytes(32, "big")


def refusal(ledger: NonceLedger, *attempt) -> Reason:
    with pytest.raises(Refused) as caught:
        ledger.redeem(*attempt)
    return caught.value.reason


def test_a_nonce_is_good_for_one_chip_one_answer_and_its_lifetime():
    ledger = NonceLedger(lifetime_s=60)
    ledger.issue(nonce(1), ME, 100)
    assert refusal(ledger, nonce(2), ME, 101) is Reason.NONCE_UNKNOWN
    assert refusal(ledger, nonce(1), OTHER, 101) is Reason.NONCE_FOR_OTHER_CHIP
    assert refusal(ledger, nonce(1), ME, 99) is Reason.FROM_THE_FUTURE
    assert refusal(ledger, nonce(1), ME, 160.5) is Reason.NONCE_EXPIRED
    ledger.redeem(nonce(1), ME, 160)
    assert refusal(ledger, nonce(1), ME, 101) is Reason.NONCE_REUSED


def test_what_is_forgotten_is_refused_and_takes_no_room():
    ledger = NonceLedger(lifetime_s=60)
    for number in range(100):
        ledger.issue(nonce(number), ME, number)
    assert ledger.forget(before_s=90) == 90
    assert len(ledger) == 10
    assert refusal(ledger, nonce(89), ME, 90) is Reason.NONCE_UNKNOWN
    ledger.redeem(nonce(90), ME, 95)


def test_the_same_entropy_is_not_issued_twice():
    ledger = NonceLedger(lifetime_s=60)
    ledger.issue(nonce(1), ME, 0)
    with pytest.raises(Refused) as caught:
        ledger.issue(nonce(1), OTHER, 1)
    assert caught.value.reason is Reason.NONCE_ALREADY_ISSUED


@pytest.mark.parametrize("entropy", [b"", bytes(31), bytes(33)])
def test_entropy_must_be_32_bytes(entropy):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime_s=60).issue(entropy, ME, 0)


@pytest.mark.parametrize("lifetime", [0, -1, float("nan")])
def test_a_lifetime_must_be_positive(lifetime):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime)
