"""What a token may say: which claims must be there, which may, and both sides of each limit."""

import dataclasses

import pytest

from attestation import Claims, InvalidArgument, Location, Refused, SigningKey, Verdict, claims, issue
from attestation.errors import BadClaim, MissingClaim, TooDeep, WrongProfile

from . import wire
from .conftest import Scene
from .hostile import DIGEST, LOCATION_LIMITS, claim_limits
from .wire import (
    CLAIMS,
    LOCATION,
    NONCE,
    NOW_S,
    PROFILES,
    SHA_256,
    TRUE,
    UEID,
    array,
    half,
    in_order,
    integer,
    mapping,
    octets,
    shortest,
    text,
)

OPTIONAL = (7, 8, 266, 273, -75001, -75002)
IN_EVERY_PROFILE = pytest.mark.parametrize("algorithm", PROFILES, ids=wire.ALGORITHM_NAMES.get)

ALLOWED = [
    pytest.param(algorithm, field, wire.payload({label: value}, algorithm), expected, id=f"{name_}-{field}-{name}")
    for algorithm, name_ in wire.ALGORITHM_NAMES.items()
    for label, (field, allowed, _) in claim_limits(algorithm).items()
    for name, (value, expected) in allowed.items()
]
ALLOWED_IN_LOCATION = [
    pytest.param(field, wire.location({label: value}), expected, id=f"{field}-{name}")
    for label, (field, allowed, _) in LOCATION_LIMITS.items()
    for name, (value, expected) in allowed.items()
]


def exactly(value: object) -> tuple[type, str]:
    """For comparing values that equal each other to Python: 1, 1.0 and true, or 0.0 and -0.0."""
    return type(value), repr(value)


def everything(key: wire.PrivateKey) -> dict[int, bytes]:
    """Every optional claim and member there is, for a key of the timed phase."""
    place = {**LOCATION, 3: shortest(-3.1), 5: half(8.0), 9: integer(4)}
    return {
        7: octets(bytes(16)),
        8: wire.confirmation(key),
        10: array(octets(NONCE), octets(DIGEST)),
        260: array(text("A01"), integer(1)),
        264: in_order(place),
        266: mapping(*((text(f"gpu{n}"), array(integer(SHA_256), octets(bytes([n]) * 32))) for n in range(8))),
        273: array(array(integer(10_571), octets(b"evidence")), array(integer(0), octets(b""))),
        -75001: integer(1),
        -75002: octets(DIGEST),
    }


def with_everything(session_key: bytes) -> Claims:
    """The same as a record."""
    return Claims(
        audience=wire.AUDIENCE,
        issued_at_s=NOW_S,
        nonces=(NONCE, DIGEST),
        ueid=UEID,
        oemid=5703,
        hwmodel=b"GPU",
        hwversion=("A01", 1),
        oemboot=True,
        dbgstat=3,
        location=Location(
            latitude_deg=1.2897,
            longitude_deg=103.8501,
            accuracy_m=20_000.0,
            timestamp_s=NOW_S,
            altitude_m=-3.1,
            altitude_accuracy_m=8.0,
            age_s=4,
        ),
        bootcount=1,
        intuse=1,
        token_id=bytes(16),
        session_key=session_key,
        evidence_digests=tuple((f"gpu{n}", bytes([n]) * 32) for n in range(8)),
        measurements=((10_571, b"evidence"), (0, b"")),
        position_source=1,
        transcript_sha256=DIGEST,
    )


@pytest.mark.parametrize(("algorithm", "field", "payload", "expected"), ALLOWED)
def test_a_value_at_its_limit_arrives_as_it_was_sent(algorithm, field, payload, expected):
    assert exactly(getattr(claims.decode(payload, algorithm), field)) == exactly(expected)


@pytest.mark.parametrize(("field", "payload", "expected"), ALLOWED_IN_LOCATION)
def test_a_value_of_the_location_at_its_limit_arrives_as_it_was_sent(field, payload, expected):
    """Numbers may be integers or floats on the wire, each in its shortest form; degrees and metres become floats."""
    place = claims.decode(payload, wire.ED25519).location
    assert exactly(getattr(place, field)) == exactly(expected)


