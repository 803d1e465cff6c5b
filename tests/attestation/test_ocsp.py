from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from attestation import InvalidArgument, OcspAnswer, Refused
from attestation.errors import (
    CertificateMalformed,
    CertificateOnHold,
    CertificateRevoked,
    OcspForOtherCertificate,
    OcspMalformed,
    OcspNotGood,
    OcspStale,
    OcspUntrusted,
    OcspWithoutNonce,
    WrongCurve,
)
from attestation.ocsp import check_status

from . import pki
from .pki import NOW_S, Plan, Response, Status, build, sequence, tlv

NONCE = bytes(range(32))
CHIP, BATCH, ROOT = build({}, {}, {})
BATCH_KEY, STRANGER, RESPONDER = pki.ed25519(12), pki.ed25519(66), pki.ed25519(77)
GOOD = Status(CHIP, BATCH, NONCE)
SIGNING = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)


def ask(response: bytes, at_s: float = NOW_S, issuer: bytes = BATCH, **options: float) -> None:
    check_status(OcspAnswer(response, NONCE), CHIP, issuer, at_s, **options)


def is_refused(error: type[Refused], response: Any, at_s: float = NOW_S, issuer: bytes = BATCH) -> None:
    with pytest.raises(Refused) as caught:
        ask(response, at_s, issuer)
    assert type(caught.value) is error, repr(caught.value)


def delegated(key: Any = RESPONDER, issuer_key: Any = BATCH_KEY, issuer: str = "authority 2", **changes: Any) -> bytes:
    """The certificate of a responder that the batch's authority has certified, unless told otherwise."""
    plan = Plan(
        **{"key": key, "subject": "responder", "usage": pki.usage("digital_signature"), "others": (SIGNING,), **changes}
    )
    return plan.issue(issuer, issuer_key)


# Good.


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()], ids=lambda one: one.name)
def test_a_good_answer_passes_whatever_digest_names_the_certificate(digest):
    """SHA-1 only names the certificate here, as RFC 5019 section 2.1.1 prescribes."""
    ask(replace(GOOD, hash=digest).respond(BATCH_KEY))


@pytest.mark.parametrize("make", [pki.ed25519, pki.p256, pki.p384], ids=["Ed25519", "P-256", "P-384"])
def test_an_issuer_of_every_profile_may_answer(make):
    key = make(5)
    chip, batch, _ = build({}, {"key": key}, {})
    answer = OcspAnswer(Status(chip, batch, NONCE).respond(key), NONCE)
    check_status(answer, chip, batch, NOW_S)
    forged = OcspAnswer(Status(chip, batch, NONCE).respond(make(6)), NONCE)
    with pytest.raises(OcspUntrusted):
        check_status(forged, chip, batch, NOW_S)


@pytest.mark.parametrize("make", [pki.ed25519, pki.p256, pki.p384], ids=["Ed25519", "P-256", "P-384"])
def test_a_responder_certified_for_it_may_answer_in_place_of_the_issuer(make):
    certificate = delegated(make(5))
    ask(replace(GOOD, responder=certificate).respond(make(5)))
    is_refused(OcspUntrusted, replace(GOOD, responder=certificate).respond(make(5)), issuer=ROOT)


# Signed by whom.


def test_a_stranger_vouches_for_nobody():
    is_refused(OcspUntrusted, GOOD.respond(STRANGER))


def test_a_responder_that_is_not_sent_along_is_a_stranger():
    is_refused(OcspUntrusted, GOOD.respond(RESPONDER))


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(delegated(others=()), id="without extended key usage"),
        pytest.param(
            delegated(others=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),)), id="for other purposes"
        ),
        pytest.param(delegated(end_s=NOW_S - 1), id="expired"),
        pytest.param(delegated(start_s=NOW_S + 1), id="not yet valid"),
        pytest.param(delegated(issuer_key=STRANGER), id="signed by a stranger"),
        pytest.param(delegated(issuer="authority 1"), id="of another issuer"),
        pytest.param(delegated(issuer="authority 1", issuer_key=pki.ed25519(11)), id="of the issuer's issuer"),
        pytest.param(delegated(issuer="responder", issuer_key=RESPONDER), id="self-signed"),
    ],
)
def test_a_responder_without_a_valid_certificate_of_the_issuer_is_refused(certificate):
    is_refused(OcspUntrusted, replace(GOOD, responder=certificate).respond(RESPONDER))


def test_a_responder_is_valid_to_the_second():
    for end_s in (NOW_S, NOW_S + 1):
        ask(replace(GOOD, responder=delegated(end_s=end_s)).respond(RESPONDER))
    ask(replace(GOOD, responder=delegated(start_s=NOW_S)).respond(RESPONDER))


def test_a_chip_certified_by_the_same_issuer_is_no_responder():
    """Its own key would call its own certificate good."""
    key = pki.ed25519(13)
    assert pki.load(CHIP).public_key() == key.public_key()
    is_refused(OcspUntrusted, replace(GOOD, responder=CHIP).respond(key))


