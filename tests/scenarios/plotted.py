"""Golden plotted data in other settings than the quick one, which `test_every_question.py` has: what figures drew before.

A change is not forbidden, but has to be meant: write the new data by running the test's module, and say in the commit why
they moved.
"""

from pathlib import Path

import pandas as pd

GOLDEN = Path(__file__).parent / "golden"


def assert_unmoved(slug: str, drawn: pd.DataFrame) -> None:
    """A figure's data are those drawn before."""
    pd.testing.assert_frame_equal(drawn, pd.read_csv(GOLDEN / f"{slug}.csv"), check_dtype=False, rtol=1e-9)


def write_golden(slug: str, drawn: pd.DataFrame) -> None:
    """Let a figure's data be those drawn now."""
    drawn.to_csv(GOLDEN / f"{slug}.csv", index=False, lineterminator="\n")
