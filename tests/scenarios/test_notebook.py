"""What a notebook shows of results, and the example of the page on figures, which is run as printed."""

import re
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import Scenario, Tabulation
from sim.notebook import MOST_ROWS, headlines, html_table

from .figure_checks import complaints

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def example():
    """What the example leaves behind, in a smaller world."""
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "figures.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    small = Scenario.load("miniature").replace(
        fleet__scale=0.0001,
        geography__sites=10,
        calendar__duty_after_days=10,
        calendar__end_after_duty_days=60,
        verification__signing="none",
    )
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.Scenario, "load", classmethod(lambda cls, name: small))
        exec(code, names)
    return names


def test_the_example_draws_a_column(example):
    assert complaints(example["figure"]) == []
    assert example["figure"].get_figwidth() == 3.5
    assert "Two cadences in the same worlds." in example["chart"]._repr_html_()


def test_a_result_shows_headlines_of_each_policy_with_intervals(example):
    result = example["result"]
    shown = result._repr_html_()
    summary = result.summary().set_index(["scenario", "outcome"])
    row = summary.loc[("weekly", "cost_total")]
    median, low, high = (row[name] / 1e6 for name in ("median", "low", "high"))
    assert f"<td>{median:.3g} ({low:.3g} to {high:.3g})</td>" in shown
    assert "&lt;Result daily: 3 runs beside status_quo" in shown
    assert result.intervals in shown


def test_what_has_no_value_is_a_dash_and_policies_that_were_not_run_have_no_column():
    rows = [("rule", "cost_total", 2e6, 1e6, 3e6), ("rule", "alerted_by_day_90", float("nan"), float("nan"), float("nan"))]
    table = headlines(
        pd.DataFrame(rows, columns=["scenario", "outcome", "median", "low", "high"]), ["rule", "status_quo"]
    ).set_index("outcome")
    assert list(table.columns) == ["rule"]
    assert table.loc["cost, over the whole time, million US dollars", "rule"] == "2 (1 to 3)"
    assert table.loc["diversions alerted on within 90 days, %", "rule"] == "-"


def test_a_tabulation_shows_its_first_rows_and_everything_is_escaped():
    table = pd.DataFrame({"<b>": ["<script>"] * 50})
    shown = Tabulation(Scenario.load("miniature"), table, table, {"question": "a < b", "id": "0" * 64})._repr_html_()
    assert shown.count("&lt;script&gt;") == MOST_ROWS
    assert "<script>" not in shown
    assert "&lt;Tabulation a &lt; b: miniature, id 000000000000&gt;" in shown
    assert "<th>&lt;b&gt;</th>" in shown
    assert html_table("<", table.head(0), "note").startswith("<p><strong>&lt;</strong></p>")
