"""The four attacks of `flaws` over the wire, against a sound landmark and verifier or flawed ones.

The chip has been diverted: between it and the landmark lies a path of many milliseconds. An accomplice, or the host that was
left behind, stands beside the landmark. Paths are waited for in fact, so that each attack has to beat a clock. An attack has
succeeded if the chip is cleared of being in the restricted territory, where it is.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ..appraisal import Appraisal, Landmark, Verdict, refusal
from ..certificates import Authority
from ..challenge import session_id
from ..claims import Claims, Location
from ..endorsements import Endorsements
from ..errors import KeyAlreadyEnrolled
from ..exchange import ProverExchange
from ..flaws import Flaws
from ..keys import PublicKey, SigningKey
from ..manifest import Manifest
from ..packets import NoncePacket, Response
from ..verifier import Policy, Verifier
from .datagrams import Address, bind
from .prover import Patience, Peer, Prover
from .record import Chip, attest
from .sources import date_s, fresh

AUDIENCE = "verifier.example.org"
LANDMARK_ID = "one"
CLEARANCE_KM = 1900.0
"""From the landmark to the restricted territory: 12.7 ms there and back at the speed of light."""

FAR_MS = 15.0
"""One way to the diverted chip: 4,500 km at the speed of light."""

SIGNING_ALLOWANCE_NS = 200_000_000
"""Median time of a P-256 signature in a TPM, 200 ms, as measured by Chrome (stiankri.substack.com, TPM performance)."""

LOOKS_NS = 3_000_000
"""The round trip that attacks on subtracted time aim at: well within the border, and not nearer than the declared site."""

SLOW_MS = (SIGNING_ALLOWANCE_NS + LOOKS_NS) / 2e6
"""One way to a chip as far away as the time that it saves by signing at once."""

_PROPOSED = 16
_PATIENCE = Patience(silence_s=0.6, requests=2)


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Ways to one landmark.

    Attributes:
        landmark_key: of the landmark.
        near: where it answers.
        far: the same behind a path of `FAR_MS`.
        slow: the same behind a path of `SLOW_MS`.
    """

    landmark_key: PublicKey
    near: Address
    far: Address
    slow: Address


class Verifiers:
    """A verifier, its landmark, and the maker of the chips that it knows.

    Args:
        flaws: of the verifier. Those of the landmark are its own.
        landmark_key: of the landmark.
    """

    def __init__(self, flaws: Flaws, landmark_key: PublicKey) -> None:
        self._root = Authority.root(SigningKey.from_seed(fresh()), "root")
        self._manifest = Manifest()
        self._endorsements = Endorsements([self._root.certificate], self._manifest, flaws)
        self._serial = 1
        landmark = Landmark(
            landmark_id=LANDMARK_ID,
            public_key=landmark_key,
            latitude_deg=1.3,
            longitude_deg=103.8,
            clearance_km=CLEARANCE_KM,
        )
        self.verifier = Verifier(
            audience=AUDIENCE,
            endorsements=self._endorsements,
            landmarks=[landmark],
            policy=Policy(signing_allowance_ns=SIGNING_ALLOWANCE_NS),
            flaws=flaws,
        )

    def chip(self, key: SigningKey) -> Chip:
        """An enrolled chip with this key.

        Raises:
            KeyAlreadyEnrolled: the key is another chip's.
        """
        ueid = b"\x01" + fresh()[:16]
        self._serial += 1
        certificate = self._root.endorse(key.public_key, ueid, serial=self._serial)
        self._manifest.record(certificate, self._root.certificate)
        self._endorsements.enrol([certificate, self._root.certificate], date_s())
        claims = Claims(
            audience=AUDIENCE,
            issued_at_s=0,
            nonces=(),
            ueid=ueid,
            oemid=5703,
            hwmodel=b"GPU",
            oemboot=True,
            dbgstat=3,
            location=Location(latitude_deg=1.35, longitude_deg=103.87, accuracy_m=1000.0, timestamp_s=0),
            bootcount=1,
            intuse=1,
        )
        return Chip(key, claims)