@IN_EVERY_PROFILE
@pytest.mark.parametrize("label", [*CLAIMS, *OPTIONAL])
def test_a_refused_value_is_named_with_its_claim(label, algorithm):
    """A reason code counts; whoever is to mend the token needs to know where."""
    limits = {264: (None, None, {}), 265: (None, None, {}), **claim_limits(algorithm)}
    for value, reason in limits[label][2].values():
        with pytest.raises(Refused, match=rf"^{limits[label][0]} \({label}\): ") as caught:
            claims.decode(wire.payload({label: value}, algorithm), algorithm)
        assert caught.value.reason == reason


def test_a_refused_value_within_the_location_is_named_with_both():
    with pytest.raises(BadClaim, match=r"^location \(264\): latitude_deg \(1\): must be a number$"):
        claims.decode(wire.location({1: TRUE}), wire.ED25519)


@IN_EVERY_PROFILE
def test_twelve_claims_are_required(algorithm):
    for label in wire.REQUIRED:
        with pytest.raises(WrongProfile if label == 265 else MissingClaim):
            claims.decode(wire.payload({label: None}, algorithm), algorithm)


@IN_EVERY_PROFILE
@pytest.mark.parametrize("label", OPTIONAL)
def test_the_others_may_be_absent_one_by_one(label, algorithm):
    body = wire.payload({**everything(wire.private_key(algorithm, 50)), label: None}, algorithm)
    field = claim_limits(algorithm)[label].field
    empty = () if field in ("evidence_digests", "measurements") else None
    assert getattr(claims.decode(body, algorithm), field) == empty


@pytest.mark.parametrize("label", [3, 5, 9], ids=["altitude", "altitude accuracy", "age"])
def test_three_members_of_the_location_may_be_absent_one_by_one(label):
    body = wire.payload({264: in_order({**LOCATION, 3: integer(0), 5: integer(0), 9: integer(0), label: None})})
    assert getattr(claims.decode(body, wire.ED25519).location, LOCATION_LIMITS[label].field) is None


@IN_EVERY_PROFILE
def test_optional_claims_arrive_as_they_were_sent(algorithm):
    key = wire.private_key(algorithm, 50)
    body = wire.payload(everything(key), algorithm)
    assert claims.decode(body, algorithm) == with_everything(wire.cose_key(key))


@IN_EVERY_PROFILE
def test_a_verifier_takes_every_optional_claim(algorithm):
    """With one nonce: an answer to several landmarks at once belongs to a timed session."""
    scene = Scene(algorithm)
    body = scene.payload({**everything(scene.stranger), 10: octets(NONCE)})
    appraisal = scene.judge(scene.token(body))
    assert appraisal.verdict is Verdict.UNCONFIRMED, appraisal.detail
    sent = dataclasses.replace(with_everything(wire.cose_key(scene.stranger)), nonces=(NONCE,))
    assert appraisal.claims == sent


@IN_EVERY_PROFILE
def test_a_token_with_every_claim_is_issued_as_it_is_built_by_hand(algorithm):
    key, session_key = wire.private_key(algorithm, 1), wire.private_key(algorithm, 50)
    by_hand = wire.token(key, wire.payload(everything(session_key), algorithm))
    assert issue(with_everything(wire.cose_key(session_key)), SigningKey(key)) == by_hand


@IN_EVERY_PROFILE
def test_no_token_is_issued_that_nobody_would_read(algorithm):
    """4096 bytes are the most; a chip learns at home that its measurements are too long."""
    key = SigningKey(wire.private_key(algorithm, 1))
    record = claims.decode(wire.payload(algorithm=algorithm), algorithm)

    def measured(length: int) -> bytes:
        return issue(dataclasses.replace(record, measurements=((0, bytes(length)),)), key)

    longest = 1000 + 4096 - len(measured(1000))
    assert len(measured(longest)) == 4096
    with pytest.raises(InvalidArgument, match="at most 4096"):
        measured(longest + 1)


@pytest.mark.parametrize("count", [1, 2, 71, 72])
def test_one_signature_answers_for_up_to_72_landmarks_in_the_order_asked(count):
    nonces = tuple(bytes([255 - number]) * 32 for number in range(count))
    value = octets(nonces[0]) if count == 1 else array(*map(octets, nonces))
    decoded = claims.decode(wire.payload({10: value}), wire.ED25519)
    assert decoded.nonces == nonces
    assert wire.in_order({10: value}) == wire.mapping((integer(10), wire_of_nonces(decoded)))


