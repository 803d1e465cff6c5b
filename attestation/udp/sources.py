"""Clock and chance of the UDP layer. The rest of the package gets both passed in.

Round trips are measured on the monotonic clock, which nobody can set back; the date goes into tokens and logs only.
"""

import secrets
import time

from ..claims import NONCE_BYTES


def monotonic_ns() -> int:
    """The clock that measures, in ns from an arbitrary start."""
    return time.monotonic_ns()


def date_ns() -> int:
    """ns since 1970: the clock in which the kernel stamps datagrams."""
    return time.time_ns()


def date_s() -> float:
    """Seconds since 1970."""
    return time.time()


def pause(seconds: float) -> None:
    """Do nothing for a time."""
    time.sleep(seconds)


def fresh() -> bytes:
    """32 unpredictable bytes: a nonce, a challenge, or the seed of a session key."""
    return secrets.token_bytes(NONCE_BYTES)
