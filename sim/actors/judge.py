"""Who judges chips that are in no case: the part of an engine that the authority turns to."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


class Judge(Protocol):
    """Who judges chips that are in no case: the verifier of either engine."""

    def judge_again(self, chips: IntArray) -> None:
        """Forget what led to a case; it is closed."""

    def stop(self, chips: IntArray) -> None:
        """Ask chips no more; their diversion is established, or they are seized."""

    def measure_anew(self, site: int) -> None:
        """Measure a site where a visit found nobody missing."""
