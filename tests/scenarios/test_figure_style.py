"""What all figures share: how shares are written, that words stay on the page and apart at every size, and fonts."""

import argparse
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from scenarios.command_line import add_options, options_of
from scenarios.study import SIZE_NAMES
from sim.figures import (
    Chart,
    by_date,
    by_lever,
    by_policy,
    frame,
    heat_map,
    hide_labels,
    house_style,
    name_values,
    new_figure,
    panels,
    percent,
    save_chart,
    territory_name,
    trade_off,
)  # fmt: skip
from sim.figures.chart import _compact
from sim.figures.labels import NOTE, apart, place_notes, renderer_of
from sim.figures.sensitivity import tornado_bars
from sim.figures.style import PNG_DPI, SIZES
from sim.scenario import STATUS_QUO
from sim.world.clearance import HARDLY, PROVEN

from .figure_checks import complaints

GROUPS = ("alerts on silence alone", "silence, and repairs reconciled with the maker", "batches scanned as well")
VALUES = (1, 2, 5, 7, 14, 21, 30)
TITLE = "A claim that is as long as titles may be: eighty letters, so that it has to wrap"
SUBTITLE = "Diversions established within 90 days, by days of grace and by what is known of repairs; median and 10-90 %"
SOURCE = (
    "Source: chip-location-verification 0.1.0, study 0123456789ab, seed 1, 20 runs. Intervals: 10-90 % over draws and runs."
)


def levers() -> pd.DataFrame:
    """Three curves that end at the same height, where their names are longest, and the status quo right below."""
    rows = [
        (f"{group}_{value}", group, value, outcome, times * middle, times * (middle - 0.1), times * (middle + 0.1))
        for place, group in enumerate(GROUPS)
        for value in VALUES
        for outcome, times in (("found", 1.0), ("false", 3e4))
        for middle in [0.3 + 0.01 * place * value / 30]
    ]
    rows += [
        (STATUS_QUO, "", np.nan, outcome, 0.02 * t, 0.01 * t, 0.03 * t) for outcome, t in (("found", 1), ("false", 3e4))
    ]
    return pd.DataFrame(rows, columns=["scenario", "group", "value", "outcome", "median", "low", "high"])


def dates() -> pd.DataFrame:
    days = pd.date_range("2027-01-01", "2031-01-01", periods=9)
    rows = [
        (name, group, day, "found", 1e5 + place, 9e4, 1.3e5)
        for place, (name, group) in enumerate([(STATUS_QUO, ""), *zip(GROUPS, GROUPS, strict=True)])
        for day in days
    ]
    return pd.DataFrame(rows, columns=["scenario", "group", "date", "outcome", "median", "low", "high"])


def two_by_lever():
    figure, (left, right) = panels(2)
    for axis, outcome, title in ((left, "found", "diversions established within 90 days"), (right, "false", "false alarms")):
        by_lever(levers(), outcome, axis, share=outcome == "found")
        axis.set_title(title)
        name_values(axis, levers(), "days of grace before a silent chip is alerted on", "{:g} d".format)
    return figure


def one_trade_off():
    figure, (axis,) = panels(height_in=4.2)
    trade_off(levers(), "false", "found", axis, value_label="{:g} d")
    axis.set_xlabel("false alarms per month (logarithmic)")
    axis.set_ylabel("share of diverted chips")
    return figure


def three_over_time():
    figure, axes = panels(3)
    for number, axis in enumerate(axes):
        by_date(dates(), "found", axis)
        axis.set_title("Diverted chips that are not established", fontweight="bold")
        if number < 2:
            hide_labels(axis)
    return figure


def two_by_policy():
    figure, (left, right) = panels(2, shares=(2, 1))
    data = levers()[lambda rows: rows["value"].isin((7, np.nan)) | rows["value"].isna()]
    by_policy(data, "found", left, share=True)
    by_policy(data, "false", right, names=False)
    return figure


def cells():
    table = pd.DataFrame(
        np.linspace(0, 1, 8 * 11).reshape(8, 11), [f"relay from declared site {row}" for row in range(8)],
        [f"planning bound, {number} landmarks" for number in range(11)],
    )  # fmt: skip
    return heat_map(table, write=percent, columns_beside=[("cost, US$ per chip", ["1,200"] * 8)]).figure


def tornado():
    inputs = ["repair_absence_days", "site_outages_per_site_year", "dwell_at_declared_site_days", "gpu_faults"]
    ends = {"at_low": [0.2, 0.4, 0.5, 0.5], "at_high": [0.8, 0.6, np.nan, 0.55], "low": 1.5, "high": 30.0}
    data = pd.DataFrame({"input": inputs, "outcome": "found", "unit": "days", "at_centre": 0.5, **ends})
    return tornado_bars(data.assign(rank=[1, 2, 0, 0], to_low_half=0.05, to_high_half=0.05), "found").figure


