"""`fuzz`: spoil good tokens in a million ways and see that each is refused, by name.

Two kinds of mutants. *Tampered* ones are changed after they were signed: none may be accepted whose protected header,
payload or key differs. What remains is equivalent: the other spelling of an ECDSA signature, s -> n - s, and another
certificate chain in the unprotected header, which no signature covers. Of two equivalent tokens only one may ever count.
*Resigned* mutants are changed before, and signed by the right key again: whatever is accepted must be read alike by the
quick reader of claims and by the plain one, and be the only spelling of what was read. Nothing but the package's own
errors may escape from either.

With `--reports` it is a GPU's measurement report that is spoilt: see `fuzz_reports`.

The mutants follow from the seed alone; the time limit only cuts their sequence short.
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from .. import cbor, cose
from ..algorithms import ECDSA
from ..appraisal import Verdict
from ..claims import Claims, claim_set
from ..errors import InvalidArgument, LocationAfterIssue, Refused
from ..token import CWT_TAG, issue, unseal, verify
from .fuzz_reports import fuzz_reports
from .mutants import Report, spoil
from .sample import ALGORITHMS, NOW_S, Sample, seed

_NONCE = seed("nonce")
_SHOWN = 5  # failures printed
_RESIGNED_SHARE, _HEADER_SHARE, _TWIN_SHARE, _CHAINED_SHARE = 0.2, 0.2, 0.005, 0.02


Target = Callable[[int, int, Callable[[], bool]], Report]
"""How many mutants, their seed, and whether time is up -> what came of them."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    parser = commands.add_parser("fuzz", help="spoil good tokens and see that each is refused by name")
    parser.add_argument("--reports", action="store_true", help="spoil a GPU's measurement report instead of tokens")
    parser.add_argument("--mutants", type=int, default=100_000, help="how many, over all profiles (default: 100000)")
    parser.add_argument("--seconds", type=float, default=600.0, help="time limit (default: 600)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutants (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fuzz, print a report, and return 1 if anything was wrong."""
    if options.mutants < 1 or not options.seconds > 0:
        raise InvalidArgument("--mutants and --seconds must be above 0")
    targets: dict[str, Target] = {name: partial(fuzz, algorithm) for name, algorithm in ALGORITHMS.items()}
    if options.reports:
        targets = {"report": fuzz_reports}
    share = -(-options.mutants // len(targets))
    reports: dict[str, Report] = {}
    start = time.monotonic()
    for name, target in targets.items():
        until = start + options.seconds * (len(reports) + 1) / len(targets)
        reports[name] = target(share, options.seed, partial(_past, until))
    failures = [f"{name}: {failure}" for name, report in reports.items() for failure in report.failures]
    if options.json:
        rows = {name: {**vars(report), "refused": dict(report.refused)} for name, report in reports.items()}
        print(json.dumps(rows, indent=2))
        return 1 if failures else 0
    print(
        f"{'profile':<9}{'tampered':>10}{'accepted':>10}{'equivalent':>12}{'resigned':>10}{'well-formed':>13}{'reasons':>9}"
    )
    for name, report in reports.items():
        print(
            f"{name:<9}{report.tampered:>10}{report.accepted:>10}{report.equivalent:>12}"
            f"{report.resigned:>10}{report.well_formed:>13}{len(report.refused):>9}"
        )
    done = sum(report.tampered + report.resigned for report in reports.values())
    print(f"{done} mutants in {time.monotonic() - start:.0f} s, {len(failures)} failures")
    for failure in failures[:_SHOWN]:
        print(f"FAILED {failure}")
    return 1 if failures else 0


def fuzz(algorithm: int, mutants: int, mutant_seed: int, expired: Callable[[], bool] = lambda: False) -> Report:
    """Try mutants of one profile's tokens until there have been enough or time is up.

    Args:
        algorithm: of the profile.
        mutants: how many.
        mutant_seed: the mutants follow from it.
        expired: whether to stop, asked now and then.
    """
    sample, other = Sample.of(algorithm), Sample.of(algorithm, "other")
    good = [sample.token(_NONCE), issue(_rich(sample), sample.key, x5t=seed("x5t"))]
    chained = issue(replace(sample.claims, nonces=(_NONCE,)), sample.key, x5chain=sample.chain)
    donors = [*good, chained, other.token(_NONCE), sample.token(seed("another"))]
    generator = random.Random(f"{mutant_seed} {algorithm}")
    report = Report()
    for number in range(mutants):
        if number % 256 == 0 and expired():
            break
        token = chained if generator.random() < _CHAINED_SHARE else generator.choice(good)
        if generator.random() < _RESIGNED_SHARE:
            _try_resigned(token, sample, generator, report)
        else:
            _try_tampered(token, sample, donors, generator, report)
    return report


def _past(moment: float) -> bool:
    return time.monotonic() >= moment


def _rich(sample: Sample) -> Claims:
    """Claims of every kind."""
    return replace(
        sample.claims,
        nonces=(seed("one of two"), seed("two of two")),
        token_id=seed("token")[:16],
        session_key=sample.key.cose_key,
        evidence_digests=(("gpu0", seed("evidence")),),
        measurements=((10571, b"measured"),),
    )


def _try_tampered(token: bytes, sample: Sample, donors: list[bytes], generator: random.Random, report: Report) -> None:
    algorithm = sample.key.algorithm
    twin = algorithm in ECDSA and generator.random() < _TWIN_SHARE
    mutant = _twin(token, algorithm) if twin else spoil(token, donors, generator)
    if mutant in donors:  # no mutant, or spliced into another good token
        return
    report.tampered += 1
    if not isinstance(_read(mutant, sample, report), Claims):
        return
    signed = _signed_parts(mutant)
    original = next((donor for donor in donors if _signed_parts(donor) == signed), None)
    if original is None:
        report.accepted += 1
        report.failures.append(f"accepted {mutant.hex()}")
        return
    report.equivalent += 1
    _check_that_one_counts(original, mutant, sample, report)


def _try_resigned(token: bytes, sample: Sample, generator: random.Random, report: Report) -> None:
    report.resigned += 1
    sign1 = unseal(token).sign1
    protected, payload = sign1.protected, sign1.payload
    if generator.random() < _HEADER_SHARE:
        protected = spoil(protected, [protected], generator)
    else:
        payload = spoil(payload, [payload], generator)
    signature = sample.key.sign(cose.sig_structure(protected, payload))
    mutant = CWT_TAG + cose.TAG + cbor.dumps([protected, dict(sign1.unprotected), payload, signature])
    outcome = _read(mutant, sample, report)
    if isinstance(outcome, Claims):
        report.well_formed += 1
        if not (_is_deterministic(protected) and _is_deterministic(payload)):
            report.failures.append(f"another spelling was accepted: {mutant.hex()}")
    if protected == sign1.protected and not isinstance(outcome, LocationAfterIssue):
        try:
            plainly = claim_set(sample.key.algorithm).read(cbor.loads(payload))
        except Refused:
            plainly = None
        if (outcome if isinstance(outcome, Claims) else None) != plainly:
            report.failures.append(f"the two readers disagree on {mutant.hex()}")


def _is_deterministic(data: bytes) -> bool:
    try:
        return cbor.dumps(cbor.loads(data)) == data
    except Refused:
        return False


def _read(mutant: bytes, sample: Sample, report: Report) -> Claims | Refused | None:
    """The claims of a mutant or its refusal, which is counted; None for any other exception, which is a failure."""
    try:
        return verify(mutant, sample.key.public_key)
    except Refused as error:
        report.refused[error.reason] += 1
        return error
    except Exception as error:  # the very thing that is looked for
        report.failures.append(f"{type(error).__name__} ({error}) escaped for {mutant.hex()}")
        return None


def _twin(token: bytes, algorithm: int) -> bytes:
    """The same token with the other signature that ECDSA allows."""
    half, order = ECDSA[algorithm].half_bytes, ECDSA[algorithm].order
    return token[:-half] + (order - int.from_bytes(token[-half:], "big")).to_bytes(half, "big")


def _signed_parts(token: bytes) -> tuple[bytes, bytes] | None:
    try:
        sign1 = unseal(token).sign1
    except Refused:
        return None
    return sign1.protected, sign1.payload


def _check_that_one_counts(original: bytes, equivalent: bytes, sample: Sample, report: Report) -> None:
    """Whichever comes first, only one of two equivalent tokens is accepted; the original is, if it comes first."""
    nonces = verify(original, sample.key.public_key).nonces
    if len(nonces) != 1:
        return  # no answer to a bare challenge
    for tokens in ((original, equivalent), (equivalent, original)):
        verifier = sample.verifier()
        verifier.challenge(sample.claims.ueid, nonces[0], NOW_S)
        accepted = [verifier.appraise(token, NOW_S).verdict is not Verdict.INVALID for token in tokens]
        if all(accepted) or (tokens[0] == original and not accepted[0]):
            report.failures.append(f"accepted {accepted} of two equivalent tokens: {equivalent.hex()}")
