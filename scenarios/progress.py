"""How far a study is, told while it runs."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """A bar with rate, time left and headline so far on a terminal, elsewhere plain lines, about a hundred at most."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._since = time.monotonic()
        self._before = 0  # runs that were there already
        self._last = 0
        self._shown = -1

    def __call__(self, policy: str, done: int, total: int, headline: str = "", unit: str = "run") -> None:
        """Note that one more run, or another unit of work, is done."""
        if done <= self._last or not self._last:  # a new count begins
            self._since, self._before, self._shown = time.monotonic() if self._last else self._since, done - 1, -1
        self._last = done
        if sys.stderr.isatty():
            from tqdm import tqdm

            if self._bar is None or self._bar.total != total:
                self.close()
                self._bar = tqdm(total=total, initial=done - 1, unit=unit, leave=False)
            self._bar.set_description(policy)
            self._bar.set_postfix_str(headline)
            self._bar.update(done - self._bar.n)
        elif total <= 100 or 100 * done // total > self._shown:
            self._shown = 100 * done // total
            passed = time.monotonic() - self._since
            left = passed / (done - self._before) * (total - done)
            further = f", {headline}" if headline else ""
            print(f"{policy}: {unit} {done} of {total}, {passed:.0f} s, {left:.0f} s left{further}", file=sys.stderr)

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
