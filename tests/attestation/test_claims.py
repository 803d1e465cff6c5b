"""Both sides of each limit on a claim, and the closed sets of evidence and endorsements."""

import math

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attestation import (
    Accepted,
    DeviceKey,
    Endorsements,
    InvalidArgument,
    NonceLedger,
    Policy,
    Reason,
    Refusal,
    Refused,
    VendorKey,
    appraise,
    endorse,
)
from attestation.cbor import dumps

from .wire import (
    AUDIENCE,
    CLAIMS,
    FALSE,
    LOCATION,
    NONCE,
    NOW_S,
    PROFILE,
    TRUE,
    UEID,
    array,
    double,
    header,
    integer,
    mapping,
    octets,
    payload,
    text,
    token,
)

NAN = bytes.fromhex("f97e00")
RAW_KEY = bytes(range(32))


def in_order(members: dict[int, bytes | None]) -> bytes:
    """A map in the order of its encoded keys (RFC 8949 section 4.2.1)."""
    return mapping(*sorted((integer(label), value) for label, value in members.items() if value is not None))


def evidence(label: int, value: bytes | None) -> bytes:
    return in_order({**CLAIMS, label: value})


def evidence_at(label: int, value: bytes | None) -> bytes:
    return evidence(264, in_order({**LOCATION, label: value}))


def confirmation(changes: dict[int, bytes | None] | None = None) -> bytes:
    """RFC 8747 section 3.2 around a COSE_Key: kty OKP, crv Ed25519, x."""
    return in_order({1: in_order({1: integer(1), -1: integer(6), -2: octets(RAW_KEY), **(changes or {})})})


# Label: values still allowed, values no longer.
CLAIM_LIMITS = {
    7: ([octets(bytes(16))], [octets(bytes(15)), octets(bytes(17)), text("x" * 16)]),
    8: (
        [confirmation()],
        [
            octets(RAW_KEY),
            in_order({1: in_order({1: integer(1), -1: integer(6), -2: octets(RAW_KEY)}), 3: octets(b"kid")}),
            confirmation({3: integer(-19)}),
            confirmation({-4: octets(bytes(32))}),  # a private key
            confirmation({-1: None}),
            confirmation({1: integer(2)}),
            confirmation({1: TRUE}),
            confirmation({-1: integer(4)}),  # X25519
            confirmation({-1: bytes.fromhex("f94600")}),  # 6.0
            confirmation({-2: octets(RAW_KEY[1:])}),
        ],
    ),
    10: ([], [octets(NONCE + b"\x00"), text("x" * 32)]),
    258: (
        [integer(0), integer(2**32 - 1), octets(bytes(3)), octets(bytes(16))],
        [integer(2**32), integer(-1), TRUE, octets(bytes(4)), octets(b"")],
    ),
    259: ([octets(b"x"), octets(bytes(32))], [octets(bytes(33))]),
    260: (
        [array(text("1"), integer(1))],
        [array(), array(integer(1)), array(text("1"), TRUE), array(text("1"), integer(1), integer(1))],
    ),
    263: ([integer(2), integer(4)], [integer(5)]),
    267: ([integer(0), integer(2**64 - 1)], [TRUE]),
    275: ([integer(2)], [integer(0), TRUE]),
    -75001: ([integer(0), integer(3)], [integer(4), integer(-1), FALSE]),
    -75002: ([octets(bytes(32))], [octets(bytes(31)), octets(bytes(33))]),
}

LOCATION_LIMITS = {
    1: ([integer(-90), integer(90)], [integer(-91), double(math.nextafter(90, 91))]),
    2: ([integer(-180), integer(180)], [integer(181), double(math.nextafter(-180, -181)), TRUE, NAN]),
    3: ([integer(-12_000), integer(0)], [integer(-12_001), integer(100_000_001), NAN, TRUE]),
    4: ([double(0.1), integer(20_037_508)], [integer(20_037_509), integer(-1), TRUE, NAN]),
    5: ([integer(0)], [integer(-1), NAN, TRUE]),
    8: ([integer(0), integer(NOW_S)], [integer(-1), TRUE]),
    9: ([integer(0)], [integer(-1), bytes.fromhex("f93e00"), TRUE]),  # 1.5
}

CASES = [(evidence, label, *limits) for label, limits in CLAIM_LIMITS.items()]
CASES += [(evidence_at, label, *limits) for label, limits in LOCATION_LIMITS.items()]


def reason(verdict: object) -> Reason:
    assert isinstance(verdict, Refusal), verdict
    return verdict.reason


@pytest.mark.parametrize(("build", "label", "value"), [(b, n, v) for b, n, allowed, _ in CASES for v in allowed])
def test_a_value_at_its_limit_is_accepted(build, label, value, key, verifier):
    assert isinstance(verifier.judge(token(key, build(label, value))), Accepted)


@pytest.mark.parametrize(("build", "label", "value"), [(b, n, v) for b, n, _, banned in CASES for v in banned])
def test_a_value_beyond_its_limit_is_a_bad_claim(build, label, value, key, verifier):
    assert reason(verifier.judge(token(key, build(label, value)))) is Reason.BAD_CLAIM


@pytest.mark.parametrize("label", LOCATION)
def test_no_required_part_of_the_location_may_be_absent(label, key, verifier):
    assert reason(verifier.judge(token(key, evidence_at(label, None)))) is Reason.MISSING_CLAIM


