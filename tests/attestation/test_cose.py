import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from attestation import ED25519, MalformedBytes, Reason, Refused, verify_sign1, verify_signature

from .wire import array, integer, mapping, octets, text, token

# RFC 8032 section 7.1, test 2: public key, message and signature.
RFC_8032 = (
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
)


def refusal(token_or_call) -> Reason:
    with pytest.raises(Refused) as caught:
        token_or_call()
    return caught.value.reason


def test_the_signature_of_rfc_8032_verifies_and_no_other():
    raw, message, signature = (bytes.fromhex(part) for part in RFC_8032)
    key = Ed25519PublicKey.from_public_bytes(raw)
    verify_signature(ED25519, key, message, signature)
    assert refusal(lambda: verify_signature(ED25519, key, message + b"!", signature)) is Reason.BAD_SIGNATURE
    assert refusal(lambda: verify_signature(ED25519, key, message, signature[:-1])) is Reason.BAD_SIGNATURE
    order = 2**252 + 27742317777372353535851937790883648493
    twin = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert refusal(lambda: verify_signature(ED25519, key, message, twin)) is Reason.BAD_SIGNATURE


def test_key_and_algorithm_must_belong_together():
    raw, message, signature = (bytes.fromhex(part) for part in RFC_8032)
    wrong_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert refusal(lambda: verify_signature(ED25519, wrong_key, message, signature)) is Reason.WRONG_KEY_TYPE
    assert refusal(lambda: verify_signature(ED25519, raw, message, signature)) is Reason.WRONG_KEY_TYPE
    key = Ed25519PublicKey.from_public_bytes(raw)
    assert refusal(lambda: verify_signature(-8, key, message, signature)) is Reason.WRONG_ALGORITHM


def test_a_hand_made_message_verifies_to_its_payload(key):
    signed = token(key, b"payload", prefix=b"\xd2")
    assert verify_sign1(signed, key.public_key(), algorithms={ED25519}) == b"payload"
    assert refusal(lambda: verify_sign1(signed, key.public_key(), algorithms=set())) is Reason.WRONG_ALGORITHM
    assert (
        refusal(lambda: verify_sign1(signed, key.public_key(), algorithms={ED25519}, external_aad=b"x"))
        is Reason.BAD_SIGNATURE
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"prefix": b""}, Reason.WRONG_PREFIX),
        ({"prefix": b"\xd1"}, Reason.WRONG_PREFIX),  # COSE_Mac0
        ({"prefix": b"\xd2\xd2"}, Reason.FORBIDDEN_CBOR),
        ({"protected": mapping((integer(1), integer(-8)))}, Reason.WRONG_ALGORITHM),
        ({"protected": mapping((integer(1), text("EdDSA")))}, Reason.WRONG_ALGORITHM),
        ({"protected": b"", "unprotected": mapping((integer(1), integer(-19)))}, Reason.WRONG_ALGORITHM),
        ({"protected": array()}, Reason.MALFORMED_COSE),
        ({"unprotected": array()}, Reason.MALFORMED_COSE),
        (
            {"protected": mapping((integer(1), integer(-19)), (integer(2), array(integer(4)))), "unprotected": b"\xa0"},
            Reason.UNKNOWN_LABEL,
        ),
    ],
)
def test_a_message_out_of_form_is_refused_though_signed_with_the_right_key(key, change, reason):
    signed = token(key, b"payload", **{"prefix": b"\xd2", **change})
    assert refusal(lambda: verify_sign1(signed, key.public_key(), algorithms={ED25519})) is reason


def test_a_label_in_both_headers_is_refused(key):
    protected = mapping((integer(1), integer(-19)), (integer(4), octets(b"a")))
    signed = token(key, b"x", prefix=b"\xd2", protected=protected, unprotected=mapping((integer(4), octets(b"b"))))
    with pytest.raises(MalformedBytes):
        verify_sign1(signed, key.public_key(), algorithms={ED25519})


def test_a_detached_payload_is_refused():
    detached = b"\xd2" + array(octets(b""), b"\xa0", b"\xf6", octets(b"s"))
    assert refusal(lambda: verify_sign1(detached, None, algorithms={ED25519})) is Reason.MALFORMED_COSE


def test_published_eddsa_messages_are_out_of_profile_and_refused_as_such(vectors):
    """The working group's EdDSA example signs under -8, which RFC 9864 deprecates; Ed448 comes under the same name."""
    for name in ("eddsa-sig-01", "eddsa-sig-02"):
        case = vectors(f"cose-wg/eddsa-examples/{name}.json")
        data = bytes.fromhex(case["output"]["cbor"])
        assert refusal(lambda data=data: verify_sign1(data, None, algorithms={ED25519})) is Reason.WRONG_ALGORITHM


def test_the_signature_of_the_published_ed25519_message_itself_is_good(vectors):
    """Under the fully specified name of the same algorithm: message and key of the working group's example."""
    case = vectors("cose-wg/eddsa-examples/eddsa-sig-01.json")
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["input"]["sign0"]["key"]["x_hex"]))
    signature = bytes.fromhex(case["output"]["cbor"])[-64:]
    message = bytes.fromhex(case["intermediates"]["ToBeSign_hex"])
    verify_signature(ED25519, key, message, signature)
    assert refusal(lambda: verify_signature(ED25519, key, message[:-1], signature)) is Reason.BAD_SIGNATURE


def test_messages_for_many_signers_are_refused_as_a_wrong_tag(vectors):
    for name in ("sign-pass-01", "sign-fail-01"):
        data = bytes.fromhex(vectors(f"cose-wg/sign-tests/{name}.json")["output"]["cbor"])
        assert refusal(lambda data=data: verify_sign1(data, None, algorithms={ED25519})) is Reason.WRONG_PREFIX
