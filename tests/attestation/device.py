"""A vendor's device and its measurement reports, made by hand without the code that is tested (DSP0274 1.1)."""

import functools
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from . import pki

NONCE, RESPONSE_NONCE = b"asked".ljust(32, b"?"), b"answered".ljust(32, b"!")
FIRMWARE = hashlib.sha384(b"firmware").digest()
SHA_384 = pki.oid("2.16.840.1.101.3.4.2.2")
TCB_INFO, ALIAS = "2.23.133.5.4.1", "2.23.133.5.4.1.1"
FIRMWARE_FIELD = 20


def fwid(digest: bytes = FIRMWARE) -> bytes:
    """FWID: SEQUENCE { algorithm, digest }."""
    return pki.sequence(SHA_384, pki.tlv(0x04, digest))


def composite(digest: bytes = FIRMWARE) -> bytes:
    """CompositeDeviceID, as on Hopper."""
    return pki.sequence(pki.integer(1), pki.key_info(pki.p384(77).public_key()), fwid(digest))


def tcb_info(*fwids: bytes, before: bytes = pki.tlv(0x80, b"NVIDIA"), after: bytes = pki.tlv(0x87, b"\0\x80")) -> bytes:
    """DiceTcbInfo with a vendor, firmware ids and flags."""
    return pki.sequence(before, pki.tlv(0xA6, *(fwids or (fwid(),))), after)


def block(index: int, value: bytes | None = None, *, kind: int = 1, specification: int = 1, **sizes: int) -> bytes:
    """A measurement block; `size` and `value_size` overrule what it declares."""
    value = hashlib.sha384(bytes([index])).digest() if value is None else value
    measurement = struct.pack("<BH", kind, sizes.get("value_size", len(value))) + value
    return struct.pack("<BBH", index, specification, sizes.get("size", len(measurement))) + measurement


def opaque(*fields: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(value)) + value for kind, value in fields)


DRIVER = (3, b"580.95\0")


@dataclass(frozen=True)
class Report:
    """What to write into a report; good unless told otherwise."""

    request: bytes = b"\x11\xe0\x01\xff"
    nonce: bytes = NONCE
    slot: int = 0
    response: bytes = b"\x11\x60\x00\x00"
    blocks: Sequence[bytes] = tuple(block(index) for index in (1, 2, 3))
    opaque: bytes = opaque(DRIVER, (FIRMWARE_FIELD, FIRMWARE))
    count: int | None = None
    record_bytes: int | None = None
    opaque_bytes: int | None = None

    def signed(self) -> bytes:
        record = b"".join(self.blocks)
        count = len(self.blocks) if self.count is None else self.count
        record_bytes = len(record) if self.record_bytes is None else self.record_bytes
        opaque_bytes = len(self.opaque) if self.opaque_bytes is None else self.opaque_bytes
        return b"".join(
            (
                *(self.request, self.nonce, bytes([self.slot]), self.response),
                *(bytes([count]), record_bytes.to_bytes(3, "little"), record),
                *(RESPONSE_NONCE, opaque_bytes.to_bytes(2, "little"), self.opaque),
            )
        )


@dataclass(frozen=True)
class Device:
    """A device's key and its chain: leaf, device, authority and root, all P-384.

    `number` makes two devices of one vendor differ, `leaf` changes the leaf's plan (see `pki.Plan`), and `others` that of
    the three certificates above it.
    """

    number: int = 1
    extensions: pki.Extensions = ((x509.UnrecognizedExtension(x509.ObjectIdentifier(TCB_INFO), composite()), False),)
    leaf: tuple[tuple[str, Any], ...] = ()
    others: tuple[dict[str, Any], ...] = field(default=({}, {}, {}), hash=False)

    @functools.cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return dict(self.leaf).get("key", pki.p384(1000 + self.number))

    @functools.cached_property
    def chain(self) -> list[bytes]:
        above = ({"key": pki.p384(2000 + self.number), "subject": f"device {self.number}"}, *_VENDOR)
        plan = {
            **{"key": self.key, "subject": "firmware", "basic": None, "ueid": None, "others": self.extensions},
            **dict(self.leaf),
        }
        return pki.build(plan, *({**one, **change} for one, change in zip(above, self.others, strict=True)))

    @property
    def pem(self) -> bytes:
        return pem(*self.chain)

    @property
    def root(self) -> bytes:
        return self.chain[-1]

    def report(self, signed: bytes | None = None) -> bytes:
        signed = Report().signed() if signed is None else signed
        return signed + sign(self.key, signed)


_VENDOR = ({"key": pki.p384(3001), "subject": "model"}, {"key": pki.p384(3002), "subject": "vendor"})


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """r and s at fixed length."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA384(), deterministic_signing=True)))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def pem(*certificates: bytes) -> bytes:
    return b"".join(pki.load(one).public_bytes(pki.Encoding.PEM) for one in certificates)


def extension(value: bytes, dotted: str = TCB_INFO, *, critical: bool = False) -> pki.Extensions:
    return ((x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), value), critical),)
