"""The report on two small made-up questions: a page that a browser, a printer and a screen reader can use, and attachments.

The questions are answered without the engine. Their texts hold what HTML would take for markup, and their figures use the
same names within, as those of matplotlib do.
"""

import json
import re
import shutil
import signal
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from scenarios import report
from scenarios.__main__ import main
from scenarios.answering.brief import Estimate, Table
from scenarios.reporting import runs as report_runs
from scenarios.reporting.finished import read_finished, why_not
from scenarios.reporting.inline_svg import read_drawing
from scenarios.reporting.page import PAGE, Entry, Report, page
from scenarios.reporting.paper import SUMS, edited, write_paper
from scenarios.study import Options, Study, id_of, run_study
from sim import Scenario, Tabulation
from sim.parameters import load_parameters
from sim.provenance import manifest

HOSTILE = """<script>alert("1 & 2")</script>"""
SMALL = Scenario.load("miniature")
VOID = {"meta", "input", "br", "hr", "img", "link", "wbr"}


class Question(ModuleType):
    """A question about nothing, answered at once; it counts how often it is."""

    DRIVERS = ("packet_loss", "gpu_faults_per_chip_year", "verification.period_days")
    CITATIONS = ("chip-security-act-2025",)
    INTERVALS = "nothing at all"

    def __init__(self, name: str, fails: BaseException | None = None) -> None:
        super().__init__(f"scenarios.{name}", f"Is {name} {HOSTILE} so?\n\nFurther words.")
        self.short_name, self.fails, self.answered = name, fails, 0

    def study(self, options: Options) -> Study:
        return Study(SMALL, 1)

    def tabulate(self, study: Study, options: Options, progress: object) -> Tabulation:
        self.answered += 1
        if self.fails is not None:
            raise self.fails
        rows = pd.DataFrame({"outcome": ["a"], "median": [1.0]})
        about = manifest(self.short_name, study.scenario, options.seed, study.runs, options.quick)
        return Tabulation(study.scenario, rows, rows, about)

    def answer(self, result: Tabulation) -> str:
        return f"It is {HOSTILE}. It is so."

    def table(self, result: Tabulation) -> Table:
        cells = {"policy": ["b<a", "c&d"], "found, %": [Estimate(5, 4, 6), Estimate(*3 * [np.nan])], "n": [10, 9]}
        return Table(f"What {HOSTILE} finds.", pd.DataFrame(cells))

    def figures(self, result: Tabulation):
        from matplotlib.figure import Figure

        from sim.figures import Chart

        for slug in ("one", "two"):
            figure = Figure(figsize=(1, 0.5))
            for axis in figure.subplots(1, 2):
                axis.axis("off")
                axis.plot([0, 1], [0, 1])
                axis.imshow(np.eye(2))  # a picture in the drawing, the same in both
            figure.set_label(f"Of {slug}: {HOSTILE}")
            yield Chart(slug, figure, pd.DataFrame({"x": [0, 1]}), f"Caption of {slug} {HOSTILE}")


def options(name: str, folder: Path) -> Options:
    return Options(name, workers=1, out=folder, command=("run", name))


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """Two finished questions."""
    place = tmp_path_factory.mktemp("questions")
    for name in ("first", "second"):
        run_study(Question(name), options(name, place / name))
    return {name: place / name for name in ("first", "second")}


@pytest.fixture(scope="module")
def told(folders: dict[str, Path]) -> Report:
    """A report on them, and on one that failed."""
    entries = [Entry(name, f"Is {name} so?", read_finished(name, folder)) for name, folder in folders.items()]
    failed = Entry("third", f"Does {HOSTILE} fail?", None, f"it failed: {HOSTILE}")
    return Report({f"Chapter {HOSTILE}": entries, "Another": [failed]}, "python -m scenarios report", quick=True, seed=1)


