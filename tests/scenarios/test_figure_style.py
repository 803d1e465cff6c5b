"""What all figures share: how shares are written, that words stay on the page, and that smaller drawings are the same."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.figures import frame, percent, territory_name
from sim.figures.style import _compact, new_figure
from sim.world.clearance import HARDLY, PROVEN


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


def test_a_compact_drawing_has_the_same_outlines_to_a_hundredth_of_a_point():
    kept = '<use transform="scale(0.12345)"/><path id="a" x="0.12345" d="{}"/>'
    drawn = kept.format("M 1.23456 2 \nL 3.0001 4 \nL 5 6 \nz\nM 7 8 \nL 9 -0.5 \n")
    assert _compact(drawn) == kept.format("M 1.23 2 3 4 5 6 z M 7 8 9 -0.5")
