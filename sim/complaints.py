"""Messages about what is wrong with a user's input: the key's path, the value given, what is allowed."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line per problem: the key's path, the value given, what is allowed."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        given, message = problem["input"], problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            siblings = _keys_beside(model, problem["loc"])
            message = f"unknown key{did_you_mean(str(problem['loc'][-1]), siblings)}"
        elif problem["type"] == "model_type":
            message = f"must be a section with the keys {', '.join(_keys_beside(model, (*problem['loc'], '')))}"
            lines.append(f"{key} = {given!r}: {message}")
            continue
        elif problem["type"] == "missing":
            lines.append(f"{key}: missing")
            continue
        elif not key:
            lines.append(message)
            continue
        lines.append(f"{key} = {given!r}: {_allowed(model, problem['loc'], message)}")
    return "\n".join(lines)


def _allowed(model: type[BaseModel], location: tuple[int | str, ...], message: str) -> str:
    """The message, with the full range of the key if it has one."""
    field = _field(model, location)
    if field is None:
        return message
    limits = {type(limit).__name__: limit for limit in field.metadata}
    low = next((f"{symbol} {getattr(limits[kind], side):g}" for kind, side, symbol in _LOWER if kind in limits), "")
    high = next((f"{symbol} {getattr(limits[kind], side):g}" for kind, side, symbol in _UPPER if kind in limits), "")
    text = " and ".join(part for part in (low, high) if part)
    return f"{message[:1].lower()}{message[1:]}; allowed {text}" if text else f"{message[:1].lower()}{message[1:]}"


_LOWER = (("Ge", "ge", ">="), ("Gt", "gt", ">"))
_UPPER = (("Le", "le", "<="), ("Lt", "lt", "<"))


def _field(model: type[BaseModel], location: tuple[int | str, ...]) -> Any:
    field = None
    for part in location:
        fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        field = fields.get(str(part))
        if field is None:
            return None
        model = field.annotation  # type: ignore[assignment]
    return field


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    parent = _field(model, location[:-1]) if len(location) > 1 else None
    inner = parent.annotation if parent is not None else model
    return list(inner.model_fields) if isinstance(inner, type) and issubclass(inner, BaseModel) else []


def did_you_mean(name: str, options: Any) -> str:
    """The nearest of some names to one that is unknown, or all of them, ready to be added to a message."""
    names = [str(option) for option in options]
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; allowed: {', '.join(names)}" if names else ""
