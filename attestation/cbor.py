"""Deterministic CBOR, and nothing else.

A signed token must have one meaning and one spelling. This module writes and reads the core deterministic encoding of
RFC 8949 section 4.2.1, restricted to what attestation tokens need: integers of 64 bits, byte and text strings, arrays,
maps with integer or text keys, `false`, `true`, `null` and floating-point numbers (NaN as f9 7e 00 only).

Reading is written out here, not left to a general library, because every other feature of CBOR (indefinite lengths,
tags that build bignums, regular expressions or cycles) would have to be found and switched off, and because each
refusal needs its own name. Writing uses cbor2, with maps put in order beforehand: its own canonical mode sorts by
length first, which differs from section 4.2.1 where short negative or text keys meet longer ones.
"""

import math
import struct
from typing import Any, NoReturn

import cbor2

from .errors import (
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
    NotShortest,
    SimpleValue,
    TooDeep,
    TrailingBytes,
    Truncated,
    Undefined,
)

MAX_DEPTH = 8
"""Levels of arrays and maps within one another; a lone scalar has depth 0."""

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_BIGNUMS = (2, 3)
_DEEPEST = 64
_LONGEST = 1 << 16  # bytes of a string or items of a container: more than any token has
_CONSTANTS = {20: False, 21: True, 22: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_BEYOND_SINGLE = (1 << 29) - 1  # last bits of a double's fraction, which no shorter form has (IEEE 754)
_UNDEFINED, _BREAK, _INDEFINITE = 23, 31, 31
# Additional information -> (bytes of argument, the least value that needs that many).
_ARGUMENTS = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


def dumps(value: object) -> bytes:
    """Encode a value deterministically.

    Args:
        value: int in -2**64..2**64-1, float, str, bytes, bool, None, or list or dict of these with int or str keys,
            at most `MAX_DEPTH` levels deep.

    Raises:
        InvalidArgument: the value is none of these; subclasses of the types do not count.
    """
    try:
        return cbor2.dumps(_in_order(value, MAX_DEPTH), encoders={float: _write_float})
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"not encodable as UTF-8: {error}") from error


def loads(data: bytes, *, max_depth: int = MAX_DEPTH) -> object:
    """Decode one deterministically encoded value that fills `data` to its last byte.

    Follows RFC 8949 appendix C, with every choice that section 4.2.1 leaves closed. For all accepted input
    `dumps(loads(data)) == data`.

    Raises:
        Truncated, TrailingBytes: too few bytes, or too many.
        InvalidArgument: not bytes at all, or a depth that would exhaust the stack.
        CborRefused: as one of its subclasses.
    """
    if not 0 <= max_depth <= _DEEPEST:
        raise InvalidArgument(f"max_depth must be from 0 to {_DEEPEST}, not {max_depth}")
    if not isinstance(data, bytes):
        raise InvalidArgument(f"bytes are due, not {type(data).__name__}")
    value, end = read_item(data, 0, max_depth)
    if end != len(data):
        raise TrailingBytes(f"{len(data) - end} bytes after the item")
    return value


def byte_string_head(length: int) -> bytes:
    """What precedes a byte string of this length, which must be below 2**32."""
    for size, code in ((1, 0x58), (2, 0x59)):
        if length < 24:
            return bytes((0x40 | length,))
        if length < 1 << 8 * size:
            return bytes((code,)) + length.to_bytes(size, "big")
    return b"\x5a" + length.to_bytes(4, "big")


def _in_order(value: object, depth: int) -> object:
    kind = type(value)
    if kind is str or kind is bytes or kind is bool or kind is float or value is None:
        return value
    if isinstance(value, int) and kind is int:
        if not -(1 << 64) <= value < 1 << 64:
            raise InvalidArgument("integer does not fit in 64 bits")
        return value
    if kind is not list and kind is not dict:
        raise InvalidArgument(f"no encoding for {kind.__name__}")
    if depth == 0:
        raise InvalidArgument("nested too deeply, or a container within itself")
    if isinstance(value, list):
        return [_in_order(item, depth - 1) for item in value]
    assert isinstance(value, dict)
    return {key: _in_order(value[key], depth - 1) for key in sorted(value, key=_rank)}


def _rank(key: object) -> tuple[int, int, bytes]:
    """Sort key that equals the bytewise order of encoded keys: unsigned, then negative, then text by length."""
    if isinstance(key, int) and type(key) is int and -(1 << 64) <= key < 1 << 64:
        return (_UINT, key, b"") if key >= 0 else (_NINT, ~key, b"")
    if isinstance(key, str) and type(key) is str:
        encoded = key.encode()
        return _TEXT, len(encoded), encoded
    raise InvalidArgument(f"map key must be a 64-bit int or str, not {type(key).__name__}")


def _write_float(encoder: cbor2.CBOREncoder, value: float) -> None:
    encoder.write(_shortest(value))


