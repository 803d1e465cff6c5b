"""Which key belongs to which chip: the verifier's register of endorsed chips.

The register takes chips whose certificate chain ends at a pinned root and whose certificate the verifier's own manifest
lists, and holds one key per UEID and one UEID per key: a second chip with the same key would be a clone, a second key for
a UEID a way to answer for a chip from elsewhere. Whether a chip still stands is asked anew each time.
"""

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.serialization import Encoding

from .chain import Endorsement, ValidPath, read_certificate, up_to_root, validate_chain
from .errors import (
    CertificateSuperseded,
    KeyAlreadyEnrolled,
    KidCollision,
    UeidAlreadyEnrolled,
    UeidNotEndorsed,
    UeidNotEnrolled,
    UnknownKey,
)
from .flaws import SOUND, Flaws
from .keys import PublicKey, decode_public_key, key_id
from .manifest import Manifest
from .ocsp import OcspAnswer, check_status


class Endorsements:
    """Endorsed chips by key.

    Args:
        roots: certificates of the vendors' roots in DER, pinned.
        manifest: certificates issued and revoked, as this verifier knows them.
        flaws: with `one_key_per_host`, several chips may share a key.

    Raises:
        CertificateMalformed: a root cannot be read.
    """

    def __init__(self, roots: Iterable[bytes], manifest: Manifest, flaws: Flaws = SOUND) -> None:
        self._roots: list[bytes] = []
        self._manifest = manifest
        self._flaws = flaws
        self._chips: dict[bytes, dict[bytes, Endorsement]] = {}
        self._kids: dict[bytes, bytes] = {}
        for root in roots:
            self.pin(root)

    def __len__(self) -> int:
        """Number of chips enrolled."""
        return len(self._kids)

    def pin(self, root: bytes) -> None:
        """Trust one more root: a vendor's first, or its next after the last one was compromised.

        Raises:
            CertificateMalformed: it cannot be read.
        """
        read_certificate(root)
        self._roots.append(root)

    def examine(self, chain: Sequence[bytes], at_s: float, *, ocsp: OcspAnswer | None = None) -> Endorsement:
        """What a chain says about a chip, if everything about it holds. Enrols nobody.

        Args:
            chain: certificates in DER, the chip's first.
            at_s: seconds since 1970.
            ocsp: what the vendor's status service says of the chip's certificate. It can refuse what the manifest lists,
                never the other way round.

        Raises:
            ChainRefused, WeakKey: the chain, or what manifest or status service say of it.
        """
        endorsement = validate_chain(chain, self._roots, at_s)
        self._manifest.check_issued(endorsement)
        self._manifest.check_standing(endorsement, at_s)
        if ocsp is not None:
            chip, issuer, *_ = up_to_root(chain, self._roots)
            check_status(ocsp, chip.public_bytes(Encoding.DER), issuer.public_bytes(Encoding.DER), at_s)
        return endorsement

    def enrol(self, chain: Sequence[bytes], at_s: float, *, ocsp: OcspAnswer | None = None) -> Endorsement:
        """Add a chip.

        Raises:
            ChainRefused, WeakKey: as of `examine`.
            KeyAlreadyEnrolled, KidCollision, UeidAlreadyEnrolled: the register is left as it was.
        """
        endorsement = self.examine(chain, at_s, ocsp=ocsp)
        self.add(endorsement)
        return endorsement

    def check_new(self, endorsement: Endorsement) -> None:
        """Whether a chip whose chain has been examined could be added.

        Raises:
            KeyAlreadyEnrolled, KidCollision, UeidAlreadyEnrolled.
        """
        if endorsement.ueid in self._kids:
            raise UeidAlreadyEnrolled(f"UEID {endorsement.ueid.hex()}")
        self._check_key(endorsement)

    def add(self, endorsement: Endorsement) -> None:
        """Add a chip whose chain has been examined.

        Raises:
            KeyAlreadyEnrolled, KidCollision, UeidAlreadyEnrolled: the register is left as it was.
        """
        self.check_new(endorsement)
        self._put(endorsement)

    def rotate(self, chain: Sequence[bytes], at_s: float, *, ocsp: OcspAnswer | None = None) -> Endorsement:
        """Replace a chip's key by that of a newer certificate for the same UEID; the old one counts as superseded.

        Raises:
            UeidNotEnrolled: there is nothing to replace.
            UeidAlreadyEnrolled: the certificate is the present one.
            CertificateSuperseded: the certificate is older than the present one.
            Refused: as `enrol`; the register is left as it was.
        """
        endorsement = self.examine(chain, at_s, ocsp=ocsp)
        if endorsement.ueid not in self._kids:
            raise UeidNotEnrolled(f"UEID {endorsement.ueid.hex()}")
        old_kid = self._kids[endorsement.ueid]
        old = self._chips[old_kid][endorsement.ueid]
        if old.x5t == endorsement.x5t:
            raise UeidAlreadyEnrolled(f"UEID {endorsement.ueid.hex()}, with this certificate")
        if endorsement.issued_at_s < old.issued_at_s:
            raise CertificateSuperseded("the present certificate is newer")
        self._check_key(endorsement)
        self._put(endorsement)
        if old_kid != self._kids[endorsement.ueid]:
            del self._chips[old_kid][endorsement.ueid]
            if not self._chips[old_kid]:
                del self._chips[old_kid]
        self._manifest.supersede(old.path[0], at_s)
        return endorsement

    def knows(self, kid: bytes) -> bool:
        """Whether any enrolled chip has the key with this identifier."""
        return kid in self._chips

    def key(self, kid: bytes) -> PublicKey:
        """The public key with this identifier.

        Raises:
            UnknownKey: no enrolled chip has it.
        """
        try:
            chips = self._chips[kid]
        except KeyError:
            raise UnknownKey(f"no enrolled chip has key {kid.hex()}") from None
        return decode_public_key(next(iter(chips.values())).cose_key)

    def endorsement(self, kid: bytes, ueid: bytes, at_s: float) -> Endorsement:
        """What stands behind the chip with this UEID and this key, if it still stands.

        Raises:
            UeidNotEndorsed: the key is endorsed for another UEID.
            CertificateNotYetValid, CertificateExpired, CertificateRevoked, CertificateOnHold, CertificateSuperseded.
        """
        chips = self._chips.get(kid, {})
        if ueid not in chips:
            raise UeidNotEndorsed(f"{ueid.hex()}, but the key is endorsed for {', '.join(one.hex() for one in chips)}")
        endorsement = chips[ueid]
        endorsement.check_validity(at_s)
        self._manifest.check_standing(endorsement, at_s)
        return endorsement

    def check_standing(self, path: ValidPath, at_s: float) -> None:
        """Whether nothing in a chain, of a chip or of a vendor's device, has been withdrawn.

        Raises:
            CertificateRevoked, CertificateOnHold, CertificateSuperseded.
        """
        self._manifest.check_standing(path, at_s)

    def _check_key(self, endorsement: Endorsement) -> None:
        kid = key_id(decode_public_key(endorsement.cose_key))
        for other in self._chips.get(kid, {}).values():
            if other.cose_key != endorsement.cose_key:
                raise KidCollision(f"two keys have identifier {kid.hex()}")
            if other.ueid != endorsement.ueid and not self._flaws.one_key_per_host:
                raise KeyAlreadyEnrolled(f"key {kid.hex()} belongs to {other.ueid.hex()}")

    def _put(self, endorsement: Endorsement) -> None:
        kid = key_id(decode_public_key(endorsement.cose_key))
        self._chips.setdefault(kid, {})[endorsement.ueid] = endorsement
        self._kids[endorsement.ueid] = kid
