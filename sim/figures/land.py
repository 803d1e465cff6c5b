"""Land for maps: country outlines in a projection, the restricted territory darker and hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from ..world.territory import Territory, outlines

if TYPE_CHECKING:
    from pyproj import Proj

FloatArray = NDArray[np.float64]
Box = tuple[float, float, float, float]

CENTRAL_MERIDIAN = 11.4
"""Cuts a world map in the Bering Strait, where hardly any land lies on both of its edges."""

SMOOTHED_KM_PER_DEG = 20.0

LAND, RESTRICTED, BORDER, HATCH = "#e9e9e9", "#bdbdbd", "#ffffff", "#8a8a8a"
HATCHING = "//////"


def draw_land(
    ax: Axes, projection: Proj, box: Box, step_deg: float, restricted: Territory, *, margin_deg: float = 0.0
) -> None:
    """Fill the land within a box.

    Args:
        ax: where to draw; its limits are those of the box afterwards, its scales equal.
        projection: from degrees to the plane, in km.
        box: west, east, south and north end, in degrees; east may be more than 180.
        step_deg: about how far apart points of the outlines are; islands smaller than that are left out.
        restricted: territory to be set off.
        margin_deg: how far beyond the box its corners in the plane may reach.
    """
    west, east, south, north = box
    across, up = np.linspace(west, east, 60), np.linspace(south, north, 60)
    rim = [(lon, lat) for lat in (south, north) for lon in across] + [(lon, lat) for lon in (west, east) for lat in up]
    x, y = projected(projection, np.array(rim)).T
    ax.set(xlim=(x.min(), x.max()), ylim=(y.min(), y.max()))
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
    frame = Bbox.from_extents(x.min(), y.min(), x.max(), y.max())
    for country, rings in outlines(step_deg).items():
        large = [ring for ring in rings if np.ptp(ring, axis=0).max() > step_deg]
        clipped = [path for ring in large for path in _within(ring, box, margin_deg)]
        paths = [_smoothed(projected(projection, ring), step_deg).clip_to_bbox(frame) for ring in clipped]
        paths = [path for path in paths if path.to_polygons()]
        if not paths:
            continue
        shape = Path.make_compound_path(*paths)
        inside = country in restricted.countries
        colour = RESTRICTED if inside else LAND
        ax.add_patch(PathPatch(shape, facecolor=colour, edgecolor=BORDER, linewidth=0.3, joinstyle="round", zorder=1))
        if inside:
            ax.add_patch(PathPatch(shape, fill=False, hatch=HATCHING, edgecolor=HATCH, linewidth=0.0, zorder=1.5))


def _smoothed(ring: FloatArray, step_deg: float) -> Path:
    """A closed outline without points that lie within a small part of a step, in km, from the line between others."""
    path = Path(ring, closed=True)
    path.simplify_threshold = SMOOTHED_KM_PER_DEG * step_deg
    return path.cleaned(simplify=True)


def projected(projection: Proj, degrees: FloatArray) -> FloatArray:
    """Longitudes and latitudes, shape (points, 2) in degrees, in the plane."""
    x, y = projection(degrees[:, 0], degrees[:, 1])
    return np.stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)], axis=1)


def _within(ring: FloatArray, box: Box, margin_deg: float) -> list[FloatArray]:
    """The parts of a ring in a box with a margin: on a world map there may be one at either edge."""
    west, east, south, north = box
    frame = Bbox.from_extents(west - margin_deg, south - margin_deg, east + margin_deg, north + margin_deg)
    turns = (Path(ring + np.array([turn, 0.0]), closed=True).clip_to_bbox(frame) for turn in (-360.0, 0.0, 360.0))
    return [np.asarray(polygon, dtype=np.float64) for path in turns for polygon in path.to_polygons()]