def test_optional_claims_arrive_as_they_were_sent(key, verifier):
    place = in_order({**LOCATION, 3: double(-3.1), 5: integer(8), 9: integer(4)})
    extra = {7: octets(bytes(16)), 8: confirmation(), 264: place, -75001: integer(1), -75002: octets(RAW_KEY)}
    verdict = verifier.judge(token(key, in_order({**CLAIMS, **extra})))
    assert isinstance(verdict, Accepted), verdict
    claims, where = verdict.claims, verdict.claims.location
    assert (claims.token_id, claims.session_key) == (bytes(16), RAW_KEY)
    assert (claims.position_source, claims.transcript_sha256) == (1, RAW_KEY)
    assert (where.altitude_m, where.altitude_accuracy_m, where.age_s) == (-3.1, 8, 4)


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [(-5.5, Reason.FROM_THE_FUTURE), (-5, None), (300, None), (300.5, Reason.STALE)],
)
def test_evidence_is_good_from_5_s_before_to_300_s_after_its_time(late_s, expected, key, verifier):
    verifier.ledger = NonceLedger(lifetime_s=1000)
    verifier.ledger.issue(NONCE, UEID, NOW_S - 10)
    verdict = verifier.judge(token(key, payload()), now_s=NOW_S + late_s)
    assert (verdict.reason if isinstance(verdict, Refusal) else None) is expected


def test_a_verifier_may_be_stricter(key, verifier):
    known = {"endorsements": verifier.endorsements, "ledger": verifier.ledger, "boots": verifier.boots}
    strict = Policy(max_age_s=1)
    verdict = appraise(token(key, payload()), audience=AUDIENCE, now_s=NOW_S + 2, policy=strict, **known)
    assert reason(verdict) is Reason.STALE


def test_4096_bytes_are_read_and_no_more(key, verifier):
    good = token(key, payload())
    assert reason(verifier.judge(good.ljust(4096, b"\x00"))) is Reason.TRAILING_BYTES
    assert reason(verifier.judge(good.ljust(4097, b"\x00"))) is Reason.OVER_SIZE


def test_a_float_is_no_algorithm_and_no_type(key, verifier):
    """-19.0 and 263.0 equal -19 and 263 to Python, not to COSE."""
    as_alg = header(key, alg=bytes.fromhex("f9ccc0"))
    assert reason(verifier.judge(token(key, payload(), protected=as_alg))) is Reason.WRONG_ALGORITHM
    typ = integer(263)
    as_typ = header(key).removesuffix(typ) + bytes.fromhex("f95c1c")
    assert reason(verifier.judge(token(key, payload(), protected=as_typ))) is Reason.WRONG_TYPE


VENDOR = Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32)
ENDORSED = {
    8: confirmation(),
    256: octets(b"\x01" + bytes(16)),
    265: text("tag:example.org,2026:chip-endorsement#1-ed"),
}


def endorsement(changes: dict[int, bytes | None] | None = None, typ: int = 61) -> bytes:
    return token(VENDOR, in_order({**ENDORSED, **(changes or {})}), protected=header(VENDOR, typ=typ))


def test_an_endorsement_built_by_hand_is_what_endorse_makes():
    chip = DeviceKey.from_seed(bytes([4]) * 32)
    by_hand = endorsement({8: confirmation({-2: octets(chip.public_key.public_bytes_raw())})})
    assert endorse(b"\x01" + bytes(16), chip.public_key, VendorKey.from_seed(bytes([2]) * 32)) == by_hand
    assert Endorsements([VENDOR.public_key()]).enrol(by_hand) == b"\x01" + bytes(16)


@pytest.mark.parametrize(
    ("changes", "typ", "expected"),
    [
        ({8: None}, 61, Reason.MISSING_CLAIM),
        ({256: None}, 61, Reason.MISSING_CLAIM),
        ({265: None}, 61, Reason.MISSING_CLAIM),
        ({6: integer(NOW_S)}, 61, Reason.UNKNOWN_LABEL),
        ({265: octets(b"x")}, 61, Reason.BAD_CLAIM),
        ({256: octets(b"\x02" + bytes(16))}, 61, Reason.BAD_CLAIM),
        ({8: confirmation({-1: integer(4)})}, 61, Reason.BAD_CLAIM),
        ({265: text(PROFILE)}, 61, Reason.WRONG_PROFILE),
        ({}, 263, Reason.WRONG_TYPE),
    ],
)
def test_a_trusted_vendor_must_keep_to_the_form_of_an_endorsement(changes, typ, expected):
    register = Endorsements([VENDOR.public_key()])
    with pytest.raises(Refused) as caught:
        register.enrol(endorsement(changes, typ))
    assert caught.value.reason is expected
    assert len(register) == 0


@pytest.mark.parametrize("time_s", [math.nan, math.inf])
def test_a_challenge_needs_a_time(time_s):
    with pytest.raises(InvalidArgument):
        NonceLedger(lifetime_s=60).issue(NONCE, UEID, time_s)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed):
    with pytest.raises(InvalidArgument):
        DeviceKey.from_seed(seed)


def test_eight_levels_are_written_and_no_more():
    nested: list[object] = []
    for _ in range(7):
        nested = [nested]
    assert dumps(nested) == b"\x81" * 7 + b"\x80"
    endless: list[object] = []
    endless.append(endless)
    for value in ([nested], endless):
        with pytest.raises(InvalidArgument):
            dumps(value)
