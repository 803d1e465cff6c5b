"""`verify TOKEN`: check a chip's evidence under a key, or under the certificate chain that it carries.

With `--trust` it appraises a whole session that `prover` has written down.
"""

import argparse
import json
import sys

from ..appraisal import Verdict, refusal
from ..chain import validate_chain
from ..errors import BadX5chain, ChainKeyMismatch, Refused, UeidNotEndorsed, X5tMismatch
from ..keys import decode_public_key, key_id
from ..token import unseal
from ..token import verify as verify_token
from ..udp.record import Record
from .configuration import read_verifier
from .display import lines, plain
from .files import read_certificate, read_file, read_public_key, read_time, read_token
from .inspect import describe


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "verify",
        help="verify a chip's evidence",
        description="Verify a chip's evidence: form, signature and claims. Freshness is for the verifier that asked: this "
        "command has issued no challenge and keeps no manifest, so that a recording verifies as well.",
    )
    parser.add_argument(
        "token", metavar="TOKEN", help="file with the token, as bytes or in hexadecimal; - for standard input"
    )
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--key", metavar="PEM", help="public key of the chip")
    trust.add_argument("--root", metavar="PEM", help="root certificate of the vendor, for a token that carries its chain")
    trust.add_argument(
        "--trust", metavar="TOML", help="whom a verifier trusts, for a session that `prover` has written to a file"
    )
    parser.add_argument("--at", metavar="DATE", help="when the chain must be valid, in ISO 8601 (with --root)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run, usage_error=parser.error)


def run(options: argparse.Namespace) -> int:
    """Print the claims of a good token, or why it was refused."""
    if (options.root is None) != (options.at is None):
        options.usage_error("--root takes --at, and nothing else does")
    if options.trust is not None:
        return _appraise(options)
    token = read_token(options.token)
    try:
        if options.key is not None:
            verify_token(token, read_public_key(options.key))
        else:
            _verify_by_chain(token, read_certificate(options.root), read_time(options.at))
    except Refused as error:
        if options.json:
            print(json.dumps({"verified": False, "reason": error.reason, "detail": str(error)}))
        else:
            print(f"refused: {error.reason} ({error})", file=sys.stderr)
        return 1
    described, _ = describe(token)
    if options.json:
        print(json.dumps({"verified": True, **described}, indent=2))
    else:
        print("verified: form, signature and claims; who asked must judge whether it is fresh")
        print("\n".join(lines(described)))
    return 0


def _appraise(options: argparse.Namespace) -> int:
    """Print what a verifier concludes from the record of a session, as of its dates."""
    verifier = read_verifier(options.trust)
    try:
        record = Record.from_json(read_file(options.token))
        appraisal = record.appraise(verifier)
    except Refused as error:
        appraisal = refusal(error)
    described = {
        "verdict": appraisal.verdict.value,
        "reasons": list(appraisal.reasons),
        "detail": appraisal.detail,
        "ueid": plain(appraisal.ueid),
        "bounds": [
            {"landmark_id": one.landmark.landmark_id, "min_rtt_ns": one.rtt_ns, "radius_km": one.radius_km}
            for one in appraisal.bounds
        ],
        "unreported": list(appraisal.unreported),
    }
    if options.json:
        print(json.dumps(described, indent=2))
    else:
        print(f"{appraisal.verdict}" + "".join(f", {reason}" for reason in appraisal.reasons))
        for one in appraisal.bounds:
            print(f"within {one.radius_km:.1f} km of {one.landmark.landmark_id}, by {one.rtt_ns / 1e6:.3f} ms")
        if appraisal.detail:
            print(json.dumps(appraisal.detail))
        if appraisal.unreported:
            print(f"no measurement of {', '.join(appraisal.unreported)}")
        print("as of the dates on record, which are the word of whoever drew the challenges; revocations are not known here")
    return 1 if appraisal.verdict in (Verdict.INVALID, Verdict.CONTRADICTION) else 0


def _verify_by_chain(token: bytes, root: bytes, at_s: float) -> None:
    sealed = unseal(token)
    if not sealed.x5chain:
        raise BadX5chain("the token carries no certificates")
    endorsement = validate_chain(sealed.x5chain, [root], at_s)
    public_key = decode_public_key(endorsement.cose_key)
    if key_id(public_key) != sealed.kid:
        raise ChainKeyMismatch("the chain sent along is that of another key")
    if sealed.x5t not in (None, endorsement.x5t):
        raise X5tMismatch("the certificate digest is that of another certificate")
    claims = verify_token(token, public_key)
    if claims.ueid != endorsement.ueid:
        raise UeidNotEndorsed(f"{claims.ueid.hex()}, but the key is endorsed for {endorsement.ueid.hex()}")
