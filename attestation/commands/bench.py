"""`bench`: what strictness costs, as ratios to the bare cryptographic call measured in the same run.

Every figure is the least of many short rounds, and the rounds of all figures of a profile are interleaved: what else the
machine does raises single rounds, not the least.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ..algorithms import ECDSA
from ..bulk import verify_many
from ..claims import MAX_NONCES
from ..cose import sig_structure
from ..errors import InvalidArgument
from ..token import unseal, verify
from . import bench_batch
from .sample import ALGORITHMS, NOW_S, Sample, seed

_TOKENS = 64  # a round of each figure
_BULK_TOKENS = 1024


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("bench", help="measure issue, verify and appraisal beside the bare cryptographic call")
    parser.add_argument("--rounds", type=int, default=25, help="rounds of which the least counts (default: 25)")
    parser.add_argument(
        "--batch",
        type=int,
        metavar="K",
        help=f"measure one signature for K nonces beside one each instead, K from 2 to {MAX_NONCES}",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    if options.rounds < 1:
        raise InvalidArgument(f"--rounds must be at least 1, not {options.rounds}")
    if options.batch is not None and not 2 <= options.batch <= MAX_NONCES:
        raise InvalidArgument(f"--batch must be from 2 to {MAX_NONCES}, not {options.batch}")
    machine = {
        "python": platform.python_version(),
        "cryptography": version("cryptography"),
        "cores": os.cpu_count() or 1,
    }
    if options.batch is not None:
        batches = {
            name: bench_batch.measure(algorithm, options.batch, options.rounds, time.process_time)
            for name, algorithm in ALGORITHMS.items()
        }
        if options.json:
            print(json.dumps({"machine": machine, "size": options.batch, "profiles": batches}, indent=2))
        else:
            print("\n".join(bench_batch.table(batches, options.batch)))
        return 0
    measured = {name: _measure(algorithm, options.rounds) for name, algorithm in ALGORITHMS.items()}
    if options.json:
        print(json.dumps({"machine": machine, "profiles": measured}, indent=2))
        return 0
    print("Least time of a call in microseconds; in brackets, as a multiple of the bare cryptographic call.")
    heads = f"{'verify, bare':>14}{'verify':>16}{'appraise':>16}{'2 threads':>11}"
    print(f"{'profile':<9}{'token':>7}{'sign':>9}{'issue':>16}{heads}")
    for name, row in measured.items():
        print(
            f"{name:<9}{row['token_bytes']:>5} B{row['bare_sign_us']:>9.1f}"
            f"{row['issue_us']:>9.1f} ({row['issue_ratio']:.2f})"
            f"{row['bare_verify_us']:>14.1f}{row['verify_us']:>9.1f} ({row['verify_ratio']:.2f})"
            f"{row['appraise_us']:>9.1f} ({row['appraise_ratio']:.2f})"
            f"{row['threads_speedup']:>9.2f} x"
        )
    print("verify: from bytes to typed claims. appraise: the same with key look-up, endorsement, freshness and challenge.")
    return 0


def _measure(algorithm: int, rounds: int) -> dict[str, float]:
    sample = Sample.of(algorithm)
    key = sample.key
    nonces = [seed(f"nonce {number}") for number in range(_TOKENS)]
    tokens = [sample.token(nonce) for nonce in nonces]
    sign1s = [unseal(token).sign1 for token in tokens]
    messages = [sig_structure(sign1.protected, sign1.payload) for sign1 in sign1s]
    bare_sign, bare_verify = _bare_calls(sample, [sign1.signature for sign1 in sign1s], messages)
    verifier = sample.verifier()

    def appraise(number: int) -> None:
        verifier.appraise(tokens[number], NOW_S)

    def challenge_anew() -> None:
        verifier.ledger.forget(NOW_S + 1)
        for nonce in nonces:
            verifier.challenge(sample.claims.ueid, nonce, NOW_S)

    calls: Mapping[str, Callable[[int], object]] = {
        "bare_sign": bare_sign,
        "issue": lambda number: sample.token(nonces[number]),
        "bare_verify": bare_verify,
        "verify": lambda number: verify(tokens[number], key.public_key),
        "appraise": appraise,
    }
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        challenge_anew()
        for name, call in calls.items():
            least[name] = min(least[name], _time(call))
    result = {f"{name}_us": seconds * 1e6 for name, seconds in least.items()}
    return {
        "token_bytes": len(tokens[0]),
        **result,
        "issue_ratio": least["issue"] / least["bare_sign"],
        "verify_ratio": least["verify"] / least["bare_verify"],
        "appraise_ratio": least["appraise"] / least["bare_verify"],
        "threads_speedup": _threads_speedup(tokens, sample, min(rounds, 5)),
    }


def _bare_calls(
    sample: Sample, signatures: Sequence[bytes], messages: Sequence[bytes]
) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Sign and verify by the library alone, with keys loaded and signatures in the form that it takes."""
    private_key, public_key = sample.key.private_key, sample.key.public_key
    if isinstance(private_key, Ed25519PrivateKey) and isinstance(public_key, Ed25519PublicKey):
        ed25519_sign, ed25519_verify = private_key.sign, public_key.verify
        return (
            lambda number: ed25519_sign(messages[number]),
            lambda number: ed25519_verify(signatures[number], messages[number]),
        )
    assert not isinstance(private_key, Ed25519PrivateKey)
    assert not isinstance(public_key, Ed25519PublicKey)
    suite = ECDSA[sample.key.algorithm]
    half = suite.half_bytes
    der = [
        encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
        for signature in signatures
    ]
    ecdsa_sign, ecdsa_verify, scheme = private_key.sign, public_key.verify, suite.scheme
    return (
        lambda number: ecdsa_sign(messages[number], scheme),
        lambda number: ecdsa_verify(der[number], messages[number], scheme),
    )


def _threads_speedup(tokens: Sequence[bytes], sample: Sample, rounds: int) -> float:
    """How many times faster two threads verify a pile of tokens than one."""
    pile = [tokens[number % len(tokens)] for number in range(_BULK_TOKENS)]
    keys = [sample.key.public_key] * len(pile)
    least = {1: float("inf"), 2: float("inf")}
    for _ in range(rounds):
        for threads in least:
            start = time.perf_counter()
            verify_many(pile, keys, threads=threads)
            least[threads] = min(least[threads], time.perf_counter() - start)
    return least[1] / least[2]


def _time(call: Callable[[int], object]) -> float:
    """Seconds for one call, over a round of them."""
    start = time.perf_counter()
    for number in range(_TOKENS):
        call(number)
    return (time.perf_counter() - start) / _TOKENS
