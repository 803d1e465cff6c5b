import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation import InvalidArgument, MalformedBytes, Reason
from attestation.cbor import dumps, loads

KEYS = st.integers(-(2**64), 2**64 - 1) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.binary(max_size=9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def same(one: object, other: object) -> bool:
    """Equality that tells 1 from True and from 1.0, and lets NaN equal itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


@given(VALUES)
def test_what_is_written_reads_back(value):
    try:
        data = dumps(value)
    except InvalidArgument:  # nested too deeply
        return
    assert same(loads(data), value)


@given(st.binary(max_size=40))
def test_any_bytes_are_refused_by_name_or_are_the_only_spelling_of_their_value(data):
    try:
        value = loads(data)
    except MalformedBytes:
        return
    assert dumps(value) == data


def test_every_ill_formed_vector_is_refused(vectors):
    """122 ill-formed inputs of QCBOR."""
    cases = vectors("cbor/qcbor_not_well_formed.json")
    assert len(cases) == 122
    for case in cases:
        with pytest.raises(MalformedBytes):
            loads(bytes.fromhex(case["hex"]))


def only_plain(item: str) -> bool:
    """Whether an RFC 8949 example uses none of what the profile bans: tags, undefined, simple values, long floats of NaN."""
    first = bytes.fromhex(item)[0]
    return first >> 5 != 6 and item not in ("f7", "f0", "f8ff", "f818")


def test_the_examples_of_rfc_8949_are_accepted_exactly_if_deterministic(vectors):
    """Accepted if and only if the vectors call the example's encoding its round trip and it needs no banned feature."""
    cases = vectors("cbor/rfc8949_appendix_a.json")
    assert len(cases) == 82
    accepted = 0
    for case in cases:
        data = bytes.fromhex(case["hex"])
        try:
            value = loads(data)
        except MalformedBytes:
            assert not (case["roundtrip"] and only_plain(case["hex"])), case
            continue
        accepted += 1
        assert case["roundtrip"], case
        if "decoded" in case:
            assert value == case["decoded"]
    assert accepted >= 50


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("", Reason.MALFORMED_CBOR),
        ("1817", Reason.NOT_DETERMINISTIC),  # 23 in two bytes
        ("190018", Reason.NOT_DETERMINISTIC),
        ("fb3ff0000000000000", Reason.NOT_DETERMINISTIC),  # 1.0 in eight bytes
        ("f97e01", Reason.NOT_DETERMINISTIC),  # NaN with another payload
        ("5f4101ff", Reason.NOT_DETERMINISTIC),  # indefinite length
        ("9fff", Reason.NOT_DETERMINISTIC),
        ("bfff", Reason.NOT_DETERMINISTIC),
        ("a202000100", Reason.NOT_DETERMINISTIC),  # keys out of order
        ("a201000100", Reason.DUPLICATE_KEY),
        ("a1f500", Reason.FORBIDDEN_CBOR),  # True would alias 1
        ("a1f93c0000", Reason.FORBIDDEN_CBOR),  # 1.0 too
        ("a1410100", Reason.FORBIDDEN_CBOR),
        ("c11a514b67b0", Reason.FORBIDDEN_CBOR),  # a tag
        ("c249010000000000000000", Reason.FORBIDDEN_CBOR),  # a bignum
        ("f7", Reason.FORBIDDEN_CBOR),
        ("f0", Reason.FORBIDDEN_CBOR),
        ("61ff", Reason.MALFORMED_CBOR),  # not UTF-8
        ("0000", Reason.TRAILING_BYTES),
        ("5b7fffffffffffffff", Reason.MALFORMED_CBOR),  # a length bomb
        ("9b00ffffffffffffff", Reason.MALFORMED_CBOR),
        ("81" * 9 + "00", Reason.TOO_DEEP),
        ("81" * 5000, Reason.TOO_DEEP),
    ],
)
def test_each_kind_of_bad_spelling_has_its_name(spelling, reason):
    with pytest.raises(MalformedBytes) as refusal:
        loads(bytes.fromhex(spelling))
    assert refusal.value.reason is reason


def test_map_keys_are_ordered_by_their_bytes():
    """RFC 8949 section 4.2.1: 10, 100, -1, "z", "aa"; cbor2's canonical mode would put -1 and "z" before 100."""
    value = {"aa": 0, "z": 0, -1: 0, 100: 0, 10: 0}
    assert dumps(value).hex() == "a5" + "0a00" + "186400" + "2000" + "617a00" + "62616100"
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, {1.5: 0}, {None: 0}, object(), "\ud800", (1,)])
def test_a_value_without_an_encoding_is_the_callers_error(value):
    with pytest.raises(InvalidArgument):
        dumps(value)
