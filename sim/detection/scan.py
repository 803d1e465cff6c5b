"""Scan statistics: alert on chips of a lot, or of a site, too many of which are silent in one round to be chance.

Honest chips fail one by one, smuggled ones leave together. If chips are silent independently of each other with chance p, as
many as s of n have the chance P(X >= s), X ~ Binomial(n, p). Below `scan_alpha` the silent chips are alerted on, long
before the grace period is over. p is estimated from the fleet's own earlier rounds (`Memory.silent_share`), for that is what
an authority has; chips that smugglers have silenced count until they are alerted on and make it somewhat less sensitive.

The windows are fixed: each lot at a site, and each site, in each round. A site that is silent as a whole is none of it: the
rest of the site, or most of the site, must still answer.

Source: Kulldorff (1997), "A spatial scan statistic". His maximum over windows has a null distribution by simulation; here
the level holds for each window and round, so it must be small against one over their number.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc

from .seen import FloatArray, IntArray, Memory, RoundSeen, Thresholds, nobody, site_answers


def tail(silent: IntArray, asked: IntArray, share: float) -> FloatArray:
    """P(X >= silent) for X ~ Binomial(asked, share); any shape, 0 <= silent <= asked, 0 < share < 1."""
    chance: FloatArray = np.asarray(betainc(np.maximum(silent, 1), asked - silent + 1.0, share))
    return np.where(silent > 0, chance, 1.0)


def site_scan(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Silent chips of sites where too many are, though most of the site answers."""
    if not len(seen.silent):
        return nobody()
    silent = seen.at_sites(seen.silent)
    unlikely = tail(silent, np.maximum(seen.asked, silent), memory.silent_share) < thresholds.scan_alpha
    return seen.silent[(unlikely & site_answers(silent, seen.asked))[seen.sites_of(seen.silent)]]


def lot_scan(seen: RoundSeen, thresholds: Thresholds, memory: Memory) -> IntArray:
    """Silent chips of lots too many of whose chips at a site are, though the rest of the site answers."""
    chips = seen.silent[np.asarray(seen.column("lot"))[seen.silent] >= 0]  # the initial stock is no lot
    lots, sites = np.asarray(seen.column("lot"))[chips].astype(np.int64), seen.sites_of(chips)
    windows, window_of, silent = np.unique(lots * len(seen.asked) + sites, return_inverse=True, return_counts=True)
    lot, site = np.divmod(windows, len(seen.asked))
    rest_silent = seen.at_sites(seen.silent)[site] - silent
    # Counting a lot is only worth it if it could be unlikely, were all of it silent, and its rest could answer.
    worth_it = (memory.silent_share**silent < thresholds.scan_alpha) & site_answers(rest_silent, seen.asked[site] - silent)
    flagged = np.zeros(len(windows), bool)
    for number in np.flatnonzero(worth_it).tolist():
        asked = np.array(seen.asked_of_lot(int(lot[number]), int(site[number])))
        unlikely = tail(silent[number], asked, memory.silent_share) < thresholds.scan_alpha
        flagged[number] = unlikely & site_answers(rest_silent[number], seen.asked[site[number]] - asked)
    return chips[flagged[window_of]]
