"""Heat maps: what stands in the cells, where there is nothing, and that their order is kept in grey."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sim.figures import heat_map, percent
from sim.figures.heat_map import NOTHING, SHADES

CELLS = pd.DataFrame(
    [[0.0, 0.5, 1.0], [0.25, np.nan, 0.004]], index=["go dark", "relay"], columns=["today", "silence only", "drift test"]
)


def written(axis) -> dict[tuple[float, float], str]:
    return {text.get_position(): text.get_text() for text in axis.texts}


def test_every_cell_says_its_value_and_a_dash_where_there_is_none():
    axis = heat_map(CELLS, write=percent, columns_beside=[("cost", ["$1", "$2"])])
    assert written(axis) == {
        (0, 0): "0 %", (1, 0): "50 %", (2, 0): "100 %", (3, 0): "$1",
        (0, 1): "25 %", (1, 1): NOTHING, (2, 1): "<1 %", (3, 1): "$2",
    }  # fmt: skip
    assert [label.get_text() for label in axis.get_yticklabels()] == ["go dark", "relay"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["today", "silence only", "drift test", "cost"]
    assert len(axis.patches) == 1, "one cell is hatched"


def test_shades_darken_evenly_in_grey():
    """Luminance by Rec. 709 falls all the way, and nowhere by more than three times its mean step."""
    steps = -np.diff(SHADES(np.linspace(0, 1, 101))[:, :3] @ [0.2126, 0.7152, 0.0722])
    assert (steps > 0).all()
    assert steps.max() < 3 * steps.mean()


def test_words_stand_out_from_their_cell():
    """Contrast of at least 4.5 to 1, as the guidelines for accessible web content ask."""
    cells = pd.DataFrame([np.linspace(0, 1, 21)])
    for text, value in zip(heat_map(cells, write=percent).texts, cells.iloc[0], strict=True):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in SHADES(value)[:3]]
        cell = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
        word = 1.0 if text.get_color() == "white" else 0.0
        assert (max(cell, word) + 0.05) / (min(cell, word) + 0.05) >= 4.5, value


def test_words_of_a_large_table_stay_in_their_cells_and_headings_on_the_page():
    cells = pd.DataFrame(np.full((22, 11), 1.0), columns=[f"vacuum bound, and {number} landmarks" for number in range(11)])
    axis = heat_map(cells, write=percent)
    FigureCanvasAgg(axis.figure).draw()
    width, height = np.ptp(axis.transData.transform([(0, 0), (1, 1)]), axis=0)
    words = [text.get_window_extent() for text in axis.texts]
    assert all(box.width < width and box.height < height for box in words)
    assert all(label.get_window_extent().x1 < axis.figure.bbox.x1 for label in axis.get_xticklabels())


@pytest.mark.parametrize(("cells", "darkest", "message"), [(CELLS.iloc[:0], 1, "cells"), (CELLS, 0, "darkest = 0")])
def test_a_table_that_cannot_be_drawn_is_refused(cells, darkest, message):
    with pytest.raises(ValueError, match=message):
        heat_map(cells, write=percent, darkest=darkest)
