"""Many tokens on all cores: threads, since the library releases the interpreter's lock while it verifies a signature."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from .claims import Claims
from .errors import InvalidArgument, Refused
from .keys import PublicKey
from .token import verify

_BATCH = 64  # tokens per task: handing a task to a thread costs about as much as one token


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
    return [_verify_one(token, public_key) for token, public_key in batch]


def _verify_one(token: bytes, public_key: PublicKey) -> Claims | Refused:
    try:
        return verify(token, public_key)
    except Refused as error:
        return error
