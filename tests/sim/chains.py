"""Exact values of false alerts: runs of lost challenges, and repairs that are too long, as Markov chains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def run_length_chain(miss: float, longest: int) -> FloatArray:
    """Transition matrix of the number of challenges missed in a row, shape (longest + 1, longest + 1).

    Each challenge is missed independently. A run of the greatest length stays: there the alert is.
    """
    chain = np.zeros((longest + 1, longest + 1))
    for length in range(longest):
        chain[length, 0], chain[length, length + 1] = 1 - miss, miss
    chain[longest, longest] = 1
    return chain


def first_run_chances(miss: float, longest: int, rounds: int) -> FloatArray:
    """Chance that the first run of so many misses ends in each of the rounds 1, 2, ...; shape (rounds,).

    A discrete phase-type law: the chain's phases are the lengths of runs.
    """
    chain, state = run_length_chain(miss, longest), np.eye(longest + 1)[0]
    ended = np.zeros(rounds + 1)
    for number in range(1, rounds + 1):
        state = state @ chain
        ended[number] = state[longest]
    return np.diff(ended)


def mean_rounds_to_run(miss: float, longest: int) -> float:
    """Mean number of rounds until the first run of so many misses ends, from the chain's fundamental matrix."""
    among_phases = run_length_chain(miss, longest)[:longest, :longest]
    return float(np.linalg.solve(np.eye(longest) - among_phases, np.ones(longest))[0])


def alerted_by(
    rate_per_day: float,
    longer: Callable[[FloatArray], FloatArray],
    *,
    grace_rounds: int,
    period_days: float,
    until_day: float,
    steps_per_period: int,
    first_round_step: int,
) -> float:
    """Chance that a chip that works on day 0, fails, is away, works again and so on has been alerted on by a day.

    The chain's state is whether the chip works, how many challenges it has missed in a row, and, while it is away, when it
    will be back; two absences with no challenge between them look like one. Time goes in steps: rounds lie between two of
    them, faults and returns in the middle of one, so that the error is of the second order.

    Args:
        rate_per_day: of faults, while at work.
        longer: chance that an absence is longer than some days.
        grace_rounds: as many missed in a row are innocent.
        period_days: between challenges.
        until_day: when it is asked.
        steps_per_period: steps of the calculation.
        first_round_step: before which step the first round is, 0 to steps_per_period - 1.
    """
    step_days = period_days / steps_per_period
    steps = round(until_day / step_days)
    rounds = np.arange(steps) % steps_per_period == first_round_step  # before which steps
    rounds_until = np.cumsum(rounds)
    still_away = longer(np.maximum(0, np.arange(steps + 1) - 0.5) * step_days)  # at the end of the step before
    lengths = -np.diff(still_away)
    fault = 1 - np.exp(-rate_per_day * step_days)
    working = np.zeros(grace_rounds + 1)  # by challenges missed in a row
    working[0] = 1
    returning = np.zeros((steps, grace_rounds + 1))
    alerted = 0.0
    for step in range(steps):
        if rounds[step]:
            working[0], working[1:] = working.sum(), 0
        failing = working * fault
        for missed in np.flatnonzero(failing):
            in_a_row = missed + rounds_until[step:] - rounds_until[step]
            quiet = int(np.count_nonzero(in_a_row <= grace_rounds))
            returning[step + np.arange(quiet), in_a_row[:quiet]] += failing[missed] * lengths[:quiet]
            if quiet < len(in_a_row):
                alerted += failing[missed] * still_away[quiet]
        working += returning[step] - failing
    return alerted
