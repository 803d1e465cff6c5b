"""What goes into a paper: numbers in words, tables in LaTeX, references in BibTeX."""

import math
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from scenarios.answering.brief import EASIER, Estimate, Table, covers, figures_of, told, whose_counts
from scenarios.answering.latex import as_bibtex, as_booktabs
from sim import Scenario, simulate
from sim.parameters import Source
from sim.results import Result, Run

from .stubs import stub_question

NOTHING = Estimate(math.nan, math.nan, math.nan)


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (0.0123, "0.012"), (4.24, "4.2"), (9.96, "10"), (57.6, "58"), (1234.5, "1,230"), (-1_234_567, "-1,230,000")],
)
def test_numbers_have_two_or_three_figures(number: float, written: str):
    assert figures_of(number) == written


def test_an_estimate_says_its_interval_if_it_has_one():
    assert Estimate(57.6, 46, 70.2).of("%") == "58 % (46 to 70)"
    assert str(Estimate(57.6, 46, 70.2)) == "58 (46 to 70)"
    assert str(Estimate(57.6, math.nan, math.nan)) == "58"
    assert str(NOTHING) == "-"


def test_a_table_for_a_machine_has_numbers_and_one_for_a_reader_text():
    table = Table(
        "c", pd.DataFrame({"policy": ["a", "b"], "found, %": [Estimate(5.123, 4, 6), NOTHING], "cost": [1.5, math.nan]})
    )
    assert list(table.numbers().columns) == ["policy", "found, %", "found, %, low", "found, %, high", "cost"]
    assert table.numbers()["found, %"][0] == 5.123
    assert table.cells().to_numpy().tolist() == [["a", "5.1 (4 to 6)", "1.5"], ["b", "-", "-"]]


def test_an_answer_from_a_part_of_the_fleet_says_whose_its_counts_are():
    question = stub_question(lambda options: pytest.fail("not run"))
    scenario = Scenario.load("miniature").replace(fleet__scale=0.0001, calendar__end_after_duty_days=40)
    small = simulate(scenario, status_quo=False)
    assert told(question, small).splitlines()[-1].startswith("One simulated chip stands for 10,000: counts of chips")
    vars(question)["COUNTS"] = "chips are scaled up"
    assert whose_counts(question, small) == f"One simulated chip stands for 10,000: chips are scaled up; {EASIER}"
    alone = SimpleNamespace(scenario=scenario)  # not of the engine
    assert whose_counts(question, alone) == "One simulated chip stands for 10,000: chips are scaled up"
    vars(question)["COUNTS"] = ""
    assert told(question, small).splitlines()[-1].startswith("Intervals: ")


def test_intervals_say_of_how_many_worlds_they_are():
    question, scenario = stub_question(lambda options: pytest.fail("not run")), Scenario.load("miniature")

    def said(draws: int) -> str:
        runs = [Run("miniature", draw, 0, (), {}, None) for draw in range(draws)]
        return covers(question, Result(scenario, runs, {}, [{}] * draws))

    assert said(12) == "10-90 % of draws and runs, parameters and chance; 12 worlds"
    assert said(3) == (
        "10-90 % of draws and runs, parameters and chance; 3 worlds, so few "
        "that each end lies between the outermost world and the next"
    )
    assert said(1).endswith("; 1 world")


def test_intervals_of_a_search_say_of_how_many_draws_they_are():
    question = stub_question(lambda options: pytest.fail("not run"))
    searched: Any = SimpleNamespace(manifest={"draws": 6}, intervals="10-90 % of draws")
    assert covers(question, searched) == (
        "10-90 % of draws; 6 draws, so few that each end lies between the outermost draw and the next"
    )
    of_the_bootstrap: Any = SimpleNamespace(manifest={"draws": 6}, intervals="95 % by the bootstrap over base points")
    assert covers(question, of_the_bootstrap) == "95 % by the bootstrap over base points"
    searched.manifest["draws"] = None
    assert covers(question, searched) == "10-90 % of draws"


def test_latex_prints_what_it_would_take_for_commands():
    text = as_booktabs(pd.DataFrame({"a_b": ["5 %", r"\x{y}"], "c": ["$1", "<1"]}), "50 % & more", "tab:x")
    for part in (r"a\_b & c \\", r"5 \% & \$1 \\", r"\textbackslash{}x\{y\} & \textless{}1 \\", r"\caption{50 \% \& more}"):
        assert part in text


def test_bibtex_has_key_title_publisher_and_date():
    entry = as_bibtex(
        {"x-2025": Source(title="On A & B", publisher="P", date="2025-03-01", url="https://e.org/a_b", note="n")}
    )
    for part in ("@misc{x-2025,", r"title = {{On A \& B}}", "year = {2025}", "month = {3}", "url = {https://e.org/a_b}"):
        assert part in entry
