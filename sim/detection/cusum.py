"""CUSUM: alert when, over some rounds, more chips of a site have fallen silent than failures explain.

Counted are chips that fall silent, not those that are: a repair lasts for days, and would be counted every day. With n chips
asked, the count of a round is taken as Poisson with mean m = n p while all is well, p the fleet's own past share
(`Memory.newly_silent_share`), and with mean r m once chips are taken away, r the lever `cusum_ratio`. The sum

    S = max(0, S + count - k),   k = m (r - 1) / ln r

is the log-likelihood ratio over ln r, kept above zero; it alarms at S >= h, the lever `cusum_threshold`, in chips, and then
begins anew. Rounds in which the site as a whole is silent change nothing.

Sources: Page (1954), "Continuous inspection schemes"; Lucas (1985), "Counted data CUSUM's", for k.
"""

from __future__ import annotations

import math

import numpy as np

from .seen import BoolArray, FloatArray, IntArray, Memory, RoundSeen, Thresholds, site_answers


def reference_value(expected: FloatArray, ratio: float) -> FloatArray:
    """What is taken off each round: Lucas's k, in chips; any shape. `ratio` > 1 is what the mean grows by."""
    return expected * ((ratio - 1) / math.log(ratio))


def cusum_step(
    sums: FloatArray, counts: FloatArray | IntArray, reference: FloatArray, threshold: float
) -> tuple[FloatArray, BoolArray]:
    """The sums after one more round, and which alarmed and were set to zero; any shape."""
    raised = np.maximum(0.0, sums + counts - reference)
    alarmed: BoolArray = raised >= threshold
    return np.where(alarmed, 0.0, raised), alarmed


def cusum(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Silent chips of the sites whose sum alarms."""
    reference = reference_value(seen.asked.astype(np.float64) * memory.newly_silent_share, thresholds.cusum_ratio)
    sums, alarmed = cusum_step(memory.sums, seen.at_sites(seen.newly_silent), reference, thresholds.cusum_threshold)
    answers = site_answers(seen.at_sites(seen.silent), seen.asked)
    memory.sums = np.where(answers, sums, memory.sums)
    return seen.silent[(alarmed & answers)[seen.sites_of(seen.silent)]]
