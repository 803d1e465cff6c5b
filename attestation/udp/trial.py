"""Everything that a trial on one machine takes, in a folder: fresh keys, certificates and configuration files.

One chip in Singapore, and landmarks there that it is to ask. Keys are drawn anew and readable by their owner only.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..algorithms import ED25519
from ..certificates import Authority
from ..errors import InvalidArgument
from ..keys import PublicKey, SigningKey
from .datagrams import Address, bind
from .sources import fresh

AUDIENCE = "verifier.example.org"
LATITUDE_DEG, LONGITUDE_DEG, CLEARANCE_KM = 1.3, 103.8, 1900.0


@dataclass(frozen=True)
class Trial:
    """The files of a trial.

    Attributes:
        landmarks: configuration of each landmark, in the order given.
        prover: configuration of the prover, which asks all of them.
        trust: what a verifier trusts.
    """

    landmarks: tuple[Path, ...]
    prover: Path
    trust: Path


def write_trial(
    folder: Path,
    landmarks: Sequence[tuple[str, Address]],
    *,
    prover_host: str = "127.0.0.1",
    algorithm: int = ED25519,
    limits: str = "",
    flaws: Sequence[str] = (),
    asked_at: Sequence[Address] = (),
) -> Trial:
    """Write the files of a trial into a folder that does not exist yet, or is empty.

    Args:
        folder: where.
        landmarks: identifier of each, and the address where it is to answer; port 0 takes one that is free now.
        prover_host: the chip's address.
        algorithm: of all keys.
        limits: lines of TOML for each landmark's `[limits]`.
        flaws: names of the flaws of the protocol; see `flaws.Flaws`.
        asked_at: where the prover asks the landmarks, if not where they answer: a path may lie between.

    Raises:
        InvalidArgument: the folder is not empty or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidArgument(f"{folder}: not empty")
        landmarks = [(name, address if address[1] else _free(address[0])) for name, address in landmarks]
        return _write(folder, landmarks, prover_host, algorithm, limits, list(flaws), asked_at)
    except OSError as error:
        raise InvalidArgument(f"{folder}: {error.strerror}") from error


def _write(
    folder: Path,
    landmarks: Sequence[tuple[str, Address]],
    prover_host: str,
    algorithm: int,
    limits: str,
    flaws: list[str],
    asked_at: Sequence[Address],
) -> Trial:
    root = Authority.root(SigningKey.from_seed(fresh(), algorithm), "Trial root")
    chip, ueid = SigningKey.from_seed(fresh(), algorithm), b"\x01" + fresh()[:16]
    certificate = root.endorse(chip.public_key, ueid, serial=2)
    _write_private(folder / "chip.key.pem", chip)
    (folder / "chip.chain.pem").write_bytes(_pem(certificate) + _pem(root.certificate))
    (folder / "root.pem").write_bytes(_pem(root.certificate))
    spelled = "[" + ", ".join(f'"{flaw}"' for flaw in flaws) + "]"
    configurations, asked, trusted = [], "", ""
    for (name, address), (host, port) in zip(landmarks, asked_at or [address for _, address in landmarks], strict=True):
        key = SigningKey.from_seed(fresh(), algorithm)
        _write_private(folder / f"{name}.key.pem", key)
        (folder / f"{name}.pem").write_bytes(_public_pem(key.public_key))
        configurations.append(folder / f"{name}.toml")
        configurations[-1].write_text(
            f'landmark_id = "{name}"\nkey = "{name}.key.pem"\naudience = "{AUDIENCE}"\n'
            f'host = "{address[0]}"\nport = {address[1]}\nflaws = {spelled}\n\n[limits]\n{limits}\n'
        )
        asked += f'\n[[landmarks]]\nlandmark_id = "{name}"\nkey = "{name}.pem"\nhost = "{host}"\nport = {port}\n'
        trusted += (
            f'\n[[landmarks]]\nlandmark_id = "{name}"\nkey = "{name}.pem"\n'
            f"latitude_deg = {LATITUDE_DEG}\nlongitude_deg = {LONGITUDE_DEG}\nclearance_km = {CLEARANCE_KM}\n"
        )
    (folder / "prover.toml").write_text(
        f'host = "{prover_host}"\nport = 0\n\n[chip]\nkey = "chip.key.pem"\nchain = "chip.chain.pem"\n'
        f'ueid = "{ueid.hex()}"\naudience = "{AUDIENCE}"\noemid = 5703\nhwmodel = "GPU"\nhwversion = "1"\n'
        f"bootcount = 1\ndbgstat = 3\nlatitude_deg = 1.35\nlongitude_deg = 103.87\naccuracy_m = 1000.0\n{asked}"
    )
    (folder / "trust.toml").write_text(f'audience = "{AUDIENCE}"\nroot = "root.pem"\nflaws = {spelled}\n{trusted}')
    return Trial(tuple(configurations), folder / "prover.toml", folder / "trust.toml")


def _free(host: str) -> Address:
    with bind(host, 0) as sock:
        return host, int(sock.getsockname()[1])


def _pem(certificate: bytes) -> bytes:
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


def _public_pem(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _write_private(path: Path, key: SigningKey) -> None:
    pem = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
