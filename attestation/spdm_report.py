"""The bytes of a GPU's measurement report: an SPDM 1.1 request, and the signed response to it.

A report is the transcript L1 that the device signs (DSP0274 1.1, GET_MEASUREMENTS and MEASUREMENTS): the request for all
measurements, with the requester's nonce, followed by the response, which ends in the signature. All numbers are
little-endian. What the vendor puts into the opaque data is a row of fields of type, length and value, as in the published
verifier of NVIDIA; types that are not known here are kept as bytes, as often as they come. Parsing verifies
nothing, see `spdm`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from .errors import (
    BlockCountMismatch,
    BlockIndex,
    BlockNotDmtf,
    BlockOverrun,
    BlockValue,
    NotAllMeasurements,
    NotMeasurements,
    NotSpdm11,
    OpaqueFieldTwice,
    OpaqueOverrun,
    ReportOverSize,
    ReportTrailingBytes,
    ReportTruncated,
    SlotMismatch,
)

MAX_REPORT_BYTES = 8192
"""What NVIDIA's driver reserves for a report; those published have 2,168 to 4,274 bytes."""

SIGNATURE_BYTES = 96
_NONCE_BYTES = 32
_VERSION, _GET_MEASUREMENTS, _MEASUREMENTS = 0x11, 0xE0, 0x60
_SIGNED, _ALL, _SLOT = 0x01, 0xFF, 0x0F
_DMTF = 0x01
_LAST_INDEX = 0xFE  # 0xFF asks for all of them (DSP0274 1.1, GET_MEASUREMENTS, param2)
_RAW = 0x80
_LAST_TYPE = 4
_DIGEST_BYTES = (32, 48, 64)  # SHA-256, SHA-384, SHA-512 and their SHA-3 cousins


class OpaqueField(IntEnum):
    """Fields that NVIDIA's devices put into the opaque data, as far as this package has a use for their names."""

    DRIVER_VERSION = 3
    VBIOS_VERSION = 6
    CHIP_SKU = 15
    PROJECT = 17
    PROJECT_SKU = 18
    FIRMWARE_ID = 20


_READ = frozenset(OpaqueField)


class ValueType(IntEnum):
    """What was measured: bits 0 to 6 of DMTFSpecMeasurementValueType (DSP0274 1.1); other values are reserved."""

    IMMUTABLE_ROM = 0
    MUTABLE_FIRMWARE = 1
    HARDWARE_CONFIGURATION = 2
    FIRMWARE_CONFIGURATION = 3
    MANIFEST = 4


@dataclass(frozen=True)
class Block:
    """One measurement block of the DMTF format.

    Attributes:
        index: 1 to 254; need not be its place.
        kind: what was measured.
        raw: whether the value is what was measured, or its digest.
        value: bytes; digests have the one length of the negotiated hash, 48 bytes on GPUs.
    """

    index: int
    kind: ValueType
    raw: bool
    value: bytes

    def encode(self) -> bytes:
        """The block as it stands in a measurement record."""
        measurement = bytes((self.kind | (_RAW if self.raw else 0),)) + _little(len(self.value), 2) + self.value
        return bytes((self.index, _DMTF)) + _little(len(measurement), 2) + measurement


@dataclass(frozen=True, kw_only=True)
class SignedReport:
    """Request and response, taken apart.

    Attributes:
        nonce: the requester's, 32 bytes.
        slot: certificate slot asked for, with the reserved bits around it.
        response_nonce: the responder's own, 32 bytes.
        blocks: measurements, in the order in which they stand.
        opaque: type and value of each field that the vendor has added, in order.
        signature: r and s, 96 bytes.
        request_attributes: param1 of the request; its lowest bit asks for the signature, the others are reserved.
        response_parameters: param1, which is reserved here, and param2, which repeats the slot in its lower half.
    """

    nonce: bytes
    slot: int
    response_nonce: bytes
    blocks: tuple[Block, ...]
    opaque: tuple[tuple[int, bytes], ...]
    signature: bytes
    request_attributes: int = _SIGNED
    response_parameters: tuple[int, int] = (0, 0)

    def signed(self) -> bytes:
        """What the signature covers: the request, and the response up to the signature."""
        record = b"".join(block.encode() for block in self.blocks)
        opaque = b"".join(_little(kind, 2) + _little(len(value), 2) + value for kind, value in self.opaque)
        return b"".join(
            (
                bytes((_VERSION, _GET_MEASUREMENTS, self.request_attributes, _ALL)),
                self.nonce,
                bytes((self.slot,)),
                bytes((_VERSION, _MEASUREMENTS, *self.response_parameters, len(self.blocks))),
                _little(len(record), 3),
                record,
                self.response_nonce,
                _little(len(opaque), 2),
                opaque,
            )
        )

    def encode(self) -> bytes:
        """The report: the only bytes that `parse` reads as this record."""
        return self.signed() + self.signature

    def field(self, kind: int) -> bytes | None:
        """The value of an opaque field, or None if there is none of this type."""
        return dict(self.opaque).get(kind)


