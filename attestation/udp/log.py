"""Structured logs: one JSON object a line, on standard error.

What strangers can cause without limit is counted and logged in sums, so that a flood of packets is no flood of lines.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from .sources import date_s

Log = Callable[..., None]
"""Takes the name of an event and, by name, what is to be said of it."""


def to_stderr(event: str, **said: object) -> None:
    """Write an event with the date, in UTC."""
    date = datetime.fromtimestamp(date_s(), UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"time": date, "event": event, **said}, default=bytes.hex), file=sys.stderr, flush=True)


def nowhere(event: str, **said: object) -> None:
    """Say nothing."""
