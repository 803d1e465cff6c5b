"""Many tokens on all cores: threads, since the library releases the interpreter's lock while it verifies a signature."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .claims import Claims, decode
from .errors import InvalidArgument, Refused
from .keys import PublicKey, algorithm_of
from .token import Sealed, unseal

_BATCH = 128  # tokens per task

Result = TypeVar("Result")


def verify_many(
    tokens: Sequence[bytes], public_keys: Sequence[PublicKey], *, threads: int | None = None
) -> list[Claims | Refused]:
    """Verify tokens, each under the key of the chip that is said to have made it.

    This is the part of an appraisal that costs; challenges, which must be redeemed one by one, come after it.

    Args:
        tokens: as received.
        public_keys: as many keys.
        threads: as many at once; by default, one for each core.

    Returns:
        For each token, in the same order, its claims or the refusal.

    Raises:
        InvalidArgument: not as many keys as tokens, or fewer than one thread.
    """
    if len(tokens) != len(public_keys):
        raise InvalidArgument(f"{len(tokens)} tokens, {len(public_keys)} keys")
    threads = os.cpu_count() or 1 if threads is None else threads
    if threads < 1:
        raise InvalidArgument(f"threads must be at least 1, not {threads}")
    pairs = list(zip(tokens, public_keys, strict=True))
    batches = [pairs[start : start + _BATCH] for start in range(0, len(pairs), _BATCH)]
    with ThreadPoolExecutor(threads) as pool:
        return [outcome for batch in pool.map(_verify_batch, batches) for outcome in batch]


def _verify_batch(batch: Sequence[tuple[bytes, PublicKey]]) -> list[Claims | Refused]:
    """What `token.verify` does, in three sweeps.

    Only the sweep over the signatures runs beside other threads. Were the steps taken token by token, threads would wait for
    each other at every turn; for P-256, whose signature is quick, two would be no faster than one.
    """
    keys = [public_key for _, public_key in batch]
    sealed = [_attempt(unseal, token) for token, _ in batch]
    payloads = [
        one if isinstance(one, Refused) else _attempt(_open, one, key) for one, key in zip(sealed, keys, strict=True)
    ]
    return [
        one if isinstance(one, Refused) else _attempt(_decode, one, key) for one, key in zip(payloads, keys, strict=True)
    ]


def _open(sealed: Sealed, public_key: PublicKey) -> bytes:
    return sealed.sign1.verify(public_key, algorithms=(algorithm_of(public_key),))


def _decode(payload: bytes, public_key: PublicKey) -> Claims:
    return decode(payload, algorithm_of(public_key))


def _attempt(step: Callable[..., Result], *arguments: object) -> Result | Refused:
    try:
        return step(*arguments)
    except Refused as error:
        return error
