"""Who vouches for a chip's key: vendors endorse, the verifier keeps a register.

An endorsement (RFC 9334 section 8.2) is a token of the vendor that binds a UEID to the public key of the chip. The
register takes endorsements from trusted vendors only and holds one key per UEID and one UEID per key: a second chip
with the same key would be a clone, a second key for a UEID a way to answer for a chip from elsewhere.
"""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import cose
from .claims import EAT_PROFILE, read_ueid
from .errors import BadClaim, KeyAlreadyEnrolled, MissingClaim, UeidAlreadyEnrolled, UnknownKey, UnknownLabel
from .keys import VendorKey, key_id
from .token import seal, unseal

PROFILE = "tag:example.org,2026:chip-endorsement#1-ed"
CWT_TYPE = 61
"""CoAP content format of application/cwt (RFC 8392 section 9)."""

_CNF, _UEID = 8, 256
_LABELS = {_CNF, _UEID, EAT_PROFILE}


def endorse(ueid: bytes, public_key: Ed25519PublicKey, vendor: VendorKey) -> bytes:
    """A vendor's signed statement that the chip with this UEID holds this key.

    Raises:
        BadClaim: the UEID is not 0x01 and 16 or 32 bytes.
    """
    confirmation = cose.confirmation(public_key.public_bytes_raw())
    payload = {_CNF: confirmation, _UEID: read_ueid(ueid), EAT_PROFILE: PROFILE}
    return seal(payload, vendor, content_type=CWT_TYPE)


class Endorsements:
    """The verifier's register of endorsed chips.

    Keys are kept as 32 raw bytes and loaded on use, which costs about 1.5 microseconds and saves most of the memory.
    """

    def __init__(self, vendors: Iterable[Ed25519PublicKey]) -> None:
        self._vendors = {key_id(vendor): vendor for vendor in vendors}
        self._chips: dict[bytes, tuple[bytes, bytes]] = {}
        self._ueids: set[bytes] = set()

    def __len__(self) -> int:
        """Number of chips enrolled."""
        return len(self._chips)

    def enrol(self, endorsement: bytes) -> bytes:
        """Verify an endorsement, add the chip, and return its UEID.

        Raises:
            UnknownKey: no trusted vendor signed it.
            KeyAlreadyEnrolled, UeidAlreadyEnrolled: key or UEID are on the register; it is left as it was.
            Refused: any other refusal of `unseal` and `Sealed.open`, or UnknownLabel, MissingClaim or BadClaim.
        """
        sealed = unseal(endorsement, content_type=CWT_TYPE)
        vendor = self._vendors.get(sealed.kid)
        if vendor is None:
            raise UnknownKey(f"no trusted vendor has key {sealed.kid.hex()}")
        labels = sealed.open(vendor, profile=PROFILE)
        if unknown := labels.keys() - _LABELS:
            raise UnknownLabel(f"{sorted(unknown, key=str)}")
        if missing := _LABELS - labels.keys():
            raise MissingClaim(f"{sorted(missing)}")
        if not isinstance(labels[EAT_PROFILE], str):
            raise BadClaim("eat_profile must be text")
        ueid, public_key = read_ueid(labels[_UEID]), cose.read_confirmation(labels[_CNF])
        return self._add(ueid, public_key)

    def lookup(self, kid: bytes) -> tuple[bytes, Ed25519PublicKey]:
        """UEID and public key of the chip whose key has this identifier.

        Raises:
            UnknownKey: no such chip is enrolled.
        """
        try:
            ueid, public_key = self._chips[kid]
        except KeyError:
            raise UnknownKey(f"no enrolled chip has key {kid.hex()}") from None
        return ueid, Ed25519PublicKey.from_public_bytes(public_key)

    def _add(self, ueid: bytes, public_key: bytes) -> bytes:
        kid = key_id(Ed25519PublicKey.from_public_bytes(public_key))
        if kid in self._chips:
            raise KeyAlreadyEnrolled(f"key {kid.hex()}")
        if ueid in self._ueids:
            raise UeidAlreadyEnrolled(f"UEID {ueid.hex()}")
        self._chips[kid] = ueid, public_key
        self._ueids.add(ueid)
        return ueid