def wire_of_nonces(record: Claims) -> bytes:
    """The claim as it is written again."""
    written = claims.encode(record, wire.ED25519)[10]
    return array(*map(octets, written)) if isinstance(written, list) else octets(written)


def test_a_session_key_is_of_the_profiles_own_algorithm():
    """One algorithm to a profile: what is accepted in one is refused in its siblings."""
    for algorithm in PROFILES:
        for other in PROFILES:
            body = wire.payload({8: wire.confirmation(wire.private_key(other, 50))}, algorithm)
            if other == algorithm:
                assert claims.decode(body, algorithm).session_key == wire.cose_key(wire.private_key(other, 50))
            else:
                with pytest.raises(Refused) as caught:
                    claims.decode(body, algorithm)
                assert caught.value.reason == "wrong_key_type"


def test_claims_of_one_profile_are_not_those_of_a_sibling():
    for algorithm in PROFILES:
        for other in PROFILES:
            if other == algorithm:
                assert claims.decode(wire.payload(algorithm=other), algorithm).oemid == 5703
            else:
                with pytest.raises(WrongProfile):
                    claims.decode(wire.payload(algorithm=other), algorithm)


@pytest.mark.parametrize(
    ("levels", "put"),
    [
        (7, lambda item: wire.payload({3: item})),
        (6, lambda item: wire.location({1: item})),
    ],
    ids=["claims", "location"],
)
def test_claims_are_nested_eight_levels_deep_and_no_deeper(levels, put):
    """Counted from the map of claims; what is too deep is refused before anybody asks what it should have been."""
    with pytest.raises(BadClaim):
        claims.decode(put(b"\x81" * levels + b"\x00"), wire.ED25519)
    with pytest.raises(TooDeep):
        claims.decode(put(b"\x81" * (levels + 1) + b"\x00"), wire.ED25519)


def test_a_position_may_be_fixed_in_the_second_of_issue_and_at_any_time_before():
    for fixed_s in (0, NOW_S - 1, NOW_S):
        assert claims.decode(wire.location({8: integer(fixed_s)}), wire.ED25519).location.timestamp_s == fixed_s
    with pytest.raises(Refused) as caught:
        claims.decode(wire.location({8: integer(NOW_S + 1)}), wire.ED25519)
    assert caught.value.reason == "location_after_issue"


@pytest.mark.parametrize(
    ("spelling", "degrees"),
    [(integer(45), 45.0), (half(45.5), 45.5), (shortest(45.1), 45.1), (shortest(2.0**-20), 2.0**-20), (half(-0.0), -0.0)],
    ids=["integer", "16 bits", "64 bits", "subnormal", "minus zero"],
)
def test_degrees_come_in_the_shortest_form_of_their_kind(spelling, degrees):
    place = claims.decode(wire.location({1: spelling}), wire.ED25519).location
    assert exactly(place.latitude_deg) == exactly(degrees)


def test_a_record_that_was_read_is_like_one_that_was_made():
    """It is filled without its constructor, and must not differ for that."""
    read = claims.decode(wire.payload(everything(wire.private_key(wire.ED25519, 50))), wire.ED25519)
    made = with_everything(wire.cose_key(wire.private_key(wire.ED25519, 50)))
    assert (read, hash(read), repr(read)) == (made, hash(made), repr(made))
    assert vars(read) == vars(made)
    assert dataclasses.replace(read, dbgstat=4) == dataclasses.replace(made, dbgstat=4)
    assert dataclasses.asdict(claims.decode(wire.payload(), wire.ED25519))["token_id"] is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.dbgstat = 0


def test_a_claim_is_found_by_its_label_and_by_nothing_that_equals_it():
    """To Python, true and 1.0 are 1."""
    closed = claims.claim_set(wire.ED25519)
    place = closed.claim(264).members
    assert (closed.claim(275).field, place.claim(1).field) == ("intuse", "latitude_deg")
    for alias in (True, 1.0, b"\x01", "1", None, 6, 7):
        assert place.claim(alias) is None
