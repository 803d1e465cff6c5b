"""Where panels stand in a figure, so that no figure places its axes by hand."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import new_figure

HEAD_IN, FOOT_IN = 0.78, 0.66
"""Room for title and subtitle, and for the axis label and the source line."""


def panels(
    columns: int = 1,
    rows: int = 1,
    *,
    height_in: float = 3.9,
    left_in: float = 0.55,
    names_in: float = 1.0,
    below_in: float = 0.6,
) -> tuple[Figure, list[Axes]]:
    """A figure of full width with a grid of panels, row by row.

    Args:
        columns: of panels.
        rows: of panels.
        height_in: of the figure, inches.
        left_in: room to the left of each panel, for the labels of its y axis, inches.
        names_in: room to the right of each panel, for the names of its curves, inches.
        below_in: room between one row and the next, inches.
    """
    figure = new_figure(height_in)
    width, height = figure.get_figwidth(), figure.get_figheight()
    across = (width - columns * (left_in + names_in)) / columns
    up = (height - HEAD_IN - FOOT_IN - (rows - 1) * below_in) / rows
    axes = []
    for row in range(rows):
        for column in range(columns):
            left = left_in + column * (left_in + across + names_in)
            bottom = FOOT_IN + (rows - 1 - row) * (up + below_in)
            axes.append(figure.add_axes((left / width, bottom / height, across / width, up / height)))
    return figure, axes
