"""What answers show where an endorser reads them: all that there is to see, or nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .reading import Outlook


def shows_nothing(outlook: Outlook) -> Outlook:
    """Answers that raise no suspicion whatever their times: an endorser vouches for the chip, or nobody times it."""
    landmarks = len(outlook.slow_limits)
    return replace(
        outlook,
        unsuspicious_below_ms=np.full(landmarks, np.inf),
        slow_limits=np.zeros(landmarks),
        contradictable=False,
    )


def out_of_reach(outlook: Outlook) -> Outlook:
    """Answers that are suspicious whatever their times: the endorser does not find the chip beside it."""
    landmarks = len(outlook.slow_limits)
    return replace(
        outlook,
        unsuspicious_below_ms=np.full(landmarks, -np.inf),
        slow_limits=np.ones(landmarks),
        contradictable=False,
        up=np.zeros(landmarks, bool),
        may_clear=False,
    )
