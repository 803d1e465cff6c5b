"""What the configuration files of landmark, prover and verifier hold, with the range of each key."""

from dataclasses import dataclass, fields

from ..appraisal import MAX_CLEARANCE_KM, MAX_LANDMARK_ID_CHARS, Landmark
from ..claims import MAX_ACCURACY_M, MAX_NONCES, Claims, Location, read_ueid
from ..endorsements import Endorsements
from ..errors import BadClaim
from ..flaws import Flaws
from ..keys import SigningKey
from ..manifest import Manifest
from ..measurement import MAX_BURST
from ..udp.datagrams import resolve
from ..udp.landmark import Limits
from ..udp.prover import Patience, Peer
from ..udp.record import Chip
from ..verifier import Policy, Verifier
from .files import read_certificates, read_private_key, read_public_key
from .settings import TEXT, Key, Reader

_FLAWS = tuple(one.name for one in fields(Flaws))
_MANY = 1_000_000

_ID = Key(str, 1, MAX_LANDMARK_ID_CHARS)
_HOST = Key(str, 1, 255, "127.0.0.1")
LANDMARK = {
    "landmark_id": _ID,
    "key": TEXT,
    "audience": TEXT,
    "host": _HOST,
    "port": Key(int, 0, 65535),
}
_defaults = Limits()
LIMITS = {
    "rounds": Key(int, 1, MAX_BURST, _defaults.rounds),
    "timeout_ms": Key(float, 1, 1000, _defaults.timeout_ms),
    "most_silent": Key(int, 1, MAX_BURST, _defaults.most_silent),
    "most_open": Key(int, 1, _MANY, _defaults.most_open),
    "most_refused": Key(int, 1, 1000, _defaults.most_refused),
    "linger_s": Key(float, 0, 60, _defaults.linger_s),
    "grace_s": Key(float, 0, 60, _defaults.grace_s),
    "requests_per_s": Key(float, 0.001, _MANY, _defaults.requests_per_s),
    "requests_burst": Key(float, 1, _MANY, _defaults.requests_burst),
    "host_per_s": Key(float, 0.001, _MANY, _defaults.host_per_s),
    "host_burst": Key(float, 1, _MANY, _defaults.host_burst),
    "key_per_s": Key(float, 0.001, _MANY, _defaults.key_per_s),
    "key_burst": Key(float, 1, _MANY, _defaults.key_burst),
    "most_remembered": Key(int, 1, _MANY, _defaults.most_remembered),
    "report_s": Key(float, 0.1, 3600, _defaults.report_s),
}
PROVER = {
    "host": _HOST,
    "port": Key(int, 0, 65535, 0),
    "silence_s": Key(float, 0.01, 60, Patience().silence_s),
    "requests": Key(int, 1, 100, Patience().requests),
    "at_once": Key(int, 1, MAX_NONCES, 1),
    "awake": Key(bool, 0, 1, False),
}
CHIP = {
    "key": TEXT,
    "chain": TEXT,
    "ueid": Key(str, 34, 66),
    "audience": TEXT,
    "oemid": Key(int, 0, (1 << 32) - 1),
    "hwmodel": Key(str, 1, 32),
    "hwversion": TEXT,
    "bootcount": Key(int, 0, (1 << 53) - 1),
    "dbgstat": Key(int, 2, 4),
    "intuse": Key(int, 1, 2, 1),
    "latitude_deg": Key(float, -90, 90),
    "longitude_deg": Key(float, -180, 180),
    "accuracy_m": Key(float, 0, MAX_ACCURACY_M),
}
ASKED = {"landmark_id": _ID, "key": TEXT, "host": Key(str, 1, 255), "port": Key(int, 1, 65535)}
TRUST = {"audience": TEXT, "root": TEXT}
TRUSTED = {
    "landmark_id": _ID,
    "key": TEXT,
    "latitude_deg": Key(float, -90, 90),
    "longitude_deg": Key(float, -180, 180),
    "clearance_km": Key(float, 0, MAX_CLEARANCE_KM),
}
POLICY = {
    "max_accuracy_m": Key(float, 0, MAX_ACCURACY_M, Policy().max_accuracy_m),
    "max_bracket_s": Key(float, 0, 3600, Policy().max_bracket_s),
    "max_ahead_s": Key(float, 0, 3600, Policy().max_ahead_s),
    "fewest_landmarks": Key(int, 1, MAX_NONCES, Policy().fewest_landmarks),
    "signing_allowance_ns": Key(int, 0, 10_000_000_000, 0),
}