def _shortest(value: float) -> bytes:
    """The shortest of the three float encodings that keeps the value (RFC 8949 section 4.2.1)."""
    if math.isnan(value):
        return b"\xf9\x7e\x00"
    for initial, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return initial + packed
    return b"\xfb" + struct.pack(">d", value)


def read_item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The item that starts at an offset, and the offset after it; for readers that know what comes next.

    One function, ordered by how often each kind occurs in a token, since calls are what costs time here.

    Args:
        data: the bytes.
        at: offset of the item.
        depth: levels of arrays and maps that are still allowed; -1 marks a map key.

    Raises:
        MalformedBytes: as `loads`, but for TrailingBytes.
    """
    try:
        initial = data[at]
    except IndexError:
        raise Truncated("ends before an item") from None
    if initial < 24:
        return initial, at + 1
    major, argument = initial >> 5, initial & 31
    if major == _SIMPLE:
        return _read_simple(data, at, argument)
    at += 1
    if argument >= 24:
        if argument == 25 and at + 1 < len(data) and data[at]:  # most labels: two bytes that are needed
            argument = data[at] << 8 | data[at + 1]
            at += 2
        else:
            argument, at = _read_argument(data, at, major, argument)
    if major == _UINT:
        return argument, at
    if major == _BYTES:
        end = at + argument
        if end > len(data):
            _refuse_length(argument)
        return data[at:end], end
    if major == _TEXT:
        end = at + argument
        if end > len(data):
            _refuse_length(argument)
        try:
            return str(data[at:end], "utf-8"), end
        except UnicodeDecodeError as error:
            raise BadUtf8(f"text is not UTF-8: {error.reason}") from error
    if major == _NINT:
        return ~argument, at
    if major == _TAG:
        raise (Bignum if argument in _BIGNUMS else InnerTag)(f"tag {argument}")
    # Each item takes a byte at least: a false length is refused before anything is built.
    if argument > len(data) - at:
        _refuse_length(argument)
    if depth <= 0:
        raise TooDeep("containers are nested too deeply") if depth == 0 else BadKeyType("a map key is a container")
    if major == _ARRAY:
        items = []
        for _ in range(argument):
            item, at = read_item(data, at, depth - 1)
            items.append(item)
        return items, at
    entries: dict[int | str, object] = {}
    previous = b""
    for _ in range(argument):
        start = at
        key, at = read_item(data, start, -1)
        # `True` and `1.0` equal `1` as keys of a dict, so the type matters.
        if type(key) is not int and type(key) is not str:
            raise BadKeyType("a map key is neither integer nor text")
        encoded = data[start:at]
        if encoded <= previous:
            raise DuplicateKey(f"key {key!r} twice") if key in entries else KeysOutOfOrder(f"key {key!r}")
        previous = encoded
        entries[key], at = read_item(data, at, depth - 1)
    return entries, at


def _read_argument(data: bytes, at: int, major: int, information: int) -> tuple[int, int]:
    """The argument that follows an initial byte in one, two, four or eight more, and the offset after it."""
    if information not in _ARGUMENTS:
        if information == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
            raise IndefiniteLength("a string or container of indefinite length")
        raise IllFormed(f"reserved additional information {information}")
    size, least = _ARGUMENTS[information]
    end = at + size
    if end > len(data):
        raise Truncated("ends within an argument")
    argument = int.from_bytes(data[at:end], "big")
    if argument < least:
        raise NotShortest(f"{argument} is encoded in {size} bytes, more than it needs")
    return argument, end


def _read_simple(data: bytes, at: int, information: int) -> tuple[bool | float | None, int]:
    """Major type 7: constants and floating-point numbers (RFC 8949 section 3.3)."""
    if information in _CONSTANTS:
        return _CONSTANTS[information], at + 1
    if information in _FLOATS:
        form = _FLOATS[information]
        end = at + 1 + struct.calcsize(form)
        if end > len(data):
            raise Truncated("ends within a float")
        value: float = struct.unpack_from(form, data, at + 1)[0]
        if information == 27 and value == value and int.from_bytes(data[end - 4 : end], "big") & _BEYOND_SINGLE:
            return value, end
        if _shortest(value) != data[at:end]:
            raise NotShortest("a float is not in its shortest form")
        return value, end
    if information == 24 and at + 1 >= len(data):
        raise Truncated("ends within a simple value")
    number = data[at + 1] if information == 24 else information
    if information > 24 or (information == 24 and number < 32):
        raise IllFormed("a stray break code" if information == _BREAK else "ill-formed simple value")
    raise Undefined("undefined") if number == _UNDEFINED else SimpleValue(f"simple value {number}")


def _refuse_length(declared: int) -> NoReturn:
    if declared > _LONGEST:
        raise LengthBomb(f"declares a length of {declared}")
    raise Truncated(f"declares a length of {declared}, which is more than what follows")
