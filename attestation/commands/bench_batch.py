"""`bench --batch`: what one signature for many nonces saves, at either end.

A chip answers K challenges, and a verifier appraises the answers, in five ways: a token for each; one token that lists all
nonces; one with the root of a tree over them, for a verifier that has issued them all and builds the tree itself; the same
with a proof for each, checked together; and with a proof for each, checked by K landmarks of which each knows its own
nonce alone and so verifies the signature again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..appraisal import Verdict
from ..batch import Tree
from ..token import issue
from ..verifier import Verifier
from .sample import NOW_S, Sample, seed

SINGLY = "one signature each"
"""The way with which the others are compared."""


class _Way(NamedTuple):
    """How a chip makes its messages, token first, and how they are appraised."""

    make: Callable[[], list[bytes]]
    check: Callable[[Verifier, list[bytes]], None]


def measure(algorithm: int, size: int, rounds: int, clock: Callable[[], float]) -> dict[str, dict[str, float]]:
    """Time and bytes of each way, for one attestation of the batch.

    Args:
        algorithm: of the profile.
        size: nonces in the batch, 2 to 72.
        rounds: of which the least time counts.
        clock: processor time in s: a round over K signatures is too long to slip through between other processes.

    Returns:
        By way: `make_us`, `check_us` and `both_us` in microseconds, `ratio` of the last to one signature each, and
        `sent_bytes`.
    """
    sample = Sample.of(algorithm)
    nonces = [seed(f"nonce {number}") for number in range(size)]
    ways = _ways(sample, nonces)
    make_s, check_s = dict.fromkeys(ways, float("inf")), dict.fromkeys(ways, float("inf"))
    sent = dict.fromkeys(ways, 0)
    for _ in range(rounds):
        for name, way in ways.items():
            verifier = sample.verifier()
            for nonce in nonces:
                verifier.challenge(sample.claims.ueid, nonce, NOW_S)
            start = clock()
            messages = way.make()
            made = clock()
            way.check(verifier, messages)
            checked = clock()
            make_s[name], check_s[name] = min(make_s[name], made - start), min(check_s[name], checked - made)
            sent[name] = sum(map(len, messages))
    singly_s = make_s[SINGLY] + check_s[SINGLY]
    return {
        name: {
            "make_us": make_s[name] / size * 1e6,
            "check_us": check_s[name] / size * 1e6,
            "both_us": (make_s[name] + check_s[name]) / size * 1e6,
            "ratio": (make_s[name] + check_s[name]) / singly_s,
            "sent_bytes": sent[name] / size,
        }
        for name in ways
    }


def table(measured: Mapping[str, Mapping[str, Mapping[str, float]]], size: int) -> list[str]:
    """The figures of all profiles as lines of text."""
    lines = [f"K = {size}: least processor time in microseconds, and bytes sent, for one attestation of the batch."]
    lines.append(f"{'profile':<9}{'answer':<27}{'made':>9}{'checked':>9}{'both':>9}{'ratio':>8}{'sent':>8}")
    for profile, ways in measured.items():
        lines += [
            f"{profile:<9}{name:<27}{row['make_us']:>9.1f}{row['check_us']:>9.1f}{row['both_us']:>9.1f}"
            f"{row['ratio']:>8.3f}{row['sent_bytes']:>6.0f} B"
            for name, row in ways.items()
        ]
    return lines


def _ways(sample: Sample, nonces: Sequence[bytes]) -> dict[str, _Way]:
    def singly() -> list[bytes]:
        return [sample.token(nonce) for nonce in nonces]

    def listed() -> list[bytes]:
        return [issue(replace(sample.claims, nonces=tuple(nonces)), sample.key)]

    def root() -> list[bytes]:
        return [sample.token(Tree.of(nonces).nonce)]

    def with_proofs() -> list[bytes]:
        tree = Tree.of(nonces)
        return [sample.token(tree.nonce), *(tree.proof(index).encode() for index in range(len(nonces)))]

    def check_singly(verifier: Verifier, messages: list[bytes]) -> None:
        for token in messages:
            assert verifier.appraise(token, NOW_S).verdict is not Verdict.INVALID

    def check_nonces(verifier: Verifier, token: bytes, due: tuple[bytes, ...]) -> None:
        evidence = verifier.authenticate(token, NOW_S)
        assert evidence.claims.nonces == due
        verifier.accept(evidence, nonces, NOW_S)

    def check_together(verifier: Verifier, messages: list[bytes]) -> None:
        proofs = dict(zip(nonces, messages[1:], strict=True))
        assert verifier.appraise_batch(messages[0], proofs, NOW_S).verdict is not Verdict.INVALID

    def check_apart(verifier: Verifier, messages: list[bytes]) -> None:
        for nonce, proof in zip(nonces, messages[1:], strict=True):
            assert verifier.appraise_batch(messages[0], {nonce: proof}, NOW_S).verdict is not Verdict.INVALID

    return {
        SINGLY: _Way(singly, check_singly),
        "a list of nonces": _Way(listed, lambda verifier, sent: check_nonces(verifier, sent[0], tuple(nonces))),
        "a root": _Way(root, lambda verifier, sent: check_nonces(verifier, sent[0], (Tree.of(nonces).nonce,))),
        "a root, proofs together": _Way(with_proofs, check_together),
        "a root, each proof alone": _Way(with_proofs, check_apart),
    }
