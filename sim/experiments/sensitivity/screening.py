"""Screening by elementary effects (Morris, 1991): which of hundreds of inputs matter at all.

Trajectories through a grid of quantiles move one input at a time, everything else being somewhere else on each of them; mu*
is the mean of the absolute change (Campolongo, Cariboni and Saltelli, 2007), per whole range of the input's law. Inputs that
are one idea are first moved as one, each in a direction of its own: effects within a group may cancel, so that a mu* of a
group is not the sum of those of its members. Trajectories are those of SALib (Herman and Usher, 2017; Iwanaga, Usher and
Herman, 2022); effects are estimated here, as a point may have no outcome.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .evaluation import Evaluate, ExtraMissing, FloatArray, Inputs, means, see_enough
from .inputs import EVERYTHING_ELSE, alone, with_the_rest

LEVELS = 4
LOWEST, HIGHEST = 0.05, 0.95
"""Ends of the grid: quantiles, as the laws of some rows have no ends. The levels are 0.05, 0.35, 0.65 and 0.95."""

MOST_INPUTS = 10
MOST_ALONE = 30
"""Rows that are screened one by one at most."""

CONFIDENCE = 0.95
RESAMPLES = 1000
ROUNDING = 1e-12


@dataclass(frozen=True)
class Effect:
    """How much an input moves the outcome, in the outcome's unit, per whole range of its law.

    Attributes:
        name: of the input.
        rows: that are moved as one under this name.
        mu_star: mean of the absolute elementary effects.
        low, high: its 95 % interval, by the bootstrap over trajectories; NaN of one effect alone.
        mu: their mean with its sign; NaN for several rows, which move in directions of their own.
        sigma: their standard deviation: 0 if the effect is the same everywhere. NaN for several rows.
    """

    name: str
    rows: tuple[str, ...]
    mu_star: float
    low: float
    high: float
    mu: float
    sigma: float


@dataclass(frozen=True)
class Screening:
    """What screening leaves.

    Attributes:
        ideas: effects of all inputs, those that are one idea moved as one.
        alone: effects of the rows of the ideas that matter most, each by itself, and of everything else as one.
        kept: the rows that matter most, at most ten, in order.
    """

    ideas: tuple[Effect, ...]
    alone: tuple[Effect, ...]
    kept: tuple[str, ...]

    @property
    def dropped(self) -> tuple[Effect, ...]:
        """What was looked at closely and is not kept: single rows, and everything else as one."""
        return tuple(effect for effect in self.alone if effect.name not in self.kept)

    @property
    def unopened(self) -> tuple[Effect, ...]:
        """Ideas that change the outcome, but whose rows were not looked at one by one, as there were too many."""
        opened = {name for effect in self.alone for name in effect.rows if effect.name != EVERYTHING_ELSE}
        return tuple(effect for effect in self.ideas if matters(effect, self.ideas) and not opened.intersection(effect.rows))


def screen(
    evaluate: Evaluate,
    ideas: Inputs,
    *,
    trajectories: int = 4,
    seed: int = 1,
    most: int = MOST_INPUTS,
    most_alone: int = MOST_ALONE,
) -> Screening:
    """The inputs that matter most: first ideas are screened, then the rows of those that matter, one by one.

    Ideas are taken in the order of their mu*, as long as their rows are at most `most_alone`; one that changes nothing is
    not taken, nor one that is too large by itself for what is left. In the second round everything else is moved as one
    input, which says what screening may have missed.

    Args:
        evaluate: outcome at quantiles between 0.05 and 0.95.
        ideas: every input.
        trajectories: in each of the two rounds, at least 2.
        seed: of the trajectories.
        most: inputs that are kept.
        most_alone: rows that are screened one by one.

    Raises:
        ValueError: a number is out of range.
        TooFewLeft: an input has no effect with an outcome at both ends.
        ExtraMissing: SALib is not installed.
    """
    first = elementary_effects(evaluate, ideas, trajectories=trajectories, seed=seed)
    rows: list[str] = []
    for effect in first:
        if matters(effect, first) and len(rows) + len(effect.rows) <= most_alone:
            rows += effect.rows
    every = [name for names in ideas.values() for name in names]
    closer = with_the_rest(alone(rows), every)
    second = first
    if any(len(names) > 1 for names in ideas.values()) and rows:
        second = elementary_effects(evaluate, closer, trajectories=trajectories, seed=seed + 1)
    ordered = [effect.name for effect in second if matters(effect, second) and effect.name in closer]
    return Screening(tuple(first), tuple(second), tuple(name for name in ordered if name != EVERYTHING_ELSE)[:most])


def elementary_effects(evaluate: Evaluate, inputs: Inputs, *, trajectories: int = 4, seed: int = 1) -> list[Effect]:
    """mu*, its interval and sigma of each input, largest first, at a cost of trajectories x (inputs + 1) points.

    An effect one of whose two points has no outcome is left out.

    Args:
        evaluate: outcome at quantiles between 0.05 and 0.95.
        inputs: what is moved as one.
        trajectories: at least 2.
        seed: of the trajectories.

    Raises:
        ValueError: there are too few trajectories or no inputs.
        TooFewLeft: an input has no effect with an outcome at both ends.
        ExtraMissing: SALib is not installed.
    """
    if trajectories < 2:
        raise ValueError(f"trajectories: {trajectories!r} is not at least 2")
    if not inputs:
        raise ValueError("inputs: there are none to screen")
    rows = [name for names in inputs.values() for name in names]
    problem = {
        "num_vars": len(rows),
        "names": rows,
        "groups": [name for name, names in inputs.items() for _ in names],
        "bounds": [[LOWEST, HIGHEST]] * len(rows),
    }
    grid: FloatArray = _sample()(problem, trajectories, num_levels=LEVELS, seed=seed)
    shape = (trajectories, len(inputs) + 1)
    outcomes = means(evaluate, points_of(rows, grid)).reshape(shape)
    steps, changes = np.diff(grid.reshape(*shape, len(rows)), axis=1), np.diff(outcomes, axis=1)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, len(rows)])))
    effects = []
    for name, names in inputs.items():
        step = steps[:, :, rows.index(names[0])]
        moved = step != 0  # once on each trajectory
        effects.append(_effect(name, tuple(names), changes[moved] / step[moved], generator))
    return sorted(effects, key=lambda effect: -effect.mu_star)


def matters(effect: Effect, effects: Sequence[Effect]) -> bool:
    """Whether an input changes the outcome at all, by more than the last bits of the largest effect."""
    return effect.mu_star > ROUNDING * max(other.mu_star for other in effects)


def _effect(name: str, rows: tuple[str, ...], effects: FloatArray, generator: np.random.Generator) -> Effect:
    known = effects[~np.isnan(effects)]
    see_enough(len(known), len(effects), 1, f"effects of {name}")
    sizes = np.abs(known)
    if len(known) < 2:
        alone = float(known[0]) if len(rows) == 1 else math.nan
        return Effect(name, rows, float(sizes.mean()), math.nan, math.nan, alone, math.nan)
    resampled = generator.choice(sizes, (RESAMPLES, len(sizes))).mean(axis=1)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    mu, sigma = (float(known.mean()), float(known.std(ddof=1))) if len(rows) == 1 else (math.nan, math.nan)
    return Effect(name, rows, float(sizes.mean()), float(low), float(high), mu, sigma)


def points_of(rows: Sequence[str], quantiles: FloatArray) -> list[Mapping[str, float]]:
    """Quantiles by name of the input, from shape (points, rows)."""
    return [dict(zip(rows, point, strict=True)) for point in quantiles.tolist()]


def check_extra() -> None:
    """See that what sensitivity analysis needs is installed.

    Raises:
        ExtraMissing: it is not.
    """
    _sample()


def _sample() -> Any:
    try:
        from SALib.sample.morris import sample  # type: ignore[import-untyped]
    except ImportError:
        raise ExtraMissing("sensitivity analysis needs SALib: pip install -e '.[sensitivity]' in the checkout") from None
    return sample
