import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation.cbor import MAX_DEPTH, byte_string_head, dumps, loads
from attestation.errors import (
    BadKeyType,
    BadUtf8,
    Bignum,
    DuplicateKey,
    IllFormed,
    IndefiniteLength,
    InnerTag,
    InvalidArgument,
    KeysOutOfOrder,
    LengthBomb,
    MalformedBytes,
    NotShortest,
    SimpleValue,
    TooDeep,
    TrailingBytes,
    Truncated,
    Undefined,
)

from .wire import array, head, integer, mapping, named, octets, text

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


@given(VALUES, st.data())
def test_a_change_of_one_byte_is_refused_by_name_or_changes_the_value(value, data):
    """Random bytes seldom get past the first item; a good encoding with a fault in it does."""
    try:
        good = dumps(value)
    except InvalidArgument:
        return
    at = data.draw(st.integers(0, len(good) - 1))
    spoilt = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    try:
        changed = loads(spoilt)
    except MalformedBytes:
        return
    assert dumps(changed) == spoilt
    assert not same(changed, value)


def test_every_item_of_up_to_two_bytes_is_refused_by_name_or_is_the_only_spelling_of_its_value():
    """All 65,792 of them; 0 to 255, -1 to -256, strings of a byte, containers of a scalar and the constants remain."""
    accepted = set()
    for size in (1, 2):
        for data in map(bytes, itertools.product(range(256), repeat=size)):
            try:
                value = loads(data)
            except MalformedBytes:
                continue
            assert dumps(value) == data
            accepted.add(data)
    scalars = [*range(24), *range(0x20, 0x38), 0x40, 0x60, 0x80, 0xA0, 0xF4, 0xF5, 0xF6]
    expected = {bytes([initial]) for initial in scalars}
    expected |= {bytes([initial, number]) for initial in (0x18, 0x38) for number in range(24, 256)}
    expected |= {bytes([0x41, byte]) for byte in range(256)}
    expected |= {bytes([0x61, byte]) for byte in range(128)}
    expected |= {bytes([0x81, initial]) for initial in scalars}
    assert accepted == expected


