"""What `docs/attestation.md` says holds, and lists every refusal."""

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

from attestation import Flaws, refusals

from .third_party import VARIABLE, table

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "attestation.md").read_text(encoding="utf-8")


def refusal_table() -> str:
    """The table of section 7, out of the classes."""
    rows = ["| reason code | what was refused |", "|---|---|"]
    for reason, kind in refusals().items():
        said = " ".join((kind.__doc__ or "").split())
        rows.append(f"| `{reason}` | {said} |")
    return "\n".join(rows)


def test_every_refusal_is_listed_with_its_meaning():
    assert refusal_table() in TEXT


def test_the_session_in_python_runs_and_clears_the_chip(capsys):
    """Three answers on one machine take far less than the 12.7 ms that light needs to the border and back."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out.startswith("cleared")


def test_each_flaw_is_named_with_what_refuses_it():
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| `(\w+)` \|$", TEXT, flags=re.MULTILINE))
    assert list(rows) == [field.name for field in fields(Flaws)]
    assert set(rows.values()) <= refusals().keys()


def test_the_table_of_third_party_vectors_is_the_present_one():
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} is not set: third-party vectors are not part of the project")
    assert table(Path(folder)) in TEXT
