"""A verifier that knows one chip and has challenged it, and the material to answer."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attestation import BootCounts, DeviceKey, Endorsements, NonceLedger, VendorKey, Verdict, appraise, endorse

from .wire import AUDIENCE, NONCE, NOW_S, UEID


class Verifier:
    """State of one verifier; `judge` appraises a token with it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        vendor = VendorKey.from_seed(bytes([2]) * 32)
        self.endorsements = Endorsements([vendor.public_key])
        self.vendor = vendor
        self.endorsements.enrol(endorse(UEID, key.public_key(), vendor))
        self.ledger = NonceLedger(lifetime_s=60)
        self.ledger.issue(NONCE, UEID, NOW_S)
        self.boots = BootCounts()

    def judge(self, token: bytes, now_s: float = NOW_S + 1, audience: str = AUDIENCE) -> Verdict:
        return appraise(
            token,
            endorsements=self.endorsements,
            ledger=self.ledger,
            boots=self.boots,
            audience=audience,
            now_s=now_s,
        )


@pytest.fixture
def key() -> Ed25519PrivateKey:
    """The chip's key, made here and now."""
    return Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)


@pytest.fixture
def device_key() -> DeviceKey:
    """The same key as the package holds it."""
    return DeviceKey.from_seed(bytes([1]) * 32)


@pytest.fixture
def verifier(key: Ed25519PrivateKey) -> Verifier:
    return Verifier(key)


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Reads a third-party vector, by its path in the folder that ATTESTATION_VECTORS names."""
    folder = os.environ.get("ATTESTATION_VECTORS")
    if not folder:
        pytest.skip("ATTESTATION_VECTORS is not set: third-party vectors are not part of the project")
    return lambda name: json.loads((Path(folder) / name).read_text())
