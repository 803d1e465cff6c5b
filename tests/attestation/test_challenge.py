import math

import pytest

from attestation import InvalidArgument, NonceLedger, Refused, errors

ME, OTHER = b"\x01" + bytes(16), b"\x01" + bytes(15) + b"\x01"


def nonce(number: int) -> bytes:
    return number.to_bytes(32, "big")


def refusal(ledger: NonceLedger, *attempt) -> type[Refused]:
    with pytest.raises(Refused) as caught:
        ledger.redeem(*attempt)
    return type(caught.value)


def test_a_nonce_is_good_for_one_chip_one_answer_and_its_lifetime():
    ledger = NonceLedger(lifetime_s=60)
    ledger.issue(nonce(1), ME, 100)
    assert refusal(ledger, nonce(2), ME, 101) is errors.NonceUnknown
    assert refusal(ledger, nonce(1), OTHER, 101) is errors.NonceForOtherChip
    assert refusal(ledger, nonce(1), ME, 99) is errors.FromTheFuture
    assert refusal(ledger, nonce(1), ME, 160.5) is errors.NonceExpired
    assert refusal(ledger, nonce(1), ME, math.nan) is errors.NonceExpired
    ledger.redeem(nonce(1), ME, 160)
    assert refusal(ledger, nonce(1), ME, 101) is errors.NonceReused


def test_what_is_forgotten_is_refused_and_takes_no_room():
    ledger = NonceLedger(lifetime_s=60)
    for number in range(100):
        ledger.issue(nonce(number), ME, number)
    assert ledger.forget(before_s=90) == 90
    assert len(ledger) == 10
    assert refusal(ledger, nonce(89), ME, 90) is errors.NonceUnknown
    ledger.redeem(nonce(90), ME, 95)


def test_the_same_entropy_is_not_issued_twice():
    ledger = NonceLedger(lifetime_s=60)
    ledger.issue(nonce(1), ME, 0)
    with pytest.raises(errors.NonceAlreadyIssued):
        ledger.issue(nonce(1), OTHER, 1)


def test_several_nonces_are_struck_off_together_or_not_at_all():
    ledger = NonceLedger(lifetime_s=60)
    ledger.issue(nonce(1), ME, 0)
    ledger.issue(nonce(2), OTHER, 0)
    with pytest.raises(errors.NonceForOtherChip):
        ledger.redeem_all([nonce(1), nonce(2)], ME, 1)
    ledger.redeem(nonce(1), ME, 1)


@pytest.mark.parametrize("entropy", [b"", bytes(31), bytes(33)], ids=len)
def test_entropy_must_be_32_bytes(entropy):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime_s=60).issue(entropy, ME, 0)


@pytest.mark.parametrize("time_s", [math.nan, math.inf])
def test_a_challenge_needs_a_time(time_s):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime_s=60).issue(nonce(1), ME, time_s)


@pytest.mark.parametrize("lifetime", [0, -1, float("nan")])
def test_a_lifetime_must_be_positive(lifetime):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime)


def test_a_lifetime_may_be_shorter_than_a_second():
    ledger = NonceLedger(lifetime_s=0.5)
    ledger.issue(nonce(1), ME, 0)
    assert refusal(ledger, nonce(1), ME, 0.6) is errors.NonceExpired


@pytest.mark.parametrize("entropy", ["x" * 32, bytearray(32)], ids=["text", "bytearray"])
def test_entropy_must_be_bytes(entropy):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime_s=60).issue(entropy, ME, 0)
