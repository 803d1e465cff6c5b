"""The register of assumptions is the parameter file's."""

from pathlib import Path

from scenarios.commands.assumptions import page
from sim.parameters import load_parameters

PAGE = Path(__file__).resolve().parents[2] / "docs" / "assumptions.md"


def test_the_page_is_up_to_date():
    """After a change: `python -m scenarios assumptions > docs/assumptions.md`."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_number_and_every_source_stands_in_it_once():
    lines = page().splitlines()
    table = load_parameters()
    for name in table.parameters:
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1
    for key in table.sources:
        assert sum(line.startswith(f"| {key} |") for line in lines) == 1
