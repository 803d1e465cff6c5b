"""The register of detectors, and the judge who applies those that were chosen. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .activation import activation_deadline
from .cusum import cusum
from .registry import registry
from .scan import lot_scan, site_scan
from .seen import IntArray, Memory, RoundSeen, Thresholds
from .sprt import sprt
from .streaks import drift, silence_beyond_grace, unconfirmed

Detector = Callable[[RoundSeen, Thresholds, Memory], IntArray]

DETECTORS: dict[str, Detector] = {
    "contradiction": lambda seen, thresholds, memory: seen.contradicting,
    "invalid": lambda seen, thresholds, memory: seen.invalid,
    "silence_streak": silence_beyond_grace,
    "unconfirmed": unconfirmed,
    "drift": drift,
    "lot_scan": lot_scan,
    "site_scan": site_scan,
    "cusum": cusum,
    "sprt": sprt,
    "registry": registry,
    "activation_deadline": activation_deadline,
}
"""By name, in the order in which they have the say: a chip's alert is named after the first one that meets it."""

COUNTING = frozenset({"lot_scan", "site_scan", "cusum"})
"""Those that compare a round with the fleet's own past."""


class Detectors:
    """The chosen detectors of one run.

    Args:
        chosen: names in the register.
        needed: how many of them must meet a chip in one and the same round.
        thresholds: the levers.
        sites: of the fleet.
    """

    def __init__(self, chosen: tuple[str, ...], needed: int, thresholds: Thresholds, sites: int) -> None:
        self._chosen = {name: detector for name, detector in DETECTORS.items() if name in chosen}
        self._needed = needed
        self._thresholds = thresholds
        self._memory = Memory(np.zeros(sites))
        self._counts = not COUNTING.isdisjoint(chosen)

    def alerts(self, seen: RoundSeen) -> list[tuple[str, IntArray]]:
        """Name of a detector and chips to alert on, ascending; no chip twice. To be called once for each round."""
        found = [(name, detector(seen, self._thresholds, self._memory)) for name, detector in self._chosen.items()]
        if self._counts:
            self._memory.learn(seen)
        return list(combined([(name, chips) for name, chips in found if len(chips)], self._needed))


def combined(found: list[tuple[str, IntArray]], needed: int) -> Iterator[tuple[str, IntArray]]:
    """Chips met by at least as many detectors as needed, each under the name of the first; names without chips left out."""
    if len(found) < needed:
        return
    if len(found) == 1:
        yield found[0][0], np.sort(found[0][1])
        return
    chips, first, votes = np.unique(np.concatenate([chips for _, chips in found]), return_index=True, return_counts=True)
    ends = np.cumsum([len(chips) for _, chips in found])
    by = np.searchsorted(ends, first, side="right")
    for number, (name, _) in enumerate(found):
        those = chips[(by == number) & (votes >= needed)]
        if len(those):
            yield name, those
