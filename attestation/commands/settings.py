"""Configuration files: TOML in which every key is known, typed and within a range.

All that is wrong with a file is said at once, each with the key's path, the value given and what is allowed.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument

MAX_CONFIGURATION_BYTES = 1 << 20


@dataclass(frozen=True)
class Key:
    """A key of a configuration file.

    Attributes:
        kind: int, float, bool or str; an integer will do for a float.
        low: least value, or least number of characters.
        high: greatest.
        default: where the key is left out; None if it must not be.
    """

    kind: type
    low: float
    high: float
    default: float | str | None = None

    @property
    def allowed(self) -> str:
        """What may stand here, for people."""
        if self.kind is bool:
            return "true or false"
        if self.kind is str:
            return f"a text of {self.low:.0f} to {self.high:.0f} characters"
        return f"{'an integer' if self.kind is int else 'a number'} from {self.low:.10g} to {self.high:.10g}"

    def allows(self, value: object) -> bool:
        """Whether a value may stand here."""
        if self.kind is bool:
            return type(value) is bool
        if self.kind is str:
            return type(value) is str and self.low <= len(value) <= self.high
        if type(value) is not int and (self.kind is int or type(value) is not float):
            return False
        return math.isfinite(value) and self.low <= value <= self.high


TEXT = Key(str, 1, 255)
Table = Mapping[str, Key]


class Reader:
    """One file, read table by table; complaints are collected until `done`.

    Args:
        name: of the file.

    Raises:
        InvalidArgument: no such file, too long, or not TOML.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = Path(name).parent
        try:
            with open(name, "rb") as file:
                data = file.read(MAX_CONFIGURATION_BYTES + 1)
        except OSError as error:
            raise InvalidArgument(f"{name}: {error.strerror}") from error
        if len(data) > MAX_CONFIGURATION_BYTES:
            raise InvalidArgument(f"{name}: more than {MAX_CONFIGURATION_BYTES} bytes")
        try:
            self._said: dict[str, Any] = tomllib.loads(data.decode())
        except (ValueError, RecursionError) as error:
            raise InvalidArgument(f"{name}: not TOML: {error}") from error
        self._complaints: list[str] = []

    def table(self, keys: Table, name: str = "") -> dict[str, Any]:
        """The values of one table, the outermost if it has no name; a complaint for each that is not allowed."""
        said = self._said if not name else self._said.pop(name, {})
        if not isinstance(said, dict):
            self._complaints.append(f"{name} = {said!r}: a table is due")
            said = {}
        values = self._values(said, keys, f"{name}." if name else "")
        if name:
            self._refuse_rest(said, keys, f"{name}.")
        return values

    def tables(self, keys: Table, name: str, *, most: int) -> list[dict[str, Any]]:
        """The values of each table in an array of tables of 1 to `most`."""
        said = self._said.pop(name, None)
        if not isinstance(said, list) or not 1 <= len(said) <= most or not all(isinstance(item, dict) for item in said):
            self._complaints.append(f"[[{name}]]: 1 to {most} tables are due")
            return []
        found = []
        for number, item in enumerate(said):
            found.append(self._values(item, keys, f"{name}[{number}]."))
            self._refuse_rest(item, keys, f"{name}[{number}].")
        return found

    def texts(self, name: str, choices: Sequence[str]) -> list[str]:
        """An optional array of texts out of a choice."""
        said = self._said.pop(name, [])
        if not isinstance(said, list) or not all(item in choices for item in said):
            self._complaints.append(f"{name} = {said!r}: an array of texts out of {', '.join(choices)} is due")
            return []
        return said

    def complain(self, complaint: str) -> None:
        """Note something else that is wrong."""
        self._complaints.append(complaint)

    def path(self, value: str) -> str:
        """A file named in the configuration: relative names are relative to its folder."""
        return str(self.folder / value)

    def done(self, keys: Table) -> None:
        """All tables have been read.

        Args:
            keys: of the outermost table.

        Raises:
            InvalidArgument: something was wrong; all of it is in the message.
        """
        self._refuse_rest(self._said, keys, "")
        if self._complaints:
            raise InvalidArgument(f"{self.name}: " + "; ".join(self._complaints))

    def _values(self, said: Mapping[str, Any], keys: Table, where: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, key in keys.items():
            value = said.get(name, key.default)
            if value is None:
                self._complaints.append(f"{where}{name} is missing: {key.allowed} is due")
            elif not key.allows(value):
                self._complaints.append(f"{where}{name} = {value!r}: {key.allowed} is due")
            values[name] = float(value) if key.kind is float and type(value) is int else value
        return values

    def _refuse_rest(self, said: Mapping[str, Any], keys: Table, where: str) -> None:
        for name in said:
            if name not in keys:
                self._complaints.append(f"{where}{name} is no key of this file; known: {', '.join(keys)}")