def parse(report: bytes) -> SignedReport:
    """Take a report apart. Nothing is verified.

    Reserved bits are ignored, as DSP0274 prescribes; the signature covers them.

    Args:
        report: request and response, one after the other.

    Raises:
        ReportOverSize, ReportTruncated, ReportTrailingBytes, NotSpdm11, NotMeasurements, NotAllMeasurements, SlotMismatch,
        BlockCountMismatch, BlockOverrun, BlockIndex, BlockNotDmtf, BlockValue, OpaqueOverrun, OpaqueFieldTwice.
    """
    if len(report) > MAX_REPORT_BYTES:
        raise ReportOverSize(f"{len(report)} bytes, at most {MAX_REPORT_BYTES}")
    rest = _Reader(report)
    attributes, indices = _header(rest, _GET_MEASUREMENTS)
    if not attributes & _SIGNED or indices != _ALL:
        raise NotAllMeasurements(f"attributes {attributes:#04x}, measurements {indices:#04x}")
    nonce, slot = rest.take(_NONCE_BYTES), rest.number(1)
    parameters = _header(rest, _MEASUREMENTS)
    if parameters[1] & _SLOT != slot & _SLOT:
        raise SlotMismatch(f"slot {slot & _SLOT} asked, slot {parameters[1] & _SLOT} answered")
    count, record_bytes = rest.number(1), rest.number(3)
    if record_bytes > rest.left:
        raise BlockOverrun(f"a record of {record_bytes} bytes, {rest.left} are left")
    blocks = tuple(_blocks(rest.take(record_bytes), count))
    response_nonce, opaque_bytes = rest.take(_NONCE_BYTES), rest.number(2)
    if opaque_bytes > rest.left:
        raise OpaqueOverrun(f"opaque data of {opaque_bytes} bytes, {rest.left} are left")
    opaque = tuple(_opaque(rest.take(opaque_bytes)))
    read = [kind for kind, _ in opaque if kind in _READ]
    if len(set(read)) < len(read):
        raise OpaqueFieldTwice(f"fields {sorted(read)}")
    signature = rest.take(SIGNATURE_BYTES)
    if rest.left:
        raise ReportTrailingBytes(f"{rest.left} bytes follow the signature")
    return SignedReport(
        nonce=nonce,
        slot=slot,
        response_nonce=response_nonce,
        blocks=blocks,
        opaque=opaque,
        signature=signature,
        request_attributes=attributes,
        response_parameters=parameters,
    )


class _Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, length: int) -> bytes:
        if length > self.left:
            raise ReportTruncated(f"{length} bytes are due, {self.left} are left")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "little")


def _header(rest: _Reader, code: int) -> tuple[int, int]:
    """The two parameters of a message of SPDM 1.1 with this code."""
    version, found, first, second = rest.take(4)
    if version != _VERSION:
        raise NotSpdm11(f"version {version:#04x}, {_VERSION:#04x} is due")
    if found != code:
        raise NotMeasurements(f"message {found:#04x}, {code:#04x} is due")
    return first, second


def _blocks(record: bytes, count: int) -> Iterator[Block]:
    """The blocks of a measurement record, each index from 1 to 254 once; there may be gaps (DSP0274 1.1)."""
    if not count:
        raise BlockCountMismatch("no measurement at all")
    rest = _Reader(record)
    seen: set[int] = set()
    digest_bytes: set[int] = set()
    for _ in range(count):
        if rest.left < 4:
            raise BlockCountMismatch(f"{count} blocks declared, {len(seen)} found")
        index, specification, size = rest.number(1), rest.number(1), rest.number(2)
        if specification != _DMTF:
            raise BlockNotDmtf(f"block {index} is of specification {specification:#04x}")
        if not 1 <= index <= _LAST_INDEX or index in seen:
            raise BlockIndex(f"index {index}, or twice")
        if size > rest.left:
            raise BlockOverrun(f"block {index} of {size} bytes, {rest.left} are left in the record")
        block = _block(index, rest.take(size))
        if not block.raw:
            digest_bytes.add(len(block.value))
        seen.add(index)
        yield block
    if rest.left:
        raise BlockCountMismatch(f"{rest.left} bytes follow the {count} blocks declared")
    if len(digest_bytes) > 1:
        raise BlockValue(f"digests of {sorted(digest_bytes)} bytes in one report")


def _block(index: int, measurement: bytes) -> Block:
    if len(measurement) < 3:
        raise BlockValue(f"block {index} has {len(measurement)} bytes")
    kind, size, value = measurement[0], int.from_bytes(measurement[1:3], "little"), measurement[3:]
    raw = bool(kind & _RAW)
    if size != len(value):
        raise BlockValue(f"block {index} declares {size} bytes of {len(value)}")
    if kind & ~_RAW > _LAST_TYPE:
        raise BlockValue(f"block {index} is of type {kind:#04x}")
    if not value or (not raw and size not in _DIGEST_BYTES):
        raise BlockValue(f"block {index} has a value of {size} bytes")
    return Block(index, ValueType(kind & ~_RAW), raw, value)


def _opaque(data: bytes) -> Iterator[tuple[int, bytes]]:
    rest = _Reader(data)
    while rest.left:
        if rest.left < 4:
            raise OpaqueOverrun(f"{rest.left} bytes at the end of the opaque data")
        kind, size = rest.number(2), rest.number(2)
        if size > rest.left:
            raise OpaqueOverrun(f"field {kind} of {size} bytes, {rest.left} are left in the opaque data")
        yield kind, rest.take(size)


def _little(number: int, length: int) -> bytes:
    return number.to_bytes(length, "little")
