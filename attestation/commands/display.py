"""Decoded values for people and for JSON."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TIMES = ("issued_at_s", "timestamp_s")


def plain(value: Any) -> Any:
    """A value as JSON has it: byte strings in hexadecimal, names as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def lines(described: Mapping[str, Any], indent: str = "") -> list[str]:
    """Names and plain values as aligned text, what is nested further to the right."""
    width = max((len(name) for name, value in described.items() if not isinstance(value, dict)), default=0)
    shown = []
    for name, value in described.items():
        if isinstance(value, dict):
            shown += [f"{indent}{_shown('', name)}", *lines(value, indent + "  ")]
        else:
            shown.append(f"{indent}{_shown('', name):<{width}}  {_shown(name, value)}")
    return shown


def _shown(name: str, value: object) -> str:
    if name.startswith(_TIMES) and type(value) is int:
        try:
            return f"{value} = {datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
        except (ValueError, OverflowError, OSError):  # no calendar goes that far
            return str(value)
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    return json.dumps(value)  # escapes what would move the cursor: a token may come from an enemy
