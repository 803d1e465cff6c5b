"""Who holds which long-term key, and who has certified it: chips, their hosts, other chips, and forgers.

The vendor endorses the key of each chip when it is made. Where the protocol knows hosts only, the chips of a host share its
key, and a chip fitted into another host is endorsed anew with that one's. Whoever holds the vendor's signing key endorses
what he likes: that is noticed by a verifier which lists all certificates issued, and otherwise only once the key has been
revoked, from when on the vendor's next root endorses all chips anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from attestation import Authority, Endorsements, Manifest, SigningKey, key_id

from ..randomness import Stream
from ..world.keys import Key
from .setting import Setting

_FIRST_ROOT, _NEXT_ROOT = 0, 1
_FIRST_SERIAL = 2  # 1 is the root's own


@dataclass(frozen=True)
class Identity:
    """A long-term key and what is certified of it.

    Attributes:
        key: it.
        ueid: of the chip that its certificate names; empty if nobody has certified it.
        chain: its certificate and the issuer's, or nothing.
    """

    key: SigningKey
    ueid: bytes = b""
    chain: tuple[bytes, ...] = ()


class Identities:
    """All keys of one run, made on first use, and the verifier's register of endorsed chips.

    A chip does not go back to a key that another one has replaced.

    Attributes:
        endorsements: the register.
    """

    def __init__(self, setting: Setting) -> None:
        verification = setting.scenario.verification
        self._setting = setting
        self._one_key_per_host = verification.protocol_flaws.one_key_per_host
        self._host_chips = max(1, round(setting.values["chips_per_host"]))
        self._leaked = self._vendor = self._root(_FIRST_ROOT)
        self._manifest = Manifest(complete=verification.key_register)
        self.endorsements = Endorsements([self._vendor.certificate], self._manifest, verification.protocol_flaws)
        self._known: dict[tuple[int, Key], Identity] = {}
        self._introduced: dict[int, bytes] = {}  # by chip, the certificate in the register
        self._serial = _FIRST_SERIAL

    def ueid(self, number: int) -> bytes:
        """Identifier of a chip."""
        return b"\x01" + number.to_bytes(16, "big")

    def of(self, number: int, key: Key, now_s: float) -> Identity:
        """Who answers in the name of a chip.

        Args:
            number: of the chip.
            key: whose key is used.
            now_s: seconds since 1970; a forged certificate is dated so.
        """
        if (number, key) not in self._known:
            self._known[number, key] = self._make(number, key, now_s)
        return self._known[number, key]

    def introduce(self, number: int, identity: Identity, now_s: float) -> tuple[bytes, ...]:
        """Certificates to be sent along by who answers for a chip: on first contact, or by a stranger to show his own.

        A newer certificate of the chip takes the place of that in the register.

        Raises:
            Refused: the register takes no such certificate.
        """
        present = self._introduced.get(number)
        if identity.ueid != self.ueid(number):
            return identity.chain
        if identity.chain[0] == present:
            return ()
        if present is not None:
            self.endorsements.rotate(identity.chain, now_s)
        elif self._one_key_per_host:  # the key does not tell the chips of a host apart, so the vendor says which it has
            self.endorsements.enrol(identity.chain, now_s)
        else:
            return identity.chain
        self._introduced[number] = identity.chain[0]
        return ()

    def note_accepted(self, number: int, identity: Identity) -> None:
        """The verifier has accepted evidence from a chip, and has put it in the register if it was not there."""
        self._introduced[number] = identity.chain[0]

    def revoke(self, now_s: float) -> None:
        """Revoke the vendor's signing key: everything below it is refused, and its next root endorses all chips anew."""
        self._manifest.revoke_authority(key_id(self._leaked.key.public_key), now_s)
        self._vendor = self._root(_NEXT_ROOT)
        self.endorsements.pin(self._vendor.certificate)
        self._known.clear()

    def _make(self, number: int, key: Key, now_s: float) -> Identity:
        if key is Key.FORGED:
            return self._endorsed(number, self._key(Stream.FORGED_KEY, number), self._leaked, now_s)
        if key is Key.BATCH:  # nothing endorses it: scenarios in which batches share a key sign nothing
            return Identity(self._key(Stream.BATCH_KEY, self._slot(number) // self._setting.batch_slots))
        if self._one_key_per_host:
            return self._issued(number, self._host_key(number, beside=key is Key.OTHER))
        if key is Key.HOST:
            return Identity(self._host_key(number))
        chip = number ^ 1 if key is Key.OTHER else number
        return self._issued(chip, self._key(Stream.DEVICE_KEY, chip))

    def _issued(self, number: int, key: SigningKey) -> Identity:
        """A chip's key that the vendor has endorsed, and put on the list of what it has issued."""
        identity = self._endorsed(number, key, self._vendor)
        self._manifest.record(identity.chain[0], self._vendor.certificate)
        return identity

    def _endorsed(self, number: int, key: SigningKey, issuer: Authority, from_s: float = 0) -> Identity:
        ueid, self._serial = self.ueid(number), self._serial + 1
        certificate = issuer.endorse(key.public_key, ueid, serial=self._serial, not_before_s=math.floor(from_s))
        return Identity(key, ueid, (certificate, issuer.certificate))

    def _host_key(self, number: int, *, beside: bool = False) -> SigningKey:
        """The key of the host in which a chip is declared, or of the one beside it."""
        host = self._slot(number) // self._host_chips
        return self._key(Stream.HOST_KEY, host ^ 1 if beside else host)

    def _slot(self, number: int) -> int:
        return int(np.asarray(self._setting.chips.column("slot"))[number])

    def _root(self, number: int) -> Authority:
        return Authority.root(self._key(Stream.VENDOR_KEY, number), f"Vendor root {number + 1}")

    def _key(self, stream: Stream, entity: int) -> SigningKey:
        return SigningKey.from_seed(self._setting.draws.data(stream, entity, size=32))
