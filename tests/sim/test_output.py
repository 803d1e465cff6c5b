"""Result folders survive whatever moment the program is killed at."""

import itertools
import os
from pathlib import Path

import pytest

from sim import OutputError
from sim.output import MANIFEST, staged_folder

KILLED = 9
CALLS = ("os.mkdir", "os.replace", "os.unlink", "os.rmdir", "os.rename")
"""What changes a folder, besides the writing of files under names of their own."""


def write(folder: Path, study: str, *, force: bool = False) -> None:
    """Results of a study, as small as can be."""
    with staged_folder(folder, study, force=force) as staging:
        for name in ("table.csv", f"figure-{study}.csv"):
            (staging / name).write_text(study)
        names = sorted(path.name for path in staging.iterdir())
        (staging / MANIFEST).write_text(f'{{"id": "{study}", "files": {names}}}'.replace("'", '"'))


def write_and_die(folder: Path, study: str, moment: int, *, force: bool = False) -> bool:
    """The same in a process that ends without a word before its call number `moment`; whether it got that far."""
    child = os.fork()
    if child == 0:
        counted = itertools.count()

        def dying(real):
            def call(*args, **named):
                if next(counted) == moment:
                    os._exit(KILLED)
                return real(*args, **named)

            return call

        for name in CALLS:
            setattr(os, name.removeprefix("os."), dying(getattr(os, name.removeprefix("os."))))
        try:
            write(folder, study, force=force)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("before", [None, "first", "other"])
def test_whoever_is_killed_while_writing_can_write_again(tmp_path: Path, before: str | None):
    """With an empty folder, over the same results, and by force over those of another study."""
    write(tmp_path / "whole", "first")
    for moment in range(100):
        folder = tmp_path / str(moment)
        if before is not None:
            write(folder, before)
        if not write_and_die(folder, "first", moment, force=before == "other"):
            break
        held = content(folder) if (folder / MANIFEST).exists() else {}
        assert held.get("table.csv") in (None, "first" if "first" in held.get(MANIFEST, "") else before)
        write(folder, "first", force=before == "other")
        assert content(folder) == content(tmp_path / "whole")
        assert not (folder / "unfinished").exists()
    assert moment > 6, "it was killed at some moments"


def test_what_is_not_ours_is_left_alone(tmp_path: Path):
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files that are not results"):
        write(tmp_path, "first")
    assert (tmp_path / "unfinished" / "thesis.txt").read_text() == "mine"


def test_a_study_that_fails_leaves_nothing(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), staged_folder(tmp_path / "out", "first"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
