"""Pages say what is there: modules, pages and parameters that they name exist."""

import re
from pathlib import Path

import pytest

from sim.parameters import load_parameters

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_modules_of_a_page_exist(page: Path):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    modules = re.findall(r"`((?:sim|attestation|scenarios|tests|tools)/(?!\S*NAME)[\w/.]+(?:\.py|\.toml|\.csv|/))`", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [module for module in modules if not (ROOT / module).exists()]
    assert missing == []


def test_equations_name_parameters_and_levers_that_exist():
    text = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([a-z][a-z0-9]*_[a-z0-9_]+)`", text))
    levers = (ROOT / "sim" / "data" / "scenarios" / "baseline.toml").read_text(encoding="utf-8")
    unknown = {name for name in names if name not in load_parameters().parameters and f"\n{name} " not in levers}
    assert unknown == set()


def test_each_equation_says_where_it_is_computed_and_explained():
    text = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and not line.startswith("| what ")]
    without = [row[0] for row in rows if not (len(row) == 4 and row[2].startswith("`") and "](" in row[3])]
    assert len(rows) > 40
    assert without == []