def test_the_certificate_of_a_responder_does_not_lend_its_name_to_a_stranger():
    good = Response.read(replace(GOOD, responder=delegated()).respond(RESPONDER))
    ask(good.der())
    is_refused(OcspUntrusted, good.signed(STRANGER.sign).der())


@pytest.mark.parametrize("key", [pki.rsa_key(), Ed448PrivateKey.from_private_bytes(bytes(57))], ids=["RSA", "Ed448"])
def test_a_responder_with_a_key_of_another_kind_is_refused(key):
    is_refused(OcspUntrusted, replace(GOOD, responder=delegated(key)).respond(key))


def test_an_issuer_with_a_key_of_another_kind_is_refused_through_its_responder_too():
    key = pki.rsa_key()
    chip, batch, _ = build({"digest": hashes.SHA256()}, {"key": key}, {})
    certificate = delegated(issuer_key=key)
    pki.load(certificate).verify_directly_issued_by(pki.load(batch))
    answer = OcspAnswer(Status(chip, batch, NONCE, responder=certificate).respond(RESPONDER), NONCE)
    with pytest.raises(WrongCurve):
        check_status(answer, chip, batch, NOW_S)


def test_an_issuer_on_a_curve_needs_a_signature_on_a_curve():
    key = pki.p256(5)
    chip, batch, _ = build({}, {"key": key}, {})
    answer = OcspAnswer(Status(chip, batch, NONCE).respond(STRANGER), NONCE)
    with pytest.raises(OcspUntrusted):
        check_status(answer, chip, batch, NOW_S)


@pytest.mark.parametrize(
    ("digest", "dotted"),
    [
        pytest.param(hashes.SHA1(), "1.2.840.10045.4.1", id="SHA-1"),
        pytest.param(hashes.SHA224(), "1.2.840.10045.4.3.1", id="SHA-224"),
    ],
)
def test_a_response_signed_with_a_hash_that_certificates_may_not_use_is_refused(digest, dotted):
    key = pki.p256(5)
    chip, batch, _ = build({}, {"key": key}, {})
    good = Response.read(Status(chip, batch, NONCE).respond(key))
    other = replace(good, algorithm=sequence(pki.oid(dotted)))
    response = other.signed(lambda data: key.sign(data, ec.ECDSA(digest))).der()
    with pytest.raises(OcspUntrusted):
        check_status(OcspAnswer(response, NONCE), chip, batch, NOW_S)


@pytest.mark.parametrize(
    "dotted", ["1.3.101.113", "1.2.840.10045.4.3.2", "1.3.6.1.4.1.99999.3"], ids=["Ed448", "ECDSA", "none"]
)
def test_a_response_that_names_another_algorithm_than_its_signature_is_refused(dotted):
    """The name of the algorithm is not under the signature."""
    good = Response.read(GOOD.respond(BATCH_KEY))
    with pytest.raises(Refused):
        ask(replace(good, algorithm=sequence(pki.oid(dotted))).der())


# About whom.


def test_an_answer_about_another_serial_number_is_refused():
    other = build({"serial": 101}, {}, {})[0]
    is_refused(OcspForOtherCertificate, replace(GOOD, certificate=other).respond(BATCH_KEY))


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"key": pki.ed25519(66)}, id="another key"),
        pytest.param({"subject": "another"}, id="another name"),
    ],
)
def test_an_answer_about_another_issuer_is_refused(change, digest):
    """Serial numbers are unique for one issuer only."""
    chip, batch, _ = build({}, change, {})
    assert pki.load(chip).serial_number == pki.load(CHIP).serial_number
    is_refused(OcspForOtherCertificate, Status(chip, batch, NONCE, hash=digest).respond(BATCH_KEY))


def test_an_answer_about_two_certificates_is_refused():
    other = build({"serial": 101}, {}, {})[0]
    first, second = (Response.read(replace(GOOD, certificate=one).respond(BATCH_KEY)) for one in (CHIP, other))
    responder, produced, answers, extensions = pki.children(first.data)
    more = pki.children(pki.children(second.data)[2])
    data = sequence(responder, produced, sequence(*pki.children(answers), *more), extensions)
    is_refused(OcspMalformed, replace(first, data=data).signed(BATCH_KEY.sign).der())


# In answer to us, and now.


@pytest.mark.parametrize(
    "nonce", [None, b"", NONCE[:-1], NONCE + b"\0", bytes(32)], ids=["none", "empty", "31", "33", "another"]
)
def test_a_recording_is_refused(nonce):
    is_refused(OcspWithoutNonce, replace(GOOD, nonce=nonce).respond(BATCH_KEY))


def test_an_answer_is_good_from_its_date_to_the_next_to_the_second():
    response = replace(GOOD, start_s=NOW_S, end_s=NOW_S + 100).respond(BATCH_KEY)
    for at_s in (NOW_S, NOW_S + 50, NOW_S + 100):
        ask(response, at_s)
    for at_s in (NOW_S - 1, NOW_S - 0.001, NOW_S + 100.001, NOW_S + 101):
        is_refused(OcspStale, response, at_s)


