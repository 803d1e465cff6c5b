"""The executed notebook: its cells run, and show what they showed when it was executed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "examples" / "first_study.ipynb"


def shown(code: str, names: dict[str, object]) -> object:
    """Run a cell as a notebook does: the value of its last line is what it shows."""
    *lines, last = code.rstrip().splitlines()
    exec("\n".join(lines), names)
    return eval(last, names)


def without_id(html: str) -> str:
    """The id of a study changes with any lever that is new, and nothing else need to."""
    return re.sub(r"id \w+", "id", html)


@pytest.mark.questions
def test_its_cells_show_what_they_showed():
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    tables = 0
    for cell in cells:
        value: Any = shown("".join(cell["source"]), names)
        (output,) = cell["outputs"]
        if "text/html" in output["data"]:
            assert without_id(value._repr_html_()) == without_id("".join(output["data"]["text/html"]))
            tables += 1
        else:
            assert value._repr_png_()
    assert (len(cells), tables) == (3, 2)
