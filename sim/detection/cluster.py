"""A cluster is tested once: how likely is it that its diversion shows?

The static model of inspections and of rounds of challenges: no time, no false alarms, every test of a missing chip fails to
show that with the same chance, independently. It is the yardstick for the simulation, whose misses are a result.

Source: the cost model of CSET, 2026 (`cset-model-2026`): sampling without replacement, with imperfect tests.
"""

from __future__ import annotations

import operator

import numpy as np


def cluster_detection_probability(cluster_size: int, tested: int, diverted: int, miss: float) -> float:
    """Chance that at least one of the chips tested is seen to be diverted: 1 - sum over x of Hypergeom(x) miss**x.

    Args:
        cluster_size: chips declared in the cluster, >= 0.
        tested: how many of them are tested, drawn at random without replacement; all of them in a round of challenges.
        diverted: how many of them are not there.
        miss: chance that the test of a diverted chip shows nothing, 0 to 1.

    Returns:
        0 to 1, exact but for rounding, of the order of 1e-14.

    Raises:
        ValueError: with one line for each argument that is not allowed.
    """
    size, drawn, gone = _checked(cluster_size, tested, diverted, miss)
    most, fewest = min(gone, drawn), max(0, gone + drawn - size)
    found = np.arange(fewest, most + 1, dtype=np.float64)  # diverted chips among those tested
    # Weights grow from one count to the next by these ratios. They are taken from the most likely count outwards, so that
    # none overflows, and those too small for a number do not matter. Logarithms of factorials would lose six digits.
    ratios = (gone - found[:-1]) * (drawn - found[:-1]) / ((found[:-1] + 1) * (size - gone - drawn + found[:-1] + 1))
    peak = int(np.count_nonzero(ratios > 1))
    weights = np.concatenate([np.cumprod(1 / ratios[:peak][::-1])[::-1], [1.0], np.cumprod(ratios[peak:])])
    shown = 1.0 - np.power(miss, found)
    return float(min(1.0, (weights * shown).sum() / weights.sum()))


def _checked(cluster_size: int, tested: int, diverted: int, miss: float) -> tuple[int, int, int]:
    counts: list[int] = []
    problems: list[str] = []
    for name, given in {"cluster_size": cluster_size, "tested": tested, "diverted": diverted}.items():
        try:
            number = operator.index(given)
        except TypeError:
            number = -1
        most = counts[0] if counts and counts[0] >= 0 else None
        counts.append(number)
        if number < 0 or (most is not None and number > most):
            limit = "0 or more" if most is None else f"0 to cluster_size = {most}"
            problems.append(f"{name} = {given!r}: allowed are whole numbers, {limit}")
    if not 0 <= miss <= 1:
        problems.append(f"miss = {miss!r}: allowed 0 to 1")
    if problems:
        raise ValueError("\n".join(problems))
    return counts[0], counts[1], counts[2]
