"""What a verifier says to good, bad and hostile tokens. Unless stated, hostile ones are signed with the right key."""

import math
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attestation import Accepted, Claims, Location, MalformedBytes, Reason, Refusal, endorse, errors, issue

from . import wire
from .conftest import Verifier
from .wire import NONCE, NOW_S, UEID, array, double, integer, location, mapping, octets, payload, text, token

OTHER = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)


def reason(verdict: object) -> Reason:
    assert isinstance(verdict, Refusal), verdict
    assert verdict.detail
    return verdict.reason


def test_a_token_built_by_hand_is_accepted_and_is_what_issue_makes(key, device_key, verifier):
    by_hand = token(key, payload())
    claims = Claims(
        audience=wire.AUDIENCE,
        issued_at_s=NOW_S,
        nonce=NONCE,
        ueid=UEID,
        oemid=5703,
        hwmodel=b"GPU",
        hwversion=("1",),
        oemboot=True,
        dbgstat=3,
        location=Location(latitude_deg=1.2897, longitude_deg=103.8501, accuracy_m=20_000.0, timestamp_s=NOW_S),
        bootcount=1,
        intuse=1,
    )
    assert by_hand[:3].hex() == "d83dd2"
    assert verifier.judge(by_hand) == Accepted(UEID, claims)
    assert issue(claims, device_key) == by_hand


def test_a_signature_by_another_key_is_bad(key, verifier):
    """The right kid over a wrong signature: somebody answers in the chip's name."""
    forged = token(OTHER, payload(), protected=wire.header(key))
    assert reason(verifier.judge(forged)) is Reason.BAD_SIGNATURE


def test_a_key_nobody_endorsed_is_unknown(verifier):
    assert reason(verifier.judge(token(OTHER, payload()))) is Reason.UNKNOWN_KEY


def test_a_nonce_counts_once(key, verifier):
    good = token(key, payload())
    assert isinstance(verifier.judge(good), Accepted)
    assert reason(verifier.judge(good)) is Reason.NONCE_REUSED


def test_a_failed_attempt_burns_no_nonce(key, verifier):
    assert reason(verifier.judge(token(OTHER, payload(), protected=wire.header(key)))) is Reason.BAD_SIGNATURE
    assert reason(verifier.judge(token(key, payload()), audience="elsewhere")) is Reason.WRONG_AUDIENCE
    assert isinstance(verifier.judge(token(key, payload())), Accepted)


def test_another_profile_is_wrong(key, verifier):
    assert reason(verifier.judge(token(key, payload({265: text("tag:example.org,2026:other#1")})))) is Reason.WRONG_PROFILE


def test_freshness_and_audience(key, verifier):
    good = token(key, payload())
    assert reason(verifier.judge(good, audience="verifier.example.net")) is Reason.WRONG_AUDIENCE
    assert reason(verifier.judge(good, now_s=NOW_S + 61)) is Reason.NONCE_EXPIRED
    assert reason(verifier.judge(good, now_s=NOW_S + 301)) is Reason.STALE
    assert reason(verifier.judge(good, now_s=NOW_S - 6)) is Reason.FROM_THE_FUTURE
    assert reason(verifier.judge(good, now_s=math.nan)) is Reason.STALE
    assert reason(verifier.judge(token(key, payload({10: octets(bytes(32))})))) is Reason.NONCE_UNKNOWN


def test_evidence_of_one_chip_does_not_serve_another(key, verifier):
    other_ueid = b"\x01" + bytes(16)
    verifier.endorsements.enrol(endorse(other_ueid, OTHER.public_key(), verifier.vendor))
    assert reason(verifier.judge(token(OTHER, payload()))) is Reason.UEID_NOT_ENDORSED
    stolen_challenge = token(OTHER, payload({256: octets(other_ueid)}))
    assert reason(verifier.judge(stolen_challenge)) is Reason.NONCE_FOR_OTHER_CHIP


def test_a_boot_counter_never_falls(key, verifier):
    second = bytes([7]) * 32
    verifier.ledger.issue(second, UEID, NOW_S)
    assert isinstance(verifier.judge(token(key, payload({267: integer(5)}))), Accepted)
    assert reason(verifier.judge(token(key, payload({267: integer(4), 10: octets(second)})))) is Reason.BOOTCOUNT_FELL
    assert isinstance(verifier.judge(token(key, payload({267: integer(5), 10: octets(second)}))), Accepted)


