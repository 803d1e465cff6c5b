"""Manifests read again: checked, and held against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim.output import MANIFEST, UNFINISHED
from sim.provenance import SCHEMA, file_digest

FIELDS: dict[str, type] = {
    "id": str,
    "question": str,
    "scenario": dict,
    "seed": int,
    "runs": int,
    "quick": bool,
    "parameters": dict,
    "software": dict,
    "code_sha256": dict,
    "data_sha256": dict,
    "environment": dict,
    "files": dict,
}
KINDS = {str: "a text", dict: "an object", int: "a whole number", bool: "true or false", list: "a list"}


class ManifestError(Exception):
    """A manifest, or a folder of results, cannot be read."""


class Change(NamedTuple):
    """Something that was otherwise when a result was made.

    Attributes:
        what: in words.
        then, now: what it was and is; None: it was not, or is not, there.
        telling: whether numbers may differ because of it.
    """

    what: str
    then: Any
    now: Any
    telling: bool = True

    def __str__(self) -> str:
        return f"{self.what}: {_shown(self.then)} then, {_shown(self.now)} now"


def read_manifest(place: Path) -> tuple[dict[str, Any], Path]:
    """The manifest at a path, or of the results in a folder; and that folder.

    Raises:
        ManifestError: there is none, or it is not one of `SCHEMA`.
    """
    path = place / MANIFEST if place.is_dir() else place
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(_nothing_at(path, place)) from None
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ManifestError(f"{path}: not JSON: {error}") from None
    _check(content, path)
    return content, path.parent


def _nothing_at(path: Path, place: Path) -> str:
    if (place / UNFINISHED).is_dir():
        return f"{place}: the study is not finished, and has no {MANIFEST}; the command that began it goes on from there"
    return (
        f"{path}: there is no such file" if path == place or place.is_dir() else f"{place}: there is no such file or folder"
    )


def _check(content: Any, path: Path) -> None:
    if not isinstance(content, dict) or "schema" not in content:
        raise ManifestError(f"{path}: not a manifest of results; it has no schema")
    if content["schema"] != SCHEMA:
        made_by = content.get("software") if isinstance(content.get("software"), dict) else {}
        commit = f", with commit {made_by['commit']}" if made_by and made_by.get("commit") else ""
        raise ManifestError(f"{path}: schema {content['schema']!r}, made by another version{commit}; allowed: {SCHEMA}")
    for name, kind in FIELDS.items():
        if name not in content:
            raise ManifestError(f"{path}: {name} is missing")
        if not isinstance(content[name], kind) or (kind is int and isinstance(content[name], bool)):
            raise ManifestError(f"{path}: {name} = {content[name]!r:.80} is not {KINDS[kind]}")
    for name, about in content["files"].items():
        if Path(name).name != name or not (isinstance(about, dict) and isinstance(about.get("sha256"), str)):
            raise ManifestError(f"{path}: files.{name} is not the name of a file with its sha256")


def flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as dotted keys with their values, in order."""
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Dotted keys whose values differ, with both; None where there is none."""
    before, after = dict(flat(then)), dict(flat(now))
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs in how two results were made, by their manifests."""
    found = [Change(f"scenario, {key}", *values) for key, *values in differing(then["scenario"], now["scenario"])]
    others_then, others_now = (
        {policy["name"]: policy for policy in one.get("beside", ()) if isinstance(policy, dict) and "name" in policy}
        for one in (then, now)
    )
    found += [Change(f"policy {key}", *values) for key, *values in differing(others_then, others_now)]
    found += [Change(key, then.get(key), now.get(key)) for key in ("seed", "runs", "draws") if then.get(key) != now.get(key)]
    found += [Change(f"design, {key}", *values) for key, *values in differing(then.get("design", {}), now.get("design", {}))]
    found += [Change(f"parameter {key}", *values) for key, *values in differing(then["parameters"], now["parameters"])]
    found += [
        Change(f"data file {name}", *_digests(then["data_sha256"], now["data_sha256"], name))
        for name in sorted({*then["data_sha256"], *now["data_sha256"]})
        if then["data_sha256"].get(name) != now["data_sha256"].get(name)
    ]
    found += [
        Change(f"code of {name}", *_digests(then["code_sha256"], now["code_sha256"], name))
        for name in sorted({*then["code_sha256"], *now["code_sha256"]})
        if then["code_sha256"].get(name) != now["code_sha256"].get(name)
    ]
    found += [Change(key, *values) for key, *values in differing(then["environment"], now["environment"])]
    found += [
        Change(key, *values, telling=False)  # what counts is the code, whose digests are above
        for key, *values in differing(then["software"], now["software"])
    ]
    return found


def _digests(then: Mapping[str, str], now: Mapping[str, str], name: str) -> tuple[str | None, ...]:
    return tuple(str(digests[name])[:12] if name in digests else None for digests in (then, now))


def altered(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Of the files that a manifest lists, those that are not as they were written, by name: `missing` or `changed`."""
    found = {}
    for name, about in files.items():
        try:
            if file_digest(folder / name) != about["sha256"]:
                found[name] = "changed"
        except OSError:
            found[name] = "missing"
    return found


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