@pytest.mark.parametrize("size", ["column", "slide"])  # at full width every chart of every question is asked
@pytest.mark.parametrize("draw", [two_by_lever, one_trade_off, three_over_time, two_by_policy, cells, tornado])
def test_words_are_on_the_page_apart_and_large_enough_at_every_size(draw, size):
    with house_style(size):
        figure = draw()
        frame(figure, title=TITLE, subtitle=SUBTITLE, source=SOURCE)
    assert complaints(figure) == []
    assert figure.get_figwidth() == SIZES[size].width_in
    if draw is three_over_time:
        boxes = [axes.get_position() for axes in figure.axes]
        assert len({round(box.y0, 6) for box in boxes}) == (3 if size == "column" else 1)
        assert len({round(box.width, 6) for box in boxes}) == 1


def test_the_check_sees_what_is_wrong():
    figure = new_figure(3)
    for where, size in (((0.9, 0.5), 8), ((0.1, 0.5), 8), ((0.12, 0.5), 8), ((0.1, 0.1), 5)):
        figure.text(*where, "some words on the page", fontsize=size)
    found = complaints(figure)
    assert [line.split(":")[0] for line in found] == ["off the page", "5.0 pt", "one over the other"]


def test_values_lie_beside_their_points_on_no_other_point_or_value_or_are_left_out():
    """Three points in a row, each where the value of its neighbour would be; three in one place; a crowd without room."""
    figure = new_figure(3)
    axis = figure.subplots()
    row = [(0.5 + 0.02 * place, 0.5 + 0.03 * place) for place in range(3)]
    crowd = [(0.75 + 0.01 * place, 0.2) for place in range(12)]
    for spot in [*row, *[(0.8, 0.8)] * 3, *crowd]:
        axis.plot(*spot, "o", markersize=4)
        axis.annotate("14 d", spot, xytext=(0, 0), textcoords="offset points", fontsize=6.5, gid=NOTE)
    axis.set(xlim=(0, 1), ylim=(0, 1))
    place_notes(axis)
    seen = [text for text in axis.texts if text.get_visible()]
    assert [text.xy for text in seen][:4] == [*row, (0.8, 0.8)]
    assert set() < {text.xy for text in seen[4:]} < set(crowd)
    boxes = [text.get_window_extent(renderer_of(figure)) for text in seen]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert not any(box.contains(*axis.transData.transform(spot)) for box in boxes for spot in row)


def test_names_that_would_overlap_stand_apart_as_near_as_can_be():
    middles = apart(np.array([50.0, 52.0, 10.0]), np.array([10.0, 10.0, 10.0]), 100)
    assert middles.tolist() == [46, 56, 10]
    assert apart(np.array([99.0, 0.0]), np.array([10.0, 10.0]), 100).tolist() == [95, 5]
    full = apart(np.zeros(3), np.full(3, 50.0), 100)
    assert np.diff(full).tolist() == [50, 50]
    assert full.mean() == 50


def test_a_size_that_there_is_not_is_refused_and_one_ends_with_its_block():
    with pytest.raises(ValueError, match="size = 'poster': allowed column, full, slide"), house_style("poster"):
        pass
    with house_style("column"):
        with house_style():
            assert new_figure(3).size.name == "column"
        assert new_figure(3).size.name == "column"
    assert new_figure(3).size.name == "full"


def test_the_size_is_an_option_that_the_manifest_names():
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = options_of("baseline", parser.parse_args(["--size", "slide"]))
    assert options.size == "slide"
    assert "--size slide" in " ".join(options.command)
    assert tuple(SIZES) == SIZE_NAMES


@pytest.mark.parametrize("size", ["full", "slide"])
def test_files_have_their_size_embedded_fonts_and_a_title(size, tmp_path: Path):
    with house_style(size):
        figure, (axis,) = panels()
        axis.plot([1, 2])
        frame(figure, title="A claim of \\$5", subtitle=SUBTITLE, source=SOURCE)
        save_chart(Chart("sample", figure, levers(), "caption"), tmp_path, 1)
    inches = np.array([*figure.get_size_inches()]) * SIZES[size].magnified
    if size == "slide":
        assert inches == pytest.approx([13.33, 7.5])
    pdf = (tmp_path / "fig01-sample.pdf").read_bytes()
    assert b"/Subtype /Type0" in pdf or b"/Subtype /TrueType" in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"A claim of $5" in pdf
    unit = re.search(rb"/UserUnit ([\d.]+)", pdf)
    page = np.array([float(number) for number in re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf).groups()])
    assert page / 72 * (float(unit[1]) if unit else 1) == pytest.approx(inches, rel=1e-4)
    svg = (tmp_path / "fig01-sample.svg").read_text(encoding="utf-8")
    sides = [float(re.search(rf'{side}="([\d.]+)pt"', svg)[1]) / 72 for side in ("width", "height")]
    assert sides == pytest.approx(inches, rel=1e-3)
    assert np.array(imread(tmp_path / "fig01-sample.png").shape[1::-1]) / PNG_DPI == pytest.approx(inches, abs=0.02)