HOSTILE_CLAIMS = {
    "iat as a float": (payload({6: b"\xfa\x4e\xd6\x93\xa4"}), Reason.BAD_CLAIM),
    "iat negative": (payload({6: integer(-1)}), Reason.BAD_CLAIM),
    "audience empty": (payload({3: text("")}), Reason.BAD_CLAIM),
    "audience as bytes": (payload({3: octets(b"verifier")}), Reason.BAD_CLAIM),
    "nonce of 31 bytes": (payload({10: octets(NONCE[:31])}), Reason.BAD_CLAIM),
    "nonce in an array": (payload({10: array(octets(NONCE))}), Reason.BAD_CLAIM),
    "ueid of another type": (payload({256: octets(b"\x02" + UEID[1:])}), Reason.BAD_CLAIM),
    "ueid of 16 bytes": (payload({256: octets(UEID[:16])}), Reason.BAD_CLAIM),
    "oemid as text": (payload({258: text("NVIDIA")}), Reason.BAD_CLAIM),
    "hwmodel empty": (payload({259: octets(b"")}), Reason.BAD_CLAIM),
    "hwversion as text": (payload({260: text("1")}), Reason.BAD_CLAIM),
    "oemboot false": (payload({262: wire.FALSE}), Reason.BAD_CLAIM),
    "oemboot 1": (payload({262: integer(1)}), Reason.BAD_CLAIM),
    "debugging enabled": (payload({263: integer(0)}), Reason.BAD_CLAIM),
    "debugging disabled only now": (payload({263: integer(1)}), Reason.BAD_CLAIM),
    "dbgstat true": (payload({263: wire.TRUE}), Reason.BAD_CLAIM),
    "location as an array": (payload({264: array()}), Reason.BAD_CLAIM),
    "latitude 91": (location({1: integer(91)}), Reason.BAD_CLAIM),
    "latitude true": (location({1: wire.TRUE}), Reason.BAD_CLAIM),
    "latitude NaN": (location({1: bytes.fromhex("f97e00")}), Reason.BAD_CLAIM),
    "latitude infinite": (location({1: bytes.fromhex("f97c00")}), Reason.BAD_CLAIM),
    "longitude -180.5": (location({2: double(-180.1)}), Reason.BAD_CLAIM),
    "accuracy 0": (location({4: integer(0)}), Reason.BAD_CLAIM),
    "accuracy absurd": (location({4: integer(10**9)}), Reason.BAD_CLAIM),
    "fixed after issue": (location({8: integer(NOW_S + 1)}), Reason.BAD_CLAIM),
    "location without accuracy": (location({4: None}), Reason.MISSING_CLAIM),
    "heading in the location": (
        payload({264: mapping(*((integer(k), v) for k, v in sorted({**wire.LOCATION, 6: integer(0)}.items())))}),
        Reason.UNKNOWN_LABEL,
    ),
    "bootcount negative": (payload({267: integer(-1)}), Reason.BAD_CLAIM),
    "intuse 3": (payload({275: integer(3)}), Reason.BAD_CLAIM),
    "profile as bytes": (payload({265: octets(b"x")}), Reason.BAD_CLAIM),
    "unknown label": (payload({999: integer(1)}), Reason.UNKNOWN_LABEL),
    "unknown private label": (payload({-75003: integer(1)}), Reason.UNKNOWN_LABEL),
    "duplicate label": (b"\xae" + payload()[1:] + payload()[-4:], Reason.DUPLICATE_KEY),
    "labels out of order": (mapping((integer(6), wire.CLAIMS[6]), (integer(3), wire.CLAIMS[3])), Reason.NOT_DETERMINISTIC),
    "number not in its shortest form": (payload({275: b"\x18\x01"}), Reason.NOT_DETERMINISTIC),
    "float not in its shortest form": (location({4: double(20_000.0)}), Reason.NOT_DETERMINISTIC),
    "indefinite map": (b"\xbf" + payload()[1:] + b"\xff", Reason.NOT_DETERMINISTIC),
    "tag within": (payload({6: b"\xc1" + integer(NOW_S)}), Reason.FORBIDDEN_CBOR),
    "undefined": (payload({275: b"\xf7"}), Reason.FORBIDDEN_CBOR),
    "text not UTF-8": (payload({3: b"\x61\xff"}), Reason.MALFORMED_CBOR),
    "trailing byte in the payload": (payload() + b"\x00", Reason.TRAILING_BYTES),
    "payload empty": (b"", Reason.MALFORMED_CBOR),
    "payload not a map": (array(), Reason.MALFORMED_COSE),
    "nested too deeply": (payload({264: b"\x81" * 9 + b"\x00"}), Reason.TOO_DEEP),
    "JSON": (b'{"iat": 1}', Reason.TRAILING_BYTES),
    **{f"without claim {label}": (payload({label: None}), Reason.MISSING_CLAIM) for label in wire.CLAIMS},
}


