"""`inspect TOKEN`: what a token says, for people. Nothing is verified, and the output says so."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from .. import cbor, claims, cose, ear, measurement
from ..algorithms import ED25519, ESP256, ESP384
from ..claimset import EAT_PROFILE, ClaimSet
from ..errors import Refused
from ..token import Sealed, unseal
from .display import lines, plain
from .files import read_token

_ALGORITHMS = {ESP384: "ESP384", ESP256: "ESP256", ED25519: "Ed25519"}
_KINDS: Mapping[str, tuple[str, ClaimSet[Any]]] = {
    **{profile: ("chip location evidence", claims.claim_set(algorithm)) for algorithm, profile in claims.PROFILES.items()},
    **{
        profile: ("landmark measurement", measurement.claim_set(algorithm))
        for algorithm, profile in measurement.MEASUREMENT_PROFILES.items()
    },
    ear.EAR_PROFILE: ("attestation result", ear.RESULT_CLAIMS),
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("inspect", help="show what a token says, without verifying it")
    parser.add_argument(
        "token", metavar="TOKEN", help="file with the token, as bytes or in hexadecimal; - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the token."""
    described, refusal = describe(read_token(options.token))
    if options.json:
        print(json.dumps({**described, "refused": refusal}, indent=2))
    else:
        print("\n".join(lines(described)))
        print(f"\nrefused: {refusal}" if refusal else "\nin its profile's form; the signature has not been checked")
    return 1 if refusal else 0


def describe(token: bytes) -> tuple[dict[str, Any], str | None]:
    """What a token says, as nested names and values, and why a verifier would refuse it whatever the key, if it would.

    As much is described as can be read: a token out of form is what one inspects.
    """
    described: dict[str, Any] = {"bytes": len(token)}
    try:
        sealed = unseal(token)
        described |= _describe_header(sealed)
        payload = cbor.loads(sealed.sign1.payload)
    except Refused as error:
        return described, f"{error.reason} ({error})"
    if not isinstance(payload, dict):
        return {**described, "payload": plain(payload)}, "bad_payload (not a map of claims)"
    profile = payload.get(EAT_PROFILE)
    if not isinstance(profile, str) or profile not in _KINDS:
        return {**described, "claims": plain(payload)}, f"wrong_profile ({profile!r} is not known)"
    kind, claim_set = _KINDS[profile]
    described = {"kind": kind, "profile": profile, **described, "claims": _named(payload, claim_set)}
    try:
        claim_set.decode(sealed.sign1.payload)
    except Refused as error:
        return described, f"{error.reason} ({error})"
    return described, None


def _describe_header(sealed: Sealed) -> dict[str, Any]:
    algorithm = sealed.sign1.header[cose.ALG]
    header: dict[str, Any] = {
        "algorithm": f"{algorithm} {_ALGORITHMS.get(algorithm, 'not of a profile')}",  # type: ignore[call-overload]
        "key_id": sealed.kid.hex(),
    }
    if sealed.x5t is not None:
        header["certificate_sha256"] = sealed.x5t.hex()
    if sealed.x5chain:
        header["certificates"] = [f"{len(certificate)} bytes" for certificate in sealed.x5chain]
    return {**header, "signature": f"{len(sealed.sign1.signature)} bytes"}


def _named(labels: Mapping[Any, object], claim_set: ClaimSet[Any]) -> dict[str, Any]:
    """Labels as names with the number behind."""
    named: dict[str, Any] = {}
    for label, value in labels.items():
        claim = claim_set.claim(label)
        if label == EAT_PROFILE:
            continue
        if claim is None:
            named[f"unknown ({label!r})"] = plain(value)
        elif claim.members is not None and isinstance(value, dict):
            named[f"{claim.field} ({label})"] = _named(value, claim.members)
        else:
            named[f"{claim.field} ({label})"] = plain(value)
    return named
