"""Processes that tests start, and whether they end."""

import os
import time


def group_ends(group: int, seconds: float = 30) -> bool:
    """Whether the last process of a group is gone within some time."""
    for _ in range(round(seconds / 0.05)):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
