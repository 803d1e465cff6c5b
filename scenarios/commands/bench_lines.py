"""A line of what a command that measures prints: a figure, its unit, and the target if there is one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        key: of the figure, or the end of its key where several things are measured alike.
        says: what it is, for a reader.
        unit: of the figure.
        target: a comparison, ">=" or "<=", and a number; None: there is none.
    """

    key: str
    says: str
    unit: str
    target: tuple[str, float] | None = None

    def text(self, value: float, *, claims: bool) -> str:
        """The line with its figure; `claims`: whether it says that the target is met or not."""
        told = f"{self.says:<64}{readable(value):>10} {self.unit}"
        if self.target is None:
            return told.rstrip()
        sign, bound = self.target
        met = value >= bound if sign == ">=" else value <= bound
        return f"{told:<90}target {sign} {readable(bound)}{(': met' if met else ': not met') if claims else ''}"


def readable(value: float) -> str:
    """A figure in three digits or so."""
    if value >= 1e5:
        return f"{value:.2e}"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:.3g}"
