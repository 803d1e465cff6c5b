"""What the authority has before it at the end of a round, and what it remembers: the one interface of all detectors.

A detector is a function of a `RoundSeen`, the `Thresholds` and the `Memory`, and returns the rows of the chips to alert on.
Either engine fills in a `RoundSeen`, each in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_SILENT = 0.5
"""If more than this share of the chips asked at a site is silent, the site itself is: an outage, which is no evidence
about single chips or lots. An assumption; no source gives a number."""


@dataclass(frozen=True)
class Thresholds:
    """The levers of the section `verification` that detectors read; see there for units and ranges."""

    period_days: float
    grace_days: float
    unconfirmed_days: float
    unconfirmed_answers: int
    activation_days: float
    scan_alpha: float
    cusum_ratio: float
    cusum_threshold: float
    sprt_innocent: float
    sprt_diverted: float
    sprt_alpha: float
    sprt_beta: float
    registry_days: float

    @classmethod
    def of(cls, levers: object) -> Self:
        """Those of something that has attributes of the same names."""
        return cls(**{name.name: getattr(levers, name.name) for name in fields(cls)})


@dataclass(frozen=True)
class RoundSeen:
    """One round at the sites of one phase. Chips are rows, ascending, and all are *judged*: in no case and not excused.

    Attributes:
        day: of the round.
        number: how many rounds of the phase there were before.
        asked: chips asked at each site, shape (sites of the fleet,); those that are not judged included.
        silent: chips that did not answer, shape (silent,).
        missed_rounds: challenges in a row that each of them has missed, shape (silent,).
        tested: of each of them, silences and answers since its sequential test began, shape (2, silent); 0 without `sprt`.
        suspicious: chips whose answer was suspicious, shape (suspicious,).
        suspicious_rounds: answers in a row that were, shape (suspicious,).
        contradicting: chips whose answer contradicts the declared site.
        invalid: chips whose evidence was refused.
        unheard: chips of lots shipped under the duty that have never answered, those on their way included.
        awaited_since: since when the first answer of each of them has been awaited, shape (unheard,): its shipment, or the
            day on which a case about it was closed and it was still not activated.
        column: columns of the chip table that are in the authority's books: site, lot.
        asked_of_lot: chips asked that belong to a lot and are declared at a site.
        in_reported_repair: of some chips, which are under repair as their owner has reported and the maker confirms.
        clearable: whether answers of chips at a site can be confirmed: it could be cleared when it was enrolled, or has an
            endorser.
    """

    day: float
    number: int
    asked: IntArray
    silent: IntArray
    missed_rounds: IntArray
    tested: IntArray
    suspicious: IntArray
    suspicious_rounds: IntArray
    contradicting: IntArray
    invalid: IntArray
    unheard: IntArray
    awaited_since: FloatArray
    column: Callable[[str], NDArray[Any]]
    asked_of_lot: Callable[[int, int], int]
    in_reported_repair: Callable[[IntArray], BoolArray]
    clearable: Callable[[int], bool]

    def sites_of(self, chips: IntArray) -> IntArray:
        """Declared sites of some chips."""
        return np.asarray(self.column("site"))[chips].astype(np.int64)

    def at_sites(self, chips: IntArray) -> IntArray:
        """How many of some chips are declared at each site, shape (sites of the fleet,)."""
        counts: IntArray = np.bincount(self.sites_of(chips), minlength=len(self.asked))
        return counts

    @property
    def newly_silent(self) -> IntArray:
        """Chips that answered in the round before, or were not judged in it."""
        chips: IntArray = self.silent[self.missed_rounds == 1]
        return chips


@dataclass
class Memory:
    """What the authority keeps from round to round.

    Attributes:
        asked: challenges of all earlier rounds, sites left out that were silent themselves.
        silent: how many of them were not answered by chips that were judged.
        newly_silent: in how many of them the chip had not been silent the round before.
        sums: cumulative sum of each site, see `cusum`, shape (sites,).
    """

    sums: FloatArray
    asked: int = 0
    silent: int = 0
    newly_silent: int = 0

    @property
    def silent_share(self) -> float:
        """Estimated chance that an innocent chip is silent, from the authority's own past counts."""
        return _estimated_share(self.silent, self.asked)

    @property
    def newly_silent_share(self) -> float:
        """Estimated chance that an innocent chip falls silent from one round to the next."""
        return _estimated_share(self.newly_silent, self.asked)

    def learn(self, seen: RoundSeen) -> None:
        """Add the counts of a round."""
        silent = seen.at_sites(seen.silent)
        counted = site_answers(silent, seen.asked)
        self.asked += int(seen.asked[counted].sum())
        self.silent += int(silent[counted].sum())
        self.newly_silent += int(seen.at_sites(seen.newly_silent)[counted].sum())


def site_answers(silent: IntArray, asked: IntArray) -> BoolArray:
    """Whether as many of the chips asked answer that the place as a whole is not silent; any shape."""
    answers: BoolArray = (asked > 0) & (silent <= MOST_SILENT * asked)
    return answers


def _estimated_share(happened: int, challenges: int) -> float:
    """The mean of a share after Jeffreys' prior: one half before anything is known, and never zero."""
    return (happened + 0.5) / (challenges + 1)


def nobody() -> IntArray:
    """No chips."""
    return np.empty(0, np.int64)
