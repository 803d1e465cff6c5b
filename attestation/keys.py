"""Signing keys of chips and of their vendors.

Keys are made from a 32-byte seed that the caller provides, so that nothing in here is random.
"""

import hashlib
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import cose
from .errors import InvalidArgument

KID_BYTES = 16


def key_id(public_key: Ed25519PublicKey) -> bytes:
    """The first 16 bytes of SHA-256 over the key's SubjectPublicKeyInfo in DER.

    A hint by which to look a key up, never a reason to trust it (RFC 9052 section 3.1).
    """
    info = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()[:KID_BYTES]


class SigningKey:
    """An Ed25519 key pair (RFC 8032)."""

    algorithm = cose.ED25519

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key = private_key.public_key()
        self.kid = key_id(self.public_key)

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key that belongs to a 32-byte secret seed.

        Raises:
            InvalidArgument: the seed has another length.
        """
        if len(seed) != 32:
            raise InvalidArgument(f"a seed has 32 bytes, not {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """The signature over a message, 64 bytes, the same each time."""
        return self._private_key.sign(message)


class DeviceKey(SigningKey):
    """The long-term key of one chip, which signs its evidence."""


class VendorKey(SigningKey):
    """The key of a chip vendor, which endorses the keys of chips."""
