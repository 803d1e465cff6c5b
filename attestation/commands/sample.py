"""One endorsed chip and a verifier that knows it, for the benchmark and the fuzzer. Keys are derived from fixed seeds."""

import hashlib
from dataclasses import dataclass, replace

from ..algorithms import ED25519, ESP256, ESP384
from ..certificates import Authority
from ..claims import Claims, Location
from ..endorsements import Endorsements
from ..keys import SigningKey
from ..manifest import Manifest
from ..token import issue
from ..verifier import Verifier

ALGORITHMS = {"ed25519": ED25519, "p256": ESP256, "p384": ESP384}
"""Short name -> algorithm of each profile."""

AUDIENCE = "verifier.example.org"
NOW_S = 1_800_000_000
NAME = "sample"


def seed(name: str) -> bytes:
    """32 bytes that depend on a name alone."""
    return hashlib.sha256(name.encode()).digest()


@dataclass(frozen=True)
class Sample:
    """A chip: its key, its certificate chain, and what it claims."""

    key: SigningKey
    chain: tuple[bytes, bytes]
    claims: Claims

    @classmethod
    def of(cls, algorithm: int, name: str = NAME) -> "Sample":
        """The sample chip with a name."""
        root = Authority.root(SigningKey.from_seed(seed("root"), algorithm), "Sample root")
        key = SigningKey.from_seed(seed(name), algorithm)
        ueid = b"\x01" + seed(f"ueid of {name}")[:16]
        chain = (root.endorse(key.public_key, ueid, serial=int.from_bytes(ueid[1:9], "big") + 2), root.certificate)
        claims = Claims(
            audience=AUDIENCE,
            issued_at_s=NOW_S,
            nonces=(),
            ueid=ueid,
            oemid=5703,
            hwmodel=b"GPU",
            hwversion=("1.0",),
            oemboot=True,
            dbgstat=3,
            location=Location(latitude_deg=1.2897, longitude_deg=103.8501, accuracy_m=20_000.0, timestamp_s=NOW_S),
            bootcount=1,
            intuse=1,
            position_source=0,
            transcript_sha256=seed("transcript"),
        )
        return cls(key, chain, claims)

    def verifier(self) -> Verifier:
        """A verifier that has enrolled the chip."""
        manifest = Manifest()
        manifest.record(self.chain[0], self.chain[1])
        endorsements = Endorsements([self.chain[1]], manifest)
        endorsements.enrol(self.chain, NOW_S)
        return Verifier(audience=AUDIENCE, endorsements=endorsements)

    def token(self, nonce: bytes) -> bytes:
        """Evidence that answers a challenge."""
        return issue(replace(self.claims, nonces=(nonce,)), self.key)