@pytest.mark.parametrize(
    ("spelling", "refusal"),
    [
        # RFC 8949 appendix F: too little, too much, reserved.
        ("", Truncated),
        ("18", Truncated),
        ("19ff", Truncated),
        ("1900", Truncated),
        ("1affffff", Truncated),
        ("f97e", Truncated),
        ("fb3ff000000000", Truncated),
        ("f8", Truncated),
        ("42ff", Truncated),
        ("62ff", Truncated),
        ("8200", Truncated),
        ("a1", Truncated),
        ("a101", Truncated),
        ("0000", TrailingBytes),
        ("80f6", TrailingBytes),
        ("1c", IllFormed),
        ("3d", IllFormed),
        ("5e", IllFormed),
        ("1f", IllFormed),  # an integer of indefinite length
        ("3f", IllFormed),
        ("df00", IllFormed),
        ("fc", IllFormed),
        ("ff", IllFormed),  # a break with nothing to break
        ("81ff", IllFormed),
        ("f800", IllFormed),
        ("f814", IllFormed),  # false in two bytes
        ("f81f", IllFormed),
        # Section 5.3.1.
        ("61ff", BadUtf8),
        ("62c080", BadUtf8),  # U+0000 in two bytes
        ("63eda080", BadUtf8),  # a surrogate
        ("a161ff00", BadUtf8),
        # Section 4.2.1: one spelling.
        ("5f4101ff", IndefiniteLength),
        ("7f6101ff", IndefiniteLength),
        ("9fff", IndefiniteLength),
        ("bfff", IndefiniteLength),
        ("8181bf0102ff", IndefiniteLength),
        ("1817", NotShortest),  # 23 in two bytes
        ("190018", NotShortest),
        ("1900ff", NotShortest),
        ("1a0000ffff", NotShortest),
        ("1b00000000ffffffff", NotShortest),
        ("3817", NotShortest),
        ("580100", NotShortest),
        ("780161", NotShortest),
        ("980100", NotShortest),
        ("b8010000", NotShortest),
        ("d81200", NotShortest),  # tag 18
        ("fb3ff0000000000000", NotShortest),  # 1.0
        ("fa3f800000", NotShortest),
        ("fb3ff0000020000000", NotShortest),  # 1 + 2**-23, exact in single precision
        ("f97e01", NotShortest),  # NaN with another payload
        ("f9fe00", NotShortest),
        ("fa7fc00000", NotShortest),
        ("fb7ff8000000000000", NotShortest),
        ("fb7ff8000000000001", NotShortest),
        ("fa7f800000", NotShortest),  # infinity
        ("fb8000000000000000", NotShortest),  # -0.0
        ("a202000100", KeysOutOfOrder),
        ("a220000000", KeysOutOfOrder),  # -1 before 0
        ("a2617a0000f6", KeysOutOfOrder),  # text before an integer
        ("a26261610061" + "7a00", KeysOutOfOrder),  # "aa" before "z"
        # Section 5.6.
        ("a201000100", DuplicateKey),
        ("a3010002000100", DuplicateKey),
        ("a2616100616100", DuplicateKey),
        ("81a1" + "01" + "a220002000", DuplicateKey),
        # Keys: in Python, true and 1.0 would pass for 1.
        ("a1f500", BadKeyType),
        ("a1f400", BadKeyType),
        ("a1f600", BadKeyType),
        ("a1f93c0000", BadKeyType),
        ("a1410100", BadKeyType),
        ("a18000", BadKeyType),
        ("a1810100", BadKeyType),
        ("a1a000", BadKeyType),
        ("a20100f500", BadKeyType),  # 1, true
        # Features without a use.
        ("c11a514b67b0", InnerTag),
        ("81c000", InnerTag),
        ("a1c10000", InnerTag),  # as a key
        ("d818410a", InnerTag),
        ("d81c80", InnerTag),  # shared reference, may build cycles
        ("d823617b", InnerTag),  # regular expression
        ("d9d9f700", InnerTag),  # self-described CBOR
        ("c249010000000000000000", Bignum),
        ("c34101", Bignum),
        ("f7", Undefined),
        ("a101f7", Undefined),
        ("e0", SimpleValue),
        ("f3", SimpleValue),
        ("f820", SimpleValue),
        ("f8ff", SimpleValue),
        ("8300f8ff00", SimpleValue),
        ("81" * 9 + "00", TooDeep),
        ("a100" * 9 + "00", TooDeep),
        ("81" * 5000, TooDeep),
    ],
)
def test_each_kind_of_bad_spelling_has_its_name(spelling, refusal):
    with pytest.raises(MalformedBytes) as caught:
        loads(bytes.fromhex(spelling))
    assert type(caught.value) is refusal


@pytest.mark.parametrize("major", [2, 3, 4, 5], ids=["bytes", "text", "array", "map"])
@pytest.mark.parametrize(
    ("length", "refusal"), [(2**16, Truncated), (2**16 + 1, LengthBomb), (2**32, LengthBomb), (2**64 - 1, LengthBomb)]
)
def test_a_length_that_no_token_has_is_told_from_one_that_was_cut_short(major, length, refusal):
    """And nothing is built before the length is found to be false: 2**64 - 1 items would not fit."""
    for data in (
        head(major, length),
        array(head(major, length) + bytes(10)),
        array(octets(bytes(2**17)), head(major, length)),  # what came before does not count
    ):
        with pytest.raises(MalformedBytes) as caught:
            loads(data)
        assert type(caught.value) is refusal