@dataclass(frozen=True, kw_only=True)
class LandmarkConfiguration:
    """Who a landmark is, where it listens and what it allows."""

    landmark_id: str
    key: SigningKey
    audience: str
    host: str
    port: int
    limits: Limits
    flaws: Flaws


@dataclass(frozen=True, kw_only=True)
class ProverConfiguration:
    """What answers for a chip, from where, and the landmarks that it asks."""

    host: str
    port: int
    chip: Chip
    peers: tuple[Peer, ...]
    patience: Patience
    at_once: int
    awake: bool


def read_landmark(name: str) -> LandmarkConfiguration:
    """The configuration of `landmark`.

    Raises:
        InvalidArgument: a file cannot be read, or a key is missing, unknown or out of range.
    """
    reader = Reader(name)
    limits = reader.table(LIMITS, "limits")
    flaws = reader.texts("flaws", _FLAWS)
    said = reader.table(LANDMARK)
    reader.done({**LANDMARK, "limits": TEXT, "flaws": TEXT})
    key = read_private_key(reader.path(said.pop("key")))
    return LandmarkConfiguration(**said, key=key, limits=Limits(**limits), flaws=Flaws(**dict.fromkeys(flaws, True)))


def read_prover(name: str) -> ProverConfiguration:
    """The configuration of `prover`.

    Raises:
        InvalidArgument: as of `read_landmark`, or a host has no address.
    """
    reader = Reader(name)
    asked = reader.tables(ASKED, "landmarks", most=MAX_NONCES)
    chip = reader.table(CHIP, "chip")
    said = reader.table(PROVER)
    try:
        chip["ueid"] = read_ueid(bytes.fromhex(chip["ueid"] or ""))
    except (BadClaim, ValueError, TypeError):
        reader.complain(f"chip.ueid = {chip['ueid']!r}: 01 and 16 or 32 bytes in hexadecimal are due")
    reader.done({**PROVER, "chip": TEXT, "landmarks": TEXT})
    key = read_private_key(reader.path(chip.pop("key")))
    chain = tuple(read_certificates(reader.path(chip.pop("chain"))))
    place = Location(**{name: chip.pop(name) for name in ("latitude_deg", "longitude_deg", "accuracy_m")}, timestamp_s=0)
    chip |= {"hwmodel": chip["hwmodel"].encode(), "hwversion": (chip["hwversion"],)}
    claims = Claims(**chip, oemboot=True, issued_at_s=0, nonces=(), location=place)
    peers = tuple(
        Peer(
            one["landmark_id"],
            read_public_key(reader.path(one["key"]), "landmarks.key"),
            resolve(one["host"], one["port"]),
        )
        for one in asked
    )
    return ProverConfiguration(
        host=said["host"],
        port=said["port"],
        chip=Chip(key, claims, chain),
        peers=peers,
        patience=Patience(silence_s=said["silence_s"], requests=said["requests"]),
        at_once=said["at_once"],
        awake=said["awake"],
    )


def read_verifier(name: str) -> Verifier:
    """A verifier with the roots, landmarks and policy of a configuration file.

    It keeps no list of the certificates that were issued, and so cannot know what has been revoked.

    Raises:
        InvalidArgument: as of `read_landmark`.
    """
    reader = Reader(name)
    trusted = reader.tables(TRUSTED, "landmarks", most=1000)
    policy = reader.table(POLICY, "policy")
    flaws = Flaws(**dict.fromkeys(reader.texts("flaws", _FLAWS), True))
    said = reader.table(TRUST)
    reader.done({**TRUST, "landmarks": TEXT, "policy": TEXT, "flaws": TEXT})
    landmarks = [
        Landmark(
            landmark_id=one["landmark_id"],
            public_key=read_public_key(reader.path(one["key"]), "landmarks.key"),
            latitude_deg=one["latitude_deg"],
            longitude_deg=one["longitude_deg"],
            clearance_km=one["clearance_km"],
        )
        for one in trusted
    ]
    roots = read_certificates(reader.path(said["root"]))
    endorsements = Endorsements(roots, Manifest(complete=False), flaws)
    return Verifier(
        audience=said["audience"],
        endorsements=endorsements,
        landmarks=landmarks,
        policy=Policy(**policy),
        flaws=flaws,
    )