def test_an_answer_grows_stale_within_a_day_whatever_it_says_of_the_next():
    response = replace(GOOD, start_s=NOW_S, end_s=NOW_S + 10**8).respond(BATCH_KEY)
    ask(response, NOW_S + 86_400)
    is_refused(OcspStale, response, NOW_S + 86_400.001)
    ask(response, NOW_S + 10, max_age_s=10)
    with pytest.raises(OcspStale):
        ask(response, NOW_S + 10.001, max_age_s=10)


def test_an_answer_without_a_date_of_the_next_is_refused():
    is_refused(OcspStale, replace(GOOD, end_s=None).respond(BATCH_KEY))


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), float("-inf"), 1e30], ids=str)
def test_at_no_time_that_is_no_date_is_an_answer_good(at_s):
    is_refused(OcspStale, GOOD.respond(BATCH_KEY), at_s)


# What it says.


def test_unknown_is_not_good():
    is_refused(OcspNotGood, replace(GOOD, status=ocsp.OCSPCertStatus.UNKNOWN).respond(BATCH_KEY))


@pytest.mark.parametrize("reason", [None, *x509.ReasonFlags], ids=lambda one: one.name if one else "no reason")
def test_revoked_is_final_and_on_hold_is_not(reason):
    expected = CertificateOnHold if reason is x509.ReasonFlags.certificate_hold else CertificateRevoked
    is_refused(expected, replace(GOOD, status=ocsp.OCSPCertStatus.REVOKED, reason=reason).respond(BATCH_KEY))


UNSUCCESSFUL = [one for one in ocsp.OCSPResponseStatus if one is not ocsp.OCSPResponseStatus.SUCCESSFUL]


@pytest.mark.parametrize("status", UNSUCCESSFUL, ids=lambda one: one.name.lower())
def test_no_answer_is_not_a_good_one(status):
    """Soft failure would let whoever is on the line switch the check off: these are not signed."""
    is_refused(OcspMalformed, ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER))


@pytest.mark.parametrize("response", [b"", b"garbage", b"\x30\x00", None, "text", CHIP], ids=lambda one: repr(one)[:12])
def test_what_is_no_answer_is_refused(response):
    is_refused(OcspMalformed, response)


def test_an_answer_cut_short_or_followed_by_bytes_is_refused():
    response = GOOD.respond(BATCH_KEY)
    for length in range(len(response)):
        is_refused(OcspMalformed, response[:length])
    is_refused(OcspMalformed, response + b"\0")


def test_an_answer_with_any_bit_of_what_was_signed_changed_is_refused():
    response = GOOD.respond(BATCH_KEY)
    signed = ocsp.load_der_ocsp_response(response).tbs_response_bytes
    start = response.index(signed)
    for place in range(start, start + len(signed)):
        for bit in range(8):
            bad = bytearray(response)
            bad[place] ^= 1 << bit
            with pytest.raises((OcspMalformed, OcspUntrusted)):
                ask(bytes(bad))


def test_whatever_an_issuer_signs_is_good_or_refused_by_name():
    """The responder is hostile here: it signs its corrupted answers, so that they are read to the end."""
    good, refusals = Response.read(GOOD.respond(BATCH_KEY)), set()
    for place in range(len(good.data)):
        for bit in range(8):
            bad = bytearray(good.data)
            bad[place] ^= 1 << bit
            try:
                ask(replace(good, data=bytes(bad)).signed(BATCH_KEY.sign).der())
            except Refused as refusal:
                refusals.add(type(refusal))
    assert refusals == {OcspMalformed, OcspForOtherCertificate, OcspWithoutNonce, OcspStale, OcspNotGood}


@pytest.mark.parametrize("unreadable", ["certificate", "issuer"])
def test_certificates_that_cannot_be_read_have_no_status(unreadable):
    pair = {"certificate": CHIP, "issuer": BATCH, unreadable: b"garbage"}
    with pytest.raises(CertificateMalformed):
        check_status(OcspAnswer(GOOD.respond(BATCH_KEY), NONCE), **pair, at_s=NOW_S)


def unreadable_responder() -> bytes:
    address = pki.extension("2.5.29.17", sequence(tlv(0xA3, b"")))
    return pki.rewritten(delegated(), pki.with_extension(delegated(), address), BATCH_KEY.sign)


def test_a_responder_whose_certificate_cannot_be_read_is_refused():
    response = replace(GOOD, responder=unreadable_responder()).respond(RESPONDER)
    with pytest.raises(Refused):
        ask(response)


def test_a_nonce_is_long_enough_to_be_met_by_no_recording():
    with pytest.raises(InvalidArgument):
        check_status(OcspAnswer(GOOD.respond(BATCH_KEY), bytes(15)), CHIP, BATCH, NOW_S)
