"""Single-signer messages of the COSE working group: good ones under other algorithms, and spoilt ones."""

import pytest

from attestation import ED25519, Reason, Refused, verify_sign1

from .wire import array, integer, mapping, token

WRONG_PREFIX, WRONG_ALGORITHM = Reason.WRONG_PREFIX, Reason.WRONG_ALGORITHM
PUBLISHED = {
    **{f"ecdsa-examples/ecdsa-sig-0{n}": WRONG_ALGORITHM for n in (1, 2, 3, 4)},
    "sign1-tests/sign-fail-01": WRONG_PREFIX,  # tag 998
    **{f"sign1-tests/sign-fail-0{n}": WRONG_ALGORITHM for n in (2, 3, 4, 6, 7)},
    "sign1-tests/sign-pass-01": WRONG_ALGORITHM,  # algorithm unprotected
    "sign1-tests/sign-pass-02": WRONG_ALGORITHM,
    "sign1-tests/sign-pass-03": WRONG_PREFIX,  # no tag
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_messages_under_other_algorithms_are_refused_for_that(name, key, vectors):
    message = bytes.fromhex(vectors(f"cose-wg/{name}.json")["output"]["cbor"])
    with pytest.raises(Refused) as caught:
        verify_sign1(message, key.public_key(), algorithms={ED25519})
    assert caught.value.reason is PUBLISHED[name]


def test_an_unprotected_critical_header_is_refused(key):
    critical = mapping((integer(2), array(integer(4))))
    protected = mapping((integer(1), integer(-19)))
    signed = token(key, b"payload", prefix=b"\xd2", protected=protected, unprotected=critical)
    with pytest.raises(Refused) as caught:
        verify_sign1(signed, key.public_key(), algorithms={ED25519})
    assert caught.value.reason is Reason.UNKNOWN_LABEL
