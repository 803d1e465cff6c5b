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
from typing import NoReturn

import cbor2

from .errors import (
    DuplicateKey,
    ForbiddenCbor,
    InvalidArgument,
    MalformedCbor,
    NotDeterministic,
    TooDeep,
    TrailingBytes,
)

MAX_DEPTH = 8
"""Levels of arrays and maps within one another; a lone scalar has depth 0."""

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_KEYS = (_UINT, _NINT, _TEXT)
_CONSTANTS = {20: False, 21: True, 22: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
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
        MalformedBytes: as MalformedCbor, TrailingBytes, TooDeep, NotDeterministic, DuplicateKey or ForbiddenCbor.
    """
    value, end = _read(data, 0, max_depth)
    if end != len(data):
        raise TrailingBytes(f"{len(data) - end} bytes after the item")
    return value


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


def _read(data: bytes, at: int, depth: int) -> tuple[object, int]:
    """The item that starts at offset `at`, and the offset after it."""
    if at >= len(data):
        raise MalformedCbor("ends before an item")
    major, argument = data[at] >> 5, data[at] & 31
    if major == _SIMPLE:
        return _read_simple(data, at, argument)
    start = at + 1
    if argument > 23:
        if argument not in _ARGUMENTS:
            _refuse_argument(major, argument)
        size, least = _ARGUMENTS[argument]
        end = start + size
        if end > len(data):
            raise MalformedCbor("ends within an argument")
        argument, start = int.from_bytes(data[start:end], "big"), end
        if argument < least:
            raise NotDeterministic(f"{argument} is encoded in {size} bytes more than needed")
    if major == _UINT:
        return argument, start
    if major == _NINT:
        return ~argument, start
    if major in (_BYTES, _TEXT):
        end = start + argument
        if end > len(data):
            raise MalformedCbor(f"a string of {argument} bytes is longer than the input")
        if major == _BYTES:
            return data[start:end], end
        try:
            return data[start:end].decode(), end
        except UnicodeDecodeError as error:
            raise MalformedCbor(f"text is not UTF-8: {error.reason}") from error
    if major == _TAG:
        raise ForbiddenCbor(f"tag {argument}")
    # Each element takes a byte at least: a false length is refused before anything is built.
    if argument > len(data) - start:
        raise MalformedCbor(f"a container of {argument} items is longer than the input")
    if depth <= 0:
        raise TooDeep("containers are nested too deeply")
    if major == _ARRAY:
        return _read_array(data, start, argument, depth - 1)
    return _read_map(data, start, argument, depth - 1)


def _read_array(data: bytes, at: int, length: int, depth: int) -> tuple[list[object], int]:
    items = []
    for _ in range(length):
        item, at = _read(data, at, depth)
        items.append(item)
    return items, at


def _read_map(data: bytes, at: int, length: int, depth: int) -> tuple[dict[int | str, object], int]:
    entries: dict[int | str, object] = {}
    previous = b""
    for _ in range(length):
        start = at
        # `True` and `1.0` equal `1` as keys of a dict, so the type on the wire matters.
        if start < len(data) and data[start] >> 5 not in _KEYS:
            raise ForbiddenCbor("a map key is neither integer nor text")
        key, at = _read(data, start, 0)
        assert isinstance(key, int | str)
        encoded = data[start:at]
        if encoded <= previous:
            raise DuplicateKey(f"key {key!r} twice") if key in entries else NotDeterministic("map keys out of order")
        previous = encoded
        entries[key], at = _read(data, at, depth)
    return entries, at


def _read_simple(data: bytes, at: int, argument: int) -> tuple[bool | float | None, int]:
    """Major type 7: constants and floating-point numbers (RFC 8949 section 3.3)."""
    if argument in _CONSTANTS:
        return _CONSTANTS[argument], at + 1
    if argument in _FLOATS:
        form = _FLOATS[argument]
        end = at + 1 + struct.calcsize(form)
        if end > len(data):
            raise MalformedCbor("ends within a float")
        value: float = struct.unpack_from(form, data, at + 1)[0]
        if _shortest(value) != data[at:end]:
            raise NotDeterministic("a float is not in its shortest form")
        return value, end
    if argument == 24 and at + 1 >= len(data):
        raise MalformedCbor("ends within a simple value")
    number = data[at + 1] if argument == 24 else argument
    if argument == _BREAK or argument > 24 or (argument == 24 and number < 32):
        raise MalformedCbor("a stray break code" if argument == _BREAK else "ill-formed simple value")
    raise ForbiddenCbor("undefined" if number == _UNDEFINED else f"simple value {number}")


def _refuse_argument(major: int, argument: int) -> NoReturn:
    if argument == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
        raise NotDeterministic("indefinite length")
    raise MalformedCbor(f"reserved additional information {argument}")
