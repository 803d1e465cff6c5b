"""A verifier that knows one chip and has challenged it, and the material to answer."""

import functools
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attestation import Appraisal, Authority, Endorsements, Manifest, Policy, SigningKey, Verdict, Verifier

from . import wire
from .wire import AUDIENCE, NONCE, NOW_S, UEID

OTHER_UEID, NEW_UEID = b"\x01" + bytes(range(16, 32)), b"\x01" + bytes(range(32, 64))
DEFAULT_POLICY = Policy()
ANSWERED, OTHERS = b"answered".ljust(32), b"others".ljust(32)


@dataclass(frozen=True)
class Vendor:
    """A root and the authority of one production batch below it."""

    root: Authority
    batch: Authority

    def chain(self, key: wire.PrivateKey, ueid: bytes, serial: int) -> tuple[bytes, bytes]:
        """Certificate of a chip and of the batch: what a chip sends along on first contact."""
        return self.batch.endorse(key.public_key(), ueid, serial=serial), self.batch.certificate


@functools.cache
def vendor(algorithm: int) -> Vendor:
    root_key, batch_key = (SigningKey(wire.private_key(algorithm, number)) for number in (101, 102))
    root = Authority.root(root_key, "root")
    return Vendor(root, root.authority(batch_key, "batch", serial=1))


@functools.cache
def chain_of(algorithm: int, number: int, ueid: bytes) -> tuple[bytes, bytes]:
    """The chain of a chip that has this UEID and one of the keys of `wire.private_key`."""
    serial = int.from_bytes(hashlib.sha256(bytes([number]) + ueid).digest()[:8], "big")
    return vendor(algorithm).chain(wire.private_key(algorithm, number), ueid, serial=serial)


class Scene:
    """A verifier at work: it has enrolled two chips, and the one whose part a test plays has an open challenge.

    That chip has answered an earlier challenge, `ANSWERED`, at boot 1; the other has an open challenge of its own,
    `OTHERS`. The verifier's list names three more certificates, whose chips it has not met: of a newcomer, of a second
    key for the chip, and of a second UEID for the chip's key. Root, batch authority and chips have keys of one algorithm.
    """

    def __init__(self, algorithm: int, policy: Policy = DEFAULT_POLICY) -> None:
        self.algorithm = algorithm
        self.key = wire.private_key(algorithm, 1)
        self.other_key = wire.private_key(algorithm, 2)
        self.newcomers_key = wire.private_key(algorithm, 3)
        self.stranger = wire.private_key(algorithm, 4)  # on no list
        self.chain = chain_of(algorithm, 1, UEID)
        self.other_chain = chain_of(algorithm, 2, OTHER_UEID)
        self.newcomers_chain = chain_of(algorithm, 3, NEW_UEID)
        self.second_key = chain_of(algorithm, 3, UEID)
        self.second_ueid = chain_of(algorithm, 1, NEW_UEID)
        self.manifest = Manifest()
        self.endorsements = Endorsements([vendor(algorithm).root.certificate], self.manifest)
        self.verifier = Verifier(audience=AUDIENCE, endorsements=self.endorsements, policy=policy)
        for chain in (self.chain, self.other_chain, self.newcomers_chain, self.second_key, self.second_ueid):
            self.manifest.record(*chain)
        for chain in (self.chain, self.other_chain):
            self.endorsements.enrol(chain, NOW_S)
        for ueid, nonce in ((UEID, ANSWERED), (UEID, NONCE), (OTHER_UEID, OTHERS)):
            self.verifier.challenge(ueid, nonce, NOW_S)
        earlier = self.judge(self.token(self.payload({10: wire.octets(ANSWERED)})))
        assert earlier.verdict is Verdict.UNCONFIRMED, earlier.detail

    def payload(self, changes: dict[int, bytes | None] | None = None) -> bytes:
        return wire.payload(changes, self.algorithm)

    def location(self, changes: dict[int, bytes | None]) -> bytes:
        return wire.location(changes, self.algorithm)

    def token(self, body: bytes | None = None, **wrapping: Any) -> bytes:
        """Signed with the chip's key: see `wire.token`."""
        return wire.token(self.key, self.payload() if body is None else body, **wrapping)

    def header(self, **changes: Any) -> bytes:
        """The chip's protected header: see `wire.header`."""
        return wire.header(self.key, **changes)

    def judge(self, token: bytes, now_s: float = NOW_S + 1) -> Appraisal:
        return self.verifier.appraise(token, now_s)


@pytest.fixture(params=list(wire.PROFILES), ids=wire.ALGORITHM_NAMES.get)
def scene(request: pytest.FixtureRequest) -> Scene:
    """Once in each of the three profiles."""
    return Scene(request.param)


@pytest.fixture
def ed_scene() -> Scene:
    """In one profile, where the kind of key does not matter."""
    return Scene(wire.ED25519)


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Reads a third-party vector, by its path in the folder that ATTESTATION_VECTORS names."""
    folder = os.environ.get("ATTESTATION_VECTORS")
    if not folder:
        pytest.skip("ATTESTATION_VECTORS is not set: third-party vectors are not part of the project")
    return lambda name: json.loads((Path(folder) / name).read_text())
