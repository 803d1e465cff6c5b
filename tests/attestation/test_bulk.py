"""Many tokens by threads: the same answers, in the same order."""

from dataclasses import replace

import pytest

from attestation import ED25519, ESP256, ESP384, Claims, InvalidArgument, SigningKey, errors, issue, verify, verify_many

from .field import Field, seed

CLAIMS = Field().chip().claims


def evidence(number: int) -> Claims:
    return replace(CLAIMS, nonces=(seed(f"nonce {number}"),), bootcount=number)


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_each_token_gets_its_own_answer_in_order(threads: int | None):
    """More than one batch, three algorithms, and a refusal here and there."""
    keys = [SigningKey.from_seed(seed("key"), algorithm) for algorithm in (ED25519, ESP256, ESP384)]
    signers = [keys[number % 3] for number in range(150)]
    tokens = [issue(evidence(number), key) for number, key in enumerate(signers)]
    tokens[7], tokens[80] = b"", tokens[83]
    outcomes = verify_many(tokens, [key.public_key for key in signers], threads=threads)
    assert isinstance(outcomes[7], errors.Empty)
    assert outcomes[80] == evidence(83)
    for number in set(range(150)) - {7, 80}:
        assert outcomes[number] == evidence(number) == verify(tokens[number], signers[number].public_key)


def test_no_tokens_no_answers():
    assert verify_many([], []) == []


def test_as_many_keys_as_tokens_and_at_least_one_thread():
    key = SigningKey.from_seed(seed("key"))
    with pytest.raises(InvalidArgument):
        verify_many([b"x"], [])
    with pytest.raises(InvalidArgument):
        verify_many([b"x"], [key.public_key], threads=0)
