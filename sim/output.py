"""Result folders: written whole or not at all, and never over the results of another study."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MANIFEST = "manifest.json"
UNFINISHED = "unfinished"
"""Within the folder for results, the folder of a study that is not finished: the runs it has made, the files it writes."""

STUDY = "study.json"
"""There, the file that says which study it is."""


class OutputError(Exception):
    """The results cannot be written where the user wants them."""


@contextmanager
def staged_folder(folder: Path, study_id: str, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder within `folder` to write results into; on success its files move over, the manifest last.

    Checks first, so that nobody waits for a simulation whose results have no place. On success all that was kept in
    `UNFINISHED` until then is removed.

    Raises:
        OutputError: `folder` holds another study's results or other files (unless `force`), or cannot be written to.
    """
    refuse_foreign(folder, study_id, force)
    unfinished = folder / UNFINISHED
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
        _claim(unfinished, study_id)
        staging = Path(tempfile.mkdtemp(prefix="files-", dir=unfinished))
    except OSError as error:
        raise OutputError(f"--out: cannot write to {folder}: {error.strerror}") from None
    try:
        yield staging
        _move_over(staging, folder)
        shutil.rmtree(unfinished)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if unfinished.is_dir() and [path.name for path in unfinished.iterdir()] == [STUDY]:
            (unfinished / STUDY).unlink()
        _remove_if_empty(unfinished)
        _remove_if_empty(folder)


def _claim(unfinished: Path, study_id: str) -> None:
    """Write down whose folder it is, if it does not say so already: whoever is killed from here on finds it again."""
    if _held_id(unfinished / STUDY) != study_id:
        partial = unfinished / f".{STUDY}.{os.getpid()}"
        partial.write_text(json.dumps({"id": study_id}) + "\n", encoding="utf-8")
        partial.replace(unfinished / STUDY)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def refuse_foreign(folder: Path, study_id: str, force: bool) -> None:
    """Refuse a folder that holds another study's results or other files, unless `force` says that they may go.

    Raises:
        OutputError: it does, or it cannot be read.
    """
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise OutputError(f"--out: {folder} is not a folder")
        held_names = {path.name for path in folder.iterdir()}
        if force or not held_names:
            return
    except OSError as error:
        raise OutputError(f"--out: cannot read {folder}: {error.strerror}") from None
    held = _held_id(folder / MANIFEST) or _held_id(folder / UNFINISHED / STUDY)
    if held is None and held_names == {UNFINISHED} and _only_begun(folder / UNFINISHED):
        return
    if held is None:
        raise OutputError(f"--out: {folder} holds files that are not results; name another folder or add --force")
    if held != study_id:
        raise OutputError(
            f"--out: {folder} holds the results of another study ({held[:12]}, not {study_id[:12]}); "
            "name another folder or add --force"
        )


def _only_begun(unfinished: Path) -> bool:
    """Whether somebody was killed before the folder said whose it is."""
    return unfinished.is_dir() and all(path.name.startswith(f".{STUDY}.") for path in unfinished.iterdir())


def _held_id(path: Path) -> str | None:
    """The id of a study in a file of JSON, if there is one."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return held if isinstance(held, str) else None


def _move_over(staging: Path, folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        names = sorted((path.name for path in staging.iterdir()), key=lambda name: (name == MANIFEST, name))
        for stale in _stale_results(folder, names):
            stale.unlink()
        (folder / MANIFEST).unlink(missing_ok=True)  # from here on it would not be true of the tables
        for name in names:
            (staging / name).replace(folder / name)
    except OSError as error:
        raise OutputError(f"--out: cannot write to {folder}: {error.strerror}") from None


def _stale_results(folder: Path, names: list[str]) -> list[Path]:
    """Files of an earlier study in the folder, as its manifest lists them, that the new one will not replace."""
    try:
        listed = list(json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("files", []))
    except (OSError, ValueError, AttributeError, TypeError):
        return []
    known = [name for name in listed if isinstance(name, str) and Path(name).name == name]
    return [folder / name for name in known if name not in names and (folder / name).is_file()]