class Read(HTMLParser):
    """A page as a browser reads it: what is open, and each element with what it says of itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = ""
        self.seen = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes), f"{tag} says the same thing twice"
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> means nothing outside a drawing"
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts += data
        elif self.open and self.open[-1] != "style":
            self.seen += data

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [about for tag, about in self.elements if tag in tags]


@pytest.fixture(scope="module")
def read(told: Report) -> Read:
    return Read(page(told))


def test_elements_are_closed_and_ids_are_unique(read: Read):
    assert read.open == []
    ids = Counter(about["id"] for _, about in read.elements if "id" in about)
    assert [name for name, times in ids.items() if times > 1] == []


def test_drawings_share_names_until_they_stand_in_one_page(folders: dict[str, Path]):
    """What the test of unique ids rests on: without names of their own, the drawings would clash."""
    names = [
        {element.get("id") for element in read_drawing(path.read_text()).root.iter()} - {None}
        for path in sorted(folders["first"].glob("*.svg"))
    ]
    assert len(names[0] & names[1]) > 5


def test_links_and_references_lead_somewhere_in_the_page(read: Read):
    ids = {about["id"] for _, about in read.elements if "id" in about}
    for tag, about in read.elements:
        for name, value in about.items():
            pointers = [value[1:]] if name == "href" and value and value.startswith("#") else []
            pointers += value.split() if value and name in ("aria-labelledby", "aria-describedby", "for") else []
            pointers += re.findall(r"url\(#([^)]*)\)", value or "")
            assert set(pointers) <= ids, (tag, name, value)
    assert {"#first", "#second", "#third", "#assumptions", "#sources"} <= {about["href"] for about in read.all("a")}


def test_parts_of_a_drawing_point_to_parts_of_the_same(read: Read):
    within = [one for one in read.elements if re.match(r"f\d+-", one[1].get("id") or "")]
    assert {one[1]["id"].partition("-")[0] for one in within} == {"f1", "f2", "f3", "f4"}
    clipped = [about for _, about in read.elements if "clip-path" in about]
    assert clipped
    for about in clipped:
        assert re.fullmatch(r"url\(#f[1-4]-p[0-9a-f]+\)", about["clip-path"])


def test_nothing_is_loaded_from_the_net(told: Report, read: Read):
    for tag, about in read.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = about.get(name) or ""
            assert tag == "a" or value.startswith(("#", "data:")) or not value, (tag, name, value)
    assert not read.all("link", "iframe", "object", "base")
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", page(told))
    (policy,) = (about["content"] for about in read.all("meta") if about.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_figures_tables_and_headings_say_what_they_are(read: Read):
    assert read.all("html") == [{"lang": "en"}]
    drawings = read.all("svg")
    assert len(drawings) == len(read.all("figure")) == len(read.all("figcaption")) == 4
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert HOSTILE in drawing["aria-label"]
        assert "viewbox" in drawing
        assert not {"width", "height"} & drawing.keys()
    assert len(read.all("table")) == len(read.all("caption")) == 5
    assert {about.get("scope") for about in read.all("th")} == {"col", "row"}
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_text_is_text_wherever_it_comes_from(read: Read):
    """Question, answer, claim, caption, table, chapter and error hold markup; the page has one script, its own."""
    assert len(read.all("script")) == 1
    assert read.scripts.strip() == (PAGE / "sort.js").read_text().strip()
    for text in ("Is first", "It is", "Of one:", "Caption of two", "What", "Chapter", "Does", "it failed:"):
        assert f"{text} {HOSTILE}" in read.seen


def test_the_page_holds_every_assumption_and_says_that_it_is_quick(told: Report, read: Read):
    ids = {about.get("id") for about in read.all("th")}
    assert {f"parameter-{name}" for name in load_parameters().parameters} <= ids
    assert "no basis for a claim" in read.seen
    full = Report(told.chapters, told.command, quick=False, seed=1)
    assert "no basis for a claim" not in page(full)


def test_tables_sort_by_number_where_there_is_one(read: Read):
    sizes = [about["data-size"] for about in read.all("td") if about.get("data-size") is not None]
    assert sizes[:4] == ["5", "10", "", "9"]


def test_attachments_are_named_and_summed_and_the_same_each_time(told: Report, tmp_path: Path):
    write_paper(told, tmp_path / "paper")
    files = {path.relative_to(tmp_path / "paper").as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    for name in ("figures/first-fig01-one.pdf", "data/first-fig02-two.csv", "captions/second-fig01-one.txt"):
        assert files[name]
    assert {"tables/first.tex", "drivers/second.csv", "manifests/first.json", "references.bib", "README.txt"} <= files.keys()
    assert len(pd.read_csv(tmp_path / "paper" / "assumptions.csv")) == len(load_parameters().parameters)
    assert files["references.bib"].count(b"@misc{") > len(load_parameters().sources)
    write_paper(told, tmp_path / "paper")
    assert {path.relative_to(tmp_path / "paper").as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")} == files
    assert page(told) == page(told)
    assert edited(tmp_path / "paper") == []
    (tmp_path / "paper" / "answers.txt").write_text("better")
    (tmp_path / "paper" / "mine.txt").write_text("mine")
    assert edited(tmp_path / "paper") == ["answers.txt", "mine.txt"]
    assert (tmp_path / "paper" / SUMS).exists()


def test_results_are_taken_only_if_they_are_what_would_be_made(folders: dict[str, Path], tmp_path: Path):
    folder = tmp_path / "first"
    shutil.copytree(folders["first"], folder)
    study_id = id_of(Study(SMALL, 1), options("first", folder))
    command = ("run", "first")
    assert why_not(folder, study_id, command) is None
    assert why_not(tmp_path / "nothing", study_id, command) == ""
    assert why_not(folder, study_id, (*command, "--size", "slide")) == "it was made by another command, run first"
    assert why_not(folder, "0" * 64, command).startswith("it holds the results of another study")
    about = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**about, "code_sha256": {**about["code_sha256"], "sim": "0" * 64}}))
    assert why_not(folder, study_id, command).startswith("code of sim: 000000000000 then")
    (folder / "manifest.json").write_text(json.dumps(about))
    (folder / "answer.txt").write_text("better")
    assert why_not(folder, study_id, command) == "answer.txt is changed"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Question]:
    """Three questions behind the command, answered in this process; the last has a mistake."""
    there = {name: Question(name) for name in ("first", "second")} | {"third": Question("third", KeyError("no such thing"))}
    monkeypatch.setattr(report, "CHAPTERS", {"Some": ("first", "second"), "Others": ("third", "fourth")})
    monkeypatch.setattr(report, "questions", lambda: [(name, "?") for name in there])
    monkeypatch.setattr(report, "make", lambda jobs, workers: {job.name: report_runs.make_one(job) for job in jobs})
    for module in (report, report_runs):
        monkeypatch.setattr(module, "load_question", there.__getitem__)
    return there


def test_a_question_that_fails_is_named_and_the_others_are_kept(asked, tmp_path: Path, capsys):
    command = ["report", "--out", str(tmp_path / "out")]
    assert main(command) == 1
    errors = capsys.readouterr().err
    assert "Left out, since they have no answer yet: fourth" in errors
    assert "error: third: KeyError: 'no such thing'" in errors
    text = (tmp_path / "out" / "report.html").read_text()
    assert "KeyError: &#39;no such thing&#39;" in text
    assert len(Read(text).all("figure")) == 4
    asked["third"].fails = None
    assert main(command) == 0
    assert [question.answered for question in asked.values()] == [1, 1, 2], "what is answered is not answered again"
    assert len(Read((tmp_path / "out" / "report.html").read_text()).all("figure")) == 6
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["paper", "questions", "report.html"]


def test_ctrl_c_keeps_what_is_answered(asked, tmp_path: Path, monkeypatch, capsys):
    def stopped(jobs, workers):
        report_runs.make_one(jobs[0])
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(report, "make", stopped)
        assert main(["report", "--out", str(tmp_path / "out")]) == 3
    kept = tmp_path / "out" / "questions"
    told = f"kept in {kept} are answered questions: 1, finished runs of others: 0; the same command goes on from there"
    assert capsys.readouterr().err.endswith(f"interrupted: {told}\n")
    assert not (tmp_path / "out" / "report.html").exists()
    main(["report", "--out", str(tmp_path / "out"), "--questions", "first,second"])
    assert asked["first"].answered == 1


def test_a_folder_in_which_something_would_be_lost_is_refused_and_left_alone(asked, tmp_path: Path, capsys):
    out = tmp_path / "out"
    command = ["report", "--out", str(out), "--questions", "first"]
    assert main(command) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main([*command, "--quick"]) == 2
    assert "holds the results of another study" in capsys.readouterr().err
    (out / "thesis.txt").write_text("mine")
    assert main(command) == 2
    assert "holds 'thesis.txt', which is of no report" in capsys.readouterr().err
    (out / "thesis.txt").rename(out / "paper" / "thesis.txt")
    assert main(command) == 2
    assert "thesis.txt is not as it was written, and would be lost" in capsys.readouterr().err
    (out / "paper" / "thesis.txt").unlink()
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert main([*command, "--quick", "--force"]) == 0
    assert "no basis for a claim" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--questions", "frist"], "--questions: 'frist' is not a question of the report; allowed: first, second, third"),
        (["--questions", "fourth"], "--questions: none of fourth has an answer yet"),
        (["--workers", "0"], "--workers: 0 is not in 1 to 256"),
        (["--seed", "-1"], "--seed: -1 is not in 0 to 2**64-1"),
        (["--out", "/proc/none"], "--out: cannot write to /proc/none"),
    ],
)
def test_a_mistake_gives_one_message_and_writes_nothing(asked, tmp_path: Path, capsys, words: list[str], message: str):
    assert main(["report", "--out", str(tmp_path / "out"), *words]) == 2
    assert capsys.readouterr().err.count(f"error: {message}") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_stops_a_question_in_its_process_is_told_here(tmp_path: Path):
    jobs = [Options("ping_interval", levers={"fleet.none": 1}, workers=1, quick=True, out=tmp_path / "out")]
    made = report_runs.make(jobs, workers=2)
    assert made["ping_interval"].error.startswith("fleet.none = 1: unknown key")
    assert list(tmp_path.iterdir()) == []
