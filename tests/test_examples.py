"""The examples of docs/extending.md: each adds a question, a strategy or a detector in under fifty lines, and runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
MOST_LINES = 50


@pytest.mark.questions
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, tmp_path: Path):
    words = [sys.executable, str(path), str(tmp_path / "results")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "%" in done.stdout
    assert "nan" not in done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_told_of(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES
    assert f"examples/{path.name}" in (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
