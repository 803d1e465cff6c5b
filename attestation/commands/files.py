"""Reading tokens, keys and certificates that a user names."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, load_pem_public_key

from ..errors import InvalidArgument, WrongKeyType
from ..keys import PublicKey, SigningKey, algorithm_of


def read_token(name: str) -> bytes:
    """A token from a file, or from standard input for `-`; as bytes, or as text in hexadecimal.

    Raises:
        InvalidArgument: no such file.
    """
    data = read_file(name)
    try:
        return bytes.fromhex(data.decode("ascii"))
    except ValueError:
        return data


def read_file(name: str) -> bytes:
    """What stands in a file, or comes from standard input for `-`.

    Raises:
        InvalidArgument: no such file.
    """
    return sys.stdin.buffer.read() if name == "-" else read_bytes(name)


def read_public_key(name: str, option: str = "--key") -> PublicKey:
    """A public key of a kind that profiles use, from a PEM file that an option or key of a configuration names.

    Raises:
        InvalidArgument: no such file, or no such key in it.
    """
    data = read_bytes(name)
    try:
        key = load_pem_public_key(data)
        algorithm_of(key)
    except (ValueError, UnsupportedAlgorithm, WrongKeyType) as error:
        raise InvalidArgument(f"{option} {name}: not a public key on P-384, P-256 or Ed25519 in PEM") from error
    return key  # type: ignore[return-value]  # one of the three kinds, by `algorithm_of`


def read_private_key(name: str) -> SigningKey:
    """A key pair of a kind that profiles use, from a PEM file without a password.

    Raises:
        InvalidArgument: no such file, or no such key in it.
    """
    data = read_bytes(name)
    try:
        return SigningKey(load_pem_private_key(data, password=None))  # type: ignore[arg-type]  # it refuses others
    except (ValueError, TypeError, UnsupportedAlgorithm, WrongKeyType) as error:
        raise InvalidArgument(f"{name}: not a private key on P-384, P-256 or Ed25519 in PEM, without a password") from error


def read_certificates(name: str) -> list[bytes]:
    """One or several certificates in DER from a PEM file, in their order.

    Raises:
        InvalidArgument: no such file, or no certificate in it.
    """
    data = read_bytes(name)
    try:
        return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(data)]
    except ValueError as error:
        raise InvalidArgument(f"{name}: no certificates in PEM") from error


def read_certificate(name: str) -> bytes:
    """A certificate in DER from a PEM file.

    Raises:
        InvalidArgument: no such file, or no certificate in it.
    """
    data = read_bytes(name)
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise InvalidArgument(f"--root {name}: not a certificate in PEM") from error


def read_time(text: str) -> float:
    """Seconds since 1970 of a date, or of a date and time, in ISO 8601; UTC unless it says otherwise.

    Raises:
        InvalidArgument: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(f"--at {text}: not a date such as 2027-01-31 or 2027-01-31T12:00:00Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read_bytes(name: str) -> bytes:
    """A file as it is.

    Raises:
        InvalidArgument: no such file.
    """
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidArgument(f"{name}: {error.strerror}") from error
