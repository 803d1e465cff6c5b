"""Real keys and tokens behind the challenges of chosen chips.

Every chip has its own key, endorsed by the vendor; the verifier issues a nonce, the chip signs its claims, the verifier
appraises the token. A moved chip still holds its key and still claims its declared site: a valid signature proves who
answers, never from where.
"""

from __future__ import annotations

from datetime import UTC, datetime

from attestation import (
    Accepted,
    BootCounts,
    Claims,
    DeviceKey,
    Endorsements,
    Location,
    NonceLedger,
    VendorKey,
    appraise,
    endorse,
    issue,
)

from ..randomness import Stream
from ..units import SECONDS_PER_DAY
from .setting import Setting

AUDIENCE = "verifier.example.org"
NVIDIA_ENTERPRISE_NUMBER = 5703
NONCE_LIFETIME_S = 60.0
CITY_ACCURACY_M = 20_000.0


class EvidenceDesk:
    """Makes and appraises the evidence of signed chips. Keys come from the run's seed and are made on first use."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._vendor = VendorKey.from_seed(setting.draws.data(Stream.VENDOR_KEY, 0, size=32))
        self._endorsements = Endorsements([self._vendor.public_key])
        self._ledger = NonceLedger(NONCE_LIFETIME_S)
        self._boots = BootCounts()
        self._keys: dict[int, DeviceKey] = {}
        start = setting.scenario.calendar.start
        self._start_s = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())

    def signs(self, chip: int) -> bool:
        """Whether this chip's evidence is really signed, by the lever `verification.signing`."""
        verification = self._setting.scenario.verification
        if verification.signing == "sample":
            return self._setting.draws.uniform(Stream.SIGNED_SAMPLE, chip) < verification.signed_share
        return verification.signing == "all"

    def accepts_answer(self, chip: int, day: float, slot: int) -> bool:
        """Challenge a chip, let it sign, appraise the token: whether it was accepted."""
        now_s = self._start_s + day * SECONDS_PER_DAY
        ueid = _ueid(chip)
        key = self._key(chip)
        self._ledger.forget(now_s - 2 * NONCE_LIFETIME_S)
        nonce = self._ledger.issue(self._setting.draws.data(Stream.NONCE, chip, slot, size=32), ueid, now_s)
        token = issue(self._claims(chip, nonce, int(now_s)), key)
        verdict = appraise(
            token,
            endorsements=self._endorsements,
            ledger=self._ledger,
            boots=self._boots,
            audience=AUDIENCE,
            now_s=now_s,
        )
        return isinstance(verdict, Accepted)

    def _key(self, chip: int) -> DeviceKey:
        if chip not in self._keys:
            key = DeviceKey.from_seed(self._setting.draws.data(Stream.DEVICE_KEY, chip, size=32))
            self._endorsements.enrol(endorse(_ueid(chip), key.public_key, self._vendor))
            self._keys[chip] = key
        return self._keys[chip]

    def _claims(self, chip: int, nonce: bytes, now_s: int) -> Claims:
        declared = self._setting.sites[self._setting.chips.site(chip)].place.position
        return Claims(
            audience=AUDIENCE,
            issued_at_s=now_s,
            nonce=nonce,
            ueid=_ueid(chip),
            oemid=NVIDIA_ENTERPRISE_NUMBER,
            hwmodel=b"simulated",
            hwversion=("1",),
            oemboot=True,
            dbgstat=3,
            location=Location(
                latitude_deg=declared.latitude_deg,
                longitude_deg=declared.longitude_deg,
                accuracy_m=CITY_ACCURACY_M,
                timestamp_s=now_s,
            ),
            bootcount=1,
            intuse=1,
        )


def _ueid(chip: int) -> bytes:
    return b"\x01" + chip.to_bytes(16, "big")