@pytest.mark.parametrize("name", HOSTILE_CLAIMS)
def test_hostile_claims_are_refused_for_their_own_reason(key, verifier, name):
    body, expected = HOSTILE_CLAIMS[name]
    verdict = verifier.judge(token(key, body))
    if name == "JSON":  # '{' starts a text string of 27 bytes, longer than what follows
        expected = Reason.MALFORMED_CBOR
    assert reason(verdict) is expected, verdict
    assert isinstance(verifier.judge(token(key, payload())), Accepted), "the nonce must have survived"


HOSTILE_WRAPPINGS: dict[str, tuple[Callable[[Ed25519PrivateKey], bytes], Reason]] = {
    "nothing": (lambda key: b"", Reason.WRONG_PREFIX),
    "no tags": (lambda key: token(key, payload(), prefix=b""), Reason.WRONG_PREFIX),
    "tag 18 alone": (lambda key: token(key, payload(), prefix=b"\xd2"), Reason.WRONG_PREFIX),
    "tag 61 twice": (lambda key: token(key, payload(), prefix=b"\xd8\x3d\xd8\x3d\xd2"), Reason.WRONG_PREFIX),
    "COSE_Mac0": (lambda key: token(key, payload(), prefix=b"\xd8\x3d\xd1"), Reason.WRONG_PREFIX),
    "COSE_Sign": (lambda key: token(key, payload(), prefix=b"\xd8\x3d\xd8\x62"), Reason.WRONG_PREFIX),
    "a JWT": (lambda key: b"eyJhbGciOiJFZERTQSJ9.e30.c2ln", Reason.WRONG_PREFIX),
    "trailing byte": (lambda key: token(key, payload()) + b"\x00", Reason.TRAILING_BYTES),
    "truncated": (lambda key: token(key, payload())[:-1], Reason.MALFORMED_CBOR),
    "over size": (lambda key: token(key, payload({259: octets(bytes(4096))})), Reason.OVER_SIZE),
    "array of three": (lambda key: wire.PREFIX + array(octets(b""), b"\xa0", octets(b"")), Reason.MALFORMED_COSE),
    "no algorithm": (lambda key: token(key, payload(), protected=wire.header(key, alg=None)), Reason.WRONG_ALGORITHM),
    "deprecated -8": (
        lambda key: token(key, payload(), protected=wire.header(key, alg=integer(-8))),
        Reason.WRONG_ALGORITHM,
    ),
    "ESP256": (lambda key: token(key, payload(), protected=wire.header(key, alg=integer(-9))), Reason.WRONG_ALGORITHM),
    "algorithm true": (lambda key: token(key, payload(), protected=wire.header(key, alg=wire.TRUE)), Reason.WRONG_ALGORITHM),
    "another type": (lambda key: token(key, payload(), protected=wire.header(key, typ=61)), Reason.WRONG_TYPE),
    "unprotected kid": (
        lambda key: token(key, payload(), unprotected=mapping((integer(5), octets(b"x")))),
        Reason.UNKNOWN_LABEL,
    ),
    "unknown header": (
        lambda key: token(key, payload(), protected=b"\xa4" + wire.header(key)[1:] + integer(99) + integer(0)),
        Reason.UNKNOWN_LABEL,
    ),
    "kid too short": (
        lambda key: token(
            key,
            payload(),
            protected=mapping((integer(1), integer(-19)), (integer(4), octets(b"x")), (integer(16), integer(263))),
        ),
        Reason.MALFORMED_COSE,
    ),
}


@pytest.mark.parametrize("name", HOSTILE_WRAPPINGS)
def test_hostile_wrappings_are_refused_for_their_own_reason(key, verifier, name):
    make, expected = HOSTILE_WRAPPINGS[name]
    assert reason(verifier.judge(make(key))) is expected


def test_an_endorsement_is_no_evidence(key, verifier):
    assert reason(verifier.judge(endorse(UEID, key.public_key(), verifier.vendor))) is Reason.WRONG_TYPE


@settings(max_examples=1500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_mutant_of_a_good_token_is_accepted_and_none_escapes_as_an_error(data, key):
    """Flip, drop, insert or repeat bytes anywhere: Ed25519 over every byte leaves no second spelling."""
    good = token(key, payload())
    at = data.draw(st.integers(0, len(good) - 1))
    length = data.draw(st.integers(0, 4))
    mutant = good[:at] + data.draw(st.binary(max_size=6)) + good[at + length :]
    if mutant != good:
        assert isinstance(Verifier(key).judge(mutant), Refusal)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_escape_as_an_error(body):
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    assert isinstance(Verifier(key).judge(body), Refusal)
    assert isinstance(Verifier(key).judge(token(key, body)), Refusal)


def test_each_reason_has_one_refusal_and_each_refusal_a_reason():
    leaves = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.Refused) and kind not in (errors.Refused, MalformedBytes)
    ]
    assert sorted(kind.reason for kind in leaves) == sorted(Reason)