@pytest.mark.parametrize("around", [lambda value: [value], lambda value: {"key": value}], ids=["arrays", "maps"])
def test_containers_may_nest_as_deeply_as_the_caller_allows_and_no_deeper(around):
    nested: object = 0
    for _ in range(MAX_DEPTH):
        nested = around(nested)
    data = dumps(nested)
    assert loads(data) == nested
    assert loads(data, max_depth=MAX_DEPTH) == nested
    with pytest.raises(TooDeep):
        loads(data, max_depth=MAX_DEPTH - 1)
    with pytest.raises(TooDeep):
        loads(array(data))
    with pytest.raises(InvalidArgument):
        dumps(around(nested))
    assert loads(b"\x00", max_depth=0) == 0


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        # Where the length of an argument grows (RFC 8949 section 3).
        *(
            (number, integer(number))
            for bits in (8, 16, 32)
            for number in (2**bits - 1, 2**bits, -(2**bits), -(2**bits) - 1)
        ),
        *((number, integer(number)) for number in (0, 23, 24, -1, -24, -25, 2**64 - 1, -(2**64))),
        *((b"x" * size, octets(b"x" * size)) for size in (0, 23, 24, 255, 256, 65_536)),
        *(("x" * size, text("x" * size)) for size in (0, 23, 24, 255, 256)),
        *(([None] * size, array(*[b"\xf6"] * size)) for size in (0, 23, 24, 255, 256)),
        (dict.fromkeys((2**64 - 1, -(2**64))), mapping((integer(2**64 - 1), b"\xf6"), (integer(-(2**64)), b"\xf6"))),
        (dict.fromkeys(range(30)), mapping(*((integer(number), b"\xf6") for number in range(30)))),
        # IEEE 754: the largest and least of each precision, and what just exceeds it.
        (65_504.0, bytes.fromhex("f97bff")),
        (65_505.0, bytes.fromhex("fa477fe100")),
        (65_520.0, bytes.fromhex("fa477ff000")),
        (2.0**-24, bytes.fromhex("f90001")),
        (2.0**-25, bytes.fromhex("fa33000000")),
        (2.0**-149, bytes.fromhex("fa00000001")),
        (2.0**-150, bytes.fromhex("fb3690000000000000")),
        (2.0**127 * (2 - 2.0**-23), bytes.fromhex("fa7f7fffff")),
        (2.0**128, bytes.fromhex("fb47f0000000000000")),
        (1 + 2.0**-24, bytes.fromhex("fb3ff0000010000000")),
        (5e-324, bytes.fromhex("fb0000000000000001")),
        (0.1, bytes.fromhex("fb3fb999999999999a")),
        (-0.0, bytes.fromhex("f98000")),
        (math.inf, bytes.fromhex("f97c00")),
        (-math.inf, bytes.fromhex("f9fc00")),
        (math.nan, bytes.fromhex("f97e00")),
    ],
    ids=named,
)
def test_the_shortest_encoding_is_written_and_read(value, encoding):
    assert dumps(value) == encoding
    assert same(loads(encoding), value)


def test_map_keys_are_ordered_by_their_bytes():
    """RFC 8949 section 4.2.1: 10, 100, -1, "z", "aa"; cbor2's canonical mode would put -1 and "z" before 100."""
    value = {"aa": 0, "z": 0, -1: 0, 100: 0, 10: 0}
    assert dumps(value).hex() == "a5" + "0a00" + "186400" + "2000" + "617a00" + "62616100"
    assert list(loads(dumps(value))) == [10, 100, -1, "z", "aa"]


class Label(int):
    pass


CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "value",
    [
        2**64,
        -(2**64) - 1,
        "\ud800",
        {"\ud800": 0},
        {1.5: 0},
        {None: 0},
        {True: 0},
        {b"x": 0},
        {2**64: 0},
        {-(2**64) - 1: 0},
        object(),
        (1,),
        CYCLE,
        Label(1),
        {Label(1): 0},
        bytearray(b"x"),
        {1: [object()]},
    ],
    ids=named,
)
def test_a_value_without_an_encoding_is_the_callers_error(value):
    with pytest.raises(InvalidArgument):
        dumps(value)


@pytest.mark.parametrize("data", [None, "00", bytearray(b"\x00"), memoryview(b"\x00"), [0]], ids=named)
def test_only_bytes_are_read(data):
    with pytest.raises(InvalidArgument):
        loads(data)


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_000_000])
def test_the_head_of_a_byte_string_is_what_precedes_it(size):
    assert byte_string_head(size) == dumps(bytes(size))[: -size or None] == head(2, size)


@pytest.mark.parametrize("max_depth", [-1, 65])
def test_a_depth_that_makes_no_sense_or_would_exhaust_the_stack_is_the_callers_error(max_depth):
    with pytest.raises(InvalidArgument):
        loads(b"\x00", max_depth=max_depth)