def test_a_magnified_page_is_a_whole_document(tmp_path: Path):
    """Each entry of its table of places leads to the object of that number."""
    with house_style("slide"):
        figure = new_figure(3)
        figure.text(0.5, 0.5, "words")
        save_chart(Chart("sample", figure, levers(), "caption"), tmp_path, 1)
    pdf = (tmp_path / "fig01-sample.pdf").read_bytes()
    start = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    assert pdf[start:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) \d{5} n", pdf[start:]), start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)


def test_a_chart_shows_itself_in_a_notebook_with_its_caption_escaped():
    figure = new_figure(3)
    figure.set_label("Fewer than <5 \\$ & more")
    shown = Chart("sample", figure, levers(), "a < b & <script>")._repr_html_()
    assert 'alt="Fewer than &lt;5 $ &amp; more"' in shown
    assert "a &lt; b &amp; &lt;script&gt;" in shown
    assert "data:image/svg+xml;base64," in shown
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0 %"),
        (0.004, "<1 %"),
        (0.094, "9 %"),
        (0.095, "9.5 %"),
        (0.096, "9.6 %"),
        (0.0999, "9.9 %"),
        (0.1, "10 %"),
        (0.104, "10 %"),
        (0.894, "89 %"),
        (0.896, "89.6 %"),
        (0.8999, "89.9 %"),
        (0.9, "90 %"),
        (0.99, "99 %"),
        (0.996, ">99 %"),
        (1.0, "100 %"),
    ],
)
def test_a_share_is_not_rounded_over_a_limit_nor_to_certainty(share: float, written: str):
    assert percent(share, (HARDLY, PROVEN)) == written


def test_without_limits_shares_are_whole_per_cents():
    assert [percent(0.096), percent(0.896), percent(0.004)] == ["10 %", "90 %", "<1 %"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("china_mainland", "mainland China"), ("group_d5", "Country Group D:5"), ("AF+BY+VN", "AF, BY, VN"), ("VN", "VN")],
)
def test_a_territory_has_a_name_in_words(name: str, said: str):
    assert territory_name(name) == said


def test_a_long_subtitle_goes_on_in_a_second_line():
    figure = new_figure(4.0)
    FigureCanvasAgg(figure)
    frame(figure, title="A claim", subtitle="Share of worlds in which one burst excludes " + "AF, " * 40, source="Source")
    title, subtitle, _ = [text.get_window_extent() for text in figure.texts]
    assert subtitle.x1 <= figure.bbox.x1
    assert subtitle.height > 1.5 * title.height


def test_no_line_begins_with_a_per_cent():
    for letters in range(1, 60, 4):
        figure = new_figure(4.0)
        FigureCanvasAgg(figure)
        frame(figure, title="A claim", subtitle="A" * letters + " 60 % to 75 %" * 25, source="Source")
        lines = figure.texts[1].get_text().split("\n")
        assert len(lines) > 1
        assert not any(line.startswith("%") for line in lines)


def test_a_compact_drawing_has_the_same_outlines_to_a_hundredth_of_a_point():
    kept = '<use transform="scale(0.12345)"/><path id="a" x="0.12345" d="{}"/>'
    drawn = kept.format("M 1.23456 2 \nL 3.0001 4 \nL 5 6 \nz\nM 7 8 \nL 9 -0.5 \n")
    assert _compact(drawn) == kept.format("M 1.23 2 3 4 5 6 z M 7 8 9 -0.5")


@pytest.mark.parametrize("alarms", [(0.0, 0.0), (0.0, 3.0), (0.2, 30.0)])
def test_a_policy_without_false_alarms_stands_in_the_figure_too(alarms: tuple[float, float]):
    rows = [
        (name, "a curve", value, outcome, number, number, number)
        for name, value, alarm in zip(("short", "long"), (3.0, 14.0), alarms, strict=True)
        for outcome, number in (("alarms", alarm), ("found", 0.5))
    ]
    data = pd.DataFrame(rows, columns=["scenario", "group", "value", "outcome", "median", "low", "high"])
    axes = trade_off(data, "alarms", "found")
    (line,) = [line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_linestyle() != "None"]
    across = axes.transAxes.inverted().transform(line.get_transform().transform(line.get_xydata()))[:, 0]
    assert sorted(line.get_xdata()) == sorted(alarms)
    assert (across >= 0).all()
    assert (across <= 1).all()