async def plain_relay(flaws: Flaws, paths: Paths) -> Appraisal:
    """No attack on the protocol: the accomplice forwards, and the chip answers from where it is."""
    return await _attest(flaws, paths, paths.far)


async def presigned(flaws: Flaws, paths: Paths) -> Appraisal:
    """The chip chooses the nonces and signs its answers beforehand; the accomplice plays them back at once."""
    challenge, key = fresh(), SigningKey.from_seed(fresh())
    nonces = tuple(fresh() for _ in range(_PROPOSED))

    def play_back(attempt: ProverExchange, packet: bytes) -> bytes:
        attempt.respond(packet)  # for the transcript only
        seen = NoncePacket.decode(packet)
        chosen = NoncePacket(seen.session, seen.landmark_id, seen.index, nonces[seen.index])
        return answers[chosen.encode()]

    verifiers = Verifiers(flaws, paths.landmark_key)
    chip = verifiers.chip(SigningKey.from_seed(fresh()))
    session = session_id(challenge, chip.claims.ueid)
    chosen = [NoncePacket(session, LANDMARK_ID, index, nonce) for index, nonce in enumerate(nonces)]
    answers = {packet.encode(): Response.answer(packet, key).encode() for packet in chosen}
    peer = Peer(LANDMARK_ID, paths.landmark_key, paths.near)
    async with Prover(bind("127.0.0.1", 0), answer=play_back) as prover:
        record = await attest(prover, chip, [peer], challenge=challenge, session_key=key, nonces=nonces, patience=_PATIENCE)
    return record.appraise(verifiers.verifier)


async def reported_time(flaws: Flaws, paths: Paths) -> Appraisal:
    """The far chip reports that most of the round trip was its own processing."""
    reported_ns = round(2e6 * FAR_MS) - LOOKS_NS

    def answer(attempt: ProverExchange, packet: bytes) -> bytes:
        return attempt.respond(packet, reported_ns)

    return await _attest(flaws, paths, paths.far, answer=answer)


async def fast_signer(flaws: Flaws, paths: Paths) -> Appraisal:
    """The long-term key answers, at once, where the verifier takes off what signing takes on honest hardware."""
    key = SigningKey.from_seed(fresh())
    return await _attest(flaws, paths, paths.slow, key=key, session_key=key)


async def one_host(flaws: Flaws, paths: Paths) -> Appraisal:
    """The host at the declared site holds one key that is endorsed for two chips, both of which have been taken away."""
    verifiers, host = Verifiers(flaws, paths.landmark_key), SigningKey.from_seed(fresh())
    try:
        chips = [verifiers.chip(host) for _ in range(2)]
    except KeyAlreadyEnrolled as error:
        return refusal(error)
    peer = Peer(LANDMARK_ID, paths.landmark_key, paths.near)
    async with Prover(bind("127.0.0.1", 0)) as prover:
        records = [await attest(prover, chip, [peer], patience=_PATIENCE) for chip in chips]
    appraisals = [record.appraise(verifiers.verifier) for record in records]
    return next((one for one in appraisals if one.verdict is not Verdict.CLEARED), appraisals[-1])


Attack = Callable[[Flaws, Paths], Awaitable[Appraisal]]

ATTACKS: Mapping[str, Attack] = {
    "attester_chosen_nonce": presigned,
    "prover_reported_time_subtracted": reported_time,
    "long_term_key_signs_in_exchange": fast_signer,
    "one_key_per_host": one_host,
}
"""Name of each flaw -> the attack that it opens."""


async def _attest(
    flaws: Flaws,
    paths: Paths,
    address: Address,
    *,
    key: SigningKey | None = None,
    session_key: SigningKey | None = None,
    answer: Callable[[ProverExchange, bytes], bytes] = ProverExchange.respond,
) -> Appraisal:
    verifiers = Verifiers(flaws, paths.landmark_key)
    chip = verifiers.chip(key or SigningKey.from_seed(fresh()))
    peer = Peer(LANDMARK_ID, paths.landmark_key, address)
    async with Prover(bind("127.0.0.1", 0), answer=answer) as prover:
        record = await attest(prover, chip, [peer], session_key=session_key, patience=_PATIENCE)
    return record.appraise(verifiers.verifier)
