"""The picture of an emulation: predicted and measured times, and what of the difference is whose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scenarios.emulation.compared import FloatArray, Measured
from sim.figures import Chart, frame, panels

PREDICTED, MEASURED, PROCESSING, ECHO = "#555555", "#0072B2", "#D55E00", "#009E73"
MOST_SHOWN = 0.99
"""Of what a round trip takes beyond its path: the slowest would squeeze the others."""

NAMES_AT = 0.6
"""Across each panel, where the names of curves stand, right of the curves."""


def chart_of(measured: Measured) -> Chart:
    """Distributions of round-trip times, and of what they take beyond the emulated path."""
    figure, (times, added) = panels(2, 1, height_in=3.4)
    curves = [
        (times, "predicted", np.asarray(measured.exchanges["predicted_ms"]), PREDICTED, 3.0, "-", 0.35),
        (times, "measured", np.asarray(measured.exchanges["measured_ms"]), MEASURED, 1.0, "-", 0.6),
        (added, "whole", measured.added_ms, MEASURED, 1.2, "-", 0.3),
        (added, "prover's processing", measured.within_ms, PROCESSING, 1.2, "--", 0.75),
        (added, "bare echo", measured.echo_ms, ECHO, 1.2, ":", 0.5),
    ]
    rows = []
    for axis, name, times_ms, colour, width, line, named_at in curves:
        x, share = _distribution(times_ms)
        axis.plot(x, share, color=colour, linewidth=width, linestyle=line, drawstyle="steps-post")
        axis.annotate(
            name,
            (float(np.quantile(times_ms, named_at)), named_at),
            (NAMES_AT, named_at - 0.1),
            textcoords="axes fraction",
            color=colour,
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0},
        )
        panel = "round trips" if axis is times else "beyond the path"
        rows.append(pd.DataFrame({"panel": panel, "curve": name, "ms": x, "share": share}))
    for axis, title in ((times, "Round trips"), (added, "What they take beyond the path")):
        axis.set_title(title, fontweight="bold")
        axis.set_xlabel("ms")
        axis.set_ylim(0, 1)
        axis.grid(axis="y")
    times.set_ylabel("share of exchanges below")
    added.set_xlim(0, float(np.quantile(measured.added_ms, MOST_SHOWN)))
    median_ms = float(np.median(measured.errors_ms))
    sign = "more" if median_ms >= 0 else "less"
    frame(
        figure,
        title=f"Real exchanges take {abs(median_ms):.2f} ms {sign} than predicted, in the median",
        subtitle=f"{len(measured.exchanges)} exchanges between real provers and landmarks over emulated paths",
        source="Source: python -m scenarios emulate",
    )
    caption = (
        "Left: the least round trip of each exchange as the simulator predicts it, and as a landmark measures it. Right: "
        "what a measured one takes beyond the emulated path, the part of that which the prover itself takes between the "
        "arrival of a nonce and its response, and what a bare UDP echo takes over such a path; up to the "
        f"{100 * MOST_SHOWN:.0f} % quantile of the whole. No intervals: each curve shows every exchange."
    )
    return Chart("emulation", figure, pd.concat(rows, ignore_index=True), caption)


def _distribution(times_ms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Times in ascending order, and the share that is no longer."""
    x = np.sort(times_ms)
    return x, np.arange(1, len(x) + 1) / len(x)
