"""Every question in `--quick`: it ends, answers in two sentences, and draws what it drew before.

Golden data: `python -m tests.scenarios.test_every_question [NAME ...]` writes those of the questions named, or of all.
"""

import importlib
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pandas as pd
import pytest

from scenarios.answering.brief import ANSWER, asked, further_sources, references
from scenarios.contents import CHAPTERS
from scenarios.study import SIZE_NAMES, Options, questions, run_study
from sim import Result, Tabulation
from sim.figures import Chart, house_style, save_chart
from sim.figures.style import SizeName
from sim.parameters import load_parameters

from .figure_checks import complaints

GOLDEN = Path(__file__).parent / "golden"
NAMES = [name for name, _ in questions()]
TOLERANCE = 1e-6
"""Relative: counts are equal on every platform, and what is computed from them to rounding."""


def answered(name: str, folder: Path) -> None:
    """What `python -m scenarios run NAME --quick` does."""
    run_study(importlib.import_module(f"scenarios.{name}"), Options(name, workers=1, quick=True, out=folder))


def figure_data(folder: Path) -> dict[str, pd.DataFrame]:
    """The data of each figure in a folder, by the name of its file."""
    return {path.name: pd.read_csv(path) for path in sorted(folder.glob("fig*.csv"))}


@pytest.mark.questions
@pytest.mark.parametrize("name", NAMES)
def test_a_question_in_quick(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / name
    wrong: dict[str, list[str]] = {}

    def checked(chart: Chart, folder: Path, number: int) -> None:
        save_chart(chart, folder, number)
        wrong[chart.slug] = complaints(chart.figure)

    monkeypatch.setattr("sim.figures.save_chart", checked)
    answered(name, folder)
    assert {slug: found for slug, found in wrong.items() if found} == {}
    capsys.readouterr()  # progress
    asks, answer, covers, *counts = (folder / ANSWER).read_text(encoding="utf-8").splitlines()
    print(f"{name}: {asks} {answer}")
    assert len(re.findall(r"[.!](?= [A-Z0-9]|$)", answer)) == 2, answer
    assert "nan" not in answer, answer
    assert covers.startswith("Intervals: ")
    assert all(line.startswith("One simulated chip stands for ") for line in counts)
    drawn = figure_data(folder)
    golden = figure_data(GOLDEN / name)
    assert drawn.keys() == golden.keys() != set()
    for file, data in drawn.items():
        pd.testing.assert_frame_equal(data, golden[file], check_dtype=False, rtol=TOLERANCE)
        assert all((folder / file).with_suffix(suffix).stat().st_size for suffix in (".pdf", ".svg", ".png", ".txt"))


@pytest.mark.verify
@pytest.mark.parametrize("name", NAMES)
def test_the_figures_of_a_question_can_be_read_at_every_size(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wrong: dict[str, list[str]] = {}

    def checked(question: ModuleType, result: Result | Tabulation, folder: Path, size: SizeName) -> None:
        for each in SIZE_NAMES:
            with house_style(each):
                for chart in question.figures(result):
                    wrong[f"{chart.slug}, {each}"] = complaints(chart.figure)

    monkeypatch.setattr("scenarios.study._draw", checked)
    answered(name, tmp_path / name)
    assert len(wrong) >= len(SIZE_NAMES)
    assert {figure: found for figure, found in wrong.items() if found} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_question_names_what_drives_it_and_what_it_cites(name: str):
    question = importlib.import_module(f"scenarios.{name}")
    assert asked(question).endswith("?")
    assert 3 <= len(question.DRIVERS) == len(set(question.DRIVERS)) <= 17
    assert references(question)


def test_every_question_stands_in_one_chapter():
    assert sorted(name for names in CHAPTERS.values() for name in names) == sorted(NAMES)


def test_every_further_source_is_cited_and_none_stands_twice():
    cited = {key for name in NAMES for key in importlib.import_module(f"scenarios.{name}").CITATIONS}
    assert further_sources().keys() <= cited
    assert not further_sources().keys() & load_parameters().sources.keys()


if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        with TemporaryDirectory() as temporary:
            answered(name, Path(temporary) / name)
            (GOLDEN / name).mkdir(exist_ok=True)
            for old in (GOLDEN / name).glob("fig*.csv"):
                old.unlink()
            for file in (Path(temporary) / name).glob("fig*.csv"):
                (GOLDEN / name / file.name).write_bytes(file.read_bytes())
